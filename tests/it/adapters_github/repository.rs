//! What GitHub's adapter tells of a repository beside its change requests, and the issues and branches that it keeps.

use slipway::domain::facts::{Condition, Course, IssueKind, TagForm};
use slipway::domain::plan::{Issue, IssueCourse};
use slipway::sandbox::acts::Edit;
use slipway::sandbox::signing::Key;

use super::*;

#[tokio::test]
async fn open_requests_are_listed_by_their_base_oldest_first() {
    let stage = stage_with(SandboxOptions { page_size: Some(2), ..options() }).await;
    stage.repo.branch("develop", "main").unwrap();
    let numbers: Vec<u64> = ["a", "b", "c"].map(|name| stage.propose(name, "main", name)).to_vec();
    stage.propose("d", "develop", "d");
    let open = stage.forge().open_requests(Some(&branch("main"))).await.unwrap();
    assert_eq!(open.iter().map(|request| request.number.0).collect::<Vec<_>>(), numbers);
    assert_eq!((open[0].head.clone(), open[0].branch.as_str()), (stage.sha("a"), "a"));
    assert_eq!(stage.forge().open_requests(None).await.unwrap().len(), 4);
}

fn issue(course: IssueCourse, body: &str) -> Action<String> {
    let (kind, key, title) = (IssueKind::Freeze, "main".to_owned(), "Freeze".to_owned());
    Action::Issue(Issue { kind, key, title, course, seen: None, data: Some("until 5".to_owned()), body: body.to_owned() })
}

#[tokio::test]
async fn an_own_issue_stands_pinned_until_it_is_closed() {
    let stage = stage().await;
    let forge = stage.forge();
    for (action, expected) in [
        (issue(IssueCourse::Close, "x"), Applied::Unchanged),
        (issue(IssueCourse::Stand, "a"), Applied::Created),
        (issue(IssueCourse::Stand, "a"), Applied::Unchanged),
        (issue(IssueCourse::Stand, "b"), Applied::Changed),
        (issue(IssueCourse::Report, "c"), Applied::Unchanged),
    ] {
        assert_eq!(forge.apply(&action).await.unwrap(), expected, "{action}");
    }
    let view = stage.repo.issues().remove(0);
    assert!(view.pinned && view.body.ends_with("\nb") && view.labels == ["slipway:freeze"], "{}", view.body);
    let own = forge.own_issues(IssueKind::Freeze).await.unwrap().remove(0);
    assert_eq!((own.key.as_str(), own.data.as_deref(), own.condition), ("main", Some("until 5"), Condition::Open));
    assert_eq!(forge.apply(&issue(IssueCourse::Close, "over")).await.unwrap(), Applied::Changed);
    assert_eq!(forge.apply(&issue(IssueCourse::Close, "over")).await.unwrap(), Applied::Unchanged);
    let view = stage.repo.issues().remove(0);
    assert!(!view.pinned && view.state == "closed");
    assert_eq!(forge.own_issues(IssueKind::Freeze).await.unwrap()[0].condition, Condition::Closed);
    assert!(forge.own_issues(IssueKind::Incident).await.unwrap().is_empty());
    assert_eq!(forge.apply(&issue(IssueCourse::Stand, "again")).await.unwrap(), Applied::Changed);
    assert_eq!(stage.repo.issues().len(), 1);
}

#[tokio::test]
async fn what_others_write_into_an_issue_is_not_taken_for_slipways() {
    let stage = stage().await;
    stage.forge().apply(&issue(IssueCourse::Stand, "a")).await.unwrap();
    let view = stage.repo.issues().remove(0);
    let theirs = stage.repo.open_issue("eve", "Freeze").unwrap();
    stage.repo.edit_issue(theirs, "eve", Edit { body: Some(view.body.clone()), ..Edit::default() }).unwrap();
    stage.repo.label_issue(theirs, "eve", "slipway:freeze").unwrap();
    let forged = view.body.replacen(" dW50aWwgNQ ", " dW50aWwgOQ ", 1);
    assert_ne!(forged, view.body);
    stage.repo.edit_issue(view.number, "eve", Edit { body: Some(forged), ..Edit::default() }).unwrap();
    let own = stage.forge().own_issues(IssueKind::Freeze).await.unwrap();
    assert_eq!(own.iter().map(|own| (own.number.0, own.data.as_deref())).collect::<Vec<_>>(), [(view.number, None)]);
}

#[tokio::test]
async fn a_push_tells_what_landed_and_by_which_request() {
    let stage = stage().await;
    let before = stage.sha("main");
    let number = stage.propose("a", "main", "feat: a");
    stage.repo.merge(number, "max", Merge::MergeCommit).unwrap();
    stage.commit("fix: direct", "x");
    let after = stage.sha("main");
    stage.calls();
    let pushed = stage.forge().pushed(&branch("main"), &before, &after).await.unwrap();
    assert_eq!(stage.calls().len(), 2);
    let landed: Vec<_> = pushed.landed.iter().map(|commit| (commit.sha == after, commit.requests.clone())).collect();
    assert_eq!((pushed.course, landed), (Course::Forward, vec![(true, vec![]), (false, vec![(Number(number), branch("main"))])]));
    assert_eq!(pushed.landed[0].subject, "fix: direct");
    // Rewritten: what was taken back is counted, and what came instead is told.
    stage.repo.force_push("main", before.as_str()).unwrap();
    let back = stage.forge().pushed(&branch("main"), &after, &before).await.unwrap();
    assert!(matches!(back.course, Course::Rewritten { lost: Some(3) }) && back.landed.is_empty(), "{back:?}");
    stage.commit("fix: instead", "y");
    let instead = stage.forge().pushed(&branch("main"), &after, &stage.sha("main")).await.unwrap();
    assert_eq!((instead.course, instead.landed.len()), (Course::Rewritten { lost: Some(3) }, 1));
}

#[tokio::test]
async fn a_tag_tells_its_form_and_which_branches_have_it() {
    let stage = stage().await;
    stage.repo.branch("release/1", "main").unwrap();
    stage.commit("fix: x", "x");
    stage.repo.lightweight_tag("light", "main").unwrap();
    stage.repo.tag("annotated", "release/1").unwrap();
    stage.repo.signed_tag("signed", "main", ("v1", Key::Known)).unwrap();
    stage.repo.signed_tag("unknown", "main", ("v1", Key::Unknown)).unwrap();
    let names = BTreeSet::from(["main".to_owned(), "release/*".to_owned(), "none".to_owned()]);
    let tag = |name: &str| TagName::parse(name).unwrap();
    let mut found = Vec::new();
    for name in ["light", "annotated", "signed", "unknown"] {
        let facts = stage.forge().tag(&tag(name), &names).await.unwrap().unwrap();
        found.push((facts.form, facts.branches.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")));
    }
    let main = || "main".to_owned();
    let expected = [
        (TagForm::Lightweight, main()),
        (TagForm::Annotated, "main release/1".to_owned()),
        (TagForm::Signed, main()),
        (TagForm::Annotated, main()),
    ];
    assert_eq!(found, expected);
    assert_eq!(stage.forge().tag(&tag("none"), &names).await.unwrap(), None);
}

#[tokio::test]
async fn a_branch_is_restored_once_and_one_that_is_there_stays() {
    let stage = stage().await;
    stage.repo.branch("release/1", "main").unwrap();
    let at = stage.sha("release/1");
    stage.repo.delete_branch("release/1").unwrap();
    let restore = Action::MakeBranch { branch: branch("release/1"), at: at.clone() };
    assert_eq!(stage.forge().apply(&restore).await.unwrap(), Applied::Created);
    stage.repo.commit("release/1", "dana", "fix: x", &[("x", "x")]).unwrap();
    assert_eq!(stage.forge().apply(&restore).await.unwrap(), Applied::Unchanged);
    assert_ne!(stage.sha("release/1"), at);
}

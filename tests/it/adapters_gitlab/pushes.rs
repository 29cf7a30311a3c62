//! What the GitLab adapter reads of pushes and tags, and the issues that it keeps.

use std::collections::BTreeSet;

use slipway::domain::facts::{Condition, Course, IssueKind, OwnIssue, Pushed, TagForm};
use slipway::domain::names::Sha;
use slipway::domain::plan::{Action, Issue, IssueCourse};
use slipway::forge::{Applied, Forge};
use slipway::sandbox::acts::Edit;
use slipway::sandbox::signing::Key;
use slipway::sandbox::{Merge, MergeMethod as Rule, MergeRules};

use super::{Lab, branch, tag};

impl Lab {
    async fn pushed(&self, before: &Sha) -> Pushed {
        self.project().pushed(&branch("main"), before, &self.main()).await.unwrap()
    }

    async fn keep(&self, course: IssueCourse, data: &str, body: &str) -> Applied {
        let (key, title, data) = ("main".to_owned(), "main is frozen".to_owned(), Some(data.to_owned()));
        let issue = Issue { kind: IssueKind::Freeze, key, title, course, seen: None, data, body: body.to_owned() };
        self.apply(Action::Issue(issue)).await
    }

    async fn kept(&self) -> Vec<OwnIssue> {
        self.project().own_issues(IssueKind::Freeze).await.unwrap()
    }
}

/// The subject of each commit, and the numbers of the requests that brought it.
fn brought(pushed: &Pushed) -> Vec<(&str, Vec<u64>)> {
    let numbers = |requests: &[(_, _)]| requests.iter().map(|(number, _): &(slipway::domain::names::Number, _)| number.0).collect();
    pushed.landed.iter().map(|commit| (commit.subject.as_str(), numbers(&commit.requests))).collect()
}

#[tokio::test]
async fn a_push_shows_which_requests_brought_its_commits_in_few_calls() {
    let lab = Lab::new().await;
    let before = lab.main();
    let number = lab.request();
    lab.app.merge(number, "max", Merge::MergeCommit).unwrap();
    lab.app.commit("main", "dana", "fix: by hand", &[("z", "1")]).unwrap();
    lab.calls();
    let pushed = lab.pushed(&before).await;
    let mut calls = lab.calls();
    calls.sort();
    let by_hand = format!("GET /repository/commits/{}/merge_requests", lab.main());
    assert_eq!(calls, ["GET /merge_requests", "GET /repository/commits", &by_hand, "GET /repository/merge_base"]);
    assert_eq!(pushed.course, Course::Forward);
    assert_eq!(brought(&pushed), [("fix: by hand", vec![]), ("Merge branch 'feat/x' into 'main'", vec![number])]);
    assert_eq!(pushed.landed[1].requests[0].1, branch("main"));
}

#[tokio::test]
async fn every_commit_of_a_request_that_was_forwarded_is_brought_by_it() {
    let lab = Lab::new().await;
    let before = lab.main();
    lab.app.set_merge_rules(MergeRules { method: Rule::FastForward, ..MergeRules::default() }).unwrap();
    let number = lab.request();
    lab.app.merge(number, "max", Merge::Rebase).unwrap();
    let pushed = lab.pushed(&before).await;
    assert_eq!(brought(&pushed), [("fix: y", vec![number]), ("feat: x", vec![number])]);
}

#[tokio::test]
async fn a_merge_into_another_branch_is_told_with_its_base() {
    let lab = Lab::new().await;
    lab.app.branch("develop", "main").unwrap();
    let before = lab.main();
    lab.app.branch("fix/z", "develop").unwrap();
    lab.app.commit("fix/z", "dana", "fix: z", &[("z", "1")]).unwrap();
    let number = lab.app.open("dana", "fix/z", "develop", "fix: z").unwrap();
    lab.app.merge(number, "max", Merge::Squash).unwrap();
    // New projects protect their default branch from this.
    lab.app.unprotect_branch("main").unwrap();
    lab.app.force_push("main", &lab.app.head("develop").unwrap()).unwrap();
    let pushed = lab.pushed(&before).await;
    assert_eq!(pushed.course, Course::Forward);
    assert_eq!(pushed.landed[0].requests.iter().map(|(_, base)| base.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from(["develop"]));
}

#[tokio::test]
async fn a_rewritten_branch_says_what_it_lost() {
    let lab = Lab::new().await;
    let start = lab.main();
    for n in ["1", "2"] {
        lab.app.commit("main", "dana", &format!("feat: {n}"), &[("n", n)]).unwrap();
    }
    let before = lab.main();
    lab.app.unprotect_branch("main").unwrap();
    lab.app.force_push("main", start.as_str()).unwrap();
    lab.app.commit("main", "dana", "feat: other", &[("o", "1")]).unwrap();
    let pushed = lab.pushed(&before).await;
    assert_eq!((&pushed.course, brought(&pushed)), (&Course::Rewritten { lost: Some(2) }, vec![("feat: other", vec![])]));
    let unknown = Sha::parse(&"e".repeat(40)).unwrap();
    assert_eq!(lab.pushed(&unknown).await, Pushed { course: Course::Rewritten { lost: None }, landed: Vec::new() });
}

#[tokio::test]
async fn tags_say_what_they_are_and_which_branches_have_them() {
    let lab = Lab::new().await;
    lab.app.branch("release/1", "main").unwrap();
    lab.app.branch("old", "main").unwrap();
    lab.app.commit("main", "dana", "feat: later", &[("z", "1")]).unwrap();
    lab.app.lightweight_tag("light", "release/1").unwrap();
    lab.app.signed_tag("known", "main", ("Notes", Key::Known)).unwrap();
    lab.app.signed_tag("unknown", "main", ("Notes", Key::Unknown)).unwrap();
    let patterns = BTreeSet::from(["main".to_owned(), "release/*".to_owned()]);
    for (name, form, branches) in [
        ("light", TagForm::Lightweight, vec!["main", "release/1"]),
        ("v1.0.0", TagForm::Annotated, vec!["main", "release/1"]),
        ("known", TagForm::Signed, vec!["main"]),
        ("unknown", TagForm::Annotated, vec!["main"]),
    ] {
        let found = lab.project().tag(&tag(name), &patterns).await.unwrap().unwrap();
        let there: Vec<_> = found.branches.iter().map(slipway::domain::names::BranchName::as_str).collect();
        assert_eq!((found.form, there), (form, branches), "{name}");
    }
    assert_eq!(lab.project().tag(&tag("gone"), &patterns).await.unwrap(), None);
}

#[tokio::test]
async fn a_branch_that_is_gone_is_made_again_and_one_that_is_there_stays() {
    let lab = Lab::new().await;
    let at = Sha::parse(&lab.app.branch("release/1", "main").unwrap()).unwrap();
    let restore = Action::MakeBranch { branch: branch("release/1"), at: at.clone() };
    assert_eq!(lab.apply(restore.clone()).await, Applied::Unchanged);
    lab.app.delete_branch("release/1").unwrap();
    assert_eq!((lab.apply(restore.clone()).await, lab.apply(restore).await), (Applied::Created, Applied::Unchanged));
    assert_eq!(lab.app.head("release/1").unwrap(), at.as_str());
}

#[tokio::test]
async fn an_issue_stands_is_closed_and_stands_again_as_one() {
    let lab = Lab::new().await;
    assert_eq!(lab.keep(IssueCourse::Close, "", "over").await, Applied::Unchanged);
    for (course, data, expected) in [
        (IssueCourse::Stand, "until tomorrow", Applied::Created),
        (IssueCourse::Stand, "until tomorrow", Applied::Unchanged),
        (IssueCourse::Stand, "until friday", Applied::Changed),
        (IssueCourse::Close, "until friday", Applied::Changed),
        (IssueCourse::Close, "until friday", Applied::Unchanged),
        (IssueCourse::Report, "again", Applied::Unchanged),
        (IssueCourse::Stand, "until friday", Applied::Changed),
    ] {
        assert_eq!(lab.keep(course, data, "It is frozen.\n/close").await, expected, "{course:?} {data}");
    }
    let (kept, shown) = (lab.kept().await, lab.app.issues());
    assert_eq!((kept.len(), shown.len(), kept[0].condition, kept[0].data.as_deref()), (1, 1, Condition::Open, Some("until friday")));
    assert_eq!((kept[0].key.as_str(), shown[0].labels.concat().as_str()), ("main", "slipway:freeze"));
    assert!(shown[0].body.ends_with("It is frozen.\n\\/close"), "{}", shown[0].body);
}

#[tokio::test]
async fn what_somebody_writes_into_an_issue_is_no_data_and_other_peoples_issues_are_none() {
    let lab = Lab::new().await;
    lab.keep(IssueCourse::Report, "until tomorrow", "It is frozen.").await;
    let number = lab.kept().await[0].number.0;
    let text = lab.app.issues()[0].body.replacen("slipway:freeze main ", "slipway:freeze main AA", 1);
    let forged = lab.app.open_issue("eve", "frozen").unwrap();
    lab.app.label_issue(forged, "eve", "slipway:freeze").unwrap();
    let edit = |body: &str| Edit { title: None, body: Some(body.to_owned()), base: None };
    lab.app.edit_issue(forged, "eve", edit(&lab.app.issues()[0].body)).unwrap();
    lab.app.edit_issue(number, "eve", edit(&text)).unwrap();
    let kept = lab.kept().await;
    assert_eq!((kept.len(), kept[0].number.0, &kept[0].data), (1, number, &None));
}

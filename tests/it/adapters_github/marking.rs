//! What else a release that is run leaves on GitHub: labels, notes for itself, withdrawn releases, and issues that tell their numbers.

use slipway::domain::event::Thread;
use slipway::domain::facts::IssueKind;
use slipway::domain::plan::{CommentKey, Issue, IssueCourse, LabelCourse, Outcome, Withdrawal};

use super::running::*;
use super::*;

#[tokio::test]
async fn labels_are_made_put_on_and_taken_off_once() {
    let stage = stage().await;
    let number = Number(stage.propose("a", "main", "feat: a"));
    let name = format!("backport {LINE}");
    let make = Action::MakeLabel { name: name.clone(), about: "Carry it to the line" };
    let label = |course| Action::Label { number, label: name.clone(), course };
    for (action, expected) in [
        (make.clone(), Applied::Created),
        (make, Applied::Unchanged),
        (label(LabelCourse::Put), Applied::Changed),
        (label(LabelCourse::Put), Applied::Changed),
        (label(LabelCourse::TakeOff), Applied::Changed),
        (label(LabelCourse::TakeOff), Applied::Unchanged),
    ] {
        assert_eq!(stage.forge().apply(&action).await.unwrap(), expected, "{action}");
        let labels = stage.repo.request(number.0).unwrap().labels;
        assert_eq!(labels.is_empty(), !matches!(action, Action::Label { course: LabelCourse::Put, .. }));
    }
    assert_eq!(stage.repo.labels(), [name]);
}

#[tokio::test]
async fn what_is_noted_about_backports_names_branches_and_counts_until_somebody_edits_it() {
    let stage = stage().await;
    let number = stage.propose("a", "main", "feat: a");
    let note = |data: &str| Action::Remember {
        thread: Thread::ChangeRequest(Number(number)),
        key: CommentKey::Backports,
        data: data.to_owned(),
        body: "| Branch |\n".to_owned(),
    };
    stage.forge().apply(&note("release/1.3 waived mia no need")).await.unwrap();
    let forge = stage.forge();
    let source = stage.source(&forge, number).await;
    assert_eq!(source.noted.as_deref(), Some("release/1.3 waived mia no need"));
    assert_eq!((source.targets.keys().collect::<Vec<_>>(), source.picks.len()), (vec![&branch("release/1.3")], 0));
    stage.calls();
    assert_eq!(forge.apply(&note("release/1.3 waived mia no need")).await.unwrap(), Applied::Unchanged);
    assert_eq!(stage.calls().len(), 0);
    assert_eq!(forge.apply(&note("release/1.3 empty")).await.unwrap(), Applied::Changed);
    let comment = stage.repo.comments(number).remove(0);
    assert!(comment.body.starts_with("<!-- slipway:backports -->\n<!-- slipway:noted ") && comment.body.ends_with("| Branch |"));
    assert_eq!(stage.source(&stage.forge(), number).await.noted.as_deref(), Some("release/1.3 empty"));
}

#[tokio::test]
async fn a_release_is_withdrawn_once_and_the_one_before_is_the_latest_again() {
    let stage = stage().await;
    for version in ["v1.3.0", "v1.4.0"] {
        stage.commit(&format!("feat: {version}"), "x");
        stage.repo.tag(version, "main").unwrap();
        stage.repo.release(version, "Notes").unwrap();
    }
    let tag = |name: &str| TagName::parse(name).unwrap();
    let withdraw = |name: &str| {
        let (tag, latest) = (tag(name), Some(tag("v1.3.0")));
        Action::WithdrawRelease(Withdrawal { tag, banner: "**Withdrawn.**".to_owned(), latest })
    };
    let at = stage.repo.head("v1.4.0").ok();
    for expected in [Applied::Changed, Applied::Unchanged] {
        let forge = stage.forge();
        assert_eq!(forge.apply(&withdraw("v1.4.0")).await.unwrap(), expected);
        assert_eq!(forge.outcomes(), [Outcome::Withdrawn { tag: tag("v1.4.0"), found: true }]);
    }
    let view = stage.repo.releases().into_iter().find(|release| release.tag == "v1.4.0").unwrap();
    assert!(view.prerelease && view.name.ends_with(" (withdrawn)"), "{view:?}");
    assert_eq!(view.body, "<!-- slipway:withdrawn -->\n**Withdrawn.**\n\nNotes");
    assert_eq!((stage.repo.latest_release().as_deref(), stage.repo.head("v1.4.0").ok()), (Some("v1.3.0"), at));
    let forge = stage.forge();
    assert_eq!(forge.apply(&withdraw("v9.0.0")).await.unwrap(), Applied::Unchanged);
    assert_eq!(forge.outcomes(), [Outcome::Withdrawn { tag: tag("v9.0.0"), found: false }]);
}

#[tokio::test]
async fn an_issue_tells_its_number_and_is_looked_for_once() {
    let stage = stage().await;
    let (kind, key) = (IssueKind::Release, LINE.to_owned());
    let issue =
        Issue { kind, key: key.clone(), title: "1.4".into(), course: IssueCourse::Report, seen: None, data: None, body: "x".to_owned() };
    let forge = stage.forge();
    forge.own_issues(kind).await.unwrap();
    stage.calls();
    assert_eq!(forge.apply(&Action::Issue(issue.clone())).await.unwrap(), Applied::Created);
    assert_eq!(stage.calls().len(), 1);
    let number = Number(stage.repo.issues()[0].number);
    assert_eq!(forge.apply(&Action::Issue(issue)).await.unwrap(), Applied::Unchanged);
    let came = Outcome::Issue { kind, key, number };
    assert_eq!((forge.outcomes(), stage.repo.issues().len()), (vec![came.clone(), came], 1));
}

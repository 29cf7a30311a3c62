//! Where a release stands on GitHub, and its page: in how few calls, and what people write there meanwhile.

use slipway::domain::event::Thread;
use slipway::domain::facts::{CheckState, IssueKind, OwnIssue, Progress, ProgressWanted, Subject};
use slipway::domain::plan::{Check, CheckName, CommentKey, Conclusion, Issue, IssueCourse, Presence};
use slipway::sandbox::acts::Edit;
use slipway::sandbox::topic::TopicKey;
use slipway::sandbox::{CiState, Text};

use super::running::*;
use super::*;

const BLOCKER: &str = "release-blocker";

fn asked(of: Subject) -> ProgressWanted {
    ProgressWanted { of, blocker: BLOCKER.to_owned(), backport: "backport {branch}".to_owned() }
}

fn line() -> ProgressWanted {
    asked(Subject::Line(Ref::Branch(branch(LINE))))
}

fn page(body: &str, seen: Option<&str>, data: &str) -> Action<String> {
    let (kind, key, seen) = (IssueKind::Release, LINE.to_owned(), seen.map(str::to_owned));
    let (title, body) = ("Release 1.4".to_owned(), body.to_owned());
    Action::Issue(Issue { kind, key, title, course: IssueCourse::Keep, seen, data: Some(data.to_owned()), body })
}

fn checklist(number: u64, body: &str) -> Action<String> {
    let (thread, key) = (Thread::ChangeRequest(Number(number)), CommentKey::Checklist);
    Action::Remember { thread, key, data: "go".to_owned(), body: body.to_owned() }
}

impl Stage {
    async fn progress(&self, forge: &GithubRepository<'_>, wanted: &ProgressWanted) -> Progress {
        forge.progress(wanted).await.unwrap().unwrap()
    }

    async fn pages(&self, forge: &GithubRepository<'_>) -> Vec<OwnIssue> {
        forge.own_issues(IssueKind::Release).await.unwrap()
    }

    fn require(&self, check: &str) {
        let rule = serde_json::json!({"type": "required_status_checks", "parameters": {
            "strict_required_status_checks_policy": false, "required_status_checks": [{"context": check}]}});
        let conditions = serde_json::json!({"ref_name": {"include": ["~ALL"], "exclude": []}});
        let rules =
            serde_json::json!({"name": "ci", "target": "branch", "enforcement": "active", "conditions": conditions, "rules": [rule]});
        self.repo.add_ruleset("max", &rules).unwrap();
    }
}

#[tokio::test]
async fn a_line_tells_its_checks_its_blockers_and_what_it_lacks_at_once() {
    let stage = Stage::with_line().await;
    let tip = stage.at(LINE);
    stage.repo.ci(tip.as_str(), "test", CiState::Running).unwrap();
    let lacking = stage.merged(&[("fix: a", "a", "1")], Merge::Squash);
    let issue = stage.repo.open_issue_with("eve", ("It fails", ""), &[BLOCKER]).unwrap();
    stage.repo.milestone("1.4").unwrap();
    stage.repo.set_milestone(TopicKey::Issue(issue), "max", Some("1.4")).unwrap();
    let closed = stage.repo.open_issue_with("eve", ("It failed", ""), &[BLOCKER]).unwrap();
    stage.repo.close_issue(closed, "eve").unwrap();
    let request = stage.propose("fix/it", "main", "fix: it");
    stage.repo.label(request, BLOCKER).unwrap();
    stage.require("test");
    let forge = stage.forge();
    stage.calls();
    let progress = stage.progress(&forge, &line()).await;
    assert_eq!(stage.calls(), ["POST /graphql"]);
    assert_eq!((progress.branch.as_str(), progress.head, progress.comment), (LINE, tip, None));
    assert_eq!(progress.checks, BTreeMap::from([("test".to_owned(), CheckState::Pending)]));
    assert_eq!(progress.required, BTreeSet::from(["test".to_owned()]));
    let blockers: Vec<_> = progress.blockers.iter().map(|one| (&*one.label, &*one.title, one.milestone.as_deref())).collect();
    assert_eq!(blockers, [(&*format!("#{issue}"), "It fails", Some("1.4")), (&*format!("#{request}"), "fix: it", None)]);
    assert_eq!(progress.owed.iter().map(|owed| (owed.number.0, owed.there)).collect::<Vec<_>>(), [(lacking, false)]);
    let nothing = ProgressWanted { blocker: String::new(), backport: String::new(), ..line() };
    let quiet = stage.progress(&stage.forge(), &nothing).await;
    assert!(quiet.blockers.is_empty() && quiet.owed.is_empty());
    let gone = asked(Subject::Line(Ref::Branch(branch("gone"))));
    assert_eq!(stage.forge().progress(&gone).await.unwrap(), None);
    assert_eq!(stage.forge().progress(&asked(Subject::Request(Number(99)))).await.unwrap(), None);
}

#[tokio::test]
async fn a_report_on_the_head_needs_no_call_to_find_the_one_before() {
    let stage = Stage::with_line().await;
    let report = |conclusion, title: &str| {
        let (name, sha, presence, title) = (CheckName::Readiness, stage.at(LINE), Presence::Create, title.to_owned());
        let summary = "Why".to_owned();
        Action::Report(Check { name, sha, ref_name: LINE.to_owned(), presence, conclusion, title, summary, annotations: Vec::new() })
    };
    stage.forge().apply(&report(Conclusion::Pending, "nobody has answered")).await.unwrap();
    let forge = stage.forge();
    assert!(stage.progress(&forge, &line()).await.checks.is_empty());
    stage.calls();
    assert_eq!(forge.apply(&report(Conclusion::Pending, "nobody has answered")).await.unwrap(), Applied::Unchanged);
    assert_eq!(stage.calls().len(), 0);
    assert_eq!(forge.apply(&report(Conclusion::Success, "ready")).await.unwrap(), Applied::Changed);
    assert_eq!(stage.calls().len(), 1);
}

#[tokio::test]
async fn what_a_long_line_lacks_is_looked_for_in_two_calls() {
    let stage = stage_with(SandboxOptions { page_size: Some(2), ..options() }).await;
    let number = stage.propose("feature/old", "main", "fix: old");
    stage.repo.label(number, &format!("backport {LINE}")).unwrap();
    stage.repo.merge(number, "max", Merge::Squash).unwrap();
    stage.repo.branch(LINE, "main").unwrap();
    for at in 0..5 {
        stage.repo.commit(LINE, "dana", &format!("fix: {at}"), &[("x", &at.to_string())]).unwrap();
    }
    let forge = stage.forge();
    stage.calls();
    let owed = stage.progress(&forge, &line()).await.owed;
    assert_eq!((owed[0].number.0, owed[0].there, stage.calls().len()), (number, true, 2));
    stage.sandbox.let_pass(jiff::SignedDuration::from_hours(48));
    let newer = stage.propose("feature/new", "main", "fix: new");
    stage.repo.label(newer, &format!("backport {LINE}")).unwrap();
    stage.repo.merge(newer, "max", Merge::Squash).unwrap();
    stage.calls();
    let owed = stage.progress(&stage.forge(), &line()).await.owed;
    assert_eq!(owed.iter().find(|owed| owed.number.0 == newer).map(|owed| owed.there), Some(false));
    assert_eq!(stage.calls().len(), 2);
}

#[tokio::test]
async fn a_request_tells_its_head_and_its_checklist_which_is_written_only_where_it_differs() {
    let stage = stage().await;
    let number = stage.propose("feature/a", "main", "feat: a");
    stage.require("test");
    stage.repo.ci(stage.sha("feature/a").as_str(), "test", CiState::Success).unwrap();
    let wanted = asked(Subject::Request(Number(number)));
    let forge = stage.forge();
    stage.calls();
    let progress = stage.progress(&forge, &wanted).await;
    assert_eq!(stage.calls(), ["POST /graphql"]);
    assert_eq!((progress.branch.as_str(), progress.head, progress.comment), ("feature/a", stage.sha("feature/a"), None));
    assert_eq!((progress.checks["test"], progress.required), (CheckState::Green, BTreeSet::from(["test".to_owned()])));
    assert_eq!(forge.apply(&checklist(number, "- [ ] one")).await.unwrap(), Applied::Created);
    assert_eq!(stage.calls().len(), 1);
    let id = stage.repo.comments(number)[0].id;
    stage.repo.tick(Text::Comment(id), "dana", "one").unwrap();
    let forge = stage.forge();
    let comment = stage.progress(&forge, &wanted).await.comment.unwrap();
    assert_eq!((comment.id, comment.body.as_str(), comment.data.as_deref()), (id, "- [x] one", Some("go")));
    stage.calls();
    assert_eq!(forge.apply(&checklist(number, "- [x] one")).await.unwrap(), Applied::Unchanged);
    assert_eq!(stage.calls().len(), 0);
    assert_eq!(forge.apply(&checklist(number, "- [x] one\n- [ ] two")).await.unwrap(), Applied::Changed);
    assert_eq!(stage.calls().len(), 2);
    let forge = stage.forge();
    stage.progress(&forge, &wanted).await;
    stage.repo.tick(Text::Comment(id), "dana", "two").unwrap();
    let error = forge.apply(&checklist(number, "- [x] one\n- [ ] two\n- [ ] three")).await.unwrap_err();
    assert_eq!((error.remedy(), error.to_string().contains("changed its text meanwhile")), (Remedy::TryAgain, true));
    assert!(stage.repo.comments(number)[0].body.ends_with("- [x] one\n- [x] two"));
}

#[tokio::test]
async fn a_page_is_kept_in_two_calls_and_none_where_nothing_changed() {
    let stage = Stage::with_line().await;
    let forge = stage.forge();
    assert_eq!(stage.pages(&forge).await, []);
    assert_eq!(forge.apply(&page("a", None, "1")).await.unwrap(), Applied::Created);
    let number = stage.repo.issues()[0].number;
    let edit = Edit { title: Some("Our release".to_owned()), ..Edit::default() };
    stage.repo.edit_issue(number, "dana", edit).unwrap();
    let forge = stage.forge();
    stage.calls();
    assert_eq!(stage.pages(&forge).await[0].body, "a");
    stage.pages(&forge).await;
    assert_eq!(stage.calls().len(), 1);
    assert_eq!(forge.apply(&page("a", Some("a"), "1")).await.unwrap(), Applied::Unchanged);
    assert_eq!(stage.calls().len(), 0);
    assert_eq!(forge.apply(&page("b", Some("a"), "2")).await.unwrap(), Applied::Changed);
    assert_eq!(stage.calls(), [format!("GET /repos/acme/app/issues/{number}"), format!("PATCH /repos/acme/app/issues/{number}")]);
    let view = stage.repo.issues().remove(0);
    assert!(view.title == "Our release" && view.body.ends_with("\nb"), "{} {}", view.title, view.body);
    assert_eq!(stage.pages(&forge).await[0].data.as_deref(), Some("2"));
    // It was there, unseen.
    assert_eq!(forge.apply(&page("c", None, "3")).await.unwrap(), Applied::Unchanged);
    stage.repo.close_issue(number, "dana").unwrap();
    let forge = stage.forge();
    stage.pages(&forge).await;
    assert_eq!(forge.apply(&page("c", Some("b"), "3")).await.unwrap(), Applied::Unchanged);
    assert_eq!(stage.repo.issues().len(), 1);
}

#[tokio::test]
async fn what_somebody_wrote_in_a_page_meanwhile_is_not_written_over() {
    let stage = Stage::with_line().await;
    stage.forge().apply(&page("- [ ] a", None, "1")).await.unwrap();
    let number = stage.repo.issues()[0].number;
    let of = Text::Topic(TopicKey::Issue(number));
    let forge = stage.forge();
    stage.pages(&forge).await;
    stage.repo.tick(of, "dana", "a").unwrap();
    let error = forge.apply(&page("- [ ] a\nmore", Some("- [ ] a"), "2")).await.unwrap_err();
    assert_eq!((error.remedy(), stage.repo.text(of).ends_with("\n- [x] a")), (Remedy::TryAgain, true));
    // From the page's form, with other line ends, and then on what is there.
    stage.repo.edit_text(of, "dana", &format!("{}\r\nmine", stage.repo.text(of).replace('\n', "\r\n"))).unwrap();
    let forge = stage.forge();
    let own = stage.pages(&forge).await.remove(0);
    assert_eq!((own.body.as_str(), own.data.as_deref()), ("- [x] a\nmine", Some("1")));
    assert_eq!(forge.apply(&page("- [x] a\nmine\nmore", Some(&own.body), "2")).await.unwrap(), Applied::Changed);
    // Another decision was noted meanwhile, of which the text says nothing.
    let forge = stage.forge();
    let own = stage.pages(&forge).await.remove(0);
    let other = stage.forge();
    stage.pages(&other).await;
    other.apply(&page(&own.body, Some(&own.body), "3")).await.unwrap();
    assert_eq!(forge.apply(&page("x", Some(&own.body), "4")).await.unwrap_err().remedy(), Remedy::TryAgain);
    // Nothing is cut of what people wrote.
    let long = "x".repeat(66_000);
    let forge = stage.forge();
    stage.pages(&forge).await;
    assert_eq!(forge.apply(&page(&long, Some(&own.body), "5")).await.unwrap_err().remedy(), Remedy::GiveUp);
}

#[tokio::test]
async fn a_file_of_the_default_branch_may_be_missing_or_no_text() {
    let stage = stage().await;
    let forge = stage.forge();
    assert_eq!(forge.file("VERSION").await.unwrap().as_deref(), Some("1.0.0\n"));
    assert_eq!(stage.calls().len(), 1);
    assert_eq!((forge.file("missing").await.unwrap(), forge.file("logo").await.unwrap()), (None, None));
}

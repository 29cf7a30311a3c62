//! How the GitLab adapter reads where a release stands and what was delivered, and how it keeps the text of its page.

use std::collections::{BTreeMap, BTreeSet};

use slipway::domain::event::Thread;
use slipway::domain::facts::{CheckState, DeliveredWanted, DeployResult, IssueKind, Progress, ProgressWanted, Ref, Subject};
use slipway::domain::names::{Moment, Number, Sha};
use slipway::domain::plan::{Action, Check, CheckName, CommentKey, Conclusion, Issue, IssueCourse, Presence};
use slipway::forge::error::Remedy;
use slipway::forge::{Applied, Forge};
use slipway::sandbox::topic::TopicKey;
use slipway::sandbox::{CiState, DeployState, Merge, Text};

use super::{Lab, branch};

const LINE: &str = "release/1.0";
const BLOCKER: &str = "release-blocker";

impl Lab {
    async fn progress(&self, of: Subject) -> Progress {
        let wanted = ProgressWanted { of, blocker: BLOCKER.to_owned(), backport: "backport {branch}".to_owned() };
        self.project().progress(&wanted).await.unwrap().unwrap()
    }

    async fn checks(&self) -> String {
        let wanted = ProgressWanted { of: line(), blocker: String::new(), backport: String::new() };
        let checks = self.project().progress(&wanted).await.unwrap().unwrap().checks;
        checks.iter().map(|(name, state)| format!("{name} {state:?}")).collect::<Vec<_>>().join(", ")
    }

    fn head(&self) -> Sha {
        Sha::parse(&self.app.head(LINE).unwrap()).unwrap()
    }
}

fn line() -> Subject {
    Subject::Line(Ref::Branch(branch(LINE)))
}

fn ready(sha: Sha, conclusion: Conclusion, title: &str) -> Action<String> {
    let (name, ref_name, presence) = (CheckName::Readiness, LINE.to_owned(), Presence::Create);
    let (title, summary, annotations) = (title.to_owned(), String::new(), Vec::new());
    Action::Report(Check { name, sha, ref_name, conclusion, presence, title, summary, annotations })
}

fn page(seen: Option<&str>, title: &str, body: &str) -> Action<String> {
    let (kind, key, data) = (IssueKind::Release, LINE.to_owned(), Some(format!("branch {LINE}")));
    let (title, seen, body) = (title.to_owned(), seen.map(str::to_owned), body.to_owned());
    Action::Issue(Issue { kind, key, title, course: IssueCourse::Keep, seen, data, body })
}

#[tokio::test]
async fn a_line_is_read_by_its_head_its_statuses_and_three_lists() {
    let lab = Lab::new().await;
    lab.app.branch(LINE, "main").unwrap();
    lab.app.pipeline(LINE, CiState::Success).unwrap();
    let number = lab.request();
    lab.app.label(number, BLOCKER).unwrap();
    let issue = lab.app.open_issue_with("dana", ("It burns", ""), &[BLOCKER]).unwrap();
    lab.app.open_issue_with("dana", ("It burned", ""), &[BLOCKER]).unwrap();
    lab.app.close_issue(issue + 1, "dana").unwrap();
    lab.project().me().await.unwrap();
    lab.calls();
    let progress = lab.progress(line()).await;
    let mut calls = lab.calls();
    calls.sort();
    let (head, statuses) = (
        format!("GET /repository/commits/refs%2Fheads%2F{}", LINE.replace('/', "%2F")),
        format!("GET /repository/commits/{}/statuses", lab.head()),
    );
    let mut expected = ["GET /issues", "GET /merge_requests", "GET /merge_requests", &head, &statuses];
    expected.sort_unstable();
    assert_eq!(calls, expected);
    assert_eq!((progress.branch, progress.head), (branch(LINE), lab.head()));
    assert_eq!(progress.checks, BTreeMap::from([("pipeline".to_owned(), CheckState::Green)]));
    let blockers: Vec<_> = progress.blockers.iter().map(|blocker| format!("{} {}", blocker.label, blocker.title)).collect();
    assert_eq!(blockers, [format!("!{number} feat: add x and y"), format!("#{issue} It burns")]);
    assert_eq!((progress.owed.len(), progress.comment), (0, None));
    let gone = ProgressWanted { of: Subject::Line(Ref::Branch(branch("gone"))), blocker: String::new(), backport: String::new() };
    assert_eq!(lab.project().progress(&gone).await.unwrap(), None);
}

#[tokio::test]
async fn slipways_own_status_is_nobodys_check_and_hides_none() {
    let lab = Lab::new().await;
    lab.app.branch(LINE, "main").unwrap();
    assert_eq!(lab.checks().await, "");
    lab.apply(ready(lab.head(), Conclusion::Pending, "waits for ci")).await;
    assert_eq!(lab.checks().await, "", "a pipeline of Slipway's own status alone is none");
    lab.app.pipeline(LINE, CiState::Running).unwrap();
    assert_eq!(lab.checks().await, "pipeline Pending");
    lab.app.pipeline(LINE, CiState::Success).unwrap();
    assert_eq!(lab.checks().await, "pipeline Green");
    lab.app.report(lab.head().as_str(), "jenkins", "pending").unwrap();
    assert_eq!(lab.checks().await, "jenkins Pending, pipeline Green", "a status from elsewhere may stand on another branch");
}

#[tokio::test]
async fn readiness_that_is_read_with_the_head_is_written_in_one_call() {
    let lab = Lab::new().await;
    lab.app.branch(LINE, "main").unwrap();
    lab.app.pipeline(LINE, CiState::Success).unwrap();
    lab.apply(ready(lab.head(), Conclusion::Pending, "waits for dana")).await;
    let wanted = ProgressWanted { of: line(), blocker: String::new(), backport: String::new() };
    let project = lab.project();
    project.progress(&wanted).await.unwrap();
    lab.calls();
    assert_eq!(project.apply(&ready(lab.head(), Conclusion::Pending, "waits for dana")).await.unwrap(), Applied::Unchanged);
    assert_eq!(lab.calls(), Vec::<String>::new());
    assert_eq!(project.apply(&ready(lab.head(), Conclusion::Pending, "waits for finn")).await.unwrap(), Applied::Changed);
    assert_eq!(project.apply(&ready(lab.head(), Conclusion::Success, "ready")).await.unwrap(), Applied::Changed);
    let posted = format!("POST /statuses/{}", lab.head());
    assert_eq!(lab.calls(), [posted.clone(), posted]);
}

#[tokio::test]
async fn a_request_is_read_with_the_checklist_on_it() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.pipeline("feat/x", CiState::Failure).unwrap();
    let thread = Thread::ChangeRequest(Number(number));
    let remember = |body: &str| Action::Remember { thread, key: CommentKey::Checklist, data: "a book".to_owned(), body: body.to_owned() };
    lab.apply(remember("- [ ] one")).await;
    let project = lab.project();
    lab.calls();
    let wanted = ProgressWanted { of: Subject::Request(Number(number)), blocker: String::new(), backport: "backport {branch}".to_owned() };
    let progress = project.progress(&wanted).await.unwrap().unwrap();
    assert_eq!(lab.calls().len(), 3, "the request, the statuses of its head, its comments");
    assert_eq!(progress.checks, BTreeMap::from([("pipeline".to_owned(), CheckState::Red)]));
    let comment = progress.comment.unwrap();
    assert_eq!((comment.body.as_str(), comment.data.as_deref()), ("- [ ] one", Some("a book")));
    assert_eq!(project.apply(&remember("- [ ] one")).await.unwrap(), Applied::Unchanged);
    assert_eq!(project.apply(&remember("- [x] one")).await.unwrap(), Applied::Changed);
    assert_eq!(lab.calls().len(), 1);
}

#[tokio::test]
async fn the_text_of_a_page_is_written_only_over_what_it_was_made_from() {
    let lab = Lab::new().await;
    assert_eq!(lab.apply(page(None, "Release 1.0", "- [ ] one")).await, Applied::Created);
    let project = lab.project();
    let issues = project.own_issues(IssueKind::Release).await.unwrap();
    assert_eq!((issues[0].body.as_str(), issues[0].data.is_some()), ("- [ ] one", true));
    lab.calls();
    assert_eq!(project.apply(&page(Some("- [ ] one"), "Another title", "- [ ] one")).await.unwrap(), Applied::Unchanged);
    assert_eq!(lab.calls(), Vec::<String>::new());
    assert_eq!(project.apply(&page(Some("- [ ] one"), "Another title", "- [x] one\n/close")).await.unwrap(), Applied::Changed);
    assert_eq!(lab.calls(), ["GET /issues/1", "PUT /issues/1"]);
    let now = lab.project().own_issues(IssueKind::Release).await.unwrap().remove(0);
    assert_eq!((now.title.as_str(), now.body.as_str()), ("Release 1.0", "- [x] one\n\\/close"));
    lab.app.tick(Text::Topic(TopicKey::Issue(1)), "dana", "one").unwrap();
    let before = now.body;
    let stale = lab.project().apply(&page(Some(&before), "", &format!("{before}\n- [ ] two"))).await.unwrap_err();
    assert_eq!(stale.remedy(), Remedy::TryAgain);
    assert!(lab.app.text(Text::Topic(TopicKey::Issue(1))).contains("- [ ] one\n"), "what dana did stays");
    let issue = |course| Issue {
        course,
        ..match page(None, "Release 1.0", "done") {
            Action::Issue(issue) => issue,
            _ => panic!("it is none"),
        }
    };
    lab.apply(Action::Issue(issue(IssueCourse::Close))).await;
    assert_eq!(lab.apply(page(None, "Release 1.0", "open")).await, Applied::Unchanged, "what is closed stays as it is");
}

#[tokio::test]
async fn deployments_tell_what_they_brought_and_whether_they_went_back() {
    let lab = Lab::new().await;
    lab.app.release("v1.0.0", "notes").unwrap();
    let first = lab.main();
    lab.app.deploy("production", "main", DeployState::Success).unwrap();
    let number = lab.request();
    let landed = lab.app.merge(number, "dana", Merge::Squash).unwrap();
    lab.app.deploy("staging", "main", DeployState::Success).unwrap();
    lab.app.deploy("production", "main", DeployState::Failure).unwrap();
    lab.app.deploy("production", "main", DeployState::Canceled).unwrap();
    lab.app.deploy("production", "main", DeployState::Success).unwrap();
    lab.app.deploy("production", first.as_str(), DeployState::Success).unwrap();
    lab.app.deploy("production", "main", DeployState::Running).unwrap();
    lab.calls();
    let wanted = DeliveredWanted { environments: BTreeSet::from(["production".to_owned()]), since: Moment(0), most: 10 };
    let found = lab.project().delivered(&wanted).await.unwrap();
    assert_eq!(lab.calls().len(), 5, "three lists, and what lies between two pairs of commits");
    let results: Vec<_> = found.deployments.iter().map(|told| (told.result, told.went_back)).collect();
    let good = DeployResult::Succeeded;
    let expected = [(good, false), (DeployResult::Failed, false), (good, false), (good, true), (DeployResult::Running, false)];
    assert_eq!(results, expected);
    assert!(found.deployments[2].brought.iter().any(|sha| sha.as_str() == landed), "{:?}", found.deployments[2]);
    assert!([0, 1, 3, 4].iter().all(|at| found.deployments[*at].brought.is_empty()));
    let merged: Vec<_> =
        found.merged.iter().map(|landing| (landing.number.0, landing.base.to_string(), landing.commit.to_string())).collect();
    assert_eq!(merged, [(number, "main".to_owned(), landed)]);
    let releases: Vec<_> = found.releases.iter().map(|release| (release.tag.to_string(), &release.commit)).collect();
    assert_eq!((releases, found.cut), (vec![("v1.0.0".to_owned(), &first)], false));
    lab.project().delivered(&wanted).await.unwrap();
    assert_eq!(lab.calls().len(), 3, "what lies between two commits is remembered");
    let newest = DeliveredWanted { most: 2, ..wanted };
    let found = lab.project().delivered(&newest).await.unwrap();
    assert_eq!((found.deployments.len(), found.deployments[0].went_back, found.cut), (2, true, true));
}

#[tokio::test]
async fn a_file_of_the_default_branch_is_read_if_it_is_text() {
    let lab = Lab::new().await;
    assert_eq!(lab.project().file("VERSION").await.unwrap().as_deref(), Some("1.0.0\n"));
    assert_eq!(lab.project().file("docs/none.md").await.unwrap(), None);
}

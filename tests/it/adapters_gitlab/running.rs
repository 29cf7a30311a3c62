//! How the GitLab adapter reads what a release is run from, and what it writes beside changes that it carries.

use std::collections::{BTreeMap, BTreeSet};

use slipway::domain::event::Thread;
use slipway::domain::facts::{CheckState, Depth, IssueKind, Source, State, Target, Trunk};
use slipway::domain::names::{Number, Sha};
use slipway::domain::plan::{
    Action, Check, CheckName, CommentKey, Conclusion, Issue, IssueCourse, LabelCourse, Outcome, Presence, Withdrawal,
};
use slipway::forge::{Applied, Forge};
use slipway::sandbox::{CiState, Merge, MergeMethod as Rule, MergeRules};

use super::{Lab, branch, tag, wanted};

const LABEL: &str = "backport {branch}";

impl Lab {
    async fn source(&self, number: u64) -> Source {
        self.project().source(Number(number), LABEL, &BTreeSet::new()).await.unwrap().unwrap()
    }

    async fn trunk(&self, names: &str, depth: Depth) -> Trunk {
        self.project().trunk(&branch("main"), names, depth).await.unwrap().unwrap()
    }

    /// What was called for the trunk, in order, and how many of its commits were told.
    async fn asked(&self, depth: Depth) -> (Vec<String>, usize) {
        self.calls();
        let trunk = self.trunk("release/*", depth).await;
        let mut calls = self.calls();
        calls.sort();
        (calls, trunk.commits.len())
    }

    async fn message(&self, at: &Sha) -> String {
        let line = self.line(&wanted(slipway::domain::facts::Ref::Branch(branch("main")))).await;
        line.window.commits.into_iter().find(|commit| commit.sha == *at).unwrap().message
    }
}

fn said(sha: Sha, conclusion: Conclusion) -> Action<String> {
    let (name, ref_name, presence) = (CheckName::Policy, "main".to_owned(), Presence::Create);
    let (title, summary, annotations) = ("broken".to_owned(), String::new(), Vec::new());
    Action::Report(Check { name, sha, ref_name, conclusion, presence, title, summary, annotations })
}

#[tokio::test]
async fn a_trunk_is_its_newest_commits_with_their_pipelines() {
    let lab = Lab::new().await;
    lab.app.pipeline("main", CiState::Success).unwrap();
    let green = lab.main();
    lab.app.commit("main", "dana", "feat: x", &[("x", "1")]).unwrap();
    lab.app.pipeline("main", CiState::Failure).unwrap();
    let red = lab.main();
    lab.app.commit("main", "dana", "feat: y", &[("y", "1")]).unwrap();
    // What was skipped is no check.
    lab.app.pipeline("main", CiState::Skipped).unwrap();
    for name in ["release/1.0", "release/2/x", "releases", "old/release/1.0"] {
        lab.app.branch(name, "main").unwrap();
    }
    lab.calls();
    let trunk = lab.trunk("release/*", Depth::Checks).await;
    let mut calls = lab.calls();
    calls.sort();
    // Whether the failure is somebody else's is asked for.
    let red_one = format!("GET /repository/commits/{red}/statuses");
    assert_eq!(calls, ["GET /api/v4/user", "GET /pipelines", "GET /repository/branches", "GET /repository/commits", &red_one]);
    let states: Vec<_> = trunk.commits.iter().map(|commit| (&commit.sha, commit.checks.get("pipeline").copied())).collect();
    assert_eq!(states, [(&lab.main(), None), (&red, Some(CheckState::Red)), (&green, Some(CheckState::Green))]);
    assert_eq!((trunk.required.len(), trunk.branches), (0, BTreeMap::from([(branch("release/1.0"), lab.main())])));
    assert_eq!(lab.project().trunk(&branch("gone"), "release/*", Depth::Green).await.unwrap(), None);
}

#[tokio::test]
async fn a_trunk_takes_no_more_calls_than_are_needed_to_know_what_is_asked() {
    let lab = Lab::new().await;
    lab.app.branch("release/1.0", "main").unwrap();
    let (branches, commits, pipelines) = ("GET /repository/branches", "GET /repository/commits", "GET /pipelines");
    let told = |calls: &[&str], commits| (calls.iter().map(|call| (*call).to_owned()).collect::<Vec<_>>(), commits);
    let all = lab.asked(Depth::Commits).await.1;
    assert_eq!(lab.asked(Depth::Names).await, told(&[branches], 0));
    assert_eq!(lab.asked(Depth::Commits).await, told(&[branches, commits], all));
    assert_eq!(lab.asked(Depth::Green).await, told(&[pipelines, branches], 1), "nothing is reported at all");
    lab.app.pipeline("main", CiState::Success).unwrap();
    assert_eq!(lab.asked(Depth::Green).await, told(&[pipelines, branches], 1), "the tip is green");
    lab.app.commit("main", "dana", "feat: x", &[("x", "1")]).unwrap();
    lab.app.pipeline("main", CiState::Running).unwrap();
    assert_eq!(lab.asked(Depth::Green).await, told(&[pipelines, branches, commits], all + 1), "an older one is");
    let trunk = lab.trunk("main", Depth::Green).await;
    assert_eq!(trunk.branches, BTreeMap::from([(branch("main"), lab.main())]));
}

#[tokio::test]
async fn a_pipeline_of_slipways_own_statuses_alone_is_none() {
    let lab = Lab::new().await;
    lab.apply(said(lab.main(), Conclusion::Failure)).await;
    let trunk = lab.trunk("", Depth::Green).await;
    assert_eq!((&trunk.commits[0].checks, trunk.branches), (&BTreeMap::new(), BTreeMap::new()));
    lab.app.report(lab.main().as_str(), "jenkins", "success").unwrap();
    let checks = lab.trunk("", Depth::Green).await.commits.remove(0).checks;
    assert_eq!(checks, BTreeMap::from([("pipeline".to_owned(), CheckState::Green)]));
}

#[tokio::test]
async fn what_there_is_to_pick_follows_from_how_it_was_merged() {
    for (rule, how, expected, calls) in [
        (Rule::Merge, Merge::Squash, vec!["feat: add x and y"], 1),
        (Rule::FastForward, Merge::Squash, vec!["feat: add x and y"], 1),
        (Rule::Merge, Merge::MergeCommit, vec!["feat: x", "fix: y"], 2),
        (Rule::RebaseMerge, Merge::MergeCommit, vec!["feat: x", "fix: y"], 2),
        (Rule::FastForward, Merge::Rebase, vec!["feat: x", "fix: y"], 2),
    ] {
        let lab = Lab::new().await;
        let number = lab.request();
        lab.app.commit("main", "maya", "docs: words", &[("words", "1")]).unwrap();
        lab.app.label(number, "backport release/1.0").unwrap();
        assert_eq!(lab.source(number).await.picks, []);
        lab.app.set_merge_rules(MergeRules { method: rule, ..MergeRules::default() }).unwrap();
        lab.app.merge(number, "maya", how).unwrap();
        lab.calls();
        let source = lab.source(number).await;
        assert_eq!(lab.calls().len(), calls, "{rule:?} {how:?}");
        let mut subjects = Vec::new();
        for pick in &source.picks {
            assert_eq!(pick.message, None);
            subjects.push(lab.message(&pick.sha).await.lines().next().unwrap().to_owned());
        }
        assert_eq!(subjects, expected, "{rule:?} {how:?}");
        assert_eq!(source.targets, BTreeMap::from([(branch("release/1.0"), Target::default())]));
        assert_eq!((source.noted, source.request.state), (None, State::Merged));
    }
}

#[tokio::test]
async fn a_request_with_merges_in_it_is_picked_as_the_merge_that_brought_it() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.describe(number, "Text.\n\nSigned-off-by: Dana <dana@users.example>").unwrap();
    lab.app.branch("inner", "feat/x").unwrap();
    lab.app.commit("inner", "finn", "feat: inner", &[("z", "1")]).unwrap();
    let inner = lab.app.open("finn", "inner", "feat/x", "feat: inner").unwrap();
    lab.app.merge(inner, "dana", Merge::MergeCommit).unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let picks = lab.source(number).await.picks;
    let message = "feat: add x and y\n\nSigned-off-by: Dana <dana@users.example>";
    assert_eq!((picks.len(), &picks[0].sha, picks[0].message.as_deref()), (1, &lab.main(), Some(message)));
}

#[tokio::test]
async fn what_is_noted_in_a_comment_is_read_again_and_nobody_else_can_write_it() {
    let lab = Lab::new().await;
    let number = lab.request();
    let remember = |data: &str, body: &str| Action::Remember {
        thread: Thread::ChangeRequest(Number(number)),
        key: CommentKey::Backports,
        data: data.to_owned(),
        body: body.to_owned(),
    };
    let project = lab.project();
    project.source(Number(number), LABEL, &BTreeSet::new()).await.unwrap();
    lab.calls();
    assert_eq!(project.apply(&remember("release/1.0 waived maya no need", "The table")).await.unwrap(), Applied::Created);
    assert_eq!(lab.calls(), ["POST /merge_requests/1/notes"]);
    assert_eq!(lab.apply(remember("release/1.0 waived maya no need", "The table")).await, Applied::Unchanged);
    lab.app.branch("release/1.0", "main").unwrap();
    lab.app.branch("backport/1-to-release/1.0", "feat/x").unwrap();
    let backport = lab.app.open("maya", "backport/1-to-release/1.0", "release/1.0", "By hand").unwrap();
    let source = lab.source(number).await;
    assert_eq!(source.noted.as_deref(), Some("release/1.0 waived maya no need"));
    let request = Some((Number(backport), State::Open));
    assert_eq!(source.targets, BTreeMap::from([(branch("release/1.0"), Target { request })]));
    assert_eq!(lab.apply(remember("release/1.0 conflict", "The table")).await, Applied::Changed);
    let comments = lab.app.comments(number);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.starts_with("<!-- slipway:backports -->\n<!-- slipway:noted ") && comments[0].body.ends_with("\nThe table"));
    // The same text under somebody else's name is nothing.
    let forged = lab.app.open("maya", "feat/x", "release/1.0", "feat: again").unwrap();
    lab.app.comment(forged, "maya", &comments[0].body).unwrap();
    assert_eq!(lab.source(forged).await.noted, None);
}

#[tokio::test]
async fn labels_are_made_put_on_and_taken_off_once() {
    let lab = Lab::new().await;
    let number = lab.request();
    let make = || Action::MakeLabel { name: "backport release/1.0".to_owned(), about: "Carried to release/1.0" };
    assert_eq!((lab.apply(make()).await, lab.apply(make()).await), (Applied::Created, Applied::Unchanged));
    let label = |course| Action::Label { number: Number(number), label: "backport release/1.0".to_owned(), course };
    assert_eq!(lab.apply(label(LabelCourse::Put)).await, Applied::Changed);
    assert_eq!(lab.app.request(number).unwrap().labels, ["backport release/1.0"]);
    let project = lab.project();
    project.source(Number(number), LABEL, &BTreeSet::new()).await.unwrap();
    lab.calls();
    assert_eq!(project.apply(&label(LabelCourse::Put)).await.unwrap(), Applied::Unchanged);
    assert_eq!(lab.calls(), Vec::<String>::new());
    assert_eq!(project.apply(&label(LabelCourse::TakeOff)).await.unwrap(), Applied::Changed);
    assert_eq!(project.apply(&label(LabelCourse::TakeOff)).await.unwrap(), Applied::Unchanged);
    assert_eq!(lab.calls(), ["PUT /merge_requests/1"]);
    assert_eq!(lab.app.request(number).unwrap().labels, Vec::<String>::new());
    let gone = Action::Label { number: Number(99), label: "x".to_owned(), course: LabelCourse::Put };
    assert_eq!(lab.apply(gone).await, Applied::Unchanged);
}

#[tokio::test]
async fn a_release_is_withdrawn_once_and_its_tag_stays() {
    let lab = Lab::new().await;
    let withdraw = || Action::WithdrawRelease(Withdrawal { tag: tag("v1.0.0"), banner: "> Withdrawn: it burns.".to_owned(), latest: None });
    let outcome = |found| vec![Outcome::Withdrawn { tag: tag("v1.0.0"), found }];
    assert_eq!(lab.carry(&withdraw()).await, (Applied::Unchanged, outcome(false)));
    lab.app.release("v1.0.0", "### Features\n- all").unwrap();
    let name = lab.app.releases()[0].name.clone();
    assert_eq!(lab.carry(&withdraw()).await, (Applied::Changed, outcome(true)));
    assert_eq!(lab.carry(&withdraw()).await, (Applied::Unchanged, outcome(true)));
    let release = &lab.app.releases()[0];
    assert_eq!(release.name, format!("{name} (withdrawn)"));
    assert_eq!(release.body, "<!-- slipway:withdrawn -->\n> Withdrawn: it burns.\n\n### Features\n- all");
}

#[tokio::test]
async fn an_issue_is_told_by_its_number_and_looked_for_once_an_event() {
    let lab = Lab::new().await;
    let issue = || {
        let (kind, course, data) = (IssueKind::Release, IssueCourse::Report, Some("branch release/1.0".to_owned()));
        let (key, title, body) = ("release/1.0".to_owned(), "Release 1.0".to_owned(), "- [ ] one".to_owned());
        Action::Issue(Issue { kind, key, title, course, seen: None, data, body })
    };
    let project = lab.project();
    assert_eq!(project.own_issues(IssueKind::Release).await.unwrap(), []);
    lab.calls();
    assert_eq!(project.apply(&issue()).await.unwrap(), Applied::Created);
    assert_eq!(project.apply(&issue()).await.unwrap(), Applied::Unchanged);
    assert_eq!(lab.calls(), ["POST /issues"]);
    let own = lab.project().own_issues(IssueKind::Release).await.unwrap();
    let outcome = Outcome::Issue { kind: IssueKind::Release, key: "release/1.0".to_owned(), number: own[0].number };
    assert_eq!(project.outcomes(), [outcome.clone(), outcome.clone()]);
    assert_eq!(lab.carry(&issue()).await, (Applied::Unchanged, vec![outcome]));
}

#[tokio::test]
async fn what_lies_between_two_commits_is_the_paths_that_differ() {
    let lab = Lab::new().await;
    let start = lab.main();
    lab.app.commit("main", "dana", "feat: x", &[("db/migrations/1.sql", "1"), ("x", "1")]).unwrap();
    let between = lab.project().between(&start, &lab.main()).await.unwrap();
    assert_eq!((between.files, between.cut), (["db/migrations/1.sql", "x"].map(str::to_owned).into(), false));
}

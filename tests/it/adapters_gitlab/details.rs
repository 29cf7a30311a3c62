//! What the GitLab adapter reads for the policy: its files, and the details of a merge request, each for the calls that it costs.

use std::collections::{BTreeMap, BTreeSet};

use slipway::domain::facts::{ChangeRequest, Detail, Details, Override, Readiness, Role, Unmerged};
use slipway::domain::names::{Number, Sha, UserName};
use slipway::domain::plan::{Action, Check, CheckName, Conclusion, Presence};
use slipway::forge::{Applied, Forge};
use slipway::sandbox::{Kind, Merge, Role as Grant};

use super::{Lab, branch};

fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

impl Lab {
    async fn read<const N: usize>(&self, number: u64, details: [Detail; N]) -> ChangeRequest {
        self.project().change_request(Number(number), &Details::from(details)).await.unwrap().unwrap()
    }

    fn sha(&self, branch: &str) -> Sha {
        Sha::parse(&self.app.head(branch).unwrap()).unwrap()
    }

    /// What the calls to this project were, in their order by name.
    fn sorted(&self) -> Vec<String> {
        let mut calls = self.calls();
        calls.sort();
        calls
    }

    fn overriding(&self, rule: &'static str, title: &str) -> Action<String> {
        self.check(CheckName::Override(rule), Conclusion::Success, title)
    }

    fn check(&self, name: CheckName, conclusion: Conclusion, title: &str) -> Action<String> {
        let (sha, ref_name, summary) = (self.sha("feat/x"), "feat/x".to_owned(), String::new());
        Action::Report(Check {
            name,
            sha,
            ref_name,
            conclusion,
            presence: Presence::Create,
            title: title.to_owned(),
            summary,
            annotations: Vec::new(),
        })
    }
}

#[tokio::test]
async fn the_groups_file_is_remembered_for_a_while_and_the_projects_own_is_not() {
    let lab = Lab::new().await;
    let none = lab.project().config_files().await.unwrap();
    assert_eq!((none.own, none.organisation), (None, None));
    lab.sandbox.repository(Kind::GitLab, "acme/gitlab-profile", &[("slipway.toml", "mode = 'advise'")]).unwrap();
    lab.app.commit("main", "dana", "chore: begin", &[("slipway.toml", "")]).unwrap();
    lab.calls();
    let files = lab.project().config_files().await.unwrap();
    assert_eq!((files.own.unwrap().path.as_str(), files.organisation), ("slipway.toml", None));
    assert_eq!(lab.calls(), ["GET /repository/files/slipway.toml"]);
    let fresh = Lab { bot: crate::servers::gitlab(&lab.sandbox.gitlab_url(), &lab.sandbox.secrets().gitlab_token), ..lab };
    let organisation = fresh.project().config_files().await.unwrap().organisation.unwrap();
    assert_eq!((organisation.path.as_str(), organisation.text.as_str()), ("acme/gitlab-profile: slipway.toml", "mode = 'advise'"));
}

#[tokio::test]
async fn a_request_alone_is_one_call_and_each_detail_that_is_asked_another() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.commit("main", "maya", "docs: words", &[("words", "1")]).unwrap();
    lab.app.draft(number, "dana").unwrap();
    lab.calls();
    let request = lab.read(number, []).await;
    assert_eq!(lab.calls(), ["GET /merge_requests/1"]);
    assert_eq!((request.readiness, request.title.as_str()), (Readiness::Draft, "Draft: feat: add x and y"));
    let request = lab.read(number, [Detail::Behind, Detail::Commits, Detail::Files, Detail::Overrides]).await;
    assert_eq!(lab.sorted(), ["GET /merge_requests/1", "GET /merge_requests/1/diffs", "GET /repository/commits"]);
    assert_eq!(request.details.behind.read(), &1);
    let commits = request.details.commits.read();
    let told: Vec<_> = commits.items.iter().map(|commit| (commit.message.as_str(), commit.parents, &*commit.author_name)).collect();
    assert_eq!((told, commits.cut), (vec![("feat: x", 1, "dana"), ("fix: y\n\nIt broke.", 1, "finn")], false));
    let files: Vec<_> = request.details.files.read().items.iter().map(|file| (&*file.path, file.added, file.removed)).collect();
    assert_eq!(files, [("x", 1, 0), ("y", 1, 0)]);
    assert_eq!(request.details.overrides.read(), &BTreeMap::new());
}

#[tokio::test]
async fn what_was_set_aside_is_what_slipway_wrote_on_the_head() {
    let lab = Lab::new().await;
    let number = lab.request();
    let action = lab.overriding("size", "maya: it is: generated");
    assert_eq!((lab.apply(action.clone()).await, lab.apply(action).await), (Applied::Created, Applied::Unchanged));
    let request = lab.read(number, [Detail::Overrides]).await;
    let by = Override { by: user("maya"), reason: "it is: generated".into() };
    assert_eq!(request.details.overrides.read(), &BTreeMap::from([("size".to_owned(), by)]));
    lab.app.commit("feat/x", "dana", "fix: z", &[("z", "1")]).unwrap();
    assert!(lab.read(number, [Detail::Overrides]).await.details.overrides.read().is_empty());
}

#[tokio::test]
async fn statuses_are_listed_once_an_event_and_not_where_there_is_no_pipeline() {
    let lab = Lab::new().await;
    let number = Number(lab.request());
    let details = Details::from([Detail::Overrides]);
    let verdict = lab.check(CheckName::Policy, Conclusion::Failure, "broken: size");
    lab.project().me().await.unwrap();
    for (expected, calls) in [(Applied::Created, ["GET /merge_requests/1", "POST"]), (Applied::Unchanged, ["GET /merge_requests/1", "GET"])]
    {
        lab.calls();
        let project = lab.project();
        project.change_request(number, &details).await.unwrap();
        assert_eq!(project.apply(&verdict).await.unwrap(), expected);
        let asked = lab.calls();
        assert!(asked.len() == 2 && asked.iter().zip(calls).all(|(asked, call)| asked.starts_with(call)), "{asked:?}");
        assert_eq!(project.apply(&verdict).await.unwrap(), Applied::Unchanged);
        assert!(lab.calls().is_empty());
    }
}

#[tokio::test]
async fn approvals_setters_and_teams_are_people() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.grant("maya", Grant::Maintain).unwrap();
    lab.app.grant("wen", Grant::Write).unwrap();
    lab.app.approve(number, "maya").unwrap();
    lab.app.label_by(number, "maya", "db").unwrap();
    lab.app.unlabel_by(number, "maya", "db").unwrap();
    lab.app.label_by(number, "wen", "db").unwrap();
    lab.sandbox.add_member(Kind::GitLab, "acme/dba", "maya", Grant::Write);
    let (setter, unset) = (Detail::Setter("db".into()), Detail::Setter("ui".into()));
    let (team, hidden) = (Detail::Team("acme/dba".into()), Detail::Team("acme/none".into()));
    let known = lab.read(number, [Detail::Approvals, setter, unset.clone(), team, hidden]).await.details;
    let approvals: Vec<_> = known.approvals.read().iter().map(|approval| (approval.by.as_str(), &approval.on)).collect();
    assert_eq!(approvals, [("maya", &None)]);
    assert_eq!(known.setters.read(), &BTreeMap::from([("db".to_owned(), (user("wen"), Role::Write))]));
    let (members, nobody) = (BTreeSet::from([user("maya")]), BTreeSet::new());
    assert_eq!(known.teams.read(), &BTreeMap::from([("acme/dba".to_owned(), members), ("acme/none".to_owned(), nobody)]));
    lab.calls();
    assert!(lab.read(number, [unset]).await.details.setters.read().is_empty());
    assert_eq!(lab.calls(), ["GET /merge_requests/1"]);
}

#[tokio::test]
async fn upstream_is_what_a_branch_has_of_the_commits_and_of_what_they_were_picked_from() {
    let lab = Lab::new().await;
    lab.app.branch("release/1", "main").unwrap();
    let fixed = lab.app.commit("main", "dana", "fix: a", &[("a", "1")]).unwrap();
    lab.app.branch("pick", "release/1").unwrap();
    lab.app.commit("pick", "dana", &format!("fix: a\n\n(cherry picked from commit {fixed})"), &[("a", "1")]).unwrap();
    lab.app.commit("pick", "dana", &format!("fix: b\n\n(cherry picked from commit {})", "e".repeat(40)), &[("b", "1")]).unwrap();
    let number = lab.app.open("dana", "pick", "release/1", "fix: a").unwrap();
    let gone = Detail::Upstream(branch("gone"));
    let known = lab.read(number, [Detail::Upstream(branch("main")), gone]).await.details;
    let on_main = BTreeSet::from([Sha::parse(&fixed).unwrap()]);
    assert_eq!(known.upstream.read(), &BTreeMap::from([(branch("main"), on_main), (branch("gone"), BTreeSet::new())]));
}

fn unmerged(from: &str, to: &str) -> Detail {
    Detail::Unmerged { from: branch(from), to: branch(to) }
}

#[tokio::test]
async fn unmerged_is_what_one_branch_has_and_the_other_lacks() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.branch("develop", "main").unwrap();
    lab.app.commit("main", "dana", "fix: hot", &[("hot", "1")]).unwrap();
    lab.app.commit("main", "dana", "fix: hotter", &[("hot", "2")]).unwrap();
    lab.calls();
    let known = lab.read(number, [unmerged("develop", "main"), unmerged("main", "gone"), unmerged("main", "develop")]).await.details;
    let asked = ["GET /merge_requests/1", "GET /repository/commits", "GET /repository/commits", "GET /repository/commits"];
    assert_eq!(lab.sorted(), [&asked[..], &["GET /repository/compare"]].concat());
    let oldest = lab.line(&super::wanted(super::main_branch())).await.window.commits[1].at;
    let pair = (branch("main"), branch("develop"));
    assert_eq!(known.unmerged.read(), &BTreeMap::from([(pair, Unmerged { commits: 2, oldest })]));
}

/// What is merged may have been made long before.
#[tokio::test]
async fn what_was_merged_is_missing_since_its_merge() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.branch("develop", "main").unwrap();
    lab.app.commit("main", "dana", "fix: hot", &[("hot", "1")]).unwrap();
    lab.app.branch("support", "main").unwrap();
    let since = async || lab.line(&super::wanted(super::main_branch())).await.window.commits[0].at;
    let hot = since().await;
    lab.app.merge(number, "max", Merge::MergeCommit).unwrap();
    let merge = since().await;
    let known = lab.read(number, [unmerged("main", "develop"), unmerged("main", "support")]).await.details;
    let found: Vec<_> = known.unmerged.read().values().map(|found| (found.commits, found.oldest)).collect();
    assert_eq!(found, [(4, hot), (3, merge)]);
}

#[tokio::test]
async fn backports_are_owed_until_the_branch_has_them() {
    let lab = Lab::new().await;
    lab.app.branch("release/1", "main").unwrap();
    let mut landed = Vec::new();
    for name in ["a", "b", "c", "d"] {
        lab.app.branch(name, "main").unwrap();
        lab.app.commit(name, "dana", &format!("fix: {name}"), &[(name, "1")]).unwrap();
        let number = lab.app.open("dana", name, "main", &format!("fix: {name}")).unwrap();
        lab.app.label(number, "backport release/1").unwrap();
        landed.push(lab.app.merge(number, "max", Merge::Squash).unwrap());
    }
    let picked = format!("fix: a\n\n(cherry picked from commit {})", landed[0]);
    lab.app.commit("release/1", "dana", &picked, &[("a", "1")]).unwrap();
    for (head, text) in [("backport/2-to-release/1", ""), ("other", "Backport of !3.")] {
        lab.app.branch(head, "release/1").unwrap();
        lab.app.commit(head, "dana", "fix: again", &[(&head.replace('/', "-"), "1")]).unwrap();
        let number = lab.app.open("dana", head, "release/1", "fix: again").unwrap();
        lab.app.describe(number, text).unwrap();
        lab.app.merge(number, "max", Merge::MergeCommit).unwrap();
    }
    lab.app.branch("slipway/release/release/1", "release/1").unwrap();
    lab.app.commit("slipway/release/release/1", "dana", "chore: release", &[("VERSION", "1.0.1\n")]).unwrap();
    let number = lab.app.open("dana", "slipway/release/release/1", "release/1", "chore: release").unwrap();
    lab.app.label(4, "port release/1").unwrap();
    let known =
        lab.read(number, ["backport {branch}", "port {branch}", "none"].map(|label| Detail::Backports { label: label.into() })).await;
    let owed = |label: &str| {
        let owed = known.details.backports.read()[label].iter().map(|owed| (owed.number.0, owed.there));
        owed.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(owed("backport {branch}"), BTreeMap::from([(1, true), (2, true), (3, true), (4, false)]));
    assert_eq!((owed("port {branch}"), owed("none")), (BTreeMap::from([(4, false)]), BTreeMap::new()));
}

#[tokio::test]
async fn open_requests_are_listed_by_base() {
    let lab = Lab::new().await;
    let first = lab.request();
    lab.app.branch("develop", "main").unwrap();
    lab.app.branch("fix/z", "develop").unwrap();
    lab.app.commit("fix/z", "dana", "fix: z", &[("z", "1")]).unwrap();
    let second = lab.app.open("dana", "fix/z", "develop", "fix: z").unwrap();
    let open = async |base: Option<&str>| {
        let found = lab.project().open_requests(base.map(branch).as_ref()).await.unwrap();
        found.iter().map(|request| request.number.0).collect::<Vec<_>>()
    };
    assert_eq!((open(None).await, open(Some("develop")).await), (vec![first, second], vec![second]));
    lab.app.close(first).unwrap();
    assert_eq!(open(None).await, [second]);
    let found = lab.project().open_requests(None).await.unwrap().remove(0);
    assert_eq!((&found.head, &found.branch, &found.base), (&lab.sha("fix/z"), &branch("fix/z"), &branch("develop")));
}

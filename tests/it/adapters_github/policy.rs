//! What branching policy asks of GitHub and does there: change requests with their details, own issues, pushes and tags.

use serde_json::json;
use slipway::domain::event::Thread;
use slipway::domain::facts::{ChangeRequest, Detail, Details, Known, Origin};
use slipway::domain::plan::{Check, CheckName, CommentKey, Conclusion, Presence};

use super::*;
use crate::servers::{Asked, Server, minted, ok, repository};

impl Stage {
    pub fn propose(&self, head: &str, base: &str, message: &str) -> u64 {
        self.repo.branch(head, base).unwrap();
        self.repo.commit(head, "dana", message, &[(&head.replace('/', "-"), message)]).unwrap();
        self.repo.open("dana", head, base, message).unwrap()
    }

    pub async fn request(&self, number: u64, details: impl IntoIterator<Item = Detail>) -> ChangeRequest {
        let details: Details = details.into_iter().collect();
        self.forge().change_request(Number(number), &details).await.unwrap().unwrap()
    }

    pub async fn known(&self, number: u64, detail: Detail) -> Known {
        self.request(number, [detail]).await.details
    }

    pub fn sha(&self, branch: &str) -> Sha {
        Sha::parse(&self.repo.head(branch).unwrap()).unwrap()
    }
}

#[tokio::test]
async fn both_policy_files_are_read_in_one_query() {
    let bare = stage().await;
    assert_eq!(bare.forge().config_files().await.unwrap(), slipway::domain::config::ConfigFiles::default());
    let stage = stage().await;
    stage.repo.commit("main", "dana", "chore: policy", &[(".github/slipway.toml", "own")]).unwrap();
    stage.sandbox.repository(Kind::GitHub, "acme/.github", &[("slipway.toml", "floor")]).unwrap();
    let files = stage.forge().config_files().await.unwrap();
    assert_eq!(stage.calls(), ["POST /graphql"]);
    let told = |file: slipway::domain::config::ConfigFile| (file.path, file.text);
    assert_eq!(files.own.map(told), Some((".github/slipway.toml".to_owned(), "own".to_owned())));
    assert_eq!(files.organisation.map(told), Some(("acme/.github: slipway.toml".to_owned(), "floor".to_owned())));
    stage.repo.commit("main", "dana", "chore: policy", &[("slipway.toml", "\0")]).unwrap();
    assert!(matches!(stage.forge().config_files().await, Err(ForgeError::Unreadable { call, .. }) if call == "slipway.toml"));
}

#[tokio::test]
async fn a_change_request_is_read_with_its_details_in_one_query() {
    let stage = stage().await;
    let number = stage.propose("feature/a", "main", "feat: a");
    stage.repo.commit("feature/a", "dana", "fix: b", &[("b", "1\n2\n")]).unwrap();
    stage.repo.grant("max", Granted::Write).unwrap();
    stage.repo.approve(number, "max").unwrap();
    stage.repo.approve(number, "passer-by").unwrap();
    stage.calls();
    let request = stage.request(number, [Detail::Overrides, Detail::Commits, Detail::Files, Detail::Approvals]).await;
    assert_eq!(stage.calls(), ["POST /graphql"]);
    assert_eq!((request.title.as_str(), request.author.as_str(), request.state), ("feat: a", "dana", State::Open));
    assert_eq!((request.head.branch.as_str(), &request.head.origin), ("feature/a", &Origin::SameRepository));
    let known = request.details;
    let commits = known.commits.read();
    let told: Vec<_> =
        commits.items.iter().map(|commit| (commit.message.trim_end(), commit.parents, commit.author_name.as_str())).collect();
    assert_eq!((told, commits.cut), (vec![("feat: a", 1, "dana"), ("fix: b", 1, "dana")], false));
    let files: Vec<_> = known.files.read().items.iter().map(|file| (file.path.as_str(), file.added, file.removed)).collect();
    assert_eq!(files, [("b", 2, 0), ("feature-a", 1, 0)]);
    // Whoever may not write approves of nothing.
    let approvals: Vec<_> = known.approvals.read().iter().map(|approval| (approval.by.as_str(), approval.on.clone())).collect();
    assert_eq!(approvals, [("max", Some(stage.sha("feature/a")))]);
    assert!(known.overrides.read().is_empty());
    assert_eq!(stage.forge().change_request(Number(99), &Details::new()).await.unwrap(), None);
}

#[tokio::test]
async fn long_lists_are_read_page_by_page() {
    let stage = stage_with(SandboxOptions { page_size: Some(2), ..options() }).await;
    let number = stage.propose("feature/a", "main", "feat: a");
    for at in 0..4 {
        stage.repo.commit("feature/a", "dana", &format!("fix: {at}"), &[(&format!("f{at}"), "1")]).unwrap();
    }
    let known = stage.request(number, [Detail::Commits, Detail::Files]).await.details;
    assert_eq!((known.commits.read().items.len(), known.files.read().items.len()), (5, 5));
    assert!(!known.commits.read().cut && !known.files.read().cut);
}

/// A rule about paths must not be evaded by moving a file away.
#[tokio::test]
async fn what_a_renamed_file_was_called_is_told() {
    let answer = |asked: &Asked| match (minted(asked), asked.path.as_str()) {
        (Some(minted), _) => minted,
        (None, "/repos/acme/app/pulls/1/files") => {
            ok(&json!([{"filename": "new", "previous_filename": "old", "additions": 1, "deletions": 2}]))
        }
        (None, _) => ok(&json!({"data": {"repository": {"pull": {
            "number": 1, "title": "t", "body": "", "state": "OPEN", "isDraft": false, "isCrossRepository": false, "author": null,
            "baseRefName": "main", "headRefName": "a", "headRefOid": "a".repeat(40), "headRepository": null, "mergeCommit": null,
            "createdAt": "2030-01-01T00:00:00Z", "updatedAt": "2030-01-01T00:00:00Z", "labels": null,
            "comments": {"nodes": []}, "tip": {"nodes": []},
            "files": {"nodes": [{"path": "new", "additions": 1, "deletions": 2, "changeType": "RENAMED"}]},
        }}}})),
    };
    let server = Server::start(answer).await;
    let (forge, named) = (server.github(), repository(ForgeKind::GitHub, 7));
    let request = forge.repository(&named).change_request(Number(1), &Details::from([Detail::Files])).await.unwrap().unwrap();
    assert_eq!((request.author.as_str(), request.head.origin), ("ghost", Origin::Gone));
    let files = &request.details.files.read().items;
    assert_eq!((files[0].path.as_str(), files[0].previous.as_deref()), ("new", Some("old")));
}

#[tokio::test]
async fn a_fork_is_named() {
    let stage = stage().await;
    let number = stage.repo.open_from_fork("eve", "main", "main", "feat: x").unwrap();
    assert!(matches!(stage.request(number, []).await.head.origin, Origin::Fork(path) if path.owner() == "eve"));
}

fn override_check(stage: &Stage, reason: &str) -> Action<String> {
    Action::Report(Check {
        name: CheckName::Override("size"),
        sha: stage.sha("feature/a"),
        ref_name: "feature/a".to_owned(),
        conclusion: Conclusion::Success,
        presence: Presence::Create,
        title: format!("max: {reason}"),
        summary: "text".to_owned(),
        annotations: Vec::new(),
    })
}

#[tokio::test]
async fn an_override_is_bound_to_the_commit_that_it_was_made_for() {
    let stage = stage().await;
    let number = stage.propose("feature/a", "main", "feat: a");
    stage.forge().apply(&override_check(&stage, "a hotfix")).await.unwrap();
    let known = stage.known(number, Detail::Overrides).await;
    let found = known.overrides.read().get("size").map(|set| (set.by.as_str(), set.reason.as_str()));
    assert_eq!(found, Some(("max", "a hotfix")));
    stage.repo.commit("feature/a", "dana", "fix: b", &[("b", "1")]).unwrap();
    assert!(stage.known(number, Detail::Overrides).await.overrides.read().is_empty());
}

#[tokio::test]
async fn what_was_read_with_the_request_is_not_asked_for_again() {
    let stage = stage().await;
    let number = stage.propose("feature/a", "main", "feat: a");
    let comment = |body: &str| Action::Comment {
        thread: Thread::ChangeRequest(Number(number)),
        key: CommentKey::Policy,
        presence: Presence::Create,
        body: body.to_owned(),
    };
    for (text, expected, calls) in [("a", Applied::Created, 3), ("a", Applied::Unchanged, 1), ("b", Applied::Changed, 3)] {
        let forge = stage.forge();
        stage.calls();
        forge.change_request(Number(number), &Details::from([Detail::Overrides])).await.unwrap();
        assert_eq!(forge.apply(&comment(text)).await.unwrap(), expected);
        assert_eq!(forge.apply(&override_check(&stage, text)).await.unwrap(), expected);
        assert_eq!(stage.calls().len(), calls, "{text}");
        // What was written since is looked at again.
        assert_eq!(forge.apply(&comment(text)).await.unwrap(), Applied::Unchanged);
        assert_eq!(forge.apply(&override_check(&stage, text)).await.unwrap(), Applied::Unchanged);
    }
    assert_eq!(stage.repo.comments(number).len(), 1);
}

#[tokio::test]
async fn a_label_tells_who_set_it_last_and_a_team_who_is_in_it() {
    let stage = stage().await;
    let number = stage.propose("feature/a", "main", "feat: a");
    stage.repo.grant("max", Granted::Maintain).unwrap();
    stage.repo.label_by(number, "dana", "db-approved").unwrap();
    stage.repo.unlabel_by(number, "dana", "db-approved").unwrap();
    stage.repo.label_by(number, "max", "db-approved").unwrap();
    stage.sandbox.add_member(Kind::GitHub, "acme/dba", "eve", Granted::Write);
    let details = [
        Detail::Setter("db-approved".into()),
        Detail::Setter("other".into()),
        Detail::Team("acme/dba".into()),
        Detail::Team("acme/x".into()),
    ];
    stage.calls();
    let known = stage.request(number, details).await.details;
    assert_eq!(stage.calls().len(), 4);
    let max = UserName::parse("max").unwrap();
    assert_eq!(*known.setters.read(), BTreeMap::from([("db-approved".to_owned(), (max, Role::Maintain))]));
    let eve = BTreeSet::from([UserName::parse("eve").unwrap()]);
    assert_eq!(*known.teams.read(), BTreeMap::from([("acme/dba".to_owned(), eve), ("acme/x".to_owned(), BTreeSet::new())]));
}

#[tokio::test]
async fn a_head_is_behind_by_what_its_base_has_besides() {
    let stage = stage().await;
    let number = stage.propose("feature/a", "main", "feat: a");
    assert_eq!(*stage.known(number, Detail::Behind).await.behind.read(), 0);
    stage.commit("fix: x", "x");
    stage.commit("fix: y", "y");
    stage.calls();
    assert_eq!(*stage.known(number, Detail::Behind).await.behind.read(), 2);
    assert_eq!(stage.calls(), ["POST /graphql"; 2]);
}

#[tokio::test]
async fn commits_are_found_upstream_by_themselves_or_by_what_they_were_picked_from() {
    let stage = stage().await;
    stage.repo.branch("release/1", "main").unwrap();
    let landed = stage.commit("fix: x", "x");
    let gone = "f".repeat(40);
    let number = stage.propose(
        "backport/x",
        "release/1",
        &format!("fix: x\n\n(cherry picked from commit {landed})\n(cherry picked from commit {gone})"),
    );
    let main = branch("main");
    let known = stage.known(number, Detail::Upstream(main.clone())).await;
    assert_eq!(known.upstream.read()[&main], BTreeSet::from([Sha::parse(&landed).unwrap()]));
    assert_eq!(stage.known(number, Detail::Upstream(branch("none"))).await.upstream.read()[&branch("none")], BTreeSet::new());
}

fn unmerged(from: &str, to: &str) -> Detail {
    Detail::Unmerged { from: branch(from), to: branch(to) }
}

#[tokio::test]
async fn what_one_branch_has_and_another_lacks_is_counted_and_dated() {
    let stage = stage().await;
    stage.repo.branch("develop", "main").unwrap();
    let number = stage.propose("feature/a", "main", "feat: a");
    assert!(stage.known(number, unmerged("main", "develop")).await.unmerged.read().is_empty());
    stage.commit("fix: x", "x");
    let x = stage.line().await.window.commits[0].at;
    stage.repo.branch("support", "main").unwrap();
    stage.commit("fix: y", "y");
    let y = stage.line().await.window.commits[0].at;
    stage.calls();
    let details =
        [("main", "develop"), ("main", "support"), ("develop", "main"), ("main", "none"), ("none", "main"), ("support", "develop")];
    let known = stage.request(number, details.map(|(from, to)| unmerged(from, to))).await.details;
    assert_eq!(stage.calls(), ["POST /graphql"; 2]);
    let found: Vec<_> =
        known.unmerged.read().iter().map(|((from, to), found)| (from.as_str(), to.as_str(), found.commits, found.oldest)).collect();
    assert_eq!(found, [("main", "develop", 2, x), ("main", "support", 1, y), ("support", "develop", 1, x)]);
}

/// What is merged may have been made long before.
#[tokio::test]
async fn what_was_merged_is_missing_since_its_merge() {
    for page_size in [None, Some(2)] {
        let stage = stage_with(SandboxOptions { page_size, ..options() }).await;
        stage.repo.branch("develop", "main").unwrap();
        let number = stage.propose("feature/a", "main", "feat: a");
        stage.commit("fix: x", "x");
        let x = stage.line().await.window.commits[0].at;
        stage.repo.merge(number, "max", Merge::MergeCommit).unwrap();
        stage.repo.branch("support", "main").unwrap();
        let number = stage.propose("feature/b", "main", "feat: b");
        stage.repo.commit("feature/b", "dana", "feat: c", &[("c", "1")]).unwrap();
        stage.repo.merge(number, "max", Merge::MergeCommit).unwrap();
        let merge = stage.line().await.window.commits[0].at;
        let known = stage.request(number, [unmerged("main", "develop"), unmerged("main", "support")]).await.details;
        let found: Vec<_> = known.unmerged.read().values().map(|found| (found.commits, found.oldest)).collect();
        assert_eq!(found, [(6, x), (3, merge)]);
    }
}

#[tokio::test]
async fn a_backport_is_there_by_a_pick_by_a_request_or_because_the_branch_came_later() {
    let stage = stage().await;
    stage.repo.branch("release/1", "main").unwrap();
    let mut landed = Vec::new();
    for name in ["picked", "requested", "owed"] {
        let number = stage.propose(name, "main", &format!("fix: {name}"));
        stage.repo.label(number, "backport release/1").unwrap();
        landed.push((number, stage.repo.merge(number, "max", Merge::Squash).unwrap()));
    }
    let pick = format!("fix: picked\n\n(cherry picked from commit {})", landed[0].1);
    stage.repo.commit("release/1", "max", &pick, &[("p", "p")]).unwrap();
    let backport = stage.propose(&format!("backport/{}-to-release/1", landed[1].0), "release/1", "fix: requested");
    stage.repo.merge(backport, "max", Merge::Squash).unwrap();
    let number = stage.propose("slipway/release/release/1", "release/1", "chore: release");
    let backports = || Detail::Backports { label: "backport {branch}".to_owned() };
    stage.repo.label(landed[2].0, "port release/1").unwrap();
    let other = ["port {branch}", "none"].map(|label| Detail::Backports { label: label.to_owned() });
    let owed = stage.request(number, other.into_iter().chain([backports()])).await.details.backports.read().clone();
    let told = |label: &str| owed[label].iter().map(|owed| (owed.title.as_str(), owed.there)).collect::<BTreeMap<_, _>>();
    let expected = BTreeMap::from([("fix: picked", true), ("fix: requested", true), ("fix: owed", false)]);
    assert_eq!((told("backport {branch}"), told("none")), (expected, BTreeMap::new()));
    assert_eq!(told("port {branch}"), BTreeMap::from([("fix: owed", false)]));
    let main = stage.repo.head("main").unwrap();
    stage.repo.force_push("release/1", &main).unwrap();
    assert!(stage.known(number, backports()).await.backports.read().values().flatten().all(|owed| owed.there));
}

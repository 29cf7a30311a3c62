//! What GitHub's adapter does where releases are run: trunks with their checks, picks and reverts, labels, notes, withdrawn releases.

use std::time::Duration;

use slipway::domain::facts::{CheckState, Depth, Source};
use slipway::domain::plan::{Cargo, Obstacle, Outcome, Pick, Port};
use slipway::sandbox::CiState;

use super::*;

pub const LINE: &str = "release/1.4";
pub const LABEL: &str = "backport {branch}";
pub const WORKFLOW: &str = ".github/workflows/ci.yml";
pub const START: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

impl Stage {
    /// Main and a release line with the same text.
    pub async fn with_line() -> Self {
        let stage = stage().await;
        stage.repo.commit("main", "dana", "docs: start", &[("text", START), (WORKFLOW, "on: push\n")]).unwrap();
        stage.repo.branch(LINE, "main").unwrap();
        stage
    }

    /// A merged pull request of these commits that is to be carried to the line.
    pub fn merged(&self, commits: &[(&str, &str, &str)], method: Merge) -> u64 {
        let head = format!("feature/{}", self.repo.branches().len());
        self.repo.branch(&head, "main").unwrap();
        for (message, path, text) in commits {
            self.repo.commit(&head, "dana", message, &[(path, text)]).unwrap();
        }
        let number = self.repo.open("dana", &head, "main", "fix: login").unwrap();
        self.repo.label(number, &format!("backport {LINE}")).unwrap();
        self.repo.merge(number, "max", method).unwrap();
        self.calls();
        number
    }

    pub async fn source(&self, forge: &GithubRepository<'_>, number: u64) -> Source {
        forge.source(Number(number), LABEL, &BTreeSet::new()).await.unwrap().unwrap()
    }

    pub fn at(&self, name: &str) -> Sha {
        Sha::parse(&self.repo.head(name).unwrap()).unwrap()
    }
}

pub fn head(number: u64) -> BranchName {
    branch(&format!("backport/{number}-to-{LINE}"))
}

pub fn port(number: u64, picks: Vec<Pick>) -> Action<String> {
    carry(head(number), Cargo::Picked(picks))
}

pub fn carry(from: BranchName, cargo: Cargo) -> Action<String> {
    labelled(from, cargo, BTreeSet::new())
}

pub fn labelled(from: BranchName, cargo: Cargo, labels: BTreeSet<String>) -> Action<String> {
    let (title, body) = ("[release/1.4] fix: login".to_owned(), "Backport of #7.".to_owned());
    Action::Port(Box::new(Port { cargo, onto: branch(LINE), branch: from, title, body, labels }))
}

pub fn stopped(forge: &GithubRepository<'_>) -> Option<Obstacle> {
    match forge.outcomes().pop() {
        Some(Outcome::Stopped { by, .. }) => Some(by),
        _ => None,
    }
}

/// The first lines of their messages, as main has them.
async fn subjects(stage: &Stage, picks: &[Pick]) -> Vec<String> {
    let window = stage.line().await.window;
    let subject = |pick: &Pick| window.commits.iter().find(|commit| commit.sha == pick.sha).map(|commit| commit.message.clone());
    picks.iter().filter_map(subject).map(|message| message.lines().next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_trunk_tells_its_commits_their_checks_and_the_branches_of_a_pattern() {
    let stage = Stage::with_line().await;
    stage.repo.branch("release/x/fix", "main").unwrap();
    stage.repo.branch("old-release/1", "main").unwrap();
    stage.merged(&[("fix: a", "a", "1"), ("fix: b", "b", "2")], Merge::MergeCommit);
    let (tip, start) = (stage.at("main"), stage.at(LINE));
    stage.repo.ci(tip.as_str(), "test", CiState::Running).unwrap();
    stage.repo.ci(start.as_str(), "test", CiState::Success).unwrap();
    stage.repo.ci(start.as_str(), "lint", CiState::Failure).unwrap();
    let rule = serde_json::json!({"type": "required_status_checks", "parameters": {
        "strict_required_status_checks_policy": false, "required_status_checks": [{"context": "test"}]}});
    let conditions = serde_json::json!({"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}});
    let ruleset = serde_json::json!({"name": "ci", "target": "branch", "enforcement": "active", "conditions": conditions, "rules": [rule]});
    stage.repo.add_ruleset("max", &ruleset).unwrap();
    stage.calls();
    let trunk = stage.forge().trunk(&branch("main"), "release/*", Depth::Green).await.unwrap().unwrap();
    assert_eq!(stage.calls(), ["POST /graphql"]);
    let told: Vec<_> = trunk.commits.iter().map(|commit| (&commit.sha, commit.checks.clone())).collect();
    let checks = |checks: &[(&str, CheckState)]| checks.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect();
    assert_eq!(told[0], (&tip, checks(&[("test", CheckState::Pending)])));
    assert_eq!(told[1], (&start, checks(&[("lint", CheckState::Red), ("test", CheckState::Green)])));
    assert_eq!((told.len(), trunk.required), (3, BTreeSet::from(["test".to_owned()])));
    assert_eq!(trunk.branches, BTreeMap::from([(branch(LINE), start.clone())]));
    assert_eq!(stage.forge().trunk(&branch("gone"), "release/*", Depth::Commits).await.unwrap(), None);
    let names = stage.forge().trunk(&branch("main"), "release/*", Depth::Names).await.unwrap().unwrap();
    assert_eq!((names.commits.len(), names.branches), (0, trunk.branches));
    let listed = stage.forge().trunk(&branch("main"), "release/*", Depth::Commits).await.unwrap().unwrap();
    assert!(listed.commits.len() == 3 && listed.commits.iter().all(|commit| commit.checks.is_empty()));
}

#[tokio::test]
async fn what_there_is_to_pick_depends_on_how_it_was_merged() {
    let stage = Stage::with_line().await;
    let two = [("fix: a", "a", "1"), ("fix: b", "b", "2")];
    for (method, expected) in [
        (Merge::Squash, vec!["fix: login (#1)"]),
        (Merge::Rebase, vec!["fix: a", "fix: b"]),
        (Merge::MergeCommit, vec!["fix: a", "fix: b"]),
    ] {
        let stage = Stage::with_line().await;
        let number = stage.merged(&two, method);
        let forge = stage.forge();
        let source = stage.source(&forge, number).await;
        assert_eq!(stage.calls(), ["POST /graphql"; 2]);
        assert_eq!(subjects(&stage, &source.picks).await, expected, "{method:?}");
        assert_eq!(source.targets.keys().collect::<Vec<_>>(), [&branch(LINE)]);
        assert_eq!(forge.apply(&port(number, source.picks)).await.unwrap(), Applied::Created);
        let at = head(number).to_string();
        assert_eq!((stage.repo.file(&at, "a").as_deref(), stage.repo.file(&at, "b").as_deref()), (Some("1"), Some("2")));
    }
    let quiet = stage.forge().source(Number(stage.merged(&two, Merge::Squash)), "", &BTreeSet::new()).await.unwrap().unwrap();
    assert_eq!((stage.calls().len(), quiet.targets.len(), quiet.noted), (1, 0, None));
    assert_eq!(stage.forge().source(Number(99), LABEL, &BTreeSet::new()).await.unwrap(), None);
}

#[tokio::test]
async fn a_commit_is_picked_with_its_author_and_trailers_in_few_calls() {
    let stage = Stage::with_line().await;
    stage.repo.commit("main", "max", "docs: seven", &[("text", &START.replace("seven", "SEVEN"))]).unwrap();
    let both = START.replace("seven", "SEVEN").replace("one", "ONE");
    let number = stage.merged(&[("fix: one\n\nSigned-off-by: Dana <dana@x>", "text", &both)], Merge::Rebase);
    let forge = stage.forge();
    let source = stage.source(&forge, number).await;
    let action = labelled(head(number), Cargo::Picked(source.picks.clone()), BTreeSet::from(["bug".to_owned()]));
    assert_eq!(forge.apply(&action).await.unwrap(), Applied::Created);
    let made = stage.repo.newest_from(head(number).as_str()).unwrap();
    let calls = stage.calls();
    assert_eq!(calls.len(), 8, "{calls:?}");
    let view = stage.repo.request(made).unwrap();
    assert_eq!((view.base.as_str(), view.title.as_str(), view.labels), (LINE, "[release/1.4] fix: login", vec!["bug".to_owned()]));
    assert_eq!(stage.repo.file(&view.head, "text").unwrap(), START.replace("one", "ONE"));
    let line = forge.line(&Wanted { at: Ref::Branch(head(number)), ..wanted() }).await.unwrap().unwrap();
    let commit = &line.window.commits[0];
    let told = format!("fix: one\n\nSigned-off-by: Dana <dana@x>\n(cherry picked from commit {})", source.picks[0].sha);
    assert_eq!((commit.message.as_str(), commit.author.name.as_str(), &commit.parents[0]), (told.as_str(), "dana", &stage.at(LINE)));
    assert_eq!(forge.outcomes(), [Outcome::Request { branch: head(number), number: Number(made) }]);
    assert!(!stage.repo.branches().iter().any(|name| name.starts_with("slipway/")));
    // Again: within the same event, and in one of its own.
    for forge in [forge, stage.forge()] {
        assert_eq!(forge.apply(&action).await.unwrap(), Applied::Unchanged);
        assert_eq!(forge.outcomes().last(), Some(&Outcome::Request { branch: head(number), number: Number(made) }));
    }
    let seen = stage.source(&stage.forge(), number).await.targets.remove(&branch(LINE)).unwrap();
    assert_eq!(seen.request, Some((Number(made), State::Open)));
}

#[tokio::test]
async fn what_the_branch_has_already_is_empty_and_a_branch_that_is_gone_is_told() {
    let stage = Stage::with_line().await;
    let number = stage.merged(&[("fix: a", "a", "1"), ("fix: b", "b", "2")], Merge::MergeCommit);
    stage.repo.commit(LINE, "dana", "fix: a", &[("a", "1")]).unwrap();
    let forge = stage.forge();
    let picks = stage.source(&forge, number).await.picks;
    assert_eq!(forge.apply(&port(number, picks.clone())).await.unwrap(), Applied::Created);
    assert_eq!(stage.repo.file(head(number).as_str(), "b").as_deref(), Some("2"));
    let forge = stage.forge();
    assert_eq!(forge.apply(&carry(branch("other"), Cargo::Picked(picks[..1].to_vec()))).await.unwrap(), Applied::Unchanged);
    assert_eq!(stopped(&forge), Some(Obstacle::Empty));
    stage.repo.delete_branch(LINE).unwrap();
    let forge = stage.forge();
    assert_eq!(forge.apply(&carry(branch("other"), Cargo::Picked(picks))).await.unwrap(), Applied::Unchanged);
    assert_eq!(stopped(&forge), Some(Obstacle::NoBase));
    assert!(!stage.repo.branches().iter().any(|name| name == "other" || name.starts_with("slipway/")));
}

#[tokio::test]
async fn a_conflict_names_the_files_and_what_the_branch_lacks() {
    let stage = Stage::with_line().await;
    stage.commit("docs: elsewhere", "other");
    let before = stage.repo.commit("main", "dana", "refactor: two", &[("text", &START.replace("two", "2"))]).unwrap();
    let number = stage.merged(&[("fix: two", "text", &START.replace("two", "22"))], Merge::Squash);
    stage.repo.commit(LINE, "max", "docs: six", &[("text", &START.replace("six", "6").replace("two", "zwei"))]).unwrap();
    let branches = stage.repo.branches();
    for _ in 0..2 {
        let forge = stage.forge();
        let picks = stage.source(&forge, number).await.picks;
        assert_eq!(forge.apply(&port(number, picks.clone())).await.unwrap(), Applied::Unchanged);
        let Some(Obstacle::Conflict { at, files, lacking }) = stopped(&forge) else { panic!("{:?}", forge.outcomes()) };
        assert_eq!((at, files), (picks[0].sha.clone(), vec!["text".to_owned()]));
        let lacking: Vec<_> = lacking.iter().map(|one| (one.sha.as_str(), one.subject.as_str())).collect();
        assert_eq!(lacking, [(before.as_str(), "refactor: two")]);
        assert_eq!(stage.repo.branches(), branches);
    }
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_is_taken_up_and_others_branches_are_left_alone() {
    let stage = Stage::with_line().await;
    let number = stage.merged(&[("fix: a", "a", "1"), ("fix: b", "b", "2")], Merge::MergeCommit);
    let picks = stage.source(&stage.forge(), number).await.picks;
    let action = labelled(head(number), Cargo::Picked(picks.clone()), BTreeSet::from(["bug".to_owned()]));
    for (nth, effect) in (0..9).flat_map(|nth| [(nth, Effect::LostAnswer), (nth, Effect::Refused)]) {
        stage.sandbox.inject(Fault { on: Matching::After(nth), effect, times: 1 });
        if stage.forge().apply(&action).await.is_err() {
            stage.forge().apply(&action).await.unwrap();
        }
        stage.sandbox.clear_faults();
        let made = stage.repo.newest_from(head(number).as_str()).unwrap();
        let view = stage.repo.request(made).unwrap();
        assert_eq!((view.state.as_str(), view.labels), ("open", vec!["bug".to_owned()]), "{nth}");
        assert!(!stage.repo.branches().iter().any(|name| name.starts_with("slipway/")), "{nth}: {:?}", stage.repo.branches());
        stage.repo.close(made).unwrap();
        stage.repo.delete_branch(head(number).as_str()).unwrap();
    }
    // The branch is there, and its pull request is not.
    assert_eq!(stage.forge().apply(&action).await.unwrap(), Applied::Created);
    let first = stage.repo.newest_from(head(number).as_str()).unwrap();
    stage.repo.close(first).unwrap();
    assert_eq!(stage.forge().apply(&action).await.unwrap(), Applied::Created);
    assert_ne!(stage.repo.newest_from(head(number).as_str()), Some(first));
    stage.repo.branch("taken", LINE).unwrap();
    let theirs = stage.repo.commit("taken", "eve", "mine", &[("x", "x")]).unwrap();
    let forge = stage.forge();
    assert_eq!(forge.apply(&carry(branch("taken"), Cargo::Picked(picks))).await.unwrap(), Applied::Unchanged);
    assert_eq!((stopped(&forge), stage.repo.head("taken").unwrap()), (Some(Obstacle::Taken), theirs));
}

#[tokio::test]
async fn what_another_merge_left_on_the_temporary_branch_is_no_pick() {
    let stage = Stage::with_line().await;
    let number = stage.merged(&[("fix: a", "a", "1")], Merge::Squash);
    let picks = stage.source(&stage.forge(), number).await.picks;
    let temporary = format!("slipway/tmp/{}", head(number).as_str().replace('/', "-"));
    stage.repo.branch("other", LINE).unwrap();
    let other = stage.repo.commit("other", "dana", "fix: a", &[("a", "2")]).unwrap();
    let line = stage.repo.head(LINE).unwrap();
    // There is nothing to merge, then something else, and then a conflict.
    for moved in [picks[0].sha.as_str(), &line, &other] {
        let merges = Matching::Calls { method: "POST".to_owned(), path_contains: "/merges".to_owned() };
        stage.sandbox.inject(Fault { on: merges, effect: Effect::Delay(Duration::from_millis(400)), times: 1 });
        let forge = stage.forge();
        let late = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            stage.repo.force_push(&temporary, moved).unwrap();
        };
        let action = port(number, picks.clone());
        let (applied, ()) = tokio::join!(forge.apply(&action), late);
        assert!(applied.unwrap_err().to_string().contains("moved meanwhile"), "{moved}");
    }
    assert_eq!(stage.forge().apply(&port(number, picks)).await.unwrap(), Applied::Created);
}

#[tokio::test]
async fn what_forks_open_from_a_branch_of_that_name_hides_nothing() {
    let stage = Stage::with_line().await;
    let number = stage.merged(&[("fix: a", "a", "1")], Merge::Squash);
    let picks = stage.source(&stage.forge(), number).await.picks;
    assert_eq!(stage.forge().apply(&port(number, picks.clone())).await.unwrap(), Applied::Created);
    let own = stage.repo.newest_from(head(number).as_str()).unwrap();
    for n in 0..30 {
        stage.repo.open_from_fork(&format!("eve{n}"), head(number).as_str(), "main", "fix: mine").unwrap();
    }
    let forge = stage.forge();
    assert_eq!(forge.apply(&port(number, picks)).await.unwrap(), Applied::Unchanged);
    assert_eq!(forge.outcomes(), [Outcome::Request { branch: head(number), number: Number(own) }]);
}

#[tokio::test]
async fn a_merge_with_merges_in_it_is_picked_whole() {
    let stage = Stage::with_line().await;
    stage.repo.branch("feature/long", "main").unwrap();
    stage.repo.commit("feature/long", "dana", "fix: a", &[("a", "1")]).unwrap();
    stage.repo.branch("feature/part", "main").unwrap();
    stage.repo.commit("feature/part", "dana", "fix: part", &[("part", "1")]).unwrap();
    let part = stage.repo.open("dana", "feature/part", "feature/long", "fix: part").unwrap();
    stage.repo.merge(part, "dana", Merge::MergeCommit).unwrap();
    let number = stage.repo.open("dana", "feature/long", "main", "fix: long").unwrap();
    stage.repo.describe(number, "Why.\n\nRefs: #3").unwrap();
    stage.repo.label(number, &format!("backport {LINE}")).unwrap();
    let merge = stage.repo.merge(number, "max", Merge::MergeCommit).unwrap();
    let forge = stage.forge();
    let picks = stage.source(&forge, number).await.picks;
    assert_eq!((picks[0].sha.as_str(), picks[0].message.as_deref(), picks.len()), (merge.as_str(), Some("fix: long\n\nRefs: #3"), 1));
    assert_eq!(forge.apply(&port(number, picks)).await.unwrap(), Applied::Created);
    let at = head(number).to_string();
    assert_eq!((stage.repo.file(&at, "a").as_deref(), stage.repo.file(&at, "part").as_deref()), (Some("1"), Some("1")));
}

#[tokio::test]
async fn workflow_files_are_told_before_github_refuses_them() {
    let stage = Stage::with_line().await;
    stage.repo.deny_workflows().unwrap();
    let number = stage.merged(&[("ci: more", WORKFLOW, "on: [push]\n")], Merge::Squash);
    let forge = stage.forge();
    let picks = stage.source(&forge, number).await.picks;
    // Main has the file just so: GitHub lets it pass.
    assert_eq!(forge.apply(&port(number, picks.clone())).await.unwrap(), Applied::Created);
    stage.repo.commit("main", "max", "ci: yet more", &[(WORKFLOW, "on: [push, pull_request]\n")]).unwrap();
    stage.repo.close(stage.repo.newest_from(head(number).as_str()).unwrap()).unwrap();
    stage.repo.delete_branch(head(number).as_str()).unwrap();
    let branches = stage.repo.branches();
    let feature: Vec<_> = branches.iter().filter(|name| name.starts_with("feature/")).collect();
    stage.repo.delete_branch(feature[0]).unwrap();
    let forge = stage.forge();
    stage.source(&forge, number).await;
    stage.calls();
    assert_eq!(forge.apply(&port(number, picks.clone())).await.unwrap(), Applied::Unchanged);
    assert_eq!((stopped(&forge), stage.calls().len()), (Some(Obstacle::Workflows(vec![WORKFLOW.to_owned()])), 1));
}

#[tokio::test]
async fn a_range_is_taken_back_and_what_came_since_stays() {
    let stage = Stage::with_line().await;
    let since = stage.at(LINE);
    stage.repo.commit(LINE, "dana", "feat: a", &[("a", "1")]).unwrap();
    stage.repo.commit(LINE, "dana", "feat: one", &[("text", &START.replace("one", "ONE"))]).unwrap();
    let until = stage.at(LINE);
    stage.repo.commit(LINE, "dana", "feat: seven", &[("text", &START.replace("one", "ONE").replace("seven", "SEVEN"))]).unwrap();
    let reverted = || Cargo::Reverted { since: since.clone(), until: until.clone(), landings: Vec::new() };
    let action = carry(branch("slipway/rollback/v1.4.1"), reverted());
    let forge = stage.forge();
    stage.calls();
    assert_eq!(forge.apply(&action).await.unwrap(), Applied::Created);
    let calls = stage.calls();
    assert_eq!(calls.len(), 7, "{calls:?}");
    let at = "slipway/rollback/v1.4.1";
    assert_eq!((stage.repo.file(at, "a"), stage.repo.file(at, "text")), (None, Some(START.replace("seven", "SEVEN"))));
    assert_eq!(stage.forge().apply(&action).await.unwrap(), Applied::Unchanged);
    // Whoever closes it rolls forward.
    let forge = stage.forge();
    let number = stage.repo.newest_from(at).unwrap();
    stage.repo.close(number).unwrap();
    assert_eq!(forge.apply(&action).await.unwrap(), Applied::Unchanged);
    assert_eq!(forge.outcomes(), [Outcome::Request { branch: branch(at), number: Number(number) }]);
    // What was changed again since cannot be taken back by itself.
    stage.repo.commit(LINE, "dana", "feat: one again", &[("text", &START.replace("one", "1"))]).unwrap();
    let forge = stage.forge();
    assert_eq!(forge.apply(&carry(branch("slipway/rollback/other"), reverted())).await.unwrap(), Applied::Unchanged);
    let Some(Obstacle::Conflict { at, files, lacking }) = stopped(&forge) else { panic!("{:?}", forge.outcomes()) };
    assert_eq!((at, files, lacking.len()), (until.clone(), vec!["text".to_owned()], 0));
    let between = stage.forge().between(&since, &until).await.unwrap();
    assert_eq!((between.cut, between.files.into_iter().collect::<Vec<_>>()), (false, vec!["a".to_owned(), "text".to_owned()]));
}

#[tokio::test]
async fn a_target_whose_backport_no_branch_can_be_named_after_is_left_out() {
    let stage = Stage::with_line().await;
    let number = stage.merged(&[("fix: a", "a", "1")], Merge::Squash);
    let given = BTreeSet::from([branch(&"x".repeat(1020)), branch("release/1.5")]);
    let source = stage.forge().source(Number(number), LABEL, &given).await.unwrap().unwrap();
    assert_eq!(source.targets.into_keys().collect::<Vec<_>>(), [branch(LINE), branch("release/1.5")]);
}

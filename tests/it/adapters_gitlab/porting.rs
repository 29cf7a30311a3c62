//! How the GitLab adapter carries commits to other branches and takes ranges back: once, however often it is tried and cut off.

use std::collections::BTreeSet;

use slipway::domain::facts::Ref;
use slipway::domain::names::{Number, Sha};
use slipway::domain::plan::{Action, Cargo, Lacking, Obstacle, Outcome, Pick, Port};
use slipway::forge::{Applied, Forge, ForgeError};
use slipway::sandbox::Merge;

use super::{Lab, branch, wanted};

const HEAD: &str = "backport/1-to-release/1.0";

/// What is to be put on `release/1.0`.
fn port(cargo: Cargo) -> Action<String> {
    port_from(HEAD, cargo)
}

fn port_from(head: &str, cargo: Cargo) -> Action<String> {
    let labels = BTreeSet::from(["bug".to_owned()]);
    let (title, body) = ("[release/1.0] feat: add x and y".to_owned(), "Backport of !1.\n/close".to_owned());
    Action::Port(Box::new(Port { cargo, onto: branch("release/1.0"), branch: branch(head), title, body, labels }))
}

fn picking(shas: &[&Sha]) -> Action<String> {
    port(Cargo::Picked(shas.iter().map(|sha| Pick { sha: (*sha).clone(), message: None }).collect()))
}

fn opened(number: u64) -> Vec<Outcome> {
    vec![Outcome::Request { branch: branch(HEAD), number: Number(number) }]
}

fn stopped(by: Obstacle) -> Vec<Outcome> {
    vec![Outcome::Stopped { branch: branch(HEAD), by }]
}

impl Lab {
    /// Applies the action as an event of its own, and tells what came of it.
    pub async fn carry(&self, action: &Action<String>) -> (Applied, Vec<Outcome>) {
        let project = self.project();
        let applied = project.apply(action).await.unwrap();
        (applied, project.outcomes())
    }

    /// `release/1.0`, and two commits on `main` that it lacks.
    async fn to_port() -> (Self, Sha, Sha) {
        let lab = Self::new().await;
        lab.app.branch("release/1.0", "main").unwrap();
        lab.app.commit("main", "dana", "feat: x\n\nSigned-off-by: Dana <dana@users.example>", &[("x", "1\n")]).unwrap();
        let first = lab.main();
        lab.app.commit("main", "finn", "fix: y", &[("y", "1\n")]).unwrap();
        let second = lab.main();
        (lab, first, second)
    }

    /// The newest commits of a branch, newest first: author and message.
    async fn log(&self, name: &str, count: usize) -> Vec<(String, String)> {
        let line = self.line(&wanted(Ref::Branch(branch(name)))).await;
        line.window.commits.into_iter().take(count).map(|commit| (commit.author.name, commit.message)).collect()
    }

    async fn parent(&self, name: &str) -> Sha {
        let line = self.line(&wanted(Ref::Branch(branch(name)))).await;
        line.window.commits.into_iter().next().unwrap().parents.into_iter().next().unwrap()
    }

    fn has(&self, name: &str) -> bool {
        self.app.head(name).is_ok()
    }
}

#[tokio::test]
async fn commits_are_picked_once_and_keep_whose_they_are() {
    let (lab, first, second) = Lab::to_port().await;
    lab.calls();
    assert_eq!(lab.carry(&picking(&[&first, &second])).await, (Applied::Created, opened(1)));
    let pick = |sha: &Sha| format!("POST /repository/commits/{sha}/cherry_pick");
    assert_eq!(lab.calls(), ["POST /repository/branches", &pick(&first), &pick(&second), "POST /merge_requests"]);
    let told = |message: &str, sha: &Sha| format!("{message}\n\n(cherry picked from commit {sha})");
    let signed = told("feat: x\n\nSigned-off-by: Dana <dana@users.example>", &first);
    assert_eq!(lab.log(HEAD, 2).await, [("finn".to_owned(), told("fix: y", &second)), ("dana".to_owned(), signed)]);
    let request = lab.app.request(1).unwrap();
    assert_eq!(
        (request.title.as_str(), request.base.as_str(), &*request.body),
        ("[release/1.0] feat: add x and y", "release/1.0", "Backport of !1.\n\\/close")
    );
    assert_eq!(request.labels, ["bug"]);
    assert_eq!(lab.carry(&picking(&[&first, &second])).await, (Applied::Unchanged, opened(1)));
    assert_eq!(lab.app.request(2), None);
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_goes_on_where_it_stands() {
    let (lab, first, second) = Lab::to_port().await;
    // Before the first pick, behind it, and before the merge request.
    lab.app.branch(HEAD, "release/1.0").unwrap();
    for attempt in 1..=3 {
        lab.calls();
        assert_eq!(lab.carry(&picking(&[&first, &second])).await, (Applied::Created, opened(attempt)));
        let picks = lab.calls().iter().filter(|call| call.ends_with("/cherry_pick")).count();
        assert_eq!((attempt + picks as u64, lab.log(HEAD, 4).await.len()), (3, 3));
        lab.app.close(attempt).unwrap();
        if attempt == 1 {
            lab.app.force_push(HEAD, lab.parent(HEAD).await.as_str()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_merge_is_picked_whole_under_the_message_that_it_is_given() {
    let lab = Lab::new().await;
    lab.app.branch("release/1.0", "main").unwrap();
    let number = lab.request();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let pick = Pick { sha: lab.main(), message: Some("feat: add x and y\n\nSigned-off-by: Dana <d@x>".to_owned()) };
    let message = format!("feat: add x and y\n\nSigned-off-by: Dana <d@x>\n(cherry picked from commit {})", pick.sha);
    assert_eq!(lab.carry(&port(Cargo::Picked(vec![pick]))).await, (Applied::Created, opened(2)));
    assert_eq!(lab.log(HEAD, 1).await[0].1, message);
    assert_eq!((lab.app.file(HEAD, "x").as_deref(), lab.app.file(HEAD, "y").as_deref()), (Some("1"), Some("1")));
}

#[tokio::test]
async fn what_the_branch_has_already_is_left_out_and_nothing_is_opened_for_nothing() {
    let (lab, first, second) = Lab::to_port().await;
    lab.app.commit("release/1.0", "dana", "feat: x by hand", &[("x", "1\n")]).unwrap();
    assert_eq!(lab.carry(&picking(&[&first])).await, (Applied::Unchanged, stopped(Obstacle::Empty)));
    assert!(!lab.has(HEAD) && lab.app.request(1).is_none());
    assert_eq!(lab.carry(&picking(&[&first, &second])).await, (Applied::Created, opened(1)));
    assert_eq!(lab.log(HEAD, 2).await[1].1, "feat: x by hand");
}

#[tokio::test]
async fn a_conflict_is_explained_and_leaves_nothing() {
    let (lab, first, _) = Lab::to_port().await;
    lab.app.commit("main", "finn", "fix: earlier", &[("x", "2\n")]).unwrap();
    let earlier = lab.main();
    lab.app.commit("main", "dana", "fix: later", &[("x", "3\n"), ("z", "1\n")]).unwrap();
    let later = lab.main();
    lab.app.commit("release/1.0", "maya", "fix: other", &[("x", "other\n"), ("w", "1\n")]).unwrap();
    let lacking = |sha: &Sha, subject: &str| Lacking { sha: sha.clone(), subject: subject.to_owned() };
    let conflict = Obstacle::Conflict {
        at: later.clone(),
        files: vec!["x".to_owned()],
        lacking: vec![lacking(&first, "feat: x"), lacking(&earlier, "fix: earlier")],
    };
    for _ in 0..2 {
        assert_eq!(lab.carry(&picking(&[&later])).await, (Applied::Unchanged, stopped(conflict.clone())));
        assert!(!lab.has(HEAD) && lab.app.request(1).is_none());
    }
    // Cut off before the branch was taken away.
    lab.app.branch(HEAD, "release/1.0").unwrap();
    assert_eq!(lab.carry(&picking(&[&later])).await, (Applied::Unchanged, stopped(conflict)));
    assert!(!lab.has(HEAD));
}

#[tokio::test]
async fn what_people_made_stays_theirs() {
    let (lab, first, second) = Lab::to_port().await;
    lab.app.branch(HEAD, "release/1.0").unwrap();
    lab.app.commit(HEAD, "maya", "feat: mine", &[("mine", "1")]).unwrap();
    assert_eq!(lab.carry(&picking(&[&first])).await, (Applied::Unchanged, stopped(Obstacle::Taken)));
    // Picked by hand, as the commands say: a merge request is all that is missing.
    lab.app.force_push(HEAD, &lab.app.head("release/1.0").unwrap()).unwrap();
    let picked = format!("feat: x\n\n(cherry picked from commit {first})");
    lab.app.commit(HEAD, "maya", &picked, &[("x", "by hand")]).unwrap();
    assert_eq!(lab.carry(&picking(&[&first])).await, (Applied::Created, opened(1)));
    // Nor is it taken away where the rest conflicts.
    lab.app.close(1).unwrap();
    lab.app.commit(HEAD, "maya", &picked, &[("y", "by hand")]).unwrap();
    let (_, outcomes) = lab.carry(&picking(&[&first, &second])).await;
    assert!(matches!(&outcomes[0], Outcome::Stopped { by: Obstacle::Conflict { at, .. }, .. } if *at == second), "{outcomes:?}");
    assert!(lab.has(HEAD));
}

#[tokio::test]
async fn a_base_that_is_gone_and_a_branch_that_is_protected_are_told() {
    let (lab, first, _) = Lab::to_port().await;
    lab.app.protect_branch("backport/*", 0, 40).unwrap();
    let error = lab.project().apply(&picking(&[&first])).await.unwrap_err();
    assert!(
        matches!(&error, ForgeError::Denied { message, .. } if message.contains(&format!("the branch {HEAD} is protected"))),
        "{error}"
    );
    lab.app.unprotect_branch("backport/*").unwrap();
    lab.app.delete_branch("release/1.0").unwrap();
    lab.app.delete_branch(HEAD).ok();
    assert_eq!(lab.carry(&picking(&[&first])).await, (Applied::Unchanged, stopped(Obstacle::NoBase)));
}

#[tokio::test]
async fn a_range_is_taken_back_commit_by_commit() {
    let (lab, first, second) = Lab::to_port().await;
    let since = Sha::parse(&lab.app.head("release/1.0").unwrap()).unwrap();
    lab.app.force_push("release/1.0", second.as_str()).unwrap();
    let cargo = || Cargo::Reverted { since: since.clone(), until: second.clone(), landings: vec![second.clone(), first.clone()] };
    assert_eq!(lab.carry(&port(cargo())).await, (Applied::Created, opened(1)));
    let reverted = format!("Revert \"feat: x\"\n\nThis reverts commit {first}");
    assert_eq!(lab.log(HEAD, 1).await[0].1, reverted);
    assert_eq!((lab.app.file(HEAD, "x"), lab.app.file(HEAD, "y")), (None, None));
    assert_eq!(lab.carry(&port(cargo())).await, (Applied::Unchanged, opened(1)));
    // Whoever closes it rolls forward.
    lab.app.close(1).unwrap();
    assert_eq!(lab.carry(&port(cargo())).await, (Applied::Unchanged, opened(1)));
    lab.app.delete_branch(HEAD).unwrap();
    assert_eq!(lab.carry(&port(cargo())).await, (Applied::Unchanged, opened(1)));
    assert!(!lab.has(HEAD));
}

#[tokio::test]
async fn taking_back_is_begun_anew_where_it_was_cut_off_and_leaves_nothing_where_it_cannot_be_done() {
    let (lab, first, second) = Lab::to_port().await;
    let since = Sha::parse(&lab.app.head("release/1.0").unwrap()).unwrap();
    lab.app.force_push("release/1.0", second.as_str()).unwrap();
    let cargo = || Cargo::Reverted { since: since.clone(), until: second.clone(), landings: vec![second.clone(), first.clone()] };
    lab.carry(&port_from("whole", cargo())).await;
    lab.app.force_push(HEAD, lab.parent("whole").await.as_str()).unwrap();
    assert_eq!(lab.carry(&port(cargo())).await, (Applied::Created, opened(2)));
    assert_eq!(lab.log(HEAD, 3).await[2].1, "fix: y");
    lab.app.commit("release/1.0", "maya", "fix: x again", &[("x", "2\n")]).unwrap();
    let conflict = Obstacle::Conflict { at: second.clone(), files: vec!["x".to_owned()], lacking: Vec::new() };
    let (applied, outcomes) = lab.carry(&port_from("late", cargo())).await;
    assert_eq!((applied, outcomes), (Applied::Unchanged, vec![Outcome::Stopped { branch: branch("late"), by: conflict }]));
    assert!(!lab.has("late"));
}

#[tokio::test]
async fn a_range_of_many_landings_is_left_to_people() {
    let (lab, first, second) = Lab::to_port().await;
    let cargo = Cargo::Reverted { since: first, until: second.clone(), landings: vec![second; 51] };
    lab.calls();
    assert_eq!(lab.carry(&port(cargo)).await, (Applied::Unchanged, stopped(Obstacle::TooMany(51))));
    assert_eq!(lab.calls(), Vec::<String>::new());
}

//! What Slipway costs in calls to the forge, of which there are so many an hour. Minting a token, once an hour, is left out.

use slipway::sandbox::{CiState, Delivery, Kind, Merge};

use crate::running::{open_from, started};
use crate::support::{POLICY, World, on_both, world};

const RELEASING: &str = r#"
[release]
from = "request"
files = ["VERSION"]
"#;

/// A repository with both files that a release writes, tagged `v1.0.0`.
async fn releasing(kind: Kind) -> World {
    let world = world(kind, RELEASING).await;
    let files = [("VERSION", "1.0.0\n"), ("CHANGELOG.md", "# Changelog\n")];
    world.repository.commit("main", "dana", "chore: prepare", &files).unwrap();
    world.repository.delete_tag("v1.0.0").unwrap();
    world.repository.tag("v1.0.0", "main").unwrap();
    world
}

/// Merges change requests with a merge commit, each of which makes ten commits on `main`.
pub fn land(world: &World, requests: usize) {
    for _ in 0..requests {
        let count = world.repository.branches().len();
        let head = format!("topic/{count}");
        world.repository.branch(&head, "main").unwrap();
        for n in 0..9 {
            let file = (format!("topic-{count}"), n.to_string());
            world.repository.commit(&head, "dana", &format!("feat: {count}.{n}"), &[(&file.0, &file.1)]).unwrap();
        }
        let number = world.repository.open("dana", &head, "main", &format!("feat: {count}")).unwrap();
        world.repository.merge(number, "max", Merge::MergeCommit).unwrap();
    }
}

/// What a push is about; nothing for all other deliveries.
fn pushed(delivery: &Delivery) -> String {
    let body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
    body.get("ref").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// Delivers the newest push of a ref alone, and gives the calls that this took.
async fn push(world: &World, name: &str) -> Vec<String> {
    let delivery = world.sandbox.take_deliveries().into_iter().rfind(|delivery| pushed(delivery) == name).unwrap();
    deliver(world, &delivery).await
}

pub async fn deliver(world: &World, delivery: &Delivery) -> Vec<String> {
    world.sandbox.forget_calls();
    world.deliver(delivery).await;
    let calls = world.sandbox.calls().into_iter().filter(|call| !call.path.ends_with("/access_tokens"));
    calls.map(|call| format!("{} {} {}", call.method, call.path, call.status)).collect()
}

/// One line of the table, with the calls if there are too many.
#[expect(clippy::print_stderr, reason = "the table is there to be read: --nocapture shows it")]
pub fn check(kind: Kind, what: &str, calls: &[String], limit: usize) {
    eprintln!("{:<7} {what:<46} {:>3} of {limit:>3}", kind.to_string(), calls.len());
    assert!(calls.len() <= limit, "{kind}: {what} takes {} calls:\n{}", calls.len(), calls.join("\n"));
}

/// The release change request that is open.
fn proposed(world: &World) -> u64 {
    let is_open = |number: &u64| {
        world.repository.request(*number).is_some_and(|request| request.head == "slipway/release/main" && request.state == "open")
    };
    (1..100).find(is_open).unwrap()
}

#[tokio::test]
async fn a_release_takes_few_calls_however_much_is_in_it() {
    on_both(|kind| async move {
        let world = releasing(kind).await;
        let main = "refs/heads/main";
        world.repository.commit("main", "dana", "docs: say more", &[("README.md", "more")]).unwrap();
        check(kind, "a push with nothing to release", &push(&world, main).await, 2);
        world.repository.commit("main", "dana", "feat: begin", &[("begin", "1")]).unwrap();
        check(kind, "a push that opens the release change request", &push(&world, main).await, 9);
        land(&world, 1);
        let ten = push(&world, main).await;
        check(kind, "one that updates it with 10 commits", &ten, 9);
        land(&world, 10);
        check(kind, "with 110 commits", &push(&world, main).await, ten.len() + 1);
        land(&world, 10);
        check(kind, "with 210 commits", &push(&world, main).await, ten.len() + 2);
        world.repository.commit("main", "dana", "docs: say most", &[("README.md", "most"), ("VERSION", "1.0.0\n\n")]).unwrap();
        check(kind, "a push that leaves it as it is", &push(&world, main).await, ten.len() + 2);

        world.repository.merge(proposed(&world), "max", Merge::Squash).unwrap();
        check(kind, "merging it", &push(&world, main).await, 9 + 2);
        let published = push(&world, "refs/tags/v1.1.0").await;
        let told = world.sandbox.snapshot().matches("Released in **v1.1.0**").count();
        assert_eq!(told, 21, "{kind}: one for each change request");
        let notes = world.repository.releases().remove(0).body;
        let welcomed = notes.split_once("### New contributors").unwrap().1;
        assert!(welcomed.contains("dana") && !welcomed.contains("slipway"), "{kind}: {welcomed}");
        let (comments, rest): (Vec<_>, Vec<_>) =
            published.into_iter().partition(|call| call.contains("/comments ") || call.contains("/notes "));
        // Two of them are further pages of commits, and one looks whether a page tells of the line.
        let limit = if kind == Kind::GitHub { 4 } else { 6 };
        check(kind, "publishing", &rest, limit + 3);
        check(kind, &format!("its {told} comments"), &comments, 2 * told);
    })
    .await;
}

/// Delivers the newest event alone, and gives the calls that this took.
async fn newest(world: &World) -> Vec<String> {
    let delivery = world.sandbox.take_deliveries().pop().unwrap();
    deliver(world, &delivery).await
}

/// The project's file and the request are always read; statuses only where something has run on the head, notes only where there
/// are any, and of the group's file only the first event of a minute asks. Where commits are new, their configuration is looked at.
#[tokio::test]
async fn a_verdict_on_gitlab_takes_as_few_calls_as_its_api_allows() {
    let (kind, world) = (Kind::GitLab, world(Kind::GitLab, POLICY).await);
    world.open("feature/first", "main", "feat: begin");
    check(kind, "the first verdict of a process", &newest(&world).await, 4 + 2);
    let good = world.open("feature/good", "main", "feat: add login");
    check(kind, "a first verdict that is good", &newest(&world).await, 4);
    world.repository.retitle(good, "feat: add a login").unwrap();
    check(kind, "a good verdict that stays", &newest(&world).await, 3);
    let broken = world.open("develop", "main", "Add logout");
    check(kind, "a first verdict that is broken", &newest(&world).await, 5);
    world.repository.describe(broken, "Please.").unwrap();
    check(kind, "a broken verdict that stays", &newest(&world).await, 4);
    world.repository.retitle(broken, "feat: add logout").unwrap();
    check(kind, "a verdict that changes", &newest(&world).await, 6);
    assert_eq!(world.said(broken).len(), 1);
}

/// What is counted on GitHub is also asserted call by call: it is the goal of reading everything in two queries.
#[tokio::test]
async fn a_verdict_costs_two_queries_and_a_call_for_each_thing_that_it_changes() {
    let policy = "[release]\npreview = false\n[rules.conventional_title]\n[rules.no_fixup]\n";
    let world = world(Kind::GitHub, policy).await;
    let number = world.open("feature/a", "main", "Add a");
    let opened = world.sandbox.take_deliveries().into_iter().rfind(|delivery| delivery.summary.contains("opened")).unwrap();
    deliver(&world, &opened).await;
    world.repository.label(number, "urgent").unwrap();
    let labelled = world.sandbox.take_deliveries().pop().unwrap();
    assert_eq!(deliver(&world, &labelled).await, ["POST /graphql 200"; 2], "nothing changed");
    world.repository.retitle(number, "feat: a").unwrap();
    let edited = world.sandbox.take_deliveries().pop().unwrap();
    let changed = deliver(&world, &edited).await;
    let writes: Vec<_> = changed.iter().skip(2).map(|call| call.split('/').next().unwrap_or_default()).collect();
    assert_eq!((changed.len(), writes), (4, vec!["PATCH ", "PATCH "]), "{changed:?}");
    let second = world.open("feature/b", "main", "Add b");
    let opened = world.sandbox.take_deliveries().into_iter().rfind(|delivery| delivery.summary.contains("opened")).unwrap();
    let first = deliver(&world, &opened).await;
    assert_eq!((first.len(), world.said(second).len()), (4, 1), "{first:?}");
}

/// Delivers everything that waits, and gives the calls that the costliest of it took.
async fn costliest(world: &World) -> Vec<String> {
    let mut most = Vec::new();
    for delivery in world.sandbox.take_deliveries() {
        let made = deliver(world, &delivery).await;
        if made.len() > most.len() {
            most = made;
        }
    }
    world.settle().await;
    assert!(most.len() > 3, "it was about something: {}", world.told().join("\n"));
    most
}

#[tokio::test]
async fn running_a_release_takes_few_calls() {
    on_both(|kind| async move {
        let world = started(kind, "[release]\npreview = false\n").await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        world.settle().await;
        if kind == Kind::GitLab {
            world.repository.pipeline("main", CiState::Success).unwrap();
            world.settle().await;
        }
        world.repository.comment_on_issue(desk, "mia", "/slipway cut 1.1").unwrap();
        check(kind, "a cut of a version that is named", &costliest(&world).await, 12);
        let tip = world.repository.commit("main", "dana", "feat: sort names", &[("sort", "1")]).unwrap();
        world.repository.report(&tip, "jenkins", "success").unwrap();
        world.settle().await;
        world.repository.comment_on_issue(desk, "mia", "/slipway cut 1.2").unwrap();
        check(kind, "a cut where reported statuses alone are green", &costliest(&world).await, 13);
        world.repository.branch("release/1.0", "v1.0.0").unwrap();
        // One of them looks whether a page tells of the branch.
        let most = if kind == Kind::GitHub { 10 } else { 7 };
        let after = world.open("fix/after", "main", "fix: refuse empty names");
        world.repository.merge(after, "mia", Merge::Squash).unwrap();
        world.settle().await;
        world.repository.label(after, "backport release/1.0").unwrap();
        check(kind, "a backport of one commit, labelled after the merge", &costliest(&world).await, most);
        let before = world.open("fix/before", "main", "fix: refuse long names");
        world.repository.label(before, "backport release/1.0").unwrap();
        world.settle().await;
        world.repository.merge(before, "mia", Merge::Squash).unwrap();
        // The table that said so before the merge is among comments that GitLab lists.
        check(
            kind,
            "a backport of one commit, labelled before the merge",
            &costliest(&world).await,
            if kind == Kind::GitHub { most } else { most + 1 },
        );
        for number in [after, before] {
            open_from(&world, &format!("backport/{number}-to-release/1.0"));
        }
    })
    .await;
}

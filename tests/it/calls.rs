//! What Slipway costs in calls to the forge, of which there are so many an hour. Minting a token, once an hour, is left out.

use slipway::sandbox::{Delivery, Kind, Merge};

use crate::support::{World, on_both, world};

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
fn land(world: &World, requests: usize) {
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

async fn deliver(world: &World, delivery: &Delivery) -> Vec<String> {
    world.sandbox.forget_calls();
    world.deliver(delivery).await;
    let calls = world.sandbox.calls().into_iter().filter(|call| !call.path.ends_with("/access_tokens"));
    calls.map(|call| format!("{} {} {}", call.method, call.path, call.status)).collect()
}

/// One line of the table, with the calls if there are too many.
#[expect(clippy::print_stderr, reason = "the table is there to be read: --nocapture shows it")]
fn check(kind: Kind, what: &str, calls: &[String], limit: usize) {
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
        // Two of them are further pages of commits.
        let limit = if kind == Kind::GitHub { 7 } else { 9 };
        check(kind, "publishing", &rest, limit + 2);
        check(kind, &format!("its {told} comments"), &comments, 2 * told);
    })
    .await;
}

//! What the page of a release with two hundred changes costs in calls to the forge, event by event.

use slipway::sandbox::topic::TopicKey;
use slipway::sandbox::{CiState, Kind, Text};

use crate::calls::{check, deliver, land};
use crate::running::{ask, green, started, tracking};
use crate::support::{World, on_both};

const LINE: &str = "release/1.1";

const POLICY: &str = "[release]\npreview = false\n[readiness]\n[[checklist]]\nitems = ['The candidate was tried']\n";

/// The line of a version with two hundred changes, and the issue that tracks it.
async fn cut(kind: Kind) -> (World, u64) {
    let world = started(kind, POLICY).await;
    land(&world, 20);
    world.sandbox.take_deliveries();
    green(&world, "main");
    world.sandbox.take_deliveries();
    let desk = world.repository.open_issue("mia", "Releases").unwrap();
    ask(&world, desk, "mia", "/slipway cut 1.1").await;
    let issue = tracking(&world, "1.1").number;
    // Until then the head of the line is that of the trunk, whose checks are the trunk's.
    world.repository.commit(LINE, "dana", "fix: one more", &[("more", "1")]).unwrap();
    world.settle().await;
    (world, issue)
}

/// The calls of the costliest of the deliveries that wait, each with what it leads to, and those of them that write.
async fn costs(world: &World) -> (Vec<String>, usize) {
    let mut most = Vec::new();
    for delivery in world.sandbox.take_deliveries() {
        let made = deliver(world, &delivery).await;
        if made.len() > most.len() {
            most = made;
        }
    }
    let writes = most.iter().filter(|call| !call.starts_with("GET ") && !call.contains("/graphql ")).count();
    (most, writes)
}

/// One event: what it may cost with the check on the head, and how often it writes.
async fn event(world: &World, what: &str, (limit, writes): (usize, usize)) {
    let (calls, wrote) = costs(world).await;
    check(world.repository.kind(), what, &calls, limit);
    assert_eq!(wrote, writes, "{what}:\n{}\n{}", calls.join("\n"), world.told().join("\n"));
    world.settle().await;
}

const fn text(issue: u64) -> Text {
    Text::Topic(TopicKey::Issue(issue))
}

fn ci(world: &World, branch: &str, state: CiState) {
    world.repository.ci(&world.repository.head(branch).unwrap(), "build", state).unwrap();
}

#[tokio::test]
async fn the_page_of_a_release_with_two_hundred_changes_takes_few_calls() {
    on_both(async |kind| {
        let (world, issue) = cut(kind).await;
        let on = |github: usize, gitlab: usize| if kind == Kind::GitHub { github } else { gitlab };
        ci(&world, LINE, CiState::Failure);
        event(&world, "a check that turns red", (on(5, 6), 1)).await;
        // GitLab tells of no status that stays.
        ci(&world, LINE, CiState::Failure);
        event(&world, "a check that says the same", (on(3, 0), 0)).await;
        ci(&world, LINE, CiState::Success);
        event(&world, "a check that turns green", (on(6, 7), 2)).await;
        let blocker = world.repository.open_issue("dana", "It crashes").unwrap();
        world.settle().await;
        world.repository.label_issue(blocker, "mia", "release-blocker").unwrap();
        event(&world, "a blocker", (on(6, 9), 2)).await;
        world.repository.label_issue(blocker, "mia", "urgent").unwrap();
        event(&world, "another label of a blocker", (on(3, 6), 0)).await;
        world.repository.close_issue(blocker, "mia").unwrap();
        event(&world, "a blocker that is closed", (on(6, 9), 2)).await;
        world.repository.tick(text(issue), "dana", "The candidate was tried").unwrap();
        event(&world, "a tick", (on(7, 8), 2)).await;
        world.repository.comment_on_issue(issue, "mia", "/slipway go").unwrap();
        event(&world, "go, with its answer", (on(11, 15), 5)).await;
        world.repository.commit(LINE, "dana", "fix: another", &[("another", "1")]).unwrap();
        event(&world, "a push", (on(10, 19), 2)).await;
        world.open("feature/other", "main", "feat: other");
        world.settle().await;
        ci(&world, "feature/other", CiState::Success);
        event(&world, "a check of a branch without a page", (1, 0)).await;
    })
    .await;
}

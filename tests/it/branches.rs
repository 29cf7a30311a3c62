//! Release branches whose tags are not on the trunk, on both forges: each change is told once, in the first version that has it.

use slipway::sandbox::{Kind, Merge};

use crate::running::{POLICY, ask, green, open_from, started, tracking};
use crate::support::{World, on_both};

const TOLD: [&str; 6] = ["add search", "only on 1.1", "refuse empty names", "add an export", "close files", "add an import"];

/// Cuts a release branch, and gives the issue that tracks it.
async fn cut(world: &World, desk: u64, version: &str) -> u64 {
    green(world, "main");
    world.settle().await;
    let answer = ask(world, desk, "mia", "/slipway cut").await;
    assert!(answer.contains(&format!("release/{version}")), "{answer}");
    tracking(world, version).number
}

/// Merges a change, and what carries it to another branch.
async fn carried(world: &World, (head, base): (&str, &str), title: &str, to: &str) {
    world.repository.branch(head, base).unwrap();
    world.repository.commit(head, "dana", title, &[(&head.replace('/', "-"), title)]).unwrap();
    let number = world.repository.open("dana", head, base, title).unwrap();
    if base == "main" {
        world.repository.label(number, &format!("backport {to}")).unwrap();
    }
    world.repository.merge(number, "mia", Merge::Squash).unwrap();
    world.settle().await;
    let port = open_from(world, &format!("backport/{number}-to-{to}"));
    world.repository.merge(port, "mia", Merge::Squash).unwrap();
    world.settle().await;
}

/// Which versions tell of something.
fn telling(world: &World, versions: &[&str], text: &str) -> Vec<String> {
    let tells = |tag: &&&str| world.release_notes(tag).contains(text);
    versions.iter().filter(tells).map(|tag| (*tag).to_owned()).collect()
}

#[tokio::test]
async fn each_change_is_told_in_one_version_whatever_branch_it_was_released_from() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        let first = cut(&world, desk, "1.1").await;
        world.repository.commit("release/1.1", "dana", "fix: only on 1.1", &[("here.txt", "here")]).unwrap();
        carried(&world, ("fix/names", "main"), "fix: refuse empty names", "release/1.1").await;
        world.land("feature/export", "feat: add an export");
        ask(&world, first, "mia", "/slipway release final").await;

        let status = ask(&world, desk, "mia", "/slipway status").await;
        assert!(status.contains("1.2.0") && !status.contains("add search"), "{kind}: {status}");
        ask(&world, desk, "mia", "/slipway hotfix 1.1.0").await;
        let repair = tracking(&world, "1.1.1").number;
        carried(&world, ("fix/files", "hotfix/1.1.1"), "fix: close files", "main").await;
        ask(&world, repair, "mia", "/slipway release final").await;
        let second = cut(&world, desk, "1.2").await;
        ask(&world, second, "mia", "/slipway release final").await;
        world.land("feature/import", "feat: add an import");
        let third = cut(&world, desk, "1.3").await;
        ask(&world, third, "mia", "/slipway release final").await;

        let versions = ["v1.1.0", "v1.1.1", "v1.2.0", "v1.3.0"];
        let all: Vec<_> = TOLD.iter().map(|text| (*text, telling(&world, &versions, text).join(" "))).collect();
        let expected = ["v1.1.0", "v1.1.0", "v1.1.0", "v1.2.0", "v1.1.1", "v1.3.0"];
        assert_eq!(all, TOLD.into_iter().zip(expected.map(str::to_owned)).collect::<Vec<_>>(), "{kind}");
    })
    .await;
}

/// One comparison for the newest version of another line; none where all are lower than the line's own.
#[tokio::test]
async fn a_version_of_another_line_costs_one_call() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let counted = async |text: &str| {
            world.land(&format!("feature/{text}"), &format!("feat: {text}"));
            world.settle().await;
            world.sandbox.forget_calls();
            let desk = world.repository.open_issue("mia", text).unwrap();
            ask(&world, desk, "mia", "/slipway status").await;
            let calls = world.sandbox.calls();
            let is_comparison = |path: &str| match kind {
                Kind::GitHub => path.contains("/compare/"),
                Kind::GitLab => path.contains("/repository/commits"),
            };
            calls.into_iter().filter(|call| is_comparison(&call.path)).count()
        };
        let before = counted("a").await;
        world.repository.branch("release/1.0", "v1.0.0").unwrap();
        world.repository.commit("release/1.0", "dana", "fix: old", &[("old", "x")]).unwrap();
        world.repository.tag("v1.0.1", "release/1.0").unwrap();
        assert_eq!(counted("b").await, before + 1, "{kind}");
        world.repository.tag("v1.1.0", "main").unwrap();
        assert_eq!(counted("c").await, before, "{kind}: v1.0.1 is lower than what the line has itself");
    })
    .await;
}

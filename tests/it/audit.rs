//! What no check could keep from happening is told once, and put right where somebody may ask for it.

use std::time::Duration;

use slipway::engine::Resolve;
use slipway::sandbox::pushing::Mark;
use slipway::sandbox::{Kind, Merge, Role};

use crate::support::{BOTH, World, on_both, world};

const AUDIT: &str = r#"
[release]
from = "never"

[audit]
protected = ["main", "release/*"]
allow = ["max"]

[audit.tags]
branches = ["main"]
"#;

/// A world where a forge that lags is asked again at once.
async fn audited(kind: Kind, policy: &str) -> World {
    let mut world = world(kind, policy).await;
    let settings = slipway::settings::Settings { patience: Duration::from_millis(5), ..world.settings.clone() };
    world.restart_as(settings, Resolve::Apply).await;
    world
}

/// A protected branch with a commit by somebody who may push there.
fn grown(world: &World, branch: &str) {
    world.repository.branch(branch, "main").unwrap();
    world.repository.commit(branch, "max", "fix: there", &[(&branch.replace('/', "-"), "there")]).unwrap();
}

/// The titles of Slipway's issues, with what they say.
fn incidents(world: &World) -> Vec<(u64, String, String)> {
    world.repository.issues().into_iter().map(|issue| (issue.number, issue.title, issue.body)).collect()
}

fn titles(world: &World) -> Vec<String> {
    incidents(world).into_iter().map(|(_, title, _)| title).collect()
}

#[tokio::test]
async fn a_direct_push_is_reported_once_though_it_is_delivered_twice_and_late() {
    on_both(async |kind| {
        let mut world = audited(kind, AUDIT).await;
        world.repository.commit("main", "dana", "feat: past all review", &[("a", "a")]).unwrap();
        let first = world.sandbox.take_deliveries();
        world.repository.commit("main", "dana", "feat: and again", &[("a", "b")]).unwrap();
        let second = world.sandbox.take_deliveries();
        for delivery in second.iter().chain(&first) {
            world.deliver(delivery).await;
        }
        world.restart().await;
        for delivery in &first {
            world.deliver(delivery).await;
        }
        let found = incidents(&world);
        assert_eq!(found.len(), 2, "{kind}: {found:?} {:?}", world.told());
        assert_eq!(found.iter().filter(|(_, _, body)| body.contains("past all review")).count(), 1, "{kind}: {found:?}");
        assert!(found[0].2.contains("`dana` pushed to `main`"), "{kind}: {found:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_merged_is_not_reported_even_where_the_forge_knows_it_late() {
    on_both(async |kind| {
        for method in [Merge::MergeCommit, Merge::Squash, Merge::Rebase] {
            let world = audited(kind, AUDIT).await;
            world.repository.lag_associations(2).unwrap();
            let number = world.open("feature/a", "main", "feat: a");
            world.repository.merge(number, "dana", method).unwrap();
            world.settle().await;
            assert_eq!(titles(&world), Vec::<String>::new(), "{kind} {method:?}: {:?}", world.told());
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_allowed_may_push_and_nobody_else_is_looked_at_on_other_branches() {
    on_both(async |kind| {
        let world = audited(kind, AUDIT).await;
        world.repository.commit("main", "max", "feat: a", &[("a", "a")]).unwrap();
        world.branch("feature/a", "feat: b");
        world.settle().await;
        assert_eq!(titles(&world), Vec::<String>::new(), "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_force_push_is_told_with_the_commit_to_go_back_to_and_going_back_is_not_told() {
    on_both(async |kind| {
        let world = audited(kind, AUDIT).await;
        world.repository.commit("main", "max", "feat: a", &[("a", "a")]).unwrap();
        let before = world.repository.head("main").unwrap();
        world.repository.unprotect_branch("main").unwrap();
        let after = world.repository.rewrite("main", "max", "feat: another", &[("a", "b")]).unwrap();
        world.settle().await;
        let found = incidents(&world);
        assert_eq!(found.len(), 1, "{kind}: {found:?} {:?}", world.told());
        let command = format!("git push --force-with-lease=refs/heads/main:{after} origin {before}:refs/heads/main");
        assert!(found[0].2.contains(&command), "{kind}: {found:?}");

        world.repository.grant("pam", Role::Admin).unwrap();
        world.repository.comment_on_issue(found[0].0, "pam", "/slipway restore").unwrap();
        world.settle().await;
        assert_eq!(world.repository.head("main").unwrap(), after, "{kind}: only a person takes a force push back");
        assert_eq!(world.sandbox.snapshot().matches(&command).count(), 2, "{kind}: {}", world.sandbox.snapshot());

        world.repository.force_push_by("max", "main", &before).unwrap();
        world.settle().await;
        assert_eq!(titles(&world).len(), 1, "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_branch_comes_back_for_who_may_override() {
    on_both(async |kind| {
        let world = audited(kind, AUDIT).await;
        grown(&world, "release/1");
        let was = world.repository.head("release/1").unwrap();
        world.repository.delete_branch("release/1").unwrap();
        world.settle().await;
        let found = incidents(&world);
        assert!(found.len() == 1 && found[0].2.contains(&was), "{kind}: {found:?} {:?}", world.told());
        world.repository.grant("dana", Role::Write).unwrap();
        world.repository.comment_on_issue(found[0].0, "dana", "/slipway restore").unwrap();
        world.settle().await;
        assert!(world.repository.head("release/1").is_err(), "{kind}");
        assert!(world.sandbox.snapshot().contains("it takes the right to maintain the repository"), "{kind}");

        world.repository.grant("pam", Role::Maintain).unwrap();
        world.repository.comment_on_issue(found[0].0, "pam", "/slipway restore").unwrap();
        world.settle().await;
        assert_eq!(world.repository.head("release/1").ok(), Some(was), "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_branch_comes_back_at_once_by_setting_and_a_merged_one_stays_away() {
    on_both(async |kind| {
        let world = audited(kind, &AUDIT.replace("allow =", "deletions = \"restore\"\nallow =")).await;
        grown(&world, "release/1");
        let merged = world.repository.open("max", "release/1", "main", "feat: a").unwrap();
        world.repository.merge(merged, "max", Merge::MergeCommit).unwrap();
        if world.repository.head("release/1").is_ok() {
            world.repository.delete_branch("release/1").unwrap();
        }
        grown(&world, "release/2");
        let was = world.repository.head("release/2").unwrap();
        world.repository.delete_branch("release/2").unwrap();
        world.settle().await;
        assert!(world.repository.head("release/1").is_err(), "{kind}: {:?}", world.told());
        assert_eq!(world.repository.head("release/2").ok(), Some(was), "{kind}: {:?}", world.told());
        let found = incidents(&world);
        assert!(found.len() == 1 && found[0].2.contains("**It is restored.**"), "{kind}: {found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_tag_that_is_moved_or_deleted_is_reported() {
    on_both(async |kind| {
        let world = audited(kind, AUDIT).await;
        world.repository.commit("main", "max", "feat: a", &[("a", "a")]).unwrap();
        world.repository.tag_by("dana", &Mark { name: "v1.0.0", at: "main", message: None }).unwrap();
        world.settle().await;
        world.repository.delete_tag("v1.0.0").unwrap();
        world.settle().await;
        let found = titles(&world);
        assert_eq!(found.len(), 2, "{kind}: {found:?} {:?}", world.told());
        assert!(found.iter().any(|title| title.contains("was moved")) && found.iter().any(|title| title.contains("was deleted")));
    })
    .await;
}

#[tokio::test]
async fn a_tag_against_the_rules_is_reported_with_each_of_them_and_may_then_go() {
    on_both(async |kind| {
        let world = audited(kind, &format!("{AUDIT}form = \"annotated\"")).await;
        world.branch("feature/a", "feat: a");
        world.repository.tag_by("dana", &Mark { name: "v0.9.0", at: "feature/a", message: None }).unwrap();
        world.repository.commit("main", "max", "feat: b", &[("b", "b")]).unwrap();
        world.repository.tag_by("dana", &Mark { name: "v1.1.0", at: "main", message: Some("1.1.0") }).unwrap();
        world.settle().await;
        let found = incidents(&world);
        assert_eq!(found.len(), 1, "{kind}: {found:?} {:?}", world.told());
        for why in ["none of the branches", "a mere name for a commit", "not greater than v1.0.0"] {
            assert!(found[0].2.contains(why), "{kind}: {why} in {found:?}");
        }
        world.repository.delete_tag("v0.9.0").unwrap();
        world.settle().await;
        assert_eq!(titles(&world).len(), 1, "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_merge_into_a_protected_branch_costs_few_calls_and_a_push_to_another_only_the_policy() {
    for kind in BOTH {
        let world = audited(kind, AUDIT).await;
        let number = world.open("feature/a", "main", "feat: a");
        world.settle().await;
        world.repository.merge(number, "dana", Merge::Squash).unwrap();
        let merge = spent(&world, "to main").await;
        world.repository.branch("feature/b", "main").unwrap();
        world.settle().await;
        world.repository.commit("feature/b", "dana", "feat: b", &[("b", "b")]).unwrap();
        let push = spent(&world, "to feature/b").await;
        assert_eq!((merge, push), if kind == Kind::GitHub { (3, 1) } else { (4, 1) }, "{kind}: {:?}", world.told());
    }
}

/// How many calls the push costs among what was done, which is found by what the bot is told of it.
async fn spent(world: &World, what: &str) -> usize {
    world.told();
    for delivery in world.sandbox.take_deliveries() {
        let before = world.sandbox.calls().len();
        world.deliver(&delivery).await;
        if world.told().iter().any(|told| told.contains(&format!("push {what},"))) {
            return world.sandbox.calls().len() - before;
        }
    }
    0
}

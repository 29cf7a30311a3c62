//! What happens seldom but to everybody: first releases, long conversations, releases by hand, tags that come and go.

use slipway::sandbox::{Delivery, Kind, Merge};

use crate::support::{POLICY, World, on_both, world};

/// The notes of a release.
fn notes(world: &World, tag: &str) -> String {
    world.repository.releases().into_iter().find(|release| release.tag == tag).unwrap().body
}

/// The deliveries that wait, of those that a tag's push causes.
fn pushes(world: &World) -> Vec<Delivery> {
    let mut deliveries = world.sandbox.take_deliveries();
    deliveries.retain(|delivery| ["push", "Tag Push Hook"].contains(&delivery.event.as_str()));
    deliveries
}

#[tokio::test]
async fn a_first_release_lists_all_that_came_before() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        world.repository.delete_tag("v1.0.0").unwrap();
        let number = world.open("feature/login", "main", "feat: add login");
        world.repository.merge(number, "max", Merge::MergeCommit).unwrap();
        world.repository.commit("main", "dana", "fix: names", &[("names", "fixed")]).unwrap();
        world.repository.lightweight_tag("v0.1.0", "main").unwrap();
        world.settle().await;
        let notes = notes(&world, "v0.1.0");
        for part in ["The first release.", "- add login (", "- names ("] {
            assert!(notes.contains(part), "{kind}: {part} in {notes}");
        }
        assert!(world.said(number).concat().contains("Released in **v0.1.0**"), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_release_made_by_hand_without_notes_gets_them() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        world.repository.commit("main", "dana", "feat: add login", &[("login", "1")]).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.repository.release("v1.1.0", "").unwrap();
        world.settle().await;
        assert!(notes(&world, "v1.1.0").contains("- add login ("), "{kind}");
        assert_eq!(world.repository.releases().len(), 1, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn notes_that_a_person_edited_stay_when_the_tag_is_delivered_again() {
    on_both(|kind| async move {
        let mut world = world(kind, POLICY).await;
        world.repository.commit("main", "dana", "feat: add login", &[("login", "1")]).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        let delivered = world.settle().await;
        world.repository.edit_notes("v1.1.0", "At last.").unwrap();
        world.restart().await;
        for delivery in &delivered {
            world.deliver(delivery).await;
        }
        assert_eq!(notes(&world, "v1.1.0"), "At last.", "{kind}");
    })
    .await;
}

/// The forges list a hundred at a time.
#[tokio::test]
async fn a_comment_is_found_again_after_a_hundred_others() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        let number = world.open("feature/a", "main", "Add login");
        let issue = world.repository.open_issue("dana", "How do I ask?").unwrap();
        for n in 0..101 {
            world.repository.comment(number, "dana", &format!("Thought {n}")).unwrap();
            world.repository.comment_on_issue(issue, "dana", &format!("Thought {n}")).unwrap();
        }
        world.sandbox.take_deliveries();
        world.repository.retitle(number, "Add the login").unwrap();
        world.repository.comment_on_issue(issue, "dana", "/slipway help").unwrap();
        world.settle().await;
        world.repository.retitle(number, "feat: add login").unwrap();
        world.settle().await;
        assert_eq!(world.said(number).len(), 1, "{kind}");
        assert!(world.said(number)[0].contains("follows the branching policy"), "{kind}: {:?}", world.said(number));
        assert_eq!(world.sandbox.snapshot().matches("`/slipway recheck`").count(), 1, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_candidate_is_a_pre_release_and_its_notes_are_in_the_release_too() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        world.repository.commit("main", "dana", "feat: add login", &[("login", "1")]).unwrap();
        world.repository.tag("v1.1.0-rc.1", "main").unwrap();
        world.repository.commit("main", "dana", "fix: names", &[("names", "1")]).unwrap();
        world.repository.tag("v1.1.0-rc.2", "main").unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let releases = world.repository.releases();
        let shown: Vec<_> = releases.iter().map(|release| (release.tag.as_str(), release.prerelease)).collect();
        let marked = kind == Kind::GitHub;
        assert_eq!(shown, [("v1.1.0-rc.1", marked), ("v1.1.0-rc.2", marked), ("v1.1.0", false)], "{kind}");
        let has = |tag: &str| (notes(&world, tag).contains("add login"), notes(&world, tag).contains("names"));
        assert_eq!([has("v1.1.0-rc.1"), has("v1.1.0-rc.2"), has("v1.1.0")], [(true, false), (false, true), (true, true)], "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_tag_that_is_gone_or_moved_before_its_turn_publishes_nothing() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        world.repository.tag("v1.1.0", "main").unwrap();
        let told_of_tag = pushes(&world);
        world.repository.delete_tag("v1.1.0").unwrap();
        for delivery in &told_of_tag {
            world.deliver(delivery).await;
        }
        assert!(world.told().concat().contains("the tag v1.1.0 is gone"), "{kind}");
        assert!(world.repository.releases().is_empty(), "{kind}");

        world.repository.tag("v1.2.0", "main").unwrap();
        let told_of_tag = pushes(&world);
        world.repository.delete_tag("v1.2.0").unwrap();
        world.repository.commit("main", "dana", "feat: more", &[("more", "1")]).unwrap();
        world.repository.tag("v1.2.0", "main").unwrap();
        for delivery in told_of_tag.iter().filter(|delivery| delivery.summary.contains("v1.2.0")) {
            world.deliver(delivery).await;
        }
        assert!(world.told().concat().contains("has been moved since"), "{kind}");
        assert!(world.repository.releases().is_empty(), "{kind}");
        world.settle().await;
        assert!(notes(&world, "v1.2.0").contains("- more ("), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_history_that_is_too_long_is_said_to_be_instead_of_listed() {
    on_both(|kind| async move {
        let world = world(kind, &POLICY.replace("preview = false", "history = 100")).await;
        for n in 0..101 {
            world.repository.commit("main", "dana", "fix: one more", &[("count", &n.to_string())]).unwrap();
        }
        world.sandbox.take_deliveries();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        assert!(notes(&world, "v1.1.0").contains("no earlier version within 100 commits"), "{kind}: {}", notes(&world, "v1.1.0"));
    })
    .await;
}

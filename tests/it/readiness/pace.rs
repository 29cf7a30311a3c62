//! How long what was released took to production, as it is told on the page and on demand.

use jiff::{SignedDuration, Timestamp};
use slipway::sandbox::{DeployState, Role};

use super::page;
use crate::running::{ask, green, tracking};
use crate::support::{on_both, world};

#[tokio::test]
async fn a_deployment_of_a_release_tells_on_its_page_how_long_its_changes_took() {
    on_both(async |kind| {
        // The forge's clock begins at some day, and what is measured is what came of late.
        let world = world(kind, "[release]\npreview = false\n").await;
        world.sandbox.let_pass(Timestamp::now().duration_since(world.sandbox.now()));
        world.repository.grant("mia", Role::Maintain).unwrap();
        world.land("feature/search", "feat: add search");
        green(&world, "main");
        world.settle().await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        ask(&world, desk, "mia", "/slipway cut").await;
        let issue = tracking(&world, "1.1").number;
        // What came before the first deployment came at a time that nobody knows.
        world.repository.deploy("production", "v1.0.0", DeployState::Success).unwrap();
        ask(&world, issue, "mia", "/slipway release final").await;
        let later = |hours: i64| {
            world.sandbox.let_pass(SignedDuration::from_hours(hours));
            world.settings.clock.pass(hours * 3600);
        };
        later(2);
        world.repository.deploy("production", "v1.1.0", DeployState::Failure).unwrap();
        world.repository.deploy("staging", "v1.1.0", DeployState::Success).unwrap();
        world.settle().await;
        assert!(!page(&world, issue).contains("### Pace"), "{kind}: {}", page(&world, issue));
        later(3);
        world.repository.deploy("production", "v1.1.0", DeployState::Success).unwrap();
        world.settle().await;
        let shown = page(&world, issue);
        let pace = shown.split("### Pace").nth(1).unwrap_or_else(|| panic!("{kind}: {shown}\n{}", world.told().join("\n")));
        assert!(pace.contains("5 h"), "{kind}: {pace}");
        let answer = ask(&world, issue, "dana", "/slipway velocity").await;
        assert!(answer.contains("Production is") && answer.contains("5 h"), "{kind}: {answer}");
    })
    .await;
}

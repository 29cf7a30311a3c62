//! Who may use a command, on both forges: what the file says, what the forge says, and what is said to whoever may not.

use slipway::sandbox::Role;

use crate::support::{on_both, world};

const POLICY: &str = "release.from = 'never'
[commands]
recheck = ['@acme/sre', 'release-manager']
override = ['maintain']
[duty]
roster = ['rita']
since = '2026-01-05'
[rules.conventional_title]
";

#[tokio::test]
async fn a_refusal_says_what_is_missing_and_who_has_it_and_notifies_nobody() {
    on_both(async |kind| {
        let world = world(kind, POLICY).await;
        world.repository.grant("max", Role::Maintain).unwrap();
        world.repository.grant("dana", Role::Write).unwrap();
        let number = world.open("topic", "main", "Add login");
        world.settle().await;
        world.repository.comment(number, "dana", "/slipway override conventional_title reason=x\n/slipway recheck").unwrap();
        world.settle().await;
        let said = world.said(number).join("\n");
        assert!(said.contains("it takes the right to maintain the repository; "), "{kind}: {said}");
        assert!(said.contains("max") && !said.contains("@max") && !said.contains("slipway-bot"), "{kind}: {said}");
        let recheck =
            "it takes being of the team acme/sre, or being the release manager on duty; rita (on duty) and the team acme/sre have it.";
        assert!(said.contains(recheck), "{kind}: {said}");
    })
    .await;
}

#[tokio::test]
async fn members_of_a_team_and_the_release_manager_on_duty_may_do_what_the_file_says() {
    on_both(async |kind| {
        let world = world(kind, POLICY).await;
        world.sandbox.add_member(kind, "acme/sre", "sam", Role::Write);
        let number = world.open("topic", "main", "feat: add login");
        world.settle().await;
        for who in ["sam", "rita"] {
            world.repository.comment(number, who, "/slipway recheck").unwrap();
            world.settle().await;
        }
        let said = world.said(number).join("\n");
        assert_eq!(said.matches("every rule holds").count(), 2, "{kind}: {said}");
    })
    .await;
}

#[tokio::test]
async fn help_lists_what_one_may_use_and_tells_of_the_rest() {
    on_both(async |kind| {
        let world = world(kind, POLICY).await;
        world.repository.grant("rita", Role::Read).unwrap();
        let number = world.open("topic", "main", "feat: add login");
        world.settle().await;
        world.repository.comment(number, "rita", "/slipway help").unwrap();
        world.settle().await;
        let said = world.said(number).join("\n");
        assert!(said.contains("| `/slipway recheck` |") && !said.contains("| `/slipway sync` |"), "{kind}: {said}");
        assert!(said.contains("`sync` for who may administer"), "{kind}: {said}");
    })
    .await;
}

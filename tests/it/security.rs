//! Attacks that bots of this kind have seen, each tried on both forges: named after what is attacked.

use slipway::sandbox::{Merge, Role};

use crate::support::{World, on_both, world};

const TITLES: &str = "release.from = 'never'\n[rules.conventional_title]\n";
const SET_ASIDE: &str = "/slipway override conventional_title reason=\"it is urgent\"";

/// A change request that breaks the rule about titles, and who may what: Max maintains, Dana writes.
async fn broken(world: &World) -> u64 {
    world.repository.grant("max", Role::Maintain).unwrap();
    world.repository.grant("dana", Role::Write).unwrap();
    let number = world.open("topic", "main", "Add login");
    world.settle().await;
    number
}

#[tokio::test]
async fn a_policy_in_the_head_of_a_change_request_judges_nothing() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        broken(&world).await;
        world.repository.commit("topic", "dana", "chore: no rules", &[("slipway.toml", "release.from = 'never'\n")]).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_right_is_asked_of_the_forge_when_the_command_runs() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        let number = broken(&world).await;
        world.repository.comment(number, "max", SET_ASIDE).unwrap();
        // It is taken away before the delivery is worked on.
        world.repository.grant("max", Role::Write).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_decision_about_another_commit_than_the_one_that_was_looked_at_is_refused() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        let number = broken(&world).await;
        let seen = world.repository.head("topic").unwrap();
        world.repository.commit("topic", "dana", "feat: something else", &[("else.txt", "")]).unwrap();
        world.repository.comment(number, "max", &format!("{SET_ASIDE} at={}", &seen[..10])).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
        assert!(world.said(number).iter().any(|said| said.contains("Look at what was pushed since")), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn merging_the_base_into_the_head_lapses_what_was_set_aside() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        let number = broken(&world).await;
        world.repository.comment(number, "max", SET_ASIDE).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "success", "{kind}: {:?}", world.told());
        world.repository.commit("main", "max", "fix: meanwhile", &[("meanwhile.txt", "")]).unwrap();
        world.repository.rebase(number, "dana").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_status_that_somebody_else_reports_sets_nothing_aside() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        let number = broken(&world).await;
        world.repository.report(&world.repository.head("topic").unwrap(), "slipway/override/conventional_title", "success").unwrap();
        world.repository.label(number, "bug").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").1, "broken: conventional_title", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_label_is_worth_what_whoever_set_it_may_do() {
    on_both(async |kind| {
        let policy = "release.from = 'never'\n[[rules.paths.require]]\npaths = ['migrations/**']\nlabel = 'db-approved'\n";
        let world = world(kind, policy).await;
        for (user, role) in [("tim", Role::Triage), ("max", Role::Maintain)] {
            world.repository.grant(user, role).unwrap();
        }
        world.repository.branch("topic", "main").unwrap();
        world.repository.commit("topic", "dana", "feat: a", &[("migrations/1.sql", "")]).unwrap();
        let number = world.repository.open("dana", "topic", "main", "feat: a").unwrap();
        world.repository.label_by(number, "tim", "db-approved").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
        world.repository.unlabel_by(number, "tim", "db-approved").unwrap();
        world.repository.label_by(number, "max", "db-approved").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "success", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn retargeting_after_passing_is_judged_anew() {
    on_both(async |kind| {
        let world = world(kind, "release.from = 'never'\n[[rules.base_branch.allow]]\ninto = 'main'\nfrom = ['release/*']\n").await;
        world.repository.branch("staging", "main").unwrap();
        let number = world.open("topic", "staging", "feat: a");
        world.settle().await;
        assert_eq!(world.policy("topic").0, "success", "{kind}: {:?}", world.told());
        world.repository.retarget(number, "main").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_reason_neither_mentions_nor_formats_where_it_lands() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        let number = broken(&world).await;
        world.repository.comment(number, "max", "/slipway override conventional_title reason=\"@everyone | see *this*\"").unwrap();
        world.settle().await;
        let said = world.said(number).join("\n");
        assert!(said.contains("@&#8203;everyone \\| see \\*this\\*") && !said.contains("@everyone"), "{kind}: {said}");
    })
    .await;
}

#[tokio::test]
async fn a_repository_cannot_lower_its_organisations_rule_by_merging_another_file() {
    on_both(async |kind| {
        let world = world(kind, TITLES).await;
        let place = if kind == slipway::sandbox::Kind::GitHub { "acme/.github" } else { "acme/gitlab-profile" };
        world.sandbox.repository(kind, place, &[("slipway.toml", "[rules.conventional_title]\n")]).unwrap();
        broken(&world).await;
        world.repository.branch("weaker", "main").unwrap();
        let weaker = [("slipway.toml", "mode = 'observe'\nrelease.from = 'never'\n[rules.conventional_title]\ntypes = ['x']\n")];
        world.repository.commit("weaker", "max", "chore: weaker", &weaker).unwrap();
        let number = world.repository.open("max", "weaker", "main", "chore: weaker").unwrap();
        world.repository.merge(number, "max", Merge::Squash).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {:?}", world.told());
    })
    .await;
}

//! The branching policy from an admin's first look to its enforcement, on both forges.

use slipway::sandbox::{Kind, Role};

use crate::support::{World, on_both, world};

/// State and title of a check of this name on a commit.
fn check(world: &World, sha: &str, name: &str) -> (String, String) {
    let found = world.repository.checks(sha).into_iter().rfind(|check| check.name == name);
    found.map(|check| (check.state, check.title)).unwrap_or_default()
}

/// GitLab has no neutral state.
fn neutral(kind: Kind) -> String {
    if kind == Kind::GitHub { "neutral" } else { "success" }.to_owned()
}

async fn set_policy(world: &World, text: &str) {
    world.repository.commit("main", "max", "chore: change the policy", &[("slipway.toml", text)]).unwrap();
    world.settle().await;
}

#[tokio::test]
async fn an_admin_watches_a_policy_then_advises_then_enforces_it_without_touching_a_change_request() {
    on_both(async |kind| {
        let policy = |mode: &str| format!("mode = '{mode}'\nrelease.from = 'never'\n[rules.conventional_title]\n");
        let world = world(kind, &policy("observe")).await;
        let number = world.open("topic", "main", "Add login");
        world.settle().await;
        assert_eq!(world.policy("topic"), (neutral(kind), "observed: conventional_title".into()), "{kind}: {:?}", world.told());
        assert!(world.said(number).is_empty(), "{kind}: nobody is bothered");
        let issues = world.repository.issues();
        let list = issues.iter().find(|issue| issue.labels.contains(&"slipway:observed".to_owned())).unwrap();
        assert!(list.body.contains("conventional_title"), "{kind}: {}", list.body);

        set_policy(&world, &policy("advise")).await;
        assert_eq!(world.policy("topic"), (neutral(kind), "advice: conventional_title".into()), "{kind}: {:?}", world.told());
        assert!(world.said(number)[0].contains("There is advice"), "{kind}");

        set_policy(&world, &policy("enforce")).await;
        assert_eq!(world.policy("topic"), ("failure".into(), "broken: conventional_title".into()), "{kind}");
        assert_eq!(world.said(number).len(), 1, "{kind}: one comment, edited");
    })
    .await;
}

#[tokio::test]
async fn a_maintainer_overrides_a_rule_for_one_commit_and_the_next_push_lapses_it() {
    on_both(async |kind| {
        let world = world(kind, "release.from = 'never'\n[rules.conventional_title]\n").await;
        world.repository.grant("max", Role::Maintain).unwrap();
        world.repository.grant("dana", Role::Write).unwrap();
        let number = world.open("topic", "main", "Add login");
        let ask = "/slipway override conventional_title reason=\"hotfix for the outage\"";
        world.repository.comment(number, "dana", ask).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: its author may not");
        assert!(world.said(number).iter().any(|said| said.contains("it takes the right to maintain")), "{kind}");

        world.repository.comment(number, "max", ask).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic"), ("success".into(), "overridden: conventional_title".into()), "{kind}: {:?}", world.told());
        let sha = world.repository.head("topic").unwrap();
        assert!(check(&world, &sha, "slipway/override/conventional_title").1.contains("max: hotfix for the outage"), "{kind}");
        assert!(world.said(number).iter().any(|said| said.contains("by max: hotfix for the outage")), "{kind}");

        world.repository.label(number, "bug").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "success", "{kind}: it holds for the commit, whatever else happens");
        world.repository.commit("topic", "dana", "more", &[("b", "b")]).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic"), ("failure".into(), "broken: conventional_title".into()), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn an_organisations_rule_holds_in_a_repository_that_turns_it_off_or_has_no_file() {
    on_both(async |kind| {
        let world = world(kind, "release.from = 'never'\n[rules.conventional_title]\nmode = 'off'\n").await;
        let place = if kind == Kind::GitHub { "acme/.github" } else { "acme/gitlab-profile" };
        world.sandbox.repository(kind, place, &[("slipway.toml", "[rules.conventional_title]\n")]).unwrap();
        let number = world.open("topic", "main", "Add login");
        world.settle().await;
        assert_eq!(world.policy("topic"), ("failure".into(), "broken: conventional_title".into()), "{kind}: {:?}", world.told());
        assert!(world.said(number)[0].contains("the rule conventional\\_title is to off here"), "{kind}: {:?}", world.said(number));
    })
    .await;
}

#[tokio::test]
async fn a_merge_queue_gets_its_answer_on_its_own_commit() {
    on_both(async |kind| {
        let world = world(kind, "release.from = 'never'\n[rules.conventional_title]\n").await;
        let number = world.open("topic", "main", "feat: login");
        world.settle().await;
        let sha = world.repository.enqueue(number, "max").unwrap();
        world.settle().await;
        assert_eq!(check(&world, &sha, "slipway/policy"), ("success".into(), "1 of 1 rules hold".into()), "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn labels_and_approvals_are_judged_as_soon_as_they_change() {
    on_both(async |kind| {
        let policy = "release.from = 'never'\n[rules.labels]\nany_of = ['kind/*']\n[[rules.paths.require]]\npaths = ['migrations/**']\napprovals = 1\n";
        let world = world(kind, policy).await;
        world.repository.branch("topic", "main").unwrap();
        world.repository.commit("topic", "dana", "feat: a", &[("migrations/1.sql", "create table a")]).unwrap();
        let number = world.repository.open("dana", "topic", "main", "feat: a").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic"), ("failure".into(), "broken: labels, paths".into()), "{kind}: {:?}", world.told());
        world.repository.label(number, "kind/feature").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").1, "broken: paths", "{kind}");
        // Only who may write approves.
        world.repository.grant("max", Role::Maintain).unwrap();
        world.repository.approve(number, "max").unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "success", "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_configuration_is_tried_where_it_is_proposed_and_counts_only_once_it_is_merged() {
    on_both(async |kind| {
        let world = world(kind, "release.from = 'never'\n[rules.conventional_title]\nmode = 'advise'\n").await;
        let other = world.open("topic", "main", "Add login");
        world.repository.branch("policy", "main").unwrap();
        world.repository.commit("policy", "max", "chore: typo", &[("slipway.toml", "[rules.conventionel_title]\n")]).unwrap();
        let number = world.repository.open("max", "policy", "main", "chore: enforce titles").unwrap();
        world.settle().await;
        let sha = world.repository.head("policy").unwrap();
        let (state, title) = check(&world, &sha, "slipway/config");
        assert_eq!((state.as_str(), title.as_str()), ("failure", "slipway.toml cannot be read, see line 1"), "{kind}: {:?}", world.told());
        assert!(
            world.said(number).iter().any(|said| said.contains("Did you mean \\`conventional\\_title\\`?")),
            "{kind}: {:?}",
            world.said(number)
        );
        if kind == Kind::GitHub {
            let marks = world.repository.annotations(&sha, "slipway/config");
            assert_eq!((marks[0].path.as_str(), marks[0].start_line, marks[0].start_column), ("slipway.toml", 1, Some(8)));
        }
        assert_eq!(world.policy("policy").0, "success", "{kind}: the policy in force is the default branch's");

        let enforcing = [("slipway.toml", "release.from = 'never'\n[rules.conventional_title]\n")];
        world.repository.commit("policy", "max", "chore: enforce titles", &enforcing).unwrap();
        world.settle().await;
        let sha = world.repository.head("policy").unwrap();
        assert_eq!(check(&world, &sha, "slipway/config").0, "success", "{kind}");
        let told = world.said(number).into_iter().filter(|said| said.contains("would be judged otherwise")).collect::<Vec<_>>();
        assert!(told.len() == 1 && told[0].contains("| advise | enforce |"), "{kind}: {:?}", world.said(number));
        assert_eq!(world.policy("topic").0, neutral(kind), "{kind}: nothing has changed yet");

        world.repository.merge(number, "max", slipway::sandbox::Merge::Squash).unwrap();
        world.settle().await;
        assert_eq!(world.policy("topic").0, "failure", "{kind}: {other} is judged anew");
    })
    .await;
}

#[tokio::test]
async fn while_the_file_is_broken_no_verdict_of_before_holds_and_none_outlives_what_asked_for_it() {
    on_both(async |kind| {
        let world = world(kind, "release.from = 'never'\n[rules.conventional_title]\n[freeze]\n").await;
        world.open("topic", "main", "feat: login");
        world.settle().await;
        let states = |branch: &str| {
            let sha = world.repository.head(branch).unwrap();
            ["slipway/policy", "slipway/freeze"].map(|name| check(&world, &sha, name).0)
        };
        assert_eq!(states("topic"), ["success", "success"], "{kind}: {:?}", world.told());
        set_policy(&world, "[freez]\n").await;
        assert_eq!(states("topic"), ["failure", "failure"], "{kind}: {:?}", world.told());
        world.open("new", "main", "feat: new");
        world.settle().await;
        assert_eq!(states("new"), ["failure", ""], "{kind}: nobody knows whether freezes are asked for");
        set_policy(&world, "release.from = 'never'\n").await;
        assert_eq!(states("topic"), ["success", "success"], "{kind}: {:?}", world.told());
        assert_eq!(states("new"), ["success", ""], "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_first_configuration_is_tried_before_there_is_any() {
    on_both(async |kind| {
        let world = world(kind, "").await;
        world.repository.branch("policy", "main").unwrap();
        world.repository.commit("policy", "max", "chore: begin", &[("slipway.toml", "strategy = 'gitflow'\n")]).unwrap();
        world.repository.open("max", "policy", "main", "chore: begin").unwrap();
        world.settle().await;
        let sha = world.repository.head("policy").unwrap();
        assert_eq!(check(&world, &sha, "slipway/config").0, "success", "{kind}: {:?}", world.told());
        assert_eq!(world.policy("policy"), (String::new(), String::new()), "{kind}: no policy is in force");
    })
    .await;
}

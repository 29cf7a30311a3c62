//! The forge's own settings follow the configuration once an admin confirms it, on both forges.

use std::process::{Command, Stdio};

use serde_json::json;
use slipway::sandbox::{Administration, Kind, Role};

use crate::support::{World, on_both, world};

const POLICY: &str = "release.from = 'never'\n[[protect.branches]]\nbranch = 'main'\npush = 'maintain'\n[[protect.tags]]\ntag = 'v**'\n";

/// A world with an admin, a maintainer and an issue to talk in.
async fn administered(kind: Kind, policy: &str) -> (World, u64) {
    let world = world(kind, policy).await;
    world.sandbox.set_administration(Administration::Granted);
    world.repository.set_role(Role::Maintain).unwrap();
    world.repository.grant("ada", Role::Admin).unwrap();
    world.repository.grant("max", Role::Maintain).unwrap();
    let number = world.open("topic", "main", "feat: a");
    world.settle().await;
    world.told();
    (world, number)
}

/// What the bot answers to a comment.
async fn ask(world: &World, (number, by): (u64, &str), text: &str) -> String {
    world.repository.comment(number, by, text).unwrap();
    world.settle().await;
    world.said(number).last().cloned().unwrap_or_default()
}

/// The command that an answer offers.
fn offered(answer: &str) -> String {
    let start = answer.find("/slipway sync confirm=").unwrap();
    answer[start..].split('`').next().unwrap().to_owned()
}

fn settings(world: &World) -> Vec<String> {
    let snapshot = world.sandbox.snapshot();
    let about = |line: &&str| line.contains("ruleset ") || line.contains("protected ");
    snapshot.lines().filter(about).map(|line| line.trim().to_owned()).collect()
}

#[tokio::test]
async fn an_admin_sees_what_differs_confirms_it_and_nothing_differs_any_more() {
    on_both(async |kind| {
        let (world, number) = administered(kind, POLICY).await;
        let before = settings(&world);
        let shown = ask(&world, (number, "ada"), "/slipway sync").await;
        assert!(shown.contains("| branch main | push | write | maintain | would be changed |"), "{kind}: {shown}");
        assert!(shown.contains("| tag v\\*\\* | create | write | maintain |"), "{kind}: {shown}");
        assert_eq!(settings(&world), before, "{kind}: it only looks");

        let wrong = ask(&world, (number, "ada"), "/slipway sync confirm=0123456789").await;
        assert!(wrong.contains("this is not what was confirmed") && settings(&world) == before, "{kind}: {wrong}");

        let done = ask(&world, (number, "ada"), &offered(&shown)).await;
        assert!(done.contains("settings are changed"), "{kind}: {done} {:?}", world.told());
        assert_ne!(settings(&world), before, "{kind}");
        world.sandbox.forget_calls();
        let again = ask(&world, (number, "ada"), "/slipway sync").await;
        assert!(again.contains("protects what `slipway.toml` asks for") && !again.contains("would be changed"), "{kind}: {again}");
        assert!(world.calls("POST", "/rulesets").is_empty() && world.calls("POST", "/protected_").is_empty(), "{kind}");
        assert!(world.repository.commit("main", "dana", "fix: b", &[("b", "1")]).is_err(), "{kind}: it holds for people");
        world.repository.commit("main", "max", "fix: b", &[("b", "1")]).unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_but_an_admin_is_shown_or_changes_anything() {
    on_both(async |kind| {
        let (world, number) = administered(kind, POLICY).await;
        let refused = ask(&world, (number, "max"), "/slipway sync").await;
        assert!(refused.contains("it takes the right to administer the repository"), "{kind}: {refused}");
    })
    .await;
}

#[tokio::test]
async fn a_right_that_slipway_lacks_is_named_with_what_an_admin_can_do() {
    on_both(async |kind| {
        let (world, number) = administered(kind, POLICY).await;
        world.sandbox.set_administration(Administration::Withheld);
        world.repository.set_role(Role::Write).unwrap();
        let told = ask(&world, (number, "ada"), "/slipway sync").await;
        match kind {
            Kind::GitHub => {
                assert!(told.contains("lacks the permission “Administration: read and write”"), "{told}");
                assert!(told.contains("gh api --method POST repos/acme/app/rulesets --input - <<'EOF'\n{"), "{told}");
            }
            Kind::GitLab => assert!(told.contains("Give the token's account the role Maintainer"), "{told}"),
        }
    })
    .await;
}

#[tokio::test]
async fn what_others_have_protected_stays_and_what_the_forge_cannot_do_is_told() {
    on_both(async |kind| {
        let policy =
            "release.from = 'never'\n[[protect.branches]]\nbranch = 'main'\nsigned = true\n[[protect.branches]]\nbranch = 'release/*'\n";
        let (world, number) = administered(kind, policy).await;
        match kind {
            Kind::GitHub => _ = world.repository.add_ruleset("ada", &ruleset("theirs")).unwrap(),
            Kind::GitLab => world.repository.protect_branch("release/1", 40, 40).unwrap(),
        }
        let theirs: Vec<_> = settings(&world).into_iter().filter(|line| line.contains("theirs") || line.contains("release/1")).collect();
        let shown = ask(&world, (number, "ada"), "/slipway sync").await;
        ask(&world, (number, "ada"), &offered(&shown)).await;
        assert!(theirs.iter().all(|line| settings(&world).contains(line)) && theirs.len() == 1, "{kind}: {:?}", settings(&world));
        if kind == Kind::GitLab {
            assert!(shown.contains("| branch main | signed | false | true | This forge cannot: only a push rule"), "{shown}");
            assert!(shown.contains("write `release/**`") || shown.contains("write \\`release/\\*\\*\\`"), "{shown}");
        }
    })
    .await;
}

fn ruleset(name: &str) -> serde_json::Value {
    let conditions = json!({"ref_name": {"include": ["refs/heads/main"], "exclude": []}});
    json!({"name": name, "target": "branch", "enforcement": "active", "conditions": conditions, "rules": [{"type": "deletion"}]})
}

fn drift(world: &World) -> Option<(String, bool)> {
    let issues = world.repository.issues();
    let found = issues.into_iter().find(|issue| issue.labels.contains(&"slipway:drift".to_owned()));
    found.map(|issue| (issue.body, issue.state == "open"))
}

#[tokio::test]
async fn somebody_who_edits_slipways_ruleset_is_told_of_by_an_issue_until_it_is_in_line_again() {
    let (world, number) = administered(Kind::GitHub, POLICY).await;
    let shown = ask(&world, (number, "ada"), "/slipway sync").await;
    ask(&world, (number, "ada"), &offered(&shown)).await;
    assert!(drift(&world).is_none_or(|(_, open)| !open), "{:?}", world.told());
    let names = settings(&world);
    assert!(names.iter().any(|line| line.starts_with("ruleset slipway: main active")), "{names:?}");
    assert!(world.calls("PUT", "/rulesets").is_empty(), "each was made once");
    let own = world.repository.ruleset("slipway: main").unwrap();
    world.repository.change_ruleset("eve", own, &json!({"enforcement": "disabled"})).unwrap();
    world.settle().await;
    let (body, open) = drift(&world).unwrap_or_else(|| panic!("{:?}", world.told()));
    assert!(open && body.contains("is disabled"), "{body}");

    let shown = ask(&world, (number, "ada"), "/slipway sync").await;
    ask(&world, (number, "ada"), &offered(&shown)).await;
    assert!(!drift(&world).unwrap().1, "{:?}", world.told());
}

#[tokio::test]
async fn a_push_that_changes_the_policy_is_looked_at_for_drift_on_both_forges() {
    on_both(async |kind| {
        let (world, _) = administered(kind, "release.from = 'never'\n").await;
        world.repository.commit("main", "max", "chore: protect", &[("slipway.toml", POLICY)]).unwrap();
        world.settle().await;
        let (body, open) = drift(&world).unwrap_or_else(|| panic!("{kind}: {:?}", world.told()));
        assert!(open && body.contains("| branch main | push | write | maintain |"), "{kind}: {body}");
    })
    .await;
}

/// Runs the program with the settings of the world's bot; what it printed, and whether it ended well.
async fn shell(world: &World, arguments: &[&str]) -> (String, bool) {
    let (github, gitlab) = (world.settings.github.as_ref().unwrap(), world.settings.gitlab.as_ref().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    command.args(["sync", "--repo", "acme/app"]).args(arguments).stdin(Stdio::null()).env_clear();
    command.env("SLIPWAY_GITHUB_APP_ID", github.app_id.to_string()).env("SLIPWAY_GITHUB_URL", github.url.as_str());
    command.env("SLIPWAY_GITHUB_PRIVATE_KEY", github.private_key.reveal()).env("SLIPWAY_GITHUB_WEBHOOK_SECRET", "s");
    command.env("SLIPWAY_GITLAB_URL", gitlab.url.as_str()).env("SLIPWAY_GITLAB_TOKEN", gitlab.token.reveal());
    command.env("SLIPWAY_GITLAB_WEBHOOK_SECRET", "s");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (said, output.status.success())
}

#[tokio::test]
async fn the_same_is_done_from_a_shell() {
    on_both(async |kind| {
        let (world, _) = administered(kind, POLICY).await;
        let forge = if kind == Kind::GitHub { "github" } else { "gitlab" };
        let before = settings(&world);
        let (said, ended_well) = shell(&world, &["--forge", forge]).await;
        assert!(ended_well && said.contains("branch main  push: write -> maintain\n"), "{kind}: {said}");
        let (said, ended_well) = shell(&world, &["--forge", forge, "--apply"]).await;
        assert!(!ended_well && said.contains("add --yes") && settings(&world) == before, "{kind}: {said}");
        let (said, ended_well) = shell(&world, &["--forge", forge, "--apply", "--yes"]).await;
        assert!(ended_well && said.contains("protect branch main: ") && settings(&world) != before, "{kind}: {said}");
        assert_eq!(shell(&world, &["--forge", forge]).await, ("Nothing is to be changed.\n".to_owned(), true), "{kind}");
    })
    .await;
}

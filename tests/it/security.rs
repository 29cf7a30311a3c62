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

/// What was tried on bots of this kind, and the test that tries it here. What does not apply has no row:
/// - a comment that is edited after it was read: no comment is read again, only looked for a reply of Slipway's own;
/// - protection that is switched off for a merge: Slipway merges nothing, and `sync` only ever brings a ruleset to what the file says;
/// - rights by the author that git has, or by a name that an event tells: rights are asked of the forge for whoever sent the delivery,
///   and `[overrides]` and `who` name roles;
/// - teams that not everybody may see: their members are asked for and never told;
/// - options and words for a shell: there is no shell, and names are those that git allows.
const ATTACKS: [(&str, &str); 33] = [
    (
        "a command is delivered again after the head has moved",
        "a_comment_that_is_answered_is_not_answered_again_but_leads_to_what_it_led_to",
    ),
    (
        "everything is delivered again to a bot that has forgotten it",
        "a_bot_that_remembers_nothing_neither_decides_nor_undoes_anything_again",
    ),
    ("who may triage hides a record", "who_takes_the_label_off_the_issue_hides_no_freeze"),
    ("a commit's text becomes a link, HTML or a mention in the notes", "a_title_stays_text"),
    ("a repository's own template writes what people wrote unescaped", "nothing_writes_unescaped"),
    ("a token is good for more than the repository of the event", "a_token_is_asked_for_one_repository_alone"),
    ("a body is too large, or says nothing of its size", "a_body_of_unknown_length_is_refused_once_it_is_too_large"),
    ("many large bodies come at once", "a_large_body_waits_for_memory_and_is_turned_away_after_five_seconds"),
    ("an expression takes forever for a text that was made for it", "no_text_makes_an_expression_slow_and_a_huge_one_is_refused"),
    ("the policy comes from the change request's head", "a_policy_in_the_head_of_a_change_request_judges_nothing"),
    ("who may write the file is an admin", "a_repository_cannot_lower_its_organisations_rule_by_merging_another_file"),
    ("somebody edits another's comment into a command", "edited_and_deleted_comments_never_command"),
    ("a command in code, a quotation, a link or HTML", "nothing_in_code_quotes_links_lists_headings_or_html_commands"),
    ("a command that HTML cuts off", "a_quotation_that_html_cuts_off_is_known_to_be_open"),
    ("the bot obeys bots", "bots_give_no_commands"),
    ("the bot obeys itself", "slipway_does_not_obey_itself"),
    ("the head moves after the decision", "a_decision_about_another_commit_than_the_one_that_was_looked_at_is_refused"),
    ("the API lags and the old head passes", "a_head_that_the_api_does_not_show_yet_is_pending_and_never_a_pass"),
    ("a label exempts, whoever set it", "a_label_is_worth_what_whoever_set_it_may_do"),
    ("a fork gives its branch a trusted name", "a_fork_does_not_pass_by_a_trusted_branch_name"),
    ("the base is changed after passing", "retargeting_after_passing_is_judged_anew"),
    ("somebody else reports the status", "a_status_that_somebody_else_reports_sets_nothing_aside"),
    ("a required check is no longer required", "somebody_who_edits_slipways_ruleset_is_told_of_by_an_issue_until_it_is_in_line_again"),
    ("a right was taken away meanwhile", "a_right_is_asked_of_the_forge_when_the_command_runs"),
    ("texts mention and format where they land", "a_reason_neither_mentions_nor_formats_where_it_lands"),
    ("somebody writes a hidden mark", "what_others_write_into_an_issue_is_not_taken_for_slipways"),
    ("a name commands the shell that it is copied into", "a_name_cannot_command_the_shell_that_it_is_copied_into"),
    ("a token serves another tenant", "no_answer_is_shared_between_tenants"),
    ("a token leaves with a redirect", "the_token_is_not_forwarded_on_a_redirect"),
    ("a secret is printed", "nothing_prints_a_secret"),
    ("a delivery is forged", "a_forged_delivery_is_refused_before_it_is_parsed"),
    ("one repository floods the others", "repositories_take_turns_so_that_a_flood_delays_nobody_else"),
    ("the base is merged in to smuggle", "merging_the_base_into_the_head_lapses_what_was_set_aside"),
];

#[test]
fn every_attack_has_the_test_that_it_names() {
    fn read(folder: &std::path::Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        read(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources);
    }
    let missing: Vec<_> = ATTACKS.iter().filter(|(_, test)| !sources.contains(&format!("fn {test}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

//! Guards become rulesets and are found in them again.

use super::*;
use crate::domain::config::Config;
use crate::domain::protection::{Protection, difference};

const APP: u64 = 4242;

fn guard(text: &str) -> Guard {
    Config::parse(text).unwrap().guards().remove(0)
}

fn branch(more: &str) -> Guard {
    guard(&format!("[[protect.branches]]\nbranch = 'main'\n{more}"))
}

fn wanted(guard: &Guard) -> Vec<Ruleset> {
    parts(guard, APP).into_iter().filter(|part| !part.rules.is_empty()).collect()
}

/// What differs, a line each.
fn differs(guard: &Guard, there: &[Ruleset]) -> String {
    let found = Protection { found: [(guard.clone(), found(guard, APP, there))].into(), lack: None };
    let rows = difference(std::slice::from_ref(guard), &found);
    rows.iter().map(|row| format!("{}: {} -> {}", row.setting, row.has, row.wants)).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_written_is_what_is_wanted_in_every_combination() {
    for more in [
        "",
        "push = 'maintain'\nchecks = ['slipway/policy', 'test']\napprovals = 2",
        "push = 'maintain'\nmerge = 'maintain'",
        "merge = 'maintain'\nlinear = true\nsigned = true",
        "push = 'write'\nforce_push = true\ndelete = true",
    ] {
        let guard = branch(more);
        assert_eq!(differs(&guard, &wanted(&guard)), "", "{more}");
        assert!(wanted(&guard).iter().all(|part| part.is(part)), "{more}");
    }
    let tag = guard("[[protect.tags]]\ntag = 'v**'");
    assert_eq!(differs(&tag, &wanted(&tag)), "");
}

#[test]
fn without_rulesets_everything_is_allowed() {
    assert_eq!(
        differs(&branch("approvals = 1"), &[]),
        "push: write -> nobody\nforce_push: true -> false\ndelete: true -> false\napprovals: 0 -> 1"
    );
    assert_eq!(
        differs(&guard("[[protect.tags]]\ntag = 'v1'"), &[]),
        "create: write -> maintain\nmove: true -> false\ndelete: true -> false"
    );
}

#[test]
fn each_bypass_list_has_a_ruleset_of_its_own() {
    let names = |more: &str| wanted(&branch(more)).into_iter().map(|part| part.name).collect::<Vec<_>>();
    assert_eq!(names("merge = 'maintain'"), ["slipway: main", "slipway: main (merging)"]);
    assert_eq!(names("push = 'maintain'\nmerge = 'maintain'"), ["slipway: main", "slipway: main (direct pushes)"]);
    let makers = wanted(&guard("[[protect.tags]]\ntag = 'v1'")).remove(1).bypass_actors.unwrap();
    assert!(makers.iter().any(|actor| actor.actor_type == "Integration" && actor.actor_id == Some(APP)));
}

#[test]
fn what_somebody_did_to_a_ruleset_is_told() {
    let guard = branch("checks = ['slipway/policy']");
    let edited = |edit: &dyn Fn(&mut Ruleset)| {
        let mut there = wanted(&guard);
        edit(&mut there[0]);
        (differs(&guard, &there), there[0].is(&wanted(&guard)[0]))
    };
    let eve = || Passer { actor_id: Some(7), actor_type: "User".into(), bypass_mode: None };
    assert_eq!(
        edited(&|set| set.bypass_actors = Some(vec![eve()])),
        ("beside: `slipway: main` may be bypassed by User 7 -> nothing else".into(), false)
    );
    assert_eq!(edited(&|set| set.bypass_actors = None), (String::new(), true));
    assert!(edited(&|set| set.enforcement = "disabled".into()).0.contains("push: write -> nobody"));
    assert_eq!(edited(&|set| set.rules.retain(|rule| rule.r#type != "deletion")), ("delete: true -> false".into(), false));
    assert!(edited(&|set| set.rules.push(Rule::plain("creation"))).0.contains("`slipway: main` has creation"));
    let (anybody, _) = edited(&|set| {
        let rule = set.rules.iter_mut().find(|rule| rule.r#type == "required_status_checks").unwrap();
        rule.parameters["required_status_checks"] = json!([{"context": "slipway/policy"}]);
    });
    assert_eq!(anybody, "checks: slipway/policy by anybody -> slipway/policy");
}

#[test]
fn patterns_are_translated_exactly() {
    let include = |pattern: &str| includes("refs/heads/", &RefPattern::try_from(pattern.to_owned()).unwrap()).join(" ");
    assert_eq!([include("main"), include("release/*")], ["refs/heads/main", "refs/heads/release/*"]);
    assert_eq!([include("release/**"), include("**")], ["refs/heads/release/**/*", "refs/heads/**/*"]);
    assert_eq!(include("v**"), "refs/heads/v* refs/heads/v*/**/*");
}

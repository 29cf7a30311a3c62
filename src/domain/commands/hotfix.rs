//! `/slipway hotfix 1.4.1`: makes the branch on which a released version is repaired, with the issue that tracks it.

use super::status::configured;
use super::{Asking, Call, Command, Decision, answer_again, asked, options};
use crate::domain::config::{Config, Configuration, Grant};
use crate::domain::facts::{Facts, Needs};
use crate::domain::tracking::cut::trunk;
use crate::domain::tracking::hotfix::{Repair, named};
use crate::domain::tracking::{Course, Refusal};

pub const COMMAND: Command = Command {
    verb: "hotfix",
    summary: "Makes a branch from the tag of a released version, to repair it: its name is the next patch that is free. What is merged there is \
              carried to the trunk. `component=…` says of which component.",
    example: "/slipway hotfix 1.0.0",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: Some(answer_again),
};

fn needs(asking: &Asking, call: &Call) -> Needs {
    let Configuration::Loaded { config, .. } = asking.config else { return Needs::new() };
    repair(asking, call, config).map(|repair| repair.needs()).unwrap_or_default()
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let config = match configured(asking, call) {
        Ok(config) => config,
        Err(refusal) => return *refusal,
    };
    Decision::of(call, repair(asking, call, config).map_or_else(Course::Refused, |repair| repair.decide(facts)))
}

fn repair<'a>(asking: &Asking, call: &Call, config: &'a Config) -> Result<Repair<'a>, Refusal> {
    options(call, &["component"], 1)?;
    let Some(trunk) = trunk(config, &asking.delivery.repository) else {
        return Err(Refusal::new("nobody says which branch is the trunk", "Name it in [branches] of slipway.toml."));
    };
    let Some(text) = call.words.first() else {
        return Err(Refusal::new("no version is given", "Name the one to repair, as in “hotfix 1.4.1”."));
    };
    let (component, version) = named(config, text, call.options.get("component").map(String::as_str))?;
    let by = asking.delivery.actor.name.clone();
    Ok(Repair { config, trunk, component, version, by, asked: asked(asking, call) })
}

#[cfg(test)]
mod tests {
    use super::super::running_tests::{Told, told};
    use super::super::tests::line;
    use crate::domain::facts::{Condition, IssueKind, Line};
    use crate::domain::history::tests::{sha, tagged};
    use crate::domain::names::{BranchName, Number};
    use crate::domain::plan::Outcome;
    use crate::domain::tracking::Record;

    /// The line of main, whose first commit has these tags.
    fn having(tags: &[&str]) -> Line {
        let line = line();
        let tags: Vec<_> = tags.iter().map(|tag| (*tag, 'a')).collect();
        Line { window: tagged(line.window.clone(), &tags), ..line }
    }

    fn tracked(asked: &str) -> (&'static str, String, Condition) {
        let (branch, at) = (BranchName::parse("hotfix/1.4.3").unwrap(), sha('a'));
        let record =
            Record { branch, at, version: "1.4.3".into(), by: None, asked: asked.into(), book: crate::domain::readiness::Book::default() };
        ("hotfix/1.4.3", record.write(), Condition::Open)
    }

    #[test]
    fn a_hotfix_begins_at_the_tag_and_is_the_next_patch_that_is_free() {
        let outcomes = vec![Outcome::Issue { kind: IssueKind::Release, key: "hotfix/1.4.3".into(), number: Number(8) }];
        let line = Some(having(&["v1.4.1", "v1.4.2", "v1.5.0"]));
        insta::assert_snapshot!(told("/slipway hotfix 1.4.1", Told { line, outcomes, ..Told::default() }), @"
        asked for hotfix
        - react to comment 9 with 👀
        - open the issue slipway:release hotfix/1.4.3
        - make branch hotfix/1.4.3 at 6161616161
        - make the label backport hotfix/1.4.3
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        **1.4.3** repairs `v1.4.1`: the branch `hotfix/1.4.3` is there, at 6161616161616161616161616161616161616161. #8 tracks it.

        Merge what repairs it into that branch. Each repair is carried on to `main`. Then `/slipway release final` in #8 releases it.
        ");
    }

    #[test]
    fn the_same_comment_completes_it_also_when_it_is_released_meanwhile() {
        let (line, issue) = (Some(having(&["v1.4.2", "v1.4.3"])), Some(tracked("request-1:9:hotfix v1.4.2")));
        let told = told("/slipway hotfix v1.4.2", Told { issue, line, ..Told::default() });
        assert!(told.contains("- make branch hotfix/1.4.3 at 6161616161\n- make the label backport hotfix/1.4.3\n"), "{told}");
        assert!(told.contains("**1.4.3** repairs `v1.4.2`") && told.contains("#7 tracks it."), "{told}");
    }

    #[test]
    fn what_is_under_way_is_pointed_at_and_what_somebody_made_by_hand_is_left_to_them() {
        let said = |told_of: Told| told("/slipway hotfix 1.4.2", Told { line: Some(having(&["v1.4.2"])), ..told_of });
        let tracked = said(Told { issue: Some(tracked("issue-3:4:hotfix 1.4.2")), ..Told::default() });
        let made = said(Told { branches: vec![BranchName::parse("hotfix/1.4.3").unwrap()], ..Told::default() });
        assert!(!tracked.contains("make branch") && !made.contains("make branch"), "{tracked}\n{made}");
        insta::assert_snapshot!(tracked.lines().last().unwrap(), @"`hotfix/1.4.3` is there already, made at 6161616161616161616161616161616161616161, so nothing was done. #7 tracks it.");
        insta::assert_snapshot!(made.lines().last().unwrap(), @"`hotfix/1.4.3` is there already, so nothing was done. No issue of Slipway's tracks it.");
    }

    #[test]
    fn a_version_that_is_none_is_refused_with_the_nearest() {
        let said = |body: &str| {
            told(body, Told { line: Some(having(&["v1.0.0", "v1.4.1", "v1.4.2", "v2.0.0", "v2.1.0-rc.1"])), ..Told::default() })
        };
        let last = |body: &str| said(body).lines().last().unwrap().to_owned();
        insta::assert_snapshot!(last("/slipway hotfix 1.4.9"), @"`hotfix` was not done: there is no tag of 1.4.9. The nearest versions are 1.4.1, 1.4.2, 2.0.0.");
        insta::assert_snapshot!(last("/slipway hotfix 2.1.0-rc.1"), @"`hotfix` was not done: 2.1.0-rc.1 is a candidate. Repair it on its release branch, and release the next one there.");
        insta::assert_snapshot!(last("/slipway hotfix next"), @r#"`hotfix` was not done: "next" is not a version; write it like 1.4.0 or 1.4.0-rc.1. Correct it and ask again."#);
        insta::assert_snapshot!(last("/slipway hotfix"), @"`hotfix` was not done: no version is given. Name the one to repair, as in “hotfix 1.4.1”.");
        insta::assert_snapshot!(last("/slipway hotfix 1.4.2 component=api"), @"`hotfix` was not done: there is no such component. Leave “component=” out.");
    }

    #[test]
    fn a_component_is_named_by_its_tag_or_by_itself() {
        let config = "[[component]]\nname = 'api'\npaths = ['api']\n[[component]]\nname = 'web'\npaths = ['web']";
        let made = |body: &str| {
            let told = told(body, Told { config, line: Some(having(&["api-v1.4.2", "web-v1.4.2"])), ..Told::default() });
            told.lines().find(|line| line.starts_with("- make branch")).map(str::to_owned)
        };
        let branch = Some("- make branch hotfix/api-1.4.3 at 6161616161".to_owned());
        assert_eq!(made("/slipway hotfix api-v1.4.2"), branch);
        assert_eq!(made("/slipway hotfix 1.4.2 component=api"), branch);
        assert_eq!(made("/slipway hotfix 1.4.2"), None);
        let issue = Some(tracked("request-1:9:hotfix 1.4.2 component=web"));
        let other =
            told("/slipway hotfix 1.4.2 component=api", Told { config, issue, line: Some(having(&["api-v1.4.2"])), ..Told::default() });
        assert!(other.contains("make branch hotfix/api-1.4.3"), "each has an issue of its own: {other}");
    }
}

//! `/slipway cut 1.4 from=main`: makes the release branch, and all that belongs to it. What exists is left as it is.

use super::status::configured;
use super::{Asking, Call, Command, Decision, answer_again, asked, options};
use crate::domain::config::{Config, Configuration, Grant};
use crate::domain::facts::{Facts, Needs};
use crate::domain::names::BranchName;
use crate::domain::tracking::cut::{Order, Start, line_of, trunk};
use crate::domain::tracking::{Cause, Course, Refusal};

pub const COMMAND: Command = Command {
    verb: "cut",
    summary: "Cuts the release branch of a version from the newest commit of the trunk whose checks are green, with its issue, label and \
              protection. Without a version, the next one's; `from=` names another branch, or a commit.",
    example: "/slipway cut 1.4",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: Some(answer_again),
};

/// What people quote of a commit at least.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=64;

fn needs(asking: &Asking, call: &Call) -> Needs {
    let Configuration::Loaded { config, .. } = asking.config else { return Needs::new() };
    order(asking, call, config).map(|order| order.needs()).unwrap_or_default()
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let config = match configured(asking, call) {
        Ok(config) => config,
        Err(refusal) => return *refusal,
    };
    Decision::of(call, order(asking, call, config).map_or_else(Course::Refused, |order| order.decide(facts)))
}

fn order<'a>(asking: &Asking, call: &Call, config: &'a Config) -> Result<Order<'a>, Refusal> {
    options(call, &["from"], 1)?;
    let Some(trunk) = trunk(config, &asking.delivery.repository) else {
        return Err(Refusal::new("nobody says which branch is the trunk", "Name it in [branches] of slipway.toml."));
    };
    let version = match call.words.first() {
        None => None,
        Some(text) => Some(line_of(text).ok_or_else(|| {
            let remedy = "Name a line, as in “cut 1.4”; “hotfix 1.4.1” repairs a version.";
            Refusal::new(format!("“{text}” names no release line"), remedy)
        })?),
    };
    let start = match call.options.get("from") {
        None => Start::Green(trunk.clone()),
        Some(from) if is_commit(from) => Start::Commit(from.to_lowercase()),
        Some(from) => Start::Green(BranchName::parse(from).map_err(|problem| Refusal::new(problem.to_string(), "Correct “from=”."))?),
    };
    let cause = Cause::Person(asking.delivery.actor.name.clone());
    Ok(Order { config, trunk, version, start, cause, asked: asked(asking, call) })
}

fn is_commit(text: &str) -> bool {
    DIGITS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::running_tests::{Told, told};
    use crate::domain::facts::{CheckState, Checked, Condition, IssueKind};
    use crate::domain::history::tests::sha;
    use crate::domain::names::{BranchName, Number};
    use crate::domain::plan::Outcome;
    use crate::domain::tracking::Record;

    fn record(asked: &str) -> String {
        let (branch, at) = (BranchName::parse("release/1.1").unwrap(), sha('a'));
        Record { branch, at, version: "1.1".into(), by: None, asked: asked.into(), book: crate::domain::readiness::Book::default() }.write()
    }

    const FULL: &str = "[cut]\ndevelopment = 'dev'\n[release]\nfiles = ['VERSION']\n[[protect.branches]]\nbranch = 'release/**'";

    #[test]
    fn a_cut_makes_all_that_belongs_to_it() {
        insta::assert_snapshot!(told("/slipway cut", Told { config: FULL, unprotected: true, ..Told::default() }), @r"
        asked for cut
        - react to comment 9 with 👀
        - open the issue slipway:release release/1.1
        - make branch release/1.1 at 6262626262
        - make the label backport release/1.1
        - open the change request “chore: start 1.2.0-dev” from slipway/development/main on 6262626262, VERSION
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        **1.1** is cut: the branch `release/1.1` is there, at 6262626262626262626262626262626262626262.

        The label `backport release/1.1` carries changes to it. `/slipway release rc` makes a candidate, `/slipway release final` the release.
        A change request raises the version files of the trunk to `1.2.0-dev`.

        The forge protects the branch otherwise than slipway.toml has it: “/slipway sync” shows how, for an admin to confirm.
        ");
    }

    #[test]
    fn the_newest_green_commit_is_cut() {
        let commit = |name, state| Checked { sha: sha(name), checks: [("ci".to_owned(), state)].into() };
        let commits = vec![commit('b', CheckState::Pending), commit('a', CheckState::Green)];
        insta::assert_snapshot!(told("/slipway cut 2.0", Told { commits: commits.clone(), ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        - open the issue slipway:release release/2.0
        - make branch release/2.0 at 6161616161
        - make the label backport release/2.0
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        **2.0** is cut: the branch `release/2.0` is there, at 6161616161616161616161616161616161616161.

        The label `backport release/2.0` carries changes to it. `/slipway release rc` makes a candidate, `/slipway release final` the release.
        ");
        let red = vec![commit('b', CheckState::Red)];
        insta::assert_snapshot!(told("/slipway cut 2.0", Told { commits: red.clone(), ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        - react to comment 9 with 👎
        - comment on change request 1 about reply:9

        `cut` was not done: main cannot be cut from: its newest commit is not green: on 6262626262, ci is red. Ask again when one is, or name a commit of the trunk, as in “from=3f2a9c1”.
        ");
        insta::assert_snapshot!(told("/slipway cut 2.0 from=6262626", Told { commits: red, ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        - open the issue slipway:release release/2.0
        - make branch release/2.0 at 6262626262
        - make the label backport release/2.0
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        **2.0** is cut: the branch `release/2.0` is there, at 6262626262626262626262626262626262626262.

        The label `backport release/2.0` carries changes to it. `/slipway release rc` makes a candidate, `/slipway release final` the release.
        ");
        insta::assert_snapshot!(told("/slipway cut 2.0 from=6363636", Told { commits, ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        - react to comment 9 with 👎
        - comment on change request 1 about reply:9

        `cut` was not done: 6363636 is none of the newest 2 commits of main. Name one of them, or the branch that it is on.
        ");
    }

    #[test]
    fn what_exists_stays_as_it_is() {
        let branches = vec![BranchName::parse("release/1.1").unwrap()];
        insta::assert_snapshot!(told("/slipway cut 1.1", Told { branches: branches.clone(), ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        `release/1.1` is there already, so nothing was done. No issue of Slipway's tracks it.
        ");
        let tracked = Told { branches, issue: Some(("release/1.1", record("issue-2:1:cut 1.1"), Condition::Open)), ..Told::default() };
        insta::assert_snapshot!(told("/slipway cut 1.1", tracked), @"
        asked for cut
        - react to comment 9 with 👀
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        `release/1.1` is there already, made at 6161616161616161616161616161616161616161, so nothing was done. #7 tracks it.
        ");
    }

    #[test]
    fn the_same_comment_completes_what_is_missing_and_answers_as_at_first() {
        let issue = Some(("release/1.1", record("request-1:9:cut "), Condition::Open));
        let outcomes = vec![Outcome::Issue { kind: IssueKind::Release, key: "release/1.1".into(), number: Number(7) }];
        insta::assert_snapshot!(told("/slipway cut", Told { issue, outcomes, ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        - open the issue slipway:release release/1.1
        - make branch release/1.1 at 6161616161
        - make the label backport release/1.1
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        **1.1** is cut: the branch `release/1.1` is there, at 6161616161616161616161616161616161616161. #7 tracks it.

        The label `backport release/1.1` carries changes to it. `/slipway release rc` in #7 makes a candidate, `/slipway release final` the release.
        ");
        let issue = Some(("release/1.1", record("request-1:9:cut "), Condition::Closed));
        insta::assert_snapshot!(told("/slipway cut", Told { issue, ..Told::default() }), @"
        asked for cut
        - react to comment 9 with 👀
        what came of it
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        **1.1** is cut: the branch `release/1.1` is there, at 6161616161616161616161616161616161616161. #7 tracks it.

        The label `backport release/1.1` carries changes to it. `/slipway release rc` in #7 makes a candidate, `/slipway release final` the release.
        ");
    }

    #[test]
    fn a_cut_with_another_option_is_another_one() {
        let issue = Some(("release/1.1", record("request-1:9:cut 2.0"), Condition::Open));
        let told = told("/slipway cut 2.0 from=6262626", Told { issue, ..Told::default() });
        assert!(told.contains("- make branch release/2.0 at 6262626262"), "{told}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        for text in ["cut 1.4.2", "cut one", "cut 1.4 1.5", "cut 1.4 form=main", "cut 1.4 from=-x"] {
            let told = told(&format!("/slipway {text}"), Told::default());
            assert!(told.contains("👎") && !told.contains("make branch"), "{told}");
        }
    }
}

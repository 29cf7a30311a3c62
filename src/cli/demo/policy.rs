//! The scenes about the policy: a rule that is set aside for one commit, and a freeze.

use super::scenes::{Scene, branch, check, comments};
use crate::sandbox::{RepoHandle, Role};

const FIX: &str = "fix/outage";

pub const SCENES: [Scene; 4] = [
    Scene {
        title: "The shop is down. Kim asks to merge fix/outage as “Fix the outage”, and Max sets that rule aside.",
        play: |repository| {
            repository.grant("max", Role::Maintain)?;
            branch(repository, FIX, "main", "fix: answer again")?;
            let number = repository.open("kim", FIX, "main", "Fix the outage")?;
            repository.comment(number, "max", "/slipway override conventional_title reason=\"the shop is down\"").map(drop)
        },
        seen: |repository| {
            let number = repository.newest_from(FIX).unwrap_or_default();
            Ok(vec![
                ("slipway/policy passes, for this commit", check(repository, FIX, "slipway/policy")?.0 == "success"),
                ("who did it and why stays visible", comments(repository, number, "by max: the shop is down").len() == 1),
            ])
        },
    },
    Scene {
        title: "Kim pushes once more.",
        play: |repository| repository.commit(FIX, "kim", "fix: answer faster", &[("faster.txt", "")]).map(drop),
        seen: |repository| Ok(vec![("what was set aside has lapsed", check(repository, FIX, "slipway/policy")?.0 == "failure")]),
    },
    Scene {
        title: "Max says: /slipway freeze reason=\"the audit\".",
        play: |repository| {
            let number = repository.newest_from(FIX).unwrap_or_default();
            repository.comment(number, "max", "/slipway freeze reason=\"the audit\"").map(drop)
        },
        seen: |repository| {
            let (state, title) = check(repository, FIX, "slipway/freeze")?;
            Ok(vec![
                ("slipway/freeze fails on each open change request", state == "failure" && title.contains("the audit")),
                ("an issue is the freeze", freezes(repository, "open") == 1),
            ])
        },
    },
    Scene {
        title: "He closes that issue.",
        play: |repository| {
            let issues = repository.issues();
            let open = issues.iter().find(|issue| issue.state == "open" && issue.labels.iter().any(|label| label == LABEL));
            open.map_or(Ok(()), |issue| repository.close_issue(issue.number, "max"))
        },
        seen: |repository| {
            let (state, _) = check(repository, FIX, "slipway/freeze")?;
            Ok(vec![("everything may be merged again", state == "success" && freezes(repository, "closed") == 1)])
        },
    },
];

const LABEL: &str = "slipway:freeze";

fn freezes(repository: &RepoHandle, state: &str) -> usize {
    repository.issues().iter().filter(|issue| issue.state == state && issue.labels.iter().any(|label| label == LABEL)).count()
}

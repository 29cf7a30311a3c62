//! What was merged into one branch must not be forgotten in another. With the example, nothing more goes into `main` while `develop`
//! lacks something that `main` has had for longer than a day.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Rule, Rules};
use crate::domain::config::{Mode, Period, values};
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts};
use crate::domain::names::BranchName;

pub const RULE: Rule = Rule {
    name: "back_merge",
    summary: "What was merged into `from` comes into `to` in time: until it does, nothing more is merged into `from`. Only change \
              requests into `from` are judged. The time counts from the oldest commit that `to` lacks on `from`'s own line, along first \
              parents: what a merge commit brought counts from that merge. That it runs out wakes nothing by itself: a change request \
              is judged when an event comes. Merge `from` into `to` with a merge commit, since a squashed one leaves them apart.",
    example: "[rules.back_merge]\nfrom = \"main\"\nto = \"develop\"\nwithin = \"24h\"",
    own: Own::Passes,
    reads: &[],
    needs: |rules| match &rules.back_merge {
        Some(Options { from, to, .. }) => Details::from([Detail::Unmerged { from: from.clone(), to: to.clone() }]),
        None => Details::new(),
    },
    judge,
};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// The branch that holds what must come back.
    #[serde(deserialize_with = "values::branch")]
    #[schemars(with = "String", extend("default" = "main"))]
    pub from: BranchName,
    /// The branch that it must come into.
    #[serde(deserialize_with = "values::branch")]
    #[schemars(with = "String", extend("default" = "develop"))]
    pub to: BranchName,
    /// How long that may take.
    #[schemars(extend("default" = "24h"))]
    pub within: Period,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: None, from: BranchName::main(), to: BranchName::develop(), within: Period::hours(24) }
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, facts: &Facts) -> Option<Finding> {
    let Options { from, to, within, .. } = rules.back_merge.as_ref()?;
    if request.base != *from {
        return Some(Finding::holds(format!("only what goes into {from} is judged")));
    }
    let unmerged = request.details.unmerged.read().get(&(from.clone(), to.clone())).filter(|unmerged| unmerged.commits > 0);
    let late = |oldest: i64| facts.now.0.saturating_sub(oldest) > within.seconds();
    Some(match unmerged {
        None => Finding::holds(format!("{to} has all that {from} has")),
        Some(unmerged) if late(unmerged.oldest.0) => Finding::broken(
            format!("{to} lacks {} commits of {from}, the oldest for longer than {within}", unmerged.commits),
            format!("Open a change request from {from} into {to} and merge it with a merge commit; then comment `/slipway recheck` here."),
        ),
        Some(unmerged) => Finding::holds(format!("{to} lacks {} commits of {from}, none for longer than {within}", unmerged.commits)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, Unmerged};
    use crate::domain::names::Moment;
    use crate::domain::rules::tests::{facts, request};

    /// Whether something may go into the base a week in, while the other branch lacks so many commits since a moment.
    fn check(base: &str, unmerged: Option<(u64, i64)>) -> bool {
        let mut request = request("hotfix/a", base, "fix: a");
        let (main, develop) = (BranchName::main(), BranchName::develop());
        let unmerged = unmerged.map(|(commits, oldest)| ((main.clone(), develop.clone()), Unmerged { commits, oldest: Moment(oldest) }));
        // What the organisation's file asks for beside it is none of this file's.
        let other = ((develop.clone(), main.clone()), Unmerged { commits: 9, oldest: Moment(0) });
        request.details.unmerged = Asked::Answered(unmerged.into_iter().chain([other]).collect());
        let facts = Facts { now: Moment(7 * 24 * 3600), ..facts() };
        matches!(judge(&Config::parse(RULE.example).unwrap().rules, &request, &facts), Some(Finding::Holds { .. }))
    }

    #[test]
    fn what_is_not_merged_back_in_time_stops_what_comes_next() {
        assert!(check("main", None) && check("main", Some((0, 0))));
        assert!(check("main", Some((2, 6 * 24 * 3600))) && !check("main", Some((2, 6 * 24 * 3600 - 1))));
    }

    #[test]
    fn what_merges_it_back_is_not_judged() {
        assert!(check("develop", Some((2, 0))));
    }
}

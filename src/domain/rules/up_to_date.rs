//! A change request is judged and tested on what it will be merged into. With the example, one does not pass whose base has got more
//! than ten commits since, nor one that has been open for longer than thirty days.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules};
use crate::domain::config::{Mode, Period};
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts};

pub const RULE: Rule = Rule {
    name: "up_to_date",
    summary: "The head is not far behind the base, and the change request has not been open for too long. That it grows old wakes \
              nothing by itself: its age is looked at when an event comes, as a push or `/slipway recheck`.",
    example: "[rules.up_to_date]\nbehind = 10\nmax_age = \"30d\"",
    own: Own::Passes,
    reads: &[Part::Age],
    needs: |rules| rules.up_to_date.iter().filter_map(|options| options.behind.map(|_| Detail::Behind)).collect::<Details>(),
    judge,
};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// How many commits of the base the head may lack at most; 0 asks for all of them.
    pub behind: Option<u64>,
    /// How long it may have been open at most.
    pub max_age: Option<Period>,
}

fn judge(rules: &Rules, request: &ChangeRequest, facts: &Facts) -> Option<Finding> {
    let options = rules.up_to_date.as_ref()?;
    let base = &request.base;
    if let Some(most) = options.behind {
        let behind = *request.details.behind.read();
        if behind > most {
            return Some(Finding::broken(
                format!("it lacks {behind} commits of {base}, and may lack {most}"),
                format!(
                    "Run `git fetch origin`, then `git rebase origin/{base}`, and push with `--force-with-lease`; or use the button with \
                     which the forge brings a change request up to date."
                ),
            ));
        }
    }
    let age = facts.now.0.saturating_sub(request.created_at.0);
    match &options.max_age {
        Some(most) if age > most.seconds() => Some(Finding::broken(
            format!("it has been open for {} days, and may be for {most}", age / (24 * 3600)),
            format!("Close it. If it is still wanted, rebase its branch on {base} and open a new change request from it."),
        )),
        _ => Some(Finding::holds(format!("it is recent enough for {base}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::Asked;
    use crate::domain::names::Moment;
    use crate::domain::rules::tests::{facts, request};

    fn check(options: &str, behind: u64, now: i64) -> String {
        let rules = Config::parse(&format!("[rules.up_to_date]\n{options}")).unwrap().rules;
        let mut request = request("a", "main", "feat: a");
        request.details.behind = Asked::Answered(behind);
        match judge(&rules, &request, &Facts { now: Moment(now), ..facts() }).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn the_base_may_be_so_far_ahead() {
        assert_eq!(check("behind = 2", 2, 100), "");
        assert_eq!(check("behind = 0", 1, 100), "it lacks 1 commits of main, and may lack 0");
    }

    #[test]
    fn it_may_be_open_for_so_long() {
        assert_eq!(check("max_age = '1d'", 9, 50 + 24 * 3600), "");
        assert_eq!(check("max_age = '1d'", 9, 51 + 2 * 24 * 3600), "it has been open for 2 days, and may be for 1d");
    }

    #[test]
    fn an_age_alone_asks_the_forge_for_nothing() {
        let needs = |text: &str| (RULE.needs)(&Config::parse(&format!("[rules.up_to_date]\n{text}")).unwrap().rules);
        assert!(needs("max_age = '1d'").is_empty() && needs("behind = 0").contains(&Detail::Behind));
    }
}

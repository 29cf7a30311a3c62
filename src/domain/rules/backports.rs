//! A release does not leave out what was promised for it. With the example, Slipway's release change request into `release/1.2` waits
//! until each merged change request with the label `backport release/1.2` is there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules, is_own, listed};
use crate::domain::config::Mode;
use crate::domain::facts::{ChangeRequest, Detail, Facts};

pub const RULE: Rule = Rule {
    name: "backports",
    summary: "A release change request is not merged while its base lacks a merged change request that is labelled for it. Only \
              Slipway's own release change requests are judged.",
    example: "[rules.backports]\nlabel = \"backport {branch}\"",
    own: Own::Judged,
    reads: &[Part::Head, Part::Author],
    needs: |rules| rules.backports.iter().map(|options| Detail::Backports { label: options.label.clone() }).collect(),
    judge,
};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// The label of change requests that a branch is to have; `{branch}` stands for the branch's name.
    pub label: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: None, label: "backport {branch}".to_owned() }
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, facts: &Facts) -> Option<Finding> {
    let options = rules.backports.as_ref()?;
    if !is_own(request, facts) {
        return Some(Finding::holds("only releases are judged"));
    }
    let (base, label) = (&request.base, options.label.replace("{branch}", request.base.as_str()));
    let owed: Vec<_> = request
        .details
        .backports
        .read()
        .get(&options.label)
        .into_iter()
        .flatten()
        .filter(|owed| !owed.there)
        .map(|owed| owed.number)
        .collect();
    Some(if owed.is_empty() {
        Finding::holds(format!("{base} has all that is labelled {label}"))
    } else {
        Finding::broken(
            format!("{base} lacks the change requests {}, which are labelled {label}", listed(owed)),
            format!(
                "Pick each onto {base} with `git cherry-pick -x` and merge that, or take the label off where it is not wanted any more; \
                 then comment `/slipway recheck` here."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, Owed};
    use crate::domain::names::Number;
    use crate::domain::rules::tests::{facts, me, request};

    fn check(own: bool, there: &[bool]) -> String {
        let mut request = request("slipway/release/release/1.2", "release/1.2", "chore(release): 1.2.3");
        request.author = if own { me() } else { request.author };
        let owed = |(number, there): (u64, &bool)| Owed { number: Number(number), title: "fix: a".into(), there: *there };
        // What the organisation's file asks for beside it is none of this file's.
        let other = ("port {branch}".to_owned(), vec![owed((99, &false))]);
        let asked = ("backport {branch}".to_owned(), (7..).zip(there).map(owed).collect());
        request.details.backports = Asked::Answered(BTreeMap::from([other, asked]));
        match judge(&Config::parse(RULE.example).unwrap().rules, &request, &facts()).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn a_release_waits_for_what_is_labelled_for_it() {
        let why = "release/1.2 lacks the change requests 7, 9, which are labelled backport release/1.2";
        assert_eq!(check(true, &[false, true, false]), why);
        assert_eq!(check(true, &[true]), "");
    }

    #[test]
    fn only_releases_are_judged() {
        assert_eq!(check(false, &[false]), "");
    }
}

//! A change request carries the labels that it must, and none that it must not. With the example, one passes that has a label such as
//! `kind/feature`, unless it is labelled `blocked` too.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules, listed};
use crate::domain::config::{Mode, Pattern};
use crate::domain::facts::{ChangeRequest, Details, Facts};

pub const RULE: Rule = Rule {
    name: "labels",
    summary: "The change request has a label for each pattern of `all_of`, one for any pattern of `any_of`, and none that a pattern of \
              `none_of` matches.",
    example: "[rules.labels]\nany_of = [\"kind/*\"]\nnone_of = [\"blocked\", \"do not merge\"]",
    own: Own::Passes,
    reads: &[Part::Labels],
    needs: |_| Details::new(),
    judge,
};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// Each of these must match a label.
    pub all_of: Vec<Pattern>,
    /// At least one of these must match a label.
    pub any_of: Vec<Pattern>,
    /// None of these may match a label.
    pub none_of: Vec<Pattern>,
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.labels.as_ref()?;
    let labels = &request.labels;
    let is_set = |pattern: &&Pattern| labels.iter().any(|label| pattern.matches(label));
    let missing: Vec<_> = options.all_of.iter().filter(|pattern| !is_set(pattern)).collect();
    let unwanted: Vec<_> = labels.iter().filter(|label| options.none_of.iter().any(|pattern| pattern.matches(label))).collect();
    let (mut whys, mut remedies) = (Vec::new(), Vec::new());
    if !unwanted.is_empty() {
        whys.push(format!("it is labelled {}", listed(&unwanted)));
        remedies.push(format!("When nothing stands in its way any more, take the label {} off.", listed(&unwanted)));
    }
    if !missing.is_empty() {
        whys.push(format!("it has no label {}", listed(&missing)));
        remedies.push(format!("Set a label for each of: {}.", listed(&missing)));
    }
    if !options.any_of.is_empty() && !options.any_of.iter().any(|pattern| is_set(&pattern)) {
        whys.push(format!("it has none of the labels {}", listed(&options.any_of)));
        remedies.push(format!("Set one of the labels {}.", listed(&options.any_of)));
    }
    Some(if whys.is_empty() {
        Finding::holds("it has the labels that it must have, and none that it must not")
    } else {
        Finding::broken(whys.join(", and "), remedies.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::rules::tests::request;

    fn check(labels: &[&str]) -> String {
        let options = "all_of = ['area/*', 'size/?']\nany_of = ['kind/bug', 'kind/feature']\nnone_of = ['blocked', 'hold*']";
        let rules = Config::parse(&format!("[rules.labels]\n{options}")).unwrap().rules;
        let mut request = request("a", "main", "feat: a");
        request.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        match judge(&rules, &request, &Facts::default()).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn what_is_wanted_is_there_and_what_is_not_is_not() {
        assert_eq!(check(&["area/api", "size/S", "kind/bug", "other"]), "");
        assert_eq!(check(&["area/api", "kind/bug"]), "it has no label size/?");
        assert_eq!(check(&["area/api", "size/S"]), "it has none of the labels kind/bug, kind/feature");
        assert_eq!(check(&["area/api", "size/S", "kind/bug", "hold: dana", "blocked"]), "it is labelled blocked, hold: dana");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let found = check(&["blocked", "size/S"]);
        assert_eq!(found, "it is labelled blocked, and it has no label area/*, and it has none of the labels kind/bug, kind/feature");
    }
}

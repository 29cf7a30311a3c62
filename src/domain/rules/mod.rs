//! What a change request may be: one file a rule, two lines here. A rule sees only what it declared and gives one verdict.

pub mod base_branch;
pub mod conventional_title;

use schemars::JsonSchema;
use serde::Deserialize;

use super::facts::{ChangeRequest, Facts, Needs};

/// Makes the table of rules and their part of `slipway.toml` from one list, so that no rule can be in one and not in the other.
macro_rules! rules {
    ($($name:ident),*) => {
        /// `[rules]`: each rule applies only when it is named here.
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Rules {
            $(pub $name: Option<$name::Options>,)*
        }

        pub const RULES: &[Rule] = &[$($name::RULE),*];
    };
}

rules![base_branch, conventional_title];

/// An entry of the table below.
pub struct Rule {
    /// Its name in `slipway.toml`, in checks and in overrides.
    pub name: &'static str,
    /// One sentence for the reference.
    pub summary: &'static str,
    /// The lines that turn it on, for the reference.
    pub example: &'static str,
    /// What it must know beside the change request itself.
    pub needs: fn(&Rules) -> Needs,
    /// `None` where the configuration does not ask for the rule.
    pub judge: fn(&Rules, &ChangeRequest, &Facts) -> Option<Finding>,
}

/// What a rule found: it holds, or what to do about it. Both say why. The texts may quote what people wrote; templates escape them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Holds { why: String },
    Broken { why: String, remedy: String },
}

/// A finding with the name of its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub rule: &'static str,
    pub finding: Finding,
}

impl Verdict {
    pub fn is_broken(&self) -> bool {
        matches!(self.finding, Finding::Broken { .. })
    }
}

/// What the rules in force must know, beside the change request.
pub fn needs(rules: &Rules) -> Needs {
    RULES.iter().flat_map(|rule| (rule.needs)(rules)).collect()
}

/// One verdict from each rule that is in force.
pub fn judge(rules: &Rules, request: &ChangeRequest, facts: &Facts) -> Vec<Verdict> {
    let verdict = |rule: &Rule| (rule.judge)(rules, request, facts).map(|finding| Verdict { rule: rule.name, finding });
    RULES.iter().filter_map(verdict).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, Head, Need, Origin, State};
    use crate::domain::names::{BranchName, Moment, Number, Sha, UserName};

    /// An open change request from `head` into `base`, at a SHA of ones.
    pub(crate) fn request(head: &str, base: &str, title: &str) -> ChangeRequest {
        ChangeRequest {
            number: Number(1),
            title: title.to_owned(),
            body: String::new(),
            author: UserName::parse("dana").unwrap(),
            landed: None,
            state: State::Open,
            head: Head {
                branch: BranchName::parse(head).unwrap(),
                sha: Sha::parse(&"1".repeat(40)).unwrap(),
                origin: Origin::SameRepository,
            },
            base: BranchName::parse(base).unwrap(),
            updated_at: Moment(100),
        }
    }

    #[test]
    fn every_rule_is_turned_on_by_its_example_and_judges_with_only_what_it_declared() {
        for rule in RULES {
            let config = Config::parse(rule.example).unwrap_or_else(|problem| panic!("{}: {problem}", rule.name));
            let mut facts = Facts::default();
            for need in (rule.needs)(&config.rules) {
                match need {
                    Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
                    other => panic!("load {other:?} of {} here", rule.name),
                }
            }
            let finding = (rule.judge)(&config.rules, &request("feature/a", "main", "feat: a"), &facts);
            assert!(matches!(finding, Some(Finding::Holds { .. })), "{}: {finding:?}", rule.name);
            assert_eq!((rule.judge)(&Rules::default(), &request("a", "b", "c"), &Facts::default()), None);
        }
    }
}

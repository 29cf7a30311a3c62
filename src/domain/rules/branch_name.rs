//! Head branches are named as the repository wants them. With the example, `feature/login` passes and `my-changes` does not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules, listed};
use crate::domain::config::{Mode, Pattern};
use crate::domain::facts::{ChangeRequest, Details, Facts, Origin};

pub const RULE: Rule = Rule {
    name: "branch_name",
    summary: "The head branch has one of the names that are used here. What somebody calls a branch of a fork is up to them, unless \
              `forks` says otherwise.",
    example: "[rules.branch_name]\nallow = [\"feature/*\", \"fix/*\", \"docs/**\"]",
    own: Own::Passes,
    reads: &[Part::Head],
    needs: |_| Details::new(),
    judge,
};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The names that head branches may have.
    pub allow: Vec<Pattern>,
    /// Whether branches of forks are judged as well.
    #[serde(default)]
    #[schemars(extend("default" = "free"))]
    pub forks: Forks,
}

/// Whether forks may call their branches what they like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Forks {
    /// They may: such branches never come here.
    #[default]
    Free,
    /// Their branches are named as those here, without the fork's owner.
    Judged,
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.branch_name.as_ref()?;
    let (name, is_here) = (&request.head.branch, request.head.origin == Origin::SameRepository);
    Some(if !is_here && options.forks == Forks::Free {
        Finding::holds("what a fork calls its branches is up to it")
    } else if options.allow.iter().any(|pattern| pattern.matches(name.as_str())) {
        Finding::holds(format!("{name} is a name for branches here"))
    } else {
        let allowed = listed(&options.allow);
        Finding::broken(
            format!("{name} is not how branches are named here"),
            format!(
                "Name it like one of: {allowed}. Run `git branch --move {name} NEW-NAME`, push it with `git push --set-upstream origin \
                 NEW-NAME`, and open a new change request from it."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::names::RepoPath;
    use crate::domain::rules::tests::request;

    fn check(more: &str, head: &str, origin: Origin) -> bool {
        let rules = Config::parse(&format!("{}\n{more}", RULE.example)).unwrap().rules;
        let mut request = request(head, "main", "feat: a");
        request.head.origin = origin;
        matches!(judge(&rules, &request, &Facts::default()), Some(Finding::Holds { .. }))
    }

    #[test]
    fn a_name_must_match_one_of_the_patterns() {
        assert!(check("", "feature/a", Origin::SameRepository) && check("", "docs/a/b", Origin::SameRepository));
        assert!(!check("", "my-changes", Origin::SameRepository) && !check("", "feature/a/b", Origin::SameRepository));
    }

    #[test]
    fn forks_name_their_branches_themselves_unless_they_are_judged() {
        let fork = || Origin::Fork(RepoPath::parse("eve/app").unwrap());
        assert!(check("", "patch-1", fork()) && check("", "patch-1", Origin::Gone));
        assert!(!check("forks = 'judged'", "patch-1", fork()) && check("forks = 'judged'", "fix/a", fork()));
    }
}

//! Which branches may be merged where. With the example, `feature/login` may go into `main`, and somebody's fork may not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules};
use crate::domain::config::{Mode, Pattern};
use crate::domain::facts::{ChangeRequest, Details, Facts, Origin};

pub const RULE: Rule = Rule {
    name: "base_branch",
    summary: "Which head branches may be merged into which base branch. The first entry whose `into` matches the base decides; \
              a base that no entry names takes anything. A fork's branch is matched as `owner:branch`, so that no fork passes by \
              giving its branch a trusted name. An entry may name what it takes (`from`), what it does not take (`except`), or both.",
    example: "[[rules.base_branch.allow]]\ninto = \"main\"\nfrom = [\"feature/*\", \"fix/*\", \"release/*\"]",
    own: Own::Passes,
    reads: &[Part::Head],
    needs: |_| Details::new(),
    judge,
};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// Which base takes what, in the order in which they are looked through.
    pub allow: Vec<Entry>,
}

/// What certain bases take.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The base branches that this entry is about.
    pub into: Pattern,
    /// The head branches that they take; `owner:branch` (or `*:**`) for branches of forks. Any, where it is left out.
    pub from: Option<Vec<Pattern>>,
    /// The head branches of this repository that they do not take, though `from` names them.
    #[serde(default)]
    pub except: Vec<Pattern>,
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let base = request.base.as_str();
    let Some(entry) = rules.base_branch.as_ref()?.allow.iter().find(|entry| entry.into.matches(base)) else {
        return Some(Finding::holds(format!("no entry says what may be merged into {base}")));
    };
    let head = match &request.head.origin {
        Origin::SameRepository => request.head.branch.to_string(),
        Origin::Fork(path) => format!("{}:{}", path.owner(), request.head.branch),
        Origin::Gone => {
            return Some(Finding::broken(
                "the fork that the head branch belongs to is gone, so nobody can say what it is",
                "Push the commits to a branch that exists and open a new change request from it.",
            ));
        }
    };
    let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(&head));
    let listed = |patterns: &[Pattern]| patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Some(match &entry.from {
        _ if any(&entry.except) => Finding::broken(
            format!("{head} may not be merged into {base}"),
            format!("Change the base branch. {base} takes no {}.", listed(&entry.except)),
        ),
        Some(from) if !any(from) => Finding::broken(
            format!("{head} may not be merged into {base}, which takes only {}", listed(from)),
            format!("Change the base branch, or open the change request from a branch named like one of: {}.", listed(from)),
        ),
        _ => Finding::holds(format!("{head} may be merged into {base}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::names::RepoPath;
    use crate::domain::rules::tests::request;

    fn check(head: &str, base: &str, origin: Origin) -> bool {
        let allow =
            "allow = [{ into = 'main', from = ['feature/*', 'ann:fix/*'], except = ['feature/x'] }, { into = 'v*', except = ['main'] }]";
        let rules = Config::parse(&format!("[rules.base_branch]\n{allow}")).unwrap().rules;
        let mut request = request(head, base, "feat: a");
        request.head.origin = origin;
        matches!(judge(&rules, &request, &Facts::default()), Some(Finding::Holds { .. }))
    }

    fn fork(path: &str) -> Origin {
        Origin::Fork(RepoPath::parse(path).unwrap())
    }

    #[test]
    fn a_head_branch_must_match_the_list_of_its_base() {
        assert!(check("feature/a", "main", Origin::SameRepository));
        assert!(!check("develop", "main", Origin::SameRepository));
        assert!(check("develop", "staging", Origin::SameRepository));
    }

    #[test]
    fn an_exception_is_not_taken_and_everything_else_is_where_there_is_no_list() {
        assert!(!check("feature/x", "main", Origin::SameRepository));
        assert!(!check("main", "v1", Origin::SameRepository) && check("a", "v1", Origin::SameRepository));
        assert!(check("main", "v1", fork("eve/app")));
    }

    #[test]
    fn a_fork_does_not_pass_by_a_trusted_branch_name() {
        assert!(!check("feature/a", "main", fork("eve/app")));
        assert!(check("fix/a", "main", fork("ann/app")));
    }

    #[test]
    fn a_head_that_is_gone_fails_closed() {
        assert!(!check("feature/a", "main", Origin::Gone));
    }
}

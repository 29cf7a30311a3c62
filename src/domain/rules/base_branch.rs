//! Which branches may be merged where. With the example, `feature/login` may go into `main`, and somebody's fork may not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Rule, Rules};
use crate::domain::config::Pattern;
use crate::domain::facts::{ChangeRequest, Facts, Need, Origin};
use crate::domain::release;

pub const RULE: Rule = Rule {
    name: "base_branch",
    summary: "Which head branches may be merged into which base branch. The first entry whose `into` matches the base decides; \
              a base that no entry names takes anything. A fork's branch is matched as `owner:branch`, so that no fork passes by \
              giving its branch a trusted name. Slipway's own release change requests may go into any branch.",
    example: "[[rules.base_branch]]\ninto = \"main\"\nfrom = [\"feature/*\", \"fix/*\", \"release/*\"]",
    needs: |rules| rules.base_branch.iter().map(|_| Need::Me).collect(),
    judge,
};

pub type Options = Vec<Entry>;

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The base branches that this entry is about.
    pub into: Pattern,
    /// The head branches that they take; `owner:branch` (or `*:*`) for branches of forks.
    pub from: Vec<Pattern>,
}

fn judge(rules: &Rules, request: &ChangeRequest, facts: &Facts) -> Option<Finding> {
    let base = request.base.as_str();
    let Some(entry) = rules.base_branch.as_ref()?.iter().find(|entry| entry.into.matches(base)) else {
        return Some(Finding::Holds { why: format!("no entry says what may be merged into {base}") });
    };
    let of_bot = || request.author == *facts.me.read();
    if request.head.origin == Origin::SameRepository && release::is_own(&request.head.branch) && of_bot() {
        return Some(Finding::Holds { why: format!("it is Slipway's own release change request into {base}") });
    }
    let head = match &request.head.origin {
        Origin::SameRepository => request.head.branch.to_string(),
        Origin::Fork(path) => format!("{}:{}", path.owner(), request.head.branch),
        Origin::Gone => {
            return Some(Finding::Broken {
                why: "the fork that the head branch belongs to is gone, so nobody can say what it is".to_owned(),
                remedy: "Push the commits to a branch that exists and open a new change request from it.".to_owned(),
            });
        }
    };
    if entry.from.iter().any(|pattern| pattern.matches(&head)) {
        return Some(Finding::Holds { why: format!("{head} may be merged into {base}") });
    }
    let allowed = entry.from.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Some(Finding::Broken {
        why: format!("{head} may not be merged into {base}, which takes only {allowed}"),
        remedy: format!("Change the base branch, or open the change request from a branch named like one of: {allowed}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::Asked;
    use crate::domain::names::{RepoPath, UserName};
    use crate::domain::rules::tests::request;

    fn check(head: &str, base: &str, origin: Origin) -> bool {
        let rules = Config::parse("[[rules.base_branch]]\ninto='main'\nfrom=['feature/*','ann:fix/*']").unwrap().rules;
        let mut request = request(head, base, "feat: a");
        request.head.origin = origin;
        matches!(judge(&rules, &request, &facts()), Some(Finding::Holds { .. }))
    }

    fn facts() -> Facts {
        Facts { me: Asked::Answered(UserName::parse("slipway[bot]").unwrap()), ..Facts::default() }
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
    fn a_fork_does_not_pass_by_a_trusted_branch_name() {
        assert!(!check("feature/a", "main", fork("eve/app")));
        assert!(check("fix/a", "main", fork("ann/app")));
    }

    #[test]
    fn a_release_change_request_passes_if_it_is_slipways_own() {
        let rules = Config::parse("[[rules.base_branch]]\ninto='main'\nfrom=[]").unwrap().rules;
        let mut request = request("slipway/release/main", "main", "chore(release): 1.0.0");
        assert!(matches!(judge(&rules, &request, &facts()), Some(Finding::Broken { .. })));
        request.author = UserName::parse("slipway[bot]").unwrap();
        assert!(matches!(judge(&rules, &request, &facts()), Some(Finding::Holds { .. })));
    }

    #[test]
    fn a_head_that_is_gone_fails_closed() {
        assert!(!check("feature/a", "main", Origin::Gone));
    }
}

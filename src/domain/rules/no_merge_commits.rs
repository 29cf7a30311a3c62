//! The history of a change request is a straight line. With the example, one does not pass that its author brought up to date by
//! merging the base into it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Rule, Rules, listed, too_many};
use crate::domain::config::Mode;
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts};

pub const RULE: Rule = Rule {
    name: "no_merge_commits",
    summary: "No commit of the change request is a merge: it is brought up to date by rebasing it.",
    example: "[rules.no_merge_commits]",
    own: Own::Passes,
    reads: &[],
    needs: |rules| rules.no_merge_commits.iter().map(|_| Detail::Commits).collect::<Details>(),
    judge,
};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    rules.no_merge_commits.as_ref()?;
    let commits = request.details.commits.read();
    let merges: Vec<_> = commits.items.iter().filter(|commit| commit.parents > 1).map(|commit| commit.sha.short()).collect();
    Some(if !merges.is_empty() {
        // git leaves merges out when it rebases, unless it is asked not to.
        let remedy = format!("Run `git fetch origin`, then `git rebase origin/{}`, and push with `--force-with-lease`.", request.base);
        Finding::broken(format!("it has merge commits: {}", listed(merges)), remedy)
    } else if commits.cut {
        too_many(commits)
    } else {
        Finding::holds("none of its commits is a merge")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, Commit, Listed};
    use crate::domain::rules::tests::{commit, request};

    fn check(parents: usize, cut: bool) -> Option<String> {
        let mut request = request("a", "main", "feat: a");
        request.details.commits = Asked::Answered(Listed { items: vec![Commit { parents, ..commit("feat: a") }], cut });
        match judge(&Config::parse(RULE.example).unwrap().rules, &request, &Facts::default()).unwrap() {
            Finding::Holds { .. } => None,
            Finding::Broken { why, .. } => Some(why),
        }
    }

    #[test]
    fn a_commit_with_two_parents_is_named() {
        assert_eq!(check(2, true).unwrap(), "it has merge commits: 1111111111");
        assert_eq!((check(1, false), check(0, false)), (None, None));
    }

    #[test]
    fn commits_that_were_not_read_are_not_taken_to_be_good() {
        assert!(check(1, true).unwrap().contains("more than 1 commits"));
    }
}

//! Release branches take only what the trunk has. With the example, a change request into `release/1.2` passes whose commits were picked
//! from the trunk with `git cherry-pick -x`, or which a maintainer has labelled `release-only`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Rule, Rules, listed, too_many};
use crate::domain::commit;
use crate::domain::config::{Mode, Pattern, Who, values};
use crate::domain::facts::{ChangeRequest, Commit, Detail, Details, Facts};
use crate::domain::names::{BranchName, Sha};

pub const RULE: Rule = Rule {
    name: "upstream_first",
    summary: "What goes into a release branch is on the trunk already: each commit is there itself, or says with `(cherry picked from \
              commit …)` which commit of the trunk it is. A label exempts what is for the release branch alone. Merge commits are not \
              looked at.",
    example: "[rules.upstream_first]\nbranches = [\"release/*\"]\ntrunk = \"main\"\nlabel = \"release-only\"",
    own: Own::Passes,
    reads: &[],
    needs: |rules| match &rules.upstream_first {
        Some(Options { trunk, label, .. }) => {
            Details::from([Detail::Commits, Detail::Upstream(trunk.clone()), Detail::Setter(label.clone())])
        }
        None => Details::new(),
    },
    judge,
};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// The bases that take only what the trunk has.
    #[schemars(extend("default" = ["release/*"]))]
    pub branches: Vec<Pattern>,
    /// The branch that everything comes from.
    #[serde(deserialize_with = "values::branch")]
    #[schemars(with = "String", extend("default" = "main"))]
    pub trunk: BranchName,
    /// The label of change requests that are for the release branch alone.
    pub label: String,
    /// How much somebody must be allowed here for the label to count that they set.
    #[schemars(extend("default" = "maintain"))]
    pub who: Who,
}

impl Default for Options {
    fn default() -> Self {
        let branches = Pattern::try_from("release/*".to_owned()).into_iter().collect();
        Self { mode: None, branches, trunk: BranchName::main(), label: "release-only".to_owned(), who: Who::default() }
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.upstream_first.as_ref()?;
    let Options { branches, trunk, label, who, .. } = options;
    if !branches.iter().any(|pattern| pattern.matches(request.base.as_str())) {
        return Some(Finding::holds(format!("{} may take what {trunk} does not have", request.base)));
    }
    let setter = request.details.setters.read().get(label);
    if let Some((by, _)) = setter.filter(|(_, role)| who.admits(*role)) {
        return Some(Finding::holds(format!("{} has labelled it {label}", by.as_str())));
    }
    let (nothing, commits) = (BTreeSet::new(), request.details.commits.read());
    let has = request.details.upstream.read().get(trunk).unwrap_or(&nothing);
    let plain = commits.items.iter().filter(|commit| commit.parents <= 1);
    let missing: Vec<_> = plain.filter(|commit| !is_upstream(commit, has)).map(|commit| commit.sha.short()).collect();
    if missing.is_empty() {
        return Some(if commits.cut { too_many(commits) } else { Finding::holds(format!("{trunk} has each of its commits")) });
    }
    let unfit = setter.map(|(by, _)| format!(", and {}, who set the label {label}, has no right to {who}", by.as_str()));
    Some(Finding::broken(
        format!("{trunk} is not known to have: {}{}", listed(missing), unfit.unwrap_or_default()),
        format!(
            "Merge the change into {trunk} first. Then pick it from there onto {} with `git cherry-pick -x`, which notes where it comes \
             from: without that note nobody can tell. What is for {} alone needs the label {label} from somebody who has the right to {who}.",
            request.base, request.base
        ),
    ))
}

/// Whether the trunk has the commit, or the one that it says it was picked from.
fn is_upstream(commit: &Commit, has: &BTreeSet<Sha>) -> bool {
    let origin = commit::picked_from(&commit.message).and_then(|sha| Sha::parse(&sha.to_ascii_lowercase()).ok());
    has.contains(&commit.sha) || origin.is_some_and(|sha| has.contains(&sha))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, Listed, Role};
    use crate::domain::rules::tests::{commit, me, request};

    fn sha(digit: char) -> Sha {
        Sha::parse(&digit.to_string().repeat(40)).unwrap()
    }

    /// A change request into the base, with commits of ones, on a trunk that has the commit of twos.
    fn check(base: &str, commits: Vec<Commit>, setter: Option<Role>) -> String {
        let mut request = request("fix/a", base, "fix: a");
        request.details.commits = Asked::Answered(Listed { items: commits, cut: false });
        request.details.upstream = Asked::Answered(BTreeMap::from([(BranchName::main(), BTreeSet::from([sha('2')]))]));
        request.details.setters = Asked::Answered(setter.map(|role| ("release-only".to_owned(), (me(), role))).into_iter().collect());
        match judge(&Config::parse(RULE.example).unwrap().rules, &request, &Facts::default()).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn a_commit_is_on_the_trunk_or_says_which_one_it_is() {
        let picked = |digit: char| commit(&format!("fix: a\n\n(cherry picked from commit {})", sha(digit)));
        assert_eq!(check("release/1", vec![Commit { sha: sha('2'), ..commit("fix: a") }, picked('2')], None), "");
        let missing = "main is not known to have: 1111111111";
        assert_eq!([check("release/1", vec![picked('3')], None), check("release/1", vec![commit("fix: a")], None)], [missing, missing]);
    }

    #[test]
    fn merge_commits_and_other_bases_are_not_looked_at() {
        assert_eq!(check("release/1", vec![Commit { parents: 2, ..commit("Merge branch 'a'") }], None), "");
        assert_eq!(check("main", vec![commit("fix: a")], None), "");
    }

    #[test]
    fn the_label_counts_if_somebody_with_the_right_set_it() {
        assert_eq!(check("release/1", vec![commit("fix: a")], Some(Role::Maintain)), "");
        assert!(check("release/1", vec![commit("fix: a")], Some(Role::Write)).ends_with("has no right to maintain"));
    }

    #[test]
    fn the_name_of_the_trunk_is_one_that_git_allows() {
        let problem = Config::parse("[rules.upstream_first]\ntrunk = 'a..b'").unwrap_err();
        assert!(problem.line == 2 && problem.message.contains("is not a valid branch name"), "{problem}");
    }
}

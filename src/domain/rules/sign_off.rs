//! Each commit is signed off by its author, as the Developer Certificate of Origin asks (<https://developercertificate.org>). With the
//! example, a commit passes whose message ends with `Signed-off-by: Dana <dana@example.com>`, if that is its author.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Rule, Rules, too_many};
use crate::domain::config::Mode;
use crate::domain::facts::{ChangeRequest, Commit, Detail, Details, Facts};

pub const RULE: Rule = Rule {
    name: "sign_off",
    summary: "Each commit has a `Signed-off-by:` trailer with the name or the address of its author: the [Developer Certificate of \
              Origin](https://developercertificate.org). Merge commits and commits of bots need none.",
    example: "[rules.sign_off]",
    own: Own::Passes,
    reads: &[],
    needs: |rules| rules.sign_off.iter().map(|_| Detail::Commits).collect::<Details>(),
    judge,
};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    rules.sign_off.as_ref()?;
    let commits = request.details.commits.read();
    if commits.cut {
        return Some(too_many(commits));
    }
    let missing: Vec<_> = commits.items.iter().filter(|commit| !is_signed_off(commit)).map(|commit| commit.sha.short()).collect();
    if missing.is_empty() {
        return Some(Finding::holds("each commit is signed off by its author"));
    }
    Some(Finding::broken(
        format!("not signed off by their authors: {}", missing.join(", ")),
        format!("Run `git rebase --signoff {}` and push with `--force-with-lease`.", request.base),
    ))
}

fn is_signed_off(commit: &Commit) -> bool {
    let trailers = commit.message.lines().filter_map(|line| line.trim().strip_prefix("Signed-off-by:"));
    let is_authors = |signature: &str| {
        let (name, address) = signature.trim().trim_end_matches('>').split_once('<').unwrap_or((signature, ""));
        let same = |a: &str, b: &str| !a.trim().is_empty() && a.trim().eq_ignore_ascii_case(b.trim());
        same(name, &commit.author_name) || same(address, &commit.author_email)
    };
    commit.parents > 1 || commit.author_name.ends_with("[bot]") || trailers.into_iter().any(is_authors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::rules::tests::{commit, listed, request};

    fn check(commits: Vec<Commit>) -> bool {
        let mut request = request("a", "main", "feat: a");
        request.details.commits = listed(commits);
        matches!(judge(&Config::parse(RULE.example).unwrap().rules, &request, &Facts::default()), Some(Finding::Holds { .. }))
    }

    #[test]
    fn the_trailer_names_the_author_by_name_or_address() {
        assert!(check(vec![commit("feat: a\n\nSigned-off-by: D. <DANA@example.com>")]));
        assert!(check(vec![commit("feat: a\n\nSigned-off-by: dana <other@example.com>")]));
        assert!(!check(vec![commit("feat: a\n\nSigned-off-by: Eve <eve@example.com>")]));
        assert!(!check(vec![commit("feat: a"), commit("fix: b\n\nSigned-off-by: Dana <dana@example.com>")]));
    }

    #[test]
    fn merges_and_bots_need_none() {
        assert!(check(vec![Commit { parents: 2, ..commit("Merge main") }]));
        assert!(check(vec![Commit { author_name: "dependabot[bot]".into(), ..commit("build: b") }]));
    }
}

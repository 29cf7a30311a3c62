//! What stands on the base afterwards is conventional, by the way in which the change request would be merged. With the example, one
//! that is squashed needs a conventional title, and one that is rebased needs a conventional message on each commit.

use super::subject::{self, Subject};
use super::{Finding, Own, Part, Rule, Rules, too_many};
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts, MergeMethod};

pub use super::subject::Options;

pub const RULE: Rule = Rule {
    name: "conventional_commits",
    summary: "The messages that merging would leave on the base follow [Conventional \
              Commits](https://www.conventionalcommits.org/en/v1.0.0/): the squash commit's where the repository squashes, and each \
              commit's where it merges or rebases. Where it allows several ways, the likeliest one counts. Merge commits need no type.",
    example: "[rules.conventional_commits]\ntypes = [\"feat\", \"fix\", \"docs\", \"chore\"]",
    own: Own::Passes,
    reads: &[Part::Title],
    needs: |rules| match rules.conventional_commits {
        Some(_) => Details::from([Detail::Merging, Detail::Commits]),
        None => Details::new(),
    },
    judge,
};

fn judge(rules: &Rules, request: &ChangeRequest, facts: &Facts) -> Option<Finding> {
    let words = rules.conventional_commits.as_ref()?;
    let methods = facts.merging.read().as_ref().map(|merging| merging.methods.as_slice()).unwrap_or_default();
    Some(match methods.first() {
        Some((MergeMethod::Squash, messages)) => of_squash(messages.first().map(String::as_str), request, words),
        Some((MergeMethod::Rebase, _)) => of_commits("rebased", request, words),
        Some((MergeMethod::Merge, _)) => of_commits("merged with a merge commit", request, words),
        None => Finding::broken(
            "the forge does not say in which way it would be merged",
            "Allow at least one way of merging in the repository's settings, then comment `/slipway recheck`.",
        ),
    })
}

fn of_squash(message: Option<&str>, request: &ChangeRequest, words: &Options) -> Finding {
    let text = message.and_then(|message| message.lines().next()).unwrap_or(&request.title).trim();
    // Forges take the title, or the message of a single commit, or a template; only the first is repaired in the change request.
    let repair = if text.starts_with(request.title.trim()) {
        "Edit the title"
    } else {
        "Reword the commit with `git commit --amend` (or the forge's template for squash messages, if the repository has one)"
    };
    let finding = subject::judge(Subject { text, what: "the squash commit's message", repair }, words);
    told("squashed", finding)
}

fn of_commits(how: &str, request: &ChangeRequest, words: &Options) -> Finding {
    let commits = request.details.commits.read();
    let repair = format!("Run `git rebase --interactive {}` and `reword` it", request.base);
    let of_one = |commit: &crate::domain::facts::Commit| {
        let what = format!("commit {}", commit.sha.short());
        let text = commit.message.trim_start().lines().next().unwrap_or_default();
        subject::judge(Subject { text, what: &what, repair: &repair }, words)
    };
    let plain = commits.items.iter().filter(|commit| commit.parents <= 1);
    match plain.map(of_one).find(|finding| matches!(finding, Finding::Broken { .. })) {
        Some(finding) => told(how, finding),
        None if commits.cut => told(how, too_many(commits)),
        None => Finding::holds(format!("it would be {how}, and each commit is conventional")),
    }
}

/// With the way of merging that it was judged for.
fn told(how: &str, finding: Finding) -> Finding {
    match finding {
        Finding::Holds { why } => Finding::holds(format!("it would be {how}, and {why}")),
        Finding::Broken { why, remedy } => Finding::broken(format!("it would be {how}, and {why}"), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, Commit, Listed, Merging};
    use crate::domain::rules::tests::{commit, facts, listed, request};

    fn check(methods: &[(MergeMethod, &str)], title: &str, commits: Vec<Commit>) -> Result<String, (String, String)> {
        let rules = Config::parse("[rules.conventional_commits]").unwrap().rules;
        let methods = methods.iter().map(|(method, message)| (*method, vec![(*message).to_owned()])).collect();
        let facts = Facts { merging: Asked::Answered(Some(Merging { methods })), ..facts() };
        let mut request = request("a", "main", title);
        request.details.commits = listed(commits);
        match judge(&rules, &request, &facts).unwrap() {
            Finding::Holds { why } => Ok(why),
            Finding::Broken { why, remedy } => Err((why, remedy)),
        }
    }

    #[test]
    fn where_it_is_squashed_the_squash_message_counts() {
        let ways = |message| [(MergeMethod::Squash, message), (MergeMethod::Merge, "x")];
        let found = check(&ways("feat: a (#1)\n\n* wip"), "feat: a", vec![commit("wip")]);
        assert_eq!(found.unwrap(), "it would be squashed, and the squash commit's message is a conventional feat");
        assert!(check(&ways("Add a (#1)"), "Add a", vec![]).unwrap_err().1.starts_with("Edit the title to read like"));
        assert!(check(&ways("Add a"), "feat: a", vec![]).unwrap_err().1.starts_with("Reword the commit with `git commit --amend`"));
    }

    #[test]
    fn where_it_is_not_each_commit_counts_but_merges() {
        let ways = [(MergeMethod::Rebase, "feat: a")];
        let merge = Commit { parents: 2, ..commit("Merge branch 'main'") };
        assert!(check(&ways, "Add a", vec![commit("feat: a"), merge]).is_ok());
        let (why, remedy) = check(&ways, "feat: a", vec![commit("feat: a"), commit("more")]).unwrap_err();
        assert_eq!(why, "it would be rebased, and commit 1111111111 has no `type: ` before its description");
        assert_eq!(remedy, "Run `git rebase --interactive main` and `reword` it to read like “feat: what changes”.");
    }

    #[test]
    fn a_commit_that_only_says_that_it_is_a_merge_is_judged() {
        assert!(check(&[(MergeMethod::Merge, "x")], "feat: a", vec![commit("Merge branch 'x'")]).is_err());
    }

    #[test]
    fn what_cannot_be_seen_does_not_pass() {
        assert!(check(&[], "feat: a", vec![commit("feat: a")]).unwrap_err().0.contains("does not say"));
        let mut request = request("a", "main", "feat: a");
        request.details.commits = Asked::Answered(Listed { items: vec![commit("feat: a")], cut: true });
        assert!(matches!(of_commits("merged", &request, &Options::default()), Finding::Broken { .. }));
    }
}

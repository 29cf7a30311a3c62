//! Nothing that is marked as unfinished is merged. With the example, a commit `fixup! feat: a` and a draft do not pass.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules, too_many};
use crate::domain::config::Mode;
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts, Readiness};

pub const RULE: Rule = Rule {
    name: "no_fixup",
    summary: "Neither the title nor a commit says that it is unfinished: `fixup!`, `squash!` and `amend!`, which git takes back when it \
              rebases with `--autosquash`, and words such as `WIP`. A draft is unfinished as well.",
    example: "[rules.no_fixup]",
    own: Own::Passes,
    reads: &[Part::Title],
    needs: |rules| rules.no_fixup.iter().map(|_| Detail::Commits).collect::<Details>(),
    judge,
};

/// What `git commit --fixup` and `--squash` write (<https://git-scm.com/docs/git-rebase#_options>, `--autosquash`).
const MARKS: [&str; 3] = ["fixup!", "squash!", "amend!"];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// The words at the start of a title or commit that say so too, in either case, followed by anything but a letter or digit.
    pub words: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: None, words: ["WIP", "DO NOT MERGE", "DNM"].map(str::to_owned).to_vec() }
    }
}

impl Options {
    fn mark<'a>(&'a self, subject: &str) -> Option<&'a str> {
        let subject = subject.trim_start_matches(['[', '(', ' ']).to_lowercase();
        let ends = |rest: &str| !rest.starts_with(char::is_alphanumeric);
        let says = |word: &&str| subject.strip_prefix(&word.to_lowercase()).is_some_and(ends);
        MARKS.into_iter().find(|mark| subject.starts_with(mark)).or_else(|| self.words.iter().map(String::as_str).find(says))
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.no_fixup.as_ref()?;
    if request.readiness == Readiness::Draft {
        return Some(Finding::broken("it is a draft", "Mark it as ready when it is."));
    }
    if let Some(mark) = options.mark(&request.title) {
        return Some(Finding::broken(format!("the title starts with {mark}"), "Edit the title when it is ready."));
    }
    let commits = request.details.commits.read();
    let found = commits.items.iter().find_map(|commit| Some((commit, options.mark(&commit.message)?)));
    Some(match found {
        Some((commit, mark)) => Finding::broken(
            format!("commit {} starts with {mark}", commit.sha.short()),
            format!("Run `git rebase --interactive --autosquash {}` and push with `--force-with-lease`.", request.base),
        ),
        None if commits.cut => too_many(commits),
        None => Finding::holds("neither title nor commits are marked as unfinished"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::rules::tests::{commit, listed, request};

    fn check(title: &str, message: &str) -> String {
        let rules = Config::parse(RULE.example).unwrap().rules;
        let mut request = request("a", "main", title);
        request.details.commits = listed([commit(message)]);
        match judge(&rules, &request, &Facts::default()).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn what_git_would_squash_is_found_in_title_and_commits() {
        assert_eq!(check("feat: a", "fixup! feat: a"), "commit 1111111111 starts with fixup!");
        assert_eq!(check("squash! a", "feat: a"), "the title starts with squash!");
        assert_eq!(check("feat: a", "feat: a\n\nfixup! is a word here"), "");
    }

    #[test]
    fn a_word_counts_alone_and_at_the_start() {
        assert_eq!(check("[WIP] a", "feat: a"), "the title starts with WIP");
        assert_eq!(check("wip: a", "feat: a"), "the title starts with WIP");
        assert_eq!(check("Wiping tables", "feat: a"), "");
    }

    #[test]
    fn a_draft_is_unfinished() {
        let rules = Config::parse(RULE.example).unwrap().rules;
        let request = ChangeRequest { readiness: Readiness::Draft, ..request("a", "main", "feat: a") };
        assert_eq!(judge(&rules, &request, &Facts::default()), Some(Finding::broken("it is a draft", "Mark it as ready when it is.")));
    }
}

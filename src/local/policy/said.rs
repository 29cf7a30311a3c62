//! What the message of a merge says of the change request that it merged, in the forms of both forges. What it does not say stays unknown.

use crate::domain::commit::{self, Message};

/// What was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `#7`, or `!7`.
    pub label: Option<String>,
    pub title: Option<String>,
    pub head: Option<Head>,
    pub base: Option<String>,
}

/// The branch that was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub whose: Whose,
    pub branch: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// GitHub names the owner of each head.
    Owner(String),
    /// GitLab names none, nor does git for a branch of the same clone.
    Unsaid,
    /// It was pulled by hand from an address.
    Pulled,
}

/// What a merge commit says.
pub fn by_merge(message: &str) -> Said {
    let message = Message::new(message);
    let (subject, text) = (message.subject(), message.text());
    let body = text.get(subject.len()..).unwrap_or_default();
    if let Some(said) = subject.strip_prefix("Merge pull request ").and_then(|rest| by_github(rest, body)) {
        return said;
    }
    let label = commit::request(text).map(str::to_owned);
    if let Some(rest) = subject.strip_prefix("Merge branch '") {
        let title = label.as_ref().and_then(|_| first_line(body));
        return Said { label, title, ..by_git(rest) };
    }
    if let Some(rest) = subject.strip_prefix("Merge remote-tracking branch 'origin/") {
        return Said { label, ..by_git(rest) };
    }
    by_squash(subject).unwrap_or(Said { label, ..Said::default() })
}

/// What the only commit says that a change request was squashed to; `None` where it is none.
pub fn by_squash(message: &str) -> Option<Said> {
    let message = Message::new(message);
    let (title, label) = message.subject().strip_suffix(')')?.rsplit_once(" (")?;
    is_label(label).then(|| Said { label: Some(label.to_owned()), title: filled(title), ..Said::default() })
}

/// `#7 from owner/branch`, with the title below.
fn by_github(rest: &str, body: &str) -> Option<Said> {
    let (label, from) = rest.split_once(" from ").unwrap_or((rest, ""));
    let head = from.split_once('/').map(|(owner, branch)| Head { whose: Whose::Owner(owner.to_owned()), branch: branch.to_owned() });
    is_label(label).then(|| Said { label: Some(label.to_owned()), title: first_line(body), head, base: None })
}

/// `branch' into 'base'`, as GitLab and, without the second quotes, git itself have it. What is `branch' of https://…` was pulled.
fn by_git(rest: &str) -> Said {
    let (named, base) = rest.rsplit_once(" into ").map_or((rest, None), |(named, base)| (named, filled(base.trim_matches('\''))));
    let (named, whose) = named.split_once("' of ").map_or((named, Whose::Unsaid), |(named, _)| (named, Whose::Pulled));
    let head = filled(named.trim_end_matches('\'')).map(|branch| Head { whose, branch });
    Said { head, base, ..Said::default() }
}

/// The title in the body of a merge, unless there is only what comes behind it.
fn first_line(body: &str) -> Option<String> {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty())?;
    (!line.starts_with("See merge request ")).then(|| line.to_owned())
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_label(text: &str) -> bool {
    text.strip_prefix(['#', '!']).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Label, title, head and base, with `-` for what is not known.
    fn shown(said: &Said) -> [String; 4] {
        let head = said.head.as_ref().map(|Head { whose, branch }| match whose {
            Whose::Owner(owner) => format!("{owner}:{branch}"),
            Whose::Unsaid => branch.clone(),
            Whose::Pulled => format!("?:{branch}"),
        });
        [said.label.clone(), said.title.clone(), head, said.base.clone()].map(|part| part.unwrap_or_else(|| "-".into()))
    }

    #[test]
    fn both_forges_name_number_title_and_branch() {
        let github = by_merge("Merge pull request #7 from eve/feature/a\r\n\r\nfeat: a\r\n\r\nMore.");
        assert_eq!(shown(&github), ["#7", "feat: a", "eve:feature/a", "-"]);
        let gitlab = by_merge("Merge branch 'feature/a' into 'main'\n\nfeat: a\n\nCloses #1\n\nSee merge request g/app!8");
        assert_eq!(shown(&gitlab), ["!8", "feat: a", "feature/a", "main"]);
    }

    #[test]
    fn a_title_as_the_subject_hides_the_branch() {
        assert_eq!(shown(&by_merge("feat: a (#5) (#7)\n\nWhy.")), ["#7", "feat: a (#5)", "-", "-"]);
        assert_eq!(by_squash("feat: a (#7)").map(|said| shown(&said)), Some(["#7", "feat: a", "-", "-"].map(str::to_owned)));
        assert!(by_squash("feat: a\n\nb (#7)").is_none() && by_squash("Revert \"a (#7)\"").is_none() && by_squash("a (#)").is_none());
    }

    #[test]
    fn merges_by_hand_name_no_title() {
        assert_eq!(shown(&by_merge("Merge branch 'a'\n\n# Conflicts:")), ["-", "-", "a", "-"]);
        assert_eq!(shown(&by_merge("Merge branch 'a' into develop")), ["-", "-", "a", "develop"]);
        assert_eq!(shown(&by_merge("Merge branch 'main' of https://x/y into main")), ["-", "-", "?:main", "main"]);
        assert_eq!(shown(&by_merge("Merge remote-tracking branch 'origin/main'")), ["-", "-", "main", "-"]);
        assert_eq!(shown(&by_merge("Bring it all together")), ["-"; 4]);
    }

    #[test]
    fn a_gitlab_merge_without_a_title_has_none() {
        assert_eq!(shown(&by_merge("Merge branch 'a' into 'main'\n\nSee merge request g/app!8")), ["!8", "-", "a", "main"]);
    }
}

//! Commits become notes: sections in a fixed order, breaking changes first, and what could not be read listed with its reason.

use super::commit;
use super::facts::{Landed, MergeOrNot};
use super::names::Sha;

/// The notes of one release, before they are worded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    pub sections: Vec<Section>,
    /// Changes that follow no convention: never lost, listed last.
    pub ignored: Vec<Ignored>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub title: &'static str,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub scope: Option<String>,
    pub text: String,
    pub sha: Sha,
    /// The change requests it came through, as people write them.
    pub references: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    pub subject: String,
    pub sha: Sha,
    pub reason: &'static str,
}

const BREAKING: &str = "Breaking changes";

/// Which types are shown, and under which heading; the others (`chore`, `ci`, `test`, …) say nothing to a user.
const SECTIONS: [(&str, &str); 5] =
    [("feat", "Features"), ("fix", "Bug fixes"), ("perf", "Performance"), ("revert", "Reverts"), ("docs", "Documentation")];

/// Sorts the commits of a release, newest last as git gives them, into notes.
pub fn write(landed: &[Landed]) -> Notes {
    let mut notes = Notes::default();
    let mut found: Vec<(&str, Entry)> = Vec::new();
    for Landed { commit, through } in landed.iter().filter(|landed| landed.commit.merge == MergeOrNot::Plain) {
        let subject = commit.message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        match commit::parse(&commit.message) {
            Err(reason) => notes.ignored.push(Ignored { subject: subject.to_owned(), sha: commit.sha.clone(), reason }),
            Ok(read) => {
                let references: Vec<_> = through.iter().map(|request| request.label.clone()).collect();
                let text = without_references(&read.description, &references);
                let entry = Entry { scope: read.scope, text, sha: commit.sha.clone(), references };
                if let Some(what) = read.breaking {
                    found.push((BREAKING, Entry { text: without_references(&what, &entry.references), ..entry.clone() }));
                }
                found.extend(SECTIONS.iter().find(|(kind, _)| *kind == read.kind).map(|(_, title)| (*title, entry)));
            }
        }
    }
    for title in std::iter::once(BREAKING).chain(SECTIONS.map(|(_, title)| title)) {
        let entries: Vec<_> = found.iter().filter(|(at, _)| *at == title).map(|(_, entry)| entry.clone()).collect();
        if !entries.is_empty() {
            notes.sections.push(Section { title, entries });
        }
    }
    notes
}

/// A squash title ends in `(#12)`; the entry links the change request anyway.
fn without_references(description: &str, references: &[String]) -> String {
    let mut text = description.trim();
    for reference in references {
        text = text.strip_suffix(&format!("({reference})")).unwrap_or(text).trim_end();
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::{Commit, MergedRequest};
    use crate::domain::names::Number;

    fn landed(message: &str, request: Option<u64>) -> Landed {
        let commit = Commit { sha: Sha::parse(&"a".repeat(40)).unwrap(), message: message.into(), merge: MergeOrNot::Plain };
        let through = request.map(|n| MergedRequest { number: Number(n), label: format!("#{n}") });
        Landed { commit, through: through.into_iter().collect() }
    }

    fn outline(notes: &Notes) -> Vec<String> {
        let line = |s: &Section| format!("{}: {}", s.title, s.entries.iter().map(|e| e.text.as_str()).collect::<Vec<_>>().join(", "));
        notes.sections.iter().map(line).collect()
    }

    #[test]
    fn breaking_changes_come_first_and_housekeeping_not_at_all() {
        let notes = write(&[landed("fix: b", None), landed("chore: c", None), landed("feat!: a", None)]);
        assert_eq!(outline(&notes), ["Breaking changes: a", "Features: a", "Bug fixes: b"]);
    }

    #[test]
    fn a_squash_title_does_not_repeat_its_reference() {
        let notes = write(&[landed("feat: a (#7)", Some(7))]);
        assert_eq!(outline(&notes), ["Features: a"]);
        assert_eq!(notes.sections[0].entries[0].references, ["#7"]);
    }

    #[test]
    fn what_cannot_be_read_is_listed_with_its_reason() {
        let notes = write(&[landed("Add a thing", None)]);
        assert_eq!(notes.ignored[0].subject, "Add a thing");
    }

    #[test]
    fn a_merge_commit_says_nothing_of_its_own() {
        let mut merge = landed("feat: a", None);
        merge.commit.merge = MergeOrNot::Merge;
        assert_eq!(write(&[merge]), Notes::default());
    }
}

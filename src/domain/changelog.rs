//! Changes become notes: sections in the repository's order, breaking changes first, each change once.

use super::changes::{Change, Ignored, Reason, Told};
use super::commit;
use super::convention::{BREAKING, Convention, OTHER};
use super::history::Graph;
use super::names::Sha;

/// The notes of one release, before they are worded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    pub sections: Vec<Section>,
    /// What is not told, and why.
    pub ignored: Vec<Ignored>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    /// Oldest first.
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub sha: Sha,
    pub kind: String,
    pub scope: Option<String>,
    pub text: String,
    /// What breaks, where that is more than the text says.
    pub breaking: Option<String>,
    /// The change request that it came through and what it closes, as people write them.
    pub references: Vec<String>,
    /// Who made it: the forge's name with an `@`, or what the commit says.
    pub authors: Vec<String>,
}

/// Sorts what a range tells under its headings.
pub fn write(told: Told, graph: &Graph, convention: &Convention) -> Notes {
    let titles = convention.sections.iter().map(|heading| heading.title.as_str());
    let mut sections: Vec<Section> = Vec::new();
    for title in std::iter::once(BREAKING).chain(titles).chain([OTHER]) {
        if !sections.iter().any(|section| section.title == title) {
            sections.push(Section { title: title.to_owned(), entries: Vec::new() });
        }
    }
    for change in told.changes {
        let title = convention.heading(&change);
        if let Some(section) = sections.iter_mut().find(|section| Some(section.title.as_str()) == title) {
            section.entries.extend(entry(change, graph));
        }
    }
    sections.retain(|section| !section.entries.is_empty());
    Notes { sections, ignored: told.ignored }
}

fn entry(change: Change, graph: &Graph) -> Option<Entry> {
    let commit = graph.commit(change.commit)?;
    let request = change.request.and_then(|at| graph.window.requests.get(at));
    let author = request.and_then(|request| request.author.as_ref()).or(commit.author.login.as_ref());
    let author = author.map_or_else(|| commit.author.name.clone(), |login| format!("@{login}"));
    let helpers = commit::co_authors(&commit.message).into_iter().map(|helper| helper.split(" <").next().unwrap_or(helper).to_owned());
    let mut authors: Vec<String> = Vec::new();
    for name in std::iter::once(author).chain(helpers).filter(|name| !name.is_empty()) {
        if !authors.contains(&name) {
            authors.push(name);
        }
    }
    Some(Entry {
        sha: commit.sha.clone(),
        kind: change.kind,
        scope: change.scope,
        breaking: change.breaking.filter(|text| *text != change.description),
        text: change.description,
        references: change.references,
        authors,
    })
}

impl Notes {
    /// Those that somebody may have meant to be told.
    pub fn unread(&self) -> impl Iterator<Item = &Ignored> {
        self.ignored.iter().filter(|ignored| matches!(ignored.reason, Reason::Unread(_)))
    }

    /// What is not told although it could be: the commits of a merge are told themselves, and a release tells of others.
    pub fn left_out(&self) -> impl Iterator<Item = &Ignored> {
        self.ignored.iter().filter(|ignored| !matches!(ignored.reason, Reason::Merge | Reason::Release))
    }

    #[must_use]
    pub fn without_authors(mut self) -> Self {
        self.sections.iter_mut().flat_map(|section| &mut section.entries).for_each(|entry| entry.authors.clear());
        self
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sections.iter().flat_map(|section| &section.entries)
    }
}

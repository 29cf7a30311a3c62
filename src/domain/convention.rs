//! What the types of a repository's commits mean: which version part each raises, and under which heading it is shown.

use std::collections::BTreeMap;

use super::changes::Change;
use super::commit::Bullets;
use super::version::Bump;

/// The heading of changes that break something.
pub const BREAKING: &str = "Breaking changes";
/// The heading that updates of dependencies stand under, whatever their type.
pub const DEPENDENCIES: &str = "Dependencies";
/// The heading of changes that keep to no convention, where the repository lists them.
pub const OTHER: &str = "Other changes";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convention {
    pub bullets: Bullets,
    /// What a change releases that keeps to no convention; `None`: it is not told at all.
    pub unconventional: Option<Bump>,
    /// What a breaking change of any type releases.
    pub breaking: Option<Bump>,
    /// What each type releases; a type that is not named releases nothing.
    pub bumps: BTreeMap<String, Bump>,
    /// In the order in which they are shown.
    pub sections: Vec<Heading>,
}

/// A heading and the types that stand under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub title: String,
    pub types: Vec<String>,
}

impl Default for Convention {
    fn default() -> Self {
        let bumps = [("feat", Bump::Minor), ("fix", Bump::Patch), ("perf", Bump::Patch), ("revert", Bump::Patch), ("deps", Bump::Patch)];
        let sections = [("Features", "feat"), ("Bug fixes", "fix"), ("Performance", "perf"), (DEPENDENCIES, "deps"), ("Reverts", "revert")];
        Self {
            bullets: Bullets::default(),
            unconventional: None,
            breaking: Some(Bump::Major),
            bumps: bumps.map(|(kind, bump)| (kind.to_owned(), bump)).into(),
            sections: sections.map(|(title, kind)| Heading { title: title.to_owned(), types: vec![kind.to_owned()] }).into(),
        }
    }
}

impl Convention {
    /// What a release must raise at least, if the change asks for one.
    pub fn bump(&self, change: &Change) -> Option<Bump> {
        self.raised(&change.kind, change.breaking.as_deref())
    }

    /// The heading that the change is shown under.
    pub fn heading(&self, change: &Change) -> Option<&str> {
        let shown = self.shown(&change.kind, change.breaking.as_deref())?;
        let is_update = change.breaking.is_none() && change.scope.as_deref().is_some_and(|scope| matches!(scope, "deps" | "deps-dev"));
        Some(self.shown("deps", None).filter(|_| is_update).unwrap_or(shown))
    }

    /// Whether a change of a type, and with what it breaks, is shown or released at all.
    pub fn counts(&self, kind: &str, breaking: Option<&str>) -> bool {
        self.shown(kind, breaking).is_some() || self.raised(kind, breaking).is_some()
    }

    fn raised(&self, kind: &str, breaking: Option<&str>) -> Option<Bump> {
        if kind.is_empty() {
            return self.unconventional;
        }
        let own = self.bumps.get(kind).copied();
        if breaking.is_some() && self.knows(kind) { self.breaking.max(own) } else { own }
    }

    fn shown(&self, kind: &str, breaking: Option<&str>) -> Option<&str> {
        if kind.is_empty() {
            return self.unconventional.map(|_| OTHER);
        }
        if breaking.is_some() && self.knows(kind) {
            return Some(BREAKING);
        }
        let heading = self.sections.iter().find(|heading| heading.types.iter().any(|named| named == kind));
        heading.map(|heading| heading.title.as_str())
    }

    /// A word that is no type of the convention's, nor one that the repository names, is a title that happens to have a colon.
    fn knows(&self, kind: &str) -> bool {
        let named = self.bumps.contains_key(kind) || self.sections.iter().any(|heading| heading.types.iter().any(|named| named == kind));
        named || super::commit::TYPES.contains(&kind)
    }
}

//! A place in a text that holds a version, and what a release writes there. Must not know formats.

use std::ops::Range;

use super::{Release, requirement};

/// A place that holds a version: the bytes between the quotes, if there are quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub at: Range<usize>,
    pub role: Role,
    pub style: Style,
}

/// Whose version it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The release's own.
    Own,
    /// The release's own, but stated elsewhere: a word that says so stands here.
    Inherited,
    /// A package of the repository, in a lock file.
    Member(String),
    /// What a Cargo manifest requires of a package.
    CargoRequirement(String),
    /// What an npm manifest or lock file accepts of a package.
    NpmRange(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Anything can be written there.
    Verbatim,
    /// A YAML scalar without quotes, which must not turn into a number.
    Unquoted,
}

impl Spot {
    pub fn new(at: Range<usize>, role: Role) -> Self {
        Self { at, role, style: Style::Verbatim }
    }

    pub fn own(at: Range<usize>) -> Self {
        Self::new(at, Role::Own)
    }

    /// What belongs there, which may be what is there; nothing if the release does not touch that package.
    pub fn text(&self, old: &str, release: &Release) -> Option<String> {
        let released = |name: &String| release.packages.get(name).map(String::as_str);
        match &self.role {
            Role::Own => Some(self.styled(old, release.version)),
            Role::Inherited => Some(old.to_owned()),
            Role::Member(name) => Some(self.styled(old, released(name)?)),
            Role::CargoRequirement(name) => Some(requirement::cargo(old, released(name)?)),
            Role::NpmRange(name) => Some(requirement::npm(old, released(name)?)),
        }
    }

    fn styled(&self, old: &str, new: &str) -> String {
        let v = if without_v(old).len() < old.len() { "v" } else { "" };
        let new = format!("{v}{new}");
        // `1.10` without quotes is the number 1.1.
        if self.style == Style::Unquoted && new != old && new.parse::<f64>().is_ok() { format!("\"{new}\"") } else { new }
    }
}

/// Image tags and the like say `v1.2.0`: the letter is theirs, not the version's.
pub fn without_v(text: &str) -> &str {
    text.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text)
}

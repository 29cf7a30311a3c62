//! One commit message becomes the changes it tells of, by Conventional Commits 1.0.0
//! (<https://www.conventionalcommits.org/en/v1.0.0/>) and by what forges, tools and people make of messages: squashed bodies,
//! nested blocks, merges, reverts. Total: what is not conventional has a reason, never an error. Nothing is copied that need
//! not be, since a whole history is read this way.

mod body;
mod header;
mod revert;
mod trailers;
mod words;

use std::borrow::Cow;

pub use self::header::{Header, is_merge};
pub use self::revert::Revert;
pub use self::trailers::{co_authors, merged_branch, numbers, picked_from, picks, references, release_as, request, split_numbers};

/// Longer messages are cut here; nothing that decides a release stands so far down.
const LONGEST: usize = 64 * 1024;

/// The types that start a change of their own inside a body; elsewhere any word may be a type.
pub const TYPES: [&str; 13] =
    ["feat", "feature", "fix", "perf", "revert", "docs", "style", "refactor", "test", "build", "ci", "chore", "deps"];

/// When the `* type: description` bullets that GitHub writes into a squash body are changes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bullets {
    /// When the title itself is not conventional: otherwise it has said what the change is, and the bullets say how it was made.
    #[default]
    Fallback,
    /// Always, beside the change that the title tells.
    Always,
    /// Never.
    Never,
}

/// A message, ready to be read: no byte order mark, no carriage returns, no blank edges, not over-long.
#[derive(Debug, Clone)]
pub struct Message<'a>(Cow<'a, str>);

impl<'a> Message<'a> {
    pub fn new(text: &'a str) -> Self {
        let cut = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
        let trimmed = cut.trim_start_matches('\u{feff}').trim();
        Self(if memchr::memchr(b'\r', trimmed.as_bytes()).is_some() {
            Cow::Owned(trimmed.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(trimmed)
        })
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn subject(&self) -> &str {
        let end = memchr::memchr(b'\n', self.0.as_bytes()).unwrap_or(self.0.len());
        self.0.get(..end).unwrap_or_default().trim_end()
    }
}

/// One change that a message tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'m> {
    pub header: Header<'m>,
    /// What breaks, when something does: the `BREAKING CHANGE` text, or the description where only `!` says so.
    pub breaking: Option<Cow<'m, str>>,
    /// Everything after the header, for references and trailers.
    pub body: &'m str,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<'m> {
    Changes(Vec<Change<'m>>),
    /// It takes back other commits.
    Revert(Revert<'m>),
    /// Why it is not conventional, as the end of a sentence that starts with "it".
    Unread(&'static str),
}

/// What the message takes back, if it is a revert.
pub fn revert<'m>(message: &'m Message<'_>) -> Option<Revert<'m>> {
    revert::parse(header::without_merge(message.text()))
}

/// Reads a message. A merge's own header is looked through: its body is the change request's title.
pub fn read<'m>(message: &'m Message<'_>, bullets: Bullets) -> Reading<'m> {
    let text = header::without_merge(message.text());
    if let Some(revert) = revert::parse(text) {
        return Reading::Revert(revert);
    }
    let mut parts = body::parts(text);
    let own = body::changes(parts.next().unwrap_or_default(), bullets);
    let nested = parts.filter_map(|part| body::changes(part, bullets).ok()).flatten();
    match own {
        Ok(mut own) => {
            own.extend(nested);
            Reading::Changes(own)
        }
        Err(reason) => match nested.collect::<Vec<_>>() {
            none if none.is_empty() => Reading::Unread(reason),
            nested => Reading::Changes(nested),
        },
    }
}

/// A title, which is a header alone.
///
/// # Errors
/// Why it is not conventional, as the end of a sentence that starts with "it".
pub fn title(text: &str) -> Result<Header<'_>, &'static str> {
    header::parse(text.lines().next().unwrap_or_default())
}

/// The text that a change request's description gives in place of its commits' messages, between `BEGIN_COMMIT_OVERRIDE` and
/// `END_COMMIT_OVERRIDE`; without an end, everything after the beginning (release-please's rule).
pub fn replacement(description: &str) -> Option<&str> {
    let (_, after) = description.split_once(BEGIN)?;
    let text = after.split(END).next().unwrap_or(after).trim();
    (!text.is_empty()).then_some(text)
}

/// The description with this text in place of its commits' messages, and everything else as it was.
pub fn with_replacement(description: &str, text: &str) -> String {
    let Some((before, after)) = description.split_once(BEGIN) else {
        let above = description.trim_end();
        let gap = if above.is_empty() { "" } else { "\n\n" };
        return format!("{above}{gap}<details>\n<summary>Release note</summary>\n\n{BEGIN}\n{text}\n{END}\n\n</details>\n");
    };
    let rest = after.split_once(END).map_or("", |(_, rest)| rest);
    format!("{before}{BEGIN}\n{text}\n{END}{rest}")
}

const BEGIN: &str = "BEGIN_COMMIT_OVERRIDE";
const END: &str = "END_COMMIT_OVERRIDE";

#[cfg(test)]
mod tests;

//! The few words that a message is searched for as a whole. The standard library's search prepares longer for each of them than it
//! takes to read a message, so these are prepared once.

use std::sync::LazyLock;

use memchr::memmem::Finder;

pub type Word = LazyLock<Finder<'static>>;

pub static NESTED: Word = LazyLock::new(|| Finder::new("BEGIN_NESTED_COMMIT"));
pub static BREAKING: Word = LazyLock::new(|| Finder::new("BREAKING"));
pub static PICKED: Word = LazyLock::new(|| Finder::new("(cherry picked from commit "));
pub static MERGED: Word = LazyLock::new(|| Finder::new("\nSee merge request "));

pub fn holds(text: &str, word: &Word) -> bool {
    word.find(text.as_bytes()).is_some()
}

/// What stands before the first of these words, and after it.
pub fn split<'m>(text: &'m str, word: &Word) -> Option<(&'m str, &'m str)> {
    let at = word.find(text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + word.needle().len()..)?))
}

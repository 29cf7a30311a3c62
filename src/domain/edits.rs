//! People's edits in generated notes survive: what was generated last time is remembered as a digest of each line, so that the next
//! time a line that a person changed, added, moved or deleted is told from one that is only out of date. Lines are known by keys;
//! what the notes are about, and where they stand, is not known here.

mod body;
mod draft;
mod mark;
mod merge;
#[cfg(test)]
mod tests;

pub use body::{Block, blocks, write};
pub use mark::Mark;
pub use merge::merge;

/// One line of generated text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the line is about, whatever it says: the short SHA of its commit. A line without a key is known by its text, so that
    /// it becomes another line when its text changes. Several lines may have the same key.
    pub key: Option<String>,
    /// Without a line break; empty between paragraphs.
    pub text: String,
}

/// Rendered notes as lines: a line's key is the first word in it of ten hexadecimal digits, which is how notes name a commit.
pub fn lines(text: &str) -> Vec<Line> {
    let short_sha = |word: &&str| word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let line = |text: &str| Line { key: words(text).find(short_sha).map(str::to_owned), text: text.trim_end().to_owned() };
    text.lines().map(line).collect()
}

/// What may be a key in a line that somebody has rewritten.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn joined(lines: &[Line]) -> String {
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    normal(&texts.join("\n"))
}

/// Line breaks of web forms become line breaks; no space at the ends of lines, no empty lines at the ends of the text.
fn normal(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

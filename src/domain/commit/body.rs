//! What stands below a header: further changes, and what breaks. A line counts by how it starts, never by a word inside it, and
//! not at all within a code fence.

use std::borrow::Cow;
use std::cell::LazyCell;

use super::header::{self, Header, Mark};
use super::{Bullets, Change, words};

/// A message's own text, then each of its nested blocks (release-please's form for several changes in one commit).
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    let (first, nested) = words::split(text, &words::NESTED).map_or((text, None), |(first, nested)| (first, Some(nested)));
    let nested = nested.into_iter().flat_map(|nested| nested.split("BEGIN_NESTED_COMMIT"));
    std::iter::once(first).chain(nested.map(|part| part.split("END_NESTED_COMMIT").next().unwrap_or_default())).map(str::trim)
}

/// The changes that a message without nested blocks tells of: its header's, and those that start below it.
///
/// # Errors
/// Why there is none.
pub fn changes<'m>(text: &'m str, bullets: Bullets) -> Result<Vec<Change<'m>>, &'static str> {
    let first_line = text.lines().next().unwrap_or_default();
    let first = header::parse(first_line);
    if text.len() == first_line.len() {
        // Most messages are one line, for which nothing below need be looked at.
        return first.map(|header| vec![change(header, "")]);
    }
    let listed = match bullets {
        Bullets::Never => false,
        Bullets::Always => true,
        // A bot quotes other projects' changelogs in its body.
        Bullets::Fallback => first.is_err() && !quotes_others(text),
    };
    let told = |(at, chunk): (usize, &'m str)| {
        let (line, body) = chunk.split_once('\n').unwrap_or((chunk, ""));
        let header = first.ok().filter(|_| at == 0).or_else(|| header::parse(line.trim_start_matches("* ")).ok());
        header.map(|header| change(header, body))
    };
    let told: Vec<_> = chunks(text, listed).into_iter().enumerate().filter_map(told).collect();
    match first {
        Err(reason) if told.is_empty() => Err(reason),
        _ => Ok(told),
    }
}

fn change<'m>(header: Header<'m>, body: &'m str) -> Change<'m> {
    let footer = if body.is_empty() { None } else { breaking(body) };
    let breaking = footer.or((header.marked_breaking == Mark::Breaking).then_some(Cow::Borrowed(header.description)));
    Change { header, breaking, body }
}

fn quotes_others(text: &str) -> bool {
    text.contains("dependabot") || text.contains("updated-dependencies:") || text.contains("renovate")
}

/// The parts of a message that start with a header: at the top, after a blank line, in the lines at the end, and as bullets where those count.
fn chunks(text: &str, bullets: bool) -> Vec<&str> {
    let tail = LazyCell::new(|| tail(text));
    let (mut found, mut start) = (Vec::new(), 0);
    let mut fence = Fence::default();
    let mut after_blank = false;
    for (at, line) in lines(text).skip(1) {
        let inside = fence.holds(line);
        let header = !inside && header::starts_change(line) && (after_blank || at >= *tail);
        let bullet = bullets && !inside && line.strip_prefix("* ").is_some_and(header::starts_change);
        if header || bullet {
            found.extend(text.get(start..at).map(str::trim_end));
            start = at;
        }
        after_blank = line.trim().is_empty();
    }
    found.extend(text.get(start..).map(str::trim_end));
    found
}

/// Where the last paragraph's run of headers, footers and their continuations starts: `feat: a⏎feat: b` tells of two changes,
/// but a line of prose that happens to start with `test: ` does not.
fn tail(text: &str) -> usize {
    let mut start = text.len();
    let mut at = text.len() + 1;
    for line in text.rsplit('\n') {
        at -= line.len() + 1;
        let continues = line.starts_with(' ') || line.trim().is_empty();
        if at == 0 || !(continues || footer(line).is_some() || header::starts_change(line)) {
            break;
        }
        start = at;
    }
    start
}

/// Each line with where it starts.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.scan(0, |at, end| {
        let start = std::mem::replace(at, end + 1);
        text.get(start..end).map(|line| (start, line))
    })
}

#[derive(Default)]
struct Fence {
    open: bool,
}

impl Fence {
    /// Whether the line belongs to a code fence; to be asked of every line in turn.
    fn holds(&mut self, line: &str) -> bool {
        if line.trim_start().starts_with("```") {
            self.open = !self.open;
            return true;
        }
        self.open
    }
}

/// A git trailer or footer: `Token: value` or `Token #value`, where a token is one word (specification, point 8).
pub fn footer(line: &str) -> Option<(&str, &str)> {
    if let Some(value) = breaking_footer(line) {
        return Some(("BREAKING CHANGE", value));
    }
    let end = line.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'-')).filter(|end| *end > 0)?;
    let (token, rest) = line.split_at(end);
    let value = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(" #").map(|_| rest.get(1..).unwrap_or_default()))?;
    token.starts_with(|c: char| c.is_ascii_alphabetic()).then_some((token, value.trim()))
}

/// What follows `BREAKING CHANGE:` or its synonym. Both must be in capitals (point 15); `BREAKING CHANGES:` is neither.
fn breaking_footer(line: &str) -> Option<&str> {
    let after =
        line.strip_prefix("BREAKING").and_then(|rest| rest.strip_prefix([' ', '-'])).and_then(|rest| rest.strip_prefix("CHANGE"))?;
    let value = after.strip_prefix(':')?;
    (value.is_empty() || value.starts_with(' ')).then(|| value.trim())
}

/// What breaks, as the body tells: from the marker to the next blank line or footer, with the list that may follow. The marker may
/// stand directly below other text or in a squash bullet, where the specification asks for a blank line: a breaking change that is
/// missed is worse than one that is told informally.
fn breaking(body: &str) -> Option<Cow<'_, str>> {
    if !words::holds(body, &words::BREAKING) {
        return None;
    }
    let mut fence = Fence::default();
    let mut at = lines(body).skip_while(|(_, line)| fence.holds(line) || marker(line).is_none());
    let (start, line) = at.next()?;
    let value = marker(line)?;
    let mut kept: Vec<&str> = if value.is_empty() { Vec::new() } else { vec![value] };
    let mut after_blank = false;
    for line in body.get(start + line.len()..).unwrap_or_default().lines().skip(1) {
        let text = line.trim();
        if text.is_empty() {
            after_blank = !kept.is_empty();
            continue;
        }
        let item = text.starts_with("- ")
            || text.starts_with("#### ")
            || (text.starts_with("* ") && !text.strip_prefix("* ").is_some_and(header::starts_change));
        let ends = footer(line).is_some() || is_closing(text) || header::starts_change(line);
        if ends || (after_blank && !item) || (!item && text.starts_with("* ")) {
            break;
        }
        kept.push(text);
    }
    Some(match kept.as_slice() {
        [] => return None,
        [one] => Cow::Borrowed(*one),
        several => Cow::Owned(several.join("\n")),
    })
}

fn marker(line: &str) -> Option<&str> {
    let line = line.trim_start();
    breaking_footer(line.strip_prefix("* ").unwrap_or(line))
}

/// `Fixes #12.` on a line of its own says what is closed, not what breaks.
fn is_closing(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let verb = words.next().is_some_and(super::trailers::closes);
    verb && words.next().is_some_and(|word| word.starts_with('#')) && words.next().is_none()
}

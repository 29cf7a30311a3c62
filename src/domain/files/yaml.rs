//! YAML, followed event by event with the place of every scalar. Only the first document of a file counts; anchors are not followed.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::path::Step;
use super::spot::{Role, Spot, Style};
use super::{At, FileProblem, KeyPath};

const DEEPEST: usize = 128;

/// A mapping or sequence that is open.
enum Open {
    /// Its current key, once that is read; a key that is no plain text matches nothing.
    Mapping(Option<Key>),
    Sequence(usize),
}

enum Key {
    Text(String),
    Other,
}

/// The scalar at a path.
pub fn locate(text: &str, path: &KeyPath) -> Result<Spot, FileProblem> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| FileProblem::unreadable("YAML", &error.to_string()))?;
        let here = is_value(&open) && is_at(&open, path.steps());
        match event {
            Event::Scalar(value, style, ..) if here => return scalar(text, &value, style, span).ok_or_else(|| wrong(path, &value)),
            Event::Alias(_) | Event::MappingStart(..) | Event::SequenceStart(..) if here => return Err(wrong(path, "an alias or a list")),
            Event::Scalar(value, ..) => done(&mut open, Key::Text(value.into_owned())),
            Event::Alias(_) => done(&mut open, Key::Other),
            Event::MappingStart(..) => open.push(Open::Mapping(None)),
            Event::SequenceStart(..) => open.push(Open::Sequence(0)),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                done(&mut open, Key::Other);
            }
            Event::DocumentEnd => break,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        if open.len() > DEEPEST {
            return Err(FileProblem::unreadable("YAML", "it is nested too deeply"));
        }
    }
    Err(At::absent(path.as_str()))
}

fn wrong(path: &KeyPath, found: &str) -> FileProblem {
    let found: String = found.chars().take(80).collect();
    FileProblem::new(
        format!("a version on one line at `{}`", path.as_str()),
        format!("`{found}`"),
        "Write it out there, or correct the path.",
    )
}

/// A node is complete: it was a key, or a value.
fn done(open: &mut [Open], node: Key) {
    match open.last_mut() {
        Some(Open::Mapping(key @ None)) => *key = Some(node),
        Some(Open::Mapping(key)) => *key = None,
        Some(Open::Sequence(index)) => *index += 1,
        None => {}
    }
}

fn is_value(open: &[Open]) -> bool {
    !matches!(open.last(), Some(Open::Mapping(None)))
}

fn is_at(open: &[Open], steps: &[Step]) -> bool {
    let same = |(open, step): (&Open, &Step)| match (open, step) {
        (Open::Mapping(Some(Key::Text(key))), Step::Key(wanted)) => key == wanted,
        (Open::Sequence(index), Step::Index(wanted)) => index == wanted,
        _ => false,
    };
    open.len() == steps.len() && open.iter().zip(steps).all(same)
}

/// The place of a scalar's text, if it is written there as it is meant. The parser's span begins with tags and anchors, and may reach over a
/// comment after the quotes.
fn scalar(text: &str, value: &str, style: ScalarStyle, span: Span) -> Option<Spot> {
    let whole = bytes(text, span)?;
    let mut rest = text.get(whole.clone())?;
    while let Some((_, after)) = rest.split_once([' ', '\t']).filter(|_| rest.starts_with(['&', '!'])) {
        rest = after.trim_start();
    }
    let (style, quote) = match style {
        ScalarStyle::Plain => (Style::Unquoted, ""),
        ScalarStyle::SingleQuoted => (Style::Verbatim, "'"),
        ScalarStyle::DoubleQuoted => (Style::Verbatim, "\""),
        ScalarStyle::Literal | ScalarStyle::Folded => return None,
    };
    let written = rest.strip_prefix(quote)?.strip_prefix(value)?.starts_with(quote);
    let start = whole.end - rest.len() + quote.len();
    (written && !value.is_empty()).then(|| Spot { at: start..start + value.len(), role: Role::Own, style })
}

/// The parser counts characters.
fn bytes(text: &str, span: Span) -> Option<Range<usize>> {
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let start = starts.nth(span.start.index())?;
    let length = span.end.index().checked_sub(span.start.index())?;
    let end = if length == 0 { start } else { starts.nth(length - 1)? };
    Some(start..end)
}

/// A chart's `version`, and its `appVersion` where that says the same.
pub fn chart(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let own = locate(text, &KeyPath::of(&["version"]))?;
    let says = |spot: &Spot| text.get(spot.at.clone()).map(super::spot::without_v);
    let app = locate(text, &KeyPath::of(&["appVersion"])).ok().filter(|app| says(app) == says(&own));
    Ok(std::iter::once(own).chain(app).collect())
}

/// A pubspec's `version`, without the build number that may follow it.
pub fn pubspec(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let mut own = locate(text, &KeyPath::of(&["version"]))?;
    let version = text.get(own.at.clone()).unwrap_or_default();
    own.at.end = own.at.start + version.find('+').unwrap_or(version.len());
    Ok(vec![own])
}

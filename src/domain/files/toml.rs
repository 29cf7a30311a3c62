//! TOML, read with the place of every value.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::path::Step;
use super::spot::Spot;
use super::{At, FileProblem, KeyPath};

pub fn read(text: &str) -> Result<DeTable<'_>, FileProblem> {
    DeTable::parse(text).map(Spanned::into_inner).map_err(|error| FileProblem::unreadable("TOML", error.message()))
}

pub fn locate(text: &str, path: &KeyPath) -> Result<Vec<Spot>, FileProblem> {
    let table = read(text)?;
    let absent = || At::absent(path.as_str());
    let (Some(Step::Key(first)), rest) = (path.steps().first(), path.steps().get(1..).unwrap_or_default()) else { return Err(absent()) };
    let mut value = table.get(first.as_str()).ok_or_else(absent)?;
    for step in rest {
        value = match step {
            Step::Key(key) => value.get_ref().get(key.as_str()),
            Step::Index(index) => value.get_ref().get(*index),
        }
        .ok_or_else(absent)?;
    }
    let (_, at) = string(text, value).ok_or_else(|| {
        let found = format!("a value of type {}", value.get_ref().type_str());
        FileProblem::new(format!("a text at `{}`", path.as_str()), found, "Put it in quotes, or correct the path in `files`.")
    })?;
    Ok(vec![Spot::own(at)])
}

/// The value at these keys.
pub fn at<'a, 't>(table: &'a DeTable<'t>, keys: &[&str]) -> Option<&'a Spanned<DeValue<'t>>> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get_ref().get(*key))
}

/// The text at these keys, and its place.
pub fn string_at<'a>(text: &str, table: &'a DeTable, keys: &[&str]) -> Option<(&'a str, Range<usize>)> {
    string(text, at(table, keys)?)
}

/// A value that is a text, and the place of what is between its quotes.
pub fn string<'a>(text: &str, value: &'a Spanned<DeValue>) -> Option<(&'a str, Range<usize>)> {
    let raw = text.get(value.span())?;
    let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
    Some((value.get_ref().as_str()?, value.span().start + quotes..value.span().end.checked_sub(quotes)?))
}

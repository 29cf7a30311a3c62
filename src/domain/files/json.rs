//! JSON, read with the place of every value. Comments and trailing commas are allowed, as in `deno.jsonc`.

use std::ops::Range;

use jsonc_parser::ast::{Object, StringLit, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::path::Step;
use super::spot::Spot;
use super::{At, FileProblem, KeyPath};

pub fn read(text: &str) -> Result<Value<'_>, FileProblem> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options);
    let value = parsed.map_err(|error| FileProblem::unreadable("JSON", &error.to_string()))?.value;
    value.ok_or_else(|| FileProblem::unreadable("JSON", "it is empty"))
}

pub fn locate(text: &str, path: &KeyPath) -> Result<Vec<Spot>, FileProblem> {
    let root = read(text)?;
    let found = path.steps().iter().try_fold(&root, |value, step| match step {
        Step::Key(key) => get(value.as_object()?, key),
        Step::Index(index) => value.as_array()?.elements.get(*index),
    });
    match found {
        Some(Value::StringLit(version)) => Ok(vec![Spot::own(inside(version))]),
        Some(_) => {
            let wanted = format!("a text at `{}`", path.as_str());
            Err(FileProblem::new(wanted, "another kind of value", "Put it in quotes, or correct the path in `files`."))
        }
        None => Err(At::absent(path.as_str())),
    }
}

/// `version` at the root, as in composer.json.
pub fn package(root: &Value) -> Option<Spot> {
    Some(Spot::own(inside(string(root.as_object()?, "version")?)))
}

/// `name` at the root.
pub fn name(text: &str) -> Option<String> {
    Some(string(read(text).ok()?.as_object()?, "name")?.value.to_string())
}

/// The last of a name counts, as everywhere in JSON.
pub fn get<'a, 't>(object: &'a Object<'t>, name: &str) -> Option<&'a Value<'t>> {
    object.properties.iter().rev().find(|property| property.name.as_str() == name).map(|property| &property.value)
}

pub fn string<'a, 't>(object: &'a Object<'t>, name: &str) -> Option<&'a StringLit<'t>> {
    get(object, name)?.as_string_lit()
}

/// The place of what is between the quotes.
pub fn inside(text: &StringLit) -> Range<usize> {
    text.range.start + 1..text.range.end.saturating_sub(1)
}

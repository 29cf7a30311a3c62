//! What `slipway.toml` may hold, from the types that read it: their JSON Schema, and the tables of docs/config.md. Knows schemas, and none
//! of the options.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{Config, FullItem};
use crate::domain::files::{Known, VersionFile};

/// A table of `slipway.toml`, such as `release.lines`, with its options in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub markdown: String,
}

/// The JSON Schema of the whole file, without references.
pub fn schema() -> Schema {
    schema_of::<Config>()
}

fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>()
}

/// The keys that stand in no table, as `file`, then the tables, each before those within it. Rules are not among them: each has a
/// description of its own.
pub fn tables() -> Vec<Table> {
    let schema = schema();
    let is_table = |option: &Schema| properties(entries(option).unwrap_or(option)).next().is_some() || keyed(option).is_some();
    let plain = properties(&schema).filter(|(_, own)| !is_table(own));
    let plain: String = plain.flat_map(|(key, option)| rows("", key, option, &schema)).collect();
    let mut tables = vec![Table { name: "file".to_owned(), markdown: format!("The keys that stand above all tables.\n\n{HEAD}{plain}") }];
    for (name, own) in properties(&schema).filter(|(name, own)| *name != "rules" && is_table(own)) {
        collect(name, own, &mut tables);
    }
    tables
}

/// The options of a rule beside its `mode`, then the tables within them. A rule without any has no table.
pub fn rule(name: &str) -> Vec<Table> {
    let (schema, mut tables) = (schema(), Vec::new());
    let mut options = below(&schema, &format!("/properties/rules/properties/{name}")).cloned().unwrap_or_default();
    if let Some(properties) = options.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
        properties.remove("mode");
    }
    if properties(&options).next().is_some() {
        collect(&format!("rules.{name}"), &options, &mut tables);
    }
    tables
}

/// The version files that are known by their names, in Markdown.
pub fn known_files() -> String {
    let known = choices(&schema_of::<Known>()).into_iter().filter_map(|(_, about)| {
        let (names, place) = about.split_once(": ")?;
        Some(format!("| {names} | {place} |\n"))
    });
    format!("| file | where its version is |\n| --- | --- |\n{}", known.collect::<String>())
}

/// The table that names a version file and the place in it, in Markdown.
pub fn declared_files() -> String {
    let schema = schema_of::<VersionFile>();
    let rows = |table| properties(table).flat_map(move |(key, option)| rows("", key, option, table));
    let rows: String = below(&schema, "/anyOf/1").into_iter().flat_map(rows).collect();
    format!("{HEAD}{rows}")
}

/// The table that says more of an item of a checklist than its text, in Markdown.
pub fn checklist_items() -> String {
    let schema = schema_of::<FullItem>();
    let rows: String = properties(&schema).flat_map(|(key, option)| rows("", key, option, &schema)).collect();
    format!("{HEAD}{rows}")
}

const HEAD: &str = "| key | what it may be | default | what it says |\n| --- | --- | --- | --- |\n";

fn collect(name: &str, schema: &Schema, tables: &mut Vec<Table>) {
    let own = entries(schema).unwrap_or(schema);
    let keyed = keyed(own).map(|(keys, option)| format!("| {keys} | {} | none | {} |\n", kind(name, keys, option), explained(option)));
    let rows: String = properties(own).flat_map(|(key, option)| rows(name, key, option, own)).chain(keyed).collect();
    let markdown = format!("{}\n\n{HEAD}{rows}", says(own));
    tables.push(Table { name: name.to_owned(), markdown });
    for (key, option) in properties(own).filter(|(_, option)| entries(option).is_some()) {
        collect(&format!("{name}.{key}"), option, tables);
    }
}

/// One row, or one for each key of an inline table.
fn rows(table: &str, key: &str, option: &Schema, of: &Schema) -> Vec<String> {
    let inner: Vec<_> = properties(option).collect();
    if inner.is_empty() {
        let default = if is_required(of, key) { "required".to_owned() } else { default(option) };
        return vec![format!("| `{key}` | {} | {default} | {} |\n", kind(table, key, option), explained(option))];
    }
    let row = |(name, own): &(&str, &Schema)| {
        let (kind, default) = (kind(table, name, own), default(own));
        format!("| `{key}.{name}` | {kind} | {default} | {} {} |\n", says(option), explained(own))
    };
    inner.iter().map(row).collect()
}

/// What an option may be, for people who write TOML.
fn kind(table: &str, key: &str, option: &Schema) -> String {
    let choices = choices(option);
    if !choices.is_empty() {
        let choices: Vec<_> = choices.iter().map(|(choice, _)| format!("`{choice}`")).collect();
        return choices.join(", ");
    }
    if entries(option).is_some() {
        let name = format!("{table}.{key}");
        return format!("tables, see [`[[{name}]]`](#{})", name.replace('.', ""));
    }
    match (below(option, "/items"), below(option, "/additionalProperties")) {
        (Some(items), _) if !listed(option).is_empty() && text(items, "title").is_none() => {
            format!("a list of {}", kind(table, key, items))
        }
        (Some(items), _) => format!("a list of {}s", noun(items)),
        (None, Some(values)) => format!("a table of {}", kind(table, key, values)),
        (None, None) => noun(option),
    }
}

fn noun(option: &Schema) -> String {
    let kind = option.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match (text(option, "title"), kind) {
        (Some(title), _) => title.to_owned(),
        (None, Some("string")) => "text".to_owned(),
        (None, Some("boolean")) => "`true`, `false`".to_owned(),
        (None, Some("integer")) => "number".to_owned(),
        (None, other) => other.unwrap_or_default().to_owned(),
    }
}

fn default(option: &Schema) -> String {
    let default = option.get("default").map(ToString::to_string).filter(|default| default != "[]" && default != "null");
    // A bar would end the cell, even in code.
    default.map_or_else(|| "none".to_owned(), |default| format!("`{}`", default.replace('|', "\\|")))
}

/// The description, with what each choice stands for.
fn explained(option: &Schema) -> String {
    let choices = choices(option).into_iter().chain(listed(option)).filter(|(_, about)| !about.is_empty());
    choices.fold(says(option), |text, (choice, about)| format!("{text}<br>`{choice}`: {about}"))
}

fn says(schema: &Schema) -> String {
    one_line(text(schema, "description").unwrap_or_default())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The words that an option may be, each with what is said of it.
fn choices(option: &Schema) -> Vec<(String, String)> {
    let word = text(option, "const").map(|word| (word.to_owned(), says(option)));
    let words = words(option, "enum").map(|word| (word.to_owned(), String::new()));
    let inner = ["/oneOf", "/anyOf"].into_iter().filter_map(|place| option.pointer(place)?.as_array()).flatten();
    let inner = inner.filter_map(|inner| <&Schema>::try_from(inner).ok());
    word.into_iter().chain(words).chain(inner.flat_map(choices)).collect()
}

/// The words that a list may hold.
fn listed(option: &Schema) -> Vec<(String, String)> {
    below(option, "/items").map(choices).unwrap_or_default()
}

/// What the tables of an array of tables hold.
fn entries(option: &Schema) -> Option<&Schema> {
    below(option, "/items").filter(|items| properties(items).next().is_some())
}

/// What the keys of a table are whose names are not Slipway's own, and what each of them holds.
fn keyed(option: &Schema) -> Option<(&str, &Schema)> {
    Some((text(below(option, "/propertyNames")?, "title")?, below(option, "/additionalProperties")?))
}

fn properties(schema: &Schema) -> impl Iterator<Item = (&str, &Schema)> {
    let properties = schema.get("properties").and_then(|properties| properties.as_object());
    properties.into_iter().flatten().filter_map(|(key, option)| Some((key.as_str(), option.try_into().ok()?)))
}

fn below<'s>(schema: &'s Schema, place: &str) -> Option<&'s Schema> {
    schema.pointer(place)?.try_into().ok().filter(|schema: &&Schema| schema.as_object().is_some())
}

fn is_required(schema: &Schema, key: &str) -> bool {
    words(schema, "required").any(|required| required == key)
}

fn text<'s>(schema: &'s Schema, key: &str) -> Option<&'s str> {
    schema.get(key)?.as_str()
}

fn words<'s>(schema: &'s Schema, key: &str) -> impl Iterator<Item = &'s str> {
    schema.get(key).and_then(|words| words.as_array()).into_iter().flatten().filter_map(|word| word.as_str())
}

#[cfg(test)]
mod tests;

use schemars::Schema;

use super::*;

/// Each table with the least that it must hold.
const LEAST: [(&str, &str); 6] = [
    ("release", "[release]"),
    ("release.lines", "[[release.lines]]\nbranch = 'a'"),
    ("changelog", "[changelog]"),
    ("changelog.sections", "[[changelog.sections]]\ntitle = 'a'\ntypes = ['a']"),
    ("component", "[[component]]\nname = 'a'"),
    ("branches", "[branches]"),
];

fn of(name: &str) -> Schema {
    let place = format!("/properties/{}", name.replace('.', "/properties/"));
    let place = place.replace("lines", "lines/items").replace("sections", "sections/items").replace("component", "component/items");
    schema().pointer(&place).unwrap().clone().try_into().unwrap()
}

fn parsed(text: &str) -> String {
    format!("{:?}", Config::parse(text).unwrap())
}

#[test]
fn every_table_is_in_the_reference() {
    let names: Vec<_> = tables().into_iter().map(|table| table.name).collect();
    let mut known = LEAST.map(|(name, _)| name);
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn a_default_in_the_reference_is_what_an_absent_key_means() {
    for (name, least) in LEAST {
        let table = of(name);
        for (key, option) in properties(&table).filter(|(key, _)| !is_required(&table, key)) {
            let inner: Vec<_> = properties(option).map(|(inner, own)| (format!("{key}.{inner}"), own)).collect();
            let options = if inner.is_empty() { vec![(key.to_owned(), option)] } else { inner };
            for (key, option) in options {
                let Some(default) = option.get("default").filter(|default| !default.is_null()) else {
                    let nothing = option.get("type").is_some_and(|kind| kind == "array" || kind == "object" || kind.get(1).is_some());
                    assert!(nothing || option.get("anyOf").is_some(), "{name}.{key} has no default");
                    continue;
                };
                // A default as JSON is one as TOML: there are words, numbers, truth values and lists of words.
                assert_eq!(parsed(&format!("{least}\n{key} = {default}")), parsed(least), "{name}.{key}");
            }
        }
    }
}

#[test]
fn every_option_says_what_it_is() {
    for table in tables() {
        let rows: Vec<_> = table.markdown.lines().skip(4).collect();
        assert!(!rows.is_empty() && !table.markdown.starts_with('\n'), "{}", table.name);
        for row in rows {
            let cells: Vec<_> = row.split(" | ").collect();
            assert!(cells.len() == 4 && cells.iter().all(|cell| cell.trim_matches(['|', ' ']).len() > 1), "{row}");
        }
    }
}

#[test]
fn choices_lists_and_inner_tables_are_put_in_words() {
    let release = tables().into_iter().find(|table| table.name == "release").unwrap().markdown;
    assert!(release.contains("| `from` | `tag`, `request`, `merge` | `\"tag\"` |"), "{release}");
    assert!(release.contains("| `lines` | tables, see [`[[release.lines]]`](#releaselines) | none |"), "{release}");
    assert!(release.contains("| `below_1.feature` | `patch`, `minor`, `major` | `\"minor\"` | From 0.1.0 until 1.0.0. Which"), "{release}");
    assert!(release.contains("| `files` | a list of version files | none |"), "{release}");
}

#[test]
fn every_known_file_and_every_place_is_in_the_reference() {
    let known = known_files();
    assert_eq!(known.lines().count(), 2 + 16);
    assert!(known.contains("| `composer.json` | `version`. |"), "{known}");
    let declared = declared_files();
    assert!(declared.contains("| `path` | text | required | From the root"), "{declared}");
    assert!(declared.contains("| `xml` | text | none | Elements from the root"), "{declared}");
    assert_eq!(declared.lines().count(), 2 + 6);
}

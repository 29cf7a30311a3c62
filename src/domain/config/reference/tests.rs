use schemars::Schema;

use super::*;
use crate::domain::rules::{RULES, Rule};

/// Each table with the least that it must hold.
const LEAST: [(&str, &str); 24] = [
    ("file", ""),
    ("release", "[release]"),
    ("release.lines", "[[release.lines]]\nbranch = 'a'"),
    ("changelog", "[changelog]"),
    ("changelog.sections", "[[changelog.sections]]\ntitle = 'a'\ntypes = ['a']"),
    ("component", "[[component]]\nname = 'a'"),
    ("branches", "[branches]"),
    ("overrides", "[overrides]"),
    ("freeze", "[freeze]"),
    ("protect", "[protect]"),
    ("protect.branches", "[[protect.branches]]\nbranch = 'a'"),
    ("protect.tags", "[[protect.tags]]\ntag = 'a'"),
    ("freeze.windows", "[[freeze.windows]]\nreason = 'a'\nfrom = '2026-12-20T18:00'\nuntil = '2026-12-28T08:00'"),
    ("audit", "[audit]"),
    ("commands", "[commands]"),
    ("duty", "[duty]\nroster = ['mia']\nsince = '2026-01-05'"),
    ("duty.swap", "[duty]\nroster = ['mia']\nsince = '2026-01-05'\n[[duty.swap]]\nversion = '1.5'\nwho = 'max'"),
    ("backport", "[backport]"),
    ("cut", "[cut]"),
    ("rollback", "[rollback]"),
    ("readiness", "[readiness]"),
    ("checklist", "[[checklist]]"),
    ("train", "[train]\ncut = '0 9 * * TUE'"),
    ("velocity", "[velocity]"),
];

fn of(name: &str) -> Schema {
    if name == "file" {
        let mut file = schema();
        let plain = ["mode", "strategy"];
        file.get_mut("properties").unwrap().as_object_mut().unwrap().retain(|key, _| plain.contains(&key.as_str()));
        return file;
    }
    let place = format!("/properties/{}", name.replace('.', "/properties/"));
    let place = place
        .replace("lines", "lines/items")
        .replace("windows", "windows/items")
        .replace("swap", "swap/items")
        .replace("protect/properties/branches", "protect/properties/branches/items")
        .replace("tags", "tags/items")
        .replace("sections", "sections/items")
        .replace("component", "component/items")
        .replace("checklist", "checklist/items");
    schema().pointer(&place).unwrap().clone().try_into().unwrap()
}

fn parsed(text: &str) -> String {
    format!("{:?}", Config::parse(text).unwrap())
}

#[test]
fn every_table_is_in_the_reference() {
    let mut names: Vec<_> = tables().into_iter().map(|table| table.name).collect();
    names.sort_unstable();
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
        let rows: Vec<_> = table.markdown.lines().skip_while(|line| !line.starts_with("| ---")).skip(1).collect();
        assert!(!rows.is_empty() && !table.markdown.starts_with('\n'), "{}", table.name);
        for row in rows {
            let cells: Vec<_> = row.split(" | ").collect();
            assert!(cells.len() == 4 && cells.iter().all(|cell| cell.trim_matches(['|', ' ']).len() > 1), "{row}");
        }
    }
}

/// The options of a rule, and the least that turns the rule on.
fn of_rule(rule: &Rule) -> (Schema, String) {
    let options = schema().pointer(&format!("/properties/rules/properties/{}", rule.name)).unwrap().clone();
    // What the example says is left out where the rule can do without it.
    let bare = format!("[rules.{}]", rule.name);
    let least = if Config::parse(&bare).is_ok() { bare } else { rule.example.lines().take(2).collect::<Vec<_>>().join("\n") };
    (options.try_into().unwrap(), least)
}

#[test]
fn a_default_of_a_rule_in_the_reference_is_what_an_absent_key_means() {
    for rule in RULES {
        let (options, least) = of_rule(rule);
        for (key, option) in properties(&options) {
            let Some(default) = option.get("default").filter(|default| !default.is_null()) else { continue };
            let said = Config::parse(&format!("{least}\n{key} = {default}")).map(|config| format!("{:?}", config.rules));
            if !least.contains(&format!("{key} = ")) {
                assert_eq!(said.unwrap(), format!("{:?}", Config::parse(&least).unwrap().rules), "{}.{key}", rule.name);
            }
        }
    }
}

#[test]
fn every_rules_options_say_what_they_are() {
    for table in RULES.iter().flat_map(|rule| super::rule(rule.name)) {
        let rows: Vec<_> = table.markdown.lines().filter(|line| line.starts_with("| `")).collect();
        let cells = |row: &&str| row.split(" | ").count() == 4 && row.split(" | ").all(|cell| cell.trim_matches(['|', ' ']).len() > 1);
        assert!(!rows.is_empty() && rows.iter().all(cells) && !table.markdown.contains("`mode`"), "{}", table.markdown);
    }
    assert!(super::rule("sign_off").is_empty());
    assert_eq!(super::rule("paths")[1].name, "rules.paths.require");
}

#[test]
fn choices_lists_and_inner_tables_are_put_in_words() {
    let release = tables().into_iter().find(|table| table.name == "release").unwrap().markdown;
    assert!(release.contains("| `from` | `tag`, `request`, `merge`, `never` | `\"tag\"` |"), "{release}");
    assert!(release.contains("| `lines` | tables, see [`[[release.lines]]`](#releaselines) | none |"), "{release}");
    assert!(release.contains("| `below_1.feature` | `patch`, `minor`, `major` | `\"minor\"` | From 0.1.0 until 1.0.0. Which"), "{release}");
    assert!(release.contains("| `files` | a list of version files | none |"), "{release}");
    let commands = tables().into_iter().find(|table| table.name == "commands").unwrap().markdown;
    let readiness = tables().into_iter().find(|table| table.name == "readiness").unwrap().markdown;
    assert!(readiness.contains("| `automatic` | a list of `checks`, `blockers`, "), "{readiness}");
    assert!(readiness.contains("<br>`sign-offs`: As many as are asked for have said go. |"), "{readiness}");
    let checklist = tables().into_iter().find(|table| table.name == "checklist").unwrap().markdown;
    assert!(checklist.contains("| `items` | a list of items | none |"), "{checklist}");
    assert!(checklist_items().contains("| `when` | a list of `migration`, `breaking`, `major-dependency` |"), "{}", checklist_items());
    assert!(commands.contains("| a command | a list of grants | none | Who may use it."), "{commands}");
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

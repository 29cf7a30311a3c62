//! Cases of other release tools that Slipway answers otherwise, or by a setting, each with the reason. Those that it answers as they do
//! are with the code that answers them, by their numbers: 1-16, 25-39, 60, 61 and 76 in `commit`; 13, 17-24, 41-44, 50-58, 62-64,
//! 68-70, 72-74 and 77 in `version`; 40, 45, 62, 71, 72 and 82 in `history` and `changes`; 17-21, 45-50, 54, 62, 69, 70 and 73 in `release`.

use super::outlook::{Course, Forced, outlook};
use super::tests::config;
use crate::domain::history::Graph;
use crate::domain::history::tests::{tagged, window};

/// The next version after v1.0.0, and each entry as `heading: text → what breaks`.
fn told(text: &str, messages: &[&str]) -> (String, Vec<String>) {
    let config = config(text);
    let letters = || 'a'..='z';
    let line = |((name, parent), message): ((char, char), &&str)| format!("{name} {parent}: {message}");
    let commits: Vec<_> = letters().skip(1).zip(letters()).zip(messages).map(line).collect();
    let commits: Vec<_> = std::iter::once("a: start").chain(commits.iter().map(String::as_str)).collect();
    let window = tagged(window(&commits), &[("v1.0.0", 'a')]);
    let outlooks = outlook(&Course { config: &config, options: None, branch: "main", forced: &Forced::new() }, &Graph::new(&window));
    let notes = &outlooks[0].notes;
    let entries = notes.sections.iter().flat_map(|section| section.entries.iter().map(move |entry| (section, entry)));
    let entry = |(section, entry): (&crate::domain::changelog::Section, &crate::domain::changelog::Entry)| {
        let breaking = entry.breaking.as_ref().map(|text| format!(" → {text}")).unwrap_or_default();
        format!("{}: {}{breaking}", section.title, entry.text)
    };
    (outlooks[0].printed().unwrap_or_else(|| "nothing".to_owned()), entries.map(entry).collect())
}

/// Case 22: housekeeping is hidden unless it breaks something.
#[test]
fn a_hidden_type_is_shown_where_it_breaks_something() {
    assert_eq!(told("", &["chore: a"]), ("nothing".to_owned(), vec![]));
    assert_eq!(told("", &["chore: a\n\nBREAKING CHANGE: b"]), ("2.0.0".to_owned(), vec!["Breaking changes: a → b".to_owned()]));
}

/// Case 59: git-cliff needs a pattern for what raises nothing; here a type raises nothing unless it is named.
#[test]
fn housekeeping_raises_nothing() {
    assert_eq!(told("", &["chore: x"]).0, "nothing");
    assert_eq!(told("release.bump = { chore = 'patch' }", &["chore: x"]).0, "1.0.1");
}

/// Case 65: knope makes two entries of a fix that breaks something. A change appears once here, where it matters most, with what breaks.
#[test]
fn a_breaking_fix_is_one_entry() {
    let (version, entries) = told("", &["fix: a bug\n\nBREAKING CHANGE: something broke"]);
    assert_eq!((version.as_str(), entries), ("2.0.0", vec!["Breaking changes: a bug → something broke".to_owned()]));
}

/// Case 66: knope tells packages apart by scopes. Here paths do, since a scope says what somebody thought of; scopes are kept to by a rule.
#[test]
fn a_scope_does_not_keep_a_change_out() {
    let (version, entries) = told("", &["feat(wrong_scope)!: a", "feat(scope): b", "fix: no scope"]);
    assert_eq!((version.as_str(), entries.len()), ("2.0.0", 3));
}

/// Cases 67 and 81: entries from footers of one's own. A footer adds to no notes here, and takes nothing from them; `!` counts
/// whatever footers there are. What must be told has a type.
#[test]
fn other_footers_change_nothing() {
    assert_eq!(told("", &["chore: ignored\n\nignored-footer: x\ncustom-footer: hello"]), ("nothing".to_owned(), vec![]));
    assert_eq!(told("", &["fix(api): patch a hole\nSECURITY: x"]).0, "1.0.1");
    assert_eq!(told("", &["feat(api)!: a\nSECURITY: x"]).0, "2.0.0");
}

/// Case 75: auto goes by labels. A label can be changed after the merge by anybody who triages, and is in no clone; messages decide here.
#[test]
fn the_highest_change_decides() {
    assert_eq!(told("", &["fix: a", "feat!: b", "docs: c"]).0, "2.0.0");
}

/// Case 78: release-drafter sorts by type, scope and breaking at once; here a breaking change of any type and scope stands first.
#[test]
fn breaking_changes_of_any_type_and_scope_stand_first() {
    let (_, entries) = told("", &["fix(api)!: c", "feat(ui)!: b", "feat(api)!: a"]);
    assert_eq!(entries, ["Breaking changes: c", "Breaking changes: b", "Breaking changes: a"]);
}

/// Case 79: changesets reads files that people add beside their change. Here the message or the description tells, so that there
/// is nothing to forget; the same text in an override is read as a message.
#[test]
fn front_matter_is_no_change() {
    assert_eq!(told("", &["---\n\"app\": minor\n---\n\nSomething"]), ("nothing".to_owned(), vec![]));
}

/// Case 80: upper case, a scope of `*`, and a name that looks like a mention.
#[test]
fn types_have_no_case_and_a_star_is_no_scope() {
    let (_, entries) = told("", &["FEAT(*): `@nano_kit/router` FIXES: #33"]);
    assert_eq!(entries, ["Features: `@nano_kit/router` FIXES: #33"]);
}

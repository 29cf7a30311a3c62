//! Which versions commands tag, and which they refuse.

use super::super::running_tests::{Told, told};
use super::super::tests::line as main;
use super::*;
use crate::domain::facts::{Links, Proposal, State};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::names::{Number, UserName};
use crate::domain::plan::Outcome;

/// A branch with v1.0.0 at its first commit, and these messages and tags since.
fn line(name: &str, messages: &[&str], tags: &[(&str, char)]) -> Line {
    let told = |((name, parent), message): ((char, char), &&str)| format!("{name} {parent}: {message}");
    let commits: Vec<_> = ('b'..='z').zip('a'..='z').zip(messages).map(told).collect();
    let commits: Vec<_> = std::iter::once("a: feat: a").chain(commits.iter().map(String::as_str)).collect();
    let tags: Vec<_> = std::iter::once(&("v1.0.0", 'a')).chain(tags).copied().collect();
    Line { name: name.to_owned(), window: tagged(window(&commits), &tags), ..main() }
}

/// What is tagged, or the answer.
fn said(body: &str, config: &'static str, line: Line) -> String {
    let told = told(body, Told { config, line: Some(line), ..Told::default() });
    let tags: Vec<_> = told.lines().filter(|line| line.starts_with("- tag")).collect();
    if tags.is_empty() { told.lines().last().unwrap_or_default().to_owned() } else { tags.join("\n") }
}

#[test]
fn a_candidate_is_tagged_and_then_the_release() {
    let line = |tags| line("release/1.1", &["feat: b", "fix: c"], tags);
    insta::assert_snapshot!(told("/slipway release rc", Told { line: Some(line(&[])), ..Told::default() }), @"
    asked for release
    - react to comment 9 with 👀
    - comment on issue 1 about reply:9
    - tag 6363636363 as v1.1.0-rc.1
    what came of it
    - react to comment 9 with 👍
    - comment on change request 1 about reply:9

    `v1.1.0-rc.1` is tagged on `release/1.1`, at 6363636363636363636363636363636363636363. The release follows with the tag's own notes.
    ");
    assert_eq!(said("/slipway release rc", "", line(&[("v1.1.0-rc.1", 'b')])), "- tag 6363636363 as v1.1.0-rc.2");
    assert_eq!(said("/slipway release final", "", line(&[("v1.1.0-rc.1", 'b')])), "- tag 6363636363 as v1.1.0");
    assert_eq!(said("/slipway release final", "", line(&[("v1.1.0-rc.1", 'c')])), "- tag 6363636363 as v1.1.0");
    assert_eq!(said("/slipway release 1.1.7", "", line(&[])), "- tag 6363636363 as v1.1.7");
    assert_eq!(said("/slipway release", "", line(&[])), "- tag 6363636363 as v1.1.0");
}

#[test]
fn what_is_tagged_already_is_answered_as_at_first() {
    for (body, tag) in [("rc", "v1.1.0-rc.1"), ("final", "v1.1.0"), ("", "v1.1.0"), ("1.1.0", "v1.1.0"), ("v1.1.0-rc.1", "v1.1.0-rc.1")] {
        let line = line("release/1.1", &["feat: b"], &[(tag, 'b')]);
        let answer = said(&format!("/slipway release {body}"), "", line);
        assert!(answer.starts_with(&format!("`{tag}` is tagged on `release/1.1`, at 6262626262")), "{body}: {answer}");
    }
}

#[test]
fn a_line_begins_with_its_first_version_whatever_its_changes_ask_for() {
    let line = |name| line(name, &["fix: b"], &[]);
    assert_eq!(said("/slipway release rc", "", line("release/1.4")), "- tag 6262626262 as v1.4.0-rc.1");
    assert_eq!(said("/slipway release final", "", line("release/1.4")), "- tag 6262626262 as v1.4.0");
    assert_eq!(said("/slipway release final", "", line("hotfix/1.0.1")), "- tag 6262626262 as v1.0.1");
}

#[test]
fn what_cannot_be_released_is_refused_with_why() {
    let line = |name, messages: &[&str]| line(name, messages, &[]);
    insta::assert_snapshot!(said("/slipway release rc", "", line("release/1.1", &[])), @"`release` was not done: there is nothing to release on release/1.1 since v1.0.0. Merge a change that counts, or name the version.");
    insta::assert_snapshot!(said("/slipway release final", "", line("release/1.1", &["docs: b"])), @"`release` was not done: there is nothing to release on release/1.1 since v1.0.0. Merge a change that counts, or name the version.");
    insta::assert_snapshot!(said("/slipway release 1.2.0", "", line("release/1.1", &["feat: b"])), @"`release` was not done: 1.2.0 is outside of what this branch may release (&gt;=1.1.0 &lt;1.2.0): release it from another branch, or change release.lines. A version that fits can be named in the command.");
    insta::assert_snapshot!(said("/slipway release", "", line("hotfix/1.0.1", &["feat: b"])), @"`release` was not done: 1.1.0 is outside of what this branch may release (&gt;=1.0.1 &lt;1.0.2): release it from another branch, or change release.lines. A version that fits can be named in the command.");
    insta::assert_snapshot!(said("/slipway release 1.1.0", "", line("release/1.1", &[])), @"`release` was not done: nothing is on release/1.1 that v1.0.0 does not have. Merge what is to be released first.");
    insta::assert_snapshot!(said("/slipway release soon", "", line("release/1.1", &["feat: b"])), @r#"`release` was not done: "soon" is not a version; write it like 1.4.0 or 1.4.0-rc.1. Write “rc”, “final” or a version."#);
    insta::assert_snapshot!(said("/slipway release", "", line("topic/a", &["feat: b"])), @"`release` was not done: topic/a releases nothing. Add it to release.lines in slipway.toml, or ask on an issue.");
    insta::assert_snapshot!(said("/slipway release", "release.from = 'never'", line("release/1.1", &["feat: b"])), @"`release` was not done: release/1.1 releases nothing. Add it to release.lines in slipway.toml, or ask on an issue.");
}

const BY_REQUEST: &str = "[release]\nfrom = 'request'\nfiles = ['VERSION']";

/// A branch whose file says this, with an open release change request of this number, for 1.1.0.
fn versioned(version: &str, open: Option<u64>) -> Line {
    let line = line("release/1.1", &["feat: b"], &[]);
    let (head, base) = (BranchName::parse("slipway/release/release/1.1").unwrap(), BranchName::parse("release/1.1").unwrap());
    let proposal = |number| Proposal {
        number: Number(number),
        state: State::Open,
        author: UserName::parse("slipway[bot]").unwrap(),
        title: String::new(),
        body: String::new(),
        base: base.clone(),
        tip: sha('f'),
        onto: Some(line.window.head.clone()),
        landed: None,
        message: "chore(release): 1.1.0\n\nSlipway-Release: @1.1.0\nSlipway-Content: 0".to_owned(),
    };
    let proposals = open.map(|number| (head.clone(), proposal(number))).into_iter().collect();
    let links = Links { sigil: "#".into(), ..Links::default() };
    Line { files: [("VERSION".to_owned(), format!("{version}\n"))].into(), proposals, links, ..line }
}

#[test]
fn a_version_that_the_files_do_not_say_waits_for_the_release_change_request() {
    insta::assert_snapshot!(said("/slipway release final", BY_REQUEST, versioned("1.0.0", None)), @"`release` was not done: VERSION does not say 1.1.0 on release/1.1. Merge the release change request, or bring the version there by another one; a candidate needs none of it.");
    assert_eq!(said("/slipway release rc", BY_REQUEST, versioned("1.0.0", Some(5))), "- tag 6262626262 as v1.1.0-rc.1");
    assert_eq!(said("/slipway release final", BY_REQUEST, versioned("1.1.0", None)), "- tag 6262626262 as v1.1.0");
}

/// What comes of a final release, by what came of the merge, when its release change request differs so from a good one.
fn merged(outcomes: Vec<Outcome>, differ: impl Fn(&mut Line, &mut Proposal)) -> String {
    let mut line = versioned("1.0.0", None);
    for (head, mut proposal) in versioned("1.0.0", Some(5)).proposals {
        differ(&mut line, &mut proposal);
        line.proposals.insert(head, proposal);
    }
    told("/slipway release final", Told { config: BY_REQUEST, line: Some(line), outcomes, ..Told::default() })
}

#[test]
fn the_release_change_request_is_merged_where_it_is_what_would_be_released() {
    insta::assert_snapshot!(merged(Vec::new(), |_, _| ()), @"
    asked for release
    - react to comment 9 with 👀
    - comment on issue 1 about reply:9
    - merge change request 5 at 6666666666
    what came of it
    - react to comment 9 with 👍
    - comment on change request 1 about reply:9

    The release change request #5 is merged into `release/1.1`, which tags `v1.1.0`. The release follows with the tag's own notes.
    ");
}

#[test]
fn what_the_forge_does_not_merge_is_told_with_why() {
    let why = "Required status check \"build\" is expected.".to_owned();
    let told = merged(vec![Outcome::Unmerged { number: Number(5), why }], |_, _| ());
    assert!(told.contains("- merge change request 5 at 6666666666") && told.contains("👎"), "{told}");
    insta::assert_snapshot!(told.lines().last().unwrap_or_default(), @r#"`release` was not done: #5 cannot be merged: Required status check "build" is expected. See to that, and ask again."#);
}

#[test]
fn a_release_change_request_that_is_something_else_is_not_merged() {
    let last = |differ: fn(&mut Line, &mut Proposal)| {
        let told = merged(Vec::new(), differ);
        assert!(!told.contains("- merge"), "{told}");
        let why = told.lines().last().and_then(|line| line.split_once("on release/1.1, and "));
        why.map(|(_, why)| why.to_owned()).unwrap_or(told)
    };
    let remedy = "Merge the release change request #5 once that is right, which tags it.";
    assert_eq!(last(|_, own| own.message = own.message.replace("@1.1.0", "@1.0.1")), format!("#5 is for 1.0.1. {remedy}"));
    assert_eq!(last(|_, own| own.message = "fix: by hand".to_owned()), format!("#5 is not as Slipway has made it. {remedy}"));
    assert_eq!(last(|_, own| own.author = UserName::parse("eve").unwrap()), format!("#5 is not as Slipway has made it. {remedy}"));
    assert_eq!(last(|_, own| own.base = BranchName::main()), format!("#5 goes into main. {remedy}"));
    let since = last(|line, _| line.window = self::line("release/1.1", &["feat: b", "fix: c"], &[]).window);
    assert_eq!(since, format!("#5 does not tell what has come to release/1.1 since. {remedy}"));
}

#[test]
fn what_has_come_since_and_is_not_told_leaves_the_release_change_request_as_good_as_it_was() {
    let told = merged(Vec::new(), |line, _| line.window = self::line("release/1.1", &["feat: b", "docs: c"], &[]).window);
    assert!(told.contains("- merge change request 5 at 6666666666"), "{told}");
}

#[test]
fn another_branch_can_be_named() {
    let line = line("release/1.1", &["feat: b"], &[]);
    assert_eq!(said("/slipway release rc on=release/1.1", "", line), "- tag 6262626262 as v1.1.0-rc.1");
}

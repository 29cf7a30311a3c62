//! What is asked for by the command, and what comes of it.

use super::super::tests::delivery;
use super::*;
use crate::domain::commands;
use crate::domain::config::Source as File;
use crate::domain::event::Delivery;
use crate::domain::facts::{Asked as Known, Asker, Reply, Role, Target, Trunk};
use crate::domain::names::{Sha, UserName};
use crate::domain::plan::{Note, Outcome, Plan};
use crate::domain::porting::tests::source;

fn named(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

/// Both parts of what is planned for a comment on change request 7.
fn asked(text: &str, body: &str, source: Source, outcomes: Vec<Outcome>) -> (Plan, Plan) {
    let loaded = File { path: "slipway.toml".into(), version: "1".into() };
    let config = Configuration::Loaded { config: Box::new(Config::parse(text).unwrap()), source: loaded };
    let thread = Thread::ChangeRequest(Number(7));
    let delivery = Delivery { event: Event::Comment { thread, id: 9, body: body.to_owned() }, ..delivery() };
    let asking = Asking { thread, config: &config, delivery: &delivery };
    let branches = ["release/1.4", "release/1.5"].map(|name| (named(name), Sha::parse(&"c".repeat(40)).unwrap())).into();
    let facts = Facts {
        sigil: "#",
        me: Known::Answered(UserName::parse("slipway[bot]").unwrap()),
        sources: [(Number(7), Known::Answered(Some(source)))].into(),
        trunks: [((named("main"), "release/*".to_owned()), Known::Answered(Some(Trunk { branches, ..Trunk::default() })))].into(),
        replied: Known::Answered(Reply::None),
        asker: Known::Answered(Asker::of(Role::Admin)),
        ..Facts::default()
    };
    let first = commands::answer(&asking, (9, &delivery.actor.name, body), &facts);
    (first, commands::conclude(&asking, (9, body), &Facts { outcomes, ..facts }))
}

fn noted(plan: &Plan) -> String {
    let data = |action: &Action<Note>| if let Action::Remember { data, .. } = action { Some(data.clone()) } else { None };
    plan.actions.iter().find_map(data).unwrap_or_default()
}

fn refusal(text: &str, body: &str, source: Source) -> String {
    let (first, _) = asked(text, body, source, Vec::new());
    let answers = first.actions.iter().find_map(|action| match action {
        Action::Comment { body: Note::Reply(answers), .. } => Some(answers.clone()),
        _ => None,
    });
    match answers.unwrap_or_default().first() {
        Some(Answer::Refused { why, remedy, .. }) => format!("{why}. {remedy}"),
        other => panic!("{other:?}"),
    }
}

fn stood(state: State, name: &str, found: (u64, State)) -> Source {
    let mut source = source(state, &[], None);
    source.targets.insert(named(name), Target { request: Some((Number(found.0), found.1)) });
    source
}

#[test]
fn before_the_merge_the_label_remembers_it() {
    let (first, second) = asked("", "/slipway backport release/1.4", source(State::Open, &[], None), Vec::new());
    insta::assert_snapshot!(format!("{first}\n{second}\n{}", noted(&second)), @"
    asked for backport
    - react to comment 9 with 👀
    what came of it
    - label change request 7 backport release/1.4
    - comment on change request 7 about backports
    - react to comment 9 with 👍
    - comment on change request 7 about reply:9
    release/1.4 pending dana
    ");
}

#[test]
fn after_the_merge_it_is_picked_at_once_onto_each_branch() {
    let opened = |name: &str, number| Outcome::Request { branch: named(&format!("backport/7-to-{name}")), number: Number(number) };
    let conflict = Obstacle::Conflict { at: Sha::parse(&"a".repeat(40)).unwrap(), files: Vec::new(), lacking: Vec::new() };
    let stopped = Outcome::Stopped { branch: named("backport/7-to-release/1.5"), by: conflict };
    let body = "/slipway backport release/1.4 release/1.5";
    let (first, second) = asked("", body, source(State::Merged, &[], None), vec![opened("release/1.4", 9), stopped]);
    insta::assert_snapshot!(format!("{first}\n{second}"), @"
    asked for backport
    - react to comment 9 with 👀
    - pick aaaaaaaaaa onto release/1.4 as backport/7-to-release/1.4
    - pick aaaaaaaaaa onto release/1.5 as backport/7-to-release/1.5
    what came of it
    - label change request 7 backport release/1.4
    - label change request 7 backport release/1.5
    - comment on change request 7 about backports
    - react to comment 9 with 👎
    - comment on change request 7 about reply:9
    ");
}

#[test]
fn a_command_tries_again_what_has_conflicted() {
    let noted = format!("release/1.4 conflict {}", "a".repeat(40));
    let source = source(State::Merged, &["backport release/1.4"], Some(&noted));
    let (first, _) = asked("", "/slipway backport release/1.4", source, Vec::new());
    assert!(first.to_string().contains("- pick aaaaaaaaaa onto release/1.4"), "{first}");
}

#[test]
fn what_somebody_closed_takes_another_word() {
    let closed = || stood(State::Merged, "release/1.4", (9, State::Closed));
    let (first, second) = asked("", "/slipway backport release/1.4", closed(), Vec::new());
    assert!(!first.to_string().contains("pick") && second.to_string().contains("👎"), "{first}\n{second}");
    let (first, _) = asked("", "/slipway backport release/1.4 again=yes", closed(), Vec::new());
    assert!(first.to_string().contains("- pick aaaaaaaaaa onto release/1.4"), "{first}");
}

#[test]
fn waiving_takes_the_label_off_and_notes_who_and_why() {
    let labelled = source(State::Merged, &["backport release/1.4"], None);
    let (first, second) = asked("", "/slipway backport release/1.4 waive=yes reason=\"not there\"", labelled, Vec::new());
    assert!(!first.to_string().contains("pick"), "{first}");
    assert!(second.to_string().contains("- take backport release/1.4 off change request 7"), "{second}");
    assert_eq!(noted(&second), "release/1.4 waived dana not%20there");
}

#[test]
fn several_commands_of_a_comment_make_one_table() {
    let body = "/slipway backport release/1.4\n/slipway backport release/1.5 waive=yes reason=old";
    let (_, second) = asked("", body, source(State::Open, &[], None), Vec::new());
    assert_eq!(noted(&second), "release/1.4 pending dana\nrelease/1.5 waived dana old");
}

#[test]
fn each_command_of_a_comment_opens_what_it_names() {
    let body = "/slipway backport release/1.4\n/slipway backport release/1.5";
    let (first, _) = asked("", body, source(State::Merged, &["backport release/1.3"], None), Vec::new());
    assert_eq!(first.to_string().matches("- pick").count(), 2, "{first}");
}

#[test]
fn a_command_that_is_refused_asks_nothing_of_the_table() {
    for refused in ["release/1.6", "main release/1.5", "release/1.5 agin=yes"] {
        let body = format!("/slipway backport {refused}\n/slipway backport release/1.4");
        let (_, second) = asked("", &body, source(State::Open, &[], None), Vec::new());
        assert_eq!(noted(&second), "release/1.4 pending dana", "{refused}");
    }
}

#[test]
fn what_cannot_be_carried_is_refused_with_what_to_do() {
    let open = || source(State::Open, &[], None);
    let command = |rest: &str| format!("/slipway backport{rest}");
    assert!(refusal("", &command(""), open()).starts_with("no branch is named."));
    assert_eq!(refusal("", &command(" relase/1.4 release/1.6"), open()), "there is no branch release/1.6. Did you mean release/1.4?");
    assert!(refusal("", &command(" main"), open()).starts_with("main is where it goes anyway."));
    assert!(refusal("", &command(" release/1.4 agin=yes"), open()).ends_with("Did you mean again?"));
    assert!(refusal("", &command(" release/1.4 again=no"), open()).starts_with("again can only be yes."));
    assert!(refusal("", &command(" release/1.4 waive=yes"), open()).starts_with("no reason is given."));
    assert!(refusal("", &command(" release/1.4"), source(State::Closed, &[], None)).ends_with("Reopen it first."));
    assert!(refusal("backport.label = ''", &command(" release/1.4"), open()).ends_with("Ask again after the merge."));
    let waive = command(" release/1.4 waive=yes reason=x");
    let there = |state| stood(State::Merged, "release/1.4", (9, state));
    assert_eq!(refusal("", &waive, there(State::Open)), "#9 carries it to release/1.4. Close that first.");
    assert!(refusal("", &waive, there(State::Merged)).starts_with("release/1.4 has it already, by #9."));
}

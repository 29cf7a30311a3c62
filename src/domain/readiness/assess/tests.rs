//! What Slipway finds out of what is known, a row each; and that what somebody decided ends with the commit.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::config::Config;
use crate::domain::facts::{CheckState, Owed};
use crate::domain::history::tests::sha;
use crate::domain::names::{BranchName, Moment, Number};
use crate::domain::readiness::Contents;

const TEAMS: &str = "[readiness]\nteams = ['@acme/qa', '@acme/sre']\nsign_offs = 2\nreviewers = ['@acme/dba']";

pub(crate) fn progress() -> Progress {
    Progress {
        branch: BranchName::parse("release/1.4").unwrap(),
        head: sha('b'),
        checks: BTreeMap::new(),
        required: BTreeSet::new(),
        blockers: Vec::new(),
        owed: Vec::new(),
        comment: None,
    }
}

fn inside(whens: &[When]) -> Inside {
    let contents = Contents { whens: whens.iter().copied().collect(), paths: Vec::new() };
    Inside { head: sha('b'), contents, notes: Finding::good("2 changes are told"), versions: None, next: vec!["1.4.0".into()] }
}

fn said(by: &str, at: i64, on: char, deed: Deed) -> Decision {
    Decision { asked: format!("issue-7:{at}"), by: UserName::parse(by).unwrap(), at: Moment(at), on: sha(on), deed }
}

fn go(by: &str, at: i64, teams: &[&str]) -> Decision {
    said(by, at, 'b', Deed::Go { teams: teams.iter().map(|team| (*team).to_owned()).collect() })
}

fn book(decisions: &[Decision]) -> Book {
    decisions.iter().cloned().fold(Book::default(), Book::with)
}

/// An item as `+ checks: 2 are green`, of the version 1.4.
fn told(text: &str, id: &str, (progress, book, inside): (&Progress, &Book, Option<&Inside>)) -> String {
    let options = Config::parse(text).unwrap().readiness.unwrap_or_default();
    let ground = Ground { options: &options, checks: &[], kind: Release::Line("1.4"), reads: Reads::Standing, progress, book, inside };
    let found = items(&ground).into_iter().find(|item| item.id == id);
    found.map_or_else(
        || "none".to_owned(),
        |item| match item.kind {
            Kind::Manual => "by hand".to_owned(),
            Kind::Automatic(ItemState { holds, says, waived }) => {
                format!("{}{says}{}", if holds { "+ " } else { "- " }, if waived.is_some() { " (waived)" } else { "" })
            }
        },
    )
}

#[test]
fn checks_are_those_of_the_very_commit() {
    let (green, red, pending) = (CheckState::Green, CheckState::Red, CheckState::Pending);
    let of = |checks: &[(&str, CheckState)], required: &[&str], book: &Book| {
        let checks = checks.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect();
        let required = required.iter().map(|name| (*name).to_owned()).collect();
        told("", "checks", (&Progress { checks, required, ..progress() }, book, None))
    };
    let mut known = Book::default();
    known.set_known(REPORTED, Some("reported"));
    let none = Book::default();
    for (checks, required, book, says) in [
        (&[("ci", green), ("lint", green)][..], &[][..], &none, "+ 2 are green"),
        (&[("ci", green), ("lint", red)], &[], &none, "- lint is red"),
        (&[("ci", green), ("lint", red)], &["ci"], &none, "+ 2 are green"),
        (&[("ci", pending)], &["ci", "slipway/readiness"], &none, "- ci is pending"),
        (&[], &["ci"], &none, "- ci has not reported"),
        (&[], &[], &none, "+ nothing checks this branch"),
        (&[], &[], &known, "- no check has reported yet"),
    ] {
        assert_eq!(of(checks, required, book), says);
    }
}

#[test]
fn a_blocker_with_a_milestone_is_one_of_that_version_only() {
    let of = |milestone: Option<&str>| {
        let blocker = Blocker { label: "#12".into(), title: "It crashes".into(), milestone: milestone.map(str::to_owned) };
        told("", "blockers", (&Progress { blockers: vec![blocker], ..progress() }, &Book::default(), Some(&inside(&[]))))
    };
    for blocks in [None, Some("1.4"), Some("v1.4.0"), Some(" 1.4.0")] {
        assert_eq!(of(blocks), "- #12 is open", "{blocks:?}");
    }
    for other in ["1.5", "1.4.1", "Backlog", "11.4"] {
        assert_eq!(of(Some(other)), "+ none is open", "{other}");
    }
    assert_eq!(told("readiness.blocker = ''", "blockers", (&progress(), &Book::default(), None)), "none");
}

#[test]
fn what_is_labelled_is_on_the_branch() {
    let owed = |there| Owed { number: Number(7), title: "fix: a".into(), there };
    let of = |owed| told("", "backports", (&Progress { owed, ..progress() }, &Book::default(), None));
    assert_eq!(of(Vec::new()), "+ nothing is labelled for it");
    assert_eq!(of(vec![owed(true)]), "+ all of it is there");
    assert_eq!(of(vec![owed(true), owed(false), owed(false)]), "- 2 changes are not there");
}

#[test]
fn what_nobody_looked_at_does_not_hold() {
    let of = |id, inside| told("", id, (&progress(), &Book::default(), inside));
    assert_eq!(of("notes", None), "- this commit was not looked at yet");
    let known = Inside { notes: Finding::bad("3f2a9c1 cannot be read"), ..inside(&[]) };
    assert_eq!([of("notes", Some(&known)), of("versions", Some(&known))], ["- 3f2a9c1 cannot be read", "none"]);
}

#[test]
fn migrations_are_an_item_where_there_are_some() {
    let of = |text, whens: &[When], book: &Book| told(text, "migrations", (&progress(), book, Some(&inside(whens))));
    let (migration, reviewed) = (&[When::Migration][..], book(&[go("kim", 1, &["@acme/dba"])]));
    assert_eq!(of(TEAMS, &[], &reviewed), "none");
    assert_eq!(of("", migration, &Book::default()), "by hand");
    assert_eq!(of(TEAMS, migration, &book(&[go("mia", 1, &["@acme/qa"])])), "- waits for the team acme/dba");
    assert_eq!(of(TEAMS, migration, &reviewed), "+ kim has said go");
}

#[test]
fn as_many_teams_or_people_as_are_asked_for_have_said_go() {
    let of = |text, decisions: &[Decision]| told(text, "sign-offs", (&progress(), &book(decisions), None));
    let (qa, sre) = (go("mia", 1, &["@acme/qa"]), go("max", 2, &["@acme/sre"]));
    let no = |by, at| said(by, at, 'b', Deed::NoGo { reason: "x".into() });
    assert_eq!(of("", &[]), "- 0 of 1 said go");
    assert_eq!(of("", &[go("mia", 1, &[])]), "+ 1 of 1 said go");
    assert_eq!(of(TEAMS, &[qa.clone(), go("kim", 3, &["@acme/qa"])]), "- 1 of 2 said go");
    assert_eq!(of(TEAMS, &[qa.clone(), sre.clone()]), "+ 2 of 2 said go");
    assert_eq!(of(TEAMS, &[qa.clone(), sre.clone(), no("mia", 3)]), "- mia has said no-go");
    assert_eq!(of(TEAMS, &[no("mia", 0), qa, sre]), "+ 2 of 2 said go");
}

#[test]
fn an_item_is_waived_on_one_commit() {
    let waived = said("mia", 1, 'b', Deed::Waive { item: "sign-offs".into(), reason: "known".into() });
    let of = |progress: &Progress| told(TEAMS, "sign-offs", (progress, &book(std::slice::from_ref(&waived)), None));
    assert_eq!(of(&progress()), "+ 0 of 2 said go (waived)");
    assert_eq!(of(&Progress { head: sha('c'), ..progress() }), "- 0 of 2 said go");
}

#[test]
fn only_those_items_are_there_that_are_asked_for_each_once() {
    let options = Config::parse("readiness.automatic = ['sign-offs', 'checks', 'checks']").unwrap().readiness.unwrap();
    let (progress, book) = (progress(), Book::default());
    let ground = Ground {
        options: &options,
        checks: &[],
        kind: Release::Request,
        reads: Reads::Standing,
        progress: &progress,
        book: &book,
        inside: None,
    };
    let ids: Vec<_> = items(&ground).into_iter().map(|item| item.id).collect();
    assert_eq!(ids, ["sign-offs", "checks"]);
}

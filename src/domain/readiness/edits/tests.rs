//! Whoever may tick may edit; what others do to a checklist is undone, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::commands::tests::delivery;
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::decide;
use crate::domain::event::Actor;
use crate::domain::facts::{Asker, Condition, OwnIssue, Progress, Role};
use crate::domain::history::tests::sha;
use crate::domain::names::{BranchName, Moment, UserName};
use crate::domain::readiness::checklist::write;
use crate::domain::readiness::page::merge;
use crate::domain::readiness::reads::{BACKPORTS, BLOCKERS};
use crate::domain::readiness::{Book, Item, Kind};
use crate::domain::rules::tests::request;
use crate::domain::tracking::Record;

const LIST: &str = "[[checklist]]\nitems = ['Tried']\n[[checklist]]\non = 'change-request'\nitems = ['Tried']";

fn page() -> String {
    let item = Item { id: "tried".into(), text: "Tried".into(), kind: Kind::Manual };
    merge(None, &[("head", Some("Head".into())), ("checklist", Some(write(None, &[item])))])
}

fn ticked() -> String {
    page().replace("- [ ] Tried", "- [x] Tried")
}

fn configuration(text: &str) -> Configuration {
    Configuration::read(ConfigFiles::of(ConfigFile { path: "slipway.toml".into(), version: "1".into(), text: text.into() }))
}

fn progress() -> Progress {
    let (checks, required, branch) = (BTreeMap::new(), BTreeSet::new(), BranchName::parse("release/1.1").unwrap());
    Progress { branch, head: sha('b'), checks, required, blockers: Vec::new(), owed: Vec::new(), comment: None }
}

fn facts(role: Role, body: &str) -> Facts {
    let branch = BranchName::parse("release/1.1").unwrap();
    // What else the page waits for was looked at before.
    let known = [BLOCKERS, BACKPORTS].map(|name| (name.to_owned(), "+none".to_owned())).into();
    let book = Book { known, ..Book::default() };
    let record = Record { branch, at: sha('a'), version: "1.1".into(), by: None, asked: "x".into(), book };
    let issue = OwnIssue {
        number: Number(7),
        key: "release/1.1".into(),
        title: "Release 1.1".into(),
        condition: Condition::Open,
        opened_at: Moment(1),
        body: body.into(),
        data: Some(record.write()),
    };
    let own = OwnComment { id: 5, body: body.into(), data: None };
    let progress = Progress { comment: Some(own), ..progress() };
    let subjects = [Subject::Line(Ref::TrackedBy(Number(7), None)), Subject::Request(Number(9))];
    Facts {
        me: Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
        sigil: "#",
        asker: Asked::Answered(Asker::of(role)),
        issues: [(IssueKind::Release, Asked::Answered(vec![issue]))].into(),
        progress: subjects.map(|subject| (subject, Asked::Answered(Some(progress.clone())))).into(),
        change_request: Asked::Answered(Some(request("feature", "main", "feat: a"))),
        ..Facts::default()
    }
}

fn by(event: Event, nature: Nature) -> Delivery {
    let actor = Actor { name: UserName::parse("eve").unwrap(), nature };
    Delivery { actor, event, ..delivery() }
}

fn issue(after: &str) -> Event {
    let text = Some(Edit { before: page(), after: after.into() });
    Event::Issue { number: Number(7), change: IssueChange::Edited, kinds: [IssueKind::Release].into(), labels: BTreeSet::new(), text }
}

fn comment(after: &str) -> Event {
    Event::CommentEdited { thread: Thread::ChangeRequest(Number(9)), id: 5, text: Edit { before: page(), after: after.into() } }
}

fn plan(event: Event, role: Role, current: &str) -> Plan {
    let (delivery, config) = (by(event, Nature::Person), configuration(LIST));
    assert!(decide::needs(&delivery, &config).iter().any(|need| matches!(need, Need::Asker { .. })));
    decide::decide(&delivery, &config, &facts(role, current))
}

#[test]
fn whoever_may_tick_sees_the_page_brought_up_to_date() {
    let told = plan(issue(&ticked()), Role::Write, &ticked()).to_string();
    assert_eq!(told, "the page of 1.1 is brought up to date\n- keep the text of the issue slipway:release release/1.1");
}

#[test]
fn what_others_do_to_a_checklist_is_undone_with_a_word() {
    let told = plan(issue(&ticked()), Role::Triage, &ticked());
    let Some(Action::Issue(written)) = told.actions.first() else { panic!("{told}") };
    let Note::Page(made) = &written.body else { panic!("{told}") };
    assert_eq!((written.seen.as_deref(), made.current.as_deref()), (Some(ticked().as_str()), Some(page().as_str())));
    let book = Record::read(written.data.as_deref().unwrap()).unwrap().book;
    assert!(matches!(book.decisions.as_slice(), [Decision { deed: Deed::Undone, .. }]));
    let why = "it takes the right to write to the repository".to_owned();
    let Some(Action::Comment { thread: Thread::Issue(Number(7)), body, .. }) = told.actions.last() else { panic!("{told}") };
    assert_eq!(*body, Note::Undone { by: UserName::parse("eve").unwrap(), what: "1.1".into(), why });
}

#[test]
fn the_page_of_a_change_request_is_guarded_too() {
    let told = plan(comment(&ticked()), Role::Read, &ticked());
    assert!(matches!(told.actions.first(), Some(Action::Remember { key: CommentKey::Checklist, .. })), "{told}");
    assert!(matches!(told.actions.last(), Some(Action::Comment { key: CommentKey::Undone, .. })), "{told}");
    assert_eq!(plan(comment(&ticked()), Role::Write, &ticked()).actions.len(), 1);
}

#[test]
fn what_does_not_stand_any_more_needs_not_be_undone() {
    assert!(plan(issue(&ticked()), Role::Read, &page()).actions.is_empty());
}

#[test]
fn an_edit_elsewhere_or_of_slipways_own_is_no_edit_of_a_checklist() {
    let elsewhere = issue(&page().replace("Head", "Hat"));
    assert_eq!(decide::dismiss(&by(elsewhere, Nature::Person)), Some("the checklist is as it was"));
    for (nature, why) in [(Nature::Slipway, "Slipway has written its own page"), (Nature::Bot, "what bots edit stays")] {
        for event in [issue(&ticked()), comment(&ticked())] {
            assert_eq!(decide::dismiss(&by(event, nature)), Some(why));
        }
    }
}

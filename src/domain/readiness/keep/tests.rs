//! A page is what is known of its release, at the commit that the release is at now.

use super::*;
use crate::domain::commands::tests::{delivery, line};
use crate::domain::config::{ConfigFile, ConfigFiles, Configuration};
use crate::domain::decide;
use crate::domain::event::{Actor, Change, Delivery, Event, Nature};
use crate::domain::facts::{Asked, Between, CheckState, Line, Look, OwnComment};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::names::{Moment, Sha, TagName, UserName};
use crate::domain::plan::Plan;

use crate::domain::readiness::assess::tests::progress;
use crate::domain::readiness::page::Verdict;

const READY: &str = "[readiness]\nautomatic = ['checks', 'notes', 'migrations', 'sign-offs']\n[[checklist]]\nitems = ['Tried']";

fn named(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn decision(on: char, deed: Deed) -> Decision {
    Decision { asked: "issue-7:1".into(), by: UserName::parse("mia").unwrap(), at: Moment(1), on: sha(on), deed }
}

fn go(on: char) -> Decision {
    decision(on, Deed::Go { teams: BTreeSet::new() })
}

pub(crate) fn issue(book: Book, body: &str) -> OwnIssue {
    let record = Record { branch: named("release/1.1"), at: sha('a'), version: "1.1".into(), by: None, asked: "tag:cut/1.1".into(), book };
    OwnIssue {
        number: Number(7),
        key: "release/1.1".into(),
        title: "Release 1.1".into(),
        condition: Condition::Open,
        opened_at: Moment(1),
        body: body.into(),
        data: Some(record.write()),
    }
}

/// The line release/1.1 with v1.0.0 at its first commit, and its head at this one.
pub(crate) fn at(head: char) -> Line {
    let commits = ["a: feat: a", "b a: feat: b", "c b: fix: c", "d a: feat: b"];
    let commits: Vec<_> = commits.into_iter().filter(|commit| head == 'd' || !commit.starts_with('d')).collect();
    let mut window = tagged(window(&commits), &[("v1.0.0", 'a')]);
    window.head = sha(head);
    Line { name: "release/1.1".into(), window, ..line() }
}

fn facts(head: char, issue: OwnIssue, files: &[&str]) -> Facts {
    let progress = Progress { head: sha(head), checks: [("ci".to_owned(), CheckState::Green)].into(), ..progress() };
    let (branch, between) = (Ref::Branch(named("release/1.1")), files.iter().map(|file| (*file).to_owned()).collect());
    Facts {
        me: Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
        sigil: "#",
        lines: [(branch.clone(), Asked::Answered(Some(at(head))))].into(),
        between: Asked::Answered(Some(Between { files: between, cut: false })),
        issues: [(IssueKind::Release, Asked::Answered(vec![issue]))].into(),
        progress: [(Subject::Line(branch), Asked::Answered(Some(progress)))].into(),
        ..Facts::default()
    }
}

fn keep(text: &str, facts: &Facts, reads: Reads) -> Result<Kept, String> {
    let (config, delivery) = (Config::parse(text).unwrap(), delivery());
    let of = Of::Line(Ref::Branch(named("release/1.1")));
    Keeping { config: &config, repository: &delivery.repository, of, reads }.keep(None, facts)
}

/// What the next event finds of it.
fn written(kept: &Kept, body: &str) -> OwnIssue {
    let data = kept.actions.iter().find_map(|action| match action {
        Action::Issue(issue) => issue.data.clone(),
        _ => None,
    });
    OwnIssue { data, ..issue(Book::default(), body) }
}

/// A checklist on which this was ticked.
fn ticked_page(items: &[Item]) -> String {
    let list = checklist::write(None, items).replace("- [ ] Tried", "- [x] Tried");
    parts::merge(None, &[("checklist", Some(list))])
}

#[test]
fn it_is_ready_once_all_of_it_holds_and_the_check_says_so() {
    let first = keep(READY, &facts('b', issue(Book::default(), ""), &[]), Reads::Whole).unwrap();
    assert!(matches!(&first.page.verdict, Verdict::Waiting { wanting } if wanting.join("; ") == "Tried; sign-offs: 0 of 1 said go"));
    let body = ticked_page(&first.page.items);
    let then = facts('b', written(&first, &body), &[]);
    let config = Config::parse(READY).unwrap();
    let delivery = delivery();
    let of = Of::Line(Ref::Branch(named("release/1.1")));
    let keeping = Keeping { config: &config, repository: &delivery.repository, of, reads: Reads::Standing };
    let kept = keeping.keep(Some(go('b')), &then).unwrap();
    insta::assert_snapshot!(Plan::of("kept", kept.actions), @"
    kept
    - report slipway/readiness success on 6262626262: ready: all 4 items hold
    - keep the text of the issue slipway:release release/1.1
    ");
}

#[test]
fn a_check_that_says_the_same_is_not_reported_again() {
    let first = keep(READY, &facts('b', issue(Book::default(), ""), &[]), Reads::Whole).unwrap();
    assert_eq!(first.actions.len(), 2);
    let again = keep(READY, &facts('b', written(&first, ""), &[]), Reads::Standing).unwrap();
    assert_eq!(again.actions.len(), 1);
    assert_eq!(written(&again, "").data, written(&first, "").data, "nothing else is remembered either");
}

#[test]
fn a_decision_ends_with_its_commit_however_the_head_moves() {
    // Pushed to, forced to another history, rebased, or the base merged in: a head of another name.
    for (head, how) in [('c', "a push"), ('d', "a push by force, or a rebase"), ('a', "a branch that was reset")] {
        let decisions = [go('b'), decision('b', Deed::Waive { item: "checks".into(), reason: "x".into() })];
        let book = decisions.into_iter().fold(Book::default(), Book::with);
        let kept = keep(READY, &facts(head, issue(book, ""), &[]), Reads::Whole).unwrap();
        assert!(kept.page.answers.is_empty(), "{how}");
        let waived = |item: &Item| matches!(&item.kind, Kind::Automatic(state) if state.waived.is_some());
        assert!(!kept.page.items.iter().any(waived), "{how}");
        assert_eq!(kept.page.log.len(), 2, "what was decided stays in the log: {how}");
    }
}

#[test]
fn what_was_found_on_another_commit_counts_for_nothing() {
    let first = keep(READY, &facts('b', issue(Book::default(), ""), &["db/migrations/1.sql"]), Reads::Whole).unwrap();
    let has = |kept: &Kept, id: &str| kept.page.items.iter().any(|item| item.id == id);
    assert!(has(&first, "migrations"));
    let same = keep(READY, &facts('b', written(&first, ""), &[]), Reads::Standing).unwrap();
    assert!(has(&same, "migrations") && same.page.notes.is_none());
    // Checks ended on a commit whose push nobody has told of yet.
    let moved = keep(READY, &facts('c', written(&first, ""), &[]), Reads::Standing).unwrap();
    assert!(
        matches!(&moved.page.verdict, Verdict::Waiting { wanting } if wanting.contains(&"notes: this commit was not looked at yet".into()))
    );
}

#[test]
fn a_page_that_is_closed_gone_or_tampered_with_is_left_alone() {
    let of = |issue: OwnIssue| keep(READY, &facts('b', issue, &[]), Reads::Whole).map(|_| ()).unwrap_err();
    let own = || issue(Book::default(), "");
    assert_eq!(of(OwnIssue { condition: Condition::Closed, ..own() }), "the issue #7 is closed");
    assert_eq!(of(OwnIssue { data: None, ..own() }), "somebody has changed what #7 remembers");
    assert_eq!(of(OwnIssue { key: "release/1.0".into(), ..own() }), "no issue tracks the release");
}

#[test]
fn without_the_table_there_is_a_page_and_no_check() {
    let kept = keep("", &facts('b', issue(Book::default(), ""), &[]), Reads::Whole).unwrap();
    assert_eq!(Plan::of("kept", kept.actions).to_string(), "kept\n- keep the text of the issue slipway:release release/1.1");
    assert_eq!(kept.page.items.iter().filter(|item| item.kind == Kind::Manual).count(), 4);
}

/// What an event leads to, told as a plan.
fn plan(text: &str, event: Event, look: Look, facts: Facts) -> String {
    let file = ConfigFile { path: "slipway.toml".into(), version: "1".into(), text: text.into() };
    let config = Configuration::read(ConfigFiles::of(file));
    let actor = Actor { name: UserName::parse("dana").unwrap(), nature: Nature::Person };
    let delivery = Delivery { actor, event, ..delivery() };
    decide::decide(&delivery, &config, &Facts { look, ..facts }).to_string()
}

#[test]
fn a_push_that_the_forge_does_not_show_yet_is_waited_for() {
    let push = |before| Event::Push { branch: named("release/1.1"), before: sha(before), after: sha('c'), commits: None };
    let known = || facts('b', issue(Book::default(), ""), &[]);
    assert_eq!(plan("", push('b'), Look::More, known()), "the forge's API lags behind its event\n- look again shortly");
    assert!(plan("", push('b'), Look::Last, known()).contains("up to date"));
    assert!(plan("", push('a'), Look::More, known()).contains("up to date"));
}

#[test]
fn a_version_that_is_tagged_stands_in_the_log() {
    let (config, delivery) = (Config::default(), delivery());
    let event = Event::TagCreated { tag: TagName::parse("v1.1.0-rc.1").unwrap(), commit: sha('b') };
    let delivery = Delivery { event, ..delivery };
    let about = crate::domain::readiness::watch::about(&config, &delivery);
    let plans: Vec<_> = about.iter().map(|about| about.plan(&delivery, &facts('b', issue(Book::default(), ""), &[]))).collect();
    let [plan] = plans.as_slice() else { panic!("{plans:?}") };
    let noted = plan
        .actions
        .iter()
        .any(|action| matches!(action, Action::Issue(issue) if issue.data.as_ref().is_some_and(|data| data.contains("v1.1.0-rc.1"))));
    assert!(noted, "{plan}");
}

#[test]
fn a_blocker_is_told_on_the_one_page_or_refreshes_each_of_several_and_other_issues_none() {
    let labelled = |label: &str| Event::Issue {
        number: Number(3),
        change: crate::domain::event::IssueChange::Edited,
        kinds: BTreeSet::new(),
        labels: BTreeSet::from([label.to_owned()]),
        text: None,
    };
    let known = || {
        let facts = facts('b', issue(Book::default(), ""), &[]);
        let progress = facts.progress.into_values().map(|progress| (Subject::Line(Ref::Underway), progress)).collect();
        Facts { progress, ..facts }
    };
    assert!(plan("", labelled("release-blocker"), Look::Last, known()).starts_with("the page of 1.1 is brought up to date\n"));
    let mut two = known();
    let other = Record { branch: named("release/1.0"), ..Record::of(&issue(Book::default(), "")).unwrap() };
    let other = OwnIssue { key: "release/1.0".into(), data: Some(other.write()), ..issue(Book::default(), "") };
    two.issues.insert(IssueKind::Release, Asked::Answered(vec![issue(Book::default(), ""), other]));
    let both = plan("", labelled("release-blocker"), Look::Last, two);
    assert!(both.contains("release/1.1") && both.contains("release/1.0") && !both.contains("brought up"), "{both}");
    assert_eq!(plan("", labelled("bug"), Look::Last, known()), "nothing is about this event");
}

#[test]
fn a_change_request_whose_labels_are_about_a_page_refreshes_it() {
    let closed = |label: &str| {
        let event = Event::ChangeRequest {
            number: Number(1),
            change: Change::Closed,
            head: sha('1'),
            branch: Some(named("fix/a")),
            base: Some(named("main")),
            labels: BTreeSet::from([label.to_owned()]),
            at: Moment(1),
        };
        plan("", event, Look::Last, facts('b', issue(Book::default(), ""), &[]))
    };
    for label in ["release-blocker", "backport release/1.1"] {
        assert!(closed(label).contains("release/1.1"), "{label}: {}", closed(label));
    }
    for label in ["bug", "backport release/1.0"] {
        assert!(!closed(label).contains("release/1.1"), "{label}: {}", closed(label));
    }
}

/// The page of a change request, with what its comment says and remembers.
fn of_request(of: Of, comment: Option<(&Book, &str)>, head: Sha) -> Kept {
    let text = "[readiness]\nautomatic = ['sign-offs']\n[[checklist]]\non = 'change-request'\ninto = ['main']\nitems = ['Tried']\n[[checklist]]\nitems = ['Told']";
    let (config, delivery) = (Config::parse(text).unwrap(), delivery());
    let comment = comment.map(|(book, body)| OwnComment { id: 5, body: body.to_owned(), data: Some(book.write()) });
    let progress = Progress { head, comment, ..progress() };
    let known = Facts { progress: [(Subject::Request(Number(1)), Asked::Answered(Some(progress)))].into(), ..Facts::default() };
    Keeping { config: &config, repository: &delivery.repository, of, reads: Reads::Standing }.keep(None, &known).unwrap()
}

#[test]
fn a_release_change_request_has_a_check_and_any_other_only_its_list() {
    let release = of_request(Of::Release(Number(1), BranchName::main()), None, sha('b'));
    insta::assert_snapshot!(Plan::of("kept", release.actions), @"
    kept
    - report slipway/readiness pending on 6262626262: waits for sign-offs, one item by hand
    - comment on change request 1 about checklist
    ");
    let other = of_request(Of::Request(Number(1), BranchName::main()), None, sha('b'));
    assert_eq!(Plan::of("kept", other.actions).to_string(), "kept\n- comment on change request 1 about checklist");
}

#[test]
fn a_decision_about_a_change_request_ends_when_it_is_pushed_to_or_retargeted() {
    let book = Book::default().with(go('b'));
    let here = of_request(Of::Release(Number(1), BranchName::main()), Some((&book, "")), sha('b'));
    assert_eq!(here.page.answers.len(), 1);
    let known = Book { known: vec![(BASE.to_owned(), "main".to_owned())], ..book.clone() };
    let retargeted = of_request(Of::Release(Number(1), named("release/1.1")), Some((&known, "")), sha('b'));
    assert!(retargeted.page.answers.is_empty() && retargeted.page.log.is_empty());
    let pushed = of_request(Of::Release(Number(1), BranchName::main()), Some((&book, "")), sha('c'));
    assert!(pushed.page.answers.is_empty());
}

#[test]
fn what_an_event_cannot_change_is_remembered_and_looked_at_where_it_is_not() {
    let whole = keep("[readiness]", &facts('b', issue(Book::default(), ""), &[]), Reads::Whole).unwrap();
    let says = |kept: &Kept, id: &str| kept.page.items.iter().find(|item| item.id == id).map(|item| item.kind.clone());
    let known = keep("[readiness]", &facts('b', written(&whole, ""), &[]), Reads::Checks).unwrap();
    assert_eq!((says(&known, "blockers"), says(&known, "backports")), (says(&whole, "blockers"), says(&whole, "backports")));
    assert_eq!((known.page.blockers, known.page.owed, known.follows), (None, None, Vec::new()));
    let new = keep("[readiness]", &facts('b', issue(Book::default(), ""), &[]), Reads::Checks).unwrap();
    assert_eq!(new.follows, [Follow::Refresh(named("release/1.1"))]);
}

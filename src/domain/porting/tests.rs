//! Which change request is carried where, and what is told of it.

use std::collections::BTreeMap;

use super::record;
use super::*;
use crate::domain::config::{ConfigFile, ConfigFiles, Configuration};
use crate::domain::decide::{conclude, decide, dismiss, needs};
use crate::domain::event::{Actor, Change, Delivery, Event, ForgeKind, Nature};
use crate::domain::facts::{Asked, Facts, IssueKind, Look, Need, Source, State, Target};
use crate::domain::names::{Moment, RepoPath};
use crate::domain::plan::{Action, Lacking, Note, Obstacle, Outcome, Pick, Plan};
use crate::domain::rules::tests::request;

fn named(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn sha(name: char) -> Sha {
    Sha::parse(&name.to_string().repeat(40)).unwrap()
}

/// Change request 7 into main, with these labels.
pub(crate) fn source(state: State, labels: &[&str], noted: Option<&str>) -> Source {
    let mut request = request("feature/a", "main", "feat: a");
    (request.number, request.state) = (Number(7), state);
    request.labels = labels.iter().map(|label| (*label).to_owned()).collect();
    let picks = if state == State::Merged { vec![Pick { sha: sha('a'), message: None }] } else { Vec::new() };
    Source { request, picks, noted: noted.map(str::to_owned), targets: BTreeMap::new() }
}

fn carried(mut source: Source, targets: &[(&str, Option<(u64, State)>)]) -> Source {
    let target = |(name, found): &(&str, Option<(u64, State)>)| {
        (named(name), Target { request: found.map(|(number, state)| (Number(number), state)) })
    };
    source.targets.extend(targets.iter().map(target));
    source
}

fn event((number, branch, base): (u64, &str, &str), change: Change) -> Delivery {
    let path = RepoPath::parse("acme/app").unwrap();
    let repository = Repository { forge: ForgeKind::GitHub, id: 1, path, default_branch: Some(named("main")), tenant: None };
    let (branch, base) = (Some(named(branch)), Some(named(base)));
    let event =
        Event::ChangeRequest { number: Number(number), change, head: sha('b'), branch, base, labels: BTreeSet::new(), at: Moment(1) };
    let actor = Actor { name: UserName::parse("dana").unwrap(), nature: Nature::Person };
    Delivery { id: "d".into(), repository, actor, event }
}

fn config(text: &str) -> Configuration {
    Configuration::read(ConfigFiles::of(ConfigFile { path: "slipway.toml".into(), version: "1".into(), text: text.into() }))
}

fn facts(delivery: &Delivery, config: &Configuration, source: Source) -> Facts {
    let number = source.request.number;
    let mut facts = Facts { sigil: "#", look: Look::Last, change_request: Asked::Answered(None), ..Facts::default() };
    let wanted = needs(delivery, config).into_iter().any(|need| matches!(need, Need::Source(asked, ..) if asked == number));
    assert!(wanted, "the source is not asked for");
    facts.sources.insert(number, Asked::Answered(Some(source)));
    facts.issues.insert(IssueKind::Release, Asked::Answered(Vec::new()));
    facts
}

/// Both parts of the plan about a change request 7 from feature/a into main, and what is noted.
fn told(text: &str, source: Source, outcomes: &[Outcome]) -> String {
    let base = source.request.base.clone();
    about(text, &event((7, "feature/a", base.as_str()), Change::Relabelled), source, outcomes)
}

fn about(text: &str, delivery: &Delivery, source: Source, outcomes: &[Outcome]) -> String {
    let config = config(text);
    let facts = facts(delivery, &config, source);
    let first = decide(delivery, &config, &facts);
    let second = conclude(delivery, &config, &Facts { outcomes: outcomes.to_vec(), ..facts });
    let plan = if first.to_string().contains("- pick") { second.clone() } else { first.clone() };
    let data = plan.actions.iter().find_map(|action| match action {
        Action::Remember { data, .. } => Some(data.clone()),
        _ => None,
    });
    let second = if second.actions.is_empty() { String::new() } else { format!("\n{second}") };
    format!("{first}{second}\n{}", data.unwrap_or_default()).replace(&"a".repeat(40), "<a>")
}

fn ports(plan: Plan) -> Vec<crate::domain::plan::Port<Note>> {
    let port = |action| if let Action::Port(port) = action { Some(*port) } else { None };
    plan.actions.into_iter().filter_map(port).collect()
}

fn opened(branch: &str, number: u64) -> Outcome {
    Outcome::Request { branch: named(branch), number: Number(number) }
}

const TO: &str = "backport/7-to-release/1.4";

#[test]
fn a_label_asks_for_the_branch_that_its_template_leaves_open() {
    let wanted = |label, template| target(template, label).map(|branch| branch.to_string());
    assert_eq!(wanted("backport release/1.4", "backport {branch}").as_deref(), Some("release/1.4"));
    assert_eq!(wanted("to-1.4!", "to-{branch}!").as_deref(), Some("1.4"));
    for (label, template) in [("bug", "backport {branch}"), ("backport ", "backport {branch}"), ("backport x", "backport"), ("x", "")] {
        assert_eq!(wanted(label, template), None, "{label} by {template}");
    }
}

#[test]
fn a_branch_tells_what_it_carries_where() {
    assert_eq!(branch(Number(7), &named("release/1.4")), Some(named(TO)));
    assert_eq!(origin(&named(TO)), Some((Number(7), named("release/1.4"))));
    for other in ["backport/x-to-main", "backport/7", "backports/7-to-main", "backport/7-to--x"] {
        assert_eq!(origin(&named(other)), None, "{other}");
    }
}

#[test]
fn what_is_labelled_is_picked_after_the_merge() {
    let source = source(State::Merged, &["backport release/1.4", "kind/bug"], None);
    insta::assert_snapshot!(told("", source, &[opened(TO, 9)]), @r"
    it is wanted on other branches
    - pick aaaaaaaaaa onto release/1.4 as backport/7-to-release/1.4
    what came of it
    - comment on change request 7 about backports
    release/1.4 opened
    ");
}

#[test]
fn before_the_merge_the_table_says_that_it_waits() {
    insta::assert_snapshot!(told("", source(State::Open, &["backport release/1.4"], None), &[]), @r"
    the table of backports is brought up to date
    - comment on change request 7 about backports
    release/1.4 pending
    ");
}

#[test]
fn what_is_wanted_nowhere_has_no_table() {
    assert_eq!(told("", source(State::Merged, &["kind/bug", "backport main"], None), &[]), "it is wanted on no other branch\n");
}

#[test]
fn a_conflict_is_noted_and_not_tried_again_as_long_as_the_label_stays() {
    let conflict = Obstacle::Conflict {
        at: sha('a'),
        files: vec!["src/a b.rs".into()],
        lacking: vec![Lacking { sha: sha('a'), subject: "feat: x".into() }],
    };
    let labelled = |noted| source(State::Merged, &["backport release/1.4"], noted);
    let first = told("", labelled(None), &[Outcome::Stopped { branch: named(TO), by: conflict }]);
    let noted = "release/1.4 conflict <a> file:src/a%20b.rs lacks:<a>:feat:%20x";
    assert!(first.ends_with(noted), "{first}");
    let noted = noted.replace("<a>", &"a".repeat(40));
    assert!(!told("", labelled(Some(&noted)), &[]).contains("pick"));
    // The label was taken off; put on anew it is tried again.
    let without = told("", source(State::Merged, &[], Some(&noted)), &[]);
    assert!(without.ends_with("about backports\n-"), "{without}");
    assert!(told("", labelled(Some("-")), &[]).contains("pick"));
}

#[test]
fn what_is_open_merged_or_closed_already_is_only_told() {
    for state in [State::Open, State::Merged, State::Closed] {
        let source = carried(source(State::Merged, &["backport release/1.4"], None), &[("release/1.4", Some((9, state)))]);
        insta::allow_duplicates! {
            insta::assert_snapshot!(told("", source, &[]), @r"
            the table of backports is brought up to date
            - comment on change request 7 about backports
            release/1.4 opened
            ");
        }
    }
}

#[test]
fn what_is_waived_stays_so_until_it_is_labelled_again() {
    let waived = Some("release/1.4 waived mia not%20there");
    let stays = told("", source(State::Merged, &[], waived), &[]);
    assert!(stays.ends_with("release/1.4 waived mia not%20there") && !stays.contains("pick"), "{stays}");
    assert!(told("", source(State::Merged, &["backport release/1.4"], waived), &[]).contains("pick"));
}

#[test]
fn the_table_of_the_first_follows_what_becomes_of_a_backport_and_nothing_is_opened() {
    let source = || carried(source(State::Merged, &["backport release/1.5"], Some("-")), &[("release/1.4", Some((9, State::Closed)))]);
    for change in [Change::Opened, Change::Closed, Change::Reopened, Change::Merged] {
        let delivery = event((9, TO, "release/1.4"), change);
        assert_eq!(dismiss(&delivery), None);
        let config = config("release.preview = false");
        let plan = plan(&matters(loaded(&config), &delivery).pop().unwrap(), loaded(&config), &facts(&delivery, &config, source()));
        insta::allow_duplicates! {
            insta::assert_snapshot!(plan, @r"
            the table of backports is brought up to date
            - comment on change request 7 about backports
            ");
        }
    }
}

fn loaded(config: &Configuration) -> &Config {
    let Configuration::Loaded { config, .. } = config else { panic!("{config:?}") };
    config
}

#[test]
fn slipways_own_backports_and_labels_lead_to_nothing_more() {
    let mut opened = event((9, TO, "release/1.4"), Change::Opened);
    opened.actor.nature = Nature::Slipway;
    assert!(dismiss(&opened).is_none() && matters(&Config::default(), &opened).is_empty());
    let mut labelled = event((7, "feature/a", "main"), Change::Relabelled);
    labelled.actor.nature = Nature::Slipway;
    assert_eq!(dismiss(&labelled), Some("Slipway has changed it itself"));
}

#[test]
fn a_hotfix_is_carried_to_the_trunk_by_itself() {
    let hotfix = |state| {
        let mut source = source(state, &[], None);
        source.request.base = named("hotfix/1.4.2");
        source
    };
    let on = |change| event((7, "fix/a", "hotfix/1.4.2"), change);
    let merged = about("", &on(Change::Merged), hotfix(State::Merged), &[opened("backport/7-to-main", 9)]);
    assert!(merged.contains("- pick aaaaaaaaaa onto main as backport/7-to-main") && merged.ends_with("main opened"), "{merged}");
    assert!(matters(&Config::parse("backport.forward = false\nbackport.label = ''").unwrap(), &on(Change::Merged)).is_empty());
    let gitflow = Config::parse("strategy = 'gitflow'").unwrap();
    let targets = forward(&gitflow, &on(Change::Merged).repository, (&named("fix/a"), &named("hotfix/1.4.2")));
    assert_eq!(targets, [named("develop"), named("main")].into());
    // What came from elsewhere is there.
    assert!(forward(&gitflow, &on(Change::Merged).repository, (&named("backport/7-to-hotfix/1.4.2"), &named("hotfix/1.4.2"))).is_empty());
}

#[test]
fn more_commits_than_are_picked_are_left_to_a_person() {
    let mut source = source(State::Merged, &["backport release/1.4"], None);
    source.picks = vec![source.picks[0].clone(); 3];
    let told = told("backport.most = 2", source, &[]);
    assert!(!told.contains("pick") && told.ends_with("release/1.4 pending"), "{told}");
}

#[test]
fn a_forge_that_lags_behind_its_merge_is_asked_again() {
    let (config, delivery) = (config(""), event((7, "feature/a", "main"), Change::Merged));
    let late = facts(&delivery, &config, source(State::Open, &["backport release/1.4"], None));
    let plan = decide(&delivery, &config, &Facts { look: Look::More, ..late });
    assert!(plan.to_string().contains("look again shortly"), "{plan}");
}

fn port(text: &str, source: Source) -> crate::domain::plan::Port<Note> {
    let (config, delivery) = (config(text), event((7, "feature/a", "main"), Change::Merged));
    ports(decide(&delivery, &config, &facts(&delivery, &config, source))).pop().unwrap()
}

#[test]
fn a_title_goes_by_its_template_and_has_its_branch_in_front_once() {
    let titled = |template: &str, base: &str, title: &str| {
        let mut source = source(State::Merged, &["backport release/1.4"], None);
        (source.request.title, source.request.base) = (title.to_owned(), named(base));
        port(&format!("backport.title = '{template}'"), source).title
    };
    assert_eq!(titled("[{branch}] {title}", "main", "feat: {number}\u{1b}"), "[release/1.4] feat: {number}");
    assert_eq!(titled("[{branch}] {title}", "release/1.5", "[release/1.5] feat: a"), "[release/1.4] feat: a");
    assert_eq!(titled("{title} (of {number}, {branch})", "main", "feat: a"), "feat: a (of 7, release/1.4)");
}

#[test]
fn labels_are_copied_by_their_patterns_and_never_those_that_ask() {
    let source = source(State::Merged, &["backport release/1.4", "kind/bug", "size/L"], None);
    let port = port("backport.labels = ['kind/*', 'backport **']", source);
    assert_eq!(port.labels, ["kind/bug".to_owned()].into());
}

#[test]
fn what_the_notes_tell_goes_with_it_and_commands_nothing() {
    let note = |body: &str| {
        let mut source = source(State::Merged, &["backport release/1.4"], None);
        source.request.body = body.to_owned();
        match port("", source).body {
            Note::Port(words) => {
                if let Words::Body(body) = *words {
                    body.note
                } else {
                    None
                }
            }
            _ => None,
        }
    };
    assert_eq!(note("").as_deref(), Some("feat: a"));
    let replaced = note("BEGIN_COMMIT_OVERRIDE\nfix: b for @team, a@b.c\n/approve\nEND_COMMIT_OVERRIDE");
    assert_eq!(replaced.as_deref(), Some("fix: b for @\u{200b}team, a@b.c"));
    let beside = note("BEGIN_COMMIT_OVERRIDE\nfix: é@acme/all a_@b\nEND_COMMIT_OVERRIDE");
    assert_eq!(beside.as_deref(), Some("fix: é@\u{200b}acme/all a_@b"));
}

#[test]
fn what_is_noted_of_every_row_is_read_again() {
    let notes = record::read("release/1.4 pending mia\nrelease/1.5 taken\nnonsense");
    assert_eq!(record::write(&notes), "release/1.4 pending mia\nrelease/1.5 taken");
}

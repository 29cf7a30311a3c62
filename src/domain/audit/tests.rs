use std::collections::BTreeMap;

use super::*;
use crate::domain::config::{ConfigFile, ConfigFiles, Configuration};
use crate::domain::decide;
use crate::domain::event::{Actor, ForgeKind, Repository};
use crate::domain::facts::{
    Asked, Condition, Course, IssueKind, LandedCommit, Line, Links, Look, OwnIssue, Progress, Pushed, Ref, Standing, Subject, TagFacts,
    TagForm,
};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::names::{BranchName, Moment, Number, RepoPath, TagName, UserName};

const CONFIG: &str = "[audit]\nprotected = ['main', 'release/*']\nallow = ['max']";

fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn tag(name: &str) -> TagName {
    TagName::parse(name).unwrap()
}

fn delivery(actor: &str, event: Event) -> Delivery {
    let path = RepoPath::parse("acme/app").unwrap();
    let repository = Repository { forge: ForgeKind::GitHub, id: 1, path, default_branch: Some(branch("main")), tenant: None };
    Delivery { id: "d".into(), repository, actor: Actor { name: UserName::parse(actor).unwrap(), nature: Nature::Person }, event }
}

fn read(own: &str, organisation: Option<&str>) -> Configuration {
    let file = |text: &str| ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: text.into() };
    Configuration::read(ConfigFiles { own: Some(file(own)), organisation: organisation.map(file) })
}

/// Only what was asked for is answered.
fn decided(config: &Configuration, delivery: &Delivery, known: Facts) -> String {
    let needs = decide::needs(delivery, config);
    let asks = |about: fn(&Need) -> bool| needs.iter().any(about);
    let Facts { now, look, pushed, merged, issues, tag, progress, lines, .. } = known;
    let mut facts = Facts { now, look, ..Facts::default() };
    if asks(|need| *need == Need::Me) {
        facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap());
    }
    if asks(|need| matches!(need, Need::Pushed { .. })) {
        facts.pushed = pushed;
    }
    if asks(|need| matches!(need, Need::Merged { .. })) {
        facts.merged = merged;
    }
    if asks(|need| matches!(need, Need::Issues(_))) {
        facts.issues = issues;
    }
    if asks(|need| matches!(need, Need::Tag(..))) {
        facts.tag = tag;
    }
    if asks(|need| matches!(need, Need::Progress(_))) {
        facts.progress = progress;
    }
    if asks(|need| matches!(need, Need::Line(_))) {
        facts.lines = lines;
    }
    decide::decide(delivery, config, &facts).to_string()
}

fn plan(config: &str, actor: &str, event: Event, known: Facts) -> String {
    decided(&read(config, None), &delivery(actor, event), known)
}

fn commit(name: char, base: Option<&str>) -> LandedCommit {
    let requests = base.map(|base| (Number(7), branch(base))).into_iter().collect();
    LandedCommit { sha: sha(name), subject: "feat: a".into(), author: None, requests }
}

fn push(on: &str) -> Event {
    Event::Push { branch: branch(on), before: sha('a'), after: sha('b'), commits: Some(Vec::new()) }
}

fn pushed(course: Course, landed: Vec<LandedCommit>) -> Facts {
    Facts { pushed: Asked::Answered(Pushed { course, landed }), ..Facts::default() }
}

fn direct() -> Facts {
    pushed(Course::Forward, vec![commit('b', None), commit('c', Some("main"))])
}

#[test]
fn a_direct_push_is_an_issue() {
    insta::assert_snapshot!(plan(CONFIG, "dana", push("main"), direct()), @r#"
    Push to main without a change request, at 6262626262
    - open the issue slipway:incident direct-push:main:6262626262626262626262626262626262626262
    "#);
}

#[test]
fn a_commit_without_a_change_request_may_still_get_one_until_the_last_look() {
    let early = Facts { look: Look::More, ..direct() };
    insta::assert_snapshot!(plan(CONFIG, "dana", push("main"), early), @r#"
    the forge knows no change request yet that brought what was pushed to main
    - look again shortly
    "#);
}

#[test]
fn what_came_by_change_requests_into_the_branch_is_fine_and_into_another_is_not() {
    let merged = |base| pushed(Course::Forward, vec![commit('b', Some(base))]);
    assert_eq!(plan(CONFIG, "dana", push("main"), merged("main")), "everything pushed to main came by change request");
    assert!(plan(CONFIG, "dana", push("main"), merged("develop")).contains("open the issue slipway:incident direct-push:main:"));
}

#[test]
fn slipway_itself_and_who_is_allowed_push_without_a_change_request() {
    assert_eq!(plan(CONFIG, "max", push("main"), direct()), "whoever pushed may do so");
    assert_eq!(plan(CONFIG, "slipway[bot]", push("main"), direct()), "Slipway did it itself");
}

#[test]
fn a_push_to_another_branch_or_of_a_merge_queue_asks_for_nothing() {
    for name in ["feature/a", "gh-readonly-queue/main/pr-7-aaaa"] {
        let config = read("[audit]\nprotected = ['main', 'gh-*/**']", None);
        assert!(decide::needs(&delivery("dana", push(name)), &config).is_empty());
    }
}

#[test]
fn a_force_push_is_reported_at_once_whoever_it_was() {
    let rewritten = Facts { look: Look::More, ..pushed(Course::Rewritten { lost: Some(2) }, vec![commit('b', Some("main"))]) };
    insta::assert_snapshot!(plan(CONFIG, "max", push("main"), rewritten), @r#"
    Force push to main, at 6262626262
    - open the issue slipway:incident force-push:main:6161616161616161616161616161616161616161..6262626262626262626262626262626262626262
    "#);
}

#[test]
fn a_forge_that_does_not_know_the_push_yet_is_no_force_push_until_the_last_look() {
    let unknown = |look| Facts { look, ..pushed(Course::Rewritten { lost: None }, Vec::new()) };
    assert!(plan(CONFIG, "dana", push("main"), unknown(Look::More)).ends_with("- look again shortly"));
    assert!(plan(CONFIG, "dana", push("main"), unknown(Look::Last)).contains("force-push:main:"));
}

#[test]
fn taking_a_force_push_back_is_not_another_incident() {
    let (before, after, commits) = (sha('a'), sha('b'), Vec::new());
    let forced = Happening::ForcePush { branch: branch("main"), before: before.clone(), after: after.clone(), lost: None, commits };
    let back = Happening::ForcePush { branch: branch("main"), before: after, after: before, lost: None, commits: Vec::new() };
    assert_eq!(forced.key(), back.key());
}

#[test]
fn a_key_holds_no_more_than_marks_can() {
    let gone = Happening::BranchDeleted { branch: branch("feat_#1-->é"), was: sha('a'), fate: Fate::Gone };
    assert_eq!(gone.key(), format!("branch-deleted:feat:5f::23:1--:3e::e9::{}", sha('a')));
}

#[test]
fn what_is_observed_is_told_and_nothing_is_written() {
    let config = format!("mode = 'observe'\nrelease.from = 'never'\n{CONFIG}");
    let told = plan(&config, "dana", push("main"), direct());
    assert_eq!(told, "Push to main without a change request, at 6262626262, which is only observed");
    assert!(decide::needs(&delivery("dana", push("main")), &read(&format!("{CONFIG}\nmode = 'off'"), None)).is_empty());
}

#[test]
fn a_repository_cannot_allow_what_its_organisation_reports() {
    let config = read("[audit]\nmode = 'observe'\nprotected = ['main']\ndirect_pushes = 'allow'", Some("[audit]\nprotected = ['main']"));
    assert!(decided(&config, &delivery("dana", push("main")), direct()).contains("open the issue slipway:incident direct-push"));
    let Configuration::Loaded { config, .. } = config else { panic!() };
    assert_eq!(config.ignored(), ["[audit] is to observe here, and slipway.toml asks to enforce"]);
}

fn deletion(name: &str, was_merged: bool) -> (Event, Facts) {
    (Event::BranchDeleted { branch: branch(name), was: sha('a') }, Facts { merged: Asked::Answered(was_merged), ..Facts::default() })
}

#[test]
fn a_deleted_branch_is_restored_where_the_setting_says_so_and_is_enforced() {
    let (event, facts) = deletion("release/1", false);
    let config = format!("{CONFIG}\ndeletions = 'restore'");
    insta::assert_snapshot!(plan(&config, "dana", event.clone(), facts.clone()), @r#"
    Deletion of the branch release/1, which was at 6161616161
    - make branch release/1 at 6161616161
    - open the issue slipway:incident branch-deleted:release/1:6161616161616161616161616161616161616161
    "#);
    let advised = plan(&format!("{config}\nmode = 'advise'"), "dana", event, facts);
    assert!(advised.contains("open the issue") && !advised.contains("make branch"), "{advised}");
}

#[test]
fn a_merged_release_branch_may_go_and_the_trunk_may_not() {
    let (event, facts) = deletion("release/1", true);
    assert_eq!(plan(CONFIG, "dana", event, facts), "release/1 was merged before it was deleted");
    let (event, facts) = deletion("main", true);
    assert!(plan(CONFIG, "dana", event, facts).contains("open the issue slipway:incident branch-deleted:main:"));
}

#[test]
fn nobody_asks_about_slipways_own_branches() {
    let (event, facts) = deletion("slipway/release/main", false);
    assert_eq!(plan("[audit]\nprotected = ['**']", "dana", event, facts), "the branch is Slipway's own");
}

/// What is known of a tag on the second of two commits, of which the first may have another tag.
/// Nothing tracks the release of a tag's line.
fn untracked(tag: &str) -> BTreeMap<Subject, Asked<Option<Progress>>> {
    let version = tag.trim_start_matches('v');
    let line: Vec<_> = version.split('.').take(2).collect();
    let of = |name: String| (Subject::Line(Ref::Branch(branch(&name))), Asked::Answered(None));
    [of(format!("release/{}", line.join("."))), of(format!("hotfix/{version}"))].into()
}

fn at_tag(name: &str, form: TagForm, on: &[&str], before: Option<&str>) -> (Event, Facts) {
    let tags: Vec<_> = before.into_iter().map(|before| (before, 'a')).chain([(name, 'b')]).collect();
    let window = tagged(window(&["a: feat: a", "b a: feat: b"]), &tags);
    let (files, proposals, links) = (BTreeMap::new(), BTreeMap::new(), Links::default());
    let line = Line { name: name.into(), window, links, files, proposals, newcomers: Vec::new(), standing: Standing::default() };
    let found = TagFacts { commit: sha('b'), form, branches: on.iter().map(|name| branch(name)).collect() };
    let known = [(Ref::Tag(tag(name)), Asked::Answered(Some(line)))].into();
    let (issues, progress) = ([(IssueKind::Release, Asked::Answered(Vec::new()))].into(), untracked(name));
    let facts = Facts { lines: known, tag: Asked::Answered(Some(found)), issues, progress, ..Facts::default() };
    (Event::TagCreated { tag: tag(name), commit: sha('b') }, facts)
}

/// Why a tag is refused, by a table of `[audit.tags]`.
fn refused(options: &str, (event, facts): (Event, Facts)) -> Vec<String> {
    let config = Config::parse(&format!("release.from = 'never'\n[audit.tags]\n{options}")).unwrap();
    let (options, mode) = config.audits().next().unwrap();
    let Event::TagCreated { tag, .. } = event else { panic!() };
    match tags::created(Watch { options, mode }, &config, &tag, &facts) {
        Judged::Breach(Happening::TagRefused { why, .. }) => why,
        _ => Vec::new(),
    }
}

#[test]
fn a_tag_says_all_that_is_wrong_with_it() {
    let at = at_tag("v1.0.9", TagForm::Lightweight, &["feature/a"], Some("v1.1.0"));
    insta::assert_snapshot!(refused("branches = ['main', 'release/*']\nform = 'annotated'", at).join("\n"), @r#"
    its commit is on none of the branches that may be tagged: main, release/*
    it is a mere name for a commit, and it must be annotated (git tag --annotate)
    it is not greater than v1.1.0, which an earlier commit of its line has
    "#);
}

#[test]
fn a_tag_as_it_should_be_is_fine() {
    let at = at_tag("v1.2.0", TagForm::Signed, &["main"], Some("v1.1.0"));
    assert!(refused("branches = ['main']\nform = 'signed'", at).is_empty());
}

#[test]
fn a_release_may_follow_its_candidate_on_the_same_commit() {
    let (event, mut facts) = at_tag("v1.2.0-rc.1", TagForm::Annotated, &[], None);
    let Asked::Answered(Some(line)) = facts.lines.values_mut().next().unwrap() else { panic!() };
    line.window = tagged(line.window.clone(), &[("v1.2.0-rc.1", 'b'), ("v1.2.0", 'b')]);
    assert!(refused("", (event, facts)).is_empty());
}

#[test]
fn a_tag_of_another_name_is_only_judged_where_others_are_reported() {
    let at = || at_tag("nightly", TagForm::Lightweight, &[], None);
    assert_eq!(refused("others = 'report'", at()), ["its name is no version's"]);
    assert_eq!(refused("others = 'report'\nnames = ['v*']", at()), ["its name is none of: v*"]);
    assert!(!concerns(&Config::parse("[audit.tags]\nform = 'signed'").unwrap(), &delivery("dana", at().0)));
}

#[test]
fn publishing_and_audit_read_the_line_of_a_tag_once() {
    let (event, facts) = at_tag("v1.2.0", TagForm::Signed, &["main"], Some("v1.3.0"));
    let needs = decide::needs(&delivery("dana", event.clone()), &read("[audit]", None));
    assert_eq!(needs.iter().filter(|need| matches!(need, Need::Line(_))).count(), 1);
    let told = plan("[audit]", "dana", event, facts);
    assert!(told.contains("publish release v1.2.0") && told.contains("open the issue slipway:incident tag:v1.2.0:"), "{told}");
}

#[test]
fn nothing_is_asked_about_a_tag_that_slipway_made() {
    let mut made = delivery("slipway[bot]", at_tag("v1.2.0", TagForm::Annotated, &[], None).0);
    made.actor.nature = Nature::Slipway;
    let needs = decide::needs(&made, &read("[audit.tags]\nform = 'signed'", None));
    assert!(!needs.iter().any(|need| matches!(need, Need::Tag(..))), "{needs:?}");
}

fn issues(key: &str, condition: Condition, data: Option<&str>) -> Facts {
    let (number, opened_at, data) = (Number(3), Moment(1), data.map(str::to_owned));
    let issue = OwnIssue { body: String::new(), number, key: key.into(), title: "t".into(), condition, opened_at, data };
    let (_, facts) = at_tag("v1.0.0", TagForm::Annotated, &[], None);
    Facts { issues: [(IssueKind::Incident, Asked::Answered(vec![issue]))].into(), ..facts }
}

#[test]
fn a_moved_or_deleted_tag_is_reported_unless_an_open_issue_asks_for_it() {
    let (moved, deleted) = (
        Event::TagMoved { tag: tag("v1.0.0"), before: sha('a'), after: sha('b') },
        Event::TagDeleted { tag: tag("v1.0.0"), was: sha('b') },
    );
    let other = || issues("tag:v1.0.0-rc.1:aaaa", Condition::Open, Some("nothing"));
    assert!(plan("[audit]", "dana", moved.clone(), other()).contains("open the issue slipway:incident tag-moved:v1.0.0:6161"));
    assert!(plan("[audit]", "dana", deleted.clone(), other()).contains("open the issue slipway:incident tag-deleted:v1.0.0:6262"));
    let own = || issues("tag:v1.0.0:aaaa", Condition::Open, Some("nothing"));
    assert_eq!(plan("[audit]", "dana", moved, own()), "the tag v1.0.0 is as it should be");
    assert_eq!(plan("[audit]", "dana", deleted.clone(), own()), "the tag v1.0.0 was against the policy");
    for useless in [issues("tag:v1.0.0:aaaa", Condition::Closed, Some("nothing")), issues("tag:v1.0.0:aaaa", Condition::Open, None)] {
        assert!(plan("[audit]", "dana", deleted.clone(), useless).contains("tag-deleted"));
    }
}

#[test]
fn without_the_table_nothing_is_looked_at() {
    for event in [push("main"), deletion("main", false).0, Event::TagDeleted { tag: tag("v1.0.0"), was: sha('a') }] {
        assert!(decide::needs(&delivery("dana", event), &read("", None)).is_empty());
    }
}

#[test]
fn what_is_remembered_is_read_again() {
    for happening in [
        Happening::BranchDeleted { branch: branch("a-->b"), was: sha('a'), fate: Fate::Gone },
        Happening::ForcePush { branch: branch("main"), before: sha('a'), after: sha('b'), lost: None, commits: Vec::new() },
        Happening::TagMoved { tag: tag("v1"), before: sha('a'), after: sha('b') },
        Happening::DirectPush { branch: branch("main"), after: sha('a'), commits: Vec::new() },
    ] {
        assert_eq!(Memory::read(&happening.memory().to_string()), Some(happening.memory()));
    }
    assert_eq!(Memory::read("branch aaaa main"), None);
}

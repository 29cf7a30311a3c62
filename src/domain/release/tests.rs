//! Outlooks and plans of lines, told by configuration and history.

use std::collections::BTreeMap;

use super::line::Situation;
use super::outlook::{Course, Forced, Outlook, outlook};
use super::*;
use crate::domain::config::{ConfigFile, ConfigFiles, Configuration};
use crate::domain::facts::{Asked, Facts, Line, Links, Milestone, Proposal, Ref, ReleaseSeen, Standing, State};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::history::{Graph, MergedRequest, Window};
use crate::domain::names::{Number, TagName, UserName};

pub fn config(text: &str) -> Config {
    let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: text.into() };
    match Configuration::read(ConfigFiles::of(file)) {
        Configuration::Loaded { config, .. } => *config,
        other => panic!("{other:?}"),
    }
}

fn outlooks(text: &str, window: &Window, branch: &str) -> Vec<Outlook> {
    let config = config(text);
    let options = config.release.lines.iter().find(|line| line.branch.matches(branch));
    outlook(&Course { config: &config, options, branch, forced: &Forced::new() }, &Graph::new(window))
}

/// `1.1.0`, `nothing`, or why not; of each component.
fn next(text: &str, window: &Window, branch: &str) -> Vec<String> {
    let said = |outlook: Outlook| match outlook.refusal() {
        Some(refusal) => refusal.to_string(),
        None => outlook.label().unwrap_or_else(|| "nothing".to_owned()),
    };
    outlooks(text, window, branch).into_iter().map(said).collect()
}

#[track_caller]
fn check(text: &str, (commits, tags): (&[&str], &[(&str, char)]), expected: &str) {
    assert_eq!(next(text, &tagged(window(commits), tags), "main"), [expected], "{commits:?}");
}

/// Cases 17, 18, 19, 45, 46, 47 and 73.
#[test]
fn changes_lead_to_versions() {
    let since = |messages: &[&str]| -> Vec<String> {
        let line = |((name, parent), message): ((char, char), &&str)| format!("{name} {parent}: {message}");
        std::iter::once("a: start".to_owned()).chain(('b'..).zip('a'..).zip(messages).map(line)).collect()
    };
    for (text, tag, messages, expected) in [
        ("", "v1.2.3", vec!["feat: a", "fix!: b", "docs: c"], "2.0.0"),
        ("", "v0.1.2", vec!["feat!: a"], "0.2.0"),
        ("release.below_1 = { breaking = 'major', feature = 'minor' }", "v0.1.2", vec!["feat!: a"], "1.0.0"),
        ("", "v0.1.2", vec!["feat: a"], "0.2.0"),
        ("release.below_1 = { breaking = 'minor', feature = 'patch' }", "v0.1.2", vec!["feat: a"], "0.1.3"),
        ("", "v1.0.0", vec!["doc: a", "chore: b"], "nothing"),
        ("", "v1.0.0", vec!["revert: a", "perf: b", "docs: c"], "1.0.1"),
        ("", "v1.0.0", vec!["fix: a\n\nRelease-As: v3.0.0", "chore: b"], "3.0.0"),
        // Case 48 and 49: a type that releases nothing, and breaking changes that are minor.
        ("release.bump = { feat = 'none' }", "v1.0.0", vec!["feat: a"], "nothing"),
        ("release.bump = { feat = 'none', docs = 'patch' }", "v1.0.0", vec!["feat: a", "docs: b"], "1.0.1"),
        ("release.bump = { breaking = 'minor' }", "v1.0.0", vec!["fix!: a"], "1.1.0"),
        // Case 62: release-plz, for which everything is a patch at least.
        ("release.unconventional = 'patch'", "v1.2.3", vec!["my change"], "1.2.4"),
        // Case 21: a word that happens to stand before a colon is no type, even if it breaks something.
        ("", "v1.0.0", vec!["User-Name: a\n\nBREAKING CHANGE: b"], "nothing"),
    ] {
        let commits = since(&messages);
        let commits: Vec<_> = commits.iter().map(String::as_str).collect();
        check(text, (&commits, &[(tag, 'a')]), expected);
    }
}

#[test]
fn the_first_release_has_a_version_of_its_own() {
    check("", (&["a: feat: a"], &[]), "0.1.0");
    check("release.first = '1.0.0'", (&["a: feat: a"], &[]), "1.0.0");
}

#[test]
fn a_long_history_without_a_version_is_refused_with_the_setting_to_use() {
    let mut long = window(&["a: feat: a", "b a: feat: b"]);
    long.whole = false;
    insta::assert_snapshot!(next("", &long, "main").join(""), @"there is no version tag v… among the last 1000 commits: tag the last release, or raise release.history");
}

/// Cases 50, 69 and 70: candidates count up, and are promoted to what they announced or to what came since.
#[test]
fn channels_lead_to_candidates_and_the_default_branch_promotes_them() {
    let text = "[[release.lines]]\nbranch = 'next'\nchannel = 'rc'";
    let told = window(&["a: feat: a", "b a: feat: b", "c b: fix: c"]);
    let tags: &[(&str, char)] = &[("v1.0.0", 'a')];
    assert_eq!(next(text, &tagged(told.clone(), tags), "next"), ["1.1.0-rc.1"]);
    let tags: &[(&str, char)] = &[("v1.0.0", 'a'), ("v1.1.0-rc.1", 'b')];
    assert_eq!(next(text, &tagged(told.clone(), tags), "next"), ["1.1.0-rc.2"]);
    assert_eq!(next(text, &tagged(told.clone(), tags), "main"), ["1.1.0"]);
    let tags: &[(&str, char)] = &[("v1.0.0", 'a'), ("v1.1.0-rc.1", 'c')];
    assert_eq!(next(text, &tagged(told.clone(), tags), "next"), ["nothing"]);
    assert_eq!(next(text, &tagged(told, tags), "main"), ["1.1.0"]);
}

#[test]
fn a_maintenance_line_gives_only_the_versions_that_it_is_for() {
    let text = "[[release.lines]]\nbranch = 'release/*'";
    let told = tagged(window(&["a: feat: a", "b a: feat: b"]), &[("v1.4.0", 'a')]);
    insta::assert_snapshot!(next(text, &told, "release/1.4").join(""), @"1.5.0 is outside of what this branch may release (>=1.4.0 <1.5.0): release it from another branch, or change release.lines");
    assert_eq!(next(text, &told, "release/1.x"), ["1.5.0"]);
    let fixed = tagged(window(&["a: feat: a", "b a: fix: b"]), &[("v1.4.0", 'a')]);
    assert_eq!(next(text, &fixed, "release/1.4"), ["1.4.1"]);
}

/// Case 54: whoever comes second finds the version taken.
#[test]
fn a_version_that_another_line_has_released_is_refused() {
    let told = tagged(window(&["a: feat: a", "x a: fix: x", "b a: fix: b"]), &[("v1.4.0", 'a'), ("v1.4.1", 'x')]);
    assert!(next("", &told, "main")[0].starts_with("v1.4.1 exists already on another line"));
}

#[test]
fn calendar_versions_go_by_the_day_of_the_newest_commit() {
    let mut told = tagged(window(&["a: feat: a", "b a: fix: b"]), &[("v2026.11.0", 'a')]);
    told.commits[0].at = crate::domain::names::Moment(1_795_000_000);
    assert_eq!(next("release.calendar = 'YYYY.MM.MICRO'", &told, "main"), ["2026.11.1"]);
}

const COMPONENTS: &str = "
[[component]]
name = 'core'
paths = ['core']
[[component]]
name = 'api'
paths = ['api']
exclude = ['api/docs']
depends_on = ['core']
[[component]]
name = 'web'
paths = ['web']
linked = 'front'
[[component]]
name = 'app'
paths = ['app', 'web/app']
linked = 'front'
";

fn touching(commits: &[(&str, &[&str])], tags: &[(&str, char)]) -> Window {
    let told: Vec<_> = commits.iter().map(|(told, _)| *told).collect();
    let mut window = tagged(window(&told), tags);
    for (commit, (_, files)) in window.commits.iter_mut().rev().zip(commits) {
        commit.files = Some(files.iter().map(|file| (*file).to_owned()).collect());
    }
    window
}

const TAGS: [(&str, char); 4] = [("core-v1.0.0", 'a'), ("api-v2.0.0", 'a'), ("web-v3.0.0", 'a'), ("app-v3.0.0", 'a')];

#[test]
fn each_component_counts_what_touches_it_and_dependents_follow() {
    let told = touching(&[("a: start", &["x"]), ("b a: feat: b", &["core/lib.rs"]), ("c b: feat!: c", &["api/docs/a.md"])], &TAGS);
    assert_eq!(next(COMPONENTS, &told, "main"), ["core 1.1.0", "api 2.0.1", "nothing", "nothing"]);
}

#[test]
fn linked_components_get_one_version_and_the_longest_path_decides() {
    let told = touching(&[("a: start", &["x"]), ("b a: feat: b", &["web/app/a.ts"])], &TAGS);
    let outlooks = outlooks(COMPONENTS, &told, "main");
    assert_eq!(next(COMPONENTS, &told, "main"), ["nothing", "nothing", "web 3.1.0", "app 3.1.0"]);
    assert!(outlooks[2].notes.sections.is_empty() && !outlooks[3].notes.sections.is_empty());
}

/// An empty commit concerns everybody: that is how a version is asked for at once.
#[test]
fn a_commit_without_paths_is_everybodys() {
    let told = touching(&[("a: start", &["x"]), ("b a: fix: b", &[])], &TAGS);
    assert_eq!(next(COMPONENTS, &told, "main"), ["core 1.0.1", "api 2.0.1", "web 3.0.1", "app 3.0.1"]);
}

fn line(window: Window, files: &[(&str, &str)], proposals: Vec<(&str, Proposal)>) -> Line {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let proposals = proposals.into_iter().map(|(branch, proposal)| (BranchName::parse(branch).unwrap(), proposal)).collect();
    Line { name: "main".into(), window, links: Links::default(), files, proposals, newcomers: Vec::new(), standing: Standing::default() }
}

fn proposal(state: State, message: &str, body: &str) -> Proposal {
    Proposal {
        number: Number(7),
        state,
        author: UserName::parse("slipway[bot]").unwrap(),
        title: "chore(release): 1.1.0".into(),
        body: body.into(),
        base: BranchName::parse("main").unwrap(),
        tip: sha('t'),
        onto: None,
        landed: (state == State::Merged).then(|| sha('b')),
        message: message.into(),
    }
}

fn plan(text: &str, line: &Line) -> String {
    let (config, me, branch) = (config(text), UserName::parse("slipway[bot]").unwrap(), BranchName::parse("main").unwrap());
    let situation = Situation { config: &config, releasing: Releasing::Default, branch: &branch, line, me: &me, forced: BTreeMap::new() };
    situation.plan().to_string()
}

fn feature() -> Window {
    tagged(window(&["a: feat: a", "b a: feat: b"]), &[("v1.0.0", 'a')])
}

const REQUEST: &str = "release.from = 'request'\nrelease.files = ['VERSION']";
const HEAD: &str = "slipway/release/main";
const BOT: &str = "chore(release): 1.1.0\n\nSlipway-Release: @1.1.0\nSlipway-Content: 0123456789abcdef";

#[test]
fn a_release_is_proposed_with_its_files_and_kept_up_to_date() {
    let files = [("VERSION", "1.0.0\n")];
    insta::assert_snapshot!(plan(REQUEST, &line(feature(), &files, vec![])), @r"
    1.1.0 would be next
    - open the change request “chore(release): 1.1.0” from slipway/release/main on 6262626262, VERSION, CHANGELOG.md
    ");
    let open = vec![(HEAD, proposal(State::Open, BOT, ""))];
    assert!(plan(REQUEST, &line(feature(), &files, open)).contains("- update the change request"));
}

#[test]
fn a_version_file_that_is_missing_is_told_with_what_to_do() {
    insta::assert_snapshot!(plan(REQUEST, &line(feature(), &[], vec![])), @r"
    the release change request cannot be written
    - report slipway/release failure on 6262626262: the release change request cannot be written, `/slipway status` says why
    - wait for somebody to put it right
    ");
}

#[test]
fn a_template_that_is_missing_is_told_with_what_to_do() {
    let text = format!("{REQUEST}\nchangelog.template = 'notes.hbs'");
    let line = line(feature(), &[("VERSION", "1.0.0")], vec![]);
    assert!(plan(&text, &line).starts_with("the release change request cannot be written"));
}

#[test]
fn what_somebody_pushed_to_the_branch_is_not_overwritten() {
    let open = vec![(HEAD, proposal(State::Open, "fix: by hand", ""))];
    assert!(plan(REQUEST, &line(feature(), &[("VERSION", "1.0.0")], open)).contains("- comment on change request 7 about held"));
    let merged_base = vec![(HEAD, proposal(State::Open, "Merge branch 'main' into slipway/release/main", ""))];
    assert!(plan(REQUEST, &line(feature(), &[("VERSION", "1.0.0")], merged_base)).contains("- update the change request"));
}

#[test]
fn closing_the_change_request_puts_its_version_off_and_no_other() {
    let closed = |message: &str, body: &str| vec![(HEAD, proposal(State::Closed, message, body))];
    let files = [("VERSION", "1.0.0")];
    assert_eq!(plan(REQUEST, &line(feature(), &files, closed(BOT, ""))), "1.1.0 would be next");
    let other = BOT.replace("1.1.0", "1.0.1");
    assert!(plan(REQUEST, &line(feature(), &files, closed(&other, ""))).contains("- open the change request"));
    assert!(plan(REQUEST, &line(feature(), &files, closed(BOT, WITHDRAWN))).contains("- open the change request"));
}

#[test]
fn what_has_nothing_to_release_any_more_is_withdrawn() {
    let reverted = format!("c b: Revert \"feat: b\"\n\nThis reverts commit {}.", sha('b'));
    let told = tagged(window(&["a: feat: a", "b a: feat: b", &reverted]), &[("v1.0.0", 'a')]);
    insta::assert_snapshot!(plan(REQUEST, &line(told, &[], vec![(HEAD, proposal(State::Open, BOT, ""))])), @r"
    nothing is to be released
    - close change request 7, which has nothing to release any more
    ");
}

#[test]
fn a_merged_change_request_is_tagged_where_it_landed_and_nothing_is_proposed_twice() {
    let merged = vec![(HEAD, proposal(State::Merged, BOT, ""))];
    insta::assert_snapshot!(plan(REQUEST, &line(feature(), &[], merged.clone())), @r"
    nothing is to be released
    - tag 6262626262 as v1.1.0
    ");
    let tagged_already = tagged(feature(), &[("v1.0.0", 'a'), ("v1.1.0", 'b')]);
    assert_eq!(plan(REQUEST, &line(tagged_already, &[], merged)), "nothing is to be released");
}

/// A title, a mark or a branch name that somebody else made has no effect.
#[test]
fn somebody_elses_change_request_releases_nothing() {
    let mut foreign = proposal(State::Merged, BOT, "");
    foreign.author = UserName::parse("eve").unwrap();
    assert!(!plan(REQUEST, &line(feature(), &[("VERSION", "1.0.0")], vec![(HEAD, foreign)])).contains("- tag"));
}

#[test]
fn a_version_that_somebody_asked_for_is_remembered_by_the_description() {
    let forced = vec![(HEAD, proposal(State::Open, BOT, "x\n\n<!-- slipway:forced =2.0.0 -->"))];
    assert!(plan(REQUEST, &line(feature(), &[("VERSION", "1.0.0")], forced)).starts_with("2.0.0 would be next"));
}

#[test]
fn a_push_may_release_straight_away() {
    insta::assert_snapshot!(plan("release.from = 'merge'", &line(feature(), &[], vec![])), @r"
    1.1.0 would be next
    - tag 6262626262 as v1.1.0
    ");
    assert_eq!(plan("", &line(feature(), &[], vec![])), "1.1.0 would be next");
}

#[test]
fn separate_change_requests_do_not_wait_for_each_other() {
    let text = format!("release.from = 'request'\nrelease.requests = 'separate'\n{COMPONENTS}");
    let told = touching(&[("a: start", &["x"]), ("b a: feat: b", &["core/lib.rs"]), ("c b: fix: c", &["web/x.ts"])], &TAGS);
    insta::assert_snapshot!(plan(&text, &line(told, &[], vec![])), @"
    core 1.1.0, api 2.0.1, web 3.0.1, app 3.0.1 would be next
    - open the change request “chore(release): core 1.1.0” from slipway/release-of/core/main on 6363636363, core/CHANGELOG.md
    - open the change request “chore(release): api 2.0.1” from slipway/release-of/api/main on 6363636363, api/CHANGELOG.md
    - open the change request “chore(release): web 3.0.1” from slipway/release-of/web/main on 6363636363, web/CHANGELOG.md
    - open the change request “chore(release): app 3.0.1” from slipway/release-of/app/main on 6363636363, app/CHANGELOG.md
    ");
}

#[test]
fn only_a_push_that_can_change_nothing_is_quiet() {
    let config = config(REQUEST);
    let pushed = |message: &str, file: &str| crate::domain::event::Pushed { message: message.into(), files: vec![file.into()] };
    let quiet = |message: &str, file: &str| super::line::is_quiet(&config, Some(&[pushed(message, file)]));
    assert!(quiet("chore: a", "a.rs") && quiet("Add x", "a.rs"));
    for (message, file) in [
        ("fix: a", "a.rs"),
        ("chore: a", "VERSION"),
        ("chore: a\n\nRelease-As: 2.0.0", "a.rs"),
        ("Revert \"chore: a\"", "a.rs"),
        ("Merge branch 'a'", "a.rs"),
    ] {
        assert!(!quiet(message, file), "{message}");
    }
    assert!(!super::line::is_quiet(&config, None));
}

/// A merged change request of one commit.
fn merged(number: u64, commit: char, branch: &str, author: &str) -> MergedRequest {
    MergedRequest {
        number: Number(number),
        label: format!("#{number}"),
        title: String::new(),
        body: String::new(),
        branch: BranchName::parse(branch).ok(),
        author: Some(author.into()),
        closes: Vec::new(),
        commits: vec![sha(commit)],
    }
}

#[test]
fn everybody_whose_change_is_released_is_told_also_of_what_the_notes_leave_out() {
    let revert = format!("f e: Revert \"feat: e\"\n\nThis reverts commit {}.", sha('e'));
    let commits = ["a: feat: a", "b a: feat: b", "c b: docs: c", "d c: Correct d", "e d: feat: e", &revert, "g f: chore(release): 1.1.0"];
    let mut window = tagged(window(&commits), &[("v1.0.0", 'a'), ("v1.1.0", 'g')]);
    let numbered = (1..).zip('a'..='f').map(|(number, commit)| merged(number, commit, "topic", "dana"));
    window.requests = numbered.chain([merged(7, 'g', HEAD, "slipway[bot]")]).collect();
    let plan = published(line(window, &[], vec![]));
    let told: Vec<_> = plan.lines().filter(|line| line.starts_with("- comment")).collect();
    let about = |number: u64| format!("- comment on change request {number} about released:v1.1.0");
    assert_eq!(told, [about(2), about(3), about(4)]);
}

/// The plan for the tag v1.1.0.
fn published(line: Line) -> String {
    let (tag, head) = (TagName::parse("v1.1.0").unwrap(), line.window.head.clone());
    let me = Asked::Answered(UserName::parse("slipway[bot]").unwrap());
    let lines = [(Ref::Tag(tag.clone()), Asked::Answered(Some(line)))].into();
    let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: String::new() };
    publish(&Configuration::read(ConfigFiles::of(file)), &tag, &head, &Facts { me, lines, ..Facts::default() }).to_string()
}

#[test]
fn only_what_is_missing_at_the_tag_is_planned() {
    let milestones = vec![Milestone { id: 5, title: "1.1.0".into() }];
    let refused = Standing { release: ReleaseSeen::Absent, is_refused: true, milestones };
    let at = |standing: Standing| published(Line { standing, ..line(feature(), &[], vec![]) });
    insta::assert_snapshot!(at(refused), @r"
    version 1.1.0 was tagged
    - publish release v1.1.0
    - correct slipway/release success on 6262626262: v1.1.0 is published
    - close milestone 5
    ");
    let done = Standing { release: ReleaseSeen::WithNotes, ..Standing::default() };
    assert_eq!(at(done), "version 1.1.0 was tagged");
}

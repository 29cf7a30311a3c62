//! What is done to take a release back, and what is told of it.
#![expect(clippy::redundant_closure_for_method_calls, reason = "a path to a method of one lifetime is not general enough")]

use std::collections::BTreeMap;

use super::*;
use crate::domain::event::ForgeKind;
use crate::domain::facts::{Asked, Condition, Links, Standing};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::history::{MergedRequest, Window};
use crate::domain::names::{Moment, RepoPath};
use crate::domain::plan::Plan;
use crate::domain::release::{brought, tagged as version_of};

fn named(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn tag(name: &str) -> TagName {
    TagName::parse(name).unwrap()
}

fn repository() -> Repository {
    let path = RepoPath::parse("acme/app").unwrap();
    Repository { forge: ForgeKind::GitHub, id: 1, path, default_branch: Some(named("main")), tenant: None }
}

fn merged(number: u64, commit: char) -> MergedRequest {
    MergedRequest {
        number: Number(number),
        label: format!("#{number}"),
        title: "feat: x".into(),
        body: String::new(),
        branch: None,
        author: Some("mia".into()),
        closes: Vec::new(),
        commits: vec![sha(commit)],
    }
}

/// v1.4.0 at c, which brought the change requests 7 and 8 since v1.3.0.
fn history() -> Window {
    let told = ["a: feat: a", "b a: feat!: b", "c b: fix: c"];
    let tags = [("v1.3.0", 'a'), ("v1.4.0", 'c'), ("v1.5.0-rc.1", 'c')];
    Window { requests: vec![merged(7, 'b'), merged(8, 'c')], ..tagged(window(&told), &tags) }
}

fn line(window: Window, files: &[(&str, &str)]) -> Line {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let (proposals, links) = (BTreeMap::new(), Links::default());
    Line { name: "v1.4.0".into(), window, links, files, proposals, newcomers: Vec::new(), standing: Standing::default() }
}

fn facts(outcomes: Vec<Outcome>, withdrawn: &[&str]) -> Facts {
    let issue = |name: &&str| OwnIssue {
        body: String::new(),
        number: Number(3),
        key: key(&tag(name)),
        title: String::new(),
        condition: Condition::Open,
        opened_at: Moment(1),
        data: None,
    };
    let issues = BTreeMap::from([(IssueKind::Release, Asked::Answered(withdrawn.iter().map(issue).collect()))]);
    let files = ["db/migrations/1.sql", "src/a.rs"].map(str::to_owned).into();
    let main = Line { name: "main".into(), ..line(history(), &[("pm.md", "# Ours\n/close")]) };
    let lines = [(Ref::Default, Asked::Answered(Some(main)))].into();
    Facts { sigil: "#", issues, lines, between: Asked::Answered(Some(Between { files, cut: false })), outcomes, ..Facts::default() }
}

/// Does something with the rollback of v1.4.0.
fn rolled<T>(text: &str, window: Window, facts: &Facts, then: impl FnOnce(&Rollback) -> T) -> T {
    let (config, tag, line) = (Config::parse(text).unwrap(), tag("v1.4.0"), line(window, &[("gone.md", "what the tag has")]));
    let me = UserName::parse("slipway[bot]").unwrap();
    let (component, version) = version_of(&config, &tag).unwrap();
    let onto = onto(&config, &repository(), &version, &[named("main"), named("release/1.4"), named("release/1.5")]);
    then(&Rollback {
        config: &config,
        tag: &tag,
        version: (&component.template, &version),
        line: &line,
        brought: brought(&config, &tag, (&line, &me)).unwrap(),
        onto,
        by: &UserName::parse("mia").unwrap(),
        reason: "logins fail".into(),
        asked: "issue-1:9".into(),
        facts,
    })
}

#[test]
fn a_release_is_withdrawn_reverted_tracked_and_told() {
    let plan = rolled("", history(), &facts(Vec::new(), &[]), |rollback| Plan::of("rollback", rollback.actions()).to_string());
    insta::assert_snapshot!(plan, @r"
    rollback
    - withdraw release v1.4.0
    - take 6161616161..6363636363 back on release/1.4 as slipway/rollback/v1.4.0
    - open the issue slipway:release rollback:v1.4.0
    - open the issue slipway:post-mortem v1.4.0
    - comment on change request 7 about withdrawn:v1.4.0
    - comment on change request 8 about withdrawn:v1.4.0
    ");
}

#[test]
fn nobody_is_told_where_nobody_is_told_of_releases() {
    let actions = rolled("release.comments = false", history(), &facts(Vec::new(), &[]), |rollback| rollback.actions());
    assert_eq!(actions.len(), 4);
}

#[test]
fn migrations_and_breaking_changes_make_it_risky() {
    let risks = rolled("", history(), &facts(Vec::new(), &[]), |rollback| rollback.risks());
    assert_eq!((risks.requests, risks.files, risks.breaking), (2, vec!["db/migrations/1.sql".to_owned()], vec!["b".to_owned()]));
}

#[test]
fn the_issue_remembers_what_it_is_about() {
    let data = rolled("", history(), &facts(Vec::new(), &[]), |rollback| rollback.record()).unwrap();
    let record = Record::read(&data).unwrap();
    assert_eq!((record.branch, record.at, record.version.as_str()), (named("release/1.4"), sha('c'), "1.4.0"));
}

#[test]
fn the_latest_moves_back_only_from_the_highest_and_never_to_what_is_withdrawn() {
    let latest = |tags: &[(&str, char)], withdrawn: &[&str]| {
        let all = [("v1.3.0", 'a'), ("v1.4.0", 'c')].iter().chain(tags).copied().collect::<Vec<_>>();
        let window = tagged(history(), &all);
        rolled("", window, &facts(Vec::new(), withdrawn), |rollback| rollback.latest().map(|tag| tag.to_string()))
    };
    assert_eq!(latest(&[], &[]).as_deref(), Some("v1.3.0"));
    assert_eq!(latest(&[("v1.3.5", 'a')], &["v1.3.5"]).as_deref(), Some("v1.3.0"));
    assert_eq!(latest(&[("v2.0.0", 'c')], &[]), None);
    assert_eq!(latest(&[("v2.0.0", 'c')], &["v2.0.0"]).as_deref(), Some("v1.3.0"));
}

#[test]
fn what_to_use_instead_is_the_highest_below_it_that_is_not_withdrawn() {
    let case = |withdrawn: &[&str]| {
        let window = tagged(history(), &[("v1.2.9", 'a'), ("v1.3.0", 'a'), ("v1.4.0", 'c'), ("v1.4.0-rc.1", 'b'), ("v1.5.0", 'c')]);
        rolled("", window, &facts(Vec::new(), withdrawn), |rollback| rollback.case())
    };
    assert_eq!(case(&[]).instead, Some(tag("v1.3.0")));
    assert_eq!((case(&["v1.3.0"]).previous, case(&["v1.3.0"]).instead), (tag("v1.3.0"), Some(tag("v1.2.9"))));
    assert_eq!(case(&["v1.3.0", "v1.2.9"]).instead, None);
}

#[test]
fn the_branch_is_the_one_that_the_version_is_from() {
    let of = |text: &str, version: &str, found: &[&str]| {
        let found: Vec<_> = found.iter().map(|name| named(name)).collect();
        onto(&Config::parse(text).unwrap(), &repository(), &version.parse().unwrap(), &found).map(|branch| branch.to_string())
    };
    assert_eq!(of("", "1.4.2", &["hotfix/1.4.3", "main", "release/1.4"]).as_deref(), Some("release/1.4"));
    assert_eq!(of("", "1.4.2", &["hotfix/1.4.2", "main"]).as_deref(), Some("hotfix/1.4.2"));
    assert_eq!(of("", "1.4.2", &["hotfix/1.4.3", "main", "release/1.5"]).as_deref(), Some("main"));
    assert_eq!(of("", "1.4.2", &["release/next"]).as_deref(), Some("release/next"));
    assert_eq!(of("", "1.4.2", &[]), None);
}

#[test]
fn the_post_mortem_has_the_repositorys_own_text() {
    let template = |text: &str| rolled(text, history(), &facts(Vec::new(), &[]), |rollback| rollback.template());
    assert_eq!(template(""), Template::BuiltIn);
    assert_eq!(template("rollback.post_mortem = 'pm.md'"), Template::Own("# Ours\n/close".into()));
    assert_eq!(template("rollback.post_mortem = 'gone.md'"), Template::Missing("gone.md".into()));
}

fn concluded(revert: Outcome) -> (String, Told) {
    let issue = |kind, key: &str, number| Outcome::Issue { kind, key: key.into(), number: Number(number) };
    let issues = [issue(IssueKind::Release, "rollback:v1.4.0", 20), issue(IssueKind::PostMortem, "v1.4.0", 21)];
    let outcomes = issues.into_iter().chain([Outcome::Withdrawn { tag: tag("v1.4.0"), found: true }, revert]).collect();
    let (actions, told) = rolled("", history(), &facts(outcomes, &[]), |rollback| rollback.conclude());
    (Plan::of("then", actions).to_string(), told)
}

fn back() -> BranchName {
    named("slipway/rollback/v1.4.0")
}

#[test]
fn the_issues_link_to_each_other_and_to_the_rest() {
    let (plan, told) = concluded(Outcome::Request { branch: back(), number: Number(22) });
    insta::assert_snapshot!(plan, @r"
    then
    - comment on issue 20 about withdrawn:v1.4.0
    - comment on issue 21 about withdrawn:v1.4.0
    ");
    assert_eq!((told.revert, told.found, told.told, told.commands), (Ok(Number(22)), true, 2, Vec::new()));
}

#[test]
fn what_cannot_be_taken_back_is_told_with_the_commands() {
    let conflict = Obstacle::Conflict { at: sha('c'), files: Vec::new(), lacking: Vec::new() };
    let (_, told) = concluded(Outcome::Stopped { branch: back(), by: conflict });
    insta::assert_snapshot!(told.commands.join("\n"), @r"
    git fetch origin
    git switch --create rollback/v1.4.0 origin/release/1.4
    git revert --no-edit 6363636363 6262626262
    git push --set-upstream origin rollback/v1.4.0
    ");
    let (_, told) = concluded(Outcome::Stopped { branch: back(), by: Obstacle::Empty });
    assert!(told.commands.is_empty());
}

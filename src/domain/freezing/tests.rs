use std::collections::BTreeMap;

use super::*;
use crate::domain::commands::{Asking, answer};
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::{Actor, Delivery, Event, ForgeKind, IssueChange, Nature, Repository, Thread};
use crate::domain::facts::{Asked, Asker, ChangeRequest, OpenRequest, Override, Reply, Role};
use crate::domain::names::{BranchName, Number, RepoPath, Sha};
use crate::domain::plan::Plan;
use crate::domain::rules::tests::{facts, file, listed, me, request};

/// What the issue of a freeze of everything notes, which Mia declared.
pub(crate) const NOTED: &str = "by mia\nsince 100\nzone UTC\nreason fire";

/// The issue of a freeze that is open.
pub(crate) fn frozen(number: u64, data: Option<&str>) -> OwnIssue {
    let (key, title, data) = (format!("issue-{number}:1"), "Freeze: fire".to_owned(), data.map(str::to_owned));
    OwnIssue { body: String::new(), number: Number(number), key, title, condition: Condition::Open, opened_at: Moment(100), data }
}

/// A change request that changes one file, on which nobody has set a label or set anything aside.
pub(crate) fn known(mut request: ChangeRequest) -> ChangeRequest {
    request.details.files = listed([file("src/a.rs", 1)]);
    request.details.setters = Asked::Answered(BTreeMap::new());
    request
}

fn configuration(text: &str) -> Configuration {
    Configuration::read(ConfigFiles::of(ConfigFile { path: "slipway.toml".into(), version: "1".into(), text: text.into() }))
}

fn repository() -> Repository {
    let (path, default_branch) = (RepoPath::parse("acme/app").unwrap(), BranchName::parse("main").ok());
    Repository { forge: ForgeKind::GitHub, id: 1, path, default_branch, tenant: None }
}

fn sha(digit: char) -> Sha {
    Sha::parse(&digit.to_string().repeat(40)).unwrap()
}

/// What is known at 200, when change requests 1 and 2 are open.
fn known_facts(issues: Vec<OwnIssue>, role: Role) -> Facts {
    let open = |number| {
        let (branch, base) = (BranchName::parse("a").unwrap(), BranchName::parse("main").unwrap());
        OpenRequest { number: Number(number), head: sha('1'), branch, base, updated_at: Moment(100) }
    };
    Facts {
        issues: [(IssueKind::Freeze, Asked::Answered(issues))].into(),
        open: Asked::Answered(vec![open(1), open(2)]),
        roles: ["mia", "max", "dana", "eve"].map(|name| (UserName::parse(name).unwrap(), Asked::Answered(role))).into(),
        replied: Asked::Answered(Reply::None),
        asker: Asked::Answered(Asker::of(role)),
        ..facts()
    }
}

/// The check on a change request, with its title.
fn check(config: &str, issues: Vec<OwnIssue>, request: ChangeRequest) -> String {
    let config = configuration(config);
    let facts = Facts { change_request: Asked::Answered(Some(request)), ..known_facts(issues, Role::None) };
    let plan = judge(&Freezing::of(&config, &repository()).unwrap(), (&sha('1'), Moment(100)), &facts);
    match plan.actions.as_slice() {
        [Action::Report(check)] => format!("{}: {}", check.conclusion, check.title),
        other => panic!("{other:?}"),
    }
}

fn plain() -> ChangeRequest {
    known(request("feature/a", "main", "feat: a"))
}

const WINDOW: &str = "[[freeze.windows]]\nreason = 'rest'\nfrom = '1970-01-01T00:00'\nuntil = '1970-01-02T00:00'\n";

#[test]
fn the_check_says_until_when_nothing_is_merged_and_why() {
    assert_eq!(check("[freeze]", Vec::new(), plain()), "success: nothing is frozen");
    assert_eq!(check(WINDOW, Vec::new(), plain()), "failure: frozen until Fri 1970-01-02 00:00 UTC: rest");
    assert_eq!(check("[freeze]", vec![frozen(3, Some(NOTED))], plain()), "failure: frozen until it is lifted: fire");
    let over = format!("until 150\n{NOTED}");
    assert_eq!(check("[freeze]", vec![frozen(3, Some(&over))], plain()), "success: nothing is frozen");
}

#[test]
fn an_issue_whose_record_was_edited_freezes_everything() {
    let issues = vec![frozen(3, None)];
    assert_eq!(check("[freeze]", issues, plain()), "failure: frozen until it is lifted: the record of this freeze was edited");
}

#[test]
fn a_freeze_of_paths_or_branches_is_about_those_alone() {
    let elsewhere = format!("path db/**\n{NOTED}");
    assert_eq!(check("[freeze]", vec![frozen(3, Some(&elsewhere))], plain()), "success: nothing is frozen");
    let mut cut = plain();
    cut.details.files = Asked::Answered(crate::domain::facts::Listed { items: Vec::new(), cut: true });
    assert!(check("[freeze]", vec![frozen(3, Some(&elsewhere))], cut).starts_with("failure"));
    let other = format!("branch release/*\n{NOTED}");
    assert_eq!(check("[freeze]", vec![frozen(3, Some(&other))], plain()), "success: nothing is frozen");
}

#[test]
fn documentation_and_releases_pass_unless_the_file_holds_them() {
    let mut docs = plain();
    docs.details.files = listed([file("README.md", 1)]);
    assert_eq!(check(WINDOW, Vec::new(), docs.clone()), "success: exempt: it changes nothing but documentation");
    let held = format!("[freeze]\ndocs_only = 'hold'\nrelease_requests = 'hold'\n{WINDOW}");
    assert!(check(&held, Vec::new(), docs).starts_with("failure"));
    let mut release = known(request("slipway/release/main", "main", "chore(release): 1.0.0"));
    assert!(check(WINDOW, Vec::new(), release.clone()).starts_with("failure"));
    release.author = me();
    assert_eq!(check(WINDOW, Vec::new(), release.clone()), "success: exempt: release change requests pass");
    assert!(check(&held, Vec::new(), release).starts_with("failure"));
}

#[test]
fn a_label_exempts_if_somebody_with_the_right_set_it() {
    let labelled = |role| {
        let (mut request, by) = (plain(), UserName::parse("mia").unwrap());
        request.details.setters = Asked::Answered([("freeze-exempt".to_owned(), (by, role))].into());
        check(WINDOW, Vec::new(), request)
    };
    assert_eq!(labelled(Role::Maintain), "success: exempt: the label freeze-exempt, set by mia");
    assert!(labelled(Role::Write).starts_with("failure") && labelled(Role::Triage).starts_with("failure"));
}

#[test]
fn an_override_of_the_commit_exempts_it() {
    let mut request = plain();
    let set = Override { by: UserName::parse("mia").unwrap(), reason: "hotfix".into() };
    request.details.overrides = Asked::Answered([(NAME.to_owned(), set)].into());
    assert_eq!(check(WINDOW, Vec::new(), request), "success: exempt: mia: hotfix");
}

#[test]
fn a_head_that_the_forge_does_not_show_yet_is_pending() {
    let config = configuration(WINDOW);
    let facts = Facts { change_request: Asked::Answered(Some(plain())), ..known_facts(Vec::new(), Role::None) };
    insta::assert_snapshot!(judge(&Freezing::of(&config, &repository()).unwrap(), (&sha('2'), Moment(100)), &facts), @r"
    the forge's API lags behind its event
    - report slipway/freeze pending on 2222222222
    - look again at 86400
    - look again shortly
    ");
}

fn on_issue(change: IssueChange, actor: &str, role: Role, issue: OwnIssue) -> Plan {
    let config = configuration("[freeze]");
    let (number, actor) = (issue.number, UserName::parse(actor).unwrap());
    judge_issue(&Freezing::of(&config, &repository()).unwrap(), (number, change, &actor), &known_facts(vec![issue], role))
}

fn closed(data: Option<&str>) -> OwnIssue {
    OwnIssue { condition: Condition::Closed, ..frozen(3, data) }
}

#[test]
fn closing_the_issue_with_the_right_is_the_thaw_and_reaches_every_open_change_request() {
    insta::assert_snapshot!(on_issue(IssueChange::Closed, "mia", Role::Maintain, closed(Some(NOTED))), @r"
    the freeze is lifted
    - close the issue slipway:freeze issue-3:1
    - judge change request 1 again
    - judge change request 2 again
    ");
}

#[test]
fn closing_it_without_the_right_opens_it_again_and_says_why() {
    insta::assert_snapshot!(on_issue(IssueChange::Closed, "dana", Role::Write, closed(Some(NOTED))), @r"
    it takes the right to maintain
    - keep the issue slipway:freeze issue-3:1
    - comment on issue 3 about freeze
    - judge change request 1 again
    - judge change request 2 again
    ");
    let spoilt = on_issue(IssueChange::Closed, "dana", Role::Write, closed(None)).to_string();
    assert!(spoilt.contains("- keep the issue slipway:freeze issue-3:1"), "{spoilt}");
}

#[test]
fn what_slipway_does_to_its_issue_and_what_is_over_leads_to_nothing() {
    let plan = on_issue(IssueChange::Closed, "slipway[bot]", Role::None, closed(Some(NOTED)));
    assert_eq!(plan.to_string(), "Slipway has written its own issue");
    let over = format!("until 150\n{NOTED}");
    assert_eq!(on_issue(IssueChange::Closed, "dana", Role::Write, closed(Some(&over))).to_string(), "the freeze is over");
}

#[test]
fn reopening_it_declares_the_freeze_again_for_those_who_may_declare_one() {
    let lifted = format!("{NOTED}\nlifted mia 150");
    let again = on_issue(IssueChange::Reopened, "mia", Role::Maintain, frozen(3, Some(&lifted)));
    let Action::Issue(kept) = &again.actions[0] else { panic!("{again}") };
    assert_eq!((kept.course, kept.data.as_deref()), (IssueCourse::Stand, Some(NOTED)));
    let refused = on_issue(IssueChange::Reopened, "dana", Role::Write, frozen(3, Some(&lifted))).to_string();
    assert!(refused.contains("- close the issue slipway:freeze issue-3:1\n- comment on issue 3 about freeze"), "{refused}");
}

#[test]
fn an_edited_issue_gets_its_words_back_and_one_without_its_record_freezes_everything() {
    let edited = on_issue(IssueChange::Edited, "dana", Role::Write, frozen(3, Some(NOTED)));
    assert_eq!(edited.to_string(), "the issue tells what it told\n- keep the issue slipway:freeze issue-3:1");
    let spoilt = on_issue(IssueChange::Edited, "dana", Role::Write, frozen(3, None)).to_string();
    let everything = "it is a freeze of everything\n- keep the issue slipway:freeze issue-3:1\n- judge change request 1 again";
    assert!(spoilt.contains(everything), "{spoilt}");
}

#[test]
fn a_wake_up_closes_what_is_over_and_has_every_open_change_request_judged_again() {
    let config = configuration("[freeze]");
    let woken = |issues| woken(&Freezing::of(&config, &repository()).unwrap(), &known_facts(issues, Role::None)).to_string();
    let over = format!("until 150\n{NOTED}");
    insta::assert_snapshot!(woken(vec![frozen(3, Some(&over))]), @r"
    a freeze has begun or ended
    - close the issue slipway:freeze issue-3:1
    - judge change request 1 again
    - judge change request 2 again
    ");
    let again = woken(vec![closed(Some(&over))]);
    assert!(again.starts_with("a freeze has begun or ended\n- judge"), "a second attempt goes on: {again}");
    assert_eq!(woken(Vec::new()), "no freeze has begun or ended");
}

/// What Mia's comment 9 on issue 3 leads to.
fn commanded(config: &str, body: &str, role: Role, issues: Vec<OwnIssue>) -> Plan {
    let repository = repository();
    let actor = Actor { name: UserName::parse("mia").unwrap(), nature: Nature::Person };
    let event = Event::Comment { thread: Thread::Issue(Number(3)), id: 9, body: body.into() };
    let delivery = Delivery { id: "d".into(), repository, actor: actor.clone(), event };
    let (thread, config) = (Thread::Issue(Number(3)), configuration(config));
    answer(&Asking { thread, config: &config, delivery: &delivery }, (9, &actor.name, body), &known_facts(issues, role))
}

fn kept(plan: &Plan) -> Option<(IssueCourse, String, String)> {
    plan.actions.iter().find_map(|action| match action {
        Action::Issue(issue) => Some((issue.course, issue.title.clone(), issue.data.clone().unwrap_or_default())),
        _ => None,
    })
}

#[test]
fn a_freeze_is_declared_once_and_reaches_every_open_change_request() {
    let command = "/slipway freeze reason=fire for=1h";
    let plan = commanded("[freeze]", command, Role::Maintain, Vec::new());
    insta::assert_snapshot!(plan, @r"
    asked for freeze
    - react to comment 9 with 👀
    - keep the issue slipway:freeze issue-3:9
    - react to comment 9 with 👍
    - comment on issue 3 about reply:9
    - judge change request 1 again
    - judge change request 2 again
    - look again at 3800
    ");
    let (_, title, data) = kept(&plan).unwrap();
    assert_eq!((title.as_str(), data.as_str()), ("Freeze: fire", "by mia\nsince 200\nuntil 3800\nzone UTC\nreason fire"));
    let key = "issue-3:9".to_owned();
    let there = OwnIssue { key, ..frozen(4, Some("by mia\nsince 150\nzone UTC\nreason fire")) };
    let again = kept(&commanded("[freeze]", command, Role::Maintain, vec![there.clone()])).unwrap();
    assert!(again.2.contains("since 150"), "the same comment declares the same freeze");
    let lifted = OwnIssue { condition: Condition::Closed, ..there };
    assert_eq!(kept(&commanded("[freeze]", command, Role::Maintain, vec![lifted])), None);
}

#[test]
fn who_may_not_freeze_is_refused_and_nothing_follows() {
    for (config, role) in [("[freeze]", Role::Write), ("", Role::Admin), ("[freeze]\nwho = 'admin'", Role::Maintain)] {
        let plan = commanded(config, "/slipway freeze reason=fire", role, Vec::new());
        assert!(plan.to_string().contains("👎") && plan.actions.len() == 3 && plan.follows.is_empty(), "{plan}");
    }
}

#[test]
fn a_thaw_closes_the_issue_in_which_it_is_asked_for_or_the_only_one() {
    let both = || vec![frozen(3, Some(NOTED)), frozen(5, Some(NOTED))];
    let lifted = "by mia\nsince 100\nzone UTC\nlifted mia 200\nasked 9\nreason fire".to_owned();
    for (command, issues) in [("/slipway thaw", both()), ("/slipway thaw", vec![frozen(5, Some(NOTED))]), ("/slipway thaw #5", both())] {
        let plan = commanded("[freeze]", command, Role::Maintain, issues);
        assert_eq!(kept(&plan).unwrap(), (IssueCourse::Close, "Freeze: fire".to_owned(), lifted.clone()), "{command}");
        assert_eq!(plan.follows.len(), 2);
    }
    for (command, issues) in [("/slipway thaw #4", both()), ("/slipway thaw", Vec::new())] {
        assert_eq!(kept(&commanded("[freeze]", command, Role::Maintain, issues)), None, "{command}");
    }
}

#[test]
fn a_thaw_that_is_delivered_again_is_the_same_thaw() {
    let done = closed(Some("by mia\nsince 100\nzone UTC\nlifted mia 150\nasked 9\nreason fire"));
    let plan = commanded("[freeze]", "/slipway thaw", Role::Maintain, vec![done]);
    assert!(kept(&plan).unwrap().2.contains("lifted mia 150") && plan.follows.len() == 2, "{plan}");
}

#[test]
fn the_organisations_freezes_hold_beside_the_repositorys_and_its_demands_cannot_be_lowered() {
    let file = |path: &str, text: String| ConfigFile { path: path.into(), version: "1".into(), text };
    let own = file("slipway.toml", "[freeze]\nwho = 'write'\nexempt_label = 'go'".into());
    let organisation = file("acme/.github: slipway.toml", format!("[freeze]\nwho = 'admin'\nexempt_label = ''\n{WINDOW}"));
    let config = Configuration::read(ConfigFiles { own: Some(own), organisation: Some(organisation) });
    let freezing = Freezing::of(&config, &repository()).unwrap();
    assert_eq!((freezing.who(), freezing.labels()), (Who::Admin, Vec::new()));
    assert_eq!(freezing.freezes(&known_facts(Vec::new(), Role::None)).windows.len(), 1);
}

#[test]
fn before_a_train_the_trunk_is_frozen_and_nothing_else() {
    let config = configuration("[train]\ncut = '0 9 * * TUE'\nfreeze = '1d'");
    let freezing = Freezing::of(&config, &repository()).unwrap();
    // Tue 2026-11-24 09:00 UTC leaves the train.
    let (left, branch) = (1_795_510_800, |name: &str| BranchName::parse(name).unwrap());
    let held = |at: i64, name: &str| {
        let freezes = freezing.freezes(&Facts { now: Moment(at), ..known_facts(Vec::new(), Role::None) });
        freezes.frozen(Moment(at), &branch(name), None).map(|freeze| (freeze.reason.to_owned(), freeze.until))
    };
    let frozen = ("the release train of Tue 2026-11-24 09:00 UTC".to_owned(), Some(Moment(left)));
    assert_eq!([held(left - 86_400, "main"), held(left - 1, "main")], [Some(frozen.clone()), Some(frozen)]);
    assert_eq!([held(left - 86_401, "main"), held(left, "main"), held(left - 1, "release/1.4")], [None, None, None]);
    assert!(freezing.labels() == ["freeze-exempt"] && !freezing.are_docs(Some(&["src/a.rs".to_owned()])));
}

#[test]
fn the_freeze_of_a_train_begins_and_ends_by_itself() {
    let config = configuration("[train]\ncut = '0 9 * * TUE'\nfreeze = '1d'");
    let woken = |now: i64| {
        let freezing = Freezing::of(&config, &repository()).unwrap();
        woken(&freezing, &Facts { now: Moment(now), ..known_facts(Vec::new(), Role::None) }).to_string()
    };
    let (begun, ended) = (woken(1_795_424_400 + 60), woken(1_795_510_800 + 60));
    assert!(begun.starts_with("a freeze has begun or ended") && begun.contains("look again at 1795510800"), "{begun}");
    assert!(ended.starts_with("a freeze has begun or ended") && ended.contains("look again at 1796029200"), "{ended}");
}

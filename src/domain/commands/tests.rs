//! Every command by its example, and how a comment is answered.

use super::*;
use crate::domain::config::{Config, Source};
use crate::domain::event::{Actor, ForgeKind, Nature, Repository};
use std::collections::BTreeMap;

use crate::domain::facts::{
    Asked, Asker, Between, CheckState, Checked, Condition, Delivered, IssueKind, Line, Links, OwnIssue, Progress, Role, Standing, State,
    TagFacts, TagForm, Trunk,
};
use crate::domain::freezing::tests::{NOTED, frozen, known};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::names::{BranchName, Moment, Number, RepoPath};
use crate::domain::plan::Stage;
use crate::domain::porting::tests::source as carried;
use crate::domain::protection::tests::having;
use crate::domain::readiness::Book;
use crate::domain::readiness::assess::tests::progress;
use crate::domain::readiness::keep::tests::issue as released_in;
use crate::domain::rules::tests::request;

/// Some delivery from acme/app, whose default branch is main.
pub(crate) fn delivery() -> Delivery {
    let repository = Repository {
        forge: ForgeKind::GitHub,
        id: 1,
        path: RepoPath::parse("acme/app").unwrap(),
        default_branch: BranchName::parse("main").ok(),
        tenant: Some(1),
    };
    let actor = Actor { name: UserName::parse("dana").unwrap(), nature: Nature::Person };
    let event = Event::Comment { thread: Thread::Issue(Number(1)), id: 9, body: String::new() };
    Delivery { id: "d".into(), repository, actor, event }
}

/// The branch main with a release and a feature since.
pub(crate) fn line() -> Line {
    let window = tagged(window(&["a: feat: a", "b a: feat: b"]), &[("v1.0.0", 'a')]);
    let (files, proposals, links) = (BTreeMap::new(), BTreeMap::new(), Links::default());
    Line { name: "main".into(), window, links, files, proposals, newcomers: Vec::new(), standing: Standing::default() }
}

/// The line of the tag v1.4.0, before which there was v1.3.0.
fn released() -> Line {
    let window = tagged(window(&["a: feat: a", "b a: feat: b"]), &[("v1.3.0", 'a'), ("v1.4.0", 'b')]);
    Line { name: "v1.4.0".into(), window, ..line() }
}

fn tag() -> TagFacts {
    TagFacts { commit: sha('b'), form: TagForm::Annotated, branches: vec![BranchName::main()] }
}

/// An issue about a deleted branch.
fn incident() -> OwnIssue {
    let (number, data) = (Number(1), Some(format!("branch {} release/1", "a".repeat(40))));
    OwnIssue { body: String::new(), number, key: "k".into(), title: "t".into(), condition: Condition::Open, opened_at: Moment(1), data }
}

fn plan(author: &str, body: &str) -> String {
    let text = "release.from = 'request'\n[freeze]\n[rules.conventional_title]\ntypes = ['fix']\n[[protect.tags]]\ntag = 'v**'\n[train]\ncut = '0 9 * * TUE'";
    let config = Config::parse(text).unwrap();
    let source = Source { path: "slipway.toml".into(), version: "1".into() };
    let config = Configuration::Loaded { config: Box::new(config), source };
    let in_issue = ["restore", "go", "waive"].iter().any(|verb| body.contains(&format!("/slipway {verb}")) || body.contains("no-go"));
    let thread = if in_issue { Thread::Issue(Number(1)) } else { Thread::ChangeRequest(Number(1)) };
    let asking = Asking { thread, config: &config, delivery: &delivery() };
    let mut facts = Facts::default();
    for need in needs(&asking, body) {
        match need {
            Need::Replied(..) => facts.replied = Asked::Answered(if body.contains("answered") { Reply::Done } else { Reply::None }),
            Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
            Need::ChangeRequest(..) => facts.change_request = Asked::Answered(Some(known(request("a", "main", "feat: a")))),
            Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(line()))),
            Need::Asker { .. } => facts.asker = Asked::Answered(Asker::of(Role::Admin)),
            Need::Issues(IssueKind::Freeze) => {
                _ = facts.issues.insert(IssueKind::Freeze, Asked::Answered(vec![frozen(3, Some(NOTED))]));
            }
            Need::Issues(IssueKind::Release) if in_issue => {
                let page = OwnIssue { number: Number(1), ..released_in(Book::default(), "") };
                _ = facts.issues.insert(IssueKind::Release, Asked::Answered(vec![page]));
            }
            Need::Progress(wanted) => {
                let progress = Progress { checks: [("ci".into(), CheckState::Red)].into(), ..progress() };
                _ = facts.progress.insert(wanted.of, Asked::Answered(Some(progress)));
            }
            Need::Issues(IssueKind::Release) => {
                let data = format!("branch release/1.4\nat {}\nversion 1.4\nasked x", "a".repeat(40));
                let tracked = body.contains("swap").then(|| OwnIssue { data: Some(data), ..incident() });
                _ = facts.issues.insert(IssueKind::Release, Asked::Answered(tracked.into_iter().collect()));
            }
            Need::Trunk(branch, names, _) => {
                let commits = vec![Checked { sha: sha('a'), checks: BTreeMap::new() }];
                let there = if body.contains("backport") { "release/1.4" } else { "release/1.3" };
                let branches = [(BranchName::parse(there).unwrap(), sha('a'))].into();
                let trunk = Trunk { commits, branches, ..Trunk::default() };
                _ = facts.trunks.insert((branch, names), Asked::Answered(Some(trunk)));
            }
            Need::Issues(kind) => _ = facts.issues.insert(kind, Asked::Answered(vec![incident()])),
            Need::Role(user) => _ = facts.roles.insert(user, Asked::Answered(Role::Write)),
            Need::Calendar => facts.calendar = Asked::Answered(None),
            Need::Open(_) => facts.open = Asked::Answered(Vec::new()),
            Need::Source(number, ..) => _ = facts.sources.insert(number, Asked::Answered(Some(carried(State::Open, &[], None)))),
            Need::Between(wanted) => {
                facts.lines.insert(wanted.at, Asked::Answered(Some(released())));
                facts.between = Asked::Answered(Some(Between::default()));
            }
            Need::Delivered { .. } => facts.delivered = Asked::Answered(Delivered::default()),
            Need::Tag(..) => facts.tag = Asked::Answered(Some(tag())),
            Need::Protection(guards) => facts.protection = Asked::Answered(having(&guards, &[])),
            other => panic!("load {other:?} here"),
        }
    }
    let plan = answer(&asking, (9, &UserName::parse(author).unwrap(), body), &facts);
    match plan.stage {
        Stage::Whole => plan.to_string(),
        Stage::First => format!("{plan}\n{}", conclude(&asking, (9, body), &facts)),
    }
}

#[test]
fn every_command_works_by_its_example_with_only_what_it_declared() {
    for command in COMMANDS {
        let plan = plan("dana", command.example);
        assert!(plan.starts_with(&format!("asked for {}\n- react to comment 9 with 👀", command.verb)), "{plan}");
        let in_issue = ["restore", "go", "no-go", "waive"].contains(&command.verb);
        let thread = if in_issue { "issue 1" } else { "change request 1" };
        // What concludes answers once it is known what came of it.
        let concludes = command.conclude.is_some() && !plan.contains("👎");
        assert!(concludes || plan.contains(&format!("- react to comment 9 with 👍\n- comment on {thread} about reply:9")), "{plan}");
    }
}

#[test]
fn the_bot_is_spoken_to_by_its_name_too() {
    assert!(plan("dana", "@slipway help").starts_with("asked for help"));
    assert_eq!(plan("dana", "@other help"), "the comment speaks to somebody else");
}

#[test]
fn a_comment_that_is_answered_is_not_answered_again_but_leads_to_what_it_led_to() {
    assert_eq!(plan("dana", "/slipway override conventional_title reason=answered"), "the comment is answered already");
    let freeze = plan("dana", "/slipway freeze reason=answered until=2099-01-01T00:00");
    assert!(freeze.starts_with("the comment is answered already\n- look again at") && !freeze.contains("issue"), "{freeze}");
}

#[test]
fn an_unknown_verb_is_refused_with_one_reply() {
    insta::assert_snapshot!(plan("dana", "/slipway hepl"), @r"
    asked for an unknown command
    - react to comment 9 with 👀
    - react to comment 9 with 👎
    - comment on change request 1 about reply:9
    ");
}

#[test]
fn slipway_does_not_obey_itself() {
    assert_eq!(plan("slipway[bot]", "/slipway help"), "the comment is Slipway's own");
}

#[test]
fn a_comment_without_a_command_is_left_alone() {
    assert!(!may_command("thanks, @dana!") && may_command("@slipway help"));
}

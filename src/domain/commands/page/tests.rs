//! What people decide about a release, and what they are told of it.

use crate::domain::commands::tests::delivery;
use crate::domain::commands::{Asking, answer, needs};
use crate::domain::config::{Config, Configuration, Source};
use crate::domain::event::{Delivery, Event, Thread};
use crate::domain::facts::{Asked, Asker, Between, CheckState, Facts, Need, Progress, Reply, Role};
use crate::domain::names::{Number, UserName};
use crate::domain::plan::Action;
use crate::domain::readiness::Book;
use crate::domain::readiness::assess::tests::progress;
use crate::domain::readiness::keep::tests::{at, issue};
use crate::render::Renderer;

const GATED: &str = "[readiness]\ngate = true\nautomatic = ['checks', 'sign-offs']\nteams = ['@acme/qa', '@acme/sre']\nsign_offs = 2\n\
                     [[checklist]]\nitems = ['Tried']";

/// The answer to a comment in the issue of release/1.1 by somebody of this team, with what is noted by it.
fn told(body: &str, (role, team): (Role, &str)) -> String {
    let source = Source { path: "slipway.toml".into(), version: "1".into() };
    let config = Configuration::Loaded { config: Box::new(Config::parse(GATED).unwrap()), source };
    let thread = Thread::Issue(Number(7));
    let delivery = Delivery { event: Event::Comment { thread, id: 9, body: body.into() }, ..delivery() };
    let asking = Asking { thread, config: &config, delivery: &delivery };
    let mut facts = Facts { sigil: "#", ..Facts::default() };
    for need in needs(&asking, body) {
        match need {
            Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
            Need::Replied(..) => facts.replied = Asked::Answered(Reply::None),
            Need::Asker { .. } => facts.asker = Asked::Answered(Asker { teams: [team.to_owned()].into(), ..Asker::of(role) }),
            Need::Issues(kind) => _ = facts.issues.insert(kind, Asked::Answered(vec![issue(Book::default(), "")])),
            Need::Progress(wanted) => {
                let progress = Progress { checks: [("ci".to_owned(), CheckState::Red)].into(), ..progress() };
                facts.progress.insert(wanted.of, Asked::Answered(Some(progress)));
            }
            Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(at('b')))),
            Need::Between(wanted) => {
                facts.lines.insert(wanted.at, Asked::Answered(Some(at('b'))));
                facts.between = Asked::Answered(Some(Between::default()));
            }
            other => panic!("load {other:?} here"),
        }
    }
    let plan = answer(&asking, (9, &delivery.actor.name, body), &facts);
    let noted = plan.actions.iter().find_map(|action| match action {
        Action::Issue(issue) => {
            issue.data.as_ref().map(|data| data.lines().filter(|line| line.contains("dana")).collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    });
    let words = plan.actions.iter().find_map(|action| match action {
        Action::Comment { body, .. } => Some(Renderer::new().unwrap().words(body).unwrap()),
        _ => None,
    });
    format!("{}\n{}", noted.unwrap_or_default(), words.unwrap_or_default().trim_end())
}

const MAINTAINS: (Role, &str) = (Role::Maintain, "acme/other");

#[test]
fn go_is_noted_for_the_commit_with_the_team_that_it_is_said_for() {
    let said = told("/slipway go", (Role::Read, "acme/qa"));
    assert!(said.starts_with("go issue-7:9:go dana 0 6262626262"), "{said}");
    assert!(said.contains("Go is noted for `6262626262` of 1.1, which @&#8203;acme/qa signs off."), "{said}");
    assert!(said.contains("- checks: ci is red") && said.contains("Not answered yet: @&#8203;acme/sre."), "{said}");
}

#[test]
fn whoever_is_in_none_of_the_teams_and_maintains_nothing_says_nothing() {
    let said = told("/slipway go", (Role::Write, "acme/other"));
    assert!(said.starts_with('\n') && said.contains("it takes the right to maintain the repository"), "{said}");
}

#[test]
fn a_no_go_has_a_reason_and_holds_everything_up() {
    assert!(told("/slipway no-go", MAINTAINS).contains("no reason is given"));
    let said = told("/slipway no-go reason=\"it loses data\"", MAINTAINS);
    assert!(said.contains("It does not leave: dana says no-go, it loses data."), "{said}");
}

#[test]
fn an_item_is_waived_by_its_id_and_with_a_reason() {
    let said = told("/slipway waive checks reason=\"the runner is gone\"", MAINTAINS);
    assert!(said.starts_with("waive issue-7:9:waive dana") && !said.contains("ci is red"), "{said}");
    assert!(told("/slipway waive tried reason=x", MAINTAINS).contains("`tried` is waived"));
    assert!(told("/slipway waive chekcs reason=x", MAINTAINS).contains("Did you mean checks? There are: tried, checks, sign-offs."));
    assert!(told("/slipway waive checks", MAINTAINS).contains("no reason is given"));
}

#[test]
fn another_commit_than_the_one_that_is_meant_is_refused() {
    assert!(told("/slipway go at=1111111", MAINTAINS).contains("its head is at 6262626262 now"));
    assert!(told("/slipway go at=6262626", MAINTAINS).contains("Go is noted"));
}

#[test]
fn a_comment_decides_one_thing() {
    let said = told("/slipway go\n/slipway waive checks reason=x", MAINTAINS);
    assert!(said.starts_with('\n') && said.contains("a comment decides one thing about a release"), "{said}");
}

#[test]
fn a_final_release_waits_until_all_holds_and_a_candidate_does_not() {
    let said = told("/slipway release final", MAINTAINS);
    assert!(said.contains("is not ready yet") && said.contains("ci is red") && said.contains("waive checks reason=…"), "{said}");
    assert!(!told("/slipway release rc", MAINTAINS).contains("was not done"));
}

#[test]
fn the_status_of_a_line_tells_what_it_waits_for_and_who_has_not_answered() {
    let said = told("/slipway status", MAINTAINS);
    assert!(said.contains("the next release would be **1.1.0**"), "{said}");
    assert!(said.contains("**1.1** at `6262626262` waits for:\n\n- Tried\n- checks: ci is red"), "{said}");
    assert!(said.contains("Not answered yet: @&#8203;acme/qa, @&#8203;acme/sre."), "{said}");
}

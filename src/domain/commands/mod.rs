//! What people may ask in a comment: one file a command, one line here. Help and the reference are made from the table.

mod freeze;
mod help;
mod note;
mod parse;
mod recheck;
mod release_as;
mod restore;
mod set_aside;
mod status;
mod sync;
mod thaw;

use super::config::{Configuration, nearest};
use super::event::{Delivery, Event, Thread};
use super::facts::{Facts, Need, Needs};
use super::freezing;
use super::names::UserName;
use super::plan::{Action, Answer, CommentKey, Note, Plan, Presence, Reaction};

pub use parse::{Call, parse};

/// An entry of the table below.
pub struct Command {
    pub verb: &'static str,
    /// One sentence for help and the reference.
    pub summary: &'static str,
    pub example: &'static str,
    /// Who may use it, for help and the reference.
    pub who: &'static str,
    /// What it must know.
    pub needs: fn(&Asking, &Call) -> Needs,
    pub decide: fn(&Asking, &Call, &Facts) -> Decision,
}

pub const COMMANDS: &[Command] = &[
    help::COMMAND,
    recheck::COMMAND,
    status::COMMAND,
    note::COMMAND,
    release_as::COMMAND,
    set_aside::COMMAND,
    restore::COMMAND,
    freeze::COMMAND,
    thaw::COMMAND,
    sync::COMMAND,
];

/// Where a command was given, and under which configuration.
pub struct Asking<'a> {
    pub thread: Thread,
    pub config: &'a Configuration,
    pub delivery: &'a Delivery,
}

/// What a command leads to: some actions, and an answer to the person.
pub struct Decision {
    pub actions: Vec<Action<Note>>,
    pub answer: Answer,
}

impl Decision {
    fn answer(answer: Answer) -> Self {
        Self { actions: Vec::new(), answer }
    }

    fn refuse(call: &Call, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::answer(Answer::Refused { verb: call.verb.clone(), why: why.into(), remedy: remedy.into() })
    }
}

fn find(verb: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.verb == verb)
}

/// Whether a comment speaks to Slipway, as far as can be told without knowing its name here.
pub fn may_command(body: &str) -> bool {
    !parse(body, None).is_empty()
}

/// What must be known to answer a comment. The bot's own name is part of the grammar and among what is asked, so the calls
/// are read here as if any name might be it.
pub fn needs(asking: &Asking, body: &str) -> Needs {
    let calls = parse(body, None);
    let known: Vec<_> = calls.iter().filter_map(|call| find(&call.verb).map(|command| (command.needs)(asking, call))).collect();
    let replied = match &asking.delivery.event {
        Event::Comment { thread, id, .. } if !known.is_empty() => Some(Need::Replied(*thread, *id)),
        _ => None,
    };
    known.into_iter().flatten().chain([Need::Me]).chain(replied).collect()
}

/// Answers the commands of one new comment, once: told again after a push, it would mean another commit.
pub fn answer(asking: &Asking, comment: (u64, &UserName, &str), facts: &Facts) -> Plan {
    let (id, author, body) = comment;
    let me = facts.me.read();
    if author == me {
        return Plan::nothing("the comment is Slipway's own");
    }
    let calls = parse(body, Some(me));
    if calls.is_empty() {
        return Plan::nothing("the comment speaks to somebody else");
    }
    let decide = |call: &Call| match find(&call.verb) {
        Some(_) if call.unclosed => {
            let remedy = "Close it on the same line, and leave links and HTML out of it.";
            Decision::refuse(call, "a quotation is not closed where the command ends", remedy)
        }
        Some(command) => (command.decide)(asking, call, facts),
        None => unknown(call),
    };
    let (effects, answers): (Vec<_>, Vec<_>) = calls.iter().map(decide).map(|decision| (decision.actions, decision.answer)).unzip();
    let refused = answers.iter().any(Answer::is_refusal);
    let react = |reaction| Action::React { thread: asking.thread, comment: id, reaction };
    let (key, presence) = (CommentKey::Reply(id), Presence::Create);
    let reply = Action::Comment { thread: asking.thread, key, presence, body: Note::Reply(answers) };
    let effects: Vec<_> = effects.into_iter().flatten().collect();
    let follows = freezing::follows(&effects, facts);
    if calls.iter().any(|call| find(&call.verb).is_some()) && *facts.replied.read() {
        // The reply was the last thing to do. What it led to lives in memory, and may have been lost.
        return Plan::nothing("the comment is answered already").followed_by(follows);
    }
    let mut actions = vec![react(Reaction::Eyes)];
    actions.extend(effects);
    actions.push(react(if refused { Reaction::ThumbsDown } else { Reaction::ThumbsUp }));
    actions.push(reply);
    let verbs = calls.iter().map(|call| find(&call.verb).map_or("an unknown command", |known| known.verb));
    Plan::of(format!("asked for {}", verbs.collect::<Vec<_>>().join(", ")), actions).followed_by(follows)
}

fn unknown(call: &Call) -> Decision {
    let guess = nearest(&call.verb, COMMANDS.iter().map(|command| command.verb));
    let remedy = match guess {
        Some(verb) => format!("Did you mean {verb}?"),
        None => "Ask for help to see what there is.".to_owned(),
    };
    Decision::refuse(call, "there is no such command", remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Config, Source};
    use crate::domain::event::{Actor, ForgeKind, Nature, Repository};
    use std::collections::BTreeMap;

    use crate::domain::facts::{Asked, Condition, IssueKind, Line, Links, OwnIssue, Role, Standing};
    use crate::domain::freezing::tests::{NOTED, frozen, known};
    use crate::domain::history::tests::{tagged, window};
    use crate::domain::names::{BranchName, Moment, Number, RepoPath};
    use crate::domain::protection::tests::having;
    use crate::domain::rules::tests::request;

    /// Some delivery from acme/app, whose default branch is main.
    pub(super) fn delivery() -> Delivery {
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
    fn line() -> Line {
        let window = tagged(window(&["a: feat: a", "b a: feat: b"]), &[("v1.0.0", 'a')]);
        let (files, proposals, links) = (BTreeMap::new(), BTreeMap::new(), Links::default());
        Line { name: "main".into(), window, links, files, proposals, newcomers: Vec::new(), standing: Standing::default() }
    }

    /// An issue about a deleted branch.
    fn incident() -> OwnIssue {
        let (number, data) = (Number(1), Some(format!("branch {} release/1", "a".repeat(40))));
        OwnIssue { number, key: "k".into(), title: "t".into(), condition: Condition::Open, opened_at: Moment(1), data }
    }

    fn plan(author: &str, body: &str) -> String {
        let text = "release.from = 'request'\n[freeze]\n[rules.conventional_title]\ntypes = ['fix']\n[[protect.tags]]\ntag = 'v**'";
        let config = Config::parse(text).unwrap();
        let source = Source { path: "slipway.toml".into(), version: "1".into() };
        let config = Configuration::Loaded { config: Box::new(config), source };
        let thread = if body.contains("restore") { Thread::Issue(Number(1)) } else { Thread::ChangeRequest(Number(1)) };
        let asking = Asking { thread, config: &config, delivery: &delivery() };
        let mut facts = Facts::default();
        for need in needs(&asking, body) {
            match need {
                Need::Replied(..) => facts.replied = Asked::Answered(body.contains("answered")),
                Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
                Need::ChangeRequest(..) => facts.change_request = Asked::Answered(Some(known(request("a", "main", "feat: a")))),
                Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(line()))),
                Need::Role(_) => facts.role = Asked::Answered(Role::Admin),
                Need::Issues(IssueKind::Freeze) => {
                    _ = facts.issues.insert(IssueKind::Freeze, Asked::Answered(vec![frozen(3, Some(NOTED))]));
                }
                Need::Issues(kind) => _ = facts.issues.insert(kind, Asked::Answered(vec![incident()])),
                Need::Open(_) => facts.open = Asked::Answered(Vec::new()),
                Need::Protection(guards) => facts.protection = Asked::Answered(having(&guards, &[])),
                other => panic!("load {other:?} here"),
            }
        }
        answer(&asking, (9, &UserName::parse(author).unwrap(), body), &facts).to_string()
    }

    #[test]
    fn every_command_works_by_its_example_with_only_what_it_declared() {
        for command in COMMANDS {
            let plan = plan("dana", command.example);
            assert!(plan.starts_with(&format!("asked for {}\n- react to comment 9 with 👀", command.verb)), "{plan}");
            let thread = if command.verb == "restore" { "issue 1" } else { "change request 1" };
            assert!(plan.contains(&format!("- react to comment 9 with 👍\n- comment on {thread} about reply:9")), "{plan}");
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
}

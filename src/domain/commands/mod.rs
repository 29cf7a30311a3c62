//! What people may ask in a comment: one file a command, one line here. Help and the reference are made from the table.

mod backport;
mod cut;
mod freeze;
mod help;
mod hotfix;
mod note;
mod parse;
mod recheck;
mod release;
mod release_as;
mod restore;
mod rights;
mod rollback;
#[cfg(test)]
mod running_tests;
mod set_aside;
mod status;
mod sync;
mod thaw;

use super::config::{Configuration, Grant, nearest};
use super::event::{Delivery, Event, Thread};
use super::facts::{Facts, Holders, Need, Needs, Reply};
use super::freezing;
use super::names::UserName;
use super::plan::{Action, Answer, CommentKey, Note, Plan, Presence, Reaction};
use super::tracking::{Course, Refusal};

use rights::Rights;

pub use parse::{Call, parse};
pub use rights::those_who_may;

/// An entry of the table below.
pub struct Command {
    pub verb: &'static str,
    /// One sentence for help and the reference.
    pub summary: &'static str,
    pub example: &'static str,
    /// Who may use it, unless `[commands]` says otherwise. One of these is enough. It is checked before anything is decided.
    pub grants: &'static [Grant],
    /// What it must know.
    pub needs: fn(&Asking, &Call) -> Needs,
    pub decide: fn(&Asking, &Call, &Facts) -> Decision,
    /// What is answered, and done, once it is known what came of it, where nobody could know before. It is not asked where the command
    /// was refused.
    pub conclude: Option<fn(&Asking, &Call, &Facts) -> Decision>,
}

pub const COMMANDS: &[Command] = &[
    help::COMMAND,
    recheck::COMMAND,
    status::COMMAND,
    note::COMMAND,
    release_as::COMMAND,
    cut::COMMAND,
    release::COMMAND,
    hotfix::COMMAND,
    set_aside::COMMAND,
    restore::COMMAND,
    freeze::COMMAND,
    thaw::COMMAND,
    sync::COMMAND,
    backport::COMMAND,
    rollback::COMMAND,
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

    fn parts(self) -> (Vec<Action<Note>>, Answer) {
        (self.actions, self.answer)
    }

    /// On a branch that was asked for.
    fn of(call: &Call, course: Course) -> Self {
        match course {
            Course::Made(undertaking) => Self { actions: undertaking.actions, answer: Answer::Underway(Box::new(undertaking.told)) },
            Course::There(told) => Self::answer(Answer::Underway(told)),
            Course::Refused(refusal) => Self::refuse(call, refusal.why, refusal.remedy),
        }
    }

    fn refuse(call: &Call, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::answer(Answer::Refused { verb: call.verb.clone(), why: why.into(), remedy: remedy.into() })
    }
}

/// Commands in one comment that are answered: each may have a lot read, before it is known who may ask for it.
const MOST: usize = 10;

/// Whether there is a command of this name; else the one that was probably meant, if one is close enough.
///
/// # Errors
/// There is none.
pub fn known(verb: &str) -> Result<(), Option<&'static str>> {
    if find(verb).is_some() { Ok(()) } else { Err(nearest(verb, COMMANDS.iter().map(|command| command.verb))) }
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
    if calls.len() > MOST {
        return Needs::from([Need::Me]);
    }
    let needs = |call: &Call| {
        let command = find(&call.verb)?;
        let asker = Rights::of(asking.config, command, Some(call)).need(asking, Holders::Wanted);
        Some((command.needs)(asking, call).into_iter().chain(asker))
    };
    let known: Vec<_> = calls.iter().filter_map(needs).collect();
    let replied = match &asking.delivery.event {
        Event::Comment { thread, id, .. } if !known.is_empty() => Some(Need::Replied(*thread, *id)),
        _ => None,
    };
    known.into_iter().flatten().chain([Need::Me]).chain(replied).collect()
}

/// Answers the commands of one new comment, once: told again after a push, it would mean another commit. Of those that conclude, it only
/// brings about what is to be concluded on.
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
    if parse(body, None).len() > MOST {
        let (why, remedy) = (format!("a comment may hold {MOST} commands"), "Ask in several comments.".to_owned());
        let refused = Answer::Refused { verb: "slipway".to_owned(), why, remedy };
        return Plan::of("asked for too much at once", reply(asking.thread, id, vec![refused]).into());
    }
    let (effects, answers): (Vec<_>, Vec<_>) = calls.iter().map(|call| decide(asking, call, facts)).map(Decision::parts).unzip();
    let effects: Vec<_> = effects.into_iter().flatten().collect();
    let follows = freezing::follows(&effects, facts);
    if calls.iter().any(|call| find(&call.verb).is_some()) && *facts.replied.read() == Reply::Done {
        // The reply was the last thing to do. What it led to lives in memory, and may have been lost.
        return Plan::nothing("the comment is answered already").followed_by(follows);
    }
    let mut actions = vec![Action::React { thread: asking.thread, comment: id, reaction: Reaction::Eyes }];
    actions.extend(effects);
    let concludes = calls.iter().zip(&answers).any(|(call, answer)| concludes(call, answer).is_some());
    if !concludes {
        actions.extend(reply(asking.thread, id, answers));
    }
    let verbs = calls.iter().map(|call| find(&call.verb).map_or("an unknown command", |known| known.verb));
    let plan = Plan::of(format!("asked for {}", verbs.collect::<Vec<_>>().join(", ")), actions).followed_by(follows);
    if concludes { plan.to_conclude() } else { plan }
}

/// The second part, once it is known what came of the first.
pub fn conclude(asking: &Asking, comment: (u64, &str), facts: &Facts) -> Plan {
    let (id, body) = comment;
    let told = |call: &Call| {
        let answer = decide(asking, call, facts).answer;
        concludes(call, &answer).map_or(Decision { actions: Vec::new(), answer }, |conclude| conclude(asking, call, facts))
    };
    let calls = parse(body, Some(facts.me.read()));
    let (effects, answers): (Vec<_>, Vec<_>) = calls.iter().map(told).map(Decision::parts).unzip();
    let effects: Vec<_> = effects.into_iter().flatten().collect();
    Plan::of("what came of it", effects.into_iter().chain(reply(asking.thread, id, answers)).collect())
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    match find(&call.verb) {
        Some(_) if call.unclosed => {
            let remedy = "Close it on the same line, and leave links and HTML out of it.";
            Decision::refuse(call, "a quotation is not closed where the command ends", remedy)
        }
        Some(command) => match Rights::of(asking.config, command, Some(call)).refusal(&asking.delivery.actor.name, facts) {
            Some((why, remedy)) => Decision::refuse(call, why, remedy),
            None => (command.decide)(asking, call, facts),
        },
        None => unknown(call),
    }
}

type Conclude = fn(&Asking, &Call, &Facts) -> Decision;

fn concludes(call: &Call, answer: &Answer) -> Option<Conclude> {
    find(&call.verb)?.conclude.filter(|_| !answer.is_refusal())
}

/// Concludes with the same answer again: what was made is known by its number now.
fn answer_again(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    Decision::answer(decide(asking, call, facts).answer)
}

/// What asks for something, so that the same is known when it comes again.
fn asked(asking: &Asking, call: &Call) -> String {
    format!("{}:{} {}", freeze::key(asking), call.verb, call.in_full())
}

/// What tells people, and by which it is known that nothing is left to do.
fn reply(thread: Thread, id: u64, answers: Vec<Answer>) -> [Action<Note>; 2] {
    let reaction = if answers.iter().any(Answer::is_refusal) { Reaction::ThumbsDown } else { Reaction::ThumbsUp };
    let (key, presence) = (CommentKey::Reply(id), Presence::Create);
    [Action::React { thread, comment: id, reaction }, Action::Comment { thread, key, presence, body: Note::Reply(answers) }]
}

/// Sees to it that a call says nothing that its command does not understand.
fn options(call: &Call, known: &[&str], words: usize) -> Result<(), Refusal> {
    if let Some(unknown) = call.options.keys().find(|key| !known.contains(&key.as_str())) {
        let remedy = match nearest(unknown, known.iter().copied()) {
            Some(name) => format!("Did you mean {name}?"),
            None => format!("There is {}.", known.join(", ")),
        };
        return Err(Refusal::new(format!("there is no option {unknown}"), remedy));
    }
    match call.words.get(words) {
        Some(word) => Err(Refusal::new(format!("“{word}” is not understood"), "Leave it out.")),
        None => Ok(()),
    }
}

fn unknown(call: &Call) -> Decision {
    let remedy = match known(&call.verb).err().flatten() {
        Some(verb) => format!("Did you mean {verb}?"),
        None => "Ask for help to see what there is.".to_owned(),
    };
    Decision::refuse(call, "there is no such command", remedy)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::config::{Config, Source};
    use crate::domain::event::{Actor, ForgeKind, Nature, Repository};
    use std::collections::BTreeMap;

    use crate::domain::facts::{
        Asked, Asker, Between, Checked, Condition, IssueKind, Line, Links, OwnIssue, Role, Standing, State, TagFacts, TagForm, Trunk,
    };
    use crate::domain::freezing::tests::{NOTED, frozen, known};
    use crate::domain::history::tests::{sha, tagged, window};
    use crate::domain::names::{BranchName, Moment, Number, RepoPath};
    use crate::domain::plan::Stage;
    use crate::domain::porting::tests::source as carried;
    use crate::domain::protection::tests::having;
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
                Need::Replied(..) => facts.replied = Asked::Answered(if body.contains("answered") { Reply::Done } else { Reply::None }),
                Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
                Need::ChangeRequest(..) => facts.change_request = Asked::Answered(Some(known(request("a", "main", "feat: a")))),
                Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(line()))),
                Need::Asker { .. } => facts.asker = Asked::Answered(Asker::of(Role::Admin)),
                Need::Issues(IssueKind::Freeze) => {
                    _ = facts.issues.insert(IssueKind::Freeze, Asked::Answered(vec![frozen(3, Some(NOTED))]));
                }
                Need::Issues(IssueKind::Release) => _ = facts.issues.insert(IssueKind::Release, Asked::Answered(Vec::new())),
                Need::Trunk(branch, names, _) => {
                    let commits = vec![Checked { sha: sha('a'), checks: BTreeMap::new() }];
                    let there = if body.contains("backport") { "release/1.4" } else { "release/1.3" };
                    let branches = [(BranchName::parse(there).unwrap(), sha('a'))].into();
                    let trunk = Trunk { commits, branches, ..Trunk::default() };
                    _ = facts.trunks.insert((branch, names), Asked::Answered(Some(trunk)));
                }
                Need::Issues(kind) => _ = facts.issues.insert(kind, Asked::Answered(vec![incident()])),
                Need::Open(_) => facts.open = Asked::Answered(Vec::new()),
                Need::Source(number, ..) => _ = facts.sources.insert(number, Asked::Answered(Some(carried(State::Open, &[], None)))),
                Need::Between(wanted) => {
                    facts.lines.insert(wanted.at, Asked::Answered(Some(released())));
                    facts.between = Asked::Answered(Some(Between::default()));
                }
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
            let thread = if command.verb == "restore" { "issue 1" } else { "change request 1" };
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
}

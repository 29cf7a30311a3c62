//! What people may ask in a comment: one file a command, one line here. Help and the reference are made from the table.

mod backport;
mod cut;
mod freeze;
mod go;
mod help;
mod hotfix;
mod note;
mod page;
mod parse;
mod recheck;
mod release;
mod release_as;
mod restore;
mod rights;
mod rollback;
#[cfg(test)]
mod running_tests;
mod schedule;
mod set_aside;
mod status;
mod swap;
mod sync;
#[cfg(test)]
pub(crate) mod tests;
mod thaw;
mod velocity;
mod waive;

use super::config::{Configuration, Grant, nearest};
use super::event::{Delivery, Event, Thread};
use super::facts::{Facts, Holders, Need, Needs, Reply};
use super::freezing;
use super::names::UserName;
use super::plan::{Action, Answer, CommentKey, Note, Plan, Presence, Reaction};
use super::tracking::{Course, Refusal};

pub use parse::{Call, parse};
pub use release::{Tagging, Wish, merging_needs};
pub use rights::Rights;
pub use rights::those_who_may;
pub use status::Given;

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
    go::GO,
    go::NO_GO,
    waive::COMMAND,
    hotfix::COMMAND,
    set_aside::COMMAND,
    restore::COMMAND,
    freeze::COMMAND,
    thaw::COMMAND,
    sync::COMMAND,
    backport::COMMAND,
    rollback::COMMAND,
    velocity::COMMAND,
    schedule::COMMAND,
    swap::COMMAND,
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
        let rights = Rights::of(asking.config, command, Some(call)).on(asking.thread);
        Some((command.needs)(asking, call).into_iter().chain(rights.need(asking, Holders::Wanted)).chain(rights.version()))
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
    let follows: Vec<_> = freezing::follows(&effects, facts).into_iter().chain(swap::follows(&effects)).collect();
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
        Some(command) => match Rights::of(asking.config, command, Some(call)).on(asking.thread).refusal(&asking.delivery.actor.name, facts)
        {
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

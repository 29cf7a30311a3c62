//! `/slipway status`: why there is no release yet, or what the next one would be, and what it waits for.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Config, Configuration, Grant, LineOptions};
use crate::domain::event::Thread;
use crate::domain::facts::{Facts, Line, Needs, Ref};
use crate::domain::names::BranchName;
use crate::domain::plan::Answer;
use crate::domain::release::{self, Releasing, line, outlook::Forced, status};

pub const COMMAND: Command = Command {
    verb: "status",
    summary: "Tells what the next release would be: the version before, what waits, what is not told and why.",
    example: "/slipway status",
    grants: &[Grant::Anyone],
    needs,
    decide,
    conclude: None,
};

/// On a change request it is about the branch that it goes into, on the issue of a release about its branch, elsewhere about the default
/// branch.
pub(super) fn at(asking: &Asking) -> Ref {
    match asking.thread {
        Thread::ChangeRequest(number) => Ref::BaseOf(number),
        Thread::Issue(number) => Ref::TrackedBy(number, asking.delivery.repository.default_branch.clone()),
    }
}

fn needs(asking: &Asking, _: &Call) -> Needs {
    match asking.config {
        Configuration::Loaded { config, .. } => line::needs(config, at(asking)),
        Configuration::Absent | Configuration::Broken(_) => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    match situation(asking, call, (&at(asking), facts)) {
        Ok((given, branch)) => Decision::answer(Answer::Status(Box::new(status(&given.of(&branch, Forced::new(), facts))))),
        Err(refusal) => *refusal,
    }
}

/// What a command about a line goes by.
pub(super) struct Given<'a> {
    pub config: &'a Config,
    pub options: LineOptions,
    pub line: &'a Line,
}

impl Given<'_> {
    pub(super) fn of<'s>(&'s self, branch: &'s BranchName, forced: Forced, facts: &'s Facts) -> line::Situation<'s> {
        let releasing = Releasing::Line(&self.options);
        line::Situation { config: self.config, releasing, branch, line: self.line, me: facts.me.read(), forced }
    }
}

/// The configuration that is in force, or why there is none.
pub(super) fn configured<'a>(asking: &Asking<'a>, call: &Call) -> Result<&'a Config, Box<Decision>> {
    let refuse = |why: &str, remedy: &str| Err(Box::new(Decision::refuse(call, why, remedy)));
    match asking.config {
        Configuration::Absent => refuse("there is no slipway.toml on the default branch", "Ask for help to get one to start from."),
        Configuration::Broken(problem) => {
            refuse(&format!("the configuration cannot be read: {problem}"), "Correct it on the default branch.")
        }
        Configuration::Loaded { config, .. } => Ok(config),
    }
}

/// The line that a command is about, or why there is none.
pub(super) fn situation<'a>(
    asking: &Asking<'a>,
    call: &Call,
    (at, facts): (&Ref, &'a Facts),
) -> Result<(Given<'a>, BranchName), Box<Decision>> {
    let refuse = |why: &str, remedy: &str| Err(Box::new(Decision::refuse(call, why, remedy)));
    let config = configured(asking, call)?;
    let found = facts.line(at).and_then(|line| Some((line, BranchName::parse(&line.name).ok()?)));
    let Some((line, branch)) = found else {
        return refuse("the branch is gone", "Ask on an issue, or on a change request into a branch that is there.");
    };
    match release::releasing_on_command(config, &asking.delivery.repository, &branch) {
        Some(options) => Ok((Given { config, options, line }, branch)),
        None => refuse(&format!("{branch} releases nothing"), "Add it to release.lines in slipway.toml, or ask on an issue."),
    }
}

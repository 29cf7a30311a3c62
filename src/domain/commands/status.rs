//! `/slipway status`: why there is no release yet, or what the next one would be, and what it waits for.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Config, Configuration};
use crate::domain::event::Thread;
use crate::domain::facts::{Facts, Line, Needs, Ref};
use crate::domain::names::BranchName;
use crate::domain::plan::Answer;
use crate::domain::release::{self, line, outlook::Forced, status};

pub const COMMAND: Command = Command {
    verb: "status",
    summary: "Tells what the next release would be: the version before, what waits, what is not told and why.",
    example: "/slipway status",
    who: "anyone",
    needs,
    decide,
};

/// On a change request it is about the branch that it goes into, elsewhere about the default branch.
pub(super) fn at(asking: &Asking) -> Ref {
    match (asking.thread, &asking.delivery.repository.default_branch) {
        (Thread::ChangeRequest(number), _) => Ref::BaseOf(number),
        (Thread::Issue(_), Some(branch)) => Ref::Branch(branch.clone()),
        (Thread::Issue(_), None) => Ref::Default,
    }
}

fn needs(asking: &Asking, _: &Call) -> Needs {
    match asking.config {
        Configuration::Loaded { config, .. } => line::needs(config, at(asking)),
        Configuration::Absent | Configuration::Broken(_) => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    match situation(asking, call, facts) {
        Ok((given, branch)) => Decision::answer(Answer::Status(Box::new(status(&given.of(&branch, Forced::new(), facts))))),
        Err(refusal) => *refusal,
    }
}

/// What a command about a line goes by.
pub(super) struct Given<'a> {
    config: &'a Config,
    releasing: release::Releasing<'a>,
    line: &'a Line,
}

impl<'a> Given<'a> {
    pub(super) fn config(&self) -> &'a Config {
        self.config
    }

    pub(super) fn of(&self, branch: &'a BranchName, forced: Forced, facts: &'a Facts) -> line::Situation<'a> {
        let Self { config, releasing, line } = *self;
        line::Situation { config, releasing, branch, line, me: facts.me.read(), forced }
    }
}

/// The line that a command is about, or why there is none.
pub(super) fn situation<'a>(asking: &Asking<'a>, call: &Call, facts: &'a Facts) -> Result<(Given<'a>, BranchName), Box<Decision>> {
    let refuse = |why: &str, remedy: &str| Err(Box::new(Decision::refuse(call, why, remedy)));
    let config = match asking.config {
        Configuration::Absent => {
            return refuse("there is no slipway.toml on the default branch", "Ask for help to get one to start from.");
        }
        Configuration::Broken(problem) => {
            return refuse(&format!("the configuration cannot be read: {problem}"), "Correct it on the default branch.");
        }
        Configuration::Loaded { config, .. } => config,
    };
    let found = facts.line(&at(asking)).and_then(|line| Some((line, BranchName::parse(&line.name).ok()?)));
    let Some((line, branch)) = found else {
        return refuse("the branch is gone", "Ask on an issue, or on a change request into a branch that is there.");
    };
    match release::releasing(config, &asking.delivery.repository, &branch) {
        Some(releasing) => Ok((Given { config, releasing, line }, branch)),
        None => refuse(&format!("{branch} releases nothing"), "Add it to release.lines in slipway.toml, or ask on an issue."),
    }
}

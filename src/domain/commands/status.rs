//! `/slipway status`: why there is no release yet, or what the next one would be, and what it waits for; in the issue that tracks a release also
//! who has not answered, and what is frozen.

use super::{Asking, Call, Command, Decision, page};
use crate::domain::config::{Config, Configuration, Grant, LineOptions};
use crate::domain::event::{Repository, Thread};
use crate::domain::facts::{Facts, IssueKind, Line, Need, Needs, Ref};
use crate::domain::freezing::Freezing;
use crate::domain::names::BranchName;
use crate::domain::plan::Answer;
use crate::domain::readiness::keep::{Kept, Reads};
use crate::domain::release::{self, Releasing, Underway, line, outlook::Forced, status};

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
        Configuration::Loaded { config, .. } => {
            let page = matches!(asking.thread, Thread::Issue(_)).then(|| page::of_line(asking, config, Reads::Whole).needs());
            let freezes = page.is_some() && Freezing::of(asking.config, &asking.delivery.repository).is_some();
            let freezes = freezes.then_some(Need::Issues(IssueKind::Freeze));
            line::needs(config, at(asking)).into_iter().chain(page.into_iter().flatten()).chain(freezes).collect()
        }
        Configuration::Absent | Configuration::Broken(_) => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    match situation(asking, call, (&at(asking), facts)) {
        Ok((given, branch)) => {
            let mut status = status(&given.of(&branch, Forced::new(), facts));
            let kept =
                matches!(asking.thread, Thread::Issue(_)).then(|| page::of_line(asking, given.config, Reads::Whole).keep(None, facts));
            // An issue that tracks nothing has no page.
            let Some(Ok(Kept { actions, page, name, .. })) = kept else { return Decision::answer(Answer::Status(Box::new(status))) };
            let freezes =
                Freezing::of(asking.config, &asking.delivery.repository).map(|freezing| freezing.freezes(facts)).unwrap_or_default();
            let freeze = freezes.frozen(facts.now, &branch, None).map(|freeze| (freeze.reason.to_owned(), freeze.until_in_words()));
            status.page = Some(Box::new(Underway { name, freeze, page }));
            Decision { actions, answer: Answer::Status(Box::new(status)) }
        }
        Err(refusal) => *refusal,
    }
}

/// What a command about a line goes by.
pub struct Given<'a> {
    pub config: &'a Config,
    pub repository: &'a Repository,
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
        Some(options) => Ok((Given { config, repository: &asking.delivery.repository, options, line }, branch)),
        None => refuse(&format!("{branch} releases nothing"), "Add it to release.lines in slipway.toml, or ask on an issue."),
    }
}

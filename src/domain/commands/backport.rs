//! `/slipway backport release/1.4`: carries the change request to another branch, now if it is merged, and with its merge if it is not.
//! `waive=yes reason="…"` says that a branch is to do without it.

use std::collections::BTreeSet;

use super::set_aside::on_one_line;
use super::{Asking, Call, Command, Decision, parse};
use crate::domain::config::{Config, Configuration, Grant, Pattern, nearest};
use crate::domain::event::{Event, Thread};
use crate::domain::facts::{Depth, Facts, Need, Needs, Source, State, Trunk};
use crate::domain::names::{BranchName, Number};
use crate::domain::plan::{Action, Answer, LabelCourse, Obstacle};
use crate::domain::porting::{Errand, Orders, Progress, Row, Table, forward};

pub const COMMAND: Command = Command {
    verb: "backport",
    summary: "Carries the change request to these branches: at once if it is merged, else with its merge. `again=yes` opens anew what \
              somebody has closed; `waive=yes reason=\"…\"` says that a branch does without it.",
    example: "/slipway backport release/1.4",
    grants: &[Grant::Write, Grant::ReleaseManager],
    needs,
    decide,
    conclude: Some(conclude),
};

const OPTIONS: [&str; 3] = ["again", "waive", "reason"];

/// Why it is refused, and what to do instead.
type Wrong = (String, String);

/// The change request that is asked on, under which configuration.
fn place<'a>(asking: &Asking<'a>) -> Option<(Number, &'a Config)> {
    match (asking.thread, asking.config) {
        (Thread::ChangeRequest(number), Configuration::Loaded { config, .. }) => Some((number, config)),
        _ => None,
    }
}

fn trunk(asking: &Asking) -> BranchName {
    asking.delivery.repository.default_branch.clone().unwrap_or_else(BranchName::main)
}

/// Branches that one call may name.
const MOST: usize = 10;

fn needs(asking: &Asking, call: &Call) -> Needs {
    let Some((number, config)) = place(asking) else { return Needs::new() };
    let Ok(targets) = targets(call) else { return Needs::new() };
    let source = Need::Source(number, config.backport.label.clone(), targets);
    Needs::from([Need::Me, source, Need::Trunk(trunk(asking), config.branches.release.clone(), Depth::Names)])
}

/// The branches that a call names.
fn targets(call: &Call) -> Result<BTreeSet<BranchName>, Wrong> {
    if call.words.is_empty() {
        return Err(("no branch is named".to_owned(), "Name one, as in “backport release/1.4”.".to_owned()));
    }
    if call.words.len() > MOST {
        return Err(("too many branches are named".to_owned(), format!("Name at most {MOST} in one comment.")));
    }
    let named = |word: &String| BranchName::parse(word).map_err(|error| (error.to_string(), "Correct it and ask again.".to_owned()));
    call.words.iter().map(named).collect()
}

/// What a call asks for.
fn orders(asking: &Asking, call: &Call) -> Result<Orders, Wrong> {
    if let Some(unknown) = call.options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
        let guess = nearest(unknown, OPTIONS.into_iter()).map(|name| format!("Did you mean {name}?"));
        return Err((format!("there is no option {unknown}"), guess.unwrap_or_else(|| format!("There are {}.", OPTIONS.join(", ")))));
    }
    for key in ["again", "waive"] {
        if call.options.get(key).is_some_and(|value| value != "yes") {
            return Err((format!("{key} can only be yes"), format!("Write “{key}=yes”, or leave it out.")));
        }
    }
    let (targets, by) = (targets(call)?, Some(asking.delivery.actor.name.clone()));
    if !call.options.contains_key("waive") {
        let again = if call.options.contains_key("again") { targets.clone() } else { BTreeSet::new() };
        return Ok(Orders { by, targets, again, ..Orders::default() });
    }
    let reason = call.options.get("reason").map(|reason| on_one_line(reason)).filter(|reason| !reason.is_empty());
    let Some(reason) = reason else {
        return Err(("no reason is given".to_owned(), "Say why, as in “waive=yes reason=\"1.4 does not have the parser\"”.".to_owned()));
    };
    Ok(Orders { by, waived: targets.into_iter().map(|target| (target, reason.clone())).collect(), ..Orders::default() })
}

/// What a call asks for, if it is possible on this change request.
fn possible(asking: &Asking, call: &Call, (config, source, facts): (&Config, &Source, &Facts)) -> Result<Orders, Wrong> {
    let wrong = |why: &str, remedy: &str| Err((why.to_owned(), remedy.to_owned()));
    let own = orders(asking, call)?;
    if targets(call)?.contains(&source.request.base) {
        return wrong(&format!("{} is where it goes anyway", source.request.base), "Name the other branches that are to have it.");
    }
    match source.request.state {
        State::Closed => return wrong("the change request was closed without a merge", "Reopen it first."),
        State::Open if config.backport.label.is_empty() && own.waived.is_empty() => {
            return wrong("nothing would remember it until the merge, since `[backport]` has no label", "Ask again after the merge.");
        }
        State::Open | State::Merged => {}
    }
    for target in &own.targets {
        there(config, target, facts.trunk(&trunk(asking), &config.branches.release))?;
    }
    for target in own.waived.keys() {
        unopened(source, target, facts.sigil)?;
    }
    Ok(own)
}

/// What all calls of the comment ask for: its table is one, whichever of them writes it. Calls that were refused ask for nothing.
fn all_orders(asking: &Asking, about: (&Config, &Source, &Facts)) -> Orders {
    let Event::Comment { body, .. } = &asking.delivery.event else { return Orders::default() };
    let calls = parse(body, Some(about.2.me.read())).into_iter().filter(|call| call.verb == COMMAND.verb && !call.unclosed);
    let asked = calls.filter_map(|call| possible(asking, &call, about).ok());
    asked.fold(Orders::default(), |mut all, one| {
        all.by = one.by;
        all.targets.extend(one.targets);
        all.again.extend(one.again);
        all.waived.extend(one.waived);
        all
    })
}

/// The change request with what is asked of it.
struct Asked<'a> {
    errand: Errand<'a>,
    /// What this one call names.
    named: BTreeSet<BranchName>,
}

fn read<'a>(asking: &Asking<'a>, call: &Call, facts: &'a Facts) -> Result<Asked<'a>, Wrong> {
    let wrong = |why: &str, remedy: &str| Err((why.to_owned(), remedy.to_owned()));
    let Some((number, config)) = place(asking) else {
        return wrong(
            "this is no change request under a slipway.toml that can be read",
            "Ask on the change request that is to be carried.",
        );
    };
    let named = targets(call)?;
    let Some(source) = facts.source(number) else {
        return wrong("the change request is gone", "There is nothing to do.");
    };
    let own = possible(asking, call, (config, source, facts))?;
    let forward = forward(config, &asking.delivery.repository, (&source.request.head.branch, &source.request.base));
    let orders = all_orders(asking, (config, source, facts));
    let orders = if orders.by.is_some() { orders } else { own };
    Ok(Asked { errand: Errand { config, source, sigil: facts.sigil, forward, orders }, named })
}

/// Refuses a release branch that is not there, before a label is made for it.
fn there(config: &Config, target: &BranchName, trunk: Option<&Trunk>) -> Result<(), Wrong> {
    let is_release = Pattern::try_from(config.branches.release.clone()).is_ok_and(|pattern| pattern.matches(target.as_str()));
    let Some(trunk) = trunk.filter(|_| is_release) else { return Ok(()) };
    if trunk.branches.contains_key(target) {
        return Ok(());
    }
    let names = || trunk.branches.keys().map(BranchName::as_str);
    let remedy = match nearest(target.as_str(), names()) {
        Some(name) => format!("Did you mean {name}?"),
        None if trunk.branches.is_empty() => "No release branch was cut yet.".to_owned(),
        None => format!("There are {}.", names().collect::<Vec<_>>().join(", ")),
    };
    Err((format!("there is no branch {target}"), remedy))
}

/// What is open or merged cannot be done without any more.
fn unopened(source: &Source, target: &BranchName, sigil: &str) -> Result<(), Wrong> {
    match source.targets.get(target).and_then(|there| there.request) {
        Some((number, State::Open)) => Err((format!("{sigil}{number} carries it to {target}"), "Close that first.".to_owned())),
        Some((number, State::Merged)) => {
            Err((format!("{target} has it already, by {sigil}{number}"), "Revert that if it is not wanted there.".to_owned()))
        }
        _ => Ok(()),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    match read(asking, call, facts) {
        Ok(asked) => {
            let is_named = |action: &Action<_>| matches!(action, Action::Port(port) if asked.named.contains(&port.onto));
            let actions = asked.errand.ports().into_iter().filter(is_named).collect();
            Decision { actions, answer: asked.answer(Vec::new(), false) }
        }
        Err((why, remedy)) => Decision::refuse(call, why, remedy),
    }
}

fn conclude(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let asked = match read(asking, call, facts) {
        Ok(asked) => asked,
        Err((why, remedy)) => return Decision::refuse(call, why, remedy),
    };
    let rows: Vec<_> = asked.errand.rows(&facts.outcomes).into_iter().filter(|row| asked.named.contains(&row.target)).collect();
    let mut actions: Vec<_> = rows.iter().filter_map(|row| asked.label(row)).collect();
    actions.push(asked.errand.remember(&facts.outcomes));
    let stuck = rows.iter().any(|row| row.progress.is_stuck());
    Decision { actions, answer: asked.answer(rows, stuck) }
}

impl Asked<'_> {
    fn answer(&self, rows: Vec<Row>, stuck: bool) -> Answer {
        Answer::Carried { table: Table { sigil: self.errand.sigil, rows }, stuck }
    }

    /// The label says what is wanted, also to whoever looks for what a branch still lacks.
    fn label(&self, row: &Row) -> Option<Action<crate::domain::plan::Note>> {
        let (label, is_set) = self.errand.label_of(&row.target)?;
        let course = match &row.progress {
            Progress::Waived { .. } if is_set => LabelCourse::TakeOff,
            Progress::Waived { .. } | Progress::Merged(_) | Progress::Stopped(Obstacle::NoBase | Obstacle::Empty) => return None,
            _ if is_set => return None,
            _ => LabelCourse::Put,
        };
        Some(Action::Label { number: self.errand.source.request.number, label, course })
    }
}

#[cfg(test)]
mod tests;

//! `/slipway schedule`: when releases leave, who is in charge of each, and where the calendar is.

use super::status::configured;
use super::{Asking, Call, Command, Decision, options};
use crate::domain::config::Grant;
use crate::domain::facts::{Facts, IssueKind, Need, Needs};
use crate::domain::plan::Answer;
use crate::domain::schedule::timetable;
use crate::domain::tracking::Refusal;

pub const COMMAND: Command = Command {
    verb: "schedule",
    summary: "Tells when releases leave, who is in charge of each, and where the calendar is that shows it.",
    example: "/slipway schedule",
    grants: &[Grant::Anyone],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, call: &Call) -> Needs {
    let is_asked = configured(asking, call).is_ok_and(|config| config.train.is_some());
    if is_asked { [Need::Issues(IssueKind::Release), Need::Calendar].into() } else { Needs::new() }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let config = match configured(asking, call) {
        Ok(config) => config,
        Err(refusal) => return *refusal,
    };
    if let Err(Refusal { why, remedy }) = options(call, &[], 0) {
        return Decision::refuse(call, why, remedy);
    }
    let issues = config.train.as_ref().map(|_| facts.issues(IssueKind::Release));
    match issues.and_then(|issues| timetable(config, issues, facts.now)) {
        Some(timetable) => Decision::answer(Answer::Schedule { timetable: Box::new(timetable), calendar: facts.calendar.read().clone() }),
        None => Decision::refuse(call, "no release leaves by itself here", "Say when in [train] of slipway.toml."),
    }
}

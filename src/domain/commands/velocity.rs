//! `/slipway velocity`, `/slipway velocity days=30`: how long changes take to production, and how often there are releases.

use super::{Asking, Call, Command, Decision, options, status::configured};
use crate::domain::config::{Config, Configuration, Grant};
use crate::domain::facts::{Facts, Needs};
use crate::domain::plan::Answer;
use crate::domain::velocity;

pub const COMMAND: Command = Command {
    verb: "velocity",
    summary: "Tells how long changes take to production, how often there are releases, and how many are repaired or taken back.",
    example: "/slipway velocity days=30",
    grants: &[Grant::Anyone],
    needs,
    decide,
    conclude: None,
};

const DAYS: &str = "days";
/// Nobody reads further back, and forges list more slowly the older it is.
const MOST: u32 = 366;

fn days(config: &Config, call: &Call) -> Option<u32> {
    let Some(text) = call.options.get(DAYS) else { return Some(config.velocity.days) };
    text.parse().ok().filter(|days| (1..=MOST).contains(days))
}

fn needs(asking: &Asking, call: &Call) -> Needs {
    let Configuration::Loaded { config, .. } = asking.config else { return Needs::new() };
    days(config, call).map(|days| velocity::needs(&config.velocity, days)).unwrap_or_default()
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let config = match configured(asking, call) {
        Ok(config) => config,
        Err(refusal) => return *refusal,
    };
    if let Err(refusal) = options(call, &[DAYS], 0) {
        return Decision::refuse(call, refusal.why, refusal.remedy);
    }
    let Some(days) = days(config, call) else {
        return Decision::refuse(call, format!("it can look back from 1 to {MOST} days"), "Write days=30, or leave it out.");
    };
    Decision::answer(Answer::Velocity(Box::new(velocity::figures(config, days, facts))))
}

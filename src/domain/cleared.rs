//! What becomes of checks once the policy does not ask for them any more: they hold nothing back, where they are there from before.

use super::config::Config;
use super::facts::{Facts, State};
use super::freezing::Freezing;
use super::plan::{Action, Check, CheckName, Conclusion, Note, Plan, Presence};
use super::rules;

/// Looks at a change request again whose policy may have changed.
pub fn clear(config: &Config, facts: &Facts) -> Plan {
    let Some(request) = facts.change_request.read().as_ref().filter(|request| request.state == State::Open) else {
        return Plan::nothing("the change request is not open any more");
    };
    let is_judged = !rules::judge(config, request, facts).is_empty();
    let unasked = [(CheckName::Policy, is_judged), (CheckName::Freeze, Freezing::is_asked(config))];
    let check = |name| {
        Action::Report(Check {
            name,
            sha: request.head.sha.clone(),
            ref_name: request.head.branch.to_string(),
            conclusion: Conclusion::Success,
            presence: Presence::OnlyIfPresent,
            title: "nothing is asked for any more".to_owned(),
            summary: Note::NotAsked,
            annotations: Vec::new(),
        })
    };
    let left: Vec<_> = unasked.into_iter().filter(|(_, asked)| !asked).map(|(name, _)| check(name)).collect();
    Plan::of("what is asked for has changed", left)
}

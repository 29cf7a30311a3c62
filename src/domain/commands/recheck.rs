//! `/slipway recheck`: judges the change request again, for when something outside of the forge's events has changed.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Configuration, Grant};
use crate::domain::event::Thread;
use crate::domain::facts::{Facts, Needs, State};
use crate::domain::freezing::{self, Freezing};
use crate::domain::plan::Answer;
use crate::domain::{policy, rules};

pub const COMMAND: Command = Command {
    verb: "recheck",
    summary: "Judges the change request again by the policy as it is now.",
    example: "/slipway recheck",
    grants: &[Grant::Anyone],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    match (asking.thread, asking.config) {
        (Thread::ChangeRequest(number), Configuration::Loaded { .. }) => {
            let freezing = Freezing::of(asking.config, &asking.delivery.repository)
                .map(|freezing| freezing::needs(&freezing, number))
                .unwrap_or_default();
            policy::needs(asking.config, number).into_iter().chain(freezing).collect()
        }
        _ => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let Thread::ChangeRequest(_) = asking.thread else {
        return Decision::refuse(call, "this is an issue, which no rule is about", "Ask on a change request.");
    };
    let (config, source) = match asking.config {
        Configuration::Absent => {
            return Decision::refuse(call, "there is no slipway.toml on the default branch", "Ask for help to get one to start from.");
        }
        Configuration::Broken(problem) => {
            return Decision::refuse(call, format!("the configuration cannot be read: {problem}"), "Correct it on the default branch.");
        }
        Configuration::Loaded { config, source } => (config, source),
    };
    let Some(request) = facts.change_request.read().as_ref().filter(|request| request.state == State::Open) else {
        return Decision::refuse(call, "the change request is not open", "Reopen it first.");
    };
    let verdicts = rules::judge(config, request, facts);
    let broken = verdicts.iter().filter(|verdict| verdict.is_broken()).count();
    let answer = Answer::Rechecked { head: request.head.sha.clone(), broken };
    let freeze = Freezing::of(asking.config, &asking.delivery.repository).map(|freezing| freezing::report(&freezing, request, facts));
    Decision { actions: policy::report(config, source, request, verdicts).into_iter().chain(freeze).collect(), answer }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delivery;
    use super::*;
    use crate::domain::names::Number;

    fn refusal(thread: Thread) -> String {
        let asking = Asking { thread, config: &Configuration::Absent, delivery: &delivery() };
        let call = Call { verb: "recheck".into(), ..Call::default() };
        match decide(&asking, &call, &Facts::default()).answer {
            Answer::Refused { why, .. } => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn there_is_nothing_to_check_on_an_issue_or_without_a_file() {
        assert_eq!(refusal(Thread::Issue(Number(1))), "this is an issue, which no rule is about");
        assert_eq!(refusal(Thread::ChangeRequest(Number(1))), "there is no slipway.toml on the default branch");
    }
}

//! `/slipway restore`, in the issue about a deleted branch: makes the branch again where it was. Of what only a person brings back, such
//! as rewritten history, it gives the commands.

use super::{Asking, Call, Command, Decision};
use crate::domain::audit::{Memory, restoring};
use crate::domain::config::{Configuration, Grant};
use crate::domain::event::Thread;
use crate::domain::facts::{Facts, IssueKind, Need, Needs, OwnIssue};
use crate::domain::plan::{Action, Answer};

pub const COMMAND: Command = Command {
    verb: "restore",
    summary: "In an issue about a deleted branch: makes the branch again where it was. In one about a force push or a tag: the commands that do so.",
    example: "/slipway restore",
    grants: &[Grant::Maintain],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    match (asking.thread, asking.config) {
        (Thread::Issue(_), Configuration::Loaded { .. }) => Needs::from([Need::Issues(IssueKind::Incident)]),
        _ => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let elsewhere =
        || Decision::refuse(call, "this is no issue of Slipway's about something that is gone", "Ask in the issue that tells of it.");
    if !matches!(asking.config, Configuration::Loaded { .. }) {
        return Decision::refuse(call, "there is no slipway.toml that could be read", "Ask for help to get one to start from.");
    }
    let Thread::Issue(number) = asking.thread else { return elsewhere() };
    let Some(issue) = facts.issues(IssueKind::Incident).iter().find(|issue| issue.number == number) else { return elsewhere() };
    match remembered(issue) {
        None => {
            let why = "what Slipway noted in this issue was changed by somebody else, so it is not believed";
            Decision::refuse(call, why, "Look up the commit in the forge's own log, and restore it by hand.")
        }
        Some(Memory::Nothing) => Decision::refuse(call, "nothing is gone that could be restored", "The issue says how to repair it."),
        Some(Memory::Branch { branch, at }) => Decision {
            actions: vec![Action::MakeBranch { branch: branch.clone(), at: at.clone() }],
            answer: Answer::Restored { branch, at },
        },
        Some(memory @ Memory::History { .. }) => by_hand("what was pushed by force is taken back by a person", &memory),
        Some(memory @ Memory::Tag { .. }) => by_hand("a tag is put back by a person", &memory),
    }
}

fn remembered(issue: &OwnIssue) -> Option<Memory> {
    Memory::read(issue.data.as_deref()?)
}

fn by_hand(why: &'static str, memory: &Memory) -> Decision {
    Decision::answer(Answer::ByHand { why, commands: restoring(memory) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::delivery;
    use super::*;
    use crate::domain::config::{Config, Source};
    use crate::domain::facts::{Asked, Condition};
    use crate::domain::names::{Moment, Number};

    fn incident(data: Option<String>) -> OwnIssue {
        let (number, key, title) = (Number(5), "branch-deleted:x".into(), "x".into());
        OwnIssue { body: String::new(), number, key, title, condition: Condition::Open, opened_at: Moment(1), data }
    }

    fn asked(number: u64, data: Option<String>) -> Decision {
        let source = Source { path: "slipway.toml".into(), version: "1".into() };
        let config = Configuration::Loaded { config: Box::new(Config::default()), source };
        let asking = Asking { thread: Thread::Issue(Number(number)), config: &config, delivery: &delivery() };
        let issues = [(IssueKind::Incident, Asked::Answered(vec![incident(data)]))].into();
        decide(&asking, &Call { verb: "restore".into(), ..Call::default() }, &Facts { issues, ..Facts::default() })
    }

    fn refusal(decision: Decision) -> String {
        match decision.answer {
            Answer::Refused { why, .. } if decision.actions.is_empty() => why,
            other => panic!("{other:?}"),
        }
    }

    fn branch() -> String {
        format!("branch {} release/1", "a".repeat(40))
    }

    #[test]
    fn a_deleted_branch_comes_back_where_it_was() {
        let decision = asked(5, Some(branch()));
        assert_eq!(decision.actions.iter().map(ToString::to_string).collect::<String>(), "make branch release/1 at aaaaaaaaaa");
    }

    #[test]
    fn only_what_slipway_itself_noted_in_this_very_issue_counts() {
        assert!(refusal(asked(6, Some(branch()))).starts_with("this is no issue of Slipway's"));
        assert!(refusal(asked(5, None)).contains("changed by somebody else"));
        assert!(refusal(asked(5, Some("nothing".into()))).starts_with("nothing is gone"));
    }

    #[test]
    fn a_force_push_is_answered_with_the_command_to_run() {
        let (before, after) = ("a".repeat(40), "b".repeat(40));
        let decision = asked(5, Some(format!("history {before} {after} main")));
        let Answer::ByHand { commands, .. } = decision.answer else { panic!("it is refused") };
        assert!(decision.actions.is_empty() && commands[1].contains("--force-with-lease=refs/heads/main:bbbb"), "{commands:?}");
    }
}

//! A change request is judged: the rules' verdicts become one check and one comment that is edited in place.

use super::config::{Config, Configuration, Problem, Source};
use super::event::Thread;
use super::facts::{ChangeRequest, Facts, Head, State};
use super::names::{BranchName, Moment, Sha};
use super::plan::{Action, Afterwards, Check, CheckName, CommentKey, Conclusion, Note, Plan, PolicyReport, Presence};
use super::rules::{self, Verdict};

/// Judges the change request that an event told of, which had `head` at `at`.
pub fn judge(config: &Configuration, (head, at): (&Sha, Moment), facts: &Facts) -> Plan {
    let Some(request) = facts.change_request.read() else {
        return Plan::nothing("the change request is gone");
    };
    if request.state != State::Open {
        return Plan::nothing("the change request is not open any more");
    }
    if request.head.sha != *head && request.updated_at <= at {
        let title = "waiting for the forge to show the latest push".to_owned();
        let check = check((head, &request.head.branch), Conclusion::Pending, title, Note::NotYet);
        return Plan::of("the forge's API lags behind its event", vec![check]).then(Afterwards::LookAgain);
    }
    match config {
        Configuration::Absent => Plan::nothing("there is no slipway.toml on the default branch"),
        Configuration::Broken(problem) => broken_config(request, problem),
        Configuration::Loaded { config, source } => by_rules(config, source, request, facts),
    }
}

fn by_rules(config: &Config, source: &Source, request: &ChangeRequest, facts: &Facts) -> Plan {
    let verdicts = rules::judge(&config.rules, request, facts);
    let broken = verdicts.iter().filter(|verdict| verdict.is_broken()).count();
    let reason = match (verdicts.len(), broken) {
        (0, _) => return Plan::nothing("no rule is turned on"),
        (_, 0) => "every rule holds".to_owned(),
        (all, broken) => format!("{broken} of {all} rules broken"),
    };
    Plan::of(reason, report(request, source, verdicts))
}

/// The check and the comment that show what the rules found.
pub fn report(request: &ChangeRequest, source: &Source, verdicts: Vec<Verdict>) -> Vec<Action<Note>> {
    let broken: Vec<_> = verdicts.iter().filter(|verdict| verdict.is_broken()).map(|verdict| verdict.rule).collect();
    let (conclusion, presence, title) = match broken.len() {
        0 => (Conclusion::Success, Presence::OnlyIfPresent, format!("{} of {} rules hold", verdicts.len(), verdicts.len())),
        _ => (Conclusion::Failure, Presence::Create, format!("broken: {}", broken.join(", "))),
    };
    let Head { sha, branch, .. } = &request.head;
    let note = Note::Policy(PolicyReport { head: sha.clone(), source: source.clone(), verdicts });
    vec![check((sha, branch), conclusion, title, note.clone()), comment(request, presence, note)]
}

/// Nothing passes under a policy that cannot be read.
fn broken_config(request: &ChangeRequest, problem: &Problem) -> Plan {
    let note = Note::BrokenConfig(problem.clone());
    let title = format!("{} cannot be read, see line {}", problem.path, problem.line);
    let check = check((&request.head.sha, &request.head.branch), Conclusion::Failure, title, note.clone());
    Plan::of("the configuration cannot be read", vec![check, comment(request, Presence::Create, note)]).then(Afterwards::AwaitPerson)
}

fn check((sha, branch): (&Sha, &BranchName), conclusion: Conclusion, title: String, summary: Note) -> Action<Note> {
    let (name, presence) = (CheckName::Policy, Presence::Create);
    Action::Report(Check { name, sha: sha.clone(), ref_name: branch.to_string(), conclusion, presence, title, summary })
}

fn comment(request: &ChangeRequest, presence: Presence, body: Note) -> Action<Note> {
    Action::Comment { thread: Thread::ChangeRequest(request.number), key: CommentKey::Policy, presence, body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Asked;
    use crate::domain::rules::tests::request;

    fn plan(config: &str, title: &str, event: (char, i64)) -> String {
        let file = super::super::config::ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: config.into() };
        let facts = Facts { change_request: Asked::Answered(Some(request("a", "main", title))), ..Facts::default() };
        let head = Sha::parse(&event.0.to_string().repeat(40)).unwrap();
        judge(&Configuration::read(Some(file)), (&head, Moment(event.1)), &facts).to_string()
    }

    #[test]
    fn a_broken_rule_fails_the_check_and_is_explained_in_a_comment() {
        insta::assert_snapshot!(plan("[rules.conventional_title]", "Add x", ('1', 100)), @r"
        1 of 1 rules broken
        - report slipway/policy failure on 1111111111: broken: conventional_title
        - comment on change request 1 about policy
        ");
    }

    #[test]
    fn good_news_only_corrects_a_comment_that_is_there() {
        insta::assert_snapshot!(plan("[rules.conventional_title]", "feat: x", ('1', 100)), @r"
        every rule holds
        - report slipway/policy success on 1111111111: 1 of 1 rules hold
        - bring the comment on change request 1 about policy up to date, if there is one
        ");
    }

    #[test]
    fn a_head_that_the_api_does_not_show_yet_is_pending_and_never_a_pass() {
        insta::assert_snapshot!(plan("[rules.conventional_title]", "feat: x", ('2', 100)), @r"
        the forge's API lags behind its event
        - report slipway/policy pending on 2222222222: waiting for the forge to show the latest push
        - look again shortly
        ");
    }

    #[test]
    fn a_late_delivery_judges_the_head_as_it_is_now() {
        assert!(plan("[rules.conventional_title]", "feat: x", ('2', 99)).contains("success on 1111111111"));
    }

    #[test]
    fn nothing_passes_under_a_policy_that_cannot_be_read() {
        insta::assert_snapshot!(plan("[rulez]", "feat: x", ('1', 100)), @r"
        the configuration cannot be read
        - report slipway/policy failure on 1111111111: slipway.toml cannot be read, see line 1
        - comment on change request 1 about policy
        - wait for somebody to put it right
        ");
    }
}

//! A change request is judged: the rules' verdicts become one check and one comment that is edited in place.

use super::commands;
use super::config::{Config, Configuration, Mode, Problem, Source};
use super::event::Thread;
use super::facts::{ChangeRequest, Facts, Head, Need, Needs, State};
use super::names::{Moment, Number, Sha};
use super::observed;
use super::plan::{Action, Afterwards, Check, CheckName, CommentKey, Conclusion, Note, Plan, PolicyReport, Presence};
use super::rules::{self, Verdict};

/// What must be known to judge a change request.
pub fn needs(config: &Configuration, number: Number) -> Needs {
    let (details, list) = match config {
        Configuration::Loaded { config, .. } => (rules::needs(config), observed::needs(config)),
        Configuration::Absent | Configuration::Broken(_) => (rules::Details::new(), None),
    };
    list.into_iter().chain([Need::Me, Need::ChangeRequest(number, details)]).collect()
}

/// Judges the change request that an event told of, which had `head` at `at`.
pub fn judge(config: &Configuration, (head, at): (&Sha, Moment), facts: &Facts) -> Plan {
    let Some(request) = facts.change_request.read() else {
        return Plan::nothing("the change request is gone");
    };
    if request.state != State::Open {
        return Plan::nothing("the change request is not open any more");
    }
    if lags(request, head, at) {
        let title = "waiting for the forge to show the latest push".to_owned();
        let check = check((head, request.head.branch.as_str()), Conclusion::Pending, title, Note::NotYet);
        return Plan::of("the forge's API lags behind its event", vec![check]).then(Afterwards::LookAgain);
    }
    match config {
        Configuration::Absent => Plan::nothing("there is no slipway.toml on the default branch"),
        Configuration::Broken(problem) => broken_config(request, problem),
        Configuration::Loaded { config, source } => by_rules(config, source, request, facts),
    }
}

/// Whether the forge does not show yet what its event told: the change request had `head` at `at`.
pub fn lags(request: &ChangeRequest, head: &Sha, at: Moment) -> bool {
    request.head.sha != *head && request.updated_at <= at
}

/// Judges the change request for a merge queue, which asks on a commit of its own: `at`, for a ref of its own.
pub fn judge_queued(config: &Configuration, (at, name): (&Sha, &str), facts: &Facts) -> Plan {
    let (Some(request), Configuration::Loaded { config, source }) = (facts.change_request.read(), config) else {
        return Plan::nothing("there is nothing to judge in the queue");
    };
    let verdicts = rules::judge(config, request, facts);
    if verdicts.is_empty() {
        return Plan::nothing("no rule is turned on");
    }
    if request.head.sha == *at {
        return Plan::nothing("the head is judged by itself");
    }
    let (conclusion, title) = conclude(&verdicts);
    let note = note(config, source, request, verdicts);
    Plan::of("the merge queue asks for it", vec![check((at, name), conclusion, title, note)])
}

fn by_rules(config: &Config, source: &Source, request: &ChangeRequest, facts: &Facts) -> Plan {
    let verdicts = rules::judge(config, request, facts);
    let broken = verdicts.iter().filter(|verdict| verdict.is_broken()).count();
    let reason = match (verdicts.len(), broken) {
        (0, _) => return Plan::nothing("no rule is turned on"),
        (_, 0) => "every rule holds".to_owned(),
        (all, broken) => format!("{broken} of {all} rules broken"),
    };
    let list = observed::record(config, request, &verdicts, facts);
    Plan::of(reason, report(config, source, request, verdicts).into_iter().chain(list).collect())
}

/// The check and the comment that show what the rules found.
pub fn report(config: &Config, source: &Source, request: &ChangeRequest, verdicts: Vec<Verdict>) -> Vec<Action<Note>> {
    let (conclusion, title) = conclude(&verdicts);
    // What is only observed bothers nobody; what somebody set aside is for everybody to see.
    let is_told = |verdict: &Verdict| verdict.overridden.is_some() || verdict.is_broken() && !verdict.is_observed();
    let told = verdicts.iter().any(is_told);
    let presence = if told { Presence::Create } else { Presence::OnlyIfPresent };
    let Head { sha, branch, .. } = &request.head;
    let note = note(config, source, request, verdicts);
    vec![check((sha, branch.as_str()), conclusion, title, note.clone()), comment(request, presence, note)]
}

fn note(config: &Config, source: &Source, request: &ChangeRequest, verdicts: Vec<Verdict>) -> Note {
    let (head, source, who) = (request.head.sha.clone(), source.clone(), commands::those_who_may(config, "override", None));
    Note::Policy(PolicyReport { head, source, verdicts, ignored: config.ignored(), who })
}

/// What the check says. Only rules that are enforced make it fail; what is observed or advised leaves it neutral.
fn conclude(verdicts: &[Verdict]) -> (Conclusion, String) {
    let named = |wanted: &dyn Fn(&Verdict) -> bool| {
        let names: Vec<_> = verdicts.iter().filter(|verdict| wanted(verdict)).map(|verdict| verdict.rule).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let broken_in = |mode: Mode| named(&|verdict| verdict.is_broken() && verdict.mode == mode);
    match (broken_in(Mode::Enforce), broken_in(Mode::Advise), broken_in(Mode::Observe)) {
        (Some(rules), _, _) => (Conclusion::Failure, format!("broken: {rules}")),
        (None, Some(rules), _) => (Conclusion::Neutral, format!("advice: {rules}")),
        (None, None, Some(rules)) => (Conclusion::Neutral, format!("observed: {rules}")),
        (None, None, None) => match named(&|verdict| verdict.overridden.is_some()) {
            Some(rules) => (Conclusion::Success, format!("overridden: {rules}")),
            None => (Conclusion::Success, format!("{0} of {0} rules hold", verdicts.len())),
        },
    }
}

/// Nothing passes under a policy that cannot be read. Whether it asks for freezes nobody knows, so a verdict on them that is there already
/// does not stay; where none is, one that is required is waited for.
fn broken_config(request: &ChangeRequest, problem: &Problem) -> Plan {
    let note = Note::BrokenConfig(problem.clone());
    let title = format!("{} cannot be read, see line {}", problem.path, problem.line);
    let head = (&request.head.sha, request.head.branch.as_str());
    let checks = [(CheckName::Policy, Presence::Create), (CheckName::Freeze, Presence::OnlyIfPresent)];
    let checks = checks.map(|name| named(name, head, (Conclusion::Failure, title.clone()), note.clone()));
    let actions = checks.into_iter().chain([comment(request, Presence::Create, note)]).collect();
    Plan::of("the configuration cannot be read", actions).then(Afterwards::AwaitPerson)
}

fn check(at: (&Sha, &str), conclusion: Conclusion, title: String, summary: Note) -> Action<Note> {
    named((CheckName::Policy, Presence::Create), at, (conclusion, title), summary)
}

fn named(
    (name, presence): (CheckName, Presence),
    (sha, ref_name): (&Sha, &str),
    (conclusion, title): (Conclusion, String),
    summary: Note,
) -> Action<Note> {
    let title = fitting(title);
    Action::Report(Check {
        name,
        sha: sha.clone(),
        ref_name: ref_name.to_owned(),
        conclusion,
        presence,
        title,
        summary,
        annotations: Vec::new(),
    })
}

/// A title that fits into its line: GitHub shows no more, and GitLab's line ends there too.
pub fn fitting(title: String) -> String {
    if title.chars().count() > 140 { title.chars().take(139).chain(['…']).collect() } else { title }
}

fn comment(request: &ChangeRequest, presence: Presence, body: Note) -> Action<Note> {
    Action::Comment { thread: Thread::ChangeRequest(request.number), key: CommentKey::Policy, presence, body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{ConfigFile, ConfigFiles};
    use crate::domain::facts::{Asked, IssueKind};
    use crate::domain::rules::tests::{me, request};

    fn plan(config: &str, title: &str, event: (char, i64)) -> String {
        let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: config.into() };
        let change_request = Asked::Answered(Some(request("a", "main", title)));
        let issues = [(IssueKind::Observed, Asked::Answered(Vec::new()))].into();
        let facts = Facts { me: Asked::Answered(me()), change_request, issues, ..Facts::default() };
        let head = Sha::parse(&event.0.to_string().repeat(40)).unwrap();
        judge(&Configuration::read(ConfigFiles::of(file)), (&head, Moment(event.1)), &facts).to_string()
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
    fn advice_leaves_the_check_neutral_and_is_told() {
        insta::assert_snapshot!(plan("mode = 'advise'\n[rules.conventional_title]", "Add x", ('1', 100)), @r"
        1 of 1 rules broken
        - report slipway/policy neutral on 1111111111: advice: conventional_title
        - comment on change request 1 about policy
        ");
    }

    #[test]
    fn what_is_observed_bothers_nobody() {
        insta::assert_snapshot!(plan("mode = 'observe'\n[rules.conventional_title]", "Add x", ('1', 100)), @r"
        1 of 1 rules broken
        - report slipway/policy neutral on 1111111111: observed: conventional_title
        - bring the comment on change request 1 about policy up to date, if there is one
        - keep the issue slipway:observed policy
        ");
    }

    #[test]
    fn nothing_passes_under_a_policy_that_cannot_be_read() {
        insta::assert_snapshot!(plan("[rulez]", "feat: x", ('1', 100)), @r"
        the configuration cannot be read
        - report slipway/policy failure on 1111111111: slipway.toml cannot be read, see line 1
        - correct slipway/freeze failure on 1111111111
        - comment on change request 1 about policy
        - wait for somebody to put it right
        ");
    }
}

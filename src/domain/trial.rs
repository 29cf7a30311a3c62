//! A change request that changes the configuration: whether it can be read, and what it would change. The policy in force stays the default
//! branch's until it is merged.

use super::config::{Config, Configuration, Layer, Mode, Problem, Source};
use super::event::Thread;
use super::facts::{Asked, ChangeRequest, Details, Facts, Need, Needs, State, Trial};
use super::names::Number;
use super::plan::{Action, Annotation, Check, CheckName, CommentKey, Conclusion, Follow, Note, Plan, Presence};
use super::rules::{self, RULES, Verdict};

/// What merging a configuration would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub source: Source,
    /// Rules that would weigh something else: the name, and how much before and after.
    pub rules: Vec<(&'static str, Option<Mode>, Option<Mode>)>,
    /// Open change requests that would be judged otherwise: what is broken before and after.
    pub verdicts: Vec<(Number, Vec<&'static str>, Vec<&'static str>)>,
    /// What stands before a change request's number.
    pub sigil: &'static str,
    /// How many open change requests were tried.
    pub tried: usize,
    /// What would not count, because the organisation asks for more.
    pub ignored: Vec<String>,
}

/// What must be known to try the configuration of a change request.
pub fn needs(config: &Configuration, number: Number) -> Needs {
    let details = match config {
        Configuration::Loaded { config, .. } => rules::needs(config),
        Configuration::Absent | Configuration::Broken(_) => Details::new(),
    };
    Needs::from([Need::Me, Need::ChangeRequest(number, Details::new()), Need::Trial(number, details)])
}

/// Whether a change request has another configuration than the one in force. To try it costs a look at the other change requests, so
/// that is a step of its own.
pub fn notice(config: &Configuration, facts: &Facts) -> Plan {
    let Some(request) = facts.change_request.read().as_ref().filter(|request| request.state == State::Open) else {
        return Plan::nothing("the change request is not open any more");
    };
    let in_force = match config {
        Configuration::Loaded { config, source } if config.floor.as_ref().is_none_or(|floor| floor.source != *source) => {
            Some(&source.version)
        }
        // What cannot be read has no version that could be compared.
        Configuration::Loaded { .. } | Configuration::Absent | Configuration::Broken(_) => None,
    };
    match request.details.config.read() {
        Some(version) if in_force != Some(version) => {
            Plan::nothing("it proposes another configuration").followed_by(vec![Follow::Try(request.number)])
        }
        _ => {
            let (thread, presence) = (Thread::ChangeRequest(request.number), Presence::OnlyIfPresent);
            let comment = Action::Comment { thread, key: CommentKey::Config, presence, body: Note::ConfigUnchanged };
            Plan::of("it leaves the configuration as it is", vec![comment])
        }
    }
}

/// Says on the change request what its configuration is worth.
pub fn tell(config: &Configuration, facts: &Facts) -> Plan {
    let request = facts.change_request.read().as_ref().filter(|request| request.state == State::Open);
    let (Some(request), Some(trial)) = (request, facts.trial.read()) else {
        return Plan::nothing("the change request proposes no configuration any more");
    };
    let floor = match config {
        Configuration::Loaded { config, .. } => config.floor.as_deref(),
        Configuration::Absent | Configuration::Broken(_) => None,
    };
    match Layer::read(trial.file.clone()) {
        Err(problem) => refuse(request, problem),
        Ok(Layer { source, config: proposed }) => {
            let proposed = Config { floor: floor.cloned().map(Box::new), ..proposed };
            let effect = effect(config, (&proposed, source), trial, facts);
            accept(request, effect)
        }
    }
}

fn refuse(request: &ChangeRequest, problem: Problem) -> Plan {
    let title = format!("{} cannot be read, see line {}", problem.path, problem.line);
    let annotation = Annotation {
        path: problem.path.clone(),
        line: problem.line,
        column: problem.column,
        message: format!("{}. {}", problem.message, problem.remedy),
    };
    let note = Note::ConfigProblem(problem);
    let check = check(request, (Conclusion::Failure, title), (note.clone(), vec![annotation]));
    Plan::of("the proposed configuration cannot be read", vec![check, comment(request, note)])
}

fn accept(request: &ChangeRequest, effect: Effect) -> Plan {
    let title = match (effect.rules.len(), effect.verdicts.len()) {
        (0, 0) => "it can be read and changes no verdict".to_owned(),
        (rules, verdicts) => format!("it can be read; {rules} rules and {verdicts} verdicts would change"),
    };
    let note = Note::ConfigEffect(Box::new(effect));
    let check = check(request, (Conclusion::Success, title), (note.clone(), Vec::new()));
    Plan::of("what the proposed configuration would change", vec![check, comment(request, note)])
}

fn check(
    request: &ChangeRequest,
    (conclusion, title): (Conclusion, String),
    (summary, annotations): (Note, Vec<Annotation>),
) -> Action<Note> {
    let (name, presence) = (CheckName::Config, Presence::Create);
    let (sha, ref_name) = (request.head.sha.clone(), request.head.branch.to_string());
    Action::Report(Check { name, sha, ref_name, conclusion, presence, title, summary, annotations })
}

fn comment(request: &ChangeRequest, body: Note) -> Action<Note> {
    Action::Comment { thread: Thread::ChangeRequest(request.number), key: CommentKey::Config, presence: Presence::Create, body }
}

fn effect(before: &Configuration, (after, source): (&Config, Source), trial: &Trial, facts: &Facts) -> Effect {
    let nothing = Config::default();
    let before = match before {
        Configuration::Loaded { config, .. } => config,
        Configuration::Absent | Configuration::Broken(_) => &nothing,
    };
    let changed = |rule: &rules::Rule| {
        let (was, becomes) = (before.effective(rule.name), after.effective(rule.name));
        (was != becomes).then_some((rule.name, was, becomes))
    };
    let judged = trial.requests.iter().filter_map(|(request, merging)| {
        let facts = Facts { me: facts.me.clone(), now: facts.now, merging: Asked::Answered(merging.clone()), ..Facts::default() };
        let broken =
            |config: &Config| -> Vec<_> { rules::judge(config, request, &facts).iter().filter(|v| v.blocks()).map(name).collect() };
        let (was, becomes) = (broken(before), broken(after));
        (was != becomes).then_some((request.number, was, becomes))
    });
    Effect {
        source,
        rules: RULES.iter().filter_map(changed).collect(),
        verdicts: judged.collect(),
        sigil: facts.sigil,
        tried: trial.requests.len(),
        ignored: after.ignored(),
    }
}

fn name(verdict: &Verdict) -> &'static str {
    verdict.rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{ConfigFile, ConfigFiles};
    use crate::domain::rules::tests::{facts, request};

    fn file(text: &str) -> ConfigFile {
        ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: text.into() }
    }

    fn told(before: &str, after: &str) -> Plan {
        let other = ChangeRequest { number: Number(2), ..request("b", "main", "Add b") };
        let trial = Trial { file: file(after), requests: vec![(request("a", "main", "feat: a"), None), (other, None)] };
        let change_request = Asked::Answered(Some(request("policy", "main", "chore: policy")));
        let facts = Facts { change_request, trial: Asked::Answered(Some(trial)), ..facts() };
        tell(&Configuration::read(ConfigFiles::of(file(before))), &facts)
    }

    #[test]
    fn a_mistake_is_marked_at_its_line_and_column() {
        let plan = told("", "[rules]\n  [rules.no_fixop]\n");
        insta::assert_snapshot!(plan, @r"
        the proposed configuration cannot be read
        - report slipway/config failure on 1111111111: slipway.toml cannot be read, see line 2
        - comment on change request 1 about config
        ");
        let Action::Report(check) = &plan.actions[0] else { panic!("no check") };
        assert_eq!((check.annotations[0].line, check.annotations[0].column), (2, 10));
        assert!(check.annotations[0].message.contains("Did you mean `no_fixup`?"), "{:?}", check.annotations);
    }

    #[test]
    fn what_would_change_is_told_by_rule_and_by_change_request() {
        let plan = told("[rules.conventional_title]\nmode = 'advise'", "[rules.conventional_title]");
        let Action::Report(Check { summary: Note::ConfigEffect(effect), .. }) = &plan.actions[0] else { panic!("{plan}") };
        assert_eq!(effect.rules, [("conventional_title", Some(Mode::Advise), Some(Mode::Enforce))]);
        assert_eq!(effect.verdicts, [(Number(2), vec![], vec!["conventional_title"])]);
        assert_eq!(effect.tried, 2);
    }
}

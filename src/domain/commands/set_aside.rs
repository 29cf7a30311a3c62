//! `/slipway override no_fixup reason="release tonight"`: a rule's verdict is set aside for the head commit as it is now. The next push
//! lapses it, since it is recorded on the commit: as a check of Slipway's own, which nobody else can write.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Configuration, Grant, nearest};
use crate::domain::event::Thread;
use crate::domain::facts::{Asked, ChangeRequest, Facts, Needs, Override, State};
use crate::domain::freezing::{self, Freezing};
use crate::domain::names::UserName;
use crate::domain::plan::{Action, Answer, Check, CheckName, Conclusion, Note, Presence};
use crate::domain::rules::{Finding, Verdict};
use crate::domain::{policy, rules};

pub const COMMAND: Command = Command {
    verb: "override",
    summary: "Sets a broken rule aside for the commit that the change request is at now; the next push lapses it. `at=…` with the start of \
              a SHA makes sure that it is the commit you mean.",
    example: "/slipway override conventional_title reason=\"hotfix for the outage\"",
    grants: &[Grant::Maintain],
    needs,
    decide,
    conclude: None,
};

/// A status of GitLab's has 255 characters, a title on GitHub is cut at 140.
const REASON: usize = 90;

fn needs(asking: &Asking, call: &Call) -> Needs {
    match (asking.thread, asking.config) {
        (Thread::ChangeRequest(number), Configuration::Loaded { .. }) => {
            let freezing = freezing_of(asking, call).map(|freezing| freezing::needs(&freezing, number)).unwrap_or_default();
            policy::needs(asking.config, number).into_iter().chain(freezing).collect()
        }
        _ => Needs::new(),
    }
}

/// What is asked for, if it is the freeze that is to be set aside.
fn freezing_of<'a>(asking: &Asking<'a>, call: &Call) -> Option<Freezing<'a>> {
    Freezing::of(asking.config, &asking.delivery.repository).filter(|_| call.words.first().is_some_and(|word| word == freezing::NAME))
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let (Thread::ChangeRequest(_), Configuration::Loaded { config, source }) = (asking.thread, asking.config) else {
        return Decision::refuse(call, "no rule is in force here", "Ask on a change request, where there is a slipway.toml.");
    };
    let Some(request) = facts.change_request.read().as_ref().filter(|request| request.state == State::Open) else {
        return Decision::refuse(call, "the change request is not open", "Reopen it first.");
    };
    if let Some(freezing) = freezing_of(asking, call) {
        return exempt(&freezing, (asking, call), (request, facts));
    }
    let mut verdicts = rules::judge(config, request, facts);
    let (rule, set) = match asked(call, &asking.delivery.actor.name, request, &verdicts) {
        Ok(found) => found,
        Err((why, remedy)) => return Decision::refuse(call, why, remedy),
    };
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.rule == rule) {
        verdict.overridden = Some(set.clone());
    }
    let head = request.head.sha.clone();
    let answer = Answer::Overridden { rule, head: head.clone() };
    let record = record(rule, request, set);
    Decision { actions: [record].into_iter().chain(policy::report(config, source, request, verdicts)).collect(), answer }
}

fn record(rule: &'static str, request: &ChangeRequest, set: Override) -> Action<Note> {
    Action::Report(Check {
        name: CheckName::Override(rule),
        sha: request.head.sha.clone(),
        ref_name: request.head.branch.to_string(),
        conclusion: Conclusion::Success,
        presence: Presence::Create,
        title: format!("{}: {}", set.by, set.reason),
        summary: Note::Override(set),
        annotations: Vec::new(),
    })
}

/// Lets the commit pass whatever is frozen.
fn exempt(freezing: &Freezing, (asking, call): (&Asking, &Call), (request, facts): (&ChangeRequest, &Facts)) -> Decision {
    if freezing::standing(freezing, request, facts).held.is_empty() {
        return Decision::refuse(call, "nothing is frozen", "There is nothing to set aside.");
    }
    let set = match worded(call, &asking.delivery.actor.name, (request, freezing::NAME)) {
        Ok(set) => set,
        Err((why, remedy)) => return Decision::refuse(call, why, remedy),
    };
    let mut passing = request.clone();
    let mut overrides = request.details.overrides.read().clone();
    overrides.insert(freezing::NAME.to_owned(), set.clone());
    passing.details.overrides = Asked::Answered(overrides);
    let answer = Answer::Overridden { rule: freezing::NAME, head: request.head.sha.clone() };
    Decision { actions: vec![record(freezing::NAME, request, set), freezing::report(freezing, &passing, facts)], answer }
}

/// The rule that is meant, and who sets it aside why; or why not, and what to do instead.
fn asked(call: &Call, by: &UserName, request: &ChangeRequest, verdicts: &[Verdict]) -> Result<(&'static str, Override), (String, String)> {
    let names = || verdicts.iter().map(|verdict| verdict.rule);
    let Some(wanted) = call.words.first() else {
        let example = names().next().unwrap_or("base_branch");
        return Err(("no rule is named".to_owned(), format!("Name one, as in “override {example} reason=…”.")));
    };
    let Some(verdict) = verdicts.iter().find(|verdict| verdict.rule == wanted) else {
        let remedy = match nearest(wanted, names()) {
            Some(name) => format!("Did you mean {name}?"),
            None => format!("There are: {}.", names().collect::<Vec<_>>().join(", ")),
        };
        return Err((format!("no rule in force is called {wanted}"), remedy));
    };
    if matches!(verdict.finding, Finding::Holds { .. }) {
        return Err((format!("the rule {wanted} holds"), "There is nothing to set aside.".to_owned()));
    }
    Ok((verdict.rule, worded(call, by, (request, verdict.rule))?))
}

/// Who sets it aside why, if the commit is the one that is meant.
fn worded(call: &Call, by: &UserName, (request, rule): (&ChangeRequest, &str)) -> Result<Override, (String, String)> {
    let sha = &request.head.sha;
    if call.options.get("at").is_some_and(|at| at.len() < 7 || !sha.as_str().starts_with(&at.to_lowercase())) {
        let remedy = "Look at what was pushed since, and ask again.".to_owned();
        return Err((format!("the change request is at {} now", sha.short()), remedy));
    }
    let reason = call.options.get("reason").map(|reason| on_one_line(reason)).filter(|reason| !reason.is_empty());
    let Some(reason) = reason else {
        let remedy = format!("Say why, as in “override {rule} reason=\"hotfix for the outage\"”.");
        return Err(("no reason is given".to_owned(), remedy));
    };
    Ok(Override { by: by.clone(), reason })
}

/// A reason as it fits into the line of a check.
pub(super) fn on_one_line(reason: &str) -> String {
    reason.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::delivery;
    use super::*;
    use crate::domain::config::{ConfigFile, ConfigFiles};
    use crate::domain::names::Number;
    use crate::domain::plan::Plan;
    use crate::domain::rules::tests::{facts, request};

    fn answer(title: &str, words: &[&str], options: &[(&str, &str)]) -> (String, Answer) {
        let text = "[rules.conventional_title]".into();
        let config = Configuration::read(ConfigFiles::of(ConfigFile { path: "slipway.toml".into(), version: "1".into(), text }));
        let asking = Asking { thread: Thread::ChangeRequest(Number(1)), config: &config, delivery: &delivery() };
        let owned = |text: &&str| (*text).to_owned();
        let options = options.iter().map(|(key, value)| (owned(key), owned(value))).collect::<BTreeMap<_, _>>();
        let call = Call { verb: "override".into(), words: words.iter().map(owned).collect(), options, unclosed: false };
        let change_request = Asked::Answered(Some(request("a", "main", title)));
        let facts = Facts { change_request, ..facts() };
        let Decision { actions, answer } = decide(&asking, &call, &facts);
        (Plan::of("", actions).to_string(), answer)
    }

    fn refusal(title: &str, words: &[&str], options: &[(&str, &str)]) -> String {
        match answer(title, words, options) {
            (_, Answer::Refused { why, remedy, .. }) => format!("{why}. {remedy}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_override_is_recorded_on_the_commit_and_the_check_passes() {
        let (plan, _) = answer("Add a", &["conventional_title"], &[("reason", "hotfix"), ("at", "1111111")]);
        insta::assert_snapshot!(plan, @r"
        - report slipway/override/conventional_title on 1111111111
        - report slipway/policy success on 1111111111: overridden: conventional_title
        - comment on change request 1 about policy
        ");
    }

    #[test]
    fn nobody_overrides_without_a_reason_or_the_commit_that_is_meant() {
        let (rule, why) = (["conventional_title"], ("reason", "hotfix"));
        assert!(refusal("Add a", &rule, &[]).starts_with("no reason is given."));
        assert!(refusal("Add a", &rule, &[why, ("at", "2222222")]).starts_with("the change request is at 1111111111 now."));
    }

    #[test]
    fn only_a_rule_that_is_broken_can_be_set_aside() {
        let why = [("reason", "hotfix")];
        assert!(refusal("feat: a", &["conventional_title"], &why).starts_with("the rule conventional_title holds."));
        assert_eq!(
            refusal("Add a", &["conventional_titel"], &why),
            "no rule in force is called conventional_titel. Did you mean conventional_title?"
        );
    }
}

//! `/slipway freeze reason="incident" for=2h`: nothing is merged until it is lifted, or until its time is over. The record stands in an
//! issue, which is the freeze as long as it is open.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Grant, Pattern, nearest};
use crate::domain::event::{Event, Thread};
use crate::domain::facts::{Condition, Facts, IssueKind, Need, Needs};
use crate::domain::freeze::{Declared, Scope, Wrong, Zone, after};
use crate::domain::freezing::{Freezing, Record, declare};
use crate::domain::names::{Moment, UserName};
use crate::domain::plan::Answer;

pub const COMMAND: Command = Command {
    verb: "freeze",
    summary: "Declares a freeze: nothing is merged until `until=2026-12-28T08:00` in `timezone=Europe/Berlin`, for `for=2d`, or until it is \
              lifted. `branches=main,release/*` and `paths=src/**` say into what; without them it is about everything.",
    example: "/slipway freeze reason=\"incident: logins fail\" for=2h",
    grants: &[Grant::Maintain],
    needs,
    decide,
    conclude: None,
};

const OPTIONS: [&str; 6] = ["reason", "until", "timezone", "for", "branches", "paths"];

pub(super) fn needs(asking: &Asking, _: &Call) -> Needs {
    if Freezing::of(asking.config, &asking.delivery.repository).is_none() {
        return Needs::new();
    }
    [Need::Me, Need::Issues(IssueKind::Freeze), Need::Open(None)].into()
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let freezing = match asked(asking, call) {
        Ok(freezing) => freezing,
        Err(refusal) => return *refusal,
    };
    let key = key(asking);
    let existing = facts.issues(IssueKind::Freeze).iter().find(|issue| issue.key == key);
    let record = match (existing.and_then(Record::of), read(call, &asking.delivery.actor.name, facts.now)) {
        // The same comment once more, whatever has become of the freeze since.
        (Some(record), _) => record,
        (None, Ok(declared)) => Record { declared, lifted: None },
        (None, Err(wrong)) => return Decision::refuse(call, wrong.message, wrong.remedy),
    };
    let answer = Answer::Frozen { terms: record.terms(), open: facts.open.read().len() };
    let stands = existing.is_none_or(|issue| issue.condition == Condition::Open);
    Decision { actions: stands.then(|| declare(&freezing, &key, &record)).into_iter().collect(), answer }
}

/// What freezes are asked for here.
pub(super) fn asked<'a>(asking: &Asking<'a>, call: &Call) -> Result<Freezing<'a>, Box<Decision>> {
    let remedy = "Add the line “[freeze]” to slipway.toml on the default branch, and require the check slipway/freeze.";
    Freezing::of(asking.config, &asking.delivery.repository)
        .ok_or_else(|| Box::new(Decision::refuse(call, "freezes are not turned on here", remedy)))
}

/// The same comment makes one issue, however often it is delivered.
pub(super) fn key(asking: &Asking) -> String {
    let thread = match asking.thread {
        Thread::ChangeRequest(number) => format!("request-{number}"),
        Thread::Issue(number) => format!("issue-{number}"),
    };
    match &asking.delivery.event {
        Event::Comment { id, .. } => format!("{thread}:{id}"),
        _ => thread,
    }
}

/// The freeze that a call asks for.
fn read(call: &Call, by: &UserName, now: Moment) -> Result<Declared, Wrong> {
    let option = |key: &str| call.options.get(key).map(String::as_str);
    if let Some(unknown) = call.options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
        let remedy = match nearest(unknown, OPTIONS.into_iter()) {
            Some(name) => format!("Did you mean {name}?"),
            None => format!("There are: {}.", OPTIONS.join(", ")),
        };
        return Err(Wrong::new("freeze", format!("there is no option {unknown}"), remedy));
    }
    let example = "Say why, as in “freeze reason=\"incident: logins fail\"”.";
    if let Some(word) = call.words.first() {
        return Err(Wrong::new("freeze", format!("“{word}” is not understood"), example));
    }
    let reason = option("reason").map(super::set_aside::on_one_line).filter(|reason| !reason.is_empty());
    let reason = reason.ok_or_else(|| Wrong::new("reason", "no reason is given", example))?;
    let zone = option("timezone").map_or_else(|| Ok(Zone::default()), named)?;
    let until = match (option("until"), option("for")) {
        (Some(_), Some(_)) => return Err(Wrong::new("until", "both until and for are given", "Leave one of them out.")),
        (Some(until), None) => Some(zone.moment("until", until)?),
        (None, Some(lasts)) => Some(after(now, lasts, &zone)?),
        (None, None) => None,
    };
    if until.is_some_and(|until| until <= now) {
        return Err(Wrong::new("until", "the freeze would be over already", "Give a later time; `timezone` says where it is meant."));
    }
    let scope = Scope { branches: patterns(option("branches"))?, paths: patterns(option("paths"))? };
    Ok(Declared { reason, by: by.clone(), since: now, until, scope, zone, issue: None })
}

fn named(zone: &str) -> Result<Zone, Wrong> {
    Zone::named(zone).map_err(|meant| {
        let remedy = meant.map_or_else(|| "Name one as in Europe/Berlin.".to_owned(), |name| format!("Did you mean {name}?"));
        Wrong::new("timezone", format!("there is no time zone {zone}"), remedy)
    })
}

/// Patterns with commas between them, where they do not stand within braces.
fn patterns(text: Option<&str>) -> Result<Vec<Pattern>, Wrong> {
    let mut depth = 0_usize;
    let outside = |c: char| {
        depth = match c {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        c == ',' && depth == 0
    };
    let pattern = |text: &str| Pattern::try_from(text.to_owned()).map_err(|why| Wrong::new("branches", why, "Correct it and ask again."));
    let parts: Vec<&str> = text.unwrap_or_default().split(outside).map(str::trim).filter(|part| !part.is_empty()).collect();
    if text.is_some() && parts.is_empty() {
        return Err(Wrong::new("branches", "branches and paths cannot be empty", "Leave the option out for a freeze of everything."));
    }
    parts.into_iter().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read_from(options: &[(&str, &str)]) -> Result<Declared, String> {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>();
        let call = Call { verb: "freeze".into(), options, ..Call::default() };
        read(&call, &UserName::parse("mia").unwrap(), Moment(1_766_000_000)).map_err(|wrong| format!("{}. {}", wrong.message, wrong.remedy))
    }

    #[test]
    fn a_freeze_is_declared_with_its_end_its_zone_and_its_scope() {
        let given = [("reason", "rest"), ("until", "2026-01-01T08:00"), ("timezone", "Europe/Berlin"), ("branches", "main,{a,b}/*")];
        let terms = Record { declared: read_from(&given).unwrap(), lifted: None }.terms();
        assert_eq!(terms.until.as_deref(), Some("Thu 2026-01-01 08:00 Europe/Berlin"));
        assert_eq!(terms.branches, ["main", "{a,b}/*"]);
        assert_eq!(read_from(&[("reason", "rest"), ("for", "2h")]).unwrap().until, Some(Moment(1_766_007_200)));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_remedy() {
        let why = ("reason", "rest");
        for (given, wanted) in [
            (vec![], "no reason is given. Say why"),
            (vec![why, ("untill", "x")], "there is no option untill. Did you mean until?"),
            (vec![why, ("until", "tomorrow")], "`tomorrow` is not a local date and time"),
            (vec![why, ("until", "2020-01-01T00:00")], "the freeze would be over already"),
            (vec![why, ("until", "2026-01-01T00:00"), ("for", "2h")], "both until and for are given"),
            (vec![why, ("for", "soon")], "`soon` is not a duration"),
            (vec![why, ("timezone", "Europe/Berlim")], "there is no time zone Europe/Berlim. Did you mean Europe/Berlin?"),
            (vec![why, ("branches", "rel{")], "`rel{` is not a pattern"),
            (vec![why, ("paths", "")], "branches and paths cannot be empty"),
        ] {
            let problem = read_from(&given).unwrap_err();
            assert!(problem.starts_with(wanted), "{problem}");
        }
    }
}

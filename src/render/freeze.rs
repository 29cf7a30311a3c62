//! Freezes in words: the check of a change request, the issue of a freeze, and the answers to its commands.

use serde_json::{Value, json};

use crate::domain::config::Who;
use crate::domain::event::IssueChange;
use crate::domain::freezing::{End, Exemption, Standing, Terms, Told};
use crate::domain::names::{Number, UserName};

pub fn standing(standing: &Standing) -> Value {
    let Standing { head, held, exemption, who, by_command, labels } = standing;
    let held = held.iter().map(|(told, issue)| {
        let mut view = terms(told);
        if let Some(view) = view.as_object_mut() {
            view.insert("issue".to_owned(), json!(issue.map(|number| number.0)));
        }
        view
    });
    let rule = exemption.as_ref().map(|exemption| match exemption {
        Exemption::Override(_) => "It holds for this commit: the next push lapses it.",
        Exemption::Label { .. } => "It holds as long as the label is there.",
        Exemption::Release | Exemption::Docs => "`slipway.toml` has it so.",
    });
    json!({
        "held": held.collect::<Vec<_>>(),
        "exemption": exemption.as_ref().map(ToString::to_string),
        "rule": rule,
        "label": labels.first(),
        "command": "/slipway override freeze reason=\"…\"",
        "who": who.to_string(),
        "by_command": by_command,
        "head": head.as_str(),
    })
}

pub fn record(told: &Told) -> Value {
    let Told { terms: known, end, who, by_command } = told;
    let (over, by, at) = match end {
        End::NotYet => (false, None, None),
        End::Over => (true, None, None),
        End::Lifted { by, at } => (true, Some(by.as_str()), Some(at)),
    };
    json!({ "terms": known.as_ref().map(terms), "over": over, "by": by, "at": at, "who": who.to_string(), "by_command": by_command })
}

pub fn kept((by, who): (&UserName, Who), change: IssueChange) -> Value {
    json!({ "by": by.as_str(), "who": who.to_string(), "reopened": change == IssueChange::Reopened })
}

pub fn frozen(told: &Terms, open: usize) -> Value {
    json!({ "frozen": { "terms": terms(told), "open": requests(open) } })
}

pub fn thawed(issue: Number, open: usize) -> Value {
    json!({ "thawed": { "issue": issue.0, "open": requests(open) } })
}

fn requests(open: usize) -> String {
    match open {
        0 => "no open change request".to_owned(),
        1 => "the one open change request".to_owned(),
        open => format!("the {open} open change requests"),
    }
}

fn terms(terms: &Terms) -> Value {
    let Terms { reason, by, since, until, branches, paths } = terms;
    json!({ "reason": reason, "by": by.as_ref().map(UserName::as_str), "since": since, "until": until, "branches": branches, "paths": paths })
}

#[cfg(test)]
mod tests;

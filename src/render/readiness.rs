//! What is said of a release that is on its way to whoever asks or decides something about it.

use serde_json::{Value, json};

use crate::domain::names::UserName;
use crate::domain::plan::Answered;
use crate::domain::readiness::Deed;
use crate::domain::readiness::page::{Page, Verdict};
use crate::domain::release::Underway;

/// The answer to whoever decided something.
pub fn answered(answered: &Answered) -> Value {
    let Answered { deed, name, head, verdict, unanswered } = answered;
    let (go, no_go, waived) = match deed {
        Deed::Go { teams } => (Some(teams.iter().cloned().collect::<Vec<_>>().join(", ")), None, None),
        Deed::NoGo { reason } => (None, Some(reason), None),
        Deed::Waive { item, .. } => (None, None, Some(item)),
        Deed::Swap { .. } | Deed::Undone | Deed::Tagged { .. } => (None, None, None),
    };
    json!({ "answered": {
        "is_go": go.is_some(),
        "go": go.filter(|teams| !teams.is_empty()),
        "no_go": no_go,
        "waived": waived,
        "name": name,
        "head": head.short(),
        "verdict": stands(verdict),
        "unanswered": unanswered,
    } })
}

/// How the release of a line stands.
pub fn underway(underway: &Underway) -> Value {
    let Underway { name, freeze, page } = underway;
    let Page { head, verdict, manager, dates, unanswered, .. } = page;
    let dates = dates.iter().filter(|date| !date.is_past).map(|date| json!({ "when": date.when, "what": date.what }));
    json!({
        "name": name,
        "head": head.short(),
        "verdict": stands(verdict),
        "unanswered": unanswered,
        "manager": manager.as_ref().map(UserName::as_str),
        "freeze": freeze.as_ref().map(|(reason, until)| json!({ "reason": reason, "until": until })),
        "dates": dates.collect::<Vec<_>>(),
    })
}

fn stands(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Ready => json!({ "ready": true, "by": null, "reason": null, "wanting": null }),
        Verdict::NoGo { by, reason } => json!({ "ready": false, "by": by.as_str(), "reason": reason, "wanting": null }),
        Verdict::Waiting { wanting } => json!({ "ready": false, "by": null, "reason": null, "wanting": wanting }),
    }
}

//! What templates are told of the policy: verdicts, what was only observed, what a proposed configuration would change.

use serde_json::{Value, json};

use crate::domain::config::Mode;
use crate::domain::names::Number;
use crate::domain::observed::Row;
use crate::domain::plan::PolicyReport;
use crate::domain::rules::Finding;
use crate::domain::trial::Effect;

pub fn report(report: &PolicyReport) -> Value {
    let verdicts = report.verdicts.iter().map(|verdict| {
        let (why, remedy) = match &verdict.finding {
            Finding::Holds { why } => (why, None),
            Finding::Broken { why, remedy } => (why, Some(remedy)),
        };
        let sign = match (verdict.is_broken(), verdict.mode) {
            (true, Mode::Enforce) => "❌",
            (true, Mode::Advise) => "⚠️",
            (true, Mode::Observe | Mode::Off) => "👁️",
            (false, _) if verdict.overridden.is_some() => "⏭️",
            (false, _) => "✅",
        };
        let (by, reason) = verdict.overridden.as_ref().map(|set| (set.by.as_str(), set.reason.as_str())).unzip();
        json!({ "rule": verdict.rule, "sign": sign, "why": why, "remedy": remedy, "by": by, "reason": reason })
    });
    let blocking = report.verdicts.iter().find(|verdict| verdict.blocks());
    let headline = match (blocking, report.verdicts.iter().any(|verdict| verdict.is_broken() && !verdict.is_observed())) {
        (Some(_), _) => "**This change request does not follow the branching policy yet.**",
        (None, true) => "**This change request may be merged. There is advice:**",
        (None, false) => "**This change request follows the branching policy.**",
    };
    json!({
        "headline": headline,
        "blocked": blocking.is_some(),
        "exemption": blocking.map(|verdict| format!("/slipway override {} reason=\"…\"", verdict.rule)),
        "who": report.who,
        "ignored": report.ignored,
        "verdicts": verdicts.collect::<Vec<_>>(),
        "head": report.head.as_str(),
        "source": report.source.to_string(),
        "path": report.source.path,
    })
}

pub fn observed(sigil: &str, rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let at = jiff::Timestamp::from_second(row.judged_at.0).map_or_else(|_| String::new(), |at| at.strftime("%F %H:%M UTC").to_string());
        json!({ "number": row.number.0, "rules": row.rules, "at": at })
    };
    json!({ "sigil": sigil, "rows": rows.iter().map(row).collect::<Vec<_>>() })
}

pub fn effect(effect: &Effect) -> Value {
    let mode = |mode: Option<Mode>| mode.map_or_else(|| "not asked for".to_owned(), |mode| mode.to_string());
    let rule = |(rule, before, after): &(&str, _, _)| json!({ "rule": rule, "before": mode(*before), "after": mode(*after) });
    let verdict = |(number, before, after): &(Number, Vec<_>, Vec<_>)| json!({ "number": number.0, "before": before, "after": after });
    json!({
        "path": effect.source.path,
        "sigil": effect.sigil,
        "rules": effect.rules.iter().map(rule).collect::<Vec<_>>(),
        "verdicts": effect.verdicts.iter().map(verdict).collect::<Vec<_>>(),
        "tried": effect.tried,
        "ignored": effect.ignored,
    })
}

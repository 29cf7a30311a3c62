//! How a replay is shown: a line for each change request that would have been refused, and a table of the rules; for people, and as JSON,
//! whose shape is a promise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::super::text::shown;
use super::{Refused, Replay, Tally};
use crate::domain::names::Moment;
use crate::domain::rules::{Finding, Verdict};

/// How much of a title is shown, in characters.
const TITLE: usize = 50;

/// One object for each change request that would have been refused.
#[derive(Serialize)]
pub struct Line<'r> {
    commit: &'r str,
    /// `#7` or `!7`; null where the merge names none.
    request: Option<&'r str>,
    date: String,
    title: &'r str,
    broken: Vec<Broken<'r>>,
}

#[derive(Serialize)]
struct Broken<'r> {
    rule: &'r str,
    why: &'r str,
}

/// The last object.
#[derive(Serialize)]
pub struct Summary<'r> {
    branch: &'r str,
    merges: usize,
    refused: usize,
    other_commits: usize,
    rules: Vec<Row<'r>>,
}

#[derive(Serialize)]
struct Row<'r> {
    rule: &'r str,
    mode: String,
    judged: usize,
    broken: usize,
    refused: usize,
    not_judged: &'r BTreeMap<&'static str, usize>,
}

impl<'r> From<&'r Refused> for Line<'r> {
    fn from(refused: &'r Refused) -> Self {
        let broken = refused.verdicts.iter().map(|verdict| Broken { rule: verdict.rule, why: why(verdict) });
        Self {
            commit: refused.commit.as_str(),
            request: refused.label.as_deref(),
            date: date(refused.at),
            title: &refused.title,
            broken: broken.collect(),
        }
    }
}

impl<'r> From<&'r Replay> for Summary<'r> {
    fn from(replay: &'r Replay) -> Self {
        let row = |tally: &'r Tally| Row {
            rule: tally.rule,
            mode: tally.mode.to_string(),
            judged: tally.judged,
            broken: tally.broken,
            refused: tally.refused,
            not_judged: &tally.unjudged,
        };
        Self {
            branch: replay.branch.as_str(),
            merges: replay.merges,
            refused: replay.refused.len(),
            other_commits: replay.others,
            rules: replay.rules.iter().map(row).collect(),
        }
    }
}

/// A line about one change request: when, which one, its title, and the rules that refuse it, each with its reason.
pub fn refused(refused: &Refused) -> String {
    let name = refused.label.as_deref().unwrap_or(refused.commit.short());
    let title = match refused.title.char_indices().nth(TITLE - 1) {
        Some((at, last)) if at + last.len_utf8() < refused.title.len() => format!("{}…", refused.title.get(..at).unwrap_or_default()),
        _ => refused.title.clone(),
    };
    let reasons: Vec<_> = refused.verdicts.iter().map(|verdict| format!("{}: {}", verdict.rule, why(verdict))).collect();
    let line = format!("{}  {name:<10}  {title:<TITLE$}  {}", date(refused.at), reasons.join("; "));
    shown(&line).into_owned()
}

/// The table of the rules, and what it is about.
pub fn replayed(replay: &Replay) -> String {
    let mut text = if replay.refused.is_empty() { String::new() } else { "\n".to_owned() };
    let _ = writeln!(text, "{:<22} {:<8} {:>7} {:>7} {:>8} {:>11}", "rule", "mode", "judged", "broken", "refused", "not judged");
    for Tally { rule, mode, judged, broken, refused, unjudged } in &replay.rules {
        let all: usize = unjudged.values().sum();
        let mode = mode.to_string();
        let _ = writeln!(text, "{rule:<22} {mode:<8} {judged:>7} {broken:>7} {refused:>8} {all:>11}");
        for (reason, times) in unjudged {
            let _ = writeln!(text, "{:<22} {times} not judged: {reason}", "");
        }
    }
    let Replay { branch, refused, merges, others, .. } = replay;
    let _ = writeln!(text, "\n{} of {merges} change requests that were merged into {branch} would have been refused.", refused.len());
    let _ = writeln!(text, "{others} other commits on {branch} came with no change request that the clone knows of.");
    text
}

fn why(verdict: &Verdict) -> &str {
    match &verdict.finding {
        Finding::Broken { why, .. } | Finding::Holds { why } => why,
    }
}

/// The day, in UTC.
fn date(at: Moment) -> String {
    Timestamp::from_second(at.0).map_or_else(|_| "-".to_owned(), |at| at.strftime("%F").to_string())
}

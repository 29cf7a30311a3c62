//! Commands that run a release, told as what is planned, what is planned once it is known what came of it, and the answer in words.

use std::collections::BTreeMap;

use super::tests::{delivery, line};
use super::*;
use crate::domain::config::{Config, Source};
use crate::domain::facts::{Asked, Asker, Checked, Condition, Line, OwnIssue, Reply, Role, Trunk};
use crate::domain::history::tests::sha;
use crate::domain::names::{BranchName, Moment, Number};
use crate::domain::plan::{Outcome, Stage};
use crate::domain::protection::Setting;
use crate::domain::protection::tests::having;

/// What is known when a release is run by a command, where it differs from little.
#[derive(Default)]
pub(super) struct Told {
    pub config: &'static str,
    pub commits: Vec<Checked>,
    pub branches: Vec<BranchName>,
    /// What it tracks, what is noted in it, and whether it is open; it is number 7.
    pub issue: Option<(&'static str, String, Condition)>,
    /// Of the line, whose window is main's otherwise, with v1.0.0 at the first and a feature since.
    pub line: Option<Line>,
    pub unprotected: bool,
    pub outcomes: Vec<Outcome>,
}

/// The plan of a command on change request 1 with what it concludes, and its answer in words.
pub(super) fn told(body: &str, told: Told) -> String {
    let source = Source { path: "slipway.toml".into(), version: "1".into() };
    let config = Configuration::Loaded { config: Box::new(Config::parse(told.config).unwrap()), source };
    let asking = Asking { thread: Thread::ChangeRequest(Number(1)), config: &config, delivery: &delivery() };
    let mut facts = Facts { sigil: "#", ..Facts::default() };
    let nothing = Checked { sha: sha('b'), checks: BTreeMap::new() };
    let commits = if told.commits.is_empty() { vec![nothing] } else { told.commits };
    let branches = told.branches.into_iter().map(|branch| (branch, sha('a'))).collect();
    let trunk = Trunk { commits, branches, ..Trunk::default() };
    let issue = told.issue.map(|(key, data, condition)| OwnIssue {
        body: String::new(),
        number: Number(7),
        key: key.into(),
        title: "t".into(),
        condition,
        opened_at: Moment(1),
        data: Some(data),
    });
    let known = told.line.unwrap_or_else(|| {
        let files = [("VERSION".to_owned(), "1.0.0\n".to_owned())].into();
        Line { files, ..line() }
    });
    for need in needs(&asking, body) {
        match need {
            Need::Replied(..) => facts.replied = Asked::Answered(Reply::None),
            Need::Asker { .. } => facts.asker = Asked::Answered(Asker::of(Role::Admin)),
            Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
            Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(known.clone()))),
            Need::Issues(kind) => _ = facts.issues.insert(kind, Asked::Answered(issue.clone().into_iter().collect())),
            Need::Trunk(branch, names, _) => _ = facts.trunks.insert((branch, names), Asked::Answered(Some(trunk.clone()))),
            Need::Protection(guards) => {
                let but = if told.unprotected { vec![(Setting::ForcePush, "true")] } else { Vec::new() };
                facts.protection = Asked::Answered(having(&guards, &but));
            }
            other => panic!("load {other:?} here"),
        }
    }
    let plan = answer(&asking, (9, &UserName::parse("dana").unwrap(), body), &facts);
    let (mut all, mut actions) = (plan.to_string(), plan.actions);
    if plan.stage == Stage::First {
        let second = conclude(&asking, (9, body), &Facts { outcomes: told.outcomes, ..facts });
        all = format!("{all}\n{second}");
        actions = second.actions;
    }
    let words = actions.into_iter().find_map(|action| match action {
        Action::Comment { body, .. } => Some(crate::render::Renderer::new().unwrap().words(&body).unwrap()),
        _ => None,
    });
    format!("{all}\n\n{}", words.unwrap().trim_end())
}

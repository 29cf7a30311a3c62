//! Rollbacks in words: the banner of the release, the change request and issues that are opened, and who is told what.

use serde_json::{Value, json};

use super::{RenderError, Renderer};
use crate::domain::names::{BranchName, TagName};
use crate::domain::plan::Obstacle;
use crate::domain::rollback::{Case, Risks, Template, Told, Words};

pub const TEMPLATES: [(&str, &str); 7] = [
    ("rollback_banner", include_str!("../../templates/rollback_banner.md.hbs")),
    ("rollback_revert", include_str!("../../templates/rollback_revert.md.hbs")),
    ("rollback_risks", include_str!("../../templates/rollback_risks.md.hbs")),
    ("rollback_issue", include_str!("../../templates/rollback_issue.md.hbs")),
    ("post_mortem", include_str!("../../templates/post_mortem.md.hbs")),
    ("rollback_withdrawn", include_str!("../../templates/rollback_withdrawn.md.hbs")),
    ("rollback_links", include_str!("../../templates/rollback_links.md.hbs")),
];

impl Renderer {
    pub(super) fn rollback(&self, words: &Words) -> Result<String, RenderError> {
        match words {
            Words::Banner(of) => self.template("rollback_banner", &case(of, [])),
            Words::Withdrawn(of) => self.template("rollback_withdrawn", &case(of, [])),
            Words::Revert { case: of, risks } => self.template("rollback_revert", &case(of, [("risks", json!(self.risks(risks)?))])),
            Words::Issue { case: of, risks, branch } => {
                let branch = json!(branch.as_ref().map(BranchName::as_str));
                self.template("rollback_issue", &case(of, [("risks", json!(self.risks(risks)?)), ("branch", branch)]))
            }
            Words::PostMortem { case: of, template } => {
                let (own, missing) = match template {
                    Template::BuiltIn => (None, None),
                    Template::Own(text) => (Some(inert(text)), None),
                    Template::Missing(path) => (None, Some(path)),
                };
                self.template("post_mortem", &case(of, [("own", json!(own)), ("missing", json!(missing))]))
            }
            Words::Links(told) => self.rolled_back(told),
        }
    }

    fn risks(&self, risks: &Risks) -> Result<String, RenderError> {
        let Risks { requests, files, more, cut, breaking } = risks;
        let requests = match requests {
            0 => "no change request that is known".to_owned(),
            1 => "one change request".to_owned(),
            requests => format!("{requests} change requests"),
        };
        let safe = files.is_empty() && breaking.is_empty() && !cut;
        let more = Some(more).filter(|more| **more > 0);
        let view = json!({ "requests": requests, "files": files, "more": more, "cut": cut, "breaking": breaking, "safe": safe });
        self.template("rollback_risks", &view)
    }

    /// The same for the answer and for the issues, which it links to each other.
    pub(super) fn rolled_back(&self, told: &Told) -> Result<String, RenderError> {
        let Told { case: of, sigil, found, latest, issue, post_mortem, revert, commands, told } = told;
        let (request, obstacle) = match revert {
            Ok(number) => (Some(format!("{sigil}{number}")), None),
            Err(obstacle) => (None, Some(obstacle.as_ref())),
        };
        let files = match revert {
            Err(Some(Obstacle::Conflict { files, .. })) => files.as_slice(),
            _ => &[],
        };
        let told = match told {
            0 => None,
            1 => Some("it is told on the one change request that was in it".to_owned()),
            told => Some(format!("it is told on each of the {told} change requests that were in it")),
        };
        let view = case(
            of,
            [
                ("found", json!(found)),
                ("latest", json!(latest.as_ref().map(TagName::as_str))),
                ("request", json!(request)),
                ("why", json!(obstacle.map(why))),
                ("issue", json!(issue.map(|number| number.0))),
                ("post_mortem", json!(post_mortem.map(|number| number.0))),
                ("told", json!(told)),
                ("files", json!(files)),
                ("commands", json!(commands)),
            ],
        );
        self.template("rollback_links", &view)
    }
}

/// A file of the repository's as it is, but for lines that a forge would take for quick actions of Slipway's.
fn inert(text: &str) -> String {
    let line = |line: &str| if line.trim_start().starts_with('/') { format!("\\{}", line.trim_start()) } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Why there is no change request that takes it back.
fn why(obstacle: Option<&Obstacle>) -> String {
    match obstacle {
        None => "no branch that Slipway knows has its commit, so no change request takes it back".to_owned(),
        Some(Obstacle::Empty) => "there is nothing to take back: the branch is as it was before it".to_owned(),
        Some(Obstacle::Conflict { .. }) => "what came after it stands on it, so only a person can take it back".to_owned(),
        Some(Obstacle::Workflows(_)) => "it changed workflow files, which Slipway may not write, so a person takes it back".to_owned(),
        Some(Obstacle::TooMany(landings)) => {
            format!("it is made of {landings} landings, too many to take back one by one here, so a person does")
        }
        Some(Obstacle::NoBase) => "the branch that it was made on is gone, so no change request takes it back".to_owned(),
        Some(Obstacle::Taken) => "somebody else has pushed to the branch that would take it back, so a person does".to_owned(),
    }
}

fn case<const N: usize>(case: &Case, rest: [(&str, Value); N]) -> Value {
    let Case { tag, previous, instead, by, reason } = case;
    let instead = instead.as_ref().map(TagName::as_str);
    let (tag, previous, reason) = (tag.as_str(), previous.as_str(), reason.trim_end_matches('.'));
    let mut view = json!({ "tag": tag, "previous": previous, "instead": instead, "by": by.as_str(), "reason": reason });
    if let Some(view) = view.as_object_mut() {
        view.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    }
    view
}

#[cfg(test)]
mod tests;

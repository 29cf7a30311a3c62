//! Backports in words: the table on a change request, the description of the one that carries it, and the answer to the command.

use serde_json::{Value, json};

use super::{RenderError, Renderer, escape, in_code};
use crate::domain::commit;
use crate::domain::names::{Sha, UserName};
use crate::domain::plan::Obstacle;
use crate::domain::porting::{Body, Kind, Progress, Row, Table, Words};

pub const TEMPLATES: [(&str, &str); 3] = [
    ("backports", include_str!("../../templates/backports.md.hbs")),
    ("backport_body", include_str!("../../templates/backport_body.md.hbs")),
    ("carried", include_str!("../../templates/carried.md.hbs")),
];

impl Renderer {
    pub(super) fn porting(&self, words: &Words) -> Result<String, RenderError> {
        match words {
            Words::Table(table) => self.template("backports", &view(table)),
            Words::Body(body) => self.backport_body(body),
        }
    }

    pub(super) fn carried(&self, table: &Table, stuck: bool) -> Result<Value, RenderError> {
        let mut view = view(table);
        if let Some(view) = view.as_object_mut() {
            view.insert("stuck".to_owned(), json!(stuck));
        }
        Ok(json!({ "words": self.template("carried", &view)? }))
    }

    fn backport_body(&self, body: &Body) -> Result<String, RenderError> {
        let Body { kind, sigil, number, target, by, commits, note } = body;
        let text = self.template(
            "backport_body",
            &json!({
                "forward": *kind == Kind::Forward,
                "sigil": sigil,
                "number": number.0,
                "target": target.as_str(),
                "by": by.as_ref().map(UserName::as_str),
                "commits": commits.iter().map(Sha::as_str).collect::<Vec<_>>(),
                "note": None::<&str>,
            }),
        )?;
        // The text is what people wrote for release notes: read by Slipway, and escaped where it is shown.
        Ok(note.as_ref().map_or_else(|| text.clone(), |note| commit::with_replacement(&text, note)))
    }
}

fn view(table: &Table) -> Value {
    let cell = |row: &Row| json!({ "target": cell(row.target.as_str()), "icon": icon(&row.progress), "says": says(row, table.sigil) });
    let stuck = table.rows.iter().filter(|row| !row.commands.is_empty()).map(by_hand);
    json!({ "rows": table.rows.iter().map(cell).collect::<Vec<_>>(), "stuck": stuck.collect::<Vec<_>>() })
}

/// What a person does about it.
fn by_hand(row: &Row) -> Value {
    let (conflict, workflows) = match &row.progress {
        Progress::Stopped(Obstacle::Conflict { at, files, lacking }) => {
            let lacking = lacking.iter().map(|lacking| json!({ "sha": lacking.sha.short(), "subject": lacking.subject }));
            (Some(json!({ "at": at.as_str(), "files": files, "lacking": lacking.collect::<Vec<_>>() })), None)
        }
        Progress::Stopped(Obstacle::Workflows(paths)) => (None, Some(paths)),
        _ => (None, None),
    };
    json!({ "target": in_code(row.target.as_str()), "conflict": conflict, "workflows": workflows, "commands": row.commands })
}

fn icon(progress: &Progress) -> &'static str {
    match progress {
        Progress::Pending(_) | Progress::Due(_) => "⏳",
        Progress::Open(_) => "🔀",
        Progress::Merged(_) | Progress::Stopped(Obstacle::Empty) => "✅",
        Progress::Waived { .. } => "➖",
        _ => "❌",
    }
}

/// One line of Markdown, which may stand in a cell of a table.
fn says(row: &Row, sigil: &str) -> String {
    let target = cell(row.target.as_str());
    match &row.progress {
        Progress::Pending(None) => "it is picked when this is merged".to_owned(),
        Progress::Pending(Some(by)) => format!("it is picked when this is merged, as {} asked", cell(by.as_str())),
        Progress::Due(_) => "it is to be picked".to_owned(),
        Progress::Open(number) => format!("{sigil}{number} is open"),
        Progress::Merged(number) => format!("{sigil}{number} is merged"),
        Progress::Closed(number) => {
            let again = cell(&format!("/slipway backport {} again=yes", row.target));
            format!("{sigil}{number} was closed; {again} opens it anew")
        }
        Progress::Waived { by, reason } => format!("{} waived it: {}", cell(by.as_str()), escape(reason)),
        Progress::Stopped(Obstacle::Empty) => "nothing is to be done: all of it is there already".to_owned(),
        Progress::Stopped(Obstacle::Conflict { at, .. }) => format!("it conflicts at {}", at.short()),
        Progress::Stopped(Obstacle::Workflows(_)) => "it changes workflow files, which Slipway may not write".to_owned(),
        Progress::Stopped(Obstacle::TooMany(landings)) => format!("it is made of {landings} landings, too many to carry one by one"),
        Progress::Stopped(Obstacle::NoBase) => format!("there is no branch {target}"),
        Progress::Stopped(Obstacle::Taken) => {
            "somebody else has pushed to the branch for it: open a change request from that, or delete it and ask again".to_owned()
        }
        Progress::TooMany { commits, most } => format!("it has {commits} commits, and at most {most} are picked"),
        Progress::Unclear => "the forge does not say which commits it brought: pick them by hand".to_owned(),
    }
}

/// Inline code for a cell, which a bar would end even there.
fn cell(text: &str) -> String {
    in_code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests;

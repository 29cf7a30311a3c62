//! Everything about releases in words: notes, the release change request's description and what it writes into changelogs, previews.
//! What people have made of a description is kept; a repository's own template is used as far as it can be.

use serde_json::{Value, json};

use super::custom::Custom;
use super::{RenderError, Renderer, readiness};
use crate::domain::changelog::{Entry, Section};
use crate::domain::config::From;
use crate::domain::edits::{self, Block, Mark};
use crate::domain::facts::{Links, MergeMethod, State};
use crate::domain::plan::{ReleaseNotes, Since};
use crate::domain::release::{
    ABRIDGED, ChangelogFile, Part, Preview, Previewed, RequestBody, Status, StatusPart, WITHDRAWN, forced_mark, is_abridged,
};
use crate::domain::{changelog_file, convention};

/// Starts the one line of a description that says what is wrong with the repository's template.
const PROBLEM: &str = "<!-- slipway:problem -->";
/// GitHub takes 65,536 characters, of which the marks need some.
const LONGEST: usize = 48_000;
/// Longer lists of dependency updates are folded.
const FOLDED: usize = 3;

impl Renderer {
    /// The body of a release.
    pub(super) fn release_notes(&self, notes: &ReleaseNotes) -> Result<String, RenderError> {
        let ReleaseNotes { since, part, template, worded, newcomers } = notes;
        let notes = &part.notes;
        let too_far = if let Since::TooFar(limit) = since { Some(limit) } else { None };
        let mut view = part_view(part);
        extend(
            &mut view,
            json!({
                "first": *since == Since::TheStart,
                "too_far": too_far,
                "nothing": too_far.is_none() && notes.sections.is_empty() && notes.unread().next().is_none(),
                "worded": worded,
                "newcomers": newcomers.iter().map(|name| format!("@{name}")).collect::<Vec<_>>(),
            }),
        );
        let own = template.as_ref().filter(|_| worded.is_none());
        let custom = |text: &str| Custom::compile(text).and_then(|custom| custom.render(&view)).map_err(|problem| problem.to_string());
        match own.map(|own| own.as_ref().map_err(Clone::clone).and_then(|text| custom(text))) {
            Some(Ok(text)) => Ok(text),
            Some(Err(problem)) => {
                let problem = self.template("template_problem", &json!({ "problem": problem }))?;
                Ok(format!("{}\n\n<sub>{}</sub>", self.template("release_notes", &view)?.trim_end(), problem.trim()))
            }
            None => self.template("release_notes", &view),
        }
    }

    /// The description of a release change request: what people wrote stays, the notes of each component are brought up to date.
    pub(super) fn request_body(&self, body: &RequestBody) -> Result<String, RenderError> {
        let is_new = body.current.trim().is_empty();
        let mut text =
            if is_new { self.template("release_request_top", &Value::Null)?.trim_end().to_owned() } else { without_remarks(&body.current) };
        let mut problem = None;
        for part in &body.parts {
            let (block, wrong) = self.block(&body.current, part, body.template.as_deref())?;
            text = edits::write(&text, &abridged(block, LONGEST / body.parts.len().max(1)));
            problem = problem.or(wrong);
        }
        for old in edits::blocks(&text) {
            if !body.parts.iter().any(|part| part.component.as_deref().unwrap_or_default() == old.component) {
                text = edits::write(&text, &Block { text: String::new(), ..old });
            }
        }
        if is_new {
            text = format!("{}\n\n{}", text.trim_end(), self.template("release_request_end", &Value::Null)?);
        }
        for remark in problem.map(|problem| format!("{PROBLEM} {problem}")).into_iter().chain([forced_mark(&body.forced)]) {
            if !remark.is_empty() {
                text = format!("{}\n\n{remark}", text.trim_end());
            }
        }
        Ok(text)
    }

    /// One component's notes with people's edits in them, and what is wrong with the repository's template.
    fn block(&self, body: &str, part: &Part, template: Option<&str>) -> Result<(Block, Option<String>), RenderError> {
        let view = part_view(part);
        let (fresh, problem) = match template.map(|text| Custom::compile(text).and_then(|custom| custom.render(&view))) {
            Some(Ok(text)) => (text, None),
            Some(Err(problem)) => {
                let view = json!({ "problem": problem.to_string() });
                (self.template("release_part", &part_view(part))?, Some(self.template("template_problem", &view)?))
            }
            None => (self.template("release_part", &view)?, None),
        };
        let component = part.component.clone().unwrap_or_default();
        let old = edits::blocks(body).into_iter().find(|block| block.component == component && !is_abridged(&block.text));
        let (current, mark) = old.map(|block| (block.text, block.mark)).unwrap_or_default();
        let (text, mark): (String, Mark) = edits::merge(&current, &mark, &edits::lines(&fresh));
        Ok((Block { component, version: part.version.clone(), mark, text }, problem.map(|text| text.trim().replace('\n', " "))))
    }

    /// A changelog with the section of a release, as the description of the release change request words it.
    pub(super) fn changelog_file(&self, file: &ChangelogFile) -> Result<String, RenderError> {
        let (block, _) = self.block(&file.body, &file.part, file.template.as_deref())?;
        Ok(changelog_file::insert(file.current.as_deref(), &file.version, &block.text, "# Changelog"))
    }

    pub(super) fn status(&self, status: &Status) -> Result<String, RenderError> {
        let parts: Vec<_> = status.parts.iter().map(|part| status_view(part, status.from)).collect();
        self.template("status", &json!({ "branch": status.branch, "parts": parts, "problem": status.problem, "page": status.page.as_deref().map(readiness::underway) }))
    }

    pub(super) fn preview(&self, preview: &Preview) -> Result<String, RenderError> {
        self.template("preview", &preview_view(preview))
    }
}

/// The block as far as there is room. An abridged one cannot be edited, so it remembers nothing.
fn abridged(block: Block, room: usize) -> Block {
    if block.text.chars().count() + block.mark.to_string().len() <= room {
        return block;
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut left = room;
    for line in block.text.lines() {
        let Some(rest) = left.checked_sub(line.chars().count() + 1) else { break };
        left = rest;
        kept.push(line);
    }
    let more = block.text.lines().count() - kept.len();
    let rest = format!(
        "*… and {more} lines more, all of which are in the changelog on this branch. Notes as long as these cannot be edited here.*"
    );
    let text = format!("{}\n\n{rest}\n{ABRIDGED}", kept.join("\n").trim_end());
    Block { text, mark: Mark::default(), ..block }
}

pub fn withdrawn(current: &str) -> String {
    format!("{}\n\n{WITHDRAWN}", without_remarks(current).trim_end())
}

/// The description without the lines that Slipway writes below people's text.
fn without_remarks(body: &str) -> String {
    let is_remark = |line: &&str| [PROBLEM, WITHDRAWN, "<!-- slipway:forced "].iter().any(|mark| line.trim().starts_with(mark));
    body.lines().filter(|line| !is_remark(line)).collect::<Vec<_>>().join("\n")
}

fn extend(view: &mut Value, more: Value) {
    if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
        view.extend(more);
    }
}

/// What a template of notes is given; docs/templates.md lists it.
fn part_view(part: &Part) -> Value {
    let Part { component, version, previous, tag, previous_tag, date, links, notes } = part;
    let compare = previous_tag.as_ref().filter(|_| !links.compare.is_empty()).map(|from| format!("{}{from}...{tag}", links.compare));
    let (folded, sections): (Vec<_>, Vec<_>) = notes.sections.iter().partition(|section| is_folded(section));
    json!({
        "component": component,
        "version": version,
        "previous": previous,
        "tag": tag,
        "previous_tag": previous_tag,
        "date": date,
        "compare": compare,
        "empty": notes.sections.is_empty(),
        "sections": sections.into_iter().map(|section| section_view(section, links)).collect::<Vec<_>>(),
        "folded": folded.into_iter().map(|section| section_view(section, links)).collect::<Vec<_>>(),
        "ignored": notes.unread().map(|change| json!({
            "text": change.subject,
            "sha": change.sha.short(),
            "reason": change.reason.to_string(),
        })).collect::<Vec<_>>(),
    })
}

fn is_folded(section: &Section) -> bool {
    section.title == convention::DEPENDENCIES && section.entries.len() > FOLDED
}

pub(super) fn section_view(section: &Section, links: &Links) -> Value {
    json!({
        "title": section.title,
        "count": section.entries.len(),
        "entries": section.entries.iter().map(|entry| entry_view(entry, links)).collect::<Vec<_>>(),
    })
}

fn entry_view(entry: &Entry, links: &Links) -> Value {
    let reference = |reference: &String| json!({ "label": reference, "url": url(reference, links) });
    let is_new = entry.sha.as_str().starts_with("000000");
    json!({
        "type": entry.kind,
        "scope": entry.scope,
        "text": entry.text,
        "breaking": entry.breaking.iter().flat_map(|text| text.lines()).collect::<Vec<_>>(),
        "references": entry.references.iter().map(reference).collect::<Vec<_>>(),
        "sha": (!is_new).then(|| entry.sha.short()),
        "url": (!is_new && !links.commit.is_empty()).then(|| format!("{}{}", links.commit, entry.sha)),
        "authors": entry.authors,
    })
}

/// Where `#12` or `!12` leads; what belongs to another repository links itself.
fn url(reference: &str, links: &Links) -> Option<String> {
    let number =
        |sigil: &str| reference.strip_prefix(sigil).filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    let to = |base: &String, number: &str| (!base.is_empty()).then(|| format!("{base}{number}"));
    number("!").and_then(|number| to(&links.request, number)).or_else(|| number("#").and_then(|number| to(&links.issue, number)))
}

fn status_view(part: &StatusPart, from: From) -> Value {
    let state = |wanted: State| part.proposal.as_ref().is_some_and(|(_, state)| *state == wanted);
    let ignored: Vec<_> = part.ignored.iter().map(|(text, sha, reason)| json!({ "text": text, "sha": sha, "reason": reason })).collect();
    json!({
        "component": part.component,
        "previous": part.previous,
        "candidate": part.candidate,
        "next": part.next,
        "refusal": part.refusal,
        "forced": part.forced,
        "due": part.due,
        "open": state(State::Open),
        "closed": state(State::Closed),
        "proposal": part.proposal.as_ref().map(|(label, _)| label),
        "by_tag": from == From::Tag && part.tag.is_some(),
        "tag": part.tag,
        "waiting": part.waiting.iter().map(|section| section_view(section, &Links::default())).collect::<Vec<_>>(),
        "ignored_count": ignored.len(),
        "ignored": ignored,
    })
}

fn preview_view(preview: &Preview) -> Value {
    let method = |method: &MergeMethod| match method {
        MergeMethod::Merge => "a merge commit",
        MergeMethod::Squash => "squashing",
        MergeMethod::Rebase => "rebasing",
    };
    let links = Links::default();
    let sections = |sections: &[Section]| sections.iter().map(|section| section_view(section, &links)).collect::<Vec<_>>();
    let component = |part: &Previewed| {
        json!({
            "component": part.component,
            "before": part.before,
            "after": part.after,
            "same": part.before == part.after,
            "added": sections(&part.added),
            "removed": sections(&part.removed),
            "ignored": part.ignored.iter().map(|(text, reason)| json!({ "text": text, "reason": reason })).collect::<Vec<_>>(),
            "refusal": part.refusal,
        })
    };
    let touched = |part: &&Previewed| {
        preview.components.len() == 1 || !part.added.is_empty() || !part.removed.is_empty() || part.before != part.after
    };
    json!({
        "base": preview.base.as_str(),
        "method": preview.method.as_ref().map(method),
        "differs": preview.differs.iter().map(method).collect::<Vec<_>>(),
        "components": preview.components.iter().filter(touched).map(component).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod readme_tests;
#[cfg(test)]
mod tests;

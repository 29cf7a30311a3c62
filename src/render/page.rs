//! The page of a release in words: the issue that tracks it, or a comment on its change request. What people wrote in it stays; what Slipway
//! tells in it is cut where there is no room.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::release::section_view;
use super::{RenderError, Renderer, escape, tracking};
use crate::domain::facts::{Blocker, Links, Owed};
use crate::domain::names::{Moment, TagName};
use crate::domain::readiness::page::{CHECKLIST, Verdict, merge, part};
use crate::domain::readiness::{Decision, Deed, Item, ItemState, Kind, Page, checklist};

pub const TEMPLATES: [(&str, &str); 8] = [
    ("page_head", include_str!("../../templates/page_head.md.hbs")),
    ("page_sign-offs", include_str!("../../templates/page_sign-offs.md.hbs")),
    ("page_blockers", include_str!("../../templates/page_blockers.md.hbs")),
    ("page_backports", include_str!("../../templates/page_backports.md.hbs")),
    ("page_notes", include_str!("../../templates/page_notes.md.hbs")),
    ("page_velocity", include_str!("../../templates/page_velocity.md.hbs")),
    ("page_log", include_str!("../../templates/page_log.md.hbs")),
    ("undone", include_str!("../../templates/undone.md.hbs")),
];

/// So many characters Slipway's own parts may have, and the whole with what people wrote. GitHub takes 65,536 with what is noted in the page
/// (<https://github.com/orgs/community/discussions/27190>), GitLab more.
const GENERATED: usize = 36_000;
const WHOLE: usize = 44_000;
/// How many entries of each list are told, where there is room, and where there is less and less.
const MOST: [usize; 6] = [200, 80, 30, 10, 3, 0];
/// What is said in passing is no longer than this.
const LONG: usize = 300;

impl Renderer {
    pub(super) fn page(&self, page: &Page) -> Result<String, RenderError> {
        let current = page.current.as_deref();
        let items: Vec<_> = page.items.iter().map(harmless).collect();
        let list = checklist::write(current.and_then(|current| part(current, CHECKLIST)), &items);
        let mut text = String::new();
        for most in MOST {
            let mut parts = self.parts(page, most)?;
            let size: usize = parts.iter().filter_map(|(_, text)| text.as_ref()).map(|text| text.chars().count()).sum();
            parts.insert(1, (CHECKLIST, Some(list.clone())));
            text = merge(current, &parts);
            if size <= GENERATED && text.chars().count() <= WHOLE {
                break;
            }
        }
        Ok(text)
    }

    /// The page as it is, with how long the changes of its release took.
    pub(super) fn pace(&self, current: &str, lines: &[String]) -> Result<String, RenderError> {
        let told = self.template("page_velocity", &json!({ "rows": lines }))?;
        Ok(merge(Some(current), &[("head", None), (CHECKLIST, None), ("notes", None), ("velocity", Some(told)), ("log", None)]))
    }

    /// The parts that are Slipway's alone, in their order, with so many entries of each list.
    fn parts(&self, page: &Page, most: usize) -> Result<Vec<(&'static str, Option<String>)>, RenderError> {
        let words = |template: &str, view: &Value| self.template(template, view).map(Some);
        let mut parts = vec![("head", words("page_head", &head(page))?)];
        // A change request is not told at length that nothing was said.
        let has = |name: &str| page.tracking.is_some() || page.current.as_deref().is_some_and(|current| part(current, name).is_some());
        if has("sign-offs") || !page.answers.is_empty() || !page.unanswered.is_empty() {
            parts.push(("sign-offs", words("page_sign-offs", &sign_offs(page, most))?));
        }
        if let Some(tracking) = &page.tracking {
            let blockers = page.blockers.as_ref().map(|all| self.template("page_blockers", &rows(all.iter().map(blocker), most)));
            parts.push(("blockers", blockers.transpose()?));
            let owed = page.owed.as_ref().filter(|owed| tracking.label.is_some() || !owed.is_empty());
            let backports = owed.map(|owed| self.template("page_backports", &backports(owed, page.sigil, most)));
            parts.push(("backports", backports.transpose()?));
            parts.push(("notes", page.notes.as_ref().map(|_| self.template("page_notes", &notes(page, most))).transpose()?));
        }
        if has("log") || !page.log.is_empty() {
            parts.push(("log", words("page_log", &rows(page.log.iter().rev().map(decision), most))?));
        }
        Ok(parts)
    }
}

/// The item with what people wrote in it, which stands in its line as text. What the project itself asks for may be formatted.
fn harmless(item: &Item) -> Item {
    let kind = match &item.kind {
        Kind::Manual => Kind::Manual,
        Kind::Automatic(state) => Kind::Automatic(ItemState {
            says: escape(&short(&state.says)),
            waived: state.waived.as_ref().map(|(by, reason)| (by.clone(), escape(&short(reason)))),
            ..state.clone()
        }),
    };
    Item { kind, ..item.clone() }
}

fn head(page: &Page) -> Value {
    let mut view: BTreeMap<&str, Value> = ["ready", "no_go", "waits"].map(|name| (name, Value::Null)).into();
    match &page.verdict {
        Verdict::Ready => _ = view.insert("ready", json!(true)),
        Verdict::NoGo { by, reason } => _ = view.insert("no_go", json!({ "by": by.as_str(), "reason": short(reason) })),
        Verdict::Waiting { wanting } => {
            let told = wanting.iter().take(NAMED).map(|what| short(what));
            let more = wanting.len().saturating_sub(NAMED);
            let more = (more > 0).then(|| format!("{more} more"));
            view.insert("waits", json!(told.chain(more).collect::<Vec<_>>()));
        }
    }
    let manager = page.manager.iter().map(|manager| json!({ "what": "release manager", "says": manager.as_str(), "past": false }));
    let dates = page.dates.iter().map(|date| json!({ "what": date.what, "says": date.when, "past": date.is_past }));
    view.insert("rows", manager.chain(dates).collect());
    view.insert("title", page.tracking.as_ref().map(tracking::issue).into());
    view.insert("head", json!(page.head.short()));
    view.insert("released", json!(page.released.as_ref().map(TagName::as_str)));
    view.insert("who", json!(page.who.1));
    json!(view)
}

fn blocker(blocker: &Blocker) -> Value {
    json!({ "label": blocker.label, "title": short(&blocker.title), "milestone": blocker.milestone.as_deref().map(short) })
}

/// What is not there yet goes first.
fn backports(owed: &[Owed], sigil: &str, most: usize) -> Value {
    let ordered = [false, true].into_iter().flat_map(|there| owed.iter().filter(move |owed| owed.there == there));
    let told = |owed: &Owed| json!({ "number": format!("{sigil}{}", owed.number), "title": short(&owed.title), "there": owed.there });
    let mut view = rows(ordered.map(told), most);
    if let Some(view) = view.as_object_mut() {
        view.insert("lacks".to_owned(), json!(owed.iter().any(|owed| !owed.there)));
    }
    view
}

/// So many things are named that a release waits for; the checklist has them all.
const NAMED: usize = 5;

fn sign_offs(page: &Page, most: usize) -> Value {
    let answers = page.answers.iter().filter_map(|answer| match &answer.deed {
        Deed::Go { teams } => Some(json!({ "go": true, "by": answer.by.as_str(), "teams": teams, "reason": null })),
        Deed::NoGo { reason } => Some(json!({ "go": false, "by": answer.by.as_str(), "teams": [], "reason": short(reason) })),
        _ => None,
    });
    let answers: Vec<_> = answers.collect();
    let unanswered: Vec<_> = page.unanswered.iter().take(most).collect();
    let left = answers.len().saturating_sub(most) + page.unanswered.len().saturating_sub(most);
    json!({
        "any": !answers.is_empty() || !page.unanswered.is_empty(),
        "answers": answers.into_iter().take(most).collect::<Vec<_>>(),
        "unanswered": unanswered,
        "more": Some(left).filter(|left| *left > 0),
        "who": page.who.0,
        "head": page.head.short(),
    })
}

fn notes(page: &Page, most: usize) -> Value {
    let sections = page.notes.iter().flatten().map(|section| {
        let mut view = section_view(section, &Links::default());
        let left = section.entries.len().saturating_sub(most);
        if let Some(view) = view.as_object_mut() {
            if let Some(entries) = view.get_mut("entries").and_then(Value::as_array_mut) {
                entries.truncate(most);
            }
            view.insert("more".to_owned(), json!(Some(left).filter(|left| *left > 0)));
        }
        view
    });
    json!({ "sections": sections.collect::<Vec<_>>() })
}

/// The first so many, and how many more there are.
fn rows(all: impl Iterator<Item = Value>, most: usize) -> Value {
    let mut rows: Vec<_> = all.collect();
    let (any, left) = (!rows.is_empty(), rows.len().saturating_sub(most));
    rows.truncate(most);
    json!({ "any": any, "rows": rows, "more": Some(left).filter(|left| *left > 0) })
}

fn decision(Decision { by, at, on, deed, .. }: &Decision) -> Value {
    let (did, reason) = match deed {
        Deed::Go { .. } => ("said go".to_owned(), None),
        Deed::NoGo { reason } => ("said no-go".to_owned(), Some(reason)),
        Deed::Waive { item, reason } => (format!("waived {item}"), Some(reason)),
        Deed::Swap { to } => (format!("put {to} in charge"), None),
        Deed::Undone => ("edited the checklist without the right to, which was undone,".to_owned(), None),
        Deed::Tagged { tag } => (format!("tagged {tag}"), None),
    };
    json!({ "at": moment(*at), "by": by.as_str(), "did": short(&did), "on": on.short(), "reason": reason.map(|reason| short(reason)) })
}

fn moment(at: Moment) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| String::new(), |at| at.strftime("%F %H:%M UTC").to_string())
}

/// Text as far as it is said in passing, on one line.
fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > LONG { text.chars().take(LONG).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests;

//! The same for people: plain text for a terminal, and the notes as a release would have them. What commits say goes out without
//! control characters, which a terminal would obey.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::backtest::Past;
use super::error::Result;
use crate::domain::facts::Links;
use crate::domain::plan::{Note, ReleaseNotes, Since};
use crate::domain::release::Part;
use crate::domain::release::outlook::{Next, Outlook, Why};
use crate::render::Renderer;

/// What would be released and why, with what is left out at the end.
pub fn plain(outlook: &Outlook) -> String {
    let mut text = headline(outlook);
    text.push('\n');
    for section in &outlook.notes.sections {
        text.push('\n');
        put(&mut text, &[&section.title]);
        text.push('\n');
        for entry in &section.entries {
            put(&mut text, &["  ", entry.sha.short(), "  "]);
            entry.scope.iter().for_each(|scope| put(&mut text, &[scope, ": "]));
            put(&mut text, &[&entry.text]);
            for (at, reference) in entry.references.iter().enumerate() {
                put(&mut text, &[if at == 0 { " (" } else { ", " }, reference]);
            }
            text.push_str(if entry.references.is_empty() { "\n" } else { ")\n" });
        }
    }
    if !outlook.notes.ignored.is_empty() {
        text.push_str("\nNot told\n");
    }
    for ignored in &outlook.notes.ignored {
        put(&mut text, &["  ", ignored.sha.short(), "  ", &ignored.subject, ": it "]);
        let _ = writeln!(text, "{}", ignored.reason);
    }
    text
}

fn put(text: &mut String, parts: &[&str]) {
    text.extend(parts.iter().map(|part| shown(part)));
}

fn headline(outlook: &Outlook) -> String {
    let name = outlook.component.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let previous = outlook.previous.as_ref().map(|(tagged, _)| tagged.tag.to_string());
    let since = previous.map_or_else(|| "there was no release before".to_owned(), |tag| format!("after {tag}"));
    match &outlook.next {
        Next::Release { why, .. } => {
            let why = match why {
                Why::Changes => outlook.bump.map_or_else(|| "a promotion".to_owned(), |bump| format!("a {bump}")),
                Why::Forced => "as was asked for".to_owned(),
                Why::Together => "together with what it belongs to".to_owned(),
            };
            format!("{name}{}, {why}; {since}", outlook.printed().unwrap_or_default())
        }
        Next::Nothing => format!("{name}no release; {since}"),
        Next::Refused(refusal) => format!("{name}no release: {}", shown(&refusal.to_string())),
    }
}

/// The notes, as the release would have them, below a heading with the version.
///
/// # Errors
/// When a template does not fit.
pub fn markdown(outlook: &Outlook) -> Result<String> {
    let name = outlook.component.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let version = outlook.printed().unwrap_or_else(|| "Unreleased".to_owned());
    let since = if outlook.base().is_some() { Since::Tag } else { Since::TheStart };
    let part = Part {
        component: outlook.component.name.clone(),
        version: version.clone(),
        previous: outlook.previous.as_ref().map(|(_, version)| outlook.component.template.scheme.print(version)),
        tag: String::new(),
        previous_tag: outlook.previous.as_ref().map(|(tagged, _)| tagged.tag.to_string()),
        date: String::new(),
        notes: outlook.notes.clone(),
        // A clone does not know where its forge is.
        links: Links::default(),
    };
    let notes = Note::ReleaseNotes(Box::new(ReleaseNotes { since, part, template: None, worded: None, newcomers: Vec::new() }));
    Ok(format!("## {name}{version}\n\n{}\n", Renderer::new()?.words(&notes)?.trim_end()))
}

/// A line of the table that a backtest prints.
pub fn past(past: &Past) -> String {
    let scheme = &past.outlook.component.template.scheme;
    let name = past.outlook.component.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let previous = past.outlook.previous.as_ref().map(|(_, version)| scheme.print(version)).unwrap_or_default();
    let (actual, next) = (scheme.print(&past.actual), scheme.print(&past.next));
    let verdict = past.why.as_ref().map_or_else(|| "agrees".to_owned(), |why| format!("differs: {}", shown(why)));
    format!("{name}{previous:<16} {actual:<16} {next:<16} {verdict}")
}

/// The share that agrees.
pub fn summary(all: &[Past]) -> String {
    let agreeing = all.iter().filter(|past| past.why.is_none()).count();
    // Tenths of a percent, in whole numbers.
    let share = agreeing * 1000 / all.len().max(1);
    format!("{agreeing} of {} releases agree ({}.{} %)", all.len(), share / 10, share % 10)
}

pub(super) fn shown(text: &str) -> Cow<'_, str> {
    // The bytes that control characters start with.
    let suspicious = text.bytes().any(|b| b < b' ' || b == 0x7f || b == 0xc2);
    if suspicious { Cow::Owned(text.replace(char::is_control, " ")) } else { Cow::Borrowed(text) }
}

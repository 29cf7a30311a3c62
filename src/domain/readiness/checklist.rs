//! A checklist in a page: a line for each item, `- [x] text <!-- slipway:item ID DIGEST -->`, among which people write lines of their own. The
//! forges toggle the box of a line and leave the rest of it. The digest tells text that Slipway wrote from text that a person changed: what a
//! person ticked, changed or added is theirs and stays; the box and the text of an automatic item (`slipway:auto`) are Slipway's.

mod row;

use std::collections::{BTreeMap, BTreeSet};

use super::item::{Item, Kind};
pub use row::{Row, Tag};
use row::{digest, one_line};

/// The checklist with these items, made from what it says now.
///
/// A manual item keeps its box, and its text where a person changed that. Where a person wrote into the line of an automatic item, that is put
/// below it, as a line of theirs. An item that is not asked for any more goes, unless a person ticked it or wrote in it: then it is struck, and
/// when it is asked for again it is as they left it. New items stand after the item that they follow, people's lines after what they followed.
pub fn write(current: Option<&str>, items: &[Item]) -> String {
    let current = current.unwrap_or_default();
    let eol = if current.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<_> = arranged(current, items).into_iter().map(|line| line.text).collect();
    let blank = |line: &&String| line.trim().is_empty();
    let (from, to) = (lines.iter().take_while(blank).count(), lines.len() - lines.iter().rev().take_while(blank).count());
    lines.get(from..to).unwrap_or_default().join(eol)
}

/// Whether each of the items is ticked in the checklist that `write` would make: by people, or of automatic items, by what holds.
pub fn ticks(current: Option<&str>, items: &[Item]) -> BTreeMap<String, bool> {
    let lines = arranged(current.unwrap_or_default(), items).into_iter();
    lines.filter_map(|line| line.item.filter(|(id, _)| items.iter().any(|item| item.id == *id))).collect()
}

/// A line of the checklist as it is to be.
struct Line {
    text: String,
    /// Which item it is, and whether that is ticked.
    item: Option<(String, bool)>,
}

impl Line {
    fn own(text: String) -> Self {
        Self { text, item: None }
    }

    fn of(row: &Row, tag: &Tag) -> Self {
        Self { text: row.worded(Some(tag)), item: Some((tag.id.clone(), row.is_ticked())) }
    }
}

/// What an item says in its line.
pub fn text(item: &Item) -> String {
    let escaped = |name: &str| name.replace('_', "\\_").replace('[', "\\[");
    let text = one_line(&item.text);
    match &item.kind {
        Kind::Automatic(state) => match &state.waived {
            Some((by, reason)) => one_line(&format!("{text}: waived by {}, {reason}", escaped(by.as_str()))),
            None if state.says.trim().is_empty() => text,
            None => one_line(&format!("{text}: {}", state.says)),
        },
        Kind::Manual => text,
    }
}

fn tag(item: &Item) -> Tag {
    Tag { id: item.id.clone(), digest: digest(&text(item)), is_automatic: item.kind != Kind::Manual, is_dropped: false }
}

/// The lines of the text, each with the item that it is, if it is one: the first that has its mark, else the first that reads like it.
fn known<'a>(current: &'a str, items: &[Item]) -> Vec<(Row<'a>, Option<Tag>)> {
    let mut seen = BTreeSet::new();
    let mut rows: Vec<_> = current.lines().map(Row::read).map(|row| (row, None)).collect();
    for (row, found) in &mut rows {
        *found = row.tag.clone().filter(|tag| row.is_task() && seen.insert(tag.id.clone()));
    }
    for item in items.iter().filter(|item| !seen.contains(&item.id)) {
        let words = text(item);
        let alike = rows.iter_mut().find(|(row, found)| found.is_none() && row.is_task() && row.text == words);
        if let Some((_, found)) = alike {
            *found = Some(tag(item));
        }
    }
    rows
}

fn arranged(current: &str, items: &[Item]) -> Vec<Line> {
    let rows = known(current, items);
    let mut lines = Vec::new();
    for (at, (row, found)) in rows.iter().enumerate() {
        let Some(found) = found else {
            lines.push(Line::own(row.without_tags()));
            continue;
        };
        if let Some(item) = items.iter().find(|item| item.id == found.id) {
            lines.extend(kept((row, found), item));
        } else {
            let below = rows.get(at + 1).filter(|(_, found)| found.is_none()).map(|(row, _)| row);
            lines.extend(left((row, found), below));
        }
    }
    for (at, item) in items.iter().enumerate() {
        let place = |id: &str| lines.iter().position(|line| line.item.as_ref().is_some_and(|(known, _)| known == id));
        if place(&item.id).is_some() {
            continue;
        }
        let before = items.iter().take(at).rev().find_map(|item| place(&item.id));
        // What people wrote right below an item belongs to it.
        let block =
            |from: usize| lines.iter().skip(from + 1).take_while(|line| line.item.is_none() && !line.text.trim().is_empty()).count();
        let first = || lines.iter().position(|line| line.item.is_some());
        let place = before.map(|from| from + 1 + block(from)).or_else(first).unwrap_or(lines.len());
        lines.insert(place, fresh(&Row::default(), item));
    }
    lines
}

/// The line of an item as Slipway writes it, in the place and manner of this row.
fn fresh(row: &Row, item: &Item) -> Line {
    let ticked = match &item.kind {
        Kind::Automatic(state) if state.holds || state.waived.is_some() => 'x',
        _ => ' ',
    };
    let row = row.saying(Some(ticked), text(item));
    Line::of(&row, &tag(item))
}

/// The line of an item that is asked for, and below it what a person wrote into it, if that is not theirs to write.
fn kept((row, found): (&Row, &Tag), item: &Item) -> Vec<Line> {
    let row = row.unstruck(found);
    let edited = digest(&row.text) != found.digest;
    if item.kind == Kind::Manual && !found.is_automatic {
        let own = Tag { is_dropped: false, ..found.clone() };
        return vec![if edited { Line::of(&row, &own) } else { Line::of(&row.saying(row.tick, text(item)), &tag(item)) }];
    }
    let below = edited.then(|| Line::own(row.worded(None)));
    std::iter::once(fresh(&row, item)).chain(below).collect()
}

/// What is left of an item that is not asked for any more.
fn left((row, found): (&Row, &Tag), below: Option<&Row>) -> Option<Line> {
    let row = row.unstruck(found);
    let edited = digest(&row.text) != found.digest;
    if found.is_automatic {
        return edited.then(|| Line::own(row.worded(None)));
    }
    let has_more = below.is_some_and(|below| below.depth() > row.depth());
    let struck = row.saying(row.tick, format!("~~{}~~", row.text));
    (edited || row.is_ticked() || has_more).then(|| Line::of(&struck, &Tag { is_dropped: true, ..found.clone() }))
}

#[cfg(test)]
mod tests;

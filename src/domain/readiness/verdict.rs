//! Whether a release is ready, in one word and as a check on its head.

use std::collections::BTreeSet;

use super::keep::is_done;
use super::page::Verdict;
use super::{Book, Item, Kind, Page, assess};
use crate::domain::facts::Progress;
use crate::domain::names::Sha;
use crate::domain::plan::{Action, Check, CheckName, Conclusion, Note, Presence};
use crate::domain::policy;

/// The book's word of what the check said last.
const CHECK: &str = "check";

/// Ready where each item is done and nobody says no-go.
pub fn of((items, ticked): (&[Item], &BTreeSet<String>), (book, head): (&Book, &Sha)) -> Verdict {
    if let Some((by, reason)) = assess::no_go(book, head) {
        return Verdict::NoGo { by: by.clone(), reason: reason.to_owned() };
    }
    let open = items.iter().filter(|item| !is_done(item, ticked, (book, head)));
    let wanting: Vec<_> = open
        .map(|item| match &item.kind {
            Kind::Manual => item.text.clone(),
            Kind::Automatic(state) => format!("{}: {}", item.id, state.says),
        })
        .collect();
    if wanting.is_empty() { Verdict::Ready } else { Verdict::Waiting { wanting } }
}

/// The check, where it says something else than it did.
pub fn report(page: &Page, progress: &Progress, book: &mut Book) -> Option<Action<Note>> {
    let (conclusion, word, title) = match &page.verdict {
        Verdict::Ready => (Conclusion::Success, "success", format!("ready: {}", counted(page.items.len()))),
        // The reason is in the page: it is people's text, which the line of a check has no place for.
        Verdict::NoGo { by, .. } => (Conclusion::Failure, "failure", format!("{by} has said no-go")),
        Verdict::Waiting { wanting } => (Conclusion::Pending, "pending", format!("waits for {}", waits(page, wanting.len()))),
    };
    let title = policy::fitting(title);
    let says = format!("{} {word} {title}", progress.head);
    if book.knows(CHECK) == Some(&says) {
        return None;
    }
    book.set_known(CHECK, Some(&says));
    Some(Action::Report(Check {
        name: CheckName::Readiness,
        sha: progress.head.clone(),
        ref_name: progress.branch.to_string(),
        conclusion,
        presence: Presence::Create,
        summary: Note::Text(format!("{}. The page of the release tells more.", capital(&title))),
        title,
        annotations: Vec::new(),
    }))
}

fn counted(items: usize) -> String {
    match items {
        0 => "nothing is asked for".to_owned(),
        1 => "its one item holds".to_owned(),
        all => format!("all {all} items hold"),
    }
}

/// What Slipway finds out, by name, and how much is left to people.
fn waits(page: &Page, open: usize) -> String {
    let automatic = page.items.iter().filter_map(|item| match &item.kind {
        Kind::Automatic(state) if !state.holds => Some(item.id.clone()),
        _ => None,
    });
    let mut words: Vec<_> = automatic.collect();
    match open - words.len().min(open) {
        0 => {}
        1 => words.push("one item by hand".to_owned()),
        more => words.push(format!("{more} items by hand")),
    }
    words.join(", ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

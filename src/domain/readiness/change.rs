//! What a change request contains, as far as its checklist asks for it.

use std::collections::BTreeSet;

use super::inside::{Finding, Inside};
use super::item::Contents;
use super::update;
use crate::domain::commit::{self, Message, Reading};
use crate::domain::config::{Config, ReadinessOptions, When};
use crate::domain::facts::{ChangeRequest, Detail, Details};

pub fn details() -> Details {
    Details::from([Detail::Files, Detail::Commits])
}

/// By its files, its title and the messages of its commits.
pub fn inside(config: &Config, readiness: &ReadinessOptions, request: &ChangeRequest) -> Inside {
    let (files, commits) = (request.details.files.read(), request.details.commits.read());
    let paths: Vec<_> = files.items.iter().flat_map(|file| [Some(&file.path), file.previous.as_ref()]).flatten().cloned().collect();
    let migrates = |path: &String| readiness.migrations.iter().any(|pattern| pattern.matches(path));
    let texts = || commits.items.iter().map(|commit| commit.message.as_str()).chain([request.title.as_str()]);
    let apart = |text| -> (&str, &str) { str::split_once(text, '\n').unwrap_or((text, "")) };
    let own = (request.title.as_str(), request.body.as_str());
    let found = [
        (When::Migration, files.cut || paths.iter().any(migrates)),
        (When::Breaking, texts().any(|text| breaks(config, text))),
        (When::MajorDependency, texts().map(apart).chain([own]).any(update::is_major)),
    ];
    let whens: BTreeSet<_> = found.into_iter().filter(|(_, is_there)| *is_there).map(|(when, _)| when).collect();
    Inside {
        head: request.head.sha.clone(),
        contents: Contents { whens, paths },
        notes: Finding::good("its own"),
        versions: None,
        next: Vec::new(),
    }
}

fn breaks(config: &Config, text: &str) -> bool {
    match commit::read(&Message::new(text), config.convention().bullets) {
        Reading::Changes(changes) => changes.iter().any(|change| change.breaking.is_some()),
        Reading::Revert(_) | Reading::Unread(_) => false,
    }
}

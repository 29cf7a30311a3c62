//! The trunk's next development version: what its version files say after a cut, by a change request of its own.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Prerelease, Version};

use crate::domain::config::{Component, Config};
use crate::domain::facts::{Facts, Line, Ref};
use crate::domain::files;
use crate::domain::names::BranchName;
use crate::domain::plan::{Action, Note, Propose};
use crate::domain::release;

/// The head branch of the change request.
pub fn branch(trunk: &BranchName) -> Option<BranchName> {
    BranchName::parse(&format!("{}{trunk}", release::DEVELOPMENT)).ok()
}

/// What raises the version files of the trunk above the version that was cut: the version, and the change request. `None`: none is wanted, or
/// they are above it already.
///
/// # Errors
/// Why the files cannot be written, in a sentence.
pub fn propose(config: &Config, trunk: &BranchName, cut: &str, facts: &Facts) -> Result<Option<(String, Action<Note>)>, String> {
    let components = config.components();
    let [component] = components.as_slice() else { return Ok(None) };
    let Some((version, head)) = version(config, cut).zip(branch(trunk)).filter(|_| !component.files.is_empty()) else { return Ok(None) };
    let Some(line) = facts.line(&Ref::Branch(trunk.clone())) else { return Ok(None) };
    let Some(files) = raised(component, line, &version)? else { return Ok(None) };
    let existing: BTreeSet<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let printed = version.to_string();
    let action = Action::Propose(Box::new(Propose {
        branch: head,
        base: trunk.clone(),
        onto: line.window.head.clone(),
        title: format!("chore: start {printed}"),
        releases: Vec::new(),
        body: Note::Development { version: printed.clone(), cut: cut.to_owned() },
        files,
        existing,
        seen: None,
    }));
    Ok(Some((printed, action)))
}

/// `1.5.0-dev` after `1.4`.
fn version(config: &Config, cut: &str) -> Option<Version> {
    let pre = Prerelease::new(&config.cut.development).ok().filter(|pre| !pre.is_empty())?;
    let (major, minor) = cut.split_once('.')?;
    let version = Version::new(major.parse().ok()?, minor.parse::<u64>().ok()?.checked_add(1)?, 0);
    Some(Version { pre, ..version })
}

/// The files with the version in them; `None`: one of them says as much or more.
fn raised(component: &Component, line: &Line, version: &Version) -> Result<Option<Vec<(String, Note)>>, String> {
    let printed = version.to_string();
    let name = |file| Some((files::package_name(file, line.files.get(&file.path)?)?, printed.clone()));
    let packages: BTreeMap<_, _> = component.files.iter().filter_map(name).collect();
    let release = files::Release { version: &printed, packages: &packages };
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for file in &component.files {
        let path = file.path.as_str();
        let Some(text) = texts.get(path).or_else(|| line.files.get(path)) else {
            return Err(format!("The trunk keeps its version: {path} is not in the repository."));
        };
        let says = files::version(file, text).and_then(|text| Version::parse(&text).ok());
        if !texts.contains_key(path) && says.is_some_and(|says| says >= *version) {
            return Ok(None);
        }
        let text = files::bump(file, text, &release).map_err(|problem| format!("The trunk keeps its version: {problem}"))?;
        texts.insert(path, text);
    }
    Ok(Some(texts.into_iter().map(|(path, text)| (path.to_owned(), Note::Text(text))).collect()))
}

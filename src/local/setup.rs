//! What is asked by: the configuration of a clone, the components in it, and the line that a branch is.

use std::path::Path;

use git2::Oid;

use super::clone::LocalClone;
use super::error::{Error, Result};
use super::tags::Pointers;
use crate::domain::config::{Component, Config, LineOptions, PATHS, Problem};

/// The configuration at a commit, or in a file; without any, the defaults with the prefix that the tags have.
pub fn configuration(clone: &LocalClone, at: Oid, file: Option<&Path>, tags: &Pointers) -> Result<Config> {
    if let Some(config) = written(clone, at, file)? {
        return Ok(config);
    }
    let mut config = Config::default();
    config.release.tag_prefix = tags.usual_prefix().unwrap_or(config.release.tag_prefix);
    Ok(config)
}

/// The configuration at a commit, or in a file, if there is any.
pub fn written(clone: &LocalClone, at: Oid, file: Option<&Path>) -> Result<Option<Config>> {
    if let Some(file) = file {
        let path = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|problem| Error::ConfigFile { path: path.clone(), problem })?;
        return parse(&text, path).map(Some);
    }
    for path in [".github", ".gitlab"].iter().flat_map(|forge| PATHS.map(|path| path.replace("{forge}", forge))) {
        if let Some(text) = clone.file(at, &path)? {
            return parse(&text, path).map(Some);
        }
    }
    Ok(None)
}

fn parse(text: &str, path: String) -> Result<Config> {
    Config::parse(text).map_err(|problem| Error::Config(Problem { path, ..problem }))
}

/// All components, or the one of that name.
pub fn chosen(config: &Config, name: Option<&str>) -> Result<Vec<Component>> {
    let all = config.components();
    let Some(name) = name else { return Ok(all) };
    let names: Vec<_> = all.iter().filter_map(|component| component.name.clone()).collect();
    let found: Vec<_> = all.into_iter().filter(|component| component.name.as_deref() == Some(name)).collect();
    if found.is_empty() {
        let known = if names.is_empty() { "slipway.toml names none".to_owned() } else { format!("known here: {}", names.join(", ")) };
        return Err(Error::UnknownComponent { name: name.to_owned(), known });
    }
    Ok(found)
}

/// What `[[release.lines]]` says of a branch; nothing for the default branch.
pub fn line<'c>(config: &'c Config, clone: &LocalClone, branch: &str) -> Option<&'c LineOptions> {
    let is_default = clone.default_branch().is_some_and(|default| default == branch);
    config.release.lines.iter().find(|line| !is_default && line.branch.matches(branch))
}

//! Version files: where each format keeps its version, and the text with another version there. Text in, text out: an editor finds the
//! spans that hold versions and nothing outside them changes, so comments, order, line endings and a byte order mark survive.
//! Knows formats, and must not know where the text came from nor why there is a release.

mod cargo;
mod declared;
mod json;
mod known;
mod marker;
mod npm;
mod path;
mod python;
mod requirement;
mod source;
mod spot;
mod toml;
mod xml;
mod yaml;

#[cfg(test)]
mod properties_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use declared::{At, VersionFile};
pub use known::Known;
pub use path::{KeyPath, XmlPath};
use spot::{Role, Spot};

/// What becomes of the versions in a file.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The version of whatever the file belongs to.
    pub version: &'a str,
    /// The packages released together, by the names their manifests give them, with their new versions: what lock files and
    /// manifests that depend on them are told.
    pub packages: &'a BTreeMap<String, String>,
}

/// Why a file cannot be given its version, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: looked for {wanted}, found {found}. {remedy}")]
pub struct FileProblem {
    pub path: String,
    pub wanted: String,
    pub found: String,
    pub remedy: String,
}

impl FileProblem {
    /// The path is filled in by whoever knows it.
    fn new(wanted: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: String::new(), wanted: wanted.into(), found: found.into(), remedy: remedy.into() }
    }

    fn unreadable(format: &str, why: &str) -> Self {
        let line: String = why.lines().next().unwrap_or_default().chars().take(200).collect();
        Self::new(format, format!("something else ({line})"), "Correct the file, or take it out of `files`.")
    }

    /// The version is there, but something else computes it.
    fn dynamic(found: &str) -> Self {
        let found: String = found.chars().take(80).collect();
        let remedy = "Name the file that holds the version instead; with `marker = true` it can be any file.";
        Self::new("a version written out", format!("`{found}`"), remedy)
    }
}

const LARGEST: usize = 2 * 1024 * 1024;
const LARGEST_LOCK: usize = 20 * 1024 * 1024;

/// The text with the versions of a release in it; the same text if they are there already.
///
/// # Errors
/// When the text is not of its format or too large (2 MiB; lock files 20 MiB), or has no place for a version of this release.
pub fn bump(file: &VersionFile, text: &str, release: &Release) -> Result<String, FileProblem> {
    write(file, text, release).map_err(|problem| FileProblem { path: file.path.clone(), ..problem })
}

fn write(file: &VersionFile, text: &str, release: &Release) -> Result<String, FileProblem> {
    let versions = || std::iter::once(release.version).chain(release.packages.values().map(String::as_str));
    if let Some(version) = versions().find(|version| version.is_empty() || !is_literal(version)) {
        // It goes into files that are run, such as setup.py.
        return Err(FileProblem::new("a version to write", format!("`{version}`"), "Use letters, digits and `.-+_!~` only."));
    }
    let body = without_mark(text);
    let mut spots = locate(file, body)?;
    spots.sort_by_key(|spot| spot.at.start);
    let (mut written, mut end) = (text.get(..text.len() - body.len()).unwrap_or_default().to_owned(), 0);
    let mut found = false;
    for spot in spots {
        let (Some(before), Some(old)) = (body.get(end..spot.at.start), body.get(spot.at.clone())) else { continue };
        let Some(new) = spot.text(old, release) else { continue };
        written.push_str(before);
        written.push_str(&new);
        end = spot.at.end;
        found = true;
    }
    written.push_str(body.get(end..).unwrap_or_default());
    if found { Ok(written) } else { Err(file.at.nothing()) }
}

/// The name of the file's own package, if it has one: what lock files and dependents call it.
pub fn package_name(file: &VersionFile, text: &str) -> Option<String> {
    match file.at {
        At::Known(known) if text.len() <= LARGEST => known.name(without_mark(text)),
        _ => None,
    }
}

/// The version the file states now, without a `v` before it. A lock file states one if all packages of the repository agree.
pub fn version(file: &VersionFile, text: &str) -> Option<String> {
    let body = without_mark(text);
    let spots = locate(file, body).ok()?;
    let read = |spot: &Spot| body.get(spot.at.clone()).map(|text| spot::without_v(text).to_owned());
    if let Some(own) = spots.iter().find(|spot| spot.role == Role::Own) {
        return read(own);
    }
    let mut members = spots.iter().filter(|spot| matches!(spot.role, Role::Member(_))).map(read);
    let first = members.next()??;
    members.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn locate(file: &VersionFile, body: &str) -> Result<Vec<Spot>, FileProblem> {
    let largest = if matches!(file.at, At::Known(Known::CargoLock | Known::PackageLock)) { LARGEST_LOCK } else { LARGEST };
    if body.len() > largest {
        let (wanted, found) = (format!("at most {} MiB", largest >> 20), format!("{} bytes", body.len()));
        return Err(FileProblem::new(wanted, found, "Take the file out of `files`."));
    }
    let spots = match &file.at {
        At::Known(known) => known.locate(body)?,
        At::Toml(path) => toml::locate(body, path)?,
        At::Json(path) => json::locate(body, path)?,
        At::Yaml(path) => vec![yaml::locate(body, path)?],
        At::Xml(path) => xml::locate(body, path)?,
        At::Marker => marker::locate(body),
    };
    let own = spots.iter().filter(|spot| spot.role == Role::Own).filter_map(|spot| body.get(spot.at.clone()));
    match own.into_iter().find(|text| !is_literal(text)) {
        Some(text) => Err(FileProblem::dynamic(text)),
        None => Ok(spots),
    }
}

/// `${revision}`, `attr: app.version`, `{{ version }}` and the like are computed.
fn is_literal(version: &str) -> bool {
    version.len() <= 256 && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+_!~".contains(c))
}

/// The text after a byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

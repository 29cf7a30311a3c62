//! The release change request: what it is called, which files it writes, and what its description says and remembers.

use std::collections::BTreeMap;

use crate::domain::commit;
use crate::domain::config::{Component, Config};
use crate::domain::edits;
use crate::domain::event::Thread;
use crate::domain::facts::{Line, Proposal, State};
use crate::domain::files;
use crate::domain::names::BranchName;
use crate::domain::plan::{Action, CommentKey, Note, Presence, Propose};

use super::outlook::{Forced, Outlook};
use super::part::Part;

/// A release change request that is to be brought about.
pub struct Proposing<'a> {
    pub config: &'a Config,
    pub line: &'a Line,
    pub base: &'a BranchName,
    pub head: BranchName,
    /// The newest change request from its branch, whatever became of it.
    pub seen: Option<&'a Proposal>,
    /// What it releases.
    pub outlooks: &'a [&'a Outlook],
    pub forced: &'a Forced,
}

/// The description of a release change request, before it is in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestBody {
    /// What the description says now; people's words in it stay.
    pub current: String,
    pub parts: Vec<Part>,
    /// Versions that somebody has asked for, by component.
    pub forced: Forced,
    /// The text of the repository's own template, if it has one.
    pub template: Option<String>,
}

/// A changelog file that gets a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangelogFile {
    /// The text as it is; `None`: there is none yet.
    pub current: Option<String>,
    /// The description of the release change request as it is, whose wording of the notes counts.
    pub body: String,
    pub part: Part,
    /// For the order in the file.
    pub version: semver::Version,
    pub template: Option<String>,
}

impl Proposing<'_> {
    /// # Errors
    /// Why a version file cannot be written, or the template not be found.
    pub fn action(self) -> Result<Option<Action<Note>>, String> {
        let open = self.seen.filter(|seen| seen.state == State::Open);
        if self.outlooks.is_empty() {
            let withdraw = |seen: &Proposal| Action::Withdraw { number: seen.number, body: Note::Withdrawn { current: seen.body.clone() } };
            return Ok(open.map(withdraw));
        }
        if self.is_snoozed() {
            return Ok(None);
        }
        if let Some(open) = open.filter(|open| is_foreign(&open.message)) {
            return Ok(Some(Action::Comment {
                thread: Thread::ChangeRequest(open.number),
                key: CommentKey::Held,
                presence: Presence::Create,
                body: Note::Held { branch: self.head, tip: open.tip.clone() },
            }));
        }
        let current = open.map(|open| open.body.clone()).unwrap_or_default();
        let template = match &self.config.changelog.template {
            Some(path) => Some(
                self.line
                    .files
                    .get(path)
                    .cloned()
                    .ok_or_else(|| format!("{path} is not in the repository: correct changelog.template in slipway.toml, or add it"))?,
            ),
            None => None,
        };
        let mut files = self.version_files()?;
        for outlook in self.outlooks {
            let (Some(path), Some(part), Some(version)) = (&outlook.component.changelog, self.part(outlook), outlook.version()) else {
                continue;
            };
            let file = ChangelogFile {
                current: self.line.files.get(path).cloned(),
                body: current.clone(),
                part,
                version: version.clone(),
                template: template.clone(),
            };
            files.push((path.clone(), Note::ChangelogFile(Box::new(file))));
        }
        let parts = self.outlooks.iter().filter_map(|outlook| self.part(outlook)).collect();
        let body = RequestBody { current, parts, forced: self.forced.clone(), template };
        Ok(Some(Action::Propose(Box::new(Propose {
            title: self.title(),
            releases: self.outlooks.iter().filter_map(|outlook| Some((name(&outlook.component), outlook.printed()?))).collect(),
            branch: self.head,
            base: self.base.clone(),
            onto: self.line.window.head.clone(),
            body: Note::RequestBody(Box::new(body)),
            existing: files.iter().map(|(path, _)| path.clone()).filter(|path| self.line.files.contains_key(path)).collect(),
            files,
            seen: open.cloned(),
        }))))
    }

    /// Closing a release change request puts it off until another version would be released, or somebody reopens it.
    fn is_snoozed(&self) -> bool {
        let closed = self.seen.filter(|seen| seen.state == State::Closed && !seen.body.contains(WITHDRAWN));
        let Some(closed) = closed else { return false };
        let mut announced = announced(closed);
        announced.sort();
        let mut now: Vec<_> = self.outlooks.iter().filter_map(|outlook| Some((name(&outlook.component), outlook.printed()?))).collect();
        now.sort();
        announced == now
    }

    fn title(&self) -> String {
        let labels: Vec<_> = self.outlooks.iter().filter_map(|outlook| outlook.label()).collect();
        match labels.as_slice() {
            few if few.len() <= 3 => format!("{TITLE}{}", few.join(", ")),
            many => format!("{TITLE}{} components", many.len()),
        }
    }

    fn part(&self, outlook: &Outlook) -> Option<Part> {
        let notes = outlook.notes.clone();
        Part::new(self.line, (&outlook.component, outlook.version()?), outlook.previous.as_ref(), notes)
    }

    /// The version files with their new text. A file of several components, such as the lock file of a workspace, gets all their versions.
    fn version_files(&self) -> Result<Vec<(String, Note)>, String> {
        let mut packages = BTreeMap::new();
        for outlook in self.outlooks {
            let Some(version) = outlook.printed() else { continue };
            for file in &outlook.component.files {
                let name = self.line.files.get(&file.path).and_then(|text| files::package_name(file, text));
                packages.extend(name.map(|name| (name, version.clone())));
            }
        }
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for outlook in self.outlooks {
            let Some(version) = outlook.printed() else { continue };
            let release = files::Release { version: &version, packages: &packages };
            for file in &outlook.component.files {
                let path = file.path.as_str();
                let Some(text) = texts.get(path).or_else(|| self.line.files.get(path)) else {
                    return Err(format!("{path} is not in the repository: correct `files` in slipway.toml, or add it"));
                };
                let text = files::bump(file, text, &release).map_err(|problem| problem.to_string())?;
                texts.insert(path, text);
            }
        }
        // A file that is right already is written as well: what the branch holds depends on the base alone.
        Ok(texts.into_iter().map(|(path, text)| (path.to_owned(), Note::Text(text))).collect())
    }
}

/// What the title of a release change request starts with, which is its commit's subject as well.
const TITLE: &str = "chore(release): ";
/// What stands in the messages of Slipway's own commits: what they hold, so that somebody else's are known, and what they release.
const CONTENT: &str = "Slipway-Content: ";
const RELEASE: &str = "Slipway-Release: ";

/// The message of a release change request's commit, whose content has this digest.
pub fn message<N>(propose: &Propose<N>, digest: &str) -> String {
    let releases = propose.releases.iter().map(|(component, version)| format!("{RELEASE}{component}@{version}\n"));
    format!("{}\n\n{}{CONTENT}{digest}", propose.title, releases.collect::<String>())
}

/// Whether a commit with this message releases something: it says so, or has the title that release change requests have.
pub fn is_written(message: &str) -> bool {
    message.starts_with(TITLE) || message.lines().any(|line| line.starts_with(CONTENT))
}

/// Whether a commit is Slipway's own and holds content of this digest.
pub fn holds(message: &str, digest: &str) -> bool {
    message.lines().any(|line| line.strip_prefix(CONTENT) == Some(digest))
}

/// Whether a commit says that Slipway made it for a release. Anybody may write so, which alone gives it no rights.
pub fn claims(message: &str) -> bool {
    message.contains(CONTENT)
}

/// Whether somebody pushed to the branch. Bringing it up to date with its base, as the forges' buttons do, adds nothing.
fn is_foreign(message: &str) -> bool {
    let subject = message.lines().next().unwrap_or_default();
    !claims(message) && !commit::is_merge(subject)
}

/// Stands in a description that Slipway itself has closed, which puts nothing off.
pub const WITHDRAWN: &str = "<!-- slipway:withdrawn -->";

/// Ends notes in a description that are too long for it: what is missing there has not been deleted by anybody.
pub const ABRIDGED: &str = "<!-- slipway:abridged -->";

pub fn is_abridged(text: &str) -> bool {
    text.contains(ABRIDGED)
}

const FORCED: &str = "<!-- slipway:forced ";

/// The versions that a description remembers to have been asked for.
pub fn forced(body: &str) -> Forced {
    let marks = body.lines().filter_map(|line| line.trim().strip_prefix(FORCED)?.strip_suffix(" -->"));
    let words = marks.flat_map(str::split_whitespace);
    words.filter_map(|word| word.split_once('=')).map(|(component, version)| (component.to_owned(), version.to_owned())).collect()
}

/// The line that remembers them; empty for none.
pub fn forced_mark(forced: &Forced) -> String {
    let safe = |text: &&String| text.chars().all(|c| c.is_alphanumeric() || "._+-/".contains(c)) && !text.contains("--");
    let words: Vec<_> =
        forced.iter().filter(|(name, version)| safe(name) && safe(version)).map(|(name, version)| format!("{name}={version}")).collect();
    if words.is_empty() { String::new() } else { format!("{FORCED}{} -->", words.join(" ")) }
}

/// What a release change request releases: component (empty: all) and version. The bot's own commit says so, which nobody can edit;
/// where the tip is another, such as a merge of the base, the marks in the description do.
pub fn announced(proposal: &Proposal) -> Vec<(String, String)> {
    let told = proposal.message.lines().filter_map(|line| line.strip_prefix(RELEASE)?.rsplit_once('@'));
    let told: Vec<_> = told.map(|(component, version)| (component.to_owned(), version.to_owned())).collect();
    if !told.is_empty() {
        return told;
    }
    edits::blocks(&proposal.body).into_iter().map(|block| (block.component, block.version)).collect()
}

fn name(component: &Component) -> String {
    component.name.clone().unwrap_or_default()
}

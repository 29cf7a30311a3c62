//! What is in a project's repository: files as they are at a commit, and the paths that a commit touches.
//! Must not know which of them are asked for, nor why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::client::{Call, encode};
use super::{GitlabProject, together};
use crate::domain::history::Commit;
use crate::domain::names::Sha;
use crate::forge::error::absent;
use crate::forge::texts::LARGEST_FILE;
use crate::forge::{ForgeError, Result};

/// What a commit touches never changes, so it is asked for once; beyond this many commits it is asked for again.
const COMMITS_KNOWN: usize = 10_000;
/// Paths of one commit that are read at most.
const PATHS: usize = 3_000;

/// The paths that commits touch, by project and commit.
pub type PathsKnown = HashMap<(u64, Sha), Vec<String>>;

#[derive(Deserialize)]
struct File {
    blob_id: String,
    content: String,
}

#[derive(Deserialize)]
struct Difference {
    new_path: String,
    old_path: String,
}

impl GitlabProject<'_> {
    /// `GET /projects/:id/repository/files/:file_path`; gives the version of the file, and what is in it.
    pub(super) async fn file(&self, path: &str, at: &str) -> Result<Option<(String, Vec<u8>)>> {
        self.file_of(self.repository.path.as_str(), path, at).await
    }

    /// The same, of any project.
    pub(super) async fn file_of(&self, project: &str, path: &str, at: &str) -> Result<Option<(String, Vec<u8>)>> {
        let call = Call::get(format!("projects/{}/repository/files/{}", encode(project), encode(path))).with("ref", at);
        let Some(File { blob_id, content }) = absent(self.ask(call).await)? else { return Ok(None) };
        let bytes = STANDARD.decode(content.trim());
        let bytes = bytes.map_err(|error| ForgeError::Unreadable { call: path.to_owned(), why: error.to_string() })?;
        Ok(Some((blob_id, bytes)))
    }

    /// Those of the files that are there.
    pub(super) async fn texts(&self, paths: &BTreeSet<String>, at: &Sha) -> Result<BTreeMap<String, String>> {
        let read = paths.iter().map(|path| async move { Ok((path.clone(), self.text(path, at).await?)) });
        Ok(together(read).await?.into_iter().filter_map(|(path, text): (String, Option<String>)| Some((path, text?))).collect())
    }

    async fn text(&self, path: &str, at: &Sha) -> Result<Option<String>> {
        let unusable = |why: String| ForgeError::Unusable { path: format!("{path} at {}", at.short()), why };
        match self.file(path, at.as_str()).await? {
            Some((_, bytes)) if bytes.len() > LARGEST_FILE => Err(unusable(format!("it is larger than {LARGEST_FILE} bytes"))),
            Some((_, bytes)) => String::from_utf8(bytes).map(Some).map_err(|_| unusable("it is not text in UTF-8".to_owned())),
            None => Ok(None),
        }
    }

    /// Says of each of these commits what it touches, as `git log` does: a merge touches nothing of its own.
    pub(super) async fn read_paths(&self, commits: Vec<&mut Commit>) -> Result<()> {
        let unknown = commits.into_iter().filter(|commit| commit.files.is_none());
        let read = unknown.map(|commit| async move {
            commit.files = Some(if commit.parents.len() > 1 { Vec::new() } else { self.paths(&commit.sha).await? });
            Ok(())
        });
        together(read).await.map(drop)
    }

    /// `GET /projects/:id/repository/commits/:sha/diff`
    async fn paths(&self, sha: &Sha) -> Result<Vec<String>> {
        let key = (self.repository.id, sha.clone());
        if let Some(paths) = self.forge.paths.lock().await.get(&key) {
            return Ok(paths.clone());
        }
        let call = Call::get(self.at(&format!("/repository/commits/{sha}/diff")));
        let differences: Vec<Difference> = self.ask_some(call, PATHS).await?;
        let paths: BTreeSet<_> = differences.into_iter().flat_map(|difference| [difference.old_path, difference.new_path]).collect();
        let paths: Vec<_> = paths.into_iter().collect();
        let mut known = self.forge.paths.lock().await;
        if known.len() >= COMMITS_KNOWN {
            known.clear();
        }
        known.insert(key, paths.clone());
        Ok(paths)
    }
}

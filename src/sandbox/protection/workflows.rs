//! GitHub's guard over workflows: without a permission of its own, an App brings no workflow file into a repository that no
//! branch of it has just so. See "workflow" in
//! <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>.

use std::fmt;

use super::Attempt;
use crate::sandbox::{
    git::Git,
    world::{Kind, Repository, World},
};

/// Where workflows are.
const FOLDER: &str = ".github/workflows/";

/// Whether the App may change workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workflows {
    #[default]
    Writable,
    Withheld,
}

/// The App has not the permission for what it did. It is an error of its own, as GitHub answers it in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld;

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the App may not change workflows")
    }
}

impl std::error::Error for Withheld {}

/// Refuses what would bring in a workflow file without the permission.
pub(super) fn permit(attempt: &Attempt) -> anyhow::Result<()> {
    let Attempt { repository, actor, after, .. } = attempt;
    let is_guarded = repository.workflows == Workflows::Withheld && *actor == Kind::GitHub.bot();
    match after.and_then(|after| repository.git.resolve(after)) {
        Some(after) if is_guarded && brings_workflows(&repository.git, &after)? => Err(Withheld.into()),
        _ => Ok(()),
    }
}

/// Whether a commit that no branch holds changes a workflow to what no branch has.
fn brings_workflows(git: &Git, after: &str) -> anyhow::Result<bool> {
    let tips: Vec<String> = git.branches()?.into_iter().map(|(_, tip)| tip).collect();
    for commit in git.log_without(after, &tips)? {
        for change in git.changes_of(&commit.sha)? {
            let paths = [&change.path, &change.old_path];
            let is_new = |path: &str| tips.iter().all(|tip| blob(git, tip, path) != blob(git, &commit.sha, path));
            if paths.iter().any(|path| path.starts_with(FOLDER) && is_new(path)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn blob(git: &Git, commit: &str, path: &str) -> Option<String> {
    git.file(commit, path).map(|file| file.sha)
}

impl World {
    /// Whether the App may change workflows wherever it is installed.
    pub fn may_change_workflows(&self) -> bool {
        let is_withheld = |repository: &Repository| repository.workflows == Workflows::Withheld;
        !self.repositories_of(Kind::GitHub).any(is_withheld)
    }
}

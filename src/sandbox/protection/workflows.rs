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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The first file that it may not bring in.
    path: String,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refusing to allow a GitHub App to create or update workflow `{}` without `workflows` permission", self.path)
    }
}

impl std::error::Error for Withheld {}

/// Refuses what would bring in a workflow file without the permission.
pub(super) fn permit(attempt: &Attempt) -> anyhow::Result<()> {
    let Attempt { repository, actor, after, .. } = attempt;
    let is_guarded = repository.workflows == Workflows::Withheld && *actor == Kind::GitHub.bot();
    let Some(after) = after.and_then(|after| repository.git.resolve(after)).filter(|_| is_guarded) else { return Ok(()) };
    new_workflow(&repository.git, &after)?.map_or(Ok(()), |path| Err(Withheld { path }.into()))
}

/// A workflow that a commit which no branch holds changes to what no branch has.
fn new_workflow(git: &Git, after: &str) -> anyhow::Result<Option<String>> {
    let tips: Vec<String> = git.branches()?.into_iter().map(|(_, tip)| tip).collect();
    for commit in git.log_without(after, &tips)? {
        let is_new =
            |path: &String| path.starts_with(FOLDER) && tips.iter().all(|tip| blob(git, tip, path) != blob(git, &commit.sha, path));
        let mut paths = git.changes_of(&commit.sha)?.into_iter().flat_map(|change| [change.path, change.old_path]);
        if let Some(path) = paths.find(is_new) {
            return Ok(Some(path));
        }
    }
    Ok(None)
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

//! What else running a release asks on GitLab: what lies between two commits, and who holds a role.

use serde::Deserialize;

use super::GitlabProject;
use super::client::Call;
use super::ported::Ahead;
use crate::domain::facts::Between;
use crate::domain::names::Sha;
use crate::forge::Result;
use crate::forge::error::absent;

/// `GET /projects/:id/repository/compare`
#[derive(Deserialize)]
pub struct Comparison {
    /// What `to` has and `from` lacks, oldest first.
    #[serde(default)]
    pub commits: Vec<Ahead>,
    /// What differs between their merge base and `to`.
    #[serde(default)]
    pub diffs: Vec<Path>,
    /// There are more differences than GitLab shows (<https://docs.gitlab.com/administration/diff_limits/>).
    #[serde(default)]
    compare_timeout: bool,
}

#[derive(Deserialize)]
pub struct Path {
    new_path: String,
    old_path: String,
}

impl Path {
    /// Both names of a file that has another now.
    pub fn names(self) -> [String; 2] {
        [self.new_path, self.old_path]
    }
}

impl GitlabProject<'_> {
    /// Where one of them is gone nothing can be said, which is a list that lacks all.
    pub(super) async fn read_between(&self, since: &Sha, until: &Sha) -> Result<Between> {
        let Some(found) = self.compare(since.as_str(), until.as_str()).await? else {
            return Ok(Between { cut: true, ..Between::default() });
        };
        let files = found.diffs.into_iter().flat_map(Path::names).collect();
        Ok(Between { files, cut: found.compare_timeout })
    }

    /// `None` where one of the revisions is unknown.
    pub(super) async fn compare(&self, from: &str, to: &str) -> Result<Option<Comparison>> {
        let call = Call::get(self.at("/repository/compare")).with("from", from).with("to", to);
        absent(self.ask(call.with("straight", "false")).await)
    }
}

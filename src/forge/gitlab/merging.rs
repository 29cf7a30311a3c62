//! How a merge request would land on GitLab: by the project's merge method, squash option and commit templates.
//! Must not know what the messages say.

use serde::Deserialize;
use tokio::try_join;

use super::GitlabProject;
use super::client::Call;
use super::closing::closes;
use super::line::WireCommit;
use super::messages::{Spoken, Told};
use super::requests::MergeRequest;
use crate::domain::facts::{MergeMethod, Merging};
use crate::domain::names::Number;
use crate::forge::Result;
use crate::forge::error::absent;

/// Commits of one merge request that are read at most.
const COMMITS: usize = 500;

#[derive(Deserialize)]
struct Rules {
    default_branch: Option<String>,
    /// `merge`, `rebase_merge` or `ff`
    merge_method: Option<String>,
    /// `never`, `always`, `default_on` or `default_off`
    squash_option: Option<String>,
    merge_commit_template: Option<String>,
    squash_commit_template: Option<String>,
}

impl GitlabProject<'_> {
    pub(super) async fn read_merging(&self, number: Number) -> Result<Option<Merging>> {
        let commits = Call::get(self.at(&format!("/merge_requests/{number}/commits")));
        let commits = async { absent(self.ask_some::<WireCommit>(commits, COMMITS).await) };
        let rules = self.ask::<Rules>(Call::get(self.at("")));
        let (request, commits, rules) = try_join!(self.request(number), commits, rules)?;
        let (Some(request), Some(commits)) = (request, commits) else { return Ok(None) };
        let squash = request.squash;
        let told = self.told(request, commits, &rules);
        let methods = match rules.squash_option.as_deref() {
            Some("always") => vec![told.landing(&rules, Squash::Yes)],
            Some("never") => vec![told.landing(&rules, Squash::No)],
            _ if squash => vec![told.landing(&rules, Squash::Yes), told.landing(&rules, Squash::No)],
            _ => vec![told.landing(&rules, Squash::No), told.landing(&rules, Squash::Yes)],
        };
        Ok(Some(Merging { methods }))
    }

    /// Only merging into the default branch closes issues.
    fn told(&self, request: MergeRequest, commits: Vec<WireCommit>, rules: &Rules) -> Told {
        let project = self.repository.path.to_string();
        let description = request.description.unwrap_or_default();
        let is_final = rules.default_branch.as_deref() == Some(&request.target_branch);
        let closes = if is_final { closes(&description, &project, &self.page()) } else { Vec::new() };
        let spoken = |commit: WireCommit| Spoken {
            message: commit.message.unwrap_or_default(),
            author: format!("{} <{}>", commit.author_name.unwrap_or_default(), commit.author_email.unwrap_or_default()),
        };
        Told {
            source_branch: request.source_branch,
            target_branch: request.target_branch,
            source_project: request.source_project_id,
            title: request.title,
            description,
            url: format!("{}/-/merge_requests/{}", self.page(), request.iid),
            project,
            number: Number(request.iid),
            closes,
            author: request.author.name.unwrap_or(request.author.username),
            commits: commits.into_iter().rev().filter(|commit| commit.parent_ids.len() < 2).map(spoken).collect(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Squash {
    Yes,
    No,
}

impl Told {
    /// Unless the project only fast-forwards, a merge commit comes last, also after a squash.
    fn landing(&self, rules: &Rules, squash: Squash) -> (MergeMethod, Vec<String>) {
        let fast = rules.merge_method.as_deref() == Some("ff");
        let merge = (!fast).then(|| self.merge(rules.merge_commit_template.as_deref()));
        let (method, mut messages) = match (squash, fast) {
            (Squash::Yes, _) => (MergeMethod::Squash, vec![self.squash(rules.squash_commit_template.as_deref())]),
            (Squash::No, true) => (MergeMethod::Rebase, self.messages()),
            (Squash::No, false) => (MergeMethod::Merge, self.messages()),
        };
        messages.extend(merge);
        (method, messages)
    }

    fn messages(&self) -> Vec<String> {
        self.commits.iter().map(|commit| commit.message.clone()).collect()
    }
}

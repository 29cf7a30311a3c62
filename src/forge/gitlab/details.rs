//! What can be asked about a merge request on GitLab beside itself, and which are open: each question costs a call, and only what is
//! asked is read.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryFutureExt;
use futures::future::BoxFuture;
use serde::Deserialize;

use super::client::{Call, encode};
use super::line::WireCommit;
use super::read::{User, unreadable};
use super::requests::MergeRequest;
use super::{GitlabProject, together};
use crate::domain::facts::{Approval, Asked, Commit, Detail, Details, FileChange, Known, Listed, OpenRequest, Role};
use crate::domain::names::{BranchName, Moment, Number, Sha, UserName};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// How many of each are read at most.
const COMMITS: usize = 250;
const FILES: usize = 1000;
const EVENTS: usize = 1000;
const MEMBERS: usize = 1000;
const OPEN: usize = 1000;

#[derive(Deserialize)]
struct Difference {
    diff: Option<String>,
    new_path: String,
    old_path: String,
    #[serde(default)]
    renamed_file: bool,
}

#[derive(Deserialize)]
struct Approvals {
    #[serde(default)]
    approved_by: Vec<ApprovedBy>,
}

#[derive(Deserialize)]
struct ApprovedBy {
    user: Option<User>,
}

/// A label was set, or taken away.
#[derive(Deserialize)]
struct LabelEvent {
    id: u64,
    user: Option<User>,
    label: Option<Label>,
    action: String,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

/// Puts one answer, or a few of a kind, among what is known.
type Fill = Box<dyn FnOnce(&mut Known) + Send>;

impl GitlabProject<'_> {
    /// `sha` is the head. What the request itself tells, as how far it is behind, was asked for with it.
    pub(super) async fn read_details(&self, (request, sha): (&MergeRequest, &str), details: &Details) -> Result<Known> {
        let mut calls: Vec<BoxFuture<'_, Result<Fill>>> = Vec::new();
        let mut known = Known::default();
        let mut labels = BTreeSet::new();
        let mut upstream = BTreeSet::new();
        for detail in details {
            match detail {
                // How it would land is a question of its own; its commits are read below.
                Detail::Merging | Detail::Commits => {}
                Detail::Overrides => calls.push(filling(self.read_overrides(request, sha), |known, found| known.overrides = found)),
                Detail::Files => calls.push(filling(self.read_files(request), |known, found| known.files = found)),
                Detail::Approvals => calls.push(filling(self.read_approvals(request), |known, found| known.approvals = found)),
                Detail::Config => {
                    let version = self.own_file(sha).map_ok(|file| file.map(|file| file.version));
                    calls.push(filling(version, |known, found| known.config = found));
                }
                Detail::Behind => known.behind = Asked::Answered(behind(request)?),
                Detail::Setter(label) => _ = labels.insert(label.as_str()),
                Detail::Team(team) => {
                    let named = |members| Some((team.clone(), members));
                    calls.push(adding(self.read_team(team).map_ok(named), |known| &mut known.teams));
                }
                Detail::Unmerged { from, to } => {
                    let pair = |found: Option<_>| found.map(|found| ((from.clone(), to.clone()), found));
                    calls.push(adding(self.read_unmerged(from, to).map_ok(pair), |known| &mut known.unmerged));
                }
                Detail::Backports { label } => {
                    let labelled = |found| Some((label.clone(), found));
                    calls.push(adding(self.read_backports(request, label).map_ok(labelled), |known| &mut known.backports));
                }
                Detail::Upstream(branch) => _ = upstream.insert(branch),
            }
        }
        if !labels.is_empty() {
            calls.push(filling(self.read_setters(request, labels), |known, found| known.setters = found));
        }
        if details.contains(&Detail::Commits) || !upstream.is_empty() {
            calls.push(Box::pin(self.read_history((request, sha), upstream)));
        }
        for fill in together(calls).await? {
            fill(&mut known);
        }
        Ok(known)
    }

    /// Its commits, and which of them some branches have.
    async fn read_history(&self, (request, sha): (&MergeRequest, &str), upstream: BTreeSet<&BranchName>) -> Result<Fill> {
        let commits = self.read_commits(request, sha).await?;
        let mut found = BTreeMap::new();
        for branch in upstream {
            found.insert(branch.clone(), self.read_upstream(&commits.items, branch).await?);
        }
        Ok(Box::new(|known| {
            known.commits = Asked::Answered(commits);
            known.upstream = if found.is_empty() { Asked::Never } else { Asked::Answered(found) };
        }))
    }

    /// What the head has and the base lacks, as `GET /projects/:id/repository/commits` lists it: the list of the merge request itself
    /// leaves out the parents. Where the base is gone nothing can be said, which is a list that lacks all.
    async fn read_commits(&self, request: &MergeRequest, sha: &str) -> Result<Listed<Commit>> {
        let range = format!("refs/heads/{}..{sha}", request.target_branch);
        let call = Call::get(self.at("/repository/commits")).with("ref_name", range);
        let Some(mut commits) = absent(self.ask_some::<WireCommit>(call, COMMITS + 1).await)? else {
            return Ok(Listed { items: Vec::new(), cut: true });
        };
        let cut = commits.len() > COMMITS;
        commits.truncate(COMMITS);
        let items = commits.into_iter().rev().map(commit).collect::<Result<_>>()?;
        Ok(Listed { items, cut })
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid/diffs`. GitLab tells no numbers of lines, so those of the difference are
    /// counted; of a file whose difference it does not show, because it is too large, they are 0.
    async fn read_files(&self, request: &MergeRequest) -> Result<Listed<FileChange>> {
        let call = Call::get(self.at(&format!("/merge_requests/{}/diffs", request.iid)));
        let mut differences: Vec<Difference> = self.ask_some(call, FILES + 1).await?;
        let cut = differences.len() > FILES;
        differences.truncate(FILES);
        Ok(Listed { items: differences.into_iter().map(FileChange::from).collect(), cut })
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid/approvals`, which does not say what the head was.
    async fn read_approvals(&self, request: &MergeRequest) -> Result<Vec<Approval>> {
        let approvals: Approvals = self.ask(Call::get(self.at(&format!("/merge_requests/{}/approvals", request.iid)))).await?;
        let users = approvals.approved_by.into_iter().filter_map(|approved| approved.user);
        let approval = |user: User| UserName::parse(&user.username).map(|by| Approval { by, on: None });
        users.map(approval).collect::<Result<_, _>>().map_err(unreadable("approvals"))
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid/resource_label_events`, if any of the labels is set.
    async fn read_setters(&self, request: &MergeRequest, mut labels: BTreeSet<&str>) -> Result<BTreeMap<String, (UserName, Role)>> {
        labels.retain(|label| request.labels.iter().any(|set| set == label));
        if labels.is_empty() {
            return Ok(BTreeMap::new());
        }
        let call = Call::get(self.at(&format!("/merge_requests/{}/resource_label_events", request.iid)));
        let mut events: Vec<LabelEvent> = self.ask_some(call, EVENTS).await?;
        events.sort_by_key(|event| event.id);
        let mut setters = BTreeMap::new();
        for label in labels {
            let is_about = |event: &&LabelEvent| event.label.as_ref().is_some_and(|about| about.name == label);
            let last = events.iter().rev().find(is_about).filter(|event| event.action == "add");
            // Of an account that is gone nobody can say what it was allowed.
            let Some(user) = last.and_then(|event| event.user.as_ref()) else { continue };
            let user = UserName::parse(&user.username).map_err(unreadable("label events"))?;
            let role = self.read_role(&user).await?;
            setters.insert(label.to_owned(), (user, role));
        }
        Ok(setters)
    }

    /// `GET /groups/:id/members/all`, which also has the members of the groups above. A group that cannot be seen has none.
    pub(super) async fn read_team(&self, team: &str) -> Result<BTreeSet<UserName>> {
        #[derive(Deserialize)]
        struct Member {
            username: String,
            membership_state: Option<String>,
        }
        let members = self.ask_some::<Member>(Call::get(format!("groups/{}/members/all", encode(team))), MEMBERS).await;
        let members = match members {
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { status: 403, .. }) => Vec::new(),
            members => members?,
        };
        let present = members.iter().filter(|member| member.membership_state.as_deref() != Some("awaiting"));
        present.map(|member| UserName::parse(&member.username)).collect::<Result<_, _>>().map_err(unreadable("members"))
    }

    /// `GET /projects/:id/merge_requests`
    pub(super) async fn read_open(&self, base: Option<&BranchName>) -> Result<Vec<OpenRequest>> {
        let mut call = self.requests().with("state", "opened").with("order_by", "created_at").with("sort", "asc");
        if let Some(base) = base {
            call = call.with("target_branch", base.as_str());
        }
        let requests: Vec<MergeRequest> = self.ask_some(call, OPEN).await?;
        requests.iter().filter_map(|request| Some((request, request.sha.as_deref()?))).map(open).collect()
    }
}

/// The call's answer, put among what is known.
fn filling<'a, T: Send + 'static>(
    call: impl Future<Output = Result<T>> + Send + 'a,
    fill: fn(&mut Known, Asked<T>),
) -> BoxFuture<'a, Result<Fill>> {
    Box::pin(call.map_ok(move |found| -> Fill { Box::new(move |known| fill(known, Asked::Answered(found))) }))
}

/// The call's answer, put beside those to other questions of its kind.
fn adding<'a, K: Ord + Send + 'static, V: Send + 'static>(
    call: impl Future<Output = Result<Option<(K, V)>>> + Send + 'a,
    kind: fn(&mut Known) -> &mut Asked<BTreeMap<K, V>>,
) -> BoxFuture<'a, Result<Fill>> {
    let fill = move |found: Option<(K, V)>| -> Fill {
        Box::new(move |known| match kind(known) {
            Asked::Answered(answers) => answers.extend(found),
            never @ Asked::Never => *never = Asked::Answered(found.into_iter().collect()),
        })
    };
    Box::pin(call.map_ok(fill))
}

fn behind(request: &MergeRequest) -> Result<u64> {
    let untold = || ForgeError::Unreadable { call: "merge request".to_owned(), why: "it does not tell diverged_commits_count".to_owned() };
    request.diverged_commits_count.ok_or_else(untold)
}

fn commit(commit: WireCommit) -> Result<Commit> {
    Ok(Commit {
        sha: Sha::parse(&commit.id).map_err(unreadable("commit"))?,
        message: commit.message.unwrap_or_default(),
        parents: commit.parent_ids.len(),
        author_name: commit.author_name.unwrap_or_default(),
        author_email: commit.author_email.unwrap_or_default(),
    })
}

fn open((request, sha): (&MergeRequest, &str)) -> Result<OpenRequest> {
    let invalid = unreadable("merge request");
    Ok(OpenRequest {
        number: Number(request.iid),
        head: Sha::parse(sha).map_err(&invalid)?,
        branch: BranchName::parse(&request.source_branch).map_err(&invalid)?,
        base: BranchName::parse(&request.target_branch).map_err(&invalid)?,
        updated_at: Moment(request.updated_at.as_second()),
    })
}

impl From<Difference> for FileChange {
    fn from(difference: Difference) -> Self {
        let Difference { diff, new_path, old_path, renamed_file } = difference;
        let text = diff.unwrap_or_default();
        // Of the lines that name the files, which GitLab leaves out here, older versions gave some before the first `@@`.
        let hunks = text.lines().skip_while(|line| !line.starts_with("@@"));
        let (added, removed) = hunks.fold((0, 0), |(added, removed), line| match line.bytes().next() {
            Some(b'+') => (added + 1, removed),
            Some(b'-') => (added, removed + 1),
            _ => (added, removed),
        });
        Self { path: new_path, previous: renamed_file.then_some(old_path), added, removed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(diff: &str, renamed_file: bool) -> FileChange {
        FileChange::from(Difference { diff: Some(diff.to_owned()), new_path: "b".into(), old_path: "a".into(), renamed_file })
    }

    #[test]
    fn lines_of_a_difference_are_counted_and_its_headings_are_not() {
        let found = change("--- a/a\n+++ b/b\n@@ -1,2 +1,3 @@ fn x\n-one\n+++two\n+\n three\n\\ No newline at end of file\n", true);
        assert_eq!((found.added, found.removed, found.previous.as_deref()), (2, 1, Some("a")));
        assert_eq!(change("", false), FileChange { path: "b".into(), previous: None, added: 0, removed: 0 });
    }
}

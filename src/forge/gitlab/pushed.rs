//! What a push changed on GitLab, what a tag is, and how a branch comes back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::client::{Call, encode};
use super::line::WireCommit;
use super::read::unreadable;
use super::requests::{Listed, MergeRequest};
use super::{GitlabProject, together};
use crate::domain::config::Pattern;
use crate::domain::facts::{Course, LandedCommit, Pushed, TagFacts, TagForm};
use crate::domain::history::Commit;
use crate::domain::names::{BranchName, Number, Sha, TagName};
use crate::forge::error::absent;
use crate::forge::{Applied, Result};

/// Commits of one push that are read at most.
const LANDED: usize = 100;
/// Commits that are asked about one by one at most, and merge requests whose commits are.
const ASKED: usize = 10;
/// Commits of one merge request, lost commits and branches that are read at most.
const READ: usize = 1000;

/// The merge requests that brought each commit, with their bases.
type Bringing = BTreeMap<Sha, Vec<(Number, BranchName)>>;

#[derive(Deserialize)]
struct WireTag {
    /// The object that the name stands for: the commit, or the tag's own object.
    target: String,
    /// Null for a tag of something else.
    commit: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Signature {
    verification_status: Option<String>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// `POST /projects/:id/repository/branches`
#[derive(Serialize)]
struct BranchBody<'a> {
    branch: &'a str,
    r#ref: &'a str,
}

impl GitlabProject<'_> {
    pub(super) async fn read_pushed(&self, branch: &BranchName, before: &Sha, after: &Sha) -> Result<Pushed> {
        let landed = Call::get(self.at("/repository/commits")).with("ref_name", format!("{before}..{after}"));
        let landed = async { absent(self.ask_some::<WireCommit>(landed.with("first_parent", "true"), LANDED).await) };
        let (base, landed) = tokio::try_join!(self.merge_base(after.as_str(), before), landed)?;
        let course =
            if base.as_ref() == Some(before) { Course::Forward } else { Course::Rewritten { lost: self.count_lost(before, after).await? } };
        // What was there before is not known any more after some rewriting: then nobody can tell what is new.
        let commits: Vec<Commit> = landed.unwrap_or_default().into_iter().map(Commit::try_from).collect::<Result<_>>()?;
        let mut bringing = self.read_bringing(branch, &commits).await?;
        let landed = commits.into_iter().map(|commit| LandedCommit {
            requests: bringing.remove(&commit.sha).unwrap_or_default(),
            subject: commit.message.lines().next().unwrap_or_default().to_owned(),
            author: None,
            sha: commit.sha,
        });
        Ok(Pushed { course, landed: landed.collect() })
    }

    /// `None` where what was lost is gone, or too much to count.
    async fn count_lost(&self, before: &Sha, after: &Sha) -> Result<Option<u64>> {
        let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("{after}..{before}"));
        let lost = absent(self.ask_some::<WireCommit>(call, READ).await)?;
        Ok(lost.map(|commits| commits.len()).filter(|count| *count < READ).map(|count| count as u64))
    }

    /// By the merge requests that were merged into the branch since; what they leave open is asked for commit by commit.
    async fn read_bringing(&self, branch: &BranchName, commits: &[Commit]) -> Result<Bringing> {
        let mut bringing = Bringing::new();
        if commits.is_empty() {
            return Ok(bringing);
        }
        let mut listed = Listed::new(Some(branch.clone()));
        self.list_for(&mut listed, &commits.iter().collect::<Vec<_>>()).await?;
        let found = listed.bringing(commits);
        for (request, landed) in &found {
            bring(&mut bringing, request, landed.iter().cloned())?;
        }
        // Where nothing was made by merging, all of the request's commits landed as they are.
        let forwarded = found.iter().filter(|(request, _)| request.made().next().is_none()).take(ASKED);
        let forwarded = forwarded.map(|(request, _)| async move {
            let call = Call::get(self.at(&format!("/merge_requests/{}/commits", request.iid)));
            Ok((*request, absent(self.ask_some::<WireCommit>(call, READ).await)?.unwrap_or_default()))
        });
        for (request, own) in together(forwarded).await? {
            bring(&mut bringing, request, own.iter().filter_map(|commit| Sha::parse(&commit.id).ok()))?;
        }
        let open = commits.iter().filter(|commit| !bringing.contains_key(&commit.sha)).take(ASKED);
        let asked = open.map(|commit| async move {
            let call = Call::get(self.at(&format!("/repository/commits/{}/merge_requests", commit.sha))).with("state", "merged");
            Ok((commit.sha.clone(), absent(self.ask_some::<MergeRequest>(call, ASKED).await)?.unwrap_or_default()))
        });
        for (sha, requests) in together(asked).await? {
            for request in &requests {
                bring(&mut bringing, request, [sha.clone()])?;
            }
        }
        Ok(bringing)
    }

    /// `GET /projects/:id/repository/tags/:tag_name`
    pub(super) async fn read_tag(&self, tag: &TagName, branches: &BTreeSet<String>) -> Result<Option<TagFacts>> {
        let path = self.at(&format!("/repository/tags/{}", encode(tag.as_str())));
        let Some(found) = absent(self.ask::<WireTag>(Call::get(path.clone())).await)? else { return Ok(None) };
        let Some(commit) = found.commit else { return Ok(None) };
        let sha = Sha::parse(&commit.id).map_err(unreadable("tag"))?;
        let form = async {
            if found.target == commit.id {
                return Ok(TagForm::Lightweight);
            }
            // `GET /projects/:id/repository/tags/:tag_name/signature`; a tag without one has none to be found.
            let signature: Option<Signature> = absent(self.ask(Call::get(format!("{path}/signature"))).await)?;
            let verified = signature.is_some_and(|signature| signature.verification_status.as_deref() == Some("verified"));
            Ok(if verified { TagForm::Signed } else { TagForm::Annotated })
        };
        let (form, branches) = tokio::try_join!(form, self.branches_with(&sha, branches))?;
        Ok(Some(TagFacts { commit: sha, form, branches }))
    }

    /// `GET /projects/:id/repository/commits/:sha/refs`
    async fn branches_with(&self, sha: &Sha, wanted: &BTreeSet<String>) -> Result<Vec<BranchName>> {
        let patterns: Vec<Pattern> = wanted.iter().filter_map(|pattern| Pattern::try_from(pattern.clone()).ok()).collect();
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::get(self.at(&format!("/repository/commits/{sha}/refs"))).with("type", "branch");
        let names: Vec<Name> = absent(self.ask_some(call, READ).await)?.unwrap_or_default();
        let wanted = names.iter().filter(|found| patterns.iter().any(|pattern| pattern.matches(&found.name)));
        Ok(wanted.filter_map(|found| BranchName::parse(&found.name).ok()).collect())
    }

    pub(super) async fn make_branch(&self, branch: &BranchName, at: &Sha) -> Result<Applied> {
        let body = BranchBody { branch: branch.as_str(), r#ref: at.as_str() };
        match self.tell(Call::post(self.at("/repository/branches"), &body)).await {
            Err(error) if error.is_rejection(400, "Branch already exists") => Ok(Applied::Unchanged),
            answer => {
                answer?;
                self.seen.lock().await.made_branch = true;
                Ok(Applied::Created)
            }
        }
    }
}

fn bring(bringing: &mut Bringing, request: &MergeRequest, commits: impl IntoIterator<Item = Sha>) -> Result<()> {
    let base = BranchName::parse(&request.target_branch).map_err(unreadable("merge request"))?;
    let entry = (Number(request.iid), base);
    for sha in commits {
        let known = bringing.entry(sha).or_default();
        if !known.contains(&entry) {
            known.push(entry.clone());
        }
    }
    Ok(())
}

//! What makes a release public: its tag, its page, and the end of its milestone.

use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::client::encode;
use super::write::{Body, GitObject, GitRef};
use crate::domain::facts::ReleaseSeen;
use crate::domain::names::{Sha, TagName};
use crate::domain::plan::{Latest, Release, Stability, Visibility};
use crate::forge::error::absent;
use crate::forge::texts::fit_or_link;
use crate::forge::{Applied, ForgeError, Result};

/// GitHub's limit of release notes, in characters.
pub const NOTES: usize = 125_000;

#[derive(Deserialize)]
struct ExistingRelease {
    id: u64,
    tag_name: String,
    body: Option<String>,
}

/// `POST /repos/{owner}/{repo}/releases`
#[derive(Serialize)]
struct ReleaseBody<'a> {
    tag_name: &'a str,
    name: &'a str,
    body: &'a str,
    draft: bool,
    prerelease: bool,
    /// Left out, every release would be “latest”, also that of an old line. Drafts and pre-releases cannot be.
    make_latest: &'static str,
}

/// `POST /repos/{owner}/{repo}/git/refs`
#[derive(Serialize)]
pub struct NewRef<'a> {
    pub r#ref: String,
    pub sha: &'a str,
}

#[derive(Deserialize)]
struct TagObject {
    object: GitObject,
}

/// `PATCH /repos/{owner}/{repo}/milestones/{milestone_number}`
#[derive(Serialize)]
struct MilestoneBody {
    state: &'static str,
}

impl GithubRepository<'_> {
    /// Notes that somebody has written stay, and so does a draft: whoever made it will say when it is to be public.
    pub(super) async fn publish(&self, release: &Release<String>) -> Result<Applied> {
        let tag = release.tag.as_str();
        let notes = fit_or_link(&release.notes, NOTES, release.everything.as_deref());
        // GitHub makes any number of drafts for a tag, so there the look comes directly before the write.
        if release.seen != ReleaseSeen::Absent || release.visibility == Visibility::Draft {
            // A draft is not found by its tag, so the newest releases are looked through.
            let newest: Vec<ExistingRelease> = self.get("/releases?per_page=100").await?;
            if let Some(existing) = newest.into_iter().find(|release| release.tag_name == tag) {
                return self.complete(&existing, &notes).await;
            }
        }
        let (draft, prerelease) = (release.visibility == Visibility::Draft, release.stability == Stability::Prerelease);
        let latest = release.latest == Latest::Yes && !draft && !prerelease;
        let make_latest = if latest { "true" } else { "false" };
        let body = ReleaseBody { tag_name: tag, name: &release.title, body: &notes, draft, prerelease, make_latest };
        match self.post("/releases", &body).await {
            Err(error) if error.is_rejection(422, "already_exists") => {
                self.complete(&self.get(&format!("/releases/tags/{}", encode(tag))).await?, &notes).await
            }
            answer => answer.map(|()| Applied::Created),
        }
    }

    async fn complete(&self, existing: &ExistingRelease, notes: &str) -> Result<Applied> {
        if existing.body.as_deref().is_some_and(|body| !body.trim().is_empty()) {
            return Ok(Applied::Unchanged);
        }
        self.patch(&format!("/releases/{}", existing.id), &Body { body: notes }).await.map(|()| Applied::Changed)
    }

    /// Creating a tag never moves one, so it needs no look before.
    pub(super) async fn make_tag(&self, tag: &TagName, at: &Sha) -> Result<Applied> {
        match self.post("/git/refs", &NewRef { r#ref: format!("refs/tags/{tag}"), sha: at.as_str() }).await {
            Err(error) if error.is_rejection(422, "Reference already exists") => self.same_tag(tag, at).await,
            answer => answer.map(|()| Applied::Created),
        }
    }

    async fn same_tag(&self, tag: &TagName, at: &Sha) -> Result<Applied> {
        let call = format!("GET /git/ref/tags/{tag}");
        let GitRef { mut object } = self.get(&format!("/git/ref/tags/{}", encode(tag.as_str()))).await?;
        while object.r#type == "tag" {
            object = self.get::<TagObject>(&format!("/git/tags/{}", object.sha)).await?.object;
        }
        if object.sha == at.as_str() {
            return Ok(Applied::Unchanged);
        }
        let other = object.sha.get(..10).unwrap_or(&object.sha);
        let message = format!("the tag {tag} stands for {other} and not for {}; delete it, or release another version", at.short());
        Err(ForgeError::Rejected { call, status: 422, message })
    }

    /// One that is gone is done with.
    pub(super) async fn close_milestone(&self, number: u64) -> Result<Applied> {
        let body = MilestoneBody { state: "closed" };
        let closed = absent(self.patch(&format!("/milestones/{number}"), &body).await)?;
        Ok(closed.map_or(Applied::Unchanged, |()| Applied::Changed))
    }
}

//! What a release leaves on GitLab: the tag, the release itself, and a milestone that is done.
//! Must not know what is in the notes.

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::{Call, encode};
use super::propose::passing;
use super::write::described;
use crate::domain::names::{Sha, TagName};
use crate::domain::plan::Release;
use crate::forge::error::absent;
use crate::forge::{Applied, ForgeError, Result};

#[derive(Deserialize)]
struct ExistingRelease {
    description: Option<String>,
}

/// `POST /projects/:id/releases`. GitLab has no drafts and no pre-releases, and what is latest it tells by dates: the name says what
/// it is.
#[derive(Serialize)]
struct ReleaseBody<'a> {
    tag_name: &'a str,
    name: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct Description<'a> {
    description: &'a str,
}

/// `POST /projects/:id/repository/tags`, without a message: a lightweight tag.
#[derive(Serialize)]
struct TagBody<'a> {
    tag_name: &'a str,
    r#ref: &'a str,
}

#[derive(Deserialize)]
struct ExistingTag {
    commit: Option<TaggedCommit>,
}

#[derive(Deserialize)]
struct TaggedCommit {
    id: String,
}

#[derive(Deserialize)]
struct Milestone {
    id: u64,
    title: String,
}

#[derive(Serialize)]
struct MilestoneEdit {
    state_event: &'static str,
}

impl GitlabProject<'_> {
    pub(super) async fn publish(&self, release: &Release<String>) -> Result<Applied> {
        let tag = release.tag.as_str();
        let notes = described(&release.notes);
        let path = self.at(&format!("/releases/{}", encode(tag)));
        match absent(self.ask::<ExistingRelease>(Call::get(path.clone())).await)? {
            Some(existing) if existing.description.as_deref().is_some_and(|text| !text.trim().is_empty()) => Ok(Applied::Unchanged),
            Some(_) => self.tell(Call::put(path, &Description { description: &notes })).await.map(|()| Applied::Changed),
            None => {
                let body = ReleaseBody { tag_name: tag, name: &release.title, description: &notes };
                self.tell(Call::post(self.at("/releases"), &body)).await.map_err(passing).map(|()| Applied::Created)
            }
        }
    }

    /// GitLab refuses to make a tag that is there, without saying where it stands.
    pub(super) async fn tag(&self, tag: &TagName, at: &Sha) -> Result<Applied> {
        let body = TagBody { tag_name: tag.as_str(), r#ref: at.as_str() };
        let refusal = match self.tell(Call::post(self.at("/repository/tags"), &body)).await {
            Err(error) if error.is_rejection(400, "") => error,
            answer => return answer.map(|()| Applied::Created),
        };
        let call = format!("/repository/tags/{}", encode(tag.as_str()));
        let there: Option<ExistingTag> = absent(self.ask(Call::get(self.at(&call))).await)?;
        match there.map(|tag| tag.commit.map(|commit| commit.id).unwrap_or_default()) {
            Some(commit) if commit == at.as_str() => Ok(Applied::Unchanged),
            Some(commit) => {
                let message = format!("the tag {tag} stands for {commit} already, not for {at}: delete it, or release another version");
                Err(ForgeError::Rejected { call: format!("POST {call}"), status: 400, message })
            }
            None => Err(refusal),
        }
    }

    /// `PUT /projects/:id/milestones/:milestone_id`
    pub(super) async fn close_milestone(&self, titles: &[String]) -> Result<Applied> {
        let open = Call::get(self.at("/milestones")).with("state", "active");
        let Some(milestone) = self.find::<Milestone>(open, |milestone| titles.contains(&milestone.title)).await? else {
            return Ok(Applied::Unchanged);
        };
        let call = Call::put(self.at(&format!("/milestones/{}", milestone.id)), &MilestoneEdit { state_event: "close" });
        self.tell(call).await.map(|()| Applied::Changed)
    }
}

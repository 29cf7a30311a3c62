//! What a release leaves on GitLab: the tag, the release itself, and a milestone that is done.
//! Must not know what is in the notes.

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::{Call, encode};
use super::propose::passing;
use super::write::described;
use crate::domain::facts::ReleaseSeen;
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

#[derive(Serialize)]
struct MilestoneEdit {
    state_event: &'static str,
}

impl GitlabProject<'_> {
    pub(super) async fn publish(&self, release: &Release<String>) -> Result<Applied> {
        let tag = release.tag.as_str();
        let notes = described(&release.notes);
        if matches!(release.seen, ReleaseSeen::WithoutNotes | ReleaseSeen::WithNotes) {
            return self.complete_notes(tag, &notes).await;
        }
        // There is one release for a tag, so GitLab itself says whether it is there.
        let body = ReleaseBody { tag_name: tag, name: &release.title, description: &notes };
        match self.tell(Call::post(self.at("/releases"), &body)).await {
            Err(error) if error.is_rejection(409, "already exists") => self.complete_notes(tag, &notes).await,
            answer => answer.map_err(passing).map(|()| Applied::Created),
        }
    }

    /// Notes that somebody has written stay.
    async fn complete_notes(&self, tag: &str, notes: &str) -> Result<Applied> {
        let path = self.at(&format!("/releases/{}", encode(tag)));
        let existing: ExistingRelease = self.ask(Call::get(path.clone())).await?;
        if existing.description.is_some_and(|text| !text.trim().is_empty()) {
            return Ok(Applied::Unchanged);
        }
        self.tell(Call::put(path, &Description { description: notes })).await.map(|()| Applied::Changed)
    }

    /// GitLab refuses to make a tag that is there, without saying where it stands.
    pub(super) async fn make_tag(&self, tag: &TagName, at: &Sha) -> Result<Applied> {
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

    /// `PUT /projects/:id/milestones/:milestone_id`. One that is gone is done with.
    pub(super) async fn close_milestone(&self, id: u64) -> Result<Applied> {
        let call = Call::put(self.at(&format!("/milestones/{id}")), &MilestoneEdit { state_event: "close" });
        Ok(absent(self.tell(call).await)?.map_or(Applied::Unchanged, |()| Applied::Changed))
    }
}

//! Labels on GitLab: those that the project has, and those of a merge request.

use serde::Serialize;

use super::GitlabProject;
use super::client::{Call, encode};
use super::requests::MergeRequest;
use crate::domain::names::Number;
use crate::domain::plan::LabelCourse;
use crate::forge::error::absent;
use crate::forge::{Applied, Result};

/// GitLab wants one; this is its own first suggestion.
const COLOUR: &str = "#6699cc";
/// Characters of a label's description.
const ABOUT: usize = 255;

/// `POST /projects/:id/labels`
#[derive(Serialize)]
struct LabelBody<'a> {
    name: &'a str,
    color: &'a str,
    description: String,
}

/// `PUT /projects/:id/merge_requests/:merge_request_iid`
#[derive(Serialize, Default)]
struct Labelling<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    add_labels: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remove_labels: Option<[&'a str; 1]>,
}

impl GitlabProject<'_> {
    /// One that is there stays as people have made it, also one of a group above. It is looked for where an attempt before may have made it:
    /// what GitLab answers to a second one is in none of its descriptions.
    pub(super) async fn make_label(&self, name: &str, about: &str) -> Result<Applied> {
        if !self.seen.lock().await.made_branch {
            let there = absent(self.tell(Call::get(self.at(&format!("/labels/{}", encode(name))))).await)?;
            if there.is_some() {
                return Ok(Applied::Unchanged);
            }
        }
        let body = LabelBody { name, color: COLOUR, description: about.chars().take(ABOUT).collect() };
        match self.tell(Call::post(self.at("/labels"), &body)).await {
            Err(error) if error.is_rejection(409, "") || error.is_rejection(400, "already been taken") => Ok(Applied::Unchanged),
            answer => answer.map(|()| Applied::Created),
        }
    }

    /// GitLab makes a label that the project does not have yet. What is not known is written: it changes nothing where it is so.
    pub(super) async fn label(&self, number: Number, label: &str, course: LabelCourse) -> Result<Applied> {
        let known = self.requests.lock().await.get(&number.0).cloned().flatten();
        let is_put = course == LabelCourse::Put;
        if known.is_some_and(|request| request.labels.iter().any(|set| set == label) == is_put) {
            return Ok(Applied::Unchanged);
        }
        let body = match course {
            LabelCourse::Put => Labelling { add_labels: Some([label]), ..Labelling::default() },
            LabelCourse::TakeOff => Labelling { remove_labels: Some([label]), ..Labelling::default() },
        };
        let call = Call::put(self.at(&format!("/merge_requests/{number}")), &body);
        let Some(written) = absent(self.ask::<MergeRequest>(call).await)? else { return Ok(Applied::Unchanged) };
        self.requests.lock().await.insert(number.0, Some(written));
        Ok(Applied::Changed)
    }
}

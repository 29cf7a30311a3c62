//! What a release of a tag meets on GitLab: the release itself, which the list of tags tells; Slipway's status on the commit, and open
//! milestones, each of which takes a call. Must not know what follows from it.

use serde::Deserialize;
use tokio::try_join;

use super::GitlabProject;
use super::client::Call;
use crate::domain::facts::{Milestone, RefusalWanted, ReleaseSeen, Standing, StandingWanted};
use crate::domain::names::{Sha, TagName};
use crate::domain::plan::CheckName;
use crate::forge::Result;

#[derive(Deserialize)]
struct OpenMilestone {
    id: u64,
    title: String,
}

impl GitlabProject<'_> {
    pub(super) async fn standing(&self, wanted: &StandingWanted, (tag, at): (&TagName, &Sha), release: ReleaseSeen) -> Result<Standing> {
        let (is_refused, milestones) = try_join!(self.is_refused(wanted.refusal, tag, at), self.milestones(wanted))?;
        Ok(Standing { release, is_refused, milestones })
    }

    async fn is_refused(&self, wanted: RefusalWanted, tag: &TagName, at: &Sha) -> Result<bool> {
        if wanted == RefusalWanted::IfAtHand {
            return Ok(false);
        }
        let state = self.own_state(CheckName::Release, (tag.as_str(), at)).await?;
        Ok(state.is_some_and(|state| state != "success"))
    }

    /// `GET /projects/:id/milestones`. `search` looks for a part of a title or description, and each title has the shortest in it.
    async fn milestones(&self, wanted: &StandingWanted) -> Result<Vec<Milestone>> {
        let titles = &wanted.milestones;
        let Some(shortest) = titles.iter().min_by_key(|title| title.len()) else { return Ok(Vec::new()) };
        let mut open = Call::get(self.at("/milestones")).with("state", "active").with("per_page", "100");
        if titles.iter().all(|title| title.contains(shortest.as_str())) {
            open = open.with("search", shortest.as_str());
        }
        let found: Vec<OpenMilestone> = self.ask(open).await?;
        let named = found.into_iter().filter(|milestone| titles.contains(&milestone.title));
        Ok(named.map(|OpenMilestone { id, title }| Milestone { id, title }).collect())
    }
}

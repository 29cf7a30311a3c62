//! Milestones, which both forges have: titled, numbered in their repository, open or closed.

use anyhow::Context as _;
use jiff::Timestamp;

use super::{
    happening::{MilestoneAction, TopicAction, What},
    topic::{Topic, TopicKey},
    world::{Kind, Repository, World},
};

#[derive(Clone, Debug)]
pub struct Milestone {
    pub id: u64,
    /// The number that people see, counted in the repository.
    pub number: u64,
    pub title: String,
    pub description: Option<String>,
    pub author: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// None while open.
    pub closed_at: Option<Timestamp>,
}

impl Milestone {
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneState {
    Open,
    Closed,
}

/// New values of a milestone; None leaves one as it is.
#[derive(Clone, Debug, Default)]
pub struct MilestoneEdit {
    pub title: Option<String>,
    pub description: Option<String>,
    pub state: Option<MilestoneState>,
}

impl Repository {
    pub fn milestone(&self, number: u64) -> Option<&Milestone> {
        self.milestones.iter().find(|milestone| milestone.number == number)
    }

    /// The one that a topic belongs to.
    pub fn milestone_of(&self, topic: &Topic) -> Option<&Milestone> {
        self.milestone(topic.milestone?)
    }

    /// How many issues and change requests that are open, and how many that are closed, belong to it.
    pub fn counts_of(&self, milestone: &Milestone) -> (usize, usize) {
        let (open, closed): (Vec<&Topic>, Vec<&Topic>) =
            self.topics.iter().filter(|topic| topic.milestone == Some(milestone.number)).partition(|topic| topic.is_open());
        (open.len(), closed.len())
    }
}

impl World {
    /// Puts an issue or a change request into the milestone of a title, or takes it out of the one that it is in.
    pub fn set_milestone(&mut self, repository: u64, key: TopicKey, by: &str, title: Option<&str>) -> anyhow::Result<()> {
        self.meet(by);
        let it = self.repository(repository)?;
        let kind = it.kind;
        let find = |title: &str| it.milestones.iter().find(|own| own.title == title).map(|own| own.number);
        let new = title.map(|title| find(title).with_context(|| format!("there is no milestone {title}"))).transpose()?;
        let topic = self.touch(repository, key)?;
        let before = std::mem::replace(&mut topic.milestone, new);
        if before == new {
            return Ok(());
        }
        if kind == Kind::GitLab {
            return self.tell(repository, by, What::Topic(key, TopicAction::Remilestoned(before)));
        }
        if let Some(before) = before {
            self.tell(repository, by, What::Topic(key, TopicAction::Demilestoned(before)))?;
        }
        new.map_or(Ok(()), |new| self.tell(repository, by, What::Topic(key, TopicAction::Milestoned(new))))
    }

    /// Makes a milestone and gives its number.
    pub fn add_milestone(&mut self, repository: u64, author: &str, title: &str) -> anyhow::Result<u64> {
        self.meet(author);
        let (id, now) = (self.next_id(), self.tick());
        let milestones = &mut self.repository_mut(repository)?.milestones;
        let number = milestones.iter().map(|milestone| milestone.number).max().unwrap_or(0) + 1;
        let milestone = Milestone {
            id,
            number,
            title: title.to_owned(),
            description: None,
            author: author.to_owned(),
            created_at: now,
            updated_at: now,
            closed_at: None,
        };
        milestones.push(milestone.clone());
        self.tell(repository, author, What::Milestone(milestone, MilestoneAction::Created))?;
        Ok(number)
    }

    /// Changes a milestone. Opening and closing it is told; the rest GitLab does not tell, and nobody hears it from GitHub.
    pub fn edit_milestone(&mut self, repository: u64, number: u64, actor: &str, edit: MilestoneEdit) -> anyhow::Result<()> {
        let now = self.tick();
        let mut milestones = self.repository_mut(repository)?.milestones.iter_mut();
        let milestone = milestones.find(|milestone| milestone.number == number);
        let milestone = milestone.with_context(|| format!("there is no milestone {number}"))?;
        milestone.updated_at = now;
        milestone.title = edit.title.unwrap_or_else(|| milestone.title.clone());
        milestone.description = edit.description.or_else(|| milestone.description.take());
        let action = match (edit.state, milestone.is_open()) {
            (Some(MilestoneState::Closed), true) => MilestoneAction::Closed,
            (Some(MilestoneState::Open), false) => MilestoneAction::Reopened,
            _ => return Ok(()),
        };
        milestone.closed_at = (action == MilestoneAction::Closed).then_some(now);
        let milestone = milestone.clone();
        self.tell(repository, actor, What::Milestone(milestone, action))
    }
}

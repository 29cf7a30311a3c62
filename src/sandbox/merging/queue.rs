//! Merging one change request after another, each tested on top of those before it: GitHub's merge queue, GitLab's merge train.

use anyhow::Context as _;

use super::{Made, Merging, branch_reference, open_request};
use crate::sandbox::{
    happening::{PipelineState, QueueAction, What},
    protection::rulesets::lacking,
    topic::Merge,
    world::{Kind, Repository, World},
};

/// Who makes and deletes the branches of GitHub's queue.
const KEEPER: &str = "github-merge-queue[bot]";

/// A change request that waits for its turn, merged on a branch of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub number: u64,
    /// Who put it there.
    pub by: String,
    pub base: String,
    /// What it was merged into: the tip of the base, or of the group before.
    pub base_sha: String,
    /// The full name of the reference to its merge commit.
    pub reference: String,
    pub sha: String,
    /// The pipeline that tests it (GitLab).
    pub pipeline: u64,
}

/// Why a group is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    Merged,
    /// Something before it in the queue went, or the base moved.
    Invalidated,
    Dequeued,
}

impl Repository {
    pub fn group(&self, number: u64) -> Option<&Group> {
        self.queue.iter().find(|group| group.number == number)
    }
}

impl World {
    /// Puts an open change request at the end of the queue of its base, and gives the commit that is tested.
    pub fn enqueue(&mut self, repository: u64, number: u64, by: &str) -> anyhow::Result<String> {
        self.meet(by);
        anyhow::ensure!(self.repository(repository)?.group(number).is_none(), "change request {number} is queued already");
        self.tell(repository, by, What::Queue(number, QueueAction::Enqueued))?;
        self.build_group(repository, number, by)
    }

    fn build_group(&mut self, repository: u64, number: u64, by: &str) -> anyhow::Result<String> {
        self.tick_commit();
        let pipeline = self.next_id();
        let it = self.repository(repository)?;
        let (topic, change) = open_request(it, number)?;
        let before = it.queue.iter().rfind(|group| group.base == change.base).map(|group| group.sha.clone());
        let onto = before.or_else(|| it.git.branch(&change.base)).context("the base branch is gone")?;
        let merging = Merging { world: self, repository: it, topic, change, by: self.person(by) };
        let sha = merging.run_onto(onto.clone(), Merge::MergeCommit)?.tip;
        let reference = match it.kind {
            Kind::GitHub => branch_reference(&format!("gh-readonly-queue/{}/pr-{number}-{onto}", change.base)),
            Kind::GitLab => format!("refs/merge-requests/{number}/train"),
        };
        let base = change.base.clone();
        let group = Group { number, by: by.to_owned(), base, base_sha: onto, reference, sha: sha.clone(), pipeline };
        self.point(repository, &group)?;
        self.repository_mut(repository)?.queue.push(group.clone());
        self.tell(repository, by, What::Queue(number, QueueAction::Built(group, PipelineState::Pending)))?;
        Ok(sha)
    }

    /// GitHub's branches are pushed like any other; of GitLab's references nothing tells.
    fn point(&mut self, repository: u64, group: &Group) -> anyhow::Result<()> {
        self.meet(KEEPER);
        match self.repository(repository)?.kind {
            Kind::GitHub => self.move_reference(repository, KEEPER, &group.reference, Some(&group.sha)),
            Kind::GitLab => self.repository(repository)?.git.set_reference(&group.reference, &group.sha),
        }
    }

    /// Merges the first of the queue of a base with the very commit that was tested, once all that the rules require is green.
    /// When the base has moved meanwhile, the queue is built anew instead, which is an error here.
    pub fn queue_merge(&mut self, repository: u64, base: &str) -> anyhow::Result<String> {
        let it = self.repository(repository)?;
        let group = it.queue.iter().find(|group| group.base == base).context("nothing is queued")?.clone();
        if it.git.branch(base).as_ref() != Some(&group.base_sha) {
            self.rebuild(repository, 0, base)?;
            anyhow::bail!("{base} has moved, and the queue was built anew");
        }
        let lacking = lacking(self, it, &branch_reference(base), &group.sha);
        anyhow::ensure!(lacking.is_empty(), "{}", lacking.join("\n"));
        if it.kind == Kind::GitLab {
            let built = QueueAction::Built(group.clone(), PipelineState::Success);
            self.tell(repository, &group.by, What::Queue(group.number, built))?;
        }
        let made = Made { onto: group.base_sha.clone(), tip: group.sha.clone(), squash: None };
        self.repository_mut(repository)?.queue.retain(|queued| queued.number != group.number);
        let tip = self.land(repository, group.number, (&group.by, made, Merge::MergeCommit))?;
        self.discard(repository, &group, Gone::Merged)?;
        Ok(tip)
    }

    /// Takes a change request out of the queue; those behind it are built anew without it.
    pub fn dequeue(&mut self, repository: u64, number: u64) -> anyhow::Result<()> {
        let queue = &mut self.repository_mut(repository)?.queue;
        let place = queue.iter().position(|group| group.number == number).with_context(|| format!("{number} is not queued"))?;
        let group = queue.remove(place);
        self.discard(repository, &group, Gone::Dequeued)?;
        self.rebuild(repository, place, &group.base)
    }

    /// Builds all groups of a base from a place in the queue on anew.
    fn rebuild(&mut self, repository: u64, from: usize, base: &str) -> anyhow::Result<()> {
        let queue = &self.repository(repository)?.queue;
        let invalid: Vec<Group> = queue.iter().skip(from).filter(|group| group.base == base).cloned().collect();
        let is_valid = |group: &Group| !invalid.contains(group);
        self.repository_mut(repository)?.queue.retain(is_valid);
        for group in &invalid {
            self.discard(repository, group, Gone::Invalidated)?;
        }
        invalid.iter().try_for_each(|group| self.build_group(repository, group.number, &group.by).map(drop))
    }

    fn discard(&mut self, repository: u64, group: &Group, why: Gone) -> anyhow::Result<()> {
        if why != Gone::Invalidated {
            self.tell(repository, &group.by, What::Queue(group.number, QueueAction::Left(why)))?;
        }
        self.tell(repository, KEEPER, What::Queue(group.number, QueueAction::Destroyed(group.clone(), why)))?;
        match self.repository(repository)?.kind {
            Kind::GitHub => self.move_reference(repository, KEEPER, &group.reference, None),
            Kind::GitLab => self.repository(repository)?.git.delete_reference(&group.reference),
        }
    }
}

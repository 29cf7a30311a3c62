//! What the Revert button of each forge does to a merged change request: a branch that takes its commits back, and a
//! change request for it, both named and worded as the forge does.

use anyhow::Context as _;

use super::{
    acts::Proposal,
    git::{Commit, Saying},
    topic::{Change, Merge, Merged, Topic},
    world::{Kind, Repository, World},
};

impl World {
    /// Reverts a merged request and gives the number of the request that proposes it.
    pub fn revert(&mut self, repository: u64, number: u64, by: &str) -> anyhow::Result<u64> {
        self.meet(by);
        self.tick_commit();
        let it = self.repository(repository)?;
        let (topic, change) = it.request(number).with_context(|| format!("there is no change request {number}"))?;
        let merged = change.merged.as_ref().with_context(|| format!("change request {number} is not merged"))?;
        let mut tip = it.git.branch(&change.base).context("the base branch is gone")?;
        let person = self.person(by);
        for commit in reverted(it, merged)? {
            tip = it.git.revert(&tip, &commit.sha, &Saying::by(&person, &message(it.kind, topic, &commit)))?.clean()?;
        }
        let proposal = proposal(it, topic, change, merged)?;
        self.push(repository, by, &format!("refs/heads/{}", proposal.head), Some(&tip))?;
        self.open_request(repository, by, proposal)
    }
}

/// The commits to take back, newest first. GitLab knows of no more than the one at the tip.
fn reverted(repository: &Repository, merged: &Merged) -> anyhow::Result<Vec<Commit>> {
    match (repository.kind, merged.method) {
        (Kind::GitHub, Merge::Rebase) => repository.git.log(&merged.sha, Some(&merged.onto)),
        _ => Ok(vec![repository.git.commit(&merged.sha)?]),
    }
}

fn message(kind: Kind, topic: &Topic, commit: &Commit) -> String {
    let reason = match (kind, commit.parents.as_slice()) {
        (Kind::GitLab, [_, _, ..]) => format!("This reverts merge request !{}", topic.number),
        (Kind::GitLab, _) => format!("This reverts commit {}", commit.sha),
        (Kind::GitHub, [onto, _, ..]) => format!("This reverts commit {}, reversing\nchanges made to {onto}.", commit.sha),
        (Kind::GitHub, _) => format!("This reverts commit {}.", commit.sha),
    };
    format!("Revert \"{}\"\n\n{reason}", commit.subject())
}

fn proposal(repository: &Repository, topic: &Topic, change: &Change, merged: &Merged) -> anyhow::Result<Proposal> {
    let number = topic.number;
    let (head, title, body) = match repository.kind {
        Kind::GitHub => {
            let body = format!("Reverts {}#{number}", repository.path);
            (format!("revert-{number}-{}", change.head), format!("Revert \"{}\"", topic.title), body)
        }
        // GitLab proposes one commit under its own words.
        Kind::GitLab => {
            let message = message(Kind::GitLab, topic, &repository.git.commit(&merged.sha)?);
            let (title, body) = message.split_once("\n\n").unwrap_or((&message, ""));
            (format!("revert-{}", merged.sha.get(..8).unwrap_or_default()), title.to_owned(), body.to_owned())
        }
    };
    Ok(Proposal { title, body: Some(body), source: repository.id, head, base: change.base.clone(), ..Proposal::default() })
}

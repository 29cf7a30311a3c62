//! What people say of change requests beside comments: reviews and their withdrawal, labels with who set them, drafts, and
//! issues pinned for all to see.

use anyhow::Context as _;
use jiff::Timestamp;

use super::{
    acts::Edit,
    happening::{ReviewAction, TopicAction, What},
    topic::{Topic, TopicKey},
    world::{Kind, Repository, World},
};

/// The most issues that GitHub pins in a repository.
pub const MOST_PINNED: usize = 3;

/// A review of a change request; on GitLab, an approval.
#[derive(Clone, Debug)]
pub struct Review {
    pub id: u64,
    pub author: String,
    pub verdict: Verdict,
    pub body: Option<String>,
    /// The head that was reviewed.
    pub sha: String,
    pub submitted_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approved,
    ChangesRequested,
    Commented,
    /// It was an opinion, until somebody took it back.
    Dismissed,
}

/// Somebody put a label on an issue or a change request, or took it off.
#[derive(Clone, Debug)]
pub struct LabelEvent {
    pub id: u64,
    pub user: String,
    pub label: String,
    pub kind: LabelKind,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKind {
    Added,
    Removed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Ready,
}

impl Topic {
    fn reviews(&self) -> &[Review] {
        self.change.as_ref().map_or(&[], |change| &change.reviews)
    }

    /// The last review of each person that is more than a comment, dismissed ones too, in the order of the first.
    pub fn opinions(&self) -> Vec<&Review> {
        let mut latest: Vec<&Review> = Vec::new();
        for review in self.reviews().iter().filter(|review| review.verdict != Verdict::Commented) {
            match latest.iter_mut().find(|known| known.author == review.author) {
                Some(known) => *known = review,
                None => latest.push(review),
            }
        }
        latest
    }

    /// Who approves it now.
    pub fn approvals(&self) -> Vec<&Review> {
        self.opinions().into_iter().filter(|review| review.verdict == Verdict::Approved).collect()
    }
}

impl Repository {
    pub fn pinned(&self) -> usize {
        self.topics.iter().filter(|topic| topic.pinned).count()
    }
}

impl World {
    /// Reviews the present head of a change request and gives the review's id. GitLab knows approvals alone.
    pub fn review(&mut self, repository: u64, number: u64, author: &str, (verdict, body): (Verdict, Option<&str>)) -> anyhow::Result<u64> {
        self.meet(author);
        let it = self.repository(repository)?;
        let (topic, change) = it.request(number).with_context(|| format!("there is no change request {number}"))?;
        match it.kind {
            Kind::GitHub => anyhow::ensure!(topic.author != author, "nobody reviews a change request of their own"),
            Kind::GitLab => {
                anyhow::ensure!(verdict == Verdict::Approved, "GitLab knows approvals alone");
                anyhow::ensure!(topic.approvals().iter().all(|own| own.author != author), "{author} has approved already");
            }
        }
        let (author, body, sha) = (author.to_owned(), body.map(str::to_owned), change.head_sha.clone());
        let (id, submitted_at) = (self.next_id(), self.tick());
        let review = Review { id, author, verdict, body, sha, submitted_at };
        self.reviews_mut(repository, number)?.push(review.clone());
        let by = review.author.clone();
        self.tell(repository, &by, What::Review(number, review, ReviewAction::Submitted))?;
        Ok(id)
    }

    /// Takes back the opinion of somebody: GitHub dismisses the review, GitLab forgets the approval.
    pub fn withdraw(&mut self, repository: u64, number: u64, of: &str, by: &str) -> anyhow::Result<()> {
        self.tick();
        let it = self.repository(repository)?;
        let (kind, (topic, _)) = (it.kind, it.request(number).with_context(|| format!("there is no change request {number}"))?);
        anyhow::ensure!(kind == Kind::GitHub || of == by, "on GitLab nobody takes back the approval of another");
        let opinion = topic.opinions().into_iter().find(|review| review.author == of && review.verdict != Verdict::Dismissed);
        let mut review = opinion.with_context(|| format!("{of} has no opinion on {number}"))?.clone();
        let reviews = self.reviews_mut(repository, number)?;
        match kind {
            Kind::GitHub => {
                review.verdict = Verdict::Dismissed;
                reviews.iter_mut().filter(|other| other.id == review.id).for_each(|other| other.verdict = Verdict::Dismissed);
            }
            Kind::GitLab => reviews.retain(|other| other.author != of),
        }
        self.tell(repository, by, What::Review(number, review, ReviewAction::Dismissed))
    }

    fn reviews_mut(&mut self, repository: u64, number: u64) -> anyhow::Result<&mut Vec<Review>> {
        let topic = self.touch(repository, TopicKey::Request(number))?;
        topic.change.as_mut().map(|change| &mut change.reviews).context("an issue has no reviews")
    }

    /// Makes a change request a draft or ready for review. GitLab has that in the title.
    pub fn set_stage(&mut self, repository: u64, number: u64, actor: &str, stage: Stage) -> anyhow::Result<()> {
        let it = self.repository(repository)?;
        let (topic, change) = it.request(number).with_context(|| format!("there is no change request {number}"))?;
        let key = TopicKey::Request(number);
        if it.kind == Kind::GitLab {
            let plain = topic.title.trim_start_matches("Draft:").trim_start();
            let title = if stage == Stage::Draft { format!("Draft: {plain}") } else { plain.to_owned() };
            return self.edit(repository, key, actor, Edit { title: Some(title), ..Edit::default() });
        }
        if change.draft == (stage == Stage::Draft) {
            return Ok(());
        }
        if let Some(change) = &mut self.touch(repository, key)?.change {
            change.draft = stage == Stage::Draft;
        }
        self.tell(repository, actor, What::Topic(key, TopicAction::Staged(stage)))
    }

    /// Pins an issue, as only GitHub does.
    pub fn pin(&mut self, repository: u64, number: u64, actor: &str) -> anyhow::Result<()> {
        let it = self.repository(repository)?;
        let key = TopicKey::Issue(number);
        let topic = it.topic(key).with_context(|| format!("there is no issue {number}"))?;
        anyhow::ensure!(it.kind == Kind::GitHub, "GitLab pins no issues");
        if topic.pinned {
            return Ok(());
        }
        anyhow::ensure!(it.pinned() < MOST_PINNED, "no more than {MOST_PINNED} issues are pinned");
        self.touch(repository, key)?.pinned = true;
        self.tell(repository, actor, What::Topic(key, TopicAction::Pinned))
    }

    pub fn unpin(&mut self, repository: u64, number: u64, actor: &str) -> anyhow::Result<()> {
        let key = TopicKey::Issue(number);
        let topic = self.touch(repository, key)?;
        if !std::mem::replace(&mut topic.pinned, false) {
            return Ok(());
        }
        self.tell(repository, actor, What::Topic(key, TopicAction::Unpinned))
    }

    /// Puts one label on a topic or takes it off.
    pub fn change_label(&mut self, repository: u64, key: TopicKey, by: &str, (kind, label): (LabelKind, &str)) -> anyhow::Result<()> {
        self.meet(by);
        let topic = self.repository(repository)?.topic(key).with_context(|| format!("{key:?} does not exist"))?;
        let mut labels: Vec<String> = topic.labels.iter().filter(|other| *other != label).cloned().collect();
        if kind == LabelKind::Added {
            labels.push(label.to_owned());
        }
        self.set_labels(repository, key, by, &labels)
    }

    /// Remembers who labelled a topic.
    pub(super) fn note_label(&mut self, repository: u64, key: TopicKey, event: (&str, &str, LabelKind)) -> anyhow::Result<()> {
        let (user, label, kind) = event;
        let (user, label, id) = (user.to_owned(), label.to_owned(), self.next_id());
        let topic = self.repository_mut(repository)?.topic_mut(key)?;
        topic.label_events.push(LabelEvent { id, user, label, kind, at: topic.updated_at });
        Ok(())
    }
}

//! What can be done to conversations, whoever does it: people in a `story`, or the bot over a dialect's API.
//!
//! Each act moves the clock, changes the world and tells what happened, which queues the webhooks. Acts do not check
//! permissions or validity in a forge's way; a dialect does that before, with its own errors.
//! `pushing` holds the acts on git, `merging` the merge of a change request.

use super::{
    happening::{CommentAction, Edited, FormerBase, TopicAction, What},
    reviewing::{LabelEvent, LabelKind},
    topic::{Change, Comment, Reaction, Topic, TopicKey},
    world::{Kind, World},
};

/// What somebody opens a change request with.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    pub title: String,
    pub body: Option<String>,
    /// The repository of the head branch.
    pub source: u64,
    pub head: String,
    pub base: String,
    pub draft: bool,
    pub squash: bool,
    pub remove_source: bool,
    pub labels: Vec<String>,
}

/// New values of an issue or a change request; None leaves one as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub title: Option<String>,
    pub body: Option<String>,
    pub base: Option<String>,
}

impl World {
    pub fn open_request(&mut self, repository: u64, author: &str, proposal: Proposal) -> anyhow::Result<u64> {
        let tip = |world: &Self, id: u64, branch: &str| {
            let found = world.repository(id)?.git.branch(branch);
            found.ok_or_else(|| anyhow::anyhow!("there is no branch {branch}"))
        };
        let change = Change {
            source: proposal.source,
            head_sha: tip(self, proposal.source, &proposal.head)?,
            base_sha: tip(self, repository, &proposal.base)?,
            head: proposal.head,
            base: proposal.base,
            draft: proposal.draft,
            squash: proposal.squash,
            remove_source: proposal.remove_source,
            reviews: Vec::new(),
            merged: None,
        };
        let number = self.repository(repository)?.next_number(TopicKey::Request);
        let topic = self.new_topic(author, number, proposal.title, proposal.body);
        let labels = self.repository(repository)?.known_labels(&proposal.labels);
        let topic = self.labeled(repository, topic, labels)?;
        self.open(repository, Topic { change: Some(change), ..topic })
    }

    /// A new topic with the labels that its author gives it.
    fn labeled(&mut self, repository: u64, mut topic: Topic, labels: Vec<String>) -> anyhow::Result<Topic> {
        for label in labels {
            self.add_label(repository, &label, (None, None))?;
            let (id, user, at) = (self.next_id(), topic.author.clone(), topic.created_at);
            topic.label_events.push(LabelEvent { id, user, label: label.clone(), kind: LabelKind::Added, at });
            topic.labels.push(label);
        }
        Ok(topic)
    }

    pub fn open_issue(&mut self, repository: u64, author: &str, title: &str, body: Option<&str>) -> anyhow::Result<u64> {
        self.open_issue_with(repository, author, (title, body), &[])
    }

    /// Opens an issue that has labels from the beginning. GitHub tells of each of them after that.
    pub fn open_issue_with(
        &mut self,
        repository: u64,
        author: &str,
        (title, body): (&str, Option<&str>),
        labels: &[String],
    ) -> anyhow::Result<u64> {
        let number = self.repository(repository)?.next_number(TopicKey::Issue);
        let topic = self.new_topic(author, number, title.to_owned(), body.map(str::to_owned));
        let labels = self.repository(repository)?.known_labels(labels);
        let topic = self.labeled(repository, topic, labels)?;
        let (key, labels) = (topic.key(), topic.labels.clone());
        self.open(repository, topic)?;
        for label in labels {
            self.tell_label(repository, key, author, TopicAction::Labeled(label))?;
        }
        Ok(number)
    }

    fn new_topic(&mut self, author: &str, number: u64, title: String, body: Option<String>) -> Topic {
        self.meet(author);
        let (id, now) = (self.next_id(), self.tick());
        Topic {
            id,
            number,
            title,
            body,
            author: author.to_owned(),
            labels: Vec::new(),
            milestone: None,
            closed_at: None,
            closed_by: None,
            created_at: now,
            updated_at: now,
            comments: Vec::new(),
            label_events: Vec::new(),
            state_reason: None,
            pinned: false,
            change: None,
        }
    }

    fn open(&mut self, repository: u64, topic: Topic) -> anyhow::Result<u64> {
        let (key, author) = (topic.key(), topic.author.clone());
        self.repository_mut(repository)?.topics.push(topic);
        self.tell(repository, &author, What::Topic(key, TopicAction::Opened))?;
        Ok(key.number())
    }

    /// Changes a topic at a new time.
    pub(super) fn touch(&mut self, repository: u64, key: TopicKey) -> anyhow::Result<&mut Topic> {
        let now = self.tick();
        let topic = self.repository_mut(repository)?.topic_mut(key)?;
        topic.updated_at = now;
        Ok(topic)
    }

    /// Edits title, text or base; says nothing when all stays the same.
    pub fn edit(&mut self, repository: u64, key: TopicKey, actor: &str, edit: Edit) -> anyhow::Result<()> {
        let base = match edit.base {
            Some(branch) => self.repository(repository)?.git.branch(&branch).map(|sha| FormerBase { branch, sha }),
            None => None,
        };
        let topic = self.touch(repository, key)?;
        let mut former = Edited::default();
        if let Some(title) = edit.title.filter(|title| *title != topic.title) {
            former.title = Some(std::mem::replace(&mut topic.title, title));
        }
        if let Some(body) = edit.body.filter(|body| topic.body.as_ref() != Some(body)) {
            former.body = Some(topic.body.replace(body));
        }
        if let (Some(change), Some(base)) = (&mut topic.change, base)
            && change.base != base.branch
        {
            let branch = std::mem::replace(&mut change.base, base.branch);
            former.base = Some(FormerBase { branch, sha: std::mem::replace(&mut change.base_sha, base.sha) });
        }
        if former.is_empty() {
            return Ok(());
        }
        self.tell(repository, actor, What::Topic(key, TopicAction::Edited(former)))
    }

    /// Gives a topic exactly these labels.
    pub fn set_labels(&mut self, repository: u64, key: TopicKey, actor: &str, labels: &[String]) -> anyhow::Result<()> {
        let labels = self.repository(repository)?.known_labels(labels);
        let before = self.touch(repository, key)?.labels.clone();
        for label in before.iter().filter(|label| !labels.contains(label)) {
            self.touch(repository, key)?.labels.retain(|other| other != label);
            self.note_label(repository, key, (actor, label, LabelKind::Removed))?;
            self.tell_label(repository, key, actor, TopicAction::Unlabeled(label.clone()))?;
        }
        for label in &labels {
            self.add_label(repository, label, (None, None))?;
            let held = &mut self.touch(repository, key)?.labels;
            if !held.contains(label) {
                held.push(label.clone());
                self.note_label(repository, key, (actor, label, LabelKind::Added))?;
                self.tell_label(repository, key, actor, TopicAction::Labeled(label.clone()))?;
            }
        }
        let it = self.repository(repository)?;
        let is_new = it.topic(key).is_some_and(|topic| topic.labels != before);
        if it.kind == Kind::GitLab && is_new {
            self.tell(repository, actor, What::Topic(key, TopicAction::Relabeled(before)))?;
        }
        Ok(())
    }

    /// GitHub tells of each label, GitLab once of all.
    fn tell_label(&mut self, repository: u64, key: TopicKey, actor: &str, action: TopicAction) -> anyhow::Result<()> {
        match self.repository(repository)?.kind {
            Kind::GitHub => self.tell(repository, actor, What::Topic(key, action)),
            Kind::GitLab => Ok(()),
        }
    }

    pub fn close(&mut self, repository: u64, key: TopicKey, actor: &str) -> anyhow::Result<()> {
        self.close_as(repository, key, actor, "completed")
    }

    /// Closes a topic; `reason` is GitHub's word for why an issue is.
    pub fn close_as(&mut self, repository: u64, key: TopicKey, actor: &str, reason: &str) -> anyhow::Result<()> {
        let topic = self.touch(repository, key)?;
        if !topic.is_open() {
            return Ok(());
        }
        topic.closed_at = Some(topic.updated_at);
        topic.closed_by = Some(actor.to_owned());
        topic.state_reason = topic.change.is_none().then(|| reason.to_owned());
        self.tell(repository, actor, What::Topic(key, TopicAction::Closed))
    }

    /// Opens a closed topic again; a merged request stays closed. What was pushed meanwhile counts from now on.
    pub fn reopen(&mut self, repository: u64, key: TopicKey, actor: &str) -> anyhow::Result<()> {
        let tips = self.tips_of(repository, key)?;
        let topic = self.touch(repository, key)?;
        if topic.is_open() || topic.merged().is_some() {
            return Ok(());
        }
        if let (Some(change), Some((head, base))) = (&mut topic.change, tips) {
            (change.head_sha, change.base_sha) = (head, base);
        }
        (topic.closed_at, topic.closed_by) = (None, None);
        topic.state_reason = topic.change.is_none().then(|| "reopened".to_owned());
        self.tell(repository, actor, What::Topic(key, TopicAction::Reopened))
    }

    /// Where the two branches of a request are now, if both are there.
    fn tips_of(&self, repository: u64, key: TopicKey) -> anyhow::Result<Option<(String, String)>> {
        let it = self.repository(repository)?;
        let Some(change) = it.topic(key).and_then(|topic| topic.change.as_ref()) else { return Ok(None) };
        let head = self.repository(change.source)?.git.branch(&change.head);
        Ok(head.zip(it.git.branch(&change.base)))
    }

    pub fn comment(&mut self, repository: u64, key: TopicKey, author: &str, body: &str) -> anyhow::Result<u64> {
        self.meet(author);
        let id = self.next_id();
        let topic = self.touch(repository, key)?;
        let comment = Comment {
            id,
            author: author.to_owned(),
            body: body.to_owned(),
            created_at: topic.updated_at,
            updated_at: topic.updated_at,
            editor: None,
            reactions: Vec::new(),
        };
        topic.comments.push(comment.clone());
        self.tell(repository, author, What::Comment(key, comment, CommentAction::Created))?;
        Ok(id)
    }

    pub fn edit_comment(&mut self, repository: u64, id: u64, actor: &str, body: &str) -> anyhow::Result<()> {
        let (key, now) = (self.topic_of_comment(repository, id)?, self.tick());
        let comment = self.repository_mut(repository)?.comment_mut(id)?;
        comment.updated_at = now;
        comment.editor = Some(actor.to_owned());
        let former = std::mem::replace(&mut comment.body, body.to_owned());
        let comment = comment.clone();
        // GitLab tells of other texts alone.
        if comment.body == former && self.repository(repository)?.kind == Kind::GitLab {
            return Ok(());
        }
        self.tell(repository, actor, What::Comment(key, comment, CommentAction::Edited(former)))
    }

    pub fn delete_comment(&mut self, repository: u64, id: u64, actor: &str) -> anyhow::Result<()> {
        let key = self.topic_of_comment(repository, id)?;
        let comment = self.repository_mut(repository)?.comment_mut(id)?.clone();
        self.touch(repository, key)?.comments.retain(|comment| comment.id != id);
        self.tell(repository, actor, What::Comment(key, comment, CommentAction::Deleted))
    }

    fn topic_of_comment(&self, repository: u64, id: u64) -> anyhow::Result<TopicKey> {
        let found = self.repository(repository)?.comment(id).map(|(topic, _)| topic.key());
        found.ok_or_else(|| anyhow::anyhow!("there is no comment {id}"))
    }

    /// Reacts to a comment. The forges send no webhook for it to a bot that did not ask.
    pub fn react(&mut self, repository: u64, comment: u64, user: &str, name: &str) -> anyhow::Result<Reaction> {
        self.meet(user);
        let (id, created_at) = (self.next_id(), self.tick());
        let reaction = Reaction { id, user: user.to_owned(), name: name.to_owned(), created_at };
        self.repository_mut(repository)?.comment_mut(comment)?.reactions.push(reaction.clone());
        Ok(reaction)
    }

    pub fn unreact(&mut self, repository: u64, comment: u64, reaction: u64) -> anyhow::Result<()> {
        self.tick();
        let reactions = &mut self.repository_mut(repository)?.comment_mut(comment)?.reactions;
        reactions.retain(|other| other.id != reaction);
        Ok(())
    }

    /// Closes the requests from or to a branch that is gone, as GitHub does and GitLab does not.
    pub(super) fn close_orphans(&mut self, repository: u64, branch: &str, actor: &str) -> anyhow::Result<()> {
        if self.repository(repository)?.kind == Kind::GitLab {
            return Ok(());
        }
        let is_orphan = |home: u64, change: &Change| {
            (change.source == repository && change.head == branch) || (home == repository && change.base == branch)
        };
        for (home, number) in self.open_requests_where(is_orphan) {
            self.close(home, TopicKey::Request(number), actor)?;
        }
        Ok(())
    }

    /// The repository and number of each open request of which this holds.
    pub(super) fn open_requests_where(&self, holds: impl Fn(u64, &Change) -> bool) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        for repository in &self.repositories {
            let requests = repository.requests().filter(|(topic, change)| topic.is_open() && holds(repository.id, change));
            found.extend(requests.map(|(topic, _)| (repository.id, topic.number)));
        }
        found
    }
}

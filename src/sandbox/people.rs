//! What named people do to change requests and issues: reviews, labels, drafts, pins. It belongs to `story`.

use super::{
    acts::Edit,
    reviewing::{LabelKind, Review, Stage, Verdict},
    story::RepoHandle,
    topic::{Topic, TopicKey},
    world::{Annotation, Repository},
};

/// An issue as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueView {
    pub number: u64,
    pub title: String,
    pub body: String,
    pub author: String,
    /// `open` or `closed`.
    pub state: String,
    pub labels: Vec<String>,
    /// The title of its milestone.
    pub milestone: Option<String>,
    pub pinned: bool,
}

impl RepoHandle {
    /// How many must approve a change request before it counts as approved; 0 asks for nobody.
    pub fn require_approvals(&self, count: usize) -> anyhow::Result<()> {
        self.act(|world| {
            world.repository_mut(self.id())?.approvals_required = count;
            Ok(())
        })
    }

    /// Approves the present head.
    pub fn approve(&self, number: u64, by: &str) -> anyhow::Result<u64> {
        self.review(number, by, (Verdict::Approved, None))
    }

    pub fn request_changes(&self, number: u64, by: &str, body: &str) -> anyhow::Result<u64> {
        self.review(number, by, (Verdict::ChangesRequested, Some(body)))
    }

    /// Reviews the present head; the reviewer's role stays as it is.
    pub fn review(&self, number: u64, by: &str, said: (Verdict, Option<&str>)) -> anyhow::Result<u64> {
        self.act(|world| world.review(self.id(), number, by, said))
    }

    /// Takes back what somebody said in a review: their own, or (on GitHub) that of another.
    pub fn withdraw(&self, number: u64, of: &str, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.withdraw(self.id(), number, of, by))
    }

    pub fn draft(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.set_stage(self.id(), number, by, Stage::Draft))
    }

    pub fn ready(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.set_stage(self.id(), number, by, Stage::Ready))
    }

    /// Puts a label on a change request.
    pub fn label_by(&self, number: u64, by: &str, label: &str) -> anyhow::Result<()> {
        self.act(|world| world.change_label(self.id(), TopicKey::Request(number), by, (LabelKind::Added, label)))
    }

    pub fn unlabel_by(&self, number: u64, by: &str, label: &str) -> anyhow::Result<()> {
        self.act(|world| world.change_label(self.id(), TopicKey::Request(number), by, (LabelKind::Removed, label)))
    }

    pub fn label_issue(&self, number: u64, by: &str, label: &str) -> anyhow::Result<()> {
        self.act(|world| world.change_label(self.id(), TopicKey::Issue(number), by, (LabelKind::Added, label)))
    }

    pub fn unlabel_issue(&self, number: u64, by: &str, label: &str) -> anyhow::Result<()> {
        self.act(|world| world.change_label(self.id(), TopicKey::Issue(number), by, (LabelKind::Removed, label)))
    }

    /// Opens an issue with a text and labels.
    pub fn open_issue_with(&self, author: &str, said: (&str, &str), labels: &[&str]) -> anyhow::Result<u64> {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        self.act(|world| world.open_issue_with(self.id(), author, (said.0, Some(said.1)), &labels))
    }

    /// Puts an issue or a change request into the milestone of a title, or takes it out of its own.
    pub fn set_milestone(&self, of: TopicKey, by: &str, title: Option<&str>) -> anyhow::Result<()> {
        self.act(|world| world.set_milestone(self.id(), of, by, title))
    }

    /// Gives an issue another title or text.
    pub fn edit_issue(&self, number: u64, by: &str, edit: Edit) -> anyhow::Result<()> {
        self.act(|world| world.edit(self.id(), TopicKey::Issue(number), by, edit))
    }

    pub fn close_issue(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.close(self.id(), TopicKey::Issue(number), by))
    }

    pub fn reopen_issue(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.reopen(self.id(), TopicKey::Issue(number), by))
    }

    pub fn pin_issue(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.pin(self.id(), number, by))
    }

    pub fn unpin_issue(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.act(|world| world.unpin(self.id(), number, by))
    }

    /// All issues, oldest first.
    pub fn issues(&self) -> Vec<IssueView> {
        let issues = |repository: &Repository| {
            let issues = repository.topics.iter().filter(|topic| topic.change.is_none());
            issues.map(|topic| issue_view(repository, topic)).collect()
        };
        self.look(issues)
    }

    /// The reviews of a change request, oldest first.
    pub fn reviews(&self, number: u64) -> Vec<Review> {
        self.look(|repository| repository.request(number).map(|(_, change)| change.reviews.clone()).unwrap_or_default())
    }

    /// What the latest check of a name remarks on the files of a commit.
    pub fn annotations(&self, sha: &str, name: &str) -> Vec<Annotation> {
        let annotations = |repository: &Repository| {
            let check = repository.checks.iter().rev().find(|check| check.sha == sha && check.name == name);
            check.map(|check| check.annotations.clone()).unwrap_or_default()
        };
        self.look(annotations)
    }
}

fn issue_view(repository: &Repository, topic: &Topic) -> IssueView {
    IssueView {
        number: topic.number,
        title: topic.title.clone(),
        body: topic.body.clone().unwrap_or_default(),
        author: topic.author.clone(),
        state: topic.state().to_owned(),
        labels: topic.labels.clone(),
        milestone: repository.milestone_of(topic).map(|milestone| milestone.title.clone()),
        pinned: topic.pinned,
    }
}

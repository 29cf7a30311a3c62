//! Merging a change request, with the commits and messages that each forge makes by default or as the project says.

pub mod queue;

use anyhow::Context as _;

use super::{
    git::{Git, Person, Saying},
    github,
    gitlab::messages::Messages,
    happening::{TopicAction, What},
    topic::{Change, Merge, Merged, Topic, TopicKey},
    world::{Kind, Repository, World},
};

/// How change requests may be merged, and the messages that GitHub writes for them, in its own words.
#[derive(Clone, Debug)]
pub struct MergeSettings {
    pub merge_commit: bool,
    pub squash: bool,
    pub rebase: bool,
    /// `PR_TITLE` or `COMMIT_OR_PR_TITLE`, which is the commit's when there is one alone.
    pub squash_title: &'static str,
    /// `PR_BODY`, `COMMIT_MESSAGES` or `BLANK`.
    pub squash_message: &'static str,
    /// `PR_TITLE` or `MERGE_MESSAGE`.
    pub merge_title: &'static str,
    /// `PR_BODY`, `PR_TITLE` or `BLANK`.
    pub merge_message: &'static str,
}

impl Default for MergeSettings {
    fn default() -> Self {
        Self {
            merge_commit: true,
            squash: true,
            rebase: true,
            squash_title: "COMMIT_OR_PR_TITLE",
            squash_message: "COMMIT_MESSAGES",
            merge_title: "MERGE_MESSAGE",
            merge_message: "PR_TITLE",
        }
    }
}

/// What a GitLab project says about merging; GitHub's settings are `MergeSettings`.
#[derive(Clone, Debug, Default)]
pub struct MergeRules {
    pub method: MergeMethod,
    pub squash: SquashOption,
    /// With GitLab's placeholders, as `%{title}`; None for its defaults.
    pub merge_template: Option<String>,
    pub squash_template: Option<String>,
    pub pipelines: Pipelines,
}

/// What a GitLab project asks of a merge request's pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pipelines {
    MustSucceed,
    #[default]
    DoNotMatter,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeMethod {
    /// Always with a merge commit.
    #[default]
    Merge,
    /// With a merge commit, of what is rebased on the base.
    RebaseMerge,
    /// Without any merge commit.
    FastForward,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SquashOption {
    Never,
    Always,
    DefaultOn,
    #[default]
    DefaultOff,
}

/// The commits that a merge made.
struct Made {
    onto: String,
    tip: String,
    squash: Option<String>,
}

impl World {
    /// Merges an open request and gives the new tip of its base. The issues that it closes are closed with it.
    pub fn merge(&mut self, repository: u64, number: u64, by: &str, method: Merge) -> anyhow::Result<String> {
        self.meet(by);
        let it = self.repository(repository)?;
        if it.kind == Kind::GitLab && (method == Merge::Rebase || it.rules.method != MergeMethod::Merge) {
            self.rebase(repository, number, by)?;
        }
        self.tick_commit();
        let it = self.repository(repository)?;
        let (topic, change) = open_request(it, number)?;
        let merging = Merging { world: self, repository: it, topic, change, by: self.person(by) };
        let made = merging.run(method)?;
        self.land(repository, number, (by, made, method))
    }

    /// Puts on the base what a merge made, with all that this brings about.
    fn land(&mut self, repository: u64, number: u64, (by, made, method): (&str, Made, Merge)) -> anyhow::Result<String> {
        let it = self.repository(repository)?;
        let (topic, change) = open_request(it, number)?;
        let is_final = change.base == it.default_branch;
        let issues: Vec<u64> = it.issues_closed_by(topic).into_iter().filter(|_| is_final).map(|issue| issue.number).collect();
        let (base, source) = (branch_reference(&change.base), change.source);
        let emptied = change.remove_source.then(|| branch_reference(&change.head));
        let tip = made.tip.clone();
        self.note_merge(repository, number, by, (made, method))?;
        self.move_reference(repository, by, &base, Some(&tip))?;
        if let Some(head) = emptied.filter(|head| self.permit(source, by, head, None).is_ok()) {
            self.move_reference(source, by, &head, None)?;
        }
        issues.into_iter().try_for_each(|issue| self.close(repository, TopicKey::Issue(issue), by))?;
        Ok(tip)
    }

    fn note_merge(&mut self, repository: u64, number: u64, by: &str, (made, method): (Made, Merge)) -> anyhow::Result<()> {
        let key = TopicKey::Request(number);
        self.repository(repository)?.association.merged(number);
        let topic = self.touch(repository, key)?;
        let at = topic.updated_at;
        (topic.closed_at, topic.closed_by) = (Some(at), Some(by.to_owned()));
        if let Some(change) = &mut topic.change {
            change.merged = Some(Merged { by: by.to_owned(), at, onto: made.onto, sha: made.tip, squash: made.squash, method });
        }
        self.tell(repository, by, What::Topic(key, TopicAction::Merged))
    }

    /// Puts the head branch of a request on the tip of its base, as GitLab does before it merges without a merge commit.
    pub fn rebase(&mut self, repository: u64, number: u64, by: &str) -> anyhow::Result<()> {
        self.meet(by);
        let base = self.base_of(repository, number)?;
        let it = self.repository(repository)?;
        if it.git.is_ancestor(&base, &open_request(it, number)?.1.head_sha)? {
            return Ok(());
        }
        self.tick_commit();
        let it = self.repository(repository)?;
        let (_, change) = open_request(it, number)?;
        let rebased = it.git.replay(&base, &change.head_sha, &self.person(by))?;
        let (source, head) = (change.source, branch_reference(&change.head));
        self.push(source, by, &head, Some(&rebased))
    }

    fn base_of(&self, repository: u64, number: u64) -> anyhow::Result<String> {
        let it = self.repository(repository)?;
        it.git.branch(&open_request(it, number)?.1.base).context("the base branch is gone")
    }

    /// `owner/branch`, as GitHub's merge commits name the head.
    fn label_of(&self, change: &Change) -> anyhow::Result<String> {
        Ok(format!("{}/{}", self.repository(change.source)?.owner(), change.head))
    }
}

fn branch_reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn open_request(repository: &Repository, number: u64) -> anyhow::Result<(&Topic, &Change)> {
    let (topic, change) = repository.request(number).with_context(|| format!("there is no change request {number}"))?;
    anyhow::ensure!(topic.is_open(), "change request {number} is not open");
    Ok((topic, change))
}

impl Git {
    /// Puts the commits of `head` that `base` does not have on `base`, one after the other and without merges.
    fn replay(&self, base: &str, head: &str, by: &Person) -> anyhow::Result<String> {
        let commits = self.log(head, Some(base))?;
        let mut replayed = commits.iter().rev().filter(|commit| commit.parents.len() < 2);
        replayed.try_fold(base.to_owned(), |tip, commit| self.cherry_pick(&tip, &commit.sha, by)?.clean())
    }
}

struct Merging<'a> {
    world: &'a World,
    repository: &'a Repository,
    topic: &'a Topic,
    change: &'a Change,
    by: Person,
}

impl Merging<'_> {
    fn git(&self) -> &Git {
        &self.repository.git
    }

    fn run(&self, method: Merge) -> anyhow::Result<Made> {
        self.run_onto(self.git().branch(&self.change.base).context("the base branch is gone")?, method)
    }

    /// Merges into a commit that need not be the tip of the base.
    fn run_onto(&self, base: String, method: Merge) -> anyhow::Result<Made> {
        match self.repository.kind {
            Kind::GitHub => self.run_github(base, method),
            Kind::GitLab => self.run_gitlab(base, method),
        }
    }

    fn run_github(&self, base: String, method: Merge) -> anyhow::Result<Made> {
        let settings = &self.repository.merging;
        let allowed = match method {
            Merge::MergeCommit => settings.merge_commit,
            Merge::Squash => settings.squash,
            Merge::Rebase => settings.rebase,
        };
        anyhow::ensure!(allowed, "the repository does not allow this way of merging");
        let (author, from) = (self.world.person(&self.topic.author), self.world.label_of(self.change)?);
        let messages = github::messages::Messages { repository: self.repository, topic: self.topic, change: self.change, author, from };
        let head = &self.change.head_sha;
        let tip = match method {
            Merge::MergeCommit => self.git().merge(&base, head, &Saying::by(&self.by, &messages.merge()))?.clean()?,
            Merge::Squash => self.squash(&base, &messages.squash()?)?,
            Merge::Rebase => self.git().replay(&base, head, &self.by)?,
        };
        Ok(Made { onto: base, tip, squash: None })
    }

    /// The head is on the base already where the project wants that.
    fn run_gitlab(&self, base: String, method: Merge) -> anyhow::Result<Made> {
        let messages = Messages { world: self.world, project: self.repository, topic: self.topic, change: self.change, by: &self.by };
        let squash = match method {
            Merge::Squash => Some(self.squash_once(&messages.squash()?)?),
            Merge::MergeCommit | Merge::Rebase => None,
        };
        let head = squash.as_ref().unwrap_or(&self.change.head_sha);
        let tip = if method == Merge::Rebase || self.repository.rules.method == MergeMethod::FastForward {
            head.clone()
        } else {
            self.git().merge(&base, head, &Saying::by(&self.by, &messages.merge()?))?.clean()?
        };
        Ok(Made { onto: base, tip, squash })
    }

    /// GitLab squashes onto where the base was when the request was last pushed to, and leaves alone a single commit that says the same.
    fn squash_once(&self, message: &str) -> anyhow::Result<String> {
        match self.repository.commits_of(self.change)?.as_slice() {
            [only] if only.message.trim_end() == message.trim_end() => Ok(only.sha.clone()),
            _ => self.squash(&self.change.base_sha, message),
        }
    }

    fn squash(&self, base: &str, message: &str) -> anyhow::Result<String> {
        let saying = Saying { message, author: &self.world.person(&self.topic.author), committer: &self.by };
        self.git().squash(base, &self.change.head_sha, &saying)?.clean()
    }
}

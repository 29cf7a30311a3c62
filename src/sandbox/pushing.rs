//! Acts on git: commits, branches, tags and releases, and what a push means for open change requests.

use anyhow::Context as _;

use super::{
    git::{Annotation, Outcome, Person, Saying},
    happening::{Push, ReleaseAction, TopicAction, What},
    topic::TopicKey,
    world::{Release, Repository, World},
};

/// The address of whoever commits what GitHub signs.
pub const SIGNER: &str = "noreply@github.com";

/// What a release is made with.
#[derive(Clone, Debug, Default)]
pub struct ReleaseDraft {
    pub tag: String,
    /// Where the tag is made when it is missing: a branch or a sha; empty for the default branch.
    pub target: String,
    pub name: Option<String>,
    pub body: Option<String>,
    pub draft: bool,
    pub prerelease: bool,
    pub milestones: Vec<String>,
    pub latest: Latest,
}

/// What a release does to the mark of the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Latest {
    #[default]
    Taken,
    Left,
}

impl World {
    /// Creates, moves or (with None) deletes a branch or tag as far as its protection lets `actor`, and tells it.
    pub fn push(&mut self, repository: u64, actor: &str, reference: &str, to: Option<&str>) -> anyhow::Result<()> {
        self.meet(actor);
        self.permit(repository, actor, reference, to)?;
        self.move_reference(repository, actor, reference, to)
    }

    /// The same, whatever protects it: what a merge does is decided before.
    pub(super) fn move_reference(&mut self, repository: u64, actor: &str, reference: &str, to: Option<&str>) -> anyhow::Result<()> {
        self.meet(actor);
        let now = self.tick();
        let it = self.repository_mut(repository)?;
        let before = it.git.reference(reference).map(|reference| reference.sha);
        if let Some(sha) = to {
            it.git.set_reference(reference, sha)?;
        } else {
            it.git.delete_reference(reference)?;
            it.removed.extend(before.clone().map(|sha| (reference.to_owned(), sha)));
        }
        it.pushed_at = now;
        let forced = match (&before, to) {
            (Some(before), Some(after)) => reference.starts_with("refs/tags/") || !it.git.is_ancestor(before, after)?,
            _ => false,
        };
        if before.is_none() {
            self.tell(repository, actor, What::ReferenceCreated(reference.to_owned()))?;
        }
        if to.is_none() {
            self.tell(repository, actor, What::ReferenceDeleted(reference.to_owned()))?;
        }
        let push = Push { reference: reference.to_owned(), before, after: to.map(str::to_owned), forced };
        self.tell(repository, actor, What::Pushed(push))?;
        match (reference.strip_prefix("refs/heads/"), to) {
            (Some(branch), Some(after)) => self.synchronize(repository, branch, actor, after),
            (Some(branch), None) => self.close_orphans(repository, branch, actor),
            (None, _) => Ok(()),
        }
    }

    /// Moves the open requests of a head branch along with it.
    fn synchronize(&mut self, repository: u64, branch: &str, actor: &str, after: &str) -> anyhow::Result<()> {
        for (home, number) in self.open_requests_where(|_, change| change.source == repository && change.head == branch) {
            let key = TopicKey::Request(number);
            let base = self.repository(home)?.request(number).map(|(_, change)| change.base.clone());
            let base_sha = self.repository(home)?.git.branch(&base.unwrap_or_default());
            let Some(change) = &mut self.touch(home, key)?.change else { continue };
            let before = std::mem::replace(&mut change.head_sha, after.to_owned());
            change.base_sha = base_sha.unwrap_or_else(|| change.base_sha.clone());
            if before != after {
                let moved = TopicAction::Synchronized { before, after: after.to_owned() };
                self.tell(home, actor, What::Topic(key, moved))?;
            }
        }
        Ok(())
    }

    /// Makes a commit on a branch and pushes it.
    pub fn commit(&mut self, repository: u64, branch: &str, saying: &Said) -> anyhow::Result<String> {
        let tip = self.repository(repository)?.git.branch(branch).with_context(|| format!("there is no branch {branch}"))?;
        let sha = self.write(repository, &tip, saying)?;
        self.push(repository, saying.author, &format!("refs/heads/{branch}"), Some(&sha))?;
        Ok(sha)
    }

    /// Makes a commit by a person on another one; no reference points to it yet.
    pub fn write(&mut self, repository: u64, parent: &str, saying: &Said) -> anyhow::Result<String> {
        self.tick_commit();
        let person = self.person(saying.author);
        self.repository(repository)?.git.write_commit(&[parent], saying.files, &Saying::by(&person, saying.message))
    }

    /// Makes a commit in the bot's name that GitHub signs; no reference points to it yet. Its time is its parent's, so that
    /// its id does not depend on how often the bot tried.
    pub fn write_signed(&self, repository: u64, parents: &[&str], tree: &str, message: &str) -> anyhow::Result<String> {
        let it = self.repository(repository)?;
        let [author, committer] = self.signers(it, parents);
        it.git.commit_tree(parents, tree, &Saying { message, author: &author, committer: &committer })
    }

    /// Merges one commit into another in the bot's name, which GitHub signs likewise; no reference points to it yet.
    pub fn merge_signed(&self, repository: u64, [ours, theirs]: [&str; 2], message: &str) -> anyhow::Result<Outcome> {
        let it = self.repository(repository)?;
        let [author, committer] = self.signers(it, &[ours, theirs]);
        it.git.merge(ours, theirs, &Saying { message, author: &author, committer: &committer })
    }

    /// The author and the committer of what GitHub signs.
    fn signers(&self, it: &Repository, parents: &[&str]) -> [Person; 2] {
        let at = parents.iter().filter_map(|parent| it.git.commit(parent).ok()).map(|parent| parent.committer.at).max();
        let author = Person { at: at.unwrap_or(self.now()), ..self.person(it.kind.bot()) };
        let committer = Person { name: "GitHub".to_owned(), email: SIGNER.to_owned(), at: author.at };
        [author, committer]
    }

    /// Makes a tag and pushes it: an annotated one if there is a message. Gives what the reference points to.
    pub fn tag(&mut self, repository: u64, actor: &str, mark: &Mark) -> anyhow::Result<String> {
        let git = &self.repository(repository)?.git;
        let commit = git.resolve(mark.at).with_context(|| format!("there is no commit {}", mark.at))?;
        // The time of the commit, not of now: a tag by the bot has the same id however long the bot took.
        let tagger = Person { at: git.commit(&commit)?.committer.at, ..self.person(actor) };
        let sha = match mark.message {
            Some(message) => git.write_tag_object(mark.name, &commit, &Annotation { message: message.to_owned(), tagger })?,
            None => commit,
        };
        self.push(repository, actor, &format!("refs/tags/{}", mark.name), Some(&sha))?;
        Ok(sha)
    }

    /// Makes a release, and its tag unless it is a draft or the tag is there.
    pub fn release(&mut self, repository: u64, author: &str, draft: ReleaseDraft) -> anyhow::Result<u64> {
        self.meet(author);
        let (id, now) = (self.next_id(), self.tick());
        let target = match draft.target.as_str() {
            "" => self.repository(repository)?.default_branch.clone(),
            _ => draft.target,
        };
        let release = Release {
            id,
            tag: draft.tag,
            target,
            name: draft.name,
            body: draft.body,
            draft: draft.draft,
            prerelease: draft.prerelease,
            milestones: draft.milestones,
            author: author.to_owned(),
            created_at: now,
            published_at: None,
            latest_since: (draft.latest == Latest::Taken && !draft.draft && !draft.prerelease).then_some(now),
        };
        self.repository_mut(repository)?.releases.push(release.clone());
        self.tell(repository, author, What::Release(release, ReleaseAction::Created))?;
        if !draft.draft {
            self.publish_release(repository, id, author)?;
        }
        Ok(id)
    }

    /// Changes a release. One that thereby is no draft any more is published.
    pub fn edit_release(&mut self, repository: u64, actor: &str, edited: Release) -> anyhow::Result<()> {
        self.tick();
        let (id, is_new) = (edited.id, !edited.draft && edited.published_at.is_none());
        let former = std::mem::replace(self.release_mut(repository, id)?, edited.clone());
        let is_promoted = former.prerelease && !edited.prerelease && !edited.draft;
        self.tell(repository, actor, What::Release(edited.clone(), ReleaseAction::Edited(Box::new(former))))?;
        if is_new {
            self.publish_release(repository, id, actor)
        } else if is_promoted {
            self.tell(repository, actor, What::Release(edited, ReleaseAction::Released))
        } else {
            Ok(())
        }
    }

    fn publish_release(&mut self, repository: u64, id: u64, actor: &str) -> anyhow::Result<()> {
        let now = self.tick();
        let release = self.release_mut(repository, id)?;
        release.published_at = Some(now);
        let release = release.clone();
        if self.repository(repository)?.git.tag(&release.tag).is_none() {
            self.tag(repository, actor, &Mark { name: &release.tag, at: &release.target, message: None })?;
        }
        self.tell(repository, actor, What::Release(release.clone(), ReleaseAction::Published))?;
        let kind = if release.prerelease { ReleaseAction::Prereleased } else { ReleaseAction::Released };
        self.tell(repository, actor, What::Release(release, kind))
    }

    pub fn delete_release(&mut self, repository: u64, id: u64, actor: &str) -> anyhow::Result<()> {
        self.tick();
        let release = self.release_mut(repository, id)?.clone();
        self.repository_mut(repository)?.releases.retain(|release| release.id != id);
        self.tell(repository, actor, What::Release(release, ReleaseAction::Deleted))
    }

    fn release_mut(&mut self, repository: u64, id: u64) -> anyhow::Result<&mut Release> {
        let mut releases = self.repository_mut(repository)?.releases.iter_mut();
        releases.find(|release| release.id == id).with_context(|| format!("there is no release {id}"))
    }
}

/// A commit to be made.
pub struct Said<'a> {
    pub author: &'a str,
    pub message: &'a str,
    pub files: &'a [(&'a str, &'a str)],
}

/// A tag to be made.
pub struct Mark<'a> {
    pub name: &'a str,
    /// A branch or a sha.
    pub at: &'a str,
    /// Makes the tag an annotated one.
    pub message: Option<&'a str>,
}

//! What people do: the developer's way into the sandbox, for the demo and the tests.
//!
//! Every method acts as somebody would through the forge's pages or with git, and queues the webhooks that the forge
//! sends for it. Whoever pushes to a repository is a member of it from then on; others may only read, until `grant`.

mod git;
mod rules;
mod running;

use anyhow::Context as _;

use super::{
    Sandbox,
    acts::{Edit, Proposal},
    git::Saying,
    happening::What,
    merging::{MergeRules, MergeSettings},
    milestones::{MilestoneEdit, MilestoneState},
    pushing::{Mark, ReleaseDraft, Said},
    topic::{Merge, TopicKey},
    world::{Kind, Release, Repository, Role, World, lock},
};

/// One repository of a sandbox.
#[derive(Clone)]
pub struct RepoHandle {
    /// Keeps the sandbox running.
    sandbox: Sandbox,
    kind: Kind,
    path: String,
    id: u64,
}

impl RepoHandle {
    /// Creates a repository with a first commit by its owner, of which no webhook tells.
    pub(super) fn create(sandbox: &Sandbox, kind: Kind, path: &str, files: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut locked = lock(&sandbox.world);
        let id = locked.add_repository(kind, path, None)?;
        let repository = locked.repository(id)?;
        let person = locked.person(repository.owner());
        let sha = repository.git.write_commit(&[], files, &Saying::by(&person, "chore: start"))?;
        repository.git.set_reference("refs/heads/main", &sha)?;
        drop(locked);
        Ok(Self { sandbox: sandbox.clone(), kind, path: path.to_owned(), id })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn path(&self) -> String {
        self.path.clone()
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    /// Does something to the world.
    pub(super) fn act<T>(&self, act: impl FnOnce(&mut World) -> anyhow::Result<T>) -> anyhow::Result<T> {
        act(&mut lock(&self.sandbox.world))
    }

    /// Looks at the repository.
    pub(super) fn look<T: Default>(&self, look: impl FnOnce(&Repository) -> T) -> T {
        lock(&self.sandbox.world).repository(self.id).map(look).unwrap_or_default()
    }

    /// Who acts when it does not matter who does. The account that a nested group belongs to is the outermost.
    fn owner(&self) -> String {
        self.path.split('/').next().unwrap_or_default().to_owned()
    }

    /// Gives somebody a role in the repository.
    pub fn grant(&self, user: &str, role: Role) -> anyhow::Result<()> {
        self.act(|world| {
            world.meet(user);
            world.repository_mut(self.id)?.roles.insert(user.to_owned(), role);
            Ok(())
        })
    }

    /// Sets how change requests are merged and what their commits say, where the forge is GitHub.
    pub fn set_merging(&self, merging: MergeSettings) -> anyhow::Result<()> {
        self.act(|world| {
            world.repository_mut(self.id)?.merging = merging;
            Ok(())
        })
    }

    /// Makes somebody a member who is none yet, as whoever pushes must be one.
    fn admit(&self, user: &str) -> anyhow::Result<()> {
        self.act(|world| {
            world.meet(user);
            if world.repository(self.id)?.role(user) < Role::Write {
                world.repository_mut(self.id)?.roles.insert(user.to_owned(), Role::Write);
            }
            Ok(())
        })
    }

    pub fn head(&self, branch: &str) -> anyhow::Result<String> {
        let tip = self.look(|repository| repository.git.branch(branch));
        tip.with_context(|| format!("there is no branch {branch}"))
    }

    /// Commits these files to a branch and pushes it.
    pub fn commit(&self, branch: &str, author: &str, message: &str, files: &[(&str, &str)]) -> anyhow::Result<String> {
        self.admit(author)?;
        self.act(|world| world.commit(self.id, branch, &Said { author, message, files }))
    }

    /// Creates a branch at a branch, tag or sha.
    pub fn branch(&self, name: &str, from: &str) -> anyhow::Result<String> {
        let sha = self.look(|repository| repository.git.resolve(from));
        let sha = sha.with_context(|| format!("there is no commit {from}"))?;
        anyhow::ensure!(self.head(name).is_err(), "the branch {name} exists already");
        self.act(|world| world.push(self.id, &self.owner(), &format!("refs/heads/{name}"), Some(&sha)))?;
        Ok(sha)
    }

    pub fn delete_branch(&self, name: &str) -> anyhow::Result<()> {
        self.act(|world| world.push(self.id, &self.owner(), &format!("refs/heads/{name}"), None))
    }

    pub fn force_push(&self, branch: &str, sha: &str) -> anyhow::Result<()> {
        self.act(|world| world.push(self.id, &self.owner(), &format!("refs/heads/{branch}"), Some(sha)))
    }

    /// Opens a change request between two branches of this repository.
    pub fn open(&self, author: &str, head: &str, base: &str, title: &str) -> anyhow::Result<u64> {
        self.admit(author)?;
        self.propose(author, self.id, [head, base, title])
    }

    fn propose(&self, author: &str, source: u64, [head, base, title]: [&str; 3]) -> anyhow::Result<u64> {
        let (title, head, base) = (title.to_owned(), head.to_owned(), base.to_owned());
        let proposal = Proposal { title, source, head, base, ..Proposal::default() };
        self.act(|world| world.open_request(self.id, author, proposal))
    }

    /// Opens a change request from the author's fork, which is made if there is none. The head branch gets one commit.
    pub fn open_from_fork(&self, author: &str, head: &str, base: &str, title: &str) -> anyhow::Result<u64> {
        let fork = self.fork_of(author)?;
        let path = format!("{}.md", head.replace('/', "-"));
        self.act(|world| {
            let base = world.repository(self.id)?.git.branch(base).with_context(|| format!("there is no branch {base}"))?;
            world.tick_commit();
            let (person, git) = (world.person(author), &world.repository(fork)?.git);
            let commit = git.write_commit(&[&base], &[(&path, title)], &Saying::by(&person, title))?;
            git.set_reference(&format!("refs/heads/{head}"), &commit)
        })?;
        self.propose(author, fork, [head, base, title])
    }

    /// The App is not installed on forks, so nothing tells of what happens in them.
    fn fork_of(&self, author: &str) -> anyhow::Result<u64> {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let path = format!("{author}/{name}");
        self.act(|world| match world.find_repository(self.kind, &path) {
            Some(fork) => Ok(fork.id),
            None => world.add_repository(self.kind, &path, Some(self.id)),
        })
    }

    pub fn retitle(&self, number: u64, title: &str) -> anyhow::Result<()> {
        self.edit(number, Edit { title: Some(title.to_owned()), ..Edit::default() })
    }

    pub fn retarget(&self, number: u64, base: &str) -> anyhow::Result<()> {
        self.head(base)?;
        self.edit(number, Edit { base: Some(base.to_owned()), ..Edit::default() })
    }

    pub fn describe(&self, number: u64, body: &str) -> anyhow::Result<()> {
        self.edit(number, Edit { body: Some(body.to_owned()), ..Edit::default() })
    }

    fn edit(&self, number: u64, edit: Edit) -> anyhow::Result<()> {
        let editor = self.editor_of(number);
        self.act(|world| world.edit(self.id, TopicKey::Request(number), &editor, edit))
    }

    /// The author, or the owner where that is the bot: it does nothing by hand.
    fn editor_of(&self, number: u64) -> String {
        let author = self.look(|repository| repository.request(number).map(|(topic, _)| topic.author.clone()).unwrap_or_default());
        if author == self.kind.bot() { self.owner() } else { author }
    }

    pub fn label(&self, number: u64, label: &str) -> anyhow::Result<()> {
        let mut labels = self.labels_of(number);
        labels.push(label.to_owned());
        self.set_labels(number, &labels)
    }

    pub fn unlabel(&self, number: u64, label: &str) -> anyhow::Result<()> {
        let mut labels = self.labels_of(number);
        labels.retain(|other| other != label);
        self.set_labels(number, &labels)
    }

    fn labels_of(&self, number: u64) -> Vec<String> {
        self.look(|repository| repository.request(number).map(|(topic, _)| topic.labels.clone()).unwrap_or_default())
    }

    fn set_labels(&self, number: u64, labels: &[String]) -> anyhow::Result<()> {
        self.act(|world| world.set_labels(self.id, TopicKey::Request(number), &self.owner(), labels))
    }

    pub fn close(&self, number: u64) -> anyhow::Result<()> {
        let editor = self.editor_of(number);
        self.act(|world| world.close(self.id, TopicKey::Request(number), &editor))
    }

    pub fn reopen(&self, number: u64) -> anyhow::Result<()> {
        let editor = self.editor_of(number);
        self.act(|world| world.reopen(self.id, TopicKey::Request(number), &editor))
    }

    /// Merges and gives the sha that is the tip of the base then.
    pub fn merge(&self, number: u64, by: &str, method: Merge) -> anyhow::Result<String> {
        self.admit(by)?;
        self.act(|world| {
            world.permit_merge(self.id, number, by, method)?;
            world.merge(self.id, number, by, method)
        })
    }

    /// Puts the head branch of a change request on the tip of its base.
    pub fn rebase(&self, number: u64, by: &str) -> anyhow::Result<()> {
        self.admit(by)?;
        self.act(|world| world.rebase(self.id, number, by))
    }

    /// Presses the Revert button of a merged change request; gives the number of the one that it opens.
    pub fn revert(&self, number: u64, by: &str) -> anyhow::Result<u64> {
        self.admit(by)?;
        self.act(|world| world.revert(self.id, number, by))
    }

    /// Says how a GitLab project merges.
    pub fn set_merge_rules(&self, rules: MergeRules) -> anyhow::Result<()> {
        self.act(|world| {
            world.repository_mut(self.id)?.rules = rules;
            Ok(())
        })
    }

    /// Makes a milestone and gives its number.
    pub fn milestone(&self, title: &str) -> anyhow::Result<u64> {
        self.act(|world| world.add_milestone(self.id, &self.owner(), title))
    }

    /// Closes a milestone.
    pub fn close_milestone(&self, title: &str, by: &str) -> anyhow::Result<()> {
        self.admit(by)?;
        let number = self.look(|repository| repository.milestones.iter().find(|own| own.title == title).map(|own| own.number));
        let number = number.with_context(|| format!("there is no milestone {title}"))?;
        let edit = MilestoneEdit { state: Some(MilestoneState::Closed), ..MilestoneEdit::default() };
        self.act(|world| world.edit_milestone(self.id, number, by, edit))
    }

    pub fn comment(&self, number: u64, author: &str, body: &str) -> anyhow::Result<u64> {
        self.act(|world| world.comment(self.id, TopicKey::Request(number), author, body))
    }

    pub fn open_issue(&self, author: &str, title: &str) -> anyhow::Result<u64> {
        self.act(|world| world.open_issue(self.id, author, title, None))
    }

    pub fn comment_on_issue(&self, number: u64, author: &str, body: &str) -> anyhow::Result<u64> {
        self.act(|world| world.comment(self.id, TopicKey::Issue(number), author, body))
    }

    /// Pushes an annotated tag on a branch's tip or a sha.
    pub fn tag(&self, name: &str, at: &str) -> anyhow::Result<()> {
        self.mark(&Mark { name, at, message: Some(name) })
    }

    pub fn lightweight_tag(&self, name: &str, at: &str) -> anyhow::Result<()> {
        self.mark(&Mark { name, at, message: None })
    }

    fn mark(&self, mark: &Mark) -> anyhow::Result<()> {
        self.act(|world| world.tag(self.id, &self.owner(), mark).map(drop))
    }

    pub fn delete_tag(&self, name: &str) -> anyhow::Result<()> {
        self.act(|world| world.push(self.id, &self.owner(), &format!("refs/tags/{name}"), None))
    }

    /// Makes a release by hand.
    pub fn release(&self, tag: &str, notes: &str) -> anyhow::Result<()> {
        let (tag, notes) = (tag.to_owned(), Some(notes.to_owned()));
        let draft = ReleaseDraft { name: Some(tag.clone()), tag, body: notes, ..ReleaseDraft::default() };
        self.act(|world| world.release(self.id, &self.owner(), draft).map(drop))
    }

    /// Writes other notes for a release.
    pub fn edit_notes(&self, tag: &str, notes: &str) -> anyhow::Result<()> {
        let release = self.look(|repository| repository.releases.iter().find(|release| release.tag == tag).cloned());
        let release = release.with_context(|| format!("there is no release of {tag}"))?;
        self.act(|world| world.edit_release(self.id, &self.owner(), Release { body: Some(notes.to_owned()), ..release }))
    }

    /// Installs the App on the account that owns the repository.
    pub fn install(&self) -> anyhow::Result<()> {
        self.act(|world| world.tell(self.id, &self.owner(), What::Installed))
    }

    /// Has the forge try the webhook.
    pub fn ping(&self) -> anyhow::Result<()> {
        self.act(|world| world.tell(self.id, &self.owner(), What::Pinged))
    }
}

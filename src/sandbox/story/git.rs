//! What people do with git alone: pushes, forced ones, branches that come back, and tags of every kind.

use anyhow::Context as _;

use super::RepoHandle;
use crate::sandbox::{
    git::Saying,
    pushing::{Mark, Said},
    signing::{Key, signed},
};

impl RepoHandle {
    /// Pushes several commits at once, each a message and the files that it changes. Gives the new tip.
    pub fn push_commits(&self, branch: &str, author: &str, commits: &[(&str, &[(&str, &str)])]) -> anyhow::Result<String> {
        self.admit(author)?;
        self.act(|world| {
            let mut tip = world.repository(self.id)?.git.branch(branch).with_context(|| format!("there is no branch {branch}"))?;
            for (message, files) in commits {
                tip = world.write(self.id, &tip, &Said { author, message, files })?;
            }
            world.push(self.id, author, &format!("refs/heads/{branch}"), Some(&tip))?;
            Ok(tip)
        })
    }

    /// Moves a branch forward to a commit that is there already, as `git push` does; what is no fast-forward is refused.
    pub fn push(&self, branch: &str, author: &str, sha: &str) -> anyhow::Result<()> {
        let tip = self.head(branch)?;
        let forward = self.look(|repository| repository.git.is_ancestor(&tip, sha).unwrap_or_default());
        anyhow::ensure!(forward, "the push to {branch} is no fast-forward");
        self.force_push_by(author, branch, sha)
    }

    /// Moves a branch anywhere, as `git push --force` does.
    pub fn force_push_by(&self, author: &str, branch: &str, sha: &str) -> anyhow::Result<()> {
        self.admit(author)?;
        self.act(|world| world.push(self.id, author, &format!("refs/heads/{branch}"), Some(sha)))
    }

    /// Amends the tip of a branch and pushes that by force, so that its history is another one. Gives the new tip.
    pub fn rewrite(&self, branch: &str, author: &str, message: &str, files: &[(&str, &str)]) -> anyhow::Result<String> {
        self.admit(author)?;
        self.act(|world| {
            world.tick_commit();
            let (person, git) = (world.person(author), &world.repository(self.id)?.git);
            let tip = git.branch(branch).with_context(|| format!("there is no branch {branch}"))?;
            let tip = git.commit(&tip)?;
            let parents: Vec<&str> = tip.parents.iter().map(String::as_str).collect();
            let sha = git.write_commit(&parents, files, &Saying::by(&person, message))?;
            world.push(self.id, author, &format!("refs/heads/{branch}"), Some(&sha))?;
            Ok(sha)
        })
    }

    /// Brings back a deleted branch where it was, as the Restore button does.
    pub fn restore_branch(&self, name: &str) -> anyhow::Result<String> {
        let reference = format!("refs/heads/{name}");
        let sha = self.look(|repository| repository.removed.get(&reference).cloned());
        let sha = sha.with_context(|| format!("no branch {name} was deleted"))?;
        anyhow::ensure!(self.head(name).is_err(), "the branch {name} exists already");
        self.act(|world| world.push(self.id, &self.owner(), &reference, Some(&sha)))?;
        Ok(sha)
    }

    /// Pushes a tag of a person's own: annotated when it has a message, and moved when it exists. Gives what the reference points to.
    pub fn tag_by(&self, author: &str, mark: &Mark) -> anyhow::Result<String> {
        self.admit(author)?;
        self.act(|world| world.tag(self.id, author, mark))
    }

    /// Pushes a signed tag.
    pub fn signed_tag(&self, name: &str, at: &str, (message, key): (&str, Key)) -> anyhow::Result<String> {
        self.tag_by(&self.owner(), &Mark { name, at, message: Some(&signed(message, key)) })
    }

    /// From now on, this many looks at the change requests of a commit pass before one that is merged is among them:
    /// forges associate the two a little later. A look is one answer of the API.
    pub fn lag_associations(&self, looks: u32) -> anyhow::Result<()> {
        self.act(|world| {
            world.repository_mut(self.id)?.association.looks = looks;
            Ok(())
        })
    }
}

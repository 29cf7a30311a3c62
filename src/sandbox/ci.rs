//! Continuous integration, which is neither the forge nor the bot: it reports on commits.

use super::world::{Status, World};

impl World {
    /// Puts a status on a commit, as CI does, in the forge's own words for its state.
    pub fn report(&mut self, repository: u64, author: &str, (sha, name, state): (&str, &str, &str)) -> anyhow::Result<()> {
        self.meet(author);
        let (id, now) = (self.next_id(), self.tick());
        let it = self.repository_mut(repository)?;
        let reference = it.git.branches_with(sha)?.into_iter().next();
        it.statuses.push(Status {
            id,
            sha: sha.to_owned(),
            name: name.to_owned(),
            state: state.to_owned(),
            description: None,
            target_url: None,
            reference,
            author: author.to_owned(),
            created_at: now,
            updated_at: now,
        });
        Ok(())
    }
}

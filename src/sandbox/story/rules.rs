//! How people protect branches and tags.

use serde_json::Value;

use super::RepoHandle;
use crate::sandbox::{
    github::rulesets::terms,
    protection::{
        refs::{Access, ProtectedBranch, ProtectedTag, Who},
        workflows::Workflows,
    },
    world::Role,
};

impl RepoHandle {
    /// Makes a ruleset of GitHub's JSON for one, and gives its id.
    pub fn add_ruleset(&self, by: &str, ruleset: &Value) -> anyhow::Result<u64> {
        let terms = terms(ruleset, None).map_err(anyhow::Error::msg)?;
        self.act(|world| world.add_ruleset(self.id, by, terms))
    }

    /// Changes what the JSON names, and leaves the rest.
    pub fn change_ruleset(&self, by: &str, id: u64, ruleset: &Value) -> anyhow::Result<()> {
        self.act(|world| {
            let rulesets = &world.repository(self.id)?.protection.rulesets;
            let former = rulesets.iter().find(|ruleset| ruleset.id == id).map(|ruleset| &ruleset.terms);
            let terms = terms(ruleset, former).map_err(anyhow::Error::msg)?;
            world.change_ruleset(self.id, by, (id, terms))
        })
    }

    /// The id of the ruleset of this name.
    pub fn ruleset(&self, name: &str) -> Option<u64> {
        self.look(|repository| {
            let mut rulesets = repository.protection.rulesets.iter();
            rulesets.find(|ruleset| ruleset.terms.name == name).map(|ruleset| ruleset.id)
        })
    }

    pub fn delete_ruleset(&self, by: &str, id: u64) -> anyhow::Result<()> {
        self.act(|world| world.delete_ruleset(self.id, by, id))
    }

    /// Protects branches of a GitLab project by a name with wildcards, or protects them otherwise: from these levels on
    /// (0 is nobody) people may push and merge. GitLab tells nobody of it.
    pub fn protect_branch(&self, name: &str, push: u64, merge: u64) -> anyhow::Result<()> {
        self.act(|world| {
            let [id, pushing, merging] = [(); 3].map(|()| world.next_id());
            let level = |id: u64, level: u64| vec![Access { id, who: Who::Level(level) }];
            let protected =
                ProtectedBranch { push: level(pushing, push), merge: level(merging, merge), ..ProtectedBranch::initial(id, name) };
            let branches = &mut world.repository_mut(self.id)?.protection.branches;
            branches.retain(|other| other.name != name);
            branches.push(protected);
            Ok(())
        })
    }

    pub fn unprotect_branch(&self, name: &str) -> anyhow::Result<()> {
        self.act(|world| {
            world.repository_mut(self.id)?.protection.branches.retain(|protected| protected.name != name);
            Ok(())
        })
    }

    /// Protects tags of a GitLab project by a name with wildcards.
    pub fn protect_tag(&self, name: &str, create: u64) -> anyhow::Result<()> {
        self.act(|world| {
            let access = Access { id: world.next_id(), who: Who::Level(create) };
            let tags = &mut world.repository_mut(self.id)?.protection.tags;
            tags.retain(|other| other.name != name);
            tags.push(ProtectedTag { name: name.to_owned(), create: vec![access] });
            Ok(())
        })
    }

    /// Takes from GitHub's App the permission to change workflows.
    pub fn deny_workflows(&self) -> anyhow::Result<()> {
        self.act(|world| {
            world.repository_mut(self.id)?.workflows = Workflows::Withheld;
            Ok(())
        })
    }

    /// Gives the bot another role.
    pub fn set_role(&self, role: Role) -> anyhow::Result<()> {
        self.grant(self.kind.bot(), role)
    }
}

/// The merge queue of GitHub, the merge train of GitLab.
impl RepoHandle {
    /// Puts a change request into the queue and gives the commit that is tested.
    pub fn enqueue(&self, number: u64, by: &str) -> anyhow::Result<String> {
        self.admit(by)?;
        self.act(|world| world.enqueue(self.id, number, by))
    }

    pub fn dequeue(&self, number: u64) -> anyhow::Result<()> {
        self.act(|world| world.dequeue(self.id, number))
    }

    /// Merges the first of the queue, if what the rules require is green on the commit that was tested.
    pub fn queue_merge(&self, base: &str) -> anyhow::Result<String> {
        self.act(|world| world.queue_merge(self.id, base))
    }
}

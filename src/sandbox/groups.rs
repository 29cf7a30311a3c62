//! Groups of people: teams of an organisation on GitHub, groups on GitLab.

use std::collections::BTreeMap;

use super::{
    Sandbox,
    world::{Kind, Role, World, lock},
};

/// The members of each group, by the group's path: `acme/reviewers` is the team `reviewers` of `acme`, or the group below `acme`.
pub type Groups = BTreeMap<(Kind, String), BTreeMap<String, Role>>;

impl World {
    pub fn add_member(&mut self, kind: Kind, group: &str, login: &str, role: Role) {
        self.meet(login);
        self.groups.entry((kind, group.to_owned())).or_default().insert(login.to_owned(), role);
    }

    /// The role of a member of the group itself.
    pub fn role_in(&self, kind: Kind, group: &str, login: &str) -> Option<Role> {
        let mut found = self.groups.iter().filter(|((of, path), _)| *of == kind && path.eq_ignore_ascii_case(group));
        found.find_map(|(_, members)| members.get(login).copied())
    }

    /// The members of the group itself; `None` where there is no such group.
    pub fn members_of(&self, kind: Kind, group: &str) -> Option<Vec<String>> {
        let found = self.groups.iter().find(|((of, path), _)| *of == kind && path.eq_ignore_ascii_case(group));
        found.map(|(_, members)| members.keys().cloned().collect())
    }

    /// The highest role that somebody has in a group or in one above it, as GitLab inherits them.
    pub fn inherited_role(&self, group: &str, login: &str) -> Option<Role> {
        let above = group.match_indices('/').map(|(end, _)| group.split_at(end).0).chain([group]);
        above.filter_map(|path| self.role_in(Kind::GitLab, path, login)).max()
    }

    /// True when there is such a group: one with members, or one that projects or groups are in.
    pub fn has_group(&self, kind: Kind, group: &str) -> bool {
        let within =
            |path: &str| path.eq_ignore_ascii_case(group) || path.to_lowercase().starts_with(&format!("{}/", group.to_lowercase()));
        self.groups.keys().any(|(of, path)| *of == kind && within(path))
            || self.repositories_of(kind).any(|repository| within(repository.owner()))
    }
}

impl Sandbox {
    /// Makes somebody a member of a group: of `acme/reviewers`, the team `reviewers` of `acme` on GitHub.
    pub fn add_member(&self, kind: Kind, group: &str, login: &str, role: Role) {
        lock(&self.world).add_member(kind, group, login, role);
    }
}

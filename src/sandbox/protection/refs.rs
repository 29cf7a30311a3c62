//! GitLab's protected branches and tags: who may push to them, merge into them and create them.

use super::Attempt;
use crate::sandbox::{
    gitlab::access_level,
    world::{Repository, Role, World},
};

/// GitLab's numbers for nobody, developers and maintainers.
pub const NOBODY: u64 = 0;
pub const DEVELOPER: u64 = 30;
pub const MAINTAINER: u64 = 40;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedBranch {
    pub id: u64,
    /// With `*` for any text.
    pub name: String,
    pub push: Vec<Access>,
    pub merge: Vec<Access>,
    pub unprotect: Vec<Access>,
    pub allow_force_push: bool,
    pub code_owner_approval_required: bool,
}

impl ProtectedBranch {
    /// How a new project protects its default branch here: developers may push and merge, nobody may force.
    pub fn initial(id: u64, name: &str) -> Self {
        let developers = || vec![Access { id, who: Who::Level(DEVELOPER) }];
        Self {
            id,
            name: name.to_owned(),
            push: developers(),
            merge: developers(),
            unprotect: Vec::new(),
            allow_force_push: false,
            code_owner_approval_required: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedTag {
    pub name: String,
    pub create: Vec<Access>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub id: u64,
    pub who: Who,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody whose role has at least this number; 0 is nobody.
    Level(u64),
    User(u64),
    Group(u64),
    DeployKey(u64),
}

/// Those who are let in, for people.
pub fn words(access: &[Access]) -> String {
    let words: Vec<String> = access.iter().map(|access| format!("{:?}", access.who)).collect();
    words.join(", ")
}

/// Whether a name with wildcards means this branch or tag.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(tail) = name.strip_prefix(start) else { return false };
    (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|tail| matches(rest, tail)))
}

/// The protections that hold for a branch. Where several do, what one of them allows is allowed.
pub fn of_branch<'a>(project: &'a Repository, branch: &str) -> Vec<&'a ProtectedBranch> {
    project.protection.branches.iter().filter(|protected| matches(&protected.name, branch)).collect()
}

pub fn of_tag<'a>(project: &'a Repository, tag: &str) -> Vec<&'a ProtectedTag> {
    project.protection.tags.iter().filter(|protected| matches(&protected.name, tag)).collect()
}

/// Whether a list of accesses lets somebody in.
pub fn lets_in(world: &World, project: &Repository, (access, login): (&[Access], &str)) -> bool {
    access.iter().any(|access| match access.who {
        Who::Level(NOBODY) | Who::Group(_) | Who::DeployKey(_) => false,
        Who::Level(level) => access_level(project.role(login)) >= level,
        Who::User(id) => world.user(login).id == id,
    })
}

pub fn may_push(world: &World, project: &Repository, branch: &str, login: &str) -> bool {
    let protections = of_branch(project, branch);
    protections.is_empty() || protections.iter().any(|protected| lets_in(world, project, (&protected.push, login)))
}

pub fn may_merge(world: &World, project: &Repository, branch: &str, login: &str) -> bool {
    let protections = of_branch(project, branch);
    let allows = |access: &[Access]| lets_in(world, project, (access, login));
    protections.is_empty() || protections.iter().any(|protected| allows(&protected.push) || allows(&protected.merge))
}

pub fn broken_by_push(world: &World, attempt: &Attempt) -> Option<&'static str> {
    let project = attempt.repository;
    if let Some(tag) = attempt.reference.strip_prefix("refs/tags/") {
        return broken_by_tag(world, attempt, tag);
    }
    let branch = attempt.reference.strip_prefix("refs/heads/")?;
    let protections = of_branch(project, branch);
    if protections.is_empty() {
        None
    } else if attempt.after.is_none() {
        let may = project.role(attempt.actor) >= Role::Maintain;
        (!may).then_some("You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch.")
    } else if attempt.is_creation() {
        let may = may_merge(world, project, branch, attempt.actor);
        (!may).then_some("You are not allowed to create protected branches on this project.")
    } else if attempt.is_forced() && !protections.iter().any(|protected| protected.allow_force_push) {
        Some("You are not allowed to force push code to a protected branch on this project.")
    } else {
        let may = may_push(world, project, branch, attempt.actor);
        (!may).then_some("You are not allowed to push code to protected branches on this project.")
    }
}

fn broken_by_tag(world: &World, attempt: &Attempt, tag: &str) -> Option<&'static str> {
    let project = attempt.repository;
    let protections = of_tag(project, tag);
    if protections.is_empty() {
        return None;
    }
    if attempt.is_creation() {
        let may = protections.iter().any(|protected| lets_in(world, project, (&protected.create, attempt.actor)));
        return (!may).then_some("You are not allowed to create this tag as it is protected.");
    }
    if attempt.after.is_some() {
        return Some("Protected tags cannot be updated.");
    }
    let may = project.role(attempt.actor) >= Role::Maintain;
    (!may).then_some(
        "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag.",
    )
}

pub fn broken_by_merge(world: &World, project: &Repository, branch: &str, login: &str) -> Option<&'static str> {
    let may = may_merge(world, project, branch, login);
    (!may).then_some("You are not allowed to merge this merge request into a protected branch.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("main", "main", true),
            ("main", "main2", false),
            ("release/*", "release/1/x", true),
            ("*-stable", "1-stable", true),
            ("*", "x", true),
            ("v*.*", "v1", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}

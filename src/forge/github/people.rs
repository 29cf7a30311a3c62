//! Who people are here: what they may do, and whether they contributed before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::GithubRepository;
use super::client::encode;
use super::graphql::Variables;
use crate::domain::facts::Role;
use crate::domain::names::{Number, UserName};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Each search takes GitHub a while, and a query may take ten seconds.
const AT_ONCE: usize = 30;

#[derive(Deserialize)]
struct Permission {
    permission: String,
    role_name: String,
}

#[derive(Deserialize)]
struct Collaborator {
    login: String,
    #[serde(rename = "type")]
    kind: String,
    role_name: String,
    /// What the role amounts to, whatever its name is.
    #[serde(default)]
    permissions: BTreeMap<String, bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    issue_count: usize,
}

impl GithubRepository<'_> {
    /// `GET /repos/{owner}/{repo}/collaborators/{username}/permission`
    pub(super) async fn read_role(&self, user: &UserName) -> Result<Role> {
        let path = format!("/collaborators/{}/permission", encode(user.as_str()));
        Ok(absent(self.get::<Permission>(&path).await)?.map_or(Role::None, |permission| permission.role()))
    }

    /// `GET /repos/{owner}/{repo}/collaborators`, its first page. Without the right to see them, there are none to name.
    pub(super) async fn read_holders(&self, least: Role) -> Result<Vec<(UserName, Role)>> {
        let found: Vec<Collaborator> = match self.get(&format!("/collaborators?permission={}&per_page=100", permission(least))).await {
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { .. } | ForgeError::Rejected { .. }) => Vec::new(),
            answer => answer?,
        };
        let people = found.into_iter().filter(|one| one.kind == "User").filter_map(Collaborator::read);
        Ok(people.filter(|(_, role)| *role >= least).collect())
    }

    /// Somebody of whom nothing can be found, as of a deleted account, is not welcomed.
    pub(super) async fn read_newcomers(&self, authors: &BTreeMap<String, Vec<Number>>) -> Result<Vec<String>> {
        let authors: Vec<_> = authors.iter().filter(|(author, _)| UserName::parse(author).is_ok()).collect();
        let mut newcomers = Vec::new();
        for part in authors.chunks(AT_ONCE) {
            let mut variables = Variables::default();
            let mut selection = String::new();
            for (at, (author, _)) in part.iter().enumerate() {
                let query = format!("repo:{} is:pr is:merged author:{}", self.path, searched(author));
                let query = variables.bind("String!", query);
                _ = write!(selection, "a{at}: search(type: ISSUE, query: {query}, first: 1) {{ issueCount }} ");
            }
            let mut read: BTreeMap<String, Option<Found>> = self.ask_partly(&variables, &selection).await?;
            for (at, (author, numbers)) in part.iter().enumerate() {
                let found = read.remove(&format!("a{at}")).flatten();
                newcomers.extend(found.filter(|found| found.issue_count <= numbers.len()).map(|_| (*author).clone()));
            }
        }
        Ok(newcomers)
    }
}

/// Searches know an App by another name than its comments.
fn searched(author: &str) -> String {
    author.strip_suffix("[bot]").map_or_else(|| author.to_owned(), |app| format!("app/{app}"))
}

impl Permission {
    /// Roles that an organization made itself have a name of theirs, and the permission of the role that they are based on.
    fn role(&self) -> Role {
        named(&self.role_name).or_else(|| named(&self.permission)).unwrap_or(Role::None)
    }
}

impl Collaborator {
    fn read(self) -> Option<(UserName, Role)> {
        let roles = [Role::Admin, Role::Maintain, Role::Write, Role::Triage, Role::Read];
        let amount = || roles.into_iter().find(|role| self.permissions.get(permission(*role)) == Some(&true));
        let role = named(&self.role_name).or_else(amount)?;
        Some((UserName::parse(&self.login).ok()?, role))
    }
}

fn named(role: &str) -> Option<Role> {
    match role {
        "admin" => Some(Role::Admin),
        "maintain" => Some(Role::Maintain),
        "write" => Some(Role::Write),
        "triage" => Some(Role::Triage),
        "read" => Some(Role::Read),
        "none" => Some(Role::None),
        _ => None,
    }
}

/// What the list of collaborators calls a role.
fn permission(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Maintain => "maintain",
        Role::Write => "push",
        Role::Triage => "triage",
        Role::Read | Role::None => "pull",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_an_organizations_own_counts_as_what_it_is_based_on() {
        let role = |permission: &str, name: &str| Permission { permission: permission.to_owned(), role_name: name.to_owned() }.role();
        assert_eq!((role("write", "maintain"), role("write", "release-team"), role("?", "?")), (Role::Maintain, Role::Write, Role::None));
    }

    #[test]
    fn a_collaborators_role_is_told_by_its_name_or_else_by_what_it_allows() {
        let read = |role_name: &str, push: bool, maintain: bool| {
            let permissions = [("pull", true), ("push", push), ("maintain", maintain)];
            let permissions = permissions.map(|(name, has)| (name.to_owned(), has)).into();
            let one = Collaborator { login: "mia".to_owned(), kind: "User".to_owned(), role_name: role_name.to_owned(), permissions };
            one.read().unwrap().1
        };
        assert_eq!((read("admin", false, false), read("release-team", true, true)), (Role::Admin, Role::Maintain));
        assert_eq!((read("release-team", true, false), read("release-team", false, false)), (Role::Write, Role::Read));
    }

    #[test]
    fn an_app_is_searched_for_by_its_own_name() {
        assert_eq!((searched("dependabot[bot]").as_str(), searched("dana").as_str()), ("app/dependabot", "dana"));
    }
}

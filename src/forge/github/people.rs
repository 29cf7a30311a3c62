//! Who people are here: what they may do, and whether they contributed before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::GithubRepository;
use super::client::encode;
use super::graphql::Variables;
use crate::domain::facts::Role;
use crate::domain::names::{Number, UserName};
use crate::forge::Result;
use crate::forge::error::absent;

/// Each search takes GitHub a while, and a query may take ten seconds.
const AT_ONCE: usize = 30;

#[derive(Deserialize)]
struct Permission {
    permission: String,
    role_name: String,
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
        let of = |name: &str| match name {
            "admin" => Some(Role::Admin),
            "maintain" => Some(Role::Maintain),
            "write" => Some(Role::Write),
            "triage" => Some(Role::Triage),
            "read" => Some(Role::Read),
            "none" => Some(Role::None),
            _ => None,
        };
        of(&self.role_name).or_else(|| of(&self.permission)).unwrap_or(Role::None)
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
    fn an_app_is_searched_for_by_its_own_name() {
        assert_eq!((searched("dependabot[bot]").as_str(), searched("dana").as_str()), ("app/dependabot", "dana"));
    }
}

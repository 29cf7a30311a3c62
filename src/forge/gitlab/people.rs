//! Who people are to a GitLab project: their role, and whether they are new to it.
//! Must not know what anybody is allowed for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::client::Call;
use super::{GitlabProject, together};
use crate::domain::facts::Role;
use crate::domain::names::{Number, UserName};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Authors that are looked up at most; a release by more of them welcomes nobody beyond.
const AUTHORS: usize = 20;
/// A first merge is among the first requests that somebody opened.
const FIRST: &str = "20";
/// Those who have a name like somebody's that are looked through for the one who has exactly that name.
const ALIKE: usize = 1000;
/// Members of whom those are named who have a role that somebody lacks.
const MEMBERS: usize = 100;

#[derive(Deserialize)]
struct Member {
    username: String,
    access_level: u64,
    membership_state: Option<String>,
    /// Whether the account is blocked, for one.
    state: Option<String>,
}

#[derive(Deserialize)]
struct Merged {
    iid: u64,
    merged_at: Option<Timestamp>,
}

impl GitlabProject<'_> {
    /// `GET /projects/:id/members/all`, which counts what is inherited. The search is for whatever has this text in a name or an address,
    /// so of what is found only the very name counts.
    pub(super) async fn read_role(&self, user: &UserName) -> Result<Role> {
        let call = Call::get(self.at("/members/all")).with("query", user.as_str());
        let alike: Vec<Member> = absent(self.ask_some(call, ALIKE).await)?.unwrap_or_default();
        let same = alike.iter().filter(|member| member.username.eq_ignore_ascii_case(user.as_str()));
        Ok(same.map(Member::role).max().unwrap_or(Role::None))
    }

    /// The same list without a search, its first page.
    pub(super) async fn read_holders(&self, least: Role) -> Result<Vec<(UserName, Role)>> {
        let members: Vec<Member> = match self.ask_some(Call::get(self.at("/members/all")), MEMBERS).await {
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { .. } | ForgeError::Rejected { .. }) => Vec::new(),
            members => members?,
        };
        let able = members.iter().filter(|member| member.is_person() && member.role() >= least);
        Ok(able.filter_map(|member| Some((UserName::parse(&member.username).ok()?, member.role()))).collect())
    }

    /// What was listed for the line tells of most; the others are looked up.
    pub(super) async fn read_newcomers(&self, authors: &BTreeMap<String, Vec<Number>>) -> Result<Vec<String>> {
        let known: BTreeMap<&String, bool> = {
            let read = self.read.lock().await;
            let tell = |author: &str, numbers: &[Number]| read.values().find_map(|line| line.requests.is_first(author, numbers));
            authors.iter().filter_map(|(author, numbers)| Some((author, tell(author, numbers)?))).collect()
        };
        let unknown = authors.iter().filter(|(author, _)| !known.contains_key(author));
        let asked = unknown.take(AUTHORS).map(|(author, numbers)| async move {
            let call = Call::get(self.at("/merge_requests")).with("scope", "all").with("state", "merged").with("author_username", author);
            let call = call.with("order_by", "created_at").with("sort", "asc").with("per_page", FIRST);
            let merged: Vec<Merged> = self.ask(call).await?;
            let first = merged.into_iter().min_by_key(|request| request.merged_at);
            Ok(first.filter(|first| numbers.contains(&Number(first.iid))).map(|_| author.clone()))
        });
        let asked = together(asked).await?.into_iter().flatten();
        let told = known.iter().filter(|(_, is_first)| **is_first).map(|(author, _)| (*author).clone());
        Ok(told.chain(asked).collect::<BTreeSet<_>>().into_iter().collect())
    }
}

impl Member {
    fn role(&self) -> Role {
        if self.membership_state.as_deref() == Some("awaiting") { Role::None } else { role(self.access_level) }
    }

    /// Access tokens of projects and groups have accounts that nobody can ask:
    /// <https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects>.
    fn is_person(&self) -> bool {
        let is_token =
            |kind: &str| self.username.strip_prefix(kind).and_then(|rest| rest.split_once("_bot")).is_some_and(|(id, _)| is_number(id));
        self.state.as_deref().is_none_or(|state| state == "active") && !is_token("project_") && !is_token("group_")
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// <https://docs.gitlab.com/api/access_requests/#valid-access-levels>; 5 is minimal access, to the group only.
fn role(access_level: u64) -> Role {
    match access_level {
        50.. => Role::Admin,
        40.. => Role::Maintain,
        30.. => Role::Write,
        20.. => Role::Triage,
        10.. => Role::Read,
        _ => Role::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(username: &str, state: &str, membership: &str) -> Member {
        let some = |text: &str| Some(text.to_owned());
        Member { username: username.to_owned(), access_level: 40, membership_state: some(membership), state: some(state) }
    }

    #[test]
    fn those_who_are_named_are_people_who_can_be_asked() {
        let named = |username: &str, state: &str| member(username, state, "active").is_person();
        assert!(named("mia", "active") && named("project_x_bot", "active") && !named("mia", "blocked"));
        assert!(!named("project_12_bot_4ffca233d8298ea1", "active") && !named("group_7_bot", "active"));
        assert_eq!((member("mia", "active", "awaiting").role(), member("mia", "active", "active").role()), (Role::None, Role::Maintain));
    }

    #[test]
    fn access_levels_are_roles() {
        let levels = [0, 5, 10, 15, 20, 25, 30, 40, 50, 60].map(role);
        let (reads, triages) = (Role::Read, Role::Triage);
        assert_eq!(levels[..6], [Role::None, Role::None, reads, reads, triages, triages]);
        assert_eq!(levels[6..], [Role::Write, Role::Maintain, Role::Admin, Role::Admin]);
    }
}

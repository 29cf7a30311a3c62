//! Who people are to a GitLab project: their role, and whether they are new to it.
//! Must not know what anybody is allowed for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::client::Call;
use super::{GitlabProject, together};
use crate::domain::facts::Role;
use crate::domain::names::{Number, UserName};
use crate::forge::Result;
use crate::forge::error::absent;

/// Authors that are looked up at most; a release by more of them welcomes nobody beyond.
const AUTHORS: usize = 20;
/// A first merge is among the first requests that somebody opened.
const FIRST: &str = "20";

#[derive(Deserialize)]
struct Account {
    id: u64,
    username: String,
}

#[derive(Deserialize)]
struct Member {
    access_level: u64,
    membership_state: Option<String>,
}

#[derive(Deserialize)]
struct Merged {
    iid: u64,
    merged_at: Option<Timestamp>,
}

impl GitlabProject<'_> {
    /// `GET /users`, then `GET /projects/:id/members/all/:user_id`, which counts what is inherited.
    pub(super) async fn read_role(&self, user: &UserName) -> Result<Role> {
        let accounts: Vec<Account> = self.ask(Call::get("users".to_owned()).with("username", user.as_str())).await?;
        let Some(account) = accounts.iter().find(|account| account.username.eq_ignore_ascii_case(user.as_str())) else {
            return Ok(Role::None);
        };
        let member: Option<Member> = absent(self.ask(Call::get(self.at(&format!("/members/all/{}", account.id)))).await)?;
        let member = member.filter(|member| member.membership_state.as_deref() != Some("awaiting"));
        Ok(member.map_or(Role::None, |member| role(member.access_level)))
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

    #[test]
    fn access_levels_are_roles() {
        let levels = [0, 5, 10, 15, 20, 25, 30, 40, 50, 60].map(role);
        let (reads, triages) = (Role::Read, Role::Triage);
        assert_eq!(levels[..6], [Role::None, Role::None, reads, reads, triages, triages]);
        assert_eq!(levels[6..], [Role::Write, Role::Maintain, Role::Admin, Role::Admin]);
    }
}

//! Installation tokens: each narrowed to one repository, kept until shortly before it ends, minted once however many calls wait
//! for it. octocrab's own cache starts empty for every client and mints for every caller, so it is not used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::Method;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as AsyncMutex;

use super::GithubRepository;
use super::client::{read, send};
use crate::forge::{ForgeError, Result};

/// GitHub's tokens live an hour; one that ends sooner than this is renewed.
const MARGIN: Duration = Duration::from_mins(5);
/// Enough for every repository that is busy within an hour; beyond it, those that ended go first.
const MOST: usize = 10_000;

type Slot = Arc<AsyncMutex<Option<Token>>>;

#[derive(Default)]
pub struct Tokens {
    by_repository: Mutex<HashMap<(u64, u64), Slot>>,
}

struct Token {
    text: Arc<str>,
    ends: SystemTime,
    workflows: Workflows,
}

/// Whether the App may change workflow files here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workflows {
    Writable,
    Refused,
    /// GitHub did not say.
    Unknown,
}

/// `POST /app/installations/{installation_id}/access_tokens`
#[derive(Serialize)]
struct Scope {
    repository_ids: [u64; 1],
}

#[derive(Deserialize)]
struct Minted {
    token: String,
    expires_at: String,
    permissions: Option<Permissions>,
}

#[derive(Deserialize)]
struct Permissions {
    workflows: Option<String>,
}

impl Tokens {
    /// A token for the repository. Those who ask at the same time wait for the first one's.
    pub async fn token(&self, repository: &GithubRepository<'_>) -> Result<Arc<str>> {
        let Some(installation) = repository.installation else {
            return Err(ForgeError::Denied {
                call: format!("authorizing for {}", repository.path),
                status: 401,
                message: "the delivery names no installation: it came from a repository's webhook, not from the App's".to_owned(),
            });
        };
        let slot = self.slot((installation, repository.id));
        let mut slot = slot.lock().await;
        if let Some(token) = slot.as_ref().filter(|token| token.lasts()) {
            return Ok(token.text.clone());
        }
        let route = format!("/app/installations/{installation}/access_tokens");
        let scope = Scope { repository_ids: [repository.id] };
        let minted: Minted = read(&route, &send(&repository.forge.app, Method::POST, &route, Some(&scope)).await?)?;
        let ends = minted.expires_at.parse::<jiff::Timestamp>().map(SystemTime::from);
        // A time that cannot be read makes a token for one use.
        let workflows = match minted.permissions {
            None => Workflows::Unknown,
            Some(permissions) if permissions.workflows.as_deref() == Some("write") => Workflows::Writable,
            Some(_) => Workflows::Refused,
        };
        let token = Token { text: minted.token.into(), ends: ends.unwrap_or(SystemTime::UNIX_EPOCH), workflows };
        Ok(slot.insert(token).text.clone())
    }

    /// Whether workflow files may be changed, by what was said when the token was made.
    pub async fn workflows(&self, repository: &GithubRepository<'_>) -> Workflows {
        let slot = self.slot((repository.installation.unwrap_or_default(), repository.id));
        let slot = slot.lock().await;
        slot.as_ref().map_or(Workflows::Unknown, |token| token.workflows)
    }

    /// Gives up a token that was refused, unless it has been renewed already.
    pub fn forget(&self, repository: &GithubRepository<'_>, refused: &Arc<str>) {
        let slot = self.slot((repository.installation.unwrap_or_default(), repository.id));
        if let Ok(mut slot) = slot.try_lock() {
            slot.take_if(|token| token.text == *refused);
        }
    }

    fn slot(&self, key: (u64, u64)) -> Slot {
        let mut slots = self.by_repository.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST {
            slots.retain(|_, slot| slot.try_lock().map_or(true, |token| token.as_ref().is_some_and(Token::lasts)));
        }
        slots.entry(key).or_default().clone()
    }
}

impl Token {
    fn lasts(&self) -> bool {
        self.ends > SystemTime::now() + MARGIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for_one_repository_alone() {
        assert_eq!(serde_json::json!(Scope { repository_ids: [7] }), serde_json::json!({"repository_ids": [7]}));
    }
}

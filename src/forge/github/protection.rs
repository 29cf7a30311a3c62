//! What protects branches and tags on GitHub: Slipway's own rulesets, which are known by their names. Other people's are never touched.

use std::fmt::Write as _;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{Page, encode, read, send};
use super::read::unreadable;
use super::rulesets::{Ruleset, found, parts};
use super::{GitHub, GithubRepository};
use crate::domain::event::{ForgeKind, Repository};
use crate::domain::names::{BranchName, RepoPath};
use crate::domain::protection::{Guard, Lack, Protection};
use crate::forge::{Applied, ForgeError, Result};

#[derive(Deserialize)]
struct Listed {
    id: u64,
    name: String,
    source_type: Option<String>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Permissions {
    administration: Option<String>,
}

/// `POST /app/installations/{installation_id}/access_tokens`, which tells of the repositories that it names.
#[derive(Serialize)]
struct Scope<'a> {
    repositories: [&'a str; 1],
}

#[derive(Deserialize)]
struct Minted {
    repositories: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    full_name: String,
    default_branch: Option<String>,
}

impl GitHub {
    async fn installation(&self, path: &RepoPath) -> Result<Installation> {
        let route = format!("/repos/{}/installation", encode(path.as_str()));
        read(&route, &send(&self.app, Method::GET, &route, None::<&()>).await?)
    }

    /// A repository by its path, for whoever was told of none by a delivery.
    ///
    /// # Errors
    /// When the App is not installed there.
    pub async fn find(&self, path: &RepoPath) -> Result<Repository> {
        let installation = self.installation(path).await?.id;
        let route = format!("/app/installations/{installation}/access_tokens");
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        let minted: Minted = read(&route, &send(&self.app, Method::POST, &route, Some(&Scope { repositories: [name] })).await?)?;
        let found = minted.repositories.into_iter().next().ok_or_else(|| ForgeError::NotFound { call: path.to_string() })?;
        Ok(Repository {
            forge: ForgeKind::GitHub,
            id: found.id,
            path: RepoPath::parse(&found.full_name).map_err(unreadable("repository"))?,
            default_branch: found.default_branch.and_then(|name| BranchName::parse(&name).ok()),
            tenant: Some(installation),
        })
    }
}

/// A ruleset that is there.
struct There {
    id: u64,
    ruleset: Ruleset,
}

impl GithubRepository<'_> {
    /// `GET /repos/{owner}/{repo}/rulesets`, each of Slipway's own, and `GET /repos/{owner}/{repo}/installation` for what the App may.
    pub(super) async fn read_protection(&self, guards: &[Guard]) -> Result<Protection> {
        let there = self.own_rulesets(guards).await?;
        let rulesets: Vec<_> = there.iter().map(|there| there.ruleset.clone()).collect();
        let app = self.forge.app_id;
        let may = self.forge.installation(self.path).await?.permissions.administration.as_deref() == Some("write");
        Ok(Protection {
            found: guards.iter().map(|guard| (guard.clone(), found(guard, app, &rulesets))).collect(),
            lack: (!may).then(|| Lack {
                why: "the App lacks the permission “Administration: read and write”".to_owned(),
                remedy: "Grant it in the App's settings and approve it for this installation, or do it by hand.".to_owned(),
                by_hand: Some(self.by_hand(guards, &there)),
            }),
        })
    }

    async fn own_rulesets(&self, guards: &[Guard]) -> Result<Vec<There>> {
        let names: Vec<_> = guards.iter().flat_map(|guard| parts(guard, self.forge.app_id)).map(|part| part.name).collect();
        let mut next = Some(Page::First("/rulesets?includes_parents=false&per_page=100".to_owned()));
        let mut own = Vec::new();
        while let Some(page) = next.take() {
            let (listed, further) = self.page::<Vec<Listed>>(page).await?;
            own.extend(listed.into_iter().filter(|set| names.contains(&set.name) && set.source_type.as_deref() != Some("Organization")));
            next = further;
        }
        let mut there = Vec::new();
        for Listed { id, .. } in own {
            there.push(There { id, ruleset: self.get(&format!("/rulesets/{id}")).await? });
        }
        Ok(there)
    }

    /// `POST`, `PUT` and `DELETE /repos/{owner}/{repo}/rulesets`: only what differs. What holds for everybody comes first.
    pub(super) async fn protect(&self, guard: &Guard) -> Result<Applied> {
        let there = self.own_rulesets(std::slice::from_ref(guard)).await?;
        let mut applied = Applied::Unchanged;
        for wanted in parts(guard, self.forge.app_id) {
            let own = there.iter().find(|there| there.ruleset.name == wanted.name);
            match own {
                None if wanted.rules.is_empty() => {}
                None => {
                    self.post("/rulesets", &wanted).await?;
                    applied = if applied == Applied::Unchanged { Applied::Created } else { applied };
                }
                Some(There { id, .. }) if wanted.rules.is_empty() => {
                    self.delete(&format!("/rulesets/{id}")).await?;
                    applied = Applied::Changed;
                }
                Some(There { ruleset, .. }) if ruleset.is(&wanted) => {}
                Some(There { id, .. }) => {
                    let route = self.route(&format!("/rulesets/{id}"));
                    self.call(Method::PUT, &route, Some(&wanted)).await?;
                    applied = Applied::Changed;
                }
            }
        }
        Ok(applied)
    }

    /// What an admin types to do the same.
    fn by_hand(&self, guards: &[Guard], there: &[There]) -> String {
        let mut text = String::new();
        for wanted in guards.iter().flat_map(|guard| parts(guard, self.forge.app_id)) {
            let own = there.iter().find(|there| there.ruleset.name == wanted.name);
            let (method, id) = match own {
                None if wanted.rules.is_empty() => continue,
                None => ("POST", String::new()),
                Some(There { ruleset, .. }) if ruleset.is(&wanted) => continue,
                Some(There { id, .. }) if wanted.rules.is_empty() => ("DELETE", format!("/{id}")),
                Some(There { id, .. }) => ("PUT", format!("/{id}")),
            };
            let call = format!("gh api --method {method} repos/{}/rulesets{id}", self.path);
            // Writing to a text cannot fail.
            let _ = match method {
                "DELETE" => writeln!(text, "{call}"),
                _ => writeln!(text, "{call} --input - <<'EOF'\n{:#}\nEOF", json!(wanted)),
            };
        }
        text
    }
}

//! A release that is withdrawn: it says so itself, and is neither the latest any more nor taken for stable. Its tag stays.

use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::client::encode;
use super::publish::NOTES;
use crate::domain::names::TagName;
use crate::domain::plan::{Outcome, Withdrawal};
use crate::forge::error::absent;
use crate::forge::texts::{fit, withdrawn_name, withdrawn_notes};
use crate::forge::{Applied, Result};

/// `GET /repos/{owner}/{repo}/releases/tags/{tag}` and `/releases/latest`
#[derive(Deserialize)]
struct Release {
    id: u64,
    tag_name: String,
    name: Option<String>,
    body: Option<String>,
    prerelease: bool,
}

/// `PATCH /repos/{owner}/{repo}/releases/{release_id}`
#[derive(Serialize)]
struct Withdrawn<'a> {
    name: &'a str,
    body: &'a str,
    prerelease: bool,
    make_latest: &'static str,
}

#[derive(Serialize)]
struct Promoted {
    make_latest: &'static str,
}

impl GithubRepository<'_> {
    pub(super) async fn withdraw_release(&self, withdrawal: &Withdrawal<String>) -> Result<Applied> {
        let release = self.release_of(&withdrawal.tag).await?;
        let found = release.is_some();
        let applied = match release {
            Some(release) => self.mark_withdrawn(withdrawal, &release).await?,
            None => Applied::Unchanged,
        };
        self.ran().came.push(Outcome::Withdrawn { tag: withdrawal.tag.clone(), found });
        Ok(applied)
    }

    /// A draft is not found by its tag; it is public nowhere.
    async fn release_of(&self, tag: &TagName) -> Result<Option<Release>> {
        absent(self.get(&format!("/releases/tags/{}", encode(tag.as_str()))).await)
    }

    /// The other one becomes the latest first: once this one is not any more, nobody could tell that it was.
    async fn mark_withdrawn(&self, withdrawal: &Withdrawal<String>, release: &Release) -> Result<Applied> {
        let (name, body) = (withdrawn_name(release.name.as_deref(), &release.tag_name), bannered(release, &withdrawal.banner));
        if release.prerelease && release.name.as_deref() == Some(&name) && release.body.as_deref() == Some(&body) {
            return Ok(Applied::Unchanged);
        }
        if let Some(latest) = withdrawal.latest.as_ref().filter(|_| !release.prerelease) {
            self.promote(latest, release).await?;
        }
        let body = Withdrawn { name: &name, body: &body, prerelease: true, make_latest: "false" };
        self.patch(&format!("/releases/{}", release.id), &body).await.map(|()| Applied::Changed)
    }

    /// Makes a release the latest in place of another one, if that is it.
    async fn promote(&self, tag: &TagName, instead_of: &Release) -> Result<()> {
        let latest: Option<Release> = absent(self.get("/releases/latest").await)?;
        if latest.is_none_or(|latest| latest.id != instead_of.id) {
            return Ok(());
        }
        // A pre-release cannot be the latest, and one that is gone neither: then GitHub chooses.
        match self.release_of(tag).await?.filter(|release| !release.prerelease) {
            Some(release) => self.patch(&format!("/releases/{}", release.id), &Promoted { make_latest: "true" }).await,
            None => Ok(()),
        }
    }
}

fn bannered(release: &Release, banner: &str) -> String {
    let body = release.body.as_deref().unwrap_or_default();
    withdrawn_notes(body, banner).map_or_else(|| body.to_owned(), |notes| fit(&notes, NOTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(body: &str) -> Release {
        Release { id: 1, tag_name: "v1.4.0".into(), name: None, body: Some(body.to_owned()), prerelease: false }
    }

    #[test]
    fn what_is_withdrawn_says_so_once() {
        let first = bannered(&release("Notes"), "Withdrawn.\n");
        assert_eq!(first, "<!-- slipway:withdrawn -->\nWithdrawn.\n\nNotes");
        assert_eq!(bannered(&release(&first.replace('\n', "\r\n")), "Other"), first.replace('\n', "\r\n"));
        let name = withdrawn_name(Some(" "), "v1.4.0");
        assert_eq!((name.as_str(), withdrawn_name(Some(&name), "").as_str()), ("v1.4.0 (withdrawn)", "v1.4.0 (withdrawn)"));
    }
}

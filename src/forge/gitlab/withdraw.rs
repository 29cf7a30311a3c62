//! A release that is taken back on GitLab: its notes and its name say so. GitLab has no pre-releases, and the latest is the one with the
//! latest date, so nothing else can be told to change. Must not know why it is taken back.

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::{Call, encode};
use super::write::described;
use crate::domain::plan::{Outcome, Withdrawal};
use crate::forge::error::absent;
use crate::forge::texts::{withdrawn_name, withdrawn_notes};
use crate::forge::{Applied, Result};

#[derive(Deserialize)]
struct Existing {
    name: Option<String>,
    description: Option<String>,
}

/// `PUT /projects/:id/releases/:tag_name`
#[derive(Serialize, Default, PartialEq)]
struct Edit {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl GitlabProject<'_> {
    pub(super) async fn withdraw_release(&self, withdrawal: &Withdrawal<String>) -> Result<Applied> {
        let tag = &withdrawal.tag;
        let path = self.at(&format!("/releases/{}", encode(tag.as_str())));
        let found: Option<Existing> = absent(self.ask(Call::get(path.clone())).await)?;
        let edit = found.as_ref().map(|release| edit(release, (tag.as_str(), &withdrawal.banner))).unwrap_or_default();
        let applied = if edit == Edit::default() {
            Applied::Unchanged
        } else {
            self.tell(Call::put(path, &edit)).await?;
            Applied::Changed
        };
        self.note(Outcome::Withdrawn { tag: tag.clone(), found: found.is_some() });
        Ok(applied)
    }
}

/// What of the release is to be written.
fn edit(release: &Existing, (tag, banner): (&str, &str)) -> Edit {
    let name = withdrawn_name(release.name.as_deref(), tag);
    let notes = release.description.as_deref().unwrap_or_default();
    Edit {
        name: Some(name).filter(|name| release.name.as_ref() != Some(name)),
        description: withdrawn_notes(notes, banner).map(|notes| described(&notes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_says_once_that_it_is_withdrawn() {
        let fresh = Existing { name: Some("1.4.0".into()), description: Some("### Fixes\n- a".into()) };
        let Edit { name, description } = edit(&fresh, ("v1.4.0", "> Withdrawn.\n"));
        assert_eq!(name.as_deref(), Some("1.4.0 (withdrawn)"));
        assert_eq!(description.as_deref(), Some("<!-- slipway:withdrawn -->\n> Withdrawn.\n\n### Fixes\n- a"));
        assert!(edit(&Existing { name, description }, ("v1.4.0", "> Again.")) == Edit::default());
        let bare = edit(&Existing { name: None, description: None }, ("v1.4.0", "x"));
        assert_eq!(bare.name.as_deref(), Some("v1.4.0 (withdrawn)"));
    }
}

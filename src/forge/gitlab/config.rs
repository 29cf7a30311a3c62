//! The files of a policy on GitLab: the project's own, and that of its group.
//! Must not know what is in them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::try_join;

use super::GitlabProject;
use crate::domain::config::{ConfigFile, ConfigFiles, PATHS};
use crate::forge::{ForgeError, Result};

/// The project in a group that says what holds in all of it.
const PROFILE: &str = "gitlab-profile";
/// For so long a group's file, or that it has none, is remembered.
const FRESH: Duration = Duration::from_mins(1);
/// Groups that are remembered; beyond, all are asked for again.
const GROUPS_KNOWN: usize = 1000;

/// The files of groups, and when they were read.
pub type Organisations = HashMap<String, (Instant, Option<ConfigFile>)>;

impl GitlabProject<'_> {
    /// The project's own file is always read. The organisation's, which every project in the group would ask for at every event, is
    /// remembered for a minute by this process: so long a change of it may take to be in force.
    pub(super) async fn read_config_files(&self) -> Result<ConfigFiles> {
        let (own, organisation) = try_join!(self.own_file("HEAD"), self.organisation_file())?;
        Ok(ConfigFiles { own, organisation })
    }

    /// The file at a revision, wherever it may be.
    pub(super) async fn own_file(&self, at: &str) -> Result<Option<ConfigFile>> {
        for path in PATHS.map(|path| path.replace("{forge}", ".gitlab")) {
            if let Some((version, bytes)) = self.file(&path, at).await? {
                return Ok(Some(ConfigFile { path, version, text: String::from_utf8_lossy(&bytes).into_owned() }));
            }
        }
        Ok(None)
    }

    /// That of the nearest group, else of the top-level one.
    async fn organisation_file(&self) -> Result<Option<ConfigFile>> {
        let group = self.repository.path.owner();
        let top = group.split('/').next().filter(|top| *top != group);
        for group in [Some(group), top].into_iter().flatten() {
            if let Some(file) = self.file_of_group(group).await? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    async fn file_of_group(&self, group: &str) -> Result<Option<ConfigFile>> {
        let known = self.forge.organisations.lock().await.get(group).cloned();
        // Events of the profile project itself, as the push that changes the file, look for themselves.
        let is_profile = self.repository.path.owner() == group && self.repository.path.name() == PROFILE;
        if let Some((_, file)) = known.filter(|(read, _)| !is_profile && read.elapsed() < FRESH) {
            return Ok(file);
        }
        let project = format!("{group}/{PROFILE}");
        let read = match self.file_of(&project, PATHS[0], "HEAD").await {
            // A project whose code the token may not see is hidden as well as one that it may not see at all.
            Err(ForgeError::Denied { status: 403, .. }) => None,
            read => read?,
        };
        let file = read.map(|(version, bytes)| ConfigFile {
            path: format!("{project}: {}", PATHS[0]),
            version,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        });
        let mut known = self.forge.organisations.lock().await;
        if known.len() >= GROUPS_KNOWN {
            known.clear();
        }
        known.insert(group.to_owned(), (Instant::now(), file.clone()));
        Ok(file)
    }
}

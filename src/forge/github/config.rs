//! The policy files, in one query: the repository's own, and that of its organisation's repository `.github`.

use serde::Deserialize;

use super::GithubRepository;
use super::graphql::{CALL, Variables};
use crate::domain::config::{ConfigFile, ConfigFiles, PATHS};
use crate::domain::names::Number;
use crate::forge::{ForgeError, Result};

const BLOB: &str = "... on Blob { oid text byteSize isTruncated isBinary }";

/// The repository that speaks for its organisation.
const HOME: &str = ".github";

#[derive(Deserialize)]
struct Read {
    own: Option<Own>,
    organisation: Option<Organisation>,
}

/// Aliases for the paths where the file may be.
#[derive(Deserialize)]
struct Own {
    first: Option<Blob>,
    second: Option<Blob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organisation {
    is_in_organization: bool,
    first: Option<Blob>,
}

/// What is at the path; everything is missing of what is no file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    oid: Option<String>,
    text: Option<String>,
    byte_size: Option<u64>,
    #[serde(default)]
    is_truncated: bool,
    is_binary: Option<bool>,
}

/// Where the file may be.
pub fn config_paths() -> [String; 2] {
    PATHS.map(|path| path.replace("{forge}", HOME))
}

/// A path at the head of a pull request, wherever its branch is.
pub fn proposed_at(number: Number, path: &str) -> String {
    format!("refs/pull/{number}/head:{path}")
}

#[derive(Deserialize)]
struct Heads {
    first: Option<Blob>,
    second: Option<Blob>,
}

impl GithubRepository<'_> {
    /// The file at the head of a pull request.
    pub(super) async fn read_proposed(&self, number: Number) -> Result<Option<ConfigFile>> {
        let [first, second] = config_paths();
        let mut variables = Variables::default();
        let [at_first, at_second] = [&first, &second].map(|path| variables.bind("String", proposed_at(number, path)));
        let selection = format!("first: object(expression: {at_first}) {{ {BLOB} }} second: object(expression: {at_second}) {{ {BLOB} }}");
        let heads: Heads = self.ask(variables, &selection, "").await?;
        match heads.first.map(|blob| blob.file(first)).transpose()?.flatten() {
            Some(file) => Ok(Some(file)),
            None => heads.second.map(|blob| blob.file(second)).transpose().map(Option::flatten),
        }
    }

    /// A repository `.github` that is not there, that Slipway may not see or that is a person's own holds no policy for others. It must
    /// be public: the token is good for one repository and what is public, so a private one looks like none.
    pub(super) async fn read_config(&self) -> Result<ConfigFiles> {
        let [first, second] = config_paths();
        let mut variables = Variables::default();
        let here = self.here(&mut variables);
        let (owner, home) = (variables.bind("String!", self.path.owner()), variables.bind("String!", HOME));
        let [at_first, at_second] = [&first, &second].map(|path| variables.bind("String", format!("HEAD:{path}")));
        let body = format!(
            "{{ own: repository({here}) {{
                first: object(expression: {at_first}) {{ {BLOB} }} second: object(expression: {at_second}) {{ {BLOB} }} }}
              organisation: repository(owner: {owner}, name: {home}) {{
                isInOrganization first: object(expression: {at_first}) {{ {BLOB} }} }} }}"
        );
        let read: Read = self.ask_for(&variables, &body, |alias| alias == "organisation").await?;
        let own = read.own.ok_or_else(|| ForgeError::NotFound { call: CALL.to_owned() })?;
        let of_organisation = read.organisation.filter(|home| home.is_in_organization).and_then(|home| home.first);
        let named = format!("{}/{HOME}: {first}", self.path.owner());
        let own = match own.first.map(|blob| blob.file(first)).transpose()?.flatten() {
            Some(file) => Some(file),
            None => own.second.map(|blob| blob.file(second)).transpose()?.flatten(),
        };
        Ok(ConfigFiles { own, organisation: of_organisation.map(|blob| blob.file(named)).transpose()?.flatten() })
    }
}

impl Blob {
    /// `None` for a folder. A part of a policy must not be taken for the whole.
    fn file(self, path: String) -> Result<Option<ConfigFile>> {
        let Some(version) = self.oid else { return Ok(None) };
        let unreadable = |why: String| Err(ForgeError::Unreadable { call: path.clone(), why });
        match self.text {
            _ if self.is_truncated => {
                unreadable(format!("it is too large for a configuration, with {} bytes", self.byte_size.unwrap_or_default()))
            }
            Some(text) if self.is_binary != Some(true) => Ok(Some(ConfigFile { path, version, text })),
            _ => unreadable("it is not a text file in UTF-8".to_owned()),
        }
    }
}

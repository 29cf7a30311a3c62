//! Releases: what a line would release next, the change request that proposes it, and what a version tag publishes.

pub mod line;
pub mod outlook;
mod ownership;
mod part;
#[cfg(test)]
mod peers;
mod preview;
mod proposal;
mod publish;
pub mod standing;
mod status;
#[cfg(test)]
mod tests;

pub use part::Part;
pub use preview::{Preview, Previewed, settle as settle_preview, tell as tell_preview, wanted as preview_wanted};
pub use proposal::{
    ABRIDGED, ChangelogFile, RequestBody, WITHDRAWN, announced, claims, forced_mark, holds, is_abridged, is_written, message,
};
pub use publish::{Brought, brought, needs as publishing_needs, publish, tagged, versions_wanted, wanted as publishing_wanted};
pub use status::{Status, StatusPart, Underway, status};

use super::config::{Config, From, LineOptions, Pattern};
use super::event::Repository;
use super::names::BranchName;

/// What the branches start with that Slipway makes for release change requests.
const BRANCHES: &str = "slipway/release";

/// What the branches start with that Slipway makes for the next development version of a trunk.
pub const DEVELOPMENT: &str = "slipway/development/";

/// The head branch of the release change request into a base: for all components, or for one. No name of one is a folder of the other.
pub fn branch(base: &BranchName, component: Option<&str>) -> Option<BranchName> {
    let name = match component {
        None => format!("{BRANCHES}/{base}"),
        Some(component) => format!("{BRANCHES}-of/{}/{base}", component.replace('/', "-")),
    };
    BranchName::parse(&name).ok()
}

/// The base of the release change request that such a branch is of. Anybody may call a branch so.
pub fn base(branch: &BranchName) -> Option<BranchName> {
    let rest = branch.as_str().strip_prefix(BRANCHES)?;
    let base = match rest.strip_prefix("-of/") {
        Some(of) => of.split_once('/')?.1,
        None => rest.strip_prefix('/')?,
    };
    BranchName::parse(base).ok()
}

/// Whether a branch is one of Slipway's own. Anybody may call a branch so, which alone gives it no rights.
pub fn is_own(branch: &BranchName) -> bool {
    let name = branch.as_str();
    name.starts_with(DEVELOPMENT) || name.strip_prefix(BRANCHES).is_some_and(|rest| rest.starts_with(['/', '-']))
}

/// Whether a branch is one that Slipway works on by itself: of a release change request, of a rollback, for a moment only. Anybody may call
/// a branch so, which alone gives it no rights.
pub fn is_ours(branch: &BranchName) -> bool {
    branch.as_str().starts_with("slipway/")
}

/// How a branch releases.
#[derive(Debug, Clone, Copy)]
pub enum Releasing<'a> {
    Default,
    Line(&'a LineOptions),
}

/// How a branch releases, if it does.
pub fn releasing<'a>(config: &'a Config, repository: &Repository, branch: &BranchName) -> Option<Releasing<'a>> {
    if config.release.from == From::Never {
        return None;
    }
    if repository.default_branch.as_ref() == Some(branch) {
        return Some(Releasing::Default);
    }
    config.release.lines.iter().find(|line| line.branch.matches(branch.as_str())).map(Releasing::Line)
}

/// How a branch releases where somebody asks for it: release and hotfix branches do so even where `release.lines` does not name them, within
/// the versions that their names say.
pub fn releasing_on_command(config: &Config, repository: &Repository, branch: &BranchName) -> Option<LineOptions> {
    let named = |pattern: &str| Pattern::try_from(pattern.to_owned()).ok().filter(|pattern| pattern.matches(branch.as_str()));
    match releasing(config, repository, branch) {
        Some(Releasing::Line(options)) => Some(options.clone()),
        // Its name says nothing about versions.
        Some(Releasing::Default) => Some(LineOptions { branch: named("**")?, channel: None, range: None }),
        None if config.release.from == From::Never => None,
        None => {
            let branch = named(&config.branches.hotfix).or_else(|| named(&config.branches.release))?;
            Some(LineOptions { branch, channel: None, range: None })
        }
    }
}

impl<'a> Releasing<'a> {
    fn options(self) -> Option<&'a LineOptions> {
        match self {
            Self::Default => None,
            Self::Line(options) => Some(options),
        }
    }
}

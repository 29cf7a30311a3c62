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
mod status;
#[cfg(test)]
mod tests;

pub use part::Part;
pub use preview::{Preview, Previewed, settle as settle_preview, tell as tell_preview, wanted as preview_wanted};
pub use proposal::{ABRIDGED, ChangelogFile, RequestBody, WITHDRAWN, claims, forced_mark, holds, is_abridged, is_written, message};
pub use publish::{needs as publishing_needs, publish, tagged, versions_wanted, wanted as publishing_wanted};
pub use status::{Status, StatusPart, status};

use super::config::{Config, From, LineOptions};
use super::event::Repository;
use super::names::BranchName;

/// What the branches start with that Slipway makes for release change requests.
const BRANCHES: &str = "slipway/release";

/// The head branch of the release change request into a base: for all components, or for one. No name of one is a folder of the other.
pub fn branch(base: &BranchName, component: Option<&str>) -> Option<BranchName> {
    let name = match component {
        None => format!("{BRANCHES}/{base}"),
        Some(component) => format!("{BRANCHES}-of/{}/{base}", component.replace('/', "-")),
    };
    BranchName::parse(&name).ok()
}

/// Whether a branch is one of Slipway's own. Anybody may call a branch so, which alone gives it no rights.
pub fn is_own(branch: &BranchName) -> bool {
    branch.as_str().strip_prefix(BRANCHES).is_some_and(|rest| rest.starts_with(['/', '-']))
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

impl<'a> Releasing<'a> {
    fn options(self) -> Option<&'a LineOptions> {
        match self {
            Self::Default => None,
            Self::Line(options) => Some(options),
        }
    }
}

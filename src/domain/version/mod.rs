//! Version arithmetic: how versions are written and tagged, which one comes next, and which ones a line of development may give.
//! It is told what was released and how much has changed; it knows no history, no commit messages and no clock.
//! Start at `bump.rs`. Numbers are [`semver::Version`]s in every scheme.

mod bump;
mod calendar;
mod line;
mod prerelease;
mod scheme;
mod tag;

pub use bump::{Bump, Growth, Options, Released, Since, Steps, next};
pub use calendar::{Format, Taken};
pub use line::{Allowed, Line, is_latest, ranges};
pub use prerelease::{Channel, First};
pub use scheme::{NoVersion, Scheme};
pub use tag::TagTemplate;

use semver::Version;

/// The release that a version is, or that a pre-release leads to: its three numbers alone.
pub fn core(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch)
}

#[cfg(test)]
mod tests;

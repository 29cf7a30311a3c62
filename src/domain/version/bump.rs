//! From what was released and how much has changed since to the next semantic version.
//! A line never goes back: what comes next is above everything that its last stable release and its pre-releases since have promised.

use std::fmt;

use schemars::JsonSchema;
use semver::Version;
use serde::Deserialize;

use super::core;
use super::prerelease::{Channel, First};

/// How much a set of changes asks for. None at all is no release, which is `Option<Bump>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// The third number: something was repaired.
    Patch,
    /// The second number: something was added.
    Minor,
    /// The first number: something broke.
    Major,
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// Which number a change raises where a version promises nothing yet (<https://semver.org/#spec-item-4>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Steps {
    /// Which number a breaking change raises.
    #[schemars(extend("default" = "minor"))]
    pub breaking: Bump,
    /// Which number a feature raises.
    #[schemars(extend("default" = "minor"))]
    pub feature: Bump,
}

impl Default for Steps {
    fn default() -> Self {
        Self { breaking: Bump::Minor, feature: Bump::Minor }
    }
}

/// Whether a version that has pre-releases may still become a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Growth {
    /// A feature makes 1.0.1-rc.1 into 1.1.0-rc.1.
    #[default]
    Grows,
    /// Whatever comes, 1.0.1-rc.2 follows 1.0.1-rc.1, and 1.0.1 follows both.
    Fixed,
}

/// The settings of version arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where nothing has been released yet.
    pub initial: Version,
    /// From 0.1.0 until 1.0.0.
    pub below_1: Steps,
    /// From 0.0.0 until 0.1.0.
    pub below_0_1: Steps,
    pub first: First,
    pub growth: Growth,
}

impl Default for Options {
    fn default() -> Self {
        let (below_1, below_0_1) = (Steps::default(), Steps::default());
        Self { initial: Version::new(0, 1, 0), below_1, below_0_1, first: First::default(), growth: Growth::default() }
    }
}

/// What was released on the line that the commit is on, by ancestry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Released {
    /// The highest stable version.
    pub stable: Option<Version>,
    /// The pre-releases made *since* that one. One that is its ancestor is over, even if its number is higher.
    pub prereleases: Vec<Version>,
}

impl Released {
    /// The highest version, pre-releases included.
    pub fn latest(&self) -> Option<&Version> {
        self.prereleases.iter().chain(&self.stable).max()
    }

    /// The highest pre-release, if it leads beyond the last stable version.
    pub(super) fn under_way(&self) -> Option<&Version> {
        self.latest().filter(|latest| !latest.pre.is_empty())
    }
}

/// How much has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// Since the last stable version.
    pub stable: Bump,
    /// Since the highest version, pre-releases included; none where a pre-release is promoted as it is.
    pub latest: Option<Bump>,
}

/// The version of the next release: a stable one, or a pre-release on a channel. Total: numbers at the end of `u64` stay there.
pub fn next(released: &Released, since: Since, channel: Option<&Channel>, options: &Options) -> Version {
    let core = next_core(released, since, options);
    let Some(channel) = channel else { return core };
    channel.following(&core, &released.prereleases).unwrap_or_else(|| {
        let first = channel.first(&core, options.first);
        // An alpha after a beta of the same version would be below it, so it is one of the version after that.
        match released.latest() {
            Some(latest) if first <= *latest => channel.first(&since.latest.unwrap_or(Bump::Patch).raise(&core, options), options.first),
            _ => first,
        }
    })
}

/// The stable version that the changes lead to: what they ask for since the last one, and at least what pre-releases have promised.
fn next_core(released: &Released, since: Since, options: &Options) -> Version {
    let from_stable = released.stable.as_ref().map(|stable| since.stable.raise(stable, options));
    let from_latest = released.under_way().map(|latest| match (options.growth, since.latest) {
        (Growth::Grows, Some(bump)) if !bump.fits(latest, options) => bump.raise(latest, options),
        _ => core(latest),
    });
    match (from_stable, from_latest) {
        (_, Some(promised)) if options.growth == Growth::Fixed => promised,
        (Some(asked), Some(promised)) => asked.max(promised),
        (Some(version), None) | (None, Some(version)) => version,
        (None, None) => core(&options.initial),
    }
}

impl Bump {
    fn raise(self, version: &Version, options: &Options) -> Version {
        let Version { major, minor, patch, .. } = *version;
        match self.at(version, options) {
            Self::Major => Version::new(major.saturating_add(1), 0, 0),
            Self::Minor => Version::new(major, minor.saturating_add(1), 0),
            Self::Patch => Version::new(major, minor, patch.saturating_add(1)),
        }
    }

    /// Whether a pre-release already announces as much: 1.1.0-rc.1 has room for a feature, and not for a breaking change.
    fn fits(self, prerelease: &Version, options: &Options) -> bool {
        match self.at(prerelease, options) {
            Self::Major => prerelease.minor == 0 && prerelease.patch == 0,
            Self::Minor => prerelease.patch == 0,
            Self::Patch => true,
        }
    }

    /// The number that this raises at a version.
    fn at(self, version: &Version, options: &Options) -> Self {
        let steps = match (version.major, version.minor) {
            (0, 0) => options.below_0_1,
            (0, _) => options.below_1,
            _ => return self,
        };
        match self {
            Self::Major => steps.breaking,
            Self::Minor => steps.feature,
            Self::Patch => Self::Patch,
        }
    }
}

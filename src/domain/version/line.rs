//! Lines of development that release side by side: which versions each may give, so that two never give the same one.
//! It is told the tags of each line; which tags those are is for git to say.

use std::fmt;

use schemars::JsonSchema;
use semver::Version;
use serde::Deserialize;

use super::core;
use super::prerelease::{Channel, First};

/// The versions that a line may give. A pre-release counts as the version that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "range of versions", with = "String")]
pub struct Allowed {
    from: Version,
    below: Option<Version>,
}

impl Allowed {
    /// What a maintenance branch is for, by its name. The pattern has one `*` where the version stands: `*` for `1.x` and `v1.4.x`,
    /// `release/*` for `release/1.4`, `support-*-lts`, `api/*`. Other branches are no maintenance lines.
    pub fn of_branch(pattern: &str, branch: &str) -> Option<Self> {
        let (before, after) = pattern.split_once('*')?;
        Self::of_numbers(branch.strip_prefix(before)?.strip_suffix(after)?)
    }

    /// `1`, `1.x` and `1.x.x` are a major line; `1.4` and `1.4.x` a minor one; `1.4.2` is that version alone.
    fn of_numbers(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.strip_prefix(['v', 'V']).unwrap_or(text).split('.').collect();
        let wild = parts.iter().rev().take_while(|part| matches!(**part, "x" | "X")).count();
        let numbers = parts.iter().take(parts.len() - wild).map(|part| number(part)).collect::<Option<Vec<_>>>()?;
        let (from, next) = match *numbers.as_slice() {
            _ if parts.len() > 3 => return None,
            [major] => (Version::new(major, 0, 0), major.checked_add(1).map(|major| Version::new(major, 0, 0))),
            [major, minor] => (Version::new(major, minor, 0), minor.checked_add(1).map(|minor| Version::new(major, minor, 0))),
            [major, minor, patch] => {
                (Version::new(major, minor, patch), patch.checked_add(1).map(|patch| Version::new(major, minor, patch)))
            }
            _ => return None,
        };
        Some(Self { from, below: next })
    }

    fn of_bounds(text: &str) -> Option<Self> {
        let mut range = Self { from: Version::new(0, 0, 0), below: None };
        let mut bounds = text.split([' ', ',']).filter(|bound| !bound.is_empty()).peekable();
        bounds.peek()?;
        for bound in bounds {
            match bound.strip_prefix(">=") {
                Some(from) => range.from = from.parse().ok()?,
                None => range.below = Some(bound.strip_prefix('<')?.parse().ok()?),
            }
        }
        range.below.as_ref().is_none_or(|below| range.from <= *below).then_some(range)
    }

    pub fn contains(&self, version: &Version) -> bool {
        let core = core(version);
        core >= self.from && self.below.as_ref().is_none_or(|below| core < *below)
    }

    /// The first version that is too high.
    pub fn below(&self) -> Option<&Version> {
        self.below.as_ref()
    }

    /// The version, or the first of these if that is higher: on a channel, its first pre-release.
    pub fn raise(&self, version: Version, channel: Option<&Channel>, first: First) -> Version {
        match channel {
            _ if core(&version) >= self.from => version,
            Some(channel) => channel.first(&self.from, first),
            None => self.from.clone(),
        }
    }

    /// Whether the other's versions are some of these.
    fn holds(&self, other: &Self) -> bool {
        let ends_within = match (&self.below, &other.below) {
            (None, _) => true,
            (Some(own), Some(other)) => other <= own,
            (Some(_), None) => false,
        };
        self != other && self.from <= other.from && ends_within
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let range = Self::of_numbers(&text).or_else(|| Self::of_bounds(&text));
        range.ok_or_else(|| format!("{text:?} is not a range of versions; write it like `1.4.x` or `>=1.4.0 <1.5.0`"))
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ">={}", self.from)?;
        self.below.as_ref().map_or(Ok(()), |below| write!(f, " <{below}"))
    }
}

/// A branch that releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What a maintenance line is for; the main line and those ahead of it have none.
    pub maintains: Option<Allowed>,
    /// The versions that are tagged on it.
    pub versions: Vec<Version>,
}

impl Line {
    fn latest(&self) -> Option<&Version> {
        self.versions.iter().filter(|version| version.pre.is_empty()).max()
    }

    /// The lowest version above this line's that the other has for itself.
    fn taken_by(&self, other: &Self) -> Option<Version> {
        let own = other.versions.iter().filter(|version| !self.versions.contains(version)).map(core);
        own.filter(|version| self.latest().is_none_or(|latest| version > latest)).min()
    }
}

/// What each line may give, in the order of the lines: maintenance lines in any order, the others from the main line to the one furthest
/// ahead. A line stays above its last release, above the narrower lines inside it, and below the first version that the line
/// ahead of it has for itself (for a maintenance line that is the main one).
pub fn ranges(lines: &[Line]) -> Vec<Allowed> {
    lines.iter().enumerate().map(|(at, line)| range(line, lines.split_at(at))).collect()
}

fn range(line: &Line, (before, rest): (&[Line], &[Line])) -> Allowed {
    let ahead = match line.maintains {
        Some(_) => before.iter().chain(rest).find(|other| other.maintains.is_none()),
        None => rest.iter().skip(1).find(|other| other.maintains.is_none()),
    };
    let taken = ahead.and_then(|ahead| line.taken_by(ahead));
    let mut from: Vec<_> = line.latest().into_iter().collect();
    let mut below: Vec<_> = taken.iter().collect();
    if let Some(own) = &line.maintains {
        let narrower = before.iter().chain(rest).filter_map(|other| other.maintains.as_ref()).filter(|other| own.holds(other));
        from.extend(narrower.filter_map(|other| other.below.as_ref()));
        from.push(&own.from);
        below.extend(&own.below);
    } else {
        from.extend(before.iter().filter(|other| other.maintains.is_none()).filter_map(Line::latest));
    }
    let from = from.into_iter().max().cloned().unwrap_or(Version::new(0, 0, 0));
    Allowed { from, below: below.into_iter().min().cloned() }
}

/// Whether a release is the one to offer first: stable, and no stable version is higher on any line.
pub fn is_latest<'a>(version: &Version, tagged: impl IntoIterator<Item = &'a Version>) -> bool {
    version.pre.is_empty() && tagged.into_iter().all(|other| !other.pre.is_empty() || other <= version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(texts: &str) -> Vec<Version> {
        texts.split_whitespace().map(|text| text.parse().unwrap()).collect()
    }

    /// Each line by what it maintains (empty for those that do not) and its tags.
    fn check(lines: &[(&str, &str)], expected: &[&str]) {
        let line = |(name, tags): &(&str, &str)| Line { maintains: Allowed::of_branch("*", name), versions: versions(tags) };
        let lines: Vec<_> = lines.iter().map(line).collect();
        assert_eq!(ranges(&lines).iter().map(Allowed::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_maintenance_branch_says_by_its_name_what_it_may_release() {
        for (pattern, branch, expected) in [
            ("*", "1.x", ">=1.0.0 <2.0.0"),
            ("*", "1.x.x", ">=1.0.0 <2.0.0"),
            ("*", "v2.x", ">=2.0.0 <3.0.0"),
            ("*", "1.4.x", ">=1.4.0 <1.5.0"),
            ("release/*", "release/1.4", ">=1.4.0 <1.5.0"),
            ("release/*", "release/v1.x", ">=1.0.0 <2.0.0"),
            ("release/*", "release/1.4.2", ">=1.4.2 <1.4.3"),
            ("support-*-lts", "support-8-lts", ">=8.0.0 <9.0.0"),
            ("api/*", "api/0.9.x", ">=0.9.0 <0.10.0"),
        ] {
            assert_eq!(Allowed::of_branch(pattern, branch).unwrap().to_string(), expected, "{branch}");
        }
    }

    #[test]
    fn other_branches_are_no_maintenance_lines() {
        for branch in ["main", "x", "1.x.2", "1.2.3.4", "1.2.3.x", "1..x", "+1.x", "v", "", "1.4-rc", "99999999999999999999.x"] {
            assert_eq!(Allowed::of_branch("*", branch), None, "{branch}");
        }
        assert_eq!(Allowed::of_branch("release/*", "1.x"), None);
        assert_eq!(Allowed::of_branch("a*a", "a"), None);
    }

    #[test]
    fn a_range_can_be_written_out() {
        for text in [">=1.4.0 <1.5.0", ">=1.4.0, <1.5.0", "1.4.x"] {
            assert_eq!(Allowed::try_from(text.to_owned()).unwrap().to_string(), ">=1.4.0 <1.5.0");
        }
        for text in ["", " ", "^1.4", ">=1.4", "<x", "1.4.0 - 1.5.0"] {
            assert!(Allowed::try_from(text.to_owned()).unwrap_err().contains("`1.4.x`"), "{text:?}");
        }
    }

    #[test]
    fn a_pre_release_counts_as_the_version_that_it_leads_to() {
        let range = Allowed::of_branch("*", "1.4.x").unwrap();
        let contains = |text: &str| range.contains(&text.parse().unwrap());
        assert!(contains("1.4.0-rc.1") && contains("1.4.9") && !contains("1.5.0-rc.1") && !contains("1.3.9"));
    }

    #[test]
    fn release_lines_keep_out_of_each_others_way_case_53() {
        let lines = [("master", "1.0.0 1.0.1"), ("next", "1.0.0 1.0.1 1.1.0 1.1.1"), ("next-major", "1.0.0 1.1.1 2.0.0 2.0.1")];
        check(&lines, &[">=1.0.1 <1.1.0", ">=1.1.1 <2.0.0", ">=2.0.1"]);
    }

    #[test]
    fn a_maintenance_line_ends_where_the_main_line_goes_on() {
        check(&[("1.x", "1.0.0 1.1.0"), ("main", "1.0.0 1.1.0 1.2.0 2.0.0")], &[">=1.1.0 <1.2.0", ">=2.0.0"]);
        check(&[("1.x", "1.0.0 1.1.0"), ("main", "1.0.0 1.1.0 1.2.0-rc.1")], &[">=1.1.0 <1.2.0", ">=1.1.0"]);
        check(
            &[("1.x", "1.1.0 1.1.1"), ("1.0.x", "1.0.0"), ("main", "1.0.0 1.1.0 2.0.0")],
            &[">=1.1.1 <2.0.0", ">=1.0.0 <1.1.0", ">=2.0.0"],
        );
        check(&[("1.0.x", "1.0.0"), ("1.x", "1.0.0"), ("main", "1.0.0 2.0.0")], &[">=1.0.0 <1.1.0", ">=1.1.0 <2.0.0", ">=2.0.0"]);
    }

    #[test]
    fn a_line_cut_at_the_tip_can_release_case_54() {
        // semantic-release answers `>=1.0.1 <1.0.1`: nothing until the main line is ahead, which is what its users report most about
        // maintenance lines. What the main line has not reached is free; should both want it, the second finds it tagged.
        check(&[("1.0.x", "1.0.0 1.0.1"), ("master", "1.0.0 1.0.1")], &[">=1.0.1 <1.1.0", ">=1.0.1"]);
        // Somebody who wants that rule writes the range out, and nothing fits it.
        let range = Allowed::try_from(">=1.0.1 <1.0.1".to_owned()).unwrap();
        assert!(!range.contains(&Version::new(1, 0, 1)) && !range.contains(&Version::new(1, 0, 2)));
    }

    #[test]
    fn a_line_without_releases_takes_anything() {
        check(&[("main", "")], &[">=0.0.0"]);
        check(&[("1.x", ""), ("main", "")], &[">=1.0.0 <2.0.0", ">=0.0.0"]);
    }

    #[test]
    fn only_the_highest_stable_version_is_the_latest_case_72() {
        let tags = versions("1.0.0 2.0.0 2.1.0-rc.1");
        let latest = |text: &str| is_latest(&text.parse().unwrap(), &tags);
        assert!(latest("2.0.0") && latest("2.0.1") && !latest("1.0.1") && !latest("2.1.0-rc.2"));
    }
}

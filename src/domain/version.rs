//! Which tags are versions, and which earlier version a new one is counted from.

use semver::Version;

use super::names::TagName;

/// The version that a tag stands for: the prefix, then a Semantic Version 2.0.0 (<https://semver.org>), and nothing else.
pub fn of_tag(prefix: &str, tag: &TagName) -> Option<Version> {
    Version::parse(tag.as_str().strip_prefix(prefix)?).ok()
}

/// The tags that may be the release before `version`, nearest first. A release counts from a release, since the notes of
/// its candidates are part of its own; a pre-release counts from whatever came before it.
/// Whether one is an ancestor is for git to say: a higher number on another line of development is not.
pub fn candidates<'a>(prefix: &str, version: &Version, tags: &'a [TagName]) -> Vec<&'a TagName> {
    let eligible = |other: &Version| *other < *version && (!version.pre.is_empty() || other.pre.is_empty());
    let mut found: Vec<_> = tags.iter().filter_map(|tag| of_tag(prefix, tag).filter(eligible).map(|version| (version, tag))).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, tags: &[&str], expected: &[&str]) {
        let tags: Vec<_> = tags.iter().map(|tag| TagName::parse(tag).unwrap()).collect();
        let found: Vec<_> = candidates("v", &version.parse().unwrap(), &tags).into_iter().map(TagName::as_str).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_nearest_lower_version_comes_first() {
        check("1.10.0", &["v1.2.0", "v1.9.0", "v2.0.0", "v1.10.0", "nightly", "v1.x"], &["v1.9.0", "v1.2.0"]);
    }

    #[test]
    fn a_release_counts_from_a_release_and_a_candidate_from_anything() {
        check("1.2.0", &["v1.1.0", "v1.2.0-rc.1"], &["v1.1.0"]);
        check("1.2.0-rc.2", &["v1.1.0", "v1.2.0-rc.1"], &["v1.2.0-rc.1", "v1.1.0"]);
    }
}

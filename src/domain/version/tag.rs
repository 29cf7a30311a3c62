//! Which tags are versions, how a version is tagged, and which earlier version a new one is counted from.

use semver::Version;

use super::scheme::Scheme;
use crate::domain::names::{InvalidName, TagName};

/// How the versions of a component are tagged: `api-v1.2.0` has the prefix `api-v`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagTemplate {
    pub prefix: String,
    pub scheme: Scheme,
}

impl TagTemplate {
    /// The version that a tag stands for: the prefix, then a version of the scheme, and nothing else.
    pub fn read(&self, tag: &TagName) -> Option<Version> {
        self.scheme.parse(tag.as_str().strip_prefix(&self.prefix)?)
    }

    /// # Errors
    /// When git does not allow the prefix in a tag.
    pub fn write(&self, version: &Version) -> Result<TagName, InvalidName> {
        TagName::parse(&format!("{}{}", self.prefix, self.scheme.print(version)))
    }

    /// How somebody tagged semantic versions, by one of their tags: everything before the first place where a version starts
    /// that reaches to the end. Component, separator and `v` are all part of the prefix.
    pub fn of(tag: &str) -> Option<(Self, Version)> {
        let starts = tag.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| tag.split_at(at));
        let mut starts = starts.filter(|(prefix, _)| !prefix.ends_with(|c: char| c.is_ascii_digit() || c == '.'));
        let (prefix, version) = starts.find_map(|(prefix, rest)| Some((prefix, Version::parse(rest).ok()?)))?;
        Some((Self { prefix: prefix.to_owned(), scheme: Scheme::Semantic }, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_and_written_in_its_own_form_case_23_and_56() {
        for (tag, prefix, version) in [
            ("some-component-v1.2.3", "some-component-v", "1.2.3"),
            ("some-component/1.2.3", "some-component/", "1.2.3"),
            ("v10.2.3", "v", "10.2.3"),
            ("178.2.3", "", "178.2.3"),
            ("k8s-1.31-v2.0.0-rc.1", "k8s-1.31-v", "2.0.0-rc.1"),
        ] {
            let (template, found) = TagTemplate::of(tag).unwrap();
            let name = TagName::parse(tag).unwrap();
            assert_eq!((template.prefix.as_str(), found.to_string().as_str()), (prefix, version));
            assert_eq!((template.read(&name), template.write(&found)), (Some(found), Ok(name)));
        }
        // git itself would refuse this tag, and its prefix is found all the same.
        let (template, version) = TagTemplate::of("aaa#/@#$@9384!#%^#@#@!#!239432413-idk-9999.2200.5932-alpha.419").unwrap();
        assert_eq!(
            (template.prefix.as_str(), version.to_string().as_str()),
            ("aaa#/@#$@9384!#%^#@#@!#!239432413-idk-", "9999.2200.5932-alpha.419")
        );
        assert!(template.write(&version).is_err());
    }

    #[test]
    fn what_does_not_end_in_a_version_is_no_version_tag() {
        for tag in ["nightly", "v1.2", "1.2.3.4", "v1.x", "release-2026", "v01.2.3", ""] {
            assert_eq!(TagTemplate::of(tag), None, "{tag:?}");
        }
    }
}

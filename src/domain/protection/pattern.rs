//! Which branches or tags are meant, such as `release/**`: text, `*` for anything within a segment, and `**` for anything at all.
//! Forges know less: each adapter translates what it can, and says what it cannot.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::config::Pattern;
use crate::domain::names::BranchName;

/// Names of branches or tags: text in which `*` stands for anything but `/`. `**` stands for any segments between two slashes, and, at
/// the end, for anything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "name or pattern", with = "String")]
pub struct RefPattern(String);

impl RefPattern {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a branch or tag of this name is meant.
    pub fn matches(&self, name: &str) -> bool {
        // Only a whole segment of `**` goes across slashes in a glob.
        let text = match self.open_end() {
            Some(head) if !head.is_empty() && !head.ends_with('/') => format!("{head}{{*,*/**}}"),
            _ => self.0.clone(),
        };
        Pattern::try_from(text).is_ok_and(|pattern| pattern.matches(name))
    }

    /// What stands before a `**` at the end.
    pub fn open_end(&self) -> Option<&str> {
        self.0.strip_suffix("**")
    }
}

impl TryFrom<String> for RefPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // A name that it could stand for must be one that git allows.
        let fits = BranchName::parse(&text.replace('*', "x")).is_ok() && !text.contains(['{', '}']);
        if !fits {
            return Err(format!("`{text}` names no branches or tags: write a name, in which only `*` and `**` stand for something else"));
        }
        let open = text.strip_suffix("**");
        let rest = open.unwrap_or(&text);
        if open.is_some_and(|head| head.ends_with('*')) || rest.split('/').any(|segment| segment.contains("**") && segment != "**") {
            return Err(format!("`{text}` has a `**` within a segment: it stands between two slashes, or at the end"));
        }
        Ok(Self(text))
    }
}

impl fmt::Display for RefPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_segment_and_two_do_not() {
        let meant = |text: &str, name: &str| RefPattern::try_from(text.to_owned()).unwrap().matches(name);
        for (text, name) in [("main", "main"), ("release/*", "release/1.4"), ("release/**", "release/a/b"), ("v**", "v1/2"), ("**", "a/b")]
        {
            assert!(meant(text, name), "{text} {name}");
        }
        for (text, name) in [("main", "main2"), ("release/*", "release/a/b"), ("release/**", "releases"), ("v**", "1.4"), ("a.b", "axb")] {
            assert!(!meant(text, name), "{text} {name}");
        }
    }

    #[test]
    fn names_and_stars_are_patterns_and_nothing_else_is() {
        for good in ["main", "release/*", "release/**", "v**", "**", "a/**/b", "feat#*"] {
            assert!(RefPattern::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "a b", "release/{a,b}", "v[0-9]", "v?", "a**b", "***", "a/x**/b", "/a", "refs\\a"] {
            assert!(RefPattern::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}

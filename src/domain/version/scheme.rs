//! How a version is written: as a Semantic Version 2.0.0 (<https://semver.org>), or as a date (<https://calver.org>).

use semver::Version;

use super::calendar::Format;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Scheme {
    #[default]
    Semantic,
    Calendar(Format),
}

/// Somebody asked for a version and wrote something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a version; write it like {example}")]
pub struct NoVersion {
    text: String,
    example: String,
}

impl Scheme {
    pub fn parse(&self, text: &str) -> Option<Version> {
        match self {
            Self::Semantic => Version::parse(text).ok(),
            Self::Calendar(format) => format.parse(text),
        }
    }

    /// The text of a version that this scheme gave; [`parse`](Self::parse) reads it back as the same version.
    pub fn print(&self, version: &Version) -> String {
        match self {
            Self::Semantic => version.to_string(),
            Self::Calendar(format) => format.print(version),
        }
    }

    /// The version that a person asks for, as in `Release-As: v3.0.0`. The `v` of the tag is not part of it, but people write it.
    ///
    /// # Errors
    /// When the text is not a version of this scheme.
    pub fn forced(&self, text: &str) -> Result<Version, NoVersion> {
        let trimmed = text.trim();
        let bare = trimmed.strip_prefix(['v', 'V']).unwrap_or(trimmed);
        self.parse(bare).ok_or_else(|| NoVersion {
            text: trimmed.chars().take(80).collect(),
            example: match self {
                Self::Semantic => "1.4.0 or 1.4.0-rc.1".to_owned(),
                Self::Calendar(format) => format.to_string(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_may_write_the_v_of_the_tag_case_13_and_20() {
        for (text, version) in [("v3.0.0", "3.0.0"), (" 3.1.2 ", "3.1.2"), ("2.0.0-rc.1", "2.0.0-rc.1")] {
            assert_eq!(Scheme::Semantic.forced(text).unwrap().to_string(), version);
        }
        let calendar = Scheme::Calendar("YYYY.0M.MICRO".to_owned().try_into().unwrap());
        assert_eq!(calendar.forced("v2026.08.1").unwrap(), Version::new(2026, 8, 1));
    }

    #[test]
    fn what_is_not_a_version_is_refused_with_an_example() {
        let error = Scheme::Semantic.forced("3.1").unwrap_err();
        assert_eq!(error.to_string(), r#""3.1" is not a version; write it like 1.4.0 or 1.4.0-rc.1"#);
        let long = Scheme::Semantic.forced(&"9".repeat(5000)).unwrap_err();
        assert!(long.to_string().len() < 200);
    }
}

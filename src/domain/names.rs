//! The names that forges and git give to things: parsed once at the edge, trusted afterwards.
//! Nothing in here may be built from unchecked text, so a name can never smuggle a path, an option or a newline.

use std::fmt;
use std::sync::Arc;

/// Text that is not the kind of name it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {kind}: {why}")]
pub struct InvalidName {
    kind: &'static str,
    text: String,
    why: &'static str,
}

fn invalid(kind: &'static str, text: &str, why: &'static str) -> InvalidName {
    let text = text.chars().take(80).collect();
    InvalidName { kind, text, why }
}

/// A branch name without `refs/heads/`, valid by git's check-ref-format.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchName(String);

impl BranchName {
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        check_ref("branch name", text).map(Self)
    }

    /// What most repositories call their trunk.
    pub fn main() -> Self {
        Self("main".to_owned())
    }

    /// What GitFlow calls the branch for what comes next.
    pub fn develop() -> Self {
        Self("develop".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tag name without `refs/tags/`, valid by git's check-ref-format.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(String);

impl TagName {
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        check_ref("tag name", text).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rules of <https://git-scm.com/docs/git-check-ref-format>, plus: a name may not start with `-`.
fn check_ref(kind: &'static str, text: &str) -> Result<String, InvalidName> {
    let forbidden = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    let bad_part = |part: &str| {
        let lock = part.len() >= 5 && part.as_bytes().ends_with(b".lock");
        part.is_empty() || part.starts_with('.') || lock
    };
    let why = if text.is_empty() {
        "it is empty"
    } else if text.len() > 1024 {
        "it is longer than 1024 bytes"
    } else if text.contains(forbidden) {
        "it holds a character that git does not allow in a ref"
    } else if text.starts_with('-') || text == "@" {
        "it starts like an option"
    } else if text.contains("..") || text.contains("@{") || text.ends_with('.') {
        "it holds a sequence that git does not allow in a ref"
    } else if text.split('/').any(bad_part) {
        "one of its parts is empty, hidden or a lock file"
    } else {
        return Ok(text.to_owned());
    };
    Err(invalid(kind, text, why))
}

/// The full hexadecimal name of a git object, in lower case: 40 digits (SHA-1) or 64 (SHA-256).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha(Arc<str>);

impl Sha {
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex && matches!(text.len(), 40 | 64) {
            Ok(Self(text.into()))
        } else {
            Err(invalid("commit SHA", text, "it is not 40 or 64 lower-case hexadecimal digits"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, as people quote a commit.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }

    /// Forges write forty zeros where a ref did not exist before, or does not exist any more.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }
}

impl From<[u8; 20]> for Sha {
    fn from(bytes: [u8; 20]) -> Self {
        let digits = bytes.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let text: String = digits.map(|digit| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })).collect();
        Self(text.into())
    }
}

/// Where a repository lives on its forge: `owner/name`, or `group/subgroup/project`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(String);

impl RepoPath {
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let good = |c: char| c.is_alphanumeric() || "-_.+".contains(c);
        let bad_part = |part: &str| part.is_empty() || part == "." || part == ".." || !part.chars().all(good);
        if text.len() > 512 || !text.contains('/') || text.split('/').any(bad_part) {
            return Err(invalid("repository path", text, "it is not owner/name"));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everything before the last slash.
    pub fn owner(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(owner, _)| owner)
    }

    /// Everything after the last slash.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

/// The login of a person or a bot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let good = |c: char| c.is_alphanumeric() || "-_.[]".contains(c);
        if text.is_empty() || text.len() > 255 || !text.chars().all(good) {
            return Err(invalid("user name", text, "it is empty or holds a character that no forge allows"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Stands where it is not known who it was.
    pub fn nobody() -> Self {
        Self("nobody".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number people use for a change request or an issue (`#12`, `!12`), unique within a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

/// A moment as whole seconds since 1970-01-01T00:00:00Z, as the forge told it; nothing in the domain asks a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_sign_is_a_legal_part_of_a_branch_name() {
        assert_eq!(BranchName::parse("feat#12-x").unwrap().as_str(), "feat#12-x");
    }

    #[test]
    fn names_that_git_refuses_are_refused() {
        for bad in ["", "-f", "a..b", "a b", "a//b", "/a", "a/", ".a", "a/.b", "x.lock", "a.", "@", "a@{1}", "a\nb", "a:b", "a*"] {
            assert!(BranchName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_sha_is_forty_or_sixty_four_lower_case_digits() {
        assert!(Sha::parse(&"a1".repeat(20)).is_ok() && Sha::parse(&"a1".repeat(32)).is_ok());
        assert_eq!(Sha::from([0xa1; 20]), Sha::parse(&"a1".repeat(20)).unwrap());
        assert!(Sha::parse("a1b2").is_err() && Sha::parse(&"A1".repeat(20)).is_err());
    }

    #[test]
    fn a_repository_path_cannot_climb() {
        assert_eq!(RepoPath::parse("group/sub/app").unwrap().owner(), "group/sub");
        for bad in ["app", "a/../b", "a/./b", "a//b", "a/b?c", "a/b#c", "a/b%2F"] {
            assert!(RepoPath::parse(bad).is_err(), "{bad:?}");
        }
    }
}

//! What entitles somebody to use a command, and how that is said. Knows words, and must not know who has what.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Who;
use crate::domain::facts::Role;

/// What entitles somebody to use a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "grant", with = "String")]
pub enum Grant {
    Anyone,
    Author,
    Write,
    Maintain,
    Admin,
    ReleaseManager,
    Team(String),
}

const KNOWN: &str = "`anyone`, `author`, `write`, `maintain`, `admin`, `release-manager`, or a team as `@owner/team`";

impl Grant {
    /// The team whose members have it.
    pub fn team(&self) -> Option<&str> {
        if let Self::Team(team) = self { Some(team) } else { None }
    }

    /// The role that has it.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Write => Some(Role::Write),
            Self::Maintain => Some(Role::Maintain),
            Self::Admin => Some(Role::Admin),
            Self::Anyone | Self::Author | Self::ReleaseManager | Self::Team(_) => None,
        }
    }

    /// As it stands in the file: `maintain`, `@acme/sre`.
    pub fn written(&self) -> String {
        match self {
            Self::Anyone => "anyone".to_owned(),
            Self::Author => "author".to_owned(),
            Self::Write => "write".to_owned(),
            Self::Maintain => "maintain".to_owned(),
            Self::Admin => "admin".to_owned(),
            Self::ReleaseManager => "release-manager".to_owned(),
            Self::Team(team) => format!("@{team}"),
        }
    }

    /// What somebody lacks who has none of these: `the right to maintain the repository, or being of the team acme/sre`.
    pub fn lacked(grants: &[Self]) -> String {
        let one = |grant: &Self| match grant {
            Self::Anyone => "nothing".to_owned(),
            Self::Author => "being the author of the change request".to_owned(),
            Self::Write => "the right to write to the repository".to_owned(),
            Self::Maintain => "the right to maintain the repository".to_owned(),
            Self::Admin => "the right to administer the repository".to_owned(),
            Self::ReleaseManager => "being the release manager on duty".to_owned(),
            Self::Team(team) => format!("being of the team {team}"),
        };
        either(grants.iter().map(one).collect())
    }

    /// Those who have one of these: `its author, or who may write`.
    pub fn in_words(grants: &[Self]) -> String {
        either(grants.iter().map(ToString::to_string).collect())
    }
}

fn either(mut words: Vec<String>) -> String {
    match (words.pop(), words.is_empty()) {
        (None, _) => "nobody".to_owned(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{}, or {last}", words.join(", ")),
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anyone => "anyone",
            Self::Author => "its author",
            Self::Write => "who may write",
            Self::Maintain => "who may maintain",
            Self::Admin => "who may administer",
            Self::ReleaseManager => "the release manager on duty",
            Self::Team(team) => return write!(f, "the team {team}"),
        })
    }
}

impl From<Who> for Grant {
    fn from(who: Who) -> Self {
        match who {
            Who::Write => Self::Write,
            Who::Maintain => Self::Maintain,
            Who::Admin => Self::Admin,
        }
    }
}

impl TryFrom<String> for Grant {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let unknown = |remark: &str| Err(format!("unknown grant `{text}`{remark}, expected {KNOWN}"));
        Ok(match text.as_str() {
            "anyone" => Self::Anyone,
            "author" => Self::Author,
            "write" => Self::Write,
            "maintain" => Self::Maintain,
            "admin" => Self::Admin,
            "release-manager" => Self::ReleaseManager,
            other => match other.strip_prefix('@') {
                Some(team) if is_path(team) => Self::Team(team.to_owned()),
                Some(_) => return unknown(", which is no team's path"),
                None => return unknown(""),
            },
        })
    }
}

/// Whether it may be `owner/team`, or the path of a group.
fn is_path(team: &str) -> bool {
    let good = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    team.len() <= 512 && team.split('/').all(good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;

    fn grants(words: &[&str]) -> Vec<Grant> {
        words.iter().map(|word| Grant::try_from((*word).to_owned()).unwrap()).collect()
    }

    #[test]
    fn a_grant_is_written_as_it_was_read() {
        for text in ["anyone", "author", "write", "maintain", "admin", "release-manager", "@acme/sre"] {
            assert_eq!(grants(&[text])[0].written(), text);
        }
    }

    #[test]
    fn grants_are_said_in_words() {
        assert_eq!(Grant::in_words(&grants(&["author", "write"])), "its author, or who may write");
        let all = grants(&["release-manager", "admin", "@acme/sre"]);
        assert_eq!(Grant::in_words(&all), "the release manager on duty, who may administer, or the team acme/sre");
        assert_eq!(Grant::in_words(&[]), "nobody");
        assert_eq!(Grant::lacked(&all[1..]), "the right to administer the repository, or being of the team acme/sre");
    }

    #[test]
    fn a_grant_that_there_is_not_is_named_with_its_place_and_the_nearest() {
        let problem = Config::parse("[commands]\nsync = ['mantain']").unwrap_err();
        assert_eq!((problem.line, problem.remedy.as_str()), (2, "Did you mean `maintain`?"), "{problem}");
        for bad in ["@", "@/sre", "@a/../b", "@a b"] {
            assert!(Config::parse(&format!("[commands]\nsync = ['{bad}']")).unwrap_err().message.contains("no team's path"), "{bad}");
        }
        Config::parse("[commands]\nsync = ['@grp/sub/app', '@grp']\nfreeze = []").unwrap();
    }
}

//! `[[protect.branches]]` and `[[protect.tags]]`: what the forge's own settings are to be. `/slipway sync` compares and applies them.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Config;
use crate::domain::protection::{Guard, RefPattern};

/// What the forge itself is to keep people from. Nothing is protected that is not named here; `/slipway sync` shows what differs, and
/// changes the forge's settings once an admin confirms that.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProtectOptions {
    /// Branches, each name or pattern once.
    pub branches: Vec<BranchGuard>,
    /// Tags, each name or pattern once.
    pub tags: Vec<TagGuard>,
}

/// Branches, and what may happen to them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key that people write as true or false")]
pub struct BranchGuard {
    /// Which branches: a name, or a pattern. `*` stands for anything but `/`. `**` stands for any segments between two slashes, and, at
    /// the end, for anything: `release/**`.
    pub branch: RefPattern,
    /// Who may push to them without a change request. Neither checks nor approvals hold them up.
    #[serde(default)]
    #[schemars(extend("default" = "nobody"))]
    pub push: Direct,
    /// Who may merge change requests into them.
    #[serde(default)]
    #[schemars(extend("default" = "write"))]
    pub merge: Least,
    /// Whether those who may push may rewrite history.
    #[serde(default)]
    pub force_push: bool,
    /// Whether they may be deleted.
    #[serde(default)]
    pub delete: bool,
    /// Whether merge commits are kept out.
    #[serde(default)]
    pub linear: bool,
    /// Whether every commit needs a verified signature.
    #[serde(default)]
    pub signed: bool,
    /// The checks without which nothing is merged. Those that are called `slipway/…` count only from Slipway itself.
    #[serde(default)]
    pub checks: Vec<String>,
    /// How many people must approve of a change request, at most 10.
    #[serde(default)]
    pub approvals: u8,
}

/// Tags, and what may happen to them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagGuard {
    /// Which tags: a name, or a pattern as for branches, such as `v**`.
    pub tag: RefPattern,
    /// Who may make them, beside Slipway itself.
    #[serde(default = "maintainers")]
    #[schemars(extend("default" = "maintain"))]
    pub create: Least,
    /// Whether they may be moved to another commit.
    #[serde(default)]
    pub r#move: bool,
    /// Whether they may be deleted.
    #[serde(default)]
    pub delete: bool,
}

/// Who may do something without a change request, each after those who may do less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direct {
    /// Nobody at all.
    #[default]
    Nobody,
    /// Who has the right to maintain, or more.
    Maintain,
    /// Who has the right to write, or more.
    Write,
}

/// The least right that somebody must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Least {
    /// The right to maintain.
    Maintain,
    /// The right to write.
    #[default]
    Write,
}

fn maintainers() -> Least {
    Least::Maintain
}

impl fmt::Display for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Maintain => "maintain",
            Self::Write => "write",
        })
    }
}

impl fmt::Display for Least {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Maintain => "maintain",
            Self::Write => "write",
        })
    }
}

impl BranchGuard {
    /// What both ask for: the stricter of each.
    fn with(&self, other: &Self) -> Self {
        let mut checks: Vec<_> = self.checks.iter().chain(&other.checks).cloned().collect();
        checks.sort();
        checks.dedup();
        Self {
            branch: self.branch.clone(),
            push: self.push.min(other.push),
            merge: self.merge.min(other.merge),
            force_push: self.force_push && other.force_push,
            delete: self.delete && other.delete,
            linear: self.linear || other.linear,
            signed: self.signed || other.signed,
            checks,
            approvals: self.approvals.max(other.approvals),
        }
    }
}

impl TagGuard {
    fn with(&self, other: &Self) -> Self {
        Self {
            tag: self.tag.clone(),
            create: self.create.min(other.create),
            r#move: self.r#move && other.r#move,
            delete: self.delete && other.delete,
        }
    }
}

impl Config {
    /// What is to be protected. Where the organisation and the repository name the same branches, the stricter of each setting counts.
    pub fn guards(&self) -> Vec<Guard> {
        let (mut branches, mut tags): (Vec<BranchGuard>, Vec<TagGuard>) = (Vec::new(), Vec::new());
        for ProtectOptions { branches: more, tags: more_tags } in self.layers().map(|layer| &layer.protect) {
            for guard in more {
                match branches.iter_mut().find(|known| known.branch == guard.branch) {
                    Some(known) => *known = known.with(guard),
                    None => branches.push(guard.clone()),
                }
            }
            for guard in more_tags {
                match tags.iter_mut().find(|known| known.tag == guard.tag) {
                    Some(known) => *known = known.with(guard),
                    None => tags.push(guard.clone()),
                }
            }
        }
        branches.into_iter().map(Guard::Branch).chain(tags.into_iter().map(Guard::Tag)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::config::{Config, ConfigFile, ConfigFiles, Configuration};
    use crate::domain::protection::Setting;

    #[test]
    fn an_organisation_may_ask_for_more_of_the_same_branch() {
        let file = |text: &str| Some(ConfigFile { path: "x".into(), version: "1".into(), text: text.into() });
        let own = file("[[protect.branches]]\nbranch = 'main'\npush = 'maintain'\nlinear = true");
        let files = ConfigFiles { own, organisation: file("[[protect.branches]]\nbranch = 'main'\napprovals = 2") };
        let Configuration::Loaded { config, .. } = Configuration::read(files) else { panic!("it is not read") };
        let [guard] = config.guards().try_into().unwrap();
        let wants = guard.wants();
        let of = |setting| wants.iter().find(|(known, _)| *known == setting).unwrap().1.clone();
        assert_eq!([of(Setting::Push), of(Setting::Linear), of(Setting::Approvals)], ["nobody", "true", "2"]);
    }

    #[test]
    fn what_cannot_hold_anybody_up_is_refused_with_its_place() {
        let problem = |text: &str| Config::parse(&format!("[[protect.branches]]\nbranch = 'main'\n{text}")).unwrap_err();
        assert!(problem("push = 'write'\napprovals = 1").message.contains("holds up nobody"));
        assert!(problem("approvals = 11").remedy.contains("10"));
        assert_eq!(problem("checks = ['']").line, 3);
        let twice = problem("[[protect.branches]]\nbranch = 'main'");
        assert!(twice.line == 4 && twice.message.contains("twice"), "{twice}");
    }
}

//! The forge's own settings beside those that the configuration asks for: what differs, and what of that can be changed. Native rules
//! hold where Slipway is not asked, so they are used for all that they can do.

mod drift;
mod pattern;

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

pub use self::drift::{drift, needs};
pub use self::pattern::RefPattern;
use super::config::{BranchGuard, TagGuard};

/// What is to be protected: one entry of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    Branch(BranchGuard),
    Tag(TagGuard),
}

/// One thing that a guard says, by its key in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Which names it is about.
    Names,
    Push,
    Merge,
    ForcePush,
    Delete,
    Linear,
    Signed,
    Checks,
    Approvals,
    Create,
    Move,
    /// Something that the configuration has no word for.
    Rest,
}

/// What the forge has, of what was asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    /// Guards that could not be looked at are not among them.
    pub found: BTreeMap<Guard, Found>,
    /// What keeps Slipway from changing it.
    pub lack: Option<Lack>,
}

/// The settings of one guard, in the configuration's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub has: BTreeMap<Setting, String>,
    /// What this forge cannot be told, and why.
    pub cannot: BTreeMap<Setting, String>,
}

/// A right that Slipway does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    pub why: String,
    pub remedy: String,
    /// Commands by which an admin does what Slipway may not; none on a forge that has no such.
    pub by_hand: Option<String>,
}

/// One setting that is not as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub guard: Guard,
    pub setting: Setting,
    pub has: String,
    pub wants: String,
    pub means: Means,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    Apply,
    /// The forge has nothing for it; why, and what does it instead.
    CannotHere(String),
}

impl Guard {
    pub fn pattern(&self) -> &RefPattern {
        match self {
            Self::Branch(guard) => &guard.branch,
            Self::Tag(guard) => &guard.tag,
        }
    }

    /// What it asks for, in words that can be compared.
    pub fn wants(&self) -> Vec<(Setting, String)> {
        use Setting::{Approvals, Checks, Create, Delete, ForcePush, Linear, Merge, Move, Push, Signed};
        match self {
            Self::Branch(guard) => vec![
                (Push, guard.push.to_string()),
                (Merge, guard.merge.to_string()),
                (ForcePush, guard.force_push.to_string()),
                (Delete, guard.delete.to_string()),
                (Linear, guard.linear.to_string()),
                (Signed, guard.signed.to_string()),
                (Checks, listed(guard.checks.iter().cloned())),
                (Approvals, guard.approvals.to_string()),
            ],
            Self::Tag(guard) => {
                vec![(Create, guard.create.to_string()), (Move, guard.r#move.to_string()), (Delete, guard.delete.to_string())]
            }
        }
    }
}

/// Several names as one word: sorted, so that their order makes no difference.
pub fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Setting {
    /// What asks for nothing: a forge that cannot be told anything else does well.
    fn lax(self) -> Option<&'static str> {
        match self {
            Self::Linear | Self::Signed => Some("false"),
            Self::Checks => Some("none"),
            Self::Approvals => Some("0"),
            _ => None,
        }
    }
}

/// What is not as the guards ask for, in their order.
pub fn difference(guards: &[Guard], protection: &Protection) -> Vec<Difference> {
    guards.iter().filter_map(|guard| Some((guard, protection.found.get(guard)?))).flat_map(|(guard, found)| of(guard, found)).collect()
}

fn of(guard: &Guard, found: &Found) -> Vec<Difference> {
    let row = |setting: Setting, has: &str, wants: String, means: Means| {
        let (guard, has) = (guard.clone(), has.to_owned());
        Difference { guard, setting, has, wants, means }
    };
    if let Some(why) = found.cannot.get(&Setting::Names) {
        return vec![row(Setting::Names, "none", guard.pattern().to_string(), Means::CannotHere(why.clone()))];
    }
    let differs = |(setting, wants): (Setting, String)| {
        let has = found.has.get(&setting).map_or("none", String::as_str);
        let means = match found.cannot.get(&setting) {
            _ if has == wants => return None,
            Some(_) if setting.lax() == Some(wants.as_str()) => return None,
            Some(why) => Means::CannotHere(why.clone()),
            None => Means::Apply,
        };
        Some(row(setting, has, wants, means))
    };
    let rest = found.has.get(&Setting::Rest).map(|has| row(Setting::Rest, has, "nothing else".to_owned(), Means::Apply));
    guard.wants().into_iter().filter_map(differs).chain(rest).collect()
}

/// The guards that are to be applied, each once.
pub fn to_apply(differences: &[Difference]) -> Vec<Guard> {
    let mut guards: Vec<_> = applied(differences).map(|difference| difference.guard.clone()).collect();
    guards.dedup();
    guards
}

/// What stands for exactly what would be changed, by which an admin confirms it: four hexadecimal digits for each difference. `None`:
/// nothing would be changed.
pub fn digest(differences: &[Difference]) -> Option<String> {
    let digits: String = applied(differences).map(digits).collect();
    (!digits.is_empty()).then_some(digits)
}

/// Whether each difference that would be removed is among those that were confirmed. When some are removed already, as after a run that
/// was interrupted, the others still are what was confirmed.
pub fn confirms(confirmed: &str, differences: &[Difference]) -> bool {
    let is_among = |digits: String| confirmed.as_bytes().chunks(DIGITS).any(|chunk| chunk == digits.as_bytes());
    applied(differences).map(digits).all(is_among)
}

const DIGITS: usize = 4;

fn applied(differences: &[Difference]) -> impl Iterator<Item = &Difference> {
    differences.iter().filter(|difference| difference.means == Means::Apply)
}

fn digits(difference: &Difference) -> String {
    let mut digest = Sha256::new();
    for part in [&difference.guard.to_string(), &difference.setting.to_string(), &difference.has, &difference.wants] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into_iter().take(DIGITS / 2).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(guard) => write!(f, "branch {}", guard.branch),
            Self::Tag(guard) => write!(f, "tag {}", guard.tag),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Names => "names",
            Self::Push => "push",
            Self::Merge => "merge",
            Self::ForcePush => "force_push",
            Self::Delete => "delete",
            Self::Linear => "linear",
            Self::Signed => "signed",
            Self::Checks => "checks",
            Self::Approvals => "approvals",
            Self::Create => "create",
            Self::Move => "move",
            Self::Rest => "beside",
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::config::Config;

    pub(crate) fn guards(text: &str) -> Vec<Guard> {
        Config::parse(text).unwrap().guards()
    }

    /// What a forge has that is as the guards want it but for these.
    pub(crate) fn having(guards: &[Guard], but: &[(Setting, &str)]) -> Protection {
        let found = |guard: &Guard| {
            let mut has: BTreeMap<_, _> = guard.wants().into_iter().collect();
            has.extend(but.iter().map(|(setting, word)| (*setting, (*word).to_owned())));
            (guard.clone(), Found { has, cannot: BTreeMap::new() })
        };
        Protection { found: guards.iter().map(found).collect(), lack: None }
    }

    const MAIN: &str = "[[protect.branches]]\nbranch = 'main'\nchecks = ['b', 'a']";

    #[test]
    fn what_is_as_it_is_asked_for_makes_no_difference() {
        let guards = guards(MAIN);
        let differences = difference(&guards, &having(&guards, &[(Setting::Checks, "a, b")]));
        assert_eq!((differences.len(), digest(&differences), to_apply(&differences)), (0, None, Vec::new()));
    }

    #[test]
    fn each_setting_that_differs_is_named_and_its_guard_applied_once() {
        let guards = guards(MAIN);
        let found = having(&guards, &[(Setting::Push, "write"), (Setting::ForcePush, "true"), (Setting::Rest, "x may bypass it")]);
        let differences = difference(&guards, &found);
        let told: Vec<_> = differences.iter().map(|row| format!("{} {}: {} {}", row.guard, row.setting, row.has, row.wants)).collect();
        assert_eq!(told[..2], ["branch main push: write nobody", "branch main force_push: true false"]);
        assert_eq!(told[2], "branch main beside: x may bypass it nothing else");
        assert_eq!(to_apply(&differences), guards);
    }

    #[test]
    fn what_the_forge_cannot_do_is_told_unless_nothing_is_asked_for() {
        let guards = guards("[[protect.branches]]\nbranch = 'main'\nsigned = true");
        let mut found = having(&guards, &[(Setting::Signed, "false"), (Setting::Linear, "true")]);
        let cannot = [Setting::Signed, Setting::Linear].map(|setting| (setting, "it has no such rule".to_owned()));
        found.found.values_mut().for_each(|found| found.cannot = cannot.clone().into());
        let differences = difference(&guards, &found);
        assert_eq!(differences.len(), 1);
        assert_eq!((differences[0].setting, digest(&differences)), (Setting::Signed, None));
    }

    #[test]
    fn a_confirmation_is_of_what_is_there_as_well_as_of_what_is_wanted() {
        let guards = guards(MAIN);
        let of = |push: &str| digest(&difference(&guards, &having(&guards, &[(Setting::Push, push)])));
        assert_ne!(of("write"), of("maintain"));
        assert_eq!(of("write").unwrap().len(), 4);
    }

    #[test]
    fn what_is_left_of_what_was_confirmed_is_confirmed_and_nothing_else() {
        let guards = guards(MAIN);
        let differing = |but: &[(Setting, &str)]| difference(&guards, &having(&guards, but));
        let confirmed = digest(&differing(&[(Setting::Push, "write"), (Setting::ForcePush, "true")])).unwrap();
        assert!(confirms(&confirmed, &differing(&[(Setting::ForcePush, "true")])) && confirms(&confirmed, &[]));
        for other in [[(Setting::ForcePush, "x")], [(Setting::Delete, "true")]] {
            assert!(!confirms(&confirmed, &differing(&other)), "{other:?}");
        }
        assert!(!confirms("", &differing(&[(Setting::Push, "write")])));
    }
}

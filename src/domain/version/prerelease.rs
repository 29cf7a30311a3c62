//! Pre-releases: the channel that they come out on, and how a channel counts.
//! Tags in the wild count as `beta.1`, `beta1`, `beta01` or start at plain `beta`; whichever form a channel has, it keeps.

use std::fmt;

use schemars::JsonSchema;
use semver::{Prerelease, Version};
use serde::Deserialize;

use super::core;

/// `alpha`, `beta`, `rc`: the identifier that the pre-releases of a channel start with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "channel", with = "String")]
pub struct Channel(String);

/// What the first pre-release of a version is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum First {
    /// `1.4.0-rc.1`
    #[default]
    One,
    /// `1.4.0-rc.0`
    Zero,
    /// `1.4.0-rc`, then `1.4.0-rc.1`
    Bare,
}

impl TryFrom<String> for Channel {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match Prerelease::new(&text) {
            Ok(pre) if !pre.is_empty() => Ok(Self(text)),
            _ => Err(format!("{text:?} cannot name a channel; use letters, digits and hyphens, such as `rc`")),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Channel {
    pub(super) fn first(&self, core: &Version, first: First) -> Version {
        match first {
            First::One => self.with(core, ".1"),
            First::Zero => self.with(core, ".0"),
            First::Bare => self.with(core, ""),
        }
    }

    /// One more than the last of this channel's pre-releases of a version, if it has any. Build metadata is kept.
    pub(super) fn following(&self, of: &Version, known: &[Version]) -> Option<Version> {
        let own = known.iter().filter(|version| core(version) == *of);
        let own = own.filter_map(|version| self.counter(version).map(|counter| (numbers(counter), version, counter)));
        // By number before precedence: `beta10` follows `beta9`, though SemVer orders them as words.
        let (_, last, counter) = own.max()?;
        Some(Version { build: last.build.clone(), ..self.with(of, &increment(counter)) })
    }

    /// What follows the channel's name in its own pre-releases: empty, `.1`, `01`.
    fn counter<'a>(&self, version: &'a Version) -> Option<&'a str> {
        let rest = version.pre.as_str().strip_prefix(&self.0)?;
        let digits_may_follow = !self.0.ends_with(is_digit);
        let own = rest.is_empty() || rest.starts_with('.') || (digits_may_follow && rest.starts_with(is_digit));
        own.then_some(rest)
    }

    fn with(&self, core: &Version, counter: &str) -> Version {
        // Never empty: the name is a valid identifier, and a counter is a valid end of one.
        let pre = Prerelease::new(&format!("{}{counter}", self.0)).unwrap_or(Prerelease::EMPTY);
        Version { pre, ..core.clone() }
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The numbers in a text, each comparable whatever its length.
fn numbers(text: &str) -> Vec<(usize, &str)> {
    let digits = text.split(|c| !is_digit(c)).filter(|digits| !digits.is_empty());
    digits.map(|digits| digits.trim_start_matches('0')).map(|digits| (digits.len(), digits)).collect()
}

fn increment(counter: &str) -> String {
    let stem = counter.trim_end_matches(is_digit);
    let digits = counter.strip_prefix(stem).unwrap_or_default();
    match digits.parse::<u64>().ok().and_then(|number| number.checked_add(1)) {
        Some(number) => format!("{stem}{number:0width$}", width = digits.len()),
        None => format!("{counter}.1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(name: &str) -> Channel {
        Channel::try_from(name.to_owned()).unwrap()
    }

    fn check(name: &str, known: &[&str], expected: Option<&str>) {
        let known: Vec<Version> = known.iter().map(|text| text.parse().unwrap()).collect();
        let next = channel(name).following(&Version::new(1, 0, 0), &known);
        assert_eq!(next.map(|version| version.to_string()).as_deref(), expected, "{name} after {known:?}");
    }

    #[test]
    fn a_counter_keeps_its_form_case_41_42_43_and_63() {
        for (channel, last, expected) in [
            ("beta", "1.0.0-beta", "1.0.0-beta.1"),
            ("beta", "1.0.0-beta01", "1.0.0-beta02"),
            ("beta", "1.0.0-beta2023.1", "1.0.0-beta2023.2"),
            ("beta", "1.0.0-beta9", "1.0.0-beta10"),
            ("beta", "1.0.0-beta09", "1.0.0-beta10"),
            ("alpha", "1.0.0-alpha.2", "1.0.0-alpha.3"),
            ("alpha", "1.0.0-alpha", "1.0.0-alpha.1"),
            ("beta", "1.0.0-beta.1.a", "1.0.0-beta.1.a.1"),
            ("beta", "1.0.0-beta.1+1.1.0", "1.0.0-beta.2+1.1.0"),
            ("beta2", "1.0.0-beta2", "1.0.0-beta2.1"),
            ("rc", "1.0.0-rc.18446744073709551615", "1.0.0-rc.18446744073709551615.1"),
        ] {
            check(channel, &[last], Some(expected));
        }
    }

    #[test]
    fn the_last_of_a_channel_is_found_by_number() {
        check("beta", &["1.0.0-beta9", "1.0.0-beta10"], Some("1.0.0-beta11"));
        check("rc", &["1.0.0-rc.9", "1.0.0-rc.10", "1.0.0-rc"], Some("1.0.0-rc.11"));
    }

    #[test]
    fn other_channels_and_other_versions_do_not_count() {
        check("rc", &["1.0.0-beta.3", "1.1.0-rc.3", "1.0.0-rc-old.4", "1.0.0-rcx.1"], None);
        check("beta2", &["1.0.0-beta23.1"], None);
    }

    #[test]
    fn a_channel_is_a_valid_identifier() {
        for bad in ["", "ß", "a b", "rc_1", "01", "rc.", "rc+1"] {
            assert!(Channel::try_from(bad.to_owned()).unwrap_err().contains("letters, digits and hyphens"), "{bad:?}");
        }
    }
}

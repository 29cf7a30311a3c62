//! What dependents ask for, moved to the new version of what they depend on.

use semver::{Version, VersionReq};

/// A Cargo requirement. `1.2.0`, `=1.2.0`, `~1.2.0` name the new version afterwards; what is shorter, such as `1` or `1.2`, stays while the
/// new version meets it and is as short afterwards; anything else, such as `>=1, <2`, stays while it is met.
pub fn cargo(old: &str, new: &str) -> String {
    let (operator, rest) = split(old, &['=', '^', '~']);
    let met = match (VersionReq::parse(old), Version::parse(new)) {
        (Ok(requirement), Ok(version)) => requirement.matches(&version),
        _ => false,
    };
    let parts = rest.split('.').count();
    let numeric = rest.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if Version::parse(rest).is_ok() {
        return format!("{operator}{new}");
    }
    if met {
        return old.to_owned();
    }
    let short = numeric && Version::parse(new).is_ok_and(|version| version.pre.is_empty());
    match (short, numeric) {
        (true, _) => format!("{operator}{}", new.split('.').take(parts).collect::<Vec<_>>().join(".")),
        (false, true) => format!("{operator}{new}"),
        (false, false) => new.to_owned(),
    }
}

/// An npm range. `1.2.0`, `^1.2.0`, `~1.2.0` and each after `workspace:` name the new version afterwards; anything else stays.
pub fn npm(old: &str, new: &str) -> String {
    let range = old.strip_prefix("workspace:").unwrap_or(old);
    let (operator, rest) = split(range, &['^', '~']);
    if Version::parse(rest).is_err() {
        return old.to_owned();
    }
    let workspace = if range.len() < old.len() { "workspace:" } else { "" };
    format!("{workspace}{operator}{new}")
}

fn split<'a>(text: &'a str, operators: &[char]) -> (&'a str, &'a str) {
    let rest = text.strip_prefix(operators).unwrap_or(text).trim_start();
    text.split_at(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_requirement_names_the_new_version_and_keeps_its_operator() {
        for (old, new) in [("1.2.0", "1.3.0"), ("=1.2.0", "=1.3.0"), ("~ 1.2.0", "~ 1.3.0"), ("^1.2.0-rc.1", "^1.3.0")] {
            assert_eq!(cargo(old, "1.3.0"), new);
        }
    }

    #[test]
    fn a_short_requirement_stays_while_it_is_met_and_stays_short() {
        for (old, version, new) in [("1", "1.3.0", "1"), ("1", "2.0.0", "2"), ("0.3", "0.4.0", "0.4"), ("1", "2.0.0-rc.1", "2.0.0-rc.1")] {
            assert_eq!(cargo(old, version), new);
        }
    }

    #[test]
    fn a_compound_requirement_is_replaced_only_when_it_is_not_met() {
        assert_eq!(cargo(">=1, <3", "2.0.0"), ">=1, <3");
        assert_eq!(cargo(">=1, <2", "2.0.0"), "2.0.0");
    }

    #[test]
    fn an_npm_range_keeps_its_prefix_and_protocols_stay() {
        let cases = [
            ("^1.2.0", "^1.3.0"),
            ("1.2.0", "1.3.0"),
            ("workspace:~1.2.0", "workspace:~1.3.0"),
            ("workspace:*", "workspace:*"),
            (">=1", ">=1"),
        ];
        for (old, new) in cases {
            assert_eq!(npm(old, "1.3.0"), new);
        }
    }
}

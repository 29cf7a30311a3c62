//! Whether a change brings a dependency in a new major version, by what those who propose such changes write: `Bump x from 1.9 to 2.0`, the
//! trailer `update-type: version-update:semver-major`, `Update dependency x to v2`, and the tables of the latter.
//! (<https://docs.github.com/en/code-security/dependabot>, <https://docs.renovatebot.com/key-concepts/pull-requests/>)

use crate::domain::commit;

/// Versions that start with these digits; what is not a number is zero.
type Numbers = (u64, u64);

/// By its title and the rest of what it says.
pub fn is_major((title, body): (&str, &str)) -> bool {
    let subject = commit::title(title).map_or(title, |header| header.description).trim().to_lowercase();
    let starts = |text: &str| ["bump ", "bumps ", "update ", "updates ", "upgrade ", "upgrades "].iter().any(|verb| text.starts_with(verb));
    if !starts(&subject) {
        return false;
    }
    if raised(&subject) || bare(&subject) {
        return true;
    }
    // Below the words of whoever proposes it the project's own notes may follow, which speak of other versions.
    let told = body.split("<details>").next().unwrap_or_default();
    let trailer = body.lines().any(|line| line.trim() == "update-type: version-update:semver-major");
    let row = |line: &str| line.starts_with('|') && (line.contains("->") || line.contains('→')) && raised(line);
    trailer || told.lines().map(|line| line.trim().to_lowercase()).any(|line| starts(&line) && raised(&line) || row(&line))
}

/// Whether `from 1.9 to 2.0`, or `1.9 -> 2.0`, raises what a new major version raises.
fn raised(text: &str) -> bool {
    let words: Vec<_> = text.split([' ', '|', '`']).filter(|word| !word.is_empty()).collect();
    words.windows(3).any(|three| match three {
        [from, "to" | "->" | "→", to] => numbers(from).zip(numbers(to)).is_some_and(|(from, to)| is_raised(from, to)),
        _ => false,
    })
}

/// Before 1.0 the second number is what the first is afterwards.
fn is_raised(from: Numbers, to: Numbers) -> bool {
    to.0 > from.0 || to.0 == 0 && from.0 == 0 && to.1 > from.1
}

/// Whether it ends in `to v2`, which is how a new major version is written where the one before is not.
fn bare(subject: &str) -> bool {
    let last = subject.rsplit_once(" to v").map(|(_, version)| version.split(' ').next().unwrap_or_default());
    last.is_some_and(|version| !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
}

fn numbers(word: &str) -> Option<Numbers> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).trim_start_matches(['v', '^', '~', '=']);
    let mut parts = word.split(['.', '-', '+']);
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().and_then(|part| part.parse().ok()).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::is_major;

    #[test]
    fn a_new_major_version_is_known_by_its_title() {
        for title in [
            "build(deps): bump serde from 1.9 to 2.0",
            "Bump x from 0.3.1 to 0.4.0",
            "chore(deps): update dependency x to v2",
            "fix(deps): update rust crate x to v3 (major)",
            "Update actions/checkout action to v5",
        ] {
            assert!(is_major((title, "")), "{title}");
        }
    }

    #[test]
    fn what_stays_within_its_major_version_or_updates_nothing_is_none() {
        for title in [
            "build(deps): bump serde from 1.9 to 1.10",
            "Bump x from 0.3.1 to 0.3.2",
            "fix(deps): update dependency x to v1.2.3",
            "feat: move from 1 to 2 columns",
            "docs: from v1 to v2",
            "Update the guide",
        ] {
            assert!(!is_major((title, "Moved from 1.0 to 2.0")), "{title}");
        }
    }

    #[test]
    fn groups_trailers_and_tables_tell_it_too() {
        let group = "Bumps the all group with 2 updates.\n\nUpdates `a` from 1.0.0 to 1.0.1\nUpdates `b` from 1.9.0 to 2.0.0";
        let trailer = "---\nupdated-dependencies:\n- dependency-name: b\n  update-type: version-update:semver-major";
        let table = "| Package | Change |\n|---|---|\n| [b](https://x) | [`^1.9.0` -> `^2.0.0`](https://y) |";
        for body in [group, trailer, table] {
            assert!(is_major(("Bump the all group with 2 updates", body)), "{body}");
        }
        let notes = "Bumps a from 1.0.0 to 1.0.1.\n<details>\nUpdates from 1.0 to 2.0\n</details>";
        assert!(!is_major(("Bump a", notes)));
    }
}

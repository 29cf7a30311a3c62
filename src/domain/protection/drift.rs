//! Somebody has changed the forge's settings, or what the configuration asks of them: one issue says what differs while it does.

use super::{Difference, Guard, Means, difference};
use crate::domain::facts::{Facts, IssueKind, Need};
use crate::domain::plan::{Action, Issue, IssueCourse, Note, Plan};

/// The one issue of its kind.
const KEY: &str = "protection";

/// Nothing is asked about where nothing is to be protected.
pub fn needs(guards: Vec<Guard>) -> Option<Need> {
    (!guards.is_empty()).then_some(Need::Protection(guards))
}

/// Opens the issue while something could be brought in line, and closes it when nothing can.
pub fn drift(guards: &[Guard], facts: &Facts) -> Plan {
    let protection = facts.protection.read();
    if protection.found.is_empty() {
        return Plan::nothing("the forge does not show Slipway what it protects");
    }
    let rows: Vec<Difference> = difference(guards, protection);
    let drifted = rows.iter().filter(|row| row.means == Means::Apply).count();
    let (course, reason) = match drifted {
        0 => (IssueCourse::Close, "the forge protects what it is to protect".to_owned()),
        drifted => (IssueCourse::Stand, format!("settings of the forge are not as they are to be: {drifted}")),
    };
    let title = "The forge's protection differs from slipway.toml".to_owned();
    let (kind, key) = (IssueKind::Drift, KEY.to_owned());
    Plan::of(reason, vec![Action::Issue(Issue { kind, key, title, course, seen: None, data: None, body: Note::Drift(rows) })])
}

#[cfg(test)]
mod tests {
    use super::super::Setting;
    use super::super::tests::{guards, having};
    use super::*;
    use crate::domain::facts::Asked;

    fn plan(but: &[(Setting, &str)]) -> String {
        let guards = guards("[[protect.branches]]\nbranch = 'main'");
        let facts = Facts { protection: Asked::Answered(having(&guards, but)), ..Facts::default() };
        drift(&guards, &facts).to_string()
    }

    #[test]
    fn an_issue_stands_while_the_settings_differ() {
        insta::assert_snapshot!(plan(&[(Setting::Push, "write")]), @r"
        settings of the forge are not as they are to be: 1
        - keep the issue slipway:drift protection
        ");
        assert!(plan(&[]).ends_with("- close the issue slipway:drift protection"));
    }
}

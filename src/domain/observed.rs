//! What rules in observe mode would have refused: one issue that lists it, for whoever decides when to enforce them.

use super::config::{Config, Mode};
use super::facts::{ChangeRequest, Facts, IssueKind, Need, OwnIssue};
use super::names::{Moment, Number};
use super::plan::{Action, Issue, IssueCourse, Note};
use super::rules::{RULES, Verdict};

/// The one issue of its kind.
const KEY: &str = "policy";

/// How many change requests are listed; older ones make room.
const ROWS: usize = 100;

/// A change request that would have been refused, by the last verdict on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: Number,
    pub judged_at: Moment,
    pub rules: Vec<String>,
}

/// The issue that lists is only read where some rule is watched.
pub fn needs(config: &Config) -> Option<Need> {
    let watched = RULES.iter().any(|rule| config.effective(rule.name) == Some(Mode::Observe));
    watched.then_some(Need::Issues(IssueKind::Observed))
}

/// Brings the list up to date with the verdicts on one change request, where that changes it.
pub fn record(config: &Config, request: &ChangeRequest, verdicts: &[Verdict], facts: &Facts) -> Option<Action<Note>> {
    needs(config)?;
    let before = rows(facts.issues(IssueKind::Observed));
    let rules: Vec<_> = verdicts.iter().filter(|verdict| verdict.is_observed()).map(|verdict| verdict.rule.to_owned()).collect();
    let own = before.iter().find(|row| row.number == request.number);
    if own.map_or(rules.is_empty(), |row| row.rules == rules) {
        return None;
    }
    let others = before.iter().filter(|row| row.number != request.number).cloned();
    let new = Row { number: request.number, judged_at: facts.now, rules };
    let listed: Vec<_> = Some(new).filter(|row| !row.rules.is_empty()).into_iter().chain(others).take(ROWS).collect();
    let data = listed.iter().map(|row| format!("{}@{}:{}", row.number.0, row.judged_at.0, row.rules.join("+"))).collect::<Vec<_>>();
    Some(Action::Issue(Issue {
        kind: IssueKind::Observed,
        key: KEY.to_owned(),
        title: "What the branching policy would have refused".to_owned(),
        course: IssueCourse::Stand,
        seen: None,
        data: Some(data.join(" ")),
        body: Note::Observed { sigil: facts.sigil, rows: listed },
    }))
}

/// What the issue noted; a list that somebody has changed starts anew.
fn rows(issues: &[OwnIssue]) -> Vec<Row> {
    let data = issues.iter().find(|issue| issue.key == KEY).and_then(|issue| issue.data.as_deref()).unwrap_or_default();
    let row = |text: &str| {
        let (number, rest) = text.split_once('@')?;
        let (at, rules) = rest.split_once(':')?;
        let rules = rules.split('+').map(str::to_owned).collect();
        Some(Row { number: Number(number.parse().ok()?), judged_at: Moment(at.parse().ok()?), rules })
    };
    data.split(' ').filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::{Asked, Condition};
    use crate::domain::rules;
    use crate::domain::rules::tests::{facts, request};

    const OBSERVING: &str = "mode = 'observe'\n[rules.conventional_title]";

    /// The issue's data after a change request of this number and title was judged.
    fn after(data: &str, number: u64, title: &str) -> Option<String> {
        let config = Config::parse(OBSERVING).unwrap();
        let (key, title_of, data) = (KEY.to_owned(), String::new(), Some(data.to_owned()));
        let issue = OwnIssue {
            body: String::new(),
            number: Number(9),
            key,
            title: title_of,
            condition: Condition::Open,
            opened_at: Moment(0),
            data,
        };
        let facts = Facts { issues: [(IssueKind::Observed, Asked::Answered(vec![issue]))].into(), ..facts() };
        let request = ChangeRequest { number: Number(number), ..request("a", "main", title) };
        match record(&config, &request, &rules::judge(&config, &request, &facts), &facts)? {
            Action::Issue(issue) => issue.data,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_would_be_refused_is_listed_once_with_the_newest_first() {
        assert_eq!(after("", 1, "Add a").unwrap(), "1@200:conventional_title");
        assert_eq!(after("1@200:conventional_title", 2, "Add b").unwrap(), "2@200:conventional_title 1@200:conventional_title");
        assert_eq!(after("1@100:conventional_title", 1, "Add a"), None);
    }

    #[test]
    fn what_was_repaired_leaves_the_list() {
        assert_eq!(after("2@1:base_branch 1@100:conventional_title", 1, "feat: a").unwrap(), "2@1:base_branch");
        assert_eq!(after("", 1, "feat: a"), None);
    }

    #[test]
    fn nothing_is_listed_where_nothing_is_watched() {
        assert_eq!(needs(&Config::parse("[rules.conventional_title]").unwrap()), None);
    }
}

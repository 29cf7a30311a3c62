//! A moment has come at which a freeze begins or ends.

use super::{Freezing, Record, is_over, issue, keep, reconsider};
use crate::domain::facts::{Facts, IssueKind, Need, Needs, OwnIssue};
use crate::domain::names::Moment;
use crate::domain::plan::{Action, IssueCourse, Note, Plan};

/// A wake-up may come late, after an outage of the forge: what has begun or ended within this many seconds counts.
const LATE: i64 = 24 * 3600;

pub fn wake_needs() -> Needs {
    [Need::Me, Need::Issues(IssueKind::Freeze), Need::Open(None)].into()
}

/// Closes the issues whose freezes are over, and has every open change request judged again if anything began or ended.
pub fn woken(freezing: &Freezing, facts: &Facts) -> Plan {
    let over: Vec<_> = facts.issues(IssueKind::Freeze).iter().filter(|issue| is_over(issue, facts.now)).collect();
    let closed: Vec<_> = over.into_iter().filter_map(|issue| close(freezing, issue)).collect();
    let next = freezing.freezes(facts).next_change(facts.now).map(crate::domain::plan::Follow::Wake);
    if closed.is_empty() && !has_changed(freezing, facts) {
        return Plan::nothing("no freeze has begun or ended").followed_by(next.into_iter().collect());
    }
    Plan::of("a freeze has begun or ended", closed).followed_by(reconsider(facts).chain(next).collect())
}

fn close(freezing: &Freezing, own: &OwnIssue) -> Option<Action<Note>> {
    let record = Record { lifted: None, ..Record::of(own)? };
    let title = issue::title(&record.declared.reason);
    Some(keep(&own.key, title, Some(&record), (IssueCourse::Close, freezing)))
}

/// Closed issues count as well: this may be the second attempt, after the first has closed one.
fn has_changed(freezing: &Freezing, facts: &Facts) -> bool {
    let mut freezes = freezing.freezes(facts);
    let records = facts.issues(IssueKind::Freeze).iter().filter_map(Record::of).filter(|record| record.lifted.is_none());
    freezes.declared = records.map(|record| record.declared).collect();
    freezes.next_change(Moment(facts.now.0.saturating_sub(LATE))).is_some_and(|change| change <= facts.now)
}

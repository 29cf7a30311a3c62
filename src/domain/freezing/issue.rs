//! What becomes of the issue of a freeze when somebody closes, reopens or edits it: with the right, that lifts the freeze or declares it
//! again; without it, the issue becomes again what it was, and a comment says why.

use super::{Freezing, Lifted, Record, is_over, keep, reconsider};
use crate::domain::event::{IssueChange, Thread};
use crate::domain::facts::{Condition, Facts, IssueKind, Need, Needs, OwnIssue};
use crate::domain::names::{Number, UserName};
use crate::domain::plan::{Action, CommentKey, IssueCourse, Note, Plan, Presence};

pub fn issue_needs(actor: &UserName) -> Needs {
    [Need::Me, Need::Role(actor.clone()), Need::Issues(IssueKind::Freeze), Need::Open(None)].into()
}

/// What follows from what `actor` did to the issue of this number, which has the label of freezes or had it.
pub fn judge_issue(freezing: &Freezing, (number, change, actor): (Number, IssueChange, &UserName), facts: &Facts) -> Plan {
    if actor == facts.me.read() {
        return Plan::nothing("Slipway has written its own issue");
    }
    let Some(issue) = facts.issues(IssueKind::Freeze).iter().find(|issue| issue.number == number) else {
        let follows = if change == IssueChange::Closed { reconsider(facts).collect() } else { Vec::new() };
        return Plan::nothing("the issue keeps no freeze").followed_by(follows);
    };
    let (record, may) = (Record::of(issue), freezing.who().admits(facts.role(actor)));
    let (record, course) = match (change, may) {
        (IssueChange::Edited, _) => return restored(freezing, issue, record, facts),
        (IssueChange::Closed, true) => (record.map(|record| lifted(record, actor, facts)), IssueCourse::Close),
        (IssueChange::Reopened, true) => (record.map(|record| again(record, facts)), IssueCourse::Stand),
        (IssueChange::Closed, false) if is_over(&OwnIssue { condition: Condition::Open, ..issue.clone() }, facts.now) => {
            return Plan::nothing("the freeze is over");
        }
        (IssueChange::Closed | IssueChange::Reopened, false) => return refused(freezing, (issue, record, change), (actor, facts)),
    };
    let reason = if course == IssueCourse::Close { "the freeze is lifted" } else { "the freeze is declared again" };
    let kept = keep(&issue.key, issue.title.clone(), record.as_ref(), (course, freezing));
    Plan::of(reason, vec![kept]).followed_by(reconsider(facts).chain(freezing.look_again(facts)).collect())
}

fn lifted(record: Record, by: &UserName, facts: &Facts) -> Record {
    let lifted = record.lifted.or_else(|| Some(Lifted { by: by.clone(), at: facts.now, asked: None }));
    Record { lifted, ..record }
}

/// What is declared again holds until it is lifted, if its time is over.
fn again(mut record: Record, facts: &Facts) -> Record {
    record.declared.until = record.declared.until.filter(|until| *until > facts.now);
    Record { lifted: None, ..record }
}

/// The words are Slipway's; whoever has something to say writes a comment.
fn restored(freezing: &Freezing, issue: &OwnIssue, record: Option<Record>, facts: &Facts) -> Plan {
    let course = if issue.condition == Condition::Open { IssueCourse::Stand } else { IssueCourse::Close };
    let kept = |title, record| vec![keep(&issue.key, title, record, (course, freezing))];
    match record {
        Some(record) => Plan::of("the issue tells what it told", kept(title(&record.declared.reason), Some(&record))),
        None => Plan::of("the record of a freeze was edited: it is a freeze of everything", kept(issue.title.clone(), None))
            .followed_by(reconsider(facts).collect()),
    }
}

/// Somebody without the right closed the issue, or reopened one whose freeze was lifted.
fn refused(
    freezing: &Freezing,
    (issue, record, change): (&OwnIssue, Option<Record>, IssueChange),
    (actor, facts): (&UserName, &Facts),
) -> Plan {
    let is_lifted = record.as_ref().is_some_and(|record| record.lifted.is_some());
    let course = if change == IssueChange::Reopened && is_lifted { IssueCourse::Close } else { IssueCourse::Stand };
    let who = freezing.who();
    let body = Note::FreezeKept { by: actor.clone(), who, change };
    let comment = Action::Comment { thread: Thread::Issue(issue.number), key: CommentKey::Freeze, presence: Presence::Create, body };
    let actions = vec![keep(&issue.key, issue.title.clone(), record.as_ref(), (course, freezing)), comment];
    Plan::of(format!("it takes the right to {who}"), actions).followed_by(reconsider(facts).collect())
}

/// The title of the issue, cut where a list of issues would cut it.
pub(super) fn title(reason: &str) -> String {
    let whole = format!("Freeze: {}", super::record::plain(reason));
    if whole.chars().count() > 120 { whole.chars().take(119).chain(['…']).collect() } else { whole }
}

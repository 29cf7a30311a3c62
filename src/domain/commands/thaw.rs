//! `/slipway thaw #12`: lifts a freeze that was declared. Its issue is closed and says who lifted it; closing the issue does the same.

use super::freeze;
use super::{Asking, Call, Command, Decision};
use crate::domain::config::Grant;
use crate::domain::event::{Event, Thread};
use crate::domain::facts::{Condition, Facts, IssueKind, OwnIssue};
use crate::domain::freezing::{Lifted, Record, lift};
use crate::domain::names::Number;
use crate::domain::plan::Answer;

pub const COMMAND: Command = Command {
    verb: "thaw",
    summary: "Lifts a freeze that was declared: the one whose issue it is asked in, the one of `#12`, or the only one. Closing the issue does \
              the same.",
    example: "/slipway thaw",
    grants: &[Grant::Maintain],
    needs: freeze::needs,
    decide,
    conclude: None,
};

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let freezing = match freeze::asked(asking, call) {
        Ok(freezing) => freezing,
        Err(refusal) => return *refusal,
    };
    let asked = match asking.delivery.event {
        Event::Comment { id, .. } => Some(id),
        _ => None,
    };
    let issue = match meant(asking, call, (facts.issues(IssueKind::Freeze), asked)) {
        Ok(issue) => issue,
        Err((why, remedy)) => return Decision::refuse(call, why, remedy),
    };
    let lifted = Lifted { by: asking.delivery.actor.name.clone(), at: facts.now, asked };
    let record = Record::of(issue).map(|record| match record.lifted {
        Some(_) if issue.condition == Condition::Closed => record,
        _ => Record { lifted: Some(lifted), ..record },
    });
    let answer = Answer::Thawed { issue: issue.number, open: facts.open.read().len() };
    Decision { actions: vec![lift(&freezing, issue, record.as_ref())], answer }
}

/// The issue of the freeze that is meant; or why it cannot be told, and what to do instead.
fn meant<'a>(asking: &Asking, call: &Call, (all, asked): (&'a [OwnIssue], Option<u64>)) -> Result<&'a OwnIssue, (String, String)> {
    let by_this = |issue: &&OwnIssue| {
        let lifted = Record::of(issue).and_then(|record| record.lifted);
        asked.is_some() && lifted.is_some_and(|lifted| lifted.asked == asked)
    };
    // The same comment once more, after it has closed the issue.
    if let Some(issue) = all.iter().filter(|issue| issue.condition == Condition::Closed).find(by_this) {
        return Ok(issue);
    }
    let open: Vec<_> = all.iter().filter(|issue| issue.condition == Condition::Open).collect();
    let find = |number: Number| open.iter().copied().find(|issue| issue.number == number);
    let list = || open.iter().map(|issue| format!("thaw #{}", issue.number)).collect::<Vec<_>>().join(" or ");
    if let Some(word) = call.words.first() {
        let number = word.trim_start_matches('#').parse().ok().map(Number);
        let remedy = || if open.is_empty() { "There is none to lift.".to_owned() } else { format!("Ask for {}.", list()) };
        return number.and_then(find).ok_or_else(|| (format!("{word} is no freeze that holds"), remedy()));
    }
    let here = match asking.thread {
        Thread::Issue(number) => find(number),
        Thread::ChangeRequest(_) => None,
    };
    match (here, open.as_slice()) {
        (Some(issue), _) => Ok(issue),
        (None, [issue]) => Ok(*issue),
        (None, []) => {
            let remedy = "One that slipway.toml plans ends by itself, or by a change of the file.";
            Err(("nobody has declared a freeze that holds".to_owned(), remedy.to_owned()))
        }
        (None, _) => Err(("there are several freezes".to_owned(), format!("Say which: {}.", list()))),
    }
}

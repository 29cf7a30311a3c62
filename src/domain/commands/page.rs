//! The page of the release that a command is about: that of the line whose issue the command stands in, or of the change request.

use std::collections::BTreeMap;

use super::freeze::key;
use super::set_aside::on_one_line;
use super::status::configured;
use super::{Asking, Call, Decision, options, parse};
use crate::domain::config::{Config, Configuration};
use crate::domain::event::{Event, Thread};
use crate::domain::facts::{Details, Facts, Holders, Need, Needs, Ref};
use crate::domain::names::{BranchName, Sha};
use crate::domain::plan::{Answer, Answered};
use crate::domain::readiness::keep::{Keeping, Kept, Of, Reads, may_answer};
use crate::domain::readiness::page::Verdict;
use crate::domain::readiness::{Decision as Decided, Deed, watch};
use crate::domain::tracking::Refusal;

/// What must be known of the page, and to which of those that it waits for somebody belongs.
pub(super) fn needs(asking: &Asking) -> Needs {
    let Configuration::Loaded { config, .. } = asking.config else { return Needs::new() };
    match asking.thread {
        Thread::Issue(_) => of_line(asking, config, Reads::Standing).needs(),
        Thread::ChangeRequest(number) => {
            let page = Keeping::on_any(config, &asking.delivery.repository, number);
            page.into_iter().chain([Need::ChangeRequest(number, Details::new())]).collect()
        }
    }
}

/// Whether somebody is one of those that a release waits for.
pub(super) fn belongs(asking: &Asking) -> Option<Need> {
    let Configuration::Loaded { config, .. } = asking.config else { return None };
    let lists: BTreeMap<_, _> = may_answer(config).into_iter().map(|grant| ([grant].into(), Holders::Unneeded)).collect();
    let (user, thread) = (asking.delivery.actor.name.clone(), asking.thread);
    (!lists.is_empty()).then_some(Need::Asker { user, thread, lists })
}

/// The page of the line that an issue tracks.
pub(super) fn of_line<'a>(asking: &Asking<'a>, config: &'a Config, reads: Reads) -> Keeping<'a> {
    let at = match asking.thread {
        Thread::Issue(number) => Ref::TrackedBy(number, asking.delivery.repository.default_branch.clone()),
        Thread::ChangeRequest(number) => Ref::BaseOf(number),
    };
    Keeping { config, repository: &asking.delivery.repository, of: Of::Line(at), reads }
}

/// The page that a command is about, as it is now.
pub(super) fn found<'a>(asking: &Asking<'a>, call: &Call, facts: &Facts) -> Result<(Keeping<'a>, Kept), Box<Decision>> {
    let refuse = |refusal: Refusal| Box::new(Decision::refuse(call, refusal.why, refusal.remedy));
    let config = configured(asking, call)?;
    let keeping = match asking.thread {
        Thread::Issue(_) => of_line(asking, config, Reads::Standing),
        Thread::ChangeRequest(number) => {
            let request = facts.change_request.read().as_ref();
            let of = request.and_then(|request| watch::of(config, (number, Some(&request.head.branch), &request.base)));
            let of = of.ok_or_else(|| {
                let remedy = "Ask in the issue that tracks the release, or on a change request that has a checklist.";
                refuse(Refusal::new("nothing about this change request waits for an answer", remedy))
            })?;
            Keeping { config, repository: &asking.delivery.repository, of, reads: Reads::Standing }
        }
    };
    let kept = keeping
        .keep(None, facts)
        .map_err(|why| refuse(Refusal::new(why, "Ask in the open issue that tracks a release, or on a release change request.")))?;
    Ok((keeping, kept))
}

/// Sees to it that a call means the commit that the page is about, and gives its reason.
pub(super) fn meant(call: &Call, words: usize, head: &Sha) -> Result<Option<String>, Refusal> {
    options(call, &["reason", "at"], words)?;
    if call.options.get("at").is_some_and(|at| at.len() < 7 || !head.as_str().starts_with(&at.to_lowercase())) {
        let why = format!("its head is at {} now", head.short());
        return Err(Refusal::new(why, "Look at what was pushed since, and ask again."));
    }
    Ok(call.options.get("reason").map(|reason| on_one_line(reason)).filter(|reason| !reason.is_empty()))
}

/// Decides something about the page, once, and says what is left.
pub(super) fn decide(asking: &Asking, call: &Call, (keeping, kept): (&Keeping, &Kept), deed: Deed, facts: &Facts) -> Decision {
    // Each makes a page of its own from what is there now: the second would know nothing of the first.
    if in_one_comment(asking, facts) > 1 {
        let remedy = "Say each in a comment of its own.";
        return Decision::refuse(call, "a comment decides one thing about a release", remedy);
    }
    let decided = Decided {
        asked: format!("{}:{}", key(asking), call.verb),
        by: asking.delivery.actor.name.clone(),
        at: facts.now,
        on: kept.page.head.clone(),
        deed: deed.clone(),
    };
    match keeping.keep(Some(decided), facts) {
        Ok(Kept { actions, page, name, .. }) => {
            let answered = Answered { deed, name, head: page.head, verdict: page.verdict, unanswered: page.unanswered };
            Decision { actions, answer: Answer::Answered(Box::new(answered)) }
        }
        Err(why) => Decision::refuse(call, why, "Ask in the open issue that tracks a release."),
    }
}

/// Why the release of a branch is not made yet.
pub(super) fn held_up(keeping: &Keeping, branch: &BranchName, facts: &Facts) -> Option<Refusal> {
    let page = match keeping.keep_of(branch, facts) {
        Ok(kept) => kept.page,
        Err(why) => return Some(Refusal::new(why, "With `readiness.gate`, a release takes the issue that “cut” or “hotfix” opens.")),
    };
    match page.verdict {
        Verdict::Ready => None,
        Verdict::NoGo { by, reason } => {
            let why = format!("{by} has said no-go to {}: {reason}", page.head.short());
            Some(Refusal::new(why, "Mend it, or have them say “go”."))
        }
        Verdict::Waiting { wanting } => {
            let why = format!("{} is not ready yet: {}", page.head.short(), wanting.join("; "));
            Some(Refusal::new(why, "What is not to be waited for is waived by its name, as in “waive checks reason=…”."))
        }
    }
}

/// How much is decided about a page by the comment.
fn in_one_comment(asking: &Asking, facts: &Facts) -> usize {
    let Event::Comment { body, .. } = &asking.delivery.event else { return 1 };
    let calls = parse(body, Some(facts.me.read()));
    calls.iter().filter(|call| ["go", "no-go", "waive"].contains(&call.verb.as_str())).count()
}

#[cfg(test)]
mod tests;

//! `/slipway go` and `/slipway no-go reason="the candidate crashes"`: what somebody says to the release of a commit. It counts for that commit
//! alone, and of each person the newest counts.

use super::{Asking, Call, Command, Decision, page};
use crate::domain::config::Grant;
use crate::domain::facts::{Asked, Facts, Needs};
use crate::domain::names::Sha;
use crate::domain::readiness::keep::may_answer;
use crate::domain::readiness::{Deed, keep::Keeping};
use crate::domain::tracking::Refusal;

pub const GO: Command = Command {
    verb: "go",
    summary: "Says that the release may be made of the commit that its branch is at now; the next push lapses it. `at=…` with the start of a SHA \
              makes sure that it is the commit you mean.",
    example: "/slipway go",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: None,
};

pub const NO_GO: Command = Command {
    verb: "no-go",
    summary: "Says that no release may be made of the commit that its branch is at now, and why. Whoever said it takes it back by `go`.",
    example: "/slipway no-go reason=\"the candidate loses data\"",
    ..GO
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    page::needs(asking).into_iter().chain(page::belongs(asking)).collect()
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let (keeping, kept) = match page::found(asking, call, facts) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    match said(call, &keeping, &kept.page.head, facts) {
        Ok(deed) => page::decide(asking, call, (&keeping, &kept), deed, facts),
        Err(refusal) => Decision::refuse(call, refusal.why, refusal.remedy),
    }
}

fn said(call: &Call, keeping: &Keeping, head: &Sha, facts: &Facts) -> Result<Deed, Refusal> {
    let reason = page::meant(call, 0, head)?;
    if call.verb == GO.verb {
        let teams = may_answer(keeping.config).into_iter().filter(|grant| match &facts.asker {
            Asked::Answered(asker) => asker.has(grant),
            Asked::Never => false,
        });
        return Ok(Deed::Go { teams: teams.map(|grant| grant.written()).collect() });
    }
    let why = || Refusal::new("no reason is given", "Say why, as in “no-go reason=\"the candidate loses data\"”.");
    Ok(Deed::NoGo { reason: reason.ok_or_else(why)? })
}

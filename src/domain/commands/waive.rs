//! `/slipway waive checks reason="the runner is gone"`: an item of a release's checklist counts as done for the commit as it is now. The next
//! push lapses it.

use std::collections::BTreeSet;

use super::{Asking, Call, Command, Decision, page};
use crate::domain::config::{Grant, nearest};
use crate::domain::facts::{Facts, Needs};
use crate::domain::readiness::keep::{Kept, ticked};
use crate::domain::readiness::{Deed, Kind};
use crate::domain::tracking::Refusal;

pub const COMMAND: Command = Command {
    verb: "waive",
    summary: "Does without an item of the release's checklist, for the commit that its branch is at now; the next push lapses it. Items are \
              named by their ids, which it lists where there is none of that name.",
    example: "/slipway waive checks reason=\"the runner is gone\"",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    page::needs(asking)
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let (keeping, kept) = match page::found(asking, call, facts) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    match waived(call, &kept) {
        Ok(deed) => page::decide(asking, call, (&keeping, &kept), deed, facts),
        Err(refusal) => Decision::refuse(call, refusal.why, refusal.remedy),
    }
}

fn waived(call: &Call, Kept { page, .. }: &Kept) -> Result<Deed, Refusal> {
    let reason = page::meant(call, 1, &page.head)?;
    let ids = || page.items.iter().map(|item| item.id.as_str());
    let listed = || format!("There are: {}.", ids().collect::<Vec<_>>().join(", "));
    let wanted = call.words.first().ok_or_else(|| Refusal::new("no item is named", listed()))?;
    let item = page.items.iter().find(|item| item.id == *wanted).ok_or_else(|| {
        let near = nearest(wanted, ids()).map(|name| format!("Did you mean {name}? ")).unwrap_or_default();
        Refusal::new(format!("no item here is called {wanted}"), format!("{near}{}", listed()))
    })?;
    let ticked: BTreeSet<_> = ticked(page.current.as_deref(), &page.items);
    let holds = match &item.kind {
        Kind::Manual => ticked.contains(&item.id),
        Kind::Automatic(state) => state.holds && state.waived.is_none(),
    };
    if holds {
        return Err(Refusal::new(format!("{wanted} is done"), "There is nothing to waive."));
    }
    let why = || Refusal::new("no reason is given", format!("Say why, as in “waive {wanted} reason=\"tried by hand\"”."));
    Ok(Deed::Waive { item: item.id.clone(), reason: reason.ok_or_else(why)? })
}

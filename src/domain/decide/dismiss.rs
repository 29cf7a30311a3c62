//! What leads to nothing whatever the configuration says, so that nothing is asked of the forge about it.

use super::super::commands;
use super::super::event::{Change, Delivery, Event, IssueChange, Nature};
use super::super::facts::IssueKind;
use super::super::names::BranchName;
use super::super::readiness::edits;
use super::super::{porting, release};

/// Why the event leads to nothing, where that is plain before anything is asked of the forge, even the configuration.
pub fn dismiss(delivery: &Delivery) -> Option<&'static str> {
    let (is_bot, by_slipway) = (delivery.actor.nature == Nature::Bot, delivery.actor.nature == Nature::Slipway);
    match &delivery.event {
        Event::ChangeRequest { change, .. } if *change != Change::Opened && by_slipway && matters_whose(delivery) => {
            Some("Slipway has changed it itself")
        }
        Event::ChangeRequest { change: Change::Closed, branch: Some(branch), .. } if release::is_ours(branch) => {
            Some("a closed change request is not judged")
        }
        Event::Comment { .. } if is_bot => Some("bots give no commands"),
        Event::Comment { body, .. } if !commands::may_command(body) => Some("the comment holds no command"),
        Event::Push { branch, .. } if release::is_ours(branch) => Some("the branch is Slipway's own"),
        Event::BranchDeleted { branch, .. } if release::is_ours(branch) => Some("the branch is Slipway's own"),
        Event::BranchCreated { branch, .. } if release::is_ours(branch) => Some("the branch is Slipway's own"),
        Event::Issue { change: IssueChange::Edited, text: Some(_), kinds, .. } if kinds.contains(&IssueKind::Release) => {
            edits::dismiss(delivery)
        }
        Event::CommentEdited { .. } => edits::dismiss(delivery),
        // Labels may say that it holds up a release: which does, the configuration tells.
        Event::Issue { kinds, labels, .. } if !kinds.contains(&IssueKind::Freeze) && (labels.is_empty() || !kinds.is_empty()) => {
            Some("the issue keeps no freeze, and holds up nothing")
        }
        Event::Checked { branch: None, .. } => Some("nobody says what the checks are of"),
        Event::Checked { branch, .. } if *branch == delivery.repository.default_branch => {
            Some("the checks of the default branch are looked at when something is cut")
        }
        _ => None,
    }
}

/// Whether the event leads elsewhere if it was Slipway itself that caused it. Bringing the description of a release change request up
/// to date is no reason to look at the line again, and neither is a tag that was decided on the line as it is.
pub fn matters_whose(delivery: &Delivery) -> bool {
    match &delivery.event {
        Event::ChangeRequest { change: Change::Edited | Change::Amended, branch: Some(branch), .. } => release::is_own(branch),
        // Its own backports are in the table already, and its own labels are put where it has decided what they ask for.
        Event::ChangeRequest { change: Change::Opened, branch, .. } => is_backport(branch.as_ref()),
        Event::ChangeRequest { change: Change::Relabelled, .. } | Event::TagCreated { .. } | Event::CommentEdited { .. } => true,
        Event::Issue { text: Some(_), kinds, .. } => kinds.contains(&IssueKind::Release),
        _ => false,
    }
}

fn is_backport(branch: Option<&BranchName>) -> bool {
    branch.is_some_and(|branch| porting::origin(branch).is_some())
}

//! Pushes to protected branches, and their deletion.

use super::{Fate, Happening, Judged, Watch};
use crate::domain::config::Handling;
use crate::domain::facts::{Course, Facts, LandedCommit, Look, Need, Needs, Pushed};
use crate::domain::names::{BranchName, Sha};

/// Whether a merge queue keeps its own commits there.
pub fn is_queue(branch: &BranchName) -> bool {
    branch.as_str().starts_with("gh-readonly-queue/")
}

/// A push. Commits that come without a change request are judged where `direct` asks for it, and only at the last look: forges take a
/// while to say which change request brought a commit, or to know a commit at all.
pub fn push(watch: Watch, direct: Handling, (branch, before, after): (&BranchName, &Sha, &Sha), facts: &Facts) -> Judged {
    let (branch, before, after) = (branch.clone(), before.clone(), after.clone());
    let Pushed { course, landed } = facts.pushed.read();
    if let (Course::Rewritten { lost }, Handling::Report) = (course, watch.options.force_pushes) {
        if facts.look == Look::More && lost.is_none() && landed.is_empty() {
            return Judged::NotYet(format!("the forge does not show yet what was pushed to {branch}"));
        }
        return Judged::Breach(Happening::ForcePush { branch, before, after, lost: *lost, commits: landed.clone() });
    }
    let unasked = |commit: &&LandedCommit| commit.requests.iter().all(|(_, base)| *base != branch);
    let commits: Vec<_> = landed.iter().filter(unasked).cloned().collect();
    match (direct, facts.look) {
        (Handling::Allow, _) => Judged::Fine("whoever pushed may do so".to_owned()),
        _ if commits.is_empty() => Judged::Fine(format!("everything pushed to {branch} came by change request")),
        (_, Look::More) => Judged::NotYet(format!("the forge knows no change request yet that brought what was pushed to {branch}")),
        (_, Look::Last) => Judged::Breach(Happening::DirectPush { branch, after, commits }),
    }
}

/// A branch that some file names in full is to stay even where it was merged.
pub fn deletion_needs(watches: &[Watch], (branch, was): (&BranchName, &Sha)) -> Needs {
    let stays = watches.iter().all(|watch| watch.names_in_full(branch));
    (!stays).then(|| Need::Merged { branch: branch.clone(), at: was.clone() }).into_iter().collect()
}

pub fn deleted(watch: Watch, (branch, was): (&BranchName, &Sha), facts: &Facts) -> Judged {
    if !watch.names_in_full(branch) && *facts.merged.read() {
        return Judged::Fine(format!("{branch} was merged before it was deleted"));
    }
    Judged::Breach(Happening::BranchDeleted { branch: branch.clone(), was: was.clone(), fate: Fate::Gone })
}

impl Watch<'_> {
    fn names_in_full(&self, branch: &BranchName) -> bool {
        self.options.protected.iter().any(|pattern| pattern.to_string() == branch.as_str())
    }
}

//! An incident as its template sees it.

use serde_json::{Value, json};

use crate::domain::audit::{Fate, Happening, Incident};
use crate::domain::facts::LandedCommit;
use crate::domain::names::{Sha, UserName};

/// How many commits are listed.
const MOST: usize = 20;

pub fn view(incident: &Incident) -> Value {
    let Incident { by, who, happening } = incident;
    let sha = |sha: &Sha| Some(sha.as_str().to_owned());
    let (kind, name, before, after) = match happening {
        Happening::DirectPush { branch, after, .. } => ("direct_push", branch.as_str(), None, sha(after)),
        Happening::ForcePush { branch, before, after, .. } => ("force_push", branch.as_str(), sha(before), sha(after)),
        Happening::BranchDeleted { branch, was, .. } => ("branch_deleted", branch.as_str(), sha(was), None),
        Happening::TagMoved { tag, before, after } => ("tag_moved", tag.as_str(), sha(before), sha(after)),
        Happening::TagDeleted { tag, was } => ("tag_deleted", tag.as_str(), sha(was), None),
        Happening::TagRefused { tag, commit, .. } => ("tag_refused", tag.as_str(), sha(commit), None),
    };
    let commits = match happening {
        Happening::DirectPush { commits, .. } | Happening::ForcePush { commits, .. } => commits.as_slice(),
        _ => &[],
    };
    let (lost, why) = match happening {
        Happening::ForcePush { lost: Some(1), .. } => (Some("one commit that".to_owned()), None),
        Happening::ForcePush { lost: Some(lost), .. } => (Some(format!("{lost} commits that")), None),
        Happening::TagRefused { why, .. } => (None, Some(why)),
        _ => (None, None),
    };
    let mut view = json!({
        "by": by.as_str(),
        "who": who,
        "ref": name,
        "before": before,
        "after": after,
        "lost": lost,
        "why": why,
        "restored": matches!(happening, Happening::BranchDeleted { fate: Fate::Restored, .. }),
        "commits": commits.iter().take(MOST).map(commit).collect::<Vec<_>>(),
        "more": Some(commits.len().saturating_sub(MOST)).filter(|more| *more > 0),
        "commands": happening.repair(),
        "allow": allow(happening),
    });
    let kinds = ["direct_push", "force_push", "branch_deleted", "tag_moved", "tag_deleted", "tag_refused"];
    if let Some(view) = view.as_object_mut() {
        view.extend(kinds.map(|known| (known.to_owned(), json!(known == kind))));
    }
    view
}

fn commit(commit: &LandedCommit) -> Value {
    json!({ "sha": commit.sha.short(), "subject": commit.subject, "author": commit.author.as_ref().map(UserName::as_str) })
}

fn allow(happening: &Happening) -> &'static str {
    match happening {
        Happening::DirectPush { .. } => "name whoever may push in `allow`, or set `direct_pushes = \"allow\"`, under `[audit]`",
        Happening::ForcePush { .. } => "set `force_pushes = \"allow\"` under `[audit]`",
        Happening::BranchDeleted { .. } => "set `deletions = \"allow\"`, or take the branch out of `protected`, under `[audit]`",
        Happening::TagMoved { .. } => "set `moved = \"allow\"` under `[audit.tags]`",
        Happening::TagDeleted { .. } => "set `deleted = \"allow\"` under `[audit.tags]`",
        Happening::TagRefused { .. } => "change what `[audit.tags]` asks for",
    }
}

#[cfg(test)]
mod tests;

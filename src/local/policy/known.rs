//! What a clone knows of a merged change request, and why a rule that reads more than that is not judged.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;

use super::super::clone::{LocalClone, sha};
use super::super::error::Result;
use super::merges::{self, Merge};
use super::said::{Head as Named, Whose};
use crate::domain::facts::{Asked, ChangeRequest, Detail, Details, Facts, Head, Known, MergeMethod, Merging, Origin, Readiness, State};
use crate::domain::names::{BranchName, Number, RepoPath, UserName};
use crate::domain::release;
use crate::domain::rules::{Part, Rule};

/// A merged change request, as far as a clone has it.
pub struct Past<'m> {
    merge: &'m Merge,
    head: Option<Head>,
    base: BranchName,
}

impl<'m> Past<'m> {
    /// The base is the walked branch, unless the merge names another, which was fast-forwarded since.
    pub fn new(merge: &'m Merge, branch: &BranchName, home: Option<&RepoPath>) -> Self {
        let named = merge.said.base.as_ref().and_then(|base| BranchName::parse(base).ok());
        let head = merge.said.head.as_ref().zip(merge.joined).and_then(|(named, joined)| head(named, joined.head, home));
        Self { merge, head, base: named.unwrap_or_else(|| branch.clone()) }
    }

    /// Why a rule cannot be judged that asks for these details; `None` where it can.
    pub fn lacks(&self, rule: &Rule, details: &Details) -> Option<&'static str> {
        let own = self.head.as_ref().is_some_and(|head| release::is_own(&head.branch)) || release::claims(&self.merge.message);
        // Whether such a one passes depends on who opened it.
        let own = own.then_some("a clone does not say whether a release's change request is Slipway's own");
        own.or_else(|| rule.reads.iter().find_map(|part| self.lacks_part(*part)))
            .or_else(|| details.iter().find_map(|d| self.lacks_detail(d)))
    }

    fn lacks_part(&self, part: Part) -> Option<&'static str> {
        match part {
            Part::Title => self.merge.said.title.is_none().then_some("the merge does not say the title"),
            Part::Head if self.head.is_some() => None,
            Part::Head if self.merge.said.head.is_some() => Some("a clone without a forge's remote does not say whose the branch was"),
            Part::Head => Some("the merge does not say which branch it was"),
            Part::Description => Some("a clone has no descriptions"),
            Part::Author => Some("a clone does not say who opened it"),
            Part::Labels => Some("a clone has no labels"),
            Part::Age => Some("a clone does not say when it was opened"),
        }
    }

    fn lacks_detail(&self, detail: &Detail) -> Option<&'static str> {
        match detail {
            Detail::Overrides | Detail::Files | Detail::Merging => None,
            Detail::Commits => self.merge.joined.is_none().then_some("a squash does not keep its commits"),
            Detail::Config => Some("the configuration of that day is not looked at"),
            Detail::Approvals => Some("a clone has no approvals"),
            Detail::Team(_) => Some("a clone has no teams"),
            Detail::Setter(_) | Detail::Backports { .. } => Some("a clone has no labels"),
            Detail::Behind => Some("how far it was behind is not looked at"),
            Detail::Upstream(_) | Detail::Unmerged { .. } => Some("other branches are not known as they were that day"),
        }
    }

    /// The change request as it was before it was merged. Only what `lacks` finds nothing missing for may be asked about; everything
    /// else is filled with anything.
    pub fn request(&self, clone: &LocalClone, details: &Details) -> Result<(ChangeRequest, Facts)> {
        let Merge { id, at, message, said, joined } = self.merge;
        let mut known = Known { overrides: Asked::Answered(BTreeMap::new()), ..Known::default() };
        if let Some(joined) = joined.filter(|_| details.contains(&Detail::Commits)) {
            known.commits = Asked::Answered(merges::commits(&clone.repository, joined)?);
        }
        if details.contains(&Detail::Files) {
            known.files = Asked::Answered(merges::files(&clone.repository, *id)?);
        }
        let method = if joined.is_some() { MergeMethod::Merge } else { MergeMethod::Squash };
        let merging = Merging { methods: vec![(method, vec![message.clone()])] };
        let anything = || Head { branch: self.base.clone(), sha: sha(*id), origin: Origin::Gone };
        let request = ChangeRequest {
            number: Number(said.label.as_ref().and_then(|label| label.get(1..)?.parse().ok()).unwrap_or_default()),
            title: said.title.clone().unwrap_or_default(),
            body: String::new(),
            author: UserName::nobody(),
            state: State::Open,
            // No forge merges a draft.
            readiness: Readiness::Ready,
            head: self.head.clone().unwrap_or_else(anything),
            base: self.base.clone(),
            labels: BTreeSet::new(),
            landed: None,
            created_at: *at,
            updated_at: *at,
            details: known,
        };
        Ok((request, Facts { now: *at, merging: Asked::Answered(Some(merging)), ..Facts::default() }))
    }
}

/// The head branch, where it is plain whose it is. GitLab and git name no owner; there it is taken to be of this repository.
fn head(named: &Named, tip: Oid, home: Option<&RepoPath>) -> Option<Head> {
    let origin = match &named.whose {
        Whose::Unsaid => Origin::SameRepository,
        Whose::Pulled => return None,
        Whose::Owner(owner) if owner.eq_ignore_ascii_case(home?.owner()) => Origin::SameRepository,
        Whose::Owner(owner) => Origin::Fork(RepoPath::parse(&format!("{owner}/{}", home?.name())).ok()?),
    };
    Some(Head { branch: BranchName::parse(&named.branch).ok()?, sha: sha(tip), origin })
}

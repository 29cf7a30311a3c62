//! A merge request that is to be carried to other branches, on GitLab: what there is to pick, what Slipway noted of it, and what is there.
//! Must not know what is to be done about it.

use std::collections::{BTreeMap, BTreeSet};

use tokio::try_join;

use super::client::Call;
use super::line::WireCommit;
use super::read::unreadable;
use super::requests::MergeRequest;
use super::{GitlabProject, together};
use crate::domain::event::Thread;
use crate::domain::facts::{Details, Source, State, Target};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::{CommentKey, Pick};
use crate::domain::porting;
use crate::forge::Result;
use crate::forge::error::absent;
use crate::forge::texts::told_at_once;

/// Commits of one merge request that are read at most.
const COMMITS: usize = 250;

impl GitlabProject<'_> {
    pub(super) async fn read_source(&self, number: Number, label: &str, targets: &BTreeSet<BranchName>) -> Result<Option<Source>> {
        let Some(wire) = self.request(number).await? else { return Ok(None) };
        let Some(request) = self.told_of(&wire, &Details::new()).await? else { return Ok(None) };
        let noted = self.remembered(Thread::ChangeRequest(number), &CommentKey::Backports);
        let (noted, picks) = try_join!(noted, self.picks(&wire))?;
        // Where Slipway has never told of backports there are none to look for: making the branch shows the one that somebody else made.
        let was_here = noted.is_some();
        let noted = noted.flatten();
        let mut wanted: BTreeSet<BranchName> = targets.clone();
        wanted.extend(wire.labels.iter().filter_map(|set| porting::target(label, set)));
        let lines: BTreeMap<BranchName, Option<&str>> = noted
            .iter()
            .flat_map(|noted| noted.lines())
            .filter_map(|line| {
                let mut words = line.split(' ');
                Some((BranchName::parse(words.next()?).ok()?, words.next()))
            })
            .collect();
        wanted.extend(lines.keys().cloned());
        let lines = &lines;
        let looks = wanted.into_iter().map(|branch| async move {
            let was_tried = was_here && lines.get(&branch) != Some(&Some("pending"));
            let request = match porting::branch(number, &branch).filter(|_| was_tried) {
                Some(head) => self.newest_from(&head).await?,
                None => None,
            };
            Ok((branch, Target { request }))
        });
        let targets = together(looks).await?.into_iter().collect();
        Ok(Some(Source { request, picks, noted, targets }))
    }

    /// The newest request from a branch of the project itself.
    async fn newest_from(&self, branch: &BranchName) -> Result<Option<(Number, State)>> {
        let requests = self.requests_from(branch).await?;
        let newest = requests.iter().filter(|request| request.is_from(branch)).max_by_key(|request| request.iid);
        Ok(newest.map(|request| (Number(request.iid), request.state())))
    }

    async fn picks(&self, request: &MergeRequest) -> Result<Vec<Pick>> {
        let sha = |text: &str| Sha::parse(text).map_err(unreadable("merge request"));
        match (request.state(), request.squash_commit_sha.as_deref(), request.merge_commit_sha.as_deref()) {
            (State::Open | State::Closed, ..) => Ok(Vec::new()),
            (State::Merged, Some(squash), _) => Ok(vec![Pick { sha: sha(squash)?, message: None }]),
            (State::Merged, None, merge) => {
                let own = self.own_commits(request).await?;
                let is_woven = own.is_empty() || own.len() > COMMITS || own.iter().any(|commit| commit.parent_ids.len() > 1);
                if let Some(merge) = merge.filter(|_| is_woven) {
                    let message = told_at_once(&request.title, request.description.as_deref().unwrap_or_default());
                    return Ok(vec![Pick { sha: sha(merge)?, message: Some(message) }]);
                }
                let plain = own.iter().rev().filter(|commit| commit.parent_ids.len() < 2);
                plain.map(|commit| Ok(Pick { sha: sha(&commit.id)?, message: None })).collect()
            }
        }
    }

    /// The request's own commits, newest first. The list of the merge request leaves out the parents, so it is the second choice.
    async fn own_commits(&self, request: &MergeRequest) -> Result<Vec<WireCommit>> {
        let base = request.diff_refs.as_ref().and_then(|refs| refs.base_sha.as_deref());
        let call = match (base, request.sha.as_deref()) {
            (Some(base), Some(head)) => Call::get(self.at("/repository/commits")).with("ref_name", format!("{base}..{head}")),
            _ => Call::get(self.at(&format!("/merge_requests/{}/commits", request.iid))),
        };
        Ok(absent(self.ask_some(call, COMMITS + 1).await)?.unwrap_or_default())
    }
}

//! What an attempt to carry commits has left on GitLab, and why it could not go on. Must not know what is tried.

use std::collections::{BTreeSet, HashSet};

use serde::Deserialize;

use super::client::Call;
use super::line::WireCommit;
use super::read::unreadable;
use super::running::Path;
use super::{GitlabProject, together};
use crate::domain::names::Sha;
use crate::domain::plan::{Cargo, Lacking, Obstacle, Port};
use crate::forge::Result;
use crate::forge::error::absent;
use crate::forge::texts::picks;

/// Files of one commit that are read at most; those whose history is asked for, at a call each, and commits of each.
const FILES: usize = 1000;
const ASKED: usize = 5;
const COMMITS: usize = 50;
/// Commits that are told at most.
const TOLD: usize = 10;

/// A commit as comparisons show it.
#[derive(Deserialize)]
pub struct Ahead {
    message: Option<String>,
    pub committer_name: Option<String>,
}

/// Who made what is on a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Slipways,
    Others,
}

/// How many of the steps lie behind a branch that is so far ahead. `None`: something else is on it, or it cannot be told.
pub fn count_done(cargo: &Cargo, ahead: &[Ahead]) -> Option<usize> {
    let Cargo::Picked(wanted) = cargo else { return ahead.is_empty().then_some(0) };
    let place = |from: Sha| wanted.iter().position(|pick| pick.sha == from);
    let mut done = 0;
    for commit in ahead {
        let last = picks(commit.message.as_deref().unwrap_or_default()).filter_map(place).last()?;
        done = done.max(last + 1);
    }
    Some(done)
}

impl GitlabProject<'_> {
    /// What is known of a conflict about this commit: GitLab itself says only that there is one.
    pub(super) async fn explain(&self, at: &Sha, port: &Port<String>) -> Result<Obstacle> {
        let diff = Call::get(self.at(&format!("/repository/commits/{at}/diff")));
        let diff = async { absent(self.ask_some::<Path>(diff, FILES).await).map(Option::unwrap_or_default) };
        let onto = format!("refs/heads/{}", port.onto);
        let commit = async { absent(self.ask::<WireCommit>(Call::get(self.at(&format!("/repository/commits/{at}")))).await) };
        let (own, there, commit) = tokio::try_join!(diff, self.compare(at.as_str(), &onto), commit)?;
        let (commits, diffs) = there.map(|there| (there.commits, there.diffs)).unwrap_or_default();
        let own: BTreeSet<String> = own.into_iter().flat_map(Path::names).collect();
        let both: BTreeSet<String> = diffs.into_iter().flat_map(Path::names).filter(|path| own.contains(path)).collect();
        // Of a file that the branch has not touched since, it may lack what came before.
        let files: Vec<String> = if both.is_empty() { own.into_iter().collect() } else { both.into_iter().collect() };
        Ok(match &port.cargo {
            Cargo::Reverted { until, .. } => Obstacle::Conflict { at: until.clone(), files, lacking: Vec::new() },
            Cargo::Picked(wanted) => {
                let there = commits.iter().flat_map(|commit| picks(commit.message.as_deref().unwrap_or_default()));
                let known: HashSet<Sha> = there.chain(wanted.iter().map(|pick| pick.sha.clone())).collect();
                let before = commit.and_then(|commit| commit.parent_ids.into_iter().next());
                let lacking = match before {
                    Some(before) => self.lacking(&before, &onto, &files).await?,
                    None => Vec::new(),
                };
                let lacking: Vec<_> = lacking.into_iter().filter(|commit| !known.contains(&commit.sha)).collect();
                let newest = lacking.len().saturating_sub(TOLD);
                Obstacle::Conflict { at: at.clone(), files, lacking: lacking.into_iter().skip(newest).collect() }
            }
        })
    }

    /// The commits up to this one that touch these files and that the branch lacks, oldest first, without merges.
    async fn lacking(&self, upto: &str, onto: &str, files: &[String]) -> Result<Vec<Lacking>> {
        let touching = files.iter().take(ASKED).map(|path| async move {
            let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("{onto}..{upto}"));
            Ok(absent(self.ask_some::<WireCommit>(call.with("path", path.as_str()), COMMITS).await)?.unwrap_or_default())
        });
        let mut found: Vec<WireCommit> = together(touching).await?.into_iter().flatten().collect();
        found.retain(|commit| commit.parent_ids.len() < 2);
        found.sort_by(|a, b| (a.committed_date, &a.id).cmp(&(b.committed_date, &b.id)));
        found.dedup_by(|a, b| a.id == b.id);
        let told = |commit: WireCommit| {
            let subject = commit.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default().to_owned();
            Ok(Lacking { sha: Sha::parse(&commit.id).map_err(unreadable("commit"))?, subject })
        };
        found.into_iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::Pick;

    fn sha(digit: char) -> Sha {
        Sha::parse(&digit.to_string().repeat(40)).unwrap()
    }

    fn done(ahead: &[&str]) -> Option<usize> {
        let wanted = ['a', 'b', 'c'].map(|digit| Pick { sha: sha(digit), message: None });
        let ahead = ahead.iter().map(|message| Ahead { message: Some((*message).to_owned()), committer_name: None });
        count_done(&Cargo::Picked(wanted.into()), &ahead.collect::<Vec<_>>())
    }

    #[test]
    fn an_attempt_goes_on_behind_the_last_pick_that_is_there() {
        let picked = |digit: char| format!("fix: x\n\n(cherry picked from commit {})", sha(digit));
        assert_eq!(done(&[]), Some(0));
        assert_eq!(done(&[&picked('a')]), Some(1));
        assert_eq!(done(&[&picked('b')]), Some(2), "the first was empty");
        assert_eq!(done(&[&format!("{}\n(cherry picked from commit {})", picked('f'), sha('c'))]), Some(3));
        assert_eq!(done(&[&picked('a'), "fix: by hand"]), None);
        assert_eq!(done(&[&picked('e')]), None);
    }
}

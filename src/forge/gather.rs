//! Needs become facts: exactly the reads that were asked for, at the same time where they do not depend on each other.

use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use semver::Version;

use super::{Forge, Lineage, Result};
use crate::domain::facts::{Asked, Commit, Facts, History, Landed, Need, Needs, ReleaseRange};
use crate::domain::names::{Sha, TagName};
use crate::domain::release::LONGEST;
use crate::domain::version;

/// How many change requests are looked up at a time: forges ask not to be hurried.
const AT_ONCE: usize = 4;
/// How many earlier versions are tried as the one to count from; on a branch, the nearest are the likeliest.
const ANCHORS: usize = 5;

pub async fn gather<F: Forge>(forge: &F, needs: Needs) -> Result<Facts> {
    let answers = try_join_all(needs.into_iter().map(|need| answer(forge, need))).await?;
    let mut facts = Facts::default();
    for one in answers {
        one(&mut facts);
    }
    Ok(facts)
}

type Answer = Box<dyn FnOnce(&mut Facts) + Send>;

async fn answer<F: Forge>(forge: &F, need: Need) -> Result<Answer> {
    Ok(match need {
        Need::Me => {
            let me = forge.me().await?;
            Box::new(|facts| facts.me = Asked::Answered(me))
        }
        Need::ChangeRequest(number) => {
            let request = forge.change_request(number).await?;
            Box::new(|facts| facts.change_request = Asked::Answered(request))
        }
        Need::Release { tag, prefix, version } => {
            let range = release(forge, &tag, &prefix, &version).await?;
            Box::new(|facts| facts.release = Asked::Answered(range))
        }
    })
}

async fn release<F: Forge>(forge: &F, tag: &TagName, prefix: &str, version: &Version) -> Result<Option<ReleaseRange>> {
    let Some(commit) = forge.tagged_commit(tag).await? else { return Ok(None) };
    let history = match anchor(forge, &commit, prefix, version).await? {
        Some((anchor, Lineage::Descends(commits))) => History::Since { anchor, landed: landed(forge, commits).await? },
        Some(_) => History::TooLong { limit: LONGEST },
        None => match forge.history(&commit, LONGEST).await? {
            Some(commits) => History::FromTheStart { landed: landed(forge, commits).await? },
            None => History::TooLong { limit: LONGEST },
        },
    };
    Ok(Some(ReleaseRange { commit, history }))
}

/// The nearest earlier version that is an ancestor. Versions of the same major number are asked for first, which is one short
/// answer however many tags there are; all versions only when none of those will do.
async fn anchor<F: Forge>(forge: &F, commit: &Sha, prefix: &str, version: &Version) -> Result<Option<(TagName, Lineage)>> {
    let mut tried: Vec<TagName> = Vec::new();
    for narrower in [format!("{prefix}{}.", version.major), prefix.to_owned()] {
        let tags = forge.tags(&narrower).await?;
        for tag in version::candidates(prefix, version, &tags) {
            if tried.contains(tag) || tried.len() == ANCHORS {
                continue;
            }
            match forge.lineage(tag, commit, LONGEST).await? {
                Lineage::Elsewhere => tried.push(tag.clone()),
                lineage => return Ok(Some((tag.clone(), lineage))),
            }
        }
    }
    Ok(None)
}

async fn landed<F: Forge>(forge: &F, commits: Vec<Commit>) -> Result<Vec<Landed>> {
    let with_requests = |commit: Commit| async move {
        let through = forge.merged_requests(&commit.sha).await?;
        Ok(Landed { commit, through })
    };
    stream::iter(commits).map(with_requests).buffered(AT_ONCE).try_collect().await
}

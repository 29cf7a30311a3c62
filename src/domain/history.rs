//! The graph of commits, as far as it was read: what an earlier version already holds, what came since, and how it landed.
//! Everything goes by ancestry. Dates only order what is unrelated, and say when reading further cannot bring anything new.

pub mod elsewhere;

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use foldhash::HashMap;
use semver::Version;

use super::facts::{TagsWanted, Wanted};
use super::names::{BranchName, Moment, Number, Sha, TagName};
use super::release;

pub use elsewhere::{Elsewhere, Own};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub sha: Sha,
    /// The first is the line that the commit was made on; a merge has more.
    pub parents: Vec<Sha>,
    pub message: String,
    pub at: Moment,
    pub author: Author,
    /// The paths that it touches, where they were asked for.
    pub files: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Author {
    pub name: String,
    /// The forge's name for them, where it knows the address.
    pub login: Option<String>,
}

/// A tag and the commit that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    pub tag: TagName,
    pub commit: Sha,
    /// The commit's date: a tag that is newer than everything that was not read cannot be an ancestor that was missed.
    pub at: Moment,
}

/// A merged change request, and the commits that it brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedRequest {
    pub number: Number,
    /// How the forge's people write it, `#12` or `!12`, which the forge turns into a link.
    pub label: String,
    pub title: String,
    pub body: String,
    /// The branch that it was merged from.
    pub branch: Option<BranchName>,
    pub author: Option<String>,
    /// The issues that it closed.
    pub closes: Vec<Number>,
    pub commits: Vec<Sha>,
}

/// A part of the history: everything that is reachable from `head`, newest first, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub head: Sha,
    pub commits: Vec<Commit>,
    /// Whether it goes back to the very beginning.
    pub whole: bool,
    /// Tags that hold everything of theirs within the window, although the window's edge does not show it.
    pub complete_since: Vec<Sha>,
    /// The version tags that were asked for, also those that stand elsewhere: on other lines, or further back.
    pub tags: Vec<Tagged>,
    /// Final versions of other lines, where they may have released something of this one.
    pub elsewhere: Vec<Elsewhere>,
    pub requests: Vec<MergedRequest>,
}

/// Indices into the window's commits, related to each other.
pub struct Graph<'w> {
    pub window: &'w Window,
    index: HashMap<&'w str, usize>,
    /// Those within the window, one commit's after the other's, and where each commit's end.
    parents: Vec<usize>,
    ends: Vec<usize>,
    /// Higher is newer; ancestors are always lower.
    rank: Vec<usize>,
}

/// What came since a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Oldest first.
    pub commits: Vec<usize>,
    /// Whether something that was not read may belong to it.
    pub closed: bool,
    /// Whether the commit that it starts behind is an ancestor at all.
    pub descends: bool,
}

/// A commit on the line itself, with what it brought in: a merge brings its branch, any other brings nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    pub tip: usize,
    /// Oldest first, without the tip.
    pub brought: Vec<usize>,
}

impl<'w> Graph<'w> {
    pub fn new(window: &'w Window) -> Self {
        let commits = &window.commits;
        let index: HashMap<_, _> = commits.iter().enumerate().map(|(at, commit)| (commit.sha.as_str(), at)).collect();
        let (mut parents, mut ends) = (Vec::with_capacity(commits.len()), Vec::with_capacity(commits.len()));
        for commit in commits {
            parents.extend(commit.parents.iter().filter_map(|sha| index.get(sha.as_str()).copied()));
            ends.push(parents.len());
        }
        let mut graph = Self { window, index, parents, ends, rank: Vec::new() };
        graph.rank = graph.ranks();
        graph
    }

    pub fn find(&self, sha: &Sha) -> Option<usize> {
        self.index.get(sha.as_str()).copied()
    }

    /// By as many digits as people quote.
    pub fn find_short(&self, prefix: &str) -> Option<usize> {
        if prefix.len() >= 40 {
            return self.index.get(prefix).copied();
        }
        self.window.commits.iter().position(|commit| commit.sha.as_str().starts_with(prefix))
    }

    pub fn commit(&self, at: usize) -> Option<&'w Commit> {
        self.window.commits.get(at)
    }

    fn parents(&self, at: usize) -> &[usize] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.ends.get(at).and_then(|end| self.parents.get(start..*end)).unwrap_or_default()
    }

    fn rank(&self, at: usize) -> usize {
        self.rank.get(at).copied().unwrap_or_default()
    }

    /// A topological order, newer dates first where ancestry leaves it open.
    fn ranks(&self) -> Vec<usize> {
        let mut children = vec![0_usize; self.ends.len()];
        for at in &self.parents {
            if let Some(count) = children.get_mut(*at) {
                *count += 1;
            }
        }
        let date = |at: usize| self.commit(at).map_or(Moment(0), |commit| commit.at);
        let heads = children.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| (date(at), usize::MAX - at));
        let mut waiting: BinaryHeap<_> = heads.collect();
        let mut rank = vec![0; children.len()];
        let mut next = rank.len();
        while let Some((_, at)) = waiting.pop() {
            let at = usize::MAX - at;
            next -= 1;
            if let Some(rank) = rank.get_mut(at) {
                *rank = next;
            }
            for parent in self.parents(at) {
                if let Some(count) = children.get_mut(*parent) {
                    *count -= 1;
                    if *count == 0 {
                        waiting.push((date(*parent), usize::MAX - parent));
                    }
                }
            }
        }
        rank
    }

    /// Everything reachable from `head` and not from `anchor`; without an anchor, everything.
    pub fn since(&self, anchor: Option<usize>, head: usize) -> Range {
        let whole = self.window.whole || anchor.and_then(|at| self.commit(at)).is_some_and(|c| self.window.complete_since.contains(&c.sha));
        let mut range = Range { commits: Vec::new(), closed: true, descends: anchor.is_none() };
        // Newest first, each commit is either known to be an ancestor of the anchor (and so are its parents), or belongs to the range.
        let (mut known, mut seen) = (vec![false; self.ends.len()], vec![false; self.ends.len()]);
        if let Some(anchor) = anchor {
            set(&mut known, anchor, true);
        }
        let starts = [head].into_iter().chain(anchor).filter(|at| !set(&mut seen, *at, true));
        let mut waiting: BinaryHeap<_> = starts.map(|at| (self.rank(at), at)).collect();
        let mut wanted = usize::from(anchor != Some(head));
        range.descends |= anchor == Some(head);
        let mut passed = false;
        while let Some((_, at)) = waiting.pop() {
            if wanted == 0 && (range.descends || passed) {
                break;
            }
            // What is older than the anchor cannot descend from it.
            passed |= Some(at) == anchor;
            let is_known = known.get(at).copied().unwrap_or_default();
            if !is_known {
                wanted -= 1;
                range.commits.push(at);
                range.closed &= whole || self.parents(at).len() == self.commit(at).map_or(0, |commit| commit.parents.len());
            }
            for parent in self.parents(at).iter().copied() {
                range.descends |= !is_known && Some(parent) == anchor;
                let new = !set(&mut seen, parent, true);
                if is_known {
                    wanted -= usize::from(!set(&mut known, parent, true) && !new);
                } else if new {
                    wanted += 1;
                }
                if new {
                    waiting.push((self.rank(parent), parent));
                }
            }
        }
        range.commits.reverse();
        range
    }

    /// How the commits of a range landed on the line that `head` is on, oldest first. Together they hold every commit once.
    pub fn landings(&self, range: &Range, head: usize) -> Vec<Landing> {
        // Members that have not been placed yet.
        let mut open = vec![false; self.ends.len()];
        for at in &range.commits {
            set(&mut open, *at, true);
        }
        let first_parent = |at: &usize| {
            let known = self.parents(*at);
            let all = &self.commit(*at)?.parents;
            // A first parent that was not read must not be mistaken for the second.
            if known.len() == all.len() { known.first().copied() } else { self.find(all.first()?) }
        };
        let line = std::iter::successors(Some(head), first_parent).take_while(|at| set(&mut open, *at, false));
        let line: Vec<_> = line.collect();
        let landing = |tip: &usize| {
            let mut brought = Vec::new();
            let mut waiting: Vec<_> = self.parents(*tip).iter().copied().filter(|at| set(&mut open, *at, false)).collect();
            while let Some(at) = waiting.pop() {
                brought.push(at);
                waiting.extend(self.parents(at).iter().copied().filter(|at| set(&mut open, *at, false)));
            }
            brought.sort_by_key(|at| self.rank(*at));
            Landing { tip: *tip, brought }
        };
        line.iter().rev().map(landing).collect()
    }

    /// The highest version among the tags that are reachable from `head`, of those that `version_of` gives one.
    pub fn anchor(&self, head: usize, version_of: impl Fn(&TagName) -> Option<Version>) -> Option<(&'w Tagged, Version)> {
        let mut found: Vec<_> = self.window.tags.iter().filter_map(|tagged| Some((tagged, version_of(&tagged.tag)?))).collect();
        found.sort_by(|a, b| b.1.cmp(&a.1));
        found.into_iter().find(|(tagged, _)| self.find(&tagged.commit).is_some_and(|at| self.since(Some(at), head).descends))
    }

    /// Who made the change requests since a version, each with theirs; Slipway itself is nobody.
    pub fn authors(&self, tags: &TagsWanted) -> BTreeMap<String, Vec<Number>> {
        let mut authors: BTreeMap<String, Vec<Number>> = BTreeMap::new();
        let Some(head) = self.find(&self.window.head) else { return authors };
        let anchor = self.anchor(head, |tag| tags.read(tag).filter(|version| version.pre.is_empty()));
        let elsewhere: Vec<_> = self.window.elsewhere.iter().filter(|other| tags.read(&other.tag.tag).is_some()).collect();
        let since = self.unreleased(anchor.and_then(|(tagged, _)| self.find(&tagged.commit)), head, &elsewhere);
        let shas: BTreeSet<_> = since.commits.iter().filter_map(|at| self.commit(*at)).map(|commit| &commit.sha).collect();
        let own = |request: &&MergedRequest| request.branch.as_ref().is_some_and(release::is_own);
        let since = |request: &&MergedRequest| request.commits.iter().any(|sha| shas.contains(sha));
        for request in self.window.requests.iter().filter(since).filter(|request| !own(request)) {
            if let Some(author) = &request.author {
                authors.entry(author.clone()).or_default().push(request.number);
            }
        }
        authors
    }

    /// What is still to be read before anchors and ranges are certain; `None`: nothing.
    pub fn unsettled(&self, wanted: &Wanted) -> Option<Unsettled> {
        let head = self.find(&self.window.head).filter(|_| !self.window.whole)?;
        wanted.tags.iter().find_map(|tags| self.unsettled_since(head, tags))
    }

    fn unsettled_since(&self, head: usize, tags: &TagsWanted) -> Option<Unsettled> {
        let stable = |tag: &TagName| tags.read(tag).filter(|version| version.pre.is_empty());
        let Some((tagged, version)) = self.anchor(head, stable) else { return Some(Unsettled::Further) };
        // A higher version that was not reached may still be an ancestor, unless it is newer than everything that was not read.
        let oldest = self.window.commits.iter().map(|commit| commit.at).min();
        let missed = |other: &Tagged| {
            let higher = stable(&other.tag).is_some_and(|other| other > version);
            higher && self.find(&other.commit).is_none() && oldest.is_some_and(|oldest| other.at <= oldest)
        };
        if self.window.tags.iter().any(missed) {
            return Some(Unsettled::Further);
        }
        let closed = self.find(&tagged.commit).is_some_and(|at| self.since(Some(at), head).closed);
        (!closed).then(|| Unsettled::Interwoven(tagged.clone()))
    }
}

impl TagsWanted {
    /// The version of a tag that may be counted from.
    pub fn read(&self, tag: &TagName) -> Option<Version> {
        self.template.read(tag).filter(|version| self.below.as_ref().is_none_or(|below| version < below))
    }
}

/// Why a window does not say yet what came since a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsettled {
    /// The version is further back.
    Further,
    /// Branches that were made before this tag were merged after it, so what was not read may belong to the range.
    Interwoven(Tagged),
}

/// Sets a mark, and gives what it was.
fn set(marks: &mut [bool], at: usize, to: bool) -> bool {
    marks.get_mut(at).is_some_and(|mark| std::mem::replace(mark, to))
}

#[cfg(test)]
pub(crate) mod tests;

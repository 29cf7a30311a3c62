//! The part of a clone's history that an answer needs, as the core wants it: page after page until the anchors are certain.

use std::collections::{BTreeSet, HashMap};

use git2::{Oid, Revwalk};

use super::Progress;
use super::clone::{LocalClone, sha};
use super::error::Result;
use super::tags::{Pointers, VersionTag};
use crate::domain::commit;
use crate::domain::config::Component;
use crate::domain::facts::{Lines, Newcomers, Paths, Ref, TagsWanted, Wanted};
use crate::domain::history::{Elsewhere, Graph, MergedRequest, Own, Tagged, Unsettled, Window};
use crate::domain::names::{Moment, Number, Sha};

/// How many commits are read at first; each further page doubles what is there.
const PAGE: usize = 64;

/// A window that is being read.
pub struct Reader<'r> {
    clone: &'r LocalClone,
    walk: Revwalk<'r>,
    head: Oid,
    pub window: Window,
    pub read: HashMap<Oid, Moment>,
}

impl<'r> Reader<'r> {
    /// Nothing yet of what there is to walk.
    pub fn new(clone: &'r LocalClone, walk: Revwalk<'r>, head: Oid) -> Self {
        let window = Window {
            head: sha(head),
            commits: Vec::new(),
            whole: false,
            complete_since: Vec::new(),
            tags: Vec::new(),
            elsewhere: Vec::new(),
            requests: Vec::new(),
        };
        Self { clone, walk, head, window, read: HashMap::new() }
    }

    /// Reads until what came since the versions of these components is certain, or `limit` commits are there, or there are no more.
    /// Gives what is uncertain then.
    pub fn settle(&mut self, components: &[Component], tags: &Pointers, limit: usize, progress: Progress) -> Result<Option<Unsettled>> {
        let tags: Vec<_> = components.iter().map(|component| tags.versions(&component.template)).collect();
        let templates = components.iter().map(|component| TagsWanted {
            template: component.template.clone(),
            below: None,
            lines: Lines::All { below: None },
        });
        let wanted = wanted(templates.collect());
        loop {
            let before = self.window.commits.len();
            self.page(before.max(PAGE).min(limit.saturating_sub(before)), progress)?;
            self.window.tags = tags.iter().flat_map(|tags| self.tagged(tags)).collect();
            let unsettled = Graph::new(&self.window).unsettled(&wanted);
            if unsettled.is_none() || self.window.commits.len() == before {
                self.elsewhere(&wanted)?;
                return Ok(unsettled);
            }
            if let Some(Unsettled::Interwoven(anchor)) = unsettled {
                self.since(&anchor, progress)?;
            }
        }
    }

    /// Reads what the versions of other lines have that this line has not.
    fn elsewhere(&mut self, wanted: &Wanted) -> Result<()> {
        for tag in Graph::new(&self.window).elsewhere(wanted) {
            let mut walk = self.clone.walk([Oid::from_str(tag.commit.as_str())?])?;
            walk.hide(self.head)?;
            let own = |id: std::result::Result<Oid, git2::Error>| {
                let commit = self.clone.commit(id?)?;
                Ok(Own { sha: commit.sha, parents: commit.parents, message: commit.message })
            };
            let commits = walk.map(own).collect::<Result<_>>()?;
            self.window.elsewhere.push(Elsewhere { tag, commits });
        }
        Ok(())
    }

    /// Reads everything.
    pub fn all(&mut self, progress: Progress) -> Result<()> {
        self.page(usize::MAX, progress)
    }

    fn page(&mut self, most: usize, progress: Progress) -> Result<()> {
        for _ in 0..most {
            let Some(id) = self.walk.next() else {
                self.window.whole = !self.clone.is_shallow();
                return Ok(());
            };
            self.add(id?, progress)?;
        }
        Ok(())
    }

    /// Reads what is reachable from the head and not from a tag, however far back it is, and the tag's commit.
    pub fn since(&mut self, anchor: &Tagged, progress: Progress) -> Result<()> {
        if self.clone.is_shallow() {
            // Where it is cut shows only once all of it was read.
            return self.all(progress);
        }
        let id = Oid::from_str(anchor.commit.as_str())?;
        let mut walk = self.clone.walk([self.head])?;
        walk.hide(id)?;
        for id in walk {
            self.add(id?, progress)?;
        }
        self.add(id, progress)?;
        self.window.complete_since.push(anchor.commit.clone());
        Ok(())
    }

    fn add(&mut self, id: Oid, progress: Progress) -> Result<()> {
        if self.read.contains_key(&id) {
            return Ok(());
        }
        let commit = self.clone.commit(id)?;
        self.read.insert(id, commit.at);
        self.window.requests.extend(commit::request(&commit.message).and_then(|label| request(label, &commit.sha)));
        self.window.commits.push(commit);
        progress(self.window.commits.len());
        Ok(())
    }

    /// The tags that matter of one component's: the highest stable version that was read, the higher ones that were not and may
    /// still turn up, and the pre-releases. Until a stable version was read, nothing is known that others could be higher than.
    fn tagged(&self, tags: &[VersionTag]) -> Vec<Tagged> {
        let anchor = tags.iter().position(|tag| tag.is_stable() && tag.within(&self.read).is_some());
        // At the beginning of the history there is none to come.
        let none = if self.window.whole { tags.len() } else { 0 };
        let higher = anchor.map_or(none, |at| at + 1);
        let (higher, rest) = tags.split_at(higher);
        let higher = higher.iter().filter_map(|tag| tag.within(&self.read).or_else(|| tag.open(self.clone)));
        let rest = rest.iter().filter(|tag| !tag.is_stable()).filter_map(|tag| tag.within(&self.read));
        higher.chain(rest).collect()
    }

    /// Reads the paths that the commits touch, if a component asks whose they are.
    pub fn paths(&mut self, components: &[Component]) -> Result<()> {
        if components.iter().all(|component| component.paths.is_empty()) {
            return Ok(());
        }
        for commit in &mut self.window.commits {
            commit.files = Some(self.clone.paths(Oid::from_str(commit.sha.as_str())?)?);
        }
        Ok(())
    }
}

fn wanted(tags: BTreeSet<TagsWanted>) -> Wanted {
    let (files, proposals) = (BTreeSet::new(), BTreeSet::new());
    Wanted {
        at: Ref::Default,
        tags,
        files,
        proposals,
        paths: Paths::Unneeded,
        newcomers: Newcomers::Unneeded,
        standing: None,
        limit: usize::MAX,
    }
}

/// Offline, a change request is known by its number alone.
fn request(label: &str, commit: &Sha) -> Option<MergedRequest> {
    Some(MergedRequest {
        number: Number(label.get(1..)?.parse().ok()?),
        label: label.to_owned(),
        title: String::new(),
        body: String::new(),
        branch: None,
        author: None,
        closes: Vec::new(),
        commits: vec![commit.clone()],
    })
}

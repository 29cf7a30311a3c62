//! The version tags of a clone. Their names are cheap and the objects behind them are not, so an object is opened only where it
//! decides something. The names are read from git's own files, since libgit2 takes several times as long over thousands of them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use git2::Oid;
use semver::Version;

use super::clone::{LocalClone, sha};
use crate::domain::history::Tagged;
use crate::domain::names::{Moment, TagName};
use crate::domain::version::TagTemplate;

/// Every tag with the hexadecimal id of its commit. git keeps the commits of packed tags beside their names.
pub struct Pointers {
    packed: String,
    loose: BTreeMap<String, String>,
}

/// A tag that is a version.
pub struct VersionTag<'p> {
    pub version: Version,
    pub name: &'p str,
    target: &'p str,
}

impl Pointers {
    /// Reads the tags as gitrepository-layout(5) and git-pack-refs(1) have them.
    pub fn read(clone: &LocalClone) -> Self {
        let common = clone.repository.commondir();
        // Either may be missing where there are no such tags.
        let packed = std::fs::read_to_string(common.join("packed-refs")).unwrap_or_default();
        let mut loose = BTreeMap::new();
        collect(&common.join("refs/tags"), "", &mut loose);
        for target in loose.values_mut() {
            if let Some(commit) = Oid::from_str(target).ok().and_then(|id| clone.annotated(id)) {
                *target = commit.to_string();
            }
        }
        Self { packed, loose }
    }

    /// Name and target of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut lines = self.packed.lines().peekable();
        let packed = std::iter::from_fn(move || {
            let line = lines.next()?;
            // The commit of an annotated tag stands in the line below it.
            let peeled = lines.next_if(|below| below.starts_with('^')).and_then(|below| below.get(1..));
            let (target, name) = line.split_once(' ').unwrap_or_default();
            Some(name.strip_prefix("refs/tags/").map(|name| (name, peeled.unwrap_or(target))))
        });
        let loose = self.loose.iter().map(|(name, target)| (name.as_str(), target.as_str()));
        // A tag that was packed and then moved is in both, and the loose one holds.
        packed.flatten().filter(|(name, _)| !self.loose.contains_key(*name)).chain(loose)
    }

    /// Those that a template reads, the highest version first.
    pub fn versions<'p>(&'p self, template: &TagTemplate) -> Vec<VersionTag<'p>> {
        let version = |name: &str| template.scheme.parse(name.strip_prefix(&template.prefix)?);
        let tags = self.iter().filter_map(|(name, target)| Some(VersionTag { version: version(name)?, name, target }));
        let mut found: Vec<_> = tags.collect();
        found.sort_unstable_by(|a, b| b.version.cmp(&a.version));
        found
    }

    pub fn find(&self, wanted: &TagName, template: &TagTemplate) -> Option<VersionTag<'_>> {
        let (name, target) = self.iter().find(|(name, _)| *name == wanted.as_str())?;
        Some(VersionTag { version: template.read(wanted)?, name, target })
    }

    /// The prefix that most version tags have; of several, `v`.
    pub fn usual_prefix(&self) -> Option<String> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (template, _) in self.iter().filter_map(|(name, _)| TagTemplate::of(name)) {
            *counts.entry(template.prefix).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(prefix, count)| (*count, prefix == "v", prefix.clone())).map(|(prefix, _)| prefix)
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else if let Ok(target) = std::fs::read_to_string(&path) {
            found.insert(name, target.trim().to_owned());
        }
    }
}

impl VersionTag<'_> {
    pub fn is_stable(&self) -> bool {
        self.version.pre.is_empty()
    }

    /// Where the tag stands among the commits that were read.
    pub fn within(&self, read: &HashMap<Oid, Moment>) -> Option<Tagged> {
        let target = Oid::from_str(self.target).ok()?;
        read.get(&target).and_then(|at| self.tagged((target, *at)))
    }

    /// The commit that the tag stands for, wherever it is; `None` where it stands for something else, or that is not here.
    pub fn open(&self, clone: &LocalClone) -> Option<Tagged> {
        self.tagged(clone.peel(Oid::from_str(self.target).ok()?)?)
    }

    fn tagged(&self, (commit, at): (Oid, Moment)) -> Option<Tagged> {
        Some(Tagged { tag: TagName::parse(self.name).ok()?, commit: sha(commit), at })
    }
}

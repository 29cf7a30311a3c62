//! What is not told since a version of another line has told it.

use std::collections::BTreeMap;

use super::{Change, Ignored, Reason, Told};
use crate::domain::history::{Graph, Tagged};

impl Told {
    /// Leaves out the changes whose commits were released with other versions, each with all of what it speaks for.
    pub fn leave_out(&mut self, graph: &Graph, released: &BTreeMap<usize, &Tagged>) {
        if released.is_empty() {
            return;
        }
        let is_merge = |at: &usize| graph.commit(*at).is_some_and(|commit| commit.parents.len() > 1);
        let version = |change: &Change| {
            let own = || change.brought.iter().filter(|at| !is_merge(at));
            let of_all = own().next().filter(|_| own().all(|at| released.contains_key(at)));
            released.get(&change.commit).or_else(|| released.get(of_all?)).map(|tagged| tagged.tag.clone())
        };
        let left = self.changes.extract_if(.., |change| version(change).is_some());
        let left: BTreeMap<_, _> = left.filter_map(|change| Some((change.commit, version(&change)?))).collect();
        for (at, tag) in left {
            self.ignored.extend(graph.commit(at).map(|commit| Ignored::new((at, commit), Reason::Elsewhere(tag))));
        }
        self.forced.retain(|forced| !released.contains_key(&forced.commit));
    }
}

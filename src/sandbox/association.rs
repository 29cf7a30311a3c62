//! How late a forge knows which change request brought a commit: a merge and what it made are told before the two are associated.

use std::{collections::BTreeMap, sync::Mutex};

use super::world::lock;

/// The merged change requests that the forge does not associate with their commits yet.
#[derive(Default)]
pub struct Association {
    /// How many looks at each merge find nothing.
    pub looks: u32,
    /// By number, how many of them are left. Looking is no change of the world, so this changes behind a shared reference.
    left: Mutex<BTreeMap<u64, u32>>,
}

impl Association {
    /// A change request has been merged.
    pub fn merged(&self, number: u64) {
        if self.looks > 0 {
            lock(&self.left).insert(number, self.looks);
        }
    }

    /// One look at what a change request brought: whether it is too early.
    pub fn is_too_early(&self, number: u64) -> bool {
        let mut left = lock(&self.left);
        let Some(looks) = left.get_mut(&number).filter(|looks| **looks > 0) else { return false };
        *looks -= 1;
        true
    }
}

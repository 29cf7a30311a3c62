//! The ids of deliveries that wait, run, or were done not long ago, by which a delivery that comes twice is recognised.
//! Old ids leave when new ones come; nothing runs on a timer.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::event::{Delivery, ForgeKind};

/// Forges redeliver by hand or after an outage; automatic doubles come within seconds.
const REMEMBERED: Duration = Duration::from_mins(10);
const MOST_DONE: usize = 10_000;

/// An id is unique on its forge only.
pub(super) type Id = (ForgeKind, Arc<str>);

pub(super) fn id_of(delivery: &Delivery) -> Id {
    (delivery.repository.forge, delivery.id.as_str().into())
}

#[derive(Default)]
pub(super) struct Ids {
    active: HashSet<Id>,
    /// Those that are to be worked on after a while.
    planned: HashSet<Id>,
    done: HashSet<Id>,
    oldest_first: VecDeque<(Instant, Id)>,
}

impl Ids {
    /// How many deliveries wait or run.
    pub fn active(&self) -> usize {
        self.active.len()
    }

    pub fn knows(&mut self, id: &Id) -> bool {
        self.expire();
        self.active.contains(id) || self.done.contains(id)
    }

    /// Whether it was not planned yet.
    pub fn plan(&mut self, id: Id) -> bool {
        self.planned.insert(id)
    }

    /// Its time has come.
    pub fn come(&mut self, id: &Id) {
        self.planned.remove(id);
    }

    pub fn begin(&mut self, id: Id) {
        self.active.insert(id);
    }

    pub fn forget(&mut self, id: &Id) {
        self.active.remove(id);
    }

    pub fn finish(&mut self, id: Id) {
        self.active.remove(&id);
        self.done.insert(id.clone());
        self.oldest_first.push_back((Instant::now(), id));
        self.expire();
    }

    fn expire(&mut self) {
        while self.oldest_first.len() > MOST_DONE || self.oldest_first.front().is_some_and(|(at, _)| at.elapsed() >= REMEMBERED) {
            if let Some((_, id)) = self.oldest_first.pop_front() {
                self.done.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> Id {
        (ForgeKind::GitHub, n.to_string().into())
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_is_remembered_for_ten_minutes_after_it_was_done() {
        let mut ids = Ids::default();
        ids.finish(id(1));
        tokio::time::advance(Duration::from_secs(599)).await;
        assert!(ids.knows(&id(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!ids.knows(&id(1)) && ids.done.is_empty());
    }

    #[test]
    fn of_many_done_ids_the_oldest_is_forgotten() {
        let mut ids = Ids::default();
        (0..=MOST_DONE).for_each(|n| ids.finish(id(n)));
        assert!(!ids.knows(&id(0)) && ids.knows(&id(1)) && ids.done.len() == MOST_DONE);
    }

    #[test]
    fn the_same_id_on_the_other_forge_is_another_delivery() {
        let mut ids = Ids::default();
        ids.begin(id(1));
        assert!(!ids.knows(&(ForgeKind::GitLab, "1".into())));
    }
}

//! Which delivery is next: one lane for each repository, strict order within a lane, lanes in turn.
//! Plain data without tasks, timers or locks; `lanes` adds those.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::ids::{Id, Ids, id_of};
use super::lanes::{Left, Limits};
use super::{Full, Receipt};
use crate::domain::event::{Delivery, Event, ForgeKind};

/// A repository on its forge.
pub(super) type LaneKey = (ForgeKind, u64);

/// What a delivery weighs besides the text that people wrote, in bytes: its names, ids and place in the lanes.
const BASE_WEIGHT: usize = 1024;

/// A delivery and its place in line.
pub(super) struct Item {
    pub delivery: Delivery,
    /// Counts from 1.
    pub attempt: u32,
    id: Id,
}

impl Item {
    pub fn lane(&self) -> LaneKey {
        lane_of(&self.delivery)
    }
}

/// How an item leaves its turn.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// Its id is remembered.
    Done,
    /// Its id is forgotten.
    Dropped,
    /// It stays first in its lane, and the lane rests until `resume`.
    Parked { after: Duration },
}

/// Kept only while something of its repository waits, runs or is parked.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Item>,
    /// One of its deliveries runs or is parked, so none of it may start.
    occupied: bool,
}

pub(super) struct Schedule {
    limits: Limits,
    lanes: BTreeMap<LaneKey, Lane>,
    /// The lanes from which a delivery could start now, in the order of their turns.
    ready: VecDeque<LaneKey>,
    ids: Ids,
    weight: usize,
    running: usize,
    closed: bool,
}

impl Schedule {
    pub fn new(limits: Limits) -> Self {
        let (lanes, ready) = (BTreeMap::new(), VecDeque::new());
        Self { limits, lanes, ready, ids: Ids::default(), weight: 0, running: 0, closed: false }
    }

    pub fn push(&mut self, delivery: Delivery) -> Result<Receipt, Full> {
        if self.closed {
            return Err(Full);
        }
        let id = id_of(&delivery);
        self.ids.come(&id);
        if self.ids.knows(&id) {
            return Ok(Receipt::Duplicate);
        }
        let receipt = if self.drop_older(&delivery) { Receipt::Coalesced } else { Receipt::Queued };
        if !self.has_room_for(weight_of(&delivery)) {
            return Err(Full);
        }
        self.weight += weight_of(&delivery);
        self.ids.begin(id.clone());
        let key = lane_of(&delivery);
        let lane = self.lanes.entry(key).or_default();
        if lane.waiting.is_empty() && !lane.occupied {
            self.ready.push_back(key);
        }
        lane.waiting.push_back(Item { delivery, attempt: 1, id });
        Ok(receipt)
    }

    /// Whether the delivery is worth waiting for: nobody waits for one of the same id.
    pub fn plan(&mut self, delivery: &Delivery) -> bool {
        self.ids.plan(id_of(delivery))
    }

    /// Takes out a waiting re-evaluation that the new delivery makes pointless. The room it leaves is enough for the new one.
    fn drop_older(&mut self, new: &Delivery) -> bool {
        let Some(number) = new.event.reevaluates() else { return false };
        let Some(lane) = self.lanes.get_mut(&lane_of(new)) else { return false };
        let older = lane.waiting.iter().position(|item| item.delivery.event.reevaluates() == Some(number));
        let Some(item) = older.and_then(|at| lane.waiting.remove(at)) else { return false };
        self.weight -= weight_of(&item.delivery);
        self.ids.forget(&item.id);
        true
    }

    /// The delivery whose turn it is, if one may start now. Every item taken has to be given back to `end`.
    pub fn next(&mut self) -> Option<Item> {
        if self.running == self.limits.concurrency {
            return None;
        }
        let lane = self.lanes.get_mut(&self.ready.pop_front()?)?;
        let item = lane.waiting.pop_front()?;
        lane.occupied = true;
        self.running += 1;
        Some(item)
    }

    pub fn end(&mut self, item: Item, end: End) {
        self.running -= 1;
        let key = item.lane();
        match end {
            End::Parked { .. } => {
                // After `abandon` there is no lane to wait in.
                if let Some(lane) = self.lanes.get_mut(&key) {
                    lane.waiting.push_front(Item { attempt: item.attempt + 1, ..item });
                }
                return;
            }
            End::Done => self.ids.finish(item.id),
            End::Dropped => self.ids.forget(&item.id),
        }
        self.weight -= weight_of(&item.delivery);
        self.resume(key);
    }

    /// Lets the lane take its turns again, at the back of the line.
    pub fn resume(&mut self, key: LaneKey) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        lane.occupied = false;
        if lane.waiting.is_empty() {
            self.lanes.remove(&key);
        } else {
            self.ready.push_back(key);
        }
    }

    pub fn has_room(&self) -> bool {
        !self.closed && self.has_room_for(BASE_WEIGHT)
    }

    fn has_room_for(&self, weight: usize) -> bool {
        self.ids.active() < self.limits.deliveries && self.weight + weight <= self.limits.bytes
    }

    pub fn close(&mut self) {
        self.closed = true;
    }

    pub fn is_empty(&self) -> bool {
        self.ids.active() == 0
    }

    pub fn waiting(&self) -> usize {
        self.ids.active().saturating_sub(self.running)
    }

    /// Gives up everything that has not started.
    pub fn abandon(&mut self) -> Left {
        self.ready.clear();
        let lanes = std::mem::take(&mut self.lanes);
        let waiting = lanes.into_values().flat_map(|lane| lane.waiting).map(|item| describe(&item.delivery)).collect();
        Left { waiting, running: self.running }
    }
}

fn lane_of(delivery: &Delivery) -> LaneKey {
    (delivery.repository.forge, delivery.repository.id)
}

fn weight_of(delivery: &Delivery) -> usize {
    match &delivery.event {
        Event::Comment { body, .. } => BASE_WEIGHT + body.len(),
        _ => BASE_WEIGHT,
    }
}

fn describe(delivery: &Delivery) -> String {
    format!("{} ({}, {})", delivery.id, delivery.repository.path, delivery.event)
}

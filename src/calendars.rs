//! Schedules and calendars for whoever has their address. What a repository says is read once for all who ask at the same time, and kept for
//! a minute, so that nobody can use up the forge's rate limit with an address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::domain::event::Repository;
use crate::engine::Engine;
use crate::render::calendar::calendar;
use crate::render::schedule_page::page;
use crate::web::timetable::{Document, Shown, Unavailable};

/// For so long what was read is shown again.
const FRESH: Duration = Duration::from_mins(1);
/// For so long somebody waits at most; what is read meanwhile is there for the next.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of so many addresses at most something is kept.
const MOST: usize = 1000;

type Answer = Result<Option<Arc<Shown>>, Unavailable>;
type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Answer)>>>;

pub struct Calendars {
    engine: Arc<Engine>,
    /// By address: a page holds the one that it was asked for by, and must not tell another.
    known: Mutex<HashMap<String, Slot>>,
}

impl Calendars {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, known: Mutex::default() }
    }

    /// What is at an address; `None`: nothing. No forge is called for one that was not handed out.
    ///
    /// # Errors
    /// The forge cannot be asked now.
    pub async fn show(&self, address: String) -> Answer {
        let Some(repository) = self.engine.addresses.read(&address) else { return Ok(None) };
        let Some(slot) = self.slot(&address) else { return Err(Unavailable) };
        let engine = self.engine.clone();
        // On its own: whoever goes away in the middle must not make the next one begin anew.
        let reading = tokio::spawn(async move {
            let mut known = slot.lock().await;
            if let Some((_, shown)) = known.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
                return shown.clone();
            }
            let shown = read(&engine, (&repository, &address)).await;
            *known = Some((Instant::now(), shown.clone()));
            shown
        });
        match timeout(PATIENCE, reading).await {
            Ok(Ok(shown)) => shown,
            _ => Err(Unavailable),
        }
    }

    /// `None`: there is no room.
    fn slot(&self, address: &str) -> Option<Slot> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(address) {
            let is_fresh = |slot: &Slot| slot.try_lock().map_or(true, |kept| kept.as_ref().is_some_and(|(at, _)| at.elapsed() < FRESH));
            known.retain(|_, slot| is_fresh(slot));
            if known.len() >= MOST {
                return None;
            }
        }
        Some(known.entry(address.to_owned()).or_default().clone())
    }
}

async fn read(engine: &Engine, (repository, address): (&Repository, &str)) -> Answer {
    let read = engine.timetable(repository).await.map_err(|error| {
        tracing::warn!(%error, repository = %repository.path, "a schedule could not be read");
        Unavailable
    })?;
    Ok(read.map(|timetable| {
        let (text, revision) = calendar(repository, &timetable, engine.clock.now());
        let feed = Document::new("text/calendar; charset=utf-8", text, &revision);
        let (text, policy) = page(repository, &timetable, address);
        let page = Document { policy, ..Document::new("text/html; charset=utf-8", text.clone(), &text) };
        Arc::new(Shown { page, feed })
    }))
}

//! The moments of trains: of each departure, when it is announced, what is frozen before it, and what follows from it.

use crate::domain::config::{Pattern, TrainOptions};
use crate::domain::freeze::{Interval, Lasting, Recurrence, Scope, When, Window, Wrong, Zone};
use crate::domain::names::{BranchName, Moment};

/// How late a step may be taken: after an outage, or while it waits for green checks.
pub const LATE: i64 = 12 * 3600;
/// How many departures are looked at to find a moment.
const MOST: usize = 400;
/// For so long a freeze that has ended is still told of, as whoever wakes late asks what has changed.
const ENDED: i64 = 25 * 3600;
/// 2026-01-05, a Monday: from here departures are compared with each other.
const START: Moment = Moment(1_767_571_200);

/// When branches are cut by themselves, and what belongs to it.
#[derive(Debug, Clone)]
pub struct Schedule {
    departures: Recurrence,
    zone: Zone,
    announce: Option<Lasting>,
    freeze: Option<Lasting>,
    candidate: Option<Lasting>,
    release: Option<Lasting>,
}

impl Schedule {
    /// # Errors
    /// It is none, with the key that says so.
    pub fn of(options: Option<&TrainOptions>) -> Result<Option<Self>, Wrong> {
        let Some(TrainOptions { cut, timezone, announce, freeze, candidate, release }) = options else { return Ok(None) };
        let zone = Zone::named(timezone).map_err(|meant| {
            let remedy = meant.map_or_else(|| "Name one as in `Europe/Berlin`.".to_owned(), |name| format!("Did you mean `{name}`?"));
            Wrong::new("timezone", format!("there is no time zone `{timezone}`"), remedy)
        })?;
        let wrong = |wrong: Wrong| match wrong.key {
            "cron" => Wrong { key: "cut", ..wrong },
            _ => Wrong::new("cut", format!("`{cut}` comes again all the time"), "Cut a branch once a day at most."),
        };
        let lasting = |key: &'static str, text: &Option<String>| {
            let read = text.as_deref().map(Lasting::read).transpose();
            read.map_err(|wrong| Wrong { key, ..wrong })
        };
        let schedule = Self {
            // What it lasts only keeps a train from leaving every few hours.
            departures: Recurrence::new(cut, "12h", zone.clone()).map_err(wrong)?,
            zone,
            announce: lasting("announce", announce)?,
            freeze: lasting("freeze", freeze)?,
            candidate: lasting("candidate", candidate)?,
            release: lasting("final", release)?,
        };
        schedule.check().map(|()| Some(schedule))
    }

    fn check(&self) -> Result<(), Wrong> {
        let trains: Vec<_> = self.leaving(START).take(MOST).collect();
        let never_thaws =
            trains.windows(2).any(|pair| matches!(pair, [one, next] if self.freezes(*next).is_some_and(|freeze| freeze <= *one)));
        if never_thaws {
            let remedy = "Let it last less long than from one train to the next.";
            return Err(Wrong::new("freeze", "the trunk never thaws: a freeze begins before the train before has left", remedy));
        }
        let crossed = trains.iter().any(|train| self.candidate(*train).zip(self.release(*train)).is_some_and(|(one, other)| other <= one));
        if crossed {
            return Err(Wrong::new("final", "a version would be released before its candidate", "Let it come later than `candidate`."));
        }
        Ok(())
    }

    /// The next departure.
    pub fn next(&self, now: Moment) -> Option<Moment> {
        self.departures.begins_after(now)
    }

    /// The last departure, if it is not too late for it.
    pub fn due(&self, now: Moment) -> Option<Moment> {
        self.departures.begun_by(now).filter(|last| is_due(*last, now))
    }

    /// The departures after a moment, the next first.
    pub fn leaving(&self, after: Moment) -> impl Iterator<Item = Moment> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }

    pub fn departs(&self, at: Moment) -> bool {
        self.departures.begun_by(at) == Some(at)
    }

    /// When a train is announced.
    pub fn announces(&self, train: Moment) -> Option<Moment> {
        self.announce?.before(train, &self.zone)
    }

    /// From when on the trunk is frozen for it.
    pub fn freezes(&self, train: Moment) -> Option<Moment> {
        self.freeze?.before(train, &self.zone)
    }

    /// When its first candidate is due.
    pub fn candidate(&self, train: Moment) -> Option<Moment> {
        self.candidate?.after(train, &self.zone)
    }

    /// When its version is due.
    pub fn release(&self, train: Moment) -> Option<Moment> {
        self.release?.after(train, &self.zone)
    }

    pub fn is_announced(&self) -> bool {
        self.announce.is_some()
    }

    /// Whether what was cut goes on by itself.
    pub fn goes_on(&self) -> bool {
        self.candidate.is_some() || self.release.is_some()
    }

    /// The trains that are announced at a moment, and have not left.
    pub fn announced(&self, now: Moment) -> Vec<Moment> {
        let is_announced = |train: &Moment| self.announces(*train).is_some_and(|at| at <= now);
        self.leaving(now).take(MOST).take_while(is_announced).collect()
    }

    /// In words, where the trains are meant.
    pub fn words(&self, at: Moment) -> String {
        self.zone.words(at)
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The freezes of trains around a moment, with those that have just ended: each names its train.
    pub fn windows(&self, trunk: &BranchName, now: Moment) -> Vec<Window> {
        let Some(branch) = Pattern::exactly(trunk.as_str()) else { return Vec::new() };
        let around = self.leaving(Moment(now.0.saturating_sub(ENDED))).take(MOST);
        let mut coming = 0_usize;
        let near = around.take_while(|train| {
            coming += usize::from(*train > now);
            coming <= 2
        });
        let window = |train: Moment| {
            Some(Window {
                reason: format!("the release train of {}", self.words(train)),
                scope: Scope { branches: vec![branch.clone()], paths: Vec::new() },
                when: When::Once(Interval { since: self.freezes(train)?, until: train }),
                zone: self.zone.clone(),
            })
        };
        near.filter_map(window).collect()
    }

    /// When to look again, as far as that is known without asking what is under way: at once where a step is due.
    pub fn look_again(&self, now: Moment) -> Option<Moment> {
        let announced = self.announced(now).into_iter().filter_map(|train| self.announces(train));
        let frozen = self.next(now).and_then(|train| self.freezes(train));
        let is_due = self.due(now).is_some() || announced.chain(frozen).chain(self.steps(now)).any(|step| is_due(step, now));
        if is_due { Some(now) } else { self.next_step(now) }
    }

    /// The next moment at which something of a train begins or ends.
    pub fn next_step(&self, now: Moment) -> Option<Moment> {
        let announcement = self.leaving(now).take(MOST).filter_map(|train| self.announces(train)).find(|at| *at > now);
        let freeze = self.leaving(now).take(2).filter_map(|train| self.freezes(train)).find(|at| *at > now);
        let steps = self.steps(now).into_iter().filter(|step| *step > now).min();
        [self.next(now), announcement, freeze, steps].into_iter().flatten().min()
    }

    /// When the next step of a train that has left is due.
    pub fn next_of(&self, train: Moment, now: Moment) -> Option<Moment> {
        [self.candidate(train), self.release(train)].into_iter().flatten().filter(|step| *step > now).min()
    }

    /// When candidates and versions of those trains are due that have left before a moment.
    fn steps(&self, now: Moment) -> Vec<Moment> {
        let longest = [self.candidate, self.release].into_iter().flatten();
        let since = longest.filter_map(|lasts| lasts.before(Moment(now.0.saturating_sub(LATE + 24 * 3600)), &self.zone)).min();
        let left = since.into_iter().flat_map(|since| self.leaving(since).take(MOST).take_while(|train| *train <= now));
        left.flat_map(|train| [self.candidate(train), self.release(train)]).flatten().collect()
    }
}

/// Whether a step may be taken.
pub fn is_due(step: Moment, now: Moment) -> bool {
    step <= now && now.0.saturating_sub(step.0) <= LATE
}

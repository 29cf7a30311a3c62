//! The product on one screen: a delivery's configuration and facts are read, a plan is decided, put in words, and applied.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::clock::Clock;
use crate::domain::config::Configuration;
use crate::domain::decide::{conclude, decide, dismiss, matters_whose, needs};
use crate::domain::event::{Change, Delivery, Event, ForgeKind, Nature, Repository};
use crate::domain::facts::{Asked, Facts, IssueKind, Look, Need, OpenRequest};
use crate::domain::names::Moment;
use crate::domain::plan::{Action, Afterwards, Follow, Plan, Stage};
use crate::domain::schedule::{Timetable, timetable};
use crate::forge::address::Addresses;
use crate::forge::error::Remedy;
use crate::forge::gather::gather;
use crate::forge::github::GitHub;
use crate::forge::gitlab::GitLab;
use crate::forge::{Applied, Forge, ForgeError};
use crate::metrics;
use crate::queue::{Outcome, Work};
use crate::render::{RenderError, Renderer};

/// After so many writes of one delivery the others are paced: forges ask for a second between the writes of a burst.
/// (<https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>)
const BURST: usize = 10;

/// How long something is waited for at most before it is looked at again, in seconds.
const FARTHEST: i64 = 24 * 3600;

/// How often a forge that lags behind its own event is asked again.
const LOOKS: u32 = 5;

/// The forges that the settings name.
#[derive(Default)]
pub struct Forges {
    pub github: Option<GitHub>,
    pub gitlab: Option<GitLab>,
}

/// Whether plans are carried out, or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolve {
    Apply,
    Show,
}

/// Told of every delivery that was worked on.
pub type Watch = Box<dyn Fn(&Delivery, &Report) + Send + Sync>;

pub struct Engine {
    pub forges: Forges,
    pub renderer: Renderer,
    pub resolve: Resolve,
    /// Between the writes of a delivery that has many of them.
    pub pace: Duration,
    /// Before a forge is asked again for the first time; each further wait is twice as long.
    pub patience: Duration,
    pub watch: Watch,
    pub clock: Clock,
    /// Where the calendars of repositories are.
    pub addresses: Addresses,
}

/// What became of one delivery. Its `Display` is what logs, dry runs and the demo print.
#[derive(Debug)]
pub struct Report {
    pub plan: String,
    pub steps: Vec<Step>,
    pub end: End,
    /// What it led to, and after which time that is to be worked on.
    pub follows: Vec<(Duration, Delivery)>,
}

#[derive(Debug)]
pub struct Step {
    pub action: String,
    pub result: Result<Applied, String>,
}

#[derive(Debug)]
pub enum End {
    Decided(Afterwards),
    /// A forge's error stopped it; of the plan's actions, this many were not tried.
    Stopped {
        error: ForgeError,
        untried: usize,
    },
    /// A mistake of Slipway's own.
    Broken(RenderError),
}

/// Handles one delivery on the forge it came from.
async fn handle<F: Forge>(forge: &F, (delivery, look): (&Delivery, Look), engine: &Engine) -> Report {
    if let Some(reason) = dismiss(delivery) {
        let end = End::Decided(Afterwards::Done);
        return Report { plan: reason.to_owned(), steps: Vec::new(), end, follows: Vec::new() };
    }
    // Most deliveries end above. The many calls below make a large future, for which only those pay that get here.
    Box::pin(work_out(forge, (delivery, look), engine)).await
}

async fn work_out<F: Forge>(forge: &F, (delivery, look): (&Delivery, Look), engine: &Engine) -> Report {
    let Decided { plan, rest } = match plan(forge, (delivery, look), engine).await {
        Ok(decided) => decided,
        Err(error) => return Report::stopped("nothing could be decided".to_owned(), Vec::new(), error, 0),
    };
    let (told, afterwards, stage) = (plan.to_string(), plan.afterwards, plan.stage);
    let measured = plan.measured.clone();
    let follows = led(delivery, &plan.follows, (engine.now(), engine.pace));
    let actions = match engine.renderer.render(plan) {
        Ok(actions) => actions,
        Err(error) => return Report { plan: told, steps: Vec::new(), end: End::Broken(error), follows: Vec::new() },
    };
    if engine.resolve == Resolve::Show {
        return Report { plan: told, steps: Vec::new(), end: End::Decided(afterwards), follows: Vec::new() };
    }
    let (mut steps, stopped) = apply(forge, actions, engine.pace).await;
    if let Some((error, untried)) = stopped {
        return Report::stopped(told, steps, error, untried);
    }
    if let (Stage::First, Some((delivery, config, facts))) = (stage, rest) {
        let facts = Facts { outcomes: forge.outcomes(), ..facts };
        let actions = match engine.renderer.render(conclude(&delivery, &config, &facts)) {
            Ok(actions) => actions,
            Err(error) => return Report { plan: told, steps, end: End::Broken(error), follows: Vec::new() },
        };
        let (more, stopped) = apply(forge, actions, engine.pace).await;
        steps.extend(more);
        if let Some((error, untried)) = stopped {
            return Report::stopped(told, steps, error, untried);
        }
    }
    for measure in measured {
        metrics::record_span(delivery.repository.forge, measure);
    }
    Report { plan: told, steps, end: End::Decided(afterwards), follows }
}

/// A plan, and what it was decided from, where there was anything to ask.
struct Decided {
    plan: Plan,
    rest: Option<(Delivery, Configuration, Facts)>,
}

impl Engine {
    fn now(&self) -> Moment {
        Moment(self.clock.now())
    }

    /// When releases leave. `None`: the repository does not say so, or is not to be seen.
    ///
    /// # Errors
    /// What a read failed with, where it may succeed later.
    pub async fn timetable(&self, repository: &Repository) -> Result<Option<Timetable>, ForgeError> {
        let read = self.on_forge(repository, Telling(self.now())).await.unwrap_or(Ok(None));
        read.or_else(|error| if error.remedy() == Remedy::GiveUp { Ok(None) } else { Err(error) })
    }

    /// `None`: the settings name no forge of this kind.
    async fn on_forge<E: Errand>(&self, repository: &Repository, errand: E) -> Option<E::Outcome> {
        match (repository.forge, &self.forges) {
            (ForgeKind::GitHub, Forges { github: Some(forge), .. }) => Some(errand.run(&forge.repository(repository)).await),
            (ForgeKind::GitLab, Forges { gitlab: Some(forge), .. }) => Some(errand.run(&forge.project(repository)).await),
            _ => None,
        }
    }
}

/// What is done about a repository, whichever forge it is on.
trait Errand: Send {
    type Outcome;

    fn run<F: Forge>(self, forge: &F) -> impl Future<Output = Self::Outcome> + Send;
}

struct Handling<'a>(&'a Delivery, Look, &'a Engine);

impl Errand for Handling<'_> {
    type Outcome = Report;

    async fn run<F: Forge>(self, forge: &F) -> Report {
        handle(forge, (self.0, self.1), self.2).await
    }
}

/// When releases leave, as it stands at this moment.
struct Telling(Moment);

impl Errand for Telling {
    type Outcome = Result<Option<Timetable>, ForgeError>;

    async fn run<F: Forge>(self, forge: &F) -> Self::Outcome {
        let Configuration::Loaded { config, .. } = Configuration::read(forge.config_files().await?) else { return Ok(None) };
        if config.train.is_none() {
            return Ok(None);
        }
        Ok(timetable(&config, &forge.own_issues(IssueKind::Release).await?, self.0))
    }
}

/// What follows from a decision, as deliveries of Slipway's own. Each may write, so after a burst they are paced as writes are.
fn led(from: &Delivery, follows: &[Follow], (now, pace): (Moment, Duration)) -> Vec<(Duration, Delivery)> {
    let mut asked = 0_usize;
    let paced = |follow: &Follow| {
        let wait = match follow {
            Follow::Reconsider(_) => {
                asked += 1;
                pace.saturating_mul(u32::try_from(asked.saturating_sub(BURST)).unwrap_or(u32::MAX))
            }
            Follow::Wake(_) | Follow::Try(_) | Follow::Carry(_) | Follow::Refresh(_) => Duration::ZERO,
        };
        let (after, delivery) = own(from, follow, now);
        (after.saturating_add(wait), delivery)
    };
    follows.iter().map(paced).collect()
}

/// A moment that is far away is looked at again before, at midnight.
fn own(from: &Delivery, follow: &Follow, now: Moment) -> (Duration, Delivery) {
    let (after, id, event) = match follow {
        Follow::Reconsider(OpenRequest { number, head, branch, base, updated_at }) => {
            let (head, branch, base) = (head.clone(), Some(branch.clone()), Some(base.clone()));
            let (change, labels) = (Change::Reconsidered, BTreeSet::new());
            let event = Event::ChangeRequest { number: *number, change, head, branch, base, labels, at: *updated_at };
            (Duration::ZERO, format!("{}/request-{number}", from.id), event)
        }
        Follow::Try(number) => (Duration::ZERO, format!("{}/config-{number}", from.id), Event::Proposed { number: *number }),
        Follow::Carry(number) => (Duration::ZERO, format!("{}/carry-{number}", from.id), Event::Wanted { number: *number }),
        Follow::Refresh(branch) => (Duration::ZERO, format!("{}/page-{branch}", from.id), Event::Refreshed { branch: branch.clone() }),
        Follow::Wake(at) => {
            let at = at.0.min((now.0 / FARTHEST + 1) * FARTHEST);
            // It may have come since the plan was made.
            let seconds = u64::try_from(at.saturating_sub(now.0)).unwrap_or_default();
            // One for a repository and a moment, whatever leads to it.
            (Duration::from_secs(seconds), format!("repository-{}/at-{at}", from.repository.id), Event::Woken)
        }
    };
    (after, Delivery { id, event, ..from.clone() })
}

async fn plan<F: Forge>(forge: &F, (delivery, look): (&Delivery, Look), engine: &Engine) -> Result<Decided, ForgeError> {
    let mut delivery = delivery.clone();
    if matters_whose(&delivery) && forge.me().await? == delivery.actor.name {
        delivery.actor.nature = Nature::Slipway;
    }
    if let Some(reason) = dismiss(&delivery) {
        return Ok(Decided { plan: Plan::nothing(reason), rest: None });
    }
    let config = Configuration::read(forge.config_files().await?);
    let needs = needs(&delivery, &config);
    let asked = needs.contains(&Need::Calendar);
    let calendar = if asked { Asked::Answered(engine.addresses.of(&delivery.repository)) } else { Asked::Never };
    let facts = Facts { look, calendar, ..gather(forge, needs, engine.now()).await? };
    Ok(Decided { plan: decide(&delivery, &config, &facts), rest: Some((delivery, config, facts)) })
}

/// Applies one action after the other, up to the first that fails; says with which error, and how many were not tried.
async fn apply<F: Forge>(forge: &F, actions: Vec<Action<String>>, pace: Duration) -> (Vec<Step>, Option<(ForgeError, usize)>) {
    let mut steps: Vec<Step> = Vec::new();
    let all = actions.len();
    for action in actions {
        // What was there already cost no write, so a delivery that is worked on again soon gets to where it was.
        let wrote = |step: &&Step| !matches!(step.result, Ok(Applied::Unchanged));
        if steps.iter().filter(wrote).count() >= BURST {
            tokio::time::sleep(pace).await;
        }
        let result = forge.apply(&action).await;
        steps.push(Step { action: action.to_string(), result: result.as_ref().map(|applied| *applied).map_err(ToString::to_string) });
        if let Err(error) = result {
            let untried = all - steps.len();
            return (steps, Some((error, untried)));
        }
    }
    (steps, None)
}

impl Work for Engine {
    async fn handle(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        let repository = &delivery.repository;
        let look = if attempt > LOOKS { Look::Last } else { Look::More };
        let Some(report) = self.on_forge(repository, Handling(delivery, look, self)).await else {
            return Outcome::Failed { why: format!("{} is not configured", repository.forge) };
        };
        (self.watch)(delivery, &report);
        match report.outcome(attempt, self.patience) {
            Outcome::Done if !report.follows.is_empty() => Outcome::Led { to: report.follows },
            outcome => outcome,
        }
    }
}

impl Report {
    fn stopped(plan: String, steps: Vec<Step>, error: ForgeError, untried: usize) -> Self {
        Self { plan, steps, end: End::Stopped { error, untried }, follows: Vec::new() }
    }

    /// What the queue should do with the delivery now. Attempts count from one.
    fn outcome(&self, attempt: u32, patience: Duration) -> Outcome {
        match &self.end {
            End::Decided(Afterwards::Done) => Outcome::Done,
            End::Decided(Afterwards::AwaitPerson) => Outcome::Refused,
            End::Decided(Afterwards::LookAgain) if attempt > LOOKS => Outcome::Done,
            End::Decided(Afterwards::LookAgain) => Outcome::Again { after: pause(attempt, patience), why: self.to_string() },
            End::Stopped { error, .. } => match error.remedy() {
                Remedy::Wait(after) => Outcome::Again { after, why: self.to_string() },
                Remedy::TryAgain => Outcome::Again { after: pause(attempt, patience), why: self.to_string() },
                Remedy::GiveUp => Outcome::Failed { why: self.to_string() },
            },
            End::Broken(_) => Outcome::Failed { why: self.to_string() },
        }
    }
}

/// The first pause once, twice, four times … up to five minutes, each with up to half of it more.
fn pause(attempt: u32, first: Duration) -> Duration {
    let base = first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(Duration::from_mins(5));
    base.mul_f64(1.0 + fastrand::f64() / 2.0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            f.write_str(&self.plan)?;
        } else {
            f.write_str(self.plan.lines().next().unwrap_or_default())?;
        }
        for step in &self.steps {
            match &step.result {
                Ok(applied) => write!(f, "\n- {}: {applied}", step.action)?,
                Err(error) => write!(f, "\n- {}: FAILED, {error}", step.action)?,
            }
        }
        match &self.end {
            End::Decided(_) => Ok(()),
            End::Stopped { error, .. } if self.steps.is_empty() => write!(f, ": {error}"),
            End::Stopped { untried, .. } => write!(f, "\n- {untried} more not tried"),
            End::Broken(error) => write!(f, ": {error}"),
        }
    }
}

#[cfg(test)]
mod tests;

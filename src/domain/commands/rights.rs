//! Who may use a command: what each file of the policy says of it, or the table, where none does. Checked in one place, before a command
//! decides anything; by what the forge says when the command runs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asking, Call, Command, find};
use crate::domain::config::{Config, Configuration, DutyOptions, Grant};
use crate::domain::duty::{Roster, is_same};
use crate::domain::event::Thread;
use crate::domain::facts::{Facts, Holders, IssueKind, Need};
use crate::domain::names::{Number, UserName};
use crate::domain::tracking::Record;
use crate::domain::{freezing, schedule};

/// How many people are named who have what somebody lacks.
const NAMED: usize = 5;
/// So many are read at most: there may be more.
const READ: usize = 100;

/// What it takes to use a command: one grant of each list.
#[derive(Debug, Clone)]
pub struct Rights(Vec<Demand>);

/// What one file asks for.
#[derive(Debug, Clone)]
struct Demand {
    grants: Vec<Grant>,
    /// Who takes turns as the release manager, as far as this file is concerned.
    roster: Option<Roster>,
    /// The issue that it is asked on, which may track a version that somebody is in charge of.
    issue: Option<Number>,
}

impl Rights {
    /// What it takes for a call; `None`: for the command in general.
    pub fn of(config: &Configuration, command: &Command, call: Option<&Call>) -> Self {
        let said = |layer: &Config| layer.commands.0.get(command.verb).cloned().or_else(|| setting(layer, command, call));
        Self::by(config, said, command.grants)
    }

    /// The same under a configuration that is in force.
    pub fn under(config: &Config, command: &Command, call: Option<&Call>) -> Self {
        let said = |layer: &Config| layer.commands.0.get(command.verb).cloned().or_else(|| setting(layer, command, call));
        Self::demanded(config, said, command.grants)
    }

    /// What it takes by what each file says of it, or by these grants, where none does.
    pub fn by(config: &Configuration, said: impl Fn(&Config) -> Option<Vec<Grant>>, otherwise: &[Grant]) -> Self {
        match config {
            Configuration::Loaded { config, .. } => Self::demanded(config, said, otherwise),
            Configuration::Absent | Configuration::Broken(_) => {
                Self(vec![Demand { grants: otherwise.to_vec(), roster: None, issue: None }])
            }
        }
    }

    fn demanded(config: &Config, said: impl Fn(&Config) -> Option<Vec<Grant>>, otherwise: &[Grant]) -> Self {
        let table = |roster| Self(vec![Demand { grants: otherwise.to_vec(), roster, issue: None }]);
        let roster = |duty: Option<&DutyOptions>| duty.and_then(|duty| Roster::try_from(duty).ok());
        let said = |layer: &Config| {
            let grants = said(layer)?;
            let duty = layer.duty.iter().chain(config.duty.iter()).chain(config.layers().filter_map(|layer| layer.duty.as_ref())).next();
            Some(Demand { grants, roster: roster(duty), issue: None })
        };
        let mut demands: Vec<_> = config.layers().filter_map(said).collect();
        // Where one list lets nobody pass whom the other would stop, the other asks for nothing more.
        if let [one, other] = demands.as_slice() {
            if other.within(one) {
                demands.remove(0);
            } else if one.within(other) {
                demands.truncate(1);
            }
        }
        if demands.is_empty() {
            table(roster(config.duty.as_ref().or_else(|| config.layers().find_map(|layer| layer.duty.as_ref()))))
        } else {
            Self(demands)
        }
    }

    /// Where it is asked: on an issue that tracks a version, the release manager is whoever is in charge of that one.
    #[must_use]
    pub fn on(mut self, thread: Thread) -> Self {
        for demand in &mut self.0 {
            demand.issue = match thread {
                Thread::Issue(number) if demand.grants.contains(&Grant::ReleaseManager) => Some(number),
                _ => None,
            };
        }
        self
    }

    /// What must be known to tell who is in charge.
    pub fn version(&self) -> Option<Need> {
        self.0.iter().any(|demand| demand.issue.is_some()).then_some(Need::Issues(IssueKind::Release))
    }

    /// What must be known of somebody to tell whether they may. Whoever has no turns as the release manager needs not be asked about it.
    pub fn need(&self, asking: &Asking, holders: Holders) -> Option<Need> {
        let user = &asking.delivery.actor.name;
        let has_turns = |demand: &Demand| demand.roster.as_ref().is_some_and(|roster| roster.has(user));
        let list = |demand: &Demand| {
            let may_be = has_turns(demand);
            let grants: BTreeSet<_> = demand.grants.iter().filter(|grant| may_be || **grant != Grant::ReleaseManager).cloned().collect();
            // Whoever has turns is told who is on duty, which is enough.
            (grants, if may_be && demand.grants.contains(&Grant::ReleaseManager) { Holders::Unneeded } else { holders })
        };
        let asked = self.0.iter().filter(|demand| !demand.grants.contains(&Grant::Anyone)).map(list);
        let lists: BTreeMap<_, _> = asked.filter(|(grants, _)| !grants.is_empty()).collect();
        (!lists.is_empty()).then(|| Need::Asker { user: user.clone(), thread: asking.thread, lists })
    }

    /// Whether whoever asks may.
    pub fn admit(&self, user: &UserName, facts: &Facts) -> bool {
        self.0.iter().all(|demand| demand.admits(user, facts))
    }

    /// Why whoever asks may not, and what to do about it.
    pub fn refusal(&self, user: &UserName, facts: &Facts) -> Option<(String, String)> {
        let demand = self.0.iter().find(|demand| !demand.admits(user, facts))?;
        if demand.grants.is_empty() {
            return Some(("nobody may ask for it here".to_owned(), "Change `[commands]` in slipway.toml first.".to_owned()));
        }
        let lacked = Grant::lacked(&demand.grants);
        let holders = demand.holders(facts);
        let (has, remedy) = match holders.as_slice() {
            [] => return Some((format!("it takes {lacked}"), "Ask somebody who has it.".to_owned())),
            [_] => ("has", "Ask them to comment the same."),
            _ => ("have", "Ask one of them to comment the same."),
        };
        Some((format!("it takes {lacked}; {} {has} it", listed(holders)), remedy.to_owned()))
    }

    /// Those who may: `its author, or who may write`.
    pub fn in_words(&self) -> String {
        let words = |demand: &Demand| Grant::in_words(&demand.grants);
        match self.0.as_slice() {
            [organisation, own] => format!("{}; the organisation asks for {}", words(own), words(organisation)),
            demands => demands.iter().map(words).collect(),
        }
    }
}

impl Demand {
    /// Of somebody who is asked for nothing, nothing is known.
    fn admits(&self, user: &UserName, facts: &Facts) -> bool {
        let on_duty = || self.manager(facts).is_some_and(|manager| is_same(&manager, user));
        let has = |grant: &Grant| match grant {
            Grant::ReleaseManager => on_duty(),
            other => facts.asker.read().has(other),
        };
        self.grants.contains(&Grant::Anyone) || self.grants.iter().any(has)
    }

    /// The release manager: of the version that the issue tracks, else of now.
    fn manager(&self, facts: &Facts) -> Option<UserName> {
        let find = |number: Number| facts.issues(IssueKind::Release).iter().find(|issue| issue.number == number);
        let tracked = self.issue.and_then(find).and_then(|issue| Some((issue, Record::of(issue)?)));
        match tracked {
            Some((issue, record)) => schedule::in_charge(self.roster.as_ref(), issue, &record),
            None => Some(self.roster.as_ref()?.turn(facts.now)?.who.clone()),
        }
    }

    /// Whether everybody who is admitted here would be there.
    fn within(&self, other: &Self) -> bool {
        let covers = |wide: &Grant, narrow: &Grant| match (wide.role(), narrow.role()) {
            (Some(wide), Some(narrow)) => wide <= narrow,
            // Two files may mean two rosters.
            _ => wide == narrow && *wide != Grant::ReleaseManager || *wide == Grant::Anyone,
        };
        self.grants.iter().all(|narrow| other.grants.iter().any(|wide| covers(wide, narrow)))
    }

    /// Who has one of the grants, as far as it is known.
    fn holders(&self, facts: &Facts) -> Vec<String> {
        let on_duty = self.grants.contains(&Grant::ReleaseManager).then(|| self.manager(facts)).flatten();
        let on_duty = on_duty.map(|manager| format!("{manager} (on duty)"));
        let teams = self.grants.iter().filter_map(Grant::team).map(|team| format!("the team {team}"));
        let least = self.grants.iter().filter_map(Grant::role).min();
        let known = least.map(|least| (least, &facts.asker.read().holders));
        let holders = known.iter().flat_map(|(least, known)| known.iter().filter(move |(_, role)| role >= least));
        let holders: Vec<_> = holders.filter(|(name, _)| name != facts.me.read()).collect();
        let more = holders.len().saturating_sub(NAMED);
        let more = match (more, holders.len()) {
            (0, _) => None,
            (_, READ..) => Some("many others".to_owned()),
            (1, _) => Some("one other".to_owned()),
            (more, _) => Some(format!("{more} others")),
        };
        let names = holders.iter().take(NAMED).map(|(name, _)| name.to_string());
        on_duty.into_iter().chain(teams).chain(names).chain(more).collect()
    }
}

/// Those who may use this command, in words, as in “for …”: of `override`, for the verdict of this name.
pub fn those_who_may(config: &Config, verb: &str, about: Option<&str>) -> String {
    let call = Call { verb: verb.to_owned(), words: about.into_iter().map(str::to_owned).collect(), ..Call::default() };
    find(verb).map(|command| Rights::under(config, command, Some(&call)).in_words()).unwrap_or_default()
}

/// What a file says elsewhere of who may use a command.
fn setting(layer: &Config, command: &Command, call: Option<&Call>) -> Option<Vec<Grant>> {
    let freezes = || layer.freeze.as_ref().and_then(|freeze| freeze.who).map(Grant::from);
    let one = match command.verb {
        "freeze" | "thaw" => freezes(),
        "override" if call.is_some_and(|call| call.words.first().is_some_and(|word| word == freezing::NAME)) => freezes(),
        "override" | "restore" => layer.overrides.who.map(Grant::from),
        // Those whose answers a release waits for may give them.
        "go" | "no-go" => {
            let waited = layer.readiness.iter().flat_map(|readiness| readiness.teams.iter().chain(&readiness.reviewers));
            let mut grants: Vec<_> = command.grants.to_vec();
            for grant in waited {
                if !grants.contains(grant) {
                    grants.push(grant.clone());
                }
            }
            return (grants.len() > command.grants.len()).then_some(grants);
        }
        _ => None,
    };
    one.map(|one| vec![one])
}

/// `mia, max and 3 others`
fn listed(mut names: Vec<String>) -> String {
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        Some(only) => only,
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;

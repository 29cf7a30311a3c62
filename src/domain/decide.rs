//! Which event leads where, on one screen: an event concerns some things, each of which has its needs and its plan. Nothing here can
//! fail: a refusal is a plan that says so.

use super::commands::{self, Asking};
use super::config::{Config, Configuration, From};
use super::event::{Change, Delivery, Event, Nature};
use super::facts::{Facts, Need, Needs, Origin, Ref, State};
use super::names::BranchName;
use super::plan::{Action, Plan};
use super::release::line::{self, Situation};
use super::release::{self, Releasing};
use super::{policy, rules};

/// Why the event leads to nothing, where that is plain before anything is asked of the forge, even the configuration.
pub fn dismiss(delivery: &Delivery) -> Option<&'static str> {
    let is_bot = delivery.actor.nature == Nature::Bot;
    match &delivery.event {
        Event::ChangeRequest { change: Change::Closed, .. } => Some("a closed change request is not judged"),
        Event::Comment { .. } if is_bot => Some("bots give no commands"),
        Event::Comment { body, .. } if !commands::may_command(body) => Some("the comment holds no command"),
        Event::Push { branch, .. } if release::is_own(branch) => Some("the branch is Slipway's own"),
        Event::BranchCreated { .. } | Event::BranchDeleted { .. } => Some("no rule is about branches"),
        Event::TagMoved { .. } | Event::TagDeleted { .. } => Some("a release stays as it was published"),
        Event::ChangeRequest { .. } | Event::Comment { .. } | Event::TagCreated { .. } | Event::Push { .. } => None,
    }
}

/// Whether the event leads to nothing if it was Slipway itself that caused it: bringing the description of a release change request up
/// to date is no reason to look at the line again.
pub fn may_be_an_echo(delivery: &Delivery) -> bool {
    let Event::ChangeRequest { change: Change::Edited | Change::Amended, branch: Some(branch), .. } = &delivery.event else { return false };
    release::is_own(branch)
}

/// What must be known before the event can be decided.
pub fn needs(delivery: &Delivery, config: &Configuration) -> Needs {
    concerns(delivery, config).iter().flat_map(|concern| concern.needs(delivery, config)).collect()
}

/// What should be done about the event.
pub fn decide(delivery: &Delivery, config: &Configuration, facts: &Facts) -> Plan {
    if let Some(reason) = dismiss(delivery) {
        return Plan::nothing(reason);
    }
    let plans = concerns(delivery, config).into_iter().map(|concern| concern.plan(delivery, config, facts));
    plans.reduce(Plan::and).unwrap_or_else(|| Plan::nothing(idle(delivery, config)))
}

/// One thing that an event is about.
enum Concern<'a> {
    Commands,
    /// What a tag releases.
    Publishing,
    /// Whether a change request may be merged.
    Policy,
    /// What merging it would release.
    Preview(&'a Config, Releasing<'a>, &'a BranchName),
    /// What a line would release next.
    Line(&'a Config, Releasing<'a>, &'a BranchName),
    /// What becomes of a merged branch.
    MergedBranch(&'a Config),
}

fn concerns<'a>(delivery: &'a Delivery, config: &'a Configuration) -> Vec<Concern<'a>> {
    let loaded = match (&delivery.event, config) {
        (Event::Comment { .. }, _) => return vec![Concern::Commands],
        (Event::TagCreated { .. }, _) => return vec![Concern::Publishing],
        (Event::ChangeRequest { change, .. }, Configuration::Broken(_)) if *change != Change::Merged => return vec![Concern::Policy],
        (_, Configuration::Absent | Configuration::Broken(_)) => return Vec::new(),
        (_, Configuration::Loaded { config, .. }) => config.as_ref(),
    };
    let releasing = |branch: &'a BranchName| release::releasing(loaded, &delivery.repository, branch);
    let line = |branch: &'a BranchName| {
        let releasing = releasing(branch).filter(|_| loaded.release.from != From::Tag);
        releasing.map(|releasing| Concern::Line(loaded, releasing, branch))
    };
    let mut concerns = Vec::new();
    match &delivery.event {
        Event::Push { branch, commits, .. } if !line::is_quiet(loaded, commits.as_deref()) => concerns.extend(line(branch)),
        Event::ChangeRequest { change, branch, base, .. } => {
            let own = branch.as_ref().is_some_and(release::is_own);
            if *change == Change::Amended || own && matches!(change, Change::Merged | Change::Edited | Change::Reopened) {
                concerns.extend(base.as_ref().and_then(line));
            }
            if *change == Change::Amended {
                return concerns;
            }
            if *change == Change::Merged {
                concerns.extend((!loaded.branches.delete_merged.is_empty()).then_some(Concern::MergedBranch(loaded)));
                return concerns;
            }
            concerns.push(Concern::Policy);
            let previewed = base.as_ref().filter(|_| loaded.release.preview && !own);
            concerns.extend(previewed.and_then(|base| releasing(base).map(|releasing| Concern::Preview(loaded, releasing, base))));
        }
        _ => {}
    }
    concerns
}

/// Why an event concerns nothing.
fn idle(delivery: &Delivery, config: &Configuration) -> &'static str {
    match (&delivery.event, config) {
        (_, Configuration::Absent) => "there is no slipway.toml on the default branch",
        (_, Configuration::Broken(_)) => "the configuration cannot be read",
        (Event::Push { .. }, _) => "the push releases nothing",
        (Event::ChangeRequest { .. }, _) => "nothing is asked for after a merge",
        _ => "nothing is about this event",
    }
}

impl Concern<'_> {
    fn needs(&self, delivery: &Delivery, config: &Configuration) -> Needs {
        let request = match &delivery.event {
            Event::ChangeRequest { number, .. } => Some(*number),
            _ => None,
        };
        let request = request.map(Need::ChangeRequest);
        match (self, &delivery.event) {
            (Self::Commands, Event::Comment { thread, body, .. }) => commands::needs(&Asking { thread: *thread, config, delivery }, body),
            (Self::Publishing, Event::TagCreated { tag, .. }) => release::publishing_needs(config, tag),
            (Self::Policy, _) => match config {
                Configuration::Loaded { config, .. } => rules::needs(&config.rules).into_iter().chain(request).collect(),
                _ => request.into_iter().collect(),
            },
            (Self::Preview(config, _, base), Event::ChangeRequest { number, .. }) => {
                let line = Need::Line(release::preview_wanted(config, base));
                request.into_iter().chain([Need::Merging(*number), line]).collect()
            }
            (Self::Line(config, _, branch), _) => line::needs(config, Ref::Branch((*branch).clone())),
            (Self::MergedBranch(_), _) => request.into_iter().collect(),
            _ => Needs::new(),
        }
    }

    fn plan(&self, delivery: &Delivery, config: &Configuration, facts: &Facts) -> Plan {
        match (self, &delivery.event) {
            (Self::Commands, Event::Comment { thread, id, body }) => {
                let asking = Asking { thread: *thread, config, delivery };
                commands::answer(&asking, (*id, &delivery.actor.name, body), facts)
            }
            (Self::Publishing, Event::TagCreated { tag, commit }) => release::publish(config, tag, commit, facts),
            (Self::Policy, Event::ChangeRequest { head, at, .. }) => policy::judge(config, (head, *at), facts),
            (Self::Preview(config, releasing, _), Event::ChangeRequest { head, .. }) => {
                release::tell_preview(config, *releasing, head, facts)
            }
            (Self::Line(config, releasing, branch), _) => match facts.line.read() {
                Some(line) => {
                    let (releasing, me, forced) = (*releasing, facts.me.read(), release::outlook::Forced::new());
                    Situation { config, releasing, branch, line, me, forced }.plan()
                }
                None => Plan::nothing(format!("the branch {branch} is gone")),
            },
            (Self::MergedBranch(config), _) => tidy_up(config, facts),
            _ => Plan::nothing("nothing is about this event"),
        }
    }
}

/// After a merge: the head branch goes, where the configuration says so.
fn tidy_up(config: &Config, facts: &Facts) -> Plan {
    let patterns = &config.branches.delete_merged;
    let merged = facts.change_request.read().as_ref().filter(|request| request.state == State::Merged);
    let Some(head) = merged.map(|request| &request.head).filter(|head| head.origin == Origin::SameRepository) else {
        return Plan::nothing("the head branch is not this repository's");
    };
    if !patterns.iter().any(|pattern| pattern.matches(head.branch.as_str())) {
        return Plan::nothing(format!("{} is kept after its merge", head.branch));
    }
    let delete = Action::DeleteBranch { branch: head.branch.clone(), at: head.sha.clone() };
    Plan::of("merged branches of this name are deleted", vec![delete])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::ConfigFile;
    use crate::domain::event::{Actor, ForgeKind, Repository, Thread};
    use crate::domain::facts::Asked;
    use crate::domain::names::{Moment, Number, RepoPath, Sha, UserName};
    use crate::domain::rules::tests::request;

    fn delivery(event: Event, nature: Nature) -> Delivery {
        let path = RepoPath::parse("acme/app").unwrap();
        let repository = Repository { forge: ForgeKind::GitHub, id: 1, path, default_branch: None, tenant: Some(1) };
        Delivery { id: "d".into(), repository, actor: Actor { name: UserName::parse("dana").unwrap(), nature }, event }
    }

    fn merged(config: &str, origin: Origin) -> String {
        let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: config.into() };
        let config = Configuration::read(Some(file));
        let mut request = request("feature/a", "main", "feat: a");
        (request.state, request.head.origin) = (State::Merged, origin);
        let (head, at) = (Sha::parse(&"1".repeat(40)).unwrap(), Moment(1));
        let (branch, base) = (Some(request.head.branch.clone()), Some(request.base.clone()));
        let event = Event::ChangeRequest { number: Number(1), change: Change::Merged, head, branch, base, at };
        let delivery = delivery(event, Nature::Person);
        let needed = !needs(&delivery, &config).is_empty();
        let facts = Facts { change_request: if needed { Asked::Answered(Some(request)) } else { Asked::Never }, ..Facts::default() };
        decide(&delivery, &config, &facts).to_string()
    }

    #[test]
    fn a_merged_branch_is_deleted_where_the_configuration_names_it() {
        insta::assert_snapshot!(merged("[branches]\ndelete_merged = ['feature/*']", Origin::SameRepository), @r"
        merged branches of this name are deleted
        - delete branch feature/a if it is still at 1111111111
        ");
        assert_eq!(merged("", Origin::SameRepository), "nothing is asked for after a merge");
    }

    #[test]
    fn a_forks_branch_is_never_touched() {
        let fork = Origin::Fork(RepoPath::parse("eve/app").unwrap());
        assert_eq!(merged("[branches]\ndelete_merged = ['**']", fork), "the head branch is not this repository's");
    }

    #[test]
    fn bots_give_no_commands() {
        let body = "/slipway help".to_owned();
        let event = Event::Comment { thread: Thread::Issue(Number(1)), id: 1, body };
        assert_eq!(dismiss(&delivery(event.clone(), Nature::Bot)), Some("bots give no commands"));
        assert_eq!(dismiss(&delivery(event, Nature::Person)), None);
    }
}

//! Which event leads where, on one screen. Neither function can fail: a refusal is a plan that says so.

use super::commands::{self, Asking};
use super::config::Configuration;
use super::event::{Change, Delivery, Event, Nature};
use super::facts::{Facts, Need, Needs, Origin, State};
use super::names::Number;
use super::plan::{Action, Plan};
use super::{policy, release, rules};

/// Why the event leads to nothing, where that is plain before anything is asked of the forge, even the configuration.
pub fn dismiss(delivery: &Delivery) -> Option<&'static str> {
    match &delivery.event {
        Event::ChangeRequest { change: Change::Closed, .. } => Some("a closed change request is not judged"),
        Event::Comment { .. } if delivery.actor.nature == Nature::Bot => Some("bots give no commands"),
        Event::Comment { body, .. } if !commands::may_command(body) => Some("the comment holds no command"),
        Event::Push { .. } => Some("no rule is about pushes"),
        Event::BranchCreated { .. } | Event::BranchDeleted { .. } => Some("no rule is about branches"),
        Event::TagMoved { .. } | Event::TagDeleted { .. } => Some("a release stays as it was published"),
        Event::ChangeRequest { .. } | Event::Comment { .. } | Event::TagCreated { .. } => None,
    }
}

/// What must be known before the event can be decided.
pub fn needs(delivery: &Delivery, config: &Configuration) -> Needs {
    match &delivery.event {
        Event::ChangeRequest { number, change, .. } => change_request(*number, *change, config),
        Event::Comment { thread, body, .. } => commands::needs(&Asking { thread: *thread, config }, body),
        Event::TagCreated { tag, .. } => release::needs(config, tag),
        _ => Needs::new(),
    }
}

fn change_request(number: Number, change: Change, config: &Configuration) -> Needs {
    let mut needs = match (config, change) {
        (Configuration::Absent, _) => return Needs::new(),
        (Configuration::Loaded { config, .. }, Change::Merged) if config.branches.delete_merged.is_empty() => return Needs::new(),
        (Configuration::Loaded { config, .. }, change) if change != Change::Merged => rules::needs(&config.rules),
        _ => Needs::new(),
    };
    needs.insert(Need::ChangeRequest(number));
    needs
}

/// What should be done about the event.
pub fn decide(delivery: &Delivery, config: &Configuration, facts: &Facts) -> Plan {
    if let Some(reason) = dismiss(delivery) {
        return Plan::nothing(reason);
    }
    match &delivery.event {
        Event::ChangeRequest { change: Change::Merged, .. } => tidy_up(config, facts),
        Event::ChangeRequest { .. } if matches!(config, Configuration::Absent) => {
            Plan::nothing("there is no slipway.toml on the default branch")
        }
        Event::ChangeRequest { head, at, .. } => policy::judge(config, (head, *at), facts),
        Event::Comment { thread, id, body } => {
            commands::answer(&Asking { thread: *thread, config }, (*id, &delivery.actor.name, body), facts)
        }
        Event::TagCreated { tag, commit } => release::publish(config, tag, commit, facts),
        _ => Plan::nothing("nothing is about this event"),
    }
}

/// After a merge: the head branch goes, where the configuration says so.
fn tidy_up(config: &Configuration, facts: &Facts) -> Plan {
    let patterns = match config {
        Configuration::Loaded { config, .. } if !config.branches.delete_merged.is_empty() => &config.branches.delete_merged,
        _ => return Plan::nothing("nothing is asked for after a merge"),
    };
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
    use crate::domain::names::{Moment, RepoPath, Sha, UserName};
    use crate::domain::rules::tests::request;

    fn delivery(event: Event, nature: Nature) -> Delivery {
        let path = RepoPath::parse("acme/app").unwrap();
        let repository = Repository { forge: ForgeKind::GitHub, id: 1, path, tenant: Some(1) };
        Delivery { id: "d".into(), repository, actor: Actor { name: UserName::parse("dana").unwrap(), nature }, event }
    }

    fn merged(config: &str, origin: Origin) -> String {
        let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: config.into() };
        let config = Configuration::read(Some(file));
        let mut request = request("feature/a", "main", "feat: a");
        (request.state, request.head.origin) = (State::Merged, origin);
        let (head, at) = (Sha::parse(&"1".repeat(40)).unwrap(), Moment(1));
        let event = Event::ChangeRequest { number: Number(1), change: Change::Merged, head, at };
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

//! Which event leads where, on one screen: an event concerns some things, each of which has its needs and its plan. Nothing here can
//! fail: a refusal is a plan that says so.

mod dismiss;
#[cfg(test)]
mod tests;

use super::audit;
use super::cleared;
use super::commands::{self, Asking};
use super::config::{Config, Configuration, From, is_config};
use super::event::{Change, Delivery, Event, Nature, Pushed};
use super::facts::{DeployResult, Detail, Details, Facts, IssueKind, Need, Needs, Origin, Ref, State};
use super::freezing::{self, Freezing};
use super::names::{BranchName, Number, TagName};
use super::plan::{Action, Follow, Plan};
use super::porting::{self, Matter};
use super::protection::Guard;
use super::readiness::edits::Editing;
use super::readiness::watch::{self, About};
use super::release::line::{self, Situation};
use super::release::{self, Releasing};
use super::tracking::train::{self, Trigger};
use super::{policy, protection, rules, trial, velocity};

pub use dismiss::{dismiss, matters_whose};

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

/// The second part of a plan that is decided in two: what is to be said and done once it is known what came of the first.
pub fn conclude(delivery: &Delivery, config: &Configuration, facts: &Facts) -> Plan {
    let plans = concerns(delivery, config).into_iter().filter_map(|concern| concern.conclude(delivery, config, facts));
    plans.reduce(Plan::and).unwrap_or_else(|| Plan::nothing("nothing is to be added"))
}

/// One thing that an event is about.
enum Concern<'a> {
    Commands,
    /// What a tag releases.
    Publishing,
    /// Whether a change request may be merged.
    Policy,
    /// What an earlier policy asked for.
    Cleared(&'a Config),
    /// Whether it proposes another configuration.
    Config(Number),
    /// What that configuration is worth.
    Trial(Number),
    /// The same as policy, for a merge queue.
    Queue,
    /// Whether a freeze holds it back.
    Freeze(Freezing<'a>),
    /// The issue of a freeze.
    FreezeIssue(Freezing<'a>),
    /// A moment at which freezes begin or end.
    Moment(Freezing<'a>),
    /// The verdicts on open change requests, into this base or into any, which an event outside of them may change.
    Surroundings(Option<&'a BranchName>),
    /// What merging it would release.
    Preview(&'a Config, Releasing<'a>, &'a BranchName),
    /// What was said of the merge before it happened.
    Previewed(&'a BranchName),
    /// What a line would release next.
    Line(&'a Config, Releasing<'a>, &'a BranchName),
    /// How long what was deployed took.
    Deployed(&'a Config),
    /// Whether it was to happen at all.
    Audit(&'a Config),
    /// What becomes of a merged branch.
    MergedBranch(&'a Config),
    /// Whether the forge protects what it is to protect.
    Drift(Vec<Guard>),
    /// Whether a release branch is cut.
    Cut(Box<Trigger<'a>>),
    /// Which other branches are to have it.
    Carry(&'a Config, Matter),
    /// Whether its labels ask for it on other branches.
    Labels(&'a Config),
    /// Somebody's edit of a page.
    Edit(Editing<'a>),
    /// A page, or what leads to pages.
    Page(About<'a>),
}

fn concerns<'a>(delivery: &'a Delivery, config: &'a Configuration) -> Vec<Concern<'a>> {
    let loaded = match (&delivery.event, config) {
        (Event::Comment { .. }, _) => return vec![Concern::Commands],
        (Event::TagCreated { tag, .. }, _) => {
            let others = released_by_hand(delivery, config, tag).into_iter().chain(audit(delivery, config)).chain(cut(delivery, config));
            let others = others.chain(pages(delivery, config));
            return [Concern::Publishing].into_iter().chain(others).collect();
        }
        (Event::Queued { .. }, _) => {
            return [Concern::Queue].into_iter().chain(Freezing::of(config, &delivery.repository).map(Concern::Freeze)).collect();
        }
        (Event::Proposed { number }, _) => return vec![Concern::Trial(*number)],
        (Event::ChangeRequest { change, number, .. }, Configuration::Absent) => return proposal(*change, *number).into_iter().collect(),
        (Event::ChangeRequest { change, number, .. }, Configuration::Broken(_)) if !matches!(change, Change::Merged | Change::Closed) => {
            return [Concern::Policy].into_iter().chain(proposal(*change, *number)).collect();
        }
        (Event::Push { branch, commits, .. }, Configuration::Broken(_)) if changes_policy(delivery, branch, commits.as_deref()) => {
            return vec![Concern::Surroundings(None)];
        }
        (_, Configuration::Absent | Configuration::Broken(_)) => return Vec::new(),
        (_, Configuration::Loaded { config, .. }) => config.as_ref(),
    };
    let mut concerns: Vec<_> = audit(delivery, config).into_iter().chain(cut(delivery, config)).collect();
    concerns.extend(pages(delivery, config));
    concerns.extend(Editing::of(config, delivery).map(Concern::Edit));
    match &delivery.event {
        Event::Push { branch, commits, .. } => {
            if changes_policy(delivery, branch, commits.as_deref()) {
                concerns.extend(drift(loaded));
            }
            concerns.extend(surroundings(delivery, loaded, branch, commits.as_deref()));
            concerns.extend(line(delivery, loaded, branch).filter(|_| !line::is_quiet(loaded, commits.as_deref())));
        }
        Event::ChangeRequest { .. } => concerns.extend(of_request(delivery, loaded)),
        Event::Issue { kinds, .. } if kinds.contains(&IssueKind::Freeze) => {
            concerns.extend(Freezing::asked(loaded, &delivery.repository).map(Concern::FreezeIssue));
        }
        Event::Wanted { number } => concerns.push(Concern::Carry(loaded, porting::wanted(*number))),
        Event::Woken => concerns.extend(Freezing::asked(loaded, &delivery.repository).map(Concern::Moment)),
        Event::Deployed { environment, result: DeployResult::Succeeded, .. } if velocity::is_production(loaded, environment) => {
            concerns.push(Concern::Deployed(loaded));
        }
        Event::ProtectionChanged => concerns.extend(drift(loaded)),
        _ => {}
    }
    concerns
}

fn line<'a>(delivery: &Delivery, config: &'a Config, branch: &'a BranchName) -> Option<Concern<'a>> {
    let releasing = release::releasing(config, &delivery.repository, branch).filter(|_| config.release.from != From::Tag);
    releasing.map(|releasing| Concern::Line(config, releasing, branch))
}

fn of_request<'a>(delivery: &'a Delivery, config: &'a Config) -> Vec<Concern<'a>> {
    let Event::ChangeRequest { change, number, branch, base, .. } = &delivery.event else { return Vec::new() };
    let mut concerns = Vec::new();
    let own = branch.as_ref().is_some_and(release::is_own);
    if *change == Change::Amended || own && matches!(change, Change::Merged | Change::Edited | Change::Reopened) {
        concerns.extend(base.as_ref().and_then(|base| line(delivery, config, base)));
    }
    concerns.extend(porting::matters(config, delivery).into_iter().map(|matter| Concern::Carry(config, matter)));
    let previewed = || base.as_ref().filter(|_| config.release.preview && !own);
    let releasing = |base: &'a BranchName| release::releasing(config, &delivery.repository, base).map(|releasing| (releasing, base));
    match change {
        Change::Amended | Change::Relabelled | Change::Closed => {}
        Change::Merged => {
            concerns.extend(previewed().and_then(releasing).map(|(_, base)| Concern::Previewed(base)));
            concerns.extend((!config.branches.delete_merged.is_empty()).then_some(Concern::MergedBranch(config)));
        }
        _ => {
            concerns.push(Concern::Policy);
            let labelled = *change == Change::Labelled && !config.backport.label.is_empty();
            concerns.extend(labelled.then_some(Concern::Labels(config)));
            concerns.extend((*change == Change::Reconsidered).then_some(Concern::Cleared(config)));
            concerns.extend(proposal(*change, *number));
            concerns.extend(Freezing::asked(config, &delivery.repository).map(Concern::Freeze));
            let previewed = previewed().filter(|_| *change != Change::Reconsidered);
            concerns.extend(previewed.and_then(releasing).map(|(releasing, base)| Concern::Preview(config, releasing, base)));
        }
    }
    concerns
}

/// Only a push changes what a change request proposes.
fn proposal<'a>(change: Change, number: Number) -> Option<Concern<'a>> {
    matches!(change, Change::Opened | Change::Reopened | Change::Updated).then_some(Concern::Config(number))
}

fn audit<'a>(delivery: &Delivery, config: &'a Configuration) -> Option<Concern<'a>> {
    let Configuration::Loaded { config, .. } = config else { return None };
    audit::concerns(config, delivery).then_some(Concern::Audit(config))
}

fn cut<'a>(delivery: &'a Delivery, config: &'a Configuration) -> Option<Concern<'a>> {
    let Configuration::Loaded { config, .. } = config else { return None };
    train::trigger(config, delivery).map(Box::new).map(Concern::Cut)
}

fn pages<'a>(delivery: &'a Delivery, config: &'a Configuration) -> Vec<Concern<'a>> {
    let Configuration::Loaded { config, .. } = config else { return Vec::new() };
    watch::about(config, delivery).into_iter().map(Concern::Page).collect()
}

fn drift<'a>(config: &Config) -> Option<Concern<'a>> {
    Some(config.guards()).filter(|guards| !guards.is_empty()).map(Concern::Drift)
}

/// Whether a push may have changed the policy that is in force.
pub fn changes_policy(delivery: &Delivery, branch: &BranchName, commits: Option<&[Pushed]>) -> bool {
    let touches = |pushed: &Pushed| pushed.files.iter().any(|path| is_config(path));
    delivery.repository.default_branch.as_ref() == Some(branch) && commits.is_none_or(|commits| commits.iter().any(touches))
}

/// What a push changes for others: a new policy for all, and a new base for those whose rules look at it.
fn surroundings<'a>(delivery: &Delivery, config: &Config, branch: &'a BranchName, commits: Option<&[Pushed]>) -> Option<Concern<'a>> {
    if changes_policy(delivery, branch, commits) {
        return Some(Concern::Surroundings(None));
    }
    let looks =
        |detail: &Detail| matches!(detail, Detail::Behind | Detail::Upstream(_) | Detail::Unmerged { .. } | Detail::Backports { .. });
    rules::needs(config).iter().any(looks).then_some(Concern::Surroundings(Some(branch)))
}

/// A release change request that is open does not know of a version that somebody else tags.
fn released_by_hand<'a>(delivery: &'a Delivery, config: &'a Configuration, tag: &TagName) -> Option<Concern<'a>> {
    let Configuration::Loaded { config, .. } = config else { return None };
    let kept = config.release.from == From::Request && delivery.actor.nature != Nature::Slipway && release::tagged(config, tag).is_some();
    let branch = delivery.repository.default_branch.as_ref().filter(|_| kept)?;
    Some(Concern::Line(config, Releasing::Default, branch))
}

/// Why an event concerns nothing.
fn idle(delivery: &Delivery, config: &Configuration) -> &'static str {
    match (&delivery.event, config) {
        (_, Configuration::Absent) => "there is no slipway.toml on the default branch",
        (_, Configuration::Broken(_)) => "the configuration cannot be read",
        (Event::Push { .. }, _) => "the push releases nothing",
        (Event::BranchDeleted { .. }, _) => "the branch is not protected",
        (Event::BranchCreated { .. }, _) => "no rule is about new branches",
        (Event::TagMoved { .. } | Event::TagDeleted { .. }, _) => "a release stays as it was published",
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
        let request = request.map(|number| Need::ChangeRequest(number, Details::new()));
        match (self, &delivery.event) {
            (Self::Commands, Event::Comment { thread, body, .. }) => commands::needs(&Asking { thread: *thread, config, delivery }, body),
            (Self::Publishing, Event::TagCreated { tag, .. }) => release::publishing_needs(config, tag, delivery.actor.nature),
            (Self::Policy | Self::Cleared(_), Event::ChangeRequest { number, .. }) | (Self::Queue, Event::Queued { number, .. }) => {
                policy::needs(config, *number)
            }
            (Self::Config(number), _) => Needs::from([Need::ChangeRequest(*number, Details::from([Detail::Config]))]),
            (Self::Trial(number), _) => trial::needs(config, *number),
            (Self::Freeze(freezing), Event::ChangeRequest { number, .. } | Event::Queued { number, .. }) => {
                freezing::needs(freezing, *number)
            }
            (Self::FreezeIssue(_), _) => freezing::issue_needs(&delivery.actor.name),
            (Self::Moment(_), _) => freezing::wake_needs(),
            (Self::Surroundings(base), _) => Needs::from([Need::Open(base.cloned())]),
            (Self::Preview(config, _, base), Event::ChangeRequest { number, .. }) => {
                let line = Need::Line(release::preview_wanted(config, base));
                request.into_iter().chain([Need::Merging(*number), line]).collect()
            }
            (Self::Line(config, _, branch), _) => line::needs(config, Ref::Branch((*branch).clone())),
            (Self::Deployed(config), _) => velocity::deployed_needs(&config.velocity),
            (Self::Audit(config), _) => audit::needs(config, delivery),
            (Self::MergedBranch(_) | Self::Labels(_), _) => request.into_iter().collect(),
            (Self::Drift(guards), _) => protection::needs(guards.clone()).into_iter().collect(),
            (Self::Cut(trigger), _) => trigger.needs(),
            (Self::Carry(config, matter), _) => Needs::from([matter.need(config)]),
            (Self::Page(about), _) => about.needs(),
            (Self::Edit(editing), _) => editing.needs(),
            _ => Needs::new(),
        }
    }

    fn conclude(&self, delivery: &Delivery, config: &Configuration, facts: &Facts) -> Option<Plan> {
        match (self, &delivery.event) {
            (Self::Commands, Event::Comment { thread, id, body }) => {
                Some(commands::conclude(&Asking { thread: *thread, config, delivery }, (*id, body), facts))
            }
            (Self::Carry(config, matter), _) => porting::concludes(matter, config, facts),
            _ => None,
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
            (Self::Cleared(config), _) => cleared::clear(config, facts),
            (Self::Queue, Event::Queued { head, name, .. }) => policy::judge_queued(config, (head, name), facts),
            (Self::Config(_), _) => trial::notice(config, facts),
            (Self::Trial(_), _) => trial::tell(config, facts),
            (Self::Freeze(freezing), Event::ChangeRequest { head, at, .. }) => freezing::judge(freezing, (head, *at), facts),
            (Self::Freeze(freezing), Event::Queued { head, name, .. }) => freezing::judge_queued(freezing, (head, name), facts),
            (Self::FreezeIssue(freezing), Event::Issue { number, change, .. }) => {
                freezing::judge_issue(freezing, (*number, *change, &delivery.actor.name), facts)
            }
            (Self::Moment(freezing), _) => freezing::woken(freezing, facts),
            (Self::Surroundings(_), _) => {
                let open = facts.open.read().iter().cloned().map(Follow::Reconsider).collect();
                Plan::nothing("what change requests are judged by has changed").followed_by(open)
            }
            (Self::Preview(config, releasing, _), Event::ChangeRequest { head, .. }) => {
                release::tell_preview(config, *releasing, head, facts)
            }
            (Self::Previewed(base), Event::ChangeRequest { number, .. }) => release::settle_preview(*number, base),
            (Self::Line(config, releasing, branch), _) => match facts.line(&Ref::Branch((*branch).clone())) {
                Some(line) => {
                    let (releasing, me, forced) = (*releasing, facts.me.read(), release::outlook::Forced::new());
                    Situation { config, releasing, branch, line, me, forced }.plan()
                }
                None => Plan::nothing(format!("the branch {branch} is gone")),
            },
            (Self::Deployed(config), Event::Deployed { head, .. }) => velocity::deployed(config, head, facts),
            (Self::Audit(config), _) => audit::plan(config, delivery, facts),
            (Self::MergedBranch(config), _) => tidy_up(config, facts),
            (Self::Labels(config), _) => porting::labelled(config, facts),
            (Self::Drift(guards), _) => protection::drift(guards, facts),
            (Self::Cut(trigger), _) => trigger.plan(facts),
            (Self::Carry(config, matter), _) => porting::plan(matter, config, facts),
            (Self::Page(about), _) => about.plan(delivery, facts),
            (Self::Edit(editing), _) => editing.plan(facts),
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

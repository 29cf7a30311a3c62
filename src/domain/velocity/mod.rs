//! How long changes take to production, how often there are releases, and how many are repaired or taken back. All of it follows from what the
//! forge shows: merges, releases, deployments, and the issues that track releases. What nobody records there, such as incidents, is not
//! known here.

mod arrivals;
#[cfg(test)]
mod story_tests;
mod times;

use std::collections::BTreeSet;

use super::config::{Config, VelocityOptions};
use super::facts::{Condition, Delivered, DeployResult, Facts, IssueKind, Landing, Need, Needs, OwnIssue, Released};
use super::names::{BranchName, Sha, TagName};
use super::plan::{Action, Issue, IssueCourse, Measure, Note, Plan, Span};
use super::{porting, release};

use arrivals::{Arrival, arrivals};
pub use times::{Times, in_words};

/// How many deployments are looked at for a report.
const REPORTED: usize = 20;
/// How many are looked at when one has ended: it, the one before it, and some that may have failed between them.
const RECENT: usize = 5;

/// The pace of the last days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    pub days: u32,
    /// The environments that count as production.
    pub production: Vec<String>,
    /// Deployments there that succeeded, that failed, and of those that succeeded, that went back to an older commit.
    pub succeeded: usize,
    pub failed: usize,
    pub went_back: usize,
    /// From the merge of a change to the deployment that brought it.
    pub to_production: Option<Times>,
    /// The same in stages, of those changes that were deployed as a release: from the merge to the release, and from there to production.
    pub to_release: Option<Times>,
    pub from_release: Option<Times>,
    /// Changes that were merged since the first of the deployments, and that none has brought.
    pub waiting: usize,
    /// Releases that are no candidates; those that repaired another, and those that were taken back.
    pub releases: usize,
    pub hotfixes: usize,
    pub rolled_back: usize,
    /// From the merge of a change to the merge of its backport.
    pub backports: Option<Times>,
    /// Whether there was more than was read.
    pub cut: bool,
}

/// What is asked about the last days.
pub fn needs(options: &VelocityOptions, days: u32) -> Needs {
    Needs::from([Need::Issues(IssueKind::Release), wanted(options, days, REPORTED)])
}

fn wanted(options: &VelocityOptions, days: u32, most: usize) -> Need {
    Need::Delivered { environments: options.production.iter().cloned().collect(), days, most }
}

/// The figures of so many days.
pub fn figures(config: &Config, days: u32, facts: &Facts) -> Figures {
    let delivered = facts.delivered.read();
    let found = arrivals(delivered);
    let backports = delivered.merged.iter().filter_map(|landing| backport(landing, delivered));
    let count = |result: DeployResult| delivered.deployments.iter().filter(|one| one.result == result).count();
    let issues = facts.issues(IssueKind::Release);
    let is_back = |released: &Released| issues.iter().any(|issue| issue.key == format!("rollback:{}", released.tag));
    // What the forge calls a pre-release says nothing: one that was taken back is one on GitHub, and GitLab knows none.
    let finals: Vec<_> = delivered.releases.iter().filter(|released| is_version(config, &released.tag)).collect();
    let of = |told: &dyn Fn(&Released) -> bool| finals.iter().filter(|released| told(released)).count();
    Figures {
        days,
        production: config.velocity.production.clone(),
        succeeded: count(DeployResult::Succeeded),
        failed: count(DeployResult::Failed),
        went_back: delivered.deployments.iter().filter(|one| one.result == DeployResult::Succeeded && one.went_back).count(),
        to_production: Times::of(found.iter().map(Arrival::until_production)),
        to_release: Times::of(found.iter().filter_map(|arrival| Some(arrival.by_release()?.0))),
        from_release: Times::of(found.iter().filter_map(|arrival| Some(arrival.by_release()?.1))),
        waiting: arrivals::waiting(delivered, &found),
        releases: finals.len(),
        hotfixes: of(&|released| is_hotfix(config, &released.tag, issues)),
        rolled_back: of(&is_back),
        backports: Times::of(backports),
        cut: delivered.cut,
    }
}

/// How long a backport took, where both it and what it carries were merged in the time that was read.
fn backport(landing: &Landing, delivered: &Delivered) -> Option<u64> {
    let (number, _) = porting::origin(landing.head.as_ref()?)?;
    let source = delivered.merged.iter().find(|source| source.number == number)?;
    u64::try_from(landing.merged_at.0.checked_sub(source.merged_at.0)?).ok()
}

/// Whether a tag is that of a version, and no candidate's.
fn is_version(config: &Config, tag: &TagName) -> bool {
    release::tagged(config, tag).is_some_and(|(_, version)| version.pre.is_empty())
}

/// Whether a version was released from a branch that was made to repair another.
fn is_hotfix(config: &Config, tag: &TagName, issues: &[OwnIssue]) -> bool {
    let Some((component, version)) = release::tagged(config, tag) else { return false };
    let printed = component.template.scheme.print(&version);
    let named = component.name.as_ref().map(|name| format!("{}-{printed}", name.replace('/', "-")));
    let branches: BTreeSet<_> =
        [Some(printed), named].into_iter().flatten().map(|version| config.branches.hotfix.replacen('*', &version, 1)).collect();
    issues.iter().any(|issue| branches.contains(&issue.key))
}

/// Whether a deployment to this environment is measured.
pub fn is_production(config: &Config, environment: &str) -> bool {
    config.velocity.production.iter().any(|name| name == environment)
}

/// What is asked when a deployment has ended.
pub fn deployed_needs(options: &VelocityOptions) -> Needs {
    Needs::from([Need::Issues(IssueKind::Release), wanted(options, options.days, RECENT)])
}

/// What a deployment of this commit is measured by: each change that it was the first to bring.
fn measured(head: &Sha, facts: &Facts) -> Vec<Measure> {
    let delivered = facts.delivered.read();
    let newest = delivered.deployments.iter().rev().find(|one| one.result == DeployResult::Succeeded && one.sha == *head);
    let Some(newest) = newest else { return Vec::new() };
    let found = arrivals(delivered).into_iter().filter(|arrival| std::ptr::eq(arrival.deployment, newest));
    let one = |arrival: Arrival| {
        let by_release = arrival.by_release();
        let backport = backport(arrival.landing, delivered);
        let spans = [
            (Span::MergeToProduction, Some(arrival.until_production())),
            (Span::MergeToRelease, by_release.map(|(before, _)| before)),
            (Span::ReleaseToProduction, by_release.map(|(_, after)| after)),
            (Span::Backport, backport),
        ];
        spans.into_iter().filter_map(|(what, seconds)| Some(Measure { what, seconds: seconds? })).collect::<Vec<_>>()
    };
    found.flat_map(one).collect()
}

/// The plan for a deployment that has ended: it is measured, and the page of the release that it brought says how long its changes took.
pub fn deployed(config: &Config, head: &Sha, facts: &Facts) -> Plan {
    let measured = measured(head, facts);
    let reason = match measured.iter().filter(|measure| measure.what == Span::MergeToProduction).count() {
        0 => "the deployment brought nothing new".to_owned(),
        1 => "the deployment brought one change".to_owned(),
        changes => format!("the deployment brought {changes} changes"),
    };
    let lines = lines(head, facts);
    let page = page(config, head, facts).filter(|_| !lines.is_empty());
    let told = page.map(|issue| {
        Action::Issue(Issue {
            kind: IssueKind::Release,
            key: issue.key.clone(),
            title: issue.title.clone(),
            course: IssueCourse::Keep,
            data: issue.data.clone(),
            seen: Some(issue.body.clone()),
            body: Note::Pace { current: issue.body.clone(), lines },
        })
    });
    Plan { measured, ..Plan::of(reason, told.into_iter().collect()) }
}

/// The open issue that tracks the release whose commit this is. One that somebody has changed the memory of is left alone.
fn page<'f>(config: &Config, head: &Sha, facts: &'f Facts) -> Option<&'f OwnIssue> {
    let releases = facts.delivered.read().releases.iter().filter(|released| released.commit == *head);
    let branches: Vec<_> = releases.flat_map(|released| branches(config, &released.tag)).collect();
    let tracks = |issue: &&OwnIssue| branches.iter().any(|branch| issue.key == branch.as_str());
    facts.issues(IssueKind::Release).iter().find(|issue| tracks(issue) && issue.condition == Condition::Open && issue.data.is_some())
}

/// The branches from which the versions of these tags may have been released: a line's, and that of a repair.
fn branches(config: &Config, tag: &TagName) -> Vec<BranchName> {
    let Some((component, version)) = release::tagged(config, tag) else { return Vec::new() };
    let printed = component.template.scheme.print(&version);
    let line = printed.split(['-', '+']).next().unwrap_or_default().split('.').take(2).collect::<Vec<_>>().join(".");
    let named = |pattern: &str, version: &str| BranchName::parse(&pattern.replacen('*', version, 1)).ok();
    [named(&config.branches.hotfix, &printed), named(&config.branches.release, &line)].into_iter().flatten().collect()
}

/// What the page of a release tells once it is in production, a line each.
fn lines(head: &Sha, facts: &Facts) -> Vec<String> {
    let delivered = facts.delivered.read();
    let found: Vec<_> = arrivals(delivered).into_iter().filter(|arrival| arrival.deployment.sha == *head).collect();
    let told = |what: &str, times: Option<Times>| times.map(|times| format!("{what}: {times}"));
    let lines = [
        told("From the merge of a change to production", Times::of(found.iter().map(Arrival::until_production))),
        told("From the merge to the release", Times::of(found.iter().filter_map(|arrival| Some(arrival.by_release()?.0)))),
        told("From the release to production", Times::of(found.iter().filter_map(|arrival| Some(arrival.by_release()?.1)))),
    ];
    lines.into_iter().flatten().collect()
}

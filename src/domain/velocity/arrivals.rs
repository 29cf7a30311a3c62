//! Which deployment was the first to bring a change.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facts::{Delivered, DeployResult, Deployment, Landing, Released};
use crate::domain::names::{Moment, Number};

/// A change that has come to production.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'d> {
    pub landing: &'d Landing,
    pub deployment: &'d Deployment,
    /// The release whose commit was deployed.
    pub release: Option<&'d Released>,
}

impl Arrival<'_> {
    /// In seconds, as everything here.
    pub fn until_production(&self) -> u64 {
        passed(self.landing.merged_at, self.deployment.at)
    }

    /// To the release, and from there to production.
    pub fn by_release(&self) -> Option<(u64, u64)> {
        let release = self.release.filter(|release| release.at >= self.landing.merged_at)?;
        Some((passed(self.landing.merged_at, release.at), passed(release.at, self.deployment.at)))
    }
}

fn passed(from: Moment, to: Moment) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or_default()
}

/// The oldest first. A change that came back after it had been taken back has arrived once, the first time; one that failed to be deployed
/// arrives with the deployment that succeeds.
pub fn arrivals(delivered: &Delivered) -> Vec<Arrival<'_>> {
    let by_commit: BTreeMap<_, _> = delivered.merged.iter().map(|landing| (&landing.commit, landing)).collect();
    let mut arrived: BTreeSet<Number> = BTreeSet::new();
    let mut found = Vec::new();
    for deployment in delivered.deployments.iter().filter(|one| one.result == DeployResult::Succeeded && !one.went_back) {
        let release = released(delivered, deployment);
        for landing in deployment.brought.iter().filter_map(|sha| by_commit.get(sha)) {
            if arrived.insert(landing.number) {
                found.push(Arrival { landing, deployment, release });
            }
        }
    }
    found
}

/// The newest release of the commit that was deployed, which is the version rather than its candidate.
fn released<'d>(delivered: &'d Delivered, deployment: &Deployment) -> Option<&'d Released> {
    let before = delivered.releases.iter().filter(|released| released.commit == deployment.sha && released.at <= deployment.at);
    before.max_by_key(|released| released.at)
}

/// How many were merged after the first deployment and have not come. What was merged before that may have come with it, or even earlier.
pub fn waiting(delivered: &Delivered, found: &[Arrival]) -> usize {
    let Some(first) = delivered.deployments.iter().find(|one| one.result == DeployResult::Succeeded) else { return 0 };
    let arrived: BTreeSet<_> = found.iter().map(|arrival| arrival.landing.number).collect();
    delivered.merged.iter().filter(|landing| landing.merged_at > first.at && !arrived.contains(&landing.number)).count()
}

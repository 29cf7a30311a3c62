//! What was delivered from GitHub, and what each deployment brought.

use jiff::SignedDuration;
use slipway::domain::facts::{Delivered, DeliveredWanted, DeployResult};
use slipway::domain::names::Moment;
use slipway::sandbox::DeployState;

use super::*;

fn wanted(most: usize) -> DeliveredWanted {
    DeliveredWanted { environments: BTreeSet::from(["production".to_owned()]), since: Moment(0), most }
}

impl Stage {
    async fn delivered(&self, wanted: &DeliveredWanted) -> Delivered {
        self.forge().delivered(wanted).await.unwrap()
    }

    fn deploy(&self, at: &str, state: DeployState) {
        self.sandbox.let_pass(SignedDuration::from_mins(5));
        self.repo.deploy("production", at, DeployState::Running).unwrap();
        self.sandbox.let_pass(SignedDuration::from_mins(1));
        self.repo.deploy("production", at, state).unwrap();
    }
}

#[tokio::test]
async fn deployments_tell_how_they_went_and_what_they_brought() {
    use DeployResult::{Failed, Running, Succeeded};
    let stage = stage().await;
    let first = stage.sha("main");
    stage.deploy("main", DeployState::Success);
    let (one, two) = (stage.commit("fix: one", "x"), stage.commit("fix: two", "x"));
    stage.deploy("main", DeployState::Failure);
    stage.deploy("main", DeployState::Success);
    stage.deploy(first.as_str(), DeployState::Success);
    stage.repo.deploy("staging", "main", DeployState::Success).unwrap();
    stage.repo.deploy("production", "main", DeployState::Running).unwrap();
    stage.calls();
    let delivered = stage.delivered(&wanted(10)).await;
    let calls = stage.calls();
    assert_eq!((calls[0].as_str(), calls.len()), ("POST /graphql", 3), "{calls:?}");
    assert_eq!(stage.delivered(&wanted(10)).await, delivered);
    assert_eq!(stage.calls(), ["POST /graphql"]);
    let told: Vec<_> = delivered.deployments.iter().map(|one| (one.result, one.brought.len(), one.went_back)).collect();
    assert_eq!(told, [(Succeeded, 0, false), (Failed, 0, false), (Succeeded, 2, false), (Succeeded, 0, true), (Running, 0, false)]);
    let brought: Vec<_> = delivered.deployments[2].brought.iter().map(Sha::as_str).collect();
    assert_eq!((brought, delivered.cut), (vec![one.as_str(), two.as_str()], false));
    assert!(delivered.deployments.is_sorted_by_key(|deployment| deployment.at));
    let newest = stage.delivered(&wanted(2)).await;
    assert_eq!((newest.deployments.as_slice(), newest.cut), (&delivered.deployments[3..], true));
    let nowhere = DeliveredWanted { environments: BTreeSet::new(), ..wanted(10) };
    assert_eq!(stage.delivered(&nowhere).await.deployments, []);
}

#[tokio::test]
async fn what_was_merged_and_released_since_is_told_page_by_page() {
    let stage = stage_with(SandboxOptions { page_size: Some(2), ..options() }).await;
    let mut landed = Vec::new();
    for at in 0..5 {
        stage.sandbox.let_pass(SignedDuration::from_hours(1));
        let number = stage.propose(&format!("feature/{at}"), "main", "feat: x");
        landed.push((number, stage.repo.merge(number, "max", Merge::Squash).unwrap()));
        let tag = if at == 4 { "v1.4.0-rc.1".to_owned() } else { format!("v1.{at}.0") };
        stage.repo.tag(&tag, "main").unwrap();
        stage.repo.release(&tag, "Notes").unwrap();
    }
    let all = stage.delivered(&wanted(10)).await;
    let merged: Vec<_> = all.merged.iter().map(|one| (one.number.0, one.commit.to_string())).collect();
    assert_eq!((merged, all.cut), (landed.clone(), false));
    assert_eq!((all.merged[0].base.as_str(), all.merged[0].head.as_ref().unwrap().as_str()), ("main", "feature/0"));
    assert_eq!((all.releases.len(), all.releases[0].tag.as_str(), all.releases[0].commit.as_str()), (5, "v1.0.0", landed[0].1.as_str()));
    let since = DeliveredWanted { since: all.merged[3].merged_at, ..wanted(10) };
    stage.calls();
    let newer = stage.delivered(&since).await;
    assert_eq!((newer.merged.as_slice(), newer.releases.as_slice()), (&all.merged[3..], &all.releases[3..]));
    assert_eq!(stage.calls().len(), 2);
}

//! A recorded story of thirty changes and six deployments, of which two failed and one went back; the figures were computed by hand.
//! Change `n` is merged `n` hours after the story begins.

use super::*;
use crate::domain::facts::{Asked, Condition, Deployment};
use crate::domain::names::{Moment, Number};

const HOUR: i64 = 3600;
const NOW: i64 = 1_795_500_000;

fn at(hours: f64) -> Moment {
    #[expect(clippy::cast_possible_truncation, reason = "hours of a story")]
    Moment(NOW + (hours * 3600.0) as i64)
}

fn commit(change: u64) -> Sha {
    Sha::parse(&format!("{change:040x}")).unwrap()
}

fn change(number: u64) -> Landing {
    let carried = match number {
        26 | 28 => Some(20),
        _ => None,
    };
    let head = carried.and_then(|source: u64| BranchName::parse(&format!("backport/{source}-to-release/1.2")).ok());
    Landing {
        number: Number(number),
        merged_at: Moment(NOW + i64::try_from(number).unwrap() * HOUR),
        commit: commit(number),
        base: BranchName::main(),
        head,
    }
}

fn deployment(hours: f64, sha: u64, result: DeployResult, brought: std::ops::RangeInclusive<u64>) -> Deployment {
    let (environment, brought) = ("production".to_owned(), brought.map(commit).collect());
    Deployment { environment, sha: commit(sha), result, at: at(hours), brought, went_back: false }
}

fn release(tag: &str, sha: u64, hours: f64) -> Released {
    Released { tag: TagName::parse(tag).unwrap(), commit: commit(sha), at: at(hours) }
}

fn issue(key: &str) -> OwnIssue {
    OwnIssue {
        number: Number(1),
        key: key.into(),
        title: "t".into(),
        condition: Condition::Open,
        opened_at: Moment(1),
        body: String::new(),
        data: Some("noted".into()),
    }
}

#[expect(clippy::reversed_empty_ranges, reason = "nothing was brought")]
fn story() -> Facts {
    use DeployResult::{Failed, Succeeded};
    let deployments = vec![
        deployment(5.0, 4, Succeeded, 1..=0),
        deployment(11.0, 10, Failed, 1..=0),
        deployment(12.0, 11, Succeeded, 5..=11),
        deployment(20.0, 18, Succeeded, 12..=18),
        Deployment { went_back: true, ..deployment(21.0, 11, Succeeded, 1..=0) },
        deployment(25.0, 24, Failed, 1..=0),
    ];
    let releases =
        vec![release("v1.1.0", 11, 11.5), release("v1.2.0-rc.1", 18, 18.5), release("v1.2.0", 18, 19.0), release("v1.2.1", 24, 24.0)];
    let delivered = Delivered { deployments, merged: (1..=30).map(change).collect(), releases, cut: false };
    let issues = ["release/1.2", "rollback:v1.2.0", "hotfix/1.2.1"].map(issue).into();
    Facts { delivered: Asked::Answered(delivered), issues: [(IssueKind::Release, Asked::Answered(issues))].into(), ..Facts::default() }
}

/// In hours.
fn times(count: usize, median: f64, ninetieth: f64) -> Times {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hours of a story")]
    let seconds = |hours: f64| (hours * 3600.0) as u64;
    Times { count, median: seconds(median), ninetieth: seconds(ninetieth) }
}

#[test]
fn the_figures_of_the_story_are_those_computed_by_hand() {
    let told = figures(&Config::parse("").unwrap(), 90, &story());
    let by_hand = Figures {
        days: 90,
        production: vec!["production".to_owned()],
        succeeded: 4,
        failed: 2,
        went_back: 1,
        // 1 to 7 hours with the third deployment, 2 to 8 with the fourth; the changes before the first deployment came at an unknown time.
        to_production: Some(times(14, 4.5, 7.0)),
        // Half an hour to six and a half until v1.1.0, one to seven until v1.2.0; then half an hour, and one.
        to_release: Some(times(14, 3.75, 6.5)),
        from_release: Some(times(14, 0.75, 1.0)),
        // 19 to 30: the last deployment failed.
        waiting: 12,
        releases: 3,
        hotfixes: 1,
        rolled_back: 1,
        // 20 to 26, and 20 to 28.
        backports: Some(times(2, 7.0, 8.0)),
        cut: false,
    };
    assert_eq!(told, by_hand);
}

#[test]
fn a_deployment_measures_what_it_is_the_first_to_bring() {
    let plan = deployed(&Config::parse("").unwrap(), &commit(18), &story());
    assert_eq!(plan.to_string(), "the deployment brought 7 changes\n- keep the text of the issue slipway:release release/1.2");
    let hours = |what| plan.measured.iter().filter(|one| one.what == what).map(|one| one.seconds / 3600).collect::<Vec<_>>();
    assert_eq!(hours(Span::MergeToProduction), [8, 7, 6, 5, 4, 3, 2]);
    assert_eq!(hours(Span::MergeToRelease), [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(hours(Span::ReleaseToProduction), [1; 7]);
    assert_eq!(deployed(&Config::parse("").unwrap(), &commit(24), &story()).to_string(), "the deployment brought nothing new");
}

#[test]
fn going_back_brings_nothing_and_coming_again_counts_once() {
    let mut facts = story();
    let Asked::Answered(delivered) = &mut facts.delivered else { panic!("it is there") };
    delivered.deployments.push(deployment(30.0, 30, DeployResult::Succeeded, 12..=30));
    let told = figures(&Config::parse("").unwrap(), 90, &facts);
    assert_eq!((told.to_production.unwrap().count, told.waiting), (26, 0));
}

#[test]
fn a_release_tells_how_long_its_changes_took() {
    assert_eq!(
        lines(&commit(18), &story()),
        [
            "From the merge of a change to production: 5 h in the middle, 8 h for nine of ten (7 changes)",
            "From the merge to the release: 4 h in the middle, 7 h for nine of ten (7 changes)",
            "From the release to production: 1 h in the middle, 1 h for nine of ten (7 changes)",
        ]
    );
    let branches: Vec<_> =
        branches(&Config::parse("").unwrap(), &TagName::parse("v1.2.1").unwrap()).iter().map(ToString::to_string).collect();
    assert_eq!(branches, ["hotfix/1.2.1", "release/1.2"]);
}

#[test]
fn without_deployments_nothing_is_made_up() {
    let mut facts = story();
    let Asked::Answered(delivered) = &mut facts.delivered else { panic!("it is there") };
    delivered.deployments.clear();
    let told = figures(&Config::parse("").unwrap(), 90, &facts);
    assert_eq!((told.to_production, told.to_release, told.waiting, told.releases), (None, None, 0, 3));
}

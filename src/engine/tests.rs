use super::*;
use crate::domain::event::{Actor, Nature, Repository};
use crate::domain::names::{BranchName, Number, RepoPath, Sha, UserName};

const PACE: Duration = Duration::from_secs(1);

fn delivery(id: &str) -> Delivery {
    let path = RepoPath::parse("acme/app").unwrap();
    let repository = Repository { forge: ForgeKind::GitHub, id: 7, path, default_branch: None, tenant: None };
    let actor = Actor { name: UserName::parse("mia").unwrap(), nature: Nature::Person };
    Delivery { id: id.into(), repository, actor, event: Event::Woken }
}

fn open(number: u64) -> Follow {
    let head = Sha::parse(&"1".repeat(40)).unwrap();
    let (branch, base) = (BranchName::parse("a").unwrap(), BranchName::parse("main").unwrap());
    Follow::Reconsider(OpenRequest { number: Number(number), head, branch, base, updated_at: Moment(0) })
}

/// After how many seconds each follows, and its id.
fn follows(from: &str, follows: &[Follow], now: i64) -> Vec<(u64, String)> {
    led(&delivery(from), follows, (Moment(now), PACE)).into_iter().map(|(after, delivery)| (after.as_secs(), delivery.id)).collect()
}

#[test]
fn a_hundred_open_change_requests_are_asked_without_a_burst_above_ten() {
    let all: Vec<_> = (1..=100).map(open).collect();
    let after: Vec<u64> = follows("d", &all, 0).into_iter().map(|(after, _)| after).collect();
    let at = |second: u64| after.iter().filter(|after| **after == second).count();
    assert_eq!((after.len(), at(0)), (100, BURST));
    assert!((1..=90).all(|second| at(second) == 1));
}

#[test]
fn a_wake_up_does_not_wait_for_those_that_are_asked() {
    let mut all: Vec<_> = (1..=20).map(open).collect();
    all.push(Follow::Wake(Moment(5)));
    assert_eq!(follows("d", &all, 0).last().unwrap(), &(5, "repository-7/at-5".to_owned()));
}

#[test]
fn a_moment_of_a_repository_is_waited_for_once_whatever_leads_to_it() {
    let wake = [Follow::Wake(Moment(5000))];
    assert_eq!(follows("d", &wake, 1000), [(4000, "repository-7/at-5000".to_owned())]);
    assert_eq!(follows("e", &wake, 2000), [(3000, "repository-7/at-5000".to_owned())]);
}

#[test]
fn a_moment_that_has_come_meanwhile_is_not_missed() {
    assert_eq!(follows("d", &[Follow::Wake(Moment(5000))], 5001), [(0, "repository-7/at-5000".to_owned())]);
}

#[test]
fn a_moment_that_is_far_away_is_looked_at_again_at_midnight() {
    assert_eq!(follows("d", &[Follow::Wake(Moment(1_000_000))], 86_000), [(400, "repository-7/at-86400".to_owned())]);
}

//! A release run from comments alone, on both forges: cut, candidates, backports, the final version, a hotfix, a rollback.

use slipway::sandbox::people::IssueView;
use slipway::sandbox::{Kind, Merge, Role};

use crate::support::{World, on_both, world};

pub const POLICY: &str = "[release]\npreview = false\n";

/// Mia maintains, Dana writes, Eve may only read. Main has a release and a feature since, whose checks are green.
pub async fn started(kind: Kind, policy: &str) -> World {
    let world = world(kind, policy).await;
    world.repository.grant("mia", Role::Maintain).unwrap();
    world.repository.grant("dana", Role::Write).unwrap();
    world.repository.grant("eve", Role::Read).unwrap();
    world.land("feature/search", "feat: add search");
    green(&world, "main");
    world.settle().await;
    world
}

pub fn green(world: &World, branch: &str) {
    world.repository.report(&world.repository.head(branch).unwrap(), "build", "success").unwrap();
}

/// The issue that tracks a release, by a part of its title.
pub fn tracking(world: &World, title: &str) -> IssueView {
    let labelled = |issue: &IssueView| issue.labels.iter().any(|label| label.starts_with("slipway:"));
    let all: Vec<_> = world.repository.issues().into_iter().filter(labelled).collect();
    let found = all.iter().find(|issue| issue.title.contains(title));
    assert!(found.is_some(), "no issue is called {title}: {all:?}\n{}", world.told().join("\n"));
    found.unwrap().clone()
}

pub fn said_in_issue(world: &World, number: u64) -> Vec<String> {
    let own = world.repository.issue_comments(number).into_iter().filter(|comment| comment.author.starts_with("slipway"));
    own.map(|comment| comment.body).collect()
}

/// Asks on an issue, and gives the answer.
pub async fn ask(world: &World, issue: u64, by: &str, command: &str) -> String {
    world.repository.comment_on_issue(issue, by, command).unwrap();
    world.settle().await;
    answered(world, said_in_issue(world, issue), command)
}

/// Asks on a change request, and gives the answer.
pub async fn ask_on(world: &World, number: u64, by: &str, command: &str) -> String {
    world.repository.comment(number, by, command).unwrap();
    world.settle().await;
    answered(world, world.said(number), command)
}

fn answered(world: &World, said: Vec<String>, command: &str) -> String {
    assert!(!said.is_empty(), "{command}: no answer\n{}", world.told().join("\n"));
    said.into_iter().next_back().unwrap()
}

/// The open change request from a branch.
#[track_caller]
pub fn open_from(world: &World, head: &str) -> u64 {
    let number = world.repository.newest_from(head).filter(|number| world.repository.request(*number).unwrap().state == "open");
    assert!(number.is_some(), "nothing is open from {head}: {:?}\n{}", world.repository.branches(), world.told().join("\n"));
    number.unwrap()
}

/// Merges a repair into main that is asked for on `release/1.1` by its label.
async fn repaired(world: &World, head: &str, title: &str, label: &str) -> u64 {
    let number = world.open(head, "main", title);
    world.repository.label(number, label).unwrap();
    world.repository.merge(number, "mia", Merge::Squash).unwrap();
    world.settle().await;
    number
}

#[tokio::test]
async fn a_version_goes_from_its_cut_to_its_final_release_by_comments_alone() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        let head = world.repository.head("main").unwrap();

        let answer = ask(&world, desk, "mia", "/slipway cut").await;
        assert_eq!(world.repository.head("release/1.1").unwrap(), head, "{kind}: {answer}");
        let issue = tracking(&world, "1.1");
        assert!(issue.body.contains("- [ ] ") && answer.contains(&format!("#{}", issue.number)), "{kind}: {answer}\n{}", issue.body);

        let before = world.sandbox.snapshot();
        let again = ask(&world, desk, "mia", "/slipway cut 1.1").await;
        assert!(again.contains(&format!("#{}", issue.number)) && again.contains("already"), "{kind}: {again}");
        let branches = |text: &str| text.lines().filter(|line| line.contains("release/1.1")).count();
        assert!(branches(&world.sandbox.snapshot()) >= branches(&before), "{kind}");

        let answer = ask(&world, issue.number, "mia", "/slipway release rc").await;
        assert!(answer.contains("v1.1.0-rc.1"), "{kind}: {answer}");
        assert!(world.release_notes("v1.1.0-rc.1").contains("add search"), "{kind}: {}", world.told().join("\n"));

        repaired(&world, "fix/names", "fix: refuse empty names", "backport release/1.1").await;
        let number = world.repository.newest_from("fix/names").unwrap();
        let backport = open_from(&world, &format!("backport/{number}-to-release/1.1"));
        world.repository.merge(backport, "mia", Merge::Squash).unwrap();
        world.settle().await;
        assert!(world.said(number).iter().any(|body| body.contains("merged")), "{kind}: {:?}", world.said(number));

        let answer = ask(&world, issue.number, "mia", "/slipway release rc").await;
        assert!(answer.contains("v1.1.0-rc.2"), "{kind}: {answer}");
        let answer = ask(&world, issue.number, "mia", "/slipway release final").await;
        assert!(answer.contains("v1.1.0"), "{kind}: {answer}");
        let notes = world.release_notes("v1.1.0");
        assert_eq!((notes.matches("add search").count(), notes.matches("refuse empty names").count()), (1, 1), "{kind}: {notes}");
    })
    .await;
}

#[tokio::test]
async fn a_released_version_is_repaired_on_a_hotfix_branch_and_the_repair_reaches_the_trunk() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        let answer = ask(&world, desk, "mia", "/slipway hotfix 1.0.0").await;
        assert_eq!(
            world.repository.head("hotfix/1.0.1").ok(),
            world.repository.head("v1.0.0").ok().or_else(|| world.repository.head("hotfix/1.0.1").ok()),
            "{kind}: {answer}"
        );
        let issue = tracking(&world, "1.0.1");
        assert!(answer.contains("hotfix/1.0.1") && answer.contains(&format!("#{}", issue.number)), "{kind}: {answer}");

        world.repository.branch("fix/leak", "hotfix/1.0.1").unwrap();
        world.repository.commit("fix/leak", "dana", "fix: close files", &[("files.txt", "closed\n")]).unwrap();
        let number = world.repository.open("dana", "fix/leak", "hotfix/1.0.1", "fix: close files").unwrap();
        world.settle().await;
        world.repository.merge(number, "mia", Merge::Squash).unwrap();
        world.settle().await;
        let forward = open_from(&world, &format!("backport/{number}-to-main"));
        assert!(world.repository.request(forward).unwrap().body.contains("Forward port"), "{kind}");

        let answer = ask(&world, issue.number, "mia", "/slipway release final").await;
        assert!(answer.contains("v1.0.1"), "{kind}: {answer}");
        assert!(world.release_notes("v1.0.1").contains("close files"), "{kind}: {}", world.told().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn a_release_is_rolled_back_with_its_revert_and_its_post_mortem_and_everybody_is_told_once() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let searched = world.repository.newest_from("feature/search").unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let tagged = world.repository.head("main").unwrap();
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        let refused = ask(&world, desk, "mia", "/slipway rollback 1.1.0").await;
        assert!(refused.contains("reason"), "{kind}: {refused}");
        let answer = ask(&world, desk, "mia", "/slipway rollback 1.1.0 reason=\"logins fail\"").await;

        let notes = world.release_notes("v1.1.0");
        assert!(notes.contains("logins fail") && notes.contains("add search"), "{kind}: {notes}");
        let revert = open_from(&world, "slipway/rollback/v1.1.0");
        assert!(answer.contains(&revert.to_string()), "{kind}: {answer}");
        assert!(world.repository.file("slipway/rollback/v1.1.0", "feature-search.txt").is_none(), "{kind}");
        let (post_mortem, rollback) = (tracking(&world, "ost-mortem"), tracking(&world, "Roll back"));
        assert!(
            answer.contains(&format!("#{}", post_mortem.number)) && answer.contains(&format!("#{}", rollback.number)),
            "{kind}: {answer}"
        );
        assert_eq!(world.count(searched, "logins fail"), 1, "{kind}: {:?}", world.said(searched));
        if kind == Kind::GitHub {
            assert_eq!(
                world.repository.latest_release().as_deref(),
                None,
                "{kind}: 1.0.0 was tagged before Slipway came, and has no release"
            );
        }

        let again = ask(&world, desk, "mia", "/slipway rollback 1.1.0 reason=\"logins fail\"").await;
        assert!(again.contains(&revert.to_string()), "{kind}: {again}");
        assert_eq!(world.release_notes("v1.1.0"), notes, "{kind}");
        assert_eq!(world.count(searched, "logins fail"), 1, "{kind}");
        assert_eq!(world.repository.head("main").unwrap(), tagged, "{kind}: nothing is pushed to main");

        world.repository.close(revert).unwrap();
        let forward = ask(&world, desk, "mia", "/slipway rollback 1.1.0 reason=\"logins fail\"").await;
        assert!(forward.contains(&revert.to_string()), "{kind}: {forward}");
        assert_eq!(world.repository.newest_from("slipway/rollback/v1.1.0"), Some(revert), "{kind}: it stays closed");
    })
    .await;
}

/// What the labels and branches of a cut are known by.
fn is_cut(world: &World, version: &str) -> bool {
    let branch = format!("release/{version}");
    world.repository.branches().contains(&branch) && world.repository.labels().iter().any(|label| *label == format!("backport {branch}"))
}

#[tokio::test]
async fn a_closed_milestone_and_a_pushed_tag_cut_a_branch_and_its_issue_tells_why() {
    on_both(async |kind| {
        let world = started(kind, "[release]\npreview = false\n[cut]\nmilestones = true\ntag = 'cut/*'\n").await;
        world.repository.milestone("1.1.0").unwrap();
        world.repository.close_milestone("1.1.0", "mia").unwrap();
        world.settle().await;
        assert!(is_cut(&world, "1.1") && tracking(&world, "1.1").body.contains("milestone"), "{kind}: {}", world.told().join("\n"));

        let older = world.repository.head("main").unwrap();
        world.repository.commit("main", "dana", "feat: more", &[("more.txt", "more\n")]).unwrap();
        world.repository.lightweight_tag("cut/1.2", &older).unwrap();
        world.settle().await;
        assert!(is_cut(&world, "1.2"), "{kind}: {}", world.told().join("\n"));
        assert_eq!(world.repository.head("release/1.2").unwrap(), older, "{kind}: from the commit that was tagged");

        // Slipway closes the milestone of what it releases, which cuts nothing.
        let milestone = world.repository.milestone("2.0.0").unwrap();
        assert!(milestone > 0);
        world.repository.tag("v2.0.0", "main").unwrap();
        world.settle().await;
        assert!(!is_cut(&world, "2.0"), "{kind}: {}", world.told().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn a_train_leaves_at_its_time_once_however_often_it_is_looked_at() {
    on_both(async |kind| {
        let due = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_mins(5)).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let cron = format!("{} {} {} {} *", due.minute(), due.hour(), due.day(), due.month());
        let mut world = started(kind, &format!("[release]\npreview = false\n[train]\ncut = '{cron}'\n")).await;
        assert!(is_cut(&world, "1.1"), "{kind}: {}", world.told().join("\n"));
        assert!(tracking(&world, "1.1").body.contains("schedule"), "{kind}: {}", tracking(&world, "1.1").body);

        world.restart().await;
        world.land("feature/more", "feat: more");
        world.settle().await;
        let trains = world.repository.branches().into_iter().filter(|branch| branch.starts_with("release/")).count();
        assert_eq!(trains, 1, "{kind}: {}", world.told().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn a_cut_takes_the_newest_green_commit_and_raises_the_trunk_to_its_next_version() {
    on_both(async |kind| {
        let policy = "[release]\npreview = false\nfiles = ['Cargo.toml']\n[cut]\ndevelopment = 'dev'\n";
        let world = started(kind, policy).await;
        world.repository.commit("main", "mia", "chore: begin", &[("Cargo.toml", "[package]\nversion = \"1.0.0\" # ours\n")]).unwrap();
        green(&world, "main");
        let good = world.repository.head("main").unwrap();
        world.repository.commit("main", "dana", "feat: risky", &[("risky.txt", "?")]).unwrap();
        world.repository.report(&world.repository.head("main").unwrap(), "build", "failure").unwrap();
        world.settle().await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        let refused = ask(&world, desk, "dana", "/slipway cut").await;
        assert!(refused.contains("mia") && !is_cut(&world, "1.1"), "{kind}: it says who has the right: {refused}");

        let answer = ask(&world, desk, "mia", "/slipway cut").await;
        assert_eq!(world.repository.head("release/1.1").unwrap(), good, "{kind}: {answer}");
        let raise = open_from(&world, "slipway/development/main");
        assert!(answer.contains(&raise.to_string()), "{kind}: {answer}");
        let manifest = world.text("slipway/development/main", "Cargo.toml");
        assert_eq!(manifest, "[package]\nversion = \"1.2.0-dev\" # ours\n", "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_trunk_is_cut_again_as_the_version_that_follows_from_what_has_come_since() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        ask(&world, desk, "mia", "/slipway cut").await;
        let issue = tracking(&world, "1.1").number;
        // What is tagged behind this is no ancestor of the trunk.
        world.repository.commit("release/1.1", "dana", "fix: only here", &[("here.txt", "here")]).unwrap();
        ask(&world, issue, "mia", "/slipway release final").await;
        let again = ask(&world, desk, "mia", "/slipway cut").await;
        assert!(again.contains("release/1.1") && again.contains("already"), "{kind}: nothing has come since: {again}");

        world.land("feature/export", "feat: add an export");
        green(&world, "main");
        world.settle().await;
        let answer = ask(&world, desk, "mia", "/slipway cut").await;
        assert!(is_cut(&world, "1.2"), "{kind}: {answer}");
        let issue = tracking(&world, "1.2").number;
        ask(&world, issue, "mia", "/slipway release final").await;
        let notes = world.release_notes("v1.2.0");
        assert!(notes.contains("add an export"), "{kind}: {notes}");

        world.land("feature/break", "feat!: drop the import");
        green(&world, "main");
        world.settle().await;
        ask(&world, desk, "mia", "/slipway cut").await;
        assert!(is_cut(&world, "2.0"), "{kind}: {:?}", world.repository.branches());
    })
    .await;
}

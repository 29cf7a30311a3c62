//! The page of a release, on both forges: its checklist follows what happens, and what people wrote in it stays.

mod answers;
mod edits;
mod pace;
mod requests;

use slipway::sandbox::topic::TopicKey;
use slipway::sandbox::{CiState, Kind, Merge, Text};

use crate::running::{ask, open_from, started, tracking};
use crate::support::{World, on_both};

const LINE: &str = "release/1.1";

const POLICY: &str = "[release]\npreview = false\n[readiness]\n[[checklist]]\nitems = ['The candidate was tried', 'The docs are online']\n";

/// A line that was cut, and the issue that tracks it.
async fn cut(kind: Kind, policy: &str) -> (World, u64) {
    let world = started(kind, policy).await;
    let desk = world.repository.open_issue("mia", "Releases").unwrap();
    ask(&world, desk, "mia", "/slipway cut").await;
    let issue = tracking(&world, "1.1").number;
    (world, issue)
}

const fn issue_text(issue: u64) -> Text {
    Text::Topic(TopicKey::Issue(issue))
}

fn page(world: &World, issue: u64) -> String {
    world.repository.text(issue_text(issue))
}

/// The line of a page's checklist that says this.
fn item<'p>(page: &'p str, words: &str) -> Option<&'p str> {
    page.lines().find(|line| line.starts_with("- [") && line.contains(words))
}

/// Whether the item that says this is ticked.
#[track_caller]
fn ticked(page: &str, words: &str) -> bool {
    let line = item(page, words);
    assert!(line.is_some(), "no item says {words}: {page}");
    line.unwrap().starts_with("- [x]")
}

/// State and title of the check `slipway/readiness` on a branch's head. A status that waits would hold up the pipeline that it is a job of, so
/// on GitLab it is canceled until then.
fn readiness(world: &World, branch: &str) -> (String, String) {
    let checks = world.repository.checks(&world.repository.head(branch).unwrap());
    let check = checks.into_iter().find(|check| check.name == "slipway/readiness");
    let state = |state: String| if state == "canceled" { "pending".to_owned() } else { state };
    check.map(|check| (state(check.state), check.title)).unwrap_or_default()
}

/// A push to the line of one file.
async fn pushed(world: &World, path: &str) {
    world.repository.commit(LINE, "dana", "fix: one more", &[(path, "more\n")]).unwrap();
    world.settle().await;
}

/// What CI says of the line's head.
async fn ran(world: &World, state: CiState) {
    world.repository.ci(&world.repository.head(LINE).unwrap(), "build", state).unwrap();
    world.settle().await;
}

async fn ticks(world: &World, issue: u64, words: &str) {
    world.repository.tick(issue_text(issue), "dana", words).unwrap();
    world.settle().await;
}

#[tokio::test]
async fn a_page_follows_the_checks_of_its_head_and_keeps_what_people_tick_and_write() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, POLICY).await;
        let first = page(&world, issue);
        assert!(ticked(&first, "The checks are green") && !ticked(&first, "The candidate was tried"), "{kind}: {first}");
        assert_eq!(readiness(&world, LINE).0, "pending", "{kind}: {}", world.told().join("\n"));

        pushed(&world, "more.txt").await;
        assert!(!ticked(&page(&world, issue), "The checks are green"), "{kind}: {}", page(&world, issue));
        ran(&world, CiState::Failure).await;
        assert!(!ticked(&page(&world, issue), "The checks are green"), "{kind}: {}", page(&world, issue));
        let (state, title) = readiness(&world, LINE);
        assert!(state == "pending" && title.contains("checks"), "{kind}: {state} {title}\n{}", world.told().join("\n"));

        let text = format!("Ask Kim about the logo.\n\n{}", page(&world, issue));
        world.repository.edit_text(issue_text(issue), "dana", &text).unwrap();
        world.settle().await;
        ticks(&world, issue, "The candidate was tried").await;
        ran(&world, CiState::Success).await;
        let after = page(&world, issue);
        assert!(ticked(&after, "The checks are green") && ticked(&after, "The candidate was tried"), "{kind}: {after}");
        let (logo, head) = (after.find("Ask Kim about the logo.\n"), after.find("is on its way"));
        assert!(logo.is_some() && logo < head && after.matches("Ask Kim").count() == 1, "{kind}: {after}");
        assert!(!readiness(&world, LINE).1.contains("checks"), "{kind}: {:?}", readiness(&world, LINE));

        ticks(&world, issue, "The docs are online").await;
        let answer = ask(&world, issue, "mia", "/slipway go").await;
        assert!(answer.contains("**ready**"), "{kind}: {answer}");
        assert_eq!(readiness(&world, LINE).0, "success", "{kind}: {}", page(&world, issue));
    })
    .await;
}

#[tokio::test]
async fn a_blocker_holds_up_the_release_while_it_is_open_and_is_for_its_version() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, POLICY).await;
        let crash = ("It crashes at start", "Always.");
        let blocker = world.repository.open_issue_with("dana", crash, &["release-blocker"]).unwrap();
        world.settle().await;
        let shown = page(&world, issue);
        assert!(!ticked(&shown, "No blocker is open") && shown.contains("It crashes at start"), "{kind}: {shown}");
        assert!(readiness(&world, LINE).1.contains("blockers"), "{kind}: {:?}", readiness(&world, LINE));

        world.repository.close_issue(blocker, "dana").unwrap();
        world.settle().await;
        let shown = page(&world, issue);
        assert!(ticked(&shown, "No blocker is open") && !shown.contains("It crashes at start"), "{kind}: {shown}");
        assert!(!readiness(&world, LINE).1.contains("blockers"), "{kind}: {:?}", readiness(&world, LINE));

        world.repository.milestone("2.0.0").unwrap();
        let later = world.repository.open_issue("dana", "Drop the import").unwrap();
        world.repository.set_milestone(TopicKey::Issue(later), "mia", Some("2.0.0")).unwrap();
        world.repository.label_issue(later, "mia", "release-blocker").unwrap();
        world.settle().await;
        assert!(ticked(&page(&world, issue), "No blocker is open"), "{kind}: {}", page(&world, issue));
        world.repository.reopen_issue(blocker, "dana").unwrap();
        world.settle().await;
        assert!(!ticked(&page(&world, issue), "No blocker is open"), "{kind}: {}", page(&world, issue));
        world.repository.unlabel_issue(blocker, "mia", "release-blocker").unwrap();
        world.settle().await;
        assert!(ticked(&page(&world, issue), "No blocker is open"), "{kind}: {}", page(&world, issue));
    })
    .await;
}

#[tokio::test]
async fn what_is_labelled_for_the_line_is_owed_until_its_backport_is_merged() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, POLICY).await;
        let item = "What is labelled for the branch is on it";
        let number = world.open("fix/names", "main", "fix: refuse empty names");
        world.repository.label(number, &format!("backport {LINE}")).unwrap();
        world.settle().await;
        world.repository.merge(number, "mia", Merge::Squash).unwrap();
        world.settle().await;
        let owed = page(&world, issue);
        assert!(!ticked(&owed, item) && owed.contains("⏳") && owed.contains("refuse empty names"), "{kind}: {owed}");

        let backport = open_from(&world, &format!("backport/{number}-to-{LINE}"));
        world.repository.merge(backport, "mia", Merge::Squash).unwrap();
        world.settle().await;
        let there = page(&world, issue);
        assert!(ticked(&there, item), "{kind}: {there}\n{}", world.told().join("\n"));
        assert!(there.lines().any(|line| line.contains("✅") && line.contains("refuse empty names")), "{kind}: {there}");
    })
    .await;
}

#[tokio::test]
async fn an_item_that_a_migration_asks_for_comes_with_the_migration() {
    on_both(async |kind| {
        let policy = "[release]\npreview = false\n[readiness]\nreviewers = ['@acme/dba']\n[[checklist]]\n\
                      items = [{ text = 'It was rehearsed', when = ['migration'] }, { text = 'The manual is new', paths = ['docs/**'] }]\n";
        let (world, issue) = cut(kind, policy).await;
        world.sandbox.add_member(kind, "acme/dba", "dana", slipway::sandbox::Role::Write);
        let before = page(&world, issue);
        for words in ["The migrations are reviewed", "It was rehearsed", "The manual is new"] {
            assert!(item(&before, words).is_none(), "{kind}: {before}");
        }
        pushed(&world, "db/migrations/1.sql").await;
        let after = page(&world, issue);
        assert!(!ticked(&after, "The migrations are reviewed") && !ticked(&after, "It was rehearsed"), "{kind}: {after}");
        assert!(item(&after, "The manual is new").is_none(), "{kind}: {after}");
        ran(&world, CiState::Success).await;
        assert!(item(&page(&world, issue), "It was rehearsed").is_some(), "{kind}: it is known until the head moves again");
        ask(&world, issue, "dana", "/slipway go").await;
        assert!(ticked(&page(&world, issue), "The migrations are reviewed"), "{kind}: {}", page(&world, issue));
        pushed(&world, "docs/manual.md").await;
        let after = page(&world, issue);
        assert!(!ticked(&after, "The migrations are reviewed") && !ticked(&after, "The manual is new"), "{kind}: {after}");
    })
    .await;
}

//! Commands that do much at once: killed between any two calls, given twice at once, or delivered five times, they have one effect.

use slipway::sandbox::topic::TopicKey;
use slipway::sandbox::{Delivery, Effect, Fault, Kind, Matching, Merge, Text};

use crate::idempotence::crash_everywhere;
use crate::running::{open_from, started, tracking};
use crate::support::{BOTH, World, on_both};

const POLICY: &str = "[release]\npreview = false\n[[checklist]]\nitems = ['Look at it']\n[[protect.branches]]\nbranch = 'release/*'\n";

/// A comment on an issue of Mia's that nobody was told of yet.
fn asked(world: &World, command: &str) -> u64 {
    let issue = world.repository.open_issue("mia", "Releases").unwrap();
    world.repository.comment_on_issue(issue, "mia", command).unwrap();
    issue
}

async fn cutting(kind: Kind) -> World {
    let world = started(kind, POLICY).await;
    asked(&world, "/slipway cut");
    world
}

async fn hotfixing(kind: Kind) -> World {
    let world = started(kind, POLICY).await;
    asked(&world, "/slipway hotfix 1.0.0");
    world
}

/// One repair that fits and one that does not, both merged, and asked for on a line by their labels.
async fn backporting(kind: Kind) -> World {
    let world = started(kind, POLICY).await;
    world.repository.branch("release/1.0", "v1.0.0").unwrap();
    world.repository.commit("main", "dana", "feat: greet", &[("greeting.txt", "hello\n")]).unwrap();
    world.branch("fix/names", "fix: refuse empty names");
    world.repository.branch("fix/greeting", "main").unwrap();
    world.repository.commit("fix/greeting", "dana", "fix: greet politely", &[("greeting.txt", "good day\n")]).unwrap();
    for (head, title) in [("fix/names", "fix: refuse empty names"), ("fix/greeting", "fix: greet politely")] {
        let number = world.repository.open("dana", head, "main", title).unwrap();
        world.settle().await;
        world.repository.label(number, "backport release/1.0").unwrap();
        world.repository.merge(number, "mia", Merge::Squash).unwrap();
    }
    world
}

async fn rolling_back(kind: Kind) -> World {
    let world = started(kind, POLICY).await;
    world.repository.tag("v1.1.0", "main").unwrap();
    world.settle().await;
    asked(&world, "/slipway rollback 1.1.0 reason=\"logins fail\"");
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_of_a_cut_leaves_one_branch_and_one_issue() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, cutting).await > 8);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_of_a_hotfix_leaves_one_branch_and_one_issue() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, hotfixing).await > 8);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_of_a_backport_leaves_one_change_request_and_no_branch_beside_it() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, backporting).await > 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_of_a_rollback_leaves_it_done_once() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, rolling_back).await > 12);
    }
}

/// What waits, five times each, without waiting for the work in between.
async fn five_times(world: &World) {
    all_five_times(world, &world.sandbox.take_deliveries()).await;
}

async fn all_five_times(world: &World, deliveries: &[Delivery]) {
    for delivery in (0..5).flat_map(|_| deliveries) {
        assert!((200..300).contains(&world.post(delivery).await));
    }
    world.idle().await;
    world.settle().await;
}

#[tokio::test]
async fn two_identical_commands_at_once_each_delivered_five_times_have_one_effect() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let (one, other) = (asked(&world, "/slipway cut 1.1"), asked(&world, "/slipway cut 1.1"));
        five_times(&world).await;
        let issues = world.repository.issues().into_iter().filter(|issue| issue.labels.contains(&"slipway:release".to_owned())).count();
        assert_eq!(issues, 1, "{kind}: {}", world.told().join("\n"));
        for issue in [one, other] {
            assert_eq!(crate::running::said_in_issue(&world, issue).len(), 1, "{kind}: {}", world.told().join("\n"));
        }
        let issue = tracking(&world, "1.1").number;

        let number = world.land("fix/names", "fix: refuse empty names");
        world.settle().await;
        for _ in 0..2 {
            world.repository.comment(number, "dana", "/slipway backport release/1.1").unwrap();
        }
        five_times(&world).await;
        open_from(&world, &format!("backport/{number}-to-release/1.1"));

        for _ in 0..2 {
            world.repository.comment_on_issue(issue, "mia", "/slipway release rc").unwrap();
        }
        five_times(&world).await;
        let tags: Vec<_> = world.repository.tags().into_iter().filter(|tag| tag.contains("-rc.")).collect();
        assert_eq!(tags, ["v1.1.0-rc.1"], "{kind}: {}", world.told().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn a_release_that_was_cut_off_behind_its_tag_tags_nothing_else_when_the_line_has_moved_on() {
    on_both(async |kind| {
        let mut world = started(kind, POLICY).await;
        asked(&world, "/slipway cut 1.1");
        world.settle().await;
        let issue = tracking(&world, "1.1").number;
        world.repository.comment_on_issue(issue, "mia", "/slipway release final").unwrap();
        let asked: Vec<Delivery> = world.sandbox.take_deliveries();
        let tag = if kind == Kind::GitHub { "/git/refs" } else { "/repository/tags" };
        world.fault(("POST", tag), Effect::LostAnswer, 1);
        for delivery in &asked {
            assert!((200..300).contains(&world.post(delivery).await));
        }
        while !world.repository.tags().contains(&"v1.1.0".to_owned()) {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        world.sandbox.inject(Fault { on: Matching::Any, effect: Effect::Refused, times: u32::MAX });
        world.restart().await;
        world.sandbox.clear_faults();
        world.repository.commit("release/1.1", "dana", "fix: one more", &[("more.txt", "more")]).unwrap();
        for delivery in &asked {
            world.deliver(delivery).await;
        }
        world.settle().await;
        let tags: Vec<_> = world.repository.tags().into_iter().filter(|tag| tag.starts_with("v1.1")).collect();
        assert_eq!(tags, ["v1.1.0"], "{kind}: {}", world.told().join("\n"));
        let said = crate::running::said_in_issue(&world, issue);
        assert!(said.len() == 1 && said.iter().all(|text| text.contains("v1.1.0") && !text.contains("on its way")), "{kind}: {said:?}");
    })
    .await;
}

const READY: &str = "[release]\npreview = false\n[readiness]\n[[checklist]]\nitems = ['Look at it']\n";

/// A tick, a go and what CI says, all at once about a line whose page is there.
async fn answering(kind: Kind) -> World {
    let world = started(kind, READY).await;
    asked(&world, "/slipway cut 1.1");
    world.settle().await;
    let issue = tracking(&world, "1.1").number;
    world.repository.commit("release/1.1", "dana", "fix: only here", &[("here.txt", "here")]).unwrap();
    world.settle().await;
    world.repository.tick(Text::Topic(TopicKey::Issue(issue)), "dana", "Look at it").unwrap();
    crate::running::green(&world, "release/1.1");
    world.repository.comment_on_issue(issue, "mia", "/slipway go").unwrap();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_of_an_answer_loses_neither_the_answer_nor_a_tick() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, answering).await > 8);
    }
}

#[tokio::test]
async fn an_answer_that_is_delivered_five_times_is_noted_once() {
    on_both(async |kind| {
        let world = answering(kind).await;
        world.repository.open_issue_with("dana", ("It crashes", "Always."), &["release-blocker"]).unwrap();
        let issue = tracking(&world, "1.1").number;
        let waiting: Vec<Delivery> = world.sandbox.take_deliveries();
        all_five_times(&world, &waiting).await;
        let page = world.repository.text(Text::Topic(TopicKey::Issue(issue)));
        assert!(
            page.contains("- [x] Look at it") && page.matches("mia said go").count() == 2,
            "{kind}: in the list and in the log: {page}"
        );
        assert!(page.contains("It crashes") && page.contains("- [x] The checks are green"), "{kind}: {page}\n{}", world.told().join("\n"));
        assert_eq!(crate::running::said_in_issue(&world, issue).len(), 1, "{kind}: {}", world.told().join("\n"));
        let (before, calls) = (world.sandbox.snapshot(), world.sandbox.calls().len());
        for delivery in &waiting {
            world.deliver(delivery).await;
        }
        assert_eq!(world.sandbox.snapshot(), before, "{kind}: {}", world.told().join("\n"));
        let calls = world.sandbox.calls().split_off(calls);
        let writes: Vec<_> = calls.iter().filter(|call| call.is_write && !call.path.contains("/reactions")).collect();
        let writes: Vec<_> = writes.into_iter().filter(|call| !call.path.contains("/award_emoji")).collect();
        assert!(writes.is_empty(), "{kind}: {writes:?}");
    })
    .await;
}

//! The same of what people decide and undo: freezes, verdicts that are set aside, and what no check could keep from happening.
//!
//! One order is kept where another means something else: a command is about what there is when it is carried out. An override that comes
//! after a push is one of the new commit, unless it says `at=…`; a freeze has to be declared before it can be lifted, and its issue has to
//! be there before somebody can close it. So the commands come first, in any order, and everything else after them; but each of them may
//! be told again at any time, and then it does nothing.

use std::time::Duration;

use slipway::engine::Resolve;
use slipway::sandbox::{Administration, Delivery, Kind, Role};
use slipway::settings::Settings;

use super::{crash_everywhere, pretty_equal, undisturbed};
use crate::support::{BOTH, World, world};

const POLICY: &str = r#"
[release]
from = "never"

[rules.conventional_title]

[freeze]

[audit]
protected = ["main", "release/*"]
allow = ["max"]
"#;

const KEPT: &str = "/slipway freeze reason=\"release week\" until=2099-01-01T00:00 branches=release/*";
const LIFTED: &str = "/slipway freeze reason=incident";
const OVERRIDE: &str = "/slipway override conventional_title reason=hotfix";

/// Max maintains, Dana writes.
async fn begun(kind: Kind) -> World {
    let mut world = world(kind, POLICY).await;
    // A forge that knows of no change request is asked again at once.
    let settings = Settings { patience: Duration::from_millis(1), ..world.settings.clone() };
    world.restart_as(settings, Resolve::Apply).await;
    for (user, role) in [("max", Role::Maintain), ("dana", Role::Write)] {
        world.repository.grant(user, role).unwrap();
    }
    world
}

/// A change request breaks the rule about titles and is let through, and a freeze is declared.
async fn declared(kind: Kind) -> World {
    let world = begun(kind).await;
    let number = world.open("other", "main", "Add more");
    world.repository.comment(number, "max", &format!("{OVERRIDE}\n{LIFTED}")).unwrap();
    world
}

/// The same with more of each, of which some stay.
async fn declared_more(kind: Kind) -> World {
    let world = begun(kind).await;
    let good = world.open("feature/login", "main", "feat: add login");
    let broken = world.open("topic", "main", "Add names");
    let pushed = world.open("other", "main", "Add more");
    for (number, command) in [(broken, OVERRIDE), (pushed, OVERRIDE), (good, KEPT), (broken, LIFTED)] {
        world.repository.comment(number, "max", command).unwrap();
    }
    world
}

/// One freeze is lifted, one override lapses, and `main`, a release branch and a tag meet what they should not.
fn undo(world: &World) {
    let repository = &world.repository;
    let incident = repository.issues().into_iter().find(|issue| issue.title == "Freeze: incident").unwrap();
    repository.close_issue(incident.number, "max").unwrap();
    repository.commit("other", "dana", "Add even more", &[("more", "more")]).unwrap();
    repository.commit("main", "dana", "feat: past all review", &[("a", "a")]).unwrap();
    repository.branch("release/1", "main").unwrap();
    repository.commit("release/1", "max", "fix: there", &[("there", "there")]).unwrap();
    repository.delete_branch("release/1").unwrap();
    repository.delete_tag("v1.0.0").unwrap();
}

async fn undone(kind: Kind) -> World {
    let world = declared(kind).await;
    world.settle().await;
    undo(&world);
    world
}

fn undo_more(world: &World) {
    undo(world);
    world.open("feature/late", "main", "feat: come late");
}

#[tokio::test]
async fn what_was_decided_and_undone_ends_the_same_in_any_order_and_number() {
    for kind in BOTH {
        let world = declared_more(kind).await;
        world.settle().await;
        undo_more(&world);
        world.settle().await;
        let expected = seen(&world);
        for seen_of in ["incident", "release week", "Push to main without", "branch release/1", "tag v1.0.0"] {
            assert!(expected.contains(seen_of), "{kind}: {seen_of} in {expected}");
        }
        for seed in 0..8 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let mut world = declared_more(kind).await;
            let first = in_any_order(&world, &mut chance, Vec::new()).await;
            undo_more(&world);
            world.restart().await;
            in_any_order(&world, &mut chance, first).await;
            pretty_equal(&expected, &seen(&world), &format!("{kind}, seed {seed}"));
        }
    }
}

/// Tells the bot of everything that it was not told of yet, some of it twice, and of some of this again.
async fn in_any_order(world: &World, chance: &mut fastrand::Rng, told: Vec<Delivery>) -> Vec<Delivery> {
    let fresh = world.sandbox.take_deliveries();
    let again: Vec<_> = told.iter().chain(&fresh).filter(|_| chance.bool()).cloned().collect();
    let mut deliveries: Vec<_> = fresh.iter().cloned().chain(again).collect();
    chance.shuffle(&mut deliveries);
    for delivery in &deliveries {
        assert!((200..300).contains(&world.post(delivery).await));
    }
    world.idle().await;
    fresh.into_iter().chain(world.settle().await).collect()
}

#[tokio::test]
async fn a_bot_that_remembers_nothing_neither_decides_nor_undoes_anything_again() {
    for kind in BOTH {
        let mut world = declared_more(kind).await;
        let mut deliveries = world.settle().await;
        undo_more(&world);
        deliveries.extend(world.settle().await);
        let before = world.sandbox.snapshot();
        world.restart().await;
        world.sandbox.forget_calls();
        world.told();
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        pretty_equal(&before, &world.sandbox.snapshot(), &kind.to_string());
        let set_blindly = ["/reactions", "/award_emoji"];
        let calls = world.sandbox.calls().into_iter().filter(|call| call.is_write);
        let writes: Vec<_> = calls.filter(|call| !set_blindly.iter().any(|part| call.path.contains(part))).collect();
        assert!(writes.is_empty(), "{kind}: {writes:?} {:#?}", world.told());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_people_decide_leaves_nothing_doubled_and_nothing_undone() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, declared).await > 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_it_is_undone_leaves_nothing_doubled_and_nothing_undone() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, undone).await > 20);
    }
}

const PROTECT: &str = "release.from = 'never'\n[[protect.branches]]\nbranch = 'main'\npush = 'maintain'\n[[protect.tags]]\ntag = 'v**'\n";

/// Ada, who administers, has asked what the forge lacks and confirmed what she was, or will be, offered.
async fn confirmed(kind: Kind) -> World {
    let world = world(kind, PROTECT).await;
    world.sandbox.set_administration(Administration::Granted);
    world.repository.set_role(Role::Maintain).unwrap();
    world.repository.grant("ada", Role::Admin).unwrap();
    let number = world.open("topic", "main", "feat: a");
    world.repository.comment(number, "ada", "/slipway sync").unwrap();
    world.settle().await;
    let offer = world.said(number).pop().unwrap();
    let command = offer.split('`').find(|text| text.starts_with("/slipway sync confirm=")).unwrap();
    world.repository.comment(number, "ada", command).unwrap();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_the_forge_is_brought_in_line_leaves_nothing_doubled_and_nothing_undone() {
    for kind in BOTH {
        assert!(undisturbed(confirmed(kind).await).await.contains("settings are changed"));
        assert!(crash_everywhere(kind, confirmed).await > 5);
    }
}

/// What people could see, without times, with the issues in one order and without the numbers that they got in that of the deliveries,
/// and with the comments of each thread in one order too.
fn seen(world: &World) -> String {
    let snapshot = super::timeless(&world.sandbox.snapshot().replace(&world.sandbox.url(), "http://forge"));
    let mut topics: Vec<(String, Vec<String>)> = Vec::new();
    for line in snapshot.lines().map(unnumbered) {
        match topics.last_mut() {
            Some((_, parts)) if line.starts_with("    comment ") => parts.push(line),
            Some((head, parts)) if line.starts_with("    ") => {
                let part = parts.last_mut().unwrap_or(head);
                *part = format!("{part}\n{line}");
            }
            _ => topics.push((line, Vec::new())),
        }
    }
    for (_, parts) in &mut topics {
        parts.sort();
    }
    topics.sort();
    topics.into_iter().flat_map(|(head, parts)| [head].into_iter().chain(parts)).collect::<Vec<_>>().join("\n")
}

fn unnumbered(line: &str) -> String {
    let issue = |before| line.split_once(before).and_then(|(head, rest)| Some((head, before, rest.split_once([' ', '.'])?.1)));
    let numbered = issue("  issue ").or_else(|| issue("kept in the issue #"));
    numbered.map_or_else(|| line.to_owned(), |(head, before, rest)| format!("{head}{before}{rest}"))
}

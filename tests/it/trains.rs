//! Release trains, from their announcement to the version, on both forges: nobody comments anything, only time passes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use slipway::sandbox::people::IssueView;

use crate::running::{ask, green, started, tracking};
use crate::support::{World, on_both};

const HOUR: i64 = 3600;

/// A train in two days, announced an hour ago.
fn policy() -> String {
    let train = Timestamp::now().checked_add(SignedDuration::from_hours(48)).unwrap().to_zoned(TimeZone::UTC);
    let cut = format!("{} {} {} {} *", train.minute(), train.hour(), train.day(), train.month());
    let steps = "announce = '49h'\nfreeze = '24h'\ncandidate = '1h'\nfinal = '1d'";
    let duty = "[duty]\nroster = ['mia']\nsince = '2020-01-06'";
    format!("[release]\npreview = false\n[train]\ncut = '{cut}'\n{steps}\n{duty}\n")
}

/// The issue that announces the train.
fn announcement(world: &World) -> IssueView {
    let all = world.repository.issues().into_iter();
    let mut found: Vec<_> = all.filter(|issue| issue.labels.contains(&"slipway:train".to_owned())).collect();
    assert_eq!(found.len(), 1, "{found:?}\n{}", world.told().join("\n"));
    found.remove(0)
}

/// Lets time pass, has the bot begin anew as after an outage, and pushes something to the trunk.
async fn later(world: &mut World, seconds: i64) {
    world.settings.clock.pass(seconds);
    world.restart().await;
    let file = format!("later-{seconds}.txt");
    world.repository.commit("main", "dana", "chore: go on", &[(&file, "x")]).unwrap();
    world.settle().await;
}

/// Title of the freeze check on a branch's head.
fn freeze(world: &World, branch: &str) -> String {
    let checks = world.repository.checks(&world.repository.head(branch).unwrap());
    checks.into_iter().rfind(|check| check.name == "slipway/freeze").map(|check| check.title).unwrap_or_default()
}

/// Which of these versions are released.
fn released(world: &World) -> Vec<String> {
    let mut tags: Vec<_> = world.repository.releases().into_iter().map(|release| release.tag).collect();
    tags.sort();
    tags
}

async fn read(world: &World, path: &str) -> (u16, String) {
    let answer = world.client.get(format!("http://{}{path}", world.address())).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The part of a text that starts so, up to the end of the inline code that it is in.
fn quoted<'t>(text: &'t str, start: &str) -> &'t str {
    assert!(text.contains(start), "no {start} in {text}");
    text.split('`').find_map(|part| part.find(start).and_then(|at| part.get(at..))).unwrap()
}

#[tokio::test]
async fn a_train_is_announced_freezes_the_trunk_leaves_and_is_released_by_the_clock_alone() {
    on_both(async |kind| {
        let mut world = started(kind, &policy()).await;
        let announced = announcement(&world);
        assert!(announced.state.starts_with("open") && announced.body.contains("mia is in charge"), "{kind}: {}", announced.body);
        world.open("feature/a", "main", "feat: a");
        world.settle().await;
        assert_eq!(freeze(&world, "feature/a"), "nothing is frozen", "{kind}");

        later(&mut world, 30 * HOUR).await;
        world.open("feature/b", "main", "feat: b");
        world.settle().await;
        for branch in ["feature/a", "feature/b"] {
            assert!(freeze(&world, branch).contains("the release train of"), "{kind}: {branch}: {}", world.told().join("\n"));
        }
        green(&world, "main");

        later(&mut world, 18 * HOUR + 120).await;
        assert!(world.repository.branches().contains(&"release/1.1".to_owned()), "{kind}: {}", world.told().join("\n"));
        assert_eq!(freeze(&world, "feature/a"), "nothing is frozen", "{kind}");
        let left = announcement(&world);
        assert!(left.state.starts_with("closed") && left.body.contains("has left"), "{kind}: {}", left.body);

        later(&mut world, HOUR).await;
        assert_eq!(released(&world), ["v1.1.0-rc.1"], "{kind}: {}", world.told().join("\n"));
        later(&mut world, 24 * HOUR).await;
        assert_eq!(released(&world), ["v1.1.0", "v1.1.0-rc.1"], "{kind}: {}", world.told().join("\n"));
        assert!(world.release_notes("v1.1.0").contains("add search"), "{kind}");

        later(&mut world, HOUR + 1).await;
        assert_eq!(released(&world).len(), 2, "{kind}: it is done once: {}", world.told().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn the_schedule_is_read_by_its_address_and_by_nothing_else() {
    on_both(async |kind| {
        let world = started(kind, &policy()).await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        let answer = ask(&world, desk, "dana", "/slipway schedule").await;
        assert!(answer.contains("| cut |") && answer.contains("| mia |"), "{kind}: {answer}");
        let (feed, page) = (quoted(&answer, "/calendar/"), quoted(&answer, "/schedule/"));

        let calls = world.sandbox.calls().len();
        let (status, text) = read(&world, feed).await;
        assert!(status == 200 && text.contains("SUMMARY:Release train leaves\r\n"), "{kind}: {status} {text}");
        let (status, text) = read(&world, page).await;
        assert!(status == 200 && text.contains("<td>cut</td>"), "{kind}: {status} {text}");
        let cost = world.sandbox.calls().len() - calls;
        read(&world, feed).await;
        assert_eq!(world.sandbox.calls().len() - calls, cost, "{kind}: it is kept for a while");

        let (start, code) = page.split_once('.').unwrap();
        let forged = format!("{start}.{}", code.chars().rev().collect::<String>());
        assert_eq!(read(&world, &forged).await.0, 404, "{kind}");
        assert_eq!(world.sandbox.calls().len() - calls, cost, "{kind}: nobody asks the forge about it");
        assert!(tracking(&world, "Release train").labels.contains(&"slipway:train".to_owned()), "{kind}");
    })
    .await;
}

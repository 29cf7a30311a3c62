//! Deliveries come twice, late, in any order, and the bot may die between any two calls: the forge ends the same.

mod policy;

use std::time::Duration;

use slipway::bot::Bot;
use slipway::engine::Resolve;
use slipway::sandbox::{Delivery, Effect, Fault, Kind, Matching, Merge, RepoHandle, Role, Sandbox};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::releases::{NEXT, REQUEST, released};
use crate::support::{BOTH, POLICY, World, post_to, previewing, world};

/// Everything that the bot reacts to, once: a breach, its repair, merges, a command, a version.
fn play(repository: &RepoHandle) -> anyhow::Result<()> {
    let open = |head: &str, title: &str| {
        repository.branch(head, "main")?;
        repository.commit(head, "dana", title, &[(&head.replace('/', "-"), title)])?;
        repository.open("dana", head, "main", title)
    };
    let login = open("feature/login", "feat: add login")?;
    let broken = open("topic", "Add names")?;
    let repaired = open("fix/names", "Refuse empty names")?;
    repository.retitle(repaired, "fix: refuse empty names")?;
    repository.comment(broken, "kim", "/slipway recheck\n/slipway hepl")?;
    repository.merge(login, "max", Merge::Squash)?;
    repository.tag("v1.1.0", "main")
}

/// The bot in a runtime of its own, which can be killed as a process can.
struct Process {
    runtime: Runtime,
    bot: Bot,
}

impl Process {
    async fn start(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = world.settings.clone();
        let start = async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            Bot::start(&settings, listener, Resolve::Apply, Box::new(|_, _| {})).unwrap()
        };
        let bot = runtime.spawn(start).await.unwrap();
        Self { runtime, bot }
    }

    async fn deliver(&self, client: &reqwest::Client, delivery: &Delivery) {
        post_to(client, &self.bot.address.to_string(), delivery).await;
        self.bot.idle().await;
    }

    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// Waits for the first call that found the forge gone.
async fn died(sandbox: &Sandbox) {
    while !sandbox.calls().iter().any(|call| call.status == 0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A world in which everything has happened, of which the bot was told nothing yet.
async fn played(kind: Kind, policy: &str) -> World {
    let world = world(kind, policy).await;
    play(&world.repository).unwrap();
    world
}

/// The first change since the last release.
async fn opening(kind: Kind) -> World {
    let world = released(kind, REQUEST).await;
    world.land("feature/a", "feat: a");
    world
}

/// A first change is in, and a second one with an edited description of the release change request.
async fn edited(kind: Kind) -> World {
    let world = released(kind, REQUEST).await;
    world.landed("feature/a", "feat: a").await;
    world.rewrite(NEXT, "- a (", "- All of a (");
    world.land("feature/b", "feat: b");
    world
}

/// The release change request is merged.
async fn merged(kind: Kind) -> World {
    let world = released(kind, REQUEST).await;
    world.repository.milestone("1.1.0").unwrap();
    world.land("fix/b", "fix: b");
    world.landed("feature/a", "feat: a").await;
    world.repository.merge(world.proposed(NEXT, "open"), "max", Merge::MergeCommit).unwrap();
    world
}

/// Somebody asks for the final release, which is to be merged first.
async fn asked(kind: Kind) -> World {
    let world = released(kind, REQUEST).await;
    world.repository.grant("mia", Role::Maintain).unwrap();
    world.landed("feature/a", "feat: a").await;
    let desk = world.repository.open_issue("mia", "Releases").unwrap();
    world.settle().await;
    world.repository.comment_on_issue(desk, "mia", "/slipway release final").unwrap();
    world
}

async fn undisturbed(world: World) -> String {
    world.settle().await;
    seen(&world)
}

/// What people could see, with everything that hangs on the sandbox's address renamed: the address itself, commits that hold links,
/// and digests of them.
fn seen(world: &World) -> String {
    let snapshot = timeless(&world.sandbox.snapshot().replace(&world.sandbox.url(), "http://forge"));
    let is_digest = |text: &str| text.len() >= 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let mut names: Vec<String> = Vec::new();
    let mut text = String::new();
    for part in snapshot.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let digits = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        // A short name of a commit is the beginning of its long one.
        let name = digits.get(..10).unwrap_or(digits).to_owned();
        if is_digest(digits) && !names.contains(&name) {
            names.push(name.clone());
        }
        match names.iter().position(|known| is_digest(digits) && *known == name) {
            Some(at) => text.extend(["digest", &at.to_string(), part.strip_prefix(digits).unwrap_or_default()]),
            None => text.push_str(part),
        }
    }
    text
}

/// The text without days and times, and without what is sealed in the marks of issues, where times are too.
fn timeless(text: &str) -> String {
    let is_day = |word: &str| ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&word);
    let is_time =
        |word: &str| word.len() >= 5 && word.contains([':', '-']) && word.bytes().all(|b| b.is_ascii_digit() || b":-".contains(&b));
    let without = |line: &str| match line.split_once("<!-- slipway:") {
        Some((margin, mark)) => format!("{margin}<!-- slipway:{}", mark.split(' ').take(2).collect::<Vec<_>>().join(" ")),
        None => line.split(' ').filter(|word| !is_day(word) && !is_time(word)).collect::<Vec<_>>().join(" "),
    };
    text.lines().map(without).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_to_github_leaves_nothing_doubled_and_nothing_undone() {
    let calls = crash_everywhere(Kind::GitHub, |kind| played(kind, POLICY)).await;
    assert!(calls > 20, "the story takes many calls, and a crash before each of them was tried: {calls}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_to_gitlab_leaves_nothing_doubled_and_nothing_undone() {
    let calls = crash_everywhere(Kind::GitLab, |kind| played(kind, POLICY)).await;
    assert!(calls > 20, "the story takes many calls, and a crash before each of them was tried: {calls}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_a_release_is_proposed_leaves_one_change_request_as_it_should_be() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, opening).await > 5);
        assert!(crash_everywhere(kind, edited).await > 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_the_merge_of_a_release_and_its_publication_leaves_nothing_doubled_and_nothing_undone() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, merged).await > 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_a_release_is_merged_by_command_leaves_nothing_doubled_and_nothing_undone() {
    for kind in BOTH {
        assert!(crash_everywhere(kind, asked).await > 10);
    }
}

/// Kills the bot after its first call, after its second, and so on until it lives to the end; then tells a new one everything.
/// Says how many calls that took.
pub async fn crash_everywhere<F: Future<Output = World>>(kind: Kind, begin: impl Fn(Kind) -> F) -> u32 {
    let expected = undisturbed(begin(kind).await).await;
    let mut calls = 0;
    while crash(begin(kind).await, calls, &expected).await {
        calls += 1;
    }
    calls
}

/// Whether it came to a crash.
async fn crash(world: World, calls: u32, expected: &str) -> bool {
    let kind = world.repository.kind();
    let mut deliveries = Vec::new();
    world.sandbox.forget_calls();
    world.sandbox.inject(Fault { on: Matching::After(calls), effect: Effect::Refused, times: u32::MAX });
    let process = Process::start(&world).await;
    let all = async {
        loop {
            let more = world.sandbox.take_deliveries();
            if more.is_empty() {
                return;
            }
            deliveries.extend(more.iter().cloned());
            for delivery in &more {
                process.deliver(&world.client, delivery).await;
            }
        }
    };
    let crashed = tokio::select! {
        () = all => false,
        () = died(&world.sandbox) => true,
    };
    process.kill();
    world.sandbox.clear_faults();
    for delivery in &deliveries {
        world.deliver(delivery).await;
    }
    world.settle().await;
    pretty_equal(expected, &seen(&world), &format!("{kind}, crash after {calls} calls"));
    crashed
}

#[tokio::test]
async fn deliveries_in_any_order_and_number_end_in_the_same_state() {
    for kind in BOTH {
        let expected = undisturbed(played(kind, &previewing()).await).await;
        for seed in 0..8 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let world = world(kind, &previewing()).await;
            play(&world.repository).unwrap();
            let mut deliveries = world.sandbox.take_deliveries();
            let again: Vec<_> = deliveries.iter().filter(|_| chance.bool()).cloned().collect();
            deliveries.extend(again);
            chance.shuffle(&mut deliveries);
            for delivery in &deliveries {
                // Without waiting for the work, so that re-evaluations meet in the lane.
                assert!((200..300).contains(&world.post(delivery).await));
            }
            world.idle().await;
            world.settle().await;
            pretty_equal(&unordered(&expected), &unordered(&seen(&world)), &format!("{kind}, seed {seed}"));
        }
    }
}

#[tokio::test]
async fn a_bot_that_remembers_nothing_changes_nothing_when_told_everything_again() {
    for kind in BOTH {
        let mut world = world(kind, &previewing()).await;
        play(&world.repository).unwrap();
        let deliveries = world.sandbox.take_deliveries();
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        world.settle().await;
        let before = world.sandbox.snapshot();
        world.restart().await;
        world.sandbox.forget_calls();
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        pretty_equal(&before, &world.sandbox.snapshot(), &kind.to_string());
        let writes: Vec<_> = world.sandbox.calls().into_iter().filter(|call| call.is_write && !call.path.contains("/reactions")).collect();
        let writes: Vec<_> = writes.into_iter().filter(|call| !call.path.contains("/award_emoji")).collect();
        assert!(writes.is_empty(), "{kind}: reactions are set blindly, everything else is read first: {writes:?}");
    }
}

/// A snapshot with the comments of each thread in one order, since they come in that of the deliveries.
fn unordered(snapshot: &str) -> String {
    let (mut parts, mut thread): (Vec<(usize, String)>, _) = (Vec::new(), 0);
    for line in snapshot.lines() {
        thread += usize::from(!line.starts_with("    "));
        match parts.last_mut() {
            Some((_, part)) if line.starts_with("    ") && !line.starts_with("    comment ") => *part = format!("{part}\n{line}"),
            _ => parts.push((thread, line.to_owned())),
        }
    }
    parts.sort();
    parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join("\n")
}

/// Compares two snapshots and shows the lines that differ.
fn pretty_equal(expected: &str, found: &str, when: &str) {
    let lines = |a: &str, b: &str| a.lines().filter(|line| !b.contains(line)).collect::<Vec<_>>().join("\n");
    let (missing, extra) = (lines(expected, found), lines(found, expected));
    assert!(expected == found, "{when}\nmissing:\n{missing}\nextra:\n{extra}\n\nfound:\n{found}");
}

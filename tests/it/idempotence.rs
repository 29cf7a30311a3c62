//! Deliveries come twice, late, in any order, and the bot may die between any two calls: the forge ends the same.

use std::time::Duration;

use slipway::bot::Bot;
use slipway::engine::Resolve;
use slipway::sandbox::{Delivery, Effect, Fault, Kind, Matching, Merge, RepoHandle, Sandbox};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::support::{BOTH, POLICY, World, post_to, world};

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

async fn undisturbed(kind: Kind) -> String {
    let world = world(kind, POLICY).await;
    play(&world.repository).unwrap();
    world.settle().await;
    world.sandbox.snapshot()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_to_github_leaves_nothing_doubled_and_nothing_undone() {
    crash_everywhere(Kind::GitHub).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_any_two_calls_to_gitlab_leaves_nothing_doubled_and_nothing_undone() {
    crash_everywhere(Kind::GitLab).await;
}

/// Kills the bot after its first call, after its second, and so on until it lives to the end; then tells a new one everything.
async fn crash_everywhere(kind: Kind) {
    let expected = undisturbed(kind).await;
    let mut calls = 0;
    while crash(kind, calls, &expected).await {
        calls += 1;
    }
    assert!(calls > 20, "{kind}: the story takes many calls, and a crash before each of them was tried: {calls}");
}

/// Whether it came to a crash.
async fn crash(kind: Kind, calls: u32, expected: &str) -> bool {
    let world = world(kind, POLICY).await;
    play(&world.repository).unwrap();
    let deliveries = world.sandbox.take_deliveries();
    world.sandbox.forget_calls();
    world.sandbox.inject(Fault { on: Matching::After(calls), effect: Effect::Refused, times: u32::MAX });
    let process = Process::start(&world).await;
    let all = async {
        for delivery in &deliveries {
            process.deliver(&world.client, delivery).await;
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
    pretty_equal(expected, &world.sandbox.snapshot(), &format!("{kind}, crash after {calls} calls"));
    crashed
}

#[tokio::test]
async fn deliveries_in_any_order_and_number_end_in_the_same_state() {
    for kind in BOTH {
        let expected = undisturbed(kind).await;
        for seed in 0..8 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let world = world(kind, POLICY).await;
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
            pretty_equal(&expected, &world.sandbox.snapshot(), &format!("{kind}, seed {seed}"));
        }
    }
}

#[tokio::test]
async fn a_bot_that_remembers_nothing_changes_nothing_when_told_everything_again() {
    for kind in BOTH {
        let mut world = world(kind, POLICY).await;
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

/// Compares two snapshots and shows the lines that differ.
fn pretty_equal(expected: &str, found: &str, when: &str) {
    let lines = |a: &str, b: &str| a.lines().filter(|line| !b.contains(line)).collect::<Vec<_>>().join("\n");
    let (missing, extra) = (lines(expected, found), lines(found, expected));
    assert!(expected == found, "{when}\nmissing:\n{missing}\nextra:\n{extra}\n\nfound:\n{found}");
}

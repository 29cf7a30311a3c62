use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::domain::event::{Actor, Change, Event, ForgeKind, Nature, Repository, Thread};
use crate::domain::names::{BranchName, Moment, Number, RepoPath, Sha, UserName};
use crate::test_log;

const SECOND: Duration = Duration::from_secs(1);
const LIMITS: Limits = Limits { concurrency: 8, deliveries: 1_000, bytes: BYTES };

/// Takes a second for each delivery and ends it as `end` says; notes the ids in the order in which they were started.
struct Fake<F> {
    started: Mutex<Vec<String>>,
    running: AtomicUsize,
    most_at_once: AtomicUsize,
    end: F,
}

impl<F: Fn(&Delivery, u32) -> Outcome + Send + Sync + 'static> Work for Fake<F> {
    async fn handle(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        self.started.lock().unwrap().push(delivery.id.clone());
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(running, Ordering::SeqCst);
        sleep(SECOND).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        (self.end)(delivery, attempt)
    }
}

impl<F> Fake<F> {
    fn started(&self) -> String {
        self.started.lock().unwrap().join(" ")
    }
}

fn lanes<F>(limits: Limits, end: F) -> (Lanes<Arc<Fake<F>>>, Arc<Fake<F>>)
where
    F: Fn(&Delivery, u32) -> Outcome + Send + Sync + 'static,
{
    let started = Mutex::default();
    let fake = Arc::new(Fake { started, running: AtomicUsize::default(), most_at_once: AtomicUsize::default(), end });
    (Lanes::new(fake.clone(), limits), fake)
}

fn done(_: &Delivery, _: u32) -> Outcome {
    Outcome::Done
}

fn delivery(repository: u64, id: &str, event: Event) -> Delivery {
    let path = RepoPath::parse(&format!("acme/app{repository}")).unwrap();
    let repository = Repository { forge: ForgeKind::GitHub, id: repository, path, default_branch: None, tenant: None };
    Delivery { id: id.to_owned(), repository, actor: Actor { name: UserName::parse("ada").unwrap(), nature: Nature::Person }, event }
}

fn sha() -> Sha {
    Sha::parse(&"a1".repeat(20)).unwrap()
}

fn push(repository: u64, id: &str) -> Delivery {
    let branch = BranchName::parse("main").unwrap();
    delivery(repository, id, Event::Push { branch, before: sha(), after: sha(), commits: None })
}

fn comment(id: &str, body: &str) -> Delivery {
    delivery(1, id, Event::Comment { thread: Thread::ChangeRequest(Number(7)), id: 1, body: body.to_owned() })
}

fn request(id: &str, number: u64, change: Change) -> Delivery {
    delivery(
        1,
        id,
        Event::ChangeRequest {
            number: Number(number),
            change,
            head: sha(),
            branch: None,
            base: None,
            labels: BTreeSet::new(),
            at: Moment(0),
        },
    )
}

async fn accept_all(queue: &impl Queue, deliveries: impl IntoIterator<Item = Delivery>) -> Vec<Result<Receipt, Full>> {
    let mut receipts = Vec::new();
    for delivery in deliveries {
        receipts.push(queue.accept(delivery).await);
    }
    receipts
}

async fn drained(lanes: &Lanes<impl Work>) {
    assert_eq!(lanes.drain(Instant::now() + Duration::from_hours(1)).await, Left::default());
}

#[tokio::test(start_paused = true)]
async fn deliveries_of_one_repository_run_in_order_and_one_at_a_time() {
    let (lanes, fake) = lanes(LIMITS, done);
    accept_all(&lanes, ["a", "b", "c", "d"].map(|id| push(1, id))).await;
    drained(&lanes).await;
    assert_eq!(fake.started(), "a b c d");
    assert_eq!(fake.most_at_once.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn repositories_take_turns_so_that_a_flood_delays_nobody_else() {
    let (lanes, fake) = lanes(Limits { concurrency: 1, ..LIMITS }, done);
    accept_all(&lanes, ["f1", "f2", "f3", "f4", "f5"].map(|id| push(1, id))).await;
    accept_all(&lanes, [push(2, "a1"), push(2, "a2"), push(3, "b1"), push(3, "b2")]).await;
    drained(&lanes).await;
    assert_eq!(fake.started(), "f1 a1 b1 f2 a2 b2 f3 f4 f5");
}

#[tokio::test(start_paused = true)]
async fn no_more_lanes_run_at_once_than_allowed() {
    let (lanes, fake) = lanes(Limits { concurrency: 3, ..LIMITS }, done);
    accept_all(&lanes, (0..20).map(|n| push(n % 10, &n.to_string()))).await;
    drained(&lanes).await;
    assert_eq!(fake.most_at_once.load(Ordering::SeqCst), 3);
    assert_eq!(fake.started.lock().unwrap().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn of_waiting_re_evaluations_of_a_change_request_only_the_last_runs() {
    let (lanes, fake) = lanes(LIMITS, done);
    let burst = [("r", 7), ("a", 7), ("other", 8), ("b", 7), ("c", 7)].map(|(id, number)| request(id, number, Change::Updated));
    let receipts = accept_all(&lanes, burst).await;
    assert_eq!(receipts, [Receipt::Queued, Receipt::Queued, Receipt::Queued, Receipt::Coalesced, Receipt::Coalesced].map(Ok));
    drained(&lanes).await;
    assert_eq!(fake.started(), "r other c");
}

#[tokio::test(start_paused = true)]
async fn comments_and_merges_are_never_dropped() {
    let (lanes, fake) = lanes(LIMITS, done);
    accept_all(&lanes, [request("open", 7, Change::Opened), comment("c1", "/slipway help"), request("m1", 7, Change::Merged)]).await;
    accept_all(&lanes, [comment("c2", "/slipway help"), request("edit", 7, Change::Edited), request("m2", 7, Change::Merged)]).await;
    drained(&lanes).await;
    assert_eq!(fake.started(), "open c1 m1 c2 edit m2");
}

#[tokio::test(start_paused = true)]
async fn a_queue_with_its_number_of_deliveries_is_full_until_one_is_done() {
    let (lanes, _) = lanes(Limits { deliveries: 2, ..LIMITS }, done);
    let receipts = accept_all(&lanes, ["a", "b", "c"].map(|id| push(1, id))).await;
    assert_eq!(receipts, [Ok(Receipt::Queued), Ok(Receipt::Queued), Err(Full)]);
    assert!(!lanes.has_room());
    sleep(SECOND + SECOND / 2).await;
    assert!(lanes.has_room());
    assert_eq!(lanes.accept(push(1, "c")).await, Ok(Receipt::Queued));
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_full_by_the_weight_of_its_comments_too() {
    let (lanes, _) = lanes(Limits { bytes: 10_000, ..LIMITS }, done);
    let long = "x".repeat(5_000);
    let receipts = accept_all(&lanes, [comment("a", &long), comment("b", &long), comment("c", "short")]).await;
    assert_eq!(receipts, [Ok(Receipt::Queued), Err(Full), Ok(Receipt::Queued)]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_still_replaces_a_re_evaluation() {
    let (lanes, fake) = lanes(Limits { deliveries: 2, ..LIMITS }, done);
    let receipts = accept_all(&lanes, ["a", "b", "c"].map(|id| request(id, 7, Change::Updated))).await;
    assert_eq!(receipts, [Receipt::Queued, Receipt::Queued, Receipt::Coalesced].map(Ok));
    drained(&lanes).await;
    assert_eq!(fake.started(), "a c");
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_waits_for_another_attempt_delays_no_other() {
    let again_once = |delivery: &Delivery, attempt| match (delivery.repository.id, attempt) {
        (1, 1) => Outcome::Again { after: 60 * SECOND, why: "rate limit".to_owned() },
        _ => Outcome::Done,
    };
    let (lanes, fake) = lanes(Limits { concurrency: 1, ..LIMITS }, again_once);
    accept_all(&lanes, [push(1, "slow"), push(2, "a"), push(2, "b"), push(2, "c")]).await;
    sleep(10 * SECOND).await;
    assert_eq!(fake.started(), "slow a b c");
    accept_all(&lanes, [push(1, "behind")]).await;
    drained(&lanes).await;
    assert_eq!(fake.started(), "slow a b c slow behind behind");
}

#[tokio::test(start_paused = true)]
async fn a_re_evaluation_that_waits_for_another_attempt_is_replaced_but_its_repository_still_waits() {
    let again = |delivery: &Delivery, _| match delivery.id.as_str() {
        "old" => Outcome::Again { after: 60 * SECOND, why: "rate limit".to_owned() },
        _ => Outcome::Done,
    };
    let (lanes, fake) = lanes(LIMITS, again);
    accept_all(&lanes, [request("old", 7, Change::Updated)]).await;
    sleep(10 * SECOND).await;
    assert_eq!(lanes.accept(request("new", 7, Change::Updated)).await, Ok(Receipt::Coalesced));
    sleep(10 * SECOND).await;
    assert_eq!(fake.started(), "old");
    drained(&lanes).await;
    assert_eq!(fake.started(), "old new");
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_given_up_after_ten_attempts_and_may_be_delivered_again() {
    let (lanes, fake) = lanes(LIMITS, |_, _| Outcome::Again { after: SECOND, why: "502".to_owned() });
    accept_all(&lanes, [push(1, "a")]).await;
    sleep(100 * SECOND).await;
    assert_eq!(fake.started(), ["a"; 10].join(" "));
    assert_eq!(lanes.accept(push(1, "a")).await, Ok(Receipt::Queued));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_contained_reported_and_not_tried_again() {
    test_log::capture();
    let (lanes, fake) = lanes(LIMITS, |delivery, _| match delivery.id.as_str() {
        "bad" => panic!("no such fact"),
        _ => Outcome::Done,
    });
    accept_all(&lanes, [push(1, "bad"), push(1, "good")]).await;
    drained(&lanes).await;
    assert_eq!(fake.started(), "bad good");
    let text = test_log::text();
    let line = text.lines().find(|line| line.contains("panicked")).unwrap();
    for part in ["ERROR", "delivery=bad", "repository=acme/app1", "event=push to main", "no such fact"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(metrics::render().lines().any(|line| line.starts_with("slipway_panics_total") && !line.ends_with(" 0")));
    assert_eq!(lanes.0.schedule().waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_waits_runs_or_was_done_is_a_duplicate() {
    let (lanes, fake) = lanes(LIMITS, done);
    accept_all(&lanes, [push(1, "a"), push(1, "b")]).await;
    assert_eq!(accept_all(&lanes, [push(1, "a"), push(1, "b")]).await, [Ok(Receipt::Duplicate); 2]);
    sleep(10 * SECOND).await;
    assert_eq!(accept_all(&lanes, [push(1, "a"), push(1, "b")]).await, [Ok(Receipt::Duplicate); 2]);
    sleep(600 * SECOND).await;
    assert_eq!(lanes.accept(push(1, "a")).await, Ok(Receipt::Queued));
    assert_eq!(fake.started(), "a b");
}

#[tokio::test(start_paused = true)]
async fn a_refused_failed_or_panicked_delivery_runs_again_when_delivered_again() {
    let (lanes, fake) = lanes(LIMITS, |delivery, _| match delivery.id.as_str() {
        "refused" => Outcome::Refused,
        "failed" => Outcome::Failed { why: "gone".to_owned() },
        _ => panic!("as planned"),
    });
    for _ in 0..2 {
        let receipts = accept_all(&lanes, [push(1, "refused"), push(2, "failed"), push(3, "panicked")]).await;
        assert_eq!(receipts, [Ok(Receipt::Queued); 3]);
        sleep(2 * SECOND).await;
    }
    assert_eq!(fake.started(), "refused failed panicked refused failed panicked");
}

#[tokio::test(start_paused = true)]
async fn draining_finishes_what_was_accepted_and_accepts_nothing_more() {
    let (lanes, fake) = lanes(LIMITS, done);
    accept_all(&lanes, [push(1, "a"), push(1, "b")]).await;
    let (left, late) = tokio::join!(lanes.drain(Instant::now() + 10 * SECOND), lanes.accept(push(1, "late")));
    assert_eq!((left, late), (Left::default(), Err(Full)));
    assert!(!lanes.has_room());
    assert_eq!(fake.started(), "a b");
}

#[tokio::test(start_paused = true)]
async fn draining_says_what_the_deadline_left() {
    let (lanes, fake) = lanes(LIMITS, done);
    accept_all(&lanes, [push(1, "a"), push(1, "b"), push(1, "c")]).await;
    let left = lanes.drain(Instant::now() + SECOND + SECOND / 2).await;
    assert_eq!(left, Left { waiting: vec!["c (acme/app1, push to main, now a1a1a1a1a1)".to_owned()], running: 1 });
    sleep(10 * SECOND).await;
    assert_eq!(fake.started(), "a b");
}

#[tokio::test(start_paused = true)]
async fn what_many_deliveries_lead_to_later_runs_once() {
    let end = |delivery: &Delivery, _: u32| match delivery.id.as_str() {
        "wake" => Outcome::Done,
        _ => Outcome::Led { to: vec![(60 * SECOND, push(1, "wake"))] },
    };
    let (queue, fake) = lanes(LIMITS, end);
    accept_all(&queue, [push(1, "a"), push(1, "b"), push(1, "c")]).await;
    sleep(100 * SECOND).await;
    assert_eq!(fake.started(), "a b c wake");
}

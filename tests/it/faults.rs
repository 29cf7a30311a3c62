//! What goes wrong between Slipway and a forge: the end is the same as without it, or is told with what to do about it.

use std::time::Duration;

use futures::future::join_all;
use slipway::engine::Resolve;
use slipway::sandbox::{Effect, Fault, Kind, Matching, Merge};
use slipway::settings::Settings;

use crate::support::{POLICY, World, on_both, world};

/// A change request breaks the policy, is repaired, merged and released.
async fn play(world: &World) {
    let number = world.open("feature/login", "main", "Add login");
    world.settle().await;
    world.repository.retitle(number, "feat: add login").unwrap();
    world.settle().await;
    world.repository.merge(number, "max", Merge::Squash).unwrap();
    world.repository.tag("v1.1.0", "main").unwrap();
    world.settle().await;
}

/// Plays with the faults and without, and compares what is to be seen in the end.
async fn ends_alike<const N: usize>(kind: Kind, faults: [Fault; N]) -> World {
    let (calm, rough) = (world(kind, POLICY).await, world(kind, POLICY).await);
    for fault in faults {
        rough.sandbox.inject(fault);
    }
    futures::join!(play(&calm), play(&rough));
    assert_eq!(calm.sandbox.snapshot(), rough.sandbox.snapshot(), "{kind}: {:#?}", rough.told());
    rough
}

fn once(method: &str, path: &str, effect: Effect) -> Fault {
    Fault { on: Matching::Calls { method: method.to_owned(), path_contains: path.to_owned() }, effect, times: 1 }
}

/// What each forge calls the change request, its comments, the check and the release, in a path.
fn words(kind: Kind) -> [&'static str; 4] {
    match kind {
        Kind::GitHub => ["/graphql", "/comments", "/check-runs", "/releases"],
        Kind::GitLab => ["/merge_requests/1", "/notes", "/statuses/", "/releases"],
    }
}

/// How the change request is asked for.
fn reading(kind: Kind) -> &'static str {
    if kind == Kind::GitHub { "POST" } else { "GET" }
}

fn statuses(world: &World, method: &str, path: &str) -> Vec<u16> {
    world.sandbox.calls().iter().filter(|call| call.method == method && call.path.ends_with(path)).map(|call| call.status).collect()
}

/// How often the first delivery about the change request was worked on.
fn attempts(world: &World) -> usize {
    world.told().iter().filter(|told| told.contains("change request 1 opened")).count()
}

#[tokio::test]
async fn a_read_that_fails_is_tried_again_at_once() {
    on_both(|kind| async move {
        let [request, ..] = words(kind);
        let world = ends_alike(kind, [Fault { times: 2, ..once(reading(kind), request, Effect::BadGateway) }]).await;
        assert_eq!(statuses(&world, reading(kind), request)[..3], [502, 502, 200], "{kind}");
        assert_eq!(attempts(&world), 1, "{kind}: the delivery did not have to wait in its lane");
    })
    .await;
}

#[tokio::test]
async fn a_write_that_fails_is_tried_again_with_all_that_belongs_to_it() {
    on_both(|kind| async move {
        let [_, _, check, _] = words(kind);
        let world = ends_alike(kind, [once("POST", check, Effect::BadGateway)]).await;
        assert_eq!(world.calls("POST", check)[..2].iter().map(|call| call.status).collect::<Vec<_>>(), [502, 201], "{kind}");
        assert_eq!(attempts(&world), 2, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_write_doubles_nothing() {
    on_both(|kind| async move {
        let [_, comments, check, releases] = words(kind);
        let each = [comments, check, releases].map(|path| async move {
            let world = ends_alike(kind, [once("POST", path, Effect::LostAnswer)]).await;
            let written = world.calls("POST", path);
            assert_eq!(written[0].status, 0, "{kind}: {written:?}");
            assert_eq!((world.said(1).len(), world.repository.releases().len()), (2, 1), "{kind} {path}");
        });
        join_all(each).await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_connection_is_tried_again() {
    on_both(|kind| async move {
        let [request, comments, ..] = words(kind);
        let (read, written) = futures::join!(
            ends_alike(kind, [once(reading(kind), request, Effect::Refused)]),
            ends_alike(kind, [once("POST", comments, Effect::Refused)]),
        );
        assert_eq!((attempts(&read), attempts(&written)), (1, 2), "{kind}: a write is not sent again by itself");
    })
    .await;
}

#[tokio::test]
async fn a_slow_forge_is_waited_for() {
    on_both(|kind| async move {
        let delay = Effect::Delay(Duration::from_millis(30));
        let world = ends_alike(kind, [Fault { on: Matching::Any, effect: delay, times: u32::MAX }]).await;
        assert_eq!(attempts(&world), 1, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_expired_midway_is_replaced_once() {
    let world = ends_alike(Kind::GitHub, [once("POST", "/comments", Effect::ExpiredToken)]).await;
    assert_eq!(world.calls("POST", "/access_tokens").len(), 2);
    assert_eq!(world.calls("POST", "/issues/1/comments").iter().map(|call| call.status).collect::<Vec<_>>(), [401, 201, 201]);
    assert_eq!(attempts(&world), 1);
}

/// GitLab's token is set by a person, so only a person can renew it.
#[tokio::test]
async fn a_static_token_that_expired_is_told() {
    let world = world(Kind::GitLab, POLICY).await;
    world.fault(("GET", "/merge_requests/"), Effect::ExpiredToken, u32::MAX);
    world.open("develop", "main", "Add login");
    world.settle().await;
    let told = world.told().join("\n");
    assert!(told.contains("401, invalid_token") && told.contains("Check the token's scopes"), "{told}");
    assert!(world.sandbox.calls().iter().all(|call| !call.is_write));
}

#[tokio::test]
async fn a_secondary_rate_limit_delays_its_repository_and_no_other() {
    on_both(|kind| async move {
        let [_, _, check, _] = words(kind);
        let mut world = world(kind, POLICY).await;
        let one_at_a_time = Settings { concurrency: 1, ..world.settings.clone() };
        world.restart_as(one_at_a_time, Resolve::Apply).await;
        let other = world.sandbox.repository(kind, "acme/other", &[("slipway.toml", POLICY)]).unwrap();
        world.open("develop", "main", "Add login");
        other.branch("develop", "main").unwrap();
        other.commit("develop", "dana", "Add logout", &[("a", "a")]).unwrap();
        other.open("dana", "develop", "main", "Add logout").unwrap();
        world.fault(("POST", check), Effect::SecondaryRateLimit { retry_after: 1 }, 1);
        for delivery in world.sandbox.take_deliveries() {
            assert_eq!(world.post(&delivery).await / 100, 2, "{}", delivery.summary);
        }
        world.idle().await;
        let told = world.told();
        let told: Vec<_> = told.iter().filter(|told| told.contains("opened")).collect();
        assert_eq!(told.len(), 3, "{kind}: {told:#?}");
        assert!(told[0].starts_with("acme/app") && told[0].contains("rate limit reached, free again in 1 s"), "{kind}: {told:#?}");
        assert!(told[1].starts_with("acme/other") && !told[1].contains("FAILED"), "{kind}: {told:#?}");
        assert!(told[2].starts_with("acme/app") && !told[2].contains("FAILED"), "{kind}: {told:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_rate_limit_that_ends_soon_is_waited_for() {
    on_both(|kind| async move {
        let [request, ..] = words(kind);
        let world = ends_alike(kind, [once(reading(kind), request, Effect::PrimaryRateLimit { reset_in: 1 })]).await;
        // GraphQL tells of it with status 200.
        let limited = if kind == Kind::GitHub { 200 } else { 429 };
        assert_eq!(statuses(&world, reading(kind), request)[..2], [limited, 200], "{kind}");
        assert_eq!(attempts(&world), 1, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_change_request_that_is_gone_is_given_up() {
    on_both(|kind| async move {
        let [request, comments, ..] = words(kind);
        let world = world(kind, POLICY).await;
        let on = match kind {
            Kind::GitHub => Matching::Asking("pullRequest(number".to_owned()),
            Kind::GitLab => Matching::Calls { method: "GET".to_owned(), path_contains: request.to_owned() },
        };
        world.sandbox.inject(Fault { on, effect: Effect::Status(404), times: 1 });
        world.fault(("POST", comments), Effect::Status(404), 1);
        let number = world.open("develop", "main", "Add login");
        world.settle().await;
        let told = world.told().join("\n");
        assert!(told.contains("the change request is gone"), "{kind}: {told}");
        assert!(world.sandbox.calls().iter().all(|call| !call.is_write), "{kind}");
        // Or it goes while it is being judged.
        world.repository.retitle(number, "Add logout").unwrap();
        world.settle().await;
        let told = world.told();
        let told = told.iter().find(|told| told.contains("edited")).unwrap();
        assert!(told.contains("FAILED") && told.contains("not found, or not visible to Slipway"), "{kind}: {told}");
        assert_eq!(world.calls("POST", comments).len(), 1, "{kind}: it is not tried again");
    })
    .await;
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named_and_not_asked_for_again() {
    on_both(|kind| async move {
        let [_, comments, ..] = words(kind);
        let world = world(kind, POLICY).await;
        world.fault(("POST", comments), Effect::Status(403), u32::MAX);
        let number = world.open("develop", "main", "Add login");
        world.settle().await;
        let told = world.told().join("\n");
        let remedy = "403, Forbidden. Check the token's scopes or the App's permissions on this repository";
        assert!(told.contains(remedy), "{kind}: {told}");
        assert_eq!((world.calls("POST", comments).len(), world.said(number).len()), (1, 0), "{kind}");
    })
    .await;
}

//! What a forge, a load balancer and an administrator get to see of a running bot, before any delivery is worked on.

mod process;

use std::time::Duration;

use slipway::engine::Resolve;
use slipway::sandbox::{Delivery, Effect, Kind};
use slipway::settings::Settings;

use crate::support::{POLICY, World, on_both, world};

/// The delivery that tells of a new change request.
fn opened(world: &World, head: &str) -> Delivery {
    world.open(head, "main", "Add login");
    let deliveries = world.sandbox.take_deliveries();
    deliveries.into_iter().find(|delivery| ["pull_request", "Merge Request Hook"].contains(&delivery.event.as_str())).unwrap()
}

fn without(delivery: &Delivery, header: &str) -> Delivery {
    let mut other = delivery.clone();
    other.headers.retain(|(name, _)| name != header);
    other
}

fn with(delivery: &Delivery, header: &str, value: &str) -> Delivery {
    let mut other = without(delivery, header);
    other.headers.push((header.to_owned(), value.to_owned()));
    other
}

/// As it comes from an instance that signs nothing.
fn by_token_only(delivery: &Delivery) -> Delivery {
    without(delivery, "webhook-signature")
}

#[tokio::test]
async fn a_delivery_that_comes_again_is_a_duplicate_and_does_nothing() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        let delivery = opened(&world, "develop");
        let (status, answer) = world.answer(&delivery).await;
        assert_eq!((status, answer), (202, format!(r#"{{"status":"queued","delivery":"{}"}}"#, delivery.id)), "{kind}");
        world.idle().await;
        let (calls, told) = (world.sandbox.calls().len(), world.told().len());
        assert_eq!(world.answer(&delivery).await, (200, r#"{"status":"duplicate"}"#.to_owned()), "{kind}");
        world.idle().await;
        assert_eq!((world.sandbox.calls().len(), world.told().len(), told), (calls, 0, 1), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_forged_delivery_is_refused_and_the_engine_is_not_told() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        let delivery = opened(&world, "develop");
        let mut tampered = delivery.clone();
        tampered.body.push(b' ');
        let forgeries = match kind {
            Kind::GitHub => vec![tampered, without(&delivery, "x-hub-signature-256"), with(&delivery, "x-hub-signature-256", "sha256=00")],
            Kind::GitLab => vec![
                tampered,
                with(&delivery, "webhook-timestamp", "1700000000"),
                with(&by_token_only(&delivery), "x-gitlab-token", "guessed"),
                without(&by_token_only(&delivery), "x-gitlab-token"),
            ],
        };
        for forged in &forgeries {
            assert_eq!(world.answer(forged).await, (401, r#"{"status":"forged"}"#.to_owned()), "{kind}");
        }
        world.idle().await;
        assert!(world.told().is_empty() && world.sandbox.calls().is_empty(), "{kind}");
        assert_eq!(world.post(&delivery).await, 202, "{kind}: a forgery does not use up the id");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_event_is_taken_with_the_reason_why_nothing_follows() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        let delivery = opened(&world, "develop");
        let (status, answer) = world.answer(&with(&delivery, &format!("x-{kind}-event"), "Solar Flare")).await;
        assert_eq!((status, answer.as_str()), (200, r#"{"status":"ignored","reason":"unknown event \"Solar Flare\""}"#), "{kind}");
        world.idle().await;
        assert!(world.told().is_empty(), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn a_malformed_body_is_refused_with_the_field() {
    let world = world(Kind::GitLab, POLICY).await;
    let mut delivery = by_token_only(&opened(&world, "develop"));
    delivery.body = br#"{"object_attributes": {"iid": "seven"}}"#.to_vec();
    let (status, answer) = world.answer(&delivery).await;
    assert!(status == 400 && answer.contains("field object_attributes.iid, line 1"), "{status} {answer}");
    delivery.body = b"{".to_vec();
    let (status, answer) = world.answer(&delivery).await;
    assert!(status == 400 && answer.contains(r#""status":"malformed""#), "{status} {answer}");
}

#[tokio::test]
async fn a_gitlab_delivery_is_believed_by_its_token_or_by_its_signature() {
    let world = world(Kind::GitLab, POLICY).await;
    let by_token = by_token_only(&opened(&world, "develop"));
    let by_signature = without(&opened(&world, "staging"), "x-gitlab-token");
    assert_eq!((world.post(&by_token).await, world.post(&by_signature).await), (202, 202));
    world.idle().await;
    assert_eq!((world.said(1).len(), world.said(2).len()), (1, 1));
}

#[tokio::test]
async fn health_readiness_and_metrics_are_shown() {
    let world = world(Kind::GitHub, POLICY).await;
    world.deliver(&opened(&world, "develop")).await;
    let get = async |path: &str| {
        let answer = world.client.get(format!("http://{}{path}", world.address())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(get("/readyz").await, (200, "ready\n".to_owned()));
    let (status, metrics) = get("/metrics").await;
    assert_eq!(status, 200);
    for name in
        ["slipway_deliveries_total{forge=\"github\",outcome=\"queued\"}", "slipway_delivery_seconds_bucket", "slipway_panics_total 0"]
    {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
}

#[tokio::test]
async fn a_bot_that_is_stopped_with_work_left_says_what() {
    on_both(|kind| async move {
        let mut world = world(kind, POLICY).await;
        let hasty = Settings { drain: Duration::from_millis(50), ..world.settings.clone() };
        world.restart_as(hasty, Resolve::Apply).await;
        world.fault(("GET", ""), Effect::Delay(Duration::from_secs(10)), u32::MAX);
        let (first, second) = (opened(&world, "develop"), opened(&world, "staging"));
        assert_eq!((world.post(&first).await, world.post(&second).await), (202, 202), "{kind}");
        let left = world.stop().await;
        assert_eq!((left.running, left.waiting.len()), (1, 1), "{kind}");
        assert!(left.waiting[0].contains(&second.id) && left.waiting[0].contains("acme/app"), "{kind}: {left:?}");
    })
    .await;
}

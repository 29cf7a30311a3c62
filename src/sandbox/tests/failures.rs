//! Faults, and what a client sees of them.

use std::time::Duration;

use super::*;
use crate::sandbox::{Effect, Fault, Matching};

fn once(on: Matching, effect: Effect) -> Fault {
    Fault { on, effect, times: 1 }
}

fn comments() -> Matching {
    Matching::Calls { method: "POST".to_owned(), path_contains: "/comments".to_owned() }
}

async fn staged_issue() -> (Stage, String) {
    let stage = stage().await;
    let issue = stage.repo.open_issue("ann", "Bug").unwrap();
    (stage, format!("/issues/{issue}/comments"))
}

#[tokio::test]
async fn answers_turn_into_failures_as_often_as_asked() {
    let (stage, path) = staged_issue().await;
    stage.sandbox.inject(once(comments(), Effect::BadGateway));
    assert_eq!(stage.bot.get(&path).await.status, 200);
    assert_eq!(stage.bot.post(&path, json!({"body": "x"})).await.status, 502);
    assert_eq!(stage.bot.get(&path).await.len(), 0);
    assert_eq!(stage.bot.post(&path, json!({"body": "x"})).await.status, 201);
    stage.sandbox.inject(once(Matching::Any, Effect::ExpiredToken));
    assert_eq!(stage.bot.get("").await.status, 401);
    stage.sandbox.inject(once(Matching::Any, Effect::Status(503)));
    assert_eq!(stage.bot.get("").await.status, 503);
}

#[tokio::test]
async fn rate_limits_say_when_to_come_back() {
    let (stage, _) = staged_issue().await;
    stage.sandbox.inject(once(Matching::Any, Effect::SecondaryRateLimit { retry_after: 7 }));
    let secondary = stage.bot.get("").await;
    assert_eq!((secondary.status.as_u16(), &secondary.headers["retry-after"]), (403, &"7".parse().unwrap()));
    stage.sandbox.inject(once(Matching::Any, Effect::PrimaryRateLimit { reset_in: 60 }));
    let primary = stage.bot.get("").await;
    assert_eq!((primary.status.as_u16(), &primary.headers["x-ratelimit-remaining"]), (403, &"0".parse().unwrap()));
}

#[tokio::test]
async fn a_lost_answer_takes_effect_and_a_refused_call_does_not() {
    let (stage, path) = staged_issue().await;
    let full = format!("/repos/acme/app{path}");
    for (effect, comments) in [(Effect::LostAnswer, 1), (Effect::Refused, 1)] {
        stage.sandbox.inject(once(Matching::Writes, effect));
        let failed = stage.bot.send(&stage.bot.token, Method::POST, &full, Some(json!({"body": "x"}))).await;
        assert!(failed.is_err());
        assert_eq!(stage.bot.get(&path).await.len(), comments);
    }
    let writes: Vec<_> = stage.sandbox.calls().into_iter().filter(|call| call.is_write).collect();
    assert_eq!(writes.iter().map(|call| call.status).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(writes[0].path, full);
}

#[tokio::test]
async fn the_world_can_end_after_so_many_calls() {
    let (stage, _) = staged_issue().await;
    stage.sandbox.forget_calls();
    stage.sandbox.inject(Fault { on: Matching::After(2), effect: Effect::Refused, times: u32::MAX });
    let mut answered = Vec::new();
    for _ in 0..4 {
        answered.push(stage.bot.send(&stage.bot.token, Method::GET, "/repos/acme/app", None).await.is_ok());
    }
    assert_eq!(answered, [true, true, false, false]);
    stage.sandbox.clear_faults();
    assert_eq!(stage.bot.get("").await.status, 200);
    assert_eq!(stage.sandbox.calls().len(), 5);
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let (stage, _) = staged_issue().await;
    stage.sandbox.inject(once(Matching::Any, Effect::Delay(Duration::from_millis(120))));
    let asked = std::time::Instant::now();
    assert_eq!(stage.bot.get("").await.status, 200);
    assert!(asked.elapsed() >= Duration::from_millis(120));
}

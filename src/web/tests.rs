use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures::stream;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Request};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use super::body::LIMIT;
use super::*;
use crate::domain::event::Delivery;
use crate::queue::{Full, Receipt};
use crate::settings::Secret;
use crate::test_log;

const SECRET: &str = "a webhook secret";
const PUSH: &str = r#"{"ref":"refs/heads/main","before":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    "after":"b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2","repository":{"id":1,"full_name":"acme/app"},
    "sender":{"login":"ada","type":"User"},"installation":{"id":2}}"#;

/// Notes what it accepts, and gives every delivery the same receipt.
struct Recorder {
    accepted: Mutex<Vec<Delivery>>,
    receipt: Result<Receipt, Full>,
}

impl Queue for Recorder {
    async fn accept(&self, delivery: Delivery) -> Result<Receipt, Full> {
        assert_ne!(delivery.id, "panic", "as planned");
        self.accepted.lock().unwrap().push(delivery);
        self.receipt
    }

    fn has_room(&self) -> bool {
        self.receipt.is_ok()
    }
}

fn secret() -> Vec<Secret> {
    vec![Secret::from(SECRET)]
}

fn nothing() -> timetable::Show {
    Arc::new(|_| Box::pin(ready(Ok(None))))
}

fn app(receipt: Result<Receipt, Full>) -> (Router, Arc<Recorder>, CancellationToken) {
    let queue = Arc::new(Recorder { accepted: Mutex::default(), receipt });
    let stopping = CancellationToken::new();
    let router = router(App {
        queue: queue.clone(),
        github: Some(GithubKeys::new(secret())),
        gitlab: Some(GitlabKeys::new(secret(), vec![]).unwrap()),
        body_budget: LIMIT as usize,
        timetables: nothing(),
        stopping: stopping.clone(),
    });
    (router, queue, stopping)
}

fn github(kind: &str, signed: &str, body: impl Into<Body>) -> Request<Body> {
    let mut code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    code.update(signed.as_bytes());
    let request = Request::post("/webhooks/github").header("X-GitHub-Event", kind).header("X-GitHub-Delivery", "d-1");
    let code = Bytes::copy_from_slice(&code.finalize().into_bytes());
    request.header("X-Hub-Signature-256", format!("sha256={code:x}")).body(body.into()).unwrap()
}

fn push() -> Request<Body> {
    github("push", PUSH, PUSH)
}

/// GitLab's token is proof enough without hashing the body, which is slow in an unoptimised build.
fn gitlab(body: impl Into<Body>) -> Request<Body> {
    Request::post("/webhooks/gitlab").header("X-Gitlab-Token", SECRET).body(body.into()).unwrap()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn ask(router: &Router, request: Request<Body>) -> (u16, String, HeaderMap) {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
    (head.status.as_u16(), text, head.headers)
}

async fn answer(router: &Router, request: Request<Body>) -> (u16, String) {
    let (code, text, _) = ask(router, request).await;
    (code, text)
}

fn is(code: u16, text: &str) -> (u16, String) {
    (code, text.to_owned())
}

/// A body that says how long it is, and must not be asked for more.
struct Untouchable(u64);

impl HttpBody for Untouchable {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        panic!("the body was read")
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

/// A body of unknown length in chunks of a mebibyte.
fn chunks(count: u32) -> Body {
    let chunk = Bytes::from(vec![b' '; 1 << 20]);
    Body::from_stream(stream::iter((0..count).map(move |_| Ok::<_, io::Error>(chunk.clone()))))
}

fn endless() -> Body {
    Body::from_stream(stream::pending::<io::Result<Bytes>>())
}

#[tokio::test]
async fn a_signed_delivery_is_queued_as_the_event_it_tells_of() {
    let (router, queue, _) = app(Ok(Receipt::Queued));
    assert_eq!(answer(&router, push()).await, is(202, r#"{"status":"queued","delivery":"d-1"}"#));
    assert_eq!(queue.accepted.lock().unwrap()[0].event.to_string(), "push to main, now b2b2b2b2b2");
}

#[tokio::test]
async fn a_coalesced_or_doubled_delivery_is_answered_as_such() {
    let (router, ..) = app(Ok(Receipt::Coalesced));
    assert_eq!(answer(&router, push()).await, is(202, r#"{"status":"coalesced","delivery":"d-1"}"#));
    let (router, ..) = app(Ok(Receipt::Duplicate));
    assert_eq!(answer(&router, push()).await, is(200, r#"{"status":"duplicate"}"#));
}

#[tokio::test]
async fn an_event_that_no_rule_asks_about_is_ignored_with_the_reason() {
    let (router, queue, _) = app(Ok(Receipt::Queued));
    let (code, text) = answer(&router, github("star", "{}", "{}")).await;
    assert!(code == 200 && text.starts_with(r#"{"status":"ignored","reason":""#) && text.contains("star"), "{text}");
    assert!(queue.accepted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_malformed_delivery_is_answered_with_the_field() {
    let (router, ..) = app(Ok(Receipt::Queued));
    let body = PUSH.replace("\"acme/app\"", "7");
    let (code, text) = answer(&router, github("push", &body, body.clone())).await;
    assert!(code == 400 && text.starts_with(r#"{"status":"malformed","problem":""#) && text.contains("full_name"), "{text}");
}

#[tokio::test]
async fn a_forged_delivery_is_refused_before_it_is_parsed() {
    let (router, queue, _) = app(Ok(Receipt::Queued));
    assert_eq!(answer(&router, github("push", PUSH, "{ not JSON")).await, is(401, r#"{"status":"forged"}"#));
    assert!(queue.accepted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_forged_delivery_leaves_one_line_in_the_log() {
    test_log::capture();
    let (router, ..) = app(Ok(Receipt::Queued));
    answer(&router, github("push", PUSH, "{}")).await;
    let text = test_log::text();
    assert!(text.lines().count() == 1 && text.contains("WARN") && text.contains("reason="), "{text}");
}

#[tokio::test]
async fn a_missing_or_ill_formed_signature_is_refused_before_the_body_is_read() {
    let (router, ..) = app(Ok(Receipt::Queued));
    for (name, value) in [("X-Other", ""), ("X-Hub-Signature-256", "sha256=12"), ("X-Hub-Signature", "sha1=12")] {
        let request = Request::post("/webhooks/github").header(name, value).body(Body::new(Untouchable(8))).unwrap();
        assert_eq!(answer(&router, request).await, is(401, r#"{"status":"forged"}"#));
    }
    let request = Request::post("/webhooks/gitlab").header("X-Gitlab-Token", "wrong").body(Body::new(Untouchable(8))).unwrap();
    assert_eq!(answer(&router, request).await, is(401, r#"{"status":"forged"}"#));
}

#[tokio::test]
async fn a_full_queue_is_answered_with_503_and_when_to_come_again() {
    let (router, ..) = app(Err(Full));
    let (code, text, headers) = ask(&router, push()).await;
    assert_eq!((code, text.as_str()), (503, r#"{"status":"full"}"#));
    assert_eq!(headers["retry-after"], "10");
}

const TOO_LARGE: &str = r#"{"status":"too_large","limit":26214400}"#;

#[tokio::test]
async fn a_body_announced_as_too_large_is_refused_before_it_is_read() {
    let (router, ..) = app(Ok(Receipt::Queued));
    assert_eq!(answer(&router, gitlab(Body::new(Untouchable(u64::from(LIMIT) + 1)))).await, is(413, TOO_LARGE));
    assert_eq!(answer(&router, gitlab(Body::new(Untouchable(u64::MAX)))).await, is(413, TOO_LARGE));
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused_once_it_is_too_large() {
    let (router, ..) = app(Ok(Receipt::Queued));
    assert_eq!(answer(&router, gitlab(chunks(26))).await, is(413, TOO_LARGE));
    let (code, _) = answer(&router, gitlab(chunks(25))).await;
    assert_eq!(code, 400, "of the right size, but no GitLab event");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_takes_too_long_is_answered_with_408() {
    let (router, ..) = app(Ok(Receipt::Queued));
    let start = Instant::now();
    assert_eq!(answer(&router, gitlab(endless())).await, is(408, r#"{"status":"slow"}"#));
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_malformed() {
    let (router, ..) = app(Ok(Receipt::Queued));
    let broken = Body::from_stream(stream::iter([Ok("{"), Err(io::Error::other("reset"))]));
    assert_eq!(answer(&router, gitlab(broken)).await, is(400, r#"{"status":"malformed","problem":"the body broke off: reset"}"#));
}

fn large() -> Body {
    Body::from(vec![b' '; 1 << 20])
}

#[tokio::test(start_paused = true)]
async fn a_large_body_waits_for_memory_and_is_turned_away_after_five_seconds() {
    let (router, ..) = app(Ok(Receipt::Queued));
    let occupant = tokio::spawn({
        let router = router.clone();
        async move { answer(&router, gitlab(endless())).await }
    });
    sleep(Duration::from_secs(1)).await;
    let (code, text, headers) = ask(&router, gitlab(large())).await;
    assert_eq!((code, text.as_str()), (503, r#"{"status":"busy"}"#));
    assert_eq!(headers["retry-after"], "10");
    assert_eq!(answer(&router, gitlab(large())).await.0, 400, "the memory is free again after ten seconds");
    assert_eq!(occupant.await.unwrap().0, 408);
}

#[tokio::test(start_paused = true)]
async fn a_small_body_does_not_wait_for_large_ones() {
    let (router, ..) = app(Ok(Receipt::Queued));
    let occupant = tokio::spawn({
        let router = router.clone();
        async move { answer(&router, gitlab(endless())).await }
    });
    sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    assert_eq!(answer(&router, push()).await.0, 202);
    assert_eq!(start.elapsed().as_secs(), 0);
    occupant.abort();
}

#[tokio::test]
async fn a_forge_without_keys_says_which_setting_is_missing() {
    let queue = Arc::new(Recorder { accepted: Mutex::default(), receipt: Ok(Receipt::Queued) });
    let router =
        router(App { queue, github: None, gitlab: None, body_budget: 0, timetables: nothing(), stopping: CancellationToken::new() });
    for (request, setting) in [(push(), "SLIPWAY_GITHUB_WEBHOOK_SECRET"), (gitlab("{}"), "SLIPWAY_GITLAB_WEBHOOK_SECRET")] {
        let (code, text) = answer(&router, request).await;
        assert!(code == 404 && text.contains(setting), "{code} {text}");
    }
}

#[tokio::test]
async fn the_process_is_ready_while_it_can_take_a_delivery() {
    let (router, _, stopping) = app(Ok(Receipt::Queued));
    assert_eq!(answer(&router, get("/readyz")).await, is(200, "ready\n"));
    stopping.cancel();
    assert_eq!(answer(&router, get("/readyz")).await, is(503, "stopping\n"));
    assert_eq!(answer(&router, get("/healthz")).await, is(200, "alive\n"));
    let (router, ..) = app(Err(Full));
    assert_eq!(answer(&router, get("/readyz")).await, is(503, "the queue is full\n"));
}

#[tokio::test]
async fn every_answer_is_counted() {
    let (router, ..) = app(Ok(Receipt::Coalesced));
    answer(&router, push()).await;
    let (code, text, headers) = ask(&router, get("/metrics")).await;
    assert!(code == 200 && headers["content-type"] == "text/plain; version=0.0.4");
    let counted = |line: &str| line.starts_with(r#"slipway_deliveries_total{forge="github",outcome="coalesced"}"#) && !line.ends_with(" 0");
    assert!(text.lines().any(counted), "{text}");
    for name in ["# HELP slipway_deliveries_total", "slipway_panics_total", "slipway_body_bytes_in_flight"] {
        assert!(text.contains(name), "{name} is not in {text}");
    }
}

#[tokio::test]
async fn a_panic_in_a_request_is_answered_with_500() {
    let (router, ..) = app(Ok(Receipt::Queued));
    let mut request = push();
    request.headers_mut().insert("X-GitHub-Delivery", "panic".parse().unwrap());
    assert_eq!(answer(&router, request).await, is(500, r#"{"status":"panicked"}"#));
}

#[tokio::test]
async fn a_stopping_server_answers_the_open_request_and_takes_no_other() {
    let (router, _, stopping) = app(Ok(Receipt::Queued));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, router, stopping.clone()));
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /webhooks/gitlab HTTP/1.1\r\nHost: x\r\nX-Gitlab-Token: {SECRET}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut continued = [0; 25];
    client.read_exact(&mut continued).await.unwrap();
    stopping.cancel();
    while TcpStream::connect(address).await.is_ok() {}
    client.write_all(b"{}").await.unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
    server.await.unwrap();
}

//! The reference that Slipway is compared with: the honest minimum that the same libraries can do with a delivery.
//! Read the body, verify its signature, parse what matters into typed fields, answer 202; no limits, queue, metrics or logs.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sha2::Sha256;
use tokio::net::TcpListener;

type Key = Hmac<Sha256>;

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed, as any receiver must, but nothing is done with it")]
struct Payload {
    action: Option<String>,
    #[serde(rename = "ref")]
    name: Option<String>,
    after: Option<String>,
    repository: Repository,
    sender: Sender,
    pull_request: Option<PullRequest>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "as above")]
struct Repository {
    id: u64,
    full_name: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "as above")]
struct Sender {
    login: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "as above")]
struct PullRequest {
    number: u64,
}

pub async fn serve(address: SocketAddr, secret: &str) -> anyhow::Result<()> {
    let key = Key::new_from_slice(secret.as_bytes())?;
    let router = Router::new().route("/webhooks/github", post(receive)).layer(DefaultBodyLimit::max(25 << 20)).with_state(key);
    Ok(axum::serve(TcpListener::bind(address).await?, router).await?)
}

async fn receive(State(key): State<Key>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let claimed = headers.get("x-hub-signature-256").and_then(|value| unhex(value.as_bytes().strip_prefix(b"sha256=")?));
    if claimed.is_none_or(|claimed| key.chain_update(&body).verify_slice(&claimed).is_err()) {
        return StatusCode::UNAUTHORIZED;
    }
    match serde_json::from_slice::<Payload>(&body) {
        Ok(_) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

//! Webhooks: the outbox of signed deliveries, which either wait for a test to take them or are posted in order.
//!
//! A payload is made at the moment of the happening, as forges do it; what changes later does not show in it.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use super::{
    Hooks, Secrets, github, gitlab,
    happening::{Happening, Payload, What},
    record::Recorder,
    world::{Kind, Shared, World, lock},
};

/// The id of the App's webhook on GitHub and of each project's hook on GitLab.
pub const HOOK: u64 = 7101;

/// How long a forge waits for the answer to a delivery.
const PATIENCE: Duration = Duration::from_secs(10);

/// A signed webhook, ready to be posted.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub kind: Kind,
    /// The GUID. A redelivery carries the same.
    pub id: String,
    pub event: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub summary: String,
}

/// A line of the delivery log.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    pub kind: Kind,
    /// The number of this attempt in the forge's own log.
    pub number: u64,
    pub id: String,
    pub event: String,
    /// The payload's own `action`, if it has one.
    pub action: Option<String>,
    pub summary: String,
    pub repository: Option<u64>,
    pub delivered_at: Timestamp,
    pub redelivery: bool,
    /// None while it is not sent; 0 when there was no answer.
    pub status: Option<u16>,
}

/// All deliveries so far; those of `pending` and after are not taken or sent yet.
#[derive(Default)]
pub struct Outbox {
    hooks: Hooks,
    entries: Vec<(DeliveryRecord, Delivery)>,
    pending: usize,
    recorder: Option<Arc<Recorder>>,
    wake: Arc<Notify>,
}

impl Outbox {
    pub fn new(hooks: Hooks, recorder: Option<Arc<Recorder>>) -> Self {
        Self { hooks, recorder, ..Self::default() }
    }

    pub fn send_to(&mut self, hooks: Hooks) {
        self.hooks = hooks;
        self.wake.notify_one();
    }

    /// Where the webhooks of a forge go; nowhere while they are held.
    pub fn address(&self, kind: Kind) -> Option<&str> {
        match &self.hooks {
            Hooks::Held => None,
            Hooks::Sent { github, gitlab } => Some(if kind == Kind::GitHub { github } else { gitlab }),
        }
    }

    /// Hands out what waits, oldest first.
    pub fn take(&mut self) -> Vec<Delivery> {
        let waiting = self.entries.iter().skip(self.pending).map(|(_, delivery)| delivery.clone()).collect();
        self.pending = self.entries.len();
        waiting
    }

    /// Each attempt with what was or will be posted, oldest first.
    pub fn entries(&self) -> &[(DeliveryRecord, Delivery)] {
        &self.entries
    }

    /// Queues a delivery again, under the same GUID. None when there is no such attempt.
    pub fn redeliver(&mut self, number: u64, again: u64) -> Option<()> {
        let (record, delivery) = self.entries.iter().find(|(record, _)| record.number == number)?.clone();
        self.push(DeliveryRecord { number: again, redelivery: true, status: None, ..record }, delivery);
        Some(())
    }

    fn push(&mut self, record: DeliveryRecord, delivery: Delivery) {
        self.entries.push((record, delivery));
        self.wake.notify_one();
    }

    /// The next delivery to post, with its place in the log, and where it goes.
    fn next(&mut self) -> Option<(usize, Delivery, String)> {
        let place = self.pending;
        let (_, delivery) = self.entries.get(place)?;
        let next = (place, delivery.clone(), self.address(delivery.kind)?.to_owned());
        self.pending += 1;
        Some(next)
    }

    fn answered(&mut self, place: usize, status: u16) {
        if let Some((record, _)) = self.entries.get_mut(place) {
            record.status = Some(status);
        }
    }
}

impl World {
    /// Queues the webhook that the repository's forge sends for this, if it sends one.
    pub fn tell(&mut self, repository: u64, actor: &str, what: What) -> anyhow::Result<()> {
        self.meet(actor);
        let kind = self.repository(repository)?.kind;
        let happening = Happening { repository, actor: actor.to_owned(), what };
        let payload = match kind {
            Kind::GitHub => github::hooks::payload(self, &happening),
            Kind::GitLab => gitlab::hooks::payload(self, &happening),
        };
        if let Some(payload) = payload {
            self.queue(kind, repository, payload)?;
        }
        Ok(())
    }

    fn queue(&mut self, kind: Kind, repository: u64, payload: Payload) -> anyhow::Result<()> {
        if let Some(recorder) = &self.outbox.recorder {
            recorder.webhook(kind, payload.event, &payload.body);
        }
        let number = self.next_id();
        let (id, body) = (guid(number), payload.body.to_string().into_bytes());
        let headers = match kind {
            Kind::GitHub => github_headers(&self.secrets, payload.event, &id, &body)?,
            Kind::GitLab => gitlab_headers(self, payload.event, &id, &body)?,
        };
        let record = DeliveryRecord {
            kind,
            number,
            id: id.clone(),
            event: payload.event.to_owned(),
            action: payload.body.get("action").and_then(Value::as_str).map(str::to_owned),
            summary: payload.summary.clone(),
            repository: Some(repository),
            delivered_at: self.now(),
            redelivery: false,
            status: None,
        };
        let delivery = Delivery { kind, id, event: payload.event.to_owned(), headers, body, summary: payload.summary };
        self.outbox.push(record, delivery);
        Ok(())
    }
}

fn github_headers(secrets: &Secrets, event: &str, id: &str, body: &[u8]) -> anyhow::Result<Vec<(String, String)>> {
    let signature = hmac(secrets.github_webhook.as_bytes(), &[body])?;
    Ok(owned(vec![
        ("content-type", "application/json".to_owned()),
        ("user-agent", "GitHub-Hookshot/5a1d0b0".to_owned()),
        ("x-github-event", event.to_owned()),
        ("x-github-delivery", id.to_owned()),
        ("x-github-hook-id", HOOK.to_string()),
        ("x-github-hook-installation-target-id", secrets.app_id.to_string()),
        ("x-github-hook-installation-target-type", "integration".to_owned()),
        ("x-hub-signature-256", format!("sha256={}", hex(&signature))),
    ]))
}

fn gitlab_headers(world: &World, event: &str, id: &str, body: &[u8]) -> anyhow::Result<Vec<(String, String)>> {
    let key = world.secrets.gitlab_signing_token.trim_start_matches("whsec_");
    let timestamp = Timestamp::now().as_second().to_string();
    let signed: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let signature = STANDARD.encode(hmac(&STANDARD.decode(key)?, &signed)?);
    Ok(owned(vec![
        ("content-type", "application/json".to_owned()),
        ("user-agent", "GitLab/19.1.0".to_owned()),
        ("x-gitlab-event", event.to_owned()),
        ("x-gitlab-instance", format!("{}/gitlab", world.url)),
        ("x-gitlab-event-uuid", guid_of(&format!("event {id}"))),
        ("x-gitlab-webhook-uuid", guid_of(&format!("hook {id}"))),
        ("idempotency-key", id.to_owned()),
        ("x-gitlab-token", world.secrets.gitlab_webhook_token.clone()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", format!("v1,{signature}")),
    ]))
}

fn owned(headers: Vec<(&str, String)>) -> Vec<(String, String)> {
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> anyhow::Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// A GUID that depends on the number alone, so that runs can be compared.
fn guid(number: u64) -> String {
    guid_of(&format!("delivery {number}"))
}

fn guid_of(text: &str) -> String {
    let digest = hex(&Sha256::digest(text));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Posts deliveries in order, one after another, for as long as it is polled.
pub async fn send_all(world: Shared) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    let wake = Arc::clone(&lock(&world).outbox.wake);
    loop {
        let next = lock(&world).outbox.next();
        let Some((place, delivery, url)) = next else {
            wake.notified().await;
            continue;
        };
        let status = post(&client, &url, &delivery).await;
        tracing::debug!(%status, delivery = %delivery.summary, "webhook sent");
        lock(&world).outbox.answered(place, status);
    }
}

/// The status of the answer, or 0 when there was none.
async fn post(client: &reqwest::Client, url: &str, delivery: &Delivery) -> u16 {
    let request = client.post(url).body(delivery.body.clone());
    let request = delivery.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    match request.send().await {
        Ok(answer) => answer.status().as_u16(),
        Err(error) => {
            tracing::warn!("no answer to {}: {error}", delivery.summary);
            0
        }
    }
}

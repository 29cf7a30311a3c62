//! Recording of exchanges as JSON lines, so that they can be checked against the forges' published contracts.
//!
//! Many sandboxes of one process, and many processes, may share the file: each line is written whole, in append mode.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::Mutex,
};

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{
    api::decode,
    world::{Kind, lock},
};

pub struct Recorder {
    file: File,
}

/// One call and its answer.
pub struct Exchange<'a> {
    pub kind: Kind,
    pub method: &'a str,
    /// Without the prefix under which the sandbox has the dialect.
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub request: &'a [u8],
    pub status: u16,
    pub response: &'a [u8],
}

static WRITING: Mutex<()> = Mutex::new(());

impl Recorder {
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self { file: OpenOptions::new().create(true).append(true).open(path)? })
    }

    pub fn exchange(&self, exchange: &Exchange) {
        self.write(&json!({
            "forge": exchange.kind.to_string(),
            "method": exchange.method,
            "path": exchange.path,
            "query": exchange.query,
            "request_headers": headers_json(exchange.headers),
            "request_body": decode(exchange.headers, exchange.request),
            "status": exchange.status,
            "response_body": body_json(exchange.response),
        }));
    }

    pub fn webhook(&self, kind: Kind, event: &str, body: &Value) {
        if kind == Kind::GitHub {
            self.write(&json!({"forge": "github", "webhook": event, "body": body}));
        }
    }

    fn write(&self, line: &Value) {
        let _one_at_a_time = lock(&WRITING);
        if let Err(error) = (&self.file).write_all(format!("{line}\n").as_bytes()) {
            tracing::warn!("the exchange was not recorded: {error}");
        }
    }
}

/// The headers, with the credentials masked.
fn headers_json(headers: &HeaderMap) -> Value {
    let pairs = headers.iter().map(|(name, value)| {
        let secret = ["authorization", "private-token"].contains(&name.as_str());
        let text = if secret { "***" } else { value.to_str().unwrap_or_default() };
        (name.to_string(), Value::from(text))
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn body_json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

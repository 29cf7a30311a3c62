//! Recording of exchanges as JSON lines, so that they can be checked against the forges' published contracts.
//!
//! GraphQL has a contract of another kind, so its exchanges go to a file beside the other, with the ending `graphql`.
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
    github::GRAPH,
    world::{Kind, lock},
};

pub struct Recorder {
    file: File,
    graph: File,
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
        let append = |path: &Path| OpenOptions::new().create(true).append(true).open(path);
        Ok(Self { file: append(path)?, graph: append(&path.with_extension("graphql"))? })
    }

    pub fn exchange(&self, exchange: &Exchange) {
        let file = if exchange.path == GRAPH { &self.graph } else { &self.file };
        write(
            file,
            &json!({
                "forge": exchange.kind.to_string(),
                "method": exchange.method,
                "path": exchange.path,
                "query": exchange.query,
                "request_headers": headers_json(exchange.headers),
                "request_body": request_json(exchange),
                "status": exchange.status,
                "response_body": body_json(exchange.response),
            }),
        );
    }

    pub fn webhook(&self, kind: Kind, event: &str, body: &Value) {
        if kind == Kind::GitHub {
            write(&self.file, &json!({"forge": "github", "webhook": event, "body": body}));
        }
    }
}

fn write(mut file: &File, line: &Value) {
    let _one_at_a_time = lock(&WRITING);
    if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
        tracing::warn!("the exchange was not recorded: {error}");
    }
}

/// GitLab describes the body of a new commit as its own front end hands it on: whole, in a field `file`.
fn request_json(exchange: &Exchange) -> Value {
    match (exchange.kind, exchange.method, exchange.path.ends_with("/repository/commits")) {
        (Kind::GitLab, "POST", true) => json!({"file": String::from_utf8_lossy(exchange.request)}),
        _ => decode(exchange.headers, exchange.request),
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

//! Deliveries as bytes on keep-alive connections, each sent again as soon as it was answered, with another id.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ID: &str = "00000000-0000-0000-0000-000000000000";

/// A whole request, made once. Only the delivery's id in it changes.
pub struct Request {
    bytes: Vec<u8>,
    id_at: usize,
    answer: &'static str,
}

impl Request {
    /// `answer` is the status that every server has to give.
    pub fn signed(kind: &str, body: &[u8], secret: &str, answer: &'static str) -> anyhow::Result<Self> {
        let code = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?.chain_update(body).finalize().into_bytes();
        let code = Bytes::copy_from_slice(&code);
        let start = format!("POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nX-GitHub-Event: {kind}\r\nX-GitHub-Delivery: ");
        let rest = format!(
            "\r\nX-GitHub-Hook-ID: 292430182\r\nX-GitHub-Hook-Installation-Target-ID: 79929171\r\nUser-Agent: GitHub-Hookshot/044aadd\r\n\
             X-GitHub-Hook-Installation-Target-Type: integration\r\nX-Hub-Signature-256: sha256={code:x}\r\nAccept: */*\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let bytes = [start.as_bytes(), ID.as_bytes(), rest.as_bytes(), body].concat();
        Ok(Self { bytes, id_at: start.len(), answer })
    }

    pub async fn send(&mut self, stream: &mut TcpStream) -> anyhow::Result<()> {
        static SENT: AtomicU64 = AtomicU64::new(0);
        let id = format!("0b989ba4-242f-11e5-81e1-{:012x}", SENT.fetch_add(1, Ordering::Relaxed));
        let place = self.bytes.get_mut(self.id_at..).and_then(|rest| rest.get_mut(..ID.len()));
        place.context("no place for the id")?.copy_from_slice(id.as_bytes());
        stream.write_all(&self.bytes).await?;
        let status = read_answer(stream).await?;
        ensure!(status == self.answer, "answered with {status}, not with {}", self.answer);
        Ok(())
    }
}

/// Reads to the end of the answer's body and returns its status.
async fn read_answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut answer = Vec::with_capacity(512);
    loop {
        ensure!(stream.read_buf(&mut answer).await? > 0, "the connection was closed without an answer");
        let text = str::from_utf8(&answer)?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(Ok(0), str::parse)?;
        if body.len() >= length {
            return Ok(head.split(' ').nth(1).unwrap_or_default().to_owned());
        }
    }
}

pub async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends each request on a connection of its own, again and again. Returns how many were answered.
pub async fn drive(address: SocketAddr, requests: &mut [Request], time: Duration) -> anyhow::Result<u32> {
    let until = Instant::now() + time;
    let one = async |request: &mut Request| {
        let mut stream = connect(address).await?;
        let mut answered = 0;
        while Instant::now() < until {
            request.send(&mut stream).await?;
            answered += 1;
        }
        anyhow::Ok(answered)
    };
    Ok(try_join_all(requests.iter_mut().map(one)).await?.iter().sum())
}

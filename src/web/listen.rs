//! Connections: taken, given a time to speak, and ended in order. axum's own listener has no time-out for a client that never
//! finishes its headers or never speaks again, and every open connection costs memory.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long a client may take for the head of a request, and be silent between two.
const HEAD: Duration = Duration::from_secs(30);

/// How long open requests may take to end once the process is told to stop: as long as a body may.
const GRACE: Duration = Duration::from_secs(10);

/// Answers requests until `stopping` is cancelled; then takes no new connections, and returns when the open requests are
/// answered, or after ten seconds.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let open = GracefulShutdown::new();
    while let Some(accepted) = stopping.run_until_cancelled(listener.accept()).await {
        let Some(stream) = usable(accepted).await else { continue };
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if timeout(GRACE, open.shutdown()).await.is_err() {
        tracing::warn!(seconds = GRACE.as_secs(), "some requests were still open when the time to end them was up");
    }
}

/// A connection that was lost before it was taken is no reason to stop; nor is a lack of file descriptors, which passes.
async fn usable(accepted: io::Result<(TcpStream, std::net::SocketAddr)>) -> Option<TcpStream> {
    match accepted {
        // An answer is one small write: waiting for more would only delay it.
        Ok((stream, _)) => stream.set_nodelay(true).is_ok().then_some(stream),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be taken");
            sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_finishes_its_headers_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let server = tokio::spawn(serve(listener, Router::new(), stopping.clone()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"POST /webhooks/github HTTP/1.1\r\nHost:").await.unwrap();
        let (begun, mut answer) = (Instant::now(), Vec::new());
        // The clock moves on by itself while everybody waits.
        client.read_to_end(&mut answer).await.unwrap();
        assert!((HEAD..HEAD * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        stopping.cancel();
        server.await.unwrap();
    }
}

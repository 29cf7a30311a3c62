//! Credentials and answers stay where they belong, whatever a forge or somebody in its place answers.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use slipway::domain::event::{ForgeKind, Thread};
use slipway::domain::names::Number;
use slipway::domain::plan::{Action, Reaction};
use slipway::forge::{Forge, ForgeError};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::servers::{Asked, Server, github, gitlab, minted, ok, redirect, repository, status};

const REACTION: Action<String> = Action::React { thread: Thread::Issue(Number(1)), comment: 7, reaction: Reaction::Eyes };

/// The policy of whoever asks is the credential itself; the third tenant has none.
fn by_credential(asked: &Asked) -> Response {
    if let Some(answer) = minted(asked) {
        return answer;
    }
    let credential = asked.credential.trim_start_matches("Bearer ");
    if asked.path.ends_with("/graphql") {
        let file = json!({"oid": "c0ffee", "text": credential, "byteSize": 7, "isTruncated": false, "isBinary": false});
        let first = if credential == "token-3" { Value::Null } else { file };
        return ok(&json!({"data": {"own": {"first": first, "second": null}, "organisation": null}}));
    }
    match asked.path.contains("slipway.toml") {
        _ if asked.conditional => StatusCode::NOT_MODIFIED.into_response(),
        true if credential != "token-3" => {
            let content = STANDARD.encode(credential);
            ok(&json!({"sha": "c0ffee", "blob_id": "c0ffee", "encoding": "base64", "content": content}))
        }
        _ => status(404),
    }
}

#[tokio::test]
async fn no_answer_is_shared_between_tenants() {
    let server = Server::start(by_credential).await;
    let github = server.github();
    let gitlabs = [1, 2, 3].map(|tenant| server.gitlab(&format!("token-{tenant}")));
    for tenant in [1, 2, 3, 2, 1, 3] {
        let (here, there) = (repository(ForgeKind::GitHub, tenant), repository(ForgeKind::GitLab, tenant));
        let expected = (tenant != 3).then(|| format!("token-{tenant}"));
        let file = github.repository(&here).config_files().await.unwrap();
        assert_eq!(file.own.map(|file| file.text), expected);
        let file = gitlabs[usize::try_from(tenant).unwrap() - 1].project(&there).config_files().await.unwrap();
        assert_eq!(file.own.map(|file| file.text), expected);
    }
}

async fn is_moved<F: Forge>(forge: &F) {
    let errors = [forge.me().await.unwrap_err(), forge.config_files().await.unwrap_err(), forge.apply(&REACTION).await.unwrap_err()];
    assert!(errors.iter().all(|error| matches!(error, ForgeError::Moved { .. })), "{errors:?}");
}

#[tokio::test]
async fn the_token_is_not_forwarded_on_a_redirect() {
    let there = Server::start(|_| ok(&json!({"username": "eve", "slug": "eve", "name": "eve"}))).await;
    for code in [301, 302, 303, 307, 308] {
        let target = there.url.clone();
        let here = Server::start(move |asked| minted(asked).unwrap_or_else(|| redirect(code, &format!("{target}{}", asked.path)))).await;
        let (github, gitlab) = (here.github(), here.gitlab("glpat-secret"));
        let (mine, theirs) = (repository(ForgeKind::GitHub, 1), repository(ForgeKind::GitLab, 1));
        is_moved(&github.repository(&mine)).await;
        is_moved(&gitlab.project(&theirs)).await;
    }
    assert_eq!(there.asked(), []);
}

#[tokio::test]
async fn a_post_that_is_redirected_is_not_sent_again_as_a_get() {
    for code in [301, 302, 303] {
        let server = Server::start(move |asked| minted(asked).unwrap_or_else(|| redirect(code, "/elsewhere"))).await;
        let (github, gitlab) = (server.github(), server.gitlab("glpat-secret"));
        let (mine, theirs) = (repository(ForgeKind::GitHub, 1), repository(ForgeKind::GitLab, 1));
        assert!(matches!(github.repository(&mine).apply(&REACTION).await, Err(ForgeError::Moved { .. })), "{code}");
        assert!(matches!(gitlab.project(&theirs).apply(&REACTION).await, Err(ForgeError::Moved { .. })), "{code}");
        let calls: Vec<_> = server.asked().into_iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
        let expected = [
            "POST /app/installations/1/access_tokens",
            "POST /repos/acme/app/issues/comments/7/reactions",
            "POST /api/v4/projects/acme%2Fapp/issues/1/notes/7/award_emoji",
        ];
        assert_eq!(calls, expected);
    }
}

/// As the forges answer for a repository that was renamed: 301 to a GET, 307 to anything else.
#[tokio::test]
async fn a_renamed_repository_is_followed_within_its_forge() {
    let server = Server::start(|asked| {
        let renamed = asked.path.replace("acme/app", "acme/new").replace("acme%2Fapp", "acme%2Fnew");
        match asked.method.as_str() {
            _ if asked.path.contains("gitlab-profile") => status(404),
            _ if asked.path.contains("acme/new") || asked.path.contains("acme%2Fnew") => by_credential(asked),
            _ if !asked.path.contains("acme") => by_credential(asked),
            "GET" => redirect(301, &renamed),
            _ => redirect(307, &renamed),
        }
    })
    .await;
    let (github, gitlab) = (server.github(), server.gitlab("token-1"));
    let (mine, theirs) = (repository(ForgeKind::GitHub, 1), repository(ForgeKind::GitLab, 1));
    let texts = [github.repository(&mine).config_files().await, gitlab.project(&theirs).config_files().await];
    assert!(texts.into_iter().all(|file| file.unwrap().own.unwrap().text == "token-1"));
    github.repository(&mine).apply(&REACTION).await.unwrap();
    gitlab.project(&theirs).apply(&REACTION).await.unwrap();
    let posts = server.asked().into_iter().filter(|asked| asked.method == "POST" && asked.path.contains("new"));
    assert_eq!(posts.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_silent_forge_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let _silent = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok(connection) = listener.accept().await {
            kept.push(connection);
        }
    });
    let (github, gitlab) = (github(&url), gitlab(&url, "glpat-secret"));
    let (mine, theirs) = (repository(ForgeKind::GitHub, 1), repository(ForgeKind::GitLab, 1));
    let (github, gitlab) = (github.repository(&mine), gitlab.project(&theirs));
    // Three attempts of twenty seconds and the pauses between them, of a clock that runs ahead while everybody waits.
    for answer in [timeout(Duration::from_secs(65), github.me()).await, timeout(Duration::from_secs(65), gitlab.me()).await] {
        let error = answer.unwrap().unwrap_err();
        assert!(matches!(&error, ForgeError::Unavailable { why, .. } if why == "no answer in time"), "{error}");
    }
}

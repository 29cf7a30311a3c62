//! How long a command takes on the sandbox: from the comment to the bot's whole answer, with everything that it does before.
//! `cargo bench --bench commands --features sandbox`, by hand; exits with 1 where one in a hundred takes longer than a second.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use slipway::bot::Bot;
use slipway::engine::Resolve;
use slipway::sandbox::{Hooks, Kind, Merge, RepoHandle, Role, Sandbox, SandboxOptions};
use tokio::net::TcpListener;

/// Of each command, on each forge.
const TIMES: usize = 100;
const GOAL: Duration = Duration::from_secs(1);

type Prepare = fn(&RepoHandle, usize) -> anyhow::Result<(Thread, String)>;

/// Where it is asked.
enum Thread {
    Issue(u64),
    Request(u64),
}

const COMMANDS: [(&str, Prepare); 4] = [
    ("help", |repository, _| Ok((Thread::Issue(repository.open_issue("mia", "Help")?), "/slipway help".to_owned()))),
    ("status", |repository, _| Ok((Thread::Issue(repository.open_issue("mia", "Status")?), "/slipway status".to_owned()))),
    ("cut", |repository, at| Ok((Thread::Issue(repository.open_issue("mia", "Cut")?), format!("/slipway cut 2.{at}")))),
    ("backport of one commit", |repository, at| {
        let head = format!("fix/{at}");
        repository.branch(&head, "main")?;
        repository.commit(&head, "dana", "fix: this", &[(&format!("fix-{at}.txt"), "done")])?;
        let number = repository.open("dana", &head, "main", "fix: this")?;
        repository.merge(number, "mia", Merge::Squash)?;
        Ok((Thread::Request(number), "/slipway backport release/1.0".to_owned()))
    }),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo says so when it is asked to measure, and not when it only wants to know whether everything runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let provider = rustls::crypto::aws_lc_rs::default_provider().install_default();
    ensure!(provider.is_ok(), "the TLS provider is installed once");
    println!("| command | forge | median | one in a hundred | longest |\n| --- | --- | --- | --- | --- |");
    let mut slow = Vec::new();
    for kind in [Kind::GitHub, Kind::GitLab] {
        let sandbox = Sandbox::start(SandboxOptions::default()).await?;
        let repository = sandbox.repository(kind, "acme/app", &[("slipway.toml", "[release]\npreview = false\n")])?;
        repository.grant("mia", Role::Maintain)?;
        repository.tag("v1.0.0", "main")?;
        repository.branch("release/1.0", "main")?;
        sandbox.take_deliveries();
        let bot = Bot::start(&sandbox.settings()?, TcpListener::bind("127.0.0.1:0").await?, Resolve::Apply, Box::new(|_, _| {}))?;
        let hook = |forge: &str| format!("http://{}/webhooks/{forge}", bot.address);
        sandbox.send_hooks_to(Hooks::Sent { github: hook("github"), gitlab: hook("gitlab") });
        for (name, prepare) in COMMANDS {
            let mut took = Vec::new();
            for at in 0..TIMES {
                took.push(one(&repository, prepare(&repository, at)?).await.with_context(|| format!("{kind}: {name}"))?);
            }
            took.sort();
            let at = |part: usize| took.get((took.len() * part / 100).min(took.len() - 1)).copied().unwrap_or_default();
            println!("| {name} | {kind} | {:.0?} | {:.0?} | {:.0?} |", at(50), at(99), at(100));
            if at(99) > GOAL {
                slow.push(format!("{kind}: {name}"));
            }
        }
        bot.stop().await;
        sandbox.stop().await;
    }
    ensure!(slow.is_empty(), "slower than a second: {}", slow.join(", "));
    Ok(())
}

/// The time from the comment to the reaction that ends the answer to it.
async fn one(repository: &RepoHandle, (thread, command): (Thread, String)) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let id = match thread {
        Thread::Issue(number) => repository.comment_on_issue(number, "mia", &command)?,
        Thread::Request(number) => repository.comment(number, "mia", &command)?,
    };
    while started.elapsed() < Duration::from_secs(30) {
        let comments = match thread {
            Thread::Issue(number) => repository.issue_comments(number),
            Thread::Request(number) => repository.comments(number),
        };
        let asked = comments.iter().find(|comment| comment.id == id).context("the comment is gone")?;
        // 👀 comes first, and 👍 or 👎 last.
        if asked.reactions.len() == 2 {
            ensure!(
                !asked.reactions.iter().any(|(_, reaction)| reaction.contains("-1") || reaction.contains("down")),
                "{command} was refused: {comments:?}"
            );
            return Ok(started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    anyhow::bail!("{command} was not answered")
}

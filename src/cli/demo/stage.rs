//! Where the story plays: the sandbox, one repository on each forge, the bot, and a record of what the bot did.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;

use crate::bot::Bot;
use crate::domain::event::Delivery;
use crate::engine::{End, Report, Resolve};
use crate::sandbox::{Hooks, Kind, RepoHandle, Sandbox, SandboxOptions};
use crate::settings::Settings;

/// What both repositories start from.
const FILES: [(&str, &str); 5] = [
    ("slipway.toml", POLICY),
    ("README.md", "# An app\n"),
    ("CHANGELOG.md", "# Changelog\n\n## 1.0.0 (2026-01-05)\n\nThe first release.\n"),
    ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\" # one day: 2.0.0\n"),
    ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n"),
];

const POLICY: &str = r#"# What Slipway enforces here, on GitHub and on GitLab alike.
[[rules.base_branch.allow]]
into = "main"
from = ["feature/*", "fix/*", "revert-*"]

[[rules.base_branch.allow]]
into = "release/*"
from = ["fix/*"]

[rules.conventional_title]

# A freeze holds everything back, for those who ask for it by command.
[freeze]

[branches]
delete_merged = ["feature/*", "fix/*"]

# A release is what merging the release change request makes.
[release]
from = "request"
files = ["Cargo.toml", "Cargo.lock"]
changelog = "CHANGELOG.md"
lines = [{ branch = "release/*" }]
"#;

pub struct Stage {
    pub sandbox: Sandbox,
    /// One on each forge.
    pub repositories: [RepoHandle; 2],
    settings: Settings,
    bot: Bot,
    acts: Acts,
    /// How many deliveries there were before the bot came.
    untold: usize,
}

/// What the bot did since it was last asked.
type Acts = Arc<Mutex<Vec<Act>>>;

pub struct Act {
    pub forge: String,
    pub event: String,
    pub report: String,
    /// Nothing was done, and nothing should have been.
    pub is_quiet: bool,
}

impl Stage {
    pub async fn set(port: u16) -> anyhow::Result<Self> {
        let sandbox = Sandbox::start(SandboxOptions { port, ..SandboxOptions::default() });
        let sandbox = sandbox.await.with_context(|| format!("port {port} cannot be listened on; give another with --port"))?;
        let mut settings = sandbox.settings()?;
        catch_up(&sandbox, &settings)?;
        let repository = |kind, path| {
            let repository = sandbox.repository(kind, path, &FILES)?;
            repository.tag("v1.0.0", "main")?;
            repository.branch("release/1.0", "main")?;
            repository.milestone("2.0.0")?;
            anyhow::Ok(repository)
        };
        let repositories = [repository(Kind::GitHub, "acme/app")?, repository(Kind::GitLab, "acme/team/app")?];
        // What led here is history: the bot is told only of what happens from now on.
        let untold = sandbox.take_deliveries().len();
        let acts = Acts::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port on loopback")?;
        settings.url = Some(format!("http://{}", listener.local_addr()?).parse()?);
        let bot = start(&settings, &acts, listener)?;
        let hook = |forge: &str| format!("http://{}/webhooks/{forge}", bot.address);
        sandbox.send_hooks_to(Hooks::Sent { github: hook("github"), gitlab: hook("gitlab") });
        Ok(Self { sandbox, repositories, settings, bot, acts, untold })
    }

    /// Lets time pass, on the forge and for the bot, which is started anew meanwhile and remembers nothing.
    pub async fn pass(self, seconds: i64) -> anyhow::Result<Self> {
        let Self { sandbox, repositories, settings, bot, acts, untold } = self;
        settings.clock.pass(seconds);
        catch_up(&sandbox, &settings)?;
        let address = bot.address;
        bot.stop().await;
        let listener = TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on again"))?;
        let bot = start(&settings, &acts, listener)?;
        Ok(Self { sandbox, repositories, settings, bot, acts, untold })
    }

    pub fn bot_url(&self) -> String {
        format!("http://{}", self.bot.address)
    }

    /// Waits until every delivery is answered and worked on, also those that the bot's own doings caused.
    pub async fn settle(&self) {
        loop {
            self.bot.idle().await;
            if self.sandbox.delivery_log().iter().skip(self.untold).all(|delivery| delivery.status.is_some()) {
                self.bot.idle().await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn take_acts(&self) -> Vec<Act> {
        std::mem::take(&mut *self.acts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub async fn strike(self) {
        self.bot.stop().await;
        self.sandbox.stop().await;
    }
}

fn start(settings: &Settings, acts: &Acts, listener: TcpListener) -> anyhow::Result<Bot> {
    let record = acts.clone();
    let watch = move |delivery: &Delivery, report: &Report| {
        record.lock().unwrap_or_else(PoisonError::into_inner).push(Act {
            forge: delivery.repository.forge.to_string(),
            event: delivery.event.to_string(),
            report: report.to_string(),
            is_quiet: report.steps.is_empty() && matches!(report.end, End::Decided(_)),
        });
    };
    Ok(Bot::start(settings, listener, Resolve::Apply, Box::new(watch))?)
}

/// The forge's clock goes with its story; sets it to what time it is for the bot, unless it is ahead.
fn catch_up(sandbox: &Sandbox, settings: &Settings) -> anyhow::Result<()> {
    let behind = Timestamp::from_second(settings.clock.now())?.duration_since(sandbox.now());
    sandbox.let_pass(behind.max(SignedDuration::ZERO));
    Ok(())
}

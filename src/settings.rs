//! What the process is told when it starts: from the environment, or from an optional TOML file that names the same settings in
//! lower case without the prefix. All problems are reported at once, each with the variable and what to put there.
//! Must not know what the settings are used for, nor anything of a repository's own configuration.

mod lookup;
mod table;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use url::Url;

use crate::clock::Clock;
use crate::ingest::signature::signing_key;
use lookup::Lookup;
pub use table::markdown_table;

/// Text that must not be seen: it has no `Display`, and its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Under which people reach the process from outside, for the addresses that it tells.
    pub url: Option<Url>,
    /// One of the two forges is there, or both.
    pub github: Option<GithubSettings>,
    pub gitlab: Option<GitlabSettings>,
    /// Deliveries that may wait.
    pub queue_length: usize,
    /// Repositories worked on at the same time.
    pub concurrency: usize,
    /// How long work in progress may take to end when the process is told to stop.
    pub drain: Duration,
    /// How long to wait between the writes of one delivery that has many of them.
    pub pace: Duration,
    /// How long to wait before a forge that lags or fails is asked again for the first time. No variable names it.
    pub patience: Duration,
    /// By which it is decided what is due. No variable names it.
    pub clock: Clock,
    /// What to log, as `tracing_subscriber::EnvFilter` reads it.
    pub log: String,
    pub log_format: LogFormat,
}

#[derive(Debug, Clone)]
pub struct GithubSettings {
    pub app_id: u64,
    /// PEM with real newlines.
    pub private_key: Secret,
    /// The current one, then the previous one while it is rotated.
    pub webhook_secrets: Vec<Secret>,
    pub url: Url,
}

#[derive(Debug, Clone)]
pub struct GitlabSettings {
    pub url: Url,
    pub token: Secret,
    /// Of tokens and signing tokens together there is at least one; each list starts with the current one.
    pub webhook_tokens: Vec<Secret>,
    pub signing_tokens: Vec<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Two seconds, four, eight …: a minute in all before something that a forge may show late is taken to be missing.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.join("\n"))]
pub struct SettingsError {
    pub problems: Vec<String>,
}

/// Reads the settings. `environment` looks a variable up; where both name a setting it wins over the file. Empty means unset.
pub fn read(environment: impl Fn(&str) -> Option<String>, file: Option<&Path>) -> Result<Settings, SettingsError> {
    let mut lookup = Lookup::new(&environment, file);
    let github = github(&mut lookup);
    let gitlab = gitlab(&mut lookup);
    let url = lookup.optional("SLIPWAY_URL", http_url);
    let log_filter = |text: &str| EnvFilter::try_new(text).is_ok().then(|| text.to_owned());
    let settings = (
        lookup.value("SLIPWAY_LISTEN", parsed::<SocketAddr>),
        lookup.value("SLIPWAY_QUEUE_LENGTH", at_least_one),
        lookup.value("SLIPWAY_CONCURRENCY", at_least_one),
        lookup.value("SLIPWAY_DRAIN_SECONDS", parsed),
        lookup.value("SLIPWAY_PACE_SECONDS", parsed),
        lookup.value("SLIPWAY_LOG", log_filter),
        lookup.value("SLIPWAY_LOG_FORMAT", log_format),
    );
    if !lookup.names_any_of("SLIPWAY_GITHUB_") && !lookup.names_any_of("SLIPWAY_GITLAB_") {
        lookup.problem(
            "no forge is configured: for GitHub set SLIPWAY_GITHUB_APP_ID, SLIPWAY_GITHUB_PRIVATE_KEY and SLIPWAY_GITHUB_WEBHOOK_SECRET; \
             for GitLab set SLIPWAY_GITLAB_TOKEN and SLIPWAY_GITLAB_WEBHOOK_SECRET or SLIPWAY_GITLAB_SIGNING_TOKEN",
        );
    }
    let problems = lookup.into_problems();
    match settings {
        (Some(listen), Some(queue_length), Some(concurrency), Some(drain), Some(pace), Some(log), Some(log_format))
            if problems.is_empty() =>
        {
            let (drain, pace) = (Duration::from_secs(drain), Duration::from_secs(pace));
            Ok(Settings {
                listen,
                url,
                github,
                gitlab,
                queue_length,
                concurrency,
                drain,
                pace,
                patience: PATIENCE,
                clock: Clock::default(),
                log,
                log_format,
            })
        }
        _ => Err(SettingsError { problems }),
    }
}

/// `None` where GitHub is not wanted, or where something is wrong and has been noted.
fn github(lookup: &mut Lookup) -> Option<GithubSettings> {
    if !lookup.names_any_of("SLIPWAY_GITHUB_") {
        return None;
    }
    let app_id = lookup.value("SLIPWAY_GITHUB_APP_ID", parsed);
    let private_key = lookup.secret("SLIPWAY_GITHUB_PRIVATE_KEY", pem);
    let secret = lookup.secret("SLIPWAY_GITHUB_WEBHOOK_SECRET", parsed);
    let previous = lookup.optional_secret("SLIPWAY_GITHUB_WEBHOOK_SECRET_PREVIOUS", parsed);
    let url = lookup.value("SLIPWAY_GITHUB_URL", http_url);
    let webhook_secrets = [Some(secret?), previous].into_iter().flatten().collect();
    Some(GithubSettings { app_id: app_id?, private_key: private_key?, webhook_secrets, url: url? })
}

/// `None` where GitLab is not wanted, or where something is wrong and has been noted.
fn gitlab(lookup: &mut Lookup) -> Option<GitlabSettings> {
    if !lookup.names_any_of("SLIPWAY_GITLAB_") {
        return None;
    }
    let url = lookup.value("SLIPWAY_GITLAB_URL", http_url);
    let token = lookup.secret("SLIPWAY_GITLAB_TOKEN", parsed);
    if !lookup.names_any_of("SLIPWAY_GITLAB_WEBHOOK_SECRET") && !lookup.names_any_of("SLIPWAY_GITLAB_SIGNING_TOKEN") {
        lookup.problem(
            "SLIPWAY_GITLAB_WEBHOOK_SECRET or SLIPWAY_GITLAB_SIGNING_TOKEN is missing: put the webhook's secret or signing token there",
        );
    }
    let mut pair = |current: &str, previous: &str, check: fn(&str) -> Option<String>| {
        [current, previous].into_iter().filter_map(|name| lookup.optional_secret(name, check)).collect()
    };
    let webhook_tokens = pair("SLIPWAY_GITLAB_WEBHOOK_SECRET", "SLIPWAY_GITLAB_WEBHOOK_SECRET_PREVIOUS", parsed);
    let signing_tokens = pair("SLIPWAY_GITLAB_SIGNING_TOKEN", "SLIPWAY_GITLAB_SIGNING_TOKEN_PREVIOUS", signing_token);
    Some(GitlabSettings { url: url?, token: token?, webhook_tokens, signing_tokens })
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn at_least_one(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&count| count > 0)
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

/// Without a user, since URLs get logged, and without a query, since paths are appended.
fn http_url(text: &str) -> Option<Url> {
    let plain = |url: &Url| {
        let http = matches!(url.scheme(), "http" | "https");
        http && url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
    };
    Url::parse(text).ok().filter(plain)
}

/// Many places that hold variables take one line only, so newlines are often written as `\n`.
fn pem(text: &str) -> Option<String> {
    let text = text.replace("\\n", "\n").trim().to_owned();
    (text.starts_with("-----BEGIN ") && text.ends_with("-----") && text.contains('\n')).then_some(text)
}

fn signing_token(text: &str) -> Option<String> {
    signing_key(&Secret::from(text)).ok().map(|_| text.to_owned())
}

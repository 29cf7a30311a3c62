//! Every setting there is: its variable, what to put there, its default. Messages and the README's table come from here.

/// One setting. A secret may also be given as the path of a file, in the variable with `_FILE` behind it.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// Completes the sentence "put … there".
    pub(super) what: &'static str,
    pub(super) default: Option<&'static str>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Secret,
}

const fn plain(name: &'static str, what: &'static str) -> Setting {
    Setting { name, what, default: None, kind: Kind::Plain }
}

const fn defaulted(name: &'static str, what: &'static str, default: &'static str) -> Setting {
    Setting { name, what, default: Some(default), kind: Kind::Plain }
}

const fn secret(name: &'static str, what: &'static str) -> Setting {
    Setting { name, what, default: None, kind: Kind::Secret }
}

pub(super) static SETTINGS: [Setting; 19] = [
    defaulted("SLIPWAY_LISTEN", "the address and port to listen on", "0.0.0.0:8080"),
    plain("SLIPWAY_URL", "the URL under which people reach Slipway, for the addresses of calendars that it tells"),
    plain("SLIPWAY_GITHUB_APP_ID", "the number under \"App ID\" on the GitHub App's page"),
    secret("SLIPWAY_GITHUB_PRIVATE_KEY", "the GitHub App's private key in PEM, its newlines may be written as `\\n`"),
    secret("SLIPWAY_GITHUB_WEBHOOK_SECRET", "the webhook secret of the GitHub App"),
    secret("SLIPWAY_GITHUB_WEBHOOK_SECRET_PREVIOUS", "the webhook secret before that, while it is rotated"),
    defaulted("SLIPWAY_GITHUB_URL", "the API's URL; for Enterprise Server `https://HOST/api/v3`", "https://api.github.com"),
    defaulted("SLIPWAY_GITLAB_URL", "the URL of GitLab, with a path prefix if it has one", "https://gitlab.com"),
    secret("SLIPWAY_GITLAB_TOKEN", "a project, group or personal access token with the scope `api`"),
    secret("SLIPWAY_GITLAB_WEBHOOK_SECRET", "the secret token of the GitLab webhook"),
    secret("SLIPWAY_GITLAB_WEBHOOK_SECRET_PREVIOUS", "the secret token before that, while it is rotated"),
    secret("SLIPWAY_GITLAB_SIGNING_TOKEN", "the signing token of the GitLab webhook, `whsec_` and base64 (GitLab 19)"),
    secret("SLIPWAY_GITLAB_SIGNING_TOKEN_PREVIOUS", "the signing token before that, `whsec_` and base64, while it is rotated"),
    defaulted("SLIPWAY_QUEUE_LENGTH", "how many deliveries may wait, at least 1", "10000"),
    defaulted("SLIPWAY_CONCURRENCY", "how many repositories are worked on at once, at least 1", "16"),
    defaulted("SLIPWAY_DRAIN_SECONDS", "how many seconds work may take to end after SIGTERM", "25"),
    defaulted("SLIPWAY_PACE_SECONDS", "how many seconds lie between the writes of one delivery that has many, as a release has", "1"),
    defaulted("SLIPWAY_LOG", "what to log, such as `info` or `slipway=debug,warn`", "info"),
    defaulted("SLIPWAY_LOG_FORMAT", "`text` or `json`", "text"),
];

/// The settings as a Markdown table, for the README.
pub fn markdown_table() -> String {
    let row = |setting: &Setting| {
        let file = if setting.kind == Kind::Secret { ", or its path in `…_FILE`" } else { "" };
        let default = setting.default.map_or_else(String::new, |default| format!("`{default}`"));
        format!("| `{}` | {}{file} | {default} |\n", setting.name, setting.what)
    };
    let rows: String = SETTINGS.iter().map(row).collect();
    format!("| variable | what to put there | default |\n| --- | --- | --- |\n{rows}")
}

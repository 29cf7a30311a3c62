//! The settings with which Slipway joins this sandbox, for the demo and the tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::Sandbox;
use crate::clock::Clock;
use crate::settings::{GithubSettings, GitlabSettings, LogFormat, Secret, Settings};

impl Sandbox {
    /// Settings for both forges, as an administrator would make them.
    ///
    /// # Errors
    /// When the sandbox's address is not a URL.
    pub fn settings(&self) -> Result<Settings, url::ParseError> {
        let secrets = self.secrets();
        let secret = |text: &str| Secret::from(text);
        Ok(Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            url: None,
            github: Some(GithubSettings {
                app_id: secrets.app_id,
                private_key: secret(&secrets.private_key_pem),
                webhook_secrets: vec![secret(&secrets.github_webhook)],
                url: self.github_url().parse()?,
            }),
            gitlab: Some(GitlabSettings {
                url: self.gitlab_url().parse()?,
                token: secret(&secrets.gitlab_token),
                webhook_tokens: vec![secret(&secrets.gitlab_webhook_token)],
                signing_tokens: vec![secret(&secrets.gitlab_signing_token)],
            }),
            queue_length: 1000,
            concurrency: 4,
            drain: Duration::from_secs(5),
            pace: Duration::ZERO,
            patience: Duration::from_secs(2),
            clock: Clock::default(),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        })
    }
}

//! Addresses of pages: `acme/app/pull/1` as on GitHub, `gitlab/group/app/-/merge_requests/1` as on a GitLab under a path.

use axum::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::sandbox::{
    topic::{Topic, TopicKey},
    world::{Kind, Repository, World},
};

/// A repository, and perhaps one of its issues or change requests.
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'a> {
    pub kind: Kind,
    pub path: &'a str,
    pub topic: Option<TopicKey>,
}

impl<'a> Address<'a> {
    /// Whatever else a repository has pages for on a forge is on its one page here.
    pub fn parse(address: &'a str) -> Option<Self> {
        let address = address.trim_end_matches('/');
        if let Some(address) = address.strip_prefix("gitlab/") {
            let (path, below) = address.split_once("/-/").unwrap_or((address, ""));
            return Some(Self { kind: Kind::GitLab, path, topic: topic(below) });
        }
        let (owner, rest) = address.split_once('/')?;
        let name = rest.split('/').next()?;
        let path = address.get(..owner.len() + 1 + name.len())?;
        let below = rest.get(name.len() + 1..).unwrap_or_default();
        Some(Self { kind: Kind::GitHub, path, topic: topic(below) })
    }

    pub fn repository<'w>(&self, world: &'w World) -> Option<&'w Repository> {
        world.find_repository(self.kind, self.path)
    }
}

/// The path of a request, as `Address::parse` takes it.
pub fn decoded(uri: &Uri) -> String {
    percent_decode_str(uri.path().trim_start_matches('/')).decode_utf8_lossy().into_owned()
}

fn topic(below: &str) -> Option<TopicKey> {
    let (kind, rest) = below.split_once('/')?;
    let number = rest.split('/').next()?.parse().ok()?;
    match kind {
        "pull" | "merge_requests" => Some(TopicKey::Request(number)),
        "issues" => Some(TopicKey::Issue(number)),
        _ => None,
    }
}

pub fn of_repository(repository: &Repository) -> String {
    match repository.kind {
        Kind::GitHub => format!("/{}", encoded(&repository.path)),
        Kind::GitLab => format!("/gitlab/{}", encoded(&repository.path)),
    }
}

pub fn of_topic(repository: &Repository, topic: &Topic) -> String {
    let kind = match (repository.kind, topic.key()) {
        (Kind::GitHub, TopicKey::Request(_)) => "pull",
        (Kind::GitHub, TopicKey::Issue(_)) => "issues",
        (Kind::GitLab, TopicKey::Request(_)) => "-/merge_requests",
        (Kind::GitLab, TopicKey::Issue(_)) => "-/issues",
    };
    format!("{}/{kind}/{}", of_repository(repository), topic.number)
}

const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, &PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_forges() {
        let address = |kind, path, topic| Some(Address { kind, path, topic });
        assert_eq!(Address::parse("acme/app"), address(Kind::GitHub, "acme/app", None));
        assert_eq!(Address::parse("acme/app/pull/7/files"), address(Kind::GitHub, "acme/app", Some(TopicKey::Request(7))));
        assert_eq!(Address::parse("acme/app/releases/tag/v1"), address(Kind::GitHub, "acme/app", None));
        assert_eq!(Address::parse("gitlab/g/sub/app/-/issues/3"), address(Kind::GitLab, "g/sub/app", Some(TopicKey::Issue(3))));
        assert_eq!(Address::parse("acme"), None);
    }
}

//! The messages that GitHub gives to merges and squashes, as a repository's settings have them.

use crate::sandbox::{
    git::{Commit, Person},
    topic::{Change, Topic},
    world::Repository,
};

pub struct Messages<'a> {
    pub repository: &'a Repository,
    pub topic: &'a Topic,
    pub change: &'a Change,
    pub author: Person,
    /// `owner/branch` of the head.
    pub from: String,
}

impl Messages<'_> {
    pub fn merge(&self) -> String {
        let (settings, Topic { title, body, number, .. }) = (&self.repository.merging, self.topic);
        let subject = match settings.merge_title {
            "PR_TITLE" => format!("{title} (#{number})"),
            _ => format!("Merge pull request #{number} from {}", self.from),
        };
        let body = match settings.merge_message {
            "PR_TITLE" => title,
            "PR_BODY" => body.as_deref().unwrap_or_default(),
            _ => "",
        };
        said(&subject, body)
    }

    /// Several commits become a list, one alone stays as it is.
    pub fn squash(&self) -> anyhow::Result<String> {
        let (settings, topic) = (&self.repository.merging, self.topic);
        let commits = self.repository.commits_of(self.change)?;
        let alone = if let [commit] = commits.as_slice() { Some(commit) } else { None };
        let subject = match (settings.squash_title, alone) {
            ("COMMIT_OR_PR_TITLE", Some(commit)) => commit.subject(),
            _ => &topic.title,
        };
        let body = match (settings.squash_message, alone) {
            ("COMMIT_MESSAGES", Some(commit)) => commit.message.split_once('\n').map_or("", |(_, body)| body).trim().to_owned(),
            ("COMMIT_MESSAGES", None) => listed(&commits),
            ("PR_BODY", _) => topic.body.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let message = said(&format!("{subject} (#{})", topic.number), &body);
        Ok(message + &self.credits(&commits))
    }

    /// Trailers for those who wrote commits beside the author of the request.
    fn credits(&self, commits: &[Commit]) -> String {
        let mut others: Vec<&Person> = Vec::new();
        for author in commits.iter().map(|commit| &commit.author) {
            if author.email != self.author.email && !others.iter().any(|other| other.email == author.email) {
                others.push(author);
            }
        }
        let trailer = |person: &&Person| format!("Co-authored-by: {} <{}>", person.name, person.email);
        let trailers = others.iter().map(trailer).collect::<Vec<_>>().join("\n");
        match (trailers.as_str(), commits.len()) {
            ("", _) => trailers,
            (_, 1) => format!("\n\n{trailers}"),
            _ => format!("\n\n---------\n\n{trailers}"),
        }
    }
}

/// A subject with a body, if there is any.
fn said(subject: &str, body: &str) -> String {
    if body.is_empty() { subject.to_owned() } else { format!("{subject}\n\n{body}") }
}

/// The messages of several commits, as GitHub lists them in the message of their squash.
fn listed(commits: &[Commit]) -> String {
    commits.iter().map(|commit| format!("* {}", commit.message.trim_end())).collect::<Vec<_>>().join("\n\n")
}

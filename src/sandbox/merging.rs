//! Merging a change request, with the commits and messages that each forge makes by default.

use anyhow::{Context as _, bail};

use super::{
    git::{Commit, Git, Outcome, Person, Saying},
    happening::{TopicAction, What},
    topic::{Change, Merge, Merged, Topic, TopicKey},
    world::{Kind, Repository, World},
};

/// The commits that a merge made.
struct Made {
    onto: String,
    tip: String,
    squash: Option<String>,
}

impl World {
    /// Merges an open request and gives the new tip of its base.
    pub fn merge(&mut self, repository: u64, number: u64, by: &str, method: Merge) -> anyhow::Result<String> {
        self.meet(by);
        self.tick_commit();
        let it = self.repository(repository)?;
        let (topic, change) = it.request(number).with_context(|| format!("there is no change request {number}"))?;
        anyhow::ensure!(topic.is_open(), "change request {number} is not open");
        let author = self.person(&topic.author);
        let merging = Merging { repository: it, topic, change, author, by: self.person(by), from: self.label_of(change)? };
        let made = merging.run(method)?;
        let base = format!("refs/heads/{}", change.base);
        let topic = self.touch(repository, TopicKey::Request(number))?;
        let at = topic.updated_at;
        (topic.closed_at, topic.closed_by) = (Some(at), Some(by.to_owned()));
        if let Some(change) = &mut topic.change {
            change.merged = Some(Merged { by: by.to_owned(), at, onto: made.onto, sha: made.tip.clone(), squash: made.squash, method });
        }
        self.tell(repository, by, What::Topic(TopicKey::Request(number), TopicAction::Merged))?;
        self.push(repository, by, &base, Some(&made.tip))?;
        Ok(made.tip)
    }

    /// `owner/branch`, as GitHub's merge commits name the head.
    fn label_of(&self, change: &Change) -> anyhow::Result<String> {
        Ok(format!("{}/{}", self.repository(change.source)?.owner(), change.head))
    }
}

struct Merging<'a> {
    repository: &'a Repository,
    topic: &'a Topic,
    change: &'a Change,
    author: Person,
    by: Person,
    from: String,
}

impl Merging<'_> {
    fn git(&self) -> &Git {
        &self.repository.git
    }

    fn run(&self, method: Merge) -> anyhow::Result<Made> {
        let settings = &self.repository.merging;
        let allowed = match method {
            Merge::MergeCommit => settings.merge_commit,
            Merge::Squash => settings.squash,
            Merge::Rebase => settings.rebase,
        };
        anyhow::ensure!(allowed, "the repository does not allow this way of merging");
        let base = self.git().branch(&self.change.base).context("the base branch is gone")?;
        let (tip, squash) = match (method, self.repository.kind) {
            (Merge::MergeCommit, _) => (self.merge_commit(&base, &self.change.head_sha)?, None),
            (Merge::Squash, Kind::GitHub) => (self.squash(&base, &self.squash_message()?)?, None),
            (Merge::Squash, Kind::GitLab) => {
                let squash = self.squash(&base, &self.topic.title)?;
                (self.merge_commit(&base, &squash)?, Some(squash))
            }
            (Merge::Rebase, _) => (self.rebase(&base)?, None),
        };
        Ok(Made { onto: base, tip, squash })
    }

    fn merge_commit(&self, base: &str, head: &str) -> anyhow::Result<String> {
        let (title, number) = (&self.topic.title, self.topic.number);
        let message = match self.repository.kind {
            Kind::GitHub => self.merge_message(),
            Kind::GitLab => format!(
                "Merge branch '{}' into '{}'\n\n{title}\n\nSee merge request {}!{number}",
                self.change.head, self.change.base, self.repository.path
            ),
        };
        clean(self.git().merge(base, head, &Saying::by(&self.by, &message))?)
    }

    /// GitHub's message of a merge commit, by the settings.
    fn merge_message(&self) -> String {
        let (settings, Topic { title, body, number, .. }) = (&self.repository.merging, self.topic);
        let subject = match settings.merge_title {
            "PR_TITLE" => format!("{title} (#{number})"),
            _ => format!("Merge pull request #{number} from {}", self.from),
        };
        said(
            &subject,
            match settings.merge_message {
                "PR_TITLE" => title,
                "PR_BODY" => body.as_deref().unwrap_or_default(),
                _ => "",
            },
        )
    }

    /// GitHub's message of a squash, by the settings. Several commits become a list, one alone stays as it is.
    fn squash_message(&self) -> anyhow::Result<String> {
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

    fn squash(&self, base: &str, message: &str) -> anyhow::Result<String> {
        let saying = Saying { message, author: &self.author, committer: &self.by };
        clean(self.git().squash(base, &self.change.head_sha, &saying)?)
    }

    fn rebase(&self, base: &str) -> anyhow::Result<String> {
        let commits = self.git().log(&self.change.head_sha, Some(base))?;
        let mut replayed = commits.iter().rev().filter(|commit| commit.parents.len() < 2);
        replayed.try_fold(base.to_owned(), |tip, commit| clean(self.git().cherry_pick(&tip, &commit.sha, &self.by)?))
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

fn clean(outcome: Outcome) -> anyhow::Result<String> {
    match outcome {
        Outcome::Commit(sha) => Ok(sha),
        Outcome::Conflict(paths) => bail!("merging conflicts in {}", paths.join(", ")),
    }
}

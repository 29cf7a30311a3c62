//! What is said on GitLab: each action reads what is there and writes only the difference, so that it can be applied again.

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::{Call, encode};
use crate::domain::event::Thread;
use crate::domain::names::{BranchName, Sha};
use crate::domain::plan::{Check, CommentKey, Conclusion, Presence, Reaction};
use crate::forge::error::absent;
use crate::forge::texts::{fit, is_marked, mark, same};
use crate::forge::{Applied, ForgeError, Result};

/// GitLab's limits, in characters.
const TEXT: usize = 1_000_000;
const STATUS: usize = 255;

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "status")]
    state: String,
    description: Option<String>,
    author: Option<Author>,
}

#[derive(Deserialize)]
struct Author {
    username: String,
}

/// `POST /projects/:id/statuses/:sha`
#[derive(Serialize)]
struct StatusBody<'a> {
    state: &'a str,
    r#ref: &'a str,
    name: &'a str,
    description: &'a str,
}

#[derive(Deserialize)]
struct ProjectNote {
    id: u64,
    body: String,
    author: Author,
    #[serde(default)]
    system: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    body: &'a str,
}

#[derive(Serialize)]
struct Emoji {
    name: &'static str,
}

#[derive(Deserialize)]
struct Branch {
    commit: BranchCommit,
}

#[derive(Deserialize)]
struct BranchCommit {
    id: String,
}

/// Notes of merge requests and of issues are the same thing in two places.
fn notes(thread: Thread) -> String {
    match thread {
        Thread::ChangeRequest(number) => format!("/merge_requests/{number}/notes"),
        Thread::Issue(number) => format!("/issues/{number}/notes"),
    }
}

/// A text as GitLab takes it: not too long, and without a line that GitLab would carry out as a quick action, as `/close`. It reads
/// lines after dropping carriage returns, and knows better than Markdown does what is code, so a backslash stands before any.
/// (<https://docs.gitlab.com/user/project/quick_actions/>)
pub fn described(text: &str) -> String {
    let inert = |line: &str| match line.trim_start_matches('\r').strip_prefix('/') {
        Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') => format!("\\/{rest}"),
        _ => line.to_owned(),
    };
    fit(&text.split('\n').map(inert).collect::<Vec<_>>().join("\n"), TEXT)
}

impl GitlabProject<'_> {
    /// A commit status has one line: the check's title. The explanation is in the comment.
    pub(super) async fn report(&self, check: &Check<String>) -> Result<Applied> {
        let name = check.name.as_str();
        let me = self.my_name().await?;
        let call =
            Call::get(self.at(&format!("/repository/commits/{}/statuses", check.sha))).with("name", name).with("ref", &check.ref_name);
        let existing = self.find::<Status>(call, |status| status.author.as_ref().is_some_and(|author| author.username == me)).await?;
        let state = match check.conclusion {
            Conclusion::Success => "success",
            Conclusion::Failure => "failed",
            Conclusion::Pending => "pending",
        };
        let description: String = check.title.chars().take(STATUS).collect();
        let applied = match &existing {
            Some(status) if status.state == state && status.description.as_deref() == Some(&description) => {
                return Ok(Applied::Unchanged);
            }
            Some(_) => Applied::Changed,
            None if check.presence == Presence::OnlyIfPresent => return Ok(Applied::Unchanged),
            None => Applied::Created,
        };
        let body = StatusBody { state, r#ref: &check.ref_name, name, description: &description };
        match self.tell(Call::post(self.at(&format!("/statuses/{}", check.sha)), &body)).await {
            // Somebody else's worker was faster: the status is what it should be.
            Err(error) if error.is_rejection(400, "Cannot transition status") => Ok(Applied::Unchanged),
            answer => answer.map(|()| applied),
        }
    }

    pub(super) async fn comment(&self, thread: Thread, key: &CommentKey, presence: Presence, body: &str) -> Result<Applied> {
        let notes = notes(thread);
        let text = described(&mark(key, body));
        match self.own_note(&notes, key).await? {
            Some(note) if same(&note.body, &text) => Ok(Applied::Unchanged),
            Some(note) => {
                let call = Call::put(self.at(&format!("{notes}/{}", note.id)), &Body { body: &text });
                self.tell(call).await.map(|()| Applied::Changed)
            }
            None if presence == Presence::OnlyIfPresent => Ok(Applied::Unchanged),
            None => self.tell(Call::post(self.at(&notes), &Body { body: &text })).await.map(|()| Applied::Created),
        }
    }

    async fn own_note(&self, notes: &str, key: &CommentKey) -> Result<Option<ProjectNote>> {
        let me = self.my_name().await?;
        let call = Call::get(self.at(notes)).with("sort", "asc").with("order_by", "created_at");
        self.find::<ProjectNote>(call, |note| note.author.username == me && !note.system && is_marked(key, &note.body)).await
    }

    /// GitLab answers 404 to an emoji that is there already, just as to a note that is gone: either way there is nothing to do.
    pub(super) async fn react(&self, thread: Thread, comment: u64, reaction: Reaction) -> Result<Applied> {
        let name = match reaction {
            Reaction::Eyes => "eyes",
            Reaction::ThumbsUp => "thumbsup",
            Reaction::ThumbsDown => "thumbsdown",
        };
        let path = self.at(&format!("{}/{comment}/award_emoji", notes(thread)));
        match self.tell(Call::post(path, &Emoji { name })).await {
            Err(ForgeError::NotFound { .. }) => Ok(Applied::Unchanged),
            answer => answer.map(|()| Applied::Created),
        }
    }

    pub(super) async fn delete_branch(&self, branch: &BranchName, at: &Sha) -> Result<Applied> {
        let path = self.at(&format!("/repository/branches/{}", encode(branch.as_str())));
        let found: Option<Branch> = absent(self.ask(Call::get(path.clone())).await)?;
        if found.is_none_or(|found| found.commit.id != at.as_str()) {
            return Ok(Applied::Unchanged);
        }
        let deleted = absent(self.tell(Call::delete(path)).await)?;
        Ok(deleted.map_or(Applied::Unchanged, |()| Applied::Deleted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_text_is_a_quick_action() {
        let text = "/close\ntext /close\n\r/Merge now\n\\/done\n// comment\n```\n/label ~x";
        assert_eq!(described(text), "\\/close\ntext /close\n\\/Merge now\n\\/done\n// comment\n```\n\\/label ~x");
        assert_eq!(described(&described(text)), described(text));
    }
}

//! What is said on GitLab: each action reads what is there and writes only the difference, so that it can be applied again.

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::{Call, encode};
use super::read::User;
use crate::domain::event::Thread;
use crate::domain::facts::Reply;
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::{CommentKey, Presence, Reaction};
use crate::forge::error::absent;
use crate::forge::seal::{place, unmarked_comment};
use crate::forge::texts::{fit, is_marked, mark, same};
use crate::forge::{Applied, ForgeError, Result};

/// GitLab's limit, in characters.
const TEXT: usize = 1_000_000;
/// Notes of one thread that are read at most.
const NOTES: usize = 10_000;

/// A comment.
#[derive(Deserialize, Clone)]
pub struct Note {
    id: u64,
    body: String,
    author: User,
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
        Thread::ChangeRequest(number) => request_notes(number),
        Thread::Issue(number) => format!("/issues/{number}/notes"),
    }
}

pub fn request_notes(number: Number) -> String {
    format!("/merge_requests/{number}/notes")
}

/// A text as GitLab takes it: not too long, and without a line that GitLab would carry out as a quick action, as `/close`. It reads
/// lines after dropping carriage returns, and knows better than Markdown does what is code, so a backslash stands before any.
/// (<https://docs.gitlab.com/user/project/quick_actions/>)
pub fn described(text: &str) -> String {
    fit(&inert(text), TEXT)
}

/// The same of a text that must not be cut; `None` where GitLab would not take it whole.
pub fn described_whole(text: &str) -> Option<String> {
    Some(inert(text)).filter(|text| text.chars().count() <= TEXT)
}

fn inert(text: &str) -> String {
    let inert = |line: &str| match line.trim_start_matches('\r').strip_prefix('/') {
        Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') => format!("\\/{rest}"),
        _ => line.to_owned(),
    };
    text.split('\n').map(inert).collect::<Vec<_>>().join("\n")
}

impl GitlabProject<'_> {
    pub(super) async fn comment(&self, thread: Thread, key: &CommentKey, presence: Presence, body: &str) -> Result<Applied> {
        self.write_note(thread, (key, presence), &mark(key, body)).await
    }

    /// What is noted stands sealed in the line below the mark.
    pub(super) async fn remember_in(&self, thread: Thread, key: &CommentKey, (data, body): (&str, &str)) -> Result<Applied> {
        let sealed = self.forge.seal.mark_comment(self.repository.id, &place(thread), &key.to_string(), data);
        self.write_note(thread, (key, Presence::Create), &mark(key, &format!("{sealed}\n{}", body.trim()))).await
    }

    /// What is noted in the comment about `key`, if that is there at all.
    pub(super) async fn remembered(&self, thread: Thread, key: &CommentKey) -> Result<Option<Option<String>>> {
        let own = self.own_notes(&notes(thread)).await?;
        let found = own.iter().find(|note| is_marked(key, &note.body));
        let read = |note: &Note| self.forge.seal.read_comment(self.repository.id, &place(thread), &key.to_string(), &note.body);
        Ok(found.map(read))
    }

    /// The number of the comment about `key`, its text without Slipway's marks, and what is noted in it.
    pub(super) async fn own_comment(&self, thread: Thread, key: &CommentKey) -> Result<Option<(u64, String, Option<String>)>> {
        let own = self.own_notes(&notes(thread)).await?;
        let read = |note: &Note| self.forge.seal.read_comment(self.repository.id, &place(thread), &key.to_string(), &note.body);
        let found = own.iter().find(|note| is_marked(key, &note.body));
        Ok(found.map(|note| (note.id, unmarked_comment(&note.body).to_owned(), read(note))))
    }

    async fn write_note(&self, thread: Thread, (key, presence): (&CommentKey, Presence), text: &str) -> Result<Applied> {
        let (notes, text) = (notes(thread), described(text));
        let known = self.own_notes(&notes).await?;
        let (call, applied) = match known.iter().find(|note| is_marked(key, &note.body)) {
            Some(note) if same(&note.body, &text) => return Ok(Applied::Unchanged),
            Some(note) => (Call::put(self.at(&format!("{notes}/{}", note.id)), &Body { body: &text }), Applied::Changed),
            None if presence == Presence::OnlyIfPresent => return Ok(Applied::Unchanged),
            None => (Call::post(self.at(&notes), &Body { body: &text }), Applied::Created),
        };
        let written: Note = self.ask(call).await?;
        let mut seen = self.seen.lock().await;
        let own = seen.notes.entry(notes).or_default();
        own.retain(|note| note.id != written.id);
        own.push(written);
        Ok(applied)
    }

    pub(super) async fn reply(&self, thread: Thread, comment: u64) -> Result<Reply> {
        let noted = self.remembered(thread, &CommentKey::Reply(comment)).await?;
        Ok(noted.map_or(Reply::None, |noted| noted.map_or(Reply::Done, Reply::Begun)))
    }

    /// The bot's own notes, the oldest first, without what GitLab itself notes: listed once an event.
    async fn own_notes(&self, notes: &str) -> Result<Vec<Note>> {
        if let Some(known) = self.seen.lock().await.notes.get(notes) {
            return Ok(known.clone());
        }
        let me = self.my_name().await?;
        let call = Call::get(self.at(notes)).with("activity_filter", "only_comments");
        let mut own: Vec<Note> = self.ask_some(call.with("order_by", "created_at").with("sort", "asc"), NOTES).await?;
        own.retain(|note| note.author.username == me && !note.system);
        self.seen.lock().await.notes.insert(notes.to_owned(), own.clone());
        Ok(own)
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

//! What Slipway notes in the issue that tracks a release, sealed: a line each, `version 1.4`, in a fixed order; below
//! that, what its page remembers.

use crate::domain::facts::OwnIssue;
use crate::domain::names::{BranchName, Sha, UserName};
use crate::domain::readiness::Book;

/// What the issue of a release that is on its way is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The branch that it is released from.
    pub branch: BranchName,
    /// Where the branch was made.
    pub at: Sha,
    /// As people asked for it: `1.4`, `1.4.2`.
    pub version: String,
    /// Who asked for it; `None`: a schedule, a milestone or a tag.
    pub by: Option<UserName>,
    /// What asked for it, so that the same thing is known when it comes again: a comment, a moment, a milestone, a tag.
    pub asked: String,
    pub book: Book,
}

impl Record {
    /// `None` where the issue's note was edited, or is about something else.
    pub fn of(issue: &OwnIssue) -> Option<Self> {
        Self::read(issue.data.as_deref()?)
    }

    pub fn write(&self) -> String {
        let Self { branch, at, version, by, asked, book } = self;
        let by = by.as_ref().map(|by| format!("by {by}\n")).unwrap_or_default();
        let book = Some(book.write()).filter(|book| !book.is_empty()).map(|book| format!("\n{book}")).unwrap_or_default();
        format!("branch {branch}\nat {at}\nversion {version}\n{by}asked {asked}{book}")
    }

    /// What `write` has written; `None` where what the issue is about is not told as it was. Other lines are the book's.
    pub fn read(text: &str) -> Option<Self> {
        let (mut branch, mut at, mut version, mut by, mut asked) = (None, None, None, None, None);
        for line in text.split('\n') {
            let Some((key, value)) = line.split_once(' ') else { continue };
            match key {
                "branch" => branch = Some(BranchName::parse(value).ok()?),
                "at" => at = Some(Sha::parse(value).ok()?),
                "version" => version = Some(value.to_owned()),
                "by" => by = Some(UserName::parse(value).ok()?),
                "asked" => asked = Some(value.to_owned()),
                _ => {}
            }
        }
        Some(Self { branch: branch?, at: at?, version: version?, by, asked: asked?, book: Book::read(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        for by in [None, UserName::parse("mia").ok()] {
            let (branch, at) = (BranchName::parse("release/1.4").unwrap(), Sha::parse(&"a".repeat(40)).unwrap());
            let book = Book { manager: UserName::parse("max").ok(), ..Book::default() };
            let record = Record { branch, at, version: "1.4".into(), by, asked: "request-7:99".into(), book };
            assert_eq!(Record::read(&record.write()), Some(record));
        }
        assert_eq!(Record::read("branch release/1.4"), None);
    }
}

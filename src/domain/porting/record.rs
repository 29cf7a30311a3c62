//! What Slipway notes about backports in its comment, sealed: a line for each branch, such as `release/1.4 waived mia not worth it`.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::domain::names::{BranchName, Sha, UserName};
use crate::domain::plan::{Lacking, Obstacle};

/// What separates the words of a line, and what stands for something else.
const WORD: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// What the note says where there is nothing to note, since a comment without a note is nobody's.
const NOTHING: &str = "-";

/// What is noted of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It waits for the merge, or for somebody; who asked for it, where a command did. Nothing was tried yet.
    Pending(Option<UserName>),
    /// A change request was opened for it.
    Opened,
    Waived {
        by: UserName,
        reason: String,
    },
    Stopped(Obstacle),
}

pub type Notes = BTreeMap<BranchName, Noted>;

/// One line a branch.
pub fn write(notes: &Notes) -> String {
    let lines: Vec<_> = notes.iter().map(|(branch, noted)| format!("{branch} {}", said(noted))).collect();
    if lines.is_empty() { NOTHING.to_owned() } else { lines.join("\n") }
}

/// What `write` has written. A line that says anything else says nothing.
pub fn read(text: &str) -> Notes {
    let line = |line: &str| {
        let (branch, said) = line.split_once(' ')?;
        Some((BranchName::parse(branch).ok()?, noted(said)?))
    };
    text.split('\n').filter_map(line).collect()
}

fn said(noted: &Noted) -> String {
    let words = |kind: &str, of: &[String]| of.iter().fold(kind.to_owned(), |line, word| format!("{line} {}", encoded(word)));
    match noted {
        Noted::Pending(None) => "pending".to_owned(),
        Noted::Pending(Some(by)) => format!("pending {by}"),
        Noted::Opened => "opened".to_owned(),
        Noted::Waived { by, reason } => format!("waived {by} {}", encoded(reason)),
        Noted::Stopped(Obstacle::Empty) => "empty".to_owned(),
        Noted::Stopped(Obstacle::NoBase) => "absent".to_owned(),
        Noted::Stopped(Obstacle::Taken) => "taken".to_owned(),
        Noted::Stopped(Obstacle::TooMany(landings)) => format!("many {landings}"),
        Noted::Stopped(Obstacle::Workflows(paths)) => words("workflows", paths),
        Noted::Stopped(Obstacle::Conflict { at, files, lacking }) => {
            let lacking = lacking.iter().map(|lacking| format!(" lacks:{}:{}", lacking.sha, encoded(&lacking.subject)));
            let files = files.iter().map(|file| format!(" file:{}", encoded(file)));
            format!("conflict {at}{}", files.chain(lacking).collect::<String>())
        }
    }
}

fn noted(said: &str) -> Option<Noted> {
    let mut words = said.split(' ');
    let kind = words.next()?;
    let rest: Vec<_> = words.collect();
    Some(match (kind, rest.as_slice()) {
        ("pending", []) => Noted::Pending(None),
        ("pending", [by]) => Noted::Pending(Some(UserName::parse(by).ok()?)),
        ("opened", []) => Noted::Opened,
        ("waived", [by, reason]) => Noted::Waived { by: UserName::parse(by).ok()?, reason: decoded(reason)? },
        ("empty", []) => Noted::Stopped(Obstacle::Empty),
        ("absent", []) => Noted::Stopped(Obstacle::NoBase),
        ("taken", []) => Noted::Stopped(Obstacle::Taken),
        ("many", [landings]) => Noted::Stopped(Obstacle::TooMany(landings.parse().ok()?)),
        ("workflows", paths) => Noted::Stopped(Obstacle::Workflows(paths.iter().map(|path| decoded(path)).collect::<Option<_>>()?)),
        ("conflict", [at, rest @ ..]) => {
            let (mut files, mut lacking) = (Vec::new(), Vec::new());
            for word in rest {
                match word.split_once(':')? {
                    ("file", path) => files.push(decoded(path)?),
                    ("lacks", commit) => {
                        let (sha, subject) = commit.split_once(':')?;
                        lacking.push(Lacking { sha: Sha::parse(sha).ok()?, subject: decoded(subject)? });
                    }
                    _ => return None,
                }
            }
            Noted::Stopped(Obstacle::Conflict { at: Sha::parse(at).ok()?, files, lacking })
        }
        _ => return None,
    })
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, WORD).to_string()
}

fn decoded(word: &str) -> Option<String> {
    percent_decode_str(word).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn obstacles() -> impl Strategy<Value = Obstacle> {
        let texts = || prop::collection::vec("(?s).{0,12}", 0..3);
        let sha = || "[0-9a-f]{40}".prop_map(|sha| Sha::parse(&sha).unwrap());
        let lacking = (sha(), "(?s).{0,12}").prop_map(|(sha, subject)| Lacking { sha, subject });
        let conflict = (sha(), texts(), prop::collection::vec(lacking, 0..3));
        prop_oneof![
            prop::sample::select(vec![Obstacle::Empty, Obstacle::NoBase, Obstacle::Taken, Obstacle::TooMany(51)]),
            texts().prop_map(Obstacle::Workflows),
            conflict.prop_map(|(at, files, lacking)| Obstacle::Conflict { at, files, lacking }),
        ]
    }

    fn all() -> impl Strategy<Value = Notes> {
        let user = || "[a-z]{1,8}".prop_map(|name| UserName::parse(&name).unwrap());
        let noted = prop_oneof![
            prop::option::of(user()).prop_map(Noted::Pending),
            Just(Noted::Opened),
            (user(), "(?s).{0,20}").prop_map(|(by, reason)| Noted::Waived { by, reason }),
            obstacles().prop_map(Noted::Stopped),
        ];
        let branch = "[a-z]{1,5}(/[a-zé|0-9]{1,4})?".prop_filter_map("a branch", |name| BranchName::parse(&name).ok());
        prop::collection::btree_map(branch, noted, 0..4)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(notes in all()) {
            prop_assert_eq!(read(&write(&notes)), notes);
        }

        #[test]
        fn each_line_starts_with_its_branch(notes in all()) {
            let text = write(&notes);
            let branches: Vec<_> = text.split('\n').filter_map(|line| BranchName::parse(line.split(' ').next()?).ok()).collect();
            prop_assert_eq!(branches, notes.into_keys().collect::<Vec<_>>());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(?s).{0,80}") {
            let _ = read(&text);
        }
    }
}

//! Who decided what on which commit. Kept in the page, sealed, a line each, the oldest first; what was decided of another commit stays as
//! the record of it, and counts no more.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::domain::names::{Moment, Sha, UserName};

/// What separates the words of a line, and what stands for something else.
const WORD: &AsciiSet = &CONTROLS.add(b' ').add(b'%');
/// Stands for a word without letters, since no other word is a sign that would announce two digits.
const EMPTY: &str = "%";

/// What a page remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// At most [`Book::MOST`], the oldest first.
    pub decisions: Vec<Decision>,
    /// Whoever was put in charge of this version, in place of whoever is on duty.
    pub manager: Option<UserName>,
    /// What the page showed last of what is not read at every event: a name and a word each.
    pub known: Vec<(String, String)>,
}

/// Something that somebody decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What asked for it, so that the same is known when it comes again: a comment's thread and number.
    pub asked: String,
    pub by: UserName,
    pub at: Moment,
    /// The head when it was decided.
    pub on: Sha,
    pub deed: Deed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// With the teams of `readiness.teams` and the grants of `readiness.reviewers`, as they are written there, that the person was of.
    Go {
        teams: BTreeSet<String>,
    },
    NoGo {
        reason: String,
    },
    /// The item by its id.
    Waive {
        item: String,
        reason: String,
    },
    /// Somebody else is in charge.
    Swap {
        to: UserName,
    },
    /// An edit of the checklist by somebody without the right was undone.
    Undone,
    /// A version was tagged.
    Tagged {
        tag: String,
    },
}

impl Book {
    pub const MOST: usize = 100;
    /// So many bytes are written of the decisions at most; the page has other things to say.
    const ROOM: usize = 12_000;

    /// What `write` has written. A line that says anything else says nothing.
    pub fn read(text: &str) -> Self {
        let mut book = Self::default();
        for line in text.split('\n') {
            let words: Vec<_> = line.split(' ').collect();
            match words.as_slice() {
                ["manager", name] => book.manager = UserName::parse(name).ok().or(book.manager),
                ["known", name, word] => {
                    if let (Some(name), Some(word)) = (decoded(name), decoded(word)) {
                        book.set_known(&name, Some(&word));
                    }
                }
                [kind, asked, by, at, on, rest @ ..] => {
                    book.decisions.extend(deed(kind, rest).and_then(|deed| decision((asked, by, at, on), deed)));
                }
                _ => {}
            }
        }
        let surplus = book.decisions.len().saturating_sub(Self::MOST);
        book.decisions.drain(..surplus);
        book
    }

    /// A line each, of words with what is not plain in them percent-encoded; the newest decisions, as far as there is room.
    pub fn write(&self) -> String {
        let manager = self.manager.iter().map(|manager| format!("manager {manager}"));
        let known = self.known.iter().map(|(name, word)| format!("known {} {}", encoded(name), encoded(word)));
        let mut room = Self::ROOM;
        let newest = self.decisions.iter().rev().take(Self::MOST).map(said);
        let fits = |line: &String| room.checked_sub(line.len() + 1).map(|left| room = left).is_some();
        let mut decisions: Vec<_> = newest.take_while(fits).collect();
        decisions.reverse();
        manager.chain(known).chain(decisions).collect::<Vec<_>>().join("\n")
    }

    /// The newest answer of each person on this commit, go or no-go; the oldest of these first.
    pub fn answers_on(&self, head: &Sha) -> Vec<&Decision> {
        let answers = self.decisions.iter().enumerate().filter(|(_, decision)| decision.on == *head && decision.deed.is_answer());
        let newest: BTreeMap<_, _> = answers.map(|(at, decision)| (&decision.by, (at, decision))).collect();
        newest.into_values().collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// Who has waived the item on this commit, and why; the newest counts.
    pub fn waiver(&self, wanted: &str, head: &Sha) -> Option<(&UserName, &str)> {
        self.decisions.iter().rev().filter(|decision| decision.on == *head).find_map(|decision| match &decision.deed {
            Deed::Waive { item, reason } if item == wanted => Some((&decision.by, reason.as_str())),
            _ => None,
        })
    }

    /// The same, and this. The same thing that asks for the same again changes nothing. A swap puts that person in charge.
    #[must_use]
    pub fn with(mut self, decision: Decision) -> Self {
        if self.decisions.iter().any(|known| known.asked == decision.asked && known.deed.is_like(&decision.deed)) {
            return self;
        }
        let at = self.decisions.partition_point(|known| known.at <= decision.at);
        self.decisions.insert(at, decision);
        let surplus = self.decisions.len().saturating_sub(Self::MOST);
        self.decisions.drain(..surplus);
        let swapped = self.decisions.iter().skip(at).rev().find_map(|decision| match &decision.deed {
            Deed::Swap { to } => Some(to.clone()),
            _ => None,
        });
        self.manager = swapped.or(self.manager);
        self
    }

    /// What was noted under this name.
    pub fn knows(&self, name: &str) -> Option<&str> {
        self.known.iter().find(|(known, _)| known == name).map(|(_, word)| word.as_str())
    }

    /// Notes a word under a name; `None`: nothing is known of it any more.
    pub fn set_known(&mut self, name: &str, word: Option<&str>) {
        let at = self.known.iter().position(|(known, _)| known == name);
        match (at.and_then(|at| self.known.get_mut(at)), word) {
            (Some((_, known)), Some(word)) => word.clone_into(known),
            (None, Some(word)) => self.known.push((name.to_owned(), word.to_owned())),
            (_, None) => self.known.retain(|(known, _)| known != name),
        }
    }
}

impl Deed {
    /// Whether it says that the release may be made, or may not.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Go { .. } | Self::NoGo { .. })
    }

    /// Whether one request may have asked for both only once.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Waive { item: one, .. }, Self::Waive { item: other, .. }) | (Self::Tagged { tag: one }, Self::Tagged { tag: other }) => {
                one == other
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

fn said(Decision { asked, by, at, on, deed }: &Decision) -> String {
    let words = |kind: &'static str, words: &[&str]| (kind, words.iter().fold(String::new(), |line, word| line + " " + &encoded(word)));
    let (kind, rest) = match deed {
        Deed::Go { teams } => words("go", &teams.iter().map(String::as_str).collect::<Vec<_>>()),
        Deed::NoGo { reason } => words("no-go", &[reason]),
        Deed::Waive { item, reason } => words("waive", &[item, reason]),
        Deed::Swap { to } => words("swap", &[to.as_str()]),
        Deed::Undone => words("undone", &[]),
        Deed::Tagged { tag } => words("tagged", &[tag]),
    };
    format!("{kind} {} {by} {} {on}{rest}", encoded(asked), at.0)
}

fn deed(kind: &str, words: &[&str]) -> Option<Deed> {
    Some(match (kind, words) {
        ("go", teams) => Deed::Go { teams: teams.iter().map(|team| decoded(team)).collect::<Option<_>>()? },
        ("no-go", [reason]) => Deed::NoGo { reason: decoded(reason)? },
        ("waive", [item, reason]) => Deed::Waive { item: decoded(item)?, reason: decoded(reason)? },
        ("swap", [to]) => Deed::Swap { to: UserName::parse(to).ok()? },
        ("undone", []) => Deed::Undone,
        ("tagged", [tag]) => Deed::Tagged { tag: decoded(tag)? },
        _ => return None,
    })
}

fn decision((asked, by, at, on): (&str, &str, &str, &str), deed: Deed) -> Option<Decision> {
    let (by, at) = (UserName::parse(by).ok()?, Moment(at.parse().ok()?));
    Some(Decision { asked: decoded(asked)?, by, at, on: Sha::parse(on).ok()?, deed })
}

fn encoded(text: &str) -> String {
    if text.is_empty() { EMPTY.to_owned() } else { utf8_percent_encode(text, WORD).to_string() }
}

fn decoded(word: &str) -> Option<String> {
    if word == EMPTY { Some(String::new()) } else { percent_decode_str(word).decode_utf8().ok().map(Into::into) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sha(digit: char) -> Sha {
        Sha::parse(&digit.to_string().repeat(40)).unwrap()
    }

    fn user(name: &str) -> UserName {
        UserName::parse(name).unwrap()
    }

    fn deeds() -> impl Strategy<Value = Deed> {
        let text = || "(?s).{0,12}";
        prop_oneof![
            prop::collection::btree_set(text(), 0..3).prop_map(|teams| Deed::Go { teams }),
            text().prop_map(|reason| Deed::NoGo { reason }),
            (text(), text()).prop_map(|(item, reason)| Deed::Waive { item, reason }),
            "[a-z]{1,8}".prop_map(|to| Deed::Swap { to: user(&to) }),
            Just(Deed::Undone),
            text().prop_map(|tag| Deed::Tagged { tag }),
        ]
    }

    fn decisions() -> impl Strategy<Value = Decision> {
        ("(?s).{0,12}", "[a-z]{1,3}", 0..9_i64, prop::sample::select(vec!['a', 'b']), deeds())
            .prop_map(|(asked, by, at, on, deed)| Decision { asked, by: user(&by), at: Moment(at), on: sha(on), deed })
    }

    fn books() -> impl Strategy<Value = Book> {
        let known = prop::collection::btree_map("(?s).{0,8}", "(?s).{0,8}", 0..3).prop_map(|known| known.into_iter().collect());
        let manager = prop::option::of("[a-z]{1,8}".prop_map(|name| user(&name)));
        (prop::collection::vec(decisions(), 0..6), manager, known).prop_map(|(decisions, manager, known)| Book {
            decisions,
            manager,
            known,
        })
    }

    fn decided(asked: &str, by: &str, (at, on): (i64, char), deed: Deed) -> Decision {
        Decision { asked: asked.into(), by: user(by), at: Moment(at), on: sha(on), deed }
    }

    fn go() -> Deed {
        Deed::Go { teams: BTreeSet::new() }
    }

    fn no_go() -> Deed {
        Deed::NoGo { reason: "it is slow".into() }
    }

    #[test]
    fn of_each_person_the_newest_answer_on_the_commit_counts() {
        let all =
            [("1", "mia", (1, 'a'), no_go()), ("2", "max", (2, 'a'), go()), ("3", "mia", (3, 'a'), go()), ("4", "ann", (4, 'b'), go())];
        let book = all.into_iter().fold(Book::default(), |book, (asked, by, when, deed)| book.with(decided(asked, by, when, deed)));
        let told: Vec<_> = book.answers_on(&sha('a')).iter().map(|answer| format!("{} {}", answer.by, answer.deed == go())).collect();
        assert_eq!(told, ["max true", "mia true"]);
        assert!(book.answers_on(&sha('c')).is_empty());
    }

    #[test]
    fn answers_that_come_late_do_not_overtake() {
        let book = Book::default().with(decided("2", "mia", (2, 'a'), no_go())).with(decided("1", "mia", (1, 'a'), go()));
        assert_eq!(book.answers_on(&sha('a')), [&decided("2", "mia", (2, 'a'), no_go())]);
    }

    #[test]
    fn a_waiver_counts_for_its_item_and_commit() {
        let waive = |item: &str| Deed::Waive { item: item.into(), reason: "a flake".into() };
        let book = Book::default().with(decided("1", "mia", (1, 'a'), waive("checks"))).with(decided("1", "mia", (1, 'a'), waive("docs")));
        assert_eq!(book.waiver("checks", &sha('a')), Some((&user("mia"), "a flake")));
        assert_eq!((book.waiver("checks", &sha('b')), book.waiver("notes", &sha('a'))), (None, None));
        assert!(book.waiver("docs", &sha('a')).is_some());
    }

    #[test]
    fn the_newest_swap_says_who_is_in_charge() {
        let swap = |to: &str| Deed::Swap { to: user(to) };
        let book = Book::default().with(decided("2", "mia", (2, 'a'), swap("max"))).with(decided("1", "mia", (1, 'a'), swap("ann")));
        assert_eq!(book.manager, Some(user("max")));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let book = (0..150).fold(Book::default(), |book, at| book.with(decided(&at.to_string(), "mia", (at, 'a'), go())));
        assert_eq!((book.decisions.len(), book.decisions.first().map(|first| first.at)), (Book::MOST, Some(Moment(50))));
        let long = || Deed::NoGo { reason: "é".repeat(1000) };
        let book = (0..9).fold(Book::default(), |book, at| book.with(decided(&at.to_string(), "mia", (at, 'a'), long())));
        let read = Book::read(&book.write());
        assert!(book.write().len() <= Book::ROOM && read.decisions.last() == book.decisions.last());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(book in books()) {
            prop_assert_eq!(Book::read(&book.write()), book);
        }

        #[test]
        fn what_asks_again_changes_nothing(book in books(), decision in decisions()) {
            let once = book.with(decision.clone());
            prop_assert_eq!(once.clone().with(decision), once);
        }

        #[test]
        fn a_damaged_line_says_nothing(book in books(), noise in "(?s)[a-z %]{0,20}\n?.{0,20}") {
            let text = format!("{noise}\nundone 1 mia x y\n{}", book.write());
            let read = Book::read(&text);
            prop_assert!(book.decisions.iter().all(|decision| read.decisions.contains(decision)));
        }
    }
}

//! The record of a declared freeze, as it is sealed in its issue: a line each, `since 1766`, in a fixed order.

use super::Terms;
use crate::domain::config::Pattern;
use crate::domain::facts::OwnIssue;
use crate::domain::freeze::{Declared, Freeze, Scope, Source, Zone};
use crate::domain::names::{Moment, Number, UserName};

/// A freeze that somebody declared, and who lifted it.
#[derive(Debug, Clone)]
pub struct Record {
    pub declared: Declared,
    /// `None`: nobody has.
    pub lifted: Option<Lifted>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted {
    pub by: UserName,
    pub at: Moment,
    /// The comment that asked for it, if one did: carrying out its command again changes nothing.
    pub asked: Option<u64>,
}

impl Record {
    /// `None` where the issue's note was edited.
    pub fn of(issue: &OwnIssue) -> Option<Self> {
        Self::read(issue.data.as_deref()?, Some(issue.number))
    }

    pub fn write(&self) -> String {
        let Self { declared, lifted } = self;
        let Declared { reason, by, since, until, scope, zone, .. } = declared;
        let mut lines = vec![format!("by {by}"), format!("since {}", since.0)];
        lines.extend(until.map(|until| format!("until {}", until.0)));
        lines.push(format!("zone {}", zone.name()));
        lines.extend(scope.branches.iter().map(|pattern| format!("branch {pattern}")));
        lines.extend(scope.paths.iter().map(|pattern| format!("path {pattern}")));
        if let Some(Lifted { by, at, asked }) = lifted {
            lines.push(format!("lifted {by} {}", at.0));
            lines.extend(asked.map(|comment| format!("asked {comment}")));
        }
        lines.push(format!("reason {}", plain(reason)));
        lines.join("\n")
    }

    /// What `write` has written; `None` for anything else.
    pub fn read(text: &str, issue: Option<Number>) -> Option<Self> {
        let (mut by, mut since, mut until, mut reason) = (None, None, None, None);
        let (mut zone, mut scope, mut lifted) = (Zone::default(), Scope::default(), None);
        let moment = |text: &str| text.parse().ok().map(Moment);
        let pattern = |text: &str| Pattern::try_from(text.to_owned()).ok();
        for line in text.split('\n') {
            let (key, value) = line.split_once(' ')?;
            match key {
                "by" => by = Some(UserName::parse(value).ok()?),
                "since" => since = Some(moment(value)?),
                "until" => until = Some(moment(value)?),
                "zone" => zone = Zone::named(value).ok()?,
                "branch" => scope.branches.push(pattern(value)?),
                "path" => scope.paths.push(pattern(value)?),
                "lifted" => {
                    let (by, at) = value.split_once(' ')?;
                    lifted = Some(Lifted { by: UserName::parse(by).ok()?, at: moment(at)?, asked: None });
                }
                "asked" => lifted.as_mut()?.asked = Some(value.parse().ok()?),
                "reason" => reason = Some(value.to_owned()),
                _ => return None,
            }
        }
        let declared = Declared { reason: reason?, by: by?, since: since?, until, scope, zone, issue };
        Some(Self { declared, lifted })
    }

    pub fn terms(&self) -> Terms {
        let declared = &self.declared;
        let names = |patterns: &[Pattern]| patterns.iter().map(ToString::to_string).collect();
        Terms {
            reason: declared.reason.clone(),
            by: Some(declared.by.clone()),
            since: declared.zone.words(declared.since),
            until: declared.until.map(|until| declared.zone.words(until)),
            branches: names(&declared.scope.branches),
            paths: names(&declared.scope.paths),
        }
    }
}

impl Terms {
    /// A freeze that holds, as those who wait are told of it.
    pub fn of(freeze: &Freeze) -> Self {
        let (by, scope) = match freeze.source {
            Source::Declared(declared) => (Some(declared.by.clone()), &declared.scope),
            Source::Window(window) => (None, &window.scope),
        };
        let names = |patterns: &[Pattern]| patterns.iter().map(ToString::to_string).collect();
        Self {
            reason: freeze.reason.to_owned(),
            by,
            since: freeze.since_in_words(),
            until: freeze.until_in_words(),
            branches: names(&scope.branches),
            paths: names(&scope.paths),
        }
    }
}

/// On one line.
pub fn plain(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
        prop::collection::vec("[a-z/* ]{1,8}".prop_filter_map("a pattern", |text| Pattern::try_from(text).ok()), 0..3)
    }

    prop_compose! {
        fn records()(
            (reason, by) in ("\\PC{1,40}", "[a-z]{1,8}"),
            (since, until) in (any::<i64>(), any::<Option<i64>>()),
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York"]),
            (branches, paths) in (patterns(), patterns()),
            lifted in any::<Option<(i64, Option<u64>)>>(),
        ) -> Record {
            let by = UserName::parse(&by).unwrap();
            let lifted = lifted.map(|(at, asked)| Lifted { by: by.clone(), at: Moment(at), asked });
            let (scope, zone) = (Scope { branches, paths }, Zone::named(zone).unwrap());
            let (since, until) = (Moment(since), until.map(Moment));
            Record { declared: Declared { reason: plain(&reason), by, since, until, scope, zone, issue: None }, lifted }
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(record in records()) {
            let read = Record::read(&record.write(), None).unwrap();
            prop_assert_eq!(format!("{:?}", read.terms()), format!("{:?}", record.terms()));
            prop_assert_eq!((read.write(), read.lifted), (record.write(), record.lifted));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(?s).{0,80}") {
            let _ = Record::read(&text, None);
        }
    }

    #[test]
    fn what_is_not_understood_is_no_record() {
        assert!(Record::read("by dana\nsince 1\nreason x", None).is_some());
        for text in ["", "by dana\nsince 1", "by dana\nsince 1\nreason x\nwhat 1", "by dana\nsince one\nreason x"] {
            assert!(Record::read(text, None).is_none(), "{text}");
        }
    }
}

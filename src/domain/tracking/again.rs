//! What the issue of a release says of it, told again from what is noted there.

use super::cut::trunk;
use super::hotfix::named;
use super::told::{Cause, Purpose, Tracking};
use super::{Record, underway};
use crate::domain::config::Config;
use crate::domain::event::Repository;
use crate::domain::names::TagName;

impl Tracking {
    pub fn of(config: &Config, repository: &Repository, record: &Record) -> Self {
        let purpose = repaired(config, record).map_or(Purpose::Line, Purpose::Repair);
        let trunk = trunk(config, repository).unwrap_or_else(|| record.branch.clone());
        Self {
            version: record.version.clone(),
            branch: record.branch.clone(),
            at: record.at.clone(),
            cause: cause(record),
            label: underway::label(config, &record.branch),
            forward: underway::forward(config, &trunk, &purpose),
            purpose,
        }
    }
}

/// The tag of the version that a branch repairs: as the command named it that made the branch.
fn repaired(config: &Config, record: &Record) -> Option<TagName> {
    let mut words = record.asked.split_once(":hotfix ")?.1.split(' ');
    let version = words.next()?;
    let component = words.find_map(|word| word.strip_prefix("component="));
    let (component, version) = named(config, version, component).ok()?;
    component.template.write(&version).ok()
}

/// What made it, by what asked for it.
fn cause(record: &Record) -> Cause {
    match (&record.by, record.asked.split(':').next()) {
        (Some(by), _) => Cause::Person(by.clone()),
        (None, Some("milestone")) => Cause::Milestone,
        (None, Some("tag")) => Cause::Tag,
        (None, _) => Cause::Schedule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::commands::tests::delivery;
    use crate::domain::history::tests::sha;
    use crate::domain::names::{BranchName, UserName};
    use crate::domain::readiness::Book;

    fn told(asked: &str, by: Option<&str>) -> Tracking {
        let (branch, by) = (BranchName::parse("hotfix/1.4.3").unwrap(), by.and_then(|by| UserName::parse(by).ok()));
        let record = Record { branch, at: sha('a'), version: "1.4.3".into(), by, asked: asked.into(), book: Book::default() };
        Tracking::of(&Config::default(), &delivery().repository, &record)
    }

    #[test]
    fn a_hotfix_is_known_by_the_version_that_it_was_asked_for() {
        let hotfix = told("request-1:9:hotfix 1.4.2", Some("mia"));
        assert_eq!(hotfix.purpose, Purpose::Repair(TagName::parse("v1.4.2").unwrap()));
        assert_eq!(hotfix.forward, [BranchName::main()]);
        assert_eq!(hotfix.cause, Cause::Person(UserName::parse("mia").unwrap()));
    }

    #[test]
    fn a_line_is_known_by_what_cut_it() {
        for (asked, cause) in [("schedule:7", Cause::Schedule), ("milestone:1.4", Cause::Milestone), ("tag:cut/1.4", Cause::Tag)] {
            let line = told(asked, None);
            assert_eq!((line.purpose, line.cause, line.forward.len()), (Purpose::Line, cause, 0));
        }
    }
}

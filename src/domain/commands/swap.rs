//! `/slipway swap max 1.4`: puts somebody else in charge of a version that is on its way.

use super::freeze::key;
use super::status::configured;
use super::{Asking, Call, Command, Decision, options};
use crate::domain::config::Grant;
use crate::domain::event::Thread;
use crate::domain::facts::{Condition, Facts, IssueKind, Need, Needs, OwnIssue, Role};
use crate::domain::names::{BranchName, UserName};
use crate::domain::plan::{Action, Answer, Follow, Issue, IssueCourse, Note};
use crate::domain::readiness::{Decision as Decided, Deed};
use crate::domain::schedule::manager;
use crate::domain::tracking::cut::line_of;
use crate::domain::tracking::{Record, Refusal};

pub const COMMAND: Command = Command {
    verb: "swap",
    summary: "Puts somebody else in charge of the version that the issue tracks, or of the one that is named. It takes the right to write \
              to be in charge.",
    example: "/slipway swap max 1.4",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: None,
};

/// Whom the call names.
fn user(call: &Call) -> Result<UserName, Refusal> {
    options(call, &[], 2)?;
    let name = call.words.first().map(|word| word.trim_start_matches('@')).unwrap_or_default();
    UserName::parse(name).map_err(|_| Refusal::new("nobody is named", "Write who is in charge from here on, as in “swap max”."))
}

fn needs(asking: &Asking, call: &Call) -> Needs {
    match (configured(asking, call), user(call)) {
        (Ok(_), Ok(user)) => [Need::Issues(IssueKind::Release), Need::Role(user)].into(),
        _ => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let config = match configured(asking, call) {
        Ok(config) => config,
        Err(refusal) => return *refusal,
    };
    let found = user(call).and_then(|to| Ok((tracked(asking, call, facts)?, to)));
    let ((issue, record), to) = match found {
        Ok(found) => found,
        Err(Refusal { why, remedy }) => return Decision::refuse(call, why, remedy),
    };
    if facts.role(&to) < Role::Write {
        let why = format!("{to} may not write to the repository");
        return Decision::refuse(call, why, "Name somebody who may, or have them invited first.");
    }
    let from = manager(config, issue, &record).filter(|from| *from != to);
    let version = record.version.clone();
    let answer = Answer::Swapped { version, from, to: to.clone() };
    let swapped = Decided {
        asked: format!("{}:swap", key(asking)),
        by: asking.delivery.actor.name.clone(),
        at: facts.now,
        on: record.at.clone(),
        deed: Deed::Swap { to },
    };
    let record = Record { book: record.book.with(swapped), ..record };
    // What the page shows of it is brought up to date by what follows.
    let action = Action::Issue(Issue {
        kind: IssueKind::Release,
        key: issue.key.clone(),
        title: issue.title.clone(),
        course: IssueCourse::Keep,
        data: Some(record.write()),
        seen: Some(issue.body.clone()),
        body: Note::Text(issue.body.clone()),
    });
    Decision { actions: vec![action], answer }
}

/// The page does not show yet who is in charge.
pub(super) fn follows(effects: &[Action<Note>]) -> impl Iterator<Item = Follow> {
    effects.iter().filter_map(|action| match action {
        Action::Issue(Issue { kind: IssueKind::Release, course: IssueCourse::Keep, key, body: Note::Text(_), .. }) => {
            BranchName::parse(key).ok().map(Follow::Refresh)
        }
        _ => None,
    })
}

/// The issue that tracks the version that is meant.
fn tracked<'f>(asking: &Asking, call: &Call, facts: &'f Facts) -> Result<(&'f OwnIssue, Record), Refusal> {
    let open = facts.issues(IssueKind::Release).iter().filter(|issue| issue.condition == Condition::Open);
    let mut known = open.filter_map(|issue| Some((issue, Record::of(issue)?)));
    let found = match call.words.get(1) {
        Some(version) => {
            let line = line_of(version);
            let is_meant = |record: &Record| record.version == *version || line.as_ref() == Some(&record.version);
            known.find(|(_, record)| is_meant(record))
        }
        None => known.find(|(issue, _)| Thread::Issue(issue.number) == asking.thread),
    };
    found.ok_or_else(|| match call.words.get(1) {
        Some(version) => Refusal::new(format!("no open issue tracks {version}"), "Name a version that is on its way."),
        None => Refusal::new("this issue tracks no version", "Ask on the issue of a release, or name the version, as in “swap max 1.4”."),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{answer, tests::delivery};
    use super::*;
    use crate::domain::config::{Config, Configuration, Source};
    use crate::domain::facts::{Asked, Asker, Reply};
    use crate::domain::history::tests::sha;
    use crate::domain::names::{Moment, Number};
    use crate::domain::readiness::Book;

    const DUTY: &str = "[duty]\nroster = ['mia']\nsince = '2026-01-05'";

    fn issue() -> OwnIssue {
        let branch = BranchName::parse("release/1.4").unwrap();
        let (at, version, asked) = (sha('a'), "1.4".to_owned(), "schedule:1795507200".to_owned());
        let data = Some(Record { branch, at, version, by: None, asked, book: Book::default() }.write());
        let (key, title, body) = ("release/1.4".to_owned(), "Release 1.4".to_owned(), "text".to_owned());
        OwnIssue { number: Number(7), key, title, condition: Condition::Open, opened_at: Moment(1), body, data }
    }

    /// What a comment on issue 7 leads to where Max may do so much; the noted data, and the answer in words.
    fn told(body: &str, role: Role) -> (Option<String>, String) {
        let source = Source { path: "slipway.toml".into(), version: "1".into() };
        let config = Configuration::Loaded { config: Box::new(Config::parse(DUTY).unwrap()), source };
        let asking = Asking { thread: Thread::Issue(Number(7)), config: &config, delivery: &delivery() };
        let name = |name: &str| UserName::parse(name).unwrap();
        let facts = Facts {
            now: Moment(1_795_600_000),
            me: Asked::Answered(name("slipway")),
            asker: Asked::Answered(Asker::of(Role::Maintain)),
            replied: Asked::Answered(Reply::None),
            roles: [(name("max"), Asked::Answered(role))].into(),
            issues: [(IssueKind::Release, Asked::Answered(vec![issue()]))].into(),
            ..Facts::default()
        };
        let plan = answer(&asking, (9, &name("dana"), body), &facts);
        let follows = plan.to_string().contains("bring the page of release/1.4 up to date");
        let data = plan.actions.iter().find_map(|action| if let Action::Issue(issue) = action { issue.data.clone() } else { None });
        assert_eq!(data.is_some(), follows, "{plan}");
        let words = plan.actions.into_iter().find_map(|action| if let Action::Comment { body, .. } = action { Some(body) } else { None });
        (data, crate::render::Renderer::new().unwrap().words(&words.unwrap()).unwrap().trim().to_owned())
    }

    #[test]
    fn somebody_else_is_put_in_charge_of_the_version() {
        for body in ["/slipway swap max", "/slipway swap @max 1.4.0"] {
            let (data, words) = told(body, Role::Write);
            assert_eq!(words, "max is in charge of 1.4 now, in place of mia.");
            let record = Record::read(&data.unwrap()).unwrap();
            assert_eq!(manager(&Config::parse(DUTY).unwrap(), &issue(), &record).unwrap().as_str(), "max");
        }
    }

    #[test]
    fn who_may_not_write_cannot_be_in_charge_and_a_version_must_be_on_its_way() {
        for (body, role, why) in [
            ("/slipway swap max", Role::Read, "max may not write to the repository"),
            ("/slipway swap", Role::Write, "nobody is named"),
            ("/slipway swap max 1.5", Role::Write, "no open issue tracks 1.5"),
        ] {
            let (data, words) = told(body, role);
            assert!(data.is_none() && words.contains(why), "{words}");
        }
    }
}

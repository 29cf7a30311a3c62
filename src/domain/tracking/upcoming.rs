//! Which version is cut where none is named: what the trunk would release next; and where that line was cut before, the one that follows from
//! what has come since. What is tagged on release branches is none of the trunk's ancestors, so the trunk alone would say the same again.

use std::collections::BTreeMap;

use crate::domain::config::Config;
use crate::domain::facts::{Facts, Line, Ref};
use crate::domain::history::Graph;
use crate::domain::names::{BranchName, Sha};
use crate::domain::release::Releasing;
use crate::domain::release::line::Situation;
use crate::domain::release::outlook::{Forced, Next, Outlook, Refusal as Hindrance, Stretch, bump, told};
use crate::domain::version::Bump;

use super::Record;
use super::underway::{self, Refusal};

const NAME: &str = "Name the version, as in “cut 1.4”.";

pub struct Upcoming<'a> {
    pub config: &'a Config,
    pub trunk: &'a BranchName,
    /// The release branches that are there.
    pub there: &'a BTreeMap<BranchName, Sha>,
    pub facts: &'a Facts,
}

/// Major and minor.
type Numbers = (u64, u64);

impl Upcoming<'_> {
    /// As `1.4`.
    pub fn version(&self) -> Result<String, Refusal> {
        let Some(line) = self.facts.line(&Ref::Branch(self.trunk.clone())) else {
            return Err(Refusal::new(format!("there is no branch {}", self.trunk), NAME));
        };
        let (config, releasing, me) = (self.config, Releasing::Default, self.facts.me.read());
        let outlooks = Situation { config, releasing, branch: self.trunk, line, me, forced: Forced::new() }.decide().outlooks;
        let [outlook] = outlooks.as_slice() else {
            return Err(Refusal::new("there are several components, whose versions differ", NAME));
        };
        let template = &outlook.component.template;
        let version = match (&outlook.next, &outlook.ahead) {
            (Next::Release { version, .. }, _) | (Next::Nothing, Some(version)) => version.clone(),
            (Next::Refused(Hindrance::Exists { tag }), _) => {
                template.read(tag).ok_or_else(|| Refusal::new(format!("{tag} exists"), NAME))?
            }
            (Next::Nothing, None) => return Err(Refusal::new(format!("there is nothing to release on {}", self.trunk), NAME)),
            (Next::Refused(refusal), _) => return Err(Refusal::new(refusal.to_string(), NAME)),
        };
        let printed = template.scheme.print(&version);
        let own = printed.split('.').take(2).collect::<Vec<_>>().join(".");
        let next = self.config.release.calendar.is_none().then(|| self.after(line, outlook, (version.major, version.minor))).flatten();
        Ok(next.map_or(own, |(major, minor)| format!("{major}.{minor}")))
    }

    /// The line after those that were cut already, if this one was: the last of them where nothing has come since.
    fn after(&self, line: &Line, outlook: &Outlook, own: Numbers) -> Option<Numbers> {
        let (last, at) = self.cut().last_key_value().map(|(numbers, at)| (*numbers, at.clone()))?;
        if own > last {
            return None;
        }
        let graph = Graph::new(&line.window);
        let (head, convention, all) = (graph.find(&line.window.head)?, self.config.convention(), self.config.components());
        let since =
            told(&graph, &Stretch { anchor: Some(graph.find(&at?)?), head, elsewhere: &[] }, (&outlook.component, &all), &convention);
        Some(match bump(&since.changes, &convention) {
            None => last,
            Some(Bump::Major) if last.0 > 0 => (last.0 + 1, 0),
            Some(_) => (last.0, last.1 + 1),
        })
    }

    /// The lines that were cut, and from which commit, where that is noted.
    fn cut(&self) -> BTreeMap<Numbers, Option<Sha>> {
        let pattern = self.config.branches.release.as_str();
        let (before, after) = pattern.split_once('*').unwrap_or((pattern, ""));
        let numbers = |branch: &BranchName| {
            let (major, minor) = branch.as_str().strip_prefix(before)?.strip_suffix(after)?.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        let of =
            |branch: &BranchName| Some((numbers(branch)?, underway::tracking(self.facts, branch).and_then(Record::of).map(|cut| cut.at)));
        self.there.keys().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Record;
    use super::*;
    use crate::domain::facts::{Asked, Condition, IssueKind, OwnIssue};
    use crate::domain::history::tests::{sha, tagged, window};
    use crate::domain::names::{Moment, Number, UserName};
    use crate::domain::readiness::Book;

    /// What is cut next of a trunk with v1.0.0 at its first commit and these messages since, of which 1.1 was cut at the second.
    fn next(messages: &[&str]) -> String {
        let branch = BranchName::parse("release/1.1").unwrap();
        let record =
            Record { branch: branch.clone(), at: sha('b'), version: "1.1".into(), by: None, asked: "x".into(), book: Book::default() };
        let (key, data, condition) = (branch.to_string(), Some(record.write()), Condition::Open);
        let issue = OwnIssue { body: String::new(), number: Number(7), key, title: "t".into(), condition, opened_at: Moment(1), data };
        let told = |((name, parent), message): ((char, char), &&str)| format!("{name} {parent}: {message}");
        let commits: Vec<_> = ('b'..='z').zip('a'..='z').zip(messages).map(told).collect();
        let commits: Vec<_> = std::iter::once("a: feat: a").chain(commits.iter().map(String::as_str)).collect();
        let window = tagged(window(&commits), &[("v1.0.0", 'a')]);
        let line = Line { name: "main".into(), window, ..crate::domain::commands::tests::line() };
        let trunk = BranchName::main();
        let facts = Facts {
            me: Asked::Answered(UserName::parse("slipway").unwrap()),
            lines: [(Ref::Branch(trunk.clone()), Asked::Answered(Some(line)))].into(),
            issues: [(IssueKind::Release, Asked::Answered(vec![issue]))].into(),
            ..Facts::default()
        };
        let (config, there) = (Config::default(), [(branch, sha('b'))].into());
        Upcoming { config: &config, trunk: &trunk, there: &there, facts: &facts }.version().unwrap_or_else(|refusal| refusal.why)
    }

    #[test]
    fn the_line_after_one_that_was_cut_follows_from_what_has_come_since() {
        assert_eq!(next(&["feat: b"]), "1.1");
        assert_eq!(next(&["feat: b", "chore: c"]), "1.1", "nothing that is released has come since");
        assert_eq!(next(&["feat: b", "fix: c"]), "1.2");
        assert_eq!(next(&["feat: b", "feat!: c"]), "2.0");
    }
}

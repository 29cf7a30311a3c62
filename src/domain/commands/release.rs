//! `/slipway release rc` and `/slipway release final`: tags the next candidate of a line, or its release. The tag's push publishes it, as that of
//! any version tag does.

use semver::Version;

use super::status::{self, Given, situation};
use super::{Asking, Call, Command, Decision, options};
use crate::domain::config::{Component, Configuration, From, Grant, LineOptions};
use crate::domain::event::{Event, Thread};
use crate::domain::facts::{Facts, Line, Needs, Ref, Reply, State};
use crate::domain::files;
use crate::domain::names::{BranchName, Sha, TagName};
use crate::domain::plan::{Action, Answer, CommentKey, Note};
use crate::domain::release::line::{Decided, Situation};
use crate::domain::release::outlook::{Forced, Next, Outlook};
use crate::domain::release::{self, Releasing, line};
use crate::domain::tracking::Refusal;
use crate::domain::version::{Allowed, Channel};

pub const COMMAND: Command = Command {
    verb: "release",
    summary: "Tags the next version of a line, which publishes it: `rc` the next candidate, `final` the release that the candidates lead to, or \
              the version that is named. It is about the branch of the issue or change request; `on=` names another.",
    example: "/slipway release rc",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: None,
};

/// What candidates are called.
const CANDIDATE: &str = "rc";

/// Which version is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wish {
    /// The one that comes next by the line's own settings.
    Next,
    Candidate,
    Final,
    Version(String),
}

fn wish(call: &Call) -> Wish {
    match call.words.first().map(String::as_str) {
        None => Wish::Next,
        Some(CANDIDATE) => Wish::Candidate,
        Some("final") => Wish::Final,
        Some(text) => Wish::Version(text.to_owned()),
    }
}

/// The line that is asked about.
fn at(asking: &Asking, call: &Call) -> Result<Ref, Refusal> {
    options(call, &["on", "component"], 1)?;
    match call.options.get("on") {
        None => Ok(status::at(asking)),
        Some(name) => BranchName::parse(name).map(Ref::Branch).map_err(|problem| Refusal::new(problem.to_string(), "Correct “on=”.")),
    }
}

fn needs(asking: &Asking, call: &Call) -> Needs {
    match (asking.config, at(asking, call)) {
        (Configuration::Loaded { config, .. }, Ok(at)) => line::needs(config, at),
        _ => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let refuse = |refusal: Refusal| Decision::refuse(call, refusal.why, refusal.remedy);
    let at = match at(asking, call) {
        Ok(at) => at,
        Err(refusal) => return refuse(refusal),
    };
    let (given, branch) = match situation(asking, call, (&at, facts)) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    if let Some((tags, at)) = begun(call, facts) {
        let actions = tags.iter().map(|tag| Action::Tag { tag: tag.clone(), at: at.clone() }).collect();
        return Decision { actions, answer: Answer::Tagged { tags, at, branch } };
    }
    let tagging =
        Tagging { given: &given, branch: &branch, wish: wish(call), component: call.options.get("component").map(String::as_str) };
    match tagging.tags(facts) {
        Ok((mut actions, tags)) => {
            let at = given.line.window.head.clone();
            if let (false, Event::Comment { thread, id, .. }) = (actions.is_empty(), &asking.delivery.event) {
                actions.insert(0, begin((*thread, *id), call, (&tags, &at)));
            }
            Decision { actions, answer: Answer::Tagged { tags, at, branch: branch.clone() } }
        }
        Err(refusal) => refuse(refusal),
    }
}

/// Binds the comment to what it tags: were it carried out once more after an interruption, the line may be further by then.
fn begin((thread, comment): (Thread, u64), call: &Call, (tags, at): (&[TagName], &Sha)) -> Action<Note> {
    let tags: Vec<_> = tags.iter().map(TagName::as_str).collect();
    let data = format!("{}\n{at}\n{}", call.in_full(), tags.join("\n"));
    let body = Note::Text(format!("`{}` is on its way, at {}.", tags.join("`, `"), at.short()));
    Action::Remember { thread, key: CommentKey::Reply(comment), data, body }
}

/// What was begun for the same words before.
fn begun(call: &Call, facts: &Facts) -> Option<(Vec<TagName>, Sha)> {
    let Reply::Begun(data) = facts.replied.read() else { return None };
    let mut lines = data.lines();
    let is_same = lines.next()? == call.in_full();
    let at = Sha::parse(lines.next()?).ok()?;
    let tags = lines.map(|tag| TagName::parse(tag).ok()).collect::<Option<Vec<_>>>()?;
    is_same.then_some((tags, at))
}

struct Tagging<'a> {
    given: &'a Given<'a>,
    branch: &'a BranchName,
    wish: Wish,
    component: Option<&'a str>,
}

type Tags = (Vec<Action<Note>>, Vec<TagName>);

impl Tagging<'_> {
    /// What is to be tagged, and all that is tagged then.
    fn tags(&self, facts: &Facts) -> Result<Tags, Refusal> {
        let components = self.components()?;
        let options = self.options();
        let mut forced = Forced::new();
        if let (Wish::Version(text), [component]) = (&self.wish, components.as_slice()) {
            let version = component.template.scheme.forced(text);
            let version = version.map_err(|problem| Refusal::new(problem.to_string(), "Write “rc”, “final” or a version."))?;
            forced.insert(component.name.clone().unwrap_or_default(), component.template.scheme.print(&version));
        }
        let Given { config, line, .. } = self.given;
        let (branch, releasing, me) = (self.branch, Releasing::Line(&options), facts.me.read());
        let decided = Situation { config, releasing, branch, line, me, forced }.decide();
        let allowed = options.range.clone().or_else(|| Allowed::of_branch(&options.branch.to_string(), self.branch.as_str()));
        let wanted = |outlook: &&Outlook| components.iter().any(|component| component.name == outlook.component.name);
        let (mut actions, mut tags, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        for outlook in decided.outlooks.iter().filter(wanted) {
            // The same comment once more, or somebody was quicker.
            if let Some(tag) = self.at_head(&outlook.component, &decided, allowed.as_ref()) {
                tags.push(tag);
                continue;
            }
            match self.tag(outlook, &decided.line) {
                Ok(tag) => {
                    actions.push(Action::Tag { tag: tag.clone(), at: line.window.head.clone() });
                    tags.push(tag);
                }
                Err(refusal) => refusals.push((outlook.next == Next::Nothing, refusal)),
            }
        }
        actions.splice(
            0..0,
            decided
                .due
                .iter()
                .filter(|due| tags.contains(&due.tag))
                .map(|due| Action::Tag { tag: due.tag.clone(), at: due.commit.clone() }),
        );
        // Components without changes hold up none of the others.
        match refusals.into_iter().find(|(is_idle, _)| tags.is_empty() || !is_idle) {
            Some((_, refusal)) => Err(refusal),
            None => Ok((actions, tags)),
        }
    }

    fn components(&self) -> Result<Vec<Component>, Refusal> {
        let all = self.given.config.components();
        let names = all.iter().filter_map(|component| component.name.clone()).collect::<Vec<_>>().join(" or component=");
        let found: Vec<_> =
            all.into_iter().filter(|component| self.component.is_none_or(|wanted| component.name.as_deref() == Some(wanted))).collect();
        match (found.len(), &self.wish) {
            (0, _) if names.is_empty() => Err(Refusal::new("there are no components here", "Leave “component=” out.")),
            (0, _) => Err(Refusal::new("there is no such component", format!("Say which: component={names}."))),
            (2.., Wish::Version(_)) => Err(Refusal::new("there are several components", format!("Say which: component={names}."))),
            _ => Ok(found),
        }
    }

    /// How the line releases for this once.
    fn options(&self) -> LineOptions {
        let channel = match self.wish {
            Wish::Next => self.given.options.channel.clone(),
            Wish::Candidate => Channel::try_from(CANDIDATE.to_owned()).ok(),
            Wish::Final | Wish::Version(_) => None,
        };
        LineOptions { channel, ..self.given.options.clone() }
    }

    /// The tag of such a version that the line's head has already.
    fn at_head(&self, component: &Component, decided: &Decided, allowed: Option<&Allowed>) -> Option<TagName> {
        let scheme = &component.template.scheme;
        let has_come = |outlook: &Outlook| outlook.component.name == component.name && outlook.next == Next::Nothing;
        let meant = |version: &Version| match &self.wish {
            Wish::Next => decided.outlooks.iter().any(has_come),
            Wish::Candidate => version.pre.as_str().split('.').next().is_some_and(|name| name.starts_with(CANDIDATE)),
            Wish::Final => version.pre.is_empty(),
            Wish::Version(text) => scheme.forced(text).is_ok_and(|wanted| wanted == *version),
        };
        let window = &decided.line.window;
        let here = window.tags.iter().filter(|tagged| tagged.commit == window.head);
        let versions = here.filter_map(|tagged| Some((component.template.read(&tagged.tag)?, &tagged.tag)));
        let versions = versions.filter(|(version, _)| allowed.is_none_or(|allowed| allowed.contains(version)) && meant(version));
        versions.max().map(|(_, tag)| tag.clone())
    }

    fn tag(&self, outlook: &Outlook, line: &Line) -> Result<TagName, Refusal> {
        let (branch, template) = (self.branch, &outlook.component.template);
        let version = match &outlook.next {
            Next::Release { version, .. } => version,
            Next::Nothing => {
                let since = outlook.candidate.as_ref().or(outlook.previous.as_ref()).map(|(tagged, _)| format!(" since {}", tagged.tag));
                let why = format!("there is nothing to release on {branch}{}", since.unwrap_or_default());
                return Err(Refusal::new(why, "Merge a change that counts, or name the version."));
            }
            Next::Refused(refusal) => return Err(Refusal::new(refusal.to_string(), "A version that fits can be named in the command.")),
        };
        if let Some((previous, _)) = outlook.previous.as_ref().filter(|(tagged, _)| tagged.commit == line.window.head) {
            let why = format!("nothing is on {branch} that {} does not have", previous.tag);
            return Err(Refusal::new(why, "Merge what is to be released first."));
        }
        if version.pre.is_empty() {
            self.is_written(outlook, (line, version))?;
        }
        template.write(version).map_err(|problem| Refusal::new(problem.to_string(), "Correct the prefix of the tags in slipway.toml."))
    }

    /// Where a release change request writes the versions of files, they must say what is released.
    fn is_written(&self, outlook: &Outlook, (line, version): (&Line, &Version)) -> Result<(), Refusal> {
        let config = self.given.config;
        let printed = outlook.component.template.scheme.print(version);
        let says = |path: &str, file| files::version(file, line.files.get(path)?);
        let behind = outlook.component.files.iter().find(|file| says(&file.path, file).as_deref() != Some(printed.as_str()));
        let Some(file) = behind.filter(|_| config.release.from == From::Request) else { return Ok(()) };
        let why = format!("{} does not say {printed} on {}", file.path, self.branch);
        let heads = [None, outlook.component.name.as_deref()].map(|component| release::branch(self.branch, component));
        let open = |head: &BranchName| line.proposals.get(head).filter(|proposal| proposal.state == State::Open);
        let remedy = match heads.iter().flatten().find_map(open) {
            Some(proposal) => format!("Merge the release change request {}{}, which tags it.", line.links.sigil, proposal.number),
            None => "Merge the release change request, or bring the version there by another one; a candidate needs none of it.".to_owned(),
        };
        Err(Refusal::new(why, remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::super::running_tests::{Told, told};
    use super::super::tests::line as main;
    use super::*;
    use crate::domain::facts::{Links, Proposal};
    use crate::domain::history::tests::{tagged, window};
    use crate::domain::names::{Number, UserName};

    /// A branch with v1.0.0 at its first commit, and these messages and tags since.
    fn line(name: &str, messages: &[&str], tags: &[(&str, char)]) -> Line {
        let told = |((name, parent), message): ((char, char), &&str)| format!("{name} {parent}: {message}");
        let commits: Vec<_> = ('b'..='z').zip('a'..='z').zip(messages).map(told).collect();
        let commits: Vec<_> = std::iter::once("a: feat: a").chain(commits.iter().map(String::as_str)).collect();
        let tags: Vec<_> = std::iter::once(&("v1.0.0", 'a')).chain(tags).copied().collect();
        Line { name: name.to_owned(), window: tagged(window(&commits), &tags), ..main() }
    }

    /// What is tagged, or the answer.
    fn said(body: &str, config: &'static str, line: Line) -> String {
        let told = told(body, Told { config, line: Some(line), ..Told::default() });
        let tags: Vec<_> = told.lines().filter(|line| line.starts_with("- tag")).collect();
        if tags.is_empty() { told.lines().last().unwrap_or_default().to_owned() } else { tags.join("\n") }
    }

    #[test]
    fn a_candidate_is_tagged_and_then_the_release() {
        let line = |tags| line("release/1.1", &["feat: b", "fix: c"], tags);
        insta::assert_snapshot!(told("/slipway release rc", Told { line: Some(line(&[])), ..Told::default() }), @"
        asked for release
        - react to comment 9 with 👀
        - comment on issue 1 about reply:9
        - tag 6363636363 as v1.1.0-rc.1
        - react to comment 9 with 👍
        - comment on change request 1 about reply:9

        `v1.1.0-rc.1` is tagged on `release/1.1`, at 6363636363636363636363636363636363636363. The release follows with the tag's own notes.
        ");
        assert_eq!(said("/slipway release rc", "", line(&[("v1.1.0-rc.1", 'b')])), "- tag 6363636363 as v1.1.0-rc.2");
        assert_eq!(said("/slipway release final", "", line(&[("v1.1.0-rc.1", 'b')])), "- tag 6363636363 as v1.1.0");
        assert_eq!(said("/slipway release final", "", line(&[("v1.1.0-rc.1", 'c')])), "- tag 6363636363 as v1.1.0");
        assert_eq!(said("/slipway release 1.1.7", "", line(&[])), "- tag 6363636363 as v1.1.7");
        assert_eq!(said("/slipway release", "", line(&[])), "- tag 6363636363 as v1.1.0");
    }

    #[test]
    fn what_is_tagged_already_is_answered_as_at_first() {
        for (body, tag) in [("rc", "v1.1.0-rc.1"), ("final", "v1.1.0"), ("", "v1.1.0"), ("1.1.0", "v1.1.0"), ("v1.1.0-rc.1", "v1.1.0-rc.1")]
        {
            let line = line("release/1.1", &["feat: b"], &[(tag, 'b')]);
            let answer = said(&format!("/slipway release {body}"), "", line);
            assert!(answer.starts_with(&format!("`{tag}` is tagged on `release/1.1`, at 6262626262")), "{body}: {answer}");
        }
    }

    #[test]
    fn a_line_begins_with_its_first_version_whatever_its_changes_ask_for() {
        let line = |name| line(name, &["fix: b"], &[]);
        assert_eq!(said("/slipway release rc", "", line("release/1.4")), "- tag 6262626262 as v1.4.0-rc.1");
        assert_eq!(said("/slipway release final", "", line("release/1.4")), "- tag 6262626262 as v1.4.0");
        assert_eq!(said("/slipway release final", "", line("hotfix/1.0.1")), "- tag 6262626262 as v1.0.1");
    }

    #[test]
    fn what_cannot_be_released_is_refused_with_why() {
        let line = |name, messages: &[&str]| line(name, messages, &[]);
        insta::assert_snapshot!(said("/slipway release rc", "", line("release/1.1", &[])), @"`release` was not done: there is nothing to release on release/1.1 since v1.0.0. Merge a change that counts, or name the version.");
        insta::assert_snapshot!(said("/slipway release final", "", line("release/1.1", &["docs: b"])), @"`release` was not done: there is nothing to release on release/1.1 since v1.0.0. Merge a change that counts, or name the version.");
        insta::assert_snapshot!(said("/slipway release 1.2.0", "", line("release/1.1", &["feat: b"])), @"`release` was not done: 1.2.0 is outside of what this branch may release (&gt;=1.1.0 &lt;1.2.0): release it from another branch, or change release.lines. A version that fits can be named in the command.");
        insta::assert_snapshot!(said("/slipway release", "", line("hotfix/1.0.1", &["feat: b"])), @"`release` was not done: 1.1.0 is outside of what this branch may release (&gt;=1.0.1 &lt;1.0.2): release it from another branch, or change release.lines. A version that fits can be named in the command.");
        insta::assert_snapshot!(said("/slipway release 1.1.0", "", line("release/1.1", &[])), @"`release` was not done: nothing is on release/1.1 that v1.0.0 does not have. Merge what is to be released first.");
        insta::assert_snapshot!(said("/slipway release soon", "", line("release/1.1", &["feat: b"])), @r#"`release` was not done: "soon" is not a version; write it like 1.4.0 or 1.4.0-rc.1. Write “rc”, “final” or a version."#);
        insta::assert_snapshot!(said("/slipway release", "", line("topic/a", &["feat: b"])), @"`release` was not done: topic/a releases nothing. Add it to release.lines in slipway.toml, or ask on an issue.");
        insta::assert_snapshot!(said("/slipway release", "release.from = 'never'", line("release/1.1", &["feat: b"])), @"`release` was not done: release/1.1 releases nothing. Add it to release.lines in slipway.toml, or ask on an issue.");
    }

    const REQUEST: &str = "[release]\nfrom = 'request'\nfiles = ['VERSION']";

    /// A branch whose file says this, with an open release change request of this number.
    fn versioned(version: &str, open: Option<u64>) -> Line {
        let line = line("release/1.1", &["feat: b"], &[]);
        let (head, base) = (BranchName::parse("slipway/release/release/1.1").unwrap(), BranchName::parse("release/1.1").unwrap());
        let proposal = |number| Proposal {
            number: Number(number),
            state: State::Open,
            author: UserName::parse("slipway[bot]").unwrap(),
            title: String::new(),
            body: String::new(),
            base: base.clone(),
            tip: line.window.head.clone(),
            landed: None,
            message: String::new(),
        };
        let proposals = open.map(|number| (head.clone(), proposal(number))).into_iter().collect();
        let links = Links { sigil: "#".into(), ..Links::default() };
        Line { files: [("VERSION".to_owned(), format!("{version}\n"))].into(), proposals, links, ..line }
    }

    #[test]
    fn a_version_that_the_files_do_not_say_waits_for_the_release_change_request() {
        insta::assert_snapshot!(said("/slipway release final", REQUEST, versioned("1.0.0", Some(5))), @"`release` was not done: VERSION does not say 1.1.0 on release/1.1. Merge the release change request #5, which tags it.");
        insta::assert_snapshot!(said("/slipway release final", REQUEST, versioned("1.0.0", None)), @"`release` was not done: VERSION does not say 1.1.0 on release/1.1. Merge the release change request, or bring the version there by another one; a candidate needs none of it.");
        assert_eq!(said("/slipway release rc", REQUEST, versioned("1.0.0", Some(5))), "- tag 6262626262 as v1.1.0-rc.1");
        assert_eq!(said("/slipway release final", REQUEST, versioned("1.1.0", None)), "- tag 6262626262 as v1.1.0");
    }

    #[test]
    fn another_branch_can_be_named() {
        let line = line("release/1.1", &["feat: b"], &[]);
        assert_eq!(said("/slipway release rc on=release/1.1", "", line), "- tag 6262626262 as v1.1.0-rc.1");
    }
}

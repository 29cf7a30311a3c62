//! A version tag becomes a release with notes, and each change request in it is told once.

use std::collections::BTreeSet;

use semver::Version;

use super::changelog;
use super::config::Configuration;
use super::event::Thread;
use super::facts::{Facts, History, Landed, Need, Needs, ReleaseRange};
use super::names::{Sha, TagName};
use super::plan::{
    Action, Afterwards, Check, CheckName, CommentKey, Conclusion, Note, Plan, Presence, Release, ReleaseNotes, Since, Stability,
};
use super::version;

/// Longer histories are not listed in first notes, and not searched for an earlier version.
pub const LONGEST: usize = 500;

pub fn needs(config: &Configuration, tag: &TagName) -> Needs {
    let Some((prefix, version)) = version_of(config, tag) else { return Needs::new() };
    Needs::from([Need::Release { tag: tag.clone(), prefix: prefix.to_owned(), version }])
}

fn version_of<'a>(config: &'a Configuration, tag: &TagName) -> Option<(&'a str, Version)> {
    let Configuration::Loaded { config, .. } = config else { return None };
    let prefix = config.release.tag_prefix.as_str();
    version::of_tag(prefix, tag).map(|version| (prefix, version))
}

/// Publishes what the tag, which was pushed at `commit`, releases.
pub fn publish(config: &Configuration, tag: &TagName, commit: &Sha, facts: &Facts) -> Plan {
    match config {
        Configuration::Absent => return Plan::nothing("there is no slipway.toml on the default branch"),
        Configuration::Broken(problem) => {
            let title = format!("{} cannot be read, see line {}", problem.path, problem.line);
            let note = Note::ReleaseRefused { tag: tag.clone(), problem: problem.clone() };
            let refusal = check((commit, tag), Conclusion::Failure, Presence::Create, (title, note));
            return Plan::of("the configuration cannot be read", vec![refusal]).then(Afterwards::AwaitPerson);
        }
        Configuration::Loaded { .. } => {}
    }
    let Some((_, version)) = version_of(config, tag) else {
        return Plan::nothing(format!("{tag} is not a version tag"));
    };
    let Some(range) = facts.release.read() else {
        return Plan::nothing(format!("the tag {tag} is gone"));
    };
    if range.commit != *commit {
        return Plan::nothing(format!("the tag {tag} has been moved since, to {}", range.commit.short()));
    }
    Plan::of(format!("version {version} was tagged"), actions(tag, &version, range))
}

fn actions(tag: &TagName, version: &Version, range: &ReleaseRange) -> Vec<Action<Note>> {
    let (since, landed): (_, &[Landed]) = match &range.history {
        History::Since { anchor, landed } => (Since::Tag(anchor.clone()), landed),
        History::FromTheStart { landed } => (Since::TheStart, landed),
        History::TooLong { limit } => (Since::TooFar(*limit), &[]),
    };
    let stability = if version.pre.is_empty() { Stability::Stable } else { Stability::Prerelease };
    let notes = Note::ReleaseNotes(ReleaseNotes { since, notes: changelog::write(landed) });
    let mut actions = vec![Action::Publish(Release { tag: tag.clone(), title: version.to_string(), stability, notes })];
    let title = format!("{tag} is published");
    let repaired = Note::ReleaseRepaired { tag: tag.clone() };
    actions.push(check((&range.commit, tag), Conclusion::Success, Presence::OnlyIfPresent, (title, repaired)));
    let told: BTreeSet<_> = landed.iter().flat_map(|landed| &landed.through).map(|request| request.number).collect();
    actions.extend(told.into_iter().map(|number| Action::Comment {
        thread: Thread::ChangeRequest(number),
        key: CommentKey::Released(tag.clone()),
        presence: Presence::Create,
        body: Note::ReleasedIn { tag: tag.clone() },
    }));
    actions
}

fn check((sha, tag): (&Sha, &TagName), conclusion: Conclusion, presence: Presence, (title, summary): (String, Note)) -> Action<Note> {
    let (name, ref_name) = (CheckName::Release, tag.to_string());
    Action::Report(Check { name, sha: sha.clone(), ref_name, conclusion, presence, title, summary })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::ConfigFile;
    use crate::domain::facts::{Asked, Commit, MergeOrNot, MergedRequest};
    use crate::domain::names::Number;

    fn sha(digit: &str) -> Sha {
        Sha::parse(&digit.repeat(40)).unwrap()
    }

    fn plan(config: &str, tag: &str, history: Option<History>) -> String {
        let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: config.into() };
        let range = history.map(|history| ReleaseRange { commit: sha("1"), history });
        let facts = Facts { release: Asked::Answered(range), ..Facts::default() };
        publish(&Configuration::read(Some(file)), &TagName::parse(tag).unwrap(), &sha("1"), &facts).to_string()
    }

    fn landed(message: &str, requests: &[u64]) -> Landed {
        let commit = Commit { sha: sha("2"), message: message.into(), merge: MergeOrNot::Plain };
        let through = requests.iter().map(|n| MergedRequest { number: Number(*n), label: format!("!{n}") }).collect();
        Landed { commit, through }
    }

    #[test]
    fn a_version_tag_is_published_and_each_change_request_is_told_once() {
        let landed = vec![landed("feat: a", &[3]), landed("fix: b", &[3]), landed("fix: c", &[2])];
        let history = History::Since { anchor: TagName::parse("v1.1.0").unwrap(), landed };
        insta::assert_snapshot!(plan("", "v1.2.0", Some(history)), @r"
        version 1.2.0 was tagged
        - publish release v1.2.0
        - correct slipway/release success on 1111111111: v1.2.0 is published
        - comment on change request 2 about released:v1.2.0
        - comment on change request 3 about released:v1.2.0
        ");
    }

    #[test]
    fn a_candidate_is_a_pre_release() {
        assert!(plan("", "v1.2.0-rc.1", Some(History::TooLong { limit: 500 })).contains("publish pre-release v1.2.0-rc.1"));
    }

    #[test]
    fn a_tag_that_is_gone_or_no_version_publishes_nothing() {
        assert_eq!(plan("", "v1.2.0", None), "the tag v1.2.0 is gone");
        assert_eq!(plan("", "nightly", None), "nightly is not a version tag");
    }

    #[test]
    fn a_broken_configuration_refuses_the_release_where_it_can_be_seen() {
        insta::assert_snapshot!(plan("[releases]", "v1.2.0", None), @r"
        the configuration cannot be read
        - report slipway/release failure on 1111111111: slipway.toml cannot be read, see line 1
        - wait for somebody to put it right
        ");
    }
}

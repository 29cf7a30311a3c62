//! The scenes about a release that is run from comments: cut, candidates, backports, the final version, a hotfix, a rollback.

use anyhow::Context;

use super::scenes::{Scene, branch, comments};
use crate::sandbox::people::IssueView;
use crate::sandbox::{Merge, RepoHandle};

const POLICY: &str = r#"# From here on, releases are made by command.
[release]
from = "tag"

[[rules.base_branch.allow]]
into = "main"
from = ["feature/*", "fix/*", "revert-*", "backport/*"]

[[rules.base_branch.allow]]
into = "{release,hotfix}/*"
from = ["fix/*", "backport/*", "slipway/rollback/*"]

[rules.conventional_title]
"#;

const LINE: &str = "release/2.1";
const VERSION: &str = "2.1";
const LABEL: &str = "backport release/2.1";
const CLEAN: &str = "fix/search";
const HARD: &str = "fix/greeting";

pub const SCENES: [Scene; 7] = [
    Scene {
        title: "From now on releases are run by comments. Ann’s feature is in, the build is green, and Max says: /slipway cut 2.1.",
        play: |repository| {
            repository.commit("main", "max", "chore: release by command", &[("slipway.toml", POLICY)])?;
            branch(repository, "feature/search", "main", "feat: add search")?;
            let number = repository.open("ann", "feature/search", "main", "feat: add search")?;
            repository.merge(number, "max", Merge::Squash)?;
            repository.report(&repository.head("main")?, "build", "success")?;
            say(repository, repository.open_issue("max", "The next release")?, "/slipway cut 2.1")
        },
        seen: |repository| {
            let issue = tracking(repository, VERSION)?;
            Ok(vec![
                ("release/2.1 is cut from the green commit", repository.head(LINE)? == repository.head("main")?),
                ("an issue tracks it, with its checklist", issue.state == "open" && issue.body.contains("- [ ] ")),
                ("the answer names both", answers(repository, "The next release").iter().any(|text| text.contains(LINE))),
            ])
        },
    },
    Scene {
        title: "In that issue: /slipway release rc.",
        play: |repository| say(repository, tracking(repository, VERSION)?.number, "/slipway release rc"),
        seen: |repository| Ok(vec![("v2.1.0-rc.1 is published as a candidate", is_candidate(repository, "v2.1.0-rc.1"))]),
    },
    Scene {
        title: "Two repairs are merged into main with the label “backport release/2.1”. One of them builds on what the line lacks.",
        play: |repository| {
            repository.commit("main", "dana", "feat: greet", &[("greeting.txt", "hello\n")])?;
            branch(repository, CLEAN, "main", "fix: find names")?;
            repository.branch(HARD, "main")?;
            repository.commit(HARD, "dana", "fix: greet politely", &[("greeting.txt", "good day\n")])?;
            for (head, title) in [(CLEAN, "fix: find names"), (HARD, "fix: greet politely")] {
                let number = repository.open("dana", head, "main", title)?;
                repository.label(number, LABEL)?;
                repository.merge(number, "max", Merge::Squash)?;
            }
            Ok(())
        },
        seen: |repository| {
            let (clean, hard) = (number_of(repository, CLEAN)?, number_of(repository, HARD)?);
            let none = |prefix: &str| !repository.branches().iter().any(|branch| branch.starts_with(prefix));
            Ok(vec![
                ("one has its change request into the line", open_from(repository, &backport(clean)).is_some()),
                ("of the other, nothing is pushed", none(&backport(hard)) && none("slipway/tmp")),
                ("its conflict is explained, with the commands", comments(repository, hard, "git cherry-pick -x").len() == 1),
            ])
        },
    },
    Scene {
        title: "Max merges the backport and says: /slipway release final.",
        play: |repository| {
            let number = open_from(repository, &backport(number_of(repository, CLEAN)?)).context("there is no backport")?;
            repository.merge(number, "max", Merge::Squash)?;
            say(repository, tracking(repository, VERSION)?.number, "/slipway release final")
        },
        seen: |repository| {
            let notes = notes(repository, "v2.1.0");
            Ok(vec![
                ("v2.1.0 is released", repository.latest_release().as_deref() == Some("v2.1.0")),
                ("with what its candidates had, each change once", notes.matches("add search").count() == 1),
                ("and what was carried to it", notes.matches("find names").count() == 1 && !notes.contains("politely")),
            ])
        },
    },
    Scene {
        title: "2.0 leaks. Max says: /slipway hotfix 2.0.0.",
        play: |repository| say(repository, tracking(repository, VERSION)?.number, "/slipway hotfix 2.0.0"),
        seen: |repository| {
            let issue = tracking(repository, "2.0.1")?;
            Ok(vec![("hotfix/2.0.1 is made from the tag, with an issue", repository.head("hotfix/2.0.1").is_ok() && issue.state == "open")])
        },
    },
    Scene {
        title: "Kim’s repair is merged there, and Max says: /slipway release final.",
        play: |repository| {
            branch(repository, "fix/leak", "hotfix/2.0.1", "fix: close files")?;
            let number = repository.open("kim", "fix/leak", "hotfix/2.0.1", "fix: close files")?;
            repository.merge(number, "max", Merge::Squash)?;
            say(repository, tracking(repository, "2.0.1")?.number, "/slipway release final")
        },
        seen: |repository| {
            let head = format!("backport/{}-to-main", number_of(repository, "fix/leak")?);
            Ok(vec![
                ("v2.0.1 is released", notes(repository, "v2.0.1").contains("close files")),
                ("and the repair is on its way to main", open_from(repository, &head).is_some()),
            ])
        },
    },
    Scene {
        title: "2.1.0 breaks the logins. Max says: /slipway rollback 2.1.0 reason=\"logins fail\".",
        play: |repository| say(repository, tracking(repository, VERSION)?.number, "/slipway rollback 2.1.0 reason=\"logins fail\""),
        seen: |repository| {
            let (feature, notes) = (number_of(repository, "feature/search")?, notes(repository, "v2.1.0"));
            Ok(vec![
                ("its notes say that it is withdrawn", notes.contains("logins fail") && notes.contains("add search")),
                ("what it brought is to be taken back", open_from(repository, "slipway/rollback/v2.1.0").is_some()),
                (
                    "issues track the rollback and the post-mortem",
                    tracking(repository, "Roll back").is_ok() && tracking(repository, "ost-mortem").is_ok(),
                ),
                ("whoever had a change in it is told once", comments(repository, feature, "logins fail").len() == 1),
            ])
        },
    },
];

pub fn say(repository: &RepoHandle, issue: u64, command: &str) -> anyhow::Result<()> {
    repository.comment_on_issue(issue, "max", command).map(drop)
}

/// Slipway's own issue with this in its title.
pub fn tracking(repository: &RepoHandle, title: &str) -> anyhow::Result<IssueView> {
    let own = repository.issues().into_iter().filter(|issue| issue.labels.iter().any(|label| label.starts_with("slipway:")));
    own.into_iter().find(|issue| issue.title.contains(title)).with_context(|| format!("no issue of Slipway’s is called {title}"))
}

/// What the bot said in the issue of this title.
pub fn answers(repository: &RepoHandle, title: &str) -> Vec<String> {
    let issue = repository.issues().into_iter().find(|issue| issue.title == title).map(|issue| issue.number).unwrap_or_default();
    repository
        .issue_comments(issue)
        .into_iter()
        .filter(|comment| comment.author.starts_with("slipway"))
        .map(|comment| comment.body)
        .collect()
}

fn backport(number: u64) -> String {
    format!("backport/{number}-to-{LINE}")
}

fn number_of(repository: &RepoHandle, head: &str) -> anyhow::Result<u64> {
    repository.newest_from(head).with_context(|| format!("there is no change request from {head}"))
}

fn open_from(repository: &RepoHandle, head: &str) -> Option<u64> {
    repository.newest_from(head).filter(|number| repository.request(*number).is_some_and(|request| request.state == "open"))
}

fn is_candidate(repository: &RepoHandle, tag: &str) -> bool {
    // GitLab has no pre-releases: there the version alone says it.
    repository
        .releases()
        .iter()
        .any(|release| release.tag == tag && (release.prerelease || repository.kind() == crate::sandbox::Kind::GitLab))
}

pub fn notes(repository: &RepoHandle, tag: &str) -> String {
    repository.releases().into_iter().find(|release| release.tag == tag).map(|release| release.body).unwrap_or_default()
}

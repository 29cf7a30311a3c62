//! The scenes about a release that leaves by itself: planned, cut on time, held up, repaired, published, deployed, measured.

use jiff::{Timestamp, ToSpan, civil::Weekday, tz::TimeZone};

use super::running::{answers, notes, say, tracking};
use super::scenes::{Scene, branch, check};
use crate::sandbox::boxes::Text;
use crate::sandbox::deploying::DeployState;
use crate::sandbox::topic::TopicKey;
use crate::sandbox::{Merge, RepoHandle};

const POLICY: &str = r#"# From here on, a release leaves every Tuesday, once it is ready.
[release]
from = "tag"

[train]
cut = "0 9 * * TUE"
announce = "7d"
candidate = "1h"

[duty]
roster = ["max"]
since = "2026-01-05"

[readiness]
gate = true

[[checklist]]
items = ["The candidate was tried"]

[velocity]
production = ["production"]
"#;

const VERSION: &str = "2.2";
const LINE: &str = "release/2.2";
const DESK: &str = "Releases";
const FIX: &str = "fix/export";

/// How many seconds pass before a scene.
type Wait = fn() -> i64;

pub const SCENES: [(Option<Wait>, Scene); 6] = [
    (
        None,
        Scene {
            title: "A release leaves every Tuesday at nine from now on. Kim’s feature is in and green. Max says: /slipway schedule.",
            play: |repository| {
                repository.deploy("production", "v2.0.1", DeployState::Success)?;
                repository.commit("main", "max", "chore: release by train", &[("slipway.toml", POLICY)])?;
                branch(repository, "feature/export", "main", "feat: export as CSV")?;
                let number = repository.open("kim", "feature/export", "main", "feat: export as CSV")?;
                repository.merge(number, "max", Merge::Squash)?;
                repository.report(&repository.head("main")?, "build", "success")?;
                say(repository, repository.open_issue("max", DESK)?, "/slipway schedule")
            },
            seen: |repository| {
                let announced = tracking(repository, "train")?;
                Ok(vec![
                    ("an issue announces the next train", announced.body.contains("max is in charge of it")),
                    ("the answer has its dates, and a calendar", said(repository, "| cut |") && said(repository, "/calendar/")),
                ])
            },
        },
    ),
    (
        Some(until_tuesday),
        Scene {
            title: "It is Tuesday, a minute past nine. Slipway was started anew meanwhile; the next push wakes it.",
            play: |repository| repository.commit("main", "dana", "chore: tidy up", &[("tidy.txt", "")]).map(drop),
            seen: |repository| {
                let (page, announced) = (tracking(repository, VERSION)?, tracking(repository, "train")?);
                let (state, title) = check(repository, LINE, "slipway/readiness")?;
                Ok(vec![
                    ("release/2.2 is cut from the newest green commit", repository.head(LINE).is_ok()),
                    ("the announcement is closed", announced.state.starts_with("closed") && announced.body.contains("has left")),
                    ("its page has a checklist", is_ticked(&page.body, "checks") && page.body.contains("- [ ] The candidate was tried")),
                    ("slipway/readiness says what it waits for", is_pending(&state) && !title.is_empty()),
                ])
            },
        },
    ),
    (
        Some(|| 3600),
        Scene {
            title: "An hour later Max tries the candidate, and ticks that. Then CI turns red, and he says: /slipway no-go.",
            play: |repository| {
                repository.commit("main", "dana", "chore: tidy more", &[("tidy.txt", "more")])?;
                let page = tracking(repository, VERSION)?.number;
                repository.tick(Text::Topic(TopicKey::Issue(page)), "max", "The candidate was tried")?;
                repository.report(&repository.head(LINE)?, "load", "failure")?;
                say(repository, page, "/slipway no-go reason=\"the export loses lines\"")?;
                say(repository, page, "/slipway release final")
            },
            seen: |repository| {
                let page = tracking(repository, VERSION)?;
                let tagged = |tag: &str| repository.releases().iter().any(|release| release.tag == tag);
                Ok(vec![
                    ("v2.2.0-rc.1 is published by itself", tagged("v2.2.0-rc.1")),
                    ("what Max ticked stays ticked", page.body.contains("- [x] The candidate was tried")),
                    ("what CI says is unticked", !is_ticked(&page.body, "checks")),
                    ("slipway/readiness fails", is_failed(&check(repository, LINE, "slipway/readiness")?.0)),
                    ("and nothing can be released", !tagged("v2.2.0")),
                ])
            },
        },
    ),
    (
        None,
        Scene {
            title: "Dana’s repair is merged into release/2.2, and CI is green. Max says: /slipway go.",
            play: |repository| {
                branch(repository, FIX, LINE, "fix: export every line")?;
                let number = repository.open("dana", FIX, LINE, "fix: export every line")?;
                repository.merge(number, "max", Merge::Squash)?;
                let head = repository.head(LINE)?;
                repository.report(&head, "build", "success")?;
                repository.report(&head, "load", "success")?;
                say(repository, tracking(repository, VERSION)?.number, "/slipway go")
            },
            seen: |repository| {
                let page = tracking(repository, VERSION)?;
                Ok(vec![
                    ("the no-go was about another commit, and is in the log", page.body.contains("the export loses lines")),
                    ("slipway/readiness passes", check(repository, LINE, "slipway/readiness")?.0 == "success"),
                ])
            },
        },
    ),
    (
        None,
        Scene {
            title: "Max says: /slipway release final.",
            play: |repository| say(repository, tracking(repository, VERSION)?.number, "/slipway release final"),
            seen: |repository| {
                let notes = notes(repository, "v2.2.0");
                Ok(vec![("v2.2.0 is released", notes.contains("export as CSV") && notes.contains("export every line"))])
            },
        },
    ),
    (
        Some(|| 2 * 3600),
        Scene {
            title: "Two hours later it is in production. Max says: /slipway velocity.",
            play: |repository| {
                repository.deploy("production", "v2.2.0", DeployState::Success)?;
                let desk = repository.issues().into_iter().find(|issue| issue.title == DESK).map(|issue| issue.number);
                say(repository, desk.unwrap_or_default(), "/slipway velocity")
            },
            seen: |repository| {
                Ok(vec![
                    ("he reads how long changes took to production", said(repository, "Merge to production")),
                    ("and that one release was rolled back", said(repository, "| Rolled back | 1 |")),
                    ("the page of 2.2 says so, too", tracking(repository, VERSION)?.body.contains("### Pace")),
                ])
            },
        },
    ),
];

/// To a minute past the next Tuesday at nine, in UTC.
fn until_tuesday() -> i64 {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let today = now.date();
    let days = (0_i64..8).filter_map(|days| today.checked_add(days.days()).ok());
    let mornings = days.filter(|day| day.weekday() == Weekday::Tuesday).filter_map(|day| day.at(9, 1, 0, 0).to_zoned(TimeZone::UTC).ok());
    let passing = mornings.map(|morning| morning.timestamp().as_second() - now.timestamp().as_second());
    passing.into_iter().find(|seconds| *seconds > 0).unwrap_or_default()
}

/// Whether the bot has said this where people talk about releases.
fn said(repository: &RepoHandle, text: &str) -> bool {
    answers(repository, DESK).iter().any(|answer| answer.contains(text))
}

/// Whether an item of Slipway’s own is ticked.
fn is_ticked(page: &str, item: &str) -> bool {
    page.lines().any(|line| line.starts_with("- [x]") && line.contains(&format!("slipway:auto {item} ")))
}

/// GitLab calls a status canceled that waits for people: one that is pending would keep its pipeline running.
fn is_pending(state: &str) -> bool {
    matches!(state, "pending" | "in_progress" | "queued" | "canceled")
}

fn is_failed(state: &str) -> bool {
    matches!(state, "failure" | "failed")
}

//! A release on its way, in words: what its page says of it, and the answers to the commands that run it.

use serde_json::{Value, json};

use crate::domain::names::{BranchName, Number, Sha, TagName};
use crate::domain::tracking::{Cause, Purpose, Standing, Tracking, Underway};

const CANDIDATE: &str = "/slipway release rc";
const FINAL: &str = "/slipway release final";

pub fn issue(tracking: &Tracking) -> Value {
    let Tracking { purpose, version, branch, at, cause, label, forward } = tracking;
    let cause = match cause {
        Cause::Person(by) => format!("as {by} asked"),
        Cause::Schedule => "by the schedule".to_owned(),
        Cause::Milestone => "since its milestone was closed".to_owned(),
        Cause::Tag => "since a tag asked for it".to_owned(),
    };
    json!({
        "repairs": repairs(purpose),
        "version": version,
        "branch": branch.as_str(),
        "at": at.as_str(),
        "cause": cause,
        "label": label,
        "forward": forward.iter().map(BranchName::as_str).collect::<Vec<_>>(),
        "candidate": CANDIDATE,
        "final": FINAL,
        "backport": format!("/slipway backport {branch}"),
    })
}

pub fn underway(told: &Underway) -> Value {
    let Underway { purpose, version, branch, standing, issue, label, development, forward, remarks } = told;
    let (made, at) = match standing {
        Standing::Made(at) => (true, Some(at)),
        Standing::There(at) => (false, at.as_ref()),
    };
    json!({
        "made": made,
        "repairs": repairs(purpose),
        "version": version,
        "branch": branch.as_str(),
        "at": at.map(Sha::as_str),
        "issue": issue.map(|Number(issue)| issue),
        "label": label,
        "development": development.as_ref().map(|(version, request)| json!({ "version": version, "request": request })),
        "forward": forward.iter().map(BranchName::as_str).collect::<Vec<_>>(),
        "candidate": CANDIDATE,
        "final": FINAL,
        "remarks": remarks,
    })
}

pub fn tagged(tags: &[TagName], (at, branch): (&Sha, &BranchName)) -> Value {
    let verb = if tags.len() == 1 { "is" } else { "are" };
    let tags: Vec<_> = tags.iter().map(TagName::as_str).collect();
    json!({ "tagged": { "tags": tags, "verb": verb, "at": at.as_str(), "branch": branch.as_str() } })
}

pub fn merged(request: &str, tags: &[TagName], branch: &BranchName) -> Value {
    let tags: Vec<_> = tags.iter().map(TagName::as_str).collect();
    json!({ "merged": { "request": request, "tags": tags, "branch": branch.as_str() } })
}

fn repairs(purpose: &Purpose) -> Option<&str> {
    match purpose {
        Purpose::Line => None,
        Purpose::Repair(tag) => Some(tag.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;
    use crate::domain::plan::{Answer, Note};
    use crate::render::Renderer;

    const HOSTILE: &str = "<img src=x> [a](http://b) @dana `c` **d** | \n/slipway cut\n- [x] e";

    fn words(note: &Note) -> String {
        Renderer::new().unwrap().words(note).unwrap()
    }

    fn branch(name: &str) -> BranchName {
        BranchName::parse(name).unwrap()
    }

    fn at() -> Sha {
        Sha::parse(&"1".repeat(40)).unwrap()
    }

    fn told(purpose: Purpose) -> Underway {
        Underway {
            purpose,
            version: "1.4".into(),
            branch: branch("release/1.4"),
            standing: Standing::Made(at()),
            issue: Some(Number(7)),
            label: Some("backport release/1.4".into()),
            development: Some(("1.5.0-dev".into(), Some("#8".into()))),
            forward: vec![branch("main"), branch("develop")],
            remarks: vec!["The trunk keeps its version: VERSION is not in the repository.".into()],
        }
    }

    fn answer(told: Underway) -> String {
        words(&Note::Reply(vec![Answer::Underway(Box::new(told))]))
    }

    fn repair() -> Purpose {
        Purpose::Repair(TagName::parse("v1.4.1").unwrap())
    }

    #[test]
    fn whoever_asked_reads_what_is_there_and_what_comes_next() {
        insta::assert_snapshot!(answer(told(Purpose::Line)), @"
        **1.4** is cut: the branch `release/1.4` is there, at 1111111111111111111111111111111111111111. #7 tracks it.

        The label `backport release/1.4` carries changes to it. `/slipway release rc` in #7 makes a candidate, `/slipway release final` the release.
        #8 raises the version files of the trunk to `1.5.0-dev`.

        The trunk keeps its version: VERSION is not in the repository.
        ");
        insta::assert_snapshot!(answer(told(repair())), @"
        **1.4** repairs `v1.4.1`: the branch `release/1.4` is there, at 1111111111111111111111111111111111111111. #7 tracks it.

        Merge what repairs it into that branch. Each repair is carried on to `main` and `develop`. Then `/slipway release final` in #7 releases it.

        The trunk keeps its version: VERSION is not in the repository.
        ");
        insta::assert_snapshot!(answer(Underway { standing: Standing::There(Some(at())), ..told(Purpose::Line) }), @"`release/1.4` is there already, made at 1111111111111111111111111111111111111111, so nothing was done. #7 tracks it.");
    }

    #[test]
    fn a_development_version_is_explained() {
        insta::assert_snapshot!(words(&Note::Development { version: "1.5.0-dev".into(), cut: "1.4".into() }), @"
        `1.4` has a branch of its own now, so what is merged here is part of the version after it: the version files say `1.5.0-dev`.

        Close this to keep them as they are.
        ");
    }

    /// Only what the templates themselves hold formats: no link, image or HTML, and no box that is ticked.
    #[test]
    fn what_people_wrote_stays_text() {
        let hostile = || HOSTILE.to_owned();
        let answered = Underway { label: Some(hostile()), version: hostile(), remarks: vec![hostile()], ..told(Purpose::Line) };
        let development = Note::Development { version: hostile(), cut: hostile() };
        for text in [answer(answered), words(&development)] {
            let mut plain = String::new();
            for event in Parser::new_ext(&text, Options::ENABLE_TASKLISTS) {
                let wild = matches!(
                    event,
                    Event::Html(_)
                        | Event::InlineHtml(_)
                        | Event::Start(Tag::Link { .. } | Tag::Image { .. })
                        | Event::TaskListMarker(true)
                );
                assert!(!wild, "{event:?} in {text}");
                if let Event::Text(words) = event {
                    plain.push_str(&words);
                }
            }
            assert!(!plain.contains("@dana") && !text.lines().any(|line| line.starts_with("/slipway")), "{text}");
        }
    }
}

//! What the GitHub adapter reads for a release and writes of it.

use std::collections::BTreeSet;

use slipway::domain::facts::{Ref, RefusalWanted, ReleaseSeen, Standing, StandingWanted, Wanted};
use slipway::domain::names::TagName;
use slipway::domain::plan::{Action, Check, CheckName, Conclusion, Latest, Presence, Release, Stability, Visibility};
use slipway::forge::{Applied, Forge};
use slipway::sandbox::SandboxOptions;

use super::{options, stage, stage_with, wanted};

/// What stands at a tag that is to be released, and the milestones of its version.
fn released(name: &str) -> Wanted {
    let milestones = ["v1.1.0", "1.1.0"].map(str::to_owned).into();
    let standing = Some(StandingWanted { milestones, refusal: RefusalWanted::IfAtHand });
    Wanted { at: Ref::Tag(TagName::parse(name).unwrap()), standing, ..wanted() }
}

#[tokio::test]
async fn the_milestone_of_a_version_is_closed_if_it_is_open() {
    let stage = stage_with(SandboxOptions { page_size: Some(2), ..options() }).await;
    stage.repo.tag("v1.1.0", "main").unwrap();
    for title in ["1.1", "1.1.1", "1.0.0", "1.1.0", "2.0.0"] {
        stage.repo.milestone(title).unwrap();
    }
    let found = async || stage.forge().line(&released("v1.1.0")).await.unwrap().unwrap().standing.milestones;
    let milestones = found().await;
    assert_eq!(milestones.iter().map(|milestone| milestone.title.as_str()).collect::<Vec<_>>(), ["1.1.0"]);
    for _ in 0..2 {
        let close = Action::CloseMilestone { id: milestones[0].id, title: milestones[0].title.clone() };
        assert_eq!(stage.forge().apply(&close).await.unwrap(), Applied::Changed);
        assert_eq!(found().await, []);
    }
    let open: Vec<_> = stage.repo.milestones().into_iter().filter(|milestone| milestone.is_open).map(|milestone| milestone.title).collect();
    assert_eq!(open, ["1.1", "1.1.1", "1.0.0", "2.0.0"]);
}

/// Also a draft, which REST does not find by its tag.
#[tokio::test]
async fn what_stands_at_a_tag_comes_with_its_line() {
    let stage = stage().await;
    stage.repo.tag("v1.1.0", "main").unwrap();
    let at = async || stage.forge().line(&released("v1.1.0")).await.unwrap().unwrap();
    assert_eq!(at().await.standing, Standing { release: ReleaseSeen::Absent, is_refused: false, milestones: vec![] });
    let (tag, sha) = (TagName::parse("v1.1.0").unwrap(), at().await.window.head);
    let check = |conclusion| {
        let (name, ref_name, presence) = (CheckName::Release, "v1.1.0".to_owned(), Presence::Create);
        let (sha, title, summary, annotations) = (sha.clone(), "t".to_owned(), String::new(), Vec::new());
        Action::Report(Check { name, sha, ref_name, conclusion, presence, title, summary, annotations })
    };
    let publish = Action::Publish(Release {
        tag,
        title: "v1.1.0".to_owned(),
        stability: Stability::Stable,
        latest: Latest::Yes,
        visibility: Visibility::Draft,
        seen: ReleaseSeen::Absent,
        everything: None,
        notes: "Notes".to_owned(),
    });
    for action in [check(Conclusion::Failure), publish] {
        stage.forge().apply(&action).await.unwrap();
    }
    let standing = at().await.standing;
    assert_eq!((standing.release, standing.is_refused), (ReleaseSeen::WithNotes, true));
    stage.forge().apply(&check(Conclusion::Success)).await.unwrap();
    assert!(!at().await.standing.is_refused);
}

#[tokio::test]
async fn a_release_is_published_as_what_it_is() {
    let stage = stage().await;
    let publish = |tag: &str, visibility: Visibility, latest: Latest| {
        stage.repo.lightweight_tag(tag, "main").ok();
        let (tag, title) = (TagName::parse(tag).unwrap(), tag.to_owned());
        let (stability, notes) = (Stability::Stable, "Notes".to_owned());
        Action::Publish(Release { tag, title, stability, latest, visibility, seen: ReleaseSeen::Unknown, everything: None, notes })
    };
    let steps = [
        publish("v2.0.0", Visibility::Published, Latest::Yes),
        publish("v1.9.1", Visibility::Published, Latest::No),
        publish("v2.1.0", Visibility::Draft, Latest::Yes),
    ];
    for action in steps {
        assert_eq!(stage.forge().apply(&action).await.unwrap(), Applied::Created, "{action}");
        assert_eq!(stage.forge().apply(&action).await.unwrap(), Applied::Unchanged, "{action}");
    }
    assert_eq!((stage.repo.latest_release().as_deref(), stage.repo.releases().len()), (Some("v2.0.0"), 3));
}

#[tokio::test]
async fn a_file_that_graphql_cuts_is_read_whole() {
    let stage = stage().await;
    let text = format!("{}\"version\": \"1.0.0\"\n", "{}\n".repeat(300_000));
    stage.repo.commit("main", "dana", "chore: lock", &[("package-lock.json", &text)]).unwrap();
    stage.calls();
    let files = BTreeSet::from(["package-lock.json".to_owned(), "VERSION".to_owned()]);
    let line = stage.forge().line(&Wanted { files, ..wanted() }).await.unwrap().unwrap();
    assert!(line.files["package-lock.json"] == text && line.files["VERSION"] == "1.0.0\n");
    let calls = stage.calls();
    assert!(calls.len() == 2 && calls[1].starts_with("GET /repos/acme/app/git/blobs/"), "{calls:?}");
}

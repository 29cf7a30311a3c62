//! A release change request that is merged by a comment, on both forges: its tag follows, and what the forge requires is never gone around.

use serde_json::json;
use slipway::sandbox::{Kind, MergeRules, MergeSettings, Pipelines};

use crate::running::{ask, open_from, started};
use crate::support::{World, on_both};

const BY_REQUEST: &str = "[release]\npreview = false\nfrom = 'request'\nfiles = ['VERSION']\n";
const HEAD: &str = "slipway/release/main";

/// A release change request for 1.1.0 is open; gives its number, and an issue to ask on.
async fn proposed(kind: Kind) -> (World, u64, u64) {
    let world = started(kind, BY_REQUEST).await;
    world.repository.commit("main", "mia", "chore: count versions", &[("VERSION", "1.0.0\n")]).unwrap();
    world.land("feature/export", "feat: export names");
    world.settle().await;
    let desk = world.repository.open_issue("mia", "Releases").unwrap();
    world.settle().await;
    let number = open_from(&world, HEAD);
    (world, number, desk)
}

/// Has the forge ask for a green build before anything is merged into main.
fn require_build(world: &World, kind: Kind) {
    if kind == Kind::GitLab {
        let rules = MergeRules { pipelines: Pipelines::MustSucceed, ..MergeRules::default() };
        return world.repository.set_merge_rules(rules).unwrap();
    }
    let rule = json!({"type": "required_status_checks", "parameters": {
        "strict_required_status_checks_policy": false, "required_status_checks": [{"context": "build"}]}});
    let conditions = json!({"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}});
    let ruleset = json!({"name": "ci", "target": "branch", "enforcement": "active", "conditions": conditions, "rules": [rule]});
    world.repository.add_ruleset("mia", &ruleset).unwrap();
}

fn is_tagged(world: &World) -> bool {
    world.repository.tags().iter().any(|tag| tag == "v1.1.0")
}

#[tokio::test]
async fn a_final_release_merges_its_release_change_request_and_is_tagged_and_published() {
    on_both(async |kind| {
        let (world, number, desk) = proposed(kind).await;
        let answer = ask(&world, desk, "mia", "/slipway release final").await;
        assert!(answer.contains(&number.to_string()) && answer.contains("v1.1.0"), "{kind}: {answer}");
        assert_eq!(world.repository.request(number).unwrap().state, "merged", "{kind}: {answer}\n{}", world.told().join("\n"));
        assert_eq!(world.text("main", "VERSION"), "1.1.0\n", "{kind}");
        assert_eq!(world.text("v1.1.0", "VERSION"), "1.1.0\n", "{kind}: {answer}");
        let notes = world.release_notes("v1.1.0");
        assert!(notes.contains("export names") && notes.contains("add search"), "{kind}: {notes}");

        let again = ask(&world, desk, "mia", "/slipway release final").await;
        assert!(again.contains("`v1.1.0` is tagged on `main`"), "{kind}: {again}");
        assert_eq!(world.calls("PUT", "/merge").len(), 1, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn what_the_forge_requires_is_told_and_waited_for() {
    on_both(async |kind| {
        let (world, number, desk) = proposed(kind).await;
        require_build(&world, kind);
        let head = world.repository.head(HEAD).unwrap();
        world.repository.report(&head, "build", "pending").unwrap();
        world.settle().await;
        let refused = ask(&world, desk, "mia", "/slipway release 1.1.0").await;
        let why = if kind == Kind::GitHub { "build" } else { "pipeline has not finished" };
        assert!(refused.contains("cannot be merged") && refused.contains(why), "{kind}: {refused}");
        assert_eq!(world.repository.request(number).unwrap().state, "open", "{kind}");
        assert!(!is_tagged(&world), "{kind}");

        world.repository.report(&head, "build", "success").unwrap();
        world.settle().await;
        let answer = ask(&world, desk, "mia", "/slipway release 1.1.0").await;
        assert!(answer.contains("v1.1.0") && is_tagged(&world), "{kind}: {answer}");
    })
    .await;
}

#[tokio::test]
async fn a_release_change_request_for_another_version_is_left_alone() {
    on_both(async |kind| {
        let (world, number, desk) = proposed(kind).await;
        let refused = ask(&world, desk, "mia", "/slipway release 1.2.0").await;
        assert!(refused.contains("is for 1.1.0"), "{kind}: {refused}");
        assert_eq!(world.repository.request(number).unwrap().state, "open", "{kind}");
    })
    .await;
}

#[tokio::test]
async fn it_is_merged_in_a_way_that_the_repository_allows() {
    let (world, number, desk) = proposed(Kind::GitHub).await;
    let settings = MergeSettings { squash: false, merge_commit: false, ..MergeSettings::default() };
    world.repository.set_merging(settings).unwrap();
    ask(&world, desk, "mia", "/slipway release final").await;
    assert_eq!(world.repository.request(number).unwrap().state, "merged", "{}", world.told().join("\n"));
    let merge = world.calls("PUT", "/merge").pop().unwrap();
    assert_eq!(merge.status, 200);
}

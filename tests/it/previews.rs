//! What people are told of the next release before there is one: the comment on each change request, and several components.

use slipway::sandbox::{Kind, Merge, MergeSettings};
use slipway::sandbox::{MergeRules, SquashOption};

use crate::releases::{NEXT, REQUEST, released};
use crate::support::{BOTH, World, world};

const SEPARATE: &str = r#"
[release]
from = "request"
requests = "separate"
[[component]]
name = "api"
paths = ["api"]
[[component]]
name = "web"
paths = ["web"]
"#;

/// A change request whose title and commits say different things.
fn ambiguous(world: &World) -> u64 {
    world.branch("feature/a", "fix: one");
    world.repository.commit("feature/a", "dana", "fix: two", &[("two", "2")]).unwrap();
    world.repository.open("dana", "feature/a", "main", "feat: the whole").unwrap()
}

/// The bot's only word on a change request.
#[track_caller]
fn preview(world: &World, number: u64) -> String {
    let said = world.said(number);
    assert_eq!(said.len(), 1, "{said:?}\n{}", world.told().join("\n"));
    said.into_iter().next().unwrap()
}

#[tokio::test]
async fn the_preview_goes_by_the_way_in_which_the_repository_merges() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        let only = MergeSettings { merge_commit: false, squash: false, rebase: false, ..MergeSettings::default() };
        world.repository.set_merging(MergeSettings { squash: true, ..only.clone() }).unwrap();
        world.repository.set_merge_rules(MergeRules { squash: SquashOption::Always, ..MergeRules::default() }).unwrap();
        let number = ambiguous(&world);
        world.settle().await;
        let text = preview(&world, number);
        assert!(
            text.contains("next release **1.1.0**.") && text.contains("- the whole") && text.contains("By squashing"),
            "{kind}: {text}"
        );

        world.repository.set_merging(MergeSettings { rebase: true, ..only }).unwrap();
        world.repository.set_merge_rules(MergeRules { squash: SquashOption::Never, ..MergeRules::default() }).unwrap();
        world.repository.label(number, "look again").unwrap();
        world.settle().await;
        let text = preview(&world, number);
        assert!(text.contains("next release **1.0.1**.") && text.contains("- one") && text.contains("- two"), "{kind}: {text}");
        assert!(!text.contains("the whole") && !text.contains("\n\n\n"), "{kind}: {text}");
    }
}

#[tokio::test]
async fn the_preview_says_where_another_way_of_merging_gives_another_version() {
    let world = released(Kind::GitHub, REQUEST).await;
    world.repository.set_merging(MergeSettings { merge_commit: false, ..MergeSettings::default() }).unwrap();
    let number = ambiguous(&world);
    world.settle().await;
    assert!(preview(&world, number).contains("By rebasing the version would be another."), "{}", preview(&world, number));
}

#[tokio::test]
async fn forks_are_previewed_and_a_new_title_is_seen() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.repository.set_merging(MergeSettings { merge_commit: false, squash_title: "PR_TITLE", ..MergeSettings::default() }).unwrap();
        world.repository.set_merge_rules(MergeRules { squash: SquashOption::Always, ..MergeRules::default() }).unwrap();
        let number = world.repository.open_from_fork("eve", "feature/x", "main", "chore: x").unwrap();
        world.settle().await;
        assert!(preview(&world, number).contains("Merging this releases nothing."), "{kind}: {}", preview(&world, number));
        world.repository.retitle(number, "feat!: x <script> | @max").unwrap();
        world.settle().await;
        let text = preview(&world, number);
        assert!(text.contains("**2.0.0**") && text.contains("- x &lt;script&gt; \\| @&#8203;max ("), "{kind}: {text}");
    }
}

#[tokio::test]
async fn a_preview_tells_what_is_taken_back() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        let number = world.landed("feature/a", "feat: a").await;
        let revert = world.repository.revert(number, "max").unwrap();
        world.settle().await;
        let text = preview(&world, revert);
        assert!(text.contains("Merging this releases nothing.") && text.contains("It takes back:\n\n- a ("), "{kind}: {text}");
    }
}

/// What would be is of no use once it is; a change request that was merged before it was previewed is left alone.
#[tokio::test]
async fn a_preview_is_settled_by_the_merge() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        let number = world.open("feature/a", "main", "feat: a");
        world.settle().await;
        assert!(preview(&world, number).contains("Merging this makes the next release **1.1.0**"), "{kind}");
        world.repository.merge(number, "max", Merge::Squash).unwrap();
        let deliveries = world.settle().await;
        let text = preview(&world, number);
        assert!(text.contains("This was merged into `main`.") && !text.contains("Merging this"), "{kind}: {text}");
        let before = world.sandbox.snapshot();
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        assert_eq!(before, world.sandbox.snapshot(), "{kind}");
        let unseen = world.landed("feature/b", "feat: b").await;
        assert_eq!(world.said(unseen), Vec::<String>::new(), "{kind}");
    }
}

/// The commits of releases say nothing that another line's notes could tell.
#[tokio::test]
async fn the_preview_of_another_line_leaves_releases_out() {
    for kind in BOTH {
        for method in [Merge::Squash, Merge::MergeCommit] {
            let world = released(kind, REQUEST).await;
            world.landed("feature/a", "feat: a").await;
            world.repository.merge(world.proposed(NEXT, "open"), "max", method).unwrap();
            world.settle().await;
            world.repository.commit("main", "dana", "docs: more", &[("more", "1")]).unwrap();
            let number = world.repository.open("dana", "main", "release/1.0", "chore: merge main").unwrap();
            world.settle().await;
            let text = preview(&world, number);
            assert!(text.contains("docs: more") && !text.contains("chore(release)"), "{kind}, {method:?}: {text}");
        }
    }
}

/// A change of one component, in.
async fn landed(world: &World, component: &str, title: &str) -> u64 {
    let head = format!("feature/{component}-{}", title.len());
    world.repository.branch(&head, "main").unwrap();
    world.repository.commit(&head, "dana", title, &[(&format!("{component}/{}", title.len()), title)]).unwrap();
    let number = world.repository.open("dana", &head, "main", title).unwrap();
    world.repository.merge(number, "max", Merge::Squash).unwrap();
    world.settle().await;
    number
}

fn parts(world: &World) {
    for component in ["api", "web"] {
        world.repository.tag(&format!("{component}-v1.0.0"), "main").unwrap();
    }
    world.sandbox.take_deliveries();
}

#[tokio::test]
async fn components_with_change_requests_of_their_own_do_not_block_each_other() {
    let (api, web) = ("slipway/release-of/api/main", "slipway/release-of/web/main");
    for kind in BOTH {
        let world = world(kind, SEPARATE).await;
        parts(&world);
        let first = landed(&world, "api", "feat: search").await;
        landed(&world, "web", "fix: colours").await;
        assert_eq!(world.title(api), "chore(release): api 1.1.0", "{kind}");
        assert_eq!(world.title(web), "chore(release): web 1.0.1", "{kind}");
        world.repository.close(world.proposed(web, "open")).unwrap();
        world.repository.merge(world.proposed(api, "open"), "max", Merge::Squash).unwrap();
        world.settle().await;
        let notes = world.release_notes("api-v1.1.0");
        assert!(notes.contains("- search (") && !notes.contains("colours"), "{kind}: {}", world.told().join("\n"));
        assert_eq!(world.count(first, "Released in **api-v1.1.0**"), 1, "{kind}");
        world.repository.reopen(world.proposed(web, "closed")).unwrap();
        world.settle().await;
        world.repository.merge(world.proposed(web, "open"), "max", Merge::MergeCommit).unwrap();
        world.settle().await;
        assert!(world.release_notes("web-v1.0.1").contains("- colours ("), "{kind}: {}", world.told().join("\n"));
        assert!(world.text("main", "api/CHANGELOG.md").contains("search") && world.text("main", "web/CHANGELOG.md").contains("colours"));
        assert_eq!(world.repository.releases().len(), 2, "{kind}");
    }
}

#[tokio::test]
async fn combined_components_are_released_by_one_change_request() {
    for kind in BOTH {
        let world = world(kind, &SEPARATE.replace("separate", "combined")).await;
        parts(&world);
        landed(&world, "api", "feat: search").await;
        let number = landed(&world, "web", "fix: colours").await;
        assert_eq!(world.title(NEXT), "chore(release): api 1.1.0, web 1.0.1", "{kind}");
        world.repository.comment(number, "dana", "/slipway status").unwrap();
        world.settle().await;
        assert_eq!((world.count(number, "**api:** the next"), world.count(number, "**web:** the next")), (1, 1), "{kind}");
        world.repository.merge(world.proposed(NEXT, "open"), "max", Merge::Squash).unwrap();
        world.settle().await;
        let tags: Vec<_> = world.repository.releases().into_iter().map(|release| release.tag).collect();
        assert_eq!(tags, ["api-v1.1.0", "web-v1.0.1"], "{kind}: {}", world.told().join("\n"));
    }
}

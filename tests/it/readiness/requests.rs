//! The pages of change requests, which are comments: of one that releases, and of any that a checklist is about.

use slipway::sandbox::{Kind, Merge, Role, Text};

use super::{item, readiness, ticked};
use crate::releases::{NEXT, REQUEST, released};
use crate::running::{ask_on, started};
use crate::support::{World, on_both};

/// The comment with the checklist, and what it says.
fn listed(world: &World, number: u64) -> Option<(u64, String)> {
    let own = world.repository.comments(number).into_iter().filter(|comment| comment.author.starts_with("slipway"));
    own.map(|comment| (comment.id, comment.body)).find(|(_, body)| body.contains("### Checklist"))
}

#[track_caller]
fn list(world: &World, number: u64) -> (u64, String) {
    let found = listed(world, number);
    assert!(found.is_some(), "{:?}\n{}", world.said(number), world.told().join("\n"));
    found.unwrap()
}

async fn proposed(kind: Kind) -> (World, u64) {
    let policy = format!("{REQUEST}preview = false\n[readiness]\n[[checklist]]\nitems = ['The notes read well']\n");
    let world = released(kind, &policy).await;
    world.repository.grant("mia", Role::Maintain).unwrap();
    world.landed("feature/a", "feat: a").await;
    let number = world.proposed(NEXT, "open");
    (world, number)
}

#[tokio::test]
async fn a_release_change_request_has_its_page_and_its_check_which_follow_what_it_announces() {
    on_both(async |kind| {
        let (world, number) = proposed(kind).await;
        let (comment, text) = list(&world, number);
        assert!(!ticked(&text, "The notes read well") && !ticked(&text, "Those who sign off have said go"), "{kind}: {text}");
        assert_eq!(readiness(&world, NEXT).0, "pending", "{kind}: {}", world.told().join("\n"));

        world.repository.tick(Text::Comment(comment), "mia", "The notes read well").unwrap();
        world.settle().await;
        let answer = ask_on(&world, number, "mia", "/slipway go").await;
        assert!(answer.contains("**ready**"), "{kind}: {answer}");
        assert_eq!(readiness(&world, NEXT).0, "success", "{kind}: {}", list(&world, number).1);

        // What lands on the base moves the head, by which the answer lapses and the tick does not.
        world.landed("feature/b", "feat: b").await;
        let (same, text) = list(&world, number);
        assert!(same == comment && ticked(&text, "The notes read well"), "{kind}: {text}");
        assert!(!ticked(&text, "Those who sign off have said go"), "{kind}: {text}");
        assert_eq!(readiness(&world, NEXT).0, "pending", "{kind}: {}", world.told().join("\n"));
        let answer = ask_on(&world, number, "mia", "/slipway no-go reason=\"it loses data\"").await;
        assert!(answer.contains("No-go is noted"), "{kind}: {answer}");
        assert_eq!(readiness(&world, NEXT).0, "failure", "{kind}: {}", list(&world, number).1);
        assert_eq!(world.said(number).iter().filter(|body| body.contains("### Checklist")).count(), 1, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_about_a_release_change_request_lapses_when_it_gets_another_base() {
    on_both(async |kind| {
        let (world, number) = proposed(kind).await;
        ask_on(&world, number, "mia", "/slipway go").await;
        assert!(ticked(&list(&world, number).1, "Those who sign off have said go"), "{kind}: {}", list(&world, number).1);
        let head = world.repository.head(NEXT).unwrap();
        world.repository.retarget(number, "release/1.0").unwrap();
        world.settle().await;
        if world.repository.request(number).unwrap().head_sha == head {
            let (_, text) = list(&world, number);
            assert!(!ticked(&text, "Those who sign off have said go"), "{kind}: {text}\n{}", world.told().join("\n"));
        }
    })
    .await;
}

const LISTS: &str = "[release]\npreview = false\n[[checklist]]\non = 'change-request'\ninto = ['main']\n\
                     items = [{ text = 'The index is built', paths = ['db/**'] }, { text = 'It was rehearsed', when = ['migration'] }]\n";

/// A change request of Dana's that changes a file of the database.
async fn changed(kind: Kind) -> (World, u64) {
    let world = started(kind, LISTS).await;
    world.repository.branch("feature/index", "main").unwrap();
    world.repository.commit("feature/index", "dana", "feat: index", &[("db/index.sql", "create")]).unwrap();
    let number = world.repository.open("dana", "feature/index", "main", "feat: index").unwrap();
    world.settle().await;
    (world, number)
}

#[tokio::test]
async fn a_change_request_gets_the_items_that_its_files_ask_for() {
    on_both(async |kind| {
        let (world, number) = changed(kind).await;
        let (comment, text) = list(&world, number);
        assert!(!ticked(&text, "The index is built") && item(&text, "It was rehearsed").is_none(), "{kind}: {text}");
        let other = world.open("feature/other", "main", "feat: other");
        world.settle().await;
        assert!(listed(&world, other).is_none(), "{kind}: {:?}", world.said(other));

        world.repository.tick(Text::Comment(comment), "dana", "The index is built").unwrap();
        world.settle().await;
        world.repository.commit("feature/index", "dana", "feat: more", &[("db/migrations/1.sql", "create")]).unwrap();
        world.settle().await;
        let (same, text) = list(&world, number);
        assert!(same == comment && ticked(&text, "The index is built") && !ticked(&text, "It was rehearsed"), "{kind}: {text}");
        assert!(world.said(number).iter().all(|said| !said.contains("edited the checklist")), "{kind}: {:?}", world.said(number));
        // GitLab does not tell who has edited a comment, and lets maintainers alone edit that of somebody else.
        if kind == Kind::GitHub {
            world.repository.tick(Text::Comment(comment), "eve", "It was rehearsed").unwrap();
            world.settle().await;
            let (_, text) = list(&world, number);
            assert!(!ticked(&text, "It was rehearsed") && ticked(&text, "The index is built"), "{kind}: {text}");
            assert_eq!(world.count(number, "eve edited the checklist of"), 1, "{kind}: {:?}", world.said(number));
        }
        world.repository.merge(number, "mia", Merge::Squash).unwrap();
        world.settle().await;
        assert!(ticked(&list(&world, number).1, "The index is built"), "{kind}");
    })
    .await;
}

/// An answer on a change request, which lapses by what is done to it.
async fn lapses(kind: Kind, how: &str, moves: impl Fn(&World, u64)) {
    let (world, number) = changed(kind).await;
    world.repository.commit("main", "max", "chore: go on", &[("on.txt", "x")]).unwrap();
    world.repository.branch("next", "main").unwrap();
    world.settle().await;
    ask_on(&world, number, "mia", "/slipway waive the-index-is-built reason=\"it is small\"").await;
    let answer = ask_on(&world, number, "mia", "/slipway go").await;
    assert!(answer.contains("**ready**"), "{kind}: {how}: {answer}");
    moves(&world, number);
    world.settle().await;
    let (_, text) = list(&world, number);
    assert!(!text.contains("✅ **Ready") && !text.contains("✅ mia said go"), "{kind}: {how}: {text}\n{}", world.told().join("\n"));
    let answer = ask_on(&world, number, "mia", "/slipway go").await;
    assert!(answer.contains("The index is built"), "{kind}: {how}: it waits for the item again: {answer}");
}

#[tokio::test]
async fn an_answer_about_a_change_request_lapses_however_its_head_moves() {
    on_both(async |kind| {
        let push = |world: &World, _| _ = world.repository.commit("feature/index", "dana", "fix: more", &[("b", "b")]).unwrap();
        lapses(kind, "push", push).await;
        let amend =
            |world: &World, _| _ = world.repository.rewrite("feature/index", "dana", "feat: index", &[("db/index.sql", "b")]).unwrap();
        lapses(kind, "force push", amend).await;
        lapses(kind, "rebase", |world, number| world.repository.rebase(number, "dana").unwrap()).await;
        lapses(kind, "base merged in", |world, _| {
            let number = world.repository.open("dana", "main", "feature/index", "chore: take over main").unwrap();
            world.repository.merge(number, "dana", Merge::MergeCommit).unwrap();
        })
        .await;
    })
    .await;
}

//! What people answer to a release: who may, of which commit, and what becomes of it when the head moves.

use slipway::sandbox::{CiState, Kind};

use super::{LINE, cut, page, pushed, ran, readiness, ticked, ticks};
use crate::running::{ask, green};
use crate::support::{World, on_both};

const GATED: &str = "[release]\npreview = false\n[readiness]\ngate = true\n[[checklist]]\nitems = ['The candidate was tried']\n";

fn is_released(world: &World) -> bool {
    world.repository.tags().contains(&"v1.1.0".to_owned())
}

#[tokio::test]
async fn a_no_go_holds_back_the_release_until_it_is_mended_and_everybody_says_go() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, GATED).await;
        ticks(&world, issue, "The candidate was tried").await;
        ask(&world, issue, "mia", "/slipway go").await;
        assert_eq!(readiness(&world, LINE).0, "success", "{kind}: {}", page(&world, issue));
        let answer = ask(&world, issue, "mia", "/slipway no-go").await;
        assert!(answer.contains("no reason is given"), "{kind}: {answer}");
        let answer = ask(&world, issue, "mia", "/slipway no-go reason=\"it loses data\"").await;
        assert!(answer.contains("No-go is noted") && answer.contains("it loses data"), "{kind}: {answer}");
        assert_eq!(readiness(&world, LINE), ("failure".into(), "mia has said no-go".into()), "{kind}");
        let answer = ask(&world, issue, "mia", "/slipway release final").await;
        assert!(answer.contains("mia has said no-go") && answer.contains("it loses data") && !is_released(&world), "{kind}: {answer}");

        pushed(&world, "fix.txt").await;
        assert_eq!(readiness(&world, LINE).0, "pending", "{kind}: {}", page(&world, issue));
        let answer = ask(&world, issue, "mia", "/slipway release final").await;
        assert!(answer.contains("not ready yet") && answer.contains("sign-offs") && !is_released(&world), "{kind}: {answer}");
        ran(&world, CiState::Success).await;
        let answer = ask(&world, issue, "mia", "/slipway go").await;
        assert!(answer.contains("**ready**"), "{kind}: {answer}");
        let log = page(&world, issue);
        assert!(log.contains("it loses data") && ticked(&log, "The candidate was tried"), "{kind}: {log}");
        let answer = ask(&world, issue, "mia", "/slipway release final").await;
        assert!(answer.contains("v1.1.0") && is_released(&world), "{kind}: {answer}");
    })
    .await;
}

#[tokio::test]
async fn what_is_waived_is_waited_for_no_more_on_this_commit() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, GATED).await;
        pushed(&world, "fix.txt").await;
        ran(&world, CiState::Failure).await;
        ask(&world, issue, "mia", "/slipway go").await;
        let answer = ask(&world, issue, "mia", "/slipway waive chekcs reason=\"the runner died\"").await;
        assert!(answer.contains("Did you mean checks?") && answer.contains("the-candidate-was-tried"), "{kind}: {answer}");
        let answer = ask(&world, issue, "mia", "/slipway waive checks reason=\"the runner died\"").await;
        assert!(answer.contains("`checks` is waived"), "{kind}: {answer}");
        assert!(ticked(&page(&world, issue), "the runner died"), "{kind}: {}", page(&world, issue));
        let answer = ask(&world, issue, "mia", "/slipway waive the-candidate-was-tried reason=\"in a hurry\"").await;
        assert!(answer.contains("**ready**"), "{kind}: {answer}");
        assert_eq!(readiness(&world, LINE).0, "success", "{kind}: {}", page(&world, issue));
        pushed(&world, "more.txt").await;
        let (state, title) = readiness(&world, LINE);
        assert!(state == "pending" && title.contains("checks") && title.contains("by hand"), "{kind}: {state} {title}");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_answer_is_told_who_may_and_a_team_answers_for_itself() {
    on_both(async |kind| {
        let policy = format!("{}teams = ['@acme/qa', '@acme/sre']\nsign_offs = 2\n", "[release]\npreview = false\n[readiness]\n");
        let (world, issue) = cut(kind, &policy).await;
        world.sandbox.add_member(kind, "acme/qa", "eve", slipway::sandbox::Role::Read);
        world.sandbox.add_member(kind, "acme/sre", "max", slipway::sandbox::Role::Write);
        for command in ["/slipway go", "/slipway no-go reason=\"it is slow\"", "/slipway waive checks reason=\"a flake\""] {
            let answer = ask(&world, issue, "dana", command).await;
            assert!(answer.contains("was not done") && answer.contains("mia"), "{kind}: {answer}");
        }
        let answer = ask(&world, issue, "eve", "/slipway go").await;
        assert!(answer.contains("Go is noted") && answer.contains("acme/qa") && answer.contains("acme/sre"), "{kind}: {answer}");
        let status = ask(&world, issue, "dana", "/slipway status").await;
        assert!(status.contains("Not answered yet: ") && status.contains("acme/sre.") && !status.contains("acme/qa"), "{kind}: {status}");
        let answer = ask(&world, issue, "max", "/slipway go").await;
        assert!(!answer.contains("Not answered yet"), "{kind}: {answer}");
        assert!(ticked(&page(&world, issue), "Those who sign off have said go"), "{kind}: {}", page(&world, issue));
    })
    .await;
}

/// Answers on the line that lapse by what is done to it.
async fn lapses(kind: Kind, how: &str, moves: impl Fn(&World)) {
    let (world, issue) = cut(kind, GATED).await;
    pushed(&world, "first.txt").await;
    green(&world, LINE);
    world.settle().await;
    ask(&world, issue, "mia", "/slipway go").await;
    ask(&world, issue, "mia", "/slipway waive the-candidate-was-tried reason=\"in a hurry\"").await;
    assert_eq!(readiness(&world, LINE).0, "success", "{kind}: {how}: {}", page(&world, issue));
    moves(&world);
    world.settle().await;
    let shown = page(&world, issue);
    assert!(!ticked(&shown, "Those who sign off have said go") && shown.contains("in a hurry"), "{kind}: {how}: {shown}");
    assert_eq!(readiness(&world, LINE).0, "pending", "{kind}: {how}: {shown}\n{}", world.told().join("\n"));
    let refused = ask(&world, issue, "mia", "/slipway release final").await;
    assert!(refused.contains("sign-offs") && !is_released(&world), "{kind}: {how}: {refused}");
}

#[tokio::test]
async fn an_answer_about_a_line_lapses_with_every_push_to_it() {
    on_both(async |kind| {
        let commit = |world: &World| _ = world.repository.commit(LINE, "dana", "fix: more", &[("b", "b")]).unwrap();
        lapses(kind, "push", commit).await;
        let amend = |world: &World| _ = world.repository.rewrite(LINE, "dana", "fix: other words", &[("b", "b")]).unwrap();
        lapses(kind, "force push", amend).await;
        let back = |world: &World| {
            let main = world.repository.head("main").unwrap();
            world.repository.force_push_by("dana", LINE, &main).unwrap();
        };
        lapses(kind, "force push back", back).await;
    })
    .await;
}

//! What people do and see, on both forges, from the first delivery to the last effect.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use slipway::engine::Resolve;
use slipway::sandbox::{Delivery, Kind, Merge};

use crate::support::{BOTH, POLICY, World, world};

#[tokio::test]
async fn a_change_request_that_breaks_the_policy_is_told_how_and_goes_green_when_repaired() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let number = world.open("develop", "main", "Add login");
        world.settle().await;
        assert_eq!(world.policy("develop"), ("failure".into(), "broken: base_branch, conventional_title".into()), "{kind}");
        assert_eq!(world.said(number).len(), 1);
        assert!(world.said(number)[0].contains("Edit the title to read like “feat: what changes”."));

        world.repository.retitle(number, "feat: add login").unwrap();
        world.repository.branch("staging", "main").unwrap();
        world.repository.retarget(number, "staging").unwrap();
        world.settle().await;
        assert_eq!(world.policy("develop"), ("success".into(), "2 of 2 rules hold".into()), "{kind}");
        assert_eq!(world.said(number).len(), 1);
        assert!(world.said(number)[0].contains("follows the branching policy"));
    }
}

#[tokio::test]
async fn a_new_push_is_judged_anew() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let number = world.open("feature/a", "main", "feat: a");
        world.settle().await;
        let first = world.repository.head("feature/a").unwrap();
        world.repository.commit("feature/a", "dana", "fix: more", &[("b", "b")]).unwrap();
        world.settle().await;
        assert_ne!(world.repository.head("feature/a").unwrap(), first);
        assert_eq!(world.policy("feature/a").0, "success", "{kind}");
        assert!(world.said(number).is_empty(), "good news needs no comment");
    }
}

#[tokio::test]
async fn a_fork_does_not_pass_by_a_trusted_branch_name() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let number = world.repository.open_from_fork("eve", "feature/a", "main", "feat: a").unwrap();
        world.settle().await;
        let head = world.repository.request(number).unwrap().head_sha;
        let check = world.repository.checks(&head).into_iter().find(|check| check.name == "slipway/policy");
        let check = check.unwrap_or_else(|| panic!("{kind}: {:?}", world.told()));
        assert_eq!((check.state.as_str(), check.title.as_str()), ("failure", "broken: base_branch"), "{kind}");
        assert!(world.said(number)[0].contains("eve:feature/a may not be merged into main"), "{:?}", world.said(number));
    }
}

#[tokio::test]
async fn a_version_tag_is_released_with_notes_and_each_change_request_is_told_once() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let squashed = world.open("feature/login", "main", "feat: add login");
        let merged = world.open("fix/names", "main", "fix(names)!: refuse empty names");
        let rebased = world.open("fix/typo", "main", "Correct a typo");
        world.repository.merge(squashed, "max", Merge::Squash).unwrap();
        world.repository.merge(merged, "max", Merge::MergeCommit).unwrap();
        world.repository.merge(rebased, "max", Merge::Rebase).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let releases = world.repository.releases();
        assert_eq!(releases.len(), 1, "{kind}: {:?}", world.told());
        let notes = &releases[0].body;
        for once in
            ["### Breaking changes", "### Features", "refuse empty names", "add login", "Correct a typo", "/compare/v1.0.0...v1.1.0"]
        {
            assert_eq!(notes.matches(once).count(), 1, "{kind}: {once} in {notes}");
        }
        for number in [squashed, merged, rebased] {
            let told = world.said(number).iter().filter(|body| body.contains("Released in **v1.1.0**")).count();
            assert_eq!(told, 1, "{kind}: {number}");
        }
        assert!(world.repository.branches().iter().all(|branch| branch != "feature/login"), "merged branches go");
    }
}

#[tokio::test]
async fn a_tag_on_another_line_does_not_count() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        world.branch("release/1.0", "fix: only there");
        world.repository.tag("v1.0.1", "release/1.0").unwrap();
        world.repository.commit("main", "dana", "feat: here", &[("c", "c")]).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let release = world.repository.releases().into_iter().find(|release| release.tag == "v1.1.0").unwrap();
        assert!(release.body.contains("here") && !release.body.contains("only there"), "{kind}: {}", release.body);
    }
}

#[tokio::test]
async fn a_release_without_a_change_that_users_see_says_so() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let notes = world.repository.releases()[0].body.clone();
        assert!(notes.contains("Nothing in it changes what users see."), "{kind}: {notes}");
    }
}

#[tokio::test]
async fn help_is_answered_once_with_eyes_and_a_thumb() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let number = world.open("feature/a", "main", "feat: a");
        world.repository.comment(number, "dana", "Hello\n/slipway help").unwrap();
        world.settle().await;
        let asked = world.repository.comments(number).into_iter().find(|comment| comment.author == "dana").unwrap();
        let mut reactions: Vec<_> = asked.reactions.into_iter().map(|(_, name)| name).collect();
        reactions.sort();
        let expected = if kind == BOTH[0] { ["+1", "eyes"] } else { ["eyes", "thumbsup"] };
        assert_eq!(reactions, expected);
        assert_eq!(world.said(number).len(), 1);
        assert!(world.said(number)[0].contains("| `/slipway recheck` |"));
    }
}

#[tokio::test]
async fn commands_work_on_issues_and_unknown_ones_get_the_nearest_match() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let number = world.repository.open_issue("dana", "How do I ask?").unwrap();
        world.repository.comment_on_issue(number, "dana", "/slipway hepl").unwrap();
        world.settle().await;
        let told = world.told().join("\n");
        assert!(told.contains("asked for an unknown command") && told.contains("👎: created"), "{kind}: {told}");
        assert!(world.sandbox.snapshot().contains("Did you mean help?"), "{kind}: {}", world.sandbox.snapshot());
    }
}

#[tokio::test]
async fn without_a_file_only_commands_are_answered_and_a_starter_is_offered() {
    for kind in BOTH {
        let world = world(kind, "").await;
        let number = world.open("whatever", "main", "No convention");
        world.repository.comment(number, "dana", "@slipway-bot help\n@slipway help").unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        assert!(world.repository.releases().is_empty() && world.policy("whatever").0.is_empty(), "{kind}");
        assert!(world.said(number)[0].contains("There is no `slipway.toml` on the default branch yet"), "{kind}");
    }
}

#[tokio::test]
async fn a_typo_in_the_file_fails_closed_and_is_named_where_it_can_be_seen() {
    for kind in BOTH {
        let world = world(kind, "[rules]\n[rules.conventional_titel]\n").await;
        let number = world.open("feature/a", "main", "feat: a");
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        assert_eq!(world.policy("feature/a"), ("failure".into(), "slipway.toml cannot be read, see line 2".into()), "{kind}");
        assert!(world.said(number)[0].contains(r"Did you mean \`conventional\_title\`?"), "{kind}: {:?}", world.said(number));
        assert!(world.repository.releases().is_empty());
        let release = world.repository.checks(&world.repository.head("main").unwrap());
        assert!(release.iter().any(|check| check.name == "slipway/release" && check.state == "failure"), "{kind}: {release:?}");

        world.repository.commit("main", "max", "fix: the policy", &[("slipway.toml", POLICY)]).unwrap();
        world.repository.comment(number, "dana", "/slipway recheck").unwrap();
        world.settle().await;
        assert_eq!(world.policy("feature/a").0, "success", "{kind}: {:?}", world.told());
    }
}

#[tokio::test]
async fn a_dry_run_tells_the_plan_and_writes_nothing() {
    for kind in BOTH {
        let mut world = world(kind, POLICY).await;
        world.restart_as(world.settings.clone(), Resolve::Show).await;
        world.open("develop", "main", "Add login");
        world.settle().await;
        let told = world.told().join("\n");
        assert!(told.contains("- report slipway/policy failure"), "{kind}: {told}");
        assert!(world.sandbox.calls().iter().all(|call| !call.is_write), "{kind}: {:?}", world.sandbox.calls());
    }
}

/// Rewrites the payload of a delivery and signs it again, as the forge would have.
fn retold(world: &World, mut delivery: Delivery, change: impl Fn(&mut serde_json::Value)) -> Delivery {
    let mut body = serde_json::from_slice(&delivery.body).unwrap();
    change(&mut body);
    delivery.body = serde_json::to_vec(&body).unwrap();
    // GitLab's token is enough without its signature.
    delivery.headers.retain(|(name, _)| !name.to_lowercase().starts_with("webhook-"));
    let mut key = Hmac::<Sha256>::new_from_slice(world.sandbox.secrets().github_webhook.as_bytes()).unwrap();
    key.update(&delivery.body);
    let digest: Vec<_> = key.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    for (name, value) in &mut delivery.headers {
        if name.eq_ignore_ascii_case("x-hub-signature-256") {
            *value = format!("sha256={}", digest.concat());
        }
    }
    delivery
}

#[tokio::test]
async fn a_push_that_the_api_does_not_show_yet_is_pending_and_never_a_pass() {
    for kind in BOTH {
        let world = world(kind, POLICY).await;
        let unseen = world.repository.head("main").unwrap();
        world.open("feature/a", "main", "feat: a");
        let opened = world.sandbox.take_deliveries().into_iter().find(|delivery| delivery.summary.contains("open")).unwrap();
        let early = retold(&world, opened, |body| {
            let (head, at) = if kind == Kind::GitHub {
                ("/pull_request/head/sha", "/pull_request/updated_at")
            } else {
                ("/object_attributes/last_commit/id", "/object_attributes/updated_at")
            };
            *body.pointer_mut(head).unwrap() = unseen.clone().into();
            *body.pointer_mut(at).unwrap() = "2030-01-01T00:00:00Z".into();
        });
        assert_eq!(world.post(&early).await, 202, "{kind}");
        let reported = async {
            while world.repository.checks(&unseen).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reported).await.unwrap();
        let check = world.repository.checks(&unseen).remove(0);
        let (state, title) = (check.state.as_str(), check.title.as_str());
        assert_eq!((state, title), ("pending", "waiting for the forge to show the latest push"), "{kind}");
        assert_eq!(world.policy("feature/a").0, "", "{kind}: nothing is said of the head that the API shows");
    }
}

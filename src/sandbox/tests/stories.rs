//! What people do, and the webhooks that tell of it.

use super::*;
use crate::sandbox::{Hooks, Merge, MergeSettings};

fn summaries(sandbox: &Sandbox) -> Vec<String> {
    sandbox.take_deliveries().into_iter().map(|delivery| delivery.summary).collect()
}

#[tokio::test]
async fn pushes_and_references_are_told() {
    let Stage { sandbox, repo, .. } = stage().await;
    repo.branch("feat#1", "main").unwrap();
    repo.commit("feat#1", "ann", "feat: x", &[("x", "1")]).unwrap();
    repo.force_push("feat#1", &repo.head("main").unwrap()).unwrap();
    repo.tag("v1.0.0", "main").unwrap();
    repo.delete_tag("v1.0.0").unwrap();
    repo.delete_branch("feat#1").unwrap();
    let expected = [
        "create acme/app branch feat#1",
        "push acme/app feat#1",
        "push acme/app feat#1",
        "push acme/app feat#1",
        "create acme/app tag v1.0.0",
        "push acme/app v1.0.0",
        "delete acme/app tag v1.0.0",
        "push acme/app v1.0.0",
        "delete acme/app branch feat#1",
        "push acme/app feat#1",
    ];
    assert_eq!(summaries(&sandbox), expected);
}

#[tokio::test]
async fn a_request_lives_and_is_merged() {
    let stage = stage().await;
    let repo = &stage.repo;
    repo.branch("x", "main").unwrap();
    repo.branch("next", "main").unwrap();
    repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    repo.commit("x", "ann", "fix: x", &[("x", "2")]).unwrap();
    repo.retitle(number, "feat: y").unwrap();
    repo.describe(number, "Why").unwrap();
    repo.retarget(number, "next").unwrap();
    repo.label(number, "big").unwrap();
    repo.unlabel(number, "big").unwrap();
    repo.close(number).unwrap();
    repo.reopen(number).unwrap();
    let sha = repo.merge(number, "bob", Merge::MergeCommit).unwrap();
    let told = stage.delivered("pull_request");
    let actions: Vec<_> = told.iter().map(|body| body["action"].as_str().unwrap()).collect();
    let expected = ["opened", "synchronize", "edited", "edited", "edited", "labeled", "unlabeled", "closed", "reopened", "closed"];
    assert_eq!(actions, expected);
    assert_eq!(told[2].pointer("/changes/title/from").unwrap(), "feat: x");
    assert_eq!(told[9].pointer("/pull_request/merge_commit_sha").unwrap(), &sha);
    let request = repo.request(number).unwrap();
    assert_eq!((request.state.as_str(), request.base.as_str(), request.merge_commit), ("merged", "next", Some(sha.clone())));
    let message = stage.bot.get(&format!("/commits/{sha}")).await.text("/commit/message");
    assert_eq!(message, "Merge pull request #1 from acme/x\n\nfeat: y");
    assert_eq!(stage.bot.get("/pulls/1/commits").await.len(), 2);
    assert_eq!(stage.bot.get("/pulls?state=all&sort=updated&direction=asc").await.len(), 1);
}

#[tokio::test]
async fn squashes_and_rebases_leave_a_straight_line() {
    let Stage { repo, bot, .. } = stage().await;
    for (branch, method) in [("a", Merge::Squash), ("b", Merge::Rebase)] {
        repo.branch(branch, "main").unwrap();
        repo.commit(branch, "ann", "one", &[(branch, "1")]).unwrap();
        repo.commit(branch, "ann", "two", &[(branch, "2")]).unwrap();
        repo.commit("main", "bob", "between", &[("between", branch)]).unwrap();
        let number = repo.open("ann", branch, "main", &format!("feat: {branch}")).unwrap();
        repo.merge(number, "bob", method).unwrap();
    }
    let commits = bot.get("/commits").await;
    let subjects: Vec<_> = commits.body.as_array().unwrap().iter().map(|c| c["commit"]["message"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["two", "one", "between", "feat: a (#1)\n\n* one\n\n* two", "between", "chore: start"]);
}

#[tokio::test]
async fn a_request_from_a_fork_names_it() {
    let stage = stage().await;
    let number = stage.repo.open_from_fork("mallory", "fix/typo", "main", "fix: typo").unwrap();
    let request = stage.bot.get(&format!("/pulls/{number}")).await;
    assert_eq!(request.text("/head/label"), "mallory:fix/typo");
    assert_eq!((request.text("/head/repo/full_name").as_str(), request.number("/commits")), ("mallory/app", 1));
    assert_eq!(request.text("/author_association"), "NONE");
    assert_eq!(stage.bot.get(&format!("/pulls/{number}/files")).await.len(), 1);
    let merged = stage.repo.merge(number, "bob", Merge::MergeCommit).unwrap();
    assert_eq!(stage.repo.head("main").unwrap(), merged);
    assert_eq!(stage.delivered("push").len(), 1);
}

#[tokio::test]
async fn conflicts_make_a_merge_impossible() {
    let Stage { repo, bot, .. } = stage().await;
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "one", &[("f", "1")]).unwrap();
    repo.commit("main", "bob", "two", &[("f", "2")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    assert_eq!(bot.get(&format!("/pulls/{number}")).await.text("/mergeable_state"), "dirty");
    assert!(repo.merge(number, "bob", Merge::Squash).unwrap_err().to_string().contains("conflicts in f"));
}

#[tokio::test]
async fn a_deleted_head_closes_its_request() {
    let Stage { repo, .. } = stage().await;
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "one", &[("f", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    repo.delete_branch("x").unwrap();
    assert_eq!(repo.request(number).unwrap().state, "closed");
}

#[tokio::test]
async fn the_app_hears_of_its_installation_and_of_issues() {
    let Stage { sandbox, repo, .. } = stage().await;
    repo.install().unwrap();
    repo.ping().unwrap();
    repo.open_issue("ann", "Bug").unwrap();
    assert_eq!(summaries(&sandbox), ["installation created acme/app", "ping acme/app", "issues opened acme/app#1"]);
}

#[tokio::test]
async fn deliveries_are_signed_logged_and_sent_again() {
    let Stage { sandbox, repo, bot } = stage().await;
    repo.open_issue("ann", "Bug").unwrap();
    let deliveries = sandbox.take_deliveries();
    let header = |name: &str| deliveries[0].headers.iter().find(|(header, _)| header == name).unwrap().1.clone();
    assert_eq!((header("x-github-event"), header("x-github-delivery")), ("issues".to_owned(), deliveries[0].id.clone()));
    assert!(header("x-hub-signature-256").starts_with("sha256="));
    let logged = bot.as_app(Method::GET, "/app/hook/deliveries?per_page=1", None).await;
    assert_eq!((logged.text("/0/guid"), logged.text("/0/action").as_str()), (deliveries[0].id.clone(), "opened"));
    let path = format!("/app/hook/deliveries/{}/attempts", logged.number("/0/id"));
    assert_eq!(bot.as_app(Method::POST, &path, None).await.status, 202);
    assert_eq!(sandbox.take_deliveries()[0].id, deliveries[0].id);
    assert!(bot.as_app(Method::GET, "/app/hook/deliveries?per_page=1", None).await.next_page().is_some());
}

#[tokio::test]
async fn held_webhooks_are_sent_once_there_is_a_place_for_them() {
    let (receiver, Stage { sandbox, repo, .. }) = (stage().await, stage().await);
    repo.open_issue("ann", "Bug").unwrap();
    assert_eq!(sandbox.delivery_log()[0].status, None);
    let url = format!("{}/nowhere", receiver.sandbox.url());
    sandbox.send_hooks_to(Hooks::Sent { github: url.clone(), gitlab: url });
    for _ in 0..100 {
        if sandbox.delivery_log()[0].status.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(matches!(sandbox.delivery_log()[0].status, Some(400..500)), "nobody takes webhooks there");
    sandbox.stop().await;
}

#[tokio::test]
async fn the_same_story_gives_the_same_world_however_often_the_bot_writes() {
    let mut snapshots = Vec::new();
    for ticks in 0..2 {
        let Stage { sandbox, repo, bot } = stage().await;
        let chatter = repo.open_issue("ann", "Chatter").unwrap();
        let noted = bot.post(&format!("/issues/{chatter}/comments"), json!({"body": "noted"})).await.number("/id");
        for _ in 0..ticks {
            bot.patch(&format!("/issues/comments/{noted}"), json!({"body": "noted"})).await;
        }
        repo.branch("x", "main").unwrap();
        repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
        let number = repo.open("ann", "x", "main", "feat: x").unwrap();
        repo.comment(number, "ann", "/slipway help").unwrap();
        bot.post("/check-runs", json!({"name": "c", "head_sha": repo.head("x").unwrap(), "conclusion": "neutral"})).await;
        bot.post("/releases", json!({"tag_name": "v1", "body": "notes"})).await;
        repo.merge(number, "ann", Merge::Squash).unwrap();
        snapshots.push(sandbox.snapshot());
    }
    assert_eq!(snapshots[0], snapshots[1]);
    for line in ["github acme/app", "  request 2 merged: feat: x (x -> main, ", "      | /slipway help", "  release v1 ", "c: neutral"] {
        assert!(snapshots[0].contains(line), "{line} is not in\n{}", snapshots[0]);
    }
}

#[tokio::test]
async fn merges_say_what_the_settings_of_the_repository_want() {
    let Stage { repo, bot, .. } = stage().await;
    let merge = |branch: &'static str, settings: MergeSettings, method| {
        repo.set_merging(settings).unwrap();
        repo.branch(branch, "main").unwrap();
        repo.commit(branch, "ann", "fix: one\n\nDetails", &[(branch, "1")]).unwrap();
        let number = repo.open("ann", branch, "main", "feat: title").unwrap();
        repo.describe(number, "Described").unwrap();
        repo.merge(number, "max", method)
    };
    let standard = MergeSettings::default;
    merge("a", standard(), Merge::Squash).unwrap();
    merge("b", MergeSettings { squash_title: "PR_TITLE", squash_message: "PR_BODY", ..standard() }, Merge::Squash).unwrap();
    merge("c", MergeSettings { squash_message: "BLANK", ..standard() }, Merge::Squash).unwrap();
    merge("d", MergeSettings { merge_title: "PR_TITLE", merge_message: "PR_BODY", ..standard() }, Merge::MergeCommit).unwrap();
    assert!(merge("e", MergeSettings { rebase: false, ..standard() }, Merge::Rebase).is_err());
    let commits = bot.get("/commits").await;
    let said: Vec<_> = commits.body.as_array().unwrap().iter().map(|c| c["commit"]["message"].as_str().unwrap()).collect();
    let expected = ["feat: title (#4)\n\nDescribed", "fix: one (#3)", "feat: title (#2)\n\nDescribed", "fix: one (#1)\n\nDetails"];
    assert_eq!(said.into_iter().filter(|message| message.contains("(#")).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_squash_credits_everybody_who_wrote_its_commits() {
    let Stage { repo, bot, .. } = stage().await;
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "feat: one", &[("x", "1")]).unwrap();
    repo.commit("x", "bob", "fix: two\n\nWhy", &[("x", "2")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    let sha = repo.merge(number, "max", Merge::Squash).unwrap();
    let expected = "feat: x (#1)\n\n* feat: one\n\n* fix: two\n\nWhy\n\n---------\n\nCo-authored-by: bob <bob@users.example>";
    assert_eq!(bot.get(&format!("/commits/{sha}")).await.text("/commit/message"), expected);
}

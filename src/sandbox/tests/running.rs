//! What runs beside the bot on GitHub: CI, workflows that the App may not touch, and releases that others promote.

use super::*;
use crate::sandbox::CiState;

const WORKFLOW: &str = ".github/workflows/ci.yml";

impl Bot {
    async fn create(&self, branch: &str, sha: &str) -> Answer {
        self.post("/git/refs", json!({"ref": format!("refs/heads/{branch}"), "sha": sha})).await
    }

    /// A commit on another one that has these words in the workflow.
    async fn with_workflow(&self, parent: &str, words: &str) -> String {
        let entries = json!([{"path": WORKFLOW, "mode": "100644", "type": "blob", "content": words}]);
        let tree = self.post("/git/trees", json!({"base_tree": parent, "tree": entries})).await.text("/sha");
        self.post("/git/commits", json!({"message": "ci: x", "tree": tree, "parents": [parent]})).await.text("/sha")
    }
}

#[tokio::test]
async fn jobs_report_as_check_runs_of_workflows() {
    let stage = stage().await;
    let (bot, repo, head) = (&stage.bot, &stage.repo, stage.repo.head("main").unwrap());
    repo.ci(&head, "test", CiState::Running).unwrap();
    let path = format!("/commits/{head}/check-runs");
    assert_eq!(bot.get(&path).await.text("/check_runs/0/status"), "in_progress");
    repo.ci(&head, "test", CiState::Failure).unwrap();
    bot.post("/check-runs", json!({"name": "test", "head_sha": head, "conclusion": "success"})).await;
    let seen = bot.get(&path).await;
    assert_eq!((seen.number("/total_count"), seen.text("/check_runs/1/conclusion").as_str()), (2, "failure"));
    assert_eq!(
        (seen.text("/check_runs/1/app/slug"), seen.text("/check_runs/0/app/slug")),
        ("github-actions".to_owned(), "slipway".to_owned())
    );
    assert_ne!(seen.at("/check_runs/0/check_suite/id"), seen.at("/check_runs/1/check_suite/id"));
    assert_eq!(bot.get(&format!("{path}?app_id=4242")).await.number("/total_count"), 1);
    let rollup =
        "statusCheckRollup { state contexts(first: 5) { nodes { ... on CheckRun { name conclusion checkSuite { app { slug } } } } } }
        checkSuites(first: 5) { nodes { app { slug } conclusion } }";
    let seen = bot.look(&format!("object(expression: \"main\") {{ ... on Commit {{ {rollup} }} }}")).await;
    assert_eq!(
        (seen.text("/object/statusCheckRollup/state").as_str(), seen.at("/object/checkSuites/nodes").as_array().unwrap().len()),
        ("FAILURE", 2)
    );
    assert_eq!(seen.text("/object/statusCheckRollup/contexts/nodes/0/checkSuite/app/slug"), "github-actions");
    repo.ci(&head, "test", CiState::Success).unwrap();
    repo.ci(&head, "lint", CiState::Skipped).unwrap();
    assert_eq!(
        bot.look("object(expression: \"main\") { ... on Commit { statusCheckRollup { state } } }")
            .await
            .text("/object/statusCheckRollup/state"),
        "SUCCESS"
    );
    let actions: Vec<_> = stage.delivered("check_run").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions[..4], ["created", "completed", "created", "completed"]);
    assert!(repo.ci(&"0".repeat(40), "test", CiState::Success).is_err());
}

#[tokio::test]
async fn without_the_permission_no_workflow_comes_in_that_no_branch_has() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    let start = repo.head("main").unwrap();
    let made = bot.with_workflow(&start, "on: push\n").await;
    assert_eq!(bot.create("free", &made).await.status, 201);
    repo.delete_branch("free").unwrap();
    repo.deny_workflows().unwrap();
    let refused = bot.create("x", &made).await;
    assert_eq!((refused.status.as_u16(), refused.text("/message").as_str()), (403, "Resource not accessible by integration"));
    assert_eq!(bot.patch("/git/refs/heads/main", json!({"sha": made})).await.status, 403);
    repo.commit("main", "ann", "ci: run", &[(WORKFLOW, "on: push\n")]).unwrap();
    assert_eq!(bot.create("y", &made).await.status, 201, "main has the very file");
    let other = bot.with_workflow(&start, "on: pull_request\n").await;
    repo.branch("line", &start).unwrap();
    let merged = bot.post("/merges", json!({"base": "line", "head": other})).await;
    let words = format!("refusing to allow a GitHub App to create or update workflow `{WORKFLOW}` without `workflows` permission");
    assert_eq!((merged.status.as_u16(), merged.text("/message")), (403, words));
    assert_eq!(repo.head("line").unwrap(), start);
    let id = bot.get("").await.text("/node_id");
    let update = json!([{"name": "refs/heads/z", "afterOid": other}]);
    let query = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";
    let refused = bot.ask(query, json!({"input": {"repositoryId": id, "refUpdates": update}})).await;
    assert_eq!((refused.text("/errors/0/type").as_str(), repo.branches().len()), ("FORBIDDEN", 3));
    assert_eq!(bot.as_app(Method::GET, "/repos/acme/app/installation", None).await.at("/permissions/workflows"), &Value::Null);
}

#[tokio::test]
async fn a_pre_release_is_promoted_and_only_then_the_latest() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    repo.release("v1.0.0", "First").unwrap();
    let made = bot.post("/releases", json!({"tag_name": "v1.1.0-rc.1", "name": "RC", "prerelease": true, "make_latest": "true"})).await;
    assert_eq!(bot.get("/releases/latest").await.text("/tag_name"), "v1.0.0");
    stage.sandbox.take_deliveries();
    let path = format!("/releases/{}", made.number("/id"));
    assert_eq!(bot.patch(&path, json!({"prerelease": false, "make_latest": "false"})).await.at("/prerelease"), &json!(false));
    assert_eq!(bot.get("/releases/latest").await.text("/tag_name"), "v1.0.0");
    bot.patch(&path, json!({"name": "1.1", "body": "Notes", "make_latest": "true"})).await;
    assert_eq!(bot.get("/releases/latest").await.text("/name"), "1.1");
    let told = stage.delivered("release");
    assert_eq!(told.iter().map(|body| body["action"].clone()).collect::<Vec<_>>(), ["edited", "released", "edited"]);
    assert_eq!(told[2]["changes"], json!({"name": {"from": "RC"}, "body": {"from": ""}, "make_latest": {"to": true}}));
    let latest: Vec<_> = repo.releases().into_iter().filter(|release| release.latest).map(|release| release.tag).collect();
    assert_eq!(latest, ["v1.1.0-rc.1"]);
    bot.patch(&path, json!({"prerelease": true})).await;
    assert!(stage.sandbox.snapshot().contains("release v1.0.0 v1.0.0 latest\n"), "{}", stage.sandbox.snapshot());
    let draft = bot.post("/releases", json!({"tag_name": "v2.0.0", "draft": true, "make_latest": "true"})).await.number("/id");
    assert_eq!(bot.get("/releases/latest").await.text("/tag_name"), "v1.0.0");
    bot.patch(&format!("/releases/{draft}"), json!({"draft": false})).await;
    assert_eq!(bot.get("/releases/latest").await.text("/tag_name"), "v2.0.0");
}

#[tokio::test]
async fn people_close_milestones_and_the_snapshot_tells_who_merged() {
    let stage = stage().await;
    let repo = &stage.repo;
    repo.milestone("v1.0.0").unwrap();
    repo.close_milestone("v1.0.0", "max").unwrap();
    let told = stage.delivered("milestone");
    assert_eq!(
        (&told[1]["action"], &told[1]["sender"]["login"], &told[1]["milestone"]["state"]),
        (&json!("closed"), &json!("max"), &json!("closed"))
    );
    assert!(repo.close_milestone("none", "max").is_err());
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    repo.label(number, "bug").unwrap();
    let sha = repo.merge(number, "max", crate::sandbox::Merge::Squash).unwrap();
    let snapshot = stage.sandbox.snapshot();
    assert!(snapshot.contains(&format!("    merged by max as {sha}\n")) && snapshot.contains("  label bug ededed\n"), "{snapshot}");
    assert_eq!((repo.request(number).unwrap().merged_by.as_deref(), repo.labels()), (Some("max"), vec!["bug".to_owned()]));
}

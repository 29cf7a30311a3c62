//! GitHub's operations on git and what hangs on commits.

use reqwest::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn the_app_knows_itself_and_its_installation() {
    let Stage { bot, repo, .. } = stage().await;
    assert_eq!(bot.as_app(Method::GET, "/app", None).await.text("/slug"), "slipway");
    let installation = bot.as_app(Method::GET, "/repos/acme/app/installation", None).await;
    assert_eq!(installation.number("/id"), 7001);
    let limited = bot.as_app(Method::POST, "/app/installations/7001/access_tokens", Some(json!({"repository_ids": [repo.id()]}))).await;
    assert_eq!((limited.text("/repository_selection").as_str(), limited.number("/repositories/0/id")), ("selected", repo.id()));
    assert_eq!(bot.as_app(Method::POST, "/app/installations/1/access_tokens", None).await.status, 404);
}

#[tokio::test]
async fn credentials_are_checked() {
    let Stage { bot, sandbox, .. } = stage().await;
    let status = async |token: &str, path: &str| bot.send(token, Method::GET, path, None).await.unwrap().status.as_u16();
    assert_eq!(status("ghs_wrong", "/repos/acme/app").await, 401);
    assert_eq!(status(&bot.jwt, "/repos/acme/app").await, 401);
    assert_eq!(status(&bot.token, "/app").await, 401);
    assert_eq!(status(&jwt(1, i64::MAX), "/app").await, 401);
    assert_eq!(status(&jwt(sandbox.secrets().app_id, 1), "/app").await, 401);
    assert_eq!(status(&bot.token, "/repos/acme/none").await, 404);
    sandbox.repository(Kind::GitHub, "acme/other", &[]).unwrap();
    let body = json!({"repositories": ["other"], "permissions": {"contents": "read"}});
    let limited = bot.as_app(Method::POST, "/app/installations/7001/access_tokens", Some(body)).await.text("/token");
    assert_eq!(status(&limited, "/repos/acme/app").await, 404);
    assert_eq!(status(&limited, "/repos/acme/other").await, 200);
}

#[tokio::test]
async fn repositories_files_and_people_are_shown() {
    let Stage { bot, repo, .. } = stage().await;
    repo.commit("main", "ann", "feat: x", &[("x.txt", &"long ".repeat(30))]).unwrap();
    assert_eq!(bot.get("").await.text("/full_name"), "acme/app");
    assert_eq!(bot.send(&bot.token, Method::GET, &format!("/repositories/{}", repo.id()), None).await.unwrap().status, 200);
    assert_eq!(bot.get("/contents/docs/a%20b.md").await.text("/content"), "aGVsbG8K\n");
    assert!(bot.get("/contents/x.txt?ref=main").await.text("/content").lines().all(|line| line.len() <= 60));
    assert_eq!(bot.get("/contents/none?ref=main").await.status, 404);
    assert_eq!(bot.get("/contents/x.txt?ref=none").await.status, 404);
    assert_eq!(bot.get("/collaborators/ann/permission").await.text("/permission"), "write");
    assert_eq!(bot.get("/collaborators/acme/permission").await.text("/role_name"), "admin");
    assert_eq!(bot.get("/collaborators/nobody/permission").await.status, 404);
}

#[tokio::test]
async fn references_are_made_moved_and_deleted_by_their_exact_names() {
    let Stage { bot, repo, .. } = stage().await;
    let (start, next) = (repo.head("main").unwrap(), repo.commit("main", "ann", "fix: y", &[("y", "1")]).unwrap());
    repo.branch("feat", "main").unwrap();
    let made = bot.post("/git/refs", json!({"ref": "refs/heads/feat#12-x", "sha": start})).await;
    assert_eq!((made.status.as_u16(), made.text("/object/sha")), (201, start.clone()));
    let again = bot.post("/git/refs", json!({"ref": "refs/heads/feat#12-x", "sha": start})).await;
    assert_eq!((again.status.as_u16(), again.text("/message").as_str()), (422, "Reference already exists"));
    assert_eq!(bot.post("/git/refs", json!({"ref": "heads/x", "sha": start})).await.status, 422);
    assert_eq!(bot.post("/git/refs", json!({"ref": "refs/heads/x", "sha": "0".repeat(40)})).await.status, 422);
    assert_eq!(bot.patch("/git/refs/heads/feat%2312-x", json!({"sha": next})).await.status, 200);
    let back = bot.patch("/git/refs/heads/feat%2312-x", json!({"sha": start})).await;
    assert_eq!((back.status.as_u16(), back.text("/message").as_str()), (422, "Update is not a fast forward"));
    assert_eq!(bot.patch("/git/refs/heads/feat%2312-x", json!({"sha": start, "force": true})).await.status, 200);
    assert_eq!(bot.patch("/git/refs/heads/none", json!({"sha": start})).await.status, 422);
    assert_eq!(bot.get("/git/ref/heads/feat%2312-x").await.text("/object/sha"), start);
    assert_eq!(bot.get("/git/matching-refs/heads/feat").await.len(), 2);
    assert_eq!(bot.delete("/git/refs/heads/feat%2312-x").await.status, 204);
    assert_eq!(bot.delete("/git/refs/heads/feat%2312-x").await.text("/message"), "Reference does not exist");
    assert_eq!(repo.branches(), ["feat", "main"]);
    assert_eq!(bot.get("/git/ref/heads/feat%2312-x").await.status, 404);
}

#[tokio::test]
async fn tags_and_branches_are_listed() {
    let Stage { bot, repo, .. } = stage().await;
    repo.tag("v1.0.0", "main").unwrap();
    repo.lightweight_tag("v0.9.0", "main").unwrap();
    repo.branch("release/1.0", "v1.0.0").unwrap();
    let tag = bot.get("/git/ref/tags/v1.0.0").await;
    assert_eq!(tag.text("/object/type"), "tag");
    let object = bot.get(&format!("/git/tags/{}", tag.text("/object/sha"))).await;
    assert_eq!(object.text("/object/sha"), repo.head("main").unwrap());
    assert_eq!(bot.get("/git/ref/tags/v0.9.0").await.text("/object/type"), "commit");
    assert_eq!(bot.get("/git/tags/0000000").await.status, 404);
    assert_eq!(bot.get("/tags").await.text("/0/name"), "v1.0.0");
    assert_eq!(bot.get("/branches").await.len(), 2);
    assert_eq!(bot.get("/branches/release%2F1.0").await.text("/name"), "release/1.0");
    assert_eq!(bot.get("/branches/release/1.0").await.text("/name"), "release/1.0");
    assert_eq!(bot.get("/branches/none").await.status, 404);
}

#[tokio::test]
async fn commits_are_listed_compared_and_traced_to_their_requests() {
    let Stage { bot, repo, .. } = stage().await;
    let start = repo.head("main").unwrap();
    repo.branch("feat/x", "main").unwrap();
    let feature = repo.commit("feat/x", "ann", "feat: x\n\nbody", &[("x", "1\n2\n"), ("dir/y z", "1")]).unwrap();
    repo.commit("main", "bob", "fix: z", &[("z", "1")]).unwrap();
    let listed = bot.get("/commits?sha=feat/x").await;
    assert_eq!((listed.len(), listed.text("/0/sha")), (2, feature.clone()));
    assert_eq!(bot.get("/commits?path=dir&sha=feat%2Fx").await.len(), 1);
    assert_eq!(bot.get("/commits?author=bob").await.len(), 1);
    assert_eq!(bot.get("/commits?sha=none").await.status, 404);
    assert_eq!(bot.get(&format!("/commits/{feature}")).await.number("/stats/additions"), 3);
    assert_eq!(bot.get("/commits/feat%2Fx").await.text("/sha"), feature);
    assert_eq!(bot.get("/commits/0000000000").await.status, 422);
    assert_eq!(bot.get(&format!("/git/commits/{feature}")).await.text("/author/name"), "ann");
    assert_eq!(bot.get(&format!("/git/commits/{}", "0".repeat(40))).await.status, 404);
    let compared = bot.get("/compare/main...feat%2Fx").await;
    assert_eq!((compared.text("/status").as_str(), compared.number("/ahead_by"), compared.number("/behind_by")), ("diverged", 1, 1));
    assert_eq!(compared.text("/merge_base_commit/sha"), start);
    assert_eq!(bot.get("/compare/main...main").await.text("/status"), "identical");
    assert_eq!(bot.get("/compare/main...none").await.status, 404);
    let number = repo.open("ann", "feat/x", "main", "feat: x").unwrap();
    repo.merge(number, "bob", crate::sandbox::Merge::Squash).unwrap();
    for commit in [&feature, &repo.head("main").unwrap()] {
        assert_eq!(bot.get(&format!("/commits/{commit}/pulls")).await.number("/0/number"), number);
    }
    assert_eq!(bot.get(&format!("/commits/{start}/pulls")).await.len(), 0);
}

#[tokio::test]
async fn comparisons_come_in_pages_with_the_files_on_the_first() {
    let Stage { bot, repo, .. } = stage_with(SandboxOptions { page_size: Some(2), ..SandboxOptions::default() }).await;
    repo.branch("next", "main").unwrap();
    for n in 0..5 {
        repo.commit("next", "ann", &format!("feat: {n}"), &[("n", &n.to_string())]).unwrap();
    }
    let pages = bot.pages("/compare/main...next").await;
    let sizes: Vec<_> = pages.iter().map(|page| page.at("/commits").as_array().unwrap().len()).collect();
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(pages[0].text("/commits/0/commit/message"), "feat: 0");
    assert_eq!(pages.iter().map(|page| page.at("/files").as_array().unwrap().len()).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(pages[0].next_page().unwrap().contains(&format!("/api/v3/repositories/{}/compare/main...next?", repo.id())));
    assert_eq!(bot.pages("/commits?sha=next&per_page=100").await.len(), 3);
}

#[tokio::test]
async fn checks_and_statuses_show_the_latest_by_name() {
    let stage = stage().await;
    let (bot, sha) = (&stage.bot, stage.repo.head("main").unwrap());
    let check = |conclusion: &str| json!({"name": "slipway/policy", "head_sha": sha, "conclusion": conclusion, "output": {"title": "t", "summary": "s"}});
    assert_eq!(bot.post("/check-runs", check("failure")).await.status, 201);
    let queued = bot.post("/check-runs", json!({"name": "slipway/policy", "head_sha": sha, "status": "in_progress"})).await;
    assert_eq!(stage.repo.checks(&sha)[0].state, "pending");
    let id = queued.number("/id");
    let done = bot.patch(&format!("/check-runs/{id}"), check("success")).await;
    assert_eq!((done.text("/status").as_str(), done.text("/conclusion").as_str()), ("completed", "success"));
    assert_eq!(bot.get(&format!("/check-runs/{id}")).await.status, 200);
    let latest = bot.get(&format!("/commits/{sha}/check-runs?check_name=slipway%2Fpolicy")).await;
    assert_eq!((latest.number("/total_count"), latest.number("/check_runs/0/id")), (1, id));
    assert_eq!(bot.get("/commits/main/check-runs?filter=all").await.number("/total_count"), 2);
    assert_eq!(bot.get("/commits/main/check-runs?app_id=1").await.number("/total_count"), 0);
    assert_eq!(bot.post("/check-runs", json!({"name": "x", "head_sha": "none", "conclusion": "success"})).await.status, 404);
    let actions: Vec<_> = stage.delivered("check_run").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions, ["created", "completed", "created", "completed"]);
    for state in ["pending", "success"] {
        let status = json!({"state": state, "context": "ci", "description": "d", "target_url": "https://ci.example"});
        assert_eq!(bot.post(&format!("/statuses/{sha}"), status).await.status, 201);
    }
    assert_eq!(bot.get("/commits/main/statuses").await.len(), 2);
    let combined = bot.get("/commits/main/status").await;
    assert_eq!((combined.text("/state").as_str(), combined.number("/total_count")), ("success", 1));
}

#[tokio::test]
async fn releases_are_drafted_published_edited_and_deleted() {
    let stage = stage().await;
    let bot = &stage.bot;
    assert_eq!(bot.get("/releases/latest").await.status, 404);
    let draft = bot.post("/releases", json!({"tag_name": "v1.0.0", "draft": true, "name": "One", "body": "notes"})).await;
    assert_eq!((draft.status.as_u16(), bot.get("/releases/tags/v1.0.0").await.status.as_u16()), (201, 404));
    let path = format!("/releases/{}", draft.number("/id"));
    assert_eq!(bot.patch(&path, json!({"draft": false, "body": "more notes"})).await.status, 200);
    assert_eq!(stage.repo.tags(), ["v1.0.0"]);
    assert_eq!(bot.get("/releases/tags/v1.0.0").await.text("/body"), "more notes");
    let again = bot.post("/releases", json!({"tag_name": "v1.0.0"})).await;
    assert_eq!((again.status.as_u16(), again.text("/errors/0/code").as_str()), (422, "already_exists"));
    let next = json!({"tag_name": "v1.1.0-rc.1", "target_commitish": stage.repo.head("main").unwrap(), "prerelease": true});
    let next = bot.post("/releases", next).await;
    assert_eq!(bot.get("/releases/latest").await.text("/tag_name"), "v1.0.0");
    assert_eq!(bot.get("/releases").await.len(), 2);
    assert_eq!(bot.get(&path).await.text("/name"), "One");
    assert_eq!(bot.delete(&format!("/releases/{}", next.number("/id"))).await.status, 204);
    let long = "x".repeat(125_001);
    assert!(bot.post("/releases", json!({"tag_name": "v2", "body": long})).await.text("/errors/0/message").contains("too long"));
    let actions: Vec<_> = stage.delivered("release").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions, ["created", "edited", "published", "released", "created", "published", "prereleased", "deleted"]);
}

//! GitHub's operations on issues and pull requests.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_pull_request_is_opened_edited_closed_and_listed() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    repo.branch("release/1.0", "main").unwrap();
    let empty = bot.post("/pulls", json!({"title": "Release", "head": "release/1.0", "base": "main"})).await;
    assert_eq!(empty.text("/errors/0/message"), "No commits between main and release/1.0");
    repo.commit("release/1.0", "ann", "chore: release", &[("CHANGELOG.md", "# 1.0\n")]).unwrap();
    repo.branch("develop", "main").unwrap();
    stage.sandbox.take_deliveries();
    let proposal = json!({"title": "Release", "head": "release/1.0", "base": "main", "body": "b", "draft": false});
    let opened = bot.post("/pulls", proposal.clone()).await;
    let path = format!("/pulls/{}", opened.number("/number"));
    assert_eq!((opened.status.as_u16(), opened.number("/changed_files")), (201, 1));
    assert!(bot.post("/pulls", proposal).await.text("/errors/0/message").starts_with("A pull request already exists"));
    assert_eq!(bot.post("/pulls", json!({"title": "x", "head": "none", "base": "main"})).await.status, 422);
    assert_eq!(bot.get("/pulls?head=acme:release/1.0&base=main&state=open").await.len(), 1);
    assert_eq!(bot.get("/pulls?state=closed").await.len(), 0);
    assert_eq!(bot.get(&format!("{path}/commits")).await.len(), 1);
    assert_eq!(bot.get(&format!("{path}/files")).await.text("/0/filename"), "CHANGELOG.md");
    assert_eq!(bot.get("/pulls/99").await.status, 404);
    let edited = bot.patch(&path, json!({"title": "Release 1.0", "body": "c", "base": "develop"})).await;
    assert_eq!((edited.text("/title").as_str(), edited.text("/base/ref").as_str()), ("Release 1.0", "develop"));
    assert_eq!(bot.patch(&path, json!({"base": "none"})).await.status, 422);
    assert_eq!(bot.patch(&path, json!({"state": "closed"})).await.text("/state"), "closed");
    assert_eq!(bot.patch(&path, json!({"state": "open"})).await.text("/state"), "open");
    let told = stage.delivered("pull_request");
    let actions: Vec<_> = told.iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions, ["opened", "edited", "closed", "reopened"]);
    assert_eq!(told[1].pointer("/changes/base/ref/from"), Some(&json!("main")));
    assert_eq!(told[1].pointer("/sender/login"), Some(&json!("slipway[bot]")));
}

#[tokio::test]
async fn issues_share_numbers_with_pull_requests_and_have_labels() {
    let stage = stage().await;
    let bot = &stage.bot;
    let issue = bot.post("/issues", json!({"title": "Checklist", "body": "- [ ] a", "labels": ["release"]})).await;
    assert_eq!((issue.status.as_u16(), issue.number("/number")), (201, 1));
    assert_eq!(bot.post("/issues", json!({"title": ""})).await.status, 422);
    stage.repo.branch("x", "main").unwrap();
    stage.repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    assert_eq!(stage.repo.open("ann", "x", "main", "feat: x").unwrap(), 2);
    assert!(bot.get("/issues/2").await.at("/pull_request/url").is_string());
    assert_eq!(bot.get("/issues/3").await.status, 404);
    assert_eq!(bot.patch("/issues/1", json!({"state": "closed", "title": "Done"})).await.text("/state"), "closed");
    assert_eq!(bot.patch("/issues/1", json!({"state": "open", "labels": []})).await.at("/labels"), &json!([]));
    assert_eq!(bot.post("/issues/2/labels", json!({"labels": ["a b", "c"]})).await.len(), 2);
    assert_eq!(bot.get("/issues/2/labels").await.text("/0/name"), "a b");
    assert_eq!(bot.delete("/issues/2/labels/a%20b").await.len(), 1);
    assert_eq!(bot.delete("/issues/2/labels/none").await.status, 404);
    let events: Vec<_> = stage.sandbox.take_deliveries().into_iter().map(|delivery| delivery.summary).collect();
    assert!(events.contains(&"issues opened acme/app#1".to_owned()), "{events:?}");
    assert!(events.contains(&"pull_request unlabeled acme/app#2".to_owned()), "{events:?}");
}

#[tokio::test]
async fn comments_are_written_edited_reacted_to_and_deleted() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    let asked = repo.comment(number, "ann", "/slipway help").unwrap();
    stage.sandbox.take_deliveries();
    let list = format!("/issues/{number}/comments");
    let made = bot.post(&list, json!({"body": "one"})).await;
    let path = format!("/issues/comments/{}", made.number("/id"));
    assert_eq!((made.status.as_u16(), made.text("/user/type").as_str()), (201, "Bot"));
    assert_eq!(bot.post(&list, json!({"body": "x".repeat(65_537)})).await.status, 422);
    assert_eq!(bot.post("/issues/99/comments", json!({"body": "x"})).await.status, 404);
    assert_eq!(bot.patch(&path, json!({"body": "two"})).await.text("/body"), "two");
    assert_eq!(bot.get(&path).await.text("/body"), "two");
    assert_eq!(bot.get(&list).await.len(), 2);
    let reactions = format!("/issues/comments/{asked}/reactions");
    let eyes = bot.post(&reactions, json!({"content": "eyes"})).await;
    assert_eq!((eyes.status.as_u16(), bot.post(&reactions, json!({"content": "eyes"})).await.status.as_u16()), (201, 200));
    assert_eq!(repo.comments(number)[0].reactions, [("slipway[bot]".to_owned(), "eyes".to_owned())]);
    assert_eq!(bot.get(&format!("{reactions}?content=eyes")).await.len(), 1);
    let reaction = format!("{reactions}/{}", eyes.number("/id"));
    assert_eq!(bot.delete(&reaction).await.status, 204);
    assert_eq!(bot.delete(&reaction).await.status, 404);
    assert_eq!(bot.delete(&path).await.status, 204);
    assert_eq!(bot.get(&path).await.status, 404);
    let actions: Vec<_> = stage.delivered("issue_comment").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions, ["created", "edited", "deleted"]);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let Stage { bot, repo, .. } = stage_with(SandboxOptions { page_size: Some(2), ..SandboxOptions::default() }).await;
    let issue = repo.open_issue("ann", "Checklist").unwrap();
    for n in 0..5 {
        repo.comment_on_issue(issue, "ann", &n.to_string()).unwrap();
    }
    let pages = bot.pages(&format!("/issues/{issue}/comments?per_page=100")).await;
    assert_eq!(pages.iter().map(Answer::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert!(pages[0].link.as_ref().unwrap().contains("rel=\"last\""));
}

//! What surrounds a release on GitHub: milestones, and the Revert button.

use super::*;
use crate::sandbox::Merge;

#[tokio::test]
async fn milestones_are_listed_and_closed() {
    let stage = stage().await;
    let bot = &stage.bot;
    for title in ["v1.0.0", "v1.1.0"] {
        stage.repo.milestone(title).unwrap();
    }
    assert_eq!(bot.get("/milestones").await.len(), 2);
    let closed = bot.patch("/milestones/1", json!({"state": "closed", "description": "Done"})).await;
    assert_eq!((closed.text("/state").as_str(), closed.text("/description").as_str()), ("closed", "Done"));
    assert_eq!(bot.get("/milestones?per_page=100").await.text("/0/title"), "v1.1.0");
    assert_eq!(bot.get("/milestones?state=closed").await.number("/0/number"), 1);
    assert_eq!(bot.get("/milestones?state=all").await.len(), 2);
    assert_eq!(bot.patch("/milestones/1", json!({"state": "open", "title": "v1"})).await.text("/title"), "v1");
    assert_eq!(bot.get("/milestones/1").await.text("/state"), "open");
    assert_eq!(bot.patch("/milestones/3", json!({"state": "closed"})).await.status, 404);
    let actions: Vec<_> = stage.delivered("milestone").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions, ["created", "created", "closed", "opened"]);
    assert!(stage.repo.milestones().iter().all(|milestone| milestone.is_open));
}

#[tokio::test]
async fn the_revert_button_takes_back_what_each_method_brought() {
    let Stage { repo, bot, .. } = stage().await;
    for (branch, method, messages) in [
        ("a", Merge::MergeCommit, vec!["Revert \"Merge pull request #1 from acme/a\"\n\nThis reverts commit "]),
        ("b", Merge::Squash, vec!["Revert \"feat: b (#3)\"\n\nThis reverts commit "]),
        ("c", Merge::Rebase, vec!["Revert \"one\"\n\nThis reverts commit ", "Revert \"two\"\n\nThis reverts commit "]),
    ] {
        repo.branch(branch, "main").unwrap();
        repo.commit(branch, "ann", "one", &[(branch, "1")]).unwrap();
        repo.commit(branch, "ann", "two", &[(branch, "2")]).unwrap();
        let number = repo.open("ann", branch, "main", &format!("feat: {branch}")).unwrap();
        repo.merge(number, "bob", method).unwrap();
        let revert = repo.revert(number, "bob").unwrap();
        let proposed = bot.get(&format!("/pulls/{revert}")).await;
        assert_eq!(proposed.text("/head/ref"), format!("revert-{number}-{branch}"));
        assert_eq!(proposed.text("/title"), format!("Revert \"feat: {branch}\""));
        assert_eq!(proposed.text("/body"), format!("Reverts acme/app#{number}"));
        assert_eq!(bot.get(&format!("/pulls/{revert}/files")).await.text("/0/status"), "removed");
        let commits = bot.get(&format!("/commits?sha=revert-{number}-{branch}&per_page={}", messages.len())).await;
        for (index, message) in messages.iter().enumerate() {
            let said = commits.text(&format!("/{index}/commit/message"));
            assert!(said.starts_with(message), "{said}");
        }
    }
}

#[tokio::test]
async fn a_merge_into_the_default_branch_closes_the_issues_it_names() {
    let Stage { repo, bot, .. } = stage().await;
    let issues = ["A", "B", "C"].map(|title| repo.open_issue("ann", title).unwrap());
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "one", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    repo.describe(number, "Fixes: #1, and #2. Resolves #3, closes #3!").unwrap();
    repo.merge(number, "bob", Merge::Squash).unwrap();
    let mut states = Vec::new();
    for issue in issues {
        states.push(bot.get(&format!("/issues/{issue}")).await.text("/state"));
    }
    assert_eq!(states, ["closed", "open", "closed"]);
}

//! What surrounds a release on GitHub: milestones.

use super::*;

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

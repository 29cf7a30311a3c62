//! What backports are made with on GitLab: cherry-picks, reverts, labels and members.

use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::{Kind, Merge, Role};

impl Lab {
    /// A branch `1-4` that lacks a fix by dana; gives the fix.
    fn old_line(&self) -> String {
        self.app.branch("1-4", "main").unwrap();
        self.app.commit("main", "dana", "fix: z\n\nWhy.", &[("z", "1\n")]).unwrap()
    }

    async fn pick(&self, sha: &str, more: Value) -> super::Reply {
        let body = with_branch(more);
        self.post(&format!("~/repository/commits/{sha}/cherry_pick"), body).await
    }
}

/// The branch is `1-4` unless the body names another.
fn with_branch(mut body: Value) -> Value {
    body.as_object_mut().unwrap().entry("branch").or_insert(json!("1-4"));
    body
}

const WHY: &str = "This commit may already have been cherry-picked, or a more recent commit may have updated some of its content.";

#[tokio::test]
async fn a_commit_is_picked_with_its_author_and_says_where_from() {
    let lab = Lab::recorded().await;
    let fix = lab.old_line();
    let original = lab.get(&format!("~/repository/commits/{fix}")).await.is(200);
    assert_eq!(lab.pick(&fix, json!({"dry_run": true})).await.is(200), json!({"dry_run": "success"}));
    lab.payloads();
    let made = lab.pick(&fix, json!({})).await.is(201);
    assert_eq!(made["message"], format!("fix: z\n\nWhy.\n\n(cherry picked from commit {fix})"));
    assert_eq!((&made["author_name"], &made["committer_name"]), (&json!("dana"), &json!("slipway-bot")));
    assert_eq!((&made["authored_date"], &made["id"]), (&original["authored_date"], &json!(lab.app.head("1-4").unwrap())));
    let told = lab.payloads();
    assert_eq!((told[0].0.as_str(), &told[0].1["after"]), ("Push Hook", &made["id"]));
    let again = lab.pick(&fix, json!({})).await.is(400);
    assert_eq!(again, json!({"message": format!("Sorry, we cannot cherry-pick this commit automatically. {WHY}"), "error_code": "empty"}));
    let said = lab.app.commit("main", "dana", "feat: w", &[("w", "1\n")]).unwrap();
    assert_eq!(lab.pick(&said, json!({"message": "feat: w for 1.4"})).await.is(201)["message"], "feat: w for 1.4");
}

#[tokio::test]
async fn a_pick_that_conflicts_or_is_about_nothing_is_refused() {
    let lab = Lab::recorded().await;
    lab.old_line();
    lab.app.commit("1-4", "dana", "fix: z otherwise", &[("z", "2\n")]).unwrap();
    let other = lab.app.commit("main", "dana", "fix: z again", &[("z", "3\n")]).unwrap();
    assert_eq!(lab.pick(&other, json!({})).await.is(400)["error_code"], "conflict");
    lab.pick(&"0".repeat(40), json!({})).await.refuses(404, "404 Commit Not Found");
    lab.pick(&other, json!({"branch": "none"})).await.refuses(404, "404 Branch Not Found");
    lab.app.protect_branch("1-*", 0, 40).unwrap();
    lab.pick(&other, json!({})).await.refuses(403, "403 Forbidden - You are not allowed to push into this branch");
}

#[tokio::test]
async fn a_dry_run_says_that_it_failed() {
    let lab = Lab::unrecorded().await;
    let fix = lab.old_line();
    lab.pick(&fix, json!({})).await.is(201);
    let tip = lab.app.head("1-4").unwrap();
    let failed = lab.pick(&fix, json!({"dry_run": true})).await.is(400);
    assert_eq!((&failed["error_code"], &failed["dry_run"]), (&json!("empty"), &json!("error")));
    assert_eq!(lab.app.head("1-4").unwrap(), tip);
}

#[tokio::test]
async fn a_merge_is_picked_whole_and_names_what_it_brought() {
    let lab = Lab::recorded().await;
    lab.app.branch("1-4", "main").unwrap();
    let number = lab.request_of_dana();
    let head = lab.app.head("feat/x").unwrap();
    let merge = lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let made = lab.pick(&merge, json!({})).await.is(201);
    let end = format!("(cherry picked from commit {merge})\n\n{} feat: add x", head.get(..8).unwrap());
    assert!(made["message"].as_str().unwrap().ends_with(&end), "{}", made["message"]);
    assert_eq!(lab.app.file("1-4", "x.txt").as_deref(), Some("x\n"));
    let reverted = lab.post(&format!("~/repository/commits/{merge}/revert"), json!({"branch": "main"})).await.is(201);
    assert_eq!(reverted["message"], "Revert \"Merge branch 'feat/x' into 'main'\"\n\nThis reverts merge request !1");
    assert_eq!(lab.app.file("main", "x.txt"), None);
    let again = lab.post(&format!("~/repository/commits/{merge}/revert"), json!({"branch": "main"})).await.is(400);
    assert!(
        again["message"].as_str().unwrap().starts_with("Sorry, we cannot revert this merge request automatically. This merge request may")
    );
}

#[tokio::test]
async fn labels_are_things_of_the_project() {
    let lab = Lab::recorded().await;
    let made = lab.post("~/labels", json!({"name": "backport::1.4", "color": "#0e8a16", "description": "Goes to 1.4"})).await.is(201);
    assert_eq!((&made["color"], &made["is_project_label"]), (&json!("#0e8a16"), &json!(true)));
    let number = lab.request_of_dana();
    lab.put(&format!("~/merge_requests/{number}"), json!({"add_labels": ["new one", "backport::1.4"]})).await.is(200);
    assert_eq!(each(&lab.get("~/labels?per_page=100").await.is(200), "name"), ["backport::1.4", "new one"]);
    assert_eq!(each(&lab.get("~/labels?search=NEW").await.is(200), "color"), ["#6699cc"]);
    assert_eq!(lab.get("~/labels/new%20one").await.is(200)["name"], "new one");
}

#[tokio::test]
async fn a_label_that_is_there_is_not_made_again() {
    // The published description knows no 409 here, though GitLab gives it.
    let lab = Lab::unrecorded().await;
    let label = json!({"name": "bug", "color": "#0e8a16"});
    lab.post("~/labels", label.clone()).await.is(201);
    lab.post("~/labels", label).await.refuses(409, "Label already exists");
    lab.post("~/labels", json!({"name": "Bug"})).await.is(400);
}

#[tokio::test]
async fn members_are_listed_with_those_of_the_groups_above() {
    let lab = Lab::recorded().await;
    lab.app.grant("maya", Role::Maintain).unwrap();
    lab.sandbox.add_member(Kind::GitLab, "acme", "olga", Role::Admin);
    lab.sandbox.add_member(Kind::GitLab, "elsewhere", "tess", Role::Admin);
    let members = lab.get("~/members/all?per_page=100").await.is(200);
    let levels: Vec<_> = each(&members, "username").into_iter().zip(each(&members, "access_level")).collect();
    let level = |login: &str| levels.iter().find(|(own, _)| own == login).map(|(_, level)| level.as_str());
    assert_eq!([level("maya"), level("olga"), level("slipway-bot"), level("tess")], [Some("40"), Some("50"), Some("40"), None]);
    assert_eq!(each(&lab.get("~/members/all?query=may").await.is(200), "username"), ["maya"]);
    assert_eq!(each(&members, "state").first().map(String::as_str), Some("active"));
}

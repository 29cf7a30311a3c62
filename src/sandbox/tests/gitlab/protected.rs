//! GitLab's protected branches and tags: read, written and enforced.

use serde_json::json;

use super::{Lab, each};
use crate::sandbox::{
    Merge, Role,
    protection::refs::{DEVELOPER, MAINTAINER, NOBODY},
};

#[tokio::test]
async fn branches_are_protected_changed_and_unprotected() {
    let lab = Lab::recorded().await;
    let main = lab.get("~/protected_branches/main").await.is(200);
    assert_eq!((&main["push_access_levels"][0]["access_level"], &main["allow_force_push"]), (&json!(30), &json!(false)));
    let wanted = json!({"name": "release/*", "push_access_level": 0, "allowed_to_merge": [{"access_level": 30}], "allow_force_push": true});
    let made = lab.post("~/protected_branches", wanted.clone()).await.is(201);
    assert_eq!(made["push_access_levels"][0]["access_level_description"], "No one");
    lab.post("~/protected_branches", wanted).await.refuses(409, "Protected branch 'release/*' already exists");
    assert_eq!(each(&lab.get("~/protected_branches").await.is(200), "name"), ["main", "release/*"]);
    let level = made["push_access_levels"][0]["id"].clone();
    let change = json!({"allowed_to_push": [{"id": level, "_destroy": true}, {"access_level": 40}], "allow_force_push": false});
    let one = "~/protected_branches/release%2F%2A";
    let changed = lab.send(lab.request(reqwest::Method::PATCH, one).json(&change)).await.is(200);
    assert_eq!(
        (each(&changed["push_access_levels"], "access_level"), &changed["allow_force_push"]),
        (vec!["40".to_owned()], &json!(false))
    );
    assert_eq!(lab.get(one).await.is(200), changed);
    let again = json!({"allowed_to_push": [{"access_level": 40}]});
    let refused = lab.send(lab.request(reqwest::Method::PATCH, one).json(&again)).await.is(422);
    assert_eq!(refused["message"], json!(["Access levels access level has already been taken"]));
    lab.app.branch("release/1", "main").unwrap();
    let branch = lab.get("~/repository/branches/release%2F1").await.is(200);
    assert_eq!((&branch["protected"], &branch["developers_can_push"], &branch["can_push"]), (&json!(true), &json!(false), &json!(true)));
    lab.delete(one).await.is(204);
    lab.get(one).await.refuses(404, "404 Not found");
}

#[tokio::test]
async fn tags_are_protected_and_unprotected() {
    let lab = Lab::recorded().await;
    let made = lab.post("~/protected_tags", json!({"name": "v*", "create_access_level": 30})).await.is(201);
    assert_eq!(each(&made["create_access_levels"], "access_level"), ["30"]);
    assert_eq!(lab.post("~/protected_tags", json!({"name": "v*"})).await.is(422)["message"], json!(["Name has already been taken"]));
    assert_eq!(each(&lab.get("~/protected_tags").await.is(200), "name"), ["v*"]);
    lab.app.tag("v1", "main").unwrap();
    assert_eq!(lab.get("~/repository/tags/v1").await.is(200)["protected"], true);
    assert_eq!(lab.payloads()[0].1["ref_protected"], true);
    assert!(lab.app.lightweight_tag("v1", "main").is_err());
    lab.delete("~/protected_tags/v%2A").await.is(204);
    lab.get("~/protected_tags/v%2A").await.refuses(404, "404 Not found");
}

#[tokio::test]
async fn settings_are_for_maintainers() {
    let lab = Lab::recorded().await;
    lab.app.set_role(Role::Write).unwrap();
    lab.get("~/protected_branches").await.refuses(403, "403 Forbidden");
    lab.post("~/protected_branches", json!({"name": "x"})).await.refuses(403, "403 Forbidden");
    lab.post("~/protected_tags", json!({"name": "x"})).await.refuses(403, "403 Forbidden");
}

#[tokio::test]
async fn protection_holds_for_people_and_the_bot() {
    let lab = Lab::recorded().await;
    let broken = |outcome: anyhow::Result<String>| outcome.unwrap_err().to_string();
    let number = lab.request_of_dana();
    let forced = broken(lab.app.rewrite("main", "maya", "chore: begin", &[]));
    assert_eq!(forced, "You are not allowed to force push code to a protected branch on this project.");
    lab.app.protect_branch("main", NOBODY, MAINTAINER).unwrap();
    let refused = "You are not allowed to push code to protected branches on this project.";
    assert_eq!(broken(lab.app.commit("main", "dana", "fix: x", &[("y", "1")])), refused);
    let commit = json!({"branch": "main", "commit_message": "x", "actions": [{"action": "create", "file_path": "z", "content": "1"}]});
    lab.post("~/repository/commits", commit).await.refuses(403, refused);
    assert!(broken(lab.app.merge(number, "dana", Merge::MergeCommit)).contains("not allowed to merge"));
    lab.app.grant("maya", Role::Maintain).unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    lab.app.protect_branch("main", DEVELOPER, DEVELOPER).unwrap();
    lab.app.commit("main", "dana", "fix: x", &[("y", "1")]).unwrap();
    assert!(lab.sandbox.snapshot().contains("protected branch main push Level(30) merge Level(30)"));
}

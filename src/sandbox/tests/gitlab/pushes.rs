//! What people push to GitLab, and when a commit is known to have come with a merge request.

use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::{
    Merge,
    git::ZERO,
    signing::Key::{Known, Unknown},
};

#[tokio::test]
async fn rewritten_deleted_and_restored_branches_are_told() {
    let lab = Lab::recorded().await;
    lab.app.branch("x", "main").unwrap();
    let first = lab.app.push_commits("x", "dana", &[("feat: a", &[("a", "1")]), ("feat: b", &[("b", "1")])]).unwrap();
    let second = lab.app.rewrite("x", "finn", "feat: b, better", &[("b", "2")]).unwrap();
    lab.app.delete_branch("x").unwrap();
    lab.app.restore_branch("x").unwrap();
    let told = lab.payloads();
    let ends: Vec<_> = told.iter().map(|(_, body)| [&body["before"], &body["after"]].map(|sha| sha.as_str().unwrap())).collect();
    assert_eq!(ends[2..], [[first.as_str(), &second], [&second, ZERO], [ZERO, &second]]);
    assert_eq!((&told[2].1["user_username"], &told[2].1["commits"][0]["title"]), (&json!("finn"), &json!("feat: b, better")));
    let compared = lab.get(&format!("~/repository/compare?from={first}&to={second}&straight=false")).await.is(200);
    assert_eq!((each(&compared["commits"], "id"), each(&compared["diffs"], "new_path")), (vec![second], vec!["b".to_owned()]));
}

#[tokio::test]
async fn tags_show_their_message_time_and_signature() {
    let lab = Lab::recorded().await;
    for (name, key, status) in [("v1", Known, "verified"), ("v2", Unknown, "unknown_key")] {
        lab.app.signed_tag(name, "main", ("Notes", key)).unwrap();
        let tag = lab.get(&format!("~/repository/tags/{name}")).await.is(200);
        assert!(tag["message"].as_str().unwrap().starts_with("Notes\n-----BEGIN PGP SIGNATURE-----"));
        assert!(tag["created_at"].is_string());
        assert_ne!(tag["target"], tag["commit"]["id"]);
        let signature = lab.get(&format!("~/repository/tags/{name}/signature")).await.is(200);
        assert_eq!((&signature["signature_type"], &signature["verification_status"]), (&json!("PGP"), &json!(status)));
    }
    lab.app.lightweight_tag("v3", "main").unwrap();
    assert_eq!(lab.get("~/repository/tags/v3").await.is(200)["created_at"], Value::Null);
    lab.get("~/repository/tags/v3/signature").await.refuses(404, "404 Signature Not Found");
    let told = lab.payloads();
    assert!(told[0].1["message"].as_str().unwrap().starts_with("Notes\n-----BEGIN"));
}

#[tokio::test]
async fn a_merge_is_associated_with_its_request_some_looks_later() {
    let lab = Lab::recorded().await;
    lab.app.lag_associations(1).unwrap();
    let number = lab.request_of_dana();
    let own = lab.app.head("feat/x").unwrap();
    let merged = lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let mut found = Vec::new();
    for sha in [&own, &merged, &merged] {
        found.push(each(&lab.get(&format!("~/repository/commits/{sha}/merge_requests")).await.is(200), "iid").len());
    }
    assert_eq!(found, [1, 0, 1]);
}

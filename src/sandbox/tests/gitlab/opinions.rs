//! What people say of merge requests and issues: approvals, labels, drafts; and the groups that people are in.

use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::{Kind, Role, acts::Edit};

impl Lab {
    /// What the webhooks of an event say since the last look.
    pub(super) fn told(&self, event: &str) -> Vec<Value> {
        self.payloads().into_iter().filter(|(kind, _)| kind == event).map(|(_, body)| body).collect()
    }
}

fn actions(told: &[Value]) -> Vec<&str> {
    told.iter().map(|body| body["object_attributes"]["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn approvals_are_given_and_taken_back() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    let path = format!("~/merge_requests/{number}/approvals");
    assert_eq!(lab.get(&path).await.is(200)["approved"], json!(false));
    lab.payloads();
    lab.app.approve(number, "maya").unwrap();
    assert!(lab.app.approve(number, "maya").is_err());
    let approvals = lab.get(&path).await.is(200);
    assert_eq!((&approvals["approved"], &approvals["approved_by"][0]["user"]["username"]), (&json!(true), &json!("maya")));
    lab.app.withdraw(number, "maya", "maya").unwrap();
    assert_eq!(lab.get(&path).await.is(200)["approved_by"], json!([]));
    assert_eq!(actions(&lab.told("Merge Request Hook")), ["approved", "unapproved"]);
    lab.app.require_approvals(2).unwrap();
    for person in ["maya", "noor"] {
        lab.app.approve(number, person).unwrap();
    }
    for person in ["noor", "maya"] {
        lab.app.withdraw(number, person, person).unwrap();
    }
    assert_eq!(actions(&lab.told("Merge Request Hook")), ["approval", "approved", "unapproved", "unapproval"]);
    assert_eq!(lab.get(&format!("~/merge_requests/{number}")).await.is(200)["detailed_merge_status"], "not_approved");
    assert!(lab.app.request_changes(number, "maya", "No.").is_err());
}

#[tokio::test]
async fn it_is_known_who_labelled_a_merge_request_and_when() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    lab.payloads();
    lab.app.label_by(number, "maya", "exempt").unwrap();
    lab.put(&format!("~/merge_requests/{number}"), json!({"add_labels": ["one", "two"], "remove_labels": ["exempt"]})).await.is(200);
    let events = lab.get(&format!("~/merge_requests/{number}/resource_label_events")).await.is(200);
    assert_eq!(each(&events, "action"), ["add", "remove", "add", "add"]);
    assert_eq!((&events[0]["user"]["username"], &events[0]["label"]["name"]), (&json!("maya"), &json!("exempt")));
    assert_eq!(events[3]["user"]["username"], "slipway-bot");
    let told = lab.told("Merge Request Hook");
    assert_eq!(actions(&told), ["update", "update"], "all labels of a call are told at once");
    assert_eq!(each(&told[1]["changes"]["labels"]["previous"], "title"), ["exempt"]);
    assert_eq!(each(&told[1]["changes"]["labels"]["current"], "title"), ["one", "two"]);
}

#[tokio::test]
async fn a_draft_is_one_by_its_title() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    lab.payloads();
    lab.app.draft(number, "dana").unwrap();
    assert_eq!(lab.get(&format!("~/merge_requests/{number}")).await.is(200)["draft"], json!(true));
    assert_eq!(lab.get("~/merge_requests?draft=true&state=opened").await.is(200).as_array().unwrap().len(), 1);
    lab.app.ready(number, "dana").unwrap();
    let told = lab.told("Merge Request Hook");
    assert_eq!(told[0]["changes"]["draft"], json!({"previous": false, "current": true}));
    assert_eq!(told[1]["changes"]["draft"], json!({"previous": true, "current": false}));
    assert_eq!(lab.app.request(number).unwrap().title, "feat: add x");
}

#[tokio::test]
async fn a_merge_request_shows_its_pipeline_and_how_far_it_is_behind() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    let path = format!("~/merge_requests/{number}?include_diverged_commits_count=true");
    assert_eq!(lab.get(&path).await.is(200)["head_pipeline"], Value::Null);
    let head = lab.app.head("feat/x").unwrap();
    lab.post(&format!("~/statuses/{head}"), json!({"state": "running", "name": "ci"})).await.is(201);
    lab.post(&format!("~/statuses/{head}"), json!({"state": "failed", "name": "ci"})).await.is(201);
    lab.app.commit("main", "maya", "fix: y", &[("y.txt", "y\n")]).unwrap();
    let shown = lab.get(&path).await.is(200);
    assert_eq!((&shown["head_pipeline"]["status"], &shown["diverged_commits_count"]), (&json!("failed"), &json!(1)));
    assert_eq!((&shown["head_pipeline"]["sha"], &shown["pipeline"]["source"]), (&json!(head), &json!("external")));
    assert_eq!(lab.get(&format!("~/merge_requests/{number}")).await.is(200).get("diverged_commits_count"), None);
}

#[tokio::test]
async fn issues_are_listed_changed_and_told() {
    let lab = Lab::recorded().await;
    let number = lab.app.open_issue("dana", "It breaks").unwrap();
    let made = lab.post("~/issues", json!({"title": "Freeze", "description": "text", "labels": ["freeze"]})).await.is(201)["iid"].clone();
    let path = format!("~/issues/{made}");
    let edit = json!({"title": "Freeze over", "description": "more", "add_labels": ["done"], "state_event": "close"});
    let edited = lab.put(&path, edit).await.is(200);
    assert_eq!((&edited["state"], &edited["labels"]), (&json!("closed"), &json!(["freeze", "done"])));
    assert_eq!(lab.put(&path, json!({"state_event": "reopen"})).await.is(200)["state"], "opened");
    let by_bot = lab.get("~/issues?author_username=slipway-bot&labels=freeze&state=opened&order_by=updated_at&sort=desc").await.is(200);
    assert_eq!(each(&by_bot, "title"), ["Freeze over"]);
    assert_eq!(each(&lab.get("~/issues?sort=asc").await.is(200), "iid"), [number.to_string(), made.to_string()]);
    assert_eq!(each(&lab.get(&format!("{path}/resource_label_events")).await.is(200), "action"), ["add", "add"]);
    lab.payloads();
    lab.app.edit_issue(number, "maya", Edit { title: Some("It broke".to_owned()), ..Edit::default() }).unwrap();
    lab.app.label_issue(number, "maya", "bug").unwrap();
    lab.app.close_issue(number, "maya").unwrap();
    lab.app.reopen_issue(number, "maya").unwrap();
    let told = lab.told("Issue Hook");
    assert_eq!(actions(&told), ["update", "update", "close", "reopen"]);
    assert!(told.iter().all(|body| body["user"]["username"] == "maya"));
    assert!(lab.app.pin_issue(number, "maya").is_err(), "GitLab pins no issues");
}

#[tokio::test]
async fn groups_have_members_who_are_inherited() {
    let lab = Lab::recorded().await;
    lab.sandbox.add_member(Kind::GitLab, "acme", "maya", Role::Maintain);
    lab.sandbox.add_member(Kind::GitLab, "acme/releasers", "noor", Role::Write);
    let id = async |name: &str| lab.get(&format!("/users?username={name}")).await.is(200)[0]["id"].clone();
    let (maya, noor) = (id("maya").await, id("noor").await);
    assert_eq!(lab.get(&format!("/groups/acme%2Freleasers/members/all/{noor}")).await.is(200)["access_level"], json!(30));
    assert_eq!(lab.get(&format!("/groups/acme%2Freleasers/members/all/{maya}")).await.is(200)["access_level"], json!(40));
    lab.get(&format!("/groups/acme/members/all/{noor}")).await.refuses(404, "404 Not found");
    lab.get(&format!("/groups/nowhere/members/all/{noor}")).await.refuses(404, "404 Group Not Found");
    lab.sandbox.repository(Kind::GitLab, "acme/gitlab-profile", &[("slipway.toml", "x = 1\n")]).unwrap();
    let file = lab.get("/projects/acme%2Fgitlab-profile/repository/files/slipway.toml?ref=HEAD").await.is(200);
    assert_eq!(file["file_name"], "slipway.toml");
}

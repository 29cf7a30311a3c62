//! What releases wait for on GitLab: pipelines that end, deployments, boxes that people tick, milestones.

use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::{CiState, DeployState, Text, topic::TopicKey};

#[tokio::test]
async fn a_status_tells_of_the_pipeline_where_its_state_changes() {
    let lab = Lab::recorded().await;
    let head = lab.app.head("main").unwrap();
    let post = async |name: &str, state: &str| {
        lab.post(&format!("~/statuses/{head}"), json!({"state": state, "name": name, "ref": "main"})).await.is(201);
        let of = |body: &Value| {
            [&body["object_attributes"]["status"], &body["object_attributes"]["source"], &body["user"]["username"]].map(Value::clone)
        };
        lab.told("Pipeline Hook").iter().map(of).collect::<Vec<_>>()
    };
    let by_the_bot = |state: &str| vec![[json!(state), json!("external"), json!("slipway-bot")]];
    assert_eq!(post("slipway/readiness", "pending").await, by_the_bot("pending"));
    assert_eq!(post("slipway/policy", "success").await, Vec::<[Value; 3]>::new());
    assert_eq!(post("slipway/readiness", "success").await, by_the_bot("success"));
    assert_eq!(post("slipway/policy", "success").await, Vec::<[Value; 3]>::new());
    lab.app.report(&head, "build", "failed").unwrap();
    let told = lab.told("Pipeline Hook");
    assert_eq!((&told[0]["object_attributes"]["status"], &told[0]["builds"]), (&json!("failed"), &json!([])));
    assert_eq!(told[0]["user"]["username"], "slipway-bot");
}

#[tokio::test]
async fn a_status_in_a_pipeline_of_ci_tells_of_that() {
    let lab = Lab::recorded().await;
    let head = lab.app.head("main").unwrap();
    let id = lab.app.pipeline("main", CiState::Success).unwrap();
    lab.payloads();
    lab.app.ci(&head, "deploy", CiState::Running).unwrap();
    lab.app.ci(&head, "deploy", CiState::Success).unwrap();
    let told = lab.told("Pipeline Hook");
    let seen: Vec<_> = told.iter().map(|body| (&body["object_attributes"]["id"], &body["object_attributes"]["status"])).collect();
    assert_eq!(seen, [(&json!(id), &json!("running")), (&json!(id), &json!("success"))]);
    assert_eq!(told[1]["object_attributes"]["source"], "push");
}

#[tokio::test]
async fn deployments_are_told_and_listed_oldest_first() {
    let lab = Lab::recorded().await;
    let first = lab.app.head("main").unwrap();
    lab.app.deploy("production", "main", DeployState::Running).unwrap();
    lab.app.deploy("production", "main", DeployState::Success).unwrap();
    let second = lab.app.commit("main", "dana", "feat: b", &[("b", "b")]).unwrap();
    lab.sandbox.let_pass(jiff::SignedDuration::from_hours(2));
    lab.app.deploy_by("dana", ("staging", "main"), DeployState::Success).unwrap();
    lab.app.deploy("production", &second, DeployState::Failure).unwrap();
    lab.app.deploy("production", &second, DeployState::Canceled).unwrap();
    let told = lab.told("Deployment Hook");
    assert_eq!(each(&json!(told), "status"), ["running", "success", "success", "failed", "canceled"]);
    assert_eq!(told[0]["commit_url"].as_str().unwrap().rsplit_once('/').unwrap().1, first);
    let listed = async |query: &str| lab.get(&format!("~/deployments?{query}")).await.is(200);
    let production = listed("environment=production").await;
    assert_eq!(
        (each(&production, "status"), each(&production, "sha")[0].as_str()),
        (vec!["success".into(), "failed".into(), "canceled".to_owned()], first.as_str())
    );
    assert_eq!(each(&listed("environment=production&order_by=created_at&sort=desc&per_page=1").await, "status"), ["canceled"]);
    assert_eq!(listed("status=success&order_by=updated_at&updated_after=2026-01-05T10:00:00Z").await[0]["environment"]["name"], "staging");
    assert_eq!(each(&listed("status=success&order_by=finished_at&finished_after=2026-01-05T08:00:00Z").await, "iid"), ["1", "2"]);
    let paired = "400 Bad request - `finished_at` filter and `finished_at` sorting must be paired";
    lab.get("~/deployments?order_by=finished_at").await.refuses(400, paired);
}

#[tokio::test]
async fn people_tick_boxes_and_an_edited_note_names_its_author() {
    let lab = Lab::recorded().await;
    let issue = lab.app.open_issue_with("ann", ("Release", "- [ ] notes\n- [ ] ship"), &["release-blocker"]).unwrap();
    let note = lab.post("~/issues/1/notes", json!({"body": "- [x] read"})).await.is(201)["id"].as_u64().unwrap();
    lab.payloads();
    lab.app.tick(Text::Topic(TopicKey::Issue(issue)), "bob", "ship").unwrap();
    let told = lab.told("Issue Hook");
    let changed = &told[0]["changes"]["description"];
    assert_eq!((&changed["previous"], &changed["current"]), (&json!("- [ ] notes\n- [ ] ship"), &json!("- [ ] notes\n- [x] ship")));
    lab.app.tick(Text::Comment(note), "bob", "read").unwrap();
    lab.app.edit_text(Text::Comment(note), "bob", "- [ ] read").unwrap();
    let told = lab.told("Note Hook");
    let attributes = &told[0]["object_attributes"];
    assert_eq!((told.len(), &attributes["action"], &attributes["note"]), (1, &json!("update"), &json!("- [ ] read")));
    assert_eq!((&told[0]["user"]["username"], attributes["updated_by_id"].is_u64()), (&json!("slipway-bot"), true));
    assert!(told[0].get("changes").is_none());
}

#[tokio::test]
async fn blockers_are_found_with_their_milestones() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    lab.app.milestone("1.4").unwrap();
    let issue = TopicKey::Issue(lab.app.open_issue_with("ann", ("Crash", ""), &["release-blocker"]).unwrap());
    let told = lab.told("Issue Hook");
    assert_eq!((told.len(), each(&told[0]["labels"], "title")), (1, vec!["release-blocker".to_owned()]));
    lab.app.label(number, "release-blocker").unwrap();
    lab.payloads();
    lab.app.set_milestone(issue, "maya", Some("1.4")).unwrap();
    lab.app.set_milestone(TopicKey::Request(number), "maya", Some("1.4")).unwrap();
    let told = lab.told("Issue Hook");
    let changed = &told[0]["changes"]["milestone_id"];
    assert_eq!((&changed["previous"], &changed["current"]), (&Value::Null, &told[0]["object_attributes"]["milestone_id"]));
    for list in ["issues", "merge_requests"] {
        let found = lab.get(&format!("~/{list}?state=opened&labels=release-blocker&milestone=1.4")).await.is(200);
        assert_eq!((found.as_array().unwrap().len(), &found[0]["milestone"]["title"]), (1, &json!("1.4")), "{list}");
        assert_eq!(lab.get(&format!("~/{list}?milestone=None")).await.is(200), json!([]), "{list}");
    }
    lab.app.set_milestone(issue, "maya", None).unwrap();
    assert_eq!(lab.get("~/issues/1").await.is(200)["milestone"], Value::Null);
}

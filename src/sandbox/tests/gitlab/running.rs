//! What runs beside the bot on GitLab: CI with its pipelines, and people who close milestones.

use serde_json::json;

use super::{Lab, each};
use crate::sandbox::CiState;

#[tokio::test]
async fn pipelines_are_listed_by_what_they_ran_on() {
    let lab = Lab::recorded().await;
    lab.request_of_dana();
    let (main, head) = (lab.app.head("main").unwrap(), lab.app.head("feat/x").unwrap());
    lab.payloads();
    let id = lab.app.pipeline("main", CiState::Running).unwrap();
    assert_eq!(lab.app.pipeline("main", CiState::Success).unwrap(), id);
    let told = lab.payloads();
    let attributes = &told[1].1["object_attributes"];
    assert_eq!((told[1].0.as_str(), &attributes["status"], &attributes["sha"]), ("Pipeline Hook", &json!("success"), &json!(main)));
    lab.app.ci(&head, "lint", CiState::Pending).unwrap();
    lab.app.ci(&head, "lint", CiState::Failure).unwrap();
    let all = lab.get("~/pipelines?order_by=id&sort=desc").await.is(200);
    assert_eq!(
        (each(&all, "ref"), each(&all, "status"), each(&all, "source")),
        (vec!["feat/x".into(), "main".into()], vec!["failed".into(), "success".into()], vec!["external".into(), "push".into()])
    );
    for (query, expected) in [
        (format!("sha={main}"), 1),
        ("ref=feat%2Fx".into(), 1),
        ("status=success".into(), 1),
        ("ref=main&status=failed".into(), 0),
        ("scope=finished&per_page=1".into(), 1),
    ] {
        assert_eq!(lab.get(&format!("~/pipelines?{query}")).await.is(200).as_array().unwrap().len(), expected, "{query}");
    }
    assert_eq!(lab.get(&format!("~/pipelines/{id}")).await.is(200)["user"]["username"], "ci");
    assert_eq!(lab.get("~/merge_requests/1").await.is(200)["head_pipeline"]["status"], "failed");
    lab.get("~/pipelines/1").await.refuses(404, "404 Not found");
}

#[tokio::test]
async fn a_status_becomes_a_job_of_the_pipeline_that_runs_already() {
    let lab = Lab::recorded().await;
    let id = lab.app.pipeline("main", CiState::Success).unwrap();
    let head = lab.app.head("main").unwrap();
    let made = lab.post(&format!("~/statuses/{head}"), json!({"state": "failed", "name": "slipway/policy", "ref": "main"})).await.is(201);
    assert_eq!(made["pipeline_id"], id);
    let seen = lab.get(&format!("~/pipelines?sha={head}")).await.is(200);
    assert_eq!((each(&seen, "id"), each(&seen, "status")), (vec![id.to_string()], vec!["failed".to_owned()]));
}

#[tokio::test]
async fn a_merge_request_is_opened_with_labels_and_told_once() {
    let lab = Lab::recorded().await;
    lab.app.branch("feat/x", "main").unwrap();
    lab.app.commit("feat/x", "dana", "feat: add x", &[("x.txt", "x\n")]).unwrap();
    lab.payloads();
    let body = json!({"title": "feat: add x", "source_branch": "feat/x", "target_branch": "main", "labels": ["backport", "bug"]});
    assert_eq!(lab.post("~/merge_requests", body).await.is(201)["labels"], json!(["backport", "bug"]));
    let told = lab.payloads();
    assert_eq!(
        (told.len(), &told[0].1["object_attributes"]["action"], each(&told[0].1["labels"], "title")),
        (1, &json!("open"), vec!["backport".to_owned(), "bug".into()])
    );
    let edit = json!({"add_labels": ["done"], "remove_labels": ["bug"]});
    assert_eq!(lab.put("~/merge_requests/1", edit).await.is(200)["labels"], json!(["backport", "done"]));
    let told = lab.payloads();
    assert_eq!((told.len(), each(&told[0].1["changes"]["labels"]["previous"], "title")), (1, vec!["backport".to_owned(), "bug".into()]));
}

#[tokio::test]
async fn people_close_milestones_and_rename_releases() {
    let lab = Lab::recorded().await;
    lab.app.milestone("1.0").unwrap();
    lab.app.close_milestone("1.0", "maya").unwrap();
    let told = lab.payloads();
    assert_eq!(
        (told[1].0.as_str(), &told[1].1["action"], &told[1].1["object_attributes"]["state"]),
        ("Milestone Hook", &json!("close"), &json!("closed"))
    );
    lab.app.release("v1.0.0", "First").unwrap();
    let edit = json!({"name": "One", "description": "Notes"});
    let edited = lab.put("~/releases/v1.0.0", edit).await.is(200);
    assert_eq!((&edited["name"], &edited["description"]), (&json!("One"), &json!("Notes")));
    assert_eq!(lab.payloads().last().unwrap().1["action"], "update");
}

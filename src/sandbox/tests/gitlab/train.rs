//! GitLab's merge train.

use serde_json::json;

use super::Lab;

#[tokio::test]
async fn a_train_tests_the_merge_and_merges_what_was_tested() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    lab.payloads();
    let sha = lab.app.enqueue(number, "maya").unwrap();
    let (event, told) = lab.payloads().remove(0);
    let attributes = &told["object_attributes"];
    assert_eq!(
        (event.as_str(), &attributes["source"], &attributes["status"]),
        ("Pipeline Hook", &json!("merge_request_event"), &json!("pending"))
    );
    assert_eq!((&attributes["ref"], &attributes["sha"], &told["merge_request"]["iid"]), (&json!("feat/x"), &json!(sha), &json!(number)));
    let pipeline = lab.get(&format!("~/pipelines/{}", attributes["id"])).await.is(200);
    assert_eq!(pipeline["ref"], format!("refs/merge-requests/{number}/train"));
    assert_eq!(lab.app.queue_merge("main").unwrap(), sha);
    let told = lab.payloads();
    let events: Vec<&str> = told.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(events, ["Pipeline Hook", "Merge Request Hook", "Push Hook"]);
    assert_eq!(told[0].1["object_attributes"]["status"], "success");
    assert_eq!(lab.app.head("main").unwrap(), sha);
}

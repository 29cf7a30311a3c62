//! What webhooks and pages tell of what happens.

use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::{Delivery, Merge, git};

#[tokio::test]
async fn pushes_are_told() {
    let lab = Lab::unrecorded().await;
    let zero = git::ZERO;
    lab.app.branch("feat/x", "main").unwrap();
    for number in 1..=21 {
        lab.app.commit("main", "dana", &format!("fix: {number}"), &[("x.txt", &number.to_string())]).unwrap();
    }
    lab.app.force_push("feat/x", &lab.app.head("main").unwrap()).unwrap();
    lab.app.delete_branch("feat/x").unwrap();
    lab.app.tag("v1", "main").unwrap();
    let told = lab.payloads();
    assert_eq!((&told[0].1["before"], &told[0].1["total_commits_count"]), (&json!(zero), &json!(0)));
    assert_eq!(told[1].1["commits"][0]["added"], json!(["x.txt"]));
    let (many, gone, tag) = (&told[22].1, &told[23].1, &told[24]);
    assert_eq!((many["commits"].as_array().unwrap().len(), &many["total_commits_count"]), (20, &json!(21)));
    assert_eq!(many["commits"][19]["title"], "fix: 21");
    assert_eq!((&gone["after"], &gone["checkout_sha"]), (&json!(zero), &Value::Null));
    assert_eq!((tag.0.as_str(), &tag.1["checkout_sha"]), ("Tag Push Hook", &json!(lab.app.head("main").unwrap())));
    assert_ne!(tag.1["after"], tag.1["checkout_sha"]);
}

#[tokio::test]
async fn merge_requests_are_told() {
    let lab = Lab::unrecorded().await;
    let number = lab.request_of_dana();
    let before = lab.app.head("feat/x").unwrap();
    lab.app.branch("next", "main").unwrap();
    lab.app.commit("feat/x", "dana", "fix: x", &[("x.txt", "y\n")]).unwrap();
    lab.app.retitle(number, "Draft: feat: x").unwrap();
    lab.app.retarget(number, "next").unwrap();
    lab.app.label(number, "big").unwrap();
    lab.app.unlabel(number, "big").unwrap();
    lab.app.close(number).unwrap();
    lab.app.reopen(number).unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let told: Vec<Value> = lab.payloads().into_iter().filter(|(event, _)| event == "Merge Request Hook").map(|(_, body)| body).collect();
    let actions: Vec<&str> = told.iter().map(|body| body["object_attributes"]["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["open", "update", "update", "update", "update", "update", "close", "reopen", "merge"]);
    let with_oldrev: Vec<usize> = (0..told.len()).filter(|n| told[*n]["object_attributes"].get("oldrev").is_some()).collect();
    assert_eq!((with_oldrev, &told[1]["object_attributes"]["oldrev"]), (vec![1], &json!(before)));
    assert_eq!(told[2]["changes"]["title"], json!({"previous": "feat: add x", "current": "Draft: feat: x"}));
    assert_eq!(told[2]["changes"]["draft"], json!({"previous": false, "current": true}));
    assert_eq!(told[3]["changes"]["target_branch"], json!({"previous": "main", "current": "next"}));
    assert_eq!(each(&told[4]["changes"]["labels"]["current"], "title"), ["big"]);
    assert_eq!(each(&told[5]["changes"]["labels"]["previous"], "title"), ["big"]);
    assert_eq!(told[8]["changes"]["state_id"], json!({"previous": 4, "current": 3}));
    assert_eq!(told[8]["object_attributes"]["merge_commit_sha"], json!(lab.app.head("next").unwrap()));
}

#[tokio::test]
async fn notes_and_issues_are_told_also_of_the_bot() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    let issue = lab.app.open_issue("dana", "It breaks").unwrap();
    lab.payloads();
    lab.app.comment(number, "dana", "/slipway help").unwrap();
    lab.app.comment_on_issue(issue, "dana", "Still").unwrap();
    lab.post(&format!("~/merge_requests/{number}/notes"), json!({"body": "Help."})).await.is(201);
    lab.post("~/issues", json!({"title": "By the bot"})).await.is(201);
    let told = lab.payloads();
    let kinds: Vec<&str> = told.iter().map(|(_, body)| body["object_kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["note", "note", "note", "issue"]);
    let (on_request, on_issue) = (&told[0].1, &told[1].1);
    assert_eq!(on_request["object_attributes"]["action"], "create");
    assert_eq!(on_request["merge_request"]["iid"], json!(number));
    assert_eq!(on_issue["issue"]["iid"], json!(issue));
    assert_eq!(told[2].1["user"]["username"], "slipway-bot");
}

#[tokio::test]
async fn deliveries_are_signed_in_both_ways() {
    let lab = Lab::unrecorded().await;
    lab.app.branch("feat/x", "main").unwrap();
    let Delivery { id, headers, .. } = lab.sandbox.take_deliveries().remove(0);
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(header("x-gitlab-event"), "Push Hook");
    assert_eq!(header("x-gitlab-token"), lab.sandbox.secrets().gitlab_webhook_token);
    assert_eq!((header("idempotency-key"), header("webhook-id")), (id.clone(), id));
    assert!(header("webhook-signature").starts_with("v1,"));
    assert!(header("webhook-timestamp").parse::<u64>().is_ok());
}

#[tokio::test]
async fn pages_show_comments_and_take_them() {
    let lab = Lab::unrecorded().await;
    let number = lab.request_of_dana();
    lab.app.open_issue("dana", "It breaks").unwrap();
    let said = "Ready.\n\n<!-- hidden -->\n\n<script>x</script>";
    lab.post(&format!("~/merge_requests/{number}/notes"), json!({"body": said})).await.is(201);
    lab.payloads();
    let url = format!("{}/acme/tools/app/-/merge_requests/{number}", lab.sandbox.gitlab_url());
    let post = |origin: &str| {
        lab.http
            .post(&url)
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("author=dana&body=%2Fslipway+help")
    };
    assert_eq!(post("http://elsewhere.example").send().await.unwrap().status(), 403);
    let page = post(&lab.sandbox.url()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<p>Ready.</p>") && !page.contains("hidden") && !page.contains("<script>x"), "{page}");
    assert!(page.contains("/slipway help") && page.contains("feat: add x"));
    assert_eq!(lab.payloads()[0].1["object_attributes"]["note"], "/slipway help");
    for path in ["/", "/deliveries", "/calls", "/gitlab/acme/tools/app", "/gitlab/acme/tools/app/-/issues/1"] {
        assert_eq!(lab.http.get(format!("{}{path}", lab.sandbox.url())).send().await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(lab.http.get(format!("{}/acme/none", lab.sandbox.url())).send().await.unwrap().status(), 404);
}

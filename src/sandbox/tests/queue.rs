//! GitHub's merge queue: what is built, what is told, and when it merges.

use super::*;

fn two_requests(repo: &RepoHandle) -> [u64; 2] {
    ["a", "b"].map(|branch| {
        repo.branch(branch, "main").unwrap();
        repo.commit(branch, "ann", branch, &[(branch, "1")]).unwrap();
        repo.open("ann", branch, "main", branch).unwrap()
    })
}

/// The action of each delivery of an event, with its reason if it has one.
fn actions(told: &[Value]) -> Vec<String> {
    let text = |body: &Value, field: &str| body[field].as_str().map(str::to_owned);
    told.iter().map(|body| [text(body, "action"), text(body, "reason")].into_iter().flatten().collect::<Vec<_>>().join(" ")).collect()
}

fn require_a_test(repo: &RepoHandle) {
    let wanted = json!({"required_status_checks": [{"context": "test"}], "strict_required_status_checks_policy": false});
    let conditions = json!({"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}});
    let rules = json!([{"type": "required_status_checks", "parameters": wanted}]);
    repo.add_ruleset("acme", &json!({"name": "main", "enforcement": "active", "conditions": conditions, "rules": rules})).unwrap();
}

#[tokio::test]
async fn the_queue_merges_the_very_commit_that_was_tested() {
    let stage = stage().await;
    let repo = &stage.repo;
    require_a_test(repo);
    let [number, _] = two_requests(repo);
    let base = repo.head("main").unwrap();
    let sha = repo.enqueue(number, "bob").unwrap();
    let branch = format!("gh-readonly-queue/main/pr-{number}-{base}");
    assert_eq!(repo.head(&branch).unwrap(), sha);
    let group = stage.delivered("merge_group").remove(0);
    assert_eq!((&group["action"], &group["merge_group"]["head_sha"]), (&json!("checks_requested"), &json!(sha)));
    assert_eq!(group["merge_group"]["head_ref"], format!("refs/heads/{branch}"));
    assert_eq!((&group["merge_group"]["base_ref"], &group["merge_group"]["base_sha"]), (&json!("refs/heads/main"), &json!(base)));
    assert_eq!(repo.queue_merge("main").unwrap_err().to_string(), "Required status check \"test\" is expected.");
    repo.report(&sha, "test", "success").unwrap();
    assert_eq!(repo.queue_merge("main").unwrap(), sha);
    assert_eq!((repo.head("main").unwrap(), repo.request(number).unwrap().state.as_str()), (sha, "merged"));
    assert_eq!(actions(&stage.delivered("merge_group")), ["destroyed merged"]);
    assert_eq!(repo.branches(), ["a", "b", "main"]);
}

#[tokio::test]
async fn what_stands_behind_is_built_anew_when_one_leaves_the_queue() {
    let stage = stage().await;
    let repo = &stage.repo;
    let [first, second] = two_requests(repo);
    let base = repo.enqueue(first, "bob").unwrap();
    repo.enqueue(second, "bob").unwrap();
    let stacked = stage.delivered("merge_group").remove(1);
    assert_eq!(stacked["merge_group"]["base_sha"], json!(base));
    repo.dequeue(first).unwrap();
    let told = stage.delivered("merge_group");
    assert_eq!(actions(&told), ["destroyed dequeued", "destroyed invalidated", "checks_requested"]);
    assert_eq!(told[2]["merge_group"]["base_sha"], json!(repo.head("main").unwrap()));
    repo.commit("main", "ann", "fix: c", &[("c", "1")]).unwrap();
    assert!(repo.queue_merge("main").unwrap_err().to_string().contains("has moved"));
    repo.queue_merge("main").unwrap();
    assert_eq!(repo.request(second).unwrap().state, "merged");
    let requests = stage.delivered("pull_request");
    assert_eq!(actions(&requests), ["closed", "dequeued MERGE"]);
}

//! Merging by each method, what GitLab says of it afterwards, and the Revert button.

use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::{Merge, MergeMethod, MergeRules, SquashOption};

impl Lab {
    /// A merge request by dana from `feat/x` with two commits, on a base that has moved since.
    fn request_of_two(&self) -> u64 {
        let number = self.request_of_dana();
        self.app.commit("feat/x", "finn", "fix: mend x\n\nIt broke.", &[("x.txt", "y\n")]).unwrap();
        self.app.commit("main", "maya", "docs: words", &[("words.md", "w\n")]).unwrap();
        number
    }

    async fn merge(&self, method: MergeMethod, how: Merge) -> Value {
        let number = self.request_of_two();
        self.app.set_merge_rules(MergeRules { method, ..MergeRules::default() }).unwrap();
        self.app.merge(number, "maya", how).unwrap();
        self.get(&format!("~/merge_requests/{number}")).await.is(200)
    }

    /// The subjects on main, newest first and along first parents only.
    async fn line(&self) -> Vec<String> {
        each(&self.get("~/repository/commits?ref_name=main&first_parent=true").await.is(200), "title")
    }

    async fn message_of(&self, sha: &Value) -> String {
        let commit = self.get(&format!("~/repository/commits/{}", sha.as_str().unwrap())).await.is(200);
        commit["message"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_merge_commit_stands_on_both_sides() {
    let lab = Lab::recorded().await;
    let merged = lab.merge(MergeMethod::Merge, Merge::MergeCommit).await;
    let main = lab.app.head("main").unwrap();
    assert_eq!((&merged["merge_commit_sha"], &merged["squash_commit_sha"]), (&json!(main), &Value::Null));
    assert_eq!(merged["sha"], json!(lab.app.head("feat/x").unwrap()));
    assert_eq!(lab.line().await, ["Merge branch 'feat/x' into 'main'", "docs: words", "chore: start"]);
    let message = "Merge branch 'feat/x' into 'main'\n\nfeat: add x\n\nSee merge request acme/tools/app!1";
    assert_eq!(lab.message_of(&merged["merge_commit_sha"]).await, message);
}

#[tokio::test]
async fn a_squash_is_merged_with_a_merge_commit() {
    let lab = Lab::recorded().await;
    let merged = lab.merge(MergeMethod::Merge, Merge::Squash).await;
    assert_eq!(lab.message_of(&merged["squash_commit_sha"]).await, "feat: add x");
    assert_eq!(lab.line().await, ["Merge branch 'feat/x' into 'main'", "docs: words", "chore: start"]);
    let squash = lab.get(&format!("~/repository/commits/{}", merged["squash_commit_sha"].as_str().unwrap())).await.is(200);
    let start = lab.get("~/repository/commits?ref_name=main&path=README.md").await.is(200)[0]["id"].clone();
    assert_eq!((&squash["parent_ids"], &squash["author_name"]), (&json!([start]), &json!("dana")));
    assert_eq!(merged["squash"], true);
}

#[tokio::test]
async fn a_single_commit_that_says_the_same_is_not_squashed_again() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    lab.app.merge(number, "maya", Merge::Squash).unwrap();
    let merged = lab.get(&format!("~/merge_requests/{number}")).await.is(200);
    assert_eq!(merged["squash_commit_sha"], merged["sha"]);
}

#[tokio::test]
async fn fast_forwards_make_no_merge_commit() {
    for (how, line) in [
        (Merge::MergeCommit, vec!["fix: mend x", "feat: add x", "docs: words", "chore: start"]),
        (Merge::Rebase, vec!["fix: mend x", "feat: add x", "docs: words", "chore: start"]),
        (Merge::Squash, vec!["feat: add x", "docs: words", "chore: start"]),
    ] {
        let lab = Lab::recorded().await;
        let merged = lab.merge(MergeMethod::FastForward, how).await;
        let main = lab.app.head("main").unwrap();
        let squash = if how == Merge::Squash { json!(main) } else { Value::Null };
        assert_eq!((&merged["merge_commit_sha"], &merged["squash_commit_sha"]), (&Value::Null, &squash));
        assert_eq!(merged["sha"], json!(lab.app.head("feat/x").unwrap()));
        assert_eq!(lab.line().await, line);
        let requests = lab.get(&format!("~/repository/commits/{main}/merge_requests")).await.is(200);
        assert_eq!(each(&requests, "iid"), ["1"]);
    }
}

#[tokio::test]
async fn a_semi_linear_project_rebases_before_it_merges() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_two();
    lab.app.set_merge_rules(MergeRules { method: MergeMethod::RebaseMerge, ..MergeRules::default() }).unwrap();
    assert_eq!(lab.get("~").await.is(200)["merge_method"], "rebase_merge");
    assert_eq!(lab.get("~/merge_requests/1").await.is(200)["detailed_merge_status"], "need_rebase");
    let (before, main) = (lab.app.head("feat/x").unwrap(), lab.app.head("main").unwrap());
    lab.payloads();
    lab.app.rebase(number, "dana").unwrap();
    assert_eq!(lab.payloads()[1].1["object_attributes"]["oldrev"], json!(before));
    assert_eq!(lab.get("~/merge_requests/1").await.is(200)["detailed_merge_status"], "mergeable");
    let merged = lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let parents = lab.get(&format!("~/repository/commits/{merged}")).await.is(200)["parent_ids"].clone();
    assert_eq!(parents, json!([main, lab.app.head("feat/x").unwrap()]));
}

#[tokio::test]
async fn templates_word_the_commits() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_two();
    for title in ["One", "Two", "Three"] {
        lab.app.open_issue("dana", title).unwrap();
    }
    lab.app.describe(number, "Closes #1, #2 and #3.\n\nWith %{url}.").unwrap();
    let rules = MergeRules {
        merge_template: Some(
            "%{title} (%{local_reference})\n\n%{reviewed_by}\n\n%{issues}\n%{approved_by}\nBy %{merged_by} at %{url}".to_owned(),
        ),
        squash_template: Some("%{first_commit}\n\n%{description}\n\n%{all_commits}\n\n%{co_authored_by}\n%{unknown}".to_owned()),
        squash: SquashOption::Always,
        ..MergeRules::default()
    };
    lab.app.set_merge_rules(rules).unwrap();
    assert_eq!(lab.get("~").await.is(200)["squash_option"], "always");
    assert_eq!(lab.get("~/merge_requests/1").await.is(200)["squash_on_merge"], true);
    assert_eq!(each(&lab.get("~/merge_requests/1/closes_issues").await.is(200), "iid"), ["1", "2", "3"]);
    lab.app.merge(number, "maya", Merge::Squash).unwrap();
    let merged = lab.get("~/merge_requests/1").await.is(200);
    let url = format!("{}/acme/tools/app/-/merge_requests/1", lab.sandbox.gitlab_url());
    let message = format!("feat: add x (!1)\n\nCloses #1, #2, and #3\nBy maya <maya@users.example> at {url}");
    assert_eq!(lab.message_of(&merged["merge_commit_sha"]).await, message);
    let message = "feat: add x\n\nCloses #1, #2 and #3.\n\nWith %{url}.\n\n* fix: mend x\n\nIt broke.\n\n* feat: add x\n\n\
        Co-authored-by: finn <finn@users.example>\n%{unknown}";
    assert_eq!(lab.message_of(&merged["squash_commit_sha"]).await, message);
    assert_eq!(lab.get("~/issues/3").await.is(200)["state"], "closed");
}

#[tokio::test]
async fn the_revert_button_proposes_the_opposite() {
    let lab = Lab::recorded().await;
    let merged = lab.merge(MergeMethod::Merge, Merge::MergeCommit).await;
    let number = lab.app.revert(1, "maya").unwrap();
    let revert = lab.get(&format!("~/merge_requests/{number}")).await.is(200);
    let short = merged["merge_commit_sha"].as_str().unwrap().get(..8).unwrap();
    assert_eq!(revert["source_branch"], json!(format!("revert-{short}")));
    assert_eq!(revert["title"], "Revert \"Merge branch 'feat/x' into 'main'\"");
    assert_eq!(revert["description"], "This reverts merge request !1");
    assert_eq!(lab.message_of(&revert["sha"]).await, "Revert \"Merge branch 'feat/x' into 'main'\"\n\nThis reverts merge request !1");
    assert_eq!(each(&lab.get(&format!("~/merge_requests/{number}/diffs")).await.is(200), "deleted_file"), ["true"]);
}

#[tokio::test]
async fn the_revert_of_a_commit_names_it() {
    let lab = Lab::recorded().await;
    lab.merge(MergeMethod::FastForward, Merge::Squash).await;
    let main = lab.app.head("main").unwrap();
    let number = lab.app.revert(1, "maya").unwrap();
    let revert = lab.get(&format!("~/merge_requests/{number}")).await.is(200);
    assert_eq!(
        (&revert["title"], &revert["description"]),
        (&json!("Revert \"feat: add x\""), &json!(format!("This reverts commit {main}")))
    );
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    assert_eq!(lab.line().await[0], "Revert \"feat: add x\"");
}

#[tokio::test]
async fn a_source_branch_goes_when_its_author_said_so() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    let edited = lab.put(&format!("~/merge_requests/{number}"), json!({"remove_source_branch": true, "squash": true})).await.is(200);
    assert_eq!((&edited["force_remove_source_branch"], &edited["squash_on_merge"]), (&json!(true), &json!(true)));
    lab.app.merge(number, "maya", Merge::Squash).unwrap();
    assert_eq!(lab.app.branches(), ["main"]);
}

#[tokio::test]
async fn merge_requests_come_in_the_order_of_their_merges() {
    let lab = Lab::recorded().await;
    for branch in ["a", "b", "c"] {
        lab.app.branch(branch, "main").unwrap();
        lab.app.commit(branch, "dana", branch, &[(branch, "1")]).unwrap();
        lab.app.open("dana", branch, "main", branch).unwrap();
    }
    lab.app.merge(2, "maya", Merge::Squash).unwrap();
    let between = lab.get("~/merge_requests/2").await.is(200)["updated_at"].as_str().unwrap().to_owned();
    lab.app.merge(1, "maya", Merge::Squash).unwrap();
    let list = |query: &str| format!("~/merge_requests?scope=all&per_page=100&{query}");
    assert_eq!(each(&lab.get(&list("order_by=merged_at&sort=asc")).await.is(200), "iid"), ["2", "1", "3"]);
    assert_eq!(each(&lab.get(&list("order_by=merged_at&state=merged")).await.is(200), "iid"), ["1", "2"]);
    let later = format!("updated_after={between}&author_username=dana&order_by=updated_at");
    assert_eq!(each(&lab.get(&list(&later)).await.is(200), "iid"), ["1", "2"]);
}

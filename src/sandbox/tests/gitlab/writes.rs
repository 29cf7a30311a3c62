//! What a release change request is made with: one commit of many files, a merge request, milestones and releases.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Lab, each};
use crate::sandbox::git::ZERO;

const COMMITS: &str = "~/repository/commits";
const BRANCH: &str = "slipway/release/main";

impl Lab {
    /// A commit on the release branch, from the tip of main, with these actions.
    async fn release_commit(&self, actions: Value) -> Value {
        let main = self.app.head("main").unwrap();
        let body = json!({"branch": BRANCH, "start_sha": main, "force": true, "commit_message": "chore: release", "actions": actions});
        self.post(COMMITS, body).await.is(201)
    }

    async fn text_of(&self, path: &str) -> Option<String> {
        let path = path.replace('/', "%2F").replace(' ', "%20");
        let request = self.request(Method::GET, &format!("~/repository/files/{path}/raw?ref=slipway%2Frelease%2Fmain"));
        let answer = request.header("accept", "text/plain, .raw").send().await.unwrap();
        if answer.status() == 200 { Some(answer.text().await.unwrap()) } else { None }
    }
}

#[tokio::test]
async fn a_commit_takes_many_actions_in_their_order() {
    let lab = Lab::recorded().await;
    let made = lab
        .release_commit(json!([
            {"action": "create", "file_path": "new/VERSION", "content": "1.0.0\n"},
            {"action": "update", "file_path": "new/VERSION", "content": "MS4xLjAK", "encoding": "base64"},
            {"action": "chmod", "file_path": "new/VERSION", "execute_filemode": true},
            {"action": "move", "file_path": "docs/words.md", "previous_path": "docs/a file.md"},
            {"action": "delete", "file_path": "README.md"},
            {"action": "create", "file_path": "fleeting", "content": "x"},
            {"action": "move", "file_path": "gone", "previous_path": "fleeting"},
            {"action": "delete", "file_path": "gone"},
        ]))
        .await;
    assert_eq!((&made["title"], &made["stats"]["total"]), (&json!("chore: release"), &json!(2)));
    assert_eq!(made["parent_ids"], json!([lab.app.head("main").unwrap()]));
    assert_eq!(lab.text_of("new/VERSION").await.as_deref(), Some("1.1.0\n"));
    assert_eq!(lab.text_of("docs/words.md").await.as_deref(), Some("text\n"));
    assert_eq!((lab.text_of("README.md").await, lab.text_of("docs/a file.md").await), (None, None));
    let diffs = lab.get(&format!("{COMMITS}/{}/diff", made["id"].as_str().unwrap())).await.is(200);
    assert_eq!(each(&diffs, "new_path"), ["README.md", "docs/words.md", "new/VERSION"]);
}

#[tokio::test]
async fn a_rebuilt_commit_replaces_the_one_before_and_is_one_push() {
    let lab = Lab::recorded().await;
    let create = |text: &str| json!([{"action": "create", "file_path": "VERSION", "content": text}]);
    let first = lab.release_commit(create("1")).await;
    let proposal = json!({"title": "chore: release", "source_branch": BRANCH, "target_branch": "main", "squash": true});
    assert_eq!(lab.post("~/merge_requests", proposal).await.is(201)["squash"], true);
    lab.payloads();
    assert_eq!(lab.release_commit(create("1")).await["id"], first["id"]);
    assert_eq!(lab.payloads(), [], "nothing moved");
    lab.app.commit("main", "dana", "feat: more", &[("more", "1")]).unwrap();
    let second = lab.release_commit(create("2")).await;
    let told: Vec<Value> = lab.payloads().into_iter().skip(1).map(|(_, body)| body).collect();
    assert_eq!((&told[0]["before"], &told[0]["after"]), (&first["id"], &second["id"]));
    assert_eq!(told[1]["object_attributes"]["oldrev"], first["id"]);
    assert_eq!((told.len(), lab.get("~/merge_requests/1/commits").await.is(200).as_array().unwrap().len()), (2, 1));
}

#[tokio::test]
async fn a_commit_names_its_author_and_may_begin_a_branch() {
    let lab = Lab::recorded().await;
    let body = json!({
        "branch": "next", "start_branch": "main", "commit_message": "docs: words\n\nChangelog: added\nRefs: #1\nRefs: #2", "stats": false,
        "author_name": "Dana", "author_email": "dana@example.com",
        "actions": [{"action": "update", "file_path": "README.md", "content": "# Words\n"}],
    });
    let made = lab.post(COMMITS, body).await.is(201);
    assert_eq!((&made["author_name"], &made["committer_name"]), (&json!("Dana"), &json!("slipway-bot")));
    assert_eq!(made.get("stats"), None);
    assert_eq!(lab.payloads()[0].1["before"], json!(ZERO));
    let listed = lab.get(&format!("{COMMITS}?ref_name=next&trailers=true&since=2026-01-05T00:00:00Z&author=Dana")).await.is(200);
    assert_eq!((&listed[0]["trailers"]["Changelog"], &listed[0]["extended_trailers"]["Refs"]), (&json!("added"), &json!(["#1", "#2"])));
    assert_eq!(lab.get(&format!("{COMMITS}?since=2030-01-01T00:00:00Z")).await.is(200), json!([]));
}

#[tokio::test]
async fn a_form_may_hold_actions() {
    let lab = Lab::recorded().await;
    let form = "branch=main&commit_message=m&actions[][action]=create&actions[][file_path]=a&actions[][content]=true\
        &actions[][action]=chmod&actions[][file_path]=a&actions[][execute_filemode]=true";
    let request = lab.request(Method::POST, COMMITS).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(lab.send(request.body(form)).await.is(201)["stats"]["additions"], 1);
}

#[tokio::test]
async fn a_commit_that_does_not_fit_is_refused_whole() {
    let lab = Lab::recorded().await;
    let seen = lab.app.head("main").unwrap();
    lab.app.commit("main", "dana", "docs: words", &[("README.md", "# Words\n")]).unwrap();
    let missing = "A file with this name doesn't exist";
    let cases = [
        (json!({"action": "create", "file_path": "README.md"}), "A file with this name already exists"),
        (json!({"action": "create", "file_path": "docs"}), "A directory with this name already exists"),
        (json!({"action": "update", "file_path": "none", "content": ""}), missing),
        (json!({"action": "delete", "file_path": "none"}), missing),
        (json!({"action": "chmod", "file_path": "none", "execute_filemode": true}), missing),
        (json!({"action": "move", "file_path": "x", "previous_path": "none"}), missing),
        (json!({"action": "create", "file_path": "../x"}), "Path cannot include directory traversal"),
        (json!({"action": "create", "file_path": ""}), "You must provide a file path"),
        (
            json!({"action": "update", "file_path": "README.md", "content": "", "last_commit_id": seen}),
            "The file has changed since you started editing it: README.md",
        ),
    ];
    let fits = json!({"action": "create", "file_path": "fits"});
    for (action, refusal) in cases {
        let body = json!({"branch": "main", "commit_message": "m", "actions": [fits, action]});
        lab.post(COMMITS, body).await.refuses(400, refusal);
    }
    assert_eq!(lab.payloads().len(), 1);
}

#[tokio::test]
async fn a_commit_needs_a_branch_to_start_from_and_does_not_overwrite_another() {
    let lab = Lab::recorded().await;
    let main = lab.app.branch("taken", "main").unwrap();
    let body = |more: Value| {
        let mut body = json!({"branch": "taken", "commit_message": "m", "actions": [{"action": "create", "file_path": "x"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let taken = "A branch called 'taken' already exists. Switch to that branch in order to make changes";
    lab.post(COMMITS, body(json!({"start_sha": main}))).await.refuses(400, taken);
    lab.post(COMMITS, body(json!({"start_branch": "main"}))).await.refuses(400, taken);
    let lost = "You can only create or edit files when you are on a branch";
    lab.post(COMMITS, body(json!({"branch": "none"}))).await.refuses(400, lost);
    let unknown = "0".repeat(40);
    lab.post(COMMITS, body(json!({"start_sha": unknown}))).await.refuses(400, format!("Cannot find start_sha '{unknown}'"));
    lab.post(COMMITS, body(json!({"start_sha": "main"}))).await.refuses(400, "Invalid start_sha 'main'");
    let both = json!({"start_sha": main, "start_branch": "main"});
    lab.post(COMMITS, body(both)).await.refuses(400, "You can't pass both start_branch and start_sha");
}

#[tokio::test]
async fn milestones_are_found_and_closed() {
    let lab = Lab::recorded().await;
    for title in ["v1.0.0", "v1.1.0"] {
        lab.app.milestone(title).unwrap();
    }
    let found = lab.get("~/milestones?title=v1.0.0&state=active").await.is(200);
    assert_eq!(each(&found, "iid"), ["1"]);
    let one = format!("~/milestones/{}", found[0]["id"]);
    assert_eq!(lab.put(&one, json!({"state_event": "close", "description": "Done"})).await.is(200)["state"], "closed");
    assert_eq!(each(&lab.get("~/milestones?state=active").await.is(200), "title"), ["v1.1.0"]);
    assert_eq!(each(&lab.get("~/milestones?search=V1&iids[]=1&iids[]=2").await.is(200), "title"), ["v1.1.0", "v1.0.0"]);
    assert_eq!(lab.get(&one).await.is(200)["description"], "Done");
    lab.put(&one, json!({"state_event": "activate"})).await.is(200);
    lab.get("~/milestones/1").await.refuses(404, "404 Not found");
    let told: Vec<String> =
        lab.payloads().into_iter().map(|(event, body)| format!("{event} {}", body["action"].as_str().unwrap())).collect();
    assert_eq!(told, ["Milestone Hook create", "Milestone Hook create", "Milestone Hook close", "Milestone Hook reopen"]);
    let page = lab.http.get(format!("{}/acme/tools/app", lab.sandbox.gitlab_url())).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h2>Milestones</h2>") && page.contains("v1.1.0"), "{page}");
    assert!(lab.sandbox.snapshot().contains("  milestone v1.0.0 open\n"));
}

#[tokio::test]
async fn a_release_may_belong_to_milestones() {
    let lab = Lab::recorded().await;
    lab.app.milestone("v1.0.0").unwrap();
    let release = |milestone: &str| json!({"tag_name": "v1.0.0", "ref": "main", "milestones": [milestone]});
    lab.post("~/releases", release("v2")).await.refuses(400, "Milestone(s) not found: v2");
    assert_eq!(each(&lab.post("~/releases", release("v1.0.0")).await.is(201)["milestones"], "title"), ["v1.0.0"]);
    assert_eq!(lab.put("~/releases/v1.0.0", json!({"milestones": []})).await.is(200)["milestones"], json!([]));
    assert_eq!(lab.put("~/releases/v1.0.0", json!({"milestones": ["v1.0.0"]})).await.is(200)["milestones"][0]["iid"], 1);
}

#[tokio::test]
async fn a_parameter_takes_only_its_values() {
    let lab = Lab::unrecorded().await;
    let wrong = [
        ("~/merge_requests?order_by=size", "order_by"),
        ("~/merge_requests?state=open", "state"),
        ("~/merge_requests?scope=mine", "scope"),
        ("~/merge_requests?sort=up", "sort"),
        ("~/repository/tags?order_by=semver", "order_by"),
        ("~/repository/commits?order=date", "order"),
        ("~/releases?order_by=tag", "order_by"),
        ("~/milestones?state=open", "state"),
    ];
    for (path, name) in wrong {
        assert_eq!(lab.get(path).await.is(400), json!({"error": format!("{name} does not have a valid value")}), "{path}");
    }
    let since = lab.get("~/repository/commits?since=yesterday").await;
    assert_eq!(since.is(400), json!({"error": "since is invalid"}));
    let action = json!({"branch": "main", "commit_message": "m", "actions": [{"action": "replace", "file_path": "x"}]});
    assert_eq!(lab.post(COMMITS, action).await.is(400), json!({"error": "actions[0][action] does not have a valid value"}));
}

#[tokio::test]
async fn people_edit_close_and_reopen_what_the_bot_proposed() {
    let lab = Lab::recorded().await;
    lab.release_commit(json!([{"action": "create", "file_path": "VERSION", "content": "1"}])).await;
    let proposal = json!({"title": "chore: release", "source_branch": BRANCH, "target_branch": "main", "description": "Notes"});
    lab.post("~/merge_requests", proposal).await.is(201);
    lab.payloads();
    lab.app.describe(1, "Better notes").unwrap();
    lab.app.close(1).unwrap();
    let rebuilt = lab.release_commit(json!([{"action": "create", "file_path": "VERSION", "content": "2"}])).await;
    lab.app.reopen(1).unwrap();
    let told: Vec<Value> = lab.payloads().into_iter().map(|(_, body)| body).filter(|body| body["object_kind"] == "merge_request").collect();
    let by: Vec<&Value> = told.iter().map(|body| &body["user"]["username"]).collect();
    assert_eq!(by, ["acme", "acme", "acme"]);
    let request = lab.app.request(1).unwrap();
    assert_eq!(
        (request.body.as_str(), request.head.as_str(), request.head_sha),
        ("Better notes", BRANCH, rebuilt["id"].as_str().unwrap().to_owned())
    );
}

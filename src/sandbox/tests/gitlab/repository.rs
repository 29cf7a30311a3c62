//! What is in a repository: files, branches, tags, commits and comparisons.

use reqwest::Method;
use serde_json::json;

use super::{Lab, each};
use crate::sandbox::Merge;

#[tokio::test]
async fn files() {
    let lab = Lab::recorded().await;
    let file = lab.get("~/repository/files/docs%2Fa%20file.md?ref=main").await.is(200);
    assert_eq!((&file["content"], &file["file_name"]), (&json!("dGV4dAo="), &json!("a file.md")));
    let raw = lab.request(Method::GET, "~/repository/files/README.md/raw?ref=main").header("accept", "text/plain, */*;q=0.1 .raw");
    assert_eq!(raw.send().await.unwrap().text().await.unwrap(), "# App\n");
    lab.get("~/repository/files/none?ref=main").await.refuses(404, "404 File Not Found");
    lab.get("~/repository/files/README.md?ref=none").await.refuses(404, "404 Commit Not Found");
}

#[tokio::test]
async fn branches() {
    let lab = Lab::recorded().await;
    let branch = json!({"branch": "feat#12/x y", "ref": "main"});
    lab.post("~/repository/branches", branch.clone()).await.refuses(400, "Branch name is invalid");
    let branch = json!({"branch": "feat#12-x/y", "ref": "main"});
    assert_eq!(lab.post("~/repository/branches", branch.clone()).await.is(201)["name"], "feat#12-x/y");
    lab.post("~/repository/branches", branch).await.refuses(400, "Branch already exists");
    let lost = json!({"branch": "lost", "ref": "none"});
    lab.post("~/repository/branches", lost).await.refuses(400, "Failed to create branch 'lost': invalid reference name 'none'");
    assert_eq!(lab.get("~/repository/branches/feat%2312-x%2Fy").await.is(200)["merged"], true);
    assert_eq!(each(&lab.get("~/repository/branches?search=^feat").await.is(200), "name"), ["feat#12-x/y"]);
    lab.delete("~/repository/branches/feat%2312-x%2Fy").await.is(204);
    lab.delete("~/repository/branches/feat%2312-x%2Fy").await.refuses(404, "404 Branch Not Found");
    lab.get("~/repository/branches/none").await.refuses(404, "404 Branch Not Found");
    lab.delete("~/repository/branches/main").await.is(400);
}

#[tokio::test]
async fn tags() {
    let lab = Lab::recorded().await;
    let tag = json!({"tag_name": "v1.10.0", "ref": "main", "message": "Release 1.10.0"});
    let made = lab.post("~/repository/tags", tag.clone()).await.is(201);
    assert_ne!(made["target"], made["commit"]["id"]);
    lab.post("~/repository/tags", tag).await.refuses(400, "Tag v1.10.0 already exists");
    let light = json!({"tag_name": "v1.9.0", "ref": "main"});
    assert_eq!(lab.post("~/repository/tags", light).await.is(201)["message"], "");
    lab.post("~/repository/tags", json!({"tag_name": "other", "ref": "main"})).await.is(201);
    lab.post("~/repository/tags", json!({"tag_name": "v2", "ref": "none"})).await.refuses(400, "Target none is invalid");
    let sorted = lab.get("~/repository/tags?search=^v&order_by=version&sort=desc").await.is(200);
    assert_eq!(each(&sorted, "name"), ["v1.10.0", "v1.9.0"]);
    assert_eq!(lab.get("~/repository/tags/v1.10.0").await.is(200)["message"], "Release 1.10.0");
    lab.delete("~/repository/tags/v1.10.0").await.is(204);
    lab.get("~/repository/tags/v1.10.0").await.refuses(404, "404 Tag Not Found");
    lab.delete("~/repository/tags/v1.10.0").await.refuses(404, "404 Tag Not Found");
}

#[tokio::test]
async fn commits_and_what_holds_them() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    let (old, new) = (lab.app.head("main").unwrap(), lab.app.head("feat/x").unwrap());
    assert_eq!(each(&lab.get("~/repository/commits?ref_name=feat%2Fx").await.is(200), "id"), [new.clone(), old.clone()]);
    assert_eq!(each(&lab.get("~/repository/commits?ref_name=main..feat/x&path=x.txt").await.is(200), "title"), ["feat: add x"]);
    assert_eq!(lab.get(&format!("~/repository/commits/{new}")).await.is(200)["stats"]["additions"], 1);
    lab.get("~/repository/commits/none").await.refuses(404, "404 Commit Not Found");
    assert_eq!(each(&lab.get(&format!("~/repository/commits/{old}/refs?type=branch")).await.is(200), "name"), ["feat/x", "main"]);
    let requests = format!("~/repository/commits/{new}/merge_requests");
    assert_eq!(each(&lab.get(&requests).await.is(200), "iid"), [number.to_string()]);
    let merged = lab.app.merge(number, "maya", Merge::Squash).unwrap();
    let squash = lab.get(&format!("~/merge_requests/{number}")).await.is(200)["squash_commit_sha"].clone();
    for sha in [merged.as_str(), squash.as_str().unwrap()] {
        let requests = format!("~/repository/commits/{sha}/merge_requests");
        assert_eq!(each(&lab.get(&requests).await.is(200), "state"), ["merged"]);
    }
}

#[tokio::test]
async fn comparisons() {
    let lab = Lab::recorded().await;
    let old = lab.app.head("main").unwrap();
    lab.request_of_dana();
    lab.app.commit("feat/x", "dana", "fix: x", &[("x.txt", "y\n")]).unwrap();
    let moved = lab.app.commit("main", "maya", "docs: words", &[("README.md", "# Words\n")]).unwrap();
    let compared = lab.get("~/repository/compare?from=main&to=feat/x").await.is(200);
    assert_eq!(each(&compared["commits"], "title"), ["feat: add x", "fix: x"]);
    assert_eq!(each(&compared["diffs"], "new_path"), ["x.txt"]);
    let straight = lab.get("~/repository/compare?from=main&to=feat/x&straight=true").await.is(200);
    assert_eq!(each(&straight["diffs"], "new_path"), ["README.md", "x.txt"]);
    assert_eq!(lab.get(&format!("~/repository/compare?from={moved}&to=main")).await.is(200)["commits"], json!([]));
    lab.get("~/repository/compare?from=none&to=main").await.refuses(404, "404 Ref Not Found");
    assert_eq!(lab.get("~/repository/merge_base?refs[]=main&refs[]=feat%2Fx").await.is(200)["id"], old);
    lab.get("~/repository/merge_base?refs[]=main&refs[]=none").await.refuses(400, "Could not find ref: none");
}

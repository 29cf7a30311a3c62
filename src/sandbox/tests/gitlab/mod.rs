//! GitLab's dialect over HTTP: each operation as a client uses it. The exchanges of recorded labs are those of a correct client, to be
//! checked against the contract (`SLIPWAY_SANDBOX_RECORD`); what a wrong client gets is tried in unrecorded ones.

mod merges;
mod opinions;
mod picking;
mod protected;
mod pushes;
mod readiness;
mod repository;
mod running;
mod told;
mod train;
mod writes;

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::sandbox::{Kind, Role, Sandbox, SandboxOptions, deliveries::HOOK, story::RepoHandle};

struct Lab {
    sandbox: Sandbox,
    app: RepoHandle,
    http: reqwest::Client,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Lab {
    async fn new(options: SandboxOptions) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let sandbox = Sandbox::start(options).await.unwrap();
        let files = [("README.md", "# App\n"), ("docs/a file.md", "text\n")];
        let app = sandbox.repository(Kind::GitLab, "acme/tools/app", &files).unwrap();
        Self { sandbox, app, http: reqwest::Client::new() }
    }

    async fn recorded() -> Self {
        Self::new(SandboxOptions::default()).await
    }

    /// For what no correct client sends.
    async fn unrecorded() -> Self {
        Self::new(SandboxOptions { record: None, ..SandboxOptions::default() }).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v4{}", self.sandbox.gitlab_url(), path.replace('~', "/projects/acme%2Ftools%2Fapp"));
        self.http.request(method, url).header("private-token", self.sandbox.secrets().gitlab_token)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
        Reply { status, headers, body }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A merge request by dana from `feat/x` with one commit.
    fn request_of_dana(&self) -> u64 {
        self.app.branch("feat/x", "main").unwrap();
        self.app.commit("feat/x", "dana", "feat: add x", &[("x.txt", "x\n")]).unwrap();
        self.app.open("dana", "feat/x", "main", "feat: add x").unwrap()
    }

    /// The payloads of the deliveries since the last look.
    fn payloads(&self) -> Vec<(String, Value)> {
        let deliveries = self.sandbox.take_deliveries();
        deliveries.into_iter().map(|delivery| (delivery.event, serde_json::from_slice(&delivery.body).unwrap())).collect()
    }
}

impl Reply {
    #[track_caller]
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    #[track_caller]
    fn refuses(self, status: u16, message: impl Into<Value>) {
        assert_eq!(self.is(status), json!({"message": message.into()}));
    }
}

/// One field of each object in a list.
fn each(list: &Value, field: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    list.as_array().unwrap().iter().map(|item| text(&item[field])).collect()
}

#[tokio::test]
async fn the_bot_people_and_members() {
    let lab = Lab::recorded().await;
    lab.app.grant("maya", Role::Maintain).unwrap();
    assert_eq!(lab.get("/user").await.is(200)["username"], "slipway-bot");
    let maya = lab.get("/users?username=maya").await.is(200)[0]["id"].clone();
    assert_eq!(lab.get(&format!("~/members/all/{maya}")).await.is(200)["access_level"], 40);
    lab.get("~/members/all/1").await.refuses(404, "404 Not found");
    assert_eq!(lab.get("/users?username=nobody").await.is(200), json!([]));
}

#[tokio::test]
async fn a_project_by_path_or_number() {
    let lab = Lab::recorded().await;
    let project = lab.get("~").await.is(200);
    assert_eq!(project["path_with_namespace"], "acme/tools/app");
    assert_eq!(lab.get(&format!("/projects/{}", project["id"])).await.is(200), project);
    lab.get("/projects/acme%2Fnone").await.refuses(404, "404 Project Not Found");
}

#[tokio::test]
async fn only_the_token_opens() {
    let lab = Lab::recorded().await;
    let url = format!("{}/api/v4/user", lab.sandbox.gitlab_url());
    lab.send(lab.http.get(&url).header("private-token", "wrong")).await.refuses(401, "401 Unauthorized");
    lab.send(lab.http.get(&url).bearer_auth(lab.sandbox.secrets().gitlab_token)).await.is(200);
}

#[tokio::test]
async fn commit_statuses_do_not_stand_still() {
    let lab = Lab::recorded().await;
    let sha = lab.app.head("main").unwrap();
    let (post, get) = (format!("~/statuses/{sha}"), format!("~/repository/commits/{sha}/statuses"));
    let state = |state: &str| json!({"state": state, "name": "slipway/policy", "description": "all well", "ref": "main"});
    let first = lab.post(&post, state("pending")).await.is(201);
    let refusal = |event: &str, from: &str| {
        format!("Cannot transition status via :{event} from :{from} (Reason(s): Status cannot transition via \"{event}\")")
    };
    lab.post(&post, state("pending")).await.refuses(400, refusal("enqueue", "pending"));
    assert_eq!(lab.post(&post, state("running")).await.is(201)["id"], first["id"]);
    lab.post(&post, state("running")).await.refuses(400, refusal("run", "running"));
    assert_eq!(lab.post(&post, state("success")).await.is(201)["id"], first["id"]);
    let second = lab.post(&post, state("success")).await.is(201);
    assert_ne!(second["id"], first["id"]);
    lab.post(&post, json!({"state": "failed", "context": "slipway/freeze"})).await.is(201);
    assert_eq!(each(&lab.get(&get).await.is(200), "status"), ["success", "failed"]);
    assert_eq!(each(&lab.get(&format!("{get}?all=true&name=slipway/policy")).await.is(200), "status"), ["success", "success"]);
    lab.post("~/statuses/none", state("success")).await.refuses(404, "404 Commit Not Found");
    assert_eq!(lab.app.checks(&sha).len(), 2);
}

#[tokio::test]
async fn merge_requests_are_opened_once() {
    let lab = Lab::recorded().await;
    lab.app.branch("release/1.0", "main").unwrap();
    let proposal = json!({
        "title": "chore: release 1.0", "source_branch": "release/1.0", "target_branch": "main",
        "description": "Notes", "labels": ["release", "bot"],
    });
    let made = lab.post("~/merge_requests", proposal.clone()).await.is(201);
    assert_eq!((&made["iid"], &made["labels"]), (&json!(1), &json!(["release", "bot"])));
    let again = "Another open merge request already exists for this source branch: !1";
    lab.post("~/merge_requests", proposal).await.refuses(409, json!([again]));
    let odd = |head: &str, base: &str| json!({"title": "t", "source_branch": head, "target_branch": base});
    lab.post("~/merge_requests", odd("main", "main")).await.is(422);
    lab.post("~/merge_requests", odd("none", "main")).await.is(400);
    lab.get("~/merge_requests/9").await.refuses(404, "404 Not found");
}

#[tokio::test]
async fn merge_requests_are_found_and_edited() {
    let lab = Lab::recorded().await;
    let number = lab.request_of_dana();
    let one = format!("~/merge_requests/{number}");
    let edit = json!({"title": "feat: more", "description": "Why", "add_labels": ["a", "b"], "remove_labels": ["b"]});
    let edited = lab.put(&one, edit).await.is(200);
    assert_eq!((&edited["title"], &edited["labels"]), (&json!("feat: more"), &json!(["a"])));
    assert_eq!(each(&lab.get("~/merge_requests?state=opened&source_branch=feat/x&target_branch=main").await.is(200), "iid"), ["1"]);
    assert_eq!(lab.get("~/merge_requests?state=merged").await.is(200), json!([]));
    assert_eq!(each(&lab.get("~/merge_requests?iids[]=1&labels=a&order_by=updated_at&sort=asc").await.is(200), "iid"), ["1"]);
    assert_eq!(each(&lab.get(&format!("{one}/commits")).await.is(200), "title"), ["feat: add x"]);
    assert_eq!(each(&lab.get(&format!("{one}/diffs")).await.is(200), "new_path"), ["x.txt"]);
    assert_eq!(lab.put(&one, json!({"state_event": "close"})).await.is(200)["state"], "closed");
    assert_eq!(lab.put(&one, json!({"state_event": "reopen"})).await.is(200)["detailed_merge_status"], "mergeable");
    lab.app.commit("main", "maya", "feat: another x", &[("x.txt", "other\n")]).unwrap();
    assert_eq!(lab.get(&one).await.is(200)["detailed_merge_status"], "conflict");
}

#[tokio::test]
async fn a_fork_proposes_to_its_parent() {
    let lab = Lab::recorded().await;
    let number = lab.app.open_from_fork("finn", "feat/y", "main", "feat: y").unwrap();
    let request = lab.get(&format!("~/merge_requests/{number}")).await.is(200);
    assert_ne!(request["source_project_id"], request["target_project_id"]);
    let fork = lab.get(&format!("/projects/{}", request["source_project_id"])).await.is(200);
    assert_eq!(fork["forked_from_project"]["path_with_namespace"], "acme/tools/app");
    let back = json!({"title": "t", "source_branch": "main", "target_branch": "feat/y", "target_project_id": request["source_project_id"]});
    assert_eq!(lab.post("~/merge_requests", back).await.is(201)["target_project_id"], request["source_project_id"]);
}

#[tokio::test]
async fn notes_and_emoji() {
    let lab = Lab::recorded().await;
    let request = format!("~/merge_requests/{}", lab.request_of_dana());
    let issue = format!("~/issues/{}", lab.app.open_issue("dana", "It breaks").unwrap());
    for place in [request, issue] {
        let notes = format!("{place}/notes");
        let id = lab.post(&notes, json!({"body": "/slipway help"})).await.is(201)["id"].clone();
        let note = format!("{notes}/{id}");
        assert_eq!(lab.put(&note, json!({"body": "Done."})).await.is(200)["body"], "Done.");
        assert_eq!(each(&lab.get(&format!("{notes}?sort=asc&order_by=created_at")).await.is(200), "body"), ["Done."]);
        let awards = format!("{note}/award_emoji");
        let award = lab.post(&awards, json!({"name": "eyes"})).await.is(201)["id"].clone();
        lab.post(&awards, json!({"name": "eyes"})).await.refuses(404, "404 Award Emoji Name has already been taken Not Found");
        lab.post(&awards, json!({"name": "nope"})).await.refuses(404, "404 Award Emoji Name is not a valid emoji name Not Found");
        assert_eq!(each(&lab.get(&awards).await.is(200), "name"), ["eyes"]);
        lab.delete(&format!("{awards}/{award}")).await.is(204);
        lab.delete(&format!("{awards}/{award}")).await.refuses(404, "404 Not found");
        assert_eq!(lab.get(&note).await.is(200)["author"]["username"], "slipway-bot");
        lab.delete(&note).await.is(204);
        lab.get(&note).await.refuses(404, "404 Note Not Found");
    }
}

#[tokio::test]
async fn issues() {
    let lab = Lab::recorded().await;
    let made = lab.post("~/issues", json!({"title": "Release 1.0", "description": "- [ ] notes", "labels": ["release"]})).await.is(201);
    assert_eq!((&made["iid"], &made["state"]), (&json!(1), &json!("opened")));
    assert_eq!(lab.get("~/issues/1").await.is(200)["labels"], json!(["release"]));
    lab.get("~/issues/2").await.refuses(404, "404 Not found");
}

#[tokio::test]
async fn releases() {
    let lab = Lab::recorded().await;
    lab.get("~/releases/v1").await.refuses(404, "404 Not Found");
    lab.post("~/releases", json!({"tag_name": "v1"})).await.refuses(422, "Ref is not specified");
    let release = json!({"tag_name": "v1", "ref": "main", "tag_message": "One", "name": "One", "description": "First."});
    assert_eq!(lab.post("~/releases", release.clone()).await.is(201)["commit"]["title"], "chore: start");
    lab.post("~/releases", release).await.refuses(409, "Release already exists");
    assert_eq!(lab.app.tags(), ["v1"]);
    assert_eq!(lab.put("~/releases/v1", json!({"description": "The first."})).await.is(200)["name"], "One");
    assert_eq!(lab.get("~/releases/v1").await.is(200)["description"], "The first.");
    assert_eq!(each(&lab.get("~/releases").await.is(200), "tag_name"), ["v1"]);
    lab.put("~/releases/v2", json!({"name": "Two"})).await.refuses(404, "Release does not exist");
    let events: Vec<String> = lab.payloads().into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["Tag Push Hook", "Release Hook", "Release Hook"]);
}

#[tokio::test]
async fn deliveries_can_be_looked_up_and_sent_again() {
    let lab = Lab::recorded().await;
    lab.request_of_dana();
    let first = lab.sandbox.take_deliveries();
    let log = lab.get(&format!("~/hooks/{HOOK}/events?per_page=20")).await.is(200);
    assert_eq!(log.as_array().unwrap().len(), first.len());
    assert_eq!(log[0]["trigger"], "merge_request_hooks");
    let again = lab.post(&format!("~/hooks/{HOOK}/events/{}/resend", log[0]["id"]), Value::Null).await.is(201);
    assert_eq!(again["response_status"], 200);
    assert_eq!(lab.sandbox.take_deliveries()[0].id, first.last().unwrap().id);
    assert_eq!(lab.get(&format!("~/hooks/{HOOK}/events?status=200")).await.is(200), json!([]));
    lab.get("~/hooks/1/events").await.refuses(404, "404 Not found");
    lab.post(&format!("~/hooks/{HOOK}/events/1/resend"), Value::Null).await.refuses(404, "404 Not found");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let lab = Lab::new(SandboxOptions { page_size: Some(2), ..SandboxOptions::default() }).await;
    for branch in ["a", "b", "c", "d"] {
        lab.app.branch(branch, "main").unwrap();
    }
    let second = lab.get("~/repository/branches?page=2&per_page=100").await;
    let header = |name: &str| second.headers[name].to_str().unwrap().to_owned();
    let numbers = ["x-page", "x-per-page", "x-total", "x-total-pages", "x-prev-page", "x-next-page"].map(header);
    assert_eq!(numbers, ["2", "2", "5", "3", "1", "3"]);
    let next = format!("<{}/api/v4/projects/acme%2Ftools%2Fapp/repository/branches?per_page=100&page=3>", lab.sandbox.gitlab_url());
    assert!(header("link").contains(&format!("{next}; rel=\"next\"")), "{}", header("link"));
    assert_eq!(each(&second.is(200), "name"), ["c", "d"]);
}

#[tokio::test]
async fn a_wrong_client_is_told_what_is_missing() {
    let lab = Lab::unrecorded().await;
    let missing = |error: &str| json!({"error": error});
    assert_eq!(lab.get("~/repository/files/README.md").await.is(400), missing("ref is missing"));
    let reply = lab.post("~/merge_requests", json!({"title": "t"})).await;
    assert_eq!(reply.is(400), missing("source_branch is missing, target_branch is missing"));
    assert_eq!(lab.get("/nowhere").await.is(404), missing("404 Not Found"));
    assert_eq!(lab.delete("/user").await.is(405), missing("405 Not Allowed"));
    let number = lab.request_of_dana();
    let blank = lab.post(&format!("~/merge_requests/{number}/notes"), json!({"body": " "})).await;
    blank.refuses(400, "400 Bad request - Note {:note=>[\"can't be blank\"]}");
    lab.put(&format!("~/merge_requests/{number}"), json!({})).await.is(400);
    let state = lab.post(&format!("~/statuses/{}", lab.app.head("main").unwrap()), json!({"state": "error"})).await;
    assert_eq!(state.is(400), missing("state does not have a valid value"));
}

#[tokio::test]
async fn bodies_may_be_forms() {
    let lab = Lab::recorded().await;
    let request = lab.request(Method::POST, "~/repository/branches").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(lab.send(request.body("branch=release%2F1.0&ref=main")).await.is(201)["name"], "release/1.0");
}

//! What releases wait for on GitHub: checks that end, deployments, boxes that people tick, milestones.

use super::*;
use crate::sandbox::{CiState, DeployState, Text, topic::TopicKey};

#[tokio::test]
async fn a_suite_ends_with_the_last_of_its_runs() {
    let stage = stage().await;
    let (repo, head) = (&stage.repo, stage.repo.head("main").unwrap());
    let suites = || {
        let told = stage.delivered("check_suite");
        let of = |body: &Value| (body["check_suite"]["app"]["slug"].clone(), body["check_suite"]["conclusion"].clone());
        told.iter().map(of).collect::<Vec<_>>()
    };
    repo.ci(&head, "lint", CiState::Running).unwrap();
    repo.ci(&head, "test", CiState::Running).unwrap();
    repo.ci(&head, "lint", CiState::Failure).unwrap();
    assert_eq!(suites(), []);
    repo.ci(&head, "test", CiState::Success).unwrap();
    assert_eq!(suites(), [(json!("github-actions"), json!("failure"))]);
    repo.ci(&head, "lint", CiState::Success).unwrap();
    assert_eq!(suites(), [(json!("github-actions"), json!("success"))]);
    stage.bot.post("/check-runs", json!({"name": "slipway/policy", "head_sha": head, "conclusion": "success"})).await;
    assert_eq!(suites(), [(json!("slipway"), json!("success"))]);
}

#[tokio::test]
async fn each_status_is_told_with_the_branches_that_hold_it() {
    let stage = stage().await;
    let head = stage.repo.head("main").unwrap();
    stage.repo.report(&head, "build", "pending").unwrap();
    stage.repo.report(&head, "build", "success").unwrap();
    let told = stage.delivered("status");
    let seen: Vec<_> = told.iter().map(|body| (&body["context"], &body["state"], &body["branches"][0]["name"])).collect();
    let (build, main) = (json!("build"), json!("main"));
    assert_eq!(seen, [(&build, &json!("pending"), &main), (&build, &json!("success"), &main)]);
    assert_eq!((&told[1]["sha"], &told[1]["commit"]["sha"]), (&json!(head), &json!(head)));
}

#[tokio::test]
async fn deployments_are_told_and_those_before_are_inactive() {
    let stage = stage().await;
    let (bot, repo, first) = (&stage.bot, &stage.repo, stage.repo.head("main").unwrap());
    repo.deploy("production", "main", DeployState::Running).unwrap();
    let id = repo.deploy("production", "main", DeployState::Success).unwrap();
    let states: Vec<_> = stage.delivered("deployment_status").iter().map(|body| body["deployment_status"]["state"].clone()).collect();
    assert_eq!(states, ["in_progress", "success"]);
    let second = repo.commit("main", "dana", "feat: b", &[("b", "b")]).unwrap();
    stage.sandbox.let_pass(jiff::SignedDuration::from_hours(2));
    repo.deploy_by("dana", ("staging", "main"), DeployState::Success).unwrap();
    repo.deploy("production", &second, DeployState::Success).unwrap();
    repo.deploy("production", &second, DeployState::Failure).unwrap();
    assert!(repo.deploy("production", "main", DeployState::Canceled).is_err());
    let created = stage.delivered("deployment");
    assert_eq!((created.len(), &created[0]["deployment"]["creator"]["login"]), (3, &json!("dana")));
    let query = "deployments(environments: [\"production\"], first: 10, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes {
        databaseId commitOid state environment createdAt updatedAt task creator { login } ref { name } commit { oid }
        latestStatus { state createdAt } statuses(first: 5) { nodes { state createdAt environment } } } }";
    let seen = bot.look(query).await;
    let of = |field: &str| (0..3).map(|n| seen.at(&format!("/deployments/nodes/{n}/{field}")).clone()).collect::<Vec<_>>();
    assert_eq!(of("commitOid"), [json!(second), json!(second), json!(first)]);
    assert_eq!(of("state"), ["FAILURE", "ACTIVE", "INACTIVE"]);
    assert_eq!(of("statuses/nodes/1/state"), [Value::Null, Value::Null, json!("SUCCESS")]);
    assert_eq!(of("databaseId")[2], id);
    let newest = bot.look("deployments(last: 1) { nodes { state } pageInfo { hasPreviousPage } }").await;
    assert_eq!(newest.at("/deployments/nodes"), &json!([{"state": "FAILURE"}]));
}

#[tokio::test]
async fn people_tick_boxes_in_issues_and_in_comments_of_the_bot() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    let issue = repo.open_issue_with("ann", ("Release", "- [ ] notes\n- [ ] ship"), &["release-blocker"]).unwrap();
    let comment = bot.post(&format!("/issues/{issue}/comments"), json!({"body": "- [x] read"})).await.number("/id");
    stage.sandbox.take_deliveries();
    repo.tick(Text::Topic(TopicKey::Issue(issue)), "bob", "ship").unwrap();
    let edited = stage.delivered("issues");
    let (before, after) = (&edited[0]["changes"]["body"]["from"], &edited[0]["issue"]["body"]);
    assert_eq!((before, after), (&json!("- [ ] notes\n- [ ] ship"), &json!("- [ ] notes\n- [x] ship")));
    repo.tick(Text::Comment(comment), "bob", "read").unwrap();
    let edited = stage.delivered("issue_comment");
    let seen = [&edited[0]["action"], &edited[0]["changes"]["body"]["from"], &edited[0]["comment"]["body"], &edited[0]["sender"]["login"]];
    assert_eq!(seen, ["edited", "- [x] read", "- [ ] read", "bob"]);
    assert!(repo.tick(Text::Comment(comment), "bob", "write").is_err());
    repo.edit_text(Text::Comment(comment), "bob", "- [ ] gone").unwrap();
    assert_eq!((repo.text(Text::Comment(comment)).as_str(), stage.delivered("issue_comment").len()), ("- [ ] gone", 1));
}

#[tokio::test]
async fn an_issue_opened_with_labels_is_told_with_each_of_them() {
    let stage = stage().await;
    stage.repo.open_issue_with("ann", ("Crash", "It breaks."), &["bug", "release-blocker"]).unwrap();
    let told = stage.delivered("issues");
    let seen: Vec<_> =
        told.iter().map(|body| (&body["action"], &body["label"]["name"], body["issue"]["labels"].as_array().unwrap().len())).collect();
    let labeled = json!("labeled");
    assert_eq!(seen, [(&json!("opened"), &Value::Null, 2), (&labeled, &json!("bug"), 2), (&labeled, &json!("release-blocker"), 2)]);
}

#[tokio::test]
async fn blockers_are_found_with_their_milestones() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    repo.milestone("1.4").unwrap();
    repo.milestone("1.5").unwrap();
    repo.branch("feature/a", "main").unwrap();
    repo.commit("feature/a", "dana", "feat: a", &[("a", "a")]).unwrap();
    let issue = TopicKey::Issue(repo.open_issue_with("ann", ("Crash", ""), &["release-blocker"]).unwrap());
    let request = repo.open("dana", "feature/a", "main", "feat: a").unwrap();
    repo.label(request, "release-blocker").unwrap();
    repo.set_milestone(TopicKey::Request(request), "maya", Some("1.4")).unwrap();
    stage.sandbox.take_deliveries();
    repo.set_milestone(issue, "maya", Some("1.4")).unwrap();
    repo.set_milestone(issue, "maya", Some("1.5")).unwrap();
    repo.set_milestone(issue, "maya", Some("1.5")).unwrap();
    let told = stage.delivered("issues");
    let seen: Vec<_> = told.iter().map(|body| (&body["action"], &body["milestone"]["title"])).collect();
    let (put, old, new) = (json!("milestoned"), json!("1.4"), json!("1.5"));
    assert_eq!(seen, [(&put, &old), (&json!("demilestoned"), &old), (&put, &new)]);
    let label = "labels: [\"release-blocker\"], states: [OPEN], first: 20";
    let query = format!(
        "issues({label}) {{ nodes {{ number milestone {{ title }} }} }} pullRequests({label}) {{ nodes {{ milestone {{ number title state }} }} }}"
    );
    let seen = bot.look(&query).await;
    assert_eq!(
        (seen.text("/issues/nodes/0/milestone/title"), seen.text("/pullRequests/nodes/0/milestone/title")),
        ("1.5".into(), "1.4".into())
    );
    assert_eq!(bot.get("/issues?milestone=2&labels=release-blocker").await.text("/0/milestone/title"), "1.5");
    assert_eq!((bot.get("/issues?milestone=none").await.len(), bot.get("/milestones").await.number("/1/open_issues")), (0, 1));
}

#[tokio::test]
async fn releases_are_listed_by_the_graph_newest_first() {
    let stage = stage().await;
    for tag in ["v1.0.0", "v1.1.0"] {
        stage.repo.tag(tag, "main").unwrap();
        stage.repo.release(tag, "Notes").unwrap();
    }
    let order = "orderBy: {field: CREATED_AT, direction: DESC}";
    let query = format!(
        "releases(first: 1, {order}) {{ totalCount nodes {{ tagName publishedAt isDraft isPrerelease tagCommit {{ oid }} }} pageInfo {{ hasNextPage }} }}"
    );
    let seen = stage.bot.look(&query).await;
    assert_eq!((seen.text("/releases/nodes/0/tagName").as_str(), seen.at("/releases/pageInfo/hasNextPage")), ("v1.1.0", &json!(true)));
}

#[tokio::test]
async fn the_pages_have_boxes_to_click_and_a_form_for_issues() {
    let Stage { sandbox, repo, .. } = stage().await;
    let http = reqwest::Client::new();
    let send = async |path: &str, form: &[(&str, &str)]| {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = http.post(format!("{}{path}", sandbox.url())).header("content-type", "application/x-www-form-urlencoded");
        request.body(form).send().await.unwrap().status()
    };
    let issue = [("author", "ann"), ("title", "Release"), ("body", "- [ ] notes\r\n- [ ] ship"), ("label", "bug, late")];
    assert_eq!(send("/acme/app", &issue).await, 200);
    assert_eq!(send("/acme/app/issues/1", &[("author", "bob"), ("tick", "topic:1")]).await, 200);
    let seen = repo.issues().remove(0);
    assert_eq!((seen.body.as_str(), seen.labels.join(" ").as_str(), seen.author.as_str()), ("- [ ] notes\n- [x] ship", "bug late", "ann"));
    assert_eq!(send("/acme/app/issues/1", &[("author", "bob"), ("tick", "topic:2")]).await, 422);
    repo.deploy("production", "main", DeployState::Success).unwrap();
    let page = async |path: &str| http.get(format!("{}{path}", sandbox.url())).send().await.unwrap().text().await.unwrap();
    assert!(page("/acme/app/issues/1").await.contains("value=\"topic:0\" aria-pressed=\"false\">☐</button> notes"));
    assert!(page("/acme/app").await.contains("success</span> production"));
}

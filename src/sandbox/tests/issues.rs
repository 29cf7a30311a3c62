//! GitHub's issues as a bot keeps them, and the checks that it reports with remarks on files.

use super::*;
use crate::sandbox::acts::Edit;

#[tokio::test]
async fn issues_are_listed_by_author_label_and_state() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    repo.open_issue("ann", "Bug").unwrap();
    bot.post("/issues", json!({"title": "Freeze", "labels": ["freeze", "slipway"]})).await;
    bot.post("/issues", json!({"title": "Old freeze", "labels": ["freeze"]})).await;
    let closed = bot.patch("/issues/3", json!({"state": "closed", "state_reason": "not_planned"})).await;
    assert_eq!(closed.text("/state_reason"), "not_planned");
    let numbers = async |query: &str| {
        let listed = bot.get(&format!("/issues?{query}")).await;
        (0..listed.len()).map(|n| listed.number(&format!("/{n}/number"))).collect::<Vec<_>>()
    };
    assert_eq!(numbers("").await, [2, 1]);
    assert_eq!(numbers("creator=slipway%5Bbot%5D&state=all").await, [3, 2]);
    assert_eq!(numbers("labels=freeze,slipway&state=all").await, [2]);
    assert_eq!(numbers("state=all&sort=updated&direction=asc").await, [1, 2, 3]);
    assert_eq!(numbers("state=closed&per_page=1&page=1").await, [3]);
    assert_eq!(bot.patch("/issues/3", json!({"state": "open"})).await.text("/state_reason"), "reopened");
}

#[tokio::test]
async fn people_edit_close_label_and_pin_issues() {
    let stage = stage().await;
    let repo = &stage.repo;
    let number = repo.open_issue("ann", "Bug").unwrap();
    repo.edit_issue(number, "bob", Edit { body: Some("It breaks.".to_owned()), ..Edit::default() }).unwrap();
    repo.label_issue(number, "bob", "bug").unwrap();
    repo.unlabel_issue(number, "bob", "bug").unwrap();
    repo.pin_issue(number, "bob").unwrap();
    repo.close_issue(number, "bob").unwrap();
    repo.reopen_issue(number, "bob").unwrap();
    repo.unpin_issue(number, "bob").unwrap();
    let told = stage.delivered("issues");
    let actions: Vec<_> = told.iter().map(|body| body["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["opened", "edited", "labeled", "unlabeled", "pinned", "closed", "reopened", "unpinned"]);
    assert!(told.iter().skip(1).all(|body| body["sender"]["login"] == "bob"));
    let issues = repo.issues();
    assert_eq!((issues[0].body.as_str(), issues[0].state.as_str(), issues[0].pinned), ("It breaks.", "open", false));
}

#[tokio::test]
async fn the_graph_finds_issues_and_pins_three() {
    let Stage { bot, repo, sandbox } = stage().await;
    repo.open_issue("ann", "Bug").unwrap();
    for title in ["One", "Two", "Three", "Four"] {
        bot.post("/issues", json!({"title": title, "body": "text", "labels": ["freeze"]})).await;
    }
    let query = "issues(filterBy: {createdBy: \"slipway[bot]\", labels: [\"freeze\"], states: [OPEN]}, first: 10, orderBy: {field: CREATED_AT, direction: DESC}) {
        nodes { id number title body state stateReason databaseId isPinned closedAt createdAt updatedAt url author { login } labels(first: 5) { nodes { name } } comments(first: 1) { totalCount } } }
        none: issues(first: 1, filterBy: {createdBy: \"slipway\"}) { totalCount }";
    let shown = bot.look(query).await;
    assert_eq!((shown.text("/issues/nodes/0/title").as_str(), shown.number("/none/totalCount")), ("Four", 0));
    sandbox.take_deliveries();
    let act = async |what: &str, number: usize| {
        let id = shown.text(&format!("/issues/nodes/{number}/id"));
        let query = format!("mutation($id: ID!) {{ {what}(input: {{issueId: $id}}) {{ issue {{ number isPinned }} }} }}");
        bot.ask(&query, json!({"id": id})).await
    };
    assert_eq!(act("pinIssue", 0).await.at("/data/pinIssue/issue"), &json!({"number": 5, "isPinned": true}));
    act("pinIssue", 0).await;
    act("pinIssue", 1).await;
    act("pinIssue", 2).await;
    let fourth = act("pinIssue", 3).await;
    assert_eq!((fourth.at("/data/pinIssue"), fourth.text("/errors/0/type").as_str()), (&Value::Null, "UNPROCESSABLE"));
    assert_eq!(act("unpinIssue", 0).await.at("/data/unpinIssue/issue/isPinned"), &json!(false));
    let told: Vec<_> = sandbox.take_deliveries().into_iter().map(|delivery| delivery.summary).collect();
    assert_eq!(told, ["issues pinned acme/app#5", "issues pinned acme/app#4", "issues pinned acme/app#3", "issues unpinned acme/app#5"]);
}

#[tokio::test]
async fn checks_keep_their_annotations_and_are_found_by_the_graph() {
    let Stage { bot, repo, sandbox } = stage().await;
    let sha = repo.head("main").unwrap();
    let remark =
        |line: usize| json!({"path": "slipway.toml", "start_line": line, "end_line": line, "annotation_level": "warning", "message": "m"});
    let output = |count: usize| json!({"title": "t", "summary": "s", "annotations": (1..=count).map(remark).collect::<Vec<_>>()});
    let check = json!({"name": "slipway/policy", "head_sha": sha, "conclusion": "neutral", "external_id": "key-1", "output": output(50)});
    let made = bot.post("/check-runs", check.clone()).await;
    let path = format!("/check-runs/{}", made.number("/id"));
    assert_eq!((made.text("/conclusion").as_str(), made.text("/external_id").as_str()), ("neutral", "key-1"));
    assert_eq!(bot.patch(&path, json!({"output": output(2)})).await.number("/output/annotations_count"), 52);
    let pages = bot.pages(&format!("{path}/annotations?per_page=50")).await;
    assert_eq!(pages.iter().map(Answer::len).collect::<Vec<_>>(), [50, 2]);
    assert_eq!(repo.annotations(&sha, "slipway/policy").len(), 52);
    let again = bot.post("/check-runs", json!({"name": "slipway/policy", "head_sha": sha, "status": "in_progress"})).await;
    let query = |app: u64| {
        format!(
            "object(expression: \"main\") {{ ... on Commit {{ checkSuites(first: 1, filterBy: {{appId: {app}, checkName: \"slipway/policy\"}}) {{
               nodes {{ status conclusion databaseId app {{ slug databaseId }} commit {{ oid }}
                 checkRuns(first: 10, filterBy: {{checkName: \"slipway/policy\"}}) {{ nodes {{ databaseId name status conclusion title summary externalId text detailsUrl startedAt completedAt url }} }}
                 latest: checkRuns(first: 10, filterBy: {{checkType: LATEST}}) {{ nodes {{ databaseId }} }} }} }} }} }}"
        )
    };
    let shown = bot.look(&query(sandbox.secrets().app_id)).await;
    let suite = shown.at("/object/checkSuites/nodes/0").clone();
    assert_eq!((&suite["app"]["slug"], &suite["status"]), (&json!("slipway"), &json!("IN_PROGRESS")));
    assert_eq!(
        (&suite["checkRuns"]["nodes"][0]["conclusion"], &suite["checkRuns"]["nodes"][0]["externalId"]),
        (&json!("NEUTRAL"), &json!("key-1"))
    );
    assert_eq!(suite["latest"]["nodes"], json!([{"databaseId": again.number("/id")}]));
    assert_eq!(bot.look(&query(1)).await.at("/object/checkSuites/nodes"), &json!([]));
}

#[tokio::test]
async fn a_call_takes_no_more_than_fifty_whole_annotations() {
    let Stage { bot, repo, .. } = stage_with(SandboxOptions { record: None, ..SandboxOptions::default() }).await;
    let remark = json!({"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"});
    let check = |annotations: Value| {
        let output = json!({"title": "t", "summary": "s", "annotations": annotations});
        json!({"name": "x", "head_sha": repo.head("main").unwrap(), "output": output})
    };
    assert_eq!(bot.post("/check-runs", check(json!(vec![remark; 51]))).await.status, 422);
    assert_eq!(bot.post("/check-runs", check(json!([{"path": "a"}]))).await.text("/errors/0/field"), "annotations");
}

#[tokio::test]
async fn the_file_of_the_organisation_is_read_where_it_can_be_seen() {
    let Stage { bot, sandbox, .. } = stage().await;
    let query = "{ repository(owner: \"acme\", name: \".github\") { object(expression: \"HEAD:slipway.toml\") { ... on Blob { text } } } }";
    assert_eq!(bot.ask(query, json!({})).await.text("/errors/0/type"), "NOT_FOUND");
    sandbox.repository(Kind::GitHub, "acme/.github", &[CONFIG]).unwrap();
    assert_eq!(bot.ask(query, json!({})).await.text("/data/repository/object/text"), CONFIG.1);
}

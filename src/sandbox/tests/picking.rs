//! What backports are made with on GitHub: merges without pull requests, temporary branches, and what the graph tells of commits.

use super::*;
use crate::sandbox::Merge;

const TEMPORARY: &str = "slipway/tmp/1";

impl Stage {
    /// The tip of a line `release/1.4`, and a commit on main that it does not have.
    fn line(&self) -> (String, String) {
        self.repo.branch("release/1.4", "main").unwrap();
        let line = self.repo.commit("release/1.4", "ann", "docs: 1.4", &[("LINE", "1.4\n")]).unwrap();
        self.repo.commit("main", "ann", "feat: y", &[("y", "1\n")]).unwrap();
        (line, self.repo.commit("main", "bob", "fix: z\n\nWhy.", &[("z", "1\n")]).unwrap())
    }
}

impl Bot {
    async fn merge(&self, base: &str, head: &str) -> Answer {
        self.post("/merges", json!({"base": base, "head": head, "commit_message": "[skip ci] pick"})).await
    }
}

#[tokio::test]
async fn a_branch_is_merged_into_another_with_a_commit_of_its_own() {
    let stage = stage().await;
    let (bot, (line, fix)) = (&stage.bot, stage.line());
    let made = bot.merge("release/1.4", "main").await;
    assert_eq!((made.status.as_u16(), made.text("/commit/message").as_str()), (201, "[skip ci] pick"));
    assert_eq!([made.text("/parents/0/sha"), made.text("/parents/1/sha")], [line, fix.clone()]);
    assert_eq!((made.text("/commit/author/name").as_str(), made.at("/commit/verification/verified")), ("slipway[bot]", &json!(true)));
    assert_eq!(stage.repo.head("release/1.4").unwrap(), made.text("/sha"));
    assert_eq!(stage.delivered("push").last().unwrap()["after"], made.body["sha"]);
    let again = bot.merge("release/1.4", &fix).await;
    assert_eq!((again.status.as_u16(), again.body), (204, Value::Null));
    let lost = [bot.merge("none", "main").await, bot.merge("main", "none").await];
    assert_eq!(
        lost.map(|lost| (lost.status.as_u16(), lost.text("/message"))),
        [(404, "Base does not exist".to_owned()), (404, "Head does not exist".to_owned())]
    );
    stage.repo.commit("release/1.4", "ann", "fix: z here", &[("z", "2\n")]).unwrap();
    stage.repo.commit("main", "ann", "fix: z there", &[("z", "3\n")]).unwrap();
    let conflict = bot.merge("release/1.4", "main").await;
    assert_eq!((conflict.status.as_u16(), conflict.text("/message").as_str()), (409, "Merge conflict"));
}

#[tokio::test]
async fn a_commit_is_picked_by_merging_it_into_a_sibling_of_its_own() {
    let stage = stage().await;
    let (bot, (line, fix)) = (&stage.bot, stage.line());
    let tree = bot.get(&format!("/git/commits/{line}")).await.text("/tree/sha");
    let parent = bot.get(&format!("/git/commits/{fix}")).await.text("/parents/0/sha");
    let created = bot.post("/git/refs", json!({"ref": format!("refs/heads/{TEMPORARY}"), "sha": line})).await;
    assert_eq!((created.status.as_u16(), created.text("/ref")), (201, format!("refs/heads/{TEMPORARY}")));
    let sibling = bot.post("/git/commits", json!({"message": "[skip ci] sibling", "tree": tree, "parents": [parent]})).await.text("/sha");
    let path = format!("/git/refs/heads/{TEMPORARY}");
    assert_eq!(bot.patch(&path, json!({"sha": sibling})).await.status, 422);
    assert_eq!(bot.patch(&path, json!({"sha": sibling, "force": true})).await.text("/object/sha"), sibling);
    let merged = bot.merge(TEMPORARY, &fix).await.text("/commit/tree/sha");
    let author = json!({"name": "bob", "email": "bob@users.example", "date": "2026-01-05T09:00:03Z"});
    let picked = json!({"message": "fix: z", "tree": merged, "parents": [line], "author": author});
    let picked = bot.post("/git/commits", picked).await.text("/sha");
    bot.post("/git/refs", json!({"ref": "refs/heads/backport/1", "sha": picked})).await;
    assert_eq!((stage.repo.file("backport/1", "z").as_deref(), stage.repo.file("backport/1", "y")), (Some("1\n"), None));
    assert_eq!([bot.delete(&path).await.status.as_u16(), bot.delete(&path).await.status.as_u16()], [204, 422]);
    assert_eq!(stage.repo.branches(), ["backport/1", "main", "release/1.4"]);
    let within = bot.post("/git/refs", json!({"ref": "refs/heads/backport", "sha": picked})).await;
    assert_eq!((within.status.as_u16(), within.text("/message").as_str()), (422, "Reference update failed"));
}

#[tokio::test]
async fn the_graph_shows_trees_parents_and_what_a_merge_made() {
    let stage = stage().await;
    let (repo, bot) = (&stage.repo, &stage.bot);
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "feat: x\n\nCo-authored-by: bob <bob@users.example>", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    repo.label(number, "backport release/1.4").unwrap();
    let tip = repo.merge(number, "max", Merge::MergeCommit).unwrap();
    let seen = bot
        .look(
            "pullRequest(number: 1) { merged baseRefName headRefOid mergedBy { login }
            mergeCommit { oid tree { oid } parents(first: 2) { totalCount nodes { oid } } }
            commits(first: 100) { totalCount nodes { commit { oid message author { name email date } authors(first: 5) { nodes { name } }
              committedDate parents(first: 2) { totalCount nodes { oid } } tree { oid } } } }
            labels(first: 5) { nodes { name } } files(first: 5) { nodes { path } } }",
        )
        .await;
    let request = |path: &str| seen.at(&format!("/pullRequest{path}")).clone();
    assert_eq!((request("/mergeCommit/oid"), request("/mergeCommit/parents/totalCount")), (json!(tip), json!(2)));
    assert_eq!(request("/mergeCommit/tree/oid"), bot.get(&format!("/git/commits/{tip}")).await.body["tree"]["sha"]);
    assert_eq!(request("/commits/nodes/0/commit/authors/nodes"), json!([{"name": "ann"}, {"name": "bob"}]));
    assert_eq!((request("/labels/nodes/0/name"), request("/files/nodes/0/path")), (json!("backport release/1.4"), json!("x")));
    let query = format!(
        "object(oid: \"{tip}\") {{ ... on Commit {{ tree {{ oid }} parents(first: 2) {{ nodes {{ oid }} }} message author {{ name }} }} }}
        pullRequests(headRefName: \"x\", first: 5, states: [OPEN, MERGED]) {{ nodes {{ number state }} }}
        refs(refPrefix: \"refs/heads/\", query: \"x\", first: 10) {{ nodes {{ name target {{ oid }} }} }}"
    );
    let seen = bot.look(&query).await;
    assert_eq!(
        (seen.at("/object/tree/oid"), seen.at("/pullRequests/nodes")),
        (&request("/mergeCommit/tree/oid"), &json!([{"number": 1, "state": "MERGED"}]))
    );
    assert_eq!(seen.at("/refs/nodes/0/target/oid"), &request("/headRefOid"));
}

const LINE: &str = "ref(qualifiedName: \"main\") {
  rules(first: 20) { nodes { type parameters { __typename ... on RequiredStatusChecksParameters { requiredStatusChecks { context } } } } }
  target { oid ... on Commit { tree { oid } history(first: 5) { nodes { oid statusCheckRollup { state contexts(first: 50) { totalCount nodes { __typename
    ... on CheckRun { name status conclusion checkSuite { app { slug } } } ... on StatusContext { context state } } } } } } } } }";

#[tokio::test]
async fn the_graph_rolls_up_checks_and_statuses_and_shows_the_rules_of_a_branch() {
    let stage = stage().await;
    let (repo, head) = (&stage.repo, stage.repo.head("main").unwrap());
    assert_eq!(stage.bot.look(LINE).await.at("/ref/target/history/nodes/0/statusCheckRollup"), &Value::Null);
    let checks = json!({"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "test"}], "strict_required_status_checks_policy": false}});
    let ruleset = json!({"name": "main", "target": "branch", "enforcement": "active", "rules": [json!({"type": "deletion"}), json!({"type": "update"}), checks],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}});
    repo.add_ruleset("acme", &ruleset).unwrap();
    repo.report(&head, "lint", "success").unwrap();
    stage.bot.post("/check-runs", json!({"name": "slipway/policy", "head_sha": head, "conclusion": "neutral"})).await;
    let seen = stage.bot.look(LINE).await;
    let rollup = |path: &str| seen.at(&format!("/ref/target/history/nodes/0/statusCheckRollup{path}")).clone();
    assert_eq!((rollup("/state"), rollup("/contexts/totalCount")), (json!("SUCCESS"), json!(2)));
    assert_eq!(rollup("/contexts/nodes/0/checkSuite/app/slug"), "slipway");
    assert_eq!(rollup("/contexts/nodes/1"), json!({"__typename": "StatusContext", "context": "lint", "state": "SUCCESS"}));
    assert_eq!(seen.at("/ref/rules/nodes/0"), &json!({"type": "DELETION", "parameters": null}));
    assert_eq!(seen.at("/ref/rules/nodes/1/parameters"), &json!({"__typename": "UpdateParameters"}));
    assert_eq!(seen.at("/ref/rules/nodes/2/parameters/requiredStatusChecks"), &json!([{"context": "test"}]));
}

#[tokio::test]
async fn labels_are_things_of_the_repository() {
    let Stage { bot, repo, .. } = stage().await;
    let made = bot.post("/labels", json!({"name": "Backport", "color": "0e8a16", "description": "Goes to older lines"})).await;
    assert_eq!((made.status.as_u16(), made.text("/color").as_str()), (201, "0e8a16"));
    let twice = bot.post("/labels", json!({"name": "backport"})).await;
    assert_eq!((twice.status.as_u16(), twice.text("/errors/0/code").as_str()), (422, "already_exists"));
    assert_eq!(bot.get("/labels/backport").await.text("/description"), "Goes to older lines");
    assert_eq!(bot.get("/labels/none").await.status, 404);
    let issue = repo.open_issue("ann", "Words").unwrap();
    let held = bot.post(&format!("/issues/{issue}/labels"), json!({"labels": ["backport", "new one"]})).await;
    assert_eq!((held.text("/0/name").as_str(), held.text("/1/color").as_str()), ("Backport", "ededed"));
    assert_eq!(bot.get("/labels?per_page=1").await.text("/0/name"), "Backport");
    assert_eq!((bot.get("/labels").await.len(), bot.get("/labels/new%20one").await.text("/name").as_str()), (2, "new one"));
}

#[tokio::test]
async fn collaborators_are_asked_for_by_what_they_may_do() {
    let Stage { bot, repo, .. } = stage().await;
    for (login, role) in [("ann", Role::Write), ("max", Role::Maintain), ("slipway[bot]", Role::Admin)] {
        repo.grant(login, role).unwrap();
    }
    let maintainers = bot.get("/collaborators?permission=maintain&per_page=100").await;
    assert_eq!(
        (maintainers.len(), maintainers.text("/0/login"), maintainers.text("/1/role_name")),
        (2, "acme".to_owned(), "maintain".to_owned())
    );
    assert_eq!(maintainers.at("/1/permissions"), &json!({"admin": false, "maintain": true, "push": true, "triage": true, "pull": true}));
    assert_eq!((bot.get("/collaborators").await.len(), bot.get("/collaborators?per_page=1").await.next_page().is_some()), (3, true));
}

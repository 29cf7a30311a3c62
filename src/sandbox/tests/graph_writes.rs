//! GitHub's GraphQL mutations, and the webhooks that they cause.

use super::*;
use crate::sandbox::Merge;

const COMMIT: &str = "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { clientMutationId
    commit { oid message parents(first: 1) { nodes { oid } } signature { isValid wasSignedByGitHub } author { name user { login } } } ref { name target { oid } } } }";

fn files(expected: &str, additions: &Value, deletions: &Value) -> Value {
    let branch = json!({"repositoryNameWithOwner": "acme/app", "branchName": "main"});
    let changes = json!({"additions": additions, "deletions": deletions});
    let message = json!({"headline": "chore: release 1.0.0", "body": "Body"});
    json!({"input": {"branch": branch, "message": message, "expectedHeadOid": expected, "fileChanges": changes, "clientMutationId": "m"}})
}

impl Stage {
    async fn id(&self) -> String {
        self.bot.get("").await.text("/node_id")
    }

    /// Carries out a mutation with an input; the whole answer.
    async fn mutate(&self, name: &str, kind: &str, input: Value, selection: &str) -> Answer {
        let query = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} }} }}");
        self.bot.ask(&query, json!({"input": input})).await
    }
}

#[tokio::test]
async fn a_commit_is_made_only_on_the_expected_head() {
    let stage = stage().await;
    let head = stage.repo.head("main").unwrap();
    let added = json!([{"path": "CHANGELOG.md", "contents": "bm90ZXMK"}]);
    let made = stage.bot.ask(COMMIT, files(&head, &added, &json!([{"path": "docs/a b.md"}]))).await;
    let commit = |path: &str| made.at(&format!("/data/createCommitOnBranch{path}")).clone();
    assert_eq!((commit("/clientMutationId"), commit("/commit/message")), (json!("m"), json!("chore: release 1.0.0\n\nBody")));
    assert_eq!((commit("/commit/parents/nodes/0/oid"), commit("/ref/target/oid")), (json!(head), json!(stage.repo.head("main").unwrap())));
    assert_eq!((commit("/commit/signature/isValid"), commit("/commit/author/user/login")), (json!(true), json!("slipway[bot]")));
    let tip = stage.bot.get("/commits/main").await;
    assert_eq!((tip.at("/commit/verification/verified"), tip.at("/files").as_array().unwrap().len()), (&json!(true), 2));
    assert_eq!(stage.bot.get("/contents/CHANGELOG.md").await.text("/content"), "bm90ZXMK\n");
    assert_eq!(stage.delivered("push")[0].pointer("/sender/login").unwrap(), "slipway[bot]");
    let late = stage.bot.ask(COMMIT, files(&head, &added, &json!([]))).await;
    assert_eq!((late.text("/errors/0/type").as_str(), late.at("/data/createCommitOnBranch")), ("STALE_DATA", &Value::Null));
    assert_eq!(late.text("/errors/0/message"), format!("Expected branch to point to \"{head}\" but it did not.  Pull and try again."));
    let gone = stage.bot.ask(COMMIT, files(&stage.repo.head("main").unwrap(), &json!([]), &json!([{"path": "none"}]))).await;
    assert!(gone.text("/errors/0/message").starts_with("A path was requested for deletion which does not exist"));
}

#[tokio::test]
async fn references_are_made_moved_and_deleted() {
    let stage = stage().await;
    let (repo, id) = (&stage.repo, stage.id().await);
    let (start, next) = (repo.head("main").unwrap(), repo.commit("main", "ann", "feat: x", &[("x", "1")]).unwrap());
    let input = json!({"repositoryId": id, "name": "refs/heads/slipway/release/main", "oid": start});
    let made = stage.mutate("createRef", "CreateRefInput", input.clone(), "ref { id name target { oid } }").await;
    assert_eq!(made.text("/data/createRef/ref/name"), "slipway/release/main");
    let again = stage.mutate("createRef", "CreateRefInput", input, "ref { id }").await;
    assert_eq!(again.text("/errors/0/message"), "A ref named \"refs/heads/slipway/release/main\" already exists in the repository.");
    let reference = made.text("/data/createRef/ref/id");
    assert_eq!(stage.bot.get("/git/ref/heads/slipway/release/main").await.text("/node_id"), reference);
    let moved = stage.mutate("updateRef", "UpdateRefInput", json!({"refId": reference, "oid": next}), "ref { target { oid } }").await;
    assert_eq!(moved.text("/data/updateRef/ref/target/oid"), next);
    let back = stage.mutate("updateRef", "UpdateRefInput", json!({"refId": reference, "oid": start}), "ref { id }").await;
    assert_eq!(back.text("/errors/0/type"), "UNPROCESSABLE");
    let forced = json!({"refId": reference, "oid": start, "force": true});
    assert_eq!(
        stage.mutate("updateRef", "UpdateRefInput", forced, "ref { target { oid } }").await.text("/data/updateRef/ref/target/oid"),
        start
    );
    let deleted = stage.mutate("deleteRef", "DeleteRefInput", json!({"refId": reference}), "clientMutationId").await;
    assert_eq!(deleted.body, json!({"data": {"deleteRef": {"clientMutationId": null}}}));
    assert_eq!(repo.branches(), ["main"]);
    let unknown = stage.mutate("deleteRef", "DeleteRefInput", json!({"refId": "REF_x"}), "clientMutationId").await;
    assert_eq!(unknown.text("/errors/0/message"), "Could not resolve to a node with the global id of 'REF_x'.");
}

#[tokio::test]
async fn several_references_move_together_or_not_at_all() {
    let stage = stage().await;
    let (repo, id, zero) = (&stage.repo, stage.id().await, "0".repeat(40));
    let start = repo.head("main").unwrap();
    repo.branch("old", "main").unwrap();
    let next = repo.commit("old", "ann", "feat: x", &[("x", "1")]).unwrap();
    let update = |name: &str, before: &str, after: &str| json!({"name": name, "beforeOid": before, "afterOid": after, "force": true});
    let updates =
        json!([update("refs/heads/old", &next, &start), update("refs/heads/new", &zero, &next), update("refs/tags/v1", &zero, &start)]);
    let late = json!([updates[0], update("refs/heads/new", &start, &next)]);
    let refused = stage.mutate("updateRefs", "UpdateRefsInput", json!({"repositoryId": id, "refUpdates": late}), "clientMutationId").await;
    assert_eq!((refused.at("/data/updateRefs"), repo.head("old").unwrap()), (&Value::Null, next.clone()));
    let done = stage.mutate("updateRefs", "UpdateRefsInput", json!({"repositoryId": id, "refUpdates": updates}), "clientMutationId").await;
    assert_eq!(done.at("/errors"), &Value::Null, "{}", done.body);
    assert_eq!((repo.head("old").unwrap(), repo.head("new").unwrap(), repo.tags()), (start, next.clone(), vec!["v1".to_owned()]));
    let gone = json!([update("refs/heads/new", &next, &zero)]);
    stage.mutate("updateRefs", "UpdateRefsInput", json!({"repositoryId": id, "refUpdates": gone}), "clientMutationId").await;
    assert_eq!(repo.branches(), ["main", "old"]);
}

#[tokio::test]
async fn one_call_moves_commits_and_opens_in_turn() {
    let stage = stage().await;
    let (id, head) = (stage.id().await, stage.repo.head("main").unwrap());
    let query = "mutation($repository: ID!, $head: GitObjectID!, $branch: CommittableBranch!, $files: FileChanges!) {
        createRef(input: {repositoryId: $repository, name: \"refs/heads/slipway/release/main\", oid: $head}) { ref { id } }
        createCommitOnBranch(input: {branch: $branch, expectedHeadOid: $head, message: {headline: \"chore: release\"}, fileChanges: $files}) { commit { oid } }
        createPullRequest(input: {repositoryId: $repository, baseRefName: \"main\", headRefName: \"slipway/release/main\", title: \"Release 1.0.0\", body: \"Notes\"}) {
          pullRequest { id number body headRefOid author { login __typename } } }
        again: createPullRequest(input: {repositoryId: $repository, baseRefName: \"main\", headRefName: \"slipway/release/main\", title: \"Twice\"}) { pullRequest { id } } }";
    let branch = json!({"repositoryNameWithOwner": "acme/app", "branchName": "slipway/release/main"});
    let added = json!({"additions": [{"path": "VERSION", "contents": "MS4wLjAK"}]});
    let answer = stage.bot.ask(query, json!({"repository": id, "head": head, "branch": branch, "files": added})).await;
    let pull = |path: &str| answer.at(&format!("/data/createPullRequest/pullRequest{path}")).clone();
    assert_eq!(
        (pull("/headRefOid"), pull("/author")),
        (answer.at("/data/createCommitOnBranch/commit/oid").clone(), json!({"login": "slipway", "__typename": "Bot"}))
    );
    assert_eq!(
        (answer.text("/errors/0/message").as_str(), answer.at("/data/again")),
        ("A pull request already exists for acme:slipway/release/main.", &Value::Null)
    );
    assert_eq!(stage.delivered("pull_request")[0].pointer("/pull_request/user/login").unwrap(), "slipway[bot]");
    let commit = pull("/headRefOid").as_str().unwrap().to_owned();
    assert_eq!(stage.bot.get(&format!("/commits/{commit}/pulls")).await.text("/0/title"), "Release 1.0.0");
}

#[tokio::test]
async fn pull_requests_are_edited_closed_and_opened_again() {
    let stage = stage().await;
    let repo = &stage.repo;
    repo.branch("x", "main").unwrap();
    repo.branch("next", "main").unwrap();
    repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    let id = stage.bot.get(&format!("/pulls/{number}")).await.text("/node_id");
    stage.sandbox.take_deliveries();
    let edit = json!({"pullRequestId": id, "title": "feat: y", "body": "Why", "baseRefName": "next"});
    let edited =
        stage.mutate("updatePullRequest", "UpdatePullRequestInput", edit, "pullRequest { title body baseRefName } actor { login }").await;
    assert_eq!(edited.at("/data/updatePullRequest/pullRequest"), &json!({"title": "feat: y", "body": "Why", "baseRefName": "next"}));
    let by_id = json!({"pullRequestId": id});
    let closed = stage.mutate("closePullRequest", "ClosePullRequestInput", by_id.clone(), "pullRequest { state }").await;
    assert_eq!(closed.text("/data/closePullRequest/pullRequest/state"), "CLOSED");
    stage.mutate("reopenPullRequest", "ReopenPullRequestInput", by_id.clone(), "pullRequest { state }").await;
    let actions: Vec<_> = stage.delivered("pull_request").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(actions, ["edited", "closed", "reopened"]);
    let lost = json!({"pullRequestId": id, "baseRefName": "none"});
    assert_eq!(
        stage.mutate("updatePullRequest", "UpdatePullRequestInput", lost, "pullRequest { id }").await.text("/errors/0/type"),
        "UNPROCESSABLE"
    );
    let wrong = stage.mutate("closePullRequest", "ClosePullRequestInput", json!({"number": 1}), "pullRequest { id }").await;
    assert!(wrong.text("/errors/0/message").starts_with("Variable $input of type ClosePullRequestInput! was provided invalid value"));
    repo.merge(number, "max", Merge::Squash).unwrap();
    assert_eq!(
        stage.mutate("reopenPullRequest", "ReopenPullRequestInput", by_id, "pullRequest { id }").await.text("/errors/0/type"),
        "UNPROCESSABLE"
    );
}

#[tokio::test]
async fn a_tree_and_a_commit_are_made_piece_by_piece() {
    let stage = stage().await;
    let (bot, head) = (&stage.bot, stage.repo.head("main").unwrap());
    let blob = bot.post("/git/blobs", json!({"content": "Mi4wLjAK", "encoding": "base64"})).await;
    let tree = json!([
        {"path": "VERSION", "mode": "100644", "type": "blob", "sha": blob.text("/sha")},
        {"path": "dir/new", "mode": "100644", "type": "blob", "content": "new\n"},
        {"path": "docs/a b.md", "mode": "100644", "type": "blob", "sha": null},
    ]);
    let tree = bot.post("/git/trees", json!({"base_tree": head, "tree": tree})).await;
    assert_eq!((tree.status.as_u16(), tree.at("/tree").as_array().unwrap().len()), (201, 3));
    let commit = bot.post("/git/commits", json!({"message": "chore: release", "tree": tree.text("/sha"), "parents": [head]})).await;
    assert_eq!((commit.status.as_u16(), commit.at("/verification/verified")), (201, &json!(true)));
    let moved = bot.patch("/git/refs/heads/main", json!({"sha": commit.text("/sha")})).await;
    assert_eq!((moved.status.as_u16(), stage.delivered("push").len()), (200, 1));
    assert_eq!(bot.get("/contents/VERSION").await.text("/content"), "Mi4wLjAK\n");
    assert_eq!(bot.get("/contents/docs/a%20b.md").await.status, 404);
    let author = json!({"name": "ann", "email": "ann@users.example", "date": "2026-02-01T00:00:00Z"});
    let own = bot.post("/git/commits", json!({"message": "m", "tree": tree.text("/sha"), "parents": [head], "author": author})).await;
    assert_eq!(own.at("/verification/verified"), &json!(false));
    assert_eq!(bot.post("/git/commits", json!({"message": "m", "tree": "0".repeat(40)})).await.status, 422);
    assert_eq!(bot.post("/git/trees", json!({"tree": []})).await.status, 422);
}

#[tokio::test]
async fn first_contributors_are_those_without_a_merged_request() {
    let Stage { bot, repo, .. } = stage().await;
    for (branch, author) in [("a", "ann"), ("b", "bob")] {
        repo.branch(branch, "main").unwrap();
        repo.commit(branch, author, "feat: x", &[(branch, "1")]).unwrap();
        repo.open(author, branch, "main", "feat: x").unwrap();
    }
    repo.merge(1, "max", Merge::Squash).unwrap();
    let count = async |author: &str, path: &str| {
        let query = format!("/search/issues?q=repo:{path}+type:pr+is:merged+author:{author}&per_page=1");
        bot.send(&bot.token, Method::GET, &query, None).await.unwrap()
    };
    assert_eq!(count("ann", "acme/app").await.number("/total_count"), 1);
    assert_eq!(count("ann", "acme/app").await.number("/items/0/number"), 1);
    assert_eq!(count("bob", "acme/app").await.number("/total_count"), 0);
    assert_eq!(count("bob", "acme/none").await.status, 422);
}

//! GitHub's GraphQL API: what it shows and what it refuses.

use super::*;
use crate::sandbox::{Effect, Fault, Matching, Merge, MergeSettings};

impl Bot {
    /// A query with variables; the whole answer.
    pub(super) async fn ask(&self, query: &str, variables: Value) -> Answer {
        let url = self.base.replace("/api/v3", "/api/graphql");
        let answer = self.send(&self.token, Method::POST, &url, Some(json!({"query": query, "variables": variables}))).await.unwrap();
        assert_eq!(answer.status, 200);
        answer
    }

    /// What a query selects of the repository, which must come without errors.
    pub(super) async fn look(&self, selection: &str) -> Answer {
        let answer = self.ask(&format!("{{ repository(owner: \"acme\", name: \"app\") {{ {selection} }} }}"), json!({})).await;
        assert_eq!(answer.at("/errors"), &Value::Null, "{}", answer.body);
        Answer { body: answer.at("/data/repository").clone(), ..answer }
    }
}

#[tokio::test]
async fn a_repository_shows_its_settings_and_its_default_branch() {
    let Stage { bot, repo, .. } = stage().await;
    repo.set_merging(MergeSettings { merge_commit: false, squash_title: "PR_TITLE", ..MergeSettings::default() }).unwrap();
    let shown = bot
        .look(
            "id databaseId name nameWithOwner url defaultBranchRef { id name prefix target { __typename oid } }
             mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed viewerDefaultMergeMethod
             squashMergeCommitTitle squashMergeCommitMessage mergeCommitTitle mergeCommitMessage",
        )
        .await;
    assert_eq!((shown.text("/nameWithOwner").as_str(), shown.number("/databaseId")), ("acme/app", repo.id()));
    assert_eq!(shown.text("/defaultBranchRef/target/oid"), repo.head("main").unwrap());
    assert_eq!((shown.text("/defaultBranchRef/name").as_str(), shown.text("/defaultBranchRef/prefix").as_str()), ("main", "refs/heads/"));
    assert_eq!((shown.at("/mergeCommitAllowed"), shown.text("/viewerDefaultMergeMethod").as_str()), (&json!(false), "SQUASH"));
    assert_eq!(shown.text("/squashMergeCommitTitle"), "PR_TITLE");
    let rest = bot.get("").await;
    assert_eq!((rest.text("/node_id"), rest.text("/squash_merge_commit_title")), (shown.text("/id"), "PR_TITLE".to_owned()));
}

#[tokio::test]
async fn tags_are_found_by_name_and_date_with_what_they_mark() {
    let Stage { bot, repo, .. } = stage_with(SandboxOptions { page_size: Some(2), ..SandboxOptions::default() }).await;
    repo.tag("v1.9.0", "main").unwrap();
    repo.commit("main", "ann", "feat: x", &[("x", "1")]).unwrap();
    repo.lightweight_tag("v1.10.0", "main").unwrap();
    repo.tag("w1", "main").unwrap();
    let head = repo.head("main").unwrap();
    let shown = bot
        .look(
            "refs(refPrefix: \"refs/tags/\", query: \"v1\", first: 10, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) {
               totalCount nodes { name target { __typename oid ... on Tag { name message target { oid } } } } }
             ref(qualifiedName: \"refs/tags/w1\") { target { oid ... on Tag { target { oid } } } }",
        )
        .await;
    assert_eq!((shown.text("/refs/nodes/0/name").as_str(), shown.number("/refs/totalCount")), ("v1.10.0", 2));
    assert_eq!((shown.text("/refs/nodes/0/target/__typename").as_str(), shown.text("/refs/nodes/0/target/oid")), ("Commit", head.clone()));
    assert_eq!(shown.text("/refs/nodes/1/target/__typename"), "Tag");
    assert_eq!(shown.text("/ref/target/target/oid"), head);
    let part = "refs(refPrefix: \"refs/tags/\", first: 10, after: AFTER) { nodes { name } pageInfo { hasNextPage endCursor } }";
    let first = bot.look(&part.replace("AFTER", "null")).await;
    assert_eq!(first.at("/refs/pageInfo/hasNextPage"), &json!(true));
    let second = bot.look(&part.replace("AFTER", &first.at("/refs/pageInfo/endCursor").to_string())).await;
    assert_eq!((second.text("/refs/nodes/0/name").as_str(), second.at("/refs/pageInfo/hasNextPage")), ("w1", &json!(false)));
}

#[tokio::test]
async fn files_are_shown_as_text_unless_they_are_none() {
    let Stage { bot, repo, .. } = stage().await;
    repo.commit("main", "ann", "feat: x", &[("raw", "a\0b"), ("big", &"long ".repeat(200_000))]).unwrap();
    let blob = "... on Blob { text isBinary isTruncated byteSize oid }";
    let shown = bot
        .look(&format!(
            "doc: object(expression: \"main:docs/a b.md\") {{ __typename {blob} }} raw: object(expression: \"main:raw\") {{ {blob} }}
             big: object(expression: \"HEAD:big\") {{ {blob} }} none: object(expression: \"main:none\") {{ {blob} }}
             tip: object(expression: \"main\") {{ ... on Commit {{ messageHeadline }} }}"
        ))
        .await;
    assert_eq!((shown.text("/doc/text").as_str(), shown.number("/doc/byteSize")), ("hello\n", 6));
    assert_eq!((shown.at("/raw/text"), shown.at("/raw/isBinary")), (&Value::Null, &json!(true)));
    assert_eq!((shown.at("/big/isTruncated"), shown.text("/big/text").len()), (&json!(true), 512_000));
    assert_eq!((shown.at("/none"), shown.text("/tip/messageHeadline").as_str()), (&Value::Null, "feat: x"));
}

#[tokio::test]
async fn history_tells_authors_parents_and_the_requests_of_commits() {
    let Stage { bot, repo, .. } = stage().await;
    let start = repo.head("main").unwrap();
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "feat: x\n\nCo-authored-by: Bob <bob@users.example>", &[("dir/x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    let merged = repo.merge(number, "max", Merge::Squash).unwrap();
    repo.commit("main", "max", "fix: y", &[("y", "1")]).unwrap();
    let shown = bot
        .ask(
            "query($oid: GitObjectID!) { repository(owner: \"acme\", name: \"app\") { object(oid: $oid) { ...History } direct: object(expression: \"main\") { ... on Commit { history(first: 10, path: \"dir\") { totalCount } } }
             ref(qualifiedName: \"main\") { target { ... on Commit { history(first: 1) { pageInfo { hasNextPage } nodes {
               associatedPullRequests(first: 1) { totalCount } committer { name } signature { isValid } } } } } }
             } } fragment History on Commit { history(first: 10, since: \"2026-01-01T00:00:00Z\") { nodes { oid message messageBody committedDate authoredDate
               author { name email user { login } } authors(first: 5) { nodes { name email } } parents(first: 2) { nodes { oid } }
               associatedPullRequests(first: 5) { nodes { number state merged mergeCommit { oid } } } } } }",
            json!({"oid": merged}),
        )
        .await;
    let shown = Answer { body: shown.at("/data/repository").clone(), ..shown };
    let newest = |path: &str| shown.at(&format!("/object/history/nodes/0{path}")).clone();
    assert_eq!((newest("/oid"), newest("/parents/nodes/0/oid")), (json!(merged), json!(start)));
    assert_eq!((newest("/author/user/login"), newest("/authors/nodes/1/name")), (json!("ann"), json!("Bob")));
    assert_eq!(
        newest("/associatedPullRequests/nodes/0"),
        json!({"number": number, "state": "MERGED", "merged": true, "mergeCommit": {"oid": merged}})
    );
    assert_eq!(shown.at("/object/history/nodes/1/associatedPullRequests/nodes"), &json!([]));
    assert_eq!((shown.number("/direct/history/totalCount"), shown.at("/ref/target/history/pageInfo/hasNextPage")), (1, &json!(true)));
}

#[tokio::test]
async fn comparisons_tell_how_far_branches_are_apart() {
    let Stage { bot, repo, .. } = stage().await;
    repo.branch("next", "main").unwrap();
    for n in 0..3 {
        repo.commit("next", "ann", &format!("feat: {n}"), &[("n", &n.to_string())]).unwrap();
    }
    repo.commit("main", "bob", "fix: z", &[("z", "1")]).unwrap();
    let shown = bot
        .look(
            "ref(qualifiedName: \"refs/heads/main\") { compare(headRef: \"next\") { id status aheadBy behindBy baseTarget { oid } headTarget { oid }
               commits(first: 2) { totalCount nodes { message } pageInfo { hasNextPage endCursor } } } none: compare(headRef: \"none\") { status } }",
        )
        .await;
    let compared = |path: &str| shown.at(&format!("/ref/compare{path}")).clone();
    assert_eq!((compared("/status"), compared("/aheadBy"), compared("/behindBy")), (json!("DIVERGED"), json!(3), json!(1)));
    assert_eq!(
        (compared("/baseTarget/oid"), compared("/headTarget/oid")),
        (json!(repo.head("main").unwrap()), json!(repo.head("next").unwrap()))
    );
    assert_eq!((compared("/commits/totalCount"), compared("/commits/nodes/0/message")), (json!(3), json!("feat: 0")));
    assert_eq!(shown.at("/ref/none"), &Value::Null);
}

#[tokio::test]
async fn pull_requests_tell_what_they_close_and_change() {
    let Stage { bot, repo, .. } = stage().await;
    let issue = repo.open_issue("ann", "Bug").unwrap();
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "fix: x", &[("x", "1"), ("y", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "fix: x").unwrap();
    repo.describe(number, &format!("Fixes #{issue}, closes: acme/app#{issue}. See #99, closes #98")).unwrap();
    repo.label(number, "big").unwrap();
    let selection = "id number title body state merged isDraft url baseRefName baseRefOid headRefName headRefOid createdAt updatedAt mergedAt
        isCrossRepository headRepository { nameWithOwner } author { login __typename } mergedBy { login } mergeCommit { oid }
        labels(first: 5) { nodes { name } } closingIssuesReferences(first: 5) { nodes { number title state } }
        commits(first: 5) { totalCount nodes { commit { oid } } } files(first: 1) { totalCount nodes { path changeType additions deletions } pageInfo { hasNextPage } }";
    let query = format!("pullRequest(number: {number}) {{ {selection} }} found: pullRequests(first: 5, headRefName: \"x\", baseRefName: \"main\", states: [OPEN]) {{ nodes {{ number }} }}
        none: pullRequests(first: 5, states: MERGED, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{ totalCount }} issue(number: {issue}) {{ title }}");
    let shown = bot.look(&query).await;
    let pull = |path: &str| shown.at(&format!("/pullRequest{path}")).clone();
    assert_eq!((pull("/author"), pull("/state")), (json!({"login": "ann", "__typename": "User"}), json!("OPEN")));
    assert_eq!(pull("/closingIssuesReferences/nodes"), json!([{"number": issue, "title": "Bug", "state": "OPEN"}]));
    assert_eq!(
        (pull("/labels/nodes"), pull("/files/totalCount"), pull("/files/pageInfo/hasNextPage")),
        (json!([{"name": "big"}]), json!(2), json!(true))
    );
    assert_eq!((shown.number("/found/nodes/0/number"), shown.number("/none/totalCount")), (number, 0));
    assert_eq!(bot.get(&format!("/pulls/{number}")).await.text("/node_id"), pull("/id").as_str().unwrap());
}

#[tokio::test]
async fn releases_tell_which_is_the_latest() {
    let Stage { bot, repo, .. } = stage().await;
    for (tag, latest) in [("v2.0.0", "true"), ("v1.0.1", "false")] {
        let made = bot.post("/releases", json!({"tag_name": tag, "name": tag, "body": "notes", "make_latest": latest})).await;
        assert_eq!(made.status, 201);
    }
    let release = "id databaseId name description isDraft isPrerelease isLatest url tagName tagCommit { oid }";
    let shown = bot
        .look(&format!(
            "new: release(tagName: \"v2.0.0\") {{ {release} }} old: release(tagName: \"v1.0.1\") {{ {release} }}
             none: release(tagName: \"v3\") {{ {release} }} latestRelease {{ tagName }}"
        ))
        .await;
    assert_eq!((shown.at("/new/isLatest"), shown.at("/old/isLatest"), shown.at("/none")), (&json!(true), &json!(false), &Value::Null));
    assert_eq!((shown.text("/new/description").as_str(), shown.text("/latestRelease/tagName").as_str()), ("notes", "v2.0.0"));
    assert_eq!(
        (bot.get("/releases/latest").await.text("/tag_name").as_str(), repo.latest_release().as_deref()),
        ("v2.0.0", Some("v2.0.0"))
    );
    let path = format!("/releases/{}", shown.number("/old/databaseId"));
    assert_eq!(bot.patch(&path, json!({"make_latest": "true"})).await.status, 200);
    assert_eq!(repo.latest_release().as_deref(), Some("v1.0.1"));
}

#[tokio::test]
async fn variables_aliases_fragments_and_directives_are_understood() {
    let stage = stage().await;
    let bot = &stage.bot;
    let query = "query Look($owner: String!, $name: String = \"app\", $all: Boolean = false, $after: String) {
        one: repository(owner: $owner, name: $name) { ...Name refs(refPrefix: \"refs/heads/\", first: 1, after: $after) { nodes { name } } }
        two: repository(owner: $owner, name: \"app\") { ...Name id @include(if: $all) url @skip(if: $all) }
        rateLimit { cost limit remaining used resetAt } }
        fragment Name on Repository { name name }";
    let answer = bot.ask(query, json!({"owner": "acme"})).await;
    assert_eq!(answer.at("/data/one"), &json!({"name": "app", "refs": {"nodes": [{"name": "main"}]}}));
    assert_eq!((answer.at("/data/two/id"), answer.text("/data/two/name").as_str()), (&Value::Null, "app"));
    assert_eq!((answer.number("/data/rateLimit/cost"), answer.headers["x-ratelimit-resource"].to_str().unwrap()), (1, "graphql"));
}

#[tokio::test]
async fn a_query_that_the_schema_does_not_know_has_no_data() {
    let stage = stage().await;
    let bot = &stage.bot;
    let repository = |inner: &str| format!("{{ repository(owner: \"acme\", name: \"app\") {{ {inner} }} }}");
    let cases = [
        (repository("nome"), "Field 'nome' doesn't exist on type 'Repository'"),
        (repository("pullRequest { id }"), "Field 'pullRequest' is missing required arguments: number"),
        (repository("pullRequest(number: 1, x: 2) { id }"), "Field 'pullRequest' doesn't accept argument 'x'"),
        (
            repository("pullRequest(number: \"1\") { id }"),
            "Argument 'number' on Field 'pullRequest' has an invalid value (\"1\"). Expected type 'Int!'.",
        ),
        (repository("ref(qualifiedName: $x) { id }"), "Variable $x is used by anonymous query but not declared"),
        (repository("defaultBranchRef"), "Field must have selections (field 'defaultBranchRef' returns Ref but has no selections."),
        (repository("... on Nothing { id }"), "No such type Nothing, so it can't be a fragment condition"),
        (repository("...Missing"), "Fragment Missing was used, but not defined"),
        (repository("id { x }"), "Selections can't be made on scalars"),
        ("query($n: Int) { rateLimit { cost } }".to_owned(), "Variable $n is declared by anonymous query but not used"),
        (
            "query($n: Int!) { repository(owner: \"acme\", name: $n) { id } }".to_owned(),
            "Type mismatch on variable $n and argument name (Int! / String!)",
        ),
        ("{ repository(".to_owned(), "Parse error"),
    ];
    for (query, message) in cases {
        let answer = bot.ask(&query, json!({"n": 1})).await;
        assert!(answer.text("/errors/0/message").starts_with(message), "{query} gives {}", answer.body);
        assert_eq!(answer.body.get("data"), None, "{query}");
    }
    let wrong = bot.ask(&repository("nome"), json!({})).await;
    assert_eq!(wrong.at("/errors/0/path"), &json!(["query", "repository", "nome"]));
    assert_eq!(wrong.at("/errors/0/extensions"), &json!({"code": "undefinedField", "typeName": "Repository", "fieldName": "nome"}));
    let null = bot.ask("query($o: String!) { repository(owner: $o, name: \"app\") { id } }", json!({})).await;
    assert_eq!(null.text("/errors/0/message"), "Variable $o of type String! was provided invalid value");
}

#[tokio::test]
async fn what_is_not_there_is_null_with_a_reason() {
    let Stage { bot, sandbox, .. } = stage().await;
    let answer = bot.ask("{ repository(owner: \"x\", name: \"y\") { id } }", json!({})).await;
    let error = json!({
        "type": "NOT_FOUND",
        "path": ["repository"],
        "locations": [{"line": 1, "column": 3}],
        "message": "Could not resolve to a Repository with the name 'x/y'.",
    });
    assert_eq!(answer.body, json!({"data": {"repository": null}, "errors": [error]}));
    let of = |inner: &str| format!("{{ repository(owner: \"acme\", name: \"app\") {{ {inner} }} }}");
    let missing = bot.ask(&of("name pullRequest(number: 7) { id }"), json!({})).await;
    assert_eq!(missing.at("/data/repository"), &json!({"name": "app", "pullRequest": null}));
    assert_eq!(missing.text("/errors/0/message"), "Could not resolve to a PullRequest with the number of 7.");
    let unbound = bot.ask(&of("refs(refPrefix: \"refs/heads/\") { nodes { name } }"), json!({})).await;
    assert_eq!(
        (unbound.text("/errors/0/type").as_str(), unbound.at("/data/repository/refs")),
        ("MISSING_PAGINATION_BOUNDARIES", &Value::Null)
    );
    let excessive = bot.ask(&of("object(expression: \"main\") { ... on Commit { history(first: 101) { totalCount } } }"), json!({})).await;
    assert_eq!(
        (excessive.text("/errors/0/type").as_str(), excessive.at("/data/repository/object")),
        ("EXCESSIVE_PAGINATION", &Value::Null)
    );
    sandbox.repository(Kind::GitHub, "acme/other", &[]).unwrap();
    let limited = bot.as_app(Method::POST, "/app/installations/7001/access_tokens", Some(json!({"repositories": ["other"]}))).await;
    let narrow = Bot { token: limited.text("/token"), ..bot.clone() };
    assert_eq!(narrow.ask(&of("id"), json!({})).await.text("/errors/0/type"), "NOT_FOUND");
    let unknown =
        bot.send("ghs_wrong", Method::POST, &sandbox.graphql_url(), Some(json!({"query": "{ rateLimit { cost } }"}))).await.unwrap();
    assert_eq!(unknown.status, 401);
}

#[tokio::test]
async fn queries_are_no_writes_and_a_used_up_limit_is_told_with_200() {
    let Stage { bot, sandbox, .. } = stage().await;
    sandbox.forget_calls();
    sandbox.inject(Fault { on: Matching::Writes, effect: Effect::BadGateway, times: 1 });
    assert_eq!(bot.ask("query { rateLimit { cost } }", json!({})).await.number("/data/rateLimit/cost"), 1);
    sandbox.clear_faults();
    let calls = sandbox.calls();
    assert_eq!((calls[0].path.as_str(), calls[0].is_write), ("/graphql", false));
    sandbox.inject(Fault { on: Matching::Any, effect: Effect::PrimaryRateLimit { reset_in: 60 }, times: 1 });
    let limited = bot.ask("{ rateLimit { cost } }", json!({})).await;
    assert_eq!(
        (limited.text("/errors/0/type").as_str(), limited.headers["x-ratelimit-remaining"].to_str().unwrap()),
        ("RATE_LIMITED", "0")
    );
}

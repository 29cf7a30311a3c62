//! What people say of pull requests: reviews, labels, drafts. As REST, the graph and webhooks show it.

use super::*;
use crate::sandbox::Verdict;

/// A pull request by ann from `x` with one commit.
fn pull(repo: &RepoHandle) -> u64 {
    repo.branch("x", "main").unwrap();
    repo.commit("x", "ann", "feat: x", &[("x", "1\n")]).unwrap();
    repo.open("ann", "x", "main", "feat: x").unwrap()
}

const OPINIONS: &str = "
    reviews(first: 10) { totalCount nodes { author { login } state body commit { oid } } }
    approved: reviews(first: 10, states: [APPROVED], author: \"bob\") { totalCount }
    latestOpinionatedReviews(first: 10, writersOnly: true) { nodes { author { login } state databaseId submittedAt url commit { oid } } }
    reviewDecision";

#[tokio::test]
async fn reviews_are_of_a_head_and_can_be_dismissed() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    let number = pull(repo);
    for reviewer in ["bob", "cleo"] {
        repo.grant(reviewer, Role::Write).unwrap();
    }
    let first = repo.head("x").unwrap();
    repo.approve(number, "bob").unwrap();
    repo.request_changes(number, "cleo", "Not yet.").unwrap();
    assert!(repo.approve(number, "ann").is_err(), "nobody approves a pull request of their own");
    repo.commit("x", "ann", "fix: y", &[("y", "1\n")]).unwrap();
    repo.review(number, "bob", (Verdict::Commented, Some("Hm."))).unwrap();
    repo.withdraw(number, "cleo", "acme").unwrap();
    let listed = bot.get(&format!("/pulls/{number}/reviews")).await;
    let states: Vec<String> = (0..3).map(|n| listed.text(&format!("/{n}/state"))).collect();
    assert_eq!(states, ["APPROVED", "DISMISSED", "COMMENTED"]);
    assert_eq!((listed.text("/0/commit_id"), listed.text("/1/body").as_str()), (first.clone(), "Not yet."));
    assert_eq!(bot.get("/pulls/99/reviews").await.status, 404);
    let told = stage.delivered("pull_request_review");
    let actions: Vec<_> = told.iter().map(|body| (body["action"].clone(), body["review"]["state"].clone())).collect();
    assert_eq!(actions[0], (json!("submitted"), json!("approved")));
    assert_eq!(actions[3], (json!("dismissed"), json!("dismissed")));
    assert_eq!((&told[3]["sender"]["login"], &told[3]["review"]["user"]["login"]), (&json!("acme"), &json!("cleo")));
}

#[tokio::test]
async fn the_graph_shows_the_last_opinion_of_each_reviewer() {
    let Stage { bot, repo, sandbox } = stage().await;
    let number = pull(&repo);
    for reviewer in ["bob", "cleo"] {
        repo.grant(reviewer, Role::Write).unwrap();
    }
    repo.request_changes(number, "bob", "No.").unwrap();
    repo.approve(number, "bob").unwrap();
    repo.approve(number, "dora").unwrap();
    repo.review(number, "bob", (Verdict::Commented, None)).unwrap();
    let ask = format!("pullRequest(number: {number}) {{ {OPINIONS} }}");
    let shown = bot.look(&ask).await;
    assert_eq!((shown.number("/pullRequest/reviews/totalCount"), shown.number("/pullRequest/approved/totalCount")), (4, 1));
    let opinions = shown.at("/pullRequest/latestOpinionatedReviews/nodes").as_array().unwrap().clone();
    assert_eq!((opinions.len(), &opinions[0]["state"], &opinions[0]["author"]["login"]), (1, &json!("APPROVED"), &json!("bob")));
    assert_eq!(opinions[0]["commit"]["oid"], json!(repo.head("x").unwrap()));
    assert_eq!(shown.at("/pullRequest/reviewDecision"), &Value::Null, "nobody asks for reviews");
    repo.require_approvals(2).unwrap();
    assert_eq!(bot.look(&ask).await.text("/pullRequest/reviewDecision"), "REVIEW_REQUIRED");
    repo.approve(number, "cleo").unwrap();
    assert_eq!(bot.look(&ask).await.text("/pullRequest/reviewDecision"), "APPROVED");
    repo.request_changes(number, "cleo", "Wait.").unwrap();
    assert_eq!(bot.look(&ask).await.text("/pullRequest/reviewDecision"), "CHANGES_REQUESTED");
    assert!(sandbox.snapshot().contains("ChangesRequested by cleo"));
}

#[tokio::test]
async fn it_is_known_who_labelled_a_pull_request_and_when() {
    let stage = stage().await;
    let (bot, repo) = (&stage.bot, &stage.repo);
    let number = pull(repo);
    repo.label_by(number, "bob", "freeze-exempt").unwrap();
    repo.label_by(number, "bob", "freeze-exempt").unwrap();
    repo.unlabel_by(number, "cleo", "freeze-exempt").unwrap();
    bot.post(&format!("/issues/{number}/labels"), json!({"labels": ["freeze-exempt"]})).await;
    let shown = bot
        .look(&format!(
            "pullRequest(number: {number}) {{
               all: timelineItems(first: 10) {{ totalCount nodes {{ __typename }} }}
               timelineItems(last: 10, itemTypes: [LABELED_EVENT]) {{
                 nodes {{ ... on LabeledEvent {{ id createdAt actor {{ __typename login }} label {{ name }} }} }} }} }}"
        ))
        .await;
    let events = shown.at("/pullRequest/timelineItems/nodes").as_array().unwrap().clone();
    let logins: Vec<_> = events.iter().map(|event| event["actor"]["login"].as_str().unwrap()).collect();
    assert_eq!((logins, &events[1]["actor"]["__typename"]), (vec!["bob", "slipway"], &json!("Bot")));
    assert_eq!(shown.at("/pullRequest/all/nodes/1/__typename"), "UnlabeledEvent");
    let told = stage.delivered("pull_request");
    let told: Vec<_> =
        told.iter().skip(1).map(|body| (body["action"].as_str().unwrap(), body["sender"]["login"].as_str().unwrap())).collect();
    assert_eq!(told, [("labeled", "bob"), ("unlabeled", "cleo"), ("labeled", "slipway[bot]")]);
}

#[tokio::test]
async fn drafts_are_told_when_they_become_ready() {
    let stage = stage().await;
    let number = pull(&stage.repo);
    stage.repo.draft(number, "ann").unwrap();
    stage.repo.draft(number, "ann").unwrap();
    assert_eq!(stage.bot.get(&format!("/pulls/{number}")).await.at("/draft"), &json!(true));
    stage.repo.ready(number, "ann").unwrap();
    let told: Vec<_> = stage.delivered("pull_request").iter().map(|body| body["action"].clone()).collect();
    assert_eq!(told, ["opened", "converted_to_draft", "ready_for_review"]);
    assert!(!stage.repo.request(number).unwrap().draft);
}

#[tokio::test]
async fn one_query_reads_the_open_pull_requests_with_all_that_a_policy_asks() {
    let Stage { bot, repo, .. } = stage().await;
    let number = pull(&repo);
    repo.commit("main", "bob", "fix: z", &[("z", "1\n")]).unwrap();
    repo.label(number, "big").unwrap();
    let noted = bot.post(&format!("/issues/{number}/comments"), json!({"body": "one"})).await;
    bot.patch(&format!("/issues/comments/{}", noted.number("/id")), json!({"body": "two"})).await;
    repo.comment(number, "ann", "three").unwrap();
    let shown = bot
        .look(
            "pullRequests(states: [OPEN], baseRefName: \"main\", first: 10, orderBy: {field: UPDATED_AT, direction: DESC}) {
               nodes { number databaseId isDraft closed closedAt changedFiles baseRef { name compare(headRef: \"refs/pull/1/head\") { aheadBy behindBy } }
                 labels(first: 100) { nodes { name } } files(first: 100) { nodes { path } }
                 commits(first: 100) { nodes { commit { message author { name email } parents(first: 2) { totalCount } signature { isValid } } } }
                 comments(last: 100) { nodes { databaseId body author { login } viewerDidAuthor lastEditedAt editor { login } url } }
                 closingIssuesReferences(first: 10) { nodes { number } } } }",
        )
        .await;
    let at = |path: &str| shown.at(&format!("/pullRequests/nodes/0{path}")).clone();
    assert_eq!((at("/number"), at("/changedFiles"), at("/isDraft")), (json!(number), json!(1), json!(false)));
    assert_eq!(at("/baseRef/compare"), json!({"aheadBy": 1, "behindBy": 1}));
    assert_eq!((at("/comments/nodes/0/body"), at("/comments/nodes/0/viewerDidAuthor")), (json!("two"), json!(true)));
    assert_eq!((at("/comments/nodes/0/editor/login"), at("/comments/nodes/1/lastEditedAt")), (json!("slipway"), Value::Null));
    assert_eq!(at("/commits/nodes/0/commit/author/email"), "ann@users.example");
    let viewer = bot.ask("{ viewer { login } }", json!({})).await;
    assert_eq!(viewer.text("/data/viewer/login"), "slipway[bot]");
}

#[tokio::test]
async fn developers_act_on_the_pages() {
    let stage = stage().await;
    let number = pull(&stage.repo);
    let issue = stage.repo.open_issue("ann", "Bug").unwrap();
    let post = async |path: &str, form: &'static str| {
        let request = stage.bot.http.post(format!("{}/acme/app/{path}", stage.sandbox.url())).body(form);
        request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap()
    };
    let page = format!("pull/{number}");
    for form in ["author=bob&act=approve", "author=bob&act=label&label=big", "author=ann&act=draft"] {
        assert_eq!(post(&page, form).await.status(), 200, "{form}");
    }
    for form in ["author=ann&act=approve", "author=bob&act=pin", "author=bob&act=label&label=+"] {
        assert_eq!(post(&page, form).await.status(), 422, "{form}");
    }
    let shown = post(&page, "author=ann&act=ready").await.text().await.unwrap();
    assert!(shown.contains("approved</span> bob") && shown.contains("big") && !shown.contains(">draft<"), "{shown}");
    assert!(post(&format!("issues/{issue}"), "author=bob&act=pin").await.text().await.unwrap().contains(">pinned<"));
    assert_eq!(stage.delivered("pull_request").len(), 4);
}

#[tokio::test]
async fn teams_have_members() {
    let Stage { bot, sandbox, .. } = stage().await;
    sandbox.add_member(Kind::GitHub, "acme/releasers", "bob", Role::Write);
    let ask =
        async |who: &str| bot.send(&bot.token, Method::GET, &format!("/orgs/acme/teams/releasers/memberships/{who}"), None).await.unwrap();
    let bob = ask("bob").await;
    assert_eq!((bob.text("/state").as_str(), bob.text("/role").as_str()), ("active", "member"));
    assert_eq!(ask("ann").await.status, 404);
}

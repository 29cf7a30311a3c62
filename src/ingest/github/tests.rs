//! Each kind of payload from this forge, made minimal, and the event it becomes.

use serde_json::{Value, json};

use super::super::tests::{accepted, headers, ignored_because, malformed_because};
use super::*;
use crate::domain::facts::DeployResult;

const HEAD: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const BASE: &str = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn deliver(kind: &str, payload: &Value) -> Parsed {
    parse(&headers(&[("x-github-event", kind), ("x-github-delivery", "72d3162e")]), payload.to_string().as_bytes())
}

/// A payload with the fields that every one has, and these.
fn payload(fields: Value) -> Value {
    let common = json!({
        "repository": {"id": 5, "full_name": "acme/app", "owner": {"login": "acme"}},
        "sender": {"login": "ann", "type": "User"},
        "installation": {"id": 9},
    });
    let (Value::Object(mut all), Value::Object(fields)) = (common, fields) else { panic!() };
    all.extend(fields);
    Value::Object(all)
}

fn request(action: &str) -> Value {
    let request = json!({"number": 2, "head": {"sha": HEAD}, "updated_at": "2019-05-15T15:20:33Z", "merged": false, "title": "x"});
    payload(json!({"action": action, "pull_request": request}))
}

fn change(payload: &Value) -> Change {
    match accepted(deliver("pull_request", payload)).event {
        Event::ChangeRequest { change, .. } => change,
        other => panic!("{other}"),
    }
}

fn pushed(name: &str, before: &str, after: &str) -> Value {
    payload(json!({"ref": name, "before": before, "after": after, "head_commit": null}))
}

fn event(payload: &Value) -> String {
    accepted(deliver("push", payload)).event.to_string()
}

#[test]
fn a_delivery_says_where_who_and_under_whose_permission() {
    let delivery = accepted(deliver("pull_request", &request("opened")));
    assert_eq!((delivery.id.as_str(), delivery.repository.id, delivery.repository.tenant), ("72d3162e", 5, Some(9)));
    assert_eq!((delivery.repository.path.as_str(), delivery.repository.forge), ("acme/app", ForgeKind::GitHub));
    assert_eq!((delivery.actor.name.as_str(), delivery.actor.nature), ("ann", Nature::Person));
    let Event::ChangeRequest { number, head, at, .. } = delivery.event else { panic!() };
    assert_eq!((number.0, head.as_str(), at.0), (2, HEAD, 1_557_933_633));
}

#[test]
fn every_action_a_rule_asks_about_is_a_change() {
    let labelled = ["labeled", "unlabeled", "ready_for_review", "converted_to_draft", "milestoned", "demilestoned"];
    assert!(labelled.iter().all(|action| change(&request(action)) == Change::Labelled));
    let others = [("opened", Change::Opened), ("reopened", Change::Reopened), ("synchronize", Change::Updated), ("closed", Change::Closed)];
    assert!(others.iter().all(|(action, expected)| change(&request(action)) == *expected));
}

#[test]
fn a_merged_change_request_is_not_just_closed() {
    let mut merged = request("closed");
    merged["pull_request"]["merged"] = json!(true);
    assert_eq!(change(&merged), Change::Merged);
}

#[test]
fn an_edit_that_changes_the_base_is_a_retarget() {
    let mut edited = request("edited");
    edited["changes"] = json!({"title": {"from": "y"}});
    assert_eq!(change(&edited), Change::Edited);
    edited["changes"]["base"] = json!({"ref": {"from": "main"}});
    assert_eq!(change(&edited), Change::Retargeted);
}

#[test]
fn an_action_of_tomorrow_is_ignored_whatever_it_brings() {
    let reason = ignored_because(deliver("pull_request", &json!({"action": "teleported"})));
    assert_eq!(reason, "no rule asks about pull_request \"teleported\"");
    assert_eq!(ignored_because(deliver("telepathy", &json!({}))), "unknown event \"telepathy\"");
}

#[test]
fn a_review_counts_as_a_label_unless_it_is_edited() {
    assert_eq!(
        accepted(deliver("pull_request_review", &request("submitted"))).event.to_string(),
        "change request 2 labelled at ec26c3e57c"
    );
    ignored_because(deliver("pull_request_review", &request("edited")));
}

#[test]
fn a_push_creates_moves_and_deletes_branches() {
    assert_eq!(event(&pushed("refs/heads/main", BASE, HEAD)), "push to main, now ec26c3e57c");
    assert_eq!(event(&pushed("refs/heads/feat#1", ZERO, HEAD)), "branch feat#1 created at ec26c3e57c");
    assert_eq!(event(&pushed("refs/heads/a/b", BASE, ZERO)), "branch a/b deleted, was f95f852bd8");
}

#[test]
fn a_tag_stands_for_the_commit_behind_it() {
    let mut tag = pushed("refs/tags/v1", ZERO, HEAD);
    assert_eq!(event(&tag), "tag v1 created at ec26c3e57c");
    tag["head_commit"] = json!({"id": BASE});
    assert_eq!(event(&tag), "tag v1 created at f95f852bd8");
    assert_eq!(event(&pushed("refs/tags/v1", BASE, ZERO)), "tag v1 deleted, was f95f852bd8");
}

#[test]
fn a_tag_that_is_forced_elsewhere_has_moved() {
    assert_eq!(event(&pushed("refs/tags/v1", BASE, HEAD)), "tag v1 moved to ec26c3e57c");
}

#[test]
fn other_refs_are_ignored_and_impossible_pushes_malformed() {
    ignored_because(deliver("push", &pushed("refs/notes/commits", BASE, HEAD)));
    assert!(malformed_because(deliver("push", &pushed("refs/heads/x", ZERO, ZERO))).contains("before and after"));
    assert!(malformed_because(deliver("push", &pushed("refs/heads/-x", BASE, HEAD))).starts_with("ref: "));
}

#[test]
fn a_new_comment_stands_on_an_issue_or_a_change_request() {
    let mut comment =
        payload(json!({"action": "created", "issue": {"number": 3}, "comment": {"id": 11, "body": "/slipway \"help\"\n", "user": {}}}));
    let event = accepted(deliver("issue_comment", &comment)).event;
    assert_eq!(event, Event::Comment { thread: Thread::Issue(Number(3)), id: 11, body: "/slipway \"help\"\n".to_owned() });
    comment["issue"]["pull_request"] = json!({"url": "https://api.github.test"});
    assert_eq!(accepted(deliver("issue_comment", &comment)).event.to_string(), "comment 11 on change request 3");
}

fn edited(by: &str, author: &str, texts: [&str; 2]) -> Value {
    let (comment, changes) = (json!({"id": 11, "body": texts[1], "user": {"type": author}}), json!({"body": {"from": texts[0]}}));
    let issue = json!({"number": 3, "pull_request": {}});
    let sender = json!({"login": "ann", "type": by});
    payload(json!({"action": "edited", "issue": issue, "comment": comment, "changes": changes, "sender": sender}))
}

#[test]
fn edited_and_deleted_comments_never_command() {
    let edits = [edited("User", "User", ["<!-- slipway:checklist -->", "x"]), edited("User", "Bot", ["/slipway help", "/slipway x"])];
    for comment in [&edits[0], &edits[1], &json!({"action": "deleted"})] {
        assert_eq!(ignored_because(deliver("issue_comment", comment)), "only new comments command");
    }
}

#[test]
fn an_edited_checklist_says_what_it_was_before() {
    let ticked = ["<!-- slipway:checklist -->\r\n- [ ] a", "- [x] a"];
    let text = Edit { before: ticked[0].to_owned(), after: ticked[1].to_owned() };
    let event = accepted(deliver("issue_comment", &edited("User", "Bot", ticked))).event;
    assert_eq!(event, Event::CommentEdited { thread: Thread::ChangeRequest(Number(3)), id: 11, text });
    assert_eq!(ignored_because(deliver("issue_comment", &edited("Bot", "Bot", ticked))), "a bot edits its own checklist");
}

#[test]
fn an_issue_tells_its_labels_and_what_an_edit_did() {
    let label = |name: &str| json!({"name": name});
    let mut issue =
        payload(json!({"action": "unlabeled", "label": label("blocker"), "issue": {"number": 3, "labels": [label("bug")], "body": "b"}}));
    let Event::Issue { labels, text, .. } = accepted(deliver("issues", &issue)).event else { panic!() };
    assert_eq!((labels.into_iter().collect::<Vec<_>>(), text), (vec!["blocker".to_owned(), "bug".to_owned()], None));
    issue["changes"] = json!({"title": {"from": "t"}, "body": {"from": "a"}});
    let Event::Issue { text, .. } = accepted(deliver("issues", &issue)).event else { panic!() };
    assert_eq!(text, Some(Edit { before: "a".to_owned(), after: "b".to_owned() }));
}

fn of_app(kind: &str, payload: &Value) -> Parsed {
    let target = [("x-github-hook-installation-target-type", "integration"), ("x-github-hook-installation-target-id", "7")];
    let pairs = [[("x-github-event", kind), ("x-github-delivery", "1")], target].concat();
    parse(&headers(&pairs), payload.to_string().as_bytes())
}

#[test]
fn checks_of_others_end_and_slipways_own_are_no_news() {
    let suite =
        |app: u64| payload(json!({"action": "completed", "check_suite": {"head_branch": "main", "head_sha": HEAD, "app": {"id": app}}}));
    let (branch, head) = (BranchName::parse("main").ok(), Sha::parse(HEAD).unwrap());
    assert_eq!(accepted(of_app("check_suite", &suite(8))).event, Event::Checked { branch, head });
    assert_eq!(ignored_because(of_app("check_suite", &suite(7))), "the checks are Slipway's own");
    accepted(deliver("check_suite", &suite(7)));
}

fn reported(state: &str, context: &str, heads: &[(&str, &str)]) -> Value {
    let branches: Vec<_> = heads.iter().map(|(name, sha)| json!({"name": name, "commit": {"sha": sha}})).collect();
    payload(json!({"state": state, "context": context, "sha": HEAD, "branches": branches}))
}

#[test]
fn a_status_is_about_the_branch_that_alone_has_the_commit_as_its_head() {
    let branch = |heads: &[(&str, &str)]| match accepted(deliver("status", &reported("failure", "ci", heads))).event {
        Event::Checked { branch, .. } => branch.map(|branch| branch.to_string()),
        other => panic!("{other}"),
    };
    assert_eq!(branch(&[("main", BASE), ("release/1", HEAD)]).as_deref(), Some("release/1"));
    assert_eq!((branch(&[("main", HEAD), ("release/1", HEAD)]), branch(&[])), (None, None));
    assert_eq!(ignored_because(deliver("status", &reported("pending", "ci", &[]))), "the status is pending");
    assert_eq!(ignored_because(deliver("status", &reported("success", "slipway/x", &[]))), "the status is Slipway's own");
}

#[test]
fn a_deployment_is_told_once_it_has_ended() {
    let status = |state: &str| {
        let deployment = json!({"sha": HEAD, "environment": "old"});
        let status = json!({"state": state, "environment": "production"});
        payload(json!({"action": "created", "deployment": deployment, "deployment_status": status}))
    };
    let result = |state: &str| match accepted(deliver("deployment_status", &status(state))).event {
        Event::Deployed { environment, result, .. } => (environment == "production").then_some(result),
        other => panic!("{other}"),
    };
    let results = ["success", "failure", "error"].map(result);
    assert_eq!(results, [Some(DeployResult::Succeeded), Some(DeployResult::Failed), Some(DeployResult::Failed)]);
    assert!(ignored_because(deliver("deployment_status", &status("inactive"))).ends_with("that is \"inactive\""));
}

#[test]
fn a_bot_is_told_by_its_type() {
    let mut opened = request("opened");
    opened["sender"] = json!({"login": "dependabot[bot]", "type": "Bot"});
    assert_eq!(accepted(deliver("pull_request", &opened)).actor.nature, Nature::Bot);
}

#[test]
fn what_is_optional_may_be_absent_or_null() {
    let mut opened = request("opened");
    for field in ["installation", "changes", "issue", "comment"] {
        opened[field] = Value::Null;
    }
    assert_eq!(accepted(deliver("pull_request", &opened)).repository.tenant, None);
}

#[test]
fn what_is_required_is_named_when_it_is_absent() {
    for field in ["action", "repository", "sender", "pull_request"] {
        let mut opened = request("opened");
        opened.as_object_mut().unwrap().remove(field);
        assert!(malformed_because(deliver("pull_request", &opened)).starts_with(&format!("{field} is missing")), "{field}");
    }
}

#[test]
fn invalid_names_are_malformed_by_field() {
    let invalid = [
        ("/repository/full_name", "acme/../app", "repository.full_name: "),
        ("/sender/login", "a b", "sender.login: "),
        ("/pull_request/head/sha", "HEAD", "pull_request.head.sha: "),
        ("/pull_request/updated_at", "noon", "pull_request.updated_at is not a time"),
    ];
    for (pointer, value, problem) in invalid {
        let mut opened = request("opened");
        *opened.pointer_mut(pointer).unwrap() = json!(value);
        assert!(malformed_because(deliver("pull_request", &opened)).starts_with(problem), "{pointer}");
    }
}

#[test]
fn a_field_of_the_wrong_type_is_named_with_its_place() {
    let mut opened = request("opened");
    opened["pull_request"]["number"] = json!("two");
    let problem = malformed_because(deliver("pull_request", &opened));
    assert!(problem.starts_with("field pull_request.number, line 1, column "), "{problem}");
}

#[test]
fn a_body_that_is_not_json_is_malformed_where_it_breaks() {
    let problem = |body: &[u8]| malformed_because(parse(&headers(&[("x-github-event", "push"), ("x-github-delivery", "1")]), body));
    assert_eq!(problem(b"{\"ref\": "), "field ref, line 1, column 8: EOF while parsing a value; deliver the body as the forge sends it");
    assert!(problem(b"").starts_with("body, line 1, column 0: ") && problem(b"{} x").starts_with("body, line 1, column 4: "));
}

#[test]
fn the_headers_that_say_what_it_is_are_required() {
    let problem = malformed_because(parse(&headers(&[("x-github-delivery", "1")]), b"{}"));
    assert!(problem.starts_with("header X-GitHub-Event is missing"));
    let problem = malformed_because(parse(&headers(&[("x-github-event", "push")]), b"{}"));
    assert!(problem.starts_with("header X-GitHub-Delivery is missing"));
}

#[test]
fn a_form_is_answered_with_the_setting_to_change() {
    let form = [("x-github-event", "push"), ("x-github-delivery", "1"), ("content-type", "application/x-www-form-urlencoded")];
    assert!(malformed_because(parse(&headers(&form), b"payload=%7B%7D")).contains("set the webhook's content type"));
}

//! Each kind of payload from this forge, made minimal, and the event it becomes.

use serde_json::{Value, json};

use super::super::tests::{accepted, headers, ignored_because, malformed_because};
use super::*;
use crate::domain::facts::DeployResult;

const HEAD: &str = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
const BASE: &str = "95790bf891e76fee5e1747ab589903a6a1f80f22";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn deliver(hook: &str, payload: &Value) -> Parsed {
    parse(&headers(&[("x-gitlab-event", hook), ("idempotency-key", "f5e5f430")]), payload.to_string().as_bytes())
}

fn request(action: &str) -> Value {
    json!({
        "object_kind": "merge_request",
        "user": {"username": "ann"},
        "project": {"id": 15, "path_with_namespace": "acme/tools/app"},
        "object_attributes": {
            "id": 99, "iid": 1, "target_project_id": 14, "action": action, "last_commit": {"id": HEAD}, "updated_at": "2013-12-03T17:23:34Z",
        },
    })
}

fn changed_field(field: &str) -> Value {
    let (previous, current) = if field == "labels" { (json!([]), json!([])) } else { (json!(null), json!("new")) };
    json!({field: {"previous": previous, "current": current}})
}

fn change(payload: &Value) -> Change {
    match accepted(deliver("Merge Request Hook", payload)).event {
        Event::ChangeRequest { change, .. } => change,
        other => panic!("{other}"),
    }
}

fn noted(kind: &str, action: Option<&str>) -> Value {
    json!({
        "user": {"username": "ann"},
        "project_id": 15,
        "project": {"path_with_namespace": "acme/app"},
        "object_attributes": {"id": 1244, "note": "/slipway help", "noteable_type": kind, "action": action, "system": false},
        "merge_request": {"iid": 3},
        "issue": {"iid": 4},
    })
}

fn pushed(name: &str, before: &str, after: &str, commit: Option<&str>) -> Value {
    let project = json!({"id": 15, "path_with_namespace": "acme/app"});
    json!({
        "event_name": "push", "user_username": "ann", "project_id": 15, "project": project,
        "ref": name, "before": before, "after": after, "checkout_sha": commit,
    })
}

fn event(hook: &str, payload: &Value) -> String {
    accepted(deliver(hook, payload)).event.to_string()
}

#[test]
fn a_delivery_says_where_and_who() {
    let delivery = accepted(deliver("Merge Request Hook", &request("open")));
    assert_eq!((delivery.id.as_str(), delivery.repository.id, delivery.repository.tenant), ("f5e5f430", 15, None));
    assert_eq!((delivery.repository.path.as_str(), delivery.repository.forge), ("acme/tools/app", ForgeKind::GitLab));
    assert_eq!((delivery.actor.name.as_str(), delivery.actor.nature), ("ann", Nature::Person));
    let Event::ChangeRequest { number, head, at, .. } = delivery.event else { panic!() };
    assert_eq!((number.0, head.as_str(), at.0), (1, HEAD, 1_386_091_414));
}

#[test]
fn every_action_a_rule_asks_about_is_a_change() {
    let approvals = ["approved", "approval", "unapproved", "unapproval"];
    assert!(approvals.iter().all(|action| change(&request(action)) == Change::Labelled));
    let others = [("open", Change::Opened), ("reopen", Change::Reopened), ("close", Change::Closed), ("merge", Change::Merged)];
    assert!(others.iter().all(|(action, expected)| change(&request(action)) == *expected));
}

#[test]
fn an_update_is_told_by_what_changed() {
    let mut update = request("update");
    assert_eq!(change(&update), Change::Labelled);
    let changed =
        [("labels", Change::Labelled), ("title", Change::Edited), ("description", Change::Edited), ("target_branch", Change::Retargeted)];
    for (field, expected) in changed {
        update["changes"] = changed_field(field);
        assert_eq!(change(&update), expected, "{field}");
    }
    update["object_attributes"]["oldrev"] = json!(BASE);
    assert_eq!(change(&update), Change::Updated);
}

#[test]
fn an_update_after_the_merge_is_relabelled_only_if_labels_changed() {
    let mut update = request("update");
    update["object_attributes"]["state"] = json!("merged");
    assert_eq!(change(&update), Change::Amended);
    for (field, expected) in [("labels", Change::Relabelled), ("title", Change::Amended), ("assignees", Change::Amended)] {
        update["changes"] = json!({field: {"previous": [], "current": []}});
        assert_eq!(change(&update), expected, "{field}");
    }
}

#[test]
fn a_milestone_counts_where_a_project_closes_it() {
    let mut closed =
        json!({"action": "close", "project": {"id": 15, "path_with_namespace": "acme/app"}, "object_attributes": {"title": "1.4"}});
    assert_eq!(accepted(deliver("Milestone Hook", &closed)).actor.name, UserName::nobody());
    closed["project"] = Value::Null;
    assert_eq!(ignored_because(deliver("Milestone Hook", &closed)), "a group's milestone is about no one project");
    closed["project"] = json!({"id": 15, "path_with_namespace": "acme/app"});
    closed["action"] = Value::Null;
    assert_eq!(ignored_because(deliver("Milestone Hook", &closed)), "the payload leaves out action");
}

#[test]
fn an_action_of_tomorrow_is_ignored() {
    assert_eq!(ignored_because(deliver("Merge Request Hook", &request("teleport"))), "no rule asks about merge_request \"teleport\"");
    assert_eq!(ignored_because(deliver("Telepathy Hook", &json!({}))), "unknown event \"Telepathy Hook\"");
}

#[test]
fn a_merge_request_without_commits_is_ignored() {
    let mut empty = request("open");
    empty["object_attributes"]["last_commit"] = Value::Null;
    assert_eq!(ignored_because(deliver("Merge Request Hook", &empty)), "the merge request has no commits");
}

#[test]
fn what_older_releases_leave_out_is_ignored_by_name() {
    let mut bare = request("merge");
    bare["object_attributes"].as_object_mut().unwrap().remove("iid");
    assert_eq!(ignored_because(deliver("Merge Request Hook", &bare)), "the payload leaves out object_attributes.iid");
    let mut push = pushed("refs/heads/main", BASE, HEAD, None);
    push.as_object_mut().unwrap().remove("user_username");
    assert_eq!(ignored_because(deliver("Push Hook", &push)), "the payload leaves out user_username");
}

#[test]
fn a_project_without_a_number_has_that_of_the_target() {
    let mut system = request("open");
    system["project"].as_object_mut().unwrap().remove("id");
    assert_eq!(accepted(deliver("System Hook", &system)).repository.id, 14);
}

#[test]
fn a_new_note_stands_on_an_issue_or_a_change_request() {
    assert_eq!(event("Note Hook", &noted("MergeRequest", Some("create"))), "comment 1244 on change request 3");
    let Event::Comment { thread, body, .. } = accepted(deliver("Note Hook", &noted("Issue", None))).event else { panic!() };
    assert_eq!((thread, body.as_str()), (Thread::Issue(Number(4)), "/slipway help"));
}

#[test]
fn notes_that_never_command_are_ignored() {
    let edited = ignored_because(deliver("Note Hook", &noted("Issue", Some("update"))));
    assert_eq!(edited, "only new comments command, and this one is no checklist");
    assert_eq!(ignored_because(deliver("Note Hook", &noted("Snippet", None))), "notes on a \"Snippet\" are not read");
    let mut system = noted("Issue", None);
    system["object_attributes"]["system"] = json!(true);
    assert_eq!(ignored_because(deliver("Note Hook", &system)), "a system note is not written by a person");
}

#[test]
fn a_confidential_note_is_never_answered() {
    assert!(ignored_because(deliver("Confidential Note Hook", &noted("Issue", None))).contains("confidential"));
}

#[test]
fn a_push_creates_moves_and_deletes_branches() {
    assert_eq!(event("Push Hook", &pushed("refs/heads/main", BASE, HEAD, Some(HEAD))), "push to main, now da1560886d");
    assert_eq!(event("Push Hook", &pushed("refs/heads/a", ZERO, HEAD, Some(HEAD))), "branch a created at da1560886d");
    assert_eq!(event("Push Hook", &pushed("refs/heads/a", BASE, ZERO, None)), "branch a deleted, was 95790bf891");
}

#[test]
fn a_tag_stands_for_the_commit_behind_it() {
    assert_eq!(event("Tag Push Hook", &pushed("refs/tags/v1", ZERO, HEAD, Some(BASE))), "tag v1 created at 95790bf891");
    assert_eq!(event("Tag Push Hook", &pushed("refs/tags/v1", BASE, HEAD, None)), "tag v1 moved to da1560886d");
    assert_eq!(event("Tag Push Hook", &pushed("refs/tags/v1", BASE, ZERO, None)), "tag v1 deleted, was 95790bf891");
}

#[test]
fn a_system_hook_tells_its_kind_in_the_payload() {
    assert_eq!(event("System Hook", &pushed("refs/heads/main", BASE, HEAD, None)), "push to main, now da1560886d");
    assert_eq!(event("System Hook", &request("open")), "change request 1 opened at da1560886d");
    let created = ignored_because(deliver("System Hook", &json!({"event_name": "project_create"})));
    assert_eq!(created, "nothing asks about the system event \"project_create\"");
}

#[test]
fn the_id_is_the_one_that_survives_a_redelivery() {
    let body = pushed("refs/heads/main", BASE, HEAD, None).to_string();
    let id = |given: &[(&'static str, &str)]| {
        accepted(parse(&headers(&[&[("x-gitlab-event", "Push Hook")], given].concat()), body.as_bytes())).id
    };
    assert_eq!(id(&[("webhook-id", "w"), ("idempotency-key", "k")]), "k");
    assert_eq!(id(&[("webhook-id", "w"), ("x-gitlab-event-uuid", "e")]), "w");
    let digest = id(&[("x-gitlab-webhook-uuid", "drawn anew")]);
    assert!(digest.len() == 64 && digest == id(&[]));
    assert_eq!(id(&[("x-gitlab-event-uuid", "e")]), format!("e-{digest}"));
}

#[test]
fn invalid_names_are_malformed_by_field() {
    let invalid = [
        ("/project/path_with_namespace", "app", "project.path_with_namespace: "),
        ("/user/username", "a b", "user.username: "),
        ("/object_attributes/last_commit/id", "HEAD", "object_attributes.last_commit.id: "),
        ("/object_attributes/updated_at", "noon", "object_attributes.updated_at is not a time"),
    ];
    for (pointer, value, problem) in invalid {
        let mut open = request("open");
        *open.pointer_mut(pointer).unwrap() = json!(value);
        assert!(malformed_because(deliver("Merge Request Hook", &open)).starts_with(problem), "{pointer}");
    }
    let push = pushed("refs/heads/a..b", BASE, HEAD, None);
    assert!(malformed_because(deliver("Push Hook", &push)).starts_with("ref: "));
}

#[test]
fn what_is_required_is_named_when_it_is_absent() {
    assert!(malformed_because(parse(&HeaderMap::new(), b"{}")).starts_with("header X-Gitlab-Event is missing"));
    assert!(malformed_because(deliver("Push Hook", &json!({}))).starts_with("ref is missing"));
    assert!(malformed_because(deliver("Note Hook", &json!({}))).starts_with("object_attributes is missing"));
}

#[test]
fn an_issue_is_told_by_the_labels_that_it_has_and_had_and_by_its_mark() {
    let label = |name: &str| json!([{"title": name}]);
    let mut issue = request("update");
    issue["labels"] = label("bug");
    issue["changes"] = json!({"labels": {"previous": label("slipway:freeze"), "current": label("bug")}});
    issue["object_attributes"]["description"] = json!("<!-- slipway:drift protection -->\ntext");
    let Event::Issue { change, kinds, .. } = accepted(deliver("Issue Hook", &issue)).event else { panic!("it is no issue") };
    assert_eq!((change, kinds), (IssueChange::Edited, [IssueKind::Freeze, IssueKind::Drift].into()));
    assert_eq!(ignored_because(deliver("Issue Hook", &request("open"))), "nothing asks about issue \"open\"");
}

#[test]
fn an_edited_checklist_is_told_without_what_it_was_before() {
    let mut edited = noted("MergeRequest", Some("update"));
    edited["object_attributes"]["note"] = json!("<!-- slipway:checklist -->\r\n- [x] one");
    edited["object_attributes"]["author_id"] = json!(7);
    edited["object_attributes"]["updated_by_id"] = json!(7);
    assert_eq!(ignored_because(deliver("Note Hook", &edited)), "its author has edited the comment");
    edited["object_attributes"]["updated_by_id"] = json!(8);
    let delivery = accepted(deliver("Note Hook", &edited));
    assert_eq!(delivery.actor.name, UserName::nobody(), "the one that is named is the author");
    let Event::CommentEdited { thread, id, text } = delivery.event else { panic!("it is none") };
    assert_eq!((thread, id, text.before == text.after), (Thread::ChangeRequest(Number(3)), 1244, true));
    assert!(text.after.ends_with("- [x] one"));
}

#[test]
fn an_issue_tells_all_its_labels_and_its_text_before() {
    let mut issue = request("update");
    issue["labels"] = json!([{"title": "bug"}]);
    issue["changes"] = json!({
        "labels": {"previous": [{"title": "bug"}, {"title": "release-blocker"}], "current": [{"title": "bug"}]},
        "description": {"previous": null, "current": "- [x] one"},
    });
    let Event::Issue { labels, text, .. } = accepted(deliver("Issue Hook", &issue)).event else { panic!("it is no issue") };
    assert_eq!(labels, ["bug".to_owned(), "release-blocker".to_owned()].into());
    assert_eq!(text, Some(Edit { before: String::new(), after: "- [x] one".to_owned() }));
}

#[test]
fn an_issue_that_is_opened_with_labels_counts_as_labelled_unless_it_is_slipways() {
    let mut opened = request("open");
    opened["labels"] = json!([{"title": "release-blocker"}]);
    assert_eq!(event("Issue Hook", &opened), "issue 1 edited");
    opened["labels"] = json!([{"title": "slipway:freeze"}]);
    assert_eq!(ignored_because(deliver("Issue Hook", &opened)), "nothing asks about issue \"open\"");
}

fn pipeline(of: Value, status: &str) -> Value {
    let mut hook = request("open");
    hook["object_attributes"] = json!({"id": 1, "ref": "topic", "tag": false, "sha": HEAD, "status": status});
    hook["merge_request"] = of;
    hook
}

fn checked(hook: &Value) -> Option<String> {
    match accepted(deliver("Pipeline Hook", hook)).event {
        Event::Checked { branch, head } if head.as_str() == HEAD => branch.map(|branch| branch.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn the_pipeline_of_a_merge_train_asks_for_its_merge_request() {
    let Event::Queued { number, name, .. } = accepted(deliver("Pipeline Hook", &pipeline(json!({"iid": 7}), "pending"))).event else {
        panic!("it is none")
    };
    assert_eq!((number, name.as_str()), (Number(7), "refs/merge-requests/7/train"));
    let of_branch = deliver("Pipeline Hook", &pipeline(json!(null), "pending"));
    assert_eq!(ignored_because(of_branch), "the branch's pipeline has not ended");
    let scheduled = ignored_because(deliver("Pipeline Hook", &pipeline(json!(null), "scheduled")));
    assert_eq!(scheduled, "a pipeline that is scheduled has not ended");
}

#[test]
fn checks_have_ended_with_their_pipeline() {
    for status in ["success", "failed", "canceled", "skipped", "manual"] {
        assert_eq!(checked(&pipeline(json!(null), status)).as_deref(), Some("topic"));
    }
    let request = |source: u64| json!({"iid": 7, "source_project_id": source, "target_project_id": 15});
    assert_eq!(checked(&pipeline(request(15), "success")).as_deref(), Some("topic"));
    assert_eq!(checked(&pipeline(request(16), "success")), None, "the branch is a fork's");
    let mut of_tag = pipeline(json!(null), "success");
    of_tag["object_attributes"]["tag"] = json!(true);
    assert_eq!(checked(&of_tag), None);
}

#[test]
fn the_pipeline_that_another_one_has_started_counts_with_that_one() {
    let mut child = pipeline(json!(null), "success");
    child["source_pipeline"] = json!({"project": {"id": 15}, "pipeline_id": 30});
    assert_eq!(ignored_because(deliver("Pipeline Hook", &child)), "the pipeline that this one is part of says the same");
    child["source_pipeline"]["project"]["id"] = json!(41);
    assert_eq!(checked(&child).as_deref(), Some("topic"), "another project has started it");
}

#[test]
fn a_deployment_names_its_commit_by_its_address() {
    let hook = |status: &str| {
        let commit = format!("https://gitlab.test/acme/app/-/commit/{HEAD}");
        let project = json!({"id": 15, "path_with_namespace": "acme/app"});
        let (user, short) = (json!({"username": "ann"}), "da156088");
        json!({
            "object_kind": "deployment", "status": status, "environment": "production", "project": project, "user": user,
            "short_sha": short, "commit_url": commit, "ref": "v1.0.0",
        })
    };
    for (status, expected) in [("success", DeployResult::Succeeded), ("failed", DeployResult::Failed)] {
        let Event::Deployed { environment, head, result } = accepted(deliver("Deployment Hook", &hook(status))).event else {
            panic!("it is none")
        };
        assert_eq!((environment.as_str(), head.as_str(), result), ("production", HEAD, expected));
    }
    let canceled = ignored_because(deliver("Deployment Hook", &hook("canceled")));
    assert_eq!(canceled, "nothing asks about a deployment that is canceled");
    let mut bare = hook("success");
    bare["commit_url"] = json!(null);
    assert_eq!(ignored_because(deliver("Deployment Hook", &bare)), "the payload leaves out commit_url");
}

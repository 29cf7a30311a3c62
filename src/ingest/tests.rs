//! What both forges' deliveries have in common, and every payload that the forges publish.

use std::fs;
use std::path::{Path, PathBuf};

use http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

pub(super) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    pairs.iter().map(pair).collect()
}

pub(super) fn accepted(parsed: Parsed) -> Delivery {
    match parsed {
        Parsed::Accepted(delivery) => *delivery,
        other => panic!("{other:?}"),
    }
}

pub(super) fn ignored_because(parsed: Parsed) -> String {
    match parsed {
        Parsed::Ignored { reason } => reason,
        other => panic!("{other:?}"),
    }
}

pub(super) fn malformed_because(parsed: Parsed) -> String {
    match parsed {
        Parsed::Malformed { problem } => problem,
        other => panic!("{other:?}"),
    }
}

fn on_github(kind: &str, body: &[u8]) -> Parsed {
    github::parse(&headers(&[("x-github-event", kind), ("x-github-delivery", "1")]), body)
}

fn on_gitlab(hook: &str, body: &[u8]) -> Parsed {
    gitlab::parse(&headers(&[("x-gitlab-event", hook), ("idempotency-key", "1")]), body)
}

#[test]
fn all_forms_of_a_moment_are_the_same_moment() {
    let forms = ["2019-04-03T21:29:41Z", "2019-04-03T21:29:41.365Z", "2019-04-03 21:29:41 UTC", "2019-04-03 23:29:41 +0200"];
    let at = |text| moment("at", text).ok().unwrap().0;
    assert!(forms.into_iter().all(|form| at(form) == 1_554_326_981));
    assert!(["", "2019-04-03", "2019-04-03 21: 00:25", "soon UTC"].into_iter().all(|bad| moment("at", bad).is_err()));
}

#[test]
fn text_without_escapes_is_not_copied() {
    let borrowed = |body| matches!(json::<Option<Text>>(body), Ok(Some(Text(Cow::Borrowed(_)))));
    assert!(borrowed(br#""refs/heads/main""#) && !borrowed(br#""line\nbreak""#));
}

/// What becomes of each published payload: by file name, else by its part before the first dot. The text is the event, or the reason.
const GITHUB: &[(&str, &str)] = &[
    ("branch_protection_configuration", "no rule asks about branch protection"),
    ("branch_protection_rule", "no rule asks about branch protection"),
    ("check_run", "the suite that it is part of says when it ends"),
    ("check_suite.completed", "=> checks ended on ec26c3e57c"),
    ("check_suite.requested", "nothing asks about check_suite \"requested\""),
    ("check_suite.rerequested", "nothing asks about check_suite \"rerequested\""),
    ("commit_comment", "only the conversation's comments are read"),
    ("create", "push says the same"),
    ("delete", "push says the same"),
    ("deployment", "a deployment's status says what became of it"),
    ("deployment_protection_rule", "a deployment's status says what became of it"),
    ("deployment_status", "nothing asks about a deployment that is \"in_progress\""),
    ("github_app_authorization", "nothing is kept about where the App is installed"),
    ("installation", "nothing is kept about where the App is installed"),
    ("installation_repositories", "nothing is kept about where the App is installed"),
    ("installation_target", "nothing is kept about where the App is installed"),
    ("issue_comment.created", "=> comment 492700400 on issue 1"),
    ("issue_comment.deleted", "only new comments command"),
    ("issue_comment.edited", "only new comments command"),
    ("issue_comment.pinned", "nothing asks about issue_comment \"pinned\""),
    ("issue_comment.unpinned", "nothing asks about issue_comment \"unpinned\""),
    ("issues.assigned", "nothing asks about issues \"assigned\""),
    ("issues.closed", "=> issue 1 closed"),
    ("issues.deleted", "=> issue 1 closed"),
    ("issues.demilestoned", "=> issue 2 edited"),
    ("issues.edited", "=> issue 1 edited"),
    ("issues.field_added", "nothing asks about issues \"field_added\""),
    ("issues.field_removed", "nothing asks about issues \"field_removed\""),
    ("issues.labeled", "=> issue 1 edited"),
    ("issues.locked", "nothing asks about issues \"locked\""),
    ("issues.milestoned", "=> issue 2 edited"),
    ("issues.opened", "nothing asks about issues \"opened\""),
    ("issues.pinned", "nothing asks about issues \"pinned\""),
    ("issues.reopened", "=> issue 1 reopened"),
    ("issues.transferred", "nothing asks about issues \"transferred\""),
    ("issues.typed", "nothing asks about issues \"typed\""),
    ("issues.unassigned", "nothing asks about issues \"unassigned\""),
    ("issues.unlabeled", "=> issue 1 edited"),
    ("issues.unlocked", "nothing asks about issues \"unlocked\""),
    ("issues.unpinned", "nothing asks about issues \"unpinned\""),
    ("issues.untyped", "nothing asks about issues \"untyped\""),
    ("label", "what is needed of it is read from the forge when it is needed"),
    ("member", "what is needed of it is read from the forge when it is needed"),
    ("merge_group.checks_requested", "=> change request 104 queued as 2ffea6db15"),
    ("merge_group.destroyed", "nothing asks about merge_group \"destroyed\""),
    ("meta", "nothing is kept about where the App is installed"),
    ("milestone.closed", "=> a milestone closed"),
    ("milestone.created", "nothing asks about milestone \"created\""),
    ("milestone.deleted", "nothing asks about milestone \"deleted\""),
    ("milestone.edited", "nothing asks about milestone \"edited\""),
    ("milestone.opened", "nothing asks about milestone \"opened\""),
    ("ping", "a ping only shows that the webhook arrives"),
    ("pull_request.assigned", "no rule asks about pull_request \"assigned\""),
    ("pull_request.auto_merge_disabled", "no rule asks about pull_request \"auto_merge_disabled\""),
    ("pull_request.auto_merge_enabled", "no rule asks about pull_request \"auto_merge_enabled\""),
    ("pull_request.closed", "=> change request 2 closed at ec26c3e57c"),
    ("pull_request.converted_to_draft", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request.demilestoned", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request.dequeued", "no rule asks about pull_request \"dequeued\""),
    ("pull_request.edited", "=> change request 2 edited at ec26c3e57c"),
    ("pull_request.enqueued", "no rule asks about pull_request \"enqueued\""),
    ("pull_request.labeled", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request.locked", "no rule asks about pull_request \"locked\""),
    ("pull_request.milestoned", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request.opened", "=> change request 2 opened at ec26c3e57c"),
    ("pull_request.ready_for_review", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request.reopened", "=> change request 2 reopened at ec26c3e57c"),
    ("pull_request.review_request_removed", "no rule asks about pull_request \"review_request_removed\""),
    ("pull_request.review_requested", "no rule asks about pull_request \"review_requested\""),
    ("pull_request.stacked", "no rule asks about pull_request \"stacked\""),
    ("pull_request.synchronize", "=> change request 2 updated at ec26c3e57c"),
    ("pull_request.unassigned", "no rule asks about pull_request \"unassigned\""),
    ("pull_request.unlabeled", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request.unlocked", "no rule asks about pull_request \"unlocked\""),
    ("pull_request_review.dismissed", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request_review.edited", "no rule asks about pull_request_review \"edited\""),
    ("pull_request_review.submitted", "=> change request 2 labelled at ec26c3e57c"),
    ("pull_request_review_comment", "only the conversation's comments are read"),
    ("pull_request_review_thread", "only the conversation's comments are read"),
    ("push", "=> tag simple-tag deleted, was 6113728f27"),
    ("release", "releases follow from tags"),
    ("repository", "what is needed of it is read from the forge when it is needed"),
    ("repository_dispatch", "meant for workflows"),
    ("repository_ruleset", "=> what the forge protects has changed"),
    ("status", "=> checks ended on 6113728f27"),
    ("workflow_dispatch", "meant for workflows"),
    ("workflow_run", "the suite that it is part of says when it ends"),
];

const GITLAB: &[(&str, &str)] = &[
    ("deployment.docs", "=> deployment of 279484c09f"),
    ("deployment.running", "nothing asks about a deployment that is running"),
    ("deployment.success", "the payload leaves out environment"),
    ("feature_flag", "it says nothing about branches or releases"),
    ("group_member", "what is needed of it is read from the forge when it is needed"),
    ("group_project", "what is needed of it is read from the forge when it is needed"),
    ("issue.close", "=> issue 1 closed"),
    ("issue.docs", "=> issue 23 edited"),
    ("issue.open", "nothing asks about issue \"open\""),
    ("issue.reopen", "=> issue 1 reopened"),
    ("issue.update.labels", "=> issue 1 edited"),
    ("job", "no rule asks about jobs"),
    ("merge_request.approval.derived", "=> change request 4 labelled at 1fd967c14f"),
    ("merge_request.approved", "=> change request 4 labelled at 1fd967c14f"),
    ("merge_request.close", "=> change request 4 closed at 1fd967c14f"),
    ("merge_request.docs", "=> change request 1 opened at da1560886d"),
    ("merge_request.group.docs", "the payload leaves out object_attributes.iid"),
    ("merge_request.merge", "=> change request 4 merged at 1fd967c14f"),
    ("merge_request.open", "=> change request 4 opened at 1fd967c14f"),
    ("merge_request.reopen", "=> change request 1 reopened at 9efcb9dc89"),
    ("merge_request.unapproval.derived", "=> change request 4 labelled at 1fd967c14f"),
    ("merge_request.unapproved.derived", "=> change request 4 labelled at 1fd967c14f"),
    ("merge_request.update.assignee", "=> change request 4 labelled at 1fd967c14f"),
    ("merge_request.update.labels.derived", "=> change request 1 labelled at da1560886d"),
    ("merge_request.update.new_commits.derived", "=> change request 1 updated at da1560886d"),
    ("merge_request.update.ready", "=> change request 3 edited at ffd71529ec"),
    ("merge_request.update.reviewer", "=> change request 4 labelled at 1fd967c14f"),
    ("merge_request.update.title", "=> change request 1 updated at c4c79227ed"),
    ("milestone.close.derived", "=> a milestone closed"),
    ("milestone.create.derived", "nothing asks about milestone \"create\""),
    ("note.commit.docs", "notes on a \"Commit\" are not read"),
    ("note.confidential", "a confidential note must not be answered where everybody can read it"),
    ("note.issue", "=> comment 50771783 on issue 1"),
    ("note.issue.docs", "=> comment 1241 on issue 17"),
    ("note.merge_request", "=> comment 50772616 on change request 1"),
    ("note.merge_request.docs", "=> comment 1244 on change request 1"),
    ("pipeline.docs", "=> checks ended on bcbb5ec396"),
    ("pipeline", "=> checks ended on ec0a1bcd45"),
    ("push.branch_created", "=> branch feature created at c4c79227ed"),
    ("push.branch_deleted", "=> branch feature deleted, was c4c79227ed"),
    ("push.commits", "=> push to master, now 2adc9465c4"),
    ("push.current", "=> push to master, now f15b32277d"),
    ("push.docs", "=> push to master, now da1560886d"),
    ("push.merge_commit", "=> push to master, now 78a76ee6b4"),
    ("push.no_commits", "=> push to master, now c30217b625"),
    ("release", "releases follow from tags"),
    ("resource_access_token", "it says nothing about branches or releases"),
    ("system.group_created", "nothing asks about the system event \"group_create\""),
    ("system.group_member_added", "nothing asks about the system event \"user_add_to_group\""),
    ("system.group_member_removed", "nothing asks about the system event \"user_remove_from_group\""),
    ("system.group_member_updated", "nothing asks about the system event \"user_update_for_group\""),
    ("system.group_removed", "nothing asks about the system event \"group_destroy\""),
    ("system.group_renamed", "nothing asks about the system event \"group_rename\""),
    ("system.merge_request", "the payload leaves out object_attributes.action"),
    ("system.project_created", "nothing asks about the system event \"project_create\""),
    ("system.project_destroyed", "nothing asks about the system event \"project_destroy\""),
    ("system.project_renamed", "nothing asks about the system event \"project_rename\""),
    ("system.project_transferred", "nothing asks about the system event \"project_transfer\""),
    ("system.project_updated", "nothing asks about the system event \"project_update\""),
    ("system.push", "the payload leaves out user_username"),
    ("system.tag", "the payload leaves out user_username"),
    ("system.team_member_added", "nothing asks about the system event \"user_add_to_team\""),
    ("system.team_member_removed", "nothing asks about the system event \"user_remove_from_team\""),
    ("system.team_member_updated", "nothing asks about the system event \"user_update_for_team\""),
    ("system.user_created", "nothing asks about the system event \"user_create\""),
    ("tag_push.created", "=> tag v1.0.0 created at 2adc9465c4"),
    ("tag_push.deleted", "=> tag v1.0.0 deleted, was 2adc9465c4"),
    ("tag_push.docs", "=> tag v1.0.0 created at 82b3d5ae55"),
    ("wiki_page", "it says nothing about branches or releases"),
];

fn outcome(parsed: Parsed) -> String {
    match parsed {
        Parsed::Accepted(delivery) => format!("=> {}", delivery.event),
        Parsed::Ignored { reason } => reason,
        Parsed::Malformed { problem } => format!("malformed: {problem}"),
    }
}

fn expected<'a>(table: &[(&str, &'a str)], stem: &str) -> &'a str {
    let find = |name: &str| table.iter().find(|(known, _)| *known == name).map(|(_, outcome)| *outcome);
    let kind = stem.split_once('.').map_or(stem, |(kind, _)| kind);
    find(stem).or_else(|| find(kind)).unwrap_or("(not in the table)")
}

/// The forges' published payloads, from `SLIPWAY_CONTRACTS` or beside the project.
fn published(forge: &str) -> Option<PathBuf> {
    let contracts = std::env::var("SLIPWAY_CONTRACTS")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts"), PathBuf::from);
    let payloads = contracts.join("webhooks").join(forge);
    if !payloads.is_dir() {
        println!("skipped: {} is not there; set SLIPWAY_CONTRACTS to the directory that holds webhooks/{forge}", payloads.display());
        return None;
    }
    Some(payloads)
}

fn check_published(forge: &str, table: &[(&str, &str)], parse: impl Fn(&str, &[u8]) -> Parsed) {
    let Some(directory) = published(forge) else { return };
    let index: Value = serde_json::from_slice(&fs::read(directory.join("INDEX.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if stem == "INDEX" {
            continue;
        }
        let hook = index[format!("{stem}.json")]["x_gitlab_event"].as_str();
        let outcome = outcome(parse(hook.unwrap_or(stem.split('.').next().unwrap()), &fs::read(&path).unwrap()));
        if outcome != expected(table, stem) {
            wrong.push(format!("{stem}: {outcome}, not {}", expected(table, stem)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_published_github_payload_is_accepted_or_ignored_by_accident() {
    check_published("github", GITHUB, on_github);
}

#[test]
fn no_published_gitlab_payload_is_accepted_or_ignored_by_accident() {
    check_published("gitlab", GITLAB, on_gitlab);
}

const KINDS: [&str; 4] = ["pull_request", "pull_request_review", "push", "issue_comment"];
const HOOKS: [&str; 8] =
    ["Merge Request Hook", "Note Hook", "Issue Hook", "Pipeline Hook", "Deployment Hook", "Push Hook", "Tag Push Hook", "System Hook"];

fn parse_as_everything(body: &[u8]) {
    for kind in KINDS {
        on_github(kind, body);
    }
    for hook in HOOKS {
        on_gitlab(hook, body);
    }
}

/// One payload with the fields of every event of both forges.
fn everything() -> Value {
    let sha = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
    json!({
        "action": "created", "object_kind": "merge_request", "event_name": "push",
        "repository": {"id": 1, "full_name": "acme/app"}, "sender": {"login": "ann", "type": "User"}, "installation": {"id": 2},
        "pull_request": {"number": 3, "head": {"sha": sha}, "updated_at": "2019-05-15T15:20:33Z", "merged": true},
        "changes": {"base": {}, "title": {}}, "issue": {"number": 4, "iid": 4, "pull_request": {}}, "comment": {"id": 5, "body": "b"},
        "ref": "refs/tags/v1", "before": sha, "after": sha, "head_commit": {"id": sha}, "checkout_sha": sha,
        "user": {"username": "ann"}, "user_username": "ann", "project_id": 6, "project": {"id": 6, "path_with_namespace": "acme/app"},
        "object_attributes": {
            "id": 7, "iid": 8, "action": "update", "oldrev": sha, "last_commit": {"id": sha}, "updated_at": "2019-04-03 21:29:41 UTC",
            "note": "n", "noteable_type": "MergeRequest", "system": false, "status": "success", "ref": "b", "tag": false, "sha": sha,
        },
        "merge_request": {"iid": 9},
    })
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    for (name, child) in value.as_object().into_iter().flatten() {
        pointers(child, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let words =
        prop::sample::select(vec!["", "opened", "edited", "merge", "refs/heads/é", "refs/tags/", "0000", "2019-99-99 x", "+", "a/b"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        words.prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let members = prop::collection::vec((any::<String>(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|all| Value::Object(all.into_iter().collect()))
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        parse_as_everything(&body);
    }

    #[test]
    fn no_change_to_a_payload_makes_a_parser_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4)) {
        let mut payload = everything();
        for (index, value) in changes {
            let mut places = Vec::new();
            pointers(&payload, "", &mut places);
            *payload.pointer_mut(&places[index.index(places.len())]).unwrap() = value;
        }
        parse_as_everything(payload.to_string().as_bytes());
    }

    #[test]
    fn no_damage_to_a_payload_makes_a_parser_panic(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let mut body = everything().to_string().into_bytes();
        let at = at.index(body.len());
        if cut { body.truncate(at) } else { body[at] = byte }
        parse_as_everything(&body);
    }
}

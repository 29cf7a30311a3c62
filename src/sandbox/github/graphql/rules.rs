//! The part of the graph that is rules: those in force for a reference.

use serde_json::{Value, json};

use super::{
    execution::Asked,
    objects::{Object, Page, Resolved, Sight},
};
use crate::sandbox::{github::json::node, protection::rulesets::in_force, world::Repository};

pub fn of_reference<'a>(sight: &Sight<'a>, repository: &'a Repository, reference: &str, asked: &Asked) -> Resolved<'a> {
    let rules = in_force(repository, reference).enumerate().map(|(place, (ruleset, rule))| {
        let kind = rule.get("type").and_then(Value::as_str).unwrap_or_default();
        let id = node("RRU", format!("{}_{place}", ruleset.id));
        json!({"__typename": "RepositoryRule", "id": id, "type": kind.to_uppercase(), "parameters": parameters(kind, rule)})
    });
    Page::of(sight, asked, "RepositoryRuleConnection", rules.collect(), Object::Plain)
}

/// The parameters under the name of their type. Of all those only the ones about checks can be looked into here.
fn parameters(kind: &str, rule: &Value) -> Value {
    let name = match kind {
        "required_status_checks" => return required_checks(rule),
        "pull_request" => "PullRequestParameters",
        "update" => "UpdateParameters",
        "merge_queue" => "MergeQueueParameters",
        "required_deployments" => "RequiredDeploymentsParameters",
        "workflows" => "WorkflowsParameters",
        "code_scanning" => "CodeScanningParameters",
        "branch_name_pattern" => "BranchNamePatternParameters",
        "tag_name_pattern" => "TagNamePatternParameters",
        "commit_message_pattern" => "CommitMessagePatternParameters",
        "commit_author_email_pattern" => "CommitAuthorEmailPatternParameters",
        "committer_email_pattern" => "CommitterEmailPatternParameters",
        _ => return Value::Null,
    };
    json!({"__typename": name})
}

fn required_checks(rule: &Value) -> Value {
    let parameter = |name: &str| rule.get("parameters").and_then(|parameters| parameters.get(name));
    let flag = |name: &str| parameter(name) == Some(&Value::Bool(true));
    let checks = parameter("required_status_checks").and_then(Value::as_array).into_iter().flatten();
    let check = |check: &Value| {
        let (context, app) = (check.get("context"), check.get("integration_id"));
        json!({"__typename": "StatusCheckConfiguration", "context": context, "integrationId": app})
    };
    json!({
        "__typename": "RequiredStatusChecksParameters",
        "doNotEnforceOnCreate": flag("do_not_enforce_on_create"),
        "requiredStatusChecks": checks.map(check).collect::<Vec<_>>(),
        "strictRequiredStatusChecksPolicy": flag("strict_required_status_checks_policy"),
    })
}

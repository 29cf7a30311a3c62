//! GitHub's rulesets: read, written, told and enforced.

use super::*;
use crate::sandbox::{Administration, Merge};

fn rules(rules: &[Value]) -> Value {
    let conditions =
        json!({"ref_name": {"include": ["~DEFAULT_BRANCH", "refs/heads/release/**/*"], "exclude": ["refs/heads/release/old"]}});
    json!({"name": "lines", "target": "branch", "enforcement": "active", "conditions": conditions, "rules": rules})
}

fn checks() -> Value {
    let wanted = json!({"required_status_checks": [{"context": "test"}, {"context": "slipway/policy", "integration_id": 4242}], "strict_required_status_checks_policy": false});
    json!({"type": "required_status_checks", "parameters": wanted})
}

fn pull_request() -> Value {
    json!({"type": "pull_request", "parameters": {
        "dismiss_stale_reviews_on_push": true, "require_code_owner_review": false, "require_last_push_approval": false,
        "required_approving_review_count": 1, "required_review_thread_resolution": false}})
}

async fn administered() -> Stage {
    let stage = stage().await;
    stage.sandbox.set_administration(Administration::Granted);
    stage
}

#[tokio::test]
async fn rulesets_are_made_listed_changed_and_deleted() {
    let stage = administered().await;
    let bot = &stage.bot;
    let mut wanted = rules(&[json!({"type": "deletion"}), json!({"type": "non_fast_forward"}), pull_request(), checks()]);
    wanted["bypass_actors"] = json!([{"actor_id": 4242, "actor_type": "Integration", "bypass_mode": "always"}]);
    let made = bot.post("/rulesets", wanted.clone()).await;
    assert_eq!(
        (made.status.as_u16(), made.text("/source").as_str(), made.text("/current_user_can_bypass").as_str()),
        (201, "acme/app", "always")
    );
    let one = format!("/rulesets/{}", made.number("/id"));
    assert_eq!(made.at("/rules/2/parameters/allowed_merge_methods"), &json!(["merge", "squash", "rebase"]));
    assert_eq!(bot.get(&one).await.body, made.body);
    assert_eq!(bot.get("/rulesets?includes_parents=false&targets=branch").await.len(), 1);
    assert_eq!(bot.get("/rulesets?targets=tag").await.len(), 0);
    let of_main = bot.get("/rules/branches/main").await;
    assert_eq!((of_main.len(), of_main.number("/0/ruleset_id")), (4, made.number("/id")));
    assert_eq!([bot.get("/rules/branches/release%2F1.0").await.len(), bot.get("/rules/branches/release/old").await.len()], [4, 0]);
    let changed = bot.call(Method::PUT, &one, Some(json!({"enforcement": "disabled", "rules": [json!({"type": "deletion"})]}))).await;
    assert_eq!((changed.text("/enforcement").as_str(), changed.text("/name").as_str()), ("disabled", "lines"));
    assert_eq!(bot.get("/rules/branches/main").await.len(), 0);
    assert_eq!((bot.delete(&one).await.status.as_u16(), bot.get(&one).await.status.as_u16()), (204, 404));
    let told = stage.delivered("repository_ruleset");
    assert_eq!(told.iter().map(|body| body["action"].clone()).collect::<Vec<_>>(), ["created", "edited", "deleted"]);
    assert_eq!(told[1]["changes"]["enforcement"]["from"], "active");
    assert_eq!(told[1]["changes"]["rules"]["deleted"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_ruleset_that_makes_no_sense_is_refused() {
    let Stage { bot, repo, .. } = administered().await;
    repo.add_ruleset("acme", &rules(&[])).unwrap();
    let wrong = [
        (rules(&[]), "Validation Failed"),
        (json!({"enforcement": "active", "name": ""}), "Invalid request.\n\n\"name\" wasn't supplied."),
        (
            json!({"enforcement": "active", "name": "x", "conditions": {"ref_name": {"include": ["main"], "exclude": []}}}),
            "Invalid request.\n\nInvalid target patterns: 'main'",
        ),
    ];
    for (body, message) in wrong {
        let refused = bot.post("/rulesets", body).await;
        assert_eq!((refused.status.as_u16(), refused.text("/message").as_str()), (422, message));
    }
}

#[tokio::test]
async fn without_the_permission_rulesets_are_read_and_nothing_more() {
    let stage = stage().await;
    let bot = &stage.bot;
    let id = stage.repo.add_ruleset("acme", &rules(&[json!({"type": "deletion"})])).unwrap();
    let refused = bot.post("/rulesets", rules(&[])).await;
    assert_eq!((refused.status.as_u16(), refused.text("/message").as_str()), (403, "Resource not accessible by integration"));
    let seen = bot.get(&format!("/rulesets/{id}")).await;
    assert_eq!((seen.len(), seen.at("/bypass_actors"), seen.text("/name").as_str()), (0, &Value::Null, "lines"));
    assert_eq!(bot.delete(&format!("/rulesets/{id}")).await.status, 403);
    assert!(stage.delivered("repository_ruleset").is_empty());
}

#[tokio::test]
async fn rules_hold_for_what_people_and_the_bot_push() {
    let Stage { repo, bot, sandbox } = stage().await;
    let rule = |kind: &str| json!({"type": kind});
    repo.branch("release/1.0", "main").unwrap();
    let id = repo.add_ruleset("acme", &rules(&[rule("deletion"), rule("non_fast_forward"), pull_request()])).unwrap();
    let broken = |outcome: anyhow::Result<()>| outcome.unwrap_err().to_string();
    assert_eq!(broken(repo.delete_branch("release/1.0")), "Cannot delete this branch");
    let direct = "Changes must be made through a pull request.";
    assert_eq!(broken(repo.commit("main", "ann", "fix: a", &[("a", "1")]).map(drop)), direct);
    let forced = broken(repo.rewrite("main", "ann", "chore: begin", &[]).map(drop));
    assert_eq!(forced, format!("Cannot force-push to this branch\n{direct}"));
    let refused = bot.delete("/git/refs/heads/release/1.0").await;
    assert_eq!(
        (refused.status.as_u16(), refused.text("/message").as_str()),
        (422, "Repository rule violations found\n\nCannot delete this branch\n\n")
    );
    let bypass =
        json!({"bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole"}, {"actor_id": 4242, "actor_type": "Integration"}]});
    repo.change_ruleset("acme", id, &bypass).unwrap();
    repo.commit("main", "acme", "fix: b", &[("b", "1")]).unwrap();
    assert_eq!(bot.delete("/git/refs/heads/release/1.0").await.status, 204);
    assert!(sandbox.snapshot().contains("ruleset lines active branch ~DEFAULT_BRANCH refs/heads/release/**/*"));
}

#[tokio::test]
async fn a_merge_waits_for_the_checks_that_are_required() {
    let Stage { repo, bot, .. } = stage().await;
    repo.add_ruleset("acme", &rules(&[checks(), json!({"type": "required_linear_history"})])).unwrap();
    repo.branch("x", "main").unwrap();
    let head = repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    repo.report(&head, "test", "success").unwrap();
    repo.report(&head, "slipway/policy", "success").unwrap();
    let refused = repo.merge(number, "bob", Merge::MergeCommit).unwrap_err().to_string();
    assert_eq!(refused, "Required status check \"slipway/policy\" is expected.\nThis branch must not contain merge commits.");
    bot.post("/check-runs", json!({"name": "slipway/policy", "head_sha": head, "conclusion": "neutral"})).await;
    repo.merge(number, "bob", Merge::Squash).unwrap();
}

#[tokio::test]
async fn tags_have_rulesets_too() {
    let Stage { repo, bot, .. } = stage().await;
    let pattern = json!({"type": "tag_name_pattern", "parameters": {"operator": "starts_with", "pattern": "v"}});
    let conditions = json!({"ref_name": {"include": ["~ALL"], "exclude": []}});
    let wanted =
        json!({"name": "tags", "target": "tag", "enforcement": "active", "conditions": conditions, "rules": [pattern, {"type": "update"}]});
    repo.add_ruleset("acme", &wanted).unwrap();
    repo.tag("v1", "main").unwrap();
    assert!(repo.tag("1", "main").is_err() && repo.lightweight_tag("v1", "main").is_err());
    let refused = bot.post("/git/refs", json!({"ref": "refs/tags/2", "sha": repo.head("main").unwrap()})).await;
    assert!(refused.text("/message").starts_with("Repository rule violations found\n\nRef name must match a given pattern: v"));
    repo.commit("main", "ann", "fix: a", &[("a", "1")]).unwrap();
}

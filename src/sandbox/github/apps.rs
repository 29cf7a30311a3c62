//! The App itself: authentication, the installation and its tokens, the log of webhook deliveries.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    errors::{bad_credentials, not_found, unprocessable},
    json::{PAGE, api_url, node, time, user, with},
    repositories::repository_json,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    deliveries::DeliveryRecord,
    protection::Administration,
    world::{Kind, Reporter, Repository, Token, World},
};

/// The installation that covers every repository.
pub const INSTALLATION: u64 = 7001;

/// The App of GitHub's own that runs workflows.
const ACTIONS: u64 = 15_368;

/// What the App says that it is subscribed to. The published description of an App knows neither `merge_group` nor
/// `repository_ruleset` there, though both are sent.
pub const EVENTS: [&str; 14] = [
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "issue_comment",
    "issues",
    "milestone",
    "pull_request",
    "pull_request_review",
    "push",
    "release",
    "status",
];

fn permissions(world: &World) -> Value {
    let asked = json!({
        "checks": "write",
        "contents": "write",
        "deployments": "read",
        "issues": "write",
        "members": "read",
        "merge_queues": "read",
        "metadata": "read",
        "pull_requests": "write",
        "statuses": "write",
    });
    let asked = if world.may_change_workflows() { with(asked, json!({"workflows": "write"})) } else { asked };
    match world.administration {
        Administration::Granted => with(asked, json!({"administration": "write"})),
        Administration::Withheld => asked,
    }
}

fn credential(call: &Call) -> Option<&str> {
    let (scheme, credential) = call.header("authorization")?.split_once(' ')?;
    ["bearer", "token"].contains(&scheme.to_ascii_lowercase().as_str()).then_some(credential.trim())
}

/// Lets in who shows a JWT of the App. Its signature is not checked.
pub fn by_app(world: &World, call: &Call) -> Result<(), Answer> {
    let claims = credential(call).and_then(claims_of).ok_or_else(bad_credentials)?;
    let number = |name: &str| match claims.get(name) {
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
        None => None,
    };
    let is_ours = number("iss").is_some_and(|issuer| u64::try_from(issuer) == Ok(world.secrets.app_id));
    let is_fresh = number("exp").is_some_and(|expiry| expiry > Timestamp::now().as_second());
    if is_ours && is_fresh { Ok(()) } else { Err(bad_credentials()) }
}

fn claims_of(jwt: &str) -> Option<Value> {
    let mut parts = jwt.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// The installation token that the call shows.
pub fn token_of<'a>(world: &'a World, call: &Call) -> Result<&'a Token, Answer> {
    let shown = credential(call).ok_or_else(bad_credentials)?;
    let token = world.tokens.iter().find(|token| token.value == shown);
    token.filter(|token| token.expires_at > Timestamp::now()).ok_or_else(bad_credentials)
}

pub fn covers(token: &Token, repository: u64) -> bool {
    token.repositories.as_ref().is_none_or(|covered| covered.contains(&repository))
}

/// Lets in who shows an installation token, whatever it covers.
pub fn by_token(world: &World, call: &Call) -> Result<(), Answer> {
    token_of(world, call).map(drop)
}

/// Lets in who shows an installation token that covers the repository.
pub fn by_installation(world: &World, call: &Call) -> Result<(), Answer> {
    let token = token_of(world, call)?;
    if covers(token, repository_id(world, call)?) { Ok(()) } else { Err(not_found()) }
}

/// The repository that the call is about.
pub fn target<'a>(world: &'a World, call: &Call) -> Result<&'a Repository, Answer> {
    let found = match call.params.get("repository_id") {
        Some(id) => world.repositories_of(Kind::GitHub).find(|repository| repository.id.to_string() == *id),
        None => world.find_repository(Kind::GitHub, &format!("{}/{}", call.param("owner"), call.param("repo"))),
    };
    found.ok_or_else(not_found)
}

pub fn repository_id(world: &World, call: &Call) -> Result<u64, Answer> {
    target(world, call).map(|repository| repository.id)
}

/// The App, as it is shown in what it made.
pub fn app_json(world: &World) -> Value {
    let owner = Kind::GitHub.bot();
    let created = time(world.user(owner).created_at);
    json!({
        "id": world.secrets.app_id,
        "slug": "slipway",
        "node_id": node("A", world.secrets.app_id),
        "client_id": "Iv1.sandbox",
        "owner": user(world, owner),
        "name": "Slipway",
        "description": "Releases",
        "external_url": world.url,
        "html_url": format!("{}/apps/slipway", world.url),
        "created_at": created,
        "updated_at": created,
        "permissions": permissions(world),
        "events": EVENTS,
    })
}

/// The number of the App that reports a check.
pub fn reporter_id(world: &World, reporter: Reporter) -> u64 {
    match reporter {
        Reporter::Own => world.secrets.app_id,
        Reporter::Actions => ACTIONS,
    }
}

/// The App that reports a check.
pub fn reporter_json(world: &World, reporter: Reporter) -> Value {
    match reporter {
        Reporter::Own => app_json(world),
        Reporter::Actions => with(
            app_json(world),
            json!({
                "id": ACTIONS,
                "slug": "github-actions",
                "node_id": node("A", ACTIONS),
                "client_id": "Iv1.actions",
                "owner": user(world, "github"),
                "name": "GitHub Actions",
                "description": "Automate your workflow from idea to production",
                "html_url": format!("{}/apps/github-actions", world.url),
            }),
        ),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in a table with handlers that can fail")]
pub fn app(world: &mut World, _call: &Call) -> Handled {
    Ok(Answer::ok(app_json(world)))
}

pub fn installation(world: &mut World, call: &Call) -> Handled {
    let account = target(world, call)?.owner();
    Ok(Answer::ok(installation_json(world, account)))
}

pub fn installation_json(world: &World, account: &str) -> Value {
    let created = time(world.user(Kind::GitHub.bot()).created_at);
    let url = format!("{}/app/installations/{INSTALLATION}", api_url(world));
    json!({
        "id": INSTALLATION,
        "account": user(world, account),
        "repository_selection": "all",
        "access_tokens_url": format!("{url}/access_tokens"),
        "repositories_url": format!("{}/installation/repositories", api_url(world)),
        "html_url": format!("{}/settings/installations/{INSTALLATION}", world.url),
        "app_id": world.secrets.app_id,
        "target_id": world.user(account).id,
        "target_type": "User",
        "permissions": permissions(world),
        "events": EVENTS,
        "created_at": created,
        "updated_at": created,
        "single_file_name": null,
        "app_slug": "slipway",
        "suspended_by": null,
        "suspended_at": null,
    })
}

pub fn create_token(world: &mut World, call: &Call) -> Handled {
    if call.number("installation_id") != INSTALLATION {
        return Err(not_found());
    }
    let repositories = wanted_repositories(world, call)?;
    let value = format!("ghs_sandbox{}", world.next_id());
    let expires_at = Timestamp::now() + SignedDuration::from_hours(1);
    let token = Token { value, expires_at, repositories };
    let mut body = json!({
        "token": token.value,
        "expires_at": time(Timestamp::from_second(expires_at.as_second()).unwrap_or(expires_at)),
        "permissions": call.body.get("permissions").cloned().unwrap_or_else(|| permissions(world)),
        "repository_selection": if token.repositories.is_some() { "selected" } else { "all" },
    });
    if let (Some(covered), Some(fields)) = (&token.repositories, body.as_object_mut()) {
        let covered = world.repositories.iter().filter(|repository| covered.contains(&repository.id));
        let covered: Vec<Value> = covered.map(|repository| repository_json(world, repository)).collect();
        fields.insert("repositories".to_owned(), covered.into());
    }
    world.tokens.push(token);
    Ok(Answer::created(body))
}

/// The repositories that the token is to be limited to; 422 when one does not exist.
fn wanted_repositories(world: &World, call: &Call) -> Result<Option<Vec<u64>>, Answer> {
    let missing = || unprocessable("There is at least one repository that does not exist");
    let exists = |id: u64| world.repository(id).is_ok_and(|repository| repository.kind == Kind::GitHub);
    if let Some(ids) = call.body.get("repository_ids").and_then(Value::as_array) {
        let ids: Vec<u64> = ids.iter().filter_map(Value::as_u64).collect();
        return if ids.iter().all(|id| exists(*id)) { Ok(Some(ids)) } else { Err(missing()) };
    }
    let Some(names) = call.texts("repositories") else { return Ok(None) };
    let by_name = |name: &String| world.repositories_of(Kind::GitHub).find(|r| r.name() == name).map(|r| r.id);
    names.iter().map(by_name).collect::<Option<Vec<_>>>().map(Some).ok_or_else(missing)
}

/// The App's deliveries, newest first, in pages of a cursor: the number of the first one on the next page.
pub fn deliveries(world: &mut World, call: &Call) -> Handled {
    let page = call.page(PAGE, world.page_size);
    let before = match call.query("cursor") {
        Some(cursor) => cursor.parse().map_err(|_| unprocessable("Invalid cursor"))?,
        None => u64::MAX,
    };
    let wanted = |record: &&DeliveryRecord| match call.query("status") {
        Some("success") => is_good(record),
        Some("failure") => !is_good(record),
        _ => true,
    };
    let records = world.outbox.entries().iter().map(|(record, _)| record);
    let ours = records.filter(|record| record.kind == Kind::GitHub && record.number <= before).filter(wanted);
    let newest_first: Vec<_> = ours.rev().collect();
    let shown = newest_first.iter().take(page.size).map(|record| delivery_json(record)).collect();
    let answer = Answer::ok(Value::Array(shown));
    let Some(next) = newest_first.get(page.size) else { return Ok(answer) };
    let url = format!("{}/app/hook/deliveries", api_url(world));
    Ok(answer.with_header("link", format!("<{url}?per_page={}&cursor={}>; rel=\"next\"", page.size, next.number)))
}

fn is_good(record: &DeliveryRecord) -> bool {
    record.status.is_some_and(|status| (200..300).contains(&status))
}

fn delivery_json(record: &DeliveryRecord) -> Value {
    let status = match record.status {
        Some(200..300) => "OK",
        Some(0) => "failed to connect to host",
        Some(_) => "Invalid HTTP Response",
        None => "pending",
    };
    json!({
        "id": record.number,
        "guid": record.id,
        "delivered_at": time(record.delivered_at),
        "redelivery": record.redelivery,
        "duration": 0.03,
        "status": status,
        "status_code": record.status.unwrap_or(0),
        "event": record.event,
        "action": record.action,
        "installation_id": INSTALLATION,
        "repository_id": record.repository,
        "throttled_at": null,
    })
}

pub fn redeliver(world: &mut World, call: &Call) -> Handled {
    let again = world.next_id();
    world.outbox.redeliver(call.number("delivery_id"), again).ok_or_else(not_found)?;
    Ok(Answer::json(StatusCode::ACCEPTED, json!({})))
}

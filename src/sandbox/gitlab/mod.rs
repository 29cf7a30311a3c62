//! GitLab's dialect: its REST API, version 4, and (in `hooks`) its webhooks.
//!
//! The table below is the whole API. Handlers are in the module of their subject; they read the world through a
//! `Presenter`, which turns it into GitLab's objects, and change it through the world's acts, always as the bot.

mod accepting;
mod answers;
mod approvals;
mod commit_actions;
mod commits;
mod deployments;
mod groups;
mod hook_json;
mod hook_log;
pub mod hooks;
mod issues;
mod json;
mod json_project;
mod json_topics;
mod labels;
mod members;
pub mod messages;
mod milestones;
mod notes;
mod picks;
mod pipelines;
mod projects;
mod protected;
mod references;
mod releases;
mod requests;
mod statuses;
mod trains;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{MethodFilter, any},
};
use serde_json::json;

pub use self::{json::access_level, pipelines::pipeline_state};
use super::{
    api::{self, Answer, Call, Route},
    world::{Shared, World},
};

pub fn router(world: &Shared) -> Router {
    let unknown = Router::new().route("/{*path}", any(missing));
    let known = [REPOSITORY, TOPICS].iter().fold(unknown, |router, routes| router.merge(api::router(world, routes, guard)));
    known.method_not_allowed_fallback(not_allowed)
}

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PATCH: MethodFilter = MethodFilter::PATCH;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

const REPOSITORY: &[Route] = &[
    Route(GET, "/user", projects::current),
    Route(GET, "/users", projects::users),
    Route(GET, "/groups/{id}/members/all", groups::members),
    Route(GET, "/groups/{id}/members/all/{user_id}", groups::member),
    Route(GET, "/projects/{id}", projects::show),
    Route(GET, "/projects/{id}/labels", labels::index),
    Route(POST, "/projects/{id}/labels", labels::create),
    Route(GET, "/projects/{id}/labels/{name}", labels::show),
    Route(GET, "/projects/{id}/members/all", members::index),
    Route(GET, "/projects/{id}/members/all/{user_id}", members::show),
    Route(GET, "/projects/{id}/repository/files/{path}", projects::file),
    Route(GET, "/projects/{id}/repository/files/{path}/raw", projects::raw_file),
    Route(GET, "/projects/{id}/repository/branches", references::branches),
    Route(POST, "/projects/{id}/repository/branches", references::create_branch),
    Route(GET, "/projects/{id}/repository/branches/{branch}", references::branch),
    Route(DELETE, "/projects/{id}/repository/branches/{branch}", references::delete_branch),
    Route(GET, "/projects/{id}/repository/tags", references::tags),
    Route(POST, "/projects/{id}/repository/tags", references::create_tag),
    Route(GET, "/projects/{id}/repository/tags/{tag}", references::tag),
    Route(DELETE, "/projects/{id}/repository/tags/{tag}", references::delete_tag),
    Route(GET, "/projects/{id}/repository/tags/{tag}/signature", references::signature),
    Route(GET, "/projects/{id}/repository/commits", commits::index),
    Route(POST, "/projects/{id}/repository/commits", commit_actions::create),
    Route(GET, "/projects/{id}/repository/commits/{sha}", commits::show),
    Route(POST, "/projects/{id}/repository/commits/{sha}/cherry_pick", picks::cherry_pick),
    Route(POST, "/projects/{id}/repository/commits/{sha}/revert", picks::revert),
    Route(GET, "/projects/{id}/repository/commits/{sha}/diff", commits::diffs),
    Route(GET, "/projects/{id}/repository/commits/{sha}/statuses", statuses::index),
    Route(POST, "/projects/{id}/statuses/{sha}", statuses::create),
    Route(GET, "/projects/{id}/repository/commits/{sha}/merge_requests", commits::requests),
    Route(GET, "/projects/{id}/repository/commits/{sha}/refs", commits::refs),
    Route(GET, "/projects/{id}/repository/compare", commits::compare),
    Route(GET, "/projects/{id}/repository/merge_base", commits::merge_base),
    Route(GET, "/projects/{id}/deployments", deployments::index),
    Route(GET, "/projects/{id}/pipelines", pipelines::index),
    Route(GET, "/projects/{id}/pipelines/{pipeline}", pipelines::show),
    Route(GET, "/projects/{id}/protected_branches", protected::branches),
    Route(POST, "/projects/{id}/protected_branches", protected::protect_branch),
    Route(GET, "/projects/{id}/protected_branches/{name}", protected::branch),
    Route(PATCH, "/projects/{id}/protected_branches/{name}", protected::change_branch),
    Route(DELETE, "/projects/{id}/protected_branches/{name}", protected::unprotect_branch),
    Route(GET, "/projects/{id}/protected_tags", protected::tags),
    Route(POST, "/projects/{id}/protected_tags", protected::protect_tag),
    Route(GET, "/projects/{id}/protected_tags/{name}", protected::tag),
    Route(DELETE, "/projects/{id}/protected_tags/{name}", protected::unprotect_tag),
    Route(GET, "/projects/{id}/releases", releases::index),
    Route(POST, "/projects/{id}/releases", releases::create),
    Route(GET, "/projects/{id}/releases/{tag}", releases::show),
    Route(PUT, "/projects/{id}/releases/{tag}", releases::update),
    Route(GET, "/projects/{id}/hooks/{hook}/events", hook_log::index),
    Route(POST, "/projects/{id}/hooks/{hook}/events/{event}/resend", hook_log::resend),
];

const TOPICS: &[Route] = &[
    Route(GET, "/projects/{id}/merge_requests", requests::index),
    Route(POST, "/projects/{id}/merge_requests", requests::create),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}", requests::show),
    Route(PUT, "/projects/{id}/merge_requests/{merge_request}", requests::update),
    Route(PUT, "/projects/{id}/merge_requests/{merge_request}/merge", accepting::merge),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/approvals", approvals::show),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/resource_label_events", approvals::label_events),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/commits", requests::commits),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/diffs", requests::diffs),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/closes_issues", requests::closes_issues),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/notes", notes::index),
    Route(POST, "/projects/{id}/merge_requests/{merge_request}/notes", notes::create),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/notes/{note}", notes::show),
    Route(PUT, "/projects/{id}/merge_requests/{merge_request}/notes/{note}", notes::update),
    Route(DELETE, "/projects/{id}/merge_requests/{merge_request}/notes/{note}", notes::delete),
    Route(GET, "/projects/{id}/merge_requests/{merge_request}/notes/{note}/award_emoji", notes::awards),
    Route(POST, "/projects/{id}/merge_requests/{merge_request}/notes/{note}/award_emoji", notes::award),
    Route(DELETE, "/projects/{id}/merge_requests/{merge_request}/notes/{note}/award_emoji/{award}", notes::take_award),
    Route(GET, "/projects/{id}/milestones", milestones::index),
    Route(GET, "/projects/{id}/milestones/{milestone}", milestones::show),
    Route(PUT, "/projects/{id}/milestones/{milestone}", milestones::update),
    Route(GET, "/projects/{id}/issues", issues::index),
    Route(POST, "/projects/{id}/issues", issues::create),
    Route(GET, "/projects/{id}/issues/{issue}", issues::show),
    Route(PUT, "/projects/{id}/issues/{issue}", issues::update),
    Route(GET, "/projects/{id}/issues/{issue}/resource_label_events", approvals::label_events),
    Route(GET, "/projects/{id}/issues/{issue}/notes", notes::index),
    Route(POST, "/projects/{id}/issues/{issue}/notes", notes::create),
    Route(GET, "/projects/{id}/issues/{issue}/notes/{note}", notes::show),
    Route(PUT, "/projects/{id}/issues/{issue}/notes/{note}", notes::update),
    Route(DELETE, "/projects/{id}/issues/{issue}/notes/{note}", notes::delete),
    Route(GET, "/projects/{id}/issues/{issue}/notes/{note}/award_emoji", notes::awards),
    Route(POST, "/projects/{id}/issues/{issue}/notes/{note}/award_emoji", notes::award),
    Route(DELETE, "/projects/{id}/issues/{issue}/notes/{note}/award_emoji/{award}", notes::take_award),
];

/// Lets in whoever has the bot's token, sent in either way.
fn guard(world: &World, call: &Call) -> Result<(), Answer> {
    let bearer = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = call.header("private-token").or(bearer);
    if token == Some(world.secrets.gitlab_token.as_str()) { Ok(()) } else { Err(unauthorized()) }
}

fn unauthorized() -> Answer {
    Answer::json(StatusCode::UNAUTHORIZED, json!({"message": "401 Unauthorized"}))
}

async fn not_allowed() -> Response {
    Answer::json(StatusCode::METHOD_NOT_ALLOWED, json!({"error": "405 Not Allowed"})).into_response()
}

async fn missing() -> Response {
    Answer::json(StatusCode::NOT_FOUND, json!({"error": "404 Not Found"})).into_response()
}

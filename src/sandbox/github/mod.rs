//! GitHub's dialect: its REST API, version 2022-11-28, and its GraphQL API, as an Enterprise Server has them.
//!
//! The tables below are the whole of REST. Each resource's module has its handlers and the JSON of its objects.

mod annotations;
mod apps;
mod check_hooks;
mod checks;
mod collaborators;
mod commits;
mod deployments;
mod errors;
pub mod graphql;
pub mod hooks;
mod issue_lists;
mod issues;
mod json;
mod labels;
mod merges;
pub mod messages;
mod milestones;
mod objects;
mod pulls;
mod queue_hooks;
mod refs;
mod releases;
mod repositories;
mod reviews;
mod rule_shapes;
mod ruleset_hooks;
pub mod rulesets;
mod search;
mod teams;

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::MethodFilter,
};
use jiff::Timestamp;

pub use self::{
    apps::reporter_id,
    checks::current,
    commits::is_signed,
    errors::{not_accessible, refused},
};
use super::{
    api::{self, Route},
    world::Shared,
};

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PATCH: MethodFilter = MethodFilter::PATCH;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// The path of the GraphQL API, without `/api` before it.
pub const GRAPH: &str = "/graphql";

/// What the App itself may call.
const APP: &[Route] = &[
    Route(GET, "/app", apps::app),
    Route(POST, "/app/installations/{installation_id}/access_tokens", apps::create_token),
    Route(GET, "/app/hook/deliveries", apps::deliveries),
    Route(POST, "/app/hook/deliveries/{delivery_id}/attempts", apps::redeliver),
];

/// What the App itself may ask about a repository.
const APP_ON_REPOSITORY: &[Route] = &[Route(GET, "/installation", apps::installation)];

/// What an installation may ask about all that it covers.
const INSTALLATION: &[Route] = &[
    Route(GET, "/orgs/{org}/teams/{team_slug}/members", teams::members),
    Route(GET, "/orgs/{org}/teams/{team_slug}/memberships/{username}", teams::membership),
    Route(GET, "/search/issues", search::issues),
];

/// What an installation may do in a repository.
const REPOSITORY: &[Route] = &[
    Route(GET, "/", repositories::get),
    Route(GET, "/branches", repositories::branches),
    Route(GET, "/branches/{*branch}", repositories::branch),
    Route(POST, "/check-runs", checks::create),
    Route(GET, "/check-runs/{check}", checks::get),
    Route(PATCH, "/check-runs/{check}", checks::update),
    Route(GET, "/check-runs/{check}/annotations", annotations::index),
    Route(GET, "/collaborators", collaborators::index),
    Route(GET, "/collaborators/{username}/permission", collaborators::permission),
    Route(GET, "/commits", commits::index),
    Route(GET, "/commits/{ref}", commits::get),
    Route(GET, "/commits/{ref}/check-runs", checks::index),
    Route(GET, "/commits/{ref}/pulls", commits::pulls),
    Route(GET, "/commits/{ref}/status", checks::combined),
    Route(GET, "/commits/{ref}/statuses", checks::statuses),
    Route(GET, "/compare/{*basehead}", commits::compare),
    Route(GET, "/contents/{*path}", repositories::contents),
    Route(POST, "/git/blobs", objects::create_blob),
    Route(GET, "/git/blobs/{sha}", objects::blob),
    Route(POST, "/git/commits", objects::create_commit),
    Route(GET, "/git/commits/{sha}", commits::git_commit),
    Route(GET, "/git/matching-refs/{*ref}", refs::matching),
    Route(GET, "/git/ref/{*ref}", refs::get),
    Route(POST, "/git/refs", refs::create),
    Route(PATCH, "/git/refs/{*ref}", refs::update),
    Route(DELETE, "/git/refs/{*ref}", refs::delete),
    Route(GET, "/git/tags/{sha}", commits::git_tag),
    Route(POST, "/git/trees", objects::create_tree),
    Route(GET, "/issues", issue_lists::index),
    Route(POST, "/issues", issues::create),
    Route(GET, "/issues/comments/{comment}", issues::comment),
    Route(PATCH, "/issues/comments/{comment}", issues::update_comment),
    Route(DELETE, "/issues/comments/{comment}", issues::delete_comment),
    Route(GET, "/issues/comments/{comment}/reactions", issues::reactions),
    Route(POST, "/issues/comments/{comment}/reactions", issues::react),
    Route(DELETE, "/issues/comments/{comment}/reactions/{reaction}", issues::unreact),
    Route(GET, "/issues/{number}", issues::get),
    Route(PATCH, "/issues/{number}", issues::update),
    Route(GET, "/issues/{number}/comments", issues::comments),
    Route(POST, "/issues/{number}/comments", issues::create_comment),
    Route(GET, "/issues/{number}/labels", issues::labels),
    Route(POST, "/issues/{number}/labels", issues::add_labels),
    Route(DELETE, "/issues/{number}/labels/{name}", issues::remove_label),
    Route(GET, "/labels", labels::index),
    Route(POST, "/labels", labels::create),
    Route(GET, "/labels/{name}", labels::get),
    Route(POST, "/merges", merges::create),
    Route(GET, "/milestones", milestones::index),
    Route(GET, "/milestones/{milestone}", milestones::get),
    Route(PATCH, "/milestones/{milestone}", milestones::update),
    Route(GET, "/pulls", pulls::index),
    Route(POST, "/pulls", pulls::create),
    Route(GET, "/pulls/{number}", pulls::get),
    Route(PATCH, "/pulls/{number}", pulls::update),
    Route(GET, "/pulls/{number}/commits", pulls::commits),
    Route(GET, "/pulls/{number}/files", pulls::files),
    Route(PUT, "/pulls/{number}/merge", merges::merge),
    Route(GET, "/pulls/{number}/reviews", reviews::index),
    Route(GET, "/releases", releases::index),
    Route(POST, "/releases", releases::create),
    Route(GET, "/releases/latest", releases::latest),
    Route(GET, "/releases/tags/{*tag}", releases::by_tag),
    Route(GET, "/releases/{release}", releases::get),
    Route(PATCH, "/releases/{release}", releases::update),
    Route(DELETE, "/releases/{release}", releases::delete),
    Route(GET, "/rules/branches/{*branch}", rulesets::of_branch),
    Route(GET, "/rulesets", rulesets::index),
    Route(POST, "/rulesets", rulesets::create),
    Route(GET, "/rulesets/{ruleset}", rulesets::get),
    Route(PUT, "/rulesets/{ruleset}", rulesets::update),
    Route(DELETE, "/rulesets/{ruleset}", rulesets::delete),
    Route(POST, "/statuses/{sha}", checks::create_status),
    Route(GET, "/tags", repositories::tags),
];

/// The GraphQL API, which an Enterprise Server has beside the REST API and not within it.
pub fn graph(world: &Shared) -> Router {
    let routes = [Route(POST, GRAPH, graphql::answer)];
    api::router(world, &routes, apps::by_token).layer(map_response(with_limits))
}

pub fn router(world: &Shared) -> Router {
    let in_repository = || {
        let by_app = api::router(world, APP_ON_REPOSITORY, apps::by_app);
        by_app.merge(api::router(world, REPOSITORY, apps::by_installation))
    };
    api::router(world, APP, apps::by_app)
        .merge(api::router(world, INSTALLATION, apps::by_token))
        .nest("/repos/{owner}/{repo}", in_repository())
        .nest("/repositories/{repository_id}", in_repository())
        .fallback(async || errors::not_found().into_response())
        .layer(map_response(with_limits))
}

/// The headers on the rate limit, which every answer of GitHub has. One that a fault has set stays.
async fn with_limits(mut response: Response) -> Response {
    let reset = (Timestamp::now().as_second() + 3600).to_string();
    let limits =
        [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "4999"), ("x-ratelimit-used", "1"), ("x-ratelimit-reset", &reset)];
    for (name, value) in limits {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

//! The JSON that GitHub's objects have in common: users, the App, urls, times, lists in pages.

use axum::http::StatusCode;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::sandbox::{
    api::{Answer, Call, Page},
    world::{Repository, World},
};

/// What a path segment keeps as it is; slashes too, since refs and files are shown with them.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The size of a page when the client does not say.
pub const PAGE: usize = 30;

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The url of the API itself.
pub fn api_url(world: &World) -> String {
    format!("{}/api/v3", world.url)
}

/// The url of a repository in the API.
pub fn repository_url(world: &World, repository: &Repository) -> String {
    format!("{}/repos/{}", api_url(world), repository.path)
}

/// The url of a repository's page.
pub fn html_url(world: &World, repository: &Repository) -> String {
    format!("{}/{}", world.url, repository.path)
}

pub fn time(at: Timestamp) -> String {
    at.to_string()
}

pub fn time_or_null(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| time(at).into())
}

/// A global id. `prefix` is GitHub's abbreviation of the type.
pub fn node(prefix: &str, id: impl std::fmt::Display) -> String {
    format!("{prefix}_{id}")
}

/// The global id of a branch or tag, by its full name.
pub fn ref_node(repository: &Repository, name: &str) -> String {
    node("REF", format!("{}:{name}", repository.id))
}

/// An object with the fields of both; those of `more` win.
pub fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut object, more) {
        fields.extend(more);
    }
    object
}

/// An object of urls that share a beginning.
pub fn urls(base: &str, endings: &[(&str, &str)]) -> Value {
    let url = |(name, ending): &(&str, &str)| ((*name).to_owned(), format!("{base}{ending}").into());
    Value::Object(endings.iter().map(url).collect::<Map<_, _>>())
}

const USER_URLS: &[(&str, &str)] = &[
    ("url", ""),
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

pub fn user(world: &World, login: &str) -> Value {
    let user = world.user(login);
    let own = json!({
        "login": user.login,
        "id": user.id,
        "node_id": node("U", user.id),
        "avatar_url": format!("{}/avatars/u/{}", world.url, user.id),
        "gravatar_id": "",
        "html_url": format!("{}/{}", world.url, encoded(&user.login)),
        "type": if user.is_bot() { "Bot" } else { "User" },
        "site_admin": false,
    });
    with(urls(&format!("{}/users/{}", api_url(world), encoded(&user.login)), USER_URLS), own)
}

/// The user, if the forge knows one of this name, as the author of a commit need not be.
pub fn user_or_null(world: &World, login: &str) -> Value {
    world.find_user(login).map_or(Value::Null, |_| user(world, login))
}

pub fn label(world: &World, repository: &Repository, name: &str) -> Value {
    let label = repository.label(name).map(|(_, label)| label);
    let id = label.map(|label| label.id).unwrap_or_default();
    json!({
        "id": id,
        "node_id": node("LA", id),
        "url": format!("{}/labels/{}", repository_url(world, repository), encoded(name)),
        "name": name,
        "description": label.and_then(|label| label.description.as_ref()),
        "color": label.map(|label| &label.color),
        "default": false,
    })
}

/// What somebody is to a repository.
pub fn association(repository: &Repository, login: &str) -> &'static str {
    use crate::sandbox::world::Role;
    match repository.role(login) {
        Role::Admin => "OWNER",
        Role::Read => "NONE",
        Role::Triage | Role::Write | Role::Maintain => "COLLABORATOR",
    }
}

/// One page of a list in a repository, with the `Link` header that names the others.
pub fn list<T>(world: &World, call: &Call, items: &[T], object: impl Fn(&T) -> Value) -> Answer {
    let page = call.page(PAGE, world.page_size);
    let shown = page.of(items).iter().map(object).collect();
    linked(world, call, Answer::json(StatusCode::OK, Value::Array(shown)), page, items.len())
}

/// Adds the `Link` header for the pages of a list of `total` items.
pub fn linked(world: &World, call: &Call, answer: Answer, page: Page, total: usize) -> Answer {
    let last = page.last(total);
    let mut links = Vec::new();
    let mut link = |relation: &str, number: usize| {
        let query = call.query_for_page(number);
        links.push(format!("<{}?{query}>; rel=\"{relation}\"", numbered_url(world, call)));
    };
    if page.number > 1 {
        link("prev", page.number - 1);
    }
    if page.number < last {
        link("next", page.number + 1);
        link("last", last);
    }
    if page.number > 1 {
        link("first", 1);
    }
    if links.is_empty() { answer } else { answer.with_header("link", links.join(", ")) }
}

/// The url of a call, naming the repository by its number, as GitHub's own links do.
fn numbered_url(world: &World, call: &Call) -> String {
    let id = super::apps::repository_id(world, call).unwrap_or_default();
    format!("{}/repositories/{id}{}", api_url(world), call.uri.path())
}

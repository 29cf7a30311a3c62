//! The pages that people see, under the same addresses as the forges' own, so that links in comments lead to them.
//!
//! `views` says what is on each page, the templates in `templates/sandbox` how it looks. The forms comment on an
//! issue or a change request and act on it as a developer; like anything a person does, that sends webhooks.

mod acting;
mod address;
mod markdown;
mod views;

use std::sync::{Arc, Mutex};

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use handlebars::Handlebars;
use serde::Deserialize;
use serde_json::{Value, json};

use self::{acting::Deed, address::Address};
use super::{
    faults::Call,
    world::{Shared, World, lock},
};

/// The API calls received so far.
type Calls = Arc<Mutex<Vec<Call>>>;

#[derive(Clone)]
struct Pages {
    world: Shared,
    calls: Calls,
    templates: Arc<Handlebars<'static>>,
}

pub fn router(world: &Shared, received: &Calls) -> anyhow::Result<Router> {
    let pages = Pages { world: Arc::clone(world), calls: Arc::clone(received), templates: Arc::new(templates()?) };
    Ok(Router::new()
        .route("/", get(start))
        .route("/deliveries", get(deliveries))
        .route("/calls", get(calls))
        .fallback_service(get(place).post(comment).with_state(pages.clone()))
        .with_state(pages))
}

/// The templates by name, of which some are parts of others.
fn templates() -> anyhow::Result<Handlebars<'static>> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    let sources = [
        ("layout", include_str!("../../../templates/sandbox/layout.hbs")),
        ("style", include_str!("../../../templates/sandbox/style.css")),
        ("live", include_str!("../../../templates/sandbox/live.hbs")),
        ("check", include_str!("../../../templates/sandbox/check.hbs")),
        ("checks", include_str!("../../../templates/sandbox/checks.hbs")),
        ("topic_row", include_str!("../../../templates/sandbox/topic_row.hbs")),
        ("start", include_str!("../../../templates/sandbox/start.hbs")),
        ("repository", include_str!("../../../templates/sandbox/repository.hbs")),
        ("topic", include_str!("../../../templates/sandbox/topic.hbs")),
        ("deliveries", include_str!("../../../templates/sandbox/deliveries.hbs")),
        ("calls", include_str!("../../../templates/sandbox/calls.hbs")),
        ("missing", include_str!("../../../templates/sandbox/missing.hbs")),
    ];
    for (name, source) in sources {
        templates.register_template_string(name, source)?;
    }
    Ok(templates)
}

impl Pages {
    fn render(&self, template: &str, view: &Value) -> Response {
        match self.templates.render(template, view) {
            Ok(html) => Html(html).into_response(),
            Err(error) => failed(&error.into()),
        }
    }

    /// Renders what a view found; when it found nothing, the page that says so.
    fn show(&self, template: &str, view: impl FnOnce(&World) -> Option<anyhow::Result<Value>>) -> Response {
        let view = view(&lock(&self.world));
        match view {
            Some(Ok(view)) => self.render(template, &view),
            Some(Err(error)) => failed(&error),
            None => (StatusCode::NOT_FOUND, self.render("missing", &json!({"title": "Nothing here"}))).into_response(),
        }
    }
}

fn failed(error: &anyhow::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response()
}

async fn start(State(pages): State<Pages>) -> Response {
    let view = views::start(&lock(&pages.world));
    pages.render("start", &view)
}

async fn deliveries(State(pages): State<Pages>) -> Response {
    let view = views::deliveries(&lock(&pages.world));
    pages.render("deliveries", &view)
}

async fn calls(State(pages): State<Pages>) -> Response {
    let view = views::calls(&lock(&pages.calls));
    pages.render("calls", &view)
}

/// The page of a repository, an issue or a change request.
async fn place(State(pages): State<Pages>, uri: Uri) -> Response {
    let path = address::decoded(&uri);
    let address = Address::parse(&path);
    match address.as_ref().and_then(|address| address.topic) {
        Some(topic) => pages.show("topic", |world| views::topic(world, address?.repository(world)?, topic)),
        None => pages.show("repository", |world| Some(views::repository(address?.repository(world)?))),
    }
}

#[derive(Deserialize)]
struct Said {
    author: String,
    #[serde(default)]
    body: String,
    /// What to do instead of commenting.
    #[serde(default)]
    act: String,
    #[serde(default)]
    label: String,
    /// Of a new issue.
    #[serde(default)]
    title: String,
    /// The text whose box was clicked, and the place of the box in it.
    #[serde(default)]
    tick: String,
}

async fn comment(State(pages): State<Pages>, uri: Uri, headers: HeaderMap, Form(said): Form<Said>) -> Response {
    if !is_from_here(&headers) {
        return (StatusCode::FORBIDDEN, "This form works only on this machine.").into_response();
    }
    let outcome = say(&mut lock(&pages.world), &address::decoded(&uri), &said);
    let place = if said.tick.is_empty() { "#say" } else { "" };
    match outcome {
        Some(Ok(())) => Redirect::to(&format!("{}{place}", uri.path())).into_response(),
        Some(Err(refusal)) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{refusal:#}")).into_response(),
        None => pages.show("missing", |_| None),
    }
}

fn say(world: &mut World, path: &str, said: &Said) -> Option<anyhow::Result<()>> {
    let address = Address::parse(path)?;
    let repository = address.repository(world)?;
    let (id, author) = (repository.id, said.author.trim());
    // Browsers send line ends as the network does; a forge stores them as its users' editors do.
    let body = said.body.replace("\r\n", "\n");
    let is_login = !author.is_empty() && author.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let Some(topic) = address.topic else {
        return Some(if is_login { world.open_by_form(id, author, (&said.title, &body), &said.label) } else { Ok(()) });
    };
    repository.topic(topic)?;
    if is_login && !said.tick.is_empty() {
        return Some(world.click(id, topic, author, &said.tick));
    }
    if is_login && !said.act.is_empty() {
        return Some(world.do_deed(id, topic, &Deed { by: author, act: &said.act, label: &said.label }));
    }
    if !is_login || body.trim().is_empty() {
        return Some(Ok(()));
    }
    Some(world.comment(id, topic, author, &body).map(|_| ()))
}

/// No other site may post here, neither from its own pages nor by pointing its own name at this machine.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let own_origin = format!("http://{host}");
    ["127.0.0.1", "localhost", "[::1]"].contains(&name) && text(header::ORIGIN).is_none_or(|origin| origin == own_origin)
}

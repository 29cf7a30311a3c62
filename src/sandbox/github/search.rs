//! The search for issues and pull requests, with the qualifiers that tell whether somebody contributed before.

use serde_json::{Value, json};

use super::{
    apps::{covers, token_of},
    errors::unprocessable,
    issues::issue_json,
    json::{PAGE, with},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    topic::Topic,
    world::{Kind, Repository, Token, World},
};

pub fn issues(world: &mut World, call: &Call) -> Handled {
    let unseen = "The listed users and repositories cannot be searched either because the resources do not exist or \
                  you do not have permission to view them.";
    let found = matching(world, token_of(world, call)?, call.query("q").unwrap_or_default());
    let (repository, found) = found.ok_or_else(|| unprocessable(unseen))?;
    let page = call.page(PAGE, world.page_size);
    let shown = page.of(&found).iter().map(|topic| {
        let issue = with(issue_json(world, repository, topic), json!({"score": 1.0}));
        found_json(issue)
    });
    let items: Vec<Value> = shown.collect();
    Ok(Answer::ok(json!({"total_count": found.len(), "incomplete_results": false, "search_type": "lexical", "items": items})))
}

/// What a query finds, the newest first, in the one repository that it names, if that can be seen.
/// Takes `repo:`, `type:`, `is:`, `author:` and `base:`; another qualifier finds nothing, so that it is noticed.
pub fn matching<'a>(world: &'a World, token: &Token, query: &str) -> Option<(&'a Repository, Vec<&'a Topic>)> {
    let terms: Vec<&str> = query.split_whitespace().collect();
    let path = terms.iter().find_map(|term| term.strip_prefix("repo:"))?;
    let repository = world.find_repository(Kind::GitHub, path).filter(|repository| covers(token, repository.id))?;
    Some((repository, repository.topics.iter().rev().filter(|topic| terms.iter().all(|term| fits(topic, term))).collect()))
}

fn fits(topic: &Topic, term: &str) -> bool {
    let is_pull = topic.change.is_some();
    match term.split_once(':') {
        Some(("repo", _)) => true,
        Some(("type" | "is", "pr")) => is_pull,
        Some(("type" | "is", "issue")) => !is_pull,
        Some(("is", "merged")) => topic.merged().is_some(),
        Some(("is" | "state", "open")) => topic.is_open(),
        Some(("is" | "state", "closed")) => !topic.is_open(),
        Some(("author", login)) => topic.author == login.strip_prefix("app/").map_or(login.to_owned(), |app| format!("{app}[bot]")),
        Some(("base", branch)) => topic.change.as_ref().is_some_and(|change| change.base == branch),
        _ => false,
    }
}

/// A found issue does not say who closed it, and has no body rather than an empty one.
fn found_json(mut issue: Value) -> Value {
    if let Some(fields) = issue.as_object_mut() {
        fields.retain(|name, value| name != "closed_by" && (name != "body" || !value.is_null()));
    }
    issue
}

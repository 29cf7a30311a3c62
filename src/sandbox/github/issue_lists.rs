//! The issues of a repository as a list, which on GitHub holds its pull requests too.

use jiff::Timestamp;

use super::{apps::target, errors::unprocessable, issues::issue_json, json::list};
use crate::sandbox::{
    api::{Call, Handled},
    topic::Topic,
    world::World,
};

/// The open ones, newest first, unless the client asks for others.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let since: Option<Timestamp> = call.query("since").map(str::parse).transpose().map_err(|_| unprocessable("Invalid since"))?;
    let state = call.query("state").unwrap_or("open");
    let labels: Vec<&str> = call.query("labels").unwrap_or_default().split(',').filter(|label| !label.is_empty()).collect();
    let is_wanted = |topic: &&Topic| {
        (state == "all" || (state == "open") == topic.is_open())
            && labels.iter().all(|wanted| topic.labels.iter().any(|label| label.eq_ignore_ascii_case(wanted)))
            && call.query("creator").is_none_or(|creator| topic.author.eq_ignore_ascii_case(creator))
            && call.query("milestone").is_none_or(|wanted| in_milestone(topic, wanted))
            && since.is_none_or(|since| topic.updated_at >= since)
    };
    let mut topics: Vec<&Topic> = repository.topics.iter().filter(is_wanted).collect();
    match call.query("sort") {
        Some("updated") => topics.sort_by_key(|topic| topic.updated_at),
        Some("comments") => topics.sort_by_key(|topic| topic.comments.len()),
        _ => {}
    }
    if call.query("direction") != Some("asc") {
        topics.reverse();
    }
    Ok(list(world, call, &topics, |topic| issue_json(world, repository, topic)))
}

/// The number of a milestone, `*` for any, `none` for those without.
fn in_milestone(topic: &Topic, wanted: &str) -> bool {
    match wanted {
        "*" => topic.milestone.is_some(),
        "none" => topic.milestone.is_none(),
        number => topic.milestone.is_some_and(|own| own.to_string() == number),
    }
}

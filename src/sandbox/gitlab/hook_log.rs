//! The log that GitLab keeps of a project's webhook: what was sent, what was answered, and sending it again.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    answers::{list, no_record, refused},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    deliveries::{Delivery, DeliveryRecord, HOOK},
    world::{Kind, World},
};

/// The deliveries of the project that the path names, if the hook in it is the project's.
fn deliveries<'a>(world: &'a World, call: &Call) -> Result<Vec<&'a (DeliveryRecord, Delivery)>, Answer> {
    let project = project(world, call)?.project.id;
    if call.number("hook") != HOOK {
        return Err(no_record());
    }
    Ok(world.outbox.entries().iter().filter(|(record, _)| record.repository == Some(project)).collect())
}

/// Newest first. `status` takes numbers and the names of groups of them, with commas.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let wanted = call.query("status");
    let mut found = deliveries(world, call)?;
    found.retain(|(record, _)| {
        wanted.is_none_or(|wanted| record.status.is_some_and(|status| wanted.split(',').any(|group| is_of(status, group))))
    });
    found.reverse();
    let url = world.outbox.address(Kind::GitLab).unwrap_or_default();
    list(world, call, &found, |(record, delivery)| Ok(event(url, record, delivery)))
}

fn is_of(status: u16, group: &str) -> bool {
    match group {
        "successful" => (200..400).contains(&status),
        "client_failure" => (400..500).contains(&status),
        "server_failure" => status >= 500 || status == 0,
        number => number == status.to_string(),
    }
}

fn event(url: &str, record: &DeliveryRecord, delivery: &Delivery) -> Value {
    let headers: Map<String, Value> = delivery.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "id": record.number,
        "url": url,
        "trigger": trigger(&record.event),
        "request_headers": headers,
        "request_data": serde_json::from_slice::<Value>(&delivery.body).unwrap_or_default(),
        "response_headers": {},
        "response_body": "",
        "execution_duration": 0.01,
        "response_status": match record.status {
            None | Some(0) => "internal error".to_owned(),
            Some(status) => status.to_string(),
        },
    })
}

/// `merge_request_hooks` for "Merge Request Hook".
fn trigger(event: &str) -> String {
    format!("{}s", event.to_lowercase().replace(' ', "_"))
}

/// GitLab waits for the answer to a delivery that it sends again; the sandbox only queues it and says that all is well.
pub fn resend(world: &mut World, call: &Call) -> Handled {
    let number = call.number("event");
    if !deliveries(world, call)?.iter().any(|(record, _)| record.number == number) {
        return Err(no_record());
    }
    let again = world.next_id();
    let queued = world.outbox.redeliver(number, again);
    queued.ok_or_else(|| refused(StatusCode::UNPROCESSABLE_ENTITY, "Hook execution failed"))?;
    Ok(Answer::created(json!({"response_status": 200})))
}

//! Who approves a merge request, and who labelled it.

use serde_json::{Value, json};

use super::{
    answers::list,
    json::{Presenter, time},
    notes::topic,
    projects::project,
    requests::request,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    reviewing::{LabelEvent, LabelKind},
    topic::Topic,
    world::{Kind, World},
};

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (request, _) = request(show, call)?;
    let (approvals, bot) = (request.approvals(), Kind::GitLab.bot());
    let by_bot = approvals.iter().any(|review| review.author == bot);
    let approved_by = approvals.iter().map(|review| json!({"user": show.user(&review.author), "approved_at": time(review.submitted_at)}));
    Ok(Answer::ok(json!({
        "user_has_approved": by_bot,
        "user_can_approve": !by_bot && request.author != bot,
        "approved": approvals.len() >= show.project.approvals_required.max(1),
        "approved_by": approved_by.collect::<Vec<_>>(),
    })))
}

/// Of an issue or a merge request, oldest first.
pub fn label_events(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let topic = topic(show, call)?;
    list(world, call, &topic.label_events, |event| Ok(show.label_event(topic, event)))
}

impl Presenter<'_> {
    /// `ResourceLabelEvent`
    fn label_event(&self, topic: &Topic, event: &LabelEvent) -> Value {
        json!({
            "id": event.id,
            "user": self.user(&event.user),
            "created_at": time(event.at),
            "resource_type": super::json_topics::noteable_type(topic),
            "resource_id": topic.id,
            "label": {
                "id": self.project.label(&event.label).map(|(_, label)| label.id),
                "name": event.label,
                "description": null,
                "description_html": "",
                "text_color": "#FFFFFF",
                "color": "#428BCA",
                "archived": false,
            },
            "action": match event.kind {
                LabelKind::Added => "add",
                LabelKind::Removed => "remove",
            },
        })
    }
}

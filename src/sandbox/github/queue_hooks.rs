//! What the merge queue tells: pull requests that join and leave it, and the groups that are tested.

use serde_json::{Value, json};

use super::{
    hooks::Hook,
    json::{time, with},
    pulls::pull_json,
};
use crate::sandbox::{
    happening::{Payload, QueueAction},
    merging::queue::{Gone, Group},
};

impl Hook<'_> {
    pub fn queue(&self, number: u64, action: &QueueAction) -> Option<Payload> {
        match action {
            QueueAction::Enqueued => self.queued(number, json!({"action": "enqueued"})),
            QueueAction::Left(Gone::Merged) => self.queued(number, json!({"action": "dequeued", "reason": "MERGE"})),
            QueueAction::Left(_) => self.queued(number, json!({"action": "dequeued", "reason": "MANUAL"})),
            QueueAction::Built(group, _) => self.group(group, json!({"action": "checks_requested"})),
            QueueAction::Destroyed(group, why) => self.group(group, json!({"action": "destroyed", "reason": reason(*why)})),
        }
    }

    fn queued(&self, number: u64, action: Value) -> Option<Payload> {
        let (topic, _) = self.repository.request(number)?;
        let pull = with(pull_json(self.world, self.repository, topic), json!({"number": number}));
        Some(self.payload("pull_request", &format!("#{number}"), with(json!({"number": number, "pull_request": pull}), action)))
    }

    fn group(&self, group: &Group, action: Value) -> Option<Payload> {
        let commit = self.repository.git.commit(&group.sha).ok()?;
        let body = json!({"merge_group": {
            "head_sha": group.sha,
            "head_ref": group.reference,
            "base_sha": group.base_sha,
            "base_ref": format!("refs/heads/{}", group.base),
            "head_commit": {
                "id": commit.sha,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": time(commit.committer.at),
                "author": {"name": commit.author.name, "email": commit.author.email},
                "committer": {"name": commit.committer.name, "email": commit.committer.email},
            },
        }});
        Some(self.payload("merge_group", &format!("#{}", group.number), with(body, action)))
    }
}

fn reason(why: Gone) -> &'static str {
    match why {
        Gone::Merged => "merged",
        Gone::Invalidated => "invalidated",
        Gone::Dequeued => "dequeued",
    }
}

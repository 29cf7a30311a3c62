//! What a developer can do to an issue or a change request on its page, beside commenting.

use anyhow::Context as _;

use crate::sandbox::{
    boxes::{Text, Which},
    reviewing::{LabelKind, Stage, Verdict},
    topic::TopicKey,
    world::{Kind, World},
};

/// The names of the acts in the form, with what the page calls them.
pub fn offered(kind: Kind, topic: TopicKey) -> Vec<(&'static str, &'static str)> {
    let is_request = matches!(topic, TopicKey::Request(_));
    let of_requests =
        [("approve", "Approve"), ("withdraw", "Take back my review"), ("draft", "Make it a draft"), ("ready", "Make it ready")];
    let mut acts = vec![("label", "Add a label"), ("unlabel", "Remove a label"), ("close", "Close"), ("reopen", "Reopen")];
    match (is_request, kind) {
        (true, Kind::GitHub) => acts.extend(of_requests.into_iter().chain([("reject", "Request changes")])),
        (true, Kind::GitLab) => acts.extend(of_requests),
        (false, Kind::GitHub) => acts.extend([("pin", "Pin"), ("unpin", "Unpin")]),
        (false, Kind::GitLab) => {}
    }
    acts
}

/// An act as the form sends it.
pub struct Deed<'a> {
    pub by: &'a str,
    pub act: &'a str,
    pub label: &'a str,
}

impl World {
    /// Clicks a box: `topic:0` is the first of the topic's own text, `17:0` that of the comment 17.
    pub fn click(&mut self, repository: u64, topic: TopicKey, by: &str, clicked: &str) -> anyhow::Result<()> {
        let (text, place) = clicked.split_once(':').context("there is no such box")?;
        let text = match text {
            "topic" => Text::Topic(topic),
            comment => Text::Comment(comment.parse()?),
        };
        self.tick_box(repository, by, text, Which::Nth(place.parse()?))
    }

    /// Opens an issue, with a label if one is named.
    pub fn open_by_form(&mut self, repository: u64, by: &str, (title, body): (&str, &str), label: &str) -> anyhow::Result<()> {
        let title = title.trim();
        anyhow::ensure!(!title.is_empty(), "the issue has no title");
        let labels: Vec<String> = label.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect();
        self.open_issue_with(repository, by, (title, Some(body)), &labels).map(drop)
    }

    /// Does what a form says; an error when the page does not offer it or the forge refuses it.
    pub fn do_deed(&mut self, repository: u64, topic: TopicKey, deed: &Deed) -> anyhow::Result<()> {
        let Deed { by, act, label } = *deed;
        let kind = self.repository(repository)?.kind;
        anyhow::ensure!(offered(kind, topic).iter().any(|(name, _)| *name == act), "nobody can do that here");
        let label = label.trim();
        anyhow::ensure!(!act.ends_with("label") || !label.is_empty(), "the label has no name");
        let number = topic.number();
        match act {
            "label" => self.change_label(repository, topic, by, (LabelKind::Added, label)),
            "unlabel" => self.change_label(repository, topic, by, (LabelKind::Removed, label)),
            "approve" => self.review(repository, number, by, (Verdict::Approved, None)).map(drop),
            "reject" => self.review(repository, number, by, (Verdict::ChangesRequested, None)).map(drop),
            "withdraw" => self.withdraw(repository, number, by, by),
            "draft" => self.set_stage(repository, number, by, Stage::Draft),
            "ready" => self.set_stage(repository, number, by, Stage::Ready),
            "pin" => self.pin(repository, number, by),
            "unpin" => self.unpin(repository, number, by),
            "close" => self.close(repository, topic, by),
            _ => self.reopen(repository, topic, by),
        }
    }
}

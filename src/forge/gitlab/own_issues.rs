//! The issues that Slipway keeps on GitLab: freezes, incidents, what was observed. GitLab's REST API pins none, so none is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::Call;
use super::read::User;
use super::write::{described, described_whole};
use crate::domain::facts::{Condition, IssueKind, OwnIssue};
use crate::domain::names::{Moment, Number};
use crate::domain::plan::{Issue, IssueCourse, Outcome};
use crate::forge::seal::{Marked, unmarked};
use crate::forge::texts::same;
use crate::forge::{Applied, ForgeError, Result};

/// Issues of the bot that are read at most, of those that are open.
const OPEN: usize = 1000;
/// The same of all, and of all of one kind, the newest.
const NEWEST: usize = 100;
/// GitLab's limit for a title, in characters.
const TITLE: usize = 255;

#[derive(Deserialize, Clone)]
pub struct WireIssue {
    iid: u64,
    title: String,
    description: Option<String>,
    state: String,
    created_at: Timestamp,
    author: Option<User>,
    #[serde(default)]
    labels: Vec<String>,
}

/// `POST /projects/:id/issues`. GitLab makes a label that is not there yet.
#[derive(Serialize)]
struct IssueBody<'a> {
    title: &'a str,
    description: &'a str,
    labels: [&'a str; 1],
}

/// `PUT /projects/:id/issues/:issue_iid`
#[derive(Serialize, Default, PartialEq)]
struct Edit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    add_labels: Option<[&'static str; 1]>,
}

impl WireIssue {
    fn has(&self, kind: IssueKind) -> bool {
        self.labels.iter().any(|label| label == kind.label())
    }

    fn text(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    fn condition(&self) -> Condition {
        if self.state == "opened" { Condition::Open } else { Condition::Closed }
    }
}

impl GitlabProject<'_> {
    pub(super) async fn read_own_issues(&self, kind: IssueKind) -> Result<Vec<OwnIssue>> {
        let own = |issue: WireIssue| {
            let marked = self.marked(kind, &issue)?;
            Some(OwnIssue {
                body: unmarked(kind, issue.text()),
                number: Number(issue.iid),
                key: marked.key,
                condition: issue.condition(),
                title: issue.title,
                opened_at: Moment(issue.created_at.as_second()),
                data: marked.data,
            })
        };
        Ok(self.issues(kind).await?.into_iter().filter_map(own).collect())
    }

    fn marked(&self, kind: IssueKind, issue: &WireIssue) -> Option<Marked> {
        let (id, seal, text) = (self.repository.id, &self.forge.seal, issue.text());
        if issue.has(kind) { seal.read_labelled(id, kind, (issue.iid, text)) } else { seal.read(id, kind, text) }
    }

    /// `GET /projects/:id/issues`, once an event: the newest that the bot has opened, and where there may be more, those that are open or have the label
    /// as well. Whoever may triage could take the label off.
    async fn issues(&self, kind: IssueKind) -> Result<Vec<WireIssue>> {
        let _reading = self.reading.lock().await;
        if let Some(known) = self.seen.lock().await.issues.get(&kind) {
            return Ok(known.clone());
        }
        let me = self.my_name().await?;
        let list = |state: &str| {
            let call = Call::get(self.at("/issues")).with("scope", "all").with("state", state).with("author_username", me);
            call.with("order_by", "created_at").with("sort", "desc")
        };
        let mut issues: Vec<WireIssue> = self.ask_some(list("all"), NEWEST).await?;
        if issues.len() == NEWEST {
            for (more, limit) in [(list("opened"), OPEN), (list("all").with("labels", kind.label()), NEWEST)] {
                let more: Vec<WireIssue> = self.ask_some(more, limit).await?;
                let known: BTreeSet<u64> = issues.iter().map(|issue| issue.iid).collect();
                issues.extend(more.into_iter().filter(|issue| !known.contains(&issue.iid)));
            }
        }
        issues.retain(|issue| issue.author.as_ref().is_some_and(|author| author.username == me));
        self.seen.lock().await.issues.insert(kind, issues.clone());
        Ok(issues)
    }

    /// Sends an issue, and remembers what became of it.
    async fn write_issue(&self, kind: IssueKind, call: Call) -> Result<u64> {
        let written: WireIssue = self.ask(call).await?;
        let number = written.iid;
        let mut seen = self.seen.lock().await;
        let known = seen.issues.entry(kind).or_default();
        known.retain(|issue| issue.iid != number);
        known.push(written);
        Ok(number)
    }

    pub(super) async fn keep_issue(&self, issue: &Issue<String>) -> Result<Applied> {
        let mark = self.forge.seal.mark(self.repository.id, issue.kind, &issue.key, issue.data.as_deref());
        let text = format!("{mark}\n{}", issue.body.trim());
        let description = match issue.course {
            IssueCourse::Keep => described_whole(&text).ok_or_else(|| too_long(issue))?,
            _ => described(&text),
        };
        let title: String = issue.title.chars().take(TITLE).collect();
        let is_it = |found: &WireIssue| self.marked(issue.kind, found).is_some_and(|marked| marked.key == issue.key);
        let found = self.issues(issue.kind).await?.into_iter().filter(is_it);
        // Of several, which only a race can leave, the open one counts, then the newest.
        let (number, applied) = match found.max_by_key(|found| (found.condition() == Condition::Open, found.iid)) {
            None if issue.course == IssueCourse::Close => return Ok(Applied::Unchanged),
            None => {
                let body = IssueBody { title: &title, description: &description, labels: [issue.kind.label()] };
                (self.write_issue(issue.kind, Call::post(self.at("/issues"), &body)).await?, Applied::Created)
            }
            Some(found) if issue.course == IssueCourse::Report => (found.iid, Applied::Unchanged),
            Some(found) if issue.course == IssueCourse::Keep => (found.iid, self.keep_text(&found, issue, &description).await?),
            Some(found) => (found.iid, self.bring_up_issue(&found, (&title, &description), (issue.kind, issue.course)).await?),
        };
        self.note(Outcome::Issue { kind: issue.kind, key: issue.key.clone(), number: Number(number) });
        Ok(applied)
    }

    /// People write in it too, so it is read once more before it is written: what they have written meanwhile is not in the new text.
    async fn keep_text(&self, found: &WireIssue, issue: &Issue<String>, text: &str) -> Result<Applied> {
        let (kind, path) = (issue.kind, self.at(&format!("/issues/{}", found.iid)));
        let edit = |found: &WireIssue| Edit {
            description: (!same(found.text(), text)).then_some(text),
            add_labels: (!found.has(kind)).then(|| [kind.label()]),
            ..Edit::default()
        };
        if found.condition() == Condition::Closed || edit(found) == Edit::default() {
            return Ok(Applied::Unchanged);
        }
        let now: WireIssue = self.ask(Call::get(path.clone())).await?;
        if now.condition() == Condition::Closed || edit(&now) == Edit::default() {
            return Ok(Applied::Unchanged);
        }
        if issue.seen.as_deref().is_some_and(|seen| !same(&unmarked(kind, now.text()), seen)) {
            let why = "somebody has written in it meanwhile".to_owned();
            return Err(ForgeError::Unavailable { call: path, why });
        }
        self.write_issue(kind, Call::put(path, &edit(&now))).await.map(|_| Applied::Changed)
    }

    async fn bring_up_issue(
        &self,
        found: &WireIssue,
        (title, text): (&str, &str),
        (kind, course): (IssueKind, IssueCourse),
    ) -> Result<Applied> {
        let state_event = match (course, found.condition()) {
            (IssueCourse::Stand, Condition::Closed) => Some("reopen"),
            (IssueCourse::Close, Condition::Open) => Some("close"),
            _ => None,
        };
        let edit = Edit {
            title: (found.title != title).then_some(title),
            description: (!same(found.text(), text)).then_some(text),
            state_event,
            add_labels: (!found.has(kind)).then(|| [kind.label()]),
        };
        if edit == Edit::default() {
            return Ok(Applied::Unchanged);
        }
        self.write_issue(kind, Call::put(self.at(&format!("/issues/{}", found.iid)), &edit)).await.map(|_| Applied::Changed)
    }
}

fn too_long(issue: &Issue<String>) -> ForgeError {
    let path = format!("issue {} {}", issue.kind.label(), issue.key);
    ForgeError::Unusable { path, why: "it says more than GitLab takes: shorten what people have written in it".to_owned() }
}

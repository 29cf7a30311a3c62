//! The issues that Slipway keeps on GitHub: freezes, incidents, what was observed.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::GithubRepository;
use super::client::read;
use super::graphql::{CALL, Nodes, Variables};
use super::history::Actor;
use super::read::unreadable;
use super::running::{changed_meanwhile, plain, too_long};
use super::write::TEXT;
use crate::domain::facts::{Condition, IssueKind, OwnIssue};
use crate::domain::names::{Moment, Number, UserName};
use crate::domain::plan::{Issue, IssueCourse, Outcome};
use crate::forge::seal::{Marked, unmarked};
use crate::forge::texts::{fit, fit_page, same};
use crate::forge::{Applied, Result};

/// Those with the label of the kind, and all that the bot has opened.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    open: Nodes<Found>,
    own_open: Nodes<Found>,
    closed: Nodes<Found>,
    own_closed: Nodes<Found>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    number: u64,
    title: String,
    body: String,
    state: String,
    created_at: jiff::Timestamp,
    is_pinned: Option<bool>,
    author: Option<Actor>,
    /// Not read as a field, which would cost as much as a hundred further lists: it follows from the list in which the issue is.
    #[serde(skip)]
    label: Label,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Label {
    #[default]
    There,
    Missing,
    /// There are more issues with the label than were listed.
    Unknown,
}

/// An issue of Slipway's own, with what its mark says.
#[derive(Clone)]
pub struct Own {
    found: Found,
    marked: Marked,
}

/// `POST` and `PATCH /repos/{owner}/{repo}/issues`
#[derive(Serialize)]
struct IssueBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

/// `GET /repos/{owner}/{repo}/issues/{issue_number}`
#[derive(Deserialize)]
struct Now {
    state: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Created {
    node_id: String,
    number: u64,
}

impl GithubRepository<'_> {
    pub(super) async fn read_own_issues(&self, kind: IssueKind) -> Result<Vec<OwnIssue>> {
        // Whoever else asks meanwhile waits for this answer.
        let _reading = self.reading.lock().await;
        let known = self.ran().issues.get(&kind).cloned();
        let own = match known {
            Some(own) => own,
            None => self.own(kind).await?,
        };
        self.ran().issues.insert(kind, own.clone());
        Ok(own.into_iter().map(|own| own.issue(kind)).collect())
    }

    /// Those that the bot itself has opened and marked, the open ones first, each newest first. Anybody who may label could take the
    /// label off, or put it on an issue of somebody else. The author alone is not enough either: others of the bot's issues may be newer,
    /// and GitHub Enterprise Cloud with data residency finds no App by its login.
    /// (<https://github.com/renovatebot/renovate/issues/44730>)
    async fn own(&self, kind: IssueKind) -> Result<Vec<Own>> {
        let me = UserName::parse(self.my_name().await?).map_err(unreadable(CALL))?;
        let mut variables = Variables::default();
        let labelled = format!("labels: {}", variables.bind("[String!]", vec![kind.label()]));
        let own = format!("filterBy: {{ createdBy: {} }}", variables.bind("String", me.as_str()));
        let list = |alias: &str, filter: &str, state: &str| {
            format!(
                "{alias}: issues({filter}, states: {state}, first: 100, orderBy: {{ field: CREATED_AT, direction: DESC }}) {{
                   pageInfo {{ hasNextPage endCursor }}
                   nodes {{ id number title body state createdAt isPinned author {{ __typename login }} }} }} "
            )
        };
        let lists =
            [("open", &labelled, "OPEN"), ("ownOpen", &own, "OPEN"), ("closed", &labelled, "CLOSED"), ("ownClosed", &own, "CLOSED")];
        let selection: String = lists.into_iter().map(|(alias, filter, state)| list(alias, filter, state)).collect();
        let Read { open, own_open, closed, own_closed } = self.ask(variables, &selection, "").await?;
        let own = united(open, own_open).into_iter().chain(united(closed, own_closed)).filter_map(|mut found| {
            let marked = match found.label {
                Label::There => self.forge.seal.read_labelled(self.id, kind, (found.number, &found.body)),
                Label::Missing | Label::Unknown => self.forge.seal.read(self.id, kind, &found.body),
            }?;
            let is_mine = found.author.take()?.login() == me.as_str();
            is_mine.then_some(Own { found, marked })
        });
        Ok(own.collect())
    }

    pub(super) async fn keep_issue(&self, issue: &Issue<String>) -> Result<Applied> {
        // What was read for this event is as good as what would be read now; once something is written, it is not.
        let known = self.ran().issues.get(&issue.kind).cloned();
        let own = match known {
            Some(own) => own,
            None => self.own(issue.kind).await?,
        };
        let existing = own.into_iter().find(|own| own.marked.key == issue.key);
        let (applied, number) = self.keep(issue, existing).await?;
        if applied != Applied::Unchanged {
            self.ran().issues.remove(&issue.kind);
        }
        let (kind, key) = (issue.kind, issue.key.clone());
        self.ran().came.extend(number.map(|number| Outcome::Issue { kind, key, number }));
        Ok(applied)
    }

    async fn keep(&self, issue: &Issue<String>, existing: Option<Own>) -> Result<(Applied, Option<Number>)> {
        let number = existing.as_ref().map(|own| Number(own.found.number));
        let mark = self.forge.seal.mark(self.id, issue.kind, &issue.key, issue.data.as_deref());
        let text = format!("{mark}\n{}", issue.body.trim());
        if let (IssueCourse::Keep, Some(own)) = (issue.course, &existing) {
            return self.keep_page(issue, own, &text).await.map(|applied| (applied, number));
        }
        let text = fit(&text, TEXT);
        let body = IssueBody { title: Some(&issue.title), body: &text, labels: None, state: None };
        match (issue.course, existing) {
            (IssueCourse::Close, None) | (IssueCourse::Report | IssueCourse::Keep, Some(_)) => Ok((Applied::Unchanged, number)),
            (IssueCourse::Stand | IssueCourse::Report | IssueCourse::Keep, None) => {
                let body = IssueBody { labels: Some([issue.kind.label()]), ..body };
                let route = self.route("/issues");
                let created: Created = read(&route, &self.call(Method::POST, &route, Some(&body)).await?)?;
                if issue.course == IssueCourse::Stand {
                    self.pin(PIN, &created.node_id).await;
                }
                Ok((Applied::Created, Some(Number(created.number))))
            }
            (IssueCourse::Stand, Some(own)) => {
                let applied = self.correct(&own.found, issue.kind, IssueBody { state: Some("open"), ..body }).await?;
                if own.found.is_pinned == Some(false) {
                    self.pin(PIN, &own.found.id).await;
                }
                Ok((applied, number))
            }
            (IssueCourse::Close, Some(own)) => {
                let applied = self.correct(&own.found, issue.kind, IssueBody { state: Some("closed"), ..body }).await?;
                if own.found.is_pinned == Some(true) {
                    self.pin(UNPIN, &own.found.id).await;
                }
                Ok((applied, number))
            }
        }
    }

    /// People write in it too, so it is looked at once more before it is written. A text that was made without one that was there is not
    /// written over it.
    async fn keep_page(&self, issue: &Issue<String>, Own { found, .. }: &Own, text: &str) -> Result<Applied> {
        let (number, kind) = (Number(found.number), issue.kind);
        let Some(seen) = issue.seen.as_deref().filter(|_| found.state == OPEN) else { return Ok(Applied::Unchanged) };
        let Some(text) = fit_page(text, TEXT) else { return Err(too_long(number)) };
        let mut applied = Applied::Unchanged;
        if found.label == Label::Missing {
            self.put_labels(number, &[kind.label()]).await?;
            applied = Applied::Changed;
        }
        if same(&found.body, &text) {
            return Ok(applied);
        }
        let path = format!("/issues/{number}");
        let now: Now = self.get(&path).await?;
        let body = now.body.unwrap_or_default();
        if !now.state.eq_ignore_ascii_case(OPEN) || same(&body, &text) {
            return Ok(applied);
        }
        // The mark counts too: another decision may be noted in it.
        if !same(&body, &found.body) || !same(&unmarked(kind, &body), seen) {
            return Err(changed_meanwhile(path));
        }
        self.patch(&path, &IssueBody { title: None, body: &text, labels: None, state: None }).await.map(|()| Applied::Changed)
    }

    async fn correct(&self, found: &Found, kind: IssueKind, body: IssueBody<'_>) -> Result<Applied> {
        let is_in_state = body.state.is_none_or(|state| found.state.eq_ignore_ascii_case(state));
        if found.label == Label::Missing {
            self.put_labels(Number(found.number), &[kind.label()]).await?;
        }
        if is_in_state && body.title.is_none_or(|title| found.title == title) && same(&found.body, body.body) {
            return Ok(if found.label == Label::Missing { Applied::Changed } else { Applied::Unchanged });
        }
        self.patch(&format!("/issues/{}", found.number), &body).await.map(|()| Applied::Changed)
    }

    /// Three issues can be pinned, and whoever pinned them had a reason: the issue stands without it as well.
    async fn pin(&self, mutation: &str, issue: &str) {
        let mut variables = Variables::default();
        let id = variables.bind("ID!", issue);
        let selection = format!("{mutation}(input: {{ issueId: {id} }}) {{ clientMutationId }}");
        if let Err(error) = self.mutate::<Value>(&variables, &selection).await {
            tracing::info!(repository = %self.path, %error, "{mutation} did not work");
        }
    }
}

/// The issues of both lists, the newest first. One that has the label is in the first list, as long as that has room.
fn united(labelled: Nodes<Found>, own: Nodes<Found>) -> Vec<Found> {
    let labelled_more = labelled.has_more();
    let label = || if labelled_more { Label::Unknown } else { Label::Missing };
    let mut all: Vec<Found> = labelled.into_iter().collect();
    let known: BTreeSet<u64> = all.iter().map(|found| found.number).collect();
    all.extend(own.into_iter().filter(|found| !known.contains(&found.number)).map(|found| Found { label: label(), ..found }));
    all.sort_by_key(|found| Reverse(found.number));
    all
}

const OPEN: &str = "OPEN";
const PIN: &str = "pinIssue";
const UNPIN: &str = "unpinIssue";

impl Own {
    fn issue(self, kind: IssueKind) -> OwnIssue {
        let Self { found, marked } = self;
        OwnIssue {
            body: plain(&unmarked(kind, &found.body)),
            number: Number(found.number),
            key: marked.key,
            title: found.title,
            condition: if found.state == OPEN { Condition::Open } else { Condition::Closed },
            opened_at: Moment(found.created_at.as_second()),
            data: marked.data,
        }
    }
}

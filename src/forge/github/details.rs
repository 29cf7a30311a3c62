//! What can be asked about a pull request beside itself: what the query for it selects for that, and how the answer is read. What
//! depends on that answer is asked by `upstream` and `backports`; people are asked for over REST.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::GithubRepository;
use super::client::{Page, encode};
use super::config::{config_paths, proposed_at};
use super::graphql::{CALL, Nodes, Variables};
use super::history::Actor;
use super::read::unreadable;
use super::said::OwnCheck;
use super::unmerged;
use crate::domain::facts::{Approval, Asked, ChangeRequest, Commit, Detail, Details, FileChange, Known, Listed, Override, Role};
use crate::domain::names::{InvalidName, Number, Sha, UserName};
use crate::forge::{ForgeError, Result};

/// GitHub shows no more commits of a pull request; whether there are more can then not be told.
const COMMITS: usize = 250;
const FILES: usize = 1000;

/// What the names of the checks start with that set a verdict aside.
const OVERRIDE: &str = "slipway/override/";

/// The lists of a pull request, from their start or from a cursor on.
const WRITTEN: &str =
    "pageInfo { hasNextPage endCursor } nodes { commit { oid message parents(first: 1) { totalCount } author { name email } } }";
const CHANGED: &str = "pageInfo { hasNextPage endCursor } nodes { path additions deletions changeType }";
const REVIEWS: &str =
    "latestOpinionatedReviews(first: 100, writersOnly: true) { nodes { state author { __typename login } commit { oid } } }";
const LABELLED: &str = "timelineItems(last: 100, itemTypes: [LABELED_EVENT]) {
  nodes { ... on LabeledEvent { actor { __typename login } label { name } } } }";

/// What is selected of a pull request for its details.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Extra {
    written: Nodes<Written>,
    files: Option<Nodes<Changed>>,
    latest_opinionated_reviews: Option<Nodes<Review>>,
    timeline_items: Nodes<Labelled>,
}

/// What is selected of the repository.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Refs {
    first: Option<Proposed>,
    second: Option<Proposed>,
    /// The tips of the branches whose commits another one may lack, by alias.
    #[serde(flatten)]
    pub tips: BTreeMap<String, Option<unmerged::Branch>>,
}

/// The configuration of the head; a folder of that name has no version.
#[derive(Deserialize)]
struct Proposed {
    oid: Option<String>,
}

#[derive(Deserialize)]
pub struct Named {
    pub oid: String,
}

#[derive(Deserialize)]
struct Written {
    commit: WrittenCommit,
}

#[derive(Deserialize)]
struct WrittenCommit {
    oid: String,
    message: String,
    parents: Parents,
    author: Option<Author>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parents {
    total_count: usize,
}

#[derive(Deserialize)]
struct Author {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    path: String,
    additions: u64,
    deletions: u64,
    change_type: String,
}

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}/files`
#[derive(Deserialize)]
struct ChangedFile {
    filename: String,
    previous_filename: Option<String>,
    additions: u64,
    deletions: u64,
}

#[derive(Deserialize)]
struct Review {
    state: String,
    author: Option<Actor>,
    commit: Option<Named>,
}

#[derive(Deserialize)]
struct Labelled {
    actor: Option<Actor>,
    label: Label,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct OfPull<T> {
    pull: Option<Part<T>>,
}

#[derive(Deserialize)]
struct Part<T> {
    list: Option<Nodes<T>>,
}

#[derive(Deserialize)]
struct Member {
    login: String,
}

/// What the query for a pull request selects of it for these details.
pub fn selection(details: &Details) -> String {
    let mut selection = String::new();
    let upstream = details.iter().any(|detail| matches!(detail, Detail::Upstream(_)));
    if upstream || details.contains(&Detail::Commits) {
        _ = write!(selection, "written: commits(first: 100) {{ {WRITTEN} }} ");
    }
    if details.contains(&Detail::Files) {
        _ = write!(selection, "files(first: 100) {{ {CHANGED} }} ");
    }
    if details.contains(&Detail::Approvals) {
        selection += REVIEWS;
    }
    if details.iter().any(|detail| matches!(detail, Detail::Setter(_))) {
        selection += LABELLED;
    }
    selection
}

/// What it selects of the repository.
pub fn refs(number: Number, details: &Details, variables: &mut Variables) -> String {
    let tips = unmerged::tips(details, variables);
    if !details.contains(&Detail::Config) {
        return tips;
    }
    let [first, second] = config_paths().map(|path| variables.bind("String", proposed_at(number, &path)));
    format!(
        "{tips}first: object(expression: {first}) {{ ... on Blob {{ oid }} }} second: object(expression: {second}) {{ ... on Blob {{ oid }} }}"
    )
}

impl GithubRepository<'_> {
    pub(super) async fn read_details(
        &self,
        request: &ChangeRequest,
        details: &Details,
        (extra, refs, checks): (Extra, Refs, Vec<OwnCheck>),
    ) -> Result<Known> {
        let Extra { written, files, latest_opinionated_reviews, timeline_items } = extra;
        let mut known = Known::default();
        let commits = self.all_commits(request.number, written).await?;
        if details.contains(&Detail::Overrides) {
            known.overrides = Asked::Answered(checks.iter().filter_map(set_aside).collect());
        }
        if details.contains(&Detail::Config) {
            let version = |proposed: &Option<Proposed>| proposed.as_ref().and_then(|proposed| proposed.oid.clone());
            known.config = Asked::Answered(version(&refs.first).or_else(|| version(&refs.second)));
        }
        if details.contains(&Detail::Files) {
            known.files = Asked::Answered(self.all_files(request.number, files.unwrap_or_default()).await?);
        }
        if details.contains(&Detail::Approvals) {
            let reviews = latest_opinionated_reviews.into_iter().flatten().filter(|review| review.state == "APPROVED");
            known.approvals = Asked::Answered(reviews.filter_map(Review::approval).collect::<Result<_, _>>().map_err(unreadable(CALL))?);
        }
        let setters: BTreeSet<&str> = details.iter().filter_map(label).collect();
        if !setters.is_empty() {
            known.setters = Asked::Answered(self.setters(request, &setters, timeline_items).await?);
        }
        let teams: BTreeSet<&str> = details.iter().filter_map(team).collect();
        if !teams.is_empty() {
            let mut members = BTreeMap::new();
            for team in teams {
                members.insert(team.to_owned(), self.read_team(team).await?);
            }
            known.teams = Asked::Answered(members);
        }
        self.read_lines(request, details, (&commits, &refs), &mut known).await?;
        if details.contains(&Detail::Commits) {
            known.commits = Asked::Answered(commits);
        }
        Ok(known)
    }

    async fn all_commits(&self, number: Number, first: Nodes<Written>) -> Result<Listed<Commit>> {
        let (items, more) = self.rest(number, first, (&format!("commits(first: 100, after: AFTER) {{ {WRITTEN} }}"), COMMITS)).await?;
        let cut = more || items.len() >= COMMITS;
        let items = items.into_iter().map(Written::commit).collect::<Result<_, _>>().map_err(unreadable(CALL))?;
        Ok(Listed { items, cut })
    }

    /// GraphQL does not tell what a renamed file was called before, and a rule about paths must not be evaded by renaming: then REST
    /// is asked for all of them.
    async fn all_files(&self, number: Number, first: Nodes<Changed>) -> Result<Listed<FileChange>> {
        let (items, cut) = self.rest(number, first, (&format!("files(first: 100, after: AFTER) {{ {CHANGED} }}"), FILES)).await?;
        if items.iter().any(|file| file.change_type == "RENAMED") {
            return self.renamed_files(number).await;
        }
        let items = items.into_iter().map(|file| {
            let Changed { path, additions, deletions, .. } = file;
            FileChange { path, previous: None, added: additions, removed: deletions }
        });
        Ok(Listed { items: items.collect(), cut })
    }

    async fn renamed_files(&self, number: Number) -> Result<Listed<FileChange>> {
        let mut items = Vec::new();
        let mut page = Some(Page::First(format!("/pulls/{number}/files?per_page=100")));
        while let Some(at) = page.take_if(|_| items.len() < FILES) {
            let (files, next): (Vec<ChangedFile>, _) = self.page(at).await?;
            items.extend(files.into_iter().map(|file| FileChange {
                path: file.filename,
                previous: file.previous_filename,
                added: file.additions,
                removed: file.deletions,
            }));
            page = next;
        }
        Ok(Listed { items, cut: page.is_some() })
    }

    /// Reads a list of a pull request on to its end or to the limit, and says whether there is more. `AFTER` in the field stands for
    /// the cursor.
    async fn rest<T: DeserializeOwned>(&self, number: Number, first: Nodes<T>, (field, limit): (&str, usize)) -> Result<(Vec<T>, bool)> {
        let mut next = first.next();
        let mut items: Vec<T> = first.into_iter().collect();
        while let Some(after) = next.take_if(|_| items.len() < limit) {
            let mut variables = Variables::default();
            let (number, after) = (variables.bind("Int!", number.0), variables.bind("String", after));
            let selection = format!("pull: pullRequest(number: {number}) {{ list: {} }}", field.replace("AFTER", &after));
            let OfPull { pull } = self.ask(variables, &selection, "").await?;
            let page: Nodes<T> = pull.and_then(|part: Part<T>| part.list).unwrap_or_default();
            next = page.next();
            items.extend(page);
        }
        Ok((items, next.is_some()))
    }

    /// The newest event about a label that is set tells who set it.
    async fn setters(
        &self,
        request: &ChangeRequest,
        labels: &BTreeSet<&str>,
        events: Nodes<Labelled>,
    ) -> Result<BTreeMap<String, (UserName, Role)>> {
        let mut people: BTreeMap<String, String> = BTreeMap::new();
        for Labelled { actor, label } in events {
            if labels.contains(label.name.as_str()) && request.labels.contains(&label.name) {
                match actor {
                    Some(actor) => _ = people.insert(label.name, actor.login()),
                    None => _ = people.remove(&label.name),
                }
            }
        }
        let mut roles: BTreeMap<UserName, Role> = BTreeMap::new();
        let mut setters = BTreeMap::new();
        for (label, login) in people {
            let user = UserName::parse(&login).map_err(unreadable(CALL))?;
            let role = match roles.get(&user) {
                Some(role) => *role,
                None => self.read_role(&user).await?,
            };
            roles.insert(user.clone(), role);
            setters.insert(label, (user, role));
        }
        Ok(setters)
    }

    /// `GET /orgs/{org}/teams/{team_slug}/members`; a team that cannot be seen has nobody.
    pub(super) async fn read_team(&self, team: &str) -> Result<BTreeSet<UserName>> {
        let Some((org, slug)) =
            team.split_once('/').filter(|(org, slug)| !org.starts_with('.') && !slug.contains('/') && !slug.starts_with('.'))
        else {
            return Ok(BTreeSet::new());
        };
        let mut members = BTreeSet::new();
        let mut page = Some(Page::Next(format!("/orgs/{}/teams/{}/members?per_page=100", encode(org), encode(slug))));
        while let Some(at) = page {
            let (found, next): (Vec<Member>, _) = match self.page(at).await {
                Err(ForgeError::NotFound { .. } | ForgeError::Denied { status: 403, .. }) => return Ok(BTreeSet::new()),
                answer => answer?,
            };
            let names = found.into_iter().map(|member| UserName::parse(&member.login));
            members.extend(names.collect::<Result<Vec<_>, _>>().map_err(unreadable("GET /orgs/{org}/teams/{team_slug}/members"))?);
            page = next;
        }
        Ok(members)
    }
}

fn label(detail: &Detail) -> Option<&str> {
    if let Detail::Setter(label) = detail { Some(label) } else { None }
}

fn team(detail: &Detail) -> Option<&str> {
    if let Detail::Team(team) = detail { Some(team) } else { None }
}

/// A check that sets a verdict aside, by the rule's name. It was written by Slipway, for nothing else is read.
fn set_aside(check: &OwnCheck) -> Option<(String, Override)> {
    let rule = check.name.strip_prefix(OVERRIDE).filter(|_| check.conclusion.as_deref() == Some("success"))?;
    let (by, reason) = check.title.split_once(':')?;
    Some((rule.to_owned(), Override { by: UserName::parse(by).ok()?, reason: reason.trim().to_owned() }))
}

impl Written {
    fn commit(self) -> Result<Commit, InvalidName> {
        let WrittenCommit { oid, message, parents, author } = self.commit;
        let (author_name, author_email) = author.map(|author| (author.name, author.email)).unwrap_or_default();
        let (author_name, author_email) = (author_name.unwrap_or_default(), author_email.unwrap_or_default());
        Ok(Commit { sha: Sha::parse(&oid)?, message, parents: parents.total_count, author_name, author_email })
    }
}

impl Review {
    /// An approval of nobody is none.
    fn approval(self) -> Option<Result<Approval, InvalidName>> {
        let login = self.author?.login();
        let on = self.commit.map(|commit| Sha::parse(&commit.oid)).transpose();
        Some(on.and_then(|on| Ok(Approval { by: UserName::parse(&login)?, on })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(name: &str, conclusion: &str, title: &str) -> OwnCheck {
        let [name, title, status] = [name, title, "completed"].map(str::to_owned);
        OwnCheck { id: 1, name, status, conclusion: Some(conclusion.to_owned()), title, summary: String::new() }
    }

    #[test]
    fn an_override_is_a_green_check_that_says_whose_and_why() {
        let found = set_aside(&check("slipway/override/size", "success", "dana: a hotfix: now")).unwrap();
        assert_eq!((found.0.as_str(), found.1.by.as_str(), found.1.reason.as_str()), ("size", "dana", "a hotfix: now"));
        assert_eq!(set_aside(&check("slipway/override/size", "neutral", "dana: x")), None);
        assert_eq!(set_aside(&check("slipway/policy", "success", "dana: x")), None);
        assert_eq!(set_aside(&check("slipway/override/size", "success", "no name here")), None);
    }

    #[test]
    fn the_tips_of_branches_stand_beside_the_configuration() {
        #[derive(Deserialize)]
        struct Read {
            pull: Option<u64>,
            #[serde(flatten)]
            refs: Refs,
        }
        let answer = json!({"pull": 7, "first": {}, "second": {"oid": "b"}, "from0": {"target": {"oid": "c"}}, "from1": null});
        let Read { pull, refs } = serde_json::from_value(answer).unwrap();
        assert_eq!((pull, refs.first.unwrap().oid, refs.second.unwrap().oid.as_deref()), (Some(7), None, Some("b")));
        assert_eq!(refs.tips.into_keys().collect::<Vec<_>>(), ["from0", "from1"]);
    }
}

//! What mutations do, and what they give back. They act on the world just as the REST API does, so they cause the same
//! webhooks.

use axum::http::StatusCode;
use serde_json::Value;

use super::{
    commits,
    execution::{Asked, Problem},
    objects::{Found, Object, Resolved, Sight},
    proposals::actor,
};
use crate::sandbox::{
    acts::Edit,
    api::{Answer, Body},
    git::ZERO,
    github::{
        apps::covers,
        json::node,
        pulls::{Wanted, proposal},
        refs::is_in_the_way,
    },
    reviewing::MOST_PINNED,
    topic::{Topic, TopicKey},
    world::{Kind, Repository, Token, World},
};

/// What a mutation made or changed.
pub struct Outcome {
    pub kind: &'static str,
    pub repository: u64,
    pub thing: Thing,
    pub client: Value,
}

pub enum Thing {
    Nothing,
    Reference(String),
    Commit { branch: String, sha: String },
    Request(u64),
    Issue(u64),
}

impl Outcome {
    pub fn field<'a>(&self, sight: &Sight<'a>, asked: &Asked) -> Resolved<'a> {
        let repository = sight.world.repository(self.repository)?;
        let reference = |name: &str| repository.git.reference(name).map(|reference| Object::Reference(repository, reference));
        Ok(match (asked.name, &self.thing) {
            ("clientMutationId", _) => Found::Value(self.client.clone()),
            ("actor", _) => Found::Object(actor(sight, Kind::GitHub.bot())),
            ("ref", Thing::Reference(name) | Thing::Commit { branch: name, .. }) => Found::maybe(reference(name)),
            ("commit", Thing::Commit { sha, .. }) => Found::Object(Object::Commit(repository, Box::new(repository.git.commit(sha)?))),
            ("id", Thing::Issue(number)) => Found::Value(node("PIN", number).into()),
            ("issue", Thing::Issue(number)) => {
                Found::maybe(repository.topic(TopicKey::Issue(*number)).map(|topic| Object::Issue(repository, topic)))
            }
            ("pullRequest", Thing::Request(number)) => {
                Found::maybe(repository.request(*number).map(|(topic, _)| Object::Request(repository, topic)))
            }
            _ => Found::Nothing,
        })
    }
}

/// The input of a mutation and who sends it.
pub struct Input<'a> {
    pub token: &'a Token,
    pub fields: &'a Value,
}

impl Input<'_> {
    pub fn value(&self, pointer: &str) -> Option<&Value> {
        self.fields.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The text at a pointer; empty when there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.value(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn owned(&self, pointer: &str) -> Option<String> {
        self.value(pointer).and_then(Value::as_str).map(str::to_owned)
    }

    fn is_true(&self, pointer: &str) -> bool {
        self.value(pointer) == Some(&Value::Bool(true))
    }

    /// The repository that a global id names.
    fn repository<'w>(&self, world: &'w World) -> Result<&'w Repository, Problem> {
        let id = self.text("/repositoryId");
        let mut seen = world.repositories_of(Kind::GitHub).filter(|repository| covers(self.token, repository.id));
        seen.find(|repository| node("R", repository.id) == id).ok_or_else(|| no_node(id))
    }

    /// The reference that a global id names, with its repository.
    fn reference(&self, world: &World) -> Result<(u64, String), Problem> {
        let id = self.text("/refId");
        let found = id.strip_prefix("REF_").and_then(|rest| rest.split_once(':'));
        let (number, name) = found.ok_or_else(|| no_node(id))?;
        let mut seen = world.repositories_of(Kind::GitHub).filter(|repository| covers(self.token, repository.id));
        let repository = seen.find(|repository| repository.id.to_string() == number).ok_or_else(|| no_node(id))?;
        repository.git.reference(name).ok_or_else(|| no_node(id))?;
        Ok((repository.id, name.to_owned()))
    }

    /// The pull request that a global id names, with its repository.
    fn request<'w>(&self, world: &'w World) -> Result<(&'w Repository, u64), Problem> {
        let id = self.text("/pullRequestId");
        self.topic(world, id, |topic| topic.change.is_some() && node("PR", topic.id) == id)
    }

    /// The issue that a global id names, with its repository.
    fn issue<'w>(&self, world: &'w World) -> Result<(&'w Repository, u64), Problem> {
        let id = self.text("/issueId");
        self.topic(world, id, |topic| topic.change.is_none() && node("I", topic.id) == id)
    }

    fn topic<'w>(&self, world: &'w World, id: &str, is_it: impl Fn(&Topic) -> bool) -> Result<(&'w Repository, u64), Problem> {
        let mut seen = world.repositories_of(Kind::GitHub).filter(|repository| covers(self.token, repository.id));
        let found = seen.find_map(|repository| Some((repository, repository.topics.iter().find(|topic| is_it(topic))?.number)));
        found.ok_or_else(|| no_node(id))
    }
}

fn no_node(id: &str) -> Problem {
    Problem::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'."))
}

pub fn unprocessable(message: impl Into<String>) -> Problem {
    Problem::new("UNPROCESSABLE", message)
}

/// Does what a field of `Mutation` says.
pub fn act(world: &mut World, token: &Token, asked: &Asked) -> Result<Outcome, Problem> {
    let fields = asked.arguments.get("input").unwrap_or(&Value::Null);
    let input = Input { token, fields };
    let (kind, (repository, thing)) = match asked.name {
        "createRef" => ("CreateRefPayload", create_reference(world, &input)?),
        "updateRef" => ("UpdateRefPayload", update_reference(world, &input)?),
        "updateRefs" => ("UpdateRefsPayload", update_references(world, &input)?),
        "deleteRef" => ("DeleteRefPayload", delete_reference(world, &input)?),
        "createCommitOnBranch" => ("CreateCommitOnBranchPayload", commits::create(world, &input)?),
        "createPullRequest" => ("CreatePullRequestPayload", create_request(world, &input)?),
        "updatePullRequest" => ("UpdatePullRequestPayload", update_request(world, &input)?),
        "pinIssue" => ("PinIssuePayload", pin(world, &input)?),
        "unpinIssue" => ("UnpinIssuePayload", unpin(world, &input)?),
        "closePullRequest" => ("ClosePullRequestPayload", close_request(world, &input)?),
        _ => ("ReopenPullRequestPayload", reopen_request(world, &input)?),
    };
    Ok(Outcome { kind, repository, thing, client: input.value("/clientMutationId").cloned().unwrap_or_default() })
}

/// The repository that was acted on, and what came of it.
pub type Acted = Result<(u64, Thing), Problem>;

fn create_reference(world: &mut World, input: &Input) -> Acted {
    let repository = input.repository(world)?;
    let (name, sha) = (input.text("/name"), input.text("/oid"));
    if repository.git.reference(name).is_some() {
        return Err(unprocessable(format!("A ref named \"{name}\" already exists in the repository.")));
    }
    if !is_well_formed(name) || is_in_the_way(repository, name) || repository.git.resolve(sha).is_none() {
        return Err(unprocessable("Ref cannot be created."));
    }
    let id = repository.id;
    world.push(id, Kind::GitHub.bot(), name, Some(sha))?;
    Ok((id, Thing::Reference(name.to_owned())))
}

fn is_well_formed(name: &str) -> bool {
    ["refs/heads/", "refs/tags/"].iter().any(|prefix| name.starts_with(prefix)) && git2::Reference::is_valid_name(name)
}

fn update_reference(world: &mut World, input: &Input) -> Acted {
    let (id, name) = input.reference(world)?;
    let sha = input.text("/oid");
    check_move(world.repository(id)?, &name, sha, moving(input.value("/force")))?;
    world.push(id, Kind::GitHub.bot(), &name, Some(sha))?;
    Ok((id, Thing::Reference(name)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moving {
    Forward,
    Anywhere,
}

fn check_move(repository: &Repository, name: &str, sha: &str, moving: Moving) -> Result<(), Problem> {
    let git = &repository.git;
    let commit = git.resolve(sha).ok_or_else(|| unprocessable("Ref cannot be updated."))?;
    let Some(before) = git.resolve(name) else { return Ok(()) };
    if moving == Moving::Anywhere || git.is_ancestor(&before, &commit)? {
        Ok(())
    } else {
        Err(unprocessable("Update is not a fast forward"))
    }
}

/// Moves, makes and deletes references, all or none.
fn update_references(world: &mut World, input: &Input) -> Acted {
    let repository = input.repository(world)?;
    let id = repository.id;
    let updates = input.value("/refUpdates").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |update: &Value, field: &str| update.get(field).and_then(Value::as_str).map(str::to_owned);
    let mut moves = Vec::new();
    for update in &updates {
        let (name, after) = (text(update, "name").unwrap_or_default(), text(update, "afterOid").unwrap_or_default());
        let is_at = repository.git.reference(&name).map_or_else(|| ZERO.to_owned(), |reference| reference.sha);
        if let Some(expected) = text(update, "beforeOid").filter(|expected| *expected != is_at) {
            return Err(Problem::new("STALE_DATA", format!("Reference update failed: {name} is at {is_at} but expected {expected}")));
        }
        if !is_well_formed(&name) || is_in_the_way(repository, &name) {
            return Err(unprocessable(format!("{name} is not a valid ref name.")));
        }
        if after != ZERO {
            check_move(repository, &name, &after, moving(update.get("force")))?;
        } else if name == format!("refs/heads/{}", repository.default_branch) {
            return Err(unprocessable("Cannot delete the default branch."));
        }
        world.permit(id, Kind::GitHub.bot(), &name, Some(after.as_str()).filter(|after| *after != ZERO))?;
        moves.push((name, is_at, after));
    }
    for (name, before, after) in moves.iter().filter(|(_, before, after)| before != after) {
        let to = Some(after.as_str()).filter(|_| after != ZERO);
        if to.is_some() || before != ZERO {
            world.push(id, Kind::GitHub.bot(), name, to)?;
        }
    }
    Ok((id, Thing::Nothing))
}

fn moving(force: Option<&Value>) -> Moving {
    if force == Some(&Value::Bool(true)) { Moving::Anywhere } else { Moving::Forward }
}

fn delete_reference(world: &mut World, input: &Input) -> Acted {
    let (id, name) = input.reference(world)?;
    if name == format!("refs/heads/{}", world.repository(id)?.default_branch) {
        return Err(unprocessable("Cannot delete the default branch."));
    }
    world.push(id, Kind::GitHub.bot(), &name, None)?;
    Ok((id, Thing::Nothing))
}

fn create_request(world: &mut World, input: &Input) -> Acted {
    let repository = input.repository(world)?;
    let (base, head) = (input.text("/baseRefName"), input.text("/headRefName"));
    let short = |name: &str| name.trim_start_matches("refs/heads/").to_owned();
    let (base, head) = (short(base), short(head));
    let wanted = Wanted {
        title: input.text("/title"),
        body: input.value("/body").and_then(Value::as_str),
        head: &head,
        base: &base,
        draft: input.is_true("/draft"),
    };
    let proposal = proposal(world, repository, &wanted).map_err(|refusal| refused(&refusal, &base, &head))?;
    let id = repository.id;
    let number = world.open_request(id, Kind::GitHub.bot(), proposal)?;
    Ok((id, Thing::Request(number)))
}

/// What REST refuses, in the words of the graph.
fn refused(refusal: &Answer, base: &str, head: &str) -> Problem {
    let Body::Json(body) = &refusal.body else { return unprocessable("") };
    let error = |field: &str| body.pointer(&format!("/errors/0/{field}")).and_then(Value::as_str);
    let blank = format!("Head sha can't be blank, Base sha can't be blank, No commits between {base} and {head}");
    match (error("message"), error("field")) {
        (Some(message), _) => unprocessable(message),
        (None, Some("head")) => unprocessable(format!("{blank}, Head ref must be a branch")),
        (None, Some("base")) => unprocessable(format!("{blank}, Base ref must be a branch")),
        _ if refusal.status == StatusCode::UNPROCESSABLE_ENTITY => unprocessable("Title can't be blank"),
        _ => Problem::new("INTERNAL", "Something went wrong while executing your query."),
    }
}

fn update_request(world: &mut World, input: &Input) -> Acted {
    let (repository, number) = input.request(world)?;
    let (id, key, bot) = (repository.id, TopicKey::Request(number), Kind::GitHub.bot());
    let base = input.owned("/baseRefName");
    if let Some(base) = base.as_ref().filter(|base| repository.git.branch(base).is_none()) {
        return Err(unprocessable(format!("Proposed base branch '{base}' was not found")));
    }
    world.edit(id, key, bot, Edit { title: input.owned("/title"), body: input.owned("/body"), base })?;
    match input.text("/state") {
        "CLOSED" => world.close(id, key, bot)?,
        "OPEN" => return reopen_request(world, input),
        _ => {}
    }
    Ok((id, Thing::Request(number)))
}

fn close_request(world: &mut World, input: &Input) -> Acted {
    let (repository, number) = input.request(world)?;
    let id = repository.id;
    world.close(id, TopicKey::Request(number), Kind::GitHub.bot())?;
    Ok((id, Thing::Request(number)))
}

fn reopen_request(world: &mut World, input: &Input) -> Acted {
    let (repository, number) = input.request(world)?;
    let id = repository.id;
    if repository.request(number).is_some_and(|(topic, _)| topic.merged().is_some()) {
        return Err(unprocessable("Could not open the pull request."));
    }
    world.reopen(id, TopicKey::Request(number), Kind::GitHub.bot())?;
    Ok((id, Thing::Request(number)))
}

fn pin(world: &mut World, input: &Input) -> Acted {
    let (repository, number) = input.issue(world)?;
    let (id, is_pinned) = (repository.id, repository.topic(TopicKey::Issue(number)).is_some_and(|issue| issue.pinned));
    if !is_pinned && repository.pinned() >= MOST_PINNED {
        return Err(unprocessable(format!("Maximum {MOST_PINNED} pinned issues per repository")));
    }
    world.pin(id, number, Kind::GitHub.bot())?;
    Ok((id, Thing::Issue(number)))
}

fn unpin(world: &mut World, input: &Input) -> Acted {
    let (repository, number) = input.issue(world)?;
    let id = repository.id;
    world.unpin(id, number, Kind::GitHub.bot())?;
    Ok((id, Thing::Issue(number)))
}

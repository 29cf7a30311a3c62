//! A pull request that carries commits to a branch, or takes a range of them back there. Nothing is to be seen of it before all of it
//! is made: then one request makes the head branch, opens the pull request and takes the workplace away.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::GithubRepository;
use super::carried::Carried;
use super::conflict::{Misfit, Way};
use super::graphql::Variables;
use super::ground::{Ground, workplace};
use super::pick::{Change, Making, Workplace};
use super::propose::{NOWHERE, Opened};
use super::tokens::Workflows;
use super::write::TEXT;
use crate::domain::names::{Number, Sha};
use crate::domain::plan::{Cargo, Obstacle, Outcome, Pick, Port};
use crate::domain::porting::origin;
use crate::forge::error::Remedy;
use crate::forge::texts::{fit, picked, picks};
use crate::forge::{Applied, ForgeError, Result};

/// What became of an attempt.
enum Carriage {
    At(String),
    Stopped(Obstacle),
}

/// A tip and its tree.
type Base = (String, String);

impl GithubRepository<'_> {
    pub(super) async fn port(&self, port: &Port<String>) -> Result<Applied> {
        let commits: Vec<&Sha> = match &port.cargo {
            Cargo::Picked(picks) => picks.iter().map(|pick| &pick.sha).collect(),
            Cargo::Reverted { since, until, .. } => vec![since, until],
        };
        let Some(ground) = self.ground((&port.branch, &port.onto), &commits).await? else { return Ok(Applied::Unchanged) };
        if let Some((number, labels)) = ground.open {
            return self.complete_request(port, number, &labels).await;
        }
        if let (Cargo::Reverted { .. }, Some((number, _))) = (&port.cargo, ground.newest) {
            // Whoever closed it decided to roll forward; whoever merged it has gone back.
            self.came_from(&port.branch, Some(number));
            return Ok(Applied::Unchanged);
        }
        let Ground { base, place, has_workplace, .. } = ground;
        let Some(base) = base else { return Ok(self.stopped(port, Obstacle::NoBase)) };
        let mut workplace = Workplace { name: workplace(&port.branch), is_there: has_workplace };
        if let Some((_, message)) = place {
            // An attempt was cut off, or its pull request was closed.
            return if is_made_from(port, &message) {
                self.open_port(port, None, &workplace).await
            } else {
                Ok(self.stopped(port, Obstacle::Taken))
            };
        }
        let origin = origin(&port.branch);
        let workflows = origin.and_then(|(number, _)| self.ran().workflows.get(&number).cloned()).unwrap_or_default();
        if self.workflows_hinder(port, &workflows).await? {
            return Ok(self.stopped(port, Obstacle::Workflows(workflows.into_iter().collect())));
        }
        let done = match self.carry(port, &base, &mut workplace).await {
            Ok(Carriage::At(tip)) => self.open_port(port, Some(&tip), &workplace).await,
            Ok(Carriage::Stopped(by)) => Ok(self.stopped(port, by)),
            Err(error) => Err(error),
        };
        match done {
            Ok(applied) if self.has_stopped(port) => self.clear(&workplace).await.map(|()| applied),
            Err(error) if refuses_workflows(&error, &workflows) => {
                self.clear(&workplace).await?;
                Ok(self.stopped(port, Obstacle::Workflows(workflows.into_iter().collect())))
            }
            Err(error) => {
                if error.remedy() == Remedy::GiveUp {
                    // Nobody comes back to it. The error tells more than one about the workplace would.
                    _ = self.clear(&workplace).await;
                }
                Err(error)
            }
            done => done,
        }
    }

    fn stopped(&self, port: &Port<String>, by: Obstacle) -> Applied {
        self.ran().came.push(Outcome::Stopped { branch: port.branch.clone(), by });
        Applied::Unchanged
    }

    fn has_stopped(&self, port: &Port<String>) -> bool {
        self.ran().came.iter().any(|came| matches!(came, Outcome::Stopped { branch, .. } if *branch == port.branch))
    }

    /// An attempt may have been cut off before its labels were put on.
    async fn complete_request(&self, port: &Port<String>, number: Number, labels: &[String]) -> Result<Applied> {
        self.came_from(&port.branch, Some(number));
        let missing: Vec<&str> = port.labels.iter().filter(|label| !labels.contains(label)).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(Applied::Unchanged);
        }
        self.put_labels(number, &missing).await.map(|()| Applied::Changed)
    }

    async fn carry(&self, port: &Port<String>, base: &Base, workplace: &mut Workplace) -> Result<Carriage> {
        match &port.cargo {
            Cargo::Picked(picks) => self.pick(picks, (port, base), workplace).await,
            Cargo::Reverted { since, until, .. } => self.revert((since, until), (port, base), workplace).await,
        }
    }

    async fn pick(&self, picks: &[Pick], (port, base): (&Port<String>, &Base), workplace: &mut Workplace) -> Result<Carriage> {
        let (mut head, mut tree) = base.clone();
        for pick in picks {
            let commit = self.known(&pick.sha)?;
            let change = Change { parent: commit.parent(), head: &commit.oid, onto: &tree };
            let Some(made) = self.put_on(workplace, &change).await? else {
                let parent = commit.parent().unwrap_or(&commit.oid);
                let by =
                    self.conflict(&Misfit { at: &pick.sha, parent, head: &commit.oid, way: Way::There }, (&port.onto, &base.0)).await?;
                return Ok(Carriage::Stopped(by));
            };
            if made == tree {
                continue;
            }
            let message = picked(pick.message.as_deref().unwrap_or(&commit.message), &pick.sha);
            head = self.make_commit(&Making { message: &message, tree: &made, parents: &[&head], author: commit.author() }).await?;
            tree = made;
        }
        Ok(if head == base.0 { Carriage::Stopped(Obstacle::Empty) } else { Carriage::At(head) })
    }

    /// A commit with the tree of before, made on what is taken back, is the change that takes it back.
    async fn revert(
        &self,
        (since, until): (&Sha, &Sha),
        (port, (head, tree)): (&Port<String>, &Base),
        workplace: &mut Workplace,
    ) -> Result<Carriage> {
        let before = self.known(since)?.tree.oid;
        let message = taken_back(port, since, until);
        let reverse = self.make_commit(&Making { message: &message, tree: &before, parents: &[until.as_str()], author: None }).await?;
        let change = Change { parent: Some(until.as_str()), head: &reverse, onto: tree };
        let Some(made) = self.put_on(workplace, &change).await? else {
            let by = self
                .conflict(&Misfit { at: until, parent: since.as_str(), head: until.as_str(), way: Way::Back }, (&port.onto, head))
                .await?;
            return Ok(Carriage::Stopped(by));
        };
        if made == *tree {
            return Ok(Carriage::Stopped(Obstacle::Empty));
        }
        self.make_commit(&Making { message: &message, tree: &made, parents: &[head], author: None }).await.map(Carriage::At)
    }

    fn known(&self, sha: &Sha) -> Result<Carried> {
        let commit = self.ran().carried.get(sha.as_str()).cloned();
        commit.ok_or_else(|| ForgeError::Rejected {
            call: format!("carrying {}", sha.short()),
            status: 422,
            message: "the commit is gone; push it again from a clone that has it".to_owned(),
        })
    }

    /// One request; `tip`: where the head branch is made, unless it is there.
    async fn open_port(&self, port: &Port<String>, tip: Option<&str>, workplace: &Workplace) -> Result<Applied> {
        let repository = self.node().await?;
        let place = |name: &str, before: Option<&str>, after: &str| {
            let mut place = json!({"name": format!("refs/heads/{name}"), "afterOid": after, "force": true});
            if let (Some(before), Value::Object(fields)) = (before, &mut place) {
                fields.insert("beforeOid".to_owned(), before.into());
            }
            place
        };
        let made = tip.map(|tip| place(port.branch.as_str(), Some(NOWHERE), tip));
        let gone = workplace.is_there.then(|| place(&workplace.name, None, NOWHERE));
        let places: Vec<Value> = made.into_iter().chain(gone).collect();
        let (mut variables, mut selection) = (Variables::default(), String::new());
        if !places.is_empty() {
            let places = variables.bind("UpdateRefsInput!", json!({"repositoryId": repository, "refUpdates": places}));
            selection = format!("updateRefs(input: {places}) {{ clientMutationId }} ");
        }
        let (base, head, body) = (port.onto.as_str(), port.branch.as_str(), fit(&port.body, TEXT));
        let pull = json!({"repositoryId": repository, "baseRefName": base, "headRefName": head, "title": port.title, "body": body});
        let pull = variables.bind("CreatePullRequestInput!", pull);
        _ = write!(selection, "createPullRequest(input: {pull}) {{ {} }}", Opened::FIELDS);
        let opened: Opened = match self.mutate(&variables, &selection).await {
            // A branch that was there may have been merged since.
            Err(error) if error.to_string().contains("No commits between") => return Ok(self.stopped(port, Obstacle::Empty)),
            answer => answer?,
        };
        let number = opened.number();
        self.came_from(&port.branch, number);
        if let (Some(number), false) = (number, port.labels.is_empty()) {
            self.put_labels(number, &port.labels.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        }
        Ok(Applied::Created)
    }

    /// Whether GitHub would refuse what is picked, because of its workflow files. It lets those pass that are on another branch as they are:
    /// of a picked file that is so if the branch had it as it was before, and the default branch has it as it is now.
    /// (<https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>, under `workflow`)
    async fn workflows_hinder(&self, port: &Port<String>, paths: &BTreeSet<String>) -> Result<bool> {
        let Cargo::Picked(picks) = &port.cargo else { return Ok(false) };
        let (Some(first), Some(last)) = (picks.first(), picks.last()) else { return Ok(false) };
        if paths.is_empty() || self.forge.tokens.workflows(self).await != Workflows::Refused {
            return Ok(false);
        }
        let parent = self.known(&first.sha)?.parent().map(str::to_owned);
        let onto = format!("refs/heads/{}", port.onto);
        let mut variables = Variables::default();
        let mut selection = String::new();
        for (at, path) in paths.iter().enumerate() {
            let places = [("was", parent.as_deref().unwrap_or_default()), ("has", &onto), ("is", last.sha.as_str()), ("stays", "HEAD")];
            for (alias, place) in places {
                let expression = variables.bind("String", format!("{place}:{path}"));
                _ = write!(selection, "{alias}{at}: object(expression: {expression}) {{ oid }} ");
            }
        }
        let blobs: Value = self.ask(variables, &selection, "").await?;
        let blob = |alias: &str, at: usize| blobs.get(format!("{alias}{at}")).and_then(|blob| blob.get("oid"));
        let passes = |at: usize| blob("was", at) == blob("has", at) && blob("is", at) == blob("stays", at);
        Ok(!(0..paths.len()).all(passes))
    }
}

/// The message of the commit that takes a range back, by which it is known again.
fn taken_back(port: &Port<String>, since: &Sha, until: &Sha) -> String {
    format!("{}\n\nThis takes back {since}..{until}.", port.title)
}

/// Whether a commit with this message is what an earlier attempt has put on the head branch.
fn is_made_from(port: &Port<String>, message: &str) -> bool {
    match &port.cargo {
        Cargo::Picked(wanted) => picks(message).any(|sha| wanted.iter().any(|pick| pick.sha == sha)),
        Cargo::Reverted { since, until, .. } => message.contains(&format!("This takes back {since}..{until}.")),
    }
}

/// GitHub refuses workflow files from Apps that may not write them, in words that differ from way to way.
fn refuses_workflows(error: &ForgeError, paths: &BTreeSet<String>) -> bool {
    let text = error.to_string();
    let named = text.contains("`workflows` permission") || text.contains("refusing to allow a GitHub App to create or update workflow");
    named || (!paths.is_empty() && text.contains("Resource not accessible by integration"))
}

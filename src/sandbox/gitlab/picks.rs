//! Cherry-picks and reverts: one commit on the tip of a branch, which moves to it at once, or (as a dry run) stays where it is.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    answers::{not_found, refused, required},
    projects::{commit_at, project},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::{Commit, Outcome, Person, Saying},
    protection::refs,
    topic::{Change, Topic},
    world::{Kind, Repository, Role, World},
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Pick,
    Revert,
}

impl Act {
    const fn word(self) -> &'static str {
        match self {
            Self::Pick => "cherry-pick",
            Self::Revert => "revert",
        }
    }
}

pub fn cherry_pick(world: &mut World, call: &Call) -> Handled {
    run(world, call, Act::Pick)
}

pub fn revert(world: &mut World, call: &Call) -> Handled {
    run(world, call, Act::Revert)
}

fn run(world: &mut World, call: &Call, act: Act) -> Handled {
    let [branch] = required(call, ["branch"])?;
    let show = project(world, call)?;
    let (id, bot) = (show.project.id, Kind::GitLab.bot());
    if show.project.role(bot) < Role::Write || !refs::may_push(world, show.project, branch, bot) {
        return Err(refused(StatusCode::FORBIDDEN, "403 Forbidden - You are not allowed to push into this branch"));
    }
    let commit = show.project.git.commit(&commit_at(show.project, call.param("sha"))?)?;
    let tip = show.project.git.branch(branch).ok_or_else(|| not_found("Branch"))?;
    let made = match made(world, show.project, (act, &tip, &commit), call.text("message"))? {
        Ok(made) => made,
        Err(code) => return Err(failed(show.project, (act, &commit), code, call)),
    };
    if call.flag("dry_run") == Some(true) {
        return Ok(Answer::ok(json!({"dry_run": "success"})));
    }
    world.push(id, bot, &format!("refs/heads/{branch}"), Some(&made))?;
    Ok(Answer::created(project(world, call)?.commit_of(&made)?))
}

/// The new commit, which no reference points to yet, or GitLab's code for why there is none.
fn made(
    world: &World,
    project: &Repository,
    (act, tip, commit): (Act, &str, &Commit),
    message: Option<&str>,
) -> anyhow::Result<Result<String, &'static str>> {
    let git = &project.git;
    let onto = git.commit(tip)?;
    // The time of the branch, not of now: a commit by the bot has the same id however long the bot took.
    let bot = Person { at: onto.committer.at, ..world.person(Kind::GitLab.bot()) };
    let outcome = match act {
        Act::Pick => {
            let message = message.map_or_else(|| picked_message(project, commit), |message| Ok(message.to_owned()))?;
            git.pick(tip, &commit.sha, &Saying { message: &message, author: &commit.author, committer: &bot })?
        }
        Act::Revert => git.revert(tip, &commit.sha, &Saying::by(&bot, &reverted_message(project, commit)))?,
    };
    Ok(match outcome {
        Outcome::Conflict(_) => Err("conflict"),
        Outcome::Commit(made) if git.commit(&made)?.tree == onto.tree => Err("empty"),
        Outcome::Commit(made) => Ok(made),
    })
}

/// The merge request that a merge commit merged.
fn merged_with<'a>(project: &'a Repository, commit: &Commit) -> Option<(&'a Topic, &'a Change)> {
    let is_it = |change: &Change| change.merged.as_ref().is_some_and(|merged| merged.sha == commit.sha);
    project.requests().find(|(_, change)| commit.parents.len() > 1 && is_it(change))
}

/// Where it was picked from, and for the merge commit of a merge request also what that consisted of.
fn picked_message(project: &Repository, commit: &Commit) -> anyhow::Result<String> {
    let mut lines = vec![format!("(cherry picked from commit {})", commit.sha)];
    if let Some((_, change)) = merged_with(project, commit) {
        let commits = project.commits_of(change)?;
        let line = |commit: &Commit| format!("{} {}", commit.sha.get(..8).unwrap_or_default(), commit.subject());
        lines.push(String::new());
        lines.extend(commits.iter().map(line));
    }
    Ok(format!("{}\n\n{}", commit.message, lines.join("\n")))
}

fn reverted_message(project: &Repository, commit: &Commit) -> String {
    let what = match merged_with(project, commit) {
        Some((topic, _)) => format!("merge request !{}", topic.number),
        None => format!("commit {}", commit.sha),
    };
    format!("Revert \"{}\"\n\nThis reverts {what}", commit.subject().trim())
}

fn failed(project: &Repository, (act, commit): (Act, &Commit), code: &str, call: &Call) -> Answer {
    let (act, what) = (act.word(), if merged_with(project, commit).is_some() { "merge request" } else { "commit" });
    let message = format!(
        "Sorry, we cannot {act} this {what} automatically. This {what} may already have been {act}ed, or a more recent commit may have updated some of its content."
    );
    let mut body = json!({"message": message, "error_code": code});
    if let (Some(true), Some(fields)) = (call.flag("dry_run"), body.as_object_mut()) {
        fields.insert("dry_run".to_owned(), Value::from("error"));
    }
    Answer::json(StatusCode::BAD_REQUEST, body)
}

//! Users, the project itself and its files.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    answers::{asked, list, no_record, not_found},
    json::{Presenter, current_user, user},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::File,
    world::{Kind, Repository, World},
};

/// The project that the path names, by number or by its full path.
pub fn project<'a>(world: &'a World, call: &Call) -> Result<Presenter<'a>, Answer> {
    let named = call.param("id");
    let number = named.parse::<u64>().ok();
    let found = world.repositories_of(Kind::GitLab).find(|p| Some(p.id) == number || p.path.eq_ignore_ascii_case(named));
    found.map(|project| Presenter { world, project }).ok_or_else(|| not_found("Project"))
}

/// The commit that a branch, tag or sha means.
pub fn commit_at(project: &Repository, revision: &str) -> Result<String, Answer> {
    project.git.resolve(revision).ok_or_else(|| not_found("Commit"))
}

pub fn current(world: &mut World, _call: &Call) -> Handled {
    let bot = world.find_user(Kind::GitLab.bot()).ok_or_else(no_record)?;
    Ok(Answer::ok(current_user(world, &bot.login)))
}

pub fn users(world: &mut World, call: &Call) -> Handled {
    let wanted = call.query("username");
    let found: Vec<&String> = world.users.keys().filter(|login| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(login))).collect();
    list(world, call, &found, |login| Ok(user(world, login)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    Ok(Answer::ok(project(world, call)?.project()))
}

pub fn file(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let reference = asked(call, "ref")?;
    let (commit, file) = find_file(show.project, reference, call.param("path"))?;
    Ok(Answer::ok(file_json(show.project, reference, &commit, &file)?))
}

pub fn raw_file(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let reference = call.query("ref").unwrap_or(&show.project.default_branch);
    let (_, file) = find_file(show.project, reference, call.param("path"))?;
    Ok(Answer::raw(file.content).with_header("content-type", "text/plain; charset=utf-8"))
}

fn find_file(project: &Repository, reference: &str, path: &str) -> Result<(String, File), Answer> {
    let commit = commit_at(project, reference)?;
    let file = project.git.file(&commit, path).ok_or_else(|| not_found("File"))?;
    Ok((commit, file))
}

fn file_json(project: &Repository, reference: &str, commit: &str, file: &File) -> anyhow::Result<Value> {
    Ok(json!({
        "file_name": file.path.rsplit('/').next(),
        "file_path": file.path,
        "size": file.content.len(),
        "encoding": "base64",
        "ref": reference,
        "blob_id": file.sha,
        "commit_id": commit,
        "last_commit_id": project.git.last_change_of(commit, &file.path)?,
        "execute_filemode": false,
        "content": STANDARD.encode(&file.content),
    }))
}

//! One commit of many file actions, on a branch that is there or on a new one. GitLab tries the actions in their order
//! on an index, so what one did holds for the next; any refusal refuses them all.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    answers::{bad_request, invalid, required},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::{Edit, FileEntry, Git, Person, Saying},
    world::{Kind, Repository, World},
};

const ACTIONS: [&str; 5] = ["create", "delete", "move", "update", "chmod"];

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [branch, message] = required(call, ["branch", "commit_message"])?;
    let actions = call.body.get("actions").and_then(Value::as_array).ok_or_else(|| invalid("actions is missing"))?;
    let show = project(world, call)?;
    let (project_id, git) = (show.project.id, &show.project.git);
    let parent = start(show.project, branch, call)?;
    let mut index = Index { git, parent: &parent, edits: BTreeMap::new() };
    for (place, fields) in actions.iter().enumerate() {
        index.apply(&Action { place, fields })?;
    }
    // The time of the parent, not of now: a commit by the bot has the same id however long the bot took.
    let committer = Person { at: git.commit(&parent)?.committer.at, ..world.person(Kind::GitLab.bot()) };
    let author = Person {
        name: call.text("author_name").unwrap_or(&committer.name).to_owned(),
        email: call.text("author_email").unwrap_or(&committer.email).to_owned(),
        ..committer
    };
    let saying = Saying { message, author: &author, committer: &committer };
    let sha = git.write_edits(&parent, &index.edits, &saying)?;
    if git.branch(branch).as_ref() != Some(&sha) {
        world.push(project_id, Kind::GitLab.bot(), &format!("refs/heads/{branch}"), Some(&sha))?;
    }
    let show = project(world, call)?;
    let mut made = show.commit_detail(&show.project.git.commit(&sha)?)?;
    if let (Some(false), Some(made)) = (call.flag("stats"), made.as_object_mut()) {
        made.remove("stats");
    }
    Ok(Answer::created(made))
}

/// The commit to start from.
fn start(project: &Repository, branch: &str, call: &Call) -> Result<String, Answer> {
    let git = &project.git;
    let start = match (call.text("start_branch"), call.text("start_sha")) {
        (Some(_), Some(_)) => return Err(bad_request("You can't pass both start_branch and start_sha")),
        (None, Some(sha)) if sha.len() != 40 => return Err(bad_request(format!("Invalid start_sha '{sha}'"))),
        (None, Some(sha)) => git.resolve(sha).ok_or_else(|| bad_request(format!("Cannot find start_sha '{sha}'")))?,
        (named, None) => {
            let tip = git.branch(named.unwrap_or(branch));
            tip.ok_or_else(|| bad_request("You can only create or edit files when you are on a branch"))?
        }
    };
    let is_other = call.text("start_sha").is_some() || call.text("start_branch").is_some_and(|start| start != branch);
    if is_other && git.branch(branch).is_some() && call.flag("force") != Some(true) {
        return Err(bad_request(format!("A branch called '{branch}' already exists. Switch to that branch in order to make changes")));
    }
    if !git2::Reference::is_valid_name(&format!("refs/heads/{branch}")) {
        return Err(bad_request(format!("Something went wrong when we tried to create '{branch}' for you: Branch name is invalid")));
    }
    Ok(start)
}

struct Action<'a> {
    /// Its place in the list, which complaints name.
    place: usize,
    fields: &'a Value,
}

impl<'a> Action<'a> {
    fn text(&self, field: &str) -> Option<&'a str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    fn invalid(&self, field: &str) -> Answer {
        invalid(format!("actions[{}][{field}] does not have a valid value", self.place))
    }

    fn content(&self) -> Result<Vec<u8>, Answer> {
        let content = self.text("content").unwrap_or_default();
        match self.text("encoding").unwrap_or("text") {
            "text" => Ok(content.as_bytes().to_owned()),
            "base64" => STANDARD.decode(content).map_err(|_| bad_request("invalid base64")),
            _ => Err(self.invalid("encoding")),
        }
    }
}

/// The tree as the actions so far have made it.
struct Index<'a> {
    git: &'a Git,
    parent: &'a str,
    edits: BTreeMap<String, Edit>,
}

impl Index<'_> {
    fn apply(&mut self, action: &Action) -> Result<(), Answer> {
        let verb = action.text("action").filter(|verb| ACTIONS.contains(verb));
        let verb = verb.ok_or_else(|| action.invalid("action"))?;
        let path = checked(action.text("file_path"))?;
        let old_path = if verb == "move" { checked(action.text("previous_path"))? } else { path };
        self.check_last_change(verb, old_path, action)?;
        let has_content = action.text("content").is_some();
        let edit = match verb {
            "delete" => {
                self.file(path)?;
                self.remove(path);
                return Ok(());
            }
            "create" => {
                self.must_be_free(path)?;
                Edit::Write { content: action.content()?, executable: executable(action).unwrap_or_default() }
            }
            _ => {
                let (content, mode) = self.file(old_path)?;
                if verb == "move" {
                    self.must_be_free(path)?;
                    self.remove(old_path);
                }
                let content = if verb != "chmod" && (has_content || verb == "update") { action.content()? } else { content };
                Edit::Write { content, executable: executable(action).unwrap_or(mode) }
            }
        };
        self.edits.insert(path.to_owned(), edit);
        Ok(())
    }

    fn remove(&mut self, path: &str) {
        match self.git.file_entry(self.parent, path) {
            Some(_) => self.edits.insert(path.to_owned(), Edit::Remove),
            None => self.edits.remove(path),
        };
    }

    fn entry(&self, path: &str) -> Option<FileEntry> {
        match self.edits.get(path) {
            Some(Edit::Write { content, executable }) => Some(FileEntry::File { content: content.clone(), executable: *executable }),
            Some(Edit::Remove) => None,
            None => self.git.file_entry(self.parent, path),
        }
    }

    fn file(&self, path: &str) -> Result<(Vec<u8>, bool), Answer> {
        match self.entry(path) {
            Some(FileEntry::File { content, executable }) => Ok((content, executable)),
            Some(FileEntry::Directory) | None => Err(bad_request("A file with this name doesn't exist")),
        }
    }

    fn must_be_free(&self, path: &str) -> Result<(), Answer> {
        match self.entry(path) {
            None => Ok(()),
            Some(FileEntry::File { .. }) => Err(bad_request("A file with this name already exists")),
            Some(FileEntry::Directory) => Err(bad_request("A directory with this name already exists")),
        }
    }

    /// Refuses to overwrite what the client has not seen.
    fn check_last_change(&self, verb: &str, path: &str, action: &Action) -> Result<(), Answer> {
        let Some(seen) = action.text("last_commit_id").filter(|_| verb != "create") else { return Ok(()) };
        if self.git.last_change_of(self.parent, path)? == seen {
            return Ok(());
        }
        Err(bad_request(format!("The file has changed since you started editing it: {path}")))
    }
}

fn executable(action: &Action) -> Option<bool> {
    action.fields.get("execute_filemode").and_then(Value::as_bool)
}

fn checked(path: Option<&str>) -> Result<&str, Answer> {
    let path = path.filter(|path| !path.is_empty()).ok_or_else(|| bad_request("You must provide a file path"))?;
    if path.split('/').any(|part| part == "..") {
        return Err(bad_request("Path cannot include directory traversal"));
    }
    Ok(path)
}

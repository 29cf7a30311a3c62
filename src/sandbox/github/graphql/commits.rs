//! The mutation that commits files to a branch, signed by GitHub, if the branch is where the client believes it to be.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    execution::Problem,
    mutations::{Acted, Input, Thing, unprocessable},
};
use crate::sandbox::{
    git::{Blob, Git, Placed},
    github::{apps::covers, json::ref_node},
    world::{Kind, Repository, World},
};

pub fn create(world: &mut World, input: &Input) -> Acted {
    let (repository, branch) = branch(world, input)?;
    let (id, git) = (repository.id, &repository.git);
    let missing = || Problem::new("NOT_FOUND", format!("No branch named '{branch}' was found in the repository."));
    let tip = git.branch(&branch).ok_or_else(missing)?;
    let expected = input.text("/expectedHeadOid");
    if tip != expected {
        let message = format!("Expected branch to point to \"{expected}\" but it did not.  Pull and try again.");
        return Err(Problem::new("STALE_DATA", message));
    }
    let tree = git.write_tree(Some(&tip), &placed(git, &tip, input)?)?;
    let message = match (input.text("/message/headline"), input.text("/message/body")) {
        (headline, "") => headline.to_owned(),
        (headline, body) => format!("{headline}\n\n{body}"),
    };
    let sha = world.write_signed(id, &[&tip], &tree, &message)?;
    let branch = format!("refs/heads/{branch}");
    world.push(id, Kind::GitHub.bot(), &branch, Some(&sha))?;
    Ok((id, Thing::Commit { branch, sha }))
}

/// The repository and the branch, which are named by one global id or by their names.
fn branch<'a>(world: &'a World, input: &Input) -> Result<(&'a Repository, String), Problem> {
    let (id, path) = (input.text("/branch/id"), input.text("/branch/repositoryNameWithOwner"));
    let name = input.text("/branch/branchName").trim_start_matches("refs/heads/");
    let mut seen = world.repositories_of(Kind::GitHub).filter(|repository| covers(input.token, repository.id));
    let found = seen.find_map(|repository| {
        if id.is_empty() {
            return repository.path.eq_ignore_ascii_case(path).then(|| (repository, name.to_owned()));
        }
        let branches = repository.git.branches().ok()?;
        let (name, _) = branches.into_iter().find(|(name, _)| ref_node(repository, &format!("refs/heads/{name}")) == id)?;
        Some((repository, name))
    });
    let missing = match id {
        "" => format!("Could not resolve to a Repository with the name '{path}'."),
        id => format!("Could not resolve to a node with the global id of '{id}'."),
    };
    found.ok_or_else(|| Problem::new("NOT_FOUND", missing))
}

fn placed(git: &Git, tip: &str, input: &Input) -> Result<Vec<Placed>, Problem> {
    let list = |pointer: &str| input.value(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |file: &Value, field: &str| file.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut files = Vec::new();
    for file in list("/fileChanges/deletions") {
        let path = text(&file, "path");
        if git.file(tip, &path).is_none() {
            return Err(unprocessable(format!("A path was requested for deletion which does not exist as of commit oid `{tip}`")));
        }
        files.push(Placed { path, what: None });
    }
    for file in list("/fileChanges/additions") {
        let content = STANDARD.decode(text(&file, "contents")).map_err(|_| unprocessable("Contents is not valid Base64"))?;
        // The mode of a file cannot be given: one that is executable stays so.
        let path = text(&file, "path");
        let executable = git.is_executable(tip, &path);
        files.push(Placed { path, what: Some(Blob { sha: git.write_blob(&content)?, executable }) });
    }
    Ok(files)
}

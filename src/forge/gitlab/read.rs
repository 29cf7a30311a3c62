//! The port, on GitLab: what is asked. The structs name only what is read; real answers hold much more, and sometimes less.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt;
use gitlab::api::{self, AsyncQuery, Pagination, paged};
use serde::Deserialize;

use super::GitlabProject;
use super::client::{Call, encode, explain};
use crate::domain::config::{ConfigFile, PATHS};
use crate::domain::facts::{ChangeRequest, Commit, Head, MergeOrNot, MergedRequest, Origin, State};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, TagName, UserName};
use crate::domain::plan::Action;
use crate::forge::error::absent;
use crate::forge::{Applied, Forge, ForgeError, Lineage, Result};

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct File {
    blob_id: String,
    content: String,
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    title: String,
    state: String,
    /// Null while GitLab has not looked at the branches yet, or when the head branch has no commits.
    sha: Option<String>,
    source_branch: String,
    target_branch: String,
    /// Null when the fork was deleted.
    source_project_id: Option<u64>,
    target_project_id: u64,
    updated_at: jiff::Timestamp,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    commit: TagCommit,
}

#[derive(Deserialize)]
struct TagCommit {
    id: String,
}

#[derive(Deserialize)]
struct FullCommit {
    id: String,
    message: String,
    #[serde(default)]
    parent_ids: Vec<String>,
}

#[derive(Deserialize)]
struct RequestOfCommit {
    iid: u64,
    state: String,
}

fn unreadable(call: &'static str) -> impl Fn(InvalidName) -> ForgeError {
    move |error| ForgeError::Unreadable { call: call.to_owned(), why: error.to_string() }
}

fn commit(found: FullCommit) -> Result<Commit> {
    let merge = if found.parent_ids.len() > 1 { MergeOrNot::Merge } else { MergeOrNot::Plain };
    Ok(Commit { sha: Sha::parse(&found.id).map_err(unreadable("commits"))?, message: found.message, merge })
}

impl Forge for GitlabProject<'_> {
    async fn me(&self) -> Result<UserName> {
        UserName::parse(self.my_name().await?).map_err(unreadable("GET user"))
    }

    /// `GET /projects/:id/repository/files/:file_path`, of the default branch.
    async fn config_file(&self) -> Result<Option<ConfigFile>> {
        for path in PATHS.map(|path| path.replace("{forge}", ".gitlab")) {
            let call = Call::get(self.at(&format!("/repository/files/{}", encode(&path)))).with("ref", "HEAD");
            if let Some(File { blob_id, content }) = absent(self.ask(call).await)? {
                let bytes = STANDARD.decode(content.trim());
                let bytes = bytes.map_err(|error| ForgeError::Unreadable { call: path.clone(), why: error.to_string() })?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some(ConfigFile { path, version: blob_id, text }));
            }
        }
        Ok(None)
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid`
    async fn change_request(&self, number: Number) -> Result<Option<ChangeRequest>> {
        let call = Call::get(self.at(&format!("/merge_requests/{number}")));
        let Some(request) = absent(self.ask::<MergeRequest>(call).await)? else { return Ok(None) };
        let Some(sha) = request.sha.as_deref() else { return Ok(None) };
        let invalid = unreadable("merge request");
        let origin = match request.source_project_id {
            None => Origin::Gone,
            Some(id) if id == request.target_project_id => Origin::SameRepository,
            Some(id) => self.read_fork(id).await?,
        };
        let branch = BranchName::parse(&request.source_branch).map_err(&invalid)?;
        Ok(Some(ChangeRequest {
            number: Number(request.iid),
            title: request.title,
            state: match request.state.as_str() {
                "opened" | "locked" => State::Open,
                "merged" => State::Merged,
                _ => State::Closed,
            },
            head: Head { branch, sha: Sha::parse(sha).map_err(&invalid)?, origin },
            base: BranchName::parse(&request.target_branch).map_err(&invalid)?,
            updated_at: Moment(request.updated_at.as_second()),
        }))
    }

    /// `GET /projects/:id/repository/tags/:tag_name`
    async fn tagged_commit(&self, tag: &TagName) -> Result<Option<Sha>> {
        let call = Call::get(self.at(&format!("/repository/tags/{}", encode(tag.as_str()))));
        let found: Option<Tag> = absent(self.ask(call).await)?;
        found.map(|tag| Sha::parse(&tag.commit.id).map_err(unreadable("tags"))).transpose()
    }

    /// `GET /projects/:id/repository/tags`
    async fn tags(&self, prefix: &str) -> Result<Vec<TagName>> {
        let call = Call::get(self.at("/repository/tags")).with("search", format!("^{prefix}"));
        let tags: Vec<Tag> = paged(&call, Pagination::All).query_async(&self.forge.client).await.map_err(|error| explain(error, "tags"))?;
        Ok(tags.iter().filter_map(|tag| TagName::parse(&tag.name).ok()).collect())
    }

    /// `GET /projects/:id/repository/merge_base`, then `GET /projects/:id/repository/commits` of the range between.
    async fn lineage(&self, anchor: &TagName, head: &Sha, limit: usize) -> Result<Lineage> {
        let Some(start) = self.tagged_commit(anchor).await? else { return Ok(Lineage::Elsewhere) };
        let call = Call::get(self.at("/repository/merge_base")).with("refs[]", start.as_str()).with("refs[]", head.as_str());
        let base: Option<TagCommit> = absent(self.ask(call).await)?;
        if base.is_none_or(|base| base.id != start.as_str()) {
            return Ok(Lineage::Elsewhere);
        }
        let commits = self.read_commits(format!("{start}..{head}"), limit).await?;
        Ok(commits.map_or(Lineage::TooLong, Lineage::Descends))
    }

    /// `GET /projects/:id/repository/commits`
    async fn history(&self, head: &Sha, limit: usize) -> Result<Option<Vec<Commit>>> {
        self.read_commits(head.to_string(), limit).await
    }

    /// `GET /projects/:id/repository/commits/:sha/merge_requests`
    async fn merged_requests(&self, commit: &Sha) -> Result<Vec<MergedRequest>> {
        let call = Call::get(self.at(&format!("/repository/commits/{commit}/merge_requests")));
        let found: Vec<RequestOfCommit> = self.ask(call).await?;
        let merged = found.into_iter().filter(|request| request.state == "merged");
        Ok(merged.map(|request| MergedRequest { number: Number(request.iid), label: format!("!{}", request.iid) }).collect())
    }

    async fn apply(&self, action: &Action<String>) -> Result<Applied> {
        match action {
            Action::Report(check) => self.report(check).await,
            Action::Comment { thread, key, presence, body } => self.comment(*thread, key, *presence, body).await,
            Action::React { thread, comment, reaction } => self.react(*thread, *comment, *reaction).await,
            Action::Publish(release) => self.publish(release).await,
            Action::DeleteBranch { branch, at } => self.delete_branch(branch, at).await,
        }
    }
}

impl GitlabProject<'_> {
    /// `GET /user`
    pub(super) async fn my_name(&self) -> Result<&str> {
        let ask = || async { self.ask::<User>(Call::get("user".to_owned())).await.map(|user| user.username) };
        self.forge.me.get_or_try_init(ask).await.map(String::as_str)
    }

    /// `GET /projects/:id`. A fork that the token may not see is as good as gone: nothing can be said of it.
    async fn read_fork(&self, id: u64) -> Result<Origin> {
        match absent(self.ask::<Project>(Call::get(format!("projects/{id}"))).await)? {
            Some(project) => RepoPath::parse(&project.path_with_namespace).map(Origin::Fork).map_err(unreadable("GET project")),
            None => Ok(Origin::Gone),
        }
    }

    /// The commits of a revision or a range, oldest first; `None` if there are more than `limit`. GitLab lists the newest first.
    async fn read_commits(&self, of: String, limit: usize) -> Result<Option<Vec<Commit>>> {
        let call = Call::get(self.at("/repository/commits")).with("ref_name", of);
        let pages = paged(&call, Pagination::All);
        let mut found = std::pin::pin!(pages.iter_async::<_, FullCommit>(&self.forge.client));
        let mut commits = Vec::new();
        while let Some(one) = found.try_next().await.map_err(|error| explain(error, "commits"))? {
            if commits.len() == limit {
                return Ok(None);
            }
            commits.push(commit(one)?);
        }
        commits.reverse();
        Ok(Some(commits))
    }

    /// The first of a list's items that `wanted` accepts, reading no further.
    pub(super) async fn find<T>(&self, call: Call, wanted: impl Fn(&T) -> bool) -> Result<Option<T>>
    where
        T: serde::de::DeserializeOwned + 'static,
    {
        let pages = api::paged(&call, Pagination::All);
        let mut items = std::pin::pin!(pages.iter_async::<_, T>(&self.forge.client));
        while let Some(item) = items.try_next().await.map_err(|error| explain(error, "list"))? {
            if wanted(&item) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

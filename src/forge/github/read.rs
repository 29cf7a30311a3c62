//! The port, on GitHub: what is asked. The structs name only what is read; real answers hold much more, and sometimes less.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde::Deserialize;

use super::GithubRepository;
use super::client::{Page, encode, encode_segment, read, send};
use crate::domain::config::{ConfigFile, PATHS};
use crate::domain::facts::{ChangeRequest, Commit, Head, MergeOrNot, MergedRequest, Origin, State};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, TagName, UserName};
use crate::domain::plan::Action;
use crate::forge::error::absent;
use crate::forge::{Applied, Forge, ForgeError, Lineage, Result};

#[derive(Deserialize)]
struct App {
    slug: Option<String>,
    name: String,
}

#[derive(Deserialize)]
struct Contents {
    sha: String,
    /// `none` for files over 1 MB, whose content is left out: an empty policy must not be read into that.
    encoding: String,
    content: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    title: String,
    state: String,
    merged_at: Option<String>,
    head: PullHead,
    base: PullBase,
    updated_at: jiff::Timestamp,
}

#[derive(Deserialize)]
struct PullHead {
    r#ref: String,
    sha: String,
    /// Null when the fork was deleted.
    repo: Option<PullRepository>,
}

#[derive(Deserialize)]
struct PullRepository {
    id: u64,
    full_name: String,
}

#[derive(Deserialize)]
struct PullBase {
    r#ref: String,
    repo: PullRepository,
}

#[derive(Deserialize)]
struct GitRef {
    r#ref: String,
}

#[derive(Deserialize)]
struct Commitish {
    sha: String,
    commit: CommitText,
    #[serde(default)]
    parents: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct CommitText {
    message: String,
}

#[derive(Deserialize)]
struct Comparison {
    status: String,
    total_commits: usize,
    commits: Vec<Commitish>,
}

#[derive(Deserialize)]
struct PullOfCommit {
    number: u64,
    merged_at: Option<String>,
}

fn unreadable(call: &'static str) -> impl Fn(InvalidName) -> ForgeError {
    move |error| ForgeError::Unreadable { call: call.to_owned(), why: error.to_string() }
}

fn commit(found: Commitish) -> Result<Commit> {
    let merge = if found.parents.len() > 1 { MergeOrNot::Merge } else { MergeOrNot::Plain };
    Ok(Commit { sha: Sha::parse(&found.sha).map_err(unreadable("commits"))?, message: found.commit.message, merge })
}

impl Forge for GithubRepository<'_> {
    async fn me(&self) -> Result<UserName> {
        UserName::parse(self.my_name().await?).map_err(unreadable("GET /app"))
    }

    /// `GET /repos/{owner}/{repo}/contents/{path}`, of the default branch.
    async fn config_file(&self) -> Result<Option<ConfigFile>> {
        for path in PATHS.map(|path| path.replace("{forge}", ".github")) {
            let found: Option<Contents> = absent(self.get(&format!("/contents/{}", encode(&path))).await)?;
            if let Some(Contents { sha, encoding, content }) = found {
                let unreadable = |why: String| ForgeError::Unreadable { call: path.clone(), why };
                if encoding != "base64" {
                    return Err(unreadable("it is too large for a configuration".to_owned()));
                }
                let packed: String = content.split_whitespace().collect();
                let bytes = STANDARD.decode(packed).map_err(|error| unreadable(error.to_string()))?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some(ConfigFile { path, version: sha, text }));
            }
        }
        Ok(None)
    }

    /// `GET /repos/{owner}/{repo}/pulls/{pull_number}`
    async fn change_request(&self, number: Number) -> Result<Option<ChangeRequest>> {
        let Some(pull) = absent(self.get::<Pull>(&format!("/pulls/{number}")).await)? else { return Ok(None) };
        let invalid = unreadable("pull request");
        let origin = match pull.head.repo {
            None => Origin::Gone,
            Some(repo) if repo.id == pull.base.repo.id => Origin::SameRepository,
            Some(repo) => Origin::Fork(RepoPath::parse(&repo.full_name).map_err(&invalid)?),
        };
        let branch = BranchName::parse(&pull.head.r#ref).map_err(&invalid)?;
        Ok(Some(ChangeRequest {
            number: Number(pull.number),
            title: pull.title,
            state: match (pull.state.as_str(), pull.merged_at) {
                (_, Some(_)) => State::Merged,
                ("open", None) => State::Open,
                _ => State::Closed,
            },
            head: Head { branch, sha: Sha::parse(&pull.head.sha).map_err(&invalid)?, origin },
            base: BranchName::parse(&pull.base.r#ref).map_err(&invalid)?,
            updated_at: Moment(pull.updated_at.as_second()),
        }))
    }

    /// `GET /repos/{owner}/{repo}/commits/{ref}`; a ref that does not exist is answered 422.
    async fn tagged_commit(&self, tag: &TagName) -> Result<Option<Sha>> {
        match absent(self.get::<Commitish>(&format!("/commits/{}", encode_segment(&format!("tags/{tag}")))).await) {
            Err(ForgeError::Rejected { status: 422, .. }) => Ok(None),
            found => found?.map(|found| Sha::parse(&found.sha).map_err(unreadable("commits"))).transpose(),
        }
    }

    /// `GET /repos/{owner}/{repo}/git/matching-refs/{ref}`, which takes no page size.
    async fn tags(&self, prefix: &str) -> Result<Vec<TagName>> {
        let mut tags = Vec::new();
        let mut page = Some(Page::First(format!("/git/matching-refs/tags/{}", encode(prefix))));
        while let Some(at) = page {
            let (found, next): (Vec<GitRef>, _) = self.page(at).await?;
            tags.extend(found.iter().filter_map(|found| TagName::parse(found.r#ref.strip_prefix("refs/tags/")?).ok()));
            page = next;
        }
        Ok(tags)
    }

    /// `GET /repos/{owner}/{repo}/compare/{basehead}`; commits come oldest first.
    async fn lineage(&self, anchor: &TagName, head: &Sha, limit: usize) -> Result<Lineage> {
        let mut commits = Vec::new();
        let mut page = Some(Page::First(format!("/compare/{}...{head}?per_page=100", encode(anchor.as_str()))));
        while let Some(at) = page {
            let (found, next): (Comparison, _) = self.page(at).await?;
            if !matches!(found.status.as_str(), "ahead" | "identical") {
                return Ok(Lineage::Elsewhere);
            }
            if found.total_commits > limit {
                return Ok(Lineage::TooLong);
            }
            commits.extend(found.commits.into_iter().map(commit).collect::<Result<Vec<_>>>()?);
            page = next;
        }
        Ok(Lineage::Descends(commits))
    }

    /// `GET /repos/{owner}/{repo}/commits`; commits come newest first.
    async fn history(&self, head: &Sha, limit: usize) -> Result<Option<Vec<Commit>>> {
        let mut commits = Vec::new();
        let mut page = Some(Page::First(format!("/commits?sha={head}&per_page=100")));
        while let Some(at) = page {
            let (found, next): (Vec<Commitish>, _) = self.page(at).await?;
            commits.extend(found.into_iter().map(commit).collect::<Result<Vec<_>>>()?);
            if commits.len() > limit {
                return Ok(None);
            }
            page = next;
        }
        commits.reverse();
        Ok(Some(commits))
    }

    /// `GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls`
    async fn merged_requests(&self, commit: &Sha) -> Result<Vec<MergedRequest>> {
        let found: Vec<PullOfCommit> = self.get(&format!("/commits/{commit}/pulls")).await?;
        let merged = found.into_iter().filter(|pull| pull.merged_at.is_some());
        Ok(merged.map(|pull| MergedRequest { number: Number(pull.number), label: format!("#{}", pull.number) }).collect())
    }

    async fn apply(&self, action: &Action<String>) -> Result<Applied> {
        match action {
            Action::Report(check) => self.report(check).await,
            Action::Comment { thread, key, presence, body } => self.comment(*thread, key, *presence, body).await,
            Action::React { comment, reaction, .. } => self.react(*comment, *reaction).await,
            Action::Publish(release) => self.publish(release).await,
            Action::DeleteBranch { branch, at } => self.delete_branch(branch, at).await,
        }
    }
}

impl GithubRepository<'_> {
    /// `GET /app`
    pub(super) async fn my_name(&self) -> Result<&str> {
        let ask = || async {
            let app: App = read("/app", &send(&self.forge.app, Method::GET, "/app", None::<&()>).await?)?;
            Ok(format!("{}[bot]", app.slug.unwrap_or(app.name)))
        };
        self.forge.me.get_or_try_init(ask).await.map(String::as_str)
    }
}

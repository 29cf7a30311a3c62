//! A line of development, on GitLab: its commits page by page, its version tags, and what belongs to both.
//! Must not know what is decided from it.

use std::collections::{BTreeMap, HashSet};

use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::try_join;

use super::client::Call;
use super::read::unreadable;
use super::requests::Listed;
use super::{GitlabProject, Read};
use crate::domain::facts::{Details, Line, Links, Paths, Ref, ReleaseSeen, Standing, TagsWanted, Wanted};
use crate::domain::history::{Author, Commit, Elsewhere, Graph, Own, Tagged, Window};
use crate::domain::names::{BranchName, Moment, Sha, TagName};
use crate::forge::error::absent;
use crate::forge::{Forge, ForgeError, Result};

/// How many commits or tags one page gives: as many as GitLab allows.
const PAGE: usize = 100;
/// How many pages of tags are read at most, while none of their versions may be counted from.
const TAG_PAGES: usize = 10;

#[derive(Deserialize)]
pub struct WireCommit {
    pub id: String,
    #[serde(default)]
    pub parent_ids: Vec<String>,
    pub message: Option<String>,
    pub author_name: Option<String>,
    pub author_email: Option<String>,
    pub committed_date: Timestamp,
}

#[derive(Deserialize)]
struct WireTag {
    name: String,
    /// Null for a tag of something else.
    commit: Option<TaggedCommit>,
    /// Null where the tag has none, or it is not for Slipway to see.
    release: Option<TagRelease>,
}

#[derive(Deserialize)]
struct TagRelease {
    description: Option<String>,
}

#[derive(Deserialize)]
struct TaggedCommit {
    id: String,
    committed_date: Timestamp,
}

#[derive(Deserialize)]
struct DefaultBranch {
    default_branch: Option<String>,
}

impl TryFrom<WireCommit> for Commit {
    type Error = ForgeError;

    fn try_from(commit: WireCommit) -> Result<Self> {
        let sha = |text: &String| Sha::parse(text).map_err(unreadable("commit"));
        Ok(Self {
            sha: sha(&commit.id)?,
            parents: commit.parent_ids.iter().map(sha).collect::<Result<_>>()?,
            message: commit.message.unwrap_or_default(),
            at: Moment(commit.committed_date.as_second()),
            author: Author { name: commit.author_name.unwrap_or_default(), login: None },
            files: None,
        })
    }
}

impl GitlabProject<'_> {
    pub(super) async fn read_line(&self, wanted: &Wanted) -> Result<Option<Line>> {
        let Some((name, revision, target)) = self.place(&wanted.at).await? else { return Ok(None) };
        let mut listed = Listed::new(target);
        let (commits, (tags, release), ()) = try_join!(self.commits(&revision, 1), self.tags(wanted), self.list_more(&mut listed))?;
        let Some(head) = commits.first().map(|commit| commit.sha.clone()) else { return Ok(None) };
        let files = self.texts(&wanted.files, &head);
        let standing = async {
            match (&wanted.standing, &wanted.at) {
                (Some(standing), Ref::Tag(tag)) => self.standing(standing, (tag, &head), release).await,
                _ => Ok(Standing::default()),
            }
        };
        let (files, proposals, standing) = try_join!(files, self.proposals(&listed, wanted.branches(), &commits), standing)?;
        let window = Window {
            head: head.clone(),
            commits,
            whole: false,
            complete_since: Vec::new(),
            tags,
            elsewhere: Vec::new(),
            requests: Vec::new(),
        };
        let mut line = Line { name, window, links: self.links(), files, proposals, newcomers: Vec::new(), standing };
        self.read.lock().await.insert(wanted.at.clone(), Read { pages: 1, requests: listed });
        self.complete(wanted, &mut line).await?;
        Ok(Some(line))
    }

    /// What a line is called, the revision that says the same whatever else has its name, and its branch if it is one.
    async fn place(&self, at: &Ref) -> Result<Option<(String, String, Option<BranchName>)>> {
        let branch = match at {
            Ref::Tag(tag) => return Ok(Some((tag.to_string(), format!("refs/tags/{tag}"), None))),
            Ref::Branch(branch) => Some(branch.clone()),
            Ref::BaseOf(number) => self.change_request(*number, &Details::new()).await?.map(|request| request.base),
            Ref::Default | Ref::TrackedBy(..) | Ref::Underway => self.default_branch().await?,
        };
        Ok(branch.map(|branch| (branch.to_string(), format!("refs/heads/{branch}"), Some(branch))))
    }

    /// Pages are those of the head that was read first, wherever the branch has gone meanwhile.
    pub(super) async fn read_older(&self, wanted: &Wanted, line: &mut Line) -> Result<()> {
        let page = {
            let mut read = self.read.lock().await;
            let read = read.entry(wanted.at.clone()).or_default();
            read.pages += 1;
            read.pages
        };
        let commits = self.commits(line.window.head.as_str(), page).await?;
        line.window.whole |= commits.is_empty();
        append(&mut line.window, commits);
        self.complete(wanted, line).await
    }

    /// GitLab takes a range where it takes a branch
    /// (<https://docs.gitlab.com/api/commits/#list-repository-commits>: "branch, tag or revision range").
    pub(super) async fn read_since(&self, wanted: &Wanted, line: &mut Line, tag: &Tagged) -> Result<()> {
        let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("{}..{}", tag.commit, line.window.head));
        let commits: Vec<WireCommit> = self.ask_some(call, wanted.limit).await?;
        if commits.len() < wanted.limit {
            line.window.complete_since.push(tag.commit.clone());
        }
        append(&mut line.window, commits.into_iter().map(Commit::try_from).collect::<Result<_>>()?);
        self.complete(wanted, line).await
    }

    /// The same range the other way round.
    pub(super) async fn read_elsewhere(&self, tag: &Tagged, head: &Sha, limit: usize) -> Result<Elsewhere> {
        let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("{head}..{}", tag.commit));
        let commits: Vec<WireCommit> = self.ask_some(call, limit).await?;
        let commits = commits.into_iter().map(|commit| {
            let Commit { sha, parents, message, .. } = commit.try_into()?;
            Ok(Own { sha, parents, message })
        });
        Ok(Elsewhere { tag: tag.clone(), commits: commits.collect::<Result<_>>()? })
    }

    /// What belongs to the commits that may be told: those since an earlier version, as far as that is known yet.
    async fn complete(&self, wanted: &Wanted, line: &mut Line) -> Result<()> {
        let window = &mut line.window;
        let known: HashSet<_> = window.commits.iter().map(|commit| &commit.sha).collect();
        window.whole |= window.commits.iter().all(|commit| commit.parents.iter().all(|parent| known.contains(parent)));
        let told = told(window, wanted);
        let mut lines = self.read.lock().await;
        let read = lines.entry(wanted.at.clone()).or_default();
        let commits: Vec<_> = told.iter().filter_map(|at| window.commits.get(*at)).collect();
        self.list_for(&mut read.requests, &commits).await?;
        window.requests = read.requests.through(&window.commits, self);
        drop(lines);
        if wanted.paths == Paths::Wanted {
            let commits = window.commits.iter_mut().enumerate().filter(|(at, _)| told.contains(at));
            self.read_paths(commits.map(|(_, commit)| commit).collect()).await?;
        }
        Ok(())
    }

    /// `GET /projects/:id/repository/commits`; nothing where the revision is unknown.
    async fn commits(&self, revision: &str, page: usize) -> Result<Vec<Commit>> {
        let call = Call::get(self.at("/repository/commits")).with("ref_name", revision);
        let call = call.with("page", page.to_string()).with("per_page", PAGE.to_string());
        let commits: Vec<WireCommit> = absent(self.ask(call).await)?.unwrap_or_default();
        commits.into_iter().map(Commit::try_from).collect()
    }

    /// The version tags, and what they tell of the release of the tag that the line is read at.
    async fn tags(&self, wanted: &Wanted) -> Result<(Vec<Tagged>, ReleaseSeen)> {
        let mut prefixes: BTreeMap<&str, Vec<&TagsWanted>> = BTreeMap::new();
        for tags in &wanted.tags {
            prefixes.entry(&tags.template.prefix).or_default().push(tags);
        }
        let found = try_join_all(prefixes.iter().map(|(prefix, wanted)| self.tags_of(prefix, wanted))).await?;
        let by_name: BTreeMap<_, _> = found.into_iter().flatten().map(|tag| (tag.name.clone(), tag)).collect();
        let own = if let Ref::Tag(tag) = &wanted.at { by_name.get(tag.as_str()) } else { None };
        let release = own.map_or(ReleaseSeen::Unknown, WireTag::release);
        Ok((by_name.into_values().filter_map(tagged).collect(), release))
    }

    /// `GET /projects/:id/repository/tags`, the highest versions first: one page, unless all of it is above what is wanted.
    async fn tags_of(&self, prefix: &str, wanted: &[&TagsWanted]) -> Result<Vec<WireTag>> {
        let mut found: Vec<WireTag> = Vec::new();
        for page in 1..=TAG_PAGES {
            let mut call = Call::get(self.at("/repository/tags")).with("order_by", "version").with("sort", "desc");
            if !prefix.is_empty() {
                call = call.with("search", format!("^{prefix}"));
            }
            let tags: Vec<WireTag> = self.ask(call.with("page", page.to_string()).with("per_page", PAGE.to_string())).await?;
            let is_last = tags.len() < PAGE;
            found.extend(tags.into_iter().filter(|tag| tag.commit.is_some()));
            let names = || found.iter().filter_map(|tag| TagName::parse(&tag.name).ok());
            let counts = |tags: &&TagsWanted| names().filter_map(|tag| tags.read(&tag)).any(|version| version.pre.is_empty());
            if is_last || wanted.iter().all(counts) {
                break;
            }
        }
        Ok(found)
    }

    async fn default_branch(&self) -> Result<Option<BranchName>> {
        if let Some(branch) = &self.repository.default_branch {
            return Ok(Some(branch.clone()));
        }
        let project: Option<DefaultBranch> = absent(self.ask(Call::get(self.at(""))).await)?;
        let name = project.and_then(|project| project.default_branch);
        name.map(|name| BranchName::parse(&name).map_err(unreadable("GET project"))).transpose()
    }

    fn links(&self) -> Links {
        let below = |part: &str| format!("{}/-/{part}/", self.page());
        Links {
            sigil: "!".to_owned(),
            commit: below("commit"),
            request: below("merge_requests"),
            issue: below("issues"),
            compare: below("compare"),
        }
    }
}

impl WireTag {
    fn release(&self) -> ReleaseSeen {
        match self.release.as_ref().map(|release| release.description.as_deref().unwrap_or_default()) {
            None => ReleaseSeen::Absent,
            Some(notes) if notes.trim().is_empty() => ReleaseSeen::WithoutNotes,
            Some(_) => ReleaseSeen::WithNotes,
        }
    }
}

fn tagged(tag: WireTag) -> Option<Tagged> {
    let commit = tag.commit?;
    let at = Moment(commit.committed_date.as_second());
    Some(Tagged { tag: TagName::parse(&tag.name).ok()?, commit: Sha::parse(&commit.id).ok()?, at })
}

fn append(window: &mut Window, commits: Vec<Commit>) {
    let known: HashSet<_> = window.commits.iter().map(|commit| commit.sha.clone()).collect();
    window.commits.extend(commits.into_iter().filter(|commit| !known.contains(&commit.sha)));
}

/// The commits that came since the earlier version of any of the wanted tags; without one, all.
fn told(window: &Window, wanted: &Wanted) -> HashSet<usize> {
    let graph = Graph::new(window);
    let Some(head) = graph.find(&window.head) else { return HashSet::new() };
    let since = |tags: &TagsWanted| {
        let anchor = graph.anchor(head, |tag| tags.read(tag).filter(|version| version.pre.is_empty()));
        graph.since(anchor.and_then(|(tagged, _)| graph.find(&tagged.commit)), head).commits
    };
    wanted.tags.iter().flat_map(since).collect()
}

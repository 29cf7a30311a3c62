//! What people see: views of one repository for tests to look at, and the canonical text of the whole world.

use std::fmt::Write as _;

use super::{
    milestones::Milestone,
    story::RepoHandle,
    topic::{Comment, Topic},
    world::{Check, Kind, Release, Repository, Status, World},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentView {
    pub id: u64,
    pub author: String,
    pub body: String,
    /// Who reacted and with what, under the forge's own name for it.
    pub reactions: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckView {
    pub name: String,
    /// `success`, `failure`, `pending`, `neutral`, or else the forge's own word.
    pub state: String,
    pub title: String,
    pub summary: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseView {
    pub tag: String,
    pub name: String,
    pub body: String,
    pub draft: bool,
    pub prerelease: bool,
    pub latest: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestView {
    pub title: String,
    pub body: String,
    pub labels: Vec<String>,
    pub head: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
    pub head_sha: String,
    pub base: String,
    pub merge_commit: Option<String>,
    pub merged_by: Option<String>,
    pub draft: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MilestoneView {
    pub title: String,
    pub is_open: bool,
}

impl RepoHandle {
    /// The comments on a change request, in order.
    pub fn comments(&self, number: u64) -> Vec<CommentView> {
        let views = |repository: &Repository| {
            let request = repository.request(number).map(|(topic, _)| topic);
            request.map(|topic| topic.comments.iter().map(comment_view).collect()).unwrap_or_default()
        };
        self.look(views)
    }

    /// The comments on an issue, in order.
    pub fn issue_comments(&self, number: u64) -> Vec<CommentView> {
        let views = |repository: &Repository| {
            let issue = repository.topics.iter().find(|topic| topic.change.is_none() && topic.number == number);
            issue.map(|topic| topic.comments.iter().map(comment_view).collect()).unwrap_or_default()
        };
        self.look(views)
    }

    /// The checks of a commit, the latest of each name, by name.
    pub fn checks(&self, sha: &str) -> Vec<CheckView> {
        self.look(|repository| checks_of(repository, sha))
    }

    /// The tag of the release that counts as the latest.
    pub fn latest_release(&self) -> Option<String> {
        self.look(|repository| repository.latest_release().map(|release| release.tag.clone()))
    }

    pub fn releases(&self) -> Vec<ReleaseView> {
        self.look(releases_of)
    }

    /// The names of the labels of the repository.
    pub fn labels(&self) -> Vec<String> {
        self.look(|repository| repository.labels.keys().cloned().collect())
    }

    pub fn milestones(&self) -> Vec<MilestoneView> {
        let view = |milestone: &Milestone| MilestoneView { title: milestone.title.clone(), is_open: milestone.is_open() };
        self.look(|repository| repository.milestones.iter().map(view).collect())
    }

    pub fn branches(&self) -> Vec<String> {
        let branches = self.look(|repository| repository.git.branches().unwrap_or_default());
        branches.into_iter().map(|(name, _)| name).collect()
    }

    pub fn tags(&self) -> Vec<String> {
        let tags = self.look(|repository| repository.git.tags().unwrap_or_default());
        tags.into_iter().map(|tag| tag.name).collect()
    }

    /// The text of a file at a branch, tag or sha.
    pub fn file(&self, at: &str, path: &str) -> Option<String> {
        let file = self.look(|repository| repository.git.file(&repository.git.resolve(at)?, path));
        file.map(|file| String::from_utf8_lossy(&file.content).into_owned())
    }

    /// Author and message of what a branch has and another lacks, newest first.
    pub fn log(&self, branch: &str, without: &str) -> Vec<(String, String)> {
        let log = |repository: &Repository| {
            let git = &repository.git;
            let commits = git.log(&git.branch(branch)?, git.branch(without).as_deref()).ok()?;
            Some(commits.into_iter().map(|commit| (commit.author.name, commit.message)).collect())
        };
        self.look(|repository| log(repository).unwrap_or_default())
    }

    /// The number of the newest change request from a branch.
    pub fn newest_from(&self, head: &str) -> Option<u64> {
        self.look(|repository| repository.requests().filter(|(_, change)| change.head == head).last().map(|(topic, _)| topic.number))
    }

    pub fn request(&self, number: u64) -> Option<RequestView> {
        let view = |repository: &Repository| {
            let (topic, change) = repository.request(number)?;
            Some(RequestView {
                title: topic.title.clone(),
                body: topic.body.clone().unwrap_or_default(),
                labels: topic.labels.clone(),
                head: change.head.clone(),
                state: topic.state().to_owned(),
                head_sha: change.head_sha.clone(),
                base: change.base.clone(),
                draft: change.draft || topic.title.starts_with("Draft:"),
                merge_commit: change.merged.as_ref().map(|merged| merged.sha.clone()),
                merged_by: change.merged.as_ref().map(|merged| merged.by.clone()),
            })
        };
        self.look(view)
    }
}

fn comment_view(comment: &Comment) -> CommentView {
    let reaction = |reaction: &super::topic::Reaction| (reaction.user.clone(), reaction.name.clone());
    CommentView {
        id: comment.id,
        author: comment.author.clone(),
        body: comment.body.clone(),
        reactions: comment.reactions.iter().map(reaction).collect(),
    }
}

fn releases_of(repository: &Repository) -> Vec<ReleaseView> {
    let latest = repository.latest_release().map(|latest| latest.id);
    let view = |release: &Release| ReleaseView { latest: latest == Some(release.id), ..release_view(release) };
    repository.releases.iter().map(view).collect()
}

fn release_view(release: &Release) -> ReleaseView {
    ReleaseView {
        tag: release.tag.clone(),
        name: release.name.clone().unwrap_or_default(),
        body: release.body.clone().unwrap_or_default(),
        draft: release.draft,
        prerelease: release.prerelease,
        latest: false,
    }
}

fn checks_of(repository: &Repository, sha: &str) -> Vec<CheckView> {
    let checks = repository.checks.iter().filter(|check| check.sha == sha).map(view_of_check);
    let statuses = repository.statuses.iter().filter(|status| status.sha == sha).map(view_of_status);
    let mut latest = std::collections::BTreeMap::new();
    for view in checks.chain(statuses) {
        latest.insert(view.name.clone(), view);
    }
    latest.into_values().collect()
}

fn view_of_check(check: &Check) -> CheckView {
    CheckView {
        name: check.name.clone(),
        state: check.conclusion.clone().unwrap_or_else(|| "pending".to_owned()),
        title: check.title.clone().unwrap_or_default(),
        summary: check.summary.clone().unwrap_or_default(),
    }
}

/// A status has one line of text, which counts as its title.
fn view_of_status(status: &Status) -> CheckView {
    let state = match status.state.as_str() {
        "failed" | "error" => "failure",
        "running" | "created" => "pending",
        "skipped" => "neutral",
        own => own,
    };
    CheckView {
        name: status.name.clone(),
        state: state.to_owned(),
        title: status.description.clone().unwrap_or_default(),
        summary: String::new(),
    }
}

/// Everything that a person could see on both forges, without ids and times, so that two worlds can be compared.
pub fn snapshot(world: &World) -> String {
    let mut text = String::new();
    for kind in [Kind::GitHub, Kind::GitLab] {
        let mut repositories: Vec<&Repository> = world.repositories_of(kind).collect();
        repositories.sort_by_key(|repository| &repository.path);
        for repository in repositories {
            // Writing to a string does not fail.
            let _ = write_repository(&mut text, repository);
        }
    }
    text
}

fn write_repository(text: &mut String, repository: &Repository) -> std::fmt::Result {
    writeln!(text, "{} {}", repository.kind, repository.path)?;
    for (name, sha) in repository.git.branches().unwrap_or_default() {
        writeln!(text, "  branch {name} {sha}")?;
    }
    for tag in repository.git.tags().unwrap_or_default() {
        let annotated = if tag.annotation.is_some() { " annotated" } else { "" };
        writeln!(text, "  tag {} {}{annotated}", tag.name, tag.commit)?;
    }
    for (name, label) in &repository.labels {
        writeln!(text, "  label {name} {}", label.color)?;
    }
    for protection in repository.protection.lines(repository) {
        writeln!(text, "  {protection}")?;
    }
    for topic in &repository.topics {
        write_topic(text, topic, repository.milestone_of(topic))?;
    }
    for milestone in &repository.milestones {
        writeln!(text, "  milestone {} {}", milestone.title, if milestone.is_open() { "open" } else { "closed" })?;
    }
    for deployment in &repository.deployments {
        writeln!(text, "  deployment {} {}: {:?}", deployment.environment, deployment.sha, deployment.state())?;
    }
    let mut shas: Vec<&String> = repository.checks.iter().map(|check| &check.sha).collect();
    shas.extend(repository.statuses.iter().map(|status| &status.sha));
    shas.sort_unstable();
    shas.dedup();
    for sha in shas {
        for check in checks_of(repository, sha) {
            writeln!(text, "  check {sha} {}: {} {}", check.name, check.state, check.title)?;
            write_block(text, "    | ", &check.summary)?;
        }
    }
    let mut releases = releases_of(repository);
    releases.sort_by(|a, b| a.tag.cmp(&b.tag));
    for release in releases {
        let draft = if release.draft { " draft" } else { "" };
        let prerelease = if release.prerelease { " prerelease" } else { "" };
        let latest = if release.latest { " latest" } else { "" };
        writeln!(text, "  release {} {}{draft}{prerelease}{latest}", release.tag, release.name)?;
        write_block(text, "    | ", &release.body)?;
    }
    Ok(())
}

fn write_topic(text: &mut String, topic: &Topic, milestone: Option<&Milestone>) -> std::fmt::Result {
    let (state, number, title) = (topic.state(), topic.number, &topic.title);
    match &topic.change {
        Some(change) => {
            writeln!(text, "  request {number} {state}: {title} ({} -> {}, {})", change.head, change.base, change.head_sha)?;
        }
        None => writeln!(text, "  issue {number} {state}: {title}")?,
    }
    if let Some(merged) = topic.merged() {
        writeln!(text, "    merged by {} as {}", merged.by, merged.sha)?;
    }
    for review in topic.opinions() {
        writeln!(text, "    {:?} by {} at {}", review.verdict, review.author, review.sha)?;
    }
    if topic.pinned {
        writeln!(text, "    pinned")?;
    }
    if let Some(milestone) = milestone {
        writeln!(text, "    milestone {}", milestone.title)?;
    }
    if !topic.labels.is_empty() {
        writeln!(text, "    labels {}", topic.labels.join(", "))?;
    }
    write_block(text, "    | ", topic.body.as_deref().unwrap_or_default())?;
    for comment in &topic.comments {
        let mut reactions: Vec<_> = comment.reactions.iter().map(|r| format!(" [{} {}]", r.user, r.name)).collect();
        reactions.sort_unstable();
        writeln!(text, "    comment by {}{}", comment.author, reactions.concat())?;
        write_block(text, "      | ", &comment.body)?;
    }
    Ok(())
}

fn write_block(text: &mut String, margin: &str, block: &str) -> std::fmt::Result {
    block.lines().try_for_each(|line| writeln!(text, "{margin}{line}"))
}

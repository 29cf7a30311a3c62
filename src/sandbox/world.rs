//! The state of the sandbox: what both dialects know about people, repositories, change requests and so on.
//!
//! Everything here is forge-neutral. A dialect turns it into its own JSON; `acts` changes it and says what happened.
//! Time is a logical clock and every id comes from one counter, so the same story gives the same world in every run.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::{
    Secrets,
    association::Association,
    ci::Pipeline,
    deliveries::Outbox,
    deploying::Deployment,
    git::{Git, Person},
    groups::Groups,
    labels::Label,
    merging::{MergeRules, MergeSettings, queue::Group},
    milestones::Milestone,
    protection::{Administration, Protection, refs::ProtectedBranch, workflows::Workflows},
    topic::Topic,
};

pub use super::checks::{Annotation, Check, Reporter, Status};

/// The state as routers hold it.
pub type Shared = Arc<Mutex<World>>;

/// Locks a mutex; one poisoned by a failed handler is used as it is, since a test that goes on wants to see it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The two forges that the sandbox plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    GitHub,
    GitLab,
}

impl Kind {
    /// The login under which the bot acts.
    pub const fn bot(self) -> &'static str {
        match self {
            Self::GitHub => "slipway[bot]",
            Self::GitLab => "slipway-bot",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        })
    }
}

/// A person or a bot; both forges share them.
#[derive(Clone, Debug)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub created_at: Timestamp,
}

impl User {
    pub fn is_bot(&self) -> bool {
        self.login.ends_with("[bot]") || self.login == Kind::GitLab.bot()
    }
}

/// The address under which a person's commits are made.
pub fn email_of(login: &str) -> String {
    format!("{login}@users.example")
}

/// What somebody may do in a repository, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

/// One repository (a project, on GitLab) with everything that happened in it.
pub struct Repository {
    pub id: u64,
    pub kind: Kind,
    /// `acme/app`, or `group/sub/project` on GitLab.
    pub path: String,
    pub default_branch: String,
    /// The repository that this is a fork of.
    pub parent: Option<u64>,
    pub created_at: Timestamp,
    pub pushed_at: Timestamp,
    pub git: Git,
    /// Issues and change requests, in order of creation.
    pub topics: Vec<Topic>,
    pub checks: Vec<Check>,
    pub statuses: Vec<Status>,
    /// Oldest first.
    pub deployments: Vec<Deployment>,
    pub releases: Vec<Release>,
    pub milestones: Vec<Milestone>,
    pub rules: MergeRules,
    /// How many must approve a change request; 0 asks for nobody.
    pub approvals_required: usize,
    /// Who may do more than read. The owner is an admin without being listed.
    /// Who may do more than read. The owner is an admin without being listed, and the bot a maintainer unless it is.
    pub roles: BTreeMap<String, Role>,
    /// By name.
    pub labels: BTreeMap<String, Label>,
    pub merging: MergeSettings,
    pub association: Association,
    pub protection: Protection,
    /// Whether GitHub's App may change workflows here.
    pub workflows: Workflows,
    /// What CI ran (GitLab), oldest first.
    pub pipelines: Vec<Pipeline>,
    /// In order of their turns.
    pub queue: Vec<Group>,
    /// Where branches and tags pointed when they were deleted, by full name.
    pub removed: BTreeMap<String, String>,
}

impl Repository {
    /// Everything before the last slash: the owner, or the group path.
    pub fn owner(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(owner, _)| owner)
    }

    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    pub fn role(&self, login: &str) -> Role {
        let owns = |group: &str| login == group || (self.kind == Kind::GitLab && group.starts_with(&format!("{login}/")));
        if owns(self.owner()) {
            return Role::Admin;
        }
        let other = if login == self.kind.bot() { Role::Maintain } else { Role::Read };
        self.roles.get(login).copied().unwrap_or(other)
    }

    pub fn release(&self, id: u64) -> Option<&Release> {
        self.releases.iter().find(|release| release.id == id)
    }

    /// The release that counts as the latest: the one that was made so last, or else the newest.
    pub fn latest_release(&self) -> Option<&Release> {
        let full = self.releases.iter().filter(|release| !release.draft && !release.prerelease);
        full.max_by_key(|release| (release.latest_since, release.created_at))
    }

    pub fn check(&self, id: u64) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }
}

#[derive(Clone, Debug)]
pub struct Release {
    pub id: u64,
    pub tag: String,
    /// The branch or sha that the tag is made from when it is missing.
    pub target: String,
    pub name: Option<String>,
    pub body: Option<String>,
    pub draft: bool,
    pub prerelease: bool,
    /// The titles of its milestones (GitLab).
    pub milestones: Vec<String>,
    pub author: String,
    pub created_at: Timestamp,
    /// None for a draft.
    pub published_at: Option<Timestamp>,
    /// When somebody made it the latest; None when it was to leave that to others.
    pub latest_since: Option<Timestamp>,
}

/// An installation token of GitHub; these live by the real clock, as the bot reads `expires_at` against it.
#[derive(Clone, Debug)]
pub struct Token {
    pub value: String,
    pub expires_at: Timestamp,
    /// The repositories that it is limited to.
    pub repositories: Option<Vec<u64>>,
}

/// Everything that the sandbox holds.
pub struct World {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub secrets: Secrets,
    /// The most items on one page of a list, whatever the client asks for.
    pub page_size: Option<usize>,
    pub users: BTreeMap<String, User>,
    pub groups: Groups,
    pub repositories: Vec<Repository>,
    pub tokens: Vec<Token>,
    pub outbox: Outbox,
    /// Of GitHub's App.
    pub administration: Administration,
    now: Timestamp,
    last_commit: Timestamp,
    last_id: u64,
    ghost: User,
    storage: TempDir,
}

/// 2026-01-05T09:00:00Z, a Monday morning.
const START: i64 = 1_767_603_600;

impl World {
    pub fn new(url: String, secrets: Secrets, page_size: Option<usize>) -> anyhow::Result<Self> {
        let now = Timestamp::from_second(START)?;
        let mut world = Self {
            url,
            secrets,
            page_size,
            users: BTreeMap::new(),
            groups: Groups::new(),
            repositories: Vec::new(),
            tokens: Vec::new(),
            outbox: Outbox::default(),
            administration: Administration::default(),
            now,
            last_commit: now,
            last_id: 1000,
            ghost: User { id: 10_137, login: "ghost".to_owned(), created_at: now },
            storage: TempDir::with_prefix("slipway-sandbox-")?,
        };
        for kind in [Kind::GitHub, Kind::GitLab] {
            world.meet(kind.bot());
        }
        Ok(world)
    }

    /// The current time of the logical clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves the clock on by a second, as each change of the world does, and reads it.
    pub fn tick(&mut self) -> Timestamp {
        self.now += SignedDuration::from_secs(1);
        self.now
    }

    /// Lets time pass in which nothing happens.
    pub fn let_pass(&mut self, time: SignedDuration) {
        self.now += time;
        self.last_commit += time;
    }

    /// The time of the next commit. Commits have a clock of their own, so that their ids depend on the story alone and
    /// not on how often the bot, which acts in between, wrote something.
    pub fn tick_commit(&mut self) {
        self.last_commit += SignedDuration::from_secs(1);
    }

    /// Somebody as the author of the latest commit.
    pub fn person(&self, login: &str) -> Person {
        Person { name: login.to_owned(), email: email_of(login), at: self.last_commit }
    }

    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Makes somebody known to the forges.
    pub fn meet(&mut self, login: &str) {
        if !self.users.contains_key(login) {
            let (id, created_at) = (self.next_id(), self.now);
            self.users.insert(login.to_owned(), User { id, login: login.to_owned(), created_at });
        }
    }

    /// The user of this name, or the ghost that forges show in place of somebody unknown.
    pub fn user(&self, login: &str) -> &User {
        self.users.get(login).unwrap_or(&self.ghost)
    }

    pub fn find_user(&self, login: &str) -> Option<&User> {
        self.users.get(login)
    }

    pub fn repository(&self, id: u64) -> anyhow::Result<&Repository> {
        self.repositories.iter().find(|repository| repository.id == id).context("no such repository")
    }

    pub fn repository_mut(&mut self, id: u64) -> anyhow::Result<&mut Repository> {
        self.repositories.iter_mut().find(|repository| repository.id == id).context("no such repository")
    }

    /// Paths are compared without regard to case, as both forges do.
    pub fn find_repository(&self, kind: Kind, path: &str) -> Option<&Repository> {
        self.repositories.iter().find(|r| r.kind == kind && r.path.eq_ignore_ascii_case(path))
    }

    /// The repositories of one forge, oldest first.
    pub fn repositories_of(&self, kind: Kind) -> impl Iterator<Item = &Repository> {
        self.repositories.iter().filter(move |repository| repository.kind == kind)
    }

    /// An empty repository. Its git data are on disk until the sandbox goes.
    pub fn add_repository(&mut self, kind: Kind, path: &str, parent: Option<u64>) -> anyhow::Result<u64> {
        anyhow::ensure!(self.find_repository(kind, path).is_none(), "{path} exists already");
        let (id, now) = (self.next_id(), self.tick());
        let git = match parent {
            Some(parent) => self.repository(parent)?.git.fork(&self.disk_path(kind, path))?,
            None => Git::init(&self.disk_path(kind, path))?,
        };
        let mut repository = Repository {
            id,
            kind,
            path: path.to_owned(),
            default_branch: "main".to_owned(),
            parent,
            created_at: now,
            pushed_at: now,
            git,
            topics: Vec::new(),
            checks: Vec::new(),
            statuses: Vec::new(),
            deployments: Vec::new(),
            releases: Vec::new(),
            milestones: Vec::new(),
            rules: MergeRules::default(),
            approvals_required: 0,
            roles: BTreeMap::new(),
            labels: BTreeMap::new(),
            merging: MergeSettings::default(),
            association: Association::default(),
            protection: Protection::default(),
            workflows: Workflows::default(),
            pipelines: Vec::new(),
            queue: Vec::new(),
            removed: BTreeMap::new(),
        };
        if kind == Kind::GitLab {
            repository.protection.branches.push(ProtectedBranch::initial(id, &repository.default_branch));
        }
        self.meet(repository.owner());
        self.repositories.push(repository);
        Ok(id)
    }

    fn disk_path(&self, kind: Kind, path: &str) -> std::path::PathBuf {
        Path::new(self.storage.path()).join(kind.to_string()).join(format!("{path}.git"))
    }
}

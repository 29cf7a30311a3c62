//! GitLab's objects as its REST API shows them: people, commits, branches, tags, differences, releases and commit
//! statuses. The project is in `json_project`; issues, merge requests and notes are in `json_topics`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::sandbox::{
    git::{Change, Commit, FileChange, Tag},
    protection::refs::{self, Access, Who},
    world::{Release, Repository, Role, Status, User, World, email_of},
};

/// Shows the things of one project.
#[derive(Clone, Copy)]
pub struct Presenter<'a> {
    pub world: &'a World,
    pub project: &'a Repository,
}

/// How GitLab writes times that come from its database.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// How it writes times that come from git.
pub fn git_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000+00:00").to_string()
}

/// Where GitLab is: the sandbox plays one that is installed under a path.
pub fn base(world: &World) -> String {
    format!("{}/gitlab", world.url)
}

const NAME: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A branch, tag or file name as it stands in an address of a page.
fn in_address(name: &str) -> String {
    utf8_percent_encode(name, &NAME).to_string()
}

pub fn access_level(role: Role) -> u64 {
    match role {
        Role::Read => 10,
        Role::Triage => 20,
        Role::Write => 30,
        Role::Maintain => 40,
        Role::Admin => 50,
    }
}

/// `UserBasic`
pub fn user(world: &World, login: &str) -> Value {
    let User { id, login, .. } = world.user(login);
    json!({
        "id": id,
        "username": login,
        "public_email": null,
        "name": login,
        "state": "active",
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{login}", base(world)),
    })
}

/// The account of whoever asks.
pub fn current_user(world: &World, login: &str) -> Value {
    let found = world.user(login);
    let own = json!({
        "created_at": time(found.created_at),
        "bio": "",
        "location": "",
        "website_url": "",
        "job_title": "",
        "bot": found.is_bot(),
        "email": email_of(login),
        "commit_email": email_of(login),
        "external": false,
        "private_profile": false,
        "two_factor_enabled": false,
        "can_create_group": false,
        "can_create_project": false,
        "projects_limit": 0,
        "identities": [],
    });
    merged(user(world, login), own)
}

/// The fields of both objects.
pub fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

impl Presenter<'_> {
    pub fn user(&self, login: &str) -> Value {
        user(self.world, login)
    }

    pub fn maybe_user(&self, login: Option<&str>) -> Value {
        login.map_or(Value::Null, |login| self.user(login))
    }

    /// The address of the project's page, or of one under it.
    pub fn web_url(&self, below: &str) -> String {
        let project = format!("{}/{}", base(self.world), self.project.path);
        if below.is_empty() { project } else { format!("{project}/-/{below}") }
    }

    pub fn api_url(&self, below: &str) -> String {
        format!("{}/api/v4/projects/{}{below}", base(self.world), self.project.id)
    }

    pub fn ssh_url(&self) -> String {
        format!("git@127.0.0.1:{}.git", self.project.path)
    }

    pub fn http_url(&self) -> String {
        format!("{}.git", self.web_url(""))
    }

    /// `Commit`
    pub fn commit(&self, commit: &Commit) -> Value {
        json!({
            "id": commit.sha,
            "short_id": commit.sha.get(..8),
            "created_at": git_time(commit.committer.at),
            "parent_ids": commit.parents,
            "title": commit.subject(),
            "message": commit.message,
            "author_name": commit.author.name,
            "author_email": commit.author.email,
            "authored_date": git_time(commit.author.at),
            "committer_name": commit.committer.name,
            "committer_email": commit.committer.email,
            "committed_date": git_time(commit.committer.at),
            "trailers": {},
            "extended_trailers": {},
            "web_url": self.web_url(&format!("commit/{}", commit.sha)),
        })
    }

    /// The same, with what its trailers say: the last of each name, and all of them.
    pub fn commit_with_trailers(&self, commit: &Commit) -> anyhow::Result<Value> {
        let (mut last, mut all) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        for (name, value) in git2::message_trailers_strs(&commit.message)?.iter() {
            last.insert(name.to_owned(), value.to_owned());
            all.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        Ok(merged(self.commit(commit), json!({"trailers": last, "extended_trailers": all})))
    }

    /// The commit of this sha, which exists.
    pub fn commit_of(&self, sha: &str) -> anyhow::Result<Value> {
        Ok(self.commit(&self.project.git.commit(sha)?))
    }

    /// `CommitDetail`
    pub fn commit_detail(&self, commit: &Commit) -> anyhow::Result<Value> {
        let changes = self.project.git.changes_of(&commit.sha)?;
        let additions: usize = changes.iter().map(|change| change.additions).sum();
        let deletions: usize = changes.iter().map(|change| change.deletions).sum();
        let status = self.project.statuses.iter().rfind(|status| status.sha == commit.sha);
        let details = json!({
            "stats": {"additions": additions, "deletions": deletions, "total": additions + deletions},
            "status": status.map(|status| &status.state),
            "project_id": self.project.id,
            "last_pipeline": self.last_pipeline(&commit.sha),
        });
        Ok(merged(self.commit(commit), details))
    }

    /// `Branch`
    pub fn branch(&self, name: &str, sha: &str) -> anyhow::Result<Value> {
        let default = name == self.project.default_branch;
        let protections = refs::of_branch(self.project, name);
        let for_developers = |access: &[Access]| access.iter().any(|access| access.who == Who::Level(refs::DEVELOPER));
        let trunk = self.project.git.branch(&self.project.default_branch);
        let merged = match trunk {
            Some(trunk) if !default => self.project.git.is_ancestor(sha, &trunk)?,
            _ => false,
        };
        Ok(json!({
            "name": name,
            "commit": self.commit_of(sha)?,
            "merged": merged,
            "protected": !protections.is_empty(),
            "developers_can_push": protections.iter().any(|protected| for_developers(&protected.push)),
            "developers_can_merge": protections.iter().any(|protected| for_developers(&protected.merge)),
            "can_push": refs::may_push(self.world, self.project, name, self.project.kind.bot()),
            "default": default,
            "web_url": self.web_url(&format!("tree/{}", in_address(name))),
        }))
    }

    /// `Tag`
    pub fn tag(&self, tag: &Tag) -> anyhow::Result<Value> {
        let release = self.project.releases.iter().find(|release| release.tag == tag.name);
        let annotation = tag.annotation.as_ref();
        Ok(json!({
            "name": tag.name,
            "message": annotation.map_or("", |annotation| annotation.message.trim_end()),
            "target": tag.sha,
            "commit": self.commit_of(&tag.commit)?,
            "release": release.map(|release| json!({"tag_name": release.tag, "description": release.body})),
            "protected": !refs::of_tag(self.project, &tag.name).is_empty(),
            "created_at": annotation.map(|annotation| git_time(annotation.tagger.at)),
        }))
    }

    /// `Release`
    pub fn release(&self, release: &Release) -> anyhow::Result<Value> {
        let tag = self.project.git.tag(&release.tag);
        let commit = tag.map(|tag| self.commit_of(&tag.commit)).transpose()?;
        let commit_id = commit.as_ref().and_then(|commit| commit.get("id")).and_then(Value::as_str);
        let page = self.web_url(&format!("releases/{}", in_address(&release.tag)));
        let path = format!("/gitlab/{}/-", self.project.path);
        let milestones = self.project.milestones.iter().filter(|milestone| release.milestones.contains(&milestone.title));
        Ok(json!({
            "name": release_name(release),
            "tag_name": release.tag,
            "description": release.body,
            "created_at": time(release.created_at),
            "released_at": time(release.published_at.unwrap_or(release.created_at)),
            "upcoming_release": false,
            "author": self.user(&release.author),
            "commit_path": commit_id.map(|id| format!("{path}/commit/{id}")),
            "tag_path": format!("{path}/tags/{}", in_address(&release.tag)),
            "commit": commit,
            "milestones": milestones.map(|milestone| self.milestone_with_stats(milestone)).collect::<Vec<_>>(),
            "assets": self.release_assets(release),
            "evidences": [],
            "_links": {"self": page, "edit_url": format!("{page}/edit")},
        }))
    }

    pub fn release_assets(&self, release: &Release) -> Value {
        let sources = ["zip", "tar.gz", "tar.bz2", "tar"].map(|format| {
            let file = format!("archive/{tag}/{}-{tag}.{format}", self.project.name(), tag = in_address(&release.tag));
            json!({"format": format, "url": self.web_url(&file)})
        });
        json!({"count": sources.len(), "sources": sources, "links": []})
    }

    pub fn release_url(&self, release: &Release) -> String {
        self.web_url(&format!("releases/{}", in_address(&release.tag)))
    }

    /// `CommitStatus`
    pub fn status(&self, status: &Status) -> Value {
        let started = status.state != "pending";
        let finished = !matches!(status.state.as_str(), "pending" | "running");
        json!({
            "id": status.id,
            "sha": status.sha,
            "ref": status.reference,
            "status": status.state,
            "name": status.name,
            "target_url": status.target_url,
            "description": status.description,
            "created_at": time(status.created_at),
            "started_at": started.then(|| time(status.created_at)),
            "finished_at": finished.then(|| time(status.updated_at)),
            "allow_failure": false,
            "coverage": null,
            "pipeline_id": self.pipeline_id(status),
            "author": self.user(&status.author),
        })
    }
}

/// GitLab names a release after its tag unless told otherwise.
pub fn release_name(release: &Release) -> &str {
    release.name.as_deref().unwrap_or(&release.tag)
}

/// `Diff`
pub fn diff(change: &FileChange) -> Value {
    let (added, removed) = (change.change == Change::Added, change.change == Change::Removed);
    json!({
        "diff": format!("{}\n", change.patch),
        "collapsed": false,
        "too_large": false,
        "new_path": change.path,
        "old_path": change.old_path,
        "a_mode": if added { "0" } else { "100644" },
        "b_mode": if removed { "0" } else { "100644" },
        "new_file": added,
        "renamed_file": change.change == Change::Renamed,
        "deleted_file": removed,
        "generated_file": false,
    })
}

//! The project as GitLab's REST API shows it, with how it merges.

use serde_json::{Value, json};

use super::json::{Presenter, access_level, base, merged, time};
use crate::sandbox::merging::{MergeMethod, Pipelines, SquashOption};

fn method(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Merge => "merge",
        MergeMethod::RebaseMerge => "rebase_merge",
        MergeMethod::FastForward => "ff",
    }
}

fn squash_option(option: SquashOption) -> &'static str {
    match option {
        SquashOption::Never => "never",
        SquashOption::Always => "always",
        SquashOption::DefaultOn => "default_on",
        SquashOption::DefaultOff => "default_off",
    }
}

impl Presenter<'_> {
    /// `BasicProjectDetails`
    fn project_basics(&self) -> Value {
        let project = self.project;
        json!({
            "id": project.id,
            "description": null,
            "name": project.name(),
            "name_with_namespace": project.path.replace('/', " / "),
            "path": project.name(),
            "path_with_namespace": project.path,
            "created_at": time(project.created_at),
            "default_branch": project.default_branch,
            "tag_list": [],
            "topics": [],
            "ssh_url_to_repo": self.ssh_url(),
            "http_url_to_repo": self.http_url(),
            "web_url": self.web_url(""),
            "readme_url": null,
            "forks_count": self.world.repositories.iter().filter(|fork| fork.parent == Some(project.id)).count(),
            "avatar_url": null,
            "star_count": 0,
            "last_activity_at": time(project.pushed_at),
            "visibility": "private",
            "namespace": self.namespace(),
        })
    }

    fn namespace(&self) -> Value {
        let path = self.project.owner();
        let name = path.rsplit('/').next();
        json!({
            "id": self.world.user(path).id,
            "name": name,
            "path": name,
            "kind": "group",
            "full_path": path,
            "parent_id": null,
            "avatar_url": null,
            "web_url": format!("{}/groups/{path}", base(self.world)),
        })
    }

    /// `ProjectWithAccess`, for the bot.
    pub fn project(&self) -> Value {
        let parent = self.project.parent.and_then(|id| self.world.repository(id).ok());
        let open_issues = self.project.topics.iter().filter(|topic| topic.change.is_none() && topic.is_open()).count();
        let role = self.project.role(self.project.kind.bot());
        let rules = &self.project.rules;
        let mut details = json!({
            "_links": {"self": self.api_url(""), "issues": self.api_url("/issues"), "merge_requests": self.api_url("/merge_requests")},
            "packages_enabled": true,
            "empty_repo": false,
            "archived": false,
            "issues_enabled": true,
            "merge_requests_enabled": true,
            "jobs_enabled": true,
            "can_create_merge_request_in": true,
            "issues_access_level": "enabled",
            "repository_access_level": "enabled",
            "merge_requests_access_level": "enabled",
            "releases_access_level": "enabled",
            "creator_id": self.world.user(self.project.owner()).id,
            "import_status": "none",
            "open_issues_count": open_issues,
            "updated_at": time(self.project.pushed_at),
            "shared_with_groups": [],
            "only_allow_merge_if_pipeline_succeeds": rules.pipelines == Pipelines::MustSucceed,
            "only_allow_merge_if_all_discussions_are_resolved": false,
            "remove_source_branch_after_merge": true,
            "merge_method": method(rules.method),
            "squash_option": squash_option(rules.squash),
            "merge_commit_template": rules.merge_template,
            "squash_commit_template": rules.squash_template,
            "permissions": {
                "project_access": {"access_level": access_level(role), "notification_level": 3},
                "group_access": null,
            },
        });
        if let (Some(parent), Some(details)) = (parent, details.as_object_mut()) {
            let parent = Presenter { world: self.world, project: parent };
            details.insert("forked_from_project".to_owned(), parent.project_basics());
        }
        merged(self.project_basics(), details)
    }
}

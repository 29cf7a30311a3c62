//! Bodies in the shape of GitHub's, grown to a given size: the objects, URLs and lists that a receiver has to skip.

use serde_json::{Value, json};

/// A push with as many commits as the size asks for, each with its list of files. It goes to a branch of Slipway's own, of which
/// nothing follows: what a push to another branch asks of the forge is not the ingest's.
pub fn push(repository_id: usize, bytes: usize) -> Vec<u8> {
    let files = if bytes < 1 << 20 { 3 } else { 240 };
    let mut payload = json!({
        "ref": "refs/heads/slipway/release/main", "before": sha(1), "after": sha(2), "created": false, "deleted": false, "forced": false,
        "base_ref": null, "compare": "https://github.com/acme-engineering/storefront/compare/6113728f27ae...d70c5c6fa638",
        "commits": [], "head_commit": commit(0, 3), "repository": repository(repository_id), "organization": organization(),
        "pusher": {"name": "ada-lovelace", "email": "21031067+ada-lovelace@users.noreply.github.com"}, "sender": user("ada-lovelace"),
        "installation": {"id": 375_706, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMzc1NzA2"},
    });
    let mut size = payload.to_string().len();
    let mut commits = Vec::new();
    while size < bytes {
        let commit = commit(commits.len(), files);
        size += commit.to_string().len() + 1;
        commits.push(commit);
    }
    if let Some(place) = payload.get_mut("commits") {
        *place = commits.into();
    }
    payload.to_string().into_bytes()
}

/// A pull request closed without a merge, its description as long as the size asks for.
pub fn pull_request(repository_id: usize, bytes: usize) -> Vec<u8> {
    let with_description = |text: &str| {
        json!({
            "action": "closed", "number": 4211, "pull_request": request(repository_id, text), "repository": repository(repository_id),
            "organization": organization(), "sender": user("ada-lovelace"), "installation": {"id": 375_706, "node_id": "MDIzOkludGVn"},
        })
        .to_string()
    };
    let paragraph = "The basket lost its items when a session was renewed.\r\n\r\n- [x] `tests/basket.rs` shows \"how\"\r\n";
    let missing = bytes.saturating_sub(with_description("").len());
    with_description(&paragraph.repeat(missing.div_ceil(paragraph.len()))).into_bytes()
}

fn request(repository_id: usize, description: &str) -> Value {
    let api = "https://api.github.com/repos/acme-engineering/storefront";
    let page = "https://github.com/acme-engineering/storefront/pull/4211";
    let at = "2024-05-15T15:20:33Z";
    let links = ["self", "html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses"];
    let links = links.map(|name| (name.to_owned(), json!({ "href": format!("{api}/pulls/4211/{name}") })));
    let side = |label: &str, n| json!({"label": label, "ref": "fix/basket", "sha": sha(n), "user": user("acme-engineering"), "repo": repository(repository_id)});
    let facts = json!({
        "url": format!("{api}/pulls/4211"), "id": 279_147_437, "node_id": "MDExOlB1bGxSZXF1ZXN0Mjc5MTQ3NDM3", "html_url": page,
        "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"), "issue_url": format!("{api}/issues/4211"),
        "number": 4211, "state": "closed", "locked": false, "title": "fix(basket): keep items when a session is renewed",
        "user": user("ada-lovelace"), "body": description, "created_at": at, "updated_at": at, "closed_at": at, "merged_at": null,
        "merge_commit_sha": null, "assignee": null, "assignees": [user("grace-hopper")], "requested_reviewers": [user("alan-turing")],
        "requested_teams": [], "labels": [{"id": 1_362_934_389, "name": "bug", "color": "d73a4a", "default": true}], "milestone": null,
        "commits_url": format!("{api}/pulls/4211/commits"), "comments_url": format!("{api}/issues/4211/comments"),
        "statuses_url": format!("{api}/statuses/{}", sha(3)), "head": side("acme-engineering:fix/basket", 3),
        "base": side("acme-engineering:main", 4), "_links": serde_json::Map::from_iter(links), "author_association": "MEMBER",
        "draft": false, "merged": false, "mergeable": true, "rebaseable": true, "mergeable_state": "clean", "merged_by": null,
    });
    let counts = ["comments", "review_comments", "commits", "additions", "deletions", "changed_files"];
    object(facts, counts.into_iter().zip(3..).map(|(name, count)| (name.to_owned(), count.into())))
}

fn commit(n: usize, files: usize) -> Value {
    let person = json!({"name": "Ada Lovelace", "email": "21031067+ada-lovelace@users.noreply.github.com", "username": "ada-lovelace"});
    let paths =
        |kind: &str| -> Vec<_> { (0..files).map(|file| format!("services/checkout/src/{kind}/module_{n}/part_{file}.rs")).collect() };
    json!({
        "id": sha(n), "tree_id": sha(n + 7), "distinct": true,
        "message": format!("fix(basket): keep items when a session is renewed\n\nThe session's \"id\" changed before it was read.\n\nCloses #{n}"),
        "timestamp": "2024-05-15T15:20:41+02:00", "url": format!("https://github.com/acme-engineering/storefront/commit/{}", sha(n)),
        "author": person, "committer": person, "added": paths("added"), "removed": [], "modified": paths("modified"),
    })
}

fn organization() -> Value {
    let api = "https://api.github.com/orgs/acme-engineering";
    let links = ["repos", "events", "hooks", "issues", "members", "public_members"];
    let links = links.into_iter().map(|name| (format!("{name}_url"), format!("{api}/{name}{{/{name}}}").into()));
    object(json!({"login": "acme-engineering", "id": 38_302_899, "node_id": "MDEyOk9yZ2FuaXphdGlvbjM4MzAyODk5", "url": api}), links)
}

fn user(login: &str) -> Value {
    let api = format!("https://api.github.com/users/{login}");
    let links = ["followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events"];
    let links = links.into_iter().map(|name| (format!("{name}_url"), format!("{api}/{name}{{/{name}}}").into()));
    let facts = json!({
        "login": login, "id": 21_031_067, "node_id": "MDQ6VXNlcjIxMDMxMDY3", "gravatar_id": "", "url": api, "type": "User",
        "avatar_url": "https://avatars1.githubusercontent.com/u/21031067?v=4", "html_url": format!("https://github.com/{login}"),
        "site_admin": false,
    });
    object(facts, links)
}

fn repository(id: usize) -> Value {
    let api = "https://api.github.com/repos/acme-engineering/storefront";
    let links = [
        "forks",
        "keys",
        "collaborators",
        "teams",
        "hooks",
        "issue_events",
        "events",
        "assignees",
        "branches",
        "tags",
        "blobs",
        "git_tags",
        "git_refs",
        "trees",
        "statuses",
        "languages",
        "stargazers",
        "contributors",
        "subscribers",
        "subscription",
        "commits",
        "git_commits",
        "comments",
        "issue_comment",
        "contents",
        "compare",
        "merges",
        "archive",
        "downloads",
        "issues",
        "pulls",
        "milestones",
        "notifications",
        "labels",
        "releases",
        "deployments",
    ];
    let links = links.into_iter().map(|name| (format!("{name}_url"), format!("{api}/{name}{{/{name}}}").into()));
    let counts = ["size", "stargazers_count", "watchers_count", "forks_count", "open_issues_count", "forks", "open_issues", "watchers"];
    let counts = counts.into_iter().zip(7..).map(|(name, count)| (name.to_owned(), Value::from(count)));
    let flags = ["private", "fork", "has_issues", "has_projects", "has_downloads", "has_wiki", "has_pages", "archived", "disabled"];
    let flags = flags.into_iter().map(|name| (name.to_owned(), name.starts_with("has").into()));
    let facts = json!({
        "id": id, "node_id": "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=", "name": "storefront", "full_name": "acme-engineering/storefront",
        "owner": user("acme-engineering"), "html_url": "https://github.com/acme-engineering/storefront", "description": null, "url": api,
        "created_at": 1_557_933_565, "updated_at": "2024-05-15T15:20:41Z", "pushed_at": 1_557_933_657, "homepage": null,
        "git_url": "git://github.com/acme-engineering/storefront.git", "ssh_url": "git@github.com:acme-engineering/storefront.git",
        "language": "Ruby", "mirror_url": null, "license": null, "default_branch": "main", "topics": [], "visibility": "public",
        "custom_properties": {},
    });
    object(facts, links.chain(counts).chain(flags))
}

fn object(mut facts: Value, more: impl Iterator<Item = (String, Value)>) -> Value {
    if let Some(facts) = facts.as_object_mut() {
        facts.extend(more);
    }
    facts
}

fn sha(n: usize) -> String {
    format!("{:040x}", (n as u128 + 3) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835 % (1 << 127))
}

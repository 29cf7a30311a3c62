//! What protects branches and tags on GitLab: protected branches and tags of exactly the name. What others protect by another name stays,
//! and where several match, GitLab allows what any of them allows.
//!
//! <https://docs.gitlab.com/api/protected_branches/>, <https://docs.gitlab.com/api/protected_tags/>

use std::collections::BTreeMap;

use gitlab::api::AsyncQuery as _;
use serde::{Deserialize, Serialize};

use super::client::{Call, encode, explain};
use super::read::unreadable;
use super::{GitLab, GitlabProject};
use crate::domain::config::{BranchGuard, Direct, Least, TagGuard};
use crate::domain::event::{ForgeKind, Repository};
use crate::domain::names::{BranchName, RepoPath};
use crate::domain::protection::{Found, Guard, Lack, Protection, RefPattern, Setting, listed};
use crate::forge::error::absent;
use crate::forge::{Applied, ForgeError, Result};

/// Protected branches or tags that are read at most.
const MOST: usize = 1000;

/// <https://docs.gitlab.com/api/protected_branches/#valid-access-levels>
const NOBODY: u64 = 0;
const DEVELOPER: u64 = 30;
const MAINTAINER: u64 = 40;

#[derive(Deserialize)]
struct Project {
    merge_method: Option<String>,
    only_allow_merge_if_pipeline_succeeds: Option<bool>,
    permissions: Option<Permissions>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    path_with_namespace: String,
    default_branch: Option<String>,
}

#[derive(Deserialize)]
struct Permissions {
    project_access: Option<Access>,
    group_access: Option<Access>,
}

#[derive(Deserialize)]
struct Access {
    access_level: Option<u64>,
}

#[derive(Deserialize)]
struct ProtectedBranch {
    name: String,
    #[serde(default)]
    push_access_levels: Vec<Admitted>,
    #[serde(default)]
    merge_access_levels: Vec<Admitted>,
    #[serde(default)]
    allow_force_push: bool,
    /// The group protects it, and only the group can change that.
    inherited: Option<bool>,
}

#[derive(Deserialize)]
struct ProtectedTag {
    name: String,
    #[serde(default)]
    create_access_levels: Vec<Admitted>,
}

#[derive(Deserialize)]
struct Admitted {
    id: Option<u64>,
    access_level: Option<u64>,
    user_id: Option<u64>,
    group_id: Option<u64>,
    deploy_key_id: Option<u64>,
}

/// `POST /projects/:id/protected_branches`
#[derive(Serialize)]
struct NewBranch<'a> {
    name: &'a str,
    push_access_level: u64,
    merge_access_level: u64,
    allow_force_push: bool,
}

/// `PATCH /projects/:id/protected_branches/:name`
#[derive(Serialize)]
struct Edit {
    allow_force_push: bool,
    allowed_to_push: Vec<LevelEdit>,
    allowed_to_merge: Vec<LevelEdit>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LevelEdit {
    Add { access_level: u64 },
    Remove { id: u64, _destroy: bool },
}

/// `POST /projects/:id/protected_tags`
#[derive(Serialize)]
struct NewTag<'a> {
    name: &'a str,
    create_access_level: u64,
}

/// GitLab's name for a pattern: its `*` is anything, slashes too, so a star that stops at them has no equal there.
fn name(pattern: &RefPattern) -> Result<String, String> {
    let (head, star) = pattern.open_end().map_or((pattern.as_str(), ""), |head| (head, "*"));
    if !head.contains('*') {
        return Ok(format!("{head}{star}"));
    }
    let meant = pattern.as_str().strip_suffix('*').filter(|rest| !rest.contains('*'));
    let remedy = meant.map_or_else(|| "name each, or use `**` at the end alone".to_owned(), |rest| format!("write `{rest}**`"));
    Err(format!("this forge's `*` also matches `/`, so it would protect more: {remedy}"))
}

fn words(levels: &[Admitted]) -> String {
    let words: Vec<_> = levels
        .iter()
        .map(|level| match (level.user_id, level.group_id, level.deploy_key_id, level.access_level) {
            (Some(id), ..) => format!("user {id}"),
            (_, Some(id), ..) => format!("group {id}"),
            (_, _, Some(id), _) => format!("deploy key {id}"),
            (.., Some(NOBODY)) => "nobody".to_owned(),
            (.., Some(DEVELOPER)) => "write".to_owned(),
            (.., Some(MAINTAINER)) => "maintain".to_owned(),
            (.., other) => format!("level {}", other.unwrap_or_default()),
        })
        .collect();
    if words.is_empty() { "nobody".to_owned() } else { listed(words) }
}

fn direct(who: Direct) -> u64 {
    match who {
        Direct::Nobody => NOBODY,
        Direct::Maintain => MAINTAINER,
        Direct::Write => DEVELOPER,
    }
}

fn least(who: Least) -> u64 {
    match who {
        Least::Maintain => MAINTAINER,
        Least::Write => DEVELOPER,
    }
}

/// What makes this one level of a list that is there.
fn edits(levels: &[Admitted], wanted: u64) -> Vec<LevelEdit> {
    let is_it = |level: &Admitted| words(std::slice::from_ref(level)) == words(&[Admitted::of(wanted)]);
    let others = levels.iter().filter(|level| !is_it(level)).filter_map(|level| Some(LevelEdit::Remove { id: level.id?, _destroy: true }));
    let add = (!levels.iter().any(is_it)).then_some(LevelEdit::Add { access_level: wanted });
    others.chain(add).collect()
}

impl Admitted {
    fn of(level: u64) -> Self {
        Self { id: None, access_level: Some(level), user_id: None, group_id: None, deploy_key_id: None }
    }
}

impl ProtectedBranch {
    fn has(&self) -> [(Setting, String); 3] {
        [
            (Setting::Push, words(&self.push_access_levels)),
            (Setting::Merge, words(&self.merge_access_levels)),
            (Setting::ForcePush, self.allow_force_push.to_string()),
        ]
    }

    fn is(&self, guard: &BranchGuard) -> bool {
        let wanted = [guard.push.to_string(), guard.merge.to_string(), guard.force_push.to_string()];
        self.has().into_iter().map(|(_, word)| word).eq(wanted)
    }
}

fn of_branch(guard: &BranchGuard, project: &Project, own: Option<&ProtectedBranch>) -> Found {
    let open = || [(Setting::Push, "write"), (Setting::Merge, "write"), (Setting::ForcePush, "true")].map(|(s, word)| (s, word.to_owned()));
    let pipelines = project.only_allow_merge_if_pipeline_succeeds == Some(true);
    let checks = if pipelines { listed(guard.checks.iter().cloned()) } else { "none".to_owned() };
    let has = own.map_or_else(open, ProtectedBranch::has).into_iter().chain([
        (Setting::Delete, own.is_none().to_string()),
        (Setting::Linear, (project.merge_method.as_deref() == Some("ff")).to_string()),
        (Setting::Signed, "false".to_owned()),
        (Setting::Checks, checks),
        (Setting::Approvals, "0".to_owned()),
    ]);
    let mut cannot: BTreeMap<_, _> = [
        (Setting::Linear, "the project's merge method says so for all branches: choose “Fast-forward merge”; Slipway's rule no_merge_commits sees to it as well"),
        (Setting::Signed, "only a push rule of a paid plan can"),
        (Setting::Checks, "it requires all of a pipeline or nothing: turn on “Pipelines must succeed” for the project; Slipway's statuses are jobs of it"),
        (Setting::Approvals, "required approvals are part of paid plans; Slipway's rule paths can ask for them"),
    ]
    .map(|(setting, why)| (setting, why.to_owned()))
    .into();
    if guard.delete && own.is_some() {
        cannot.insert(Setting::Delete, "nobody deletes a protected branch with git; maintainers can on the forge's pages".to_owned());
    }
    if own.is_some_and(|own| own.inherited == Some(true)) {
        let whose = "the group protects it: change it in the group's settings";
        cannot.extend([Setting::Push, Setting::Merge, Setting::ForcePush].map(|setting| (setting, whose.to_owned())));
    }
    Found { has: has.collect(), cannot }
}

fn of_tag(guard: &TagGuard, own: Option<&ProtectedTag>) -> Found {
    let create = own.map_or_else(|| "write".to_owned(), |own| words(&own.create_access_levels));
    let open = own.is_none().to_string();
    let mut cannot = BTreeMap::new();
    if guard.r#move && own.is_some() {
        cannot.insert(Setting::Move, "a protected tag is not moved".to_owned());
    }
    if guard.delete && own.is_some() {
        cannot.insert(Setting::Delete, "nobody deletes a protected tag with git; maintainers can on the forge's pages".to_owned());
    }
    Found { has: [(Setting::Create, create), (Setting::Move, open.clone()), (Setting::Delete, open)].into(), cannot }
}

fn lack() -> Lack {
    let why = "the bot's role in this project is below Maintainer".to_owned();
    Lack { why, remedy: "Give the token's account the role Maintainer, and ask again.".to_owned(), by_hand: None }
}

impl GitLab {
    /// A project by its path, for whoever was told of none by a delivery.
    ///
    /// # Errors
    /// When the token cannot see it.
    pub async fn find(&self, path: &RepoPath) -> Result<Repository> {
        let call = Call::get(format!("projects/{}", encode(path.as_str())));
        let found: Named = call.query_async(&self.client).await.map_err(|error| explain(error, path.as_str()))?;
        Ok(Repository {
            forge: ForgeKind::GitLab,
            id: found.id,
            path: RepoPath::parse(&found.path_with_namespace).map_err(unreadable("project"))?,
            default_branch: found.default_branch.and_then(|name| BranchName::parse(&name).ok()),
            tenant: None,
        })
    }
}

impl GitlabProject<'_> {
    pub(super) async fn read_protection(&self, guards: &[Guard]) -> Result<Protection> {
        let project: Project = self.ask(Call::get(self.at(""))).await?;
        let levels = project.permissions.iter().flat_map(|own| [&own.project_access, &own.group_access]).flatten();
        let known = levels.filter_map(|access| access.access_level).max();
        if known.is_some_and(|level| level < MAINTAINER) {
            return Ok(Protection { found: BTreeMap::new(), lack: Some(lack()) });
        }
        match self.read_guards(guards, &project).await {
            Ok(found) => Ok(Protection { found, lack: None }),
            Err(ForgeError::Denied { status: 403, .. }) => Ok(Protection { found: BTreeMap::new(), lack: Some(lack()) }),
            Err(error) => Err(error),
        }
    }

    /// `GET /projects/:id/protected_branches`, `GET /projects/:id/protected_tags`
    async fn read_guards(&self, guards: &[Guard], project: &Project) -> Result<BTreeMap<Guard, Found>> {
        let branches: Vec<ProtectedBranch> = self.ask_some(Call::get(self.at("/protected_branches")), MOST).await?;
        let tags: Vec<ProtectedTag> = self.ask_some(Call::get(self.at("/protected_tags")), MOST).await?;
        let found = |guard: &Guard| match (name(guard.pattern()), guard) {
            (Err(why), _) => Found { has: BTreeMap::new(), cannot: [(Setting::Names, why)].into() },
            (Ok(name), Guard::Branch(guard)) => of_branch(guard, project, branches.iter().find(|own| own.name == name)),
            (Ok(name), Guard::Tag(guard)) => of_tag(guard, tags.iter().find(|own| own.name == name)),
        };
        Ok(guards.iter().map(|guard| (guard.clone(), found(guard))).collect())
    }

    pub(super) async fn protect(&self, guard: &Guard) -> Result<Applied> {
        // What has no name here was told, and is not applied.
        let Ok(name) = name(guard.pattern()) else { return Ok(Applied::Unchanged) };
        match guard {
            Guard::Branch(guard) => self.protect_branch(guard, &name).await,
            Guard::Tag(guard) => self.protect_tag(guard, &name).await,
        }
    }

    /// Where the plan has no lists of who may push, a change of them is taken without a word and has no effect: then the branch is
    /// protected anew.
    async fn protect_branch(&self, guard: &BranchGuard, name: &str) -> Result<Applied> {
        let one = self.at(&format!("/protected_branches/{}", encode(name)));
        let own: Option<ProtectedBranch> = absent(self.ask(Call::get(one.clone())).await)?;
        let (push_access_level, merge_access_level) = (direct(guard.push), least(guard.merge));
        let new = NewBranch { name, push_access_level, merge_access_level, allow_force_push: guard.force_push };
        let make = || self.tell(Call::post(self.at("/protected_branches"), &new));
        let Some(own) = own else { return make().await.map(|()| Applied::Created) };
        if own.is(guard) {
            return Ok(Applied::Unchanged);
        }
        let edit = Edit {
            allow_force_push: guard.force_push,
            allowed_to_push: edits(&own.push_access_levels, push_access_level),
            allowed_to_merge: edits(&own.merge_access_levels, merge_access_level),
        };
        let edited: ProtectedBranch = self.ask(Call::patch(one.clone(), &edit)).await?;
        if !edited.is(guard) {
            absent(self.tell(Call::delete(one)).await)?;
            make().await?;
        }
        Ok(Applied::Changed)
    }

    /// A protected tag cannot be changed, only made anew.
    async fn protect_tag(&self, guard: &TagGuard, name: &str) -> Result<Applied> {
        let one = self.at(&format!("/protected_tags/{}", encode(name)));
        let own: Option<ProtectedTag> = absent(self.ask(Call::get(one.clone())).await)?;
        let new = NewTag { name, create_access_level: least(guard.create) };
        let make = Call::post(self.at("/protected_tags"), &new);
        match own {
            None => self.tell(make).await.map(|()| Applied::Created),
            Some(own) if words(&own.create_access_levels) == guard.create.to_string() => Ok(Applied::Unchanged),
            Some(_) => {
                absent(self.tell(Call::delete(one)).await)?;
                self.tell(make).await.map(|()| Applied::Changed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pattern: &str) -> Result<String, String> {
        name(&RefPattern::try_from(pattern.to_owned()).unwrap())
    }

    #[test]
    fn a_pattern_is_translated_exactly_or_not_at_all() {
        assert_eq!([named("main"), named("release/**"), named("v**"), named("**")].map(Result::unwrap), ["main", "release/*", "v*", "*"]);
        assert!(named("v*").unwrap_err().ends_with("write `v**`") && named("release/*").unwrap_err().ends_with("write `release/**`"));
        assert!(named("a/**/b").unwrap_err().contains("name each") && named("*/a").is_err() && named("*/**").is_err());
    }

    #[test]
    fn a_list_becomes_one_level_whatever_was_in_it() {
        let user = Admitted { id: Some(1), user_id: Some(7), ..Admitted::of(MAINTAINER) };
        let levels = [Admitted { id: Some(2), ..Admitted::of(MAINTAINER) }, user];
        assert_eq!(words(&levels), "maintain, user 7");
        let edits = |wanted| serde_json::to_string(&edits(&levels, wanted)).unwrap();
        assert_eq!(edits(MAINTAINER), r#"[{"id":1,"_destroy":true}]"#);
        assert_eq!(edits(NOBODY), r#"[{"id":2,"_destroy":true},{"id":1,"_destroy":true},{"access_level":0}]"#);
    }
}

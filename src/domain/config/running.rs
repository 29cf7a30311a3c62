//! `[commands]`, `[duty]`, `[cut]`, `[backport]` and `[rollback]`: who may run releases from comments, and how they are run.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;

use super::{Grant, Pattern};
use crate::domain::commands::COMMANDS;

/// Who may use a command, in place of what [its entry](commands.md) says: `anyone`, `author` (of the change request that is asked on),
/// `write`, `maintain`, `admin`, `release-manager` (whoever is on duty, see [`[duty]`](#duty)), or a team, as `@owner/team` on GitHub and by
/// its group's path on GitLab, `@group/subgroup`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transform = by_command)]
pub struct CommandOptions(pub BTreeMap<String, Vec<Grant>>);

/// Who is the release manager, one after the other.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyOptions {
    /// The users, in the order of their turns.
    pub roster: Vec<String>,
    /// The day on which the turn of the first begins, such as `2026-01-05`.
    pub since: String,
    /// How many days a turn lasts.
    #[serde(default = "week")]
    pub days: u32,
    /// Where the days begin: a name of the IANA database.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Who stands in for whom.
    #[serde(default)]
    pub swap: Vec<SwapOptions>,
}

/// Somebody who stands in: for a version, whoever's turn it would be, or for the whole turn that a day is in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwapOptions {
    /// The version, such as `1.5`.
    pub version: Option<String>,
    /// A day of the turn, such as `2026-12-24`.
    pub day: Option<String>,
    /// The user who stands in.
    pub who: String,
}

/// How a release branch is cut.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CutOptions {
    /// The checks that must be green on a commit before a branch is cut from it. Where none is named, those that the forge requires, and
    /// where it requires none, all that were reported. GitLab shows one for a commit: its pipeline.
    pub checks: Vec<String>,
    /// Whether closing a milestone called `1.4` or `1.4.0` cuts that branch, for whoever may close one: a delivery does not say who that was on
    /// GitLab.
    pub milestones: bool,
    /// The tag that cuts a branch where somebody pushes it, with `*` for the version, such as `cut/*`; `""` for none. Whoever may push such a
    /// tag may cut by it: protect it where that is too many.
    pub tag: String,
    /// What the version files of the trunk say after a cut, behind the next version: `dev` makes it `1.5.0-dev`, by a change request;
    /// `""`: they are left alone.
    pub development: String,
}

/// How change requests are carried to other branches.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BackportOptions {
    /// The label that asks for it, with `{branch}` for the branch's name; `""`: no label does. Whoever may label may ask by it, whatever
    /// `[commands]` says of the command.
    pub label: String,
    /// The title of the change request that is opened: `{branch}`, `{title}` and `{number}` stand for what they say.
    pub title: String,
    /// The labels of the change request that its backport gets too.
    pub labels: Vec<Pattern>,
    /// How many commits are picked at most.
    pub most: usize,
    /// Whether what is merged into a hotfix branch is carried to the trunk as well.
    pub forward: bool,
}

/// What becomes of a release that is rolled back.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RollbackOptions {
    /// The paths whose changes make it risky to go back, such as migrations of a database.
    #[schemars(extend("default" = ["**/migrations/**", "**/migrate/**"]))]
    pub risky: Vec<Pattern>,
    /// The path of a text in the repository for the post-mortem, in place of the built-in one.
    pub post_mortem: Option<String>,
}

/// Says what the keys are, and what is said of each.
fn by_command(schema: &mut Schema) {
    let verbs: Vec<_> = COMMANDS.iter().map(|command| command.verb).collect();
    schema.insert("propertyNames".to_owned(), json_schema!({ "title": "a command", "enum": verbs }).to_value());
    if let Some(grants) = schema.get_mut("additionalProperties").and_then(|grants| grants.as_object_mut()) {
        let about = "Who may use it. One of them is enough, and `[]` is nobody.";
        grants.insert("description".to_owned(), about.into());
    }
}

fn week() -> u32 {
    7
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Default for BackportOptions {
    fn default() -> Self {
        let (label, title) = ("backport {branch}".to_owned(), "[{branch}] {title}".to_owned());
        Self { label, title, labels: Vec::new(), most: 20, forward: true }
    }
}

impl Default for RollbackOptions {
    fn default() -> Self {
        let risky = ["**/migrations/**", "**/migrate/**"];
        let risky = risky.into_iter().filter_map(|pattern| Pattern::try_from(pattern.to_owned()).ok()).collect();
        Self { risky, post_mortem: None }
    }
}

//! `[readiness]` and `[[checklist]]`: what must hold before a version is released, and what is to be done by hand.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Grant, Pattern};

/// What must hold before a version is released. With this table there is a check `slipway/readiness` on the head of a release branch whose
/// release is tracked, and of a release change request; it can be required.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadinessOptions {
    /// What Slipway finds out by itself, as items of the checklist.
    pub automatic: Vec<Automatic>,
    /// Whether `/slipway release final` waits until all of it holds.
    pub gate: bool,
    /// The teams that sign off, as `@owner/team` on GitHub and by the group's path on GitLab: each by a `/slipway go` of a member. Where
    /// none is named, anybody counts who may say it.
    pub teams: Vec<Grant>,
    /// How many of the teams, or of the people where there are no teams, must have said go on the commit.
    pub sign_offs: usize,
    /// The paths of migrations, of which somebody must have said that they are good.
    #[schemars(extend("default" = ["**/migrations/**", "**/migrate/**"]))]
    pub migrations: Vec<Pattern>,
    /// Whose `/slipway go` says that migrations are reviewed. Where nobody is named, people tick that item.
    pub reviewers: Vec<Grant>,
    /// The label of issues and change requests that must be closed before a release. One that has a milestone counts for that version only.
    pub blocker: String,
    /// Who may tick items, and write in a checklist. What others do there is undone.
    pub tick: Vec<Grant>,
}

/// Something that Slipway finds out about a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Automatic {
    /// The required checks are green on the commit that would be released.
    Checks,
    /// No issue or change request with the label of blockers is open.
    Blockers,
    /// What is labelled for the branch is on it, or waived.
    Backports,
    /// Every change is told in the notes, and each breaking change says what breaks.
    Notes,
    /// The migrations in it are reviewed.
    Migrations,
    /// The version files say the version that would be released.
    Versions,
    /// As many as are asked for have said go.
    SignOffs,
}

impl Automatic {
    pub const ALL: [Self; 7] =
        [Self::Checks, Self::Blockers, Self::Backports, Self::Notes, Self::Migrations, Self::Versions, Self::SignOffs];

    /// By which it is waived.
    pub fn id(self) -> &'static str {
        match self {
            Self::Checks => "checks",
            Self::Blockers => "blockers",
            Self::Backports => "backports",
            Self::Notes => "notes",
            Self::Migrations => "migrations",
            Self::Versions => "versions",
            Self::SignOffs => "sign-offs",
        }
    }
}

/// What is to be done by hand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistOptions {
    /// Where it stands: in the issue that tracks a release or a hotfix, or in a comment on change requests.
    #[serde(default)]
    #[schemars(extend("default" = "release"))]
    pub on: Place,
    /// The base branches of the change requests that get one; all, if none is named.
    #[serde(default)]
    pub into: Vec<Pattern>,
    /// A Markdown file of the default branch whose task list holds items.
    pub file: Option<String>,
    /// The items: the text of each, or [a table that says more](readiness.md#items).
    #[serde(default)]
    pub items: Vec<ItemOptions>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Place {
    /// The issue of a release that was cut, and a release change request.
    #[default]
    Release,
    /// The issue of a hotfix.
    Hotfix,
    /// Any other change request.
    ChangeRequest,
}

/// An item: its text, or a table that says more.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "item")]
pub enum ItemOptions {
    Text(String),
    Full(FullItem),
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullItem {
    /// What is to be done, in one line.
    pub text: String,
    /// By which it is known when its text changes, and waived; made from the text where it is left out.
    pub id: Option<String>,
    /// It is there only where the change has one of these.
    #[serde(default)]
    pub when: Vec<When>,
    /// It is there only where the change touches one of these paths.
    #[serde(default)]
    pub paths: Vec<Pattern>,
}

/// What a change may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum When {
    /// A file of `readiness.migrations`.
    Migration,
    /// A change that breaks something.
    Breaking,
    /// An update of a dependency to a new major version.
    MajorDependency,
}

impl Default for ReadinessOptions {
    fn default() -> Self {
        let migrations = ["**/migrations/**", "**/migrate/**"];
        Self {
            automatic: Automatic::ALL.into(),
            gate: false,
            teams: Vec::new(),
            sign_offs: 1,
            migrations: migrations.into_iter().filter_map(|pattern| Pattern::try_from(pattern.to_owned()).ok()).collect(),
            reviewers: Vec::new(),
            blocker: "release-blocker".to_owned(),
            tick: vec![Grant::Write],
        }
    }
}

//! `[release]`, `[changelog]` and `[[component]]`: what is released, from where, as which version, and how it is told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use semver::Version;
use serde::Deserialize;

use super::Pattern;
use crate::domain::commit::Bullets;
use crate::domain::convention::{Convention, Heading};
use crate::domain::files::VersionFile;
use crate::domain::version::{Allowed, Bump, Channel, First, Format, Growth, Options, Scheme, Steps, TagTemplate};

/// Which tags are releases, and how the next one comes about.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the file")]
pub struct ReleaseOptions {
    /// What stands before the version in a tag's name: `v` makes `v1.2.0` the tag of 1.2.0. Components put their name in front of it.
    pub tag_prefix: String,
    /// What leads to a release. A version tag that somebody pushes is published in any case.
    #[schemars(extend("default" = "tag"))]
    pub from: From,
    /// The branches that release beside the default branch: maintenance lines and pre-release channels.
    pub lines: Vec<LineOptions>,
    /// The files that hold the version, which a release change request raises: see [files.md](files.md). Where there are components, each
    /// names its own.
    pub files: Vec<VersionFile>,
    /// The changelog that a release change request adds its section to; `""` for none. Where there are components, each has its own.
    pub changelog: String,
    /// How components share release change requests.
    #[schemars(extend("default" = "combined"))]
    pub requests: Requests,
    /// Calendar versions in place of semantic ones, such as `YYYY.MM.MICRO`. The day is that of the branch's newest commit, in UTC.
    pub calendar: Option<Format>,
    /// The version of the first release.
    #[schemars(with = "String", title = "version")]
    pub first: Version,
    /// What commits of a type release, where that is to differ from `feat` = `minor`; `fix`, `perf`, `revert`, `deps` = `patch`; others
    /// `none`. The name `breaking` stands for breaking changes of any type, which are `major`.
    pub bump: BTreeMap<String, Step>,
    /// From 0.1.0 until 1.0.0.
    pub below_1: Steps,
    /// Until 0.1.0.
    pub below_0_1: Steps,
    /// What a commit releases that follows no convention. Unless that is `none`, such commits are listed, under “Other changes”.
    #[schemars(extend("default" = "none"))]
    pub unconventional: Step,
    /// What the first pre-release of a version is called. A channel whose tags count in another way goes on counting so.
    #[schemars(extend("default" = "one"))]
    pub first_prerelease: First,
    /// Whether a version that has pre-releases may still become a higher one.
    #[schemars(extend("default" = "grows"))]
    pub prereleases: Growth,
    /// How many commits are read at most to find the version before. Where it is further away, nothing is released.
    pub history: usize,
    /// Whether releases are made as drafts, which a maintainer publishes. GitLab has no drafts: there the release is public at once.
    pub draft: bool,
    /// Whether each change request in a release, and each issue that it closed, gets a comment that says which release it is in.
    pub comments: bool,
    /// Whether a release closes the milestone whose title is its version or its tag. A pre-release closes none.
    pub milestones: bool,
    /// Whether each open change request into a branch that releases gets a comment on what merging it would release.
    pub preview: bool,
}

/// What leads to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// A version tag that somebody pushes, and nothing else.
    #[default]
    Tag,
    /// Merging the release change request that Slipway keeps up to date.
    Request,
    /// Every push to a branch that releases, if it has something to release: Slipway makes the tag at once, and writes no files.
    Merge,
    /// Nothing, not even a version tag.
    Never,
}

/// How components share release change requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Requests {
    /// One for all of them.
    #[default]
    Combined,
    /// One for each.
    Separate,
}

/// `major`, `minor`, `patch` or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Major,
    Minor,
    Patch,
    None,
}

impl Step {
    pub fn bump(self) -> Option<Bump> {
        match self {
            Self::Major => Some(Bump::Major),
            Self::Minor => Some(Bump::Minor),
            Self::Patch => Some(Bump::Patch),
            Self::None => None,
        }
    }
}

/// A branch that releases beside the default branch. The first entry whose `branch` matches decides.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineOptions {
    /// The branch's name. Where the pattern has one `*`, what stands there may say which versions the line gives: with `release/*` the
    /// branches `release/1.x` and `release/1.4` give those of 1 and of 1.4.
    pub branch: Pattern,
    /// Its releases are pre-releases of this channel, such as `alpha`, `beta` or `rc`.
    pub channel: Option<Channel>,
    /// The versions that it may give, where its name does not say: `1.4.x`, or `>=1.4.0 <1.5.0`.
    pub range: Option<Allowed>,
}

/// How releases are told.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangelogOptions {
    /// The headings in their order, each with the types of commits under it, in place of Features (`feat`), Bug fixes (`fix`), Performance
    /// (`perf`), Dependencies (`deps`) and Reverts (`revert`). Types that no heading names are not shown. Breaking changes always come first,
    /// under a heading of their own.
    pub sections: Option<Vec<HeadingOptions>>,
    /// When the `* type: description` bullets in a squash commit's message are changes of their own.
    #[schemars(extend("default" = "fallback"))]
    pub bullets: Bullets,
    /// The path of a template in the repository for the notes, in place of the built-in one: see [templates.md](templates.md).
    pub template: Option<String>,
    /// Whether the notes of a published release name the people who had nothing merged here before. Pre-releases name nobody.
    pub newcomers: bool,
    /// Whether each entry names its authors.
    pub authors: bool,
}

/// A heading of the notes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadingOptions {
    /// The heading's text.
    pub title: String,
    /// The types of commits under it. Updates of dependencies (the scopes `deps` and `deps-dev`) stand under the heading of `deps`.
    pub types: Vec<String>,
}

/// A part of the repository with versions of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentOptions {
    /// What it is called in tags, notes and commands.
    pub name: String,
    /// The folders and files that belong to it, from the root of the repository. Where several components have a file, it is that of the
    /// longest path. A single component may leave them out: everything is its own.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Folders and files in them that do not count.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// What stands before the version in its tags' names; left out: its name, a hyphen, and `release.tag_prefix`, as in `api-v1.2.0`.
    pub tag_prefix: Option<String>,
    /// The files that hold its version: see [files.md](files.md).
    #[serde(default)]
    pub files: Vec<VersionFile>,
    /// Its changelog; left out: `CHANGELOG.md` in the first of its paths; `""`: none.
    pub changelog: Option<String>,
    /// Components with the same word here are released together, with the same version.
    pub linked: Option<String>,
    /// The names of components that it depends on: when one of them is released, so is this one, with a patch if it has no changes of its
    /// own.
    #[serde(default)]
    pub depends_on: Vec<String>,
}

impl Default for ChangelogOptions {
    fn default() -> Self {
        Self { sections: None, bullets: Bullets::default(), template: None, newcomers: true, authors: false }
    }
}

impl Default for ReleaseOptions {
    fn default() -> Self {
        let options = Options::default();
        Self {
            tag_prefix: "v".to_owned(),
            from: From::default(),
            lines: Vec::new(),
            files: Vec::new(),
            changelog: "CHANGELOG.md".to_owned(),
            requests: Requests::default(),
            calendar: None,
            first: options.initial,
            bump: BTreeMap::new(),
            below_1: options.below_1,
            below_0_1: options.below_0_1,
            unconventional: Step::None,
            first_prerelease: options.first,
            prereleases: options.growth,
            history: 1000,
            draft: false,
            comments: true,
            milestones: true,
            preview: true,
        }
    }
}

impl ReleaseOptions {
    pub fn scheme(&self) -> Scheme {
        self.calendar.clone().map_or(Scheme::Semantic, Scheme::Calendar)
    }

    pub fn options(&self) -> Options {
        let Self { first, below_1, below_0_1, first_prerelease, prereleases, .. } = self;
        Options { initial: first.clone(), below_1: *below_1, below_0_1: *below_0_1, first: *first_prerelease, growth: *prereleases }
    }

    fn template(&self, prefix: String) -> TagTemplate {
        TagTemplate { prefix, scheme: self.scheme() }
    }
}

/// A part of the repository that is released on its own; without `[[component]]`, all of it.
#[derive(Debug, Clone)]
pub struct Component {
    /// `None`: the repository has no components.
    pub name: Option<String>,
    pub template: TagTemplate,
    pub paths: Vec<String>,
    pub exclude: Vec<String>,
    pub files: Vec<VersionFile>,
    pub changelog: Option<String>,
    pub linked: Option<String>,
    pub depends_on: Vec<String>,
}

impl super::Config {
    /// What is released on its own.
    pub fn components(&self) -> Vec<Component> {
        if self.component.is_empty() {
            let changelog = Some(self.release.changelog.clone()).filter(|path| !path.is_empty());
            let template = self.release.template(self.release.tag_prefix.clone());
            let files = self.release.files.clone();
            let nothing = Vec::new;
            return vec![Component {
                name: None,
                template,
                files,
                changelog,
                paths: nothing(),
                exclude: nothing(),
                linked: None,
                depends_on: nothing(),
            }];
        }
        let component = |options: &ComponentOptions| {
            let prefix = options.tag_prefix.clone().unwrap_or_else(|| format!("{}-{}", options.name, self.release.tag_prefix));
            let beside = options.paths.first().map(|path| path.trim_end_matches('/')).filter(|path| !path.is_empty() && *path != ".");
            let beside = beside.map_or_else(|| "CHANGELOG.md".to_owned(), |path| format!("{path}/CHANGELOG.md"));
            Component {
                name: Some(options.name.clone()),
                template: self.release.template(prefix),
                paths: options.paths.clone(),
                exclude: options.exclude.clone(),
                files: options.files.clone(),
                changelog: Some(options.changelog.clone().unwrap_or(beside)).filter(|path| !path.is_empty()),
                linked: options.linked.clone(),
                depends_on: options.depends_on.clone(),
            }
        };
        self.component.iter().map(component).collect()
    }

    /// What the types of commits mean here.
    pub fn convention(&self) -> Convention {
        let mut convention = Convention { bullets: self.changelog.bullets, ..Convention::default() };
        convention.unconventional = self.release.unconventional.bump();
        for (kind, step) in &self.release.bump {
            let kind = kind.to_lowercase();
            match (kind.as_str(), step.bump()) {
                ("breaking", bump) => convention.breaking = bump,
                (_, Some(bump)) => drop(convention.bumps.insert(kind, bump)),
                (_, None) => drop(convention.bumps.remove(&kind)),
            }
        }
        if let Some(sections) = &self.changelog.sections {
            let types = |heading: &HeadingOptions| heading.types.iter().map(|kind| kind.to_lowercase()).collect();
            convention.sections = sections.iter().map(|heading| Heading { title: heading.title.clone(), types: types(heading) }).collect();
        }
        convention
    }
}

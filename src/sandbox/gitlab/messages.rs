//! The messages of GitLab's merge and squash commits: its defaults, or the project's templates with placeholders filled in.
//! See "Commit message templates" in GitLab's documentation.

use super::json::Presenter;
use crate::sandbox::{
    git::{Commit, Person},
    topic::{Change, Topic},
    world::{Repository, World},
};

const MERGE: &str = "Merge branch '%{source_branch}' into '%{target_branch}'\n\n%{title}\n\n%{issues}\n\nSee merge request %{reference}";
const SQUASH: &str = "%{title}";

const PLACEHOLDERS: [&str; 16] = [
    "source_branch",
    "target_branch",
    "title",
    "issues",
    "description",
    "reference",
    "local_reference",
    "source_project_id",
    "first_commit",
    "first_multiline_commit",
    "url",
    "reviewed_by",
    "approved_by",
    "merged_by",
    "co_authored_by",
    "all_commits",
];

/// What the messages of one merge are about.
#[derive(Clone, Copy)]
pub struct Messages<'a> {
    pub world: &'a World,
    pub project: &'a Repository,
    pub topic: &'a Topic,
    pub change: &'a Change,
    /// Who merges.
    pub by: &'a Person,
}

impl Messages<'_> {
    pub fn merge(self) -> anyhow::Result<String> {
        self.fill(self.project.rules.merge_template.as_deref().unwrap_or(MERGE), &self.by.name)
    }

    pub fn squash(self) -> anyhow::Result<String> {
        self.fill(self.project.rules.squash_template.as_deref().unwrap_or(SQUASH), &self.topic.author)
    }

    /// `author` is that of the commit, which does not name him again.
    fn fill(self, template: &str, author: &str) -> anyhow::Result<String> {
        let mut template = template.replace('\r', "");
        let mut values = Vec::new();
        for name in PLACEHOLDERS {
            let placeholder = format!("%{{{name}}}");
            if !template.contains(&placeholder) {
                continue;
            }
            let value = self.value(name, author)?;
            if value.is_empty() {
                template = without(&template, &placeholder);
            }
            values.push((name, value));
        }
        Ok(substituted(&template, &values))
    }

    fn value(self, name: &str, author: &str) -> anyhow::Result<String> {
        let commits = self.project.commits_of(self.change)?;
        let local = format!("!{}", self.topic.number);
        Ok(match name {
            "source_branch" => self.change.head.clone(),
            "target_branch" => self.change.base.clone(),
            "title" => self.topic.title.clone(),
            "issues" => self.issues(),
            "description" => self.topic.body.clone().unwrap_or_default(),
            "reference" => format!("{}{local}", self.project.path),
            "local_reference" => local,
            "source_project_id" => self.change.source.to_string(),
            "first_commit" => commits.first().map_or(String::new(), |commit| commit.message.trim().to_owned()),
            "first_multiline_commit" => {
                let told = commits.iter().map(|commit| commit.message.trim()).find(|message| message.contains('\n'));
                told.unwrap_or(&self.topic.title).to_owned()
            }
            "url" => Presenter { world: self.world, project: self.project }.topic_url(self.topic),
            "merged_by" => signed(&self.by.name, &self.by.email),
            "co_authored_by" => co_authors(&commits, author),
            "all_commits" => commits.iter().rev().map(|commit| format!("* {}", commit.message.trim())).collect::<Vec<_>>().join("\n\n"),
            _ => String::new(),
        })
    }

    /// `Closes #1, #2, and #3`
    fn issues(self) -> String {
        let issues = self.project.issues_closed_by(self.topic);
        let numbers: Vec<String> = issues.iter().map(|issue| format!("#{}", issue.number)).collect();
        match numbers.as_slice() {
            [] => String::new(),
            [only] => format!("Closes {only}"),
            [one, two] => format!("Closes {one} and {two}"),
            [others @ .., last] => format!("Closes {}, and {last}", others.join(", ")),
        }
    }
}

fn signed(name: &str, email: &str) -> String {
    format!("{name} <{email}>")
}

fn co_authors(commits: &[Commit], author: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for Person { name, email, .. } in commits.iter().rev().map(|commit| &commit.author).filter(|person| person.name != author) {
        let line = format!("Co-authored-by: {}", signed(name, email));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// Takes out the lines that hold nothing but an empty placeholder, and the blank line before a paragraph that is gone.
fn without(template: &str, placeholder: &str) -> String {
    let paragraph = format!("\n\n{placeholder}");
    let template = template.replace(&format!("{paragraph}\n\n"), "\n\n");
    let template = template.strip_suffix(&paragraph).unwrap_or(&template);
    let line = format!("{placeholder}\n");
    template.split_inclusive('\n').filter(|other| *other != line).collect()
}

/// All at once, so that a placeholder in a value stays as it is.
fn substituted(template: &str, values: &[(&str, String)]) -> String {
    let mut parts = template.split("%{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once('}').and_then(|(name, rest)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some([value, rest].concat())
        });
        text.push_str(&known.unwrap_or_else(|| format!("%{{{part}")));
    }
    text
}

//! A change request is small enough to be read. With the example, one that changes 500 lines passes, and one with 501 does not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Rule, Rules};
use crate::domain::config::{Mode, Pattern};
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts};

pub const RULE: Rule = Rule {
    name: "size",
    summary: "The change request changes no more files and lines than these. Added and removed lines both count; lock files do not, \
              unless `except` says otherwise.",
    example: "[rules.size]\nlines = 500\nfiles = 40",
    own: Own::Passes,
    reads: &[],
    needs: |rules| rules.size.iter().map(|_| Detail::Files).collect::<Details>(),
    judge,
};

/// What tools write and nobody reads line by line.
const LOCK_FILES: [&str; 10] = [
    "**/Cargo.lock",
    "**/Gemfile.lock",
    "**/composer.lock",
    "**/go.sum",
    "**/package-lock.json",
    "**/Pipfile.lock",
    "**/pnpm-lock.yaml",
    "**/poetry.lock",
    "**/uv.lock",
    "**/yarn.lock",
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// How many files it may change at most.
    pub files: Option<usize>,
    /// How many lines it may add and remove at most.
    pub lines: Option<u64>,
    /// The files that do not count.
    #[schemars(extend("default" = LOCK_FILES))]
    pub except: Vec<Pattern>,
}

impl Default for Options {
    fn default() -> Self {
        let except = LOCK_FILES.iter().filter_map(|text| Pattern::try_from((*text).to_owned()).ok()).collect();
        Self { mode: None, files: None, lines: None, except }
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.size.as_ref()?;
    let remedy = "Split the change request into smaller ones, each of which can be merged on its own.";
    let changed = request.details.files.read();
    if changed.cut {
        return Some(Finding::broken(
            format!("it changes more than {} files, which is more than can be counted", changed.items.len()),
            remedy,
        ));
    }
    let counted: Vec<_> = changed.items.iter().filter(|file| !options.except.iter().any(|pattern| pattern.matches(&file.path))).collect();
    let files = counted.len();
    let lines = counted.iter().fold(0_u64, |sum, file| sum.saturating_add(file.added).saturating_add(file.removed));
    Some(match (options.files, options.lines) {
        (Some(most), _) if files > most => Finding::broken(format!("it changes {files} files, and {most} are the most"), remedy),
        (_, Some(most)) if lines > most => Finding::broken(format!("it changes {lines} lines, and {most} are the most"), remedy),
        _ => Finding::holds(format!("it changes {lines} lines in {files} files")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Asked, FileChange, Listed};
    use crate::domain::rules::tests::{file, request};

    fn check(options: &str, files: Vec<FileChange>, cut: bool) -> String {
        let rules = Config::parse(&format!("[rules.size]\n{options}")).unwrap().rules;
        let mut request = request("a", "main", "feat: a");
        request.details.files = Asked::Answered(Listed { items: files, cut });
        match judge(&rules, &request, &Facts::default()).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn added_and_removed_lines_are_counted_together() {
        let changed = |added| vec![FileChange { removed: 4, ..file("a", added) }];
        assert_eq!(check("lines = 10", changed(6), false), "");
        assert_eq!(check("lines = 10", changed(7), false), "it changes 11 lines, and 10 are the most");
        assert!(check("lines = 10", changed(u64::MAX), false).contains("10 are the most"));
    }

    #[test]
    fn files_are_counted_without_those_that_tools_write() {
        let changed = || vec![file("a", 1), file("Cargo.lock", 900), file("web/package-lock.json", 900)];
        assert_eq!(check("files = 1\nlines = 1", changed(), false), "");
        assert_eq!(check("files = 1\nexcept = ['a']", changed(), false), "it changes 2 files, and 1 are the most");
    }

    #[test]
    fn what_was_not_read_is_too_large() {
        assert!(check("lines = 10", vec![file("a", 1)], true).contains("more than can be counted"));
    }
}

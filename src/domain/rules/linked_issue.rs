//! Each change says which issue it is about. With the example, a change request passes whose description says `Closes #12`, and one
//! that is only about documentation passes without.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules, listed, too_many};
use crate::domain::commit;
use crate::domain::config::{Expression, Mode};
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts};

pub const RULE: Rule = Rule {
    name: "linked_issue",
    summary: "The title, the description or a commit names an issue. Comments in the description's HTML do not count, so that a \
              template's hint is no issue. An issue of Jira is found by `patterns = ['\\b[A-Z][A-Z0-9]+-[0-9]+\\b']`.",
    example: "[rules.linked_issue]\nexcept_types = [\"docs\", \"chore\", \"ci\"]",
    own: Own::Passes,
    reads: &[Part::Title, Part::Description],
    needs: |rules| rules.linked_issue.iter().map(|_| Detail::Commits).collect::<Details>(),
    judge,
};

/// `#12`, and the closing keywords of both forges in front of an address.
/// (<https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>,
/// <https://docs.gitlab.com/user/project/issues/managing_issues/#default-closing-pattern>)
const PATTERNS: [&str; 2] = [
    r"#[1-9][0-9]*\b",
    r"(?i)\b(clos(e[sd]?|ing)|fix(e[sd]|ing)?|resolv(e[sd]?|ing)|implement(s|ed|ing)?):?\s+https?://\S+/(issues|work_items)/[0-9]+",
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// What names an issue: `#12`, or a closing keyword before an issue's address, where this is left out.
    #[schemars(extend("default" = PATTERNS))]
    pub patterns: Vec<Expression>,
    /// The types of titles that need no issue, as Conventional Commits has types.
    pub except_types: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let patterns = PATTERNS.iter().filter_map(|text| Expression::try_from((*text).to_owned()).ok()).collect();
        Self { mode: None, patterns, except_types: Vec::new() }
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.linked_issue.as_ref()?;
    let kind = commit::title(&request.title).ok().map(|header| header.kind.to_lowercase());
    if let Some(kind) = kind.filter(|kind| options.except_types.contains(kind)) {
        return Some(Finding::holds(format!("{kind} needs no issue")));
    }
    let names = |text: &str| options.patterns.iter().any(|pattern| pattern.matches(text));
    let commits = request.details.commits.read();
    // A merge commit names the change request that it merged.
    let mut messages = commits.items.iter().filter(|commit| commit.parents <= 1).map(|commit| commit.message.as_str());
    Some(if names(&request.title) {
        Finding::holds("the title names an issue")
    } else if names(&shown(&request.body)) {
        Finding::holds("the description names an issue")
    } else if messages.any(names) {
        Finding::holds("a commit names an issue")
    } else if commits.cut {
        too_many(commits)
    } else {
        let but =
            if options.except_types.is_empty() { String::new() } else { format!(", and it is none of {}", listed(&options.except_types)) };
        Finding::broken(
            format!("neither the title nor the description nor a commit names an issue{but}"),
            "Edit the description and name the issue that it is about, for example in a line of its own: `Closes #12`.",
        )
    })
}

/// The description as people see it: without HTML comments, of which one that is not closed hides all that follows.
fn shown(body: &str) -> String {
    let mut parts = body.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + " " + part.split_once("-->").map_or("", |(_, after)| after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::rules::tests::{commit, listed, request};

    fn check(options: &str, title: &str, (body, message): (&str, &str)) -> bool {
        let rules = Config::parse(&format!("[rules.linked_issue]\n{options}")).unwrap().rules;
        let mut request = ChangeRequest { body: body.into(), ..request("a", "main", title) };
        request.details.commits = listed([commit(message)]);
        matches!(judge(&rules, &request, &Facts::default()), Some(Finding::Holds { .. }))
    }

    #[test]
    fn the_default_patterns_are_expressions() {
        assert_eq!(Options::default().patterns.len(), PATTERNS.len());
    }

    #[test]
    fn an_issue_is_named_in_title_description_or_commit() {
        assert!(check("", "feat: a, see #12", ("", "")) && check("", "feat: a", ("Refs: acme/app#12.", "")));
        assert!(check("", "feat: a", ("", "feat: a\n\nCloses #12")));
        assert!(check("", "feat: a", ("Fixes: https://forge.example/acme/app/-/issues/12", "")));
        assert!(!check("", "feat: a", ("makes it #0 and #ff0000 and 12#", "feat: a")));
    }

    #[test]
    fn the_hint_of_a_template_is_no_issue() {
        assert!(!check("", "feat: a", ("<!-- Closes #12 -->text", "")) && !check("", "feat: a", ("<!-- Closes #12", "")));
        assert!(check("", "feat: a", ("<!-- write: -->Closes #12<!-- thanks -->", "")));
    }

    #[test]
    fn a_type_may_need_none_and_another_tracker_has_other_names() {
        assert!(check("except_types = ['docs']", "Docs(api): a", ("", "")) && !check("except_types = ['docs']", "feat: a", ("", "")));
        let jira = r"patterns = ['\b[A-Z][A-Z0-9]+-[0-9]+\b']";
        assert!(check(jira, "feat: PAY-12 a", ("", "")) && !check(jira, "feat: a #12", ("", "")));
    }
}

//! Files that not everybody may change alone. With the example, a change of `migrations/1.sql` passes once a maintainer has labelled it
//! `db-approved`, and a change of the workflows once two members of the team approve of the commit that would be merged.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Own, Part, Rule, Rules};
use crate::domain::config::{Mode, Pattern, Who};
use crate::domain::facts::{ChangeRequest, Detail, Details, Facts, FileChange, Listed};
use crate::domain::names::UserName;

pub const RULE: Rule = Rule {
    name: "paths",
    summary: "A change of certain files needs a label that only some may set, or approvals, or both; every entry that has one of the \
              files counts. A renamed file counts with both of its paths. The author's own approval never counts, nor does an approval \
              of an older commit, where the forge says which one was approved.",
    example: "[[rules.paths.require]]\npaths = [\"migrations/**\"]\nlabel = \"db-approved\"\nwhy = \"migrations lock tables\"\n\n\
              [[rules.paths.require]]\npaths = [\".github/workflows/**\", \".gitlab-ci.yml\"]\nteam = \"acme/platform\"\napprovals = 2",
    own: Own::Passes,
    reads: &[Part::Head, Part::Author],
    needs,
    judge,
};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// How much somebody must be allowed here for a label that they set to count.
    #[schemars(extend("default" = "maintain"))]
    pub who: Who,
    /// What is asked for, by the files that are changed.
    pub require: Vec<Requirement>,
}

/// What changing certain files asks for. All that is named must be there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The files that this is about, by their paths from the root of the repository.
    pub paths: Vec<Pattern>,
    /// A label that must be set.
    pub label: Option<String>,
    /// The team whose members must approve: `owner/team` on GitHub, the path of a group on GitLab.
    pub team: Option<String>,
    /// How many must approve, and with `team`, how many of its members: one, where only the team is named. GitLab does not say
    /// which commit was approved: let it take approvals back when something is pushed.
    pub approvals: Option<usize>,
    /// Why, for whoever reads the verdict.
    pub why: Option<String>,
}

fn needs(rules: &Rules) -> Details {
    let required = rules.paths.iter().flat_map(|options| &options.require);
    let of_one = |entry: &Requirement| {
        let label = entry.label.clone().map(Detail::Setter);
        let team = entry.team.clone().map(Detail::Team);
        let approvals = (entry.approvals() > 0).then_some(Detail::Approvals);
        [Some(Detail::Files), label, team, approvals].into_iter().flatten()
    };
    required.flat_map(of_one).collect()
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.paths.as_ref()?;
    if options.require.is_empty() {
        return Some(Finding::holds("no entry asks for anything"));
    }
    let files = request.details.files.read();
    let (mut touched, mut whys, mut remedies) = (false, Vec::new(), Vec::new());
    for entry in &options.require {
        let Some(cause) = entry.touches(files) else { continue };
        touched = true;
        let lacks: Vec<_> = [entry.lacks_label(options.who, request), entry.lacks_approvals(request)].into_iter().flatten().collect();
        if lacks.is_empty() {
            continue;
        }
        let why = entry.why.as_ref().map(|why| format!(" ({})", why.trim_end_matches('.'))).unwrap_or_default();
        let (what, how): (Vec<_>, Vec<_>) = lacks.into_iter().unzip();
        whys.push(format!("{cause}{why}, and {}", what.join(", and ")));
        remedies.extend(how);
    }
    Some(if !whys.is_empty() {
        remedies.dedup();
        Finding::broken(whys.join("; "), remedies.join(" "))
    } else if touched {
        Finding::holds("everything is there that the changed files ask for")
    } else {
        Finding::holds("none of the changed files asks for anything")
    })
}

impl Requirement {
    /// How many must approve.
    fn approvals(&self) -> usize {
        self.approvals.unwrap_or(usize::from(self.team.is_some()))
    }

    /// What it has to do with the files, if it has.
    fn touches(&self, files: &Listed<FileChange>) -> Option<String> {
        let mut paths = files.items.iter().flat_map(|file| [Some(&file.path), file.previous.as_ref()]).flatten();
        if let Some(path) = paths.find(|path| self.paths.iter().any(|pattern| pattern.matches(path))) {
            return Some(format!("{path} is changed"));
        }
        let seen = files.items.len();
        files.cut.then(|| format!("more than {seen} files are changed, so that {} may be among them", super::listed(&self.paths)))
    }

    /// What about its label is amiss, and how to repair it.
    fn lacks_label(&self, who: Who, request: &ChangeRequest) -> Option<(String, String)> {
        let label = self.label.as_ref()?;
        match request.details.setters.read().get(label) {
            None => {
                let remedy = format!("Ask somebody who has the right to {who} for the label {label}.");
                Some((format!("the label {label} is not set"), remedy))
            }
            Some((by, role)) if !who.admits(*role) => {
                let remedy = format!("Ask somebody who has the right to {who} to take the label {label} off and to set it again.");
                Some((format!("the label {label} was set by {}, who has no right to {who}", by.as_str()), remedy))
            }
            Some(_) => None,
        }
    }

    /// How many approvals are missing, and how to repair it.
    fn lacks_approvals(&self, request: &ChangeRequest) -> Option<(String, String)> {
        let wanted = self.approvals();
        if wanted == 0 {
            return None;
        }
        let members = self.team.as_ref().map(|team| request.details.teams.read().get(team).cloned().unwrap_or_default());
        let approvals = request.details.approvals.read().iter();
        let current = approvals.filter(|approval| approval.on.as_ref().is_none_or(|on| *on == request.head.sha));
        let counts = |user: &&UserName| **user != request.author && members.as_ref().is_none_or(|members| members.contains(*user));
        let given = current.map(|approval| &approval.by).filter(counts).collect::<BTreeSet<_>>().len();
        if given >= wanted {
            return None;
        }
        let whose = self.team.as_ref().map(|team| format!(" of {team}")).unwrap_or_default();
        let unseen = if members.is_some_and(|members| members.is_empty()) { ", of which no members can be seen" } else { "" };
        let why = format!("{given} of {wanted} approvals{whose} are there for {}{unseen}", request.head.sha.short());
        Some((why, format!("Ask {} more{whose} for a review that approves of the last commit.", wanted - given)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::config::Config;
    use crate::domain::facts::{Approval, Asked, Role};
    use crate::domain::names::Sha;
    use crate::domain::rules::tests::{file, listed, request};

    fn user(name: &str) -> UserName {
        UserName::parse(name).unwrap()
    }

    /// A change of this file, with the label set by `dba`, who has the role, and with these approvals of the head.
    fn changed(path: &str, role: Role, approvals: &[&str]) -> ChangeRequest {
        let mut request = request("a", "main", "feat: a");
        let known = &mut request.details;
        known.files = listed([file(path, 1)]);
        known.setters = Asked::Answered(BTreeMap::from([("db-approved".to_owned(), (user("dba"), role))]));
        known.teams = Asked::Answered(BTreeMap::from([("acme/platform".to_owned(), ["dana", "ann", "bob"].map(user).into())]));
        let on = Some(request.head.sha.clone());
        known.approvals = Asked::Answered(approvals.iter().map(|name| Approval { by: user(name), on: on.clone() }).collect());
        request
    }

    fn check(request: &ChangeRequest) -> String {
        match judge(&Config::parse(RULE.example).unwrap().rules, request, &Facts::default()).unwrap() {
            Finding::Holds { .. } => String::new(),
            Finding::Broken { why, .. } => why,
        }
    }

    #[test]
    fn a_label_counts_if_somebody_with_the_right_set_it() {
        assert_eq!(check(&changed("migrations/1.sql", Role::Maintain, &[])), "");
        let why = check(&changed("migrations/1.sql", Role::Triage, &[]));
        assert!(why.starts_with("migrations/1.sql is changed (migrations lock tables), and the label db-approved was set by dba"), "{why}");
        let mut request = changed("migrations/1.sql", Role::Admin, &[]);
        request.details.setters = Asked::Answered(BTreeMap::new());
        assert!(check(&request).ends_with("the label db-approved is not set"));
    }

    #[test]
    fn approvals_are_of_other_members_and_each_counts_once() {
        let check = |approvals: &[&str]| check(&changed(".gitlab-ci.yml", Role::None, approvals));
        assert_eq!(check(&["ann", "bob"]), "");
        let missing = ".gitlab-ci.yml is changed, and 1 of 2 approvals of acme/platform are there for 1111111111";
        assert_eq!([check(&["ann", "ann"]), check(&["ann", "dana"]), check(&["ann", "eve"])], [missing, missing, missing]);
    }

    #[test]
    fn an_approval_of_an_older_commit_does_not_count_where_the_forge_tells() {
        let on = |on: Option<Sha>| {
            let mut request = changed(".gitlab-ci.yml", Role::None, &[]);
            request.details.approvals = Asked::Answered(["ann", "bob"].map(|by| Approval { by: user(by), on: on.clone() }).into());
            check(&request)
        };
        assert!(on(Some(Sha::parse(&"2".repeat(40)).unwrap())).contains("0 of 2") && on(None).is_empty());
    }

    #[test]
    fn a_rename_counts_with_both_paths_and_what_was_not_read_counts() {
        let mut request = changed("docs/a.md", Role::None, &[]);
        assert_eq!(check(&request), "");
        request.details.files = Asked::Answered(Listed { items: vec![file("docs/a.md", 1)], cut: true });
        assert!(check(&request).starts_with("more than 1 files are changed, so that migrations/** may be among them"));
        request.details.files = listed([FileChange { previous: Some("migrations/1.sql".into()), ..file("docs/1.sql", 0) }]);
        assert!(check(&request).starts_with("migrations/1.sql is changed"));
    }
}

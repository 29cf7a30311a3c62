//! Strategies as what they are: a `slipway.toml` each, on which the repository's own file is laid, table by table. What the file says counts.

use serde::Deserialize;
use toml::{Table, Value};

use super::{Config, Problem, Strategy};

impl Strategy {
    pub const ALL: [Self; 5] = [Self::Custom, Self::Trunk, Self::GithubFlow, Self::GitlabFlow, Self::Gitflow];

    /// The name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Trunk => "trunk",
            Self::GithubFlow => "github-flow",
            Self::GitlabFlow => "gitlab-flow",
            Self::Gitflow => "gitflow",
        }
    }

    /// The file that it stands for; `{trunk}`, `{develop}` and `{release}` are the names that `[branches]` gives.
    fn text(self) -> &'static str {
        match self {
            Self::Custom => "",
            Self::Trunk => include_str!("../../../templates/strategies/trunk.toml"),
            Self::GithubFlow => include_str!("../../../templates/strategies/github-flow.toml"),
            Self::GitlabFlow => include_str!("../../../templates/strategies/gitlab-flow.toml"),
            Self::Gitflow => include_str!("../../../templates/strategies/gitflow.toml"),
        }
    }

    /// The rules that it brings, for branches of these names, in TOML.
    pub fn written(self, config: &Config) -> String {
        let quoted = |name: &str| name.replace('\\', "\\\\").replace('"', "\\\"");
        let branches = &config.branches;
        let text = self.text().replace("{trunk}", &quoted(&branches.trunk)).replace("{develop}", &quoted(&branches.develop));
        text.replace("{release}", &quoted(&branches.release))
    }
}

/// The file with everything that its strategy brings: what is in force, in TOML's own terms.
pub fn merged(own: &Config, text: &str) -> Result<Table, toml::de::Error> {
    let mut table: Table = toml::from_str(&own.strategy.written(own))?;
    lay(&mut table, toml::from_str(text)?);
    Ok(table)
}

/// The configuration that a file which was read without its strategy asks for.
///
/// # Errors
/// When both together are no configuration, which only names of branches that are no patterns can cause.
pub fn expand(own: Config, text: &str) -> Result<Config, Problem> {
    if own.strategy == Strategy::Custom {
        return Ok(own);
    }
    let read = merged(&own, text).and_then(|table| Config::deserialize(Value::Table(table)));
    read.map_err(|error| Problem {
        path: super::PATHS[0].to_owned(),
        line: 1,
        column: 1,
        message: format!("with the strategy {} it says: {}", own.strategy.as_str(), error.message()),
        remedy: "Correct the names in `[branches]`.".to_owned(),
    })
}

/// Everything that is in force by a file, in TOML, and where each part comes from.
///
/// # Errors
/// When the text is no configuration.
pub fn explain(text: &str) -> Result<String, toml::de::Error> {
    let own: Config = toml::from_str(text)?;
    let (brought, said): (Table, Table) = (toml::from_str(&own.strategy.written(&own))?, toml::from_str(text)?);
    let strategy = own.strategy.as_str();
    let origin = |path: &[&str]| match (holds(&brought, path), holds(&said, path)) {
        (true, true) => format!("# from the strategy {strategy}, with what the file says\n"),
        (true, false) => format!("# from the strategy {strategy}\n"),
        _ => "# from the file\n".to_owned(),
    };
    let mut parts = Vec::new();
    let (tables, plain): (Table, Table) = merged(&own, text)?.into_iter().partition(|(_, value)| value.is_table() || is_tables(value));
    if !plain.is_empty() {
        parts.push(plain.to_string());
    }
    for (name, value) in tables {
        match (name.as_str(), value) {
            ("rules", Value::Table(rules)) => parts.extend(rules.into_iter().map(|(rule, options)| {
                let about = origin(&["rules", &rule]);
                about + &Table::from_iter([("rules".to_owned(), Value::Table(Table::from_iter([(rule, options)])))]).to_string()
            })),
            (_, value) => parts.push(origin(&[&name]) + &Table::from_iter([(name, value)]).to_string()),
        }
    }
    Ok(parts.join("\n"))
}

fn is_tables(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_table))
}

fn holds(table: &Table, path: &[&str]) -> bool {
    match path {
        [] => true,
        [key, rest @ ..] => {
            table.get(*key).is_some_and(|value| rest.is_empty() || value.as_table().is_some_and(|inner| holds(inner, rest)))
        }
    }
}

/// Tables are laid on each other key by key; of everything else the upper one stays.
fn lay(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay(below, above),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::config::Mode;
    use crate::domain::facts::{Asked, Facts, Unmerged};
    use crate::domain::names::{BranchName, Moment};
    use crate::domain::rules::tests::request;
    use crate::domain::rules::{Finding, RULES, Rules};

    fn rules(text: &str) -> Rules {
        Config::parse(text).unwrap().rules
    }

    /// Which of these change requests, written `head > base`, may not be merged by the branches' names.
    fn refused<'a>(strategy: &str, requests: &[&'a str]) -> Vec<&'a str> {
        let rules = rules(strategy);
        let base_branch = RULES.iter().find(|rule| rule.name == "base_branch").unwrap();
        let is_refused = |text: &&&str| {
            let (head, base) = text.split_once(" > ").unwrap();
            let finding = (base_branch.judge)(&rules, &request(head, base, "feat: a"), &Facts::default());
            finding.is_some_and(|finding| matches!(finding, Finding::Broken { .. }))
        };
        requests.iter().filter(is_refused).copied().collect()
    }

    #[test]
    fn each_strategy_is_a_configuration() {
        for strategy in Strategy::ALL {
            let rules = rules(&format!("strategy = '{}'", strategy.as_str()));
            assert_eq!(rules.no_fixup.is_some(), strategy != Strategy::Custom);
        }
    }

    #[test]
    fn gitflow_brings_releases_and_hotfixes_to_the_trunk_and_nothing_else() {
        let strategy = "strategy = 'gitflow'";
        let good = ["feature/a > develop", "release/1 > main", "release/1 > develop", "hotfix/a > main", "hotfix/a > develop"];
        assert_eq!(refused(strategy, &good), Vec::<&str>::new());
        assert_eq!(refused(strategy, &["hotfix/a > release/1", "main > develop", "hotfix/a > support/1"]), Vec::<&str>::new());
        let bad = ["feature/a > main", "develop > main", "support/1 > main", "support/1 > develop", "develop > release/1"];
        assert_eq!(refused(strategy, &bad), bad);
    }

    #[test]
    fn gitflow_wants_a_release_merged_back_before_the_next_one() {
        let rule = RULES.iter().find(|rule| rule.name == "back_merge").unwrap();
        let mut request = request("release/2", "main", "feat: a");
        let pair = (BranchName::main(), BranchName::develop());
        request.details.unmerged = Asked::Answered(BTreeMap::from([(pair, Unmerged { commits: 1, oldest: Moment(0) })]));
        let holds = |now: i64| {
            let facts = Facts { now: Moment(now), ..Facts::default() };
            matches!((rule.judge)(&rules("strategy = 'gitflow'"), &request, &facts), Some(Finding::Holds { .. }))
        };
        assert!(holds(24 * 3600) && !holds(24 * 3600 + 1));
    }

    #[test]
    fn github_flow_takes_any_branch() {
        assert_eq!(refused("strategy = 'github-flow'", &["anything > main", "release/1 > main"]), Vec::<&str>::new());
    }

    #[test]
    fn gitlab_flow_goes_downstream_only() {
        let strategy = "strategy = 'gitlab-flow'";
        let good = ["a > main", "main > pre-production", "pre-production > production", "pick/a > 1-2-stable"];
        assert_eq!(refused(strategy, &good), Vec::<&str>::new());
        let bad = [
            "a > production",
            "a > pre-production",
            "production > main",
            "pre-production > main",
            "1-2-stable > main",
            "main > 1-2-stable",
        ];
        assert_eq!(refused(strategy, &bad), bad);
        assert!(rules(strategy).upstream_first.unwrap().branches[0].matches("1-2-stable"));
    }

    #[test]
    fn a_trunk_is_never_merged_with_its_release_branches() {
        let strategy = "strategy = 'trunk'";
        assert_eq!(refused(strategy, &["a > main", "pick/a > release/1"]), Vec::<&str>::new());
        let bad = ["release/1 > main", "main > release/1", "release/1 > release/2"];
        assert_eq!(refused(strategy, &bad), bad);
        assert!(rules(strategy).upstream_first.unwrap().branches[0].matches("release/1"));
    }

    #[test]
    fn the_branches_names_are_those_of_the_file() {
        let strategy = "strategy = 'trunk'\nbranches = { trunk = 'master', release = 'v*' }";
        assert_eq!(refused(strategy, &["v1 > master", "release/1 > master", "master > v1"]), ["v1 > master", "master > v1"]);
        assert_eq!(rules(strategy).upstream_first.unwrap().trunk.as_str(), "master");
    }

    #[test]
    fn what_the_file_says_counts_before_the_strategy() {
        let config = Config::parse("strategy = 'gitflow'\n[rules.back_merge]\nmode = 'off'").unwrap();
        assert_eq!((config.effective("back_merge"), config.effective("base_branch")), (Some(Mode::Off), Some(Mode::Enforce)));
        assert_eq!(config.rules.back_merge.unwrap().to.as_str(), "develop");
    }

    #[test]
    fn what_is_in_force_is_explained_with_where_it_comes_from() {
        let text = "strategy = 'github-flow'\n[rules.no_fixup]\nwords = ['nope']\n[rules.sign_off]\n";
        let explained = explain(text).unwrap();
        let both = "# from the strategy github-flow, with what the file says\n[rules.no_fixup]\nwords = [\"nope\"]";
        assert!(explained.contains(both) && explained.contains("# from the file\n[rules.sign_off]"), "{explained}");
    }

    #[test]
    fn what_is_explained_means_the_same_as_the_file() {
        let text = "strategy = 'gitflow'\n[branches]\ntrunk = 'master'\n";
        let explained = explain(text).unwrap().replace("strategy = \"gitflow\"", "");
        let config = Config::parse(&explained).unwrap_or_else(|problem| panic!("{problem} in\n{explained}"));
        assert!(config.rules.base_branch.unwrap().allow[0].into.matches("master"));
    }
}

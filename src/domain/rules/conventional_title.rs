//! The title is a Conventional Commit, since squash merging makes it the commit. With the example, `feat: add login` passes and `Add login` does not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Rule, Rules};
use crate::domain::commit;
use crate::domain::config::nearest;
use crate::domain::facts::{ChangeRequest, Facts, Needs};

pub const RULE: Rule = Rule {
    name: "conventional_title",
    summary: "The change request's title follows [Conventional Commits](https://www.conventionalcommits.org/en/v1.0.0/): \
              `type: description` or `type(scope): description`, with `!` before the colon where something breaks.",
    example: "[rules.conventional_title]\ntypes = [\"feat\", \"fix\", \"docs\", \"chore\"]",
    needs: |_| Needs::new(),
    judge,
};

/// The types that Conventional Commits names and the Angular convention added.
const TYPES: [&str; 11] = ["feat", "fix", "perf", "refactor", "docs", "style", "test", "build", "ci", "chore", "revert"];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The types that may be used, in lower case.
    pub types: Vec<String>,
    /// The scopes that may be used; any, and none, when this is left out.
    pub scopes: Option<Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { types: TYPES.map(str::to_owned).to_vec(), scopes: None }
    }
}

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let options = rules.conventional_title.as_ref()?;
    let broken = |why: String, remedy: String| Some(Finding::Broken { why, remedy });
    let title = match commit::title(&request.title) {
        Ok(title) => title,
        Err(reason) => {
            let example = options.types.first().map_or("feat", String::as_str);
            return broken(format!("the title {reason}"), format!("Edit the title to read like “{example}: what changes”."));
        }
    };
    let allowed = options.types.join(", ");
    let kind = title.kind.to_lowercase();
    if !options.types.contains(&kind) {
        let guess = nearest(&kind, options.types.iter().map(String::as_str));
        let guess = guess.map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
        return broken(format!("{kind} is not a type that is used here"), format!("Use one of: {allowed}.{guess}"));
    }
    match (&options.scopes, title.scope) {
        (Some(scopes), Some(scope)) if !scopes.iter().any(|known| known == scope) => {
            let listed = if scopes.is_empty() { "Use none.".to_owned() } else { format!("Use one of: {}, or none.", scopes.join(", ")) };
            broken(format!("{scope} is not a scope that is used here"), listed)
        }
        _ => Some(Finding::Holds { why: format!("the title is a conventional {kind}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::rules::tests::request;

    fn check(options: &str, title: &str) -> Finding {
        let rules = Config::parse(&format!("[rules.conventional_title]\n{options}")).unwrap().rules;
        judge(&rules, &request("a", "main", title), &Facts::default()).unwrap()
    }

    #[test]
    fn a_conventional_title_holds() {
        assert_eq!(check("", "Feat(api)!: x"), Finding::Holds { why: "the title is a conventional feat".into() });
    }

    #[test]
    fn a_title_without_a_type_is_told_how_to_read() {
        let Finding::Broken { why, remedy } = check("", "Add login") else { panic!("it holds") };
        assert_eq!(why, "the title has no `type: ` before its description");
        assert_eq!(remedy, "Edit the title to read like “feat: what changes”.");
    }

    #[test]
    fn a_mistyped_type_is_told_the_nearest_one() {
        let Finding::Broken { remedy, .. } = check("types = ['feat', 'fix']", "feta: x") else { panic!("it holds") };
        assert_eq!(remedy, "Use one of: feat, fix. Did you mean feat?");
    }

    #[test]
    fn a_scope_must_be_known_where_scopes_are_listed() {
        assert!(matches!(check("scopes = ['api']", "fix(ui): x"), Finding::Broken { .. }));
        assert!(matches!(check("scopes = ['api']", "fix: x"), Finding::Holds { .. }));
        let Finding::Broken { remedy, .. } = check("scopes = []", "fix(ui): x") else { panic!("it holds") };
        assert_eq!(remedy, "Use none.");
    }
}

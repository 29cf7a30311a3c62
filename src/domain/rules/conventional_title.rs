//! The title is a Conventional Commit, since squash merging makes it the commit. With the example, `feat: add login` passes and `Add login` does not.

use super::subject::{self, Subject};
use super::{Finding, Own, Part, Rule, Rules};
use crate::domain::facts::{ChangeRequest, Details, Facts};

pub use super::subject::Options;

pub const RULE: Rule = Rule {
    name: "conventional_title",
    summary: "The change request's title follows [Conventional Commits](https://www.conventionalcommits.org/en/v1.0.0/): \
              `type: description` or `type(scope): description`, with `!` before the colon where something breaks.",
    example: "[rules.conventional_title]\ntypes = [\"feat\", \"fix\", \"docs\", \"chore\"]",
    own: Own::Passes,
    reads: &[Part::Title],
    needs: |_| Details::new(),
    judge,
};

fn judge(rules: &Rules, request: &ChangeRequest, _: &Facts) -> Option<Finding> {
    let words = rules.conventional_title.as_ref()?;
    // A backport has its branch in front of the title that was judged before.
    let text = request.title.strip_prefix(&format!("[{}] ", request.base)).unwrap_or(&request.title);
    let title = Subject { text, what: "the title", repair: "Edit the title" };
    Some(subject::judge(title, words))
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
    fn a_backport_may_have_its_branch_in_front() {
        assert!(matches!(check("", "[main] feat: x"), Finding::Holds { .. }));
        assert!(matches!(check("", "[other] feat: x"), Finding::Broken { .. }));
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
        assert_eq!(remedy, "Edit the title to start with one of: feat, fix. Did you mean feat?");
    }

    #[test]
    fn a_scope_must_be_known_where_scopes_are_listed() {
        assert!(matches!(check("scopes = ['api']", "fix(ui): x"), Finding::Broken { .. }));
        assert!(matches!(check("scopes = ['api']", "fix: x"), Finding::Holds { .. }));
        let Finding::Broken { remedy, .. } = check("scopes = []", "fix(ui): x") else { panic!("it holds") };
        assert_eq!(remedy, "Edit the title to have no scope.");
    }
}

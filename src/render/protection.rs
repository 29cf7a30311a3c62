//! The forge's own settings in words: the table of what differs, and what became of it.

use serde_json::{Value, json};

use super::{RenderError, Renderer};
use crate::domain::plan::Syncing;
use crate::domain::protection::{Difference, Means};

impl Renderer {
    /// The issue that stands while the settings differ.
    pub(super) fn drift(&self, rows: &[Difference]) -> Result<String, RenderError> {
        self.template("drift", &json!({ "table": self.table(rows)? }))
    }

    pub(super) fn sync(&self, rows: &[Difference], outcome: &Syncing) -> Result<Value, RenderError> {
        let confirm = |digest: &str| format!("/slipway sync confirm={digest}");
        let (kind, confirm, lack) = match outcome {
            Syncing::Same => ("same", None, None),
            Syncing::Ask(digest) => ("ask", Some(confirm(digest)), None),
            Syncing::Applied => ("applied", None, None),
            Syncing::Stale(digest) => ("stale", Some(confirm(digest)), None),
            Syncing::Lacking(lack) => ("lacking", None, Some(lack)),
        };
        let is = |wanted: &str| kind == wanted;
        let lack = lack.map(|lack| json!({ "why": lack.why, "remedy": lack.remedy, "by_hand": lack.by_hand }));
        let view = json!({
            "table": self.table(rows)?, "same": is("same"), "applied": is("applied"), "stale": is("stale"), "confirm": confirm, "lack": lack,
        });
        Ok(json!({ "sync": view }))
    }

    fn table(&self, rows: &[Difference]) -> Result<String, RenderError> {
        let row = |row: &Difference| {
            let cannot = match &row.means {
                Means::Apply => None,
                Means::CannotHere(why) => Some(why),
            };
            json!({
                "guard": row.guard.to_string(), "setting": row.setting.to_string(), "has": row.has, "wants": row.wants, "cannot": cannot,
            })
        };
        self.template("protection", &json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::plan::{Answer, Note};
    use crate::domain::protection::{Guard, Lack, Setting};

    fn row(guard: &Guard, setting: Setting, means: Means) -> Difference {
        Difference { guard: guard.clone(), setting, has: "write".into(), wants: "nobody".into(), means }
    }

    fn said(outcome: Syncing) -> String {
        let guard = Config::parse("[[protect.branches]]\nbranch = 'release/**'").unwrap().guards().remove(0);
        let rows = vec![row(&guard, Setting::Push, Means::Apply), row(&guard, Setting::Signed, Means::CannotHere("it has no rule".into()))];
        Renderer::new().unwrap().words(&Note::Reply(vec![Answer::Sync { rows, outcome }])).unwrap()
    }

    #[test]
    fn the_difference_is_a_table_that_says_how_to_confirm_it() {
        insta::assert_snapshot!(said(Syncing::Ask("0123456789".into())), @r"
        | | setting | the forge has | slipway.toml asks for | |
        | --- | --- | --- | --- | --- |
        | branch release/\*\* | push | write | nobody | would be changed |
        | branch release/\*\* | signed | write | nobody | This forge cannot: it has no rule. |

        Confirm with `/slipway sync confirm=0123456789`, which changes exactly this.
        ");
    }

    #[test]
    fn a_missing_right_is_told_with_what_an_admin_can_do() {
        let lack = Lack { why: "the App may not".into(), remedy: "Grant it.".into(), by_hand: Some("gh api x\n".into()) };
        let said = said(Syncing::Lacking(lack));
        assert!(said.contains("Slipway cannot change it: the App may not. Grant it.\n\n```sh\ngh api x\n```"), "{said}");
    }

    #[test]
    fn what_was_done_and_what_was_not_is_said() {
        assert!(said(Syncing::Applied).starts_with("The forge's settings are changed"));
        assert!(said(Syncing::Stale("1".into())).starts_with("Nothing was changed: this is not what was confirmed"));
        assert!(said(Syncing::Same).starts_with("The forge protects"));
    }
}

//! `/slipway sync`: what the forge's own settings lack of what the configuration protects. `/slipway sync confirm=…` brings them in line,
//! as long as they still are what was shown.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Configuration, Grant};
use crate::domain::facts::{Facts, Needs};
use crate::domain::plan::{Action, Answer, Syncing};
use crate::domain::protection::{self, Guard, Means};

pub const COMMAND: Command = Command {
    verb: "sync",
    summary: "Shows where the forge's own settings differ from `[[protect.…]]`, and changes them once that is confirmed.",
    example: "/slipway sync",
    grants: &[Grant::Admin],
    needs,
    decide,
    conclude: None,
};

fn guards(asking: &Asking) -> Vec<Guard> {
    match asking.config {
        Configuration::Loaded { config, .. } => config.guards(),
        Configuration::Absent | Configuration::Broken(_) => Vec::new(),
    }
}

fn needs(asking: &Asking, _: &Call) -> Needs {
    protection::needs(guards(asking)).into_iter().collect()
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let guards = guards(asking);
    if guards.is_empty() {
        let remedy = "Name branches in `[[protect.branches]]` or tags in `[[protect.tags]]` of the slipway.toml on the default branch.";
        return Decision::refuse(call, "nothing is to be protected here", remedy);
    }
    let protection = facts.protection.read();
    let rows = protection::difference(&guards, protection);
    let confirmed = call.options.get("confirm").map(String::as_str);
    let (outcome, actions) = match (protection::digest(&rows), &protection.lack, confirmed) {
        (_, Some(lack), _) if protection.found.is_empty() => (Syncing::Lacking(lack.clone()), Vec::new()),
        (None, _, None) => (Syncing::Same, Vec::new()),
        // Where it is carried out once more after an interruption, nothing is left to do and everything has been done.
        (None, _, Some(_)) => (Syncing::Applied, Vec::new()),
        (Some(_), Some(lack), _) => (Syncing::Lacking(lack.clone()), Vec::new()),
        (Some(digest), None, None) => (Syncing::Ask(digest), Vec::new()),
        (Some(_), None, Some(confirmed)) if protection::confirms(confirmed, &rows) => {
            (Syncing::Applied, protection::to_apply(&rows).into_iter().map(|guard| Action::Protect(Box::new(guard))).collect())
        }
        (Some(digest), None, Some(_)) => (Syncing::Stale(digest), Vec::new()),
    };
    // What is changed was shown before; how much of that was left this time is of no interest.
    let rows = rows.into_iter().filter(|row| outcome != Syncing::Applied || row.means != Means::Apply).collect();
    Decision { actions, answer: Answer::Sync { rows, outcome } }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delivery;
    use super::*;
    use crate::domain::config::{ConfigFile, ConfigFiles};
    use crate::domain::event::Thread;
    use crate::domain::facts::Asked;
    use crate::domain::names::Number;
    use crate::domain::plan::Plan;
    use crate::domain::protection::tests::having;
    use crate::domain::protection::{Lack, Setting};

    const MAIN: &str = "[[protect.branches]]\nbranch = 'main'";

    fn answer(lack: Option<Lack>, confirm: Option<&str>) -> (String, Answer) {
        let file = ConfigFile { path: "slipway.toml".into(), version: "1".into(), text: MAIN.into() };
        let config = Configuration::read(ConfigFiles::of(file));
        let asking = Asking { thread: Thread::Issue(Number(1)), config: &config, delivery: &delivery() };
        let options = confirm.map(|digest| ("confirm".to_owned(), digest.to_owned())).into_iter().collect();
        let call = Call { verb: "sync".into(), words: Vec::new(), options, unclosed: false };
        let protection = protection::Protection { lack, ..having(&guards(&asking), &[(Setting::Push, "write")]) };
        let facts = Facts { protection: Asked::Answered(protection), ..Facts::default() };
        let Decision { actions, answer } = decide(&asking, &call, &facts);
        (Plan::of("", actions).to_string(), answer)
    }

    fn digest() -> String {
        match answer(None, None) {
            (plan, Answer::Sync { outcome: Syncing::Ask(digest), .. }) if plan.is_empty() => digest,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_shown_is_applied_once_it_is_confirmed() {
        let (plan, answer) = answer(None, Some(&digest()));
        assert_eq!(plan, "\n- protect branch main");
        assert!(!answer.is_refusal(), "{answer:?}");
    }

    #[test]
    fn another_confirmation_is_refused_with_what_there_is_now() {
        let (plan, answer) = answer(None, Some("0000000000"));
        assert!(plan.is_empty() && answer.is_refusal() && matches!(answer, Answer::Sync { outcome: Syncing::Stale(_), .. }));
    }

    #[test]
    fn nothing_is_changed_where_slipway_has_no_right() {
        let lack = Some(Lack { why: "x".into(), remedy: "y".into(), by_hand: None });
        let (plan, answer) = answer(lack, Some(&digest()));
        assert!(plan.is_empty() && answer.is_refusal(), "{answer:?}");
    }
}

use super::*;
use crate::domain::config::{Config, Problem};
use crate::domain::facts::Role;

fn problem(window: &str) -> Problem {
    Config::parse(&format!("[[freeze.windows]]\nreason = 'rest'\n{window}")).unwrap_err()
}

fn recurring(cron: &str, duration: &str) -> String {
    format!("cron = '{cron}'\nduration = '{duration}'")
}

const ONCE: &str = "from = '2026-12-20T18:00'\nuntil = '2026-12-28T08:00'\n";

#[test]
fn a_window_is_for_once_or_recurs() {
    for (given, line, wanted) in [
        ("", 2, "does not say when it is"),
        ("from = '2026-12-20T18:00'", 3, "a beginning and no end"),
        ("until = '2026-12-20T18:00'", 3, "an end and no beginning"),
        ("cron = '0 18 * * FRI'", 3, "does not say how long it lasts"),
        ("duration = '2d'", 3, "does not say when it begins"),
        (&format!("{ONCE}{}", recurring("0 18 * * FRI", "2d")), 5, "both for once and again and again"),
        (&format!("{ONCE}duration = '2d'"), 5, "for once has a duration"),
    ] {
        let problem = problem(given);
        assert!(problem.line == line && problem.message.contains(wanted), "{given}: {problem}");
    }
}

#[test]
fn a_window_that_is_over_when_it_begins_is_refused() {
    let back = problem("from = '2026-12-28T08:00'\nuntil = '2026-12-20T18:00'");
    assert_eq!((back.line, back.remedy.as_str()), (4, "Let `until` be later than `from`."));
    let skipped = problem("timezone = 'Europe/Berlin'\nfrom = '2027-03-28T02:10'\nuntil = '2027-03-28T02:50'");
    assert!(skipped.message.contains("is over when it begins"), "{skipped}");
}

#[test]
fn an_unknown_zone_is_named_with_the_one_that_was_probably_meant() {
    for (given, remedy) in [
        ("Europe/Berln", "Did you mean `Europe/Berlin`?"),
        ("berlin", "Did you mean `Europe/Berlin`?"),
        ("New York", "Did you mean `America/New_York`?"),
        ("PST", "Name one as in `Europe/Berlin`."),
        ("", "Name one as in `Europe/Berlin`."),
    ] {
        let problem = problem(&format!("timezone = '{given}'\n{ONCE}"));
        assert_eq!((problem.line, problem.remedy.as_str()), (3, remedy), "{problem}");
    }
}

#[test]
fn a_bad_cron_expression_is_told_with_the_nearest_remedy() {
    for (given, remedy) in [
        ("0 18 * *", "Write five"),
        ("0 0 18 * * FRI", "Write five"),
        ("0 18 * * FRIDAY", "Did you mean `FRI`?"),
        ("0 18 * OKT *", "Did you mean `OCT`?"),
        ("0 25 * * *", "Its fields are minute (0-59), hour (0-23)"),
        ("0 0 30 2 *", "Choose a day that the month has."),
    ] {
        let problem = problem(&recurring(given, "1d"));
        assert!(problem.line == 3 && problem.remedy.starts_with(remedy), "{problem}");
    }
}

#[test]
fn a_duration_is_from_a_minute_to_a_year_and_ends_before_it_begins_again() {
    for (given, wanted) in [
        ("0s", "less than a minute"),
        ("-2h", "less than a minute"),
        ("367d", "more than a year"),
        ("1 month", "years or months"),
        ("long", "is not a duration"),
        ("7d", "begins again before it ends"),
    ] {
        let problem = problem(&recurring("0 18 * * FRI", given));
        assert!(problem.line == 4 && problem.message.contains(wanted), "{problem}");
    }
    for good in ["62h", "2d 14h", "90m", "2 days, 14 hours", "P2DT14H"] {
        Config::parse(&format!("[[freeze.windows]]\nreason = 'rest'\n{}", recurring("0 18 * * FRI", good))).unwrap();
    }
}

#[test]
fn times_are_local_and_in_quotes_or_not() {
    for good in ["'2026-12-20T18:00'", "'2026-12-20 18:00:00'", "2026-12-20T18:00:00"] {
        Config::parse(&format!("[[freeze.windows]]\nreason = 'rest'\nfrom = {good}\nuntil = '2026-12-28T08:00'")).unwrap();
    }
    for bad in ["'2026-12-20T18:00Z'", "2026-12-20T18:00:00+01:00", "2026-12-20", "'2026-13-20T18:00'", "'soon'", "5"] {
        let problem = problem(&format!("from = {bad}\nuntil = '2026-12-28T08:00'"));
        assert!(problem.line == 3 && problem.message.contains("local date and time"), "{problem}");
    }
}

#[test]
fn a_freeze_without_a_reason_is_refused() {
    let problem = Config::parse(&format!("[[freeze.windows]]\nreason = ' '\n{ONCE}")).unwrap_err();
    assert!(problem.line == 2 && problem.message.contains("has no reason"), "{problem}");
}

#[test]
fn who_may_freeze_is_who_has_that_role_or_more() {
    let options = Config::parse("[freeze]\nwho = 'write'\nexempt_label = ''").unwrap().freeze.unwrap();
    assert!(options.who == Some(Who::Write) && Who::Write.admits(Role::Write) && !Who::Write.admits(Role::Triage));
    assert!(Who::default().admits(Role::Maintain) && !Who::default().admits(Role::Write) && !Who::Admin.admits(Role::Maintain));
    assert_eq!((options.exempt_label(), FreezeOptions::default().exempt_label()), (None, Some("freeze-exempt")));
}

#[test]
fn documentation_is_what_changes_nothing_else() {
    let is_docs = |paths: &[&str]| FreezeOptions::default().is_docs(Some(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>()));
    assert!(is_docs(&["README.md", "api/notes.md", "docs/images/a.png"]));
    assert!(!is_docs(&["README.md", "src/lib.rs"]) && !is_docs(&[]) && !FreezeOptions::default().is_docs(None));
}

//! Contradictions are named with their place and a remedy.

use super::*;
use crate::domain::config::Problem;

fn problem(text: &str) -> Problem {
    Config::parse(text).unwrap_err()
}

/// Two components with further lines for the second.
fn two(more: &str) -> String {
    format!("[[component]]\nname = 'api'\npaths = ['api']\n[[component]]\n{more}\n")
}

#[test]
fn a_release_change_request_that_changes_nothing_is_refused() {
    let problem = problem("[release]\nfrom = 'request'\nchangelog = ''");
    assert_eq!((problem.line, problem.column), (2, 8));
    assert!(problem.message.contains("neither a version file nor a changelog"), "{problem}");
    Config::parse("[release]\nfrom = 'request'").unwrap();
    Config::parse("[release]\nfrom = 'request'\nchangelog = ''\nfiles = ['VERSION']").unwrap();
}

#[test]
fn a_component_without_anything_to_write_is_named() {
    let problem = problem("release.from = 'request'\n[[component]]\nname = 'api'\nchangelog = ''");
    assert!(problem.line == 2 && problem.message.contains("the component `api` has neither"), "{problem}");
}

#[test]
fn names_are_there_and_differ() {
    assert!(problem("[[component]]\nname = ''").message.contains("`` cannot name a component"));
    assert!(problem("[[component]]\nname = 'my api'").remedy.contains("letters"));
    let same = problem(&two("name = 'api'\npaths = ['b']"));
    assert!(same.line == 5 && same.message.contains("are called `api`"), "{same}");
    assert_eq!(problem("[[changelog.sections]]\ntitle = ' '\ntypes = []").line, 2);
}

#[test]
fn a_tag_is_of_one_component() {
    let same = problem(&two("name = 'web'\npaths = ['b']\ntag_prefix = 'api-v'"));
    assert!(same.message.contains("`api-v1.2.3` could be a version of `api` and of `web`"), "{same}");
    let digits = problem(&two("name = 'web'\npaths = ['b']\ntag_prefix = 'api-v1'"));
    assert!(digits.line == 7 && digits.message.contains("`api-v11.2.3`"), "{digits}");
    Config::parse(&two("name = 'api-v'\npaths = ['b']")).unwrap();
    assert!(problem("release.tag_prefix = 'a b'").message.contains("git allows no tag"));
}

#[test]
fn components_have_paths_where_there_are_several() {
    let missing = problem(&two("name = 'web'"));
    assert!(missing.line == 4 && missing.message.contains("nothing belongs to the component `web`"), "{missing}");
    assert!(problem(&two("name = 'web'\npaths = ['']")).remedy.contains("`.`"));
    Config::parse("[[component]]\nname = 'all'").unwrap();
}

#[test]
fn files_are_a_components_where_there_are_components() {
    assert_eq!(problem(&format!("release.files = ['VERSION']\n{}", two("name = 'web'\npaths = ['b']"))).line, 1);
}

#[test]
fn a_user_is_allowed_by_name_alone() {
    let problem = problem("[audit]\nallow = ['max', '@dana']");
    assert!(problem.line == 2 && problem.message.contains("`@dana` is no user name"), "{problem}");
    Config::parse("[audit]\nallow = ['renovate[bot]']").unwrap();
}

#[test]
fn a_command_that_there_is_not_is_named_with_its_place_and_the_nearest() {
    let unknown = problem("[commands]\nhelp = ['write']\nsink = ['admin']");
    assert_eq!((unknown.line, unknown.message.as_str()), (3, "there is no command `sink`"));
    assert_eq!(unknown.remedy, "Did you mean `sync`?");
    assert_eq!(problem("commands.x-y-z = ['admin']").remedy, "docs/commands.md lists them.");
}

#[test]
fn what_is_cut_can_be_named_and_its_time_comes() {
    for (text, line, why) in [
        ("[train]\ncut = '0 9 * *'", 2, "has 4 fields"),
        ("[train]\ncut = '0 9 30 2 *'", 2, "never comes"),
        ("[train]\ncut = '*/5 * * * *'", 2, "comes again all the time"),
        ("[train]\ncut = '0 9 * * TUE'\ntimezone = 'Europe/Berlim'", 3, "no time zone"),
        ("[train]\ncut = '0 9 * * TUE'\nannounce = 'soon'", 3, "`soon` is not a duration"),
        ("[train]\ncut = '0 9 * * TUE'\nfreeze = '7d'", 3, "never thaws"),
        ("[train]\ncut = '0 9 * * TUE'\ncandidate = '2d'\nfinal = '1d'", 4, "before its candidate"),
        ("[cut]\ntag = 'cut'", 2, "where the version stands"),
        ("[cut]\ndevelopment = 'x_y'", 2, "cannot stand behind a version"),
        ("[cut]\ndevelopment = 'dev'\n[release]\ncalendar = 'YYYY.MM.MICRO'", 2, "calendar versions"),
        ("[branches]\nrelease = 'release/**'", 2, "where the version stands"),
        ("[branches]\nhotfix = 'hotfix'", 2, "where the version stands"),
        ("[branches]\nhotfix = 'release/*'", 2, "both called"),
    ] {
        let found = problem(text);
        assert!(found.line == line && found.message.contains(why), "{found}");
    }
    let train = "[train]\ncut = '0 9 * * TUE'\ntimezone = 'Europe/Berlin'\nfreeze = '6d'\ncandidate = '1h'\nfinal = '7d'";
    Config::parse(&format!("{train}\n[cut]\ntag = 'cut/*'\ndevelopment = 'dev.0'")).unwrap();
}

#[test]
fn an_unknown_dependency_is_named_with_the_nearest_component() {
    let unknown = problem(&two("name = 'web'\npaths = ['b']\ndepends_on = ['apo']"));
    assert!(unknown.line == 7 && unknown.remedy == "Did you mean `api`?", "{unknown}");
}

#[test]
fn a_file_whose_format_is_not_known_and_a_range_without_versions_are_refused_with_their_place() {
    let file = problem("[release]\nfiles = ['notes.txt']");
    assert!(file.line == 2 && file.message.contains("does not tell where its version is"), "{file}");
    for range in ["latest", ">=2.0.0 <1.0.0", "^1.4"] {
        let problem = problem(&format!("[[release.lines]]\nbranch = 'a'\nrange = '{range}'"));
        assert!(problem.line == 3 && problem.message.contains("is not a range of versions"), "{problem}");
    }
}

#[test]
fn a_rule_that_asks_for_nothing_is_refused_unless_it_is_off() {
    for rule in ["size", "labels", "up_to_date"] {
        let found = problem(&format!("[rules.no_fixup]\n[rules.{rule}]"));
        assert!(found.line == 2 && found.message == format!("the rule {rule} asks for nothing"), "{found}");
        Config::parse(&format!("[rules.{rule}]\nmode = 'off'")).unwrap();
    }
    for entry in ["paths = ['a']", "paths = []\nlabel = 'a'", "paths = ['a']\nteam = 'a/b'\napprovals = 0"] {
        let found = problem(&format!("[[rules.paths.require]]\n{entry}"));
        assert!(found.line == 1 && found.remedy.contains("`approvals`"), "{found}");
    }
}

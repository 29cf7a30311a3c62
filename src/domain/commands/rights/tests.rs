use std::collections::BTreeSet;

use super::super::tests::delivery;
use super::super::{COMMANDS, find, parse};
use super::*;
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::Thread;
use crate::domain::facts::{Asked, Asker, Role};
use crate::domain::names::{Moment, Number};

fn read(own: &str, organisation: Option<&str>) -> Configuration {
    let file = |path: &str, text: &str| ConfigFile { path: path.into(), version: "1".into(), text: text.into() };
    let organisation = organisation.map(|text| file("acme/.github: slipway.toml", text));
    let config = Configuration::read(ConfigFiles { own: Some(file("slipway.toml", own)), organisation });
    assert!(matches!(config, Configuration::Loaded { .. }), "{config:?}");
    config
}

fn facts(asker: Asker) -> Facts {
    Facts { now: Moment(1_767_700_000), me: Asked::Answered(name("slipway")), asker: Asked::Answered(asker), ..Facts::default() }
}

fn name(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

fn rights(config: &Configuration, call: &str) -> Rights {
    let call = parse(&format!("/slipway {call}"), None).remove(0);
    Rights::of(config, find(&call.verb).unwrap(), Some(&call))
}

/// What dana, of whom this is known, is answered when she asks for `call`; nothing where she may.
fn refused(config: &Configuration, call: &str, asker: Asker) -> String {
    rights(config, call).refusal(&name("dana"), &facts(asker)).map(|(why, remedy)| format!("{why}. {remedy}")).unwrap_or_default()
}

fn grant(grant: &str) -> Configuration {
    read(&format!("[commands]\nsync = ['{grant}']\n[duty]\nroster = ['max', 'Dana']\nsince = '2026-01-05'\ndays = 1"), None)
}

#[test]
fn each_grant_admits_those_who_have_it() {
    let (nobody, stranger) = (|| Asker::of(Role::None), "it takes ");
    assert_eq!(refused(&grant("anyone"), "sync", nobody()), "");
    for (word, role, less) in
        [("write", Role::Write, Role::Triage), ("maintain", Role::Maintain, Role::Write), ("admin", Role::Admin, Role::Maintain)]
    {
        assert_eq!(refused(&grant(word), "sync", Asker::of(role)), "");
        assert!(refused(&grant(word), "sync", Asker::of(less)).starts_with(stranger), "{word}");
    }
    assert_eq!(refused(&grant("author"), "sync", Asker { is_author: true, ..nobody() }), "");
    assert!(refused(&grant("author"), "sync", Asker::of(Role::Admin)).starts_with(stranger));
    assert_eq!(refused(&grant("@acme/sre"), "sync", Asker { teams: ["acme/sre".to_owned()].into(), ..nobody() }), "");
    assert!(refused(&grant("@acme/sre"), "sync", Asker { teams: ["acme/dev".to_owned()].into(), ..nobody() }).starts_with(stranger));
}

#[test]
fn the_release_manager_is_whoever_is_on_duty() {
    let asked = |now| rights(&grant("release-manager"), "sync").refusal(&name("dana"), &Facts { now: Moment(now), ..Facts::default() });
    let day = 86_400;
    assert_eq!(asked(1_767_571_200 + day), None);
    let (why, remedy) = asked(1_767_571_200).unwrap();
    assert_eq!(why, "it takes being the release manager on duty; max (on duty) has it");
    assert_eq!(remedy, "Ask them to comment the same.");
    assert!(asked(0).unwrap().1.starts_with("Ask somebody"), "before the first turn nobody is");
}

#[test]
fn a_refusal_says_what_is_missing_and_who_has_it() {
    let holder = |(name_of, role): &(&str, Role)| (name(name_of), *role);
    let named = |call: &str, holders: &[(&str, Role)]| {
        refused(&read("", None), call, Asker { holders: holders.iter().map(holder).collect(), ..Asker::of(Role::Read) })
    };
    assert_eq!(named("sync", &[]), "it takes the right to administer the repository. Ask somebody who has it.");
    let (mia, max, bot) = (("mia", Role::Admin), ("max", Role::Maintain), ("slipway", Role::Admin));
    let one = "it takes the right to administer the repository; mia has it. Ask them to comment the same.";
    assert_eq!(named("sync", &[mia, max, bot]), one);
    let two = "it takes the right to maintain the repository; mia and max have it. Ask one of them to comment the same.";
    assert_eq!(named("override x", &[mia, max, ("wen", Role::Write)]), two);
    assert!(named("override x", &[max; 8]).contains("; max, max, max, max, max and 3 others have it."));
    assert!(named("override x", &[max; 6]).contains(" and one other have it.") && named("override x", &[max; 100]).contains("many others"));
    let team = refused(&read("[commands]\nsync = ['author', '@acme/sre']", None), "sync", Asker::of(Role::Admin));
    assert!(team.starts_with("it takes being the author of the change request, or being of the team acme/sre; the team acme/sre has it."));
}

#[test]
fn nobody_may_use_a_command_that_names_nobody() {
    let config = read("[commands]\nsync = []", None);
    assert_eq!(refused(&config, "sync", Asker::of(Role::Admin)), "nobody may ask for it here. Change `[commands]` in slipway.toml first.");
    assert_eq!(rights(&config, "sync").in_words(), "nobody");
}

#[test]
fn what_the_file_says_elsewhere_counts_where_commands_says_nothing() {
    let config = read("overrides.who = 'admin'\n[freeze]\nwho = 'write'\n[commands]\nthaw = ['@acme/sre']", None);
    let words = |call: &str| rights(&config, call).in_words();
    assert_eq!((words("override x"), words("restore")), ("who may administer".into(), "who may administer".into()));
    assert_eq!((words("freeze"), words("override freeze")), ("who may write".into(), "who may write".into()));
    assert_eq!((words("thaw"), words("note")), ("the team acme/sre".into(), "its author, or who may write".into()));
    assert_eq!(rights(&Configuration::Absent, "freeze").in_words(), "who may maintain");
}

#[test]
fn a_repository_cannot_open_what_its_organisation_closed() {
    let config = read(
        "[commands]\nsync = ['anyone']\nnote = ['admin']\nrecheck = ['write']",
        Some("[commands]\nsync = ['maintain']\nnote = ['write']"),
    );
    let words = |call: &str| rights(&config, call).in_words();
    assert_eq!(
        (words("sync"), words("note"), words("recheck")),
        ("who may maintain".into(), "who may administer".into(), "who may write".into())
    );
    let both = read("[commands]\nsync = ['@acme/dev']", Some("[commands]\nsync = ['maintain']"));
    assert_eq!(rights(&both, "sync").in_words(), "the team acme/dev; the organisation asks for who may maintain");
    let member = |role| Asker { teams: ["acme/dev".to_owned()].into(), ..Asker::of(role) };
    assert!(refused(&both, "sync", member(Role::Write)).contains("the right to maintain"));
    assert!(refused(&both, "sync", Asker::of(Role::Admin)).contains("the team acme/dev"));
    assert_eq!(refused(&both, "sync", member(Role::Maintain)), "");
}

#[test]
fn an_organisations_release_managers_are_its_own() {
    let duty = |who: &str| format!("[duty]\nroster = ['{who}']\nsince = '2026-01-05'\n");
    let asks = "[commands]\nsync = ['release-manager']\n";
    let open = |organisation: &str| refused(&read(&duty("dana"), Some(organisation)), "sync", Asker::of(Role::None));
    assert_eq!(open(asks), "", "it has no roster of its own");
    assert!(open(&format!("{asks}{}", duty("olga"))).contains("olga (on duty) has it"));
}

#[test]
fn only_what_matters_is_asked_about_whoever_asks() {
    let need = |config: &Configuration, user: &str, call: &str| {
        let mut delivery = delivery();
        delivery.actor.name = name(user);
        let asking = Asking { thread: Thread::Issue(Number(1)), config, delivery: &delivery };
        match rights(config, call).need(&asking, Holders::Wanted) {
            Some(Need::Asker { lists, .. }) => lists.into_iter().collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    let duty = read("[commands]\nsync = ['release-manager', 'admin']\n[duty]\nroster = ['mia']\nsince = '2026-01-05'", None);
    let list = |grants: &[Grant]| grants.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(need(&duty, "dana", "sync"), [(list(&[Grant::Admin]), Holders::Wanted)]);
    assert_eq!(need(&duty, "mia", "sync"), [(list(&[Grant::Admin, Grant::ReleaseManager]), Holders::Unneeded)]);
    let delivery = delivery();
    let asking = Asking { thread: Thread::Issue(Number(1)), config: &duty, delivery: &delivery };
    assert!(rights(&duty, "help").need(&asking, Holders::Wanted).is_none());
    assert!(COMMANDS.iter().all(|command| !command.grants.is_empty()));
}

#[test]
fn the_release_manager_on_duty_may_what_the_table_says_of_them() {
    let duty = read("[duty]\nroster = ['dana']\nsince = '2026-01-05'", None);
    let dana = Asker::of(Role::Write);
    assert_eq!((refused(&duty, "cut 1.4", dana.clone()), refused(&duty, "release rc", dana.clone())), (String::new(), String::new()));
    assert!(refused(&duty, "sync", dana.clone()).contains("administer"));
    let off = read("[duty]\nroster = ['mia']\nsince = '2026-01-05'", None);
    assert!(refused(&off, "cut 1.4", dana).contains("mia"), "it says who is on duty");
}

//! Rollbacks in words.

use super::*;
use crate::domain::names::{Number, Sha, UserName};
use crate::domain::plan::Note;

fn of(reason: &str) -> Case {
    let tag = |name: &str| TagName::parse(name).unwrap();
    let by = UserName::parse("mia").unwrap();
    Case { tag: tag("v1.4.0"), previous: tag("v1.3.0"), instead: Some(tag("v1.3.0")), by, reason: reason.into() }
}

fn words(words: Words) -> String {
    Renderer::new().unwrap().words(&Note::Rollback(Box::new(words))).unwrap()
}

fn risks(breaking: &str) -> Risks {
    Risks { requests: 2, files: vec!["db/migrations/1.sql".into()], more: 1, cut: true, breaking: vec![breaking.into()] }
}

fn told(revert: Result<Number, Option<Obstacle>>) -> Told {
    Told {
        case: of("logins fail"),
        sigil: "!",
        found: true,
        latest: TagName::parse("v1.3.0").ok(),
        issue: Some(Number(20)),
        post_mortem: Some(Number(21)),
        revert,
        commands: Vec::new(),
        told: 2,
    }
}

#[test]
fn the_banner_says_what_to_use_instead() {
    insta::assert_snapshot!(words(Words::Banner(of("logins fail."))), @r#"
    > **v1.4.0 is withdrawn.** `mia` took it back: logins fail. Use **v1.3.0** instead.
    "#);
}

#[test]
fn what_is_withdrawn_too_is_not_to_be_used_instead() {
    let instead = |name: &str| words(Words::Banner(Case { instead: TagName::parse(name).ok(), ..of("logins fail") }));
    insta::assert_snapshot!(instead("v1.2.9") + &instead(""), @r"
    > **v1.4.0 is withdrawn.** `mia` took it back: logins fail. Use **v1.2.9** instead.
    > **v1.4.0 is withdrawn.** `mia` took it back: logins fail.
    ");
}

#[test]
fn the_issue_has_its_checklist_and_what_is_risky() {
    let branch = BranchName::parse("release/1.4").ok();
    insta::assert_snapshot!(words(Words::Issue { case: of("logins fail"), risks: risks("the API"), branch }), @r#"
    `mia` rolls v1.4.0 back to v1.3.0 on `release/1.4`: logins fail.

    - [ ] The roll-out of v1.4.0 is stopped
    - [ ] Those who run it know that it is withdrawn, and to use v1.3.0
    - [ ] The change request that takes it back is merged, or it is decided to roll forward
    - [ ] What it left behind is put right: data, migrations, caches
    - [ ] It is watched for long enough that it works again
    - [ ] The post-mortem is written

    **What it takes back:** 2 change requests.

    **Breaking changes in it**, on which others may count by now:

    - the API

    **Risky to take back**, such as migrations that have run already:

    - `db/migrations/1.sql`
    - and 1 more

    It touches more files than were looked at, so there may be others.
    "#);
}

#[test]
fn the_change_request_says_what_it_takes_back() {
    let safe = Risks { requests: 1, files: Vec::new(), more: 0, cut: false, breaking: Vec::new() };
    insta::assert_snapshot!(words(Words::Revert { case: of("logins fail"), risks: safe }), @r#"
    This takes back everything that v1.4.0 brought since v1.3.0, because `mia` rolled it back: logins fail.

    **What it takes back:** one change request.

    No breaking change and no path that `[rollback]` calls risky is in it.

    The tag stays where it is. Merge this to go back on the branch, or close it to repair the branch and roll forward.
    "#);
}

#[test]
fn the_post_mortem_is_a_text_to_fill_in_or_the_repositorys_own() {
    insta::assert_snapshot!(words(Words::PostMortem { case: of("logins fail"), template: Template::BuiltIn }), @r#"
    v1.4.0 was rolled back to v1.3.0 by `mia`: logins fail.

    Nobody is to blame: this is about what let it happen, and what will keep it from happening again.

    ## What happened

    ## Impact

    Who noticed what, for how long?

    ## Timeline

    | when | what |
    | --- | --- |
    | | |

    ## What went well

    ## What did not

    ## Actions

    - [ ]
    "#);
    let own = words(Words::PostMortem { case: of("x"), template: Template::Own("# Ours\n /close\n".into()) });
    assert!(own.contains("# Ours\n\\/close") && !own.contains("Nobody is to blame"), "{own}");
    let missing = words(Words::PostMortem { case: of("x"), template: Template::Missing("pm.md".into()) });
    assert!(missing.contains("`pm.md`, which is not on the default branch") && missing.contains("Nobody is to blame"), "{missing}");
}

#[test]
fn what_came_of_it_is_linked() {
    insta::assert_snapshot!(words(Words::Links(told(Ok(Number(22))))), @r#"
    v1.4.0 is rolled back to v1.3.0, and stays tagged:

    - its release is marked as withdrawn, and v1.3.0 is the latest again where the forge can be told
    - !22 takes it back
    - #20 tracks what is to be done
    - #21 is the post-mortem
    - it is told on each of the 2 change requests that were in it
    "#);
    let (at, lacking) = (Sha::parse(&"a".repeat(40)).unwrap(), Vec::new());
    let conflict = Obstacle::Conflict { at, files: vec!["src/a.rs".into()], lacking };
    let stopped = Told { commands: vec!["git fetch origin".into()], found: false, ..told(Err(Some(conflict))) };
    insta::assert_snapshot!(words(Words::Links(stopped)), @r#"
    v1.4.0 is rolled back to v1.3.0, and stays tagged:

    - it has no release that could be withdrawn
    - what came after it stands on it, so only a person can take it back
    - #20 tracks what is to be done
    - #21 is the post-mortem
    - it is told on each of the 2 change requests that were in it

    The conflict is probably in:

    - `src/a.rs`

    By hand:

    ```sh
    git fetch origin
    ```
    "#);
}

#[test]
fn a_hostile_reason_stays_text() {
    let hostile = "x | [a](http://b) @team <img src=x>\n/close";
    for words in [
        words(Words::Banner(of(hostile))),
        words(Words::Withdrawn(of(hostile))),
        words(Words::Revert { case: of(hostile), risks: risks(hostile) }),
    ] {
        let events = pulldown_cmark::Parser::new(&words);
        let bad = |event: &pulldown_cmark::Event| {
            matches!(event, pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. }))
                || matches!(event, pulldown_cmark::Event::Html(_) | pulldown_cmark::Event::InlineHtml(_))
        };
        assert_eq!(events.filter(bad).count(), 0, "{words}");
        assert!(!words.contains("@team") && !words.lines().any(|line| line.starts_with('/')), "{words}");
    }
}

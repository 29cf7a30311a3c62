//! Each note in words.

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};

use super::*;
use crate::domain::changelog::{Entry, Notes, Section};
use crate::domain::changes::{Ignored, Reason};
use crate::domain::config::{Mode, Source};
use crate::domain::facts::Links;
use crate::domain::names::{Sha, TagName};
use crate::domain::plan::{PolicyReport, ReleaseNotes, Since};
use crate::domain::release::Part;
use crate::domain::rules::{Finding, Verdict};

fn words(note: &Note) -> String {
    Renderer::new().unwrap().words(note).unwrap()
}

fn sha() -> Sha {
    Sha::parse(&"1".repeat(40)).unwrap()
}

fn report(why: &str, remedy: Option<&str>) -> Note {
    let finding = match remedy {
        Some(remedy) => Finding::Broken { why: why.into(), remedy: remedy.into() },
        None => Finding::Holds { why: why.into() },
    };
    let verdicts = vec![Verdict { rule: "base_branch", finding, mode: Mode::Enforce, overridden: None }];
    let source = Source { path: "slipway.toml".into(), version: "c0ffee".into() };
    Note::Policy(PolicyReport { head: sha(), source, verdicts, ignored: Vec::new(), who: "who may maintain, or the team acme/a_b".into() })
}

#[test]
fn a_broken_rule_is_told_with_its_repair() {
    insta::assert_snapshot!(words(&report("develop may not be merged into main", Some("Change the base branch."))), @r#"
    **This change request does not follow the branching policy yet.**

    - ❌ `base_branch`: develop may not be merged into main. **How to repair it:** Change the base branch.

    The check follows as soon as it is repaired. Should a rule not fit here, an exemption, which holds for this commit, is for who may maintain, or the team acme/a\_b: `/slipway override base_branch reason="…"`.

    <sub>Judged at 1111111111111111111111111111111111111111 by `slipway.toml at c0ffee`.</sub>
    "#);
}

#[test]
fn a_policy_that_is_kept_is_told_shortly() {
    insta::assert_snapshot!(words(&report("feature/a may be merged into main", None)), @"
    **This change request follows the branching policy.**

    - ✅ `base_branch`: feature/a may be merged into main.

    <sub>Judged at 1111111111111111111111111111111111111111 by `slipway.toml at c0ffee`.</sub>
    ");
}

#[test]
fn notes_list_sections_and_what_was_not_understood() {
    let entry = Entry {
        kind: "feat".into(),
        scope: Some("api".into()),
        text: "add *x*".into(),
        breaking: None,
        authors: Vec::new(),
        sha: sha(),
        references: vec!["#12".into()],
    };
    let reason = Reason::Unread("has no `type: ` before its description");
    let ignored = Ignored { commit: 0, subject: "Add y".into(), sha: sha(), reason };
    let notes = Notes { sections: vec![Section { title: "Features".into(), entries: vec![entry] }], ignored: vec![ignored] };
    let part = Part {
        component: None,
        version: "1.1.0".into(),
        previous: Some("1.0.0".into()),
        tag: "v1.1.0".into(),
        previous_tag: Some("v1.0.0".into()),
        date: "2026-11-21".into(),
        notes,
        links: Links::default(),
    };
    let notes = ReleaseNotes { since: Since::Tag, part, template: None, worded: None, newcomers: Vec::new() };
    insta::assert_snapshot!(words(&Note::ReleaseNotes(Box::new(notes))), @r"
    ### Features

    - **api:** add \*x\* (#12, 1111111111)

    <details>
    <summary>Changes that follow no convention</summary>

    - Add y (1111111111): it has no `type: ` before its description

    </details>
    ");
}

#[test]
fn help_lists_what_one_may_use_tells_of_the_rest_and_offers_a_file() {
    let me = UserName::parse("slipway[bot]").unwrap();
    let offer = |verb, who: &str| Offer { verb, example: "/slipway x", summary: "Does `x`.", who: who.into() };
    let (offers, others) = (vec![offer("x", "anyone")], vec![offer("y", "the team acme/a_b"), offer("z", "who may write")]);
    insta::assert_snapshot!(words(&Note::Reply(vec![Answer::Help { me, configured: Configured::No, offers, others }])), @r#"
    Write a command at the start of a line of a new comment, as `/slipway …` or `@slipway …`:

    | command | what it does | who may use it |
    | --- | --- | --- |
    | `/slipway x` | Does `x`. | anyone |

    There are 2 other commands: `y` for the team acme/a\_b; `z` for who may write.

    There is no `slipway.toml` on the default branch yet, so nothing else happens here. This one is a start:

    ```toml
    # Which branches may be merged where. A base branch that no entry names takes anything.
    [[rules.base_branch.allow]]
    into = "main"
    from = ["feature/*", "fix/*", "release/*"]

    # Titles are Conventional Commits: "feat: add login", "fix(api)!: refuse empty names".
    [rules.conventional_title]

    # A tag such as v1.2.0 is released, with notes made from the commits since the version before it.
    [release]
    tag_prefix = "v"
    ```
    "#);
}

#[test]
fn refusals_quote_what_people_wrote_as_code() {
    let refused = Answer::Refused { verb: "he`lp".into(), why: "there is no such command".into(), remedy: "Did you mean help?".into() };
    insta::assert_snapshot!(words(&Note::Reply(vec![refused, Answer::Rechecked { head: sha(), broken: 1 }])), @"
    `` he`lp `` was not done: there is no such command. Did you mean help?

    Judged 1111111111 again: 1 rule is broken, as the check `slipway/policy` explains.
    ");
}

#[test]
fn every_other_note_has_words() {
    let problem = Problem { path: "slipway.toml".into(), line: 3, column: 1, message: "unknown".into(), remedy: "Mend it.".into() };
    let tag = TagName::parse("v1.2.0").unwrap();
    for note in [
        Note::NotYet,
        Note::NotAsked,
        Note::BrokenConfig(problem.clone()),
        Note::ReleaseRefused { tag: tag.clone(), problem },
        Note::ReleaseRepaired { tag: tag.clone() },
        Note::ReleasedIn { tag },
    ] {
        assert!(words(&note).len() > 10, "{note:?}");
    }
}

proptest! {
    /// What people wrote is read back as text: no link, image, emphasis, code or HTML comes from it, and no mention.
    #[test]
    fn a_title_stays_text(title in "[ -~@<>\\[\\]()!`*_/#&\n]{1,60}") {
        let text = format!("x {}", escape(&title));
        prop_assert!(!text.contains('\n'));
        for event in Parser::new(&text) {
            let harmless = matches!(event, Event::Text(_) | Event::Start(Tag::Paragraph) | Event::End(_));
            prop_assert!(harmless, "{:?} in {:?}", event, text);
        }
        prop_assert!(!text.replace("@&#8203;", "").contains('@'));
    }

    #[test]
    fn code_stays_code(title in "[a-z` ]{1,30}") {
        let mut renderer = Renderer::new().unwrap();
        renderer.templates.register_template_string("t", "x {{code title}} y").unwrap();
        let text = renderer.templates.render("t", &json!({ "title": title })).unwrap();
        let codes = Parser::new(&text).filter(|event| matches!(event, Event::Code(_))).count();
        prop_assert_eq!(codes, 1, "{}", text);
    }
}

//! Which rollbacks are refused. What is done in one is tested where it is decided.

use std::collections::BTreeMap;

use super::super::tests::delivery;
use super::*;
use crate::domain::config::Source;
use crate::domain::event::Thread;
use crate::domain::facts::{Asked, Between, Line, Links, Standing, TagFacts, TagForm};
use crate::domain::history::tests::{sha, tagged, window};
use crate::domain::names::{BranchName, Number, UserName};

fn line(tags: &[(&str, char)]) -> Line {
    let window = tagged(window(&["a: feat: a", "b a: feat: b"]), tags);
    let (files, proposals, links) = (BTreeMap::new(), BTreeMap::new(), Links::default());
    Line { name: "v1.4.0".into(), window, links, files, proposals, newcomers: Vec::new(), standing: Standing::default() }
}

fn asked(text: &str, command: &str, line: Option<Line>) -> Answer {
    let source = Source { path: "slipway.toml".into(), version: "1".into() };
    let config = Configuration::Loaded { config: Box::new(Config::parse(text).unwrap()), source };
    let asking = Asking { thread: Thread::Issue(Number(1)), config: &config, delivery: &delivery() };
    let call = super::super::parse(command, None).pop().unwrap();
    let tag = TagName::parse("v1.4.0").unwrap();
    let lines = [(Ref::Tag(tag), line), (Ref::Default, Some(self::line(&[("v1.3.0", 'a'), ("v1.4.0", 'b')])))];
    let facts = Facts {
        me: Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
        lines: lines.into_iter().map(|(at, line)| (at, Asked::Answered(line))).collect(),
        between: Asked::Answered(Some(Between::default())),
        issues: [(IssueKind::Release, Asked::Answered(Vec::new()))].into(),
        tag: Asked::Answered(Some(TagFacts { commit: sha('b'), form: TagForm::Annotated, branches: vec![BranchName::main()] })),
        ..Facts::default()
    };
    decide(&asking, &call, &facts).answer
}

fn refusal(text: &str, command: &str, line: Option<Line>) -> String {
    match asked(text, command, line) {
        Answer::Refused { why, remedy, .. } => format!("{why}. {remedy}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_version_is_named_by_its_number_or_its_tag() {
    let released = || Some(line(&[("v1.3.0", 'a'), ("v1.4.0", 'b')]));
    for version in ["1.4.0", "v1.4.0"] {
        let answer = asked("", &format!("/slipway rollback {version} reason=x"), released());
        assert!(matches!(answer, Answer::RolledBack(_)), "{answer:?}");
    }
    let two = "[[component]]\nname = 'api'\npaths = ['api']\n[[component]]\nname = 'web'\npaths = ['web']";
    assert!(refusal(two, "/slipway rollback 1.4.0 reason=x", None).ends_with("Name the tag, such as api-v1.4.0."));
}

#[test]
fn what_cannot_be_taken_back_is_refused_with_what_to_do() {
    let (first, released) = (Some(line(&[("v1.4.0", 'b')])), || Some(line(&[("v1.3.0", 'a'), ("v1.4.0", 'b')])));
    assert!(refusal("", "/slipway rollback 1.4.0 reason=x", first).starts_with("no version before v1.4.0 is within"));
    assert!(refusal("", "/slipway rollback 1.4.0", released()).starts_with("no reason is given."));
    assert!(refusal("", "/slipway rollback reason=x", released()).starts_with("no version is named."));
    assert!(refusal("", "/slipway rollback 1.4 reason=x", released()).starts_with("\"1.4\" is not a version"));
    assert!(refusal("", "/slipway rollback 1.4.0 reson=x", released()).starts_with("there is no option reson."));
    assert!(refusal("", "/slipway rollback 1.4.0 1.3.0 reason=x", released()).starts_with("“1.3.0” is not understood."));
    let gone = asked("", "/slipway rollback 1.4.0 reason=x", None);
    assert!(matches!(gone, Answer::Refused { ref remedy, .. } if remedy == "Did you mean v1.4.0?"), "{gone:?}");
}

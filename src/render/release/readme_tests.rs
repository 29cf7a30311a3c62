use std::collections::BTreeMap;

use crate::domain::config::Config;
use crate::domain::facts::{Asked, ChangeRequest, Facts, Line, Links, MergeMethod, Merging, Ref, Standing};
use crate::domain::history::tests::{tagged, window};
use crate::domain::names::{BranchName, UserName};
use crate::domain::plan::{Action, Plan};
use crate::domain::release::line::Situation;
use crate::domain::release::{Releasing, tell_preview};
use crate::domain::rules::tests::request;
use crate::render::Renderer;

const README: &str = include_str!("../../../README.md");

/// The branch main with this history, and the release v1.3.0 of the commit a.
fn line(history: &[&str]) -> Line {
    let mut window = window(history);
    // The first of July 2026.
    window.commits.iter_mut().for_each(|commit| commit.at.0 += 1_782_900_000);
    let window = tagged(window, &[("v1.3.0", 'a')]);
    let at = |place: &str| format!("https://github.com/acme/app/{place}/");
    let links = Links { sigil: "#".into(), commit: at("commit"), request: at("pull"), issue: at("issues"), compare: at("compare") };
    let (files, proposals) = (BTreeMap::new(), BTreeMap::new());
    Line { name: "main".into(), window, links, files, proposals, newcomers: Vec::new(), standing: Standing::default() }
}

const REQUEST: &str = "release.from = 'request'";

fn texts(plan: Plan) -> Vec<Action<String>> {
    Renderer::new().unwrap().render(plan).unwrap()
}

/// Marks are not seen, and neither is how many empty lines there are.
#[track_caller]
fn is_shown(text: &str) {
    let visible = |text: &str| {
        let lines: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with("<!-- ")).collect();
        lines.join("\n")
    };
    assert!(visible(README).contains(&visible(text)), "README.md does not show this:\n{text}");
}

/// The description of the release change request under a configuration.
fn described(config: &str, files: &[(&str, &str)]) -> String {
    let history = [
        "a: feat: start",
        "b a: feat(api): add search (#12)",
        "c b: fix(names)!: refuse empty names (#15)\n\nBREAKING CHANGE: an empty name is answered with 422.",
    ];
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let (config, line) = (Config::parse(config).unwrap(), Line { files, ..line(&history) });
    let (main, me) = (BranchName::parse("main").unwrap(), UserName::parse("slipway[bot]").unwrap());
    let forced = BTreeMap::new();
    let plan = Situation { config: &config, releasing: Releasing::Default, branch: &main, line: &line, me: &me, forced }.plan();
    let body = texts(plan).into_iter().find_map(|action| if let Action::Propose(propose) = action { Some(propose.body) } else { None });
    body.unwrap()
}

#[test]
fn the_readme_shows_a_release_change_request_as_it_is_written() {
    is_shown(&described(REQUEST, &[]));
}

#[test]
fn the_example_of_a_template_in_the_docs_can_be_used_and_may_ask_for_what_is_not_there() {
    let docs = include_str!("../../../docs/templates.md");
    let example = docs.split("```handlebars\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let template = format!("{example}{{{{#if newcomers}}}}Welcome!{{{{/if}}}}");
    let body = described(&format!("{REQUEST}\nchangelog.template = 't'"), &[("t", &template)]);
    assert!(body.contains("- `api`: add search ([#12](https://"), "{body}");
    assert!(body.contains("\n  an empty name is answered with 422.\n") && !body.contains("⚠️"), "{body}");
}

#[test]
fn the_readme_shows_a_preview_as_it_is_written() {
    let title = "feat(api): sort results".to_owned();
    let change: ChangeRequest = request("feature/sort", "main", &title);
    let (head, at) = (change.head.sha.clone(), Ref::Branch(change.base.clone()));
    let facts = Facts {
        change_request: Asked::Answered(Some(change)),
        merging: Asked::Answered(Some(Merging { methods: vec![(MergeMethod::Squash, vec![title])] })),
        lines: [(at, Asked::Answered(Some(line(&["a: feat: start", "b a: fix: keep line ends (#14)"]))))].into(),
        ..Facts::default()
    };
    let comment = texts(tell_preview(&Config::parse(REQUEST).unwrap(), Releasing::Default, &head, &facts)).pop();
    let Some(Action::Comment { body, .. }) = comment else { panic!("{comment:?}") };
    is_shown(&body);
}

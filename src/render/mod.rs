//! Notes become words: each note has one template, embedded, strict, and compiled at start-up. What people wrote is escaped for
//! Markdown where it lands, so that a title can neither format, link, mention nor command.

pub mod custom;
mod release;

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason};
use serde_json::{Value, json};

use crate::domain::commands::COMMANDS;
use crate::domain::config::{Problem, STARTER};
use crate::domain::names::UserName;
use crate::domain::plan::{Action, Answer, Configured, Note, Plan, PolicyReport};
use crate::domain::rules::Finding;

const TEMPLATES: [(&str, &str); 18] = [
    ("policy_report", include_str!("../../templates/policy_report.md.hbs")),
    ("not_yet", include_str!("../../templates/not_yet.md.hbs")),
    ("broken_config", include_str!("../../templates/broken_config.md.hbs")),
    ("release_notes", include_str!("../../templates/release_notes.md.hbs")),
    ("release_refused", include_str!("../../templates/release_refused.md.hbs")),
    ("release_repaired", include_str!("../../templates/release_repaired.md.hbs")),
    ("released_in", include_str!("../../templates/released_in.md.hbs")),
    ("release_part", include_str!("../../templates/release_part.md.hbs")),
    ("sections", include_str!("../../templates/sections.md.hbs")),
    ("entry", include_str!("../../templates/entry.md.hbs")),
    ("release_request_top", include_str!("../../templates/release_request_top.md.hbs")),
    ("release_request_end", include_str!("../../templates/release_request_end.md.hbs")),
    ("template_problem", include_str!("../../templates/template_problem.md.hbs")),
    ("no_release", include_str!("../../templates/no_release.md.hbs")),
    ("held", include_str!("../../templates/held.md.hbs")),
    ("status", include_str!("../../templates/status.md.hbs")),
    ("preview", include_str!("../../templates/preview.md.hbs")),
    ("reply", include_str!("../../templates/reply.md.hbs")),
];

/// A template that does not fit its note. With embedded templates that is a mistake in Slipway, and its tests find it.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the template {0}")]
    Template(#[from] Box<handlebars::TemplateError>),
    #[error("rendering {0}")]
    Note(#[from] Box<handlebars::RenderError>),
}

pub struct Renderer {
    templates: Handlebars<'static>,
}

impl Renderer {
    /// # Errors
    /// When a template is malformed.
    pub fn new() -> Result<Self, RenderError> {
        let mut templates = language();
        for (name, text) in TEMPLATES {
            templates.register_template_string(name, text).map_err(Box::new)?;
        }
        Ok(Self { templates })
    }

    /// The plan's actions, in words.
    ///
    /// # Errors
    /// When a template does not fit its note.
    pub fn render(&self, plan: Plan) -> Result<Vec<Action<String>>, RenderError> {
        plan.actions.into_iter().map(|action| action.map(|note| self.words(&note))).collect()
    }

    /// One note, in words.
    ///
    /// # Errors
    /// When its template does not fit.
    pub fn words(&self, note: &Note) -> Result<String, RenderError> {
        let (template, view) = match note {
            Note::Policy(report) => ("policy_report", policy(report)),
            Note::NotYet => ("not_yet", Value::Null),
            Note::BrokenConfig(problem) => ("broken_config", place(problem)),
            Note::ReleaseNotes(notes) => return self.release_notes(notes),
            Note::RequestBody(body) => return self.request_body(body),
            Note::Withdrawn { current } => return Ok(release::withdrawn(current)),
            Note::ChangelogFile(file) => return self.changelog_file(file),
            Note::Preview(preview) => return self.preview(preview),
            Note::Text(text) | Note::Problem(text) => return Ok(text.clone()),
            Note::NoRelease(refusals) => {
                let refusals: Vec<_> = refusals.iter().map(|(component, why)| json!({ "component": component, "why": why })).collect();
                ("no_release", json!({ "refusals": refusals }))
            }
            Note::Held { branch, tip } => ("held", json!({ "branch": branch.as_str(), "tip": tip.short() })),
            Note::ReleaseRefused { tag, problem } => {
                let mut view = place(problem);
                if let Some(view) = view.as_object_mut() {
                    view.insert("tag".to_owned(), json!(tag.as_str()));
                }
                ("release_refused", view)
            }
            Note::ReleaseRepaired { tag } => ("release_repaired", json!({ "tag": tag.as_str() })),
            Note::ReleasedIn { tag } => ("released_in", json!({ "tag": tag.as_str() })),
            Note::Reply(answers) => {
                let answers = answers.iter().map(|answer| self.answer(answer)).collect::<Result<Vec<_>, _>>()?;
                ("reply", json!({ "answers": answers }))
            }
        };
        self.template(template, &view)
    }

    fn answer(&self, answer: &Answer) -> Result<Value, RenderError> {
        Ok(match answer {
            Answer::Help { me, configured } => json!({ "help": help(me, *configured) }),
            Answer::Rechecked { head, broken } => {
                let noun = if *broken == 1 { "rule is" } else { "rules are" };
                json!({ "recheck": { "head": head.short(), "broken": broken, "noun": noun } })
            }
            Answer::Status(status) => json!({ "status": self.status(status)? }),
            Answer::ReleaseAs { component, version } => json!({ "release_as": { "component": component, "version": version } }),
            Answer::Noted => json!({ "noted": true }),
            Answer::Refused { verb, why, remedy } => json!({ "refused": { "verb": verb, "why": why, "remedy": remedy } }),
        })
    }

    fn template(&self, name: &str, view: &Value) -> Result<String, RenderError> {
        Ok(self.templates.render(name, view).map_err(Box::new)?)
    }
}

/// Handlebars as every template speaks it: strict, with what people wrote escaped for Markdown.
fn language() -> Handlebars<'static> {
    let mut language = Handlebars::new();
    language.set_strict_mode(true);
    language.register_escape_fn(escape);
    language.register_helper("code", Box::new(code));
    language.register_helper("link", Box::new(link));
    language
}

fn policy(report: &PolicyReport) -> Value {
    let verdicts = report.verdicts.iter().map(|verdict| {
        let (why, remedy) = match &verdict.finding {
            Finding::Holds { why } => (why, None),
            Finding::Broken { why, remedy } => (why, Some(remedy)),
        };
        json!({ "rule": verdict.rule, "why": why, "remedy": remedy })
    });
    json!({
        "broken": report.verdicts.iter().any(crate::domain::rules::Verdict::is_broken),
        "verdicts": verdicts.collect::<Vec<_>>(),
        "head": report.head.as_str(),
        "source": report.source.to_string(),
        "path": report.source.path,
    })
}

fn place(problem: &Problem) -> Value {
    let Problem { path, line, column, message, remedy } = problem;
    json!({ "path": path, "line": line, "column": column, "message": message, "remedy": remedy })
}

fn help(me: &UserName, configured: Configured) -> Value {
    let command =
        |command: &crate::domain::commands::Command| json!({ "example": command.example, "summary": command.summary, "who": command.who });
    json!({
        "mention": format!("@{} …", me.as_str().trim_end_matches("[bot]")),
        "commands": COMMANDS.iter().map(command).collect::<Vec<_>>(),
        "starter": (configured == Configured::No).then_some(STARTER),
    })
}

/// Text for the middle of a line of Markdown: nothing in it formats, links or is HTML; `@` does not mention; it stays on its line
/// and does not start one with a `/`, which GitLab would take for a quick action.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => escaped.extend(['\\', c]),
            '/' if at == 0 => escaped.push_str("\\/"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("@&#8203;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// `{{code text}}`: text as inline code, in a fence longer than any run of backticks in it (CommonMark 6.1).
fn code(helper: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output) -> HelperResult {
    let text = helper.param(0).and_then(|param| param.value().as_str()).ok_or(RenderErrorReason::ParamNotFoundForIndex("code", 0))?;
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    out.write(&format!("{fence}{pad}{text}{pad}{fence}"))?;
    Ok(())
}

/// `{{link label address}}`: a link where there is an address to lead to, else the label alone.
fn link(helper: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output) -> HelperResult {
    let text = |at: usize| helper.param(at).and_then(|param| param.value().as_str());
    let label = escape(text(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("link", 0))?);
    match text(1).filter(|address| address.starts_with("https://") || address.starts_with("http://")) {
        Some(address) => {
            let safe = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>[]\\`".contains(c);
            out.write(&format!("[{label}]({})", address.chars().filter(|c| safe(*c)).collect::<String>()))?;
        }
        None => out.write(&label)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Parser, Tag};

    use super::*;
    use crate::domain::changelog::{Entry, Notes, Section};
    use crate::domain::changes::{Ignored, Reason};
    use crate::domain::config::Source;
    use crate::domain::facts::Links;
    use crate::domain::names::{Sha, TagName};
    use crate::domain::plan::{ReleaseNotes, Since};
    use crate::domain::release::Part;
    use crate::domain::rules::Verdict;

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
        let verdicts = vec![Verdict { rule: "base_branch", finding }];
        let source = Source { path: "slipway.toml".into(), version: "c0ffee".into() };
        Note::Policy(PolicyReport { head: sha(), source, verdicts })
    }

    #[test]
    fn a_broken_rule_is_told_with_its_repair() {
        insta::assert_snapshot!(words(&report("develop may not be merged into main", Some("Change the base branch."))), @"
        **This change request does not follow the branching policy yet.**

        - ❌ `base_branch`: develop may not be merged into main. **How to repair it:** Change the base branch.

        The check follows as soon as it is repaired. Should a rule not fit here, ask a maintainer: the policy is changed in `slipway.toml` on the default branch.

        <sub>Judged at 1111111111111111111111111111111111111111 by `slipway.toml at c0ffee`.</sub>
        ");
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
    fn help_lists_the_commands_and_offers_a_file() {
        let me = UserName::parse("slipway[bot]").unwrap();
        insta::assert_snapshot!(words(&Note::Reply(vec![Answer::Help { me, configured: Configured::No }])), @r#"
        Write a command at the start of a line of a new comment, as `/slipway …` or `@slipway …`:

        | command | what it does | who may use it |
        | --- | --- | --- |
        | `/slipway help` | Lists the commands; where there is no `slipway.toml` yet, offers one to start from. | anyone |
        | `/slipway recheck` | Judges the change request again by the policy as it is now. | anyone |
        | `/slipway status` | Tells what the next release would be: the version before, what waits, what is not told and why. | anyone |
        | `/slipway note "feat(api): add search"` | Rewords how the change request is told in the notes of its release, before or after the merge. | its author, and who may write |
        | `/slipway release-as 2.0.0` | Gives the next release this version, once; `auto` takes it back. `component=…` says of which component. | who may write |

        There is no `slipway.toml` on the default branch yet, so nothing else happens here. This one is a start:

        ```toml
        # Which branches may be merged where. A base branch that no entry names takes anything.
        [[rules.base_branch]]
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
}

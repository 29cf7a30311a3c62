//! Notes become words: each note has one template, embedded, strict, and compiled at start-up. What people wrote is escaped for
//! Markdown where it lands, so that a title can neither format, link, mention nor command.

pub mod calendar;
pub mod custom;
mod freeze;
mod incident;
mod page;
mod policy;
mod porting;
mod protection;
mod readiness;
mod release;
mod rollback;
mod schedule;
pub mod schedule_page;
mod tracking;
mod velocity;

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason};
use serde_json::{Value, json};

use crate::domain::config::{Problem, STARTER};
use crate::domain::names::UserName;
use crate::domain::plan::{Action, Answer, Configured, Note, Offer, Plan};

const TEMPLATES: [(&str, &str); 36] = [
    ("policy_report", include_str!("../../templates/policy_report.md.hbs")),
    ("not_asked", include_str!("../../templates/not_asked.md.hbs")),
    ("not_yet", include_str!("../../templates/not_yet.md.hbs")),
    ("override", include_str!("../../templates/override.md.hbs")),
    ("config_problem", include_str!("../../templates/config_problem.md.hbs")),
    ("config_effect", include_str!("../../templates/config_effect.md.hbs")),
    ("config_unchanged", include_str!("../../templates/config_unchanged.md.hbs")),
    ("observed", include_str!("../../templates/observed.md.hbs")),
    ("drift", include_str!("../../templates/drift.md.hbs")),
    ("protection", include_str!("../../templates/protection.md.hbs")),
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
    ("incident", include_str!("../../templates/incident.md.hbs")),
    ("landed", include_str!("../../templates/landed.md.hbs")),
    ("freeze", include_str!("../../templates/freeze.md.hbs")),
    ("freeze_record", include_str!("../../templates/freeze_record.md.hbs")),
    ("freeze_kept", include_str!("../../templates/freeze_kept.md.hbs")),
    ("schedule", include_str!("../../templates/schedule.md.hbs")),
    ("train", include_str!("../../templates/train.md.hbs")),
    ("development", include_str!("../../templates/development.md.hbs")),
    ("velocity", include_str!("../../templates/velocity.md.hbs")),
    ("underway", include_str!("../../templates/underway.md.hbs")),
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
        for (name, text) in TEMPLATES.into_iter().chain(porting::TEMPLATES).chain(rollback::TEMPLATES).chain(page::TEMPLATES) {
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
            Note::Policy(report) => ("policy_report", policy::report(report)),
            Note::NotYet => ("not_yet", Value::Null),
            Note::NotAsked => ("not_asked", Value::Null),
            Note::Override(set) => ("override", json!({ "by": set.by.as_str(), "reason": set.reason })),
            Note::Freeze(standing) => ("freeze", freeze::standing(standing)),
            Note::FreezeRecord(told) => ("freeze_record", freeze::record(told)),
            Note::FreezeKept { by, who, change } => ("freeze_kept", freeze::kept((by, *who), *change)),
            Note::Observed { sigil, rows } => ("observed", policy::observed(sigil, rows)),
            Note::Drift(rows) => return self.drift(rows),
            Note::BrokenConfig(problem) => ("broken_config", place(problem)),
            Note::ConfigProblem(problem) => ("config_problem", place(problem)),
            Note::ConfigEffect(effect) => ("config_effect", policy::effect(effect)),
            Note::ConfigUnchanged => ("config_unchanged", Value::Null),
            Note::ReleaseNotes(notes) => return self.release_notes(notes),
            Note::RequestBody(body) => return self.request_body(body),
            Note::Withdrawn { current } => return Ok(release::withdrawn(current)),
            Note::ChangelogFile(file) => return self.changelog_file(file),
            Note::Page(page) => return self.page(page),
            Note::Undone { by, what, why } => ("undone", json!({ "by": by.as_str(), "what": what, "why": why })),
            Note::Train(announcement) => ("train", schedule::announcement(announcement)),
            Note::Development { version, cut } => ("development", json!({ "version": version, "cut": cut })),
            Note::Incident(incident) => ("incident", incident::view(incident)),
            Note::Preview(preview) => return self.preview(preview),
            Note::Pace { current, lines } => return self.pace(current, lines),
            Note::Landed { base } => ("landed", json!({ "base": base.as_str() })),
            Note::Port(words) => return self.porting(words),
            Note::Rollback(words) => return self.rollback(words),
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
            Answer::Help { me, configured, offers, others } => json!({ "help": help((me, *configured), offers, others) }),
            Answer::Rechecked { head, broken } => {
                let noun = if *broken == 1 { "rule is" } else { "rules are" };
                json!({ "recheck": { "head": head.short(), "broken": broken, "noun": noun } })
            }
            Answer::Status(status) => json!({ "status": self.status(status)? }),
            Answer::Velocity(figures) => json!({ "words": self.template("velocity", &velocity::figures(figures))? }),
            Answer::ReleaseAs { component, version } => json!({ "release_as": { "component": component, "version": version } }),
            Answer::Underway(told) => json!({ "underway": self.template("underway", &tracking::underway(told))? }),
            Answer::Tagged { tags, at, branch } => tracking::tagged(tags, (at, branch)),
            Answer::Merged { request, tags, branch } => tracking::merged(request, tags, branch),
            Answer::Answered(answered) => readiness::answered(answered),
            Answer::Overridden { rule, head } => json!({ "overridden": { "rule": rule, "head": head.short() } }),
            Answer::Restored { branch, at } => json!({ "restored": { "branch": branch.as_str(), "at": at.as_str() } }),
            Answer::ByHand { why, commands } => json!({ "by_hand": { "why": why, "commands": commands } }),
            Answer::Frozen { terms, open } => freeze::frozen(terms, *open),
            Answer::Thawed { issue, open } => freeze::thawed(*issue, *open),
            Answer::Noted => json!({ "noted": true }),
            Answer::Sync { rows, outcome } => self.sync(rows, outcome)?,
            Answer::Carried { table, stuck } => self.carried(table, *stuck)?,
            Answer::RolledBack(told) => json!({ "words": self.rolled_back(told)? }),
            Answer::Schedule { timetable, calendar } => {
                json!({ "words": self.template("schedule", &schedule::timetable(timetable, calendar.as_ref()))? })
            }
            Answer::Swapped { version, from, to } => {
                json!({ "swapped": { "version": version, "from": from.as_ref().map(UserName::as_str), "to": to.as_str() } })
            }
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

fn place(problem: &Problem) -> Value {
    let Problem { path, line, column, message, remedy } = problem;
    json!({ "path": path, "line": line, "column": column, "message": message, "remedy": remedy })
}

fn help((me, configured): (&UserName, Configured), offers: &[Offer], others: &[Offer]) -> Value {
    let listed = |offers: &[Offer]| {
        let offer = |offer: &Offer| json!({ "verb": offer.verb, "example": offer.example, "summary": offer.summary, "who": offer.who });
        offers.iter().map(offer).collect::<Vec<_>>()
    };
    json!({
        "mention": format!("@{} …", me.as_str().trim_end_matches("[bot]")),
        "commands": listed(offers),
        "others": listed(others),
        "count": match others.len() {
            1 => "There is one other command".to_owned(),
            more => format!("There are {more} other commands"),
        },
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
    out.write(&in_code(text))?;
    Ok(())
}

fn in_code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
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
mod tests;

//! A repository's own template: anybody who may push can write one, so it may cost no more than a text is worth. Its size and
//! nesting are bounded before it is parsed, what it may do before it is kept, its time and output while it is rendered. What it
//! inserts is escaped like in Slipway's own templates; it must not know which view it is given.

mod gate;
mod scan;
#[cfg(test)]
mod tests;

use std::io;
use std::iter;
use std::time::{Duration, Instant};

use handlebars::template::TemplateElement;
use handlebars::{Context, Handlebars, Output, RenderContext, RenderError, RenderErrorReason, Renderable, Template, TemplateErrorReason};
use serde_json::Value;

/// The longest template, in bytes. The parser's time grows with the square of the size.
const LONGEST: usize = 16 * 1024;
/// The longest text that a template makes, in bytes; twice of what a forge takes.
const LONGEST_OUTPUT: usize = 256 * 1024;
/// Elements rendered, about a quarter of a second of them; notes of 400 changes need less than ten thousand. A template that
/// stays below fails on no machine, however busy.
const MOST_STEPS: usize = 250_000;
/// For steps that are slow, such as comparing the whole view with itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is wrong with a template, and where, with line and column from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}. {remedy}")]
pub struct TemplateProblem {
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub remedy: String,
}

impl TemplateProblem {
    fn new((line, column): (usize, usize), message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line, column, message: message.into(), remedy: remedy.into() }
    }
}

/// A repository's own template, compiled. Worth keeping as long as the configuration it came with.
pub struct Custom {
    language: Handlebars<'static>,
    template: Template,
}

impl Custom {
    /// # Errors
    /// When the template is too large or too deeply nested, cannot be read, or asks for more than values, conditions and lists.
    pub fn compile(text: &str) -> Result<Self, TemplateProblem> {
        if text.len() > LONGEST {
            let message = format!("the template has {} bytes, and {LONGEST} are allowed", text.len());
            return Err(TemplateProblem::new((1, 1), message, "Shorten it."));
        }
        scan::check(text)?;
        let mut template = Template::compile(text).map_err(|error| unreadable(&error))?;
        gate::check(&template)?;
        pace(&mut template);
        Ok(Self { language: super::language(), template })
    }

    /// The view in the template's words, at most 256 KiB of them.
    ///
    /// # Errors
    /// When the template names what the view has not, writes too much or takes more than 250,000 steps or a second.
    pub fn render(&self, view: &Value) -> Result<String, TemplateProblem> {
        let mut output = Bounded { text: String::new(), steps: 0, until: Instant::now() + PATIENCE };
        let context = Context::from(view.clone());
        self.template.render(&self.language, &context, &mut RenderContext::new(None), &mut output).map_err(|error| unfit(&error))?;
        Ok(output.text)
    }
}

/// Written between any two elements of a template, so that rendering passes `Bounded` even where it writes nothing.
const PULSE: &str = "\0";

fn pace(template: &mut Template) {
    for element in &mut template.elements {
        if let TemplateElement::HelperBlock(block) = element {
            block.template.iter_mut().chain(&mut block.inverse).for_each(pace);
        }
    }
    let pulse = || TemplateElement::RawString(PULSE.to_owned());
    let elements = std::mem::take(&mut template.elements).into_iter();
    template.elements = iter::once(pulse()).chain(elements.flat_map(|element| [element, pulse()])).collect();
    let places = std::mem::take(&mut template.mapping);
    let first = places.first().cloned();
    template.mapping = first.into_iter().chain(places.into_iter().flat_map(|place| [place.clone(), place])).collect();
}

/// What a template has written, up to a length, a number of steps and a moment.
struct Bounded {
    text: String,
    steps: usize,
    until: Instant,
}

impl Output for Bounded {
    fn write(&mut self, piece: &str) -> io::Result<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS || Instant::now() > self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if piece == PULSE {
            return Ok(());
        }
        if self.text.len() + piece.len() > LONGEST_OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.push_str(piece);
        Ok(())
    }
}

const TAGS: &str = "Tags are `{{name}}`, `{{code name}}`, `{{#if name}} … {{else}} … {{/if}}` and `{{#each list}} … {{/each}}`.";

fn unreadable(error: &handlebars::TemplateError) -> TemplateProblem {
    let message = match error.reason() {
        TemplateErrorReason::InvalidSyntax(_) => "the tag here cannot be read".to_owned(),
        other => other.to_string(),
    };
    TemplateProblem::new(error.pos().unwrap_or((1, 1)), message, TAGS)
}

fn unfit(error: &RenderError) -> TemplateProblem {
    let (message, remedy) = match error.reason() {
        RenderErrorReason::IOError(stopped) if stopped.kind() == io::ErrorKind::TimedOut => {
            ("the template takes too long".to_owned(), "Nest fewer lists.")
        }
        RenderErrorReason::IOError(_) => (format!("the template writes more than {LONGEST_OUTPUT} bytes"), "List less."),
        RenderErrorReason::MissingVariable(Some(name)) => {
            (format!("there is no `{name}` here"), "Correct the name, or ask for it first: `{{#if name}} … {{/if}}`.")
        }
        other => (other.to_string(), TAGS),
    };
    TemplateProblem::new((error.line_no.unwrap_or(1), error.column_no.unwrap_or(1)), message, remedy)
}

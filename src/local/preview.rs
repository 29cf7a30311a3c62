//! What a clone would release next, by the same outlook that a forge's line gets.

use std::path::Path;

use git2::Oid;

use super::Progress;
use super::clone::LocalClone;
use super::error::{Error, Result};
use super::range::range;
use super::setup::{chosen, configuration, line};
use super::tags::Pointers;
use super::window::Reader;
use crate::domain::history::{Graph, Tagged};
use crate::domain::release::outlook::{Course, Forced, Outlook, outlook};

/// What is asked of a clone; what is left out is found in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// The version tag to count from, or [`ROOT`](super::ROOT); left out: the last release, by ancestry.
    pub from: Option<&'a str>,
    /// The revision to end with; left out: `HEAD`.
    pub to: Option<&'a str>,
    pub component: Option<&'a str>,
    /// A configuration in place of the one at the revision.
    pub config: Option<&'a Path>,
    /// The branch that the revision is taken to be on.
    pub branch: Option<&'a str>,
}

/// The next release of each component that was asked for.
///
/// # Errors
/// When the clone, a revision or the configuration cannot be read, or the history that is needed is not here.
pub fn preview(clone: &LocalClone, question: &Question, progress: Progress) -> Result<Vec<Outlook>> {
    let head = clone.resolve(question.to)?;
    let tags = Pointers::read(clone);
    let config = configuration(clone, head, question.config, &tags)?;
    let components = chosen(&config, question.component)?;
    let branch = question.branch.map(str::to_owned).or_else(|| clone.branch(question.to));
    let course = Course {
        config: &config,
        options: branch.as_deref().and_then(|branch| line(&config, clone, branch)),
        branch: branch.as_deref().unwrap_or_default(),
        forced: &Forced::new(),
    };
    if let Some(from) = question.from {
        let to = question.to.unwrap_or("HEAD");
        return Ok(vec![range(clone, &course, (from, to, head), (&components, &tags), progress)?]);
    }
    let outlooks = next(clone, &course, (head, &tags), progress)?.into_iter();
    let wanted = |outlook: &Outlook| components.iter().any(|component| component.name == outlook.component.name);
    Ok(outlooks.filter(wanted).collect())
}

/// What the line would release next: all of it, since components may be released together.
fn next(clone: &LocalClone, course: &Course, (head, tags): (Oid, &Pointers), progress: Progress) -> Result<Vec<Outlook>> {
    let mut reader = Reader::new(clone, clone.walk([head])?, head);
    let (components, limit) = (course.config.components(), course.config.release.history);
    let unsettled = reader.settle(&components, tags, limit, progress)?;
    if unsettled.is_some() && clone.is_shallow() && reader.window.commits.len() < limit {
        return Err(Error::Shallow { needed: "the last release".to_owned() });
    }
    reader.paths(&components)?;
    loop {
        let outlooks = outlook(course, &Graph::new(&reader.window));
        // A version that somebody asked for may be tagged anywhere.
        let tag = |outlook: &Outlook| tags.find(&outlook.component.template.write(outlook.version()?).ok()?, &outlook.component.template);
        let unknown = |tagged: &Tagged| !reader.window.tags.contains(tagged);
        let taken: Vec<_> = outlooks.iter().filter_map(tag).filter_map(|tag| tag.open(clone)).filter(unknown).collect();
        if taken.is_empty() {
            return Ok(outlooks);
        }
        reader.window.tags.extend(taken);
    }
}

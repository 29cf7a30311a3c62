//! What one range of a history would be released as, whether or not it was: since a version tag, or since the beginning.

use git2::Oid;
use semver::Version;

use super::Progress;
use super::clone::{LocalClone, sha};
use super::error::{Error, Result};
use super::tags::Pointers;
use super::window::Reader;
use crate::domain::config::Component;
use crate::domain::history::{Graph, Tagged};
use crate::domain::names::TagName;
use crate::domain::release::outlook::{Course, Outlook, follow};
use crate::domain::release::standing::Standing;

/// What stands for the beginning of a history.
pub const ROOT: &str = "ROOT";

pub fn range(
    clone: &LocalClone,
    course: &Course,
    (from, to, head): (&str, &str, Oid),
    (components, tags): (&[Component], &Pointers),
    progress: Progress,
) -> Result<Outlook> {
    let (component, stable) = start(clone, from, components, tags)?;
    let mut reader = Reader::new(clone, clone.walk([head])?, head);
    match &stable {
        Some((tagged, _)) => reader.since(tagged, progress)?,
        None => reader.all(progress)?,
    }
    reader.paths(std::slice::from_ref(component))?;
    let graph = Graph::new(&reader.window);
    let elsewhere = || Error::Elsewhere { from: from.to_owned(), to: to.to_owned() };
    let anchor = stable.as_ref().and_then(|(tagged, _)| graph.find(&tagged.commit));
    let at = graph.find(&sha(head)).ok_or_else(elsewhere)?;
    let range = graph.since(anchor, at);
    if !range.descends {
        return Err(elsewhere());
    }
    if clone.is_shallow() && !range.closed {
        return Err(Error::Shallow { needed: from.to_owned() });
    }
    let since = |tagged: &Tagged| stable.as_ref().is_some_and(|(anchor, _)| anchor.commit != tagged.commit);
    let prereleases = tags.versions(&component.template).into_iter().rev().filter(|tag| !tag.is_stable());
    let prereleases = prereleases.filter_map(|tag| Some((tag.within(&reader.read)?, tag.version)));
    let prereleases: Vec<_> = prereleases.filter(|(tagged, _)| since(tagged)).collect();
    let standing = Standing {
        stable: stable.as_ref().map(|(tagged, version)| (tagged, version.clone())),
        prereleases: prereleases.iter().map(|(tagged, version)| (tagged, version.clone())).collect(),
        ..Standing::default()
    };
    let all = course.config.components();
    Ok(follow(course, &graph, (component, &all), &course.config.convention(), (&standing, at)))
}

/// The component that a version tag is of, and the version.
fn start<'c>(
    clone: &LocalClone,
    from: &str,
    components: &'c [Component],
    tags: &Pointers,
) -> Result<(&'c Component, Option<(Tagged, Version)>)> {
    let prefixes: Vec<_> = components.iter().map(|component| format!("{}1.2.3", component.template.prefix)).collect();
    let unknown = || Error::NotAVersion { tag: from.to_owned(), example: prefixes.join(", ") };
    if from == ROOT {
        let [component] = components else { return Err(Error::WhichComponent) };
        return Ok((component, None));
    }
    let name = TagName::parse(from).map_err(|_| unknown())?;
    let tags = components.iter().filter_map(|component| Some((component, tags.find(&name, &component.template)?)));
    let mut stable = tags.filter(|(_, tag)| tag.is_stable());
    let (component, tag) = stable.next().ok_or_else(unknown)?;
    let tagged = tag.open(clone).ok_or_else(unknown)?;
    Ok((component, Some((tagged, tag.version))))
}

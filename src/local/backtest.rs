//! What Slipway would have released, beside what was released: every pair of version tags that follow each other by number and by
//! ancestry. The history is read once, and each range of it is judged as if it ended the line.

use std::collections::HashMap;
use std::path::Path;

use semver::Version;

use super::Progress;
use super::clone::LocalClone;
use super::error::{Error, Result};
use super::setup::{chosen, configuration};
use super::tags::Pointers;
use super::window::Reader;
use crate::domain::config::{Component, Config};
use crate::domain::convention::{BREAKING, Convention};
use crate::domain::history::{Graph, Tagged};
use crate::domain::release::outlook::{Course, Forced, Next, Outlook, Why, follow};
use crate::domain::release::standing::Standing;
use crate::domain::version::{Bump, Released, Since, next};

/// A release that was made, and what would have been.
pub struct Past {
    pub outlook: Outlook,
    /// Where the changes ask for no release, the patch that a maintainer gets who wants one all the same.
    pub next: Version,
    pub actual: Version,
    /// In a few words, where the two differ.
    pub why: Option<String>,
}

/// Compares every release of the components, by the configuration as it is now.
///
/// # Errors
/// When the clone or the configuration cannot be read, there is nothing to compare, or the history is cut.
pub fn backtest(clone: &LocalClone, (component, config): (Option<&str>, Option<&Path>), progress: Progress) -> Result<Vec<Past>> {
    if clone.is_shallow() {
        return Err(Error::Shallow { needed: "its beginning".to_owned() });
    }
    let head = clone.resolve(None)?;
    let tags = Pointers::read(clone);
    let config = configuration(clone, head, config, &tags)?;
    let components = chosen(&config, component)?;
    let tagged: Vec<_> = components.iter().map(|component| tagged(clone, &tags, component)).collect();
    let heads = tagged.iter().flatten().map(|(tagged, _)| tagged).map(|tagged| git2::Oid::from_str(tagged.commit.as_str()));
    let heads = heads.collect::<std::result::Result<Vec<_>, _>>()?;
    let mut reader = Reader::new(clone, clone.walk(heads)?, head);
    reader.all(progress)?;
    reader.paths(&components)?;
    let graph = Graph::new(&reader.window);
    let past: Vec<_> = components.iter().zip(&tagged).flat_map(|(component, tagged)| replay(&config, &graph, component, tagged)).collect();
    if past.is_empty() {
        let prefixes = components.iter().map(|component| format!("{}1.2.3", component.template.prefix)).collect::<Vec<_>>().join(", ");
        return Err(Error::NoReleases { example: prefixes });
    }
    Ok(past)
}

/// A component's version tags, the lowest version first.
fn tagged(clone: &LocalClone, tags: &Pointers, component: &Component) -> Vec<(Tagged, Version)> {
    let versions = tags.versions(&component.template).into_iter().rev();
    versions.filter_map(|tag| Some((tag.open(clone)?, tag.version))).collect()
}

fn replay(config: &Config, graph: &Graph, component: &Component, tagged: &[(Tagged, Version)]) -> Vec<Past> {
    let course = Course { config, options: None, branch: "", forced: &Forced::new() };
    let (all, convention) = (config.components(), config.convention());
    let (stable, prereleases): (Vec<_>, Vec<_>) = tagged.iter().partition(|(_, version)| version.pre.is_empty());
    let mut before: HashMap<usize, Vec<&(Tagged, Version)>> = HashMap::new();
    for one in prereleases {
        graph.find(&one.0.commit).into_iter().for_each(|at| before.entry(at).or_default().push(one));
    }
    let pairs = stable.iter().zip(stable.iter().skip(1));
    let pair = |(previous, (tagged, actual)): (&&(Tagged, Version), &&(Tagged, Version))| {
        let (anchor, head) = (graph.find(&previous.0.commit)?, graph.find(&tagged.commit)?);
        let range = graph.since(Some(anchor), head);
        if !range.descends {
            return None;
        }
        let prereleases = range.commits.iter().filter_map(|at| before.get(at)).flatten().filter(|(_, version)| version < actual);
        let mut prereleases: Vec<_> = prereleases.map(|(tagged, version)| (tagged, version.clone())).collect();
        prereleases.sort_by(|a, b| a.1.cmp(&b.1));
        let standing = Standing { stable: Some((&previous.0, previous.1.clone())), prereleases, ..Standing::default() };
        let outlook = follow(&course, graph, (component, &all), &convention, (&standing, head));
        Some(compare(outlook, actual, config, &convention))
    };
    pairs.filter_map(pair).collect()
}

fn compare(outlook: Outlook, actual: &Version, config: &Config, convention: &Convention) -> Past {
    let stable = outlook.previous.as_ref().map(|(_, version)| version.clone());
    let anyway = || {
        let released = Released { stable, prereleases: Vec::new() };
        next(&released, Since { stable: Bump::Patch, latest: Some(Bump::Patch) }, None, &config.release.options())
    };
    let next = outlook.version().cloned().unwrap_or_else(anyway);
    let why = (next != *actual).then(|| difference(&outlook, &next, actual, convention));
    Past { outlook, next, actual: actual.clone(), why }
}

fn difference(outlook: &Outlook, next: &Version, actual: &Version, convention: &Convention) -> String {
    let Some(bump) = outlook.bump.filter(|_| next > actual) else {
        let asked = outlook.bump.map_or_else(|| "nothing".to_owned(), |bump| format!("a {bump}"));
        return format!("the changes ask for {asked}");
    };
    if let Next::Release { why: Why::Forced, .. } = outlook.next {
        return "a `Release-As` footer asks for it".to_owned();
    }
    let breaks = |title: &str| title == BREAKING && convention.breaking == Some(bump);
    let asks = |(title, kind): (&str, &str)| breaks(title) || convention.bumps.get(kind) == Some(&bump);
    let sections = outlook.notes.sections.iter();
    let mut entries = sections.flat_map(|section| section.entries.iter().map(|entry| (section.title.as_str(), entry)));
    let entry = entries.find(|(title, entry)| asks((title, &entry.kind)));
    entry.map_or_else(|| format!("a {bump} is asked for"), |(_, entry)| format!("{} asks for a {bump}: {}", entry.sha.short(), entry.text))
}

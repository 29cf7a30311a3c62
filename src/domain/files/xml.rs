//! XML, read with the place of every text. Documents with a DTD are not read.

use std::ops::Range;

use roxmltree::{Document, Node};

use super::path::Element;
use super::spot::Spot;
use super::{At, FileProblem, XmlPath};

pub fn locate(text: &str, path: &XmlPath) -> Result<Vec<Spot>, FileProblem> {
    let document = read(text)?;
    let nodes = find(&document, &path.elements);
    if nodes.is_empty() {
        return Err(At::absent(&path.written));
    }
    let place = |node: &Node| match &path.attribute {
        Some(name) => node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.range_value()),
        None => content(text, *node),
    };
    let places: Option<Vec<_>> = nodes.iter().map(place).collect();
    Ok(places.ok_or_else(|| At::absent(&path.written))?.into_iter().map(Spot::own).collect())
}

/// The project's own version: never its parent's, nor a dependency's.
pub fn pom(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let document = read(text)?;
    let project = document.root_element();
    let child = |name: &str| project.children().find(|node| is(*node, name));
    match child("version").and_then(|node| content(text, node)) {
        Some(at) if is(project, "project") => Ok(vec![Spot::own(at)]),
        _ => Err(FileProblem::new("/project/version", "none", "If the parent's version is inherited, name the parent's pom.xml instead.")),
    }
}

/// `Version` of an `MSBuild` project, or `VersionPrefix` if that is what it has.
pub fn msbuild(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let document = read(text)?;
    let places = |name: &str| {
        let path = ["Project", "PropertyGroup", name].map(|name| Element { name: name.to_owned(), nth: None });
        find(&document, &path).into_iter().filter_map(|node| content(text, node)).map(Spot::own).collect::<Vec<_>>()
    };
    let (version, prefix) = (places("Version"), places("VersionPrefix"));
    let computed = version.iter().any(|spot| text.get(spot.at.clone()).is_some_and(|value| value.contains("$(")));
    Ok(if version.is_empty() || (computed && !prefix.is_empty()) { prefix } else { version })
}

fn read(text: &str) -> Result<Document<'_>, FileProblem> {
    Document::parse(text).map_err(|error| FileProblem::unreadable("XML", &error.to_string()))
}

/// Every element at these names, from the root down.
fn find<'a, 't>(document: &'a Document<'t>, path: &[Element]) -> Vec<Node<'a, 't>> {
    path.iter().fold(vec![document.root()], |parents, element| {
        let named = |parent: &Node<'a, 't>| parent.children().filter(|node| is(*node, &element.name)).collect::<Vec<_>>();
        let all = parents.iter().map(named);
        match element.nth {
            None => all.flatten().collect(),
            Some(nth) => all.filter_map(|nodes| nodes.get(nth - 1).copied()).collect(),
        }
    })
}

fn is(node: Node, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// The place of an element's text without the space around it, if it holds nothing but text, written as it is meant.
fn content(text: &str, node: Node) -> Option<Range<usize>> {
    let mut children = node.children();
    let (only, None) = (children.next().filter(Node::is_text)?, children.next()) else { return None };
    let raw = text.get(only.range())?;
    let trimmed = raw.trim();
    let start = only.range().start + (raw.len() - raw.trim_start().len());
    (!trimmed.is_empty() && only.text()?.trim() == trimmed).then(|| start..start + trimmed.len())
}

//! CHANGELOG.md: puts the section of a version where it belongs among those that are there, and finds it again. Nothing else of the file
//! changes. Must not know how a section is made.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, OffsetIter, Parser, Tag, TagEnd};
use semver::Version;

/// The text with a section in it. `section` is Markdown that begins with its heading, such as `## 1.2.0`; `title` is the heading of a file
/// that does not exist or is empty, such as `# Changelog`.
///
/// The section replaces that of the same version, or else stands before the first section of a lower version, or else after the last.
/// Headings such as `## 1.2.0`, `## [1.2.0] - 2026-01-01`, `# [v1.2.0](https://…) (2026-01-01)`, `## api 1.2.0` and underlined ones count, those
/// in code, quotes and lists do not. Whatever is above the first version, such as `## [Unreleased]`, stays above. An anchor above a heading
/// (`<a name="1.2.0"></a>`) belongs to it, and link definitions at the end of the file stay there. Line endings become those of the file.
pub fn insert(text: Option<&str>, version: &Version, section: &str, title: &str) -> String {
    let text = text.unwrap_or_default();
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let newline = if body.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r')) { "\r\n" } else { "\n" };
    let section = section.trim().lines().collect::<Vec<_>>().join(newline);
    if body.trim().is_empty() {
        return format!("{title}{newline}{newline}{section}{newline}");
    }
    let outline = Outline::read(body);
    let at = outline.place(body, version);
    let mut written = text.get(..text.len() - body.len() + at.start).unwrap_or_default().to_owned();
    let rest = body.get(at.end..).unwrap_or_default();
    while at.is_empty() && at.start > 0 && !ends_blank(&written) {
        written.push_str(newline);
    }
    written.push_str(&section);
    if rest.is_empty() || !rest.starts_with(['\n', '\r']) {
        written.push_str(newline);
        written.push_str(if rest.is_empty() { "" } else { newline });
    }
    written + rest
}

/// The section of a version, from its heading on, without the blank lines after it.
pub fn section<'a>(text: &'a str, version: &Version) -> Option<&'a str> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    body.get(Outline::read(body).of(body, version)?)
}

fn ends_blank(text: &str) -> bool {
    let above = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
    above.is_some_and(|text| text.is_empty() || text.ends_with('\n'))
}

/// The headings that bound sections, in the order of the file.
struct Outline {
    headings: Vec<Heading>,
    /// Where what closes the file begins: its link definitions, or its end.
    end: usize,
}

struct Heading {
    /// Where it begins, and where the anchor above it begins, if there is one.
    at: usize,
    anchored: usize,
    level: HeadingLevel,
    version: Option<(Version, Written)>,
}

#[derive(PartialEq, Eq)]
enum Written {
    Fully,
    /// As `1.2`, which is no section of 1.2.0 but has its place.
    Shortly,
}

impl Outline {
    fn read(text: &str) -> Self {
        let mut events = Parser::new(text).into_offset_iter();
        let (mut headings, mut depth) = (Vec::new(), 0_usize);
        while let Some((event, at)) = events.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                    let version = version_of(&words(&mut events), level);
                    // A heading may be indented.
                    let start = text.get(..at.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
                    headings.push(Heading { at: start, anchored: anchored(text, start), level, version });
                }
                Event::Start(_) => depth += 1,
                Event::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let mut definitions: Vec<_> = events.reference_definitions().iter().map(|(_, definition)| definition.span.clone()).collect();
        definitions.sort_by_key(|span| std::cmp::Reverse(span.end));
        let is_last = |end: usize, span: &Range<usize>| text.get(span.end..end).is_some_and(|after| after.trim().is_empty());
        let last = |end, span: Range<usize>| if is_last(end, &span) { Ok(span.start) } else { Err(end) };
        let (Ok(end) | Err(end)) = definitions.into_iter().try_fold(text.len(), last);
        Self { headings, end }
    }

    /// What gives way to the section of a version: that section, or nothing at the place where it belongs.
    fn place(&self, text: &str, version: &Version) -> Range<usize> {
        if let Some(same) = self.of(text, version) {
            return same;
        }
        let lower = |(found, written): &(Version, Written)| found < version || (found == version && *written == Written::Shortly);
        let next = self.headings.iter().find(|heading| heading.version.as_ref().is_some_and(lower));
        let last = || self.headings.iter().rposition(|heading| heading.version.is_some());
        let at = next.map(|heading| heading.anchored).or_else(|| Some(self.until(last()?))).unwrap_or(self.end);
        at..at
    }

    /// The section of a version, without the blank lines after it.
    fn of(&self, text: &str, version: &Version) -> Option<Range<usize>> {
        let is = |(found, written): &(Version, Written)| found == version && *written == Written::Fully;
        let index = self.headings.iter().position(|heading| heading.version.as_ref().is_some_and(is))?;
        let start = self.headings.get(index)?.at;
        Some(start..start + text.get(start..self.until(index))?.trim_end().len())
    }

    /// Where the section of a heading ends: at the next version, or at a heading that is not below it.
    fn until(&self, index: usize) -> usize {
        let Some(own) = self.headings.get(index) else { return self.end };
        let bounds = |heading: &&Heading| heading.version.is_some() || heading.level <= own.level;
        self.headings.iter().skip(index + 1).find(bounds).map_or(self.end.max(own.at), |next| next.anchored)
    }
}

/// The text of a heading whose start was just read, up to its end.
fn words(events: &mut OffsetIter) -> String {
    let mut words = String::new();
    for (event, _) in events {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            _ => {}
        }
    }
    words
}

/// Where the lines with nothing but an anchor right above a heading begin.
fn anchored(text: &str, mut at: usize) -> usize {
    let is_anchor = |line: &str| line.starts_with("<a ") && line.ends_with("</a>") && line.matches('<').count() == 2;
    while let Some(before) = text.get(..at).and_then(|before| before.strip_suffix('\n')) {
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        if !before.get(start..).is_some_and(|line| is_anchor(line.trim())) {
            break;
        }
        at = start;
    }
    at
}

/// The version that a heading is about: its first word, or in the two highest levels its second.
fn version_of(words: &str, level: HeadingLevel) -> Option<(Version, Written)> {
    let mut words = words.split_whitespace();
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    if let Some(found) = parse(first) {
        // `### 1.2.0 users` is about something else.
        let dated = second.is_empty() || second.starts_with(|c: char| c.is_ascii_digit() || !c.is_alphanumeric());
        return (level <= HeadingLevel::H2 || (level == HeadingLevel::H3 && dated)).then_some(found);
    }
    parse(second).filter(|_| level <= HeadingLevel::H2)
}

/// `1.2.0`, `[1.2.0]`, `v1.2.0:`, `api-v1.2.0`, `@scope/api@1.2.0`, `1.2`.
fn parse(word: &str) -> Option<(Version, Written)> {
    let word = word.trim_matches(['[', ']', '(', ')', ':', ',']);
    let full = |word: &str| Version::parse(word.strip_prefix(['v', 'V']).unwrap_or(word)).ok();
    let component = || word.match_indices(['-', '@', '/']).find_map(|(at, _)| full(word.get(at + 1..)?));
    if let Some(version) = full(word).or_else(component) {
        return Some((version, Written::Fully));
    }
    let parts: Option<Vec<u64>> = word.strip_prefix(['v', 'V']).unwrap_or(word).split('.').map(|part| part.parse().ok()).collect();
    match *parts?.as_slice() {
        [major, minor] => Some((Version::new(major, minor, 0), Written::Shortly)),
        [major, minor, patch] => Some((Version::new(major, minor, patch), Written::Shortly)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

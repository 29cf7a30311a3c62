//! A line of a checklist, taken apart.

use std::fmt;

use sha2::{Digest, Sha256};

/// A line: `  - [x] text <!-- slipway:item ID DIGEST -->`, or anything else.
#[derive(Debug, Clone, Default)]
pub struct Row<'a> {
    /// As it stands there, without the line break.
    raw: &'a str,
    /// The indent and the bullet; empty for a line that Slipway begins.
    lead: &'a str,
    /// What is in its box; `None`: it has none.
    pub tick: Option<char>,
    /// Without marks.
    pub text: String,
    /// The first mark in it.
    pub tag: Option<Tag>,
}

/// What the mark of an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub id: String,
    /// Of the text as Slipway wrote it last.
    pub digest: u32,
    pub is_automatic: bool,
    /// Whether it is not asked for any more, and struck.
    pub is_dropped: bool,
}

impl<'a> Row<'a> {
    pub fn read(raw: &'a str) -> Self {
        let plain = || Self { raw, text: raw.trim().to_owned(), tag: tags(raw).first().map(|(_, tag)| tag.clone()), ..Self::default() };
        let Some((lead, tick, rest)) = task(raw) else { return plain() };
        let tags = tags(rest);
        Self { raw, lead, tick: Some(tick), text: without(rest, &tags).trim().to_owned(), tag: tags.into_iter().next().map(|(_, tag)| tag) }
    }

    /// In the same place and manner, with this in its box and this text.
    #[must_use]
    pub fn saying(&self, tick: Option<char>, text: String) -> Self {
        Self { tick, text, ..self.clone() }
    }

    pub fn raw(&self) -> &'a str {
        self.raw
    }

    pub fn is_task(&self) -> bool {
        self.tick.is_some()
    }

    /// GitLab has a third state, for what does not apply.
    pub fn is_ticked(&self) -> bool {
        self.tick.is_some_and(|tick| tick != ' ')
    }

    /// How far it is indented.
    pub fn depth(&self) -> usize {
        if self.raw.trim().is_empty() { 0 } else { self.raw.len() - self.raw.trim_start().len() }
    }

    /// The line with this mark, or without any; as it stands there, where that comes to the same.
    pub fn worded(&self, tag: Option<&Tag>) -> String {
        let now = Self::read(self.raw);
        if tag.is_some() && now.tag.as_ref() == tag && now.text == self.text && now.tick == self.tick {
            return self.raw.to_owned();
        }
        let lead = if self.lead.is_empty() { "- " } else { self.lead };
        let tag = tag.map(|tag| format!(" {tag}")).unwrap_or_default();
        format!("{lead}[{}] {}{tag}", self.tick.unwrap_or(' '), self.text)
    }

    /// The line as a person's own: without what would make an item of it.
    pub fn without_tags(&self) -> String {
        let tags = tags(self.raw);
        if tags.is_empty() { self.raw.to_owned() } else { without(self.raw, &tags).trim_end().to_owned() }
    }

    /// With the text that it had before it was struck.
    #[must_use]
    pub fn unstruck(&self, tag: &Tag) -> Self {
        let bare = self.text.strip_prefix("~~").and_then(|text| text.strip_suffix("~~")).filter(|_| tag.is_dropped);
        Self { text: bare.unwrap_or(&self.text).to_owned(), ..self.clone() }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_automatic { "auto" } else { "item" };
        let dropped = if self.is_dropped { " dropped" } else { "" };
        write!(f, "<!-- slipway:{kind} {} {:08x}{dropped} -->", self.id, self.digest)
    }
}

/// A bullet or a number, and a box (<https://github.github.com/gfm/#task-list-items-extension->): what is before the box, what is in it, and
/// what is behind it.
fn task(raw: &str) -> Option<(&str, char, &str)> {
    let line = raw.trim_start();
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let after = match digits {
        0 => line.strip_prefix(['-', '*', '+'])?,
        1..=9 => line.get(digits..)?.strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let boxed = after.trim_start_matches([' ', '\t']);
    let lead = raw.get(..raw.len() - boxed.len()).filter(|_| boxed.len() < after.len())?;
    let mut inner = boxed.strip_prefix('[')?.chars();
    let tick = inner.next().filter(|tick| " xX~".contains(*tick))?;
    let rest = inner.as_str().strip_prefix(']')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((lead, tick, rest))
}

/// The marks in a line, each with its place.
fn tags(line: &str) -> Vec<((usize, usize), Tag)> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(from) = line.get(at..).and_then(|rest| rest.find("<!--")).map(|from| at + from) {
        let Some(to) = line.get(from..).and_then(|rest| rest.find("-->")).map(|to| from + to + 3) else { break };
        let words = line.get(from + 4..to - 3).unwrap_or_default();
        tags.extend(tag(words).map(|tag| ((from, to), tag)));
        at = to;
    }
    tags
}

fn tag(words: &str) -> Option<Tag> {
    let mut words = words.split_whitespace();
    let is_automatic = match words.next()? {
        "slipway:item" => false,
        "slipway:auto" => true,
        _ => return None,
    };
    let (id, digest) = (words.next()?.to_owned(), u32::from_str_radix(words.next()?, 16).ok()?);
    Some(Tag { id, digest, is_automatic, is_dropped: words.next() == Some("dropped") })
}

fn without(line: &str, tags: &[((usize, usize), Tag)]) -> String {
    let mut text = String::new();
    let mut at = 0;
    for ((from, to), _) in tags {
        text.push_str(line.get(at..*from).unwrap_or_default());
        at = *to;
    }
    text + line.get(at..).unwrap_or_default()
}

/// The first 32 bits of SHA-256.
pub fn digest(text: &str) -> u32 {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(text).into();
    u32::from_be_bytes([a, b, c, d])
}

/// Text for the line of an item, in which nothing begins a comment.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("<!--", "&lt;!--")
}

//! Comment text to calls. A call stands at the start of a line of an ordinary paragraph: `/slipway verb word key=value "two words"`.
//! The text is read as CommonMark with the tables and footnotes of both forges, so that nothing in code, a quotation, a list, a link, a table
//! or HTML ever commands.

mod html;

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use self::html::Within;
use crate::domain::names::UserName;

/// One line that asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// In lower case.
    pub verb: String,
    pub words: Vec<String>,
    pub options: BTreeMap<String, String>,
    /// Whether a quotation is still open where the call ends, so that part of it may be missing.
    pub unclosed: bool,
}

impl Call {
    /// What it asks its command for, on one line.
    pub fn in_full(&self) -> String {
        let options = self.options.iter().map(|(key, value)| format!("{key}={value}"));
        self.words.iter().cloned().chain(options).collect::<Vec<_>>().join(" ")
    }
}

/// Forges allow comments of 65,536 (GitHub) and 1,000,000 characters (GitLab); nobody types a command that far down.
const LONGEST: usize = 64 * 1024;

/// The calls in a comment, in their order. `me` is the name that may be used instead of `/slipway`; while it is not known
/// (`None`), any `@name` counts, which is how one finds out whether it is worth asking.
pub fn parse(comment: &str, me: Option<&UserName>) -> Vec<Call> {
    let cut = comment.floor_char_boundary(LONGEST);
    let text = comment.get(..cut).unwrap_or_default();
    lines(text).into_iter().filter_map(|line| text.get(line)).filter_map(|line| call(line, me)).collect()
}

/// Where the lines of ordinary paragraphs are that start with plain text, each up to its end or to the first thing in it
/// that may not be part of a call (a link, an image, HTML).
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut depth = 0_usize;
    let mut at_start = false;
    let mut open: Option<usize> = None;
    let (mut blocks, mut inline) = (Within::default(), Within::default());
    let markup = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(Tag::Paragraph) if depth == 0 => (at_start, inline) = (true, Within::default()),
            Event::End(TagEnd::Paragraph) if depth == 0 => {
                found.extend(open.take().map(|start| start..range.end));
                at_start = false;
            }
            Event::SoftBreak | Event::HardBreak if depth == 0 => {
                found.extend(open.take().map(|start| start..range.start));
                at_start = true;
            }
            Event::Text(_) if at_start && depth == 0 => {
                let escaped = range.start.checked_sub(1).and_then(|before| text.as_bytes().get(before)) == Some(&b'\\');
                open = (!escaped && blocks.is_none() && inline.is_none()).then_some(range.start);
                at_start = false;
            }
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough) => {
                at_start = false;
                depth += 1;
            }
            Event::Start(_) | Event::InlineHtml(_) | Event::Html(_) => {
                found.extend(open.take().map(|start| start..range.start));
                at_start = false;
                match event {
                    Event::Start(tag) => {
                        depth += 1;
                        if tag == Tag::HtmlBlock {
                            blocks.read(markup(&range));
                        }
                    }
                    Event::InlineHtml(_) => inline.read(markup(&range)),
                    _ => {}
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => at_start = false,
        }
    }
    found
}

const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_FOOTNOTES).union(Options::ENABLE_STRIKETHROUGH);

fn call(line: &str, me: Option<&UserName>) -> Option<Call> {
    let (tokens, unclosed) = split(line.lines().next()?);
    let mut tokens = tokens.into_iter();
    let address = tokens.next()?;
    let addressed = address.eq_ignore_ascii_case("/slipway") || address.strip_prefix('@').is_some_and(|name| is_me(name, me));
    if !addressed {
        return None;
    }
    let verb = tokens.next().unwrap_or_else(|| "help".to_owned()).to_lowercase();
    let mut call = Call { verb, unclosed, ..Call::default() };
    for token in tokens {
        match token.split_once('=') {
            Some((key, value)) if !key.is_empty() => drop(call.options.insert(key.to_lowercase(), value.to_owned())),
            _ => call.words.push(token),
        }
    }
    Some(call)
}

/// GitHub shows an App as `slipway[bot]` and lets people mention it as `@slipway`.
fn is_me(name: &str, me: Option<&UserName>) -> bool {
    let valid = |name: &str| UserName::parse(name).is_ok();
    me.map_or_else(|| valid(name), |me| name.eq_ignore_ascii_case(me.as_str().trim_end_matches("[bot]")))
}

/// Words apart at spaces; `"…"` and `` `…` `` keep spaces in. Says too whether such a quotation is still open at the end.
fn split(line: &str) -> (Vec<String>, bool) {
    let mut tokens = Vec::new();
    let mut token: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match (c, quote) {
            (c, Some(end)) if c == end => quote = None,
            ('"' | '`', None) => {
                quote = Some(c);
                token.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => tokens.extend(token.take()),
            (c, _) => token.get_or_insert_default().push(c),
        }
    }
    tokens.extend(token);
    (tokens, quote.is_some())
}

#[cfg(test)]
mod tests;

//! Looks over a template before it is parsed: finds its tags, and whether its blocks are closed. The parser recurses, so what it
//! is given must be shallow already; and it knows an unclosed block only by the end of the text. Refuses the few notations in which
//! the parser might see other tags than this does, so that the bounds found here hold there.

use super::TemplateProblem;

/// The parser takes a few kilobytes of stack for each; a page of notes needs three.
pub const DEEPEST: usize = 16;
/// The parser counts lines from the start for each.
const MOST_TAGS: usize = 500;
const DEEPEST_CALL: usize = 4;
/// What the parser takes for space; other spaces are letters to it.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// # Errors
/// When a tag or block is not closed, or there are too many of them, or they are too deeply nested.
pub fn check(text: &str) -> Result<(), TemplateProblem> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let (mut at, mut tags) = (0, 0);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("{{")).map(|found| at + found) {
        let problem = |message: String, remedy: &str| Err(TemplateProblem::new(place(text, start), message, remedy));
        let (before, rest) = text.split_at(start);
        if before.ends_with('\\') {
            return problem("`\\` before `{{` is not understood".into(), "Write braces as `&#123;`.");
        }
        tags += 1;
        if tags > MOST_TAGS {
            return problem(format!("this is tag {tags}, and {MOST_TAGS} are allowed"), "Shorten the template.");
        }
        let length = length(rest).map_err(|(message, remedy)| TemplateProblem::new(place(text, start), message, remedy))?;
        at = start + length;
        let inside = rest.get(2..length).unwrap_or_default().trim_end_matches(['}', '~']);
        let inside = inside.strip_prefix('~').unwrap_or(inside).trim_start_matches(SPACE);
        if let Some(name) = inside.strip_prefix('#').map(first_word) {
            open.push((name, start));
            if open.len() > DEEPEST {
                return problem(format!("`{{{{#{name}}}}}` is nested in {DEEPEST} others"), "Nest fewer blocks.");
            }
        } else if let Some(name) = inside.strip_prefix('/').map(first_word) {
            match open.pop() {
                None => return problem(format!("`{{{{/{name}}}}}` closes nothing"), "Remove it, or open the block."),
                Some((opened, place_of)) if opened != name => {
                    let line = place(text, place_of).0;
                    let message = format!("`{{{{/{name}}}}}` is not the end of `{{{{#{opened}}}}}`, which was opened in line {line}");
                    return problem(message, &format!("Close it first, with `{{{{/{opened}}}}}`."));
                }
                Some(_) => {}
            }
        }
    }
    let Some((name, start)) = open.pop() else { return Ok(()) };
    let (line, column) = place(text, start);
    let message = format!("`{{{{#{name}}}}}` opened in line {line} is never closed");
    Err(TemplateProblem::new((line, column), message, format!("Write `{{{{/{name}}}}}` where it ends.")))
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(SPACE);
    text.split(|c| SPACE.contains(&c) || ['~', '(', '"', '\''].contains(&c)).next().unwrap_or_default()
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// How many bytes the tag or comment at the start of the text has, braces included; or what is wrong with it.
fn length(tag: &str) -> Result<usize, (&'static str, &'static str)> {
    const UNCLOSED: (&str, &str) = ("the tag is never closed", "Write `}}` where it ends.");
    if let Some(comment) = tag.strip_prefix("{{!") {
        let (end, skipped) =
            if comment.trim_start_matches(SPACE).starts_with("--") { ("--}}", comment.find("--").unwrap_or(0) + 2) } else { ("}}", 0) };
        let found = comment.get(skipped..).and_then(|comment| comment.find(end));
        return found
            .map(|found| 3 + skipped + found + end.len())
            .ok_or(("the comment is never closed", "Write `}}` or `--}}` where it ends."));
    }
    let mut characters = tag.char_indices().skip(2);
    let (mut quote, mut calls) = (None, 0);
    while let Some((at, c)) = characters.next() {
        match (quote, c) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') if calls == DEEPEST_CALL => return Err(("parentheses are nested too deeply", "Nest fewer of them.")),
            (None, '(') => calls += 1,
            (None, ')') => calls = calls.saturating_sub(1),
            (None, '}') if tag.get(at..).is_some_and(|rest| rest.starts_with("}}")) => return Ok(at + 2),
            (None, '{') => return Err(("braces write text as it is, which could mention people or be HTML", "Write `{{name}}`.")),
            (None, '}' | '[' | ']') => return Err(("braces and brackets are not understood in a tag", "Write `{{name}}`.")),
            (None, '>' | '*' | '&') => return Err(("partials, decorators and unescaped text are not allowed", "Write `{{name}}`.")),
            _ => {}
        }
    }
    Err(UNCLOSED)
}

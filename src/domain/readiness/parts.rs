//! A page's text: what Slipway generates stands in parts between two marks, `<!-- slipway:part log -->` and `<!-- slipway:end log -->`, and
//! what stands elsewhere belongs to people. Marks that they have damaged lose their meaning, never the text.

use std::collections::BTreeSet;

const OPEN: &str = "slipway:part";
const END: &str = "slipway:end";
/// The part in which people write too. All of its text is kept when it is written again, so that it may be guessed where it ends.
pub const CHECKLIST: &str = "checklist";

/// The text of a part, without the lines around it that are empty.
pub fn part<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    pieces(page).into_iter().find_map(|piece| match piece {
        Piece::Part { name: found, inner, .. } if found == name => Some(inner),
        _ => None,
    })
}

/// What stands outside of the part, line by line.
pub fn outside<'a>(page: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let text = move |piece: Piece<'a>| match piece {
        Piece::Part { name: found, .. } if found == name => "",
        Piece::Part { inner, .. } => inner,
        Piece::Text(text) => text,
    };
    pieces(page).into_iter().map(text).flat_map(str::lines)
}

/// The page with these parts. One that is `None` stays as it is; one that is missing is put after the one before it. What stands outside of
/// parts stays where it is, and so does a part that is not named. Of marks that do not belong together, the text between is a person's.
pub fn merge(current: Option<&str>, parts: &[(&str, Option<String>)]) -> String {
    let current = current.unwrap_or_default();
    let eol = if current.contains("\r\n") { "\r\n" } else { "\n" };
    let mut pieces: Vec<_> = pieces(current).into_iter().map(Out::from).collect();
    for (at, (name, text)) in parts.iter().enumerate() {
        let Some(text) = text else { continue };
        let text = harmless(text, eol);
        if let Some(old) = pieces.iter_mut().find(|piece| piece.name == Some(name)) {
            if old.is_damaged || old.inner != text {
                old.text = worded(name, &text, eol);
                old.is_new = old.is_damaged;
            }
            continue;
        }
        let place = |of: &str| pieces.iter().position(|piece| piece.name == Some(of));
        let before = parts.iter().take(at).rev().find_map(|(name, _)| place(name)).map(|at| at + 1);
        let after = || parts.iter().skip(at + 1).find_map(|(name, _)| place(name));
        let place = before.or_else(after).unwrap_or(pieces.len());
        pieces.insert(place, Out { name: Some(name), text: worded(name, &text, eol), inner: "", is_damaged: false, is_new: true });
    }
    let mut page = String::new();
    let mut after_new = false;
    for piece in &pieces {
        // What is new stands apart from what is around it.
        if piece.is_new || after_new && !piece.text.starts_with(['\n', '\r']) {
            page.push_str(&gap(&page, eol));
        }
        after_new = piece.is_new;
        page.push_str(&piece.text);
    }
    page
}

/// The line breaks that set apart what follows.
fn gap(page: &str, eol: &str) -> String {
    let text = page.trim_end_matches([' ', '\t', '\r', '\n']);
    let breaks = page.get(text.len()..).unwrap_or_default().matches('\n').count();
    if text.is_empty() { String::new() } else { eol.repeat(2_usize.saturating_sub(breaks)) }
}

/// A piece as it is written.
struct Out<'a> {
    name: Option<&'a str>,
    text: String,
    inner: &'a str,
    is_damaged: bool,
    is_new: bool,
}

impl<'a> From<Piece<'a>> for Out<'a> {
    fn from(piece: Piece<'a>) -> Self {
        match piece {
            Piece::Text(text) => Out { name: None, text: text.to_owned(), inner: "", is_damaged: false, is_new: false },
            Piece::Part { name, inner, whole, is_damaged } => {
                Out { name: Some(name), text: whole.to_owned(), inner, is_damaged, is_new: false }
            }
        }
    }
}

fn worded(name: &str, text: &str, eol: &str) -> String {
    let body = if text.is_empty() { String::new() } else { format!("{text}{eol}{eol}") };
    format!("<!-- {OPEN} {name} -->{eol}{eol}{body}<!-- {END} {name} -->")
}

/// Text of a part with the page's line breaks, in which nothing reads as a mark.
fn harmless(text: &str, eol: &str) -> String {
    let line = |line: &str| if mark(line).is_some() { line.replacen("<!--", "&lt;!--", 1) } else { line.to_owned() };
    bare(text).lines().map(line).collect::<Vec<_>>().join(eol)
}

/// Without the empty lines around it.
fn bare(text: &str) -> &str {
    let text = text.trim_end();
    let from = text.len() - text.trim_start().len();
    let from = text.get(..from).and_then(|space| space.rfind('\n')).map_or(0, |last| last + 1);
    text.get(from..).unwrap_or(text)
}

enum Piece<'a> {
    Text(&'a str),
    Part {
        name: &'a str,
        inner: &'a str,
        /// With its marks, as far as they are there.
        whole: &'a str,
        is_damaged: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark<'a> {
    Open(&'a str),
    End(&'a str),
}

/// A mark and its line: from its first byte to the end of its words, and to the start of the next line.
#[derive(Clone, Copy)]
struct Found<'a> {
    mark: Mark<'a>,
    from: usize,
    words_to: usize,
    to: usize,
}

fn mark(line: &str) -> Option<Mark<'_>> {
    let mut words = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.split_whitespace();
    let (kind, name) = (words.next()?, words.next()?);
    match (kind, words.next()) {
        (OPEN, None) => Some(Mark::Open(name)),
        (END, None) => Some(Mark::End(name)),
        _ => None,
    }
}

/// A span of the page: from its first mark or text to its last, and its inner text.
struct Span<'a> {
    name: &'a str,
    whole: (usize, usize),
    inner: (usize, usize),
    is_damaged: bool,
}

fn pieces(page: &str) -> Vec<Piece<'_>> {
    let marks = marks(page);
    let mut spans = spans(page, &marks);
    if !spans.iter().any(|span| span.name == CHECKLIST) {
        spans.extend(guessed(page, &marks, &spans));
        spans.sort_by_key(|span| span.whole);
    }
    let get = |(from, to): (usize, usize)| page.get(from..to).unwrap_or_default();
    let mut pieces = Vec::new();
    // Marks that are part of nothing are left out.
    let strays = |from: usize, to: usize| marks.iter().filter(move |mark| from <= mark.from && mark.from < to);
    let text = |pieces: &mut Vec<_>, (mut from, to): (usize, usize)| {
        for stray in strays(from, to) {
            pieces.push(Piece::Text(get((from, stray.from))));
            from = stray.to.min(to);
        }
        pieces.push(Piece::Text(get((from, to))));
    };
    let mut at = 0;
    for Span { name, whole, inner, is_damaged } in &spans {
        text(&mut pieces, (at, whole.0));
        pieces.push(Piece::Part { name, inner: bare(get(*inner)), whole: get(*whole), is_damaged: *is_damaged });
        at = whole.1;
    }
    text(&mut pieces, (at, page.len()));
    pieces.retain(|piece| !matches!(piece, Piece::Text("")));
    pieces
}

fn marks(page: &str) -> Vec<Found<'_>> {
    let mut at = 0;
    let found = |line| {
        let from = at;
        at += str::len(line);
        mark(line).map(|mark| Found { mark, from, words_to: from + line.trim_end().len(), to: at })
    };
    page.split_inclusive('\n').filter_map(found).collect()
}

/// What stands between two marks that belong together, the first of each name.
fn spans<'a>(page: &str, marks: &[Found<'a>]) -> Vec<Span<'a>> {
    let mut seen = BTreeSet::new();
    let together = marks.windows(2).filter_map(|pair| match pair {
        [open, end] => match (open.mark, end.mark) {
            (Mark::Open(name), Mark::End(other)) if name == other && seen.insert(name) => {
                let whole = (open.from, end.words_to.min(page.len()));
                Some(Span { name, whole, inner: (open.to, end.from), is_damaged: false })
            }
            _ => None,
        },
        _ => None,
    });
    together.collect()
}

/// The checklist where its marks are not what they were: from the one that is left to the next mark or to the end, else from the first of its
/// items to the last.
fn guessed<'a>(page: &'a str, marks: &[Found<'a>], spans: &[Span<'a>]) -> Option<Span<'a>> {
    let is_free = |at: usize| !spans.iter().any(|span| span.whole.0 <= at && at < span.whole.1);
    let next = |at: usize| marks.iter().map(|mark| mark.from).find(|from| *from >= at).unwrap_or(page.len());
    let trimmed = |(from, to): (usize, usize)| (from, from + page.get(from..to).unwrap_or_default().trim_end().len());
    let open = marks.iter().find(|found| found.mark == Mark::Open(CHECKLIST)).map(|found| {
        let inner = trimmed((found.to, next(found.to)));
        ((found.from, inner.1.max(found.words_to)), inner)
    });
    let end = || {
        let found = marks.iter().find(|found| found.mark == Mark::End(CHECKLIST))?;
        let before = marks.iter().rev().find(|mark| mark.from < found.from).map_or(0, |mark| mark.to);
        Some(((before, found.words_to), (before, found.from)))
    };
    let items = || {
        let lines = page.split_inclusive('\n').scan(0, |at, line| {
            let from = *at;
            *at += line.len();
            Some((from, line))
        });
        let is_item = |line: &str| line.contains("<!-- slipway:item ") || line.contains("<!-- slipway:auto ");
        let lines: Vec<_> = lines.filter(|(from, line)| is_free(*from) && is_item(line)).collect();
        let (first, _) = *lines.first()?;
        let limit = next(first);
        let (last, line) = *lines.iter().rev().find(|(from, _)| *from < limit)?;
        let span = (first, last + line.trim_end().len());
        Some((span, span))
    };
    let (whole, inner) = open.or_else(end).or_else(items)?;
    Some(Span { name: CHECKLIST, whole, inner, is_damaged: true })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn merged(current: &str, parts: &[(&str, &str)]) -> String {
        let parts: Vec<_> = parts.iter().map(|(name, text)| (*name, Some((*text).to_owned()))).collect();
        let page = merge(Some(current), &parts);
        assert_eq!(merge(Some(&page), &parts), page, "merging again changes nothing");
        page
    }

    const PAGE: &str = "<!-- slipway:part a -->\n\nA\n\n<!-- slipway:end a -->\n\n<!-- slipway:part b -->\n\nB\n\n<!-- slipway:end b -->";

    #[test]
    fn a_page_is_made_of_its_parts() {
        assert_eq!(merged("", &[("a", "A"), ("b", "B\n")]), PAGE);
        assert_eq!(merged(PAGE, &[("a", "A"), ("b", "B")]), PAGE);
        assert_eq!(part(PAGE, "b"), Some("B"));
        assert_eq!(merged("", &[("a", "")]), "<!-- slipway:part a -->\n\n<!-- slipway:end a -->");
    }

    #[test]
    fn a_part_that_was_not_looked_at_stays() {
        let parts = [("a", None), ("b", Some("C".to_owned())), ("c", None)];
        assert_eq!(merge(Some(PAGE), &parts), PAGE.replace("\nB\n", "\nC\n"));
    }

    #[test]
    fn what_people_write_outside_of_parts_stays_where_it_is() {
        let page = format!("Above.\n\n{}\n\nBelow.\n", PAGE.replace("<!-- slipway:part b", "Between.\n<!-- slipway:part b"));
        assert_eq!(merged(&page, &[("a", "A"), ("b", "B")]), page);
        assert_eq!(merged(&page, &[("a", "X"), ("b", "B")]), page.replace("\nA\n", "\nX\n"));
    }

    #[test]
    fn line_breaks_of_web_forms_stay() {
        let page = format!("{PAGE}\n\nMine.").replace('\n', "\r\n");
        assert_eq!(merged(&page, &[("a", "A"), ("b", "B")]), page);
        assert_eq!(merged(&page, &[("a", "X\nY"), ("b", "B")]), page.replace("\nA\r", "\nX\r\nY\r"));
    }

    #[test]
    fn a_missing_part_is_put_after_the_one_before_it() {
        let (_, b) = PAGE.split_at(PAGE.find("<!-- slipway:part b").unwrap());
        assert_eq!(merged(b, &[("a", "A"), ("b", "B")]), PAGE);
        let c = merged(&format!("{PAGE}\n\nMine."), &[("a", "A"), ("c", "C"), ("b", "B")]);
        assert!(c.find("part a").unwrap() < c.find("part c").unwrap() && c.find("part c").unwrap() < c.find("part b").unwrap());
        assert!(c.ends_with("Mine."));
        assert_eq!(merged("Mine.", &[("a", "A"), ("b", "B")]), format!("Mine.\n\n{PAGE}"));
    }

    #[test]
    fn of_damaged_marks_the_text_is_a_persons() {
        let open = PAGE.replace("<!-- slipway:end a -->\n\n", "");
        assert_eq!(merged(&open, &[("a", "N"), ("b", "B")]).matches("A\n").count(), 1);
        let nested = "<!-- slipway:part a -->\nA\n<!-- slipway:part b -->\nB\n<!-- slipway:end b -->\nC\n<!-- slipway:end a -->";
        let page = merged(nested, &[("a", "N"), ("b", "M")]);
        assert!(page.contains("A\n") && page.contains("C\n") && !page.contains("\nB\n"), "{page}");
        let twice = format!("{PAGE}\n\n{}", PAGE.replace("\nA\n", "\nMine\n"));
        let page = merged(&twice, &[("a", "N"), ("b", "M")]);
        assert!(page.contains("Mine") && !page.contains("\nA\n") && page.matches("slipway:part a").count() == 1, "{page}");
    }

    #[test]
    fn the_checklist_is_found_by_what_is_left_of_its_marks() {
        let item = "- [x] a <!-- slipway:item a 1 -->\n\n- [ ] b <!-- slipway:item b 1 -->";
        let page = merged("Mine.", &[("head", "H"), (CHECKLIST, item), ("log", "L")]);
        let (open, end) = ("<!-- slipway:part checklist -->\n\n", "<!-- slipway:end checklist -->\n\n");
        for damaged in [page.replace(open, ""), page.replace(end, ""), page.replace(open, "").replace(end, "")] {
            assert_eq!(part(&damaged, CHECKLIST), Some(item));
            assert_eq!(merged(&damaged, &[("head", "H"), (CHECKLIST, item), ("log", "L")]), page);
        }
    }

    #[test]
    fn no_text_of_a_part_reads_as_a_mark() {
        let page = merged("", &[("a", "x\n<!-- slipway:end a -->\ny")]);
        assert_eq!(part(&page, "a"), Some("x\n&lt;!-- slipway:end a -->\ny"));
    }

    proptest! {
        #[test]
        fn no_line_outside_of_a_part_is_ever_lost(
            page in "((Mine [0-9]|<!-- slipway:part (a|checklist|b) -->|<!-- slipway:end (a|checklist|b) -->|- .. x <!-- slipway:item x 1 -->|<!-- slipway|)\r?\n){0,14}",
            part_b in prop::option::of("[a-z]{0,3}"),
        ) {
            let list = part(&page, CHECKLIST).unwrap_or_default().to_owned();
            let fresh = format!("{list}\n- new");
            let next = merge(Some(&page), &[("a", None), (CHECKLIST, Some(fresh.clone())), ("b", part_b.clone())]);
            let expected = harmless(&fresh, if page.contains("\r\n") { "\r\n" } else { "\n" });
            prop_assert_eq!(part(&next, CHECKLIST), Some(expected.as_str()));
            let gone = if part_b.is_some() { part(&page, "b").unwrap_or_default() } else { "" };
            let count = |text: &str, line: &str| text.lines().filter(|other| *other == line).count();
            for line in page.lines().filter(|line| line.starts_with("Mine")) {
                prop_assert!(count(&next, line) + count(gone, line) == count(&page, line), "{line} of {page:?} is not in {next:?}");
            }
            prop_assert_eq!(merge(Some(&next), &[("a", None), (CHECKLIST, Some(fresh)), ("b", part_b)]), next);
        }
    }
}

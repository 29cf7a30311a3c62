//! An edit of a checklist is taken back, where it still stands.

use std::collections::BTreeMap;

use super::checklist::{Row, Tag};
use super::parts::{CHECKLIST, merge, outside, part};

/// The page without what one edit of its checklist did, from `before` to `after`: what others did since then stays, and so does all that
/// stands elsewhere.
pub fn undone(before: &str, after: &str, current: &str) -> String {
    if !touches(before, after) {
        return current.to_owned();
    }
    let lines = |page| part(page, CHECKLIST).unwrap_or_default().lines().map(str::trim_end).collect::<Vec<_>>();
    let (was, became, is) = (lines(before), lines(after), lines(current));
    // What was taken into the checklist by a mark that went was there before.
    let elsewhere: Vec<_> = outside(before, CHECKLIST).map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let list = if is == became {
        let taken_in = is.iter().filter(|line| elsewhere.contains(line) && !was.contains(line));
        was.iter().chain(taken_in).map(|line| (*line).to_owned()).collect()
    } else {
        Edit { was: rows(&was), became: rows(&became), elsewhere: &elsewhere }.taken_back(&is)
    };
    merge(Some(current), &[(CHECKLIST, Some(list.join("\n")))])
}

/// Whether an edit changed the checklist of a page.
pub fn touches(before: &str, after: &str) -> bool {
    let lines = |page| part(page, CHECKLIST).map(|list| list.lines().map(str::trim_end).collect::<Vec<_>>());
    lines(before).is_some_and(|was| lines(after).as_ref() != Some(&was))
}

/// What a line is, whatever else it says: the first line of an item, or its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Item(String),
    Text(&'a str),
}

fn rows<'a>(lines: &[&'a str]) -> Vec<(Key<'a>, Row<'a>)> {
    let mut seen = std::collections::BTreeSet::new();
    let key = |line: &&'a str| {
        let row = Row::read(line);
        let id = row.tag.as_ref().filter(|tag| row.is_task() && seen.insert(tag.id.clone())).map(|tag| tag.id.clone());
        (id.map_or(Key::Text(line.trim()), Key::Item), row)
    };
    lines.iter().map(key).collect()
}

fn item<'r, 'a>(rows: &'r [(Key<'a>, Row<'a>)], id: &str) -> Option<&'r Row<'a>> {
    rows.iter().find(|(key, _)| matches!(key, Key::Item(known) if known == id)).map(|(_, row)| row)
}

struct Edit<'a> {
    was: Vec<(Key<'a>, Row<'a>)>,
    became: Vec<(Key<'a>, Row<'a>)>,
    elsewhere: &'a [&'a str],
}

impl Edit<'_> {
    fn taken_back(&self, is: &[&str]) -> Vec<String> {
        let mut added = self.added();
        let mut lines: Vec<(Key, String)> = Vec::new();
        for (key, row) in rows(is) {
            let words = match &key {
                Key::Item(id) => self.restored(id, &row),
                Key::Text(text) => match added.get_mut(*text).filter(|count| **count > 0) {
                    Some(count) => {
                        *count -= 1;
                        None
                    }
                    None => Some(row.raw().to_owned()),
                },
            };
            lines.extend(words.map(|words| (key, words)));
        }
        for (at, (key, row)) in self.was.iter().enumerate() {
            let count = |rows: &[(Key, Row)]| rows.iter().filter(|(other, _)| other == key).count();
            let there = lines.iter().filter(|(other, _)| other == key).count();
            if *key == Key::Text("") || count(&self.became) >= count(&self.was) || there >= count(&self.was) {
                continue;
            }
            let place = |wanted: &Key| lines.iter().rposition(|(key, _)| key == wanted);
            let before = self.was.iter().take(at).rev().find_map(|(key, _)| Some(key).filter(|key| **key != Key::Text("")).and_then(place));
            lines.insert(before.map_or(0, |before| before + 1), (key.clone(), row.raw().to_owned()));
        }
        lines.into_iter().map(|(_, words)| words).collect()
    }

    /// The lines that the edit added, and how often; and what became of the words that it put in the line of an item.
    fn added(&self) -> BTreeMap<String, usize> {
        let mut added: BTreeMap<String, usize> = BTreeMap::new();
        for (key, row) in &self.became {
            match key {
                Key::Text(text) if !text.is_empty() && !self.elsewhere.iter().any(|line| line.trim() == *text) => {
                    *added.entry((*text).to_owned()).or_default() += 1;
                }
                Key::Item(id) if item(&self.was, id).is_some_and(|was| was.text != row.text) => {
                    *added.entry(row.worded(None).trim().to_owned()).or_default() += 1;
                }
                _ => {}
            }
        }
        for (key, _) in &self.was {
            if let Key::Text(text) = key {
                added.entry((*text).to_owned()).and_modify(|count| *count = count.saturating_sub(1));
            }
        }
        added
    }

    /// The line of an item as it is to be; `None`: the edit had put it there.
    fn restored(&self, id: &str, row: &Row) -> Option<String> {
        let (was, became) = (item(&self.was, id), item(&self.became, id));
        match (was, became) {
            (None, Some(became)) if became.raw() == row.raw() => None,
            (Some(was), became) => {
                // Where the edit took the line away, Slipway has put it there again as it was at first.
                let again = || row.saying(Some(' '), row.text.clone());
                let became = became.cloned().unwrap_or_else(again);
                let tick = if row.tick == became.tick { was.tick } else { row.tick };
                let tag: Option<&Tag> = if row.text == became.text { was.tag.as_ref() } else { row.tag.as_ref() };
                let text = if row.text == became.text { was.text.clone() } else { row.text.clone() };
                Some(row.saying(tick, text).worded(tag))
            }
            _ => Some(row.raw().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checklist::write;
    use super::super::item::{Item, ItemState, Kind};
    use super::*;

    fn items(says: &str) -> Vec<Item> {
        let state = ItemState { holds: false, says: says.into(), waived: None };
        let manual = |id: &str| Item { id: id.into(), text: format!("Do {id}"), kind: Kind::Manual };
        vec![manual("a"), Item { id: "s".into(), text: "Sure".into(), kind: Kind::Automatic(state) }, manual("b")]
    }

    fn page() -> String {
        let list = format!("{}\n- [ ] mine\n- [ ] yours", write(None, &items("no")));
        merge(Some("Above."), &[("head", Some("Head".into())), (CHECKLIST, Some(list)), ("log", Some("Log".into()))]) + "\n\nBelow."
    }

    /// What is left of an edit where these were replaced in the page, by it and by others since then; the same if it is taken back twice.
    fn left(by: &[(&str, &str)], since: &[(&str, &str)]) -> String {
        let replaced = |page: String, (from, to): &(&str, &str)| {
            assert!(page.contains(from), "{from} in {page}");
            page.replacen(from, to, 1)
        };
        let after = by.iter().fold(page(), replaced);
        let current = since.iter().fold(after.clone(), replaced);
        let page = undone(&page(), &after, &current);
        assert_eq!(undone(&super::tests::page(), &after, &page), page);
        page
    }

    fn other(since: &[(&str, &str)]) -> String {
        since.iter().fold(page(), |page, (from, to)| page.replacen(from, to, 1))
    }

    #[test]
    fn ticks_and_lines_are_taken_back() {
        let all = [("- [ ] Do a", "- [x] Do a"), ("Do b", "Do it"), ("- [ ] mine", "- [x] mine\n- [ ] added"), ("\n- [ ] yours", "")];
        for edit in all {
            assert_eq!(left(&[edit], &[]), page());
        }
        assert_eq!(left(&all, &[]), page());
    }

    #[test]
    fn what_others_did_since_then_stays() {
        let by = [("- [ ] Do a", "- [x] Do a"), ("- [ ] mine", "- [ ] mine\n- [ ] added")];
        for since in
            [("- [ ] Do b", "- [x] Do b"), ("- [ ] yours", "- [ ] theirs"), ("Log", "Logged"), ("Above", "High above"), ("Do a", "Do all")]
        {
            assert_eq!(left(&by, &[since]), other(&[since]), "{since:?}");
        }
        let (undone_by_others, since) =
            ([("- [ ] Do a", "- [x] Do a"), ("Do b", "Do it")], [("- [x] Do a", "- [ ] Do a"), ("Do it", "Do this")]);
        assert_eq!(left(&undone_by_others, &since), other(&[("Do b", "Do this")]));
    }

    #[test]
    fn lines_that_were_taken_away_come_back_with_what_was_ticked() {
        let ticked = page().replace("- [ ] Do b", "- [x] Do b");
        let line = ticked.lines().find(|line| line.contains("Do b")).unwrap();
        let after = ticked.replace(&format!("{line}\n"), "").replace("- [ ] mine\n", "");
        let list = write(part(&after, CHECKLIST), &items("yes"));
        let current = merge(Some(&after), &[(CHECKLIST, Some(list))]);
        let back = undone(&ticked, &after, &current);
        assert!(back.contains("- [x] Do b") && back.contains("- [ ] Sure: yes") && back.contains("- [ ] mine"), "{back}");
        assert_eq!(undone(&ticked, &after, &back), back);
    }

    #[test]
    fn words_in_the_line_of_an_automatic_item_are_taken_back_though_they_were_put_below() {
        let after = page().replace("Sure: no", "Sure: yes!");
        let current = merge(Some(&after), &[(CHECKLIST, Some(write(part(&after, CHECKLIST), &items("no"))))]);
        assert!(current.contains("- [ ] Sure: yes!"));
        assert_eq!(undone(&page(), &after, &current), page());
    }

    #[test]
    fn what_stands_elsewhere_is_nobodys_business() {
        for edit in [("Above", "High above"), ("Head", "Hat"), ("Below", "Mine below")] {
            let after = page().replace(edit.0, edit.1);
            assert!(!touches(&page(), &after));
            assert_eq!(undone(&page(), &after, &after), after);
        }
    }

    #[test]
    fn what_slides_into_the_checklist_by_a_mark_that_went_is_not_taken_for_added() {
        let page = page().split("\n\n<!-- slipway:part log").next().unwrap().to_owned() + "\n\nBelow.";
        let after = page.replace("\n\n<!-- slipway:end checklist -->", "").replace("- [ ] Do a", "- [x] Do a");
        let back = undone(&page, &after, &after);
        assert!(back.contains("- [ ] Do a") && back.contains("Below."), "{back}");
    }

    #[test]
    fn a_checklist_that_was_taken_away_comes_back() {
        let (open, end) = (page().find("<!-- slipway:part checklist").unwrap(), page().find("<!-- slipway:part log").unwrap());
        let gone = format!("{}{}", &page()[..open], &page()[end..]);
        let back = undone(&page(), &gone, &gone);
        assert_eq!(part(&back, CHECKLIST), part(&page(), CHECKLIST));
    }
}

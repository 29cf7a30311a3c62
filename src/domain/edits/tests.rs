use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const LAST: &str = "### Features\n\n- a (aaaaaaaaaa)\n- b (bbbbbbbbbb)\n\n### Fixes\n\n- c (cccccccccc)";

/// What is written when the text is as given, `LAST` was generated, and now this is.
fn merged(current: &str, fresh: &str) -> String {
    let (_, mark) = merge("", &Mark::default(), &lines(LAST));
    let (text, next) = merge(current, &Mark::parse(&mark.to_string()), &lines(fresh));
    assert_eq!(merge(&text, &next, &lines(fresh)), (text.clone(), next), "merging again changes nothing");
    text
}

/// `LAST` with one thing replaced by another.
fn last(from: &str, to: &str) -> String {
    assert!(LAST.contains(from));
    LAST.replacen(from, to, 1)
}

#[test]
fn what_nobody_edited_is_what_is_generated() {
    let fresh = "Intro.\n\n### Features\n\n\n- b 2 (bbbbbbbbbb)\n### Docs\n- d (dddddddddd)\n";
    assert_eq!(merged(LAST, fresh), "Intro.\n\n### Features\n\n\n- b 2 (bbbbbbbbbb)\n### Docs\n- d (dddddddddd)");
    assert_eq!(merged(&format!("{LAST}\n\n").replace('\n', "\r\n"), "- x"), "- x");
}

#[test]
fn an_edited_line_stays_when_its_text_is_generated_anew_and_when_it_no_longer_is() {
    let edited = last("- b", "- **b** is better");
    assert_eq!(merged(&edited, &last("- b", "- b!")), edited);
    assert_eq!(merged(&edited, &last("- b (bbbbbbbbbb)\n", "")), edited);
    let unnamed = last("- b (bbbbbbbbbb)", "- b, reworded");
    assert_eq!(merged(&unnamed, &last("- b", "- b!")), unnamed);
}

#[test]
fn an_unedited_line_follows_what_is_generated_beside_edited_ones() {
    let edited = last("- a", "- A");
    assert_eq!(merged(&edited, &last("- b", "- b!")), edited.replace("- b", "- b!"));
    assert_eq!(merged(&edited, &last("- c (cccccccccc)", "- c (cccccccccc)\n- d (dddddddddd)")), format!("{edited}\n- d (dddddddddd)"));
}

#[test]
fn a_deleted_line_stays_away() {
    let edited = last("- b (bbbbbbbbbb)\n", "");
    assert_eq!(merged(&edited, LAST), edited);
    assert_eq!(merged(&edited, &last("- b", "- b!")), edited);
}

#[test]
fn a_deleted_line_stays_away_even_if_its_change_was_reverted_in_between() {
    let (_, mark) = merge("", &Mark::default(), &lines(LAST));
    let edited = last("- b (bbbbbbbbbb)\n", "");
    let (text, mark) = merge(&edited, &mark, &lines(&edited));
    let mark = Mark::parse(&mark.to_string());
    assert_eq!(merge(&text, &mark, &lines(LAST)).0, edited);
}

#[test]
fn added_text_stays_below_the_line_it_was_put_below() {
    let edited = last("- a (aaaaaaaaaa)", "- a (aaaaaaaaaa)\n  More of it.\n- mine");
    assert_eq!(merged(&edited, &last("- b", "- n (eeeeeeeeee)\n- b")), edited.replace("- b", "- n (eeeeeeeeee)\n- b"));
    let edited = last("\n\n### Fixes", "\n\nWith love.\n\n### Fixes");
    let fresh = last("\n\n### Fixes", "\n- n (eeeeeeeeee)\n\n### Fixes");
    assert_eq!(merged(&edited, &fresh), last("\n\n### Fixes", "\n\nWith love.\n\n- n (eeeeeeeeee)\n\n### Fixes"));
    let intro = format!("Hello.\n\n{LAST}");
    assert_eq!(
        merged(&intro, &format!("### Breaking\n\n- x (ffffffffff)\n\n{LAST}")),
        format!("Hello.\n\n### Breaking\n\n- x (ffffffffff)\n\n{LAST}")
    );
}

#[test]
fn an_added_section_keeps_new_entries_out() {
    let edited = last("\n\n### Fixes", "\n\n### Thanks\n\nTo Dana.\n\n### Fixes");
    let fresh = last("\n\n### Fixes", "\n- n (eeeeeeeeee)\n\n### Fixes");
    assert_eq!(merged(&edited, &fresh), edited.replace("\n\n### Thanks", "\n- n (eeeeeeeeee)\n\n### Thanks"));
    let fenced = last("- a (aaaaaaaaaa)", "- a (aaaaaaaaaa)\n```\n# not a heading\n```");
    assert_eq!(merged(&fenced, &last("- b", "- n (eeeeeeeeee)\n- b")), fenced.replace("- b", "\n- n (eeeeeeeeee)\n- b"));
}

#[test]
fn an_entry_that_is_no_longer_generated_goes_and_its_heading_with_the_last() {
    let fresh = "### Features\n\n- a (aaaaaaaaaa)\n- b (bbbbbbbbbb)";
    assert_eq!(merged(&last("- a", "- A"), fresh), fresh.replace("- a", "- A"));
    let kept = format!("{LAST}\n- and mine");
    assert_eq!(merged(&kept, fresh), format!("{fresh}\n\n### Fixes\n\n- and mine"));
    let renamed = last("### Fixes", "### Mended");
    assert_eq!(merged(&renamed, fresh), format!("{fresh}\n\n### Mended"));
}

#[test]
fn a_heading_goes_with_the_last_entry_that_a_person_deletes_and_comes_back_with_a_new_one() {
    let edited = last("\n\n- c (cccccccccc)", "");
    let gone = last("\n\n### Fixes\n\n- c (cccccccccc)", "");
    assert_eq!(merged(&edited, LAST), gone);
    assert_eq!(merged(&gone, LAST), gone);
    assert_eq!(merged(&gone, &format!("{LAST}\n- d (dddddddddd)")), last("- c (cccccccccc)", "- d (dddddddddd)"));
}

#[test]
fn a_renamed_heading_stays_and_new_entries_go_below_it() {
    let edited = last("### Fixes", "### Mended");
    let fresh = last("- c", "- n (eeeeeeeeee)\n- c");
    assert_eq!(merged(&edited, &fresh), edited.replace("- c", "- n (eeeeeeeeee)\n- c"));
    let fresh = last("### Fixes", "### Speed\n\n- s (eeeeeeeeee)\n\n### Fixes");
    assert_eq!(merged(&edited, &fresh), fresh.replace("### Fixes", "### Mended"));
}

#[test]
fn lines_stay_where_somebody_moved_them() {
    let moved = "### Fixes\n\n- c (cccccccccc)\n\n### Features\n\n- b (bbbbbbbbbb)\n- a (aaaaaaaaaa)";
    assert_eq!(merged(moved, LAST), moved);
    assert_eq!(merged(moved, &last("- c", "- c!")), moved.replace("- c", "- c!"));
}

#[test]
fn empty_lines_of_a_person_stay() {
    let edited = last("- a (aaaaaaaaaa)\n", "- A (aaaaaaaaaa)\n\n\n");
    assert_eq!(merged(&edited, LAST), edited);
}

#[test]
fn lines_of_one_commit_are_told_apart() {
    let both = "### Breaking\n\n- drop (aaaaaaaaaa)\n\n### Features\n\n- add (aaaaaaaaaa)";
    let (text, mark) = merge("", &Mark::default(), &lines(both));
    let edited = text.replace("- add", "- finally add");
    assert_eq!(merge(&edited, &mark, &lines(&both.replace("drop", "remove"))).0, edited.replace("drop", "remove"));
}

#[test]
fn without_a_mark_everything_is_a_persons_and_only_what_it_lacks_is_added() {
    for mark in ["", "zzz", "00000000,aaaaaaaaaa", "00000000,:", "00000000,%ff:1", "1"] {
        assert_eq!(Mark::parse(mark), Mark::default(), "{mark}");
    }
    let fresh = format!("{}\n- d (dddddddddd)", last("- a", "- a!"));
    assert_eq!(merge(LAST, &Mark::default(), &lines(&fresh)).0, format!("{LAST}\n- d (dddddddddd)"));
    assert_eq!(merge("Only mine.", &Mark::default(), &lines("### F\n\n- x")).0, "Only mine.\n\n### F\n\n- x");
}

#[test]
fn an_emptied_text_stays_empty_until_something_is_new() {
    assert_eq!(merged("", LAST), "");
    assert_eq!(merged("\r\n", &format!("{LAST}\n- d (dddddddddd)")), "### Fixes\n\n- d (dddddddddd)");
}

/// Notes of some of ten changes, each in one of three sections, in one of two wordings.
fn notes() -> impl Strategy<Value = String> {
    proptest::collection::btree_map(0..10_usize, 0..2_usize, 0..8).prop_map(|changes| {
        let section = |at: usize| {
            let entries = changes.iter().filter(|(change, _)| **change % 3 == at);
            let entries: Vec<_> =
                entries.map(|(change, wording)| format!("\n- entry {wording} ({})", change.to_string().repeat(10))).collect();
            if entries.is_empty() { String::new() } else { format!("### Section {at}\n{}\n\n", entries.concat()) }
        };
        (0..3).map(section).collect()
    })
}

#[derive(Debug, Clone)]
enum Edit {
    Add(Index, &'static str),
    Change(Index),
    Delete(Index),
    Move(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    let texts = vec!["- mine", "A paragraph,", "### A section", "  below", "```", "- also (1111111111)"];
    prop_oneof![
        (index(), proptest::sample::select(texts)).prop_map(|(at, text)| Edit::Add(at, text)),
        index().prop_map(Edit::Change),
        index().prop_map(Edit::Delete),
        (index(), index()).prop_map(|(from, to)| Edit::Move(from, to)),
    ]
}

/// A person's text: what it says of theirs, the commits of entries they have deleted, and all commits in lines they have deleted.
#[derive(Default)]
struct Person {
    written: Vec<String>,
    deleted: Vec<String>,
    may_lack: Vec<String>,
    edits: usize,
}

impl Person {
    fn edit(&mut self, text: &str, edit: &Edit) -> String {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        self.edits += 1;
        let number = self.edits;
        match edit {
            Edit::Add(at, text) => {
                let text = format!("{text} person {number}");
                lines.insert(at.index(lines.len() + 1), text.clone());
                self.written.push(text);
            }
            Edit::Change(at) if !lines.is_empty() => {
                let line = &mut lines[at.index(text.lines().count())];
                self.written.retain(|written| written != line);
                *line = format!("{line} person {number}");
                self.written.push(line.clone());
            }
            Edit::Delete(at) if !lines.is_empty() => {
                let line = lines.remove(at.index(lines.len()));
                self.written.retain(|written| *written != line);
                let sha = words(&line).find(|word| word.len() == 10).map(str::to_owned);
                self.deleted.extend(sha.clone().filter(|_| line.starts_with("- entry")));
                self.may_lack.extend(sha);
            }
            Edit::Move(from, to) if !lines.is_empty() => {
                let line = lines.remove(from.index(lines.len()));
                lines.insert(to.index(lines.len() + 1), line);
            }
            _ => {}
        }
        lines.join("\n")
    }
}

proptest! {
    #[test]
    fn without_edits_the_text_is_what_is_generated(all in proptest::collection::vec(notes(), 1..5)) {
        let (mut text, mut mark) = (String::new(), Mark::default());
        for fresh in all {
            (text, mark) = merge(&text, &Mark::parse(&mark.to_string()), &lines(&fresh));
            prop_assert_eq!(normal(&text), normal(&fresh));
        }
    }

    #[test]
    fn nothing_of_a_person_is_ever_lost_and_nothing_they_deleted_comes_back(
        rounds in proptest::collection::vec((notes(), proptest::collection::vec(edit(), 0..4)), 1..7),
    ) {
        let (mut text, mut mark, mut person) = (String::new(), Mark::default(), Person::default());
        for (fresh, edits) in rounds {
            (text, mark) = merge(&text, &Mark::parse(&mark.to_string()), &lines(&fresh));
            prop_assert_eq!(&merge(&text, &mark, &lines(&fresh)), &(text.clone(), mark.clone()), "merged again");
            for written in &person.written {
                prop_assert!(text.lines().any(|line| line == written.trim_end()), "{} is lost from\n{}", written, text);
            }
            for sha in &person.deleted {
                prop_assert!(!text.lines().any(|line| line.contains(sha) && !line.contains("person")), "{} is back in\n{}", sha, text);
            }
            for line in fresh.lines().filter(|line| line.starts_with("- ")) {
                let sha = words(line).last().unwrap().to_owned();
                prop_assert!(person.may_lack.contains(&sha) || text.contains(&sha), "{} is missing from\n{}", line, text);
            }
            for edit in &edits {
                text = person.edit(&text, edit);
            }
            text = text.replace('\n', "\r\n");
        }
    }

    #[test]
    fn any_text_and_mark_are_merged(current in "([a-c#` -]{0,6}\n){0,9}", mark in "[0-9a-f:,%]{0,40}", fresh in "([a-c#` -]{0,6}\n){0,9}") {
        let (text, next) = merge(&current, &Mark::parse(&mark), &lines(&fresh));
        prop_assert_eq!(Mark::parse(&next.to_string()), next.clone());
        prop_assert_eq!(merge(&text, &next, &lines(&fresh)).0, text);
    }
}

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::item::ItemState;
use super::*;
use crate::domain::names::UserName;

fn manual(id: &str) -> Item {
    Item { id: id.into(), text: format!("Do {id}"), kind: Kind::Manual }
}

fn automatic(id: &str, says: &str) -> Item {
    let state = ItemState { holds: says.is_empty(), says: says.into(), waived: None };
    Item { id: id.into(), text: format!("Sure {id}"), kind: Kind::Automatic(state) }
}

/// The list made from this text, which is the same when it is made again.
fn written(current: &str, items: &[Item]) -> String {
    let list = write(Some(current), items);
    assert_eq!(write(Some(&list), items), list, "writing again changes nothing");
    assert_eq!(ticks(Some(&list), items), ticks(Some(current), items));
    list
}

/// Without marks.
fn seen(list: &str) -> Vec<String> {
    list.lines().map(|line| Row::read(line).without_tags()).collect()
}

fn base() -> (Vec<Item>, String) {
    let items = vec![manual("a"), automatic("s", "ci is pending"), manual("b")];
    let list = write(None, &items);
    (items, list)
}

/// `base` with one thing replaced by another, and written again.
fn edited(from: &str, to: &str) -> Vec<String> {
    let (items, list) = base();
    assert!(list.contains(from), "{list}");
    seen(&written(&list.replacen(from, to, 1), &items))
}

#[test]
fn an_item_is_a_line_with_a_mark() {
    let expected = "- [ ] Do a <!-- slipway:item a ee13e4e1 -->\n- [ ] Sure s: ci is pending <!-- slipway:auto s 6fcac627 -->\n- [ ] Do b <!-- slipway:item b 7f9abef9 -->";
    assert_eq!(base().1, expected);
}

#[test]
fn what_people_tick_stays_ticked() {
    let (items, list) = base();
    for ticked in ["- [x] Do a", "- [X] Do a", "* [x] Do a", "  + [x] Do a", "1. [x] Do a", "- [~] Do a"] {
        let list = written(&list.replace("- [ ] Do a", ticked), &items);
        assert!(list.starts_with(ticked), "{list}");
        assert_eq!(ticks(Some(&list), &items).get("a"), Some(&true));
    }
}

#[test]
fn the_box_of_an_automatic_item_is_slipways() {
    assert_eq!(edited("- [ ] Sure s", "- [x] Sure s"), ["- [ ] Do a", "- [ ] Sure s: ci is pending", "- [ ] Do b"]);
    let (_, list) = base();
    let state = ItemState { holds: true, says: "red".into(), waived: Some((UserName::parse("a_b").unwrap(), "a flake".into())) };
    let waived = Item { kind: Kind::Automatic(state), ..automatic("s", "") };
    assert_eq!(seen(&written(&list, &[waived])), ["- [x] Sure s: waived by a\\_b, a flake"]);
}

#[test]
fn text_that_a_person_changed_is_theirs() {
    assert_eq!(edited("Do a", "Do all")[0], "- [ ] Do all");
    assert_eq!(edited("-->\n- [ ] Sure", "--> by Friday\n- [ ] Sure")[0], "- [ ] Do a  by Friday");
    let told = edited("ci is pending", "ci is fine, I looked");
    assert_eq!(told, ["- [ ] Do a", "- [ ] Sure s: ci is pending", "- [ ] Sure s: ci is fine, I looked", "- [ ] Do b"]);
}

#[test]
fn text_that_the_project_changed_is_written_anew() {
    let (_, list) = base();
    let changed = Item { text: "Do a well".into(), ..manual("a") };
    let ticked = list.replace("- [ ] Do a", "- [x] Do a");
    assert_eq!(seen(&written(&ticked, std::slice::from_ref(&changed))), ["- [x] Do a well"]);
    assert_eq!(seen(&written(&ticked.replace("Do a", "Do all"), &[changed])), ["- [x] Do all"]);
}

#[test]
fn lines_that_people_added_stay_after_what_they_followed() {
    let (items, list) = base();
    let list = format!("Intro.\n\n{}\n  - [x] more\n\nThe end.", list.replace("\n- [ ] Do b", "\n- [x] mine\n- [ ] Do b"));
    assert_eq!(written(&list, &items), list);
    let more = [items.as_slice(), &[manual("c")]].concat();
    let told = seen(&written(&list, &more));
    assert_eq!(told[4..], ["- [x] mine", "- [ ] Do b", "  - [x] more", "- [ ] Do c", "", "The end."]);
}

#[test]
fn an_item_that_is_not_asked_for_goes_unless_somebody_touched_it() {
    let (items, list) = base();
    assert_eq!(seen(&written(&list, &items[..1])), ["- [ ] Do a"]);
    let ticked = list.replace("- [ ] Do b", "- [x] Do b").replace("Do a", "Do all");
    let dropped = written(&ticked, &[]);
    assert_eq!(seen(&dropped), ["- [ ] ~~Do all~~", "- [x] ~~Do b~~"]);
    assert_eq!(seen(&written(&dropped, &items)), ["- [ ] Do all", "- [ ] Sure s: ci is pending", "- [x] Do b"]);
    assert_eq!(seen(&written(&list.replace("ci is pending", "why?"), &[])), ["- [ ] Sure s: why?"]);
    assert_eq!(seen(&written(&format!("{list}\n  mine"), &[])), ["- [ ] ~~Do b~~", "  mine"]);
}

#[test]
fn marks_that_are_gone_are_put_back_where_the_text_is_the_same() {
    let (items, list) = base();
    let bare = seen(&list.replace("- [ ] Do a", "- [x] Do a")).join("\n");
    assert_eq!(written(&bare, &items), list.replace("- [ ] Do a", "- [x] Do a"));
    let reworded = seen(&written(&bare.replace("Do a", "Do all"), &items));
    assert_eq!(reworded, ["- [x] Do all", "- [ ] Do a", "- [ ] Sure s: ci is pending", "- [ ] Do b"]);
}

#[test]
fn the_copy_of_an_item_is_a_persons_line() {
    let (items, list) = base();
    let copied = format!("{list}\n{}", list.lines().next().unwrap().replace("[ ]", "[x]"));
    let list = written(&copied, &items);
    assert!(list.ends_with("\n- [x] Do a") && !ticks(Some(&list), &items)["a"], "{list}");
}

#[test]
fn what_was_taken_away_is_put_back() {
    let (items, list) = base();
    assert_eq!(written("", &items), list);
    let (first, rest) = list.split_once('\n').unwrap();
    assert_eq!(written(rest, &items), list);
    assert_eq!(written(first, &items), list);
    assert_eq!(edited("- [ ] Do a", "Do a")[..2], ["Do a", "- [ ] Do a"]);
}

#[test]
fn line_breaks_of_web_forms_stay() {
    let (items, list) = base();
    let list = list.replace('\n', "\r\n");
    assert_eq!(written(&list, &items), list);
    assert_eq!(written(&list, &[items.as_slice(), &[manual("c")]].concat()).matches("\r\n").count(), 3);
}

#[test]
fn an_item_that_changes_hands_is_ticked_by_whom_it_is_now() {
    let (_, list) = base();
    let now = [automatic("a", "no"), manual("s")];
    let list = written(&list.replace("[ ]", "[x]"), &now);
    assert_eq!(seen(&list), ["- [ ] Sure a: no", "- [ ] Do s", "- [x] ~~Do b~~"]);
}

#[test]
fn text_cannot_end_its_mark() {
    let item = Item { id: "a".into(), text: "x <!-- slipway:item b 1 --> -->\n- [x] y".into(), kind: Kind::Manual };
    assert_eq!(seen(&written("", &[item])), ["- [ ] x &lt;!-- slipway:item b 1 --> --> - [x] y"]);
}

/// What happens to a list between two writings.
#[derive(Debug, Clone)]
enum Happening {
    /// A person clicks the box of an item.
    Toggle(Index),
    /// A person changes the text of an item.
    Edit(Index),
    /// A person adds a line below another.
    Add(Index, &'static str),
    /// A person takes away the mark of a line, and nothing else.
    Unmark(Index),
    /// A person copies a line to another place.
    Copy(Index, Index),
    /// A form sends other line breaks.
    Form,
    /// The project asks for an item, or no longer.
    Ask(Index),
    /// What Slipway finds out changes.
    Flip(Index),
    Write,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let at = any::<Index>;
    let leads = prop::sample::select(vec!["", "- ", "- [x] ", "  - [ ] ", "* [ ] ", "> ", "```"]);
    let one = prop_oneof![
        4 => at().prop_map(Happening::Toggle),
        2 => at().prop_map(Happening::Edit),
        2 => (at(), leads).prop_map(|(at, lead)| Happening::Add(at, lead)),
        1 => at().prop_map(Happening::Unmark),
        1 => (at(), at()).prop_map(|(from, to)| Happening::Copy(from, to)),
        1 => Just(Happening::Form),
        2 => at().prop_map(Happening::Ask),
        3 => at().prop_map(Happening::Flip),
        3 => Just(Happening::Write),
    ];
    prop::collection::vec(one, 1..30)
}

/// A list, and what is to be true of it.
struct Story {
    list: String,
    asked: Vec<bool>,
    holds: Vec<bool>,
    /// The boxes that people ticked, by item.
    ticked: BTreeSet<String>,
    /// What people wrote.
    words: Vec<String>,
    /// Items whose mark was taken away while people had changed the text, or while there was a copy: nobody can tell which line they were.
    lost: BTreeSet<String>,
}

const ITEMS: usize = 6;

impl Story {
    fn new() -> Self {
        let list = String::new();
        Self {
            list,
            asked: vec![true; ITEMS],
            holds: vec![false; ITEMS],
            ticked: BTreeSet::new(),
            words: Vec::new(),
            lost: BTreeSet::new(),
        }
    }

    fn items(&self) -> Vec<Item> {
        let item = |at: usize| {
            let id = format!("i{at}");
            if at.is_multiple_of(2) { manual(&id) } else { automatic(&id, if self.holds[at] { "" } else { "not yet" }) }
        };
        (0..ITEMS).filter(|at| self.asked[*at]).map(item).collect()
    }

    fn lines(&self) -> Vec<String> {
        self.list.lines().map(str::to_owned).collect()
    }

    /// The lines that are items, each once.
    fn marked(&self) -> Vec<(usize, Tag)> {
        let mut seen = BTreeSet::new();
        let tag = |(at, line): (usize, &str)| Some((at, Some(Row::read(line)).filter(Row::is_task)?.tag?));
        self.list.lines().enumerate().filter_map(tag).filter(|(_, tag)| seen.insert(tag.id.clone())).collect()
    }

    fn set(&mut self, lines: &[String]) {
        self.list = lines.join(if self.list.contains("\r\n") { "\r\n" } else { "\n" });
    }

    fn happen(&mut self, number: usize, happening: &Happening) {
        let (mut lines, marked) = (self.lines(), self.marked());
        let chosen = |at: &Index| (!marked.is_empty()).then(|| at.get(&marked).clone());
        match happening {
            Happening::Toggle(at) => {
                let Some((line, tag)) = chosen(at) else { return };
                let is_ticked = lines[line].contains("[x]");
                let (from, to) = if is_ticked { ("[x]", "[ ]") } else { ("[ ]", "[x]") };
                lines[line] = lines[line].replacen(from, to, 1);
                if !tag.is_automatic {
                    if is_ticked {
                        self.ticked.remove(&tag.id)
                    } else {
                        self.ticked.insert(tag.id)
                    };
                }
            }
            Happening::Edit(at) => {
                let Some((line, _)) = chosen(at) else { return };
                self.words.push(format!("word{number}."));
                lines[line] = lines[line].replacen("] ", &format!("] word{number}. "), 1);
            }
            Happening::Add(at, lead) => {
                self.words.push(format!("word{number}."));
                lines.insert(at.index(lines.len() + 1), format!("{lead}word{number}."));
            }
            Happening::Unmark(at) => {
                let Some((line, tag)) = chosen(at) else { return };
                let row = Row::read(&lines[line]);
                let is_copied = self.list.matches(&format!(" {} ", tag.id)).count() > 1;
                if is_copied || digest(&row.text) != tag.digest || !self.items().iter().any(|item| text(item) == row.text) {
                    self.lost.insert(tag.id.clone());
                    self.ticked.remove(&tag.id);
                }
                lines[line] = row.without_tags();
            }
            Happening::Copy(from, to) => {
                let Some((line, _)) = chosen(from) else { return };
                // Above the first, it would be the first.
                let copy = lines[line].clone();
                lines.insert(line + 1 + to.index(lines.len() - line), copy);
            }
            Happening::Form => self.list = self.lines().join("\r\n"),
            Happening::Ask(at) => {
                let at = at.index(ITEMS);
                self.asked[at] = !self.asked[at];
            }
            Happening::Flip(at) => {
                let at = at.index(ITEMS);
                self.holds[at] = !self.holds[at];
            }
            Happening::Write => self.write(),
        }
        if !matches!(happening, Happening::Write | Happening::Form) {
            self.set(&lines);
        }
    }

    fn write(&mut self) {
        let items = self.items();
        let before = self.list.clone();
        self.list = written(&before, &items);
        let ticks = ticks(Some(&self.list), &items);
        for item in &items {
            let line = self.list.lines().map(Row::read).find(|row| row.tag.as_ref().is_some_and(|tag| tag.id == item.id)).unwrap();
            match &item.kind {
                Kind::Automatic(state) => {
                    assert_eq!((line.is_ticked(), line.text.as_str()), (state.holds, text(item).as_str()), "{before}\n\n{}", self.list);
                }
                Kind::Manual if !self.lost.contains(&item.id) => {
                    assert_eq!(ticks[&item.id], self.ticked.contains(&item.id), "{} in {before}\n\n{}", item.id, self.list);
                }
                Kind::Manual => {}
            }
        }
        for word in &self.words {
            assert!(self.list.contains(word), "{word} of {before}\n\nis not in\n\n{}", self.list);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_tick_and_no_text_of_a_person_is_lost_and_no_automatic_item_is_wrong(happenings in happenings()) {
        let mut story = Story::new();
        story.write();
        for (number, happening) in happenings.iter().enumerate() {
            story.happen(number, happening);
        }
        story.write();
    }

    #[test]
    fn any_text_is_a_list_to_which_items_are_added(
        text in "((  )?[-*1>.]{1,2} ?(\\[[ xX~]\\])? (a|~~b~~|Do a|)( <!-- slipway:(item|auto|part) (a|b|z) [0-9a-f]{0,8}( dropped)? -->)?\r?\n){0,8}",
    ) {
        let items = [manual("a"), automatic("b", "no"), manual("c")];
        let list = written(&text, &items);
        prop_assert_eq!(ticks(Some(&list), &items).len(), items.len());
    }
}

//! An item of a checklist: what people tick, and what Slipway ticks. Which items there are, by the file and by what the release contains.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

use crate::domain::config::{Automatic, ChecklistOptions, Config, FullItem, ItemOptions, Pattern, Place, When};
use crate::domain::names::{BranchName, UserName};

/// An item that is about this release: one whose condition does not hold is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Letters, digits and `-`; one of a checklist.
    pub id: String,
    /// One line, as people of the project wrote it, or of Slipway's own.
    pub text: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// People tick it.
    Manual,
    /// Slipway ticks it, and takes the tick away again.
    Automatic(ItemState),
}

/// What Slipway found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemState {
    pub holds: bool,
    /// Why it does or does not, in a few words that hold no line break: `ci is pending`. People's text in it is escaped when it is rendered.
    pub says: String,
    /// Who has waived it on the commit, and why. Then it holds.
    pub waived: Option<(UserName, String)>,
}

/// What a release contains, as far as items ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    pub whens: BTreeSet<When>,
    /// The files that it changes.
    pub paths: Vec<String>,
}

/// So many characters of a text make an id.
const LONG: usize = 40;

/// What is to be done where the file names no list for a release or a hotfix.
static STANDARD: LazyLock<ChecklistOptions> = LazyLock::new(|| {
    let items = [
        "The release notes read well",
        "What is labelled for this branch is on it",
        "The candidate was tried",
        "Whoever runs it knows how to go back",
    ];
    let items = items.map(|text| ItemOptions::Text(text.to_owned())).into();
    ChecklistOptions { on: Place::Release, into: Vec::new(), file: None, items }
});

/// The lists of a place; of a change request, those for its base.
pub fn lists<'a>(config: &'a Config, place: Place, base: Option<&BranchName>) -> Vec<&'a ChecklistOptions> {
    let of_place: Vec<_> = config.checklist.iter().filter(|list| list.on == place).collect();
    if of_place.is_empty() && place != Place::ChangeRequest {
        return vec![&STANDARD];
    }
    let reaches = |list: &&ChecklistOptions| {
        base.is_none_or(|base| list.into.is_empty() || list.into.iter().any(|pattern| pattern.matches(base.as_str())))
    };
    of_place.into_iter().filter(reaches).collect()
}

/// The files whose text the lists ask for.
pub fn files<'a>(lists: &[&'a ChecklistOptions]) -> BTreeSet<&'a str> {
    lists.iter().filter_map(|list| list.file.as_deref()).collect()
}

/// Whether an item asks for what only the files of the release tell: whether there are conditions at all cannot be known of a file.
pub fn asks_for_contents(lists: &[&ChecklistOptions]) -> bool {
    let conditional = |item: &ItemOptions| matches!(item, ItemOptions::Full(item) if !item.when.is_empty() || !item.paths.is_empty());
    lists.iter().any(|list| list.file.is_some() || list.items.iter().any(conditional))
}

/// The items whose condition holds, those of a list's file before its own. What an item is called does not depend on which others hold.
pub fn items(lists: &[&ChecklistOptions], texts: &dyn Fn(&str) -> Option<String>, has: &Contents) -> Vec<Item> {
    let mut all = Vec::new();
    for list in lists {
        match list.file.as_deref().map(|path| (path, texts(path))) {
            Some((_, Some(text))) => all.extend(of_file(&text)),
            Some((path, None)) => all.push(Told {
                text: format!("The list in `{path}` is read: there is no such file on the default branch"),
                id: Some("file".to_owned()),
                ..Told::default()
            }),
            None => {}
        }
        all.extend(list.items.iter().map(Told::from));
    }
    let own = Automatic::ALL.map(|automatic| automatic.id().to_owned());
    let mut taken: BTreeSet<_> = own.into_iter().collect();
    // A name that was given goes before one that is made.
    let ids: Vec<_> = all.iter().map(|told| told.id.as_deref().map(|id| unique(&slug(id), &mut taken))).collect();
    let mut items = Vec::new();
    for (told, id) in all.into_iter().zip(ids) {
        let id = id.unwrap_or_else(|| unique(&slug(&told.text), &mut taken));
        if told.holds(has) && !told.text.is_empty() {
            items.push(Item { id, text: told.text, kind: Kind::Manual });
        }
    }
    items
}

/// What a list says of an item.
#[derive(Default)]
struct Told {
    text: String,
    id: Option<String>,
    when: Vec<When>,
    paths: Vec<Pattern>,
}

impl Told {
    fn holds(&self, has: &Contents) -> bool {
        let touched = |pattern: &Pattern| has.paths.iter().any(|path| pattern.matches(path));
        (self.when.is_empty() || self.when.iter().any(|when| has.whens.contains(when)))
            && (self.paths.is_empty() || self.paths.iter().any(touched))
    }

    /// A comment of the file: `when: migration`, `paths: db/**, app/**`, `id: x`. What is not known is a comment.
    fn note(&mut self, comment: &str) {
        let Some((key, words)) = comment.split_once(':') else { return };
        let words = words.split([',', ' ']).filter(|word| !word.is_empty());
        match key.trim() {
            "when" => self.when.extend(words.filter_map(|word| When::deserialize(IntoDeserializer::<Error>::into_deserializer(word)).ok())),
            "paths" => self.paths.extend(words.filter_map(|word| Pattern::try_from(word.to_owned()).ok())),
            "id" => self.id = words.map(str::to_owned).next().or(self.id.take()),
            _ => {}
        }
    }

    /// Takes the text, and what its comments say.
    fn take(&mut self, source: &str) {
        let (text, comments) = apart(source);
        for comment in comments {
            self.note(comment);
        }
        self.text = one_line(&format!("{} {text}", self.text));
    }
}

impl From<&ItemOptions> for Told {
    fn from(item: &ItemOptions) -> Self {
        match item {
            ItemOptions::Text(text) => Self { text: one_line(text), ..Self::default() },
            ItemOptions::Full(FullItem { text, id, when, paths }) => {
                Self { text: one_line(text), id: id.clone(), when: when.clone(), paths: paths.clone() }
            }
        }
    }
}

/// The items of a file's task lists, those of nested ones too, as they are written; whatever is between them is for its readers.
fn of_file(text: &str) -> Vec<Told> {
    let mut items: Vec<Told> = Vec::new();
    // What the item that is being read says up to here, without what is nested in it.
    let mut open: Option<Range<usize>> = None;
    let close = |open: &mut Option<Range<usize>>, items: &mut Vec<Told>| {
        if let (Some(range), Some(item)) = (open.take(), items.last_mut()) {
            item.take(text.get(range).unwrap_or_default());
        }
    };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TASKLISTS).into_offset_iter() {
        match event {
            Event::TaskListMarker(_) => {
                close(&mut open, &mut items);
                items.push(Told::default());
                open = Some(range.end..range.end);
            }
            Event::Start(Tag::Item | Tag::List(_) | Tag::Paragraph | Tag::CodeBlock(_) | Tag::BlockQuote(_)) | Event::End(_)
                if !is_inline_end(&event) =>
            {
                close(&mut open, &mut items);
            }
            Event::Html(comment) => {
                if let Some(item) = items.last_mut() {
                    apart(&comment).1.iter().for_each(|comment| item.note(comment));
                }
            }
            _ => {
                if let Some(open) = open.as_mut() {
                    open.end = open.end.max(range.end);
                }
            }
        }
    }
    close(&mut open, &mut items);
    items
}

/// Whether the event ends what stands within a line.
fn is_inline_end(event: &Event) -> bool {
    use pulldown_cmark::TagEnd::{Emphasis, Image, Link, Strikethrough, Strong};
    matches!(event, Event::End(Emphasis | Strong | Strikethrough | Link | Image))
}

/// Text without its comments, and what these say.
fn apart(source: &str) -> (String, Vec<&str>) {
    let (mut text, mut comments, mut rest) = (String::new(), Vec::new(), source);
    while let Some((before, after)) = rest.split_once("<!--") {
        text.push_str(before);
        let (comment, below) = after.split_once("-->").unwrap_or((after, ""));
        comments.push(comment.trim());
        rest = below;
    }
    text.push_str(rest);
    (text, comments)
}

/// An item is one line, whatever is written in it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a text is called: its letters and digits, small, with `-` between them.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        // The small form of a letter may be two signs.
        let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        if slug.chars().count() + word.chars().count() >= LONG && !slug.is_empty() {
            break;
        }
        let dash = if slug.is_empty() { "" } else { "-" };
        slug = format!("{slug}{dash}{}", word.chars().take(LONG).collect::<String>());
    }
    if slug.is_empty() { "item".to_owned() } else { slug }
}

/// The name, or the first of `name-2`, `name-3` … that nothing else has.
fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(file: &str, has: &Contents) -> Vec<String> {
        let list = ChecklistOptions { on: Place::Release, into: Vec::new(), file: Some("x.md".into()), items: Vec::new() };
        items(&[&list], &|_| Some(file.to_owned()), has).into_iter().map(|item| format!("{}: {}", item.id, item.text)).collect()
    }

    fn asked(file: &str) -> Vec<String> {
        Config::parse(file).map(|config| items(&lists(&config, Place::Release, None), &|_| None, &Contents::default())).map_or_else(
            |problem| vec![problem.message],
            |items| items.into_iter().map(|item| format!("{}: {}", item.id, item.text)).collect(),
        )
    }

    #[test]
    fn the_items_of_a_file_are_those_of_its_task_lists() {
        let file = "# Release\n\nHello.\n\n- [ ] Tell [support](https://x.example) **now**\n- no item\n- [x] Done\n  on two lines\n\n## More\n\n1. [ ] `a  b`\n   - [ ] nested\n\n     with words\n\n```\n- [ ] code\n```\n";
        let expected = [
            "tell-support-https-x-example-now: Tell [support](https://x.example) **now**",
            "done-on-two-lines: Done on two lines",
            "a-b: `a b`",
            "nested: nested",
        ];
        assert_eq!(told(file, &Contents::default()), expected);
    }

    #[test]
    fn an_item_of_a_file_may_have_conditions_and_a_name() {
        let file = "- [ ] Migrate <!-- when: migration, breaking --> it\n- [ ] Index <!-- paths: db/** --> <!-- id: the-index -->\n- [ ] Both <!-- when: breaking --><!-- paths: app/* -->\n- [ ] Always <!-- by hand -->\n";
        let has = |whens: &[When], paths: &[&str]| {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            told(file, &Contents { whens: whens.iter().copied().collect(), paths })
        };
        assert_eq!(has(&[], &[]), ["always: Always"]);
        assert_eq!(has(&[When::Migration], &["db/a/b.sql"]), ["migrate-it: Migrate it", "the-index: Index", "always: Always"]);
        assert_eq!(has(&[When::Breaking], &["app/x"]), ["migrate-it: Migrate it", "both: Both", "always: Always"]);
    }

    #[test]
    fn a_name_is_one_items_alone() {
        let file = "[[checklist]]\nitems = [\"Tell them\", \"Tell them!\", { text = \"x\", id = \"tell-them\" }, \"Checks\", \"…\"]\n";
        assert_eq!(asked(file), ["tell-them-2: Tell them", "tell-them-3: Tell them!", "tell-them: x", "checks-2: Checks", "item: …"]);
    }

    #[test]
    fn without_a_list_there_is_a_plain_one() {
        assert_eq!(asked("").first().map(String::as_str), Some("the-release-notes-read-well: The release notes read well"));
        let config = Config::parse("").unwrap();
        assert!(lists(&config, Place::ChangeRequest, None).is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        assert!(asked("[[checklist]]\nfile = \"a.md\"\n").join("").contains("`a.md`"));
    }
}

use super::*;
use crate::domain::facts::{Lines, Newcomers, Paths, Ref};
use crate::domain::version::{Scheme, TagTemplate};

/// A commit's made-up SHA: the letter forty times over is none for letters beyond `f`, so they are spelled by number.
pub fn sha(name: char) -> Sha {
    Sha::parse(&format!("{:02x}", u32::from(name) % 256).repeat(20)).unwrap()
}

/// A window told in a few words, oldest first: `b a: fix: y` is the commit b on a, and `m ab: …` the merge of b into a. The last
/// is the head.
pub fn window(told: &[&str]) -> Window {
    let commit = |(at, line): (usize, &&str)| {
        let (names, message) = line.split_once(": ").unwrap();
        let (name, parents) = names.split_once(' ').unwrap_or((names, ""));
        let parents = parents.chars().map(sha).collect();
        let at = Moment(i64::try_from(at).unwrap());
        Commit { sha: sha(name.chars().next().unwrap()), parents, message: message.to_owned(), at, author: Author::default(), files: None }
    };
    let mut commits: Vec<_> = told.iter().enumerate().map(commit).collect();
    commits.reverse();
    let head = commits[0].sha.clone();
    Window { head, commits, whole: true, complete_since: Vec::new(), tags: Vec::new(), elsewhere: Vec::new(), requests: Vec::new() }
}

pub fn tagged(mut window: Window, tags: &[(&str, char)]) -> Window {
    let at = |name: char| window.commits.iter().find(|commit| commit.sha == sha(name)).map_or(Moment(0), |commit| commit.at);
    window.tags = tags.iter().map(|(tag, name)| Tagged { tag: TagName::parse(tag).unwrap(), commit: sha(*name), at: at(*name) }).collect();
    window
}

fn semantic(tag: &TagName) -> Option<Version> {
    TagTemplate { prefix: "v".into(), scheme: Scheme::Semantic }.read(tag)
}

pub fn wanted() -> Wanted {
    let template = TagTemplate { prefix: "v".into(), scheme: Scheme::Semantic };
    Wanted {
        at: Ref::Default,
        tags: [TagsWanted { template, below: None, lines: Lines::All { below: None } }].into(),
        files: [].into(),
        proposals: [].into(),
        paths: Paths::Unneeded,
        newcomers: Newcomers::Unneeded,
        standing: None,
        limit: 100,
    }
}

/// The names of the commits since a tag's.
fn since(window: &Window, anchor: char) -> String {
    let graph = Graph::new(window);
    let range = graph.since(graph.find(&sha(anchor)), graph.find(&window.head).unwrap());
    assert!(range.descends && range.closed);
    names(window, &range.commits)
}

pub fn names(window: &Window, commits: &[usize]) -> String {
    let name = |at: &usize| ('!'..='~').find(|name| sha(*name) == window.commits[*at].sha).unwrap();
    commits.iter().map(name).collect()
}

fn anchor(window: &Window) -> Option<String> {
    let graph = Graph::new(window);
    graph.anchor(graph.find(&window.head).unwrap(), semantic).map(|(tagged, _)| tagged.tag.to_string())
}

/// Case 71: a branch that is older than the tag and was merged after it is part of the next release.
#[test]
fn what_came_since_goes_by_ancestry_and_not_by_date() {
    let told = window(&["a: feat: a", "o a: feat: old branch", "b a: fix: b", "c b: fix: c", "m co: merge"]);
    assert_eq!(since(&told, 'b'), "ocm");
}

/// Case 72: the tag on the other line is higher and does not count.
#[test]
fn a_tag_on_another_line_never_counts() {
    let told = tagged(window(&["a: feat: a", "x a: feat!: x", "b a: fix: b"]), &[("v1.0.0", 'a'), ("v2.0.0", 'x')]);
    assert_eq!(anchor(&told).as_deref(), Some("v1.0.0"));
}

#[test]
fn the_highest_version_counts_although_a_lower_one_is_nearer() {
    let told = window(&["a: a", "b a: b", "h a: hotfix", "m bh: merge of the hotfix", "c m: c"]);
    assert_eq!(anchor(&tagged(told, &[("v2.0.0", 'b'), ("v1.0.1", 'h')])).as_deref(), Some("v2.0.0"));
}

#[test]
fn a_commit_is_its_own_anchor_and_nothing_came_since() {
    let told = tagged(window(&["a: a", "b a: b"]), &[("v1.0.0", 'b')]);
    assert_eq!((anchor(&told).as_deref(), since(&told, 'b').as_str()), (Some("v1.0.0"), ""));
}

#[test]
fn everything_lands_once_with_the_merge_that_brought_it() {
    let told = window(&["a: a", "x a: x", "y x: y", "b a: b", "m by: merge", "c m: c"]);
    let graph = Graph::new(&told);
    let head = graph.find(&told.head).unwrap();
    let landings = graph.landings(&graph.since(graph.find(&sha('a')), head), head);
    let told: Vec<_> = landings.iter().map(|landing| (names(&told, &[landing.tip]), names(&told, &landing.brought))).collect();
    let expected = [("b", ""), ("m", "xy"), ("c", "")];
    assert_eq!(told, expected.map(|(tip, brought)| (tip.to_owned(), brought.to_owned())));
}

#[test]
fn a_window_is_read_on_until_the_anchor_is_in_it_and_the_range_is_closed() {
    let whole = window(&["a: a", "o a: old branch", "p o: old branch", "b a: b", "t b: t", "c t: c", "m cp: merge"]);
    let cut = |from: usize, tags: &[(&str, char)]| {
        let mut cut = tagged(whole.clone(), tags);
        cut.commits.truncate(whole.commits.len() - from);
        cut.whole = false;
        cut
    };
    let unsettled = |window: &Window| Graph::new(window).unsettled(&wanted());
    assert_eq!(unsettled(&cut(5, &[("v1.0.0", 't')])), Some(Unsettled::Further));
    let tag = Tagged { tag: TagName::parse("v1.0.0").unwrap(), commit: sha('t'), at: Moment(4) };
    assert_eq!(unsettled(&cut(3, &[("v1.0.0", 't')])), Some(Unsettled::Interwoven(tag)));
    let mut compared = cut(3, &[("v1.0.0", 't')]);
    compared.complete_since.push(sha('t'));
    assert_eq!(unsettled(&compared), None);
}

#[test]
fn a_higher_version_further_back_is_looked_for_and_one_that_is_newer_is_not() {
    let mut told = tagged(window(&["a: a", "b a: b", "c b: c", "d c: d"]), &[("v1.0.0", 'c'), ("v2.0.0", 'a')]);
    told.commits.truncate(3);
    told.whole = false;
    assert_eq!(Graph::new(&told).unsettled(&wanted()), Some(Unsettled::Further));
    let elsewhere = Tagged { tag: TagName::parse("v2.0.0").unwrap(), commit: sha('z'), at: Moment(9) };
    told.tags[1] = elsewhere;
    assert_eq!(Graph::new(&told).unsettled(&wanted()), None);
}

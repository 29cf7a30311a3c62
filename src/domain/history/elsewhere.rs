//! Versions that were released on other lines: what they had of this one is released, and told, although their tags are no ancestors.
//! The anchor of a line still goes by ancestry alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{Graph, Range, Tagged, set};
use crate::domain::commit::{merged_branch, numbers, picked_from, picks, request};
use crate::domain::facts::{Lines, TagsWanted, Wanted};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::porting;

/// A final version that was released on another line, with the commits of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    pub tag: Tagged,
    /// What is reachable from the tag and not from the line's head, as far as it was read.
    pub commits: Vec<Own>,
}

/// A commit that a line has and another has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub sha: Sha,
    pub parents: Vec<Sha>,
    pub message: String,
}

impl Elsewhere {
    /// The commits of this line that the other one was made from: it has them, and everything before them.
    fn forks(&self) -> BTreeSet<&Sha> {
        if self.commits.is_empty() {
            return BTreeSet::from([&self.tag.commit]);
        }
        let own: BTreeSet<_> = self.commits.iter().map(|commit| &commit.sha).collect();
        self.commits.iter().flat_map(|commit| &commit.parents).filter(|parent| !own.contains(parent)).collect()
    }
}

/// The change request that a commit says it came through.
fn number(message: &str) -> Option<Number> {
    let label = request(message).and_then(|label| label.get(1..)).and_then(|digits| digits.parse().ok());
    label.or_else(|| numbers(message.lines().next()?).last()).map(Number)
}

/// The change request that a merge has carried here, by its branch.
fn origin(message: &str) -> Option<Number> {
    let branch = BranchName::parse(merged_branch(message)?).ok()?;
    porting::origin(&branch).map(|(number, _)| number)
}

impl Graph<'_> {
    /// Everything reachable from `head`, and neither from `anchor` nor from what the other lines have of this one.
    pub fn unreleased(&self, anchor: Option<usize>, head: usize, elsewhere: &[&Elsewhere]) -> Range {
        let mut range = self.since(anchor, head);
        let mut open = vec![false; self.ends.len()];
        range.commits.iter().for_each(|at| _ = set(&mut open, *at, true));
        let mut waiting: Vec<_> = elsewhere.iter().flat_map(|other| other.forks()).filter_map(|sha| self.find(sha)).collect();
        let mut found = false;
        while let Some(at) = waiting.pop() {
            if set(&mut open, at, false) {
                found = true;
                waiting.extend(self.parents(at));
            }
        }
        if found {
            range.commits.retain(|at| open.get(*at).copied().unwrap_or_default());
            let is_known = |at: &usize| self.parents(*at).len() == self.commit(*at).map_or(0, |commit| commit.parents.len());
            range.closed = range.closed || range.commits.iter().all(is_known);
        }
        range
    }

    /// Whether a version elsewhere has anything of a range.
    pub fn has_part_of(&self, range: &Range, other: &Elsewhere) -> bool {
        other.forks().into_iter().filter_map(|sha| self.find(sha)).any(|at| range.commits.contains(&at))
    }

    /// The commits of a range that were carried to another line, or from it: the same change is released there. A pick says so in its
    /// message; where a squash has lost that, the merge names Slipway's branch for it.
    pub fn carried<'e>(&self, range: &Range, elsewhere: &[&'e Elsewhere]) -> BTreeMap<usize, &'e Tagged> {
        let mut carried = BTreeMap::new();
        for other in elsewhere {
            let own: BTreeSet<_> = other.commits.iter().map(|commit| commit.sha.as_str()).collect();
            let numbers: BTreeSet<_> = other.commits.iter().filter_map(|commit| number(&commit.message)).collect();
            let is_theirs = |message: &str| {
                picked_from(message).is_some_and(|sha| own.contains(sha)) || origin(message).is_some_and(|number| numbers.contains(&number))
            };
            let from = range.commits.iter().copied().filter(|at| self.commit(*at).is_some_and(|commit| is_theirs(&commit.message)));
            let picked = other.commits.iter().flat_map(|commit| picks(&commit.message)).filter_map(|sha| self.find_short(sha));
            let ported: BTreeSet<_> = other.commits.iter().filter_map(|commit| origin(&commit.message)).collect();
            let requests = self.window.requests.iter().filter(|request| ported.contains(&request.number));
            let requests = requests.flat_map(|request| &request.commits).filter_map(|sha| self.find(sha));
            // A merge is carried with all that it brought.
            let all = from.chain(picked).chain(requests).flat_map(|at| self.with_brought(at));
            carried.extend(all.map(|at| (at, &other.tag)));
        }
        carried
    }

    /// A commit, and what it brought if it is a merge.
    fn with_brought(&self, at: usize) -> Vec<usize> {
        let parents = self.commit(at).map(|commit| commit.parents.as_slice()).unwrap_or_default();
        match parents {
            [first, _, ..] => self.find(first).map_or(vec![at], |first| self.since(Some(first), at).commits),
            _ => vec![at],
        }
    }

    /// The versions on other lines that have to be read: of each major version the highest, if that is higher than the anchor. Whoever
    /// comes from there has what is in it; who has not, is told.
    pub fn elsewhere(&self, wanted: &Wanted) -> Vec<Tagged> {
        let Some(head) = self.find(&self.window.head) else { return Vec::new() };
        let found = wanted.tags.iter().flat_map(|tags| self.elsewhere_of(head, tags));
        found.collect()
    }

    fn elsewhere_of(&self, head: usize, tags: &TagsWanted) -> Vec<Tagged> {
        let Lines::All { below } = &tags.lines else { return Vec::new() };
        let stable = |tagged: &Tagged| tags.read(&tagged.tag).filter(|version| version.pre.is_empty());
        let oldest = self.window.commits.iter().map(|commit| commit.at).min();
        // What is older than all that was read may be an ancestor that was not.
        let is_off =
            |tagged: &Tagged| self.find(&tagged.commit).is_none() && (self.window.whole || oldest.is_some_and(|oldest| tagged.at > oldest));
        let off = self.window.tags.iter().filter(|tagged| is_off(tagged)).filter_map(|tagged| Some((stable(tagged)?, tagged)));
        let mut off: Vec<_> = off.filter(|(version, _)| below.as_ref().is_none_or(|below| version < below)).collect();
        if off.is_empty() {
            return Vec::new();
        }
        off.sort_by(|a, b| b.0.cmp(&a.0));
        let anchor = self.anchor(head, |tag| tags.read(tag).filter(|version| version.pre.is_empty())).map(|(_, version)| version);
        let mut highest: BTreeMap<u64, &Tagged> = BTreeMap::new();
        for (version, tagged) in off.into_iter().filter(|(version, _)| Some(version) > anchor.as_ref()) {
            highest.entry(version.major).or_insert(tagged);
        }
        highest.into_values().cloned().collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::tests::{names, sha, tagged, wanted, window};
    use super::super::{MergedRequest, Moment, TagName, Window};
    use super::*;

    /// Tags the last of some commits of another line, told like those of a window.
    pub fn other(mut line: Window, tag: &str, told: &[&str]) -> Window {
        let theirs = window(told);
        let tag = Tagged { tag: TagName::parse(tag).unwrap(), commit: theirs.head, at: Moment(99) };
        let own = theirs.commits.into_iter().map(|commit| Own { sha: commit.sha, parents: commit.parents, message: commit.message });
        line.tags.push(tag.clone());
        line.elsewhere.push(Elsewhere { tag, commits: own.collect() });
        line
    }

    fn merged(number: u64, at: char) -> MergedRequest {
        let (title, body, label) = (String::new(), String::new(), format!("!{number}"));
        let (branch, author, closes) = (None, None, Vec::new());
        MergedRequest { number: Number(number), label, title, body, branch, author, closes, commits: vec![sha(at)] }
    }

    fn unreleased(window: &Window) -> String {
        let graph = Graph::new(window);
        let elsewhere: Vec<_> = window.elsewhere.iter().collect();
        names(window, &graph.unreleased(graph.find(&sha('a')), graph.find(&window.head).unwrap(), &elsewhere).commits)
    }

    #[test]
    fn what_another_line_was_cut_with_is_released_with_it() {
        let line = window(&["a: a", "b a: b", "t b: topic", "c b: c", "m ct: merge", "d m: d"]);
        assert_eq!(unreleased(&line), "bctmd".replace("ct", "tc"));
        assert_eq!(unreleased(&other(line.clone(), "v1.1.0", &["x c: x", "y x: y"])), "tmd");
        assert_eq!(unreleased(&other(line.clone(), "v1.1.0", &["x b: x", "y xm: main comes into it"])), "d");
        assert_eq!(unreleased(&other(line, "v1.1.0", &["x: of its own", "y x: y"])), "btcmd");
    }

    #[test]
    fn picks_are_found_in_both_directions_and_a_merge_with_all_that_it_brought() {
        let from = |name: char| format!("fix: x\n\n(cherry picked from commit {})", sha(name));
        let (carried, backported, merged) = (format!("c b: {}", from('x')), format!("y x: {}", from('d')), format!("z y: {}", from('m')));
        let line = window(&["a: a", "b a: b", &carried, "d c: d", "t c: topic", "m dt: merge", "e m: e"]);
        let line = other(line, "v1.0.1", &["x a: fix: x", &backported, &merged]);
        let graph = Graph::new(&line);
        let range = graph.since(graph.find(&sha('a')), graph.find(&line.head).unwrap());
        let picked: Vec<_> = graph.carried(&range, &[&line.elsewhere[0]]).into_keys().collect();
        assert_eq!(names(&line, &picked).chars().rev().collect::<String>(), "cdtm");
    }

    #[test]
    fn a_merge_of_slipways_own_branch_says_what_it_carries_although_a_squash_has_lost_it() {
        let into = |number: u64, to: &str| format!("Merge branch 'backport/{number}-to-{to}' into '{to}'\n\nSee merge request a/b!9");
        let (forward, back) = (format!("m bc: {}", into(8, "main")), format!("z xy: {}", into(7, "release/1.1")));
        let mut line = window(&["a: a", "b a: fix: 7", "c a: fix: 8", &forward, "d m: d"]);
        line.requests.push(merged(7, 'b'));
        let line = other(line, "v1.1.1", &["w a: fix: 8\n\nSee merge request a/b!8", "x w: x", "y w: fix: 7", &back]);
        let graph = Graph::new(&line);
        let range = graph.since(graph.find(&sha('a')), graph.find(&line.head).unwrap());
        let mut carried: Vec<_> = graph.carried(&range, &[&line.elsewhere[0]]).into_keys().collect();
        carried.reverse();
        assert_eq!(names(&line, &carried), "bcm");
    }

    fn asked(window: &Window) -> Vec<String> {
        Graph::new(window).elsewhere(&wanted()).into_iter().map(|tagged| tagged.tag.to_string()).collect()
    }

    #[test]
    fn only_versions_above_the_anchor_are_looked_at_and_of_each_major_one_the_highest() {
        let line = |tags: &[(&str, char)]| tagged(window(&["a: a", "b a: b"]), tags);
        assert_eq!(asked(&line(&[("v1.0.0", 'a'), ("v0.9.0", 'x'), ("v1.1.0-rc.1", 'x')])), [""; 0]);
        assert_eq!(asked(&line(&[("v1.0.0", 'a'), ("v1.1.0", 'x'), ("v1.1.1", 'y'), ("v2.0.0", 'z')])), ["v1.1.1", "v2.0.0"]);
        assert_eq!(asked(&line(&[("v0.1.0", 'x')])), ["v0.1.0"], "a line without a version of its own");
    }

    #[test]
    fn what_may_be_an_ancestor_that_was_not_read_is_on_no_other_line() {
        let mut line = tagged(window(&["a: a", "b a: b", "c b: c"]), &[("v1.0.0", 'b'), ("v1.1.0", 'a'), ("v1.2.0", 'x')]);
        line.commits.truncate(2);
        line.whole = false;
        line.tags[2].at = Moment(9);
        assert_eq!(asked(&line), ["v1.2.0"]);
    }
}

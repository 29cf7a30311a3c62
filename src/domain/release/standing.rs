//! What is released already where the next release is decided: on the line itself, by ancestry, and of the line by others.

use std::collections::BTreeSet;

use semver::Version;

use crate::domain::history::{Elsewhere, Graph, Tagged};
use crate::domain::version::TagTemplate;

use super::outlook::{Course, Next, Outlook};

/// What is released on a line, by ancestry, and what others have released of it.
#[derive(Default)]
pub struct Standing<'w> {
    pub stable: Option<(&'w Tagged, Version)>,
    /// Pre-releases since the stable one, with the highest last.
    pub prereleases: Vec<(&'w Tagged, Version)>,
    pub elsewhere: Vec<&'w Elsewhere>,
    /// The highest version elsewhere that has something of this line since the stable one, if it is higher than that.
    pub ahead: Option<Version>,
}

impl<'w> Standing<'w> {
    pub fn new(graph: &Graph<'w>, head: usize, template: &TagTemplate, elsewhere: Vec<&'w Elsewhere>) -> Self {
        let stable = graph.anchor(head, |tag| template.read(tag).filter(|version| version.pre.is_empty()));
        let anchor = stable.as_ref().and_then(|(tagged, _)| graph.find(&tagged.commit));
        let ahead = if elsewhere.is_empty() { None } else { ahead(graph, (anchor, head), template, &elsewhere) };
        let ahead = ahead.filter(|ahead| stable.as_ref().is_none_or(|(_, stable)| ahead > stable));
        let pre = |tagged: &&'w Tagged| template.read(&tagged.tag).filter(|version| !version.pre.is_empty());
        let tagged: Vec<_> = graph.window.tags.iter().filter_map(|tagged| Some((tagged, pre(&tagged)?))).collect();
        let mut prereleases = Vec::new();
        if !tagged.is_empty() {
            let since: BTreeSet<_> = graph.unreleased(anchor, head, &elsewhere).commits.into_iter().collect();
            prereleases.extend(tagged.into_iter().filter(|(tagged, _)| graph.find(&tagged.commit).is_some_and(|at| since.contains(&at))));
            prereleases.sort_by(|a, b| a.1.cmp(&b.1));
        }
        Self { stable, prereleases, elsewhere, ahead }
    }

    /// Whether it is known what came since the last release.
    pub fn is_certain(&self, graph: &Graph, head: usize) -> bool {
        self.stable.is_some() || is_certain(graph, head, &self.elsewhere)
    }

    /// The version that the next one is counted from.
    pub fn base(&self) -> Option<&Version> {
        self.ahead.as_ref().or_else(|| self.stable.as_ref().map(|(_, version)| version))
    }
}

/// Whether what came since versions elsewhere, or since the beginning, was read without a gap.
pub fn is_certain(graph: &Graph, head: usize, elsewhere: &[&Elsewhere]) -> bool {
    graph.window.whole || (!elsewhere.is_empty() && graph.unreleased(None, head, elsewhere).closed)
}

fn ahead(graph: &Graph, (anchor, head): (Option<usize>, usize), template: &TagTemplate, elsewhere: &[&Elsewhere]) -> Option<Version> {
    let since = graph.since(anchor, head);
    let parts = elsewhere.iter().filter(|other| graph.has_part_of(&since, other));
    parts.filter_map(|other| template.read(&other.tag.tag)).max()
}

/// The versions elsewhere that come before the one that a line would release, beside those that are counted in already. What is on its way to
/// a higher major version does not count; of this one, each does that has something of the line, since the next one has to be above it.
pub fn earlier<'w>(course: &Course, graph: &Graph<'w>, head: usize, (outlook, standing): (&Outlook, &Standing<'w>)) -> Vec<&'w Elsewhere> {
    let (template, Some(next)) = (&outlook.component.template, outlook.version()) else { return Vec::new() };
    let anchor = standing.stable.as_ref().and_then(|(tagged, _)| graph.find(&tagged.commit));
    let counts = |other: &&Elsewhere| {
        let version = template.read(&other.tag.tag).filter(|version| is_below(course, version));
        let new = !standing.elsewhere.iter().any(|known| known.tag == other.tag);
        let comes_before =
            |version: Version| version < *next || (version.major <= next.major && graph.has_part_of(&graph.since(anchor, head), other));
        new && version.is_some_and(comes_before)
    };
    graph.window.elsewhere.iter().filter(counts).collect()
}

/// Every version elsewhere, for a line that has none of its own within the history that was read.
pub fn all<'w>(course: &Course, graph: &Graph<'w>, template: &TagTemplate) -> Vec<&'w Elsewhere> {
    let counts = |other: &&Elsewhere| template.read(&other.tag.tag).is_some_and(|version| is_below(course, &version));
    graph.window.elsewhere.iter().filter(counts).collect()
}

/// Whether a branch that is for some versions alone may give one that is higher.
fn is_below(course: &Course, version: &Version) -> bool {
    course.allowed().is_none_or(|allowed| allowed.below().is_none_or(|below| version < below))
}

/// Where another line has released the version that is counted from, its patches are that line's own: what follows here is of the next minor
/// version. What a line may give by its name, and what its channel or a calendar says, holds instead.
pub fn apart(next: Next, course: &Course, ahead: Option<&Version>) -> Next {
    let bound = course.allowed().is_some() || course.options.is_some_and(|options| options.channel.is_some());
    match (next, ahead.filter(|_| !bound && course.config.release.calendar.is_none())) {
        (Next::Release { version, why }, Some(ahead)) if (version.major, version.minor) == (ahead.major, ahead.minor) => {
            Next::Release { version: Version::new(ahead.major, ahead.minor.saturating_add(1), 0), why }
        }
        (next, _) => next,
    }
}

#[cfg(test)]
mod tests {
    use super::super::outlook::{Forced, outlook};
    use super::super::tests::config;
    use super::*;
    use crate::domain::history::Window;
    use crate::domain::history::elsewhere::tests::other;
    use crate::domain::history::tests::{sha, tagged, window};

    /// The next version of a branch, and the descriptions of what its notes tell.
    fn next(window: &Window, branch: &str) -> String {
        let config = config("[[release.lines]]\nbranch = 'release/*'\n[[release.lines]]\nbranch = 'next'\nchannel = 'rc'");
        let options = config.release.lines.iter().find(|line| line.branch.matches(branch));
        let outlooks = outlook(&Course { config: &config, options, branch, forced: &Forced::new() }, &Graph::new(window));
        let told: Vec<_> = outlooks[0].notes.entries().map(|entry| entry.text.as_str()).collect();
        let next = outlooks[0].refusal().map(ToString::to_string).or_else(|| outlooks[0].printed());
        format!("{}: {}", next.as_deref().unwrap_or("nothing"), told.join(" "))
    }

    /// Main has v1.0.0 at its first commit; 1.1 was cut from the second, and tagged after a commit of its own.
    fn cut(since: &[&str]) -> Window {
        let line = [&["a: feat: a", "b a: feat: b"], since].concat();
        other(tagged(window(&line), &[("v1.0.0", 'a')]), "v1.1.0", &["x b: fix: x"])
    }

    #[test]
    fn what_a_branch_has_released_is_not_told_again_and_the_next_version_is_above_it() {
        assert_eq!(next(&cut(&[]), "main"), "nothing: ");
        assert_eq!(next(&cut(&["c b: fix: c"]), "main"), "1.2.0: c", "patches of 1.1 are its branch's");
        assert_eq!(next(&cut(&["c b: feat!: c"]), "main"), "2.0.0: c");
        assert_eq!(next(&cut(&["c b: fix: c"]), "release/1.2"), "1.2.0: c");
        assert_eq!(next(&cut(&["c b: fix: c"]), "next"), "1.1.1-rc.1: c");
    }

    #[test]
    fn a_line_for_lower_versions_tells_what_a_higher_one_has_released() {
        let line = other(tagged(window(&["a: feat: a", "b a: fix: b"]), &[("v1.0.0", 'a')]), "v1.2.0", &["x b: feat: x"]);
        assert_eq!(next(&line, "release/1.1"), "1.1.0: b");
    }

    #[test]
    fn a_major_version_that_is_on_its_way_elsewhere_does_not_count() {
        let line = tagged(window(&["a: feat: a", "b a: feat: b"]), &[("v1.0.0", 'a')]);
        assert_eq!(next(&other(line, "v2.0.0", &["x b: feat!: x"]), "main"), "1.1.0: b");
    }

    #[test]
    fn one_cut_follows_another() {
        let line = cut(&["c b: feat: c", "d c: feat: d"]);
        assert_eq!(next(&other(line, "v1.2.3", &["y c: fix: y"]), "main"), "1.3.0: d");
    }

    #[test]
    fn a_repair_that_was_carried_to_the_trunk_is_told_where_it_was_released_first() {
        let carried = format!("c b: fix: x\n\n(cherry picked from commit {})", sha('x'));
        assert_eq!(next(&cut(&[&carried, "d c: feat: d"]), "main"), "1.2.0: d");
        let line = tagged(window(&["a: feat: a", &carried.replace("c b", "b a"), "c b: feat: c"]), &[("v1.0.0", 'a')]);
        assert_eq!(next(&other(line, "v1.0.1", &["x a: fix: x"]), "main"), "1.1.0: c");
    }

    #[test]
    fn a_backport_is_told_where_it_was_released_first() {
        let line = tagged(window(&["a: feat: a", "b a: fix: b", "c b: feat: c"]), &[("v1.0.0", 'a')]);
        let picked = format!("x a: fix: b\n\n(cherry picked from commit {})", sha('b'));
        assert_eq!(next(&other(line, "v1.0.1", &[&picked]), "main"), "1.1.0: c");
    }

    #[test]
    fn a_candidate_of_what_was_released_elsewhere_is_none_any_more() {
        let mut line = cut(&["c b: fix: c"]);
        line.tags.push(tagged(line.clone(), &[("v1.1.0-rc.1", 'b')]).tags.remove(0));
        assert_eq!(next(&line, "main"), "1.2.0: c");
    }

    #[test]
    fn a_history_without_a_version_of_its_own_counts_from_the_last_elsewhere() {
        let mut line = cut(&["c b: fix: c"]);
        line.tags.remove(0);
        line.commits.truncate(2);
        line.whole = false;
        assert_eq!(next(&line, "main"), "1.2.0: c");
    }
}

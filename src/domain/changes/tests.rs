use super::*;
use crate::domain::history::Window;
use crate::domain::history::tests::{sha, window};
use crate::domain::names::Number;
use crate::domain::version::Bump;

fn tell_window(window: &Window, anchor: Option<char>, convention: &Convention) -> Told {
    let graph = Graph::new(window);
    let head = graph.find(&window.head).unwrap();
    tell(&graph, &graph.since(anchor.and_then(|name| graph.find(&sha(name))), head), head, convention)
}

/// What is told, as `type: description`, since the commit `a`.
fn told(window: &Window) -> Vec<String> {
    let told = tell_window(window, Some('a'), &Convention::default());
    told.changes.iter().map(|change| format!("{}: {}", change.kind, change.description)).collect()
}

#[track_caller]
fn check(commits: &[&str], expected: &[&str]) {
    let all: Vec<_> = std::iter::once("a: start").chain(commits.iter().copied()).collect();
    assert_eq!(told(&window(&all)), expected);
}

fn revert(of: char, header: &str) -> String {
    format!("Revert \"{header}\"\n\nThis reverts commit {}.", sha(of))
}

fn request(number: u64, body: &str, commits: &[char]) -> MergedRequest {
    MergedRequest {
        number: Number(number),
        label: format!("#{number}"),
        title: String::new(),
        body: body.to_owned(),
        branch: None,
        author: None,
        closes: Vec::new(),
        commits: commits.iter().copied().map(sha).collect(),
    }
}

#[test]
fn a_merge_and_its_branch_are_told_once() {
    check(&["x a: feat: x", "m ax: Merge pull request #1 from u/x\n\nfeat: x"], &["feat: x"]);
    check(
        &["x a: feat: x", "y x: wip", "b a: fix: b", "m by: Merge branch 'x' into 'main'\n\nfeat: the whole\n\nSee merge request a/b!1"],
        &["fix: b", "feat: x"],
    );
}

#[test]
fn a_merge_speaks_for_a_branch_that_says_nothing() {
    check(&["x a: wip", "y x: more", "m ay: Merge pull request #1 from u/x\n\nfeat: title"], &["feat: title"]);
    check(&["x a: wip", "m ax: Merge branch 'x'"], &[]);
}

/// Cases 40 and 45.
#[test]
fn a_revert_and_what_it_reverts_cancel_each_other() {
    check(&["b a: feat: b", &format!("c b: {}", revert('b', "feat: b")), "d c: fix: d"], &["fix: d"]);
    check(
        &[
            "b a: feat(scope): First",
            &format!("c b: revert: feat(scope): First\n\nThis reverts commit {}.", &sha('b').as_str()[..7]),
            "d c: fix: d",
        ],
        &["fix: d"],
    );
}

#[test]
fn the_revert_of_a_revert_restores() {
    let commits = ["b a: feat: b", &format!("c b: {}", revert('b', "feat: b")), &format!("d c: {}", revert('c', "Revert \\\"feat: b\\\""))];
    check(&commits, &["feat: b"]);
    let reapplied = format!("d c: Reapply \"feat: b\"\n\nThis reverts commit {}.", sha('c'));
    check(&["b a: feat: b", &format!("c b: {}", revert('b', "feat: b")), &reapplied], &["feat: b"]);
}

/// GitHub's button names the change request and no commit; GitLab's names the merge request, or the merge commit.
#[test]
fn the_buttons_reverts_are_understood() {
    check(&["b a: feat: b (#12)", "c b: Revert \"feat: b (#12)\" (#13)\n\nReverts acme/app#12"], &[]);
    check(&["b a: feat: b", "c b: Revert \"feat: b\" (#13)\n\nReverts acme/app#99"], &[]);
    let mut with_request = window(&[
        "a: start",
        "x a: feat: x",
        "y x: fix: y",
        "m ay: Merge branch 'x'",
        "r m: Revert \"x\"\n\nThis reverts merge request !7",
    ]);
    with_request.requests = vec![request(7, "", &['m'])];
    assert_eq!(told(&with_request), Vec::<String>::new());
    let merge = format!("r m: Revert \"Merge branch 'x'\"\n\nThis reverts commit {}, reversing\nchanges made to {}.", sha('m'), sha('a'));
    check(&["x a: feat: x", "y x: fix: y", "m ay: Merge branch 'x'", &merge], &[]);
}

/// Squashed on GitLab, a revert says no more than its title, which quotes the merge; only its change request says what it takes back.
#[test]
fn a_revert_may_be_named_by_its_change_request_alone() {
    let mut window =
        window(&["a: start", "b a: feat: b", "m ab: Merge branch 'b' into 'main'", "r m: Revert \"Merge branch 'b' into 'main'\""]);
    window.requests = vec![request(4, "", &['b', 'm']), request(5, "This reverts merge request !4", &['r'])];
    assert_eq!(told(&window), [""; 0]);
}

#[test]
fn a_revert_of_what_is_released_is_told_and_released() {
    let told =
        tell_window(&window(&["z: feat: z", "a z: start", &format!("b a: {}", revert('z', "feat: z"))]), Some('a'), &Convention::default());
    assert_eq!((told.changes[0].kind.as_str(), told.changes[0].description.as_str()), ("revert", "feat: z"));
    assert_eq!(Convention::default().bump(&told.changes[0]), Some(Bump::Patch));
}

/// Case 82: without the trailers that are GitLab's own, a revert and what it reverts leave the rest.
#[test]
fn what_was_taken_back_has_a_reason() {
    let commits = window(&["a: start", "b a: fix: b", &format!("c b: {}", revert('b', "fix: b"))]);
    let told = tell_window(&commits, Some('a'), &Convention::default());
    let reasons: Vec<_> = told.ignored.iter().map(|ignored| ignored.reason.clone()).collect();
    assert_eq!(reasons, [Reason::TakenBack(sha('c')), Reason::TakesBack(sha('b'))]);
}

#[test]
fn a_cherry_pick_that_comes_back_is_told_once() {
    let picked = format!("x a: fix: b\n\n(cherry picked from commit {})", sha('b'));
    check(&["b a: fix: b", &picked, "m bx: Merge branch 'release'"], &["fix: b"]);
    check(&["b a: fix: b (#4)", "x a: fix: b (#4)", "m bx: Merge branch 'release'"], &["fix: b"]);
}

/// Cases 14 and 15, and what release-please gets wrong: a change request of several commits is replaced once, not once a commit.
#[test]
fn a_description_replaces_all_commits_of_its_change_request_once() {
    let mut rebased = window(&["a: start", "b a: chore: b", "c b: chore: c", "d c: fix: d"]);
    rebased.requests = vec![request(5, "BEGIN_COMMIT_OVERRIDE\nfix: some fix\n\nfeat: another\nEND_COMMIT_OVERRIDE", &['b', 'c'])];
    assert_eq!(told(&rebased), ["fix: some fix", "feat: another", "fix: d"]);
}

#[test]
fn references_are_the_change_request_and_what_it_closes_each_once() {
    let mut squashed = window(&["a: start", "b a: feat: b (#12)\n\nCloses #5, fixes #12"]);
    squashed.requests = vec![request(12, "", &['b'])];
    let told = tell_window(&squashed, Some('a'), &Convention::default());
    assert_eq!((told.changes[0].description.as_str(), &told.changes[0].references), ("b", &vec!["#12".to_owned(), "#5".to_owned()]));
}

#[test]
fn what_is_not_told_is_listed_with_its_reason() {
    let told = tell_window(&window(&["a: start", "b a: Add b", "c b: chore: c", "d c: whatever: d"]), Some('a'), &Convention::default());
    let reasons: Vec<_> = told.ignored.iter().map(|ignored| ignored.reason.to_string()).collect();
    insta::assert_snapshot!(reasons.join("\n"), @r"
    has no `type: ` before its description
    is of the type `chore`, which is neither shown nor released
    is of the type `whatever`, which is neither shown nor released
    ");
}

/// Case 62: release-plz' answer, by a setting.
#[test]
fn unconventional_commits_may_count() {
    let convention = Convention { unconventional: Some(Bump::Patch), ..Convention::default() };
    let told = tell_window(&window(&["a: start", "b a: my change (#3)"]), Some('a'), &convention);
    assert_eq!((told.changes[0].description.as_str(), convention.bump(&told.changes[0])), ("my change", Some(Bump::Patch)));
}

/// Cases 13 and 20: the newest one holds.
#[test]
fn a_footer_asks_for_a_version() {
    let told = tell_window(
        &window(&["a: start", "b a: feat: b\n\nRelease-As: 3.1.2", "c b: chore: c\n\nRelease-As: v4.0.0"]),
        Some('a'),
        &Convention::default(),
    );
    assert_eq!(told.forced.last().map(|forced| forced.version.as_str()), Some("v4.0.0"));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// A message, the commit that it is on, one that it merges, and one that it takes back.
    type Grown = (&'static str, prop::sample::Index, Option<prop::sample::Index>, Option<prop::sample::Index>);

    /// A random history: each commit on one of those before it, or a merge of two.
    fn histories() -> impl Strategy<Value = Vec<String>> {
        let message = prop::sample::select(vec!["feat: x", "fix: y (#3)", "wip", "chore: z", "Merge branch 'x'\n\nfeat: t", "feat!: b"]);
        let commit = (
            message,
            any::<prop::sample::Index>(),
            prop::option::of(any::<prop::sample::Index>()),
            prop::option::of(any::<prop::sample::Index>()),
        );
        prop::collection::vec(commit, 1..25).prop_map(|commits| {
            let name = |at: usize| char::from_u32(u32::try_from(at).unwrap() + 0x61).unwrap();
            let line = |(at, (message, parent, other, reverted)): (usize, &Grown)| {
                if at == 0 {
                    return format!("{}: {message}", name(0));
                }
                let other = other.map(|other| other.index(at)).filter(|other| *other != parent.index(at));
                let message = reverted.map_or((*message).to_owned(), |index| revert(name(index.index(at)), "feat: x"));
                format!("{} {}{}: {message}", name(at), name(parent.index(at)), other.map(name).map(String::from).unwrap_or_default())
            };
            commits.iter().enumerate().map(line).collect()
        })
    }

    proptest! {
        /// Every commit of a range is told or has a reason, and none both; nothing outside of it is mentioned.
        #[test]
        fn nothing_is_lost_and_nothing_told_twice(commits in histories(), anchor in any::<prop::sample::Index>()) {
            let lines: Vec<_> = commits.iter().map(String::as_str).collect();
            let window = window(&lines);
            let graph = Graph::new(&window);
            let head = graph.find(&window.head).unwrap();
            let anchor = anchor.index(lines.len());
            let range = graph.since(Some(anchor), head);
            let told = tell(&graph, &range, head, &Convention::default());
            let spoken: HashSet<_> = told.changes.iter().map(|change| change.commit).collect();
            let silent: Vec<_> = told.ignored.iter().map(|ignored| ignored.commit).collect();
            let mut all: Vec<_> = spoken.iter().chain(&silent).copied().collect();
            all.sort_unstable();
            let mut expected = range.commits.clone();
            expected.sort_unstable();
            prop_assert_eq!(all, expected);
        }

        /// The range is exactly git's `anchor..head`.
        #[test]
        fn a_range_is_what_is_reachable_from_one_and_not_from_the_other(commits in histories(), anchor in any::<prop::sample::Index>()) {
            let lines: Vec<_> = commits.iter().map(String::as_str).collect();
            let window = window(&lines);
            let graph = Graph::new(&window);
            let reach = |from: usize| {
                let (mut seen, mut waiting) = (HashSet::new(), vec![from]);
                while let Some(at) = waiting.pop() {
                    if seen.insert(at) {
                        waiting.extend(window.commits[at].parents.iter().filter_map(|sha| graph.find(sha)));
                    }
                }
                seen
            };
            let (head, anchor) = (graph.find(&window.head).unwrap(), anchor.index(lines.len()));
            let (of_head, of_anchor) = (reach(head), reach(anchor));
            let range = graph.since(Some(anchor), head);
            let expected: HashSet<_> = of_head.difference(&of_anchor).copied().collect();
            prop_assert_eq!(range.descends, of_head.contains(&anchor));
            prop_assert_eq!(range.commits.into_iter().collect::<HashSet<_>>(), expected);
        }
    }
}

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;
use crate::domain::changelog::{Entry, Section};
use crate::domain::facts::{Blocker, Owed};
use crate::domain::names::{BranchName, Number, Sha, UserName};
use crate::domain::plan::Note;
use crate::domain::readiness::page::DateRow;
use crate::domain::tracking::{Cause, Purpose, Tracking};

const HOSTILE: &str = "<img src=x> [a](http://b) @dana `c` **d** | \n/slipway cut\n- [x] e <!-- slipway:end checklist -->";

fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

fn sha(digit: char) -> Sha {
    Sha::parse(&digit.to_string().repeat(40)).unwrap()
}

fn decision(by: &str, deed: Deed) -> Decision {
    Decision { asked: by.into(), by: user(by), at: Moment(1_800_000_000), on: sha('2'), deed }
}

fn entry(text: &str) -> Entry {
    let (kind, references, authors) = ("feat".into(), vec!["#4".into()], vec!["@max".into()]);
    Entry { sha: sha('3'), kind, scope: None, text: text.into(), breaking: None, references, authors }
}

fn tracking() -> Tracking {
    let branch = |name: &str| BranchName::parse(name).unwrap();
    Tracking {
        purpose: Purpose::Line,
        version: "1.4".into(),
        branch: branch("release/1.4"),
        at: sha('1'),
        cause: Cause::Person(user("dana")),
        label: Some("backport release/1.4".into()),
        forward: vec![branch("main"), branch("develop")],
    }
}

fn items(text: &str) -> Vec<Item> {
    let state = |holds, says: &str| Kind::Automatic(ItemState { holds, says: says.into(), waived: None });
    let waived = ItemState { holds: true, says: "x".into(), waived: Some((user("dana"), text.into())) };
    vec![
        Item { id: "try".into(), text: "The candidate was [tried](https://x.example)".into(), kind: Kind::Manual },
        Item { id: "checks".into(), text: "The checks are green".into(), kind: state(true, "2 are green") },
        Item { id: "blockers".into(), text: "No blocker is open".into(), kind: state(false, &format!("#12 is open {text}")) },
        Item { id: "notes".into(), text: "The notes are complete".into(), kind: Kind::Automatic(waived) },
    ]
}

fn page(text: &str) -> Page {
    let no_go = Deed::NoGo { reason: text.into() };
    let go = Deed::Go { teams: BTreeSet::from(["@acme/sre".to_owned()]) };
    Page {
        tracking: Some(tracking()),
        sigil: "#",
        head: sha('2'),
        verdict: Verdict::Waiting { wanting: vec!["the candidate to be tried".into(), format!("blockers {text}")] },
        released: None,
        manager: Some(user("mia")),
        dates: vec![
            DateRow { at: Moment(1), when: "Tue 2026-11-24 09:00 Europe/Berlin".into(), what: "cut".into(), is_past: true },
            DateRow { at: Moment(2), when: "Tue 2026-12-01 09:00 Europe/Berlin".into(), what: "final".into(), is_past: false },
        ],
        items: items(text),
        answers: vec![decision("mia", go.clone()), decision("max", no_go.clone())],
        unanswered: vec!["@acme/qa".into()],
        blockers: Some(vec![Blocker { label: "#12".into(), title: format!("It burns {text}"), milestone: Some("1.4".into()) }]),
        owed: Some(vec![
            Owed { number: Number(8), title: "There".into(), there: true },
            Owed { number: Number(9), title: format!("Owed {text}"), there: false },
        ]),
        notes: Some(vec![Section { title: "Features".into(), entries: vec![entry(&format!("find it {text}"))] }]),
        log: vec![decision("mia", go), decision("max", no_go), decision("eve", Deed::Undone)],
        who: ("who may maintain".into(), "who may write".into()),
        current: None,
    }
}

fn words(page: Page) -> String {
    let renderer = Renderer::new().unwrap();
    let text = renderer.words(&Note::Page(Box::new(page.clone()))).unwrap();
    let again = renderer.words(&Note::Page(Box::new(Page { current: Some(text.clone()), ..page }))).unwrap();
    assert_eq!(again, text, "writing it again changes nothing");
    text
}

#[test]
fn what_is_released_asks_for_nothing_more() {
    let text = words(Page { released: TagName::parse("v1.4.0").ok(), ..page("still") });
    assert!(text.contains("**`v1.4.0` is released**, from `release/1.4` at 2222222222."), "{text}");
    assert!(!text.contains("**Waits**") && !text.contains("/slipway release rc"), "{text}");
}

#[test]
fn the_page_of_a_release_tells_all_of_it() {
    insta::assert_snapshot!(words(page("still")), @r#"
    <!-- slipway:part head -->

    **1.4 is on its way.** The branch `release/1.4` was cut at 1111111111111111111111111111111111111111, as dana asked.

    ⏳ **Waits** at 2222222222 for the candidate to be tried; blockers still.

    | | |
    | --- | --- |
    | release manager | mia |
    | cut | ✅ Tue 2026-11-24 09:00 Europe/Berlin |
    | final | Tue 2026-12-01 09:00 Europe/Berlin |

    **What comes next**

    1. Comment `/slipway release rc` here for a candidate, as often as it takes.
    2. What is to get there as well gets the label `backport release/1.4`, or the command `/slipway backport release/1.4`.
    3. Comment `/slipway release final` here once the candidate is good.

    Commands in this issue are about `release/1.4`.

    ### Checklist

    To be ticked, and written in, by who may write; what others do to it is undone. `/slipway waive <item> reason="…"` goes without an item on this commit.

    <!-- slipway:end head -->

    <!-- slipway:part checklist -->

    - [ ] The candidate was [tried](https://x.example) <!-- slipway:item try 4a32b4a0 -->
    - [x] The checks are green: 2 are green <!-- slipway:auto checks ebc3103d -->
    - [ ] No blocker is open: #12 is open still <!-- slipway:auto blockers 618aaf0c -->
    - [x] The notes are complete: waived by dana, still <!-- slipway:auto notes ef78b936 -->

    <!-- slipway:end checklist -->

    <!-- slipway:part sign-offs -->

    ### Sign-offs

    - ✅ mia said go for @&#8203;acme/sre
    - ⛔ max said no-go: still
    - ⏳ @&#8203;acme/qa has not answered

    <sub>`/slipway go` or `/slipway no-go reason="…"`, for who may maintain. An answer is about 2222222222 alone: when the head moves, it lapses.</sub>

    <!-- slipway:end sign-offs -->

    <!-- slipway:part blockers -->

    ### Blockers

    - #12 It burns still (1.4)

    <!-- slipway:end blockers -->

    <!-- slipway:part backports -->

    ### Backports

    - ⏳ #9 Owed still
    - ✅ #8 There

    <sub>Each is there once its backport is merged. Where one is not wanted any more, `/slipway backport` with the branch, `waive=yes` and a reason says so on it.</sub>

    <!-- slipway:end backports -->

    <!-- slipway:part notes -->

    ### Notes so far

    <details>
    <summary>Features (1)</summary>

    - find it still (#4, 3333333333) by @&#8203;max

    </details>

    <!-- slipway:end notes -->

    <!-- slipway:part log -->

    ### Log

    - 2027-01-15 08:00 UTC: eve edited the checklist without the right to, which was undone, at 2222222222
    - 2027-01-15 08:00 UTC: max said no-go at 2222222222: still
    - 2027-01-15 08:00 UTC: mia said go at 2222222222

    <!-- slipway:end log -->
    "#);
}

#[test]
fn the_page_of_a_change_request_is_short() {
    let page = Page { tracking: None, verdict: Verdict::Ready, unanswered: Vec::new(), log: Vec::new(), answers: Vec::new(), ..page("") };
    insta::assert_snapshot!(words(page), @r#"
    <!-- slipway:part head -->

    ✅ **Ready:** all that it waits for holds at 2222222222.

    ### Checklist

    To be ticked, and written in, by who may write; what others do to it is undone. `/slipway waive <item> reason="…"` goes without an item on this commit.

    <!-- slipway:end head -->

    <!-- slipway:part checklist -->

    - [ ] The candidate was [tried](https://x.example) <!-- slipway:item try 4a32b4a0 -->
    - [x] The checks are green: 2 are green <!-- slipway:auto checks ebc3103d -->
    - [ ] No blocker is open: #12 is open <!-- slipway:auto blockers 7842616b -->
    - [x] The notes are complete: waived by dana, <!-- slipway:auto notes 64ff970e -->

    <!-- slipway:end checklist -->
    "#);
}

#[test]
fn a_repair_and_a_no_go_are_told() {
    let tracking = Tracking { purpose: Purpose::Repair(crate::domain::names::TagName::parse("v1.4.1").unwrap()), ..tracking() };
    let verdict = Verdict::NoGo { by: user("max"), reason: "it is slow".into() };
    let text = words(Page { tracking: Some(tracking), verdict, dates: Vec::new(), manager: None, ..page("") });
    insta::assert_snapshot!(part(&text, "head").unwrap(), @r#"
    **1.4 repairs `v1.4.1`.** The branch `release/1.4` was made from it, at 1111111111111111111111111111111111111111, as dana asked.

    ⛔ **No-go:** max said so at 2222222222: it is slow.

    **What comes next**

    1. Merge what repairs it into `release/1.4`. Each is carried on to `main` and `develop` by a change request of its own.
    2. Comment `/slipway release final` here once all of it is there.

    Commands in this issue are about `release/1.4`.

    ### Checklist

    To be ticked, and written in, by who may write; what others do to it is undone. `/slipway waive <item> reason="…"` goes without an item on this commit.
    "#);
}

#[test]
fn empty_parts_are_told_to_be_empty_and_what_was_not_looked_at_stays() {
    let before = words(page("still"));
    let empty = Page { blockers: Some(Vec::new()), owed: Some(Vec::new()), notes: None, log: Vec::new(), ..page("") };
    let text = words(Page { current: Some(before.clone()), ..empty });
    assert!(
        part(&text, "blockers").unwrap().ends_with("None is open.") && part(&text, "log").unwrap().ends_with("Nothing was decided yet.")
    );
    assert_eq!(part(&text, "notes"), part(&before, "notes"));
    assert_eq!(part(&words(Page { notes: None, ..page("") }), "notes"), None);
}

/// Only what the templates themselves hold formats: no link, image or foreign HTML, and no box that is ticked but Slipway's.
#[test]
fn what_people_wrote_stays_text() {
    let page = page(HOSTILE);
    let head =
        Page { verdict: Verdict::NoGo { by: user("max"), reason: HOSTILE.into() }, unanswered: vec![HOSTILE.into()], ..page.clone() };
    for text in [words(page), words(head)] {
        let (mut plain, mut ticks) = (String::new(), 0);
        for event in Parser::new_ext(&text, Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES) {
            match &event {
                Event::Html(html) | Event::InlineHtml(html) => {
                    let own = ["<!-- slipway:", "<details>", "<summary>", "</summary>", "</details>", "<sub>", "</sub>", "Features"];
                    assert!(own.iter().any(|own| html.trim().starts_with(own)), "{html} in {text}");
                }
                Event::Start(Tag::Link { dest_url, .. }) => assert_eq!(&**dest_url, "https://x.example"),
                Event::Start(Tag::Image { .. }) => panic!("{text}"),
                Event::TaskListMarker(ticked) => ticks += usize::from(*ticked),
                Event::Text(words) => plain.push_str(words),
                _ => {}
            }
        }
        assert_eq!(ticks, 2, "{text}");
        assert!(!plain.contains("@dana") && !text.lines().any(|line| line.starts_with("/slipway")), "{text}");
    }
}

#[test]
fn a_long_page_is_cut_at_entries_and_people_keep_all_of_theirs() {
    let many = |count: usize| (0..count).map(|at| entry(&format!("{at} {}", "w".repeat(90)))).collect();
    let log: Vec<_> = (0..100).map(|_| decision("max", Deed::NoGo { reason: "r".repeat(900) })).collect();
    let section = |title: &str| Section { title: title.into(), entries: many(250) };
    let large = Page { notes: Some(vec![section("A"), section("B")]), log, ..page("") };
    let text = words(large.clone());
    assert!(text.chars().count() <= WHOLE && part(&text, "notes").unwrap().contains("more\n"), "{}", text.chars().count());
    let mine = "mine ".repeat(8_000);
    let text = words(Page { current: Some(format!("{text}\n\n{mine}end")), ..large });
    assert!(text.ends_with(&format!("{mine}end")) && text.chars().count() < WHOLE + 4_000, "{}", text.chars().count());
}

#[test]
fn how_long_its_changes_took_is_put_before_the_log_and_stays() {
    let current = format!("{}\n\nOurs.", words(page("")));
    let renderer = Renderer::new().unwrap();
    let paced = |current: &str| renderer.words(&Note::Pace { current: current.into(), lines: vec!["To production: 2 d".into()] }).unwrap();
    let text = paced(&current);
    let (before, after) =
        text.split_once("<!-- slipway:part velocity -->\n\n### Pace\n\n- To production: 2 d\n\n<!-- slipway:end velocity -->\n\n").unwrap();
    assert!(before.ends_with("<!-- slipway:end notes -->\n\n") && after.starts_with("<!-- slipway:part log -->"), "{text}");
    assert_eq!((format!("{before}{after}"), paced(&text)), (current, text.clone()));
}

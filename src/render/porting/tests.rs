//! Backports in words.

use super::*;
use crate::domain::names::{BranchName, Number};
use crate::domain::plan::{Answer, Lacking, Note};

fn named(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn row(target: &str, progress: Progress) -> Row {
    let commands =
        if matches!(progress, Progress::Stopped(Obstacle::Conflict { .. })) { vec!["git fetch origin".into()] } else { Vec::new() };
    Row { target: named(target), progress, commands }
}

fn conflict(file: &str, subject: &str) -> Progress {
    let sha = Sha::parse(&"a".repeat(40)).unwrap();
    let lacking = vec![Lacking { sha: sha.clone(), subject: subject.into() }];
    Progress::Stopped(Obstacle::Conflict { at: sha, files: vec![file.into()], lacking })
}

fn words(rows: Vec<Row>) -> String {
    let words = Words::Table(Table { sigil: "#", rows });
    Renderer::new().unwrap().words(&Note::Port(Box::new(words))).unwrap()
}

#[test]
fn the_table_has_a_row_for_each_branch() {
    let mia = || UserName::parse("mia").unwrap();
    insta::assert_snapshot!(words(vec![
        row("release/1.1", Progress::Pending(Some(mia()))),
        row("release/1.2", Progress::Open(Number(9))),
        row("release/1.3", Progress::Waived { by: mia(), reason: "not there".into() }),
        row("release/1.4", conflict("src/a.rs", "feat: x")),
        row("release/1.5", Progress::Closed(Number(8))),
    ]), @r#"
    **Where else this goes:**

    | branch | |
    | --- | --- |
    | `release/1.1` | ⏳ it is picked when this is merged, as `mia` asked |
    | `release/1.2` | 🔀 #9 is open |
    | `release/1.3` | ➖ `mia` waived it: not there |
    | `release/1.4` | ❌ it conflicts at aaaaaaaaaa |
    | `release/1.5` | ❌ #8 was closed; `/slipway backport release/1.5 again=yes` opens it anew |

    **`release/1.4`**

    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa does not fit there. Nothing was pushed.

    It is probably in:

    - `src/a.rs`

    The branch lacks these earlier commits, which touch the same files. To carry them first may be all it takes:

    - aaaaaaaaaa feat: x

    By hand:

    ```sh
    git fetch origin
    ```

    Open a change request from that branch into `release/1.4`, and it is shown here. `/slipway backport` with the branch's name tries once more.

    <sub>`/slipway backport <branch>` adds a branch; `waive=yes reason="…"` behind it says that a branch does without.</sub>
    "#);
}

#[test]
fn nothing_that_people_wrote_formats_links_mentions_or_commands() {
    let hostile = "| `x` [a](http://b) @team <b>\n/close";
    let waived = Progress::Waived { by: UserName::parse("mia").unwrap(), reason: hostile.into() };
    let told = words(vec![row("re|lease", waived), row("a`b", conflict(hostile, hostile))]);
    let events: Vec<_> = pulldown_cmark::Parser::new_ext(&told, pulldown_cmark::Options::all()).collect();
    let links = events.iter().filter(|event| matches!(event, pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { .. })));
    assert_eq!(links.count(), 0, "{told}");
    let rows = events.iter().filter(|event| matches!(event, pulldown_cmark::Event::Start(pulldown_cmark::Tag::TableRow)));
    assert_eq!(rows.count(), 2, "{told}");
    assert!(!told.lines().any(|line| line.starts_with('/')), "{told}");
}

#[test]
fn the_description_names_what_it_carries_where_the_rules_look_for_it() {
    let sha = Sha::parse(&"a".repeat(40)).unwrap();
    let target = named("release/1.4");
    let body = |kind, note: Option<&str>| {
        let (commits, note) = (vec![sha.clone()], note.map(str::to_owned));
        let by = UserName::parse("mia").ok();
        let words = Words::Body(Body { kind, sigil: "!", number: Number(7), target: target.clone(), by, commits, note });
        Renderer::new().unwrap().words(&Note::Port(Box::new(words))).unwrap()
    };
    insta::assert_snapshot!(body(Kind::Backport, Some("feat: a")), @r#"
    Backport of !7 to `release/1.4`, as `mia` asked.

    - aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

    <details>
    <summary>Release note</summary>

    BEGIN_COMMIT_OVERRIDE
    feat: a
    END_COMMIT_OVERRIDE

    </details>
    "#);
    assert!(body(Kind::Forward, None).starts_with("Forward port of !7 to `release/1.4`, as `mia` asked."));
}

#[test]
fn the_answer_is_a_line_for_each_branch() {
    let table = Table { sigil: "#", rows: vec![row("release/1.2", Progress::Open(Number(9)))] };
    insta::assert_snapshot!(Renderer::new().unwrap().words(&Note::Reply(vec![Answer::Carried { table, stuck: false }])).unwrap(), @r#"
    - `release/1.2`: 🔀 #9 is open

    The table of backports is kept up to date.
    "#);
}

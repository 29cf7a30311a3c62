//! The core alone, in this process: from messages to a version and notes, beside git-conventional's parsing, grouping and printing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context as _;
use slipway::domain::config::Config;
use slipway::domain::history::{Author, Commit, Graph, Window};
use slipway::domain::names::{Moment, Sha};
use slipway::domain::release::outlook::{Course, Forced, follow};
use slipway::domain::release::standing::Standing;
use slipway::local::plain;

use super::ROUNDS;
use super::table::{Goal, Row};

/// The least that can be done with git-conventional: each message parsed, grouped by type and listed.
pub fn conventional<'m>(messages: impl Iterator<Item = &'m str>) -> String {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut breaking = 0;
    for commit in messages.filter_map(|message| git_conventional::Commit::parse(message.trim()).ok()) {
        breaking += u32::from(commit.breaking());
        groups.entry(commit.type_().to_string()).or_default().push(commit.description().to_owned());
    }
    let mut text = format!("{breaking} breaking\n");
    for (kind, descriptions) in groups {
        let _ = writeln!(text, "{kind}");
        for description in descriptions {
            let _ = writeln!(text, "- {description}");
        }
    }
    text
}

fn slipway(window: &Window, config: &Config) -> anyhow::Result<String> {
    let graph = Graph::new(window);
    let head = graph.find(&window.head).context("the head is in the window")?;
    let course = Course { config, options: None, branch: "main", forced: &Forced::new() };
    let components = config.components();
    let component = components.first().context("there is always a component")?;
    let standing = Standing::default();
    Ok(plain(&follow(&course, &graph, (component, &components), &config.convention(), (&standing, head))))
}

pub fn row(repository: &Path) -> anyhow::Result<Row> {
    let (window, config) = (read(repository)?, Config::default());
    let count = window.commits.len();
    let each = |since: Instant| since.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let (mut reference, mut own) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS * 5 {
        let start = Instant::now();
        std::hint::black_box(conventional(window.commits.iter().map(|commit| commit.message.as_str())));
        reference.push(each(start));
        let start = Instant::now();
        std::hint::black_box(slipway(&window, &config)?);
        own.push(each(start));
    }
    Ok(Row { what: "ns per message, from messages to notes", reference, slipway: own, goal: Goal::Ratio(2.0) })
}

/// All of the history, with its parents.
fn read(repository: &Path) -> anyhow::Result<Window> {
    let output = Command::new("git").arg("-C").arg(repository).args(["log", "--format=%H%n%P%n%ct%n%an%n%B%x00"]).output()?;
    let log = String::from_utf8_lossy(&output.stdout);
    let commits = log.split('\0').map(str::trim_start).filter(|entry| !entry.is_empty()).map(commit);
    let commits = commits.collect::<anyhow::Result<Vec<_>>>()?;
    let head = commits.first().context("there are no commits")?.sha.clone();
    Ok(Window { head, commits, whole: true, complete_since: Vec::new(), tags: Vec::new(), elsewhere: Vec::new(), requests: Vec::new() })
}

fn commit(entry: &str) -> anyhow::Result<Commit> {
    let mut fields = entry.splitn(5, '\n');
    let mut field = || fields.next().context("git printed fewer fields than asked for");
    Ok(Commit {
        sha: Sha::parse(field()?)?,
        parents: field()?.split_whitespace().map(Sha::parse).collect::<Result<_, _>>()?,
        at: Moment(field()?.parse()?),
        author: Author { name: field()?.to_owned(), login: None },
        message: field()?.to_owned(),
        files: None,
    })
}

//! What versions and notes cost Slipway, beside the least that the same libraries can do: `cargo bench --bench changelog`, with
//! `-- PATH` for a repository of one's own. docs/performance.md says what is measured and why. Exits with 1 where a goal is missed.

#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

mod core;
mod history;
mod process;
#[expect(dead_code, reason = "the ingest has further kinds of goals")]
#[path = "../ingest/table.rs"]
mod table;

use std::env;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use process::{Task, measure};
use table::{Goal, HEAD, Row};

/// An odd number, so that there is a middle one.
const ROUNDS: usize = 7;

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments == ["conventional"] {
        let mut log = String::new();
        std::io::stdin().read_to_string(&mut log)?;
        println!("{}", core::conventional(log.split('\0')).len());
        return Ok(ExitCode::SUCCESS);
    }
    // Cargo says so when it is asked to measure, and not when it only wants to know whether everything runs.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let own = arguments.iter().find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let place = tempfile::tempdir()?;
    let repository = match own {
        Some(path) => path,
        None => history::make(&place.path().join("own"), 27, 300)?,
    };
    println!("{ROUNDS} interleaved rounds; min / median / max\n\n{HEAD}");
    let rows = [tell(vec![core::row(&repository)?]), tell(whole(&repository)?), tell(next(&repository, place.path())?)];
    Ok(if rows.iter().flatten().all(Row::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(rows: Vec<Row>) -> Vec<Row> {
    for row in &rows {
        println!("{row}");
    }
    rows
}

/// All of the history: as one list, and release by release.
fn whole(repository: &Path) -> anyhow::Result<Vec<Row>> {
    let log = Task::log(repository, "HEAD")?;
    let root = Task::slipway(repository, &["preview", "--from", "ROOT", "--format", "json"]);
    let past = Task::slipway(repository, &["backtest", "--format", "json"]);
    let [log, root, past] = measure([&log, &root, &past], 3)?;
    let goal = Goal::Ratio(2.0);
    Ok(vec![
        Row { what: "CPU ms, whole history as one list", reference: log.clone(), slipway: root, goal },
        Row { what: "CPU ms, every release compared", reference: log, slipway: past, goal },
    ])
}

/// What came since the last release: beside git-cliff where that is installed, and whatever the number of tags.
fn next(repository: &Path, place: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let slipway = |repository: &Path| Task::slipway(repository, &["preview", "--format", "json"]);
    let cliff = Task::of("git-cliff", &["--offline", "--unreleased", "--bump", "--repository", &repository.to_string_lossy()]);
    if process::is_installed("git-cliff") {
        let [reference, slipway] = measure([&cliff, &slipway(repository)], 20)?;
        rows.push(Row { what: "CPU ms, next release, beside git-cliff", reference, slipway, goal: Goal::Ratio(0.5) });
    }
    let few = history::make(&place.join("few"), 8, 300).context("the history with few tags")?;
    let many = history::make(&place.join("many"), 1, 12_000).context("the history with many tags")?;
    let [reference, slipway] = measure([&slipway(&few), &slipway(&many)], 50)?;
    rows.push(Row { what: "CPU ms, next release, 12,000 tags beside 300", reference, slipway, goal: Goal::Ratio(3.0) });
    Ok(rows)
}

//! Made-up repositories: conventional commits of the lengths that real ones have, some merges, and as many tags as asked for.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

const TYPES: [&str; 10] = ["feat", "fix", "fix", "chore", "fix", "docs", "chore(deps)", "fix(parser)", "refactor(core)", "test"];
const WORDS: [&str; 16] = [
    "handle",
    "empty",
    "parser",
    "of",
    "templates",
    "when",
    "the",
    "watcher",
    "is",
    "stopped",
    "before",
    "mount",
    "for",
    "slots",
    "in",
    "types",
];

/// A bare repository with that many version tags on `main`, each so many commits after the one before, and a few commits after the last.
pub fn make(path: &Path, every: usize, tags: usize) -> anyhow::Result<PathBuf> {
    let git = |arguments: &[&str]| -> anyhow::Result<()> {
        ensure!(Command::new("git").arg("-C").arg(path).args(arguments).status()?.success(), "git {arguments:?} failed");
        Ok(())
    };
    std::fs::create_dir_all(path)?;
    git(&["init", "--quiet", "--bare", "--initial-branch=main"])?;
    let mut import = Command::new("git").arg("-C").arg(path).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    import.stdin.take().context("the input is piped")?.write_all(stream(every, tags).as_bytes())?;
    ensure!(import.wait()?.success(), "git fast-import failed");
    git(&["pack-refs", "--all"])?;
    Ok(path.to_owned())
}

fn stream(every: usize, tags: usize) -> String {
    let mut stream = String::new();
    for at in 1..=every * tags + 20 {
        let message = message(at);
        let _ = write!(stream, "commit refs/heads/main\nmark :{at}\ncommitter A <a@x> {} +0000\n", 1_500_000_000 + at * 600);
        let _ = write!(stream, "data {}\n{message}\n", message.len());
        if at > 1 {
            let _ = writeln!(stream, "from :{}", at - 1);
        }
        // Every tenth commit merges a branch that started a little earlier.
        if at.is_multiple_of(10) && at > 20 {
            let _ = writeln!(stream, "merge :{}", at - 5);
        }
        if at.is_multiple_of(every) && at / every <= tags {
            let tag = at / every;
            let _ = write!(stream, "reset refs/tags/v{}.{}.{}\nfrom :{at}\n\n", 1 + tag / 1000, tag / 20 % 50, tag % 20);
        }
    }
    stream
}

fn message(at: usize) -> String {
    let pick = |list: &[&'static str], salt: usize| list.get((at * 31 + salt * 17 + at / 7) % list.len()).copied().unwrap_or_default();
    let words = |count: usize, salt: usize| (0..count).map(|word| pick(&WORDS, salt + word)).collect::<Vec<_>>().join(" ");
    let mut message = format!("{}: {} (#{at})", pick(&TYPES, 0), words(4 + at % 5, 1));
    if at.is_multiple_of(3) {
        for line in 0..at % 6 {
            let _ = write!(message, "\n\n{}.", words(9 + line, line));
        }
        let _ = write!(message, "\n\nCloses #{}", at / 2);
    }
    if at.is_multiple_of(97) {
        let _ = write!(message, "\n\nBREAKING CHANGE: {}", words(8, 5));
    }
    message
}

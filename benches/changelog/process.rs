//! Child processes and the CPU time that they take, as the operating system counts it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::ROUNDS;

/// Something to run.
pub struct Task {
    program: String,
    arguments: Vec<String>,
    /// Reads what the program writes; this very file with the argument `conventional`.
    reader: Option<String>,
}

impl Task {
    pub fn of(program: &str, arguments: &[&str]) -> Self {
        Self { program: program.to_owned(), arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(), reader: None }
    }

    pub fn slipway(repository: &Path, arguments: &[&str]) -> Self {
        let mut task = Self::of(env!("CARGO_BIN_EXE_slipway"), arguments);
        task.arguments.extend(["--repo".to_owned(), repository.to_string_lossy().into_owned()]);
        task
    }

    /// `git log`, piped through git-conventional.
    pub fn log(repository: &Path, revisions: &str) -> anyhow::Result<Self> {
        let task = Self::of("git", &["-C", &repository.to_string_lossy(), "log", "--format=%B%x00", revisions]);
        Ok(Self { reader: Some(std::env::current_exe()?.to_string_lossy().into_owned()), ..task })
    }

    fn run(&self) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stderr(Stdio::null());
        let Some(reader) = &self.reader else {
            ensure!(command.stdout(Stdio::null()).status()?.success(), "{} {:?} failed", self.program, self.arguments);
            return Ok(());
        };
        let mut writer = command.stdout(Stdio::piped()).spawn()?;
        let output = writer.stdout.take().context("the output is piped")?;
        let read = Command::new(reader).arg("conventional").stdin(output).stdout(Stdio::null()).status()?;
        ensure!(writer.wait()?.success() && read.success(), "{} {:?} failed", self.program, self.arguments);
        Ok(())
    }
}

pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// CPU ms of one run of each task, in interleaved rounds of `times` runs.
pub fn measure<const N: usize>(tasks: [&Task; N], times: u32) -> anyhow::Result<[Vec<f64>; N]> {
    let mut costs: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for task in tasks {
        task.run()?;
    }
    for _ in 0..ROUNDS {
        for (task, costs) in tasks.iter().zip(&mut costs) {
            let before = children_cpu()?;
            for _ in 0..times {
                task.run()?;
            }
            costs.push((children_cpu()? - before) * 1e3 / f64::from(times));
        }
    }
    Ok(costs)
}

/// Seconds that this process' children took which have ended: the fields `cutime` and `cstime` of proc(5), in hundredths.
fn children_cpu() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

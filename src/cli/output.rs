//! What commands print: results on standard output, progress on standard error where somebody watches.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Standard output. A reader that has seen enough, such as `head`, is no failure.
pub struct Output {
    out: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub fn new() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()) }
    }

    pub fn line(&mut self, text: &str) -> io::Result<()> {
        tolerate(writeln!(self.out, "{text}"))
    }

    pub fn text(&mut self, text: &str) -> io::Result<()> {
        tolerate(self.out.write_all(text.as_bytes()))
    }

    pub fn end(mut self) -> io::Result<()> {
        tolerate(self.out.flush())
    }
}

fn tolerate(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

pub fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// Says on a terminal how far the reading is, once it takes longer than a second.
pub struct Watch {
    /// When to speak next; nothing where nobody watches.
    next: Option<Instant>,
    spoke: bool,
}

impl Watch {
    pub fn start() -> Self {
        let next = io::stderr().is_terminal().then(|| Instant::now() + Duration::from_secs(1));
        Self { next, spoke: false }
    }

    pub fn tell(&mut self, commits: usize) {
        // The clock is asked rarely, since reading a commit costs little more than that.
        let Some(next) = self.next.filter(|_| commits.is_multiple_of(64)) else { return };
        let now = Instant::now();
        if now >= next {
            self.next = Some(now + Duration::from_millis(200));
            self.spoke = true;
            // Progress that cannot be shown is not missed.
            let _ = write!(io::stderr(), "\r{commits} commits read");
        }
    }

    /// Leaves a clean line.
    pub fn end(self) {
        if self.spoke {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

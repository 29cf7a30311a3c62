//! A server as a child process on a core of its own, and what the operating system says that it used.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

pub const SECRET: &str = "a webhook secret of ordinary length";

/// Of `/proc/PID/stat` (<https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>): 100 on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// How the two servers are started.
pub struct Launcher {
    private_key: String,
    pinned: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Floor,
    Slipway,
}

impl Launcher {
    /// Moves this process to the second core, where there are two and a `taskset` to do it with.
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate(KeySize::Rsa2048)?;
        let der: Pkcs8V1Der = key.as_der()?;
        let der = BASE64.encode(der.as_ref());
        let private_key = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----");
        let mut pin = Command::new("taskset");
        pin.args(["-pc", "1", &std::process::id().to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { private_key, pinned: pin.status().is_ok_and(|status| status.success()) })
    }

    pub fn pinned(&self) -> bool {
        self.pinned
    }

    /// Starts a server and returns once it takes connections.
    pub fn start(&self, kind: Kind) -> anyhow::Result<Server> {
        let address = free_address()?;
        let program = match kind {
            Kind::Floor => env::current_exe()?,
            Kind::Slipway => env!("CARGO_BIN_EXE_slipway").into(),
        };
        let mut command = if self.pinned { Command::new("taskset") } else { Command::new(&program) };
        if self.pinned {
            command.args(["-c", "0"]).arg(&program);
        }
        match kind {
            Kind::Floor => command.args(["floor", &address.to_string()]),
            Kind::Slipway => command.arg("serve").env_clear().envs([
                ("SLIPWAY_LISTEN", address.to_string().as_str()),
                ("SLIPWAY_GITHUB_APP_ID", "1"),
                ("SLIPWAY_GITHUB_PRIVATE_KEY", &self.private_key),
                ("SLIPWAY_GITHUB_WEBHOOK_SECRET", SECRET),
                // Nothing listens there: a delivery that asks for a call would be tried again and again, and be seen in the CPU.
                ("SLIPWAY_GITHUB_URL", "http://127.0.0.1:9"),
                ("SLIPWAY_LOG", "info"),
            ]),
        };
        let started = Instant::now();
        let child = command.stdout(Stdio::null()).spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        let mut server = Server { child, address, started };
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended with {status}", program.display());
            }
            ensure!(started.elapsed() < Duration::from_secs(10), "{} does not listen", program.display());
            sleep(Duration::from_micros(100));
        }
        Ok(server)
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Ends with its value.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub started: Instant,
}

impl Server {
    /// User and system time so far, in seconds.
    pub fn cpu(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is the program's name in brackets, which may hold spaces. Time is in fields 14 and 15.
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.split(' ').skip(11).take(2));
        let ticks = fields.context("no fields in /proc/PID/stat")?.map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(f64::from(ticks) / TICKS_PER_SECOND)
    }

    /// Resident memory in MiB.
    pub fn resident(&self) -> anyhow::Result<f64> {
        self.memory("VmRSS:")
    }

    /// The most that was ever resident, in MiB.
    pub fn peak(&self) -> anyhow::Result<f64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line in /proc/PID/status")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! `slipway` as a process: what it takes, what it prints, how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program with nothing but these variables.
fn slipway(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    slipway(arguments, variables).output().unwrap()
}

/// A process that does not outlive its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn serve_answers_until_it_is_told_to_stop_and_then_ends_well() {
    let variables = [
        ("SLIPWAY_LISTEN", "127.0.0.1:0"),
        ("SLIPWAY_GITLAB_URL", "http://127.0.0.1:9"),
        ("SLIPWAY_GITLAB_TOKEN", "glpat-secret"),
        ("SLIPWAY_GITLAB_WEBHOOK_SECRET", "hook-secret"),
        ("SLIPWAY_DRAIN_SECONDS", "5"),
        ("SLIPWAY_LOG_FORMAT", "json"),
    ];
    let mut serving = Serving(slipway(&["serve"], &variables).stdout(Stdio::piped()).spawn().unwrap());
    let mut log = BufReader::new(serving.0.stdout.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["fields"]["message"], "slipway is ready", "{line}");

    let mut stream = TcpStream::connect(ready["fields"]["address"].as_str().unwrap()).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: slipway\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("alive\n"), "{answer}");

    let told = Instant::now();
    let kill = format!("kill -TERM {}", serving.0.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert_eq!(serving.0.wait().unwrap().code(), Some(0), "{rest}");
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    assert!(rest.contains("no more deliveries are taken") && rest.contains("stopped"), "{rest}");
    assert!(!rest.contains("secret") && !line.contains("secret"), "{line}{rest}");
}

#[test]
fn settings_that_are_missing_are_all_named_at_once() {
    let output = run(&["serve"], &[("SLIPWAY_GITHUB_APP_ID", "1"), ("SLIPWAY_LISTEN", "nowhere")]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    for name in ["SLIPWAY_GITHUB_PRIVATE_KEY is missing", "SLIPWAY_GITHUB_WEBHOOK_SECRET is missing", "SLIPWAY_LISTEN is not valid"] {
        assert!(told.contains(name), "{name} in {told}");
    }
    let told = String::from_utf8(run(&["serve"], &[]).stderr).unwrap();
    assert!(told.contains("no forge is configured") && told.contains("SLIPWAY_GITLAB_TOKEN"), "{told}");
}

#[test]
fn each_subcommand_explains_itself() {
    for (arguments, expected) in
        [(&["--help"] as &[_], "Usage: slipway <COMMAND>"), (&["serve", "--help"], "--dry-run"), (&["demo", "--help"], "--once")]
    {
        let output = run(arguments, &[]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && told.contains(expected), "{arguments:?}: {told}");
    }
    assert_eq!(run(&["sail"], &[]).status.code(), Some(2));
}

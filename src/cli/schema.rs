//! `slipway schema`: the JSON Schema of `slipway.toml`, by which editors complete and check it.

use std::process::ExitCode;

use super::output::Output;
use crate::domain::config::reference;

pub fn run() -> anyhow::Result<ExitCode> {
    let mut output = Output::new();
    output.line(&serde_json::to_string_pretty(&reference::schema())?)?;
    output.end()?;
    Ok(ExitCode::SUCCESS)
}

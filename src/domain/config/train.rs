//! `[train]` and `[velocity]`: when releases leave by themselves, and what their pace is measured by.

use schemars::JsonSchema;
use serde::Deserialize;

/// Releases that leave on time, whatever is ready. Each step is taken once, by whichever process wakes first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainOptions {
    /// When a branch is cut: minute, hour, day of the month, month and day of the week, such as `0 9 * * TUE`.
    pub cut: String,
    /// Where the times are meant: a name of the IANA database.
    #[serde(default = "utc")]
    pub timezone: String,
    /// How long before the cut an issue announces it, such as `7d`.
    pub announce: Option<String>,
    /// How long before the cut nothing is merged into the trunk any more, such as `1d`.
    pub freeze: Option<String>,
    /// How long after the cut the first candidate is tagged, such as `1h`.
    pub candidate: Option<String>,
    /// How long after the cut the version is released, such as `7d`, if it is ready then, else as soon as it is.
    #[serde(rename = "final")]
    pub release: Option<String>,
}

/// What the pace of releases is measured by.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VelocityOptions {
    /// The environments that are production, by their names on the forge.
    pub production: Vec<String>,
    /// How many days are looked back.
    pub days: u32,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Default for VelocityOptions {
    fn default() -> Self {
        Self { production: vec!["production".to_owned()], days: 90 }
    }
}

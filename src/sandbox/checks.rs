//! What is reported on commits: check runs with their annotations, and statuses.

use jiff::Timestamp;

/// The GitHub App that a check run belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// The App under test.
    Own,
    /// GitHub's own, which runs workflows.
    Actions,
}

/// A check run of GitHub. `state` fields keep the forge's own words.
#[derive(Clone, Debug)]
pub struct Check {
    pub id: u64,
    pub reporter: Reporter,
    pub sha: String,
    pub name: String,
    /// queued, `in_progress`, completed
    pub status: String,
    pub conclusion: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
    pub annotations: Vec<Annotation>,
    pub external_id: Option<String>,
    pub details_url: Option<String>,
    pub started_at: Timestamp,
    pub completed_at: Option<Timestamp>,
}

/// A remark of a check run on lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    pub path: String,
    pub start_line: u64,
    pub end_line: u64,
    pub start_column: Option<u64>,
    pub end_column: Option<u64>,
    /// notice, warning, failure
    pub level: String,
    pub title: Option<String>,
    pub message: String,
    pub raw_details: Option<String>,
}

/// A commit status of either forge. `state` keeps the forge's own words.
#[derive(Clone, Debug)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    /// `context` on GitHub, `name` on GitLab.
    pub name: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    /// The branch or tag that it was posted for (GitLab).
    pub reference: Option<String>,
    pub author: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

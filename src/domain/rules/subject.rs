//! One subject line, a title or a commit's, judged by Conventional Commits and by the types and scopes that are used here.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Finding;
use crate::domain::commit;
use crate::domain::config::{Mode, nearest};

/// The types that Conventional Commits names and the Angular convention added.
const TYPES: [&str; 11] = ["feat", "fix", "perf", "refactor", "docs", "style", "test", "build", "ci", "chore", "revert"];

/// A subject, and how to speak of it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub text: &'a str,
    /// What it is, as in “the title”.
    pub what: &'a str,
    /// What is done to it to repair it, as in “Edit the title”.
    pub repair: &'a str,
}

// What each rule about subjects can be told. A doc comment would be told of each of them in the reference.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What follows when it is broken; else what the file's `mode` says.
    pub mode: Option<Mode>,
    /// The types that may be used, in lower case.
    pub types: Vec<String>,
    /// The scopes that may be used; any, and none, when this is left out.
    pub scopes: Option<Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: None, types: TYPES.map(str::to_owned).to_vec(), scopes: None }
    }
}

/// Judges one subject.
pub fn judge(subject: Subject, words: &Options) -> Finding {
    let Subject { text, what, repair } = subject;
    let header = match commit::title(text) {
        Ok(header) => header,
        Err(reason) => {
            let example = words.types.first().map_or("feat", String::as_str);
            return Finding::broken(format!("{what} {reason}"), format!("{repair} to read like “{example}: what changes”."));
        }
    };
    let kind = header.kind.to_lowercase();
    if !words.types.contains(&kind) {
        let guess = nearest(&kind, words.types.iter().map(String::as_str));
        let guess = guess.map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
        let remedy = format!("{repair} to start with one of: {}.{guess}", words.types.join(", "));
        return Finding::broken(format!("{kind}, with which {what} starts, is not a type that is used here"), remedy);
    }
    match (&words.scopes, header.scope) {
        (Some(scopes), Some(scope)) if !scopes.iter().any(|known| known == scope) => {
            let may = if scopes.is_empty() { "no scope".to_owned() } else { format!("one of the scopes {}, or none", scopes.join(", ")) };
            Finding::broken(format!("{scope}, which {what} names, is not a scope that is used here"), format!("{repair} to have {may}."))
        }
        _ => Finding::holds(format!("{what} is a conventional {kind}")),
    }
}

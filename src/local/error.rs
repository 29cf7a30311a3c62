//! What can be wrong with a clone or with what is asked of it, each with what to do about it.

use crate::domain::config::Problem;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no git repository at {path}: name a clone, bare or not, with --repo")]
    NoRepository { path: String },
    #[error("{path} names its objects by SHA-256, which libgit2 cannot read yet: use a clone of a repository that uses SHA-1")]
    Sha256 { path: String },
    #[error("{path} belongs to somebody else: if you trust it, run `git config --global --add safe.directory {path}`")]
    Foreign { path: String },
    #[error("{path} has no commits yet: make one, or name a revision with --to")]
    Unborn { path: String },
    #[error("there is no revision {revision:?} in {path}: name a branch, a tag or a commit, or fetch it first")]
    UnknownRevision { revision: String, path: String },
    #[error("{from} is not an ancestor of {to}: name a tag on the same line")]
    Elsewhere { from: String, to: String },
    #[error("{tag:?} is not a tag of a stable version here; those look like {example}: name one of them, or ROOT for the whole history")]
    NotAVersion { tag: String, example: String },
    #[error("several components have a history each: name one with --component")]
    WhichComponent,
    #[error("there is no component {name:?}; {known}")]
    UnknownComponent { name: String, known: String },
    #[error(
        "there is nothing to compare: no two stable version tags like {example} follow each other; `git fetch --tags` brings missing ones"
    )]
    NoReleases { example: String },
    #[error("the history of this clone is cut before {needed}: `git fetch --unshallow --tags` brings the rest")]
    Shallow { needed: String },
    #[error("HEAD of {path} is on no branch, and rules ask which one was merged into: name it with --branch")]
    Detached { path: String },
    #[error("there is no branch {branch:?} here or at origin: name one without the remote, or fetch it first")]
    UnknownBranch { branch: String },
    #[error(
        "there is no slipway.toml at HEAD whose rules could be replayed: name one with --config. \
         To start with, a file with the one line `strategy = \"{strategy}\"` will do; `slipway check --explain FILE` shows its rules"
    )]
    NoConfig { strategy: &'static str },
    #[error("no rule is in force: turn some on in slipway.toml, or by its line `strategy = \"{strategy}\"`, or name another with --config")]
    NoRules { strategy: &'static str },
    #[error("{path} cannot be read: {problem}")]
    ConfigFile { path: String, problem: std::io::Error },
    #[error("{0}")]
    Config(Problem),
    #[error("the notes cannot be worded: {0}")]
    Words(#[from] crate::render::RenderError),
    #[error("git says: {}", .0.message())]
    Git(#[from] git2::Error),
}

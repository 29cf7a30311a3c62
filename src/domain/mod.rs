//! The pure half: what happened, what is known, what should be done. No I/O, no clock, no randomness, nothing asynchronous;
//! time, identity and permissions arrive as facts. Start at `decide.rs`.

pub mod audit;
pub mod changelog;
pub mod changelog_file;
pub mod changes;
pub mod cleared;
pub mod commands;
pub mod commit;
pub mod config;
pub mod convention;
pub mod decide;
pub mod edits;
pub mod event;
pub mod facts;
pub mod files;
pub mod freeze;
pub mod freezing;
pub mod history;
pub mod names;
pub mod observed;
pub mod plan;
pub mod policy;
pub mod protection;
pub mod release;
pub mod rules;
pub mod trial;
pub mod version;

//! The texts of files, which come with the line; those that GraphQL cuts are read as the blobs that they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::GithubRepository;
use crate::forge::texts::LARGEST_FILE;
use crate::forge::{ForgeError, Result};

/// What is asked of a file.
pub const BLOB: &str = "... on Blob { oid text isTruncated }";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob {
    oid: Option<String>,
    text: Option<String>,
    is_truncated: Option<bool>,
}

#[derive(Deserialize)]
struct Packed {
    size: Option<usize>,
    content: String,
}

impl GithubRepository<'_> {
    /// `None`: it is no file. GraphQL shows the first half megabyte of a text, and nothing of what is none.
    pub(super) async fn text_of(&self, blob: Option<Blob>, path: &str) -> Result<Option<String>> {
        let unusable = |why: String| ForgeError::Unusable { path: path.to_owned(), why };
        let Some(Blob { oid: Some(oid), text, is_truncated }) = blob else { return Ok(None) };
        let Some(text) = text else { return Err(unusable("it is no text, so it can be neither written nor filled in".to_owned())) };
        if is_truncated != Some(true) {
            return Ok(Some(text));
        }
        // `GET /repos/{owner}/{repo}/git/blobs/{file_sha}`
        let Packed { size, content } = self.get(&format!("/git/blobs/{oid}")).await?;
        if size.is_none_or(|size| size > LARGEST_FILE) {
            return Err(unusable(format!("it is larger than {LARGEST_FILE} bytes")));
        }
        let packed: String = content.split_whitespace().collect();
        let unreadable = |why: String| ForgeError::Unreadable { call: path.to_owned(), why };
        let bytes = STANDARD.decode(packed).map_err(|error| unreadable(error.to_string()))?;
        String::from_utf8(bytes).map(Some).map_err(|_| unusable("it is not text in UTF-8".to_owned()))
    }
}

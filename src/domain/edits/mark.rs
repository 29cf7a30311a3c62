//! What was generated last time, small enough to hide in an HTML comment. A person may have damaged it; it must not know how.

use std::collections::HashMap;
use std::fmt::{self, Write};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::{Line, joined, normal};

/// The lines that were generated last time, by key and digest. The default says that nothing was: all there is, a person wrote.
///
/// Written as `<digest of all>,<key>:<digest>,…`, with `<key>:` for a line that a person had edited or deleted when it
/// stopped being generated, and `:<digest>` for a line without a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    whole: Option<u32>,
    pub(super) lines: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub key: Option<String>,
    pub digest: Option<u32>,
}

/// The first 32 bits of SHA-256, without what editors change by themselves.
pub(super) fn digest(text: &str) -> u32 {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(text.trim_end()).into();
    u32::from_be_bytes([a, b, c, d])
}

impl Mark {
    /// What is remembered of these lines, and of those that a person had touched while they were generated.
    pub(super) fn of(fresh: &[Line], touched: impl IntoIterator<Item = Known>) -> Self {
        let known = |line: &Line| Known { key: line.key.clone(), digest: Some(digest(&line.text)) };
        let lines = fresh.iter().filter(|line| !line.text.trim().is_empty()).map(known).chain(touched).collect();
        Self { whole: Some(digest(&joined(fresh))), lines }
    }

    /// Whether the text is as it was generated, and nobody had touched what was generated before.
    pub(super) fn is_of(&self, text: &str) -> bool {
        self.whole() == digest(&normal(text)) && self.lines.iter().all(|known| known.digest.is_some())
    }

    fn whole(&self) -> u32 {
        self.whole.unwrap_or_else(|| digest(""))
    }

    /// Reads what `Display` has written; anything else is as good as no mark.
    pub fn parse(text: &str) -> Self {
        Self::read(text).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let whole = Some(hexadecimal(parts.next()?)?);
        let known = |part: &str| {
            let (key, digest) = part.split_once(':')?;
            let key = percent_decode_str(key).decode_utf8().ok().filter(|key| !key.is_empty()).map(Into::into);
            let digest = if digest.is_empty() { None } else { Some(hexadecimal(digest)?) };
            (key.is_some() || digest.is_some()).then_some(Known { key, digest })
        };
        Some(Self { whole, lines: parts.map(known).collect::<Option<_>>()? })
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    if digits.len() == 8 { u32::from_str_radix(digits, 16).ok() } else { None }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.whole())?;
        for Known { key, digest } in &self.lines {
            f.write_char(',')?;
            utf8_percent_encode(key.as_deref().unwrap_or_default(), NON_ALPHANUMERIC).fmt(f)?;
            f.write_char(':')?;
            digest.map_or(Ok(()), |digest| write!(f, "{digest:08x}"))?;
        }
        Ok(())
    }
}

/// What a line is, across generations: its key, or else its digest, and the how manieth of these it is.
pub(super) type Identity = (Result<String, u32>, usize);

/// The identities of lines in their order.
pub(super) fn identities<'a>(lines: impl Iterator<Item = (Option<&'a str>, Option<u32>)>) -> Vec<Identity> {
    let mut seen = HashMap::new();
    lines
        .map(|(key, digest)| {
            let name = key.map(str::to_owned).ok_or(digest.unwrap_or_default());
            let count = seen.entry(name.clone()).or_insert(0);
            *count += 1;
            (name, *count)
        })
        .collect()
}

//! Signatures of tags as a forge shows them. Nothing is signed for real: a signature names the kind of key it was made with.

const BEGIN: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Whose key a signature was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One that the forge knows to be the signer's.
    Known,
    Unknown,
}

impl Key {
    fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
        }
    }
}

/// A message with a signature below, as git stores a signed tag.
pub fn signed(message: &str, key: Key) -> String {
    format!("{}\n{BEGIN}\n\n{}\n{END}\n", message.trim_end(), key.word())
}

/// The signature in the message of a tag, and the key that it was made with.
pub fn signature(message: &str) -> Option<(&str, Key)> {
    let at = message.find(&format!("{BEGIN}\n")).filter(|at| *at == 0 || message.get(..*at).is_some_and(|text| text.ends_with('\n')))?;
    let signature = message.get(at..)?;
    let is_known = signature.lines().any(|line| line == Key::Known.word());
    Some((signature, if is_known { Key::Known } else { Key::Unknown }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_found_again_below_the_message() {
        let text = signed("v1\n\nNotes", Key::Unknown);
        assert!(text.starts_with("v1\n\nNotes\n-----BEGIN PGP"));
        assert_eq!(signature(&text).map(|(_, key)| key), Some(Key::Unknown));
        assert_eq!(signature(&signed("v1", Key::Known)).map(|(_, key)| key), Some(Key::Known));
        assert_eq!(signature("v1"), None);
    }
}

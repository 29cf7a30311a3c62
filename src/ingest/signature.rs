//! Who sent a delivery. A check begins with the headers, takes the body as it arrives, and ends in yes or no; a delivery whose
//! headers already rule it out costs no body at all. Compares in constant time, tells nobody a secret or the expected value, and
//! must not know what the bytes mean.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::settings::Secret;

/// A delivery that is not from whom it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Forged {
    pub reason: &'static str,
}

fn forged<T>(reason: &'static str) -> Result<T, Forged> {
    Err(Forged { reason })
}

/// A signing token that no signature can be made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing token is `whsec_` and the base64 of 24 to 64 bytes: copy the whole token from the webhook's page in GitLab")]
pub struct InvalidSigningToken;

type HmacSha256 = Hmac<Sha256>;
type Code = [u8; 32];

/// A delivery's proof in the making.
pub struct Check(Proof);

enum Proof {
    /// The headers were proof enough.
    Given,
    /// One code for each key, of which one has to be among those that the sender claims.
    Coded { codes: Vec<HmacSha256>, claimed: Vec<Code> },
}

impl Check {
    /// Takes the next bytes of the raw body.
    pub fn update(&mut self, chunk: &[u8]) {
        if let Proof::Coded { codes, .. } = &mut self.0 {
            for code in codes {
                code.update(chunk);
            }
        }
    }

    /// The verdict once the whole body has been seen.
    pub fn finish(self) -> Result<(), Forged> {
        let Proof::Coded { codes, claimed } = self.0 else { return Ok(()) };
        let matches = |code: HmacSha256| {
            let code = code.finalize().into_bytes();
            claimed.iter().any(|claim| bool::from(code.as_slice().ct_eq(claim)))
        };
        if codes.into_iter().any(matches) { Ok(()) } else { forged("the signature does not match the body") }
    }
}

/// The webhook secrets of a GitHub App: one, or two while one is rotated.
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
pub struct GithubKeys(Vec<HmacSha256>);

impl GithubKeys {
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets.into_iter().filter_map(|secret| keyed(secret.reveal().as_bytes())).collect())
    }

    pub fn begin(&self, headers: &HeaderMap) -> Result<Check, Forged> {
        let Some(header) = headers.get("X-Hub-Signature-256") else { return forged("no X-Hub-Signature-256 header") };
        let digits = header.as_bytes().strip_prefix(b"sha256=");
        let Some(claimed) = digits.and_then(unhex) else {
            return forged("X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits");
        };
        Ok(Check(Proof::Coded { codes: self.0.clone(), claimed: vec![claimed] }))
    }
}

/// The secret tokens and signing tokens of GitLab webhooks: of each kind none, one, or two while one is rotated.
/// <https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-using-a-secret-token>
pub struct GitlabKeys {
    /// Digests, so that comparing takes as long for a token of any length.
    tokens: Vec<Code>,
    signing: Vec<HmacSha256>,
}

impl GitlabKeys {
    pub fn new(tokens: Vec<Secret>, signing: Vec<Secret>) -> Result<Self, InvalidSigningToken> {
        let tokens = tokens.into_iter().map(|token| Sha256::digest(token.reveal()).into()).collect();
        let key = |token: Secret| keyed(&signing_key(&token)?).ok_or(InvalidSigningToken);
        Ok(Self { tokens, signing: signing.into_iter().map(key).collect::<Result<_, _>>()? })
    }

    /// A signature is checked where there is one and a token to check it with, since it also covers body and time; else the token
    /// counts. `now` is in Unix seconds.
    pub fn begin(&self, headers: &HeaderMap, now: i64) -> Result<Check, Forged> {
        if !self.signing.is_empty() && headers.contains_key("webhook-signature") {
            return self.begin_signed(headers, now);
        }
        if self.tokens.is_empty() {
            return forged("no webhook-signature header, and no secret token is configured");
        }
        let Some(token) = headers.get("X-Gitlab-Token") else { return forged("no X-Gitlab-Token header") };
        let digest = Sha256::digest(token.as_bytes());
        if self.tokens.iter().any(|known| bool::from(digest.as_slice().ct_eq(known))) {
            Ok(Check(Proof::Given))
        } else {
            forged("X-Gitlab-Token is not the secret token")
        }
    }

    /// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
    fn begin_signed(&self, headers: &HeaderMap, now: i64) -> Result<Check, Forged> {
        const TOLERANCE_SECONDS: u64 = 5 * 60;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(id) = text("webhook-id") else { return forged("no webhook-id header") };
        let Some(sent) = text("webhook-timestamp") else { return forged("no webhook-timestamp header") };
        let Ok(seconds) = sent.parse::<i64>() else { return forged("webhook-timestamp is not in Unix seconds") };
        if seconds.abs_diff(now) > TOLERANCE_SECONDS {
            return forged("webhook-timestamp is more than five minutes from this server's time");
        }
        let signatures = text("webhook-signature").unwrap_or_default();
        let claimed: Vec<Code> = signatures.split(' ').filter_map(signature).collect();
        if claimed.is_empty() {
            return forged("webhook-signature holds no v1, and base64 of 32 bytes");
        }
        let mut check = Check(Proof::Coded { codes: self.signing.clone(), claimed });
        check.update(format!("{id}.{sent}.").as_bytes());
        Ok(check)
    }
}

/// The bytes that a GitLab signing token stands for.
pub fn signing_key(token: &Secret) -> Result<Vec<u8>, InvalidSigningToken> {
    let key = token.reveal().strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
    key.filter(|key| (24..=64).contains(&key.len())).ok_or(InvalidSigningToken)
}

/// HMAC takes keys of any length, so this is never `None`.
fn keyed(key: &[u8]) -> Option<HmacSha256> {
    HmacSha256::new_from_slice(key).ok()
}

fn signature(text: &str) -> Option<Code> {
    BASE64.decode(text.strip_prefix("v1,")?).ok()?.try_into().ok()
}

fn unhex(digits: &[u8]) -> Option<Code> {
    let digits: &[u8; 64] = digits.try_into().ok()?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut code = Code::default();
    for (byte, &[high, low]) in code.iter_mut().zip(digits.as_chunks().0) {
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const TOKEN: &str = "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=";
    const PUSH: &[u8] = br#"{"object_kind":"push"}"#;
    const SENT: i64 = 1_700_000_000;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        pairs.iter().map(pair).collect()
    }

    fn github(secrets: &[&str], signature: &str) -> Result<(), Forged> {
        let keys = GithubKeys::new(secrets.iter().copied().map(Secret::from).collect());
        let mut check = keys.begin(&headers(&[("x-hub-signature-256", signature)]))?;
        check.update(b"Hello, ");
        check.update(b"World!");
        check.finish()
    }

    fn gitlab(tokens: &[&str], signing: &[&str], given: &[(&'static str, &str)], now: i64) -> Result<(), Forged> {
        let secrets = |texts: &[&str]| texts.iter().copied().map(Secret::from).collect();
        let mut check = GitlabKeys::new(secrets(tokens), secrets(signing)).unwrap().begin(&headers(given), now)?;
        check.update(PUSH);
        check.finish()
    }

    const GITHUB: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const GITLAB: [(&str, &str); 3] = [
        ("webhook-id", "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"),
        ("webhook-timestamp", "1700000000"),
        ("webhook-signature", "v1,AAAA v2,x v1,68n7sQVzNQF7jew9KS2HTT9NVpOYy2A5oNqzWGa8QlM="),
    ];

    #[test]
    fn github_s_own_test_vector_is_accepted() {
        assert_eq!(github(&["It's a Secret to Everybody"], GITHUB), Ok(()));
    }

    #[test]
    fn while_a_secret_is_rotated_both_are_accepted() {
        assert_eq!(github(&["new", "It's a Secret to Everybody"], GITHUB), Ok(()));
        assert_eq!(gitlab(&["new", "old"], &[], &[("x-gitlab-token", "old")], 0), Ok(()));
    }

    #[test]
    fn a_signature_by_another_secret_is_forged() {
        assert_eq!(github(&["another"], GITHUB), forged("the signature does not match the body"));
        assert!(github(&[], GITHUB).is_err());
    }

    #[test]
    fn a_missing_or_ill_formed_signature_is_forged_before_any_body_is_read() {
        let keys = GithubKeys::new(vec![Secret::from("s")]);
        assert!(keys.begin(&HeaderMap::new()).is_err());
        for bad in ["", "sha256=", "sha1=00", &GITHUB[7..], &GITHUB[..70], &format!("{GITHUB}0"), &GITHUB.replace('7', "+")] {
            assert!(keys.begin(&headers(&[("x-hub-signature-256", bad)])).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_standard_webhooks_signature_is_accepted_among_several() {
        assert_eq!(gitlab(&[], &[TOKEN], &GITLAB, SENT), Ok(()));
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        assert!(gitlab(&[], &[TOKEN], &GITLAB, SENT + 300).is_ok() && gitlab(&[], &[TOKEN], &GITLAB, SENT - 300).is_ok());
        assert!(gitlab(&[], &[TOKEN], &GITLAB, SENT + 301).is_err() && gitlab(&[], &[TOKEN], &GITLAB, SENT - 301).is_err());
        assert!(gitlab(&[], &[TOKEN], &GITLAB, i64::MIN).is_err());
    }

    #[test]
    fn another_id_or_time_than_the_signed_one_is_forged() {
        for changed in [("webhook-id", "other"), ("webhook-timestamp", "1700000001"), ("webhook-timestamp", "soon")] {
            let given: Vec<_> = GITLAB.into_iter().filter(|(name, _)| *name != changed.0).chain([changed]).collect();
            assert!(gitlab(&[], &[TOKEN], &given, SENT).is_err(), "{changed:?}");
            assert!(gitlab(&[], &[TOKEN], &given[..2], SENT).is_err());
        }
    }

    #[test]
    fn a_wrong_signature_is_forged_even_beside_the_right_token() {
        let given = [GITLAB[0], GITLAB[1], ("webhook-signature", "v1,AAAA"), ("x-gitlab-token", "t")];
        assert!(gitlab(&["t"], &[TOKEN], &given, SENT).is_err());
    }

    #[test]
    fn the_token_counts_where_no_signature_can_be_checked() {
        let token = ("x-gitlab-token", "t");
        assert_eq!(gitlab(&["t"], &[TOKEN], &[token], SENT), Ok(()));
        assert_eq!(gitlab(&["t"], &[], &[token, GITLAB[2]], SENT), Ok(()));
        assert_eq!(gitlab(&["u"], &[], &[token], SENT), forged("X-Gitlab-Token is not the secret token"));
    }

    #[test]
    fn without_a_signature_a_delivery_is_forged_when_only_signing_tokens_are_configured() {
        assert!(gitlab(&[], &[TOKEN], &[("x-gitlab-token", "")], SENT).is_err());
        assert!(gitlab(&[], &[], &GITLAB, SENT).is_err());
    }

    #[test]
    fn a_signing_token_that_is_none_is_refused_at_the_start() {
        for bad in ["", "whsec_", "whsec_dGVzdA==", "whsec_!", &TOKEN[6..]] {
            assert!(GitlabKeys::new(vec![], vec![Secret::from(bad)]).is_err(), "{bad}");
        }
    }
}

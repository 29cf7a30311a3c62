//! What can go wrong between Slipway and a forge, and whether trying again helps.

use std::time::Duration;

/// A call that did not end as it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    #[error("{call}: not found, or not visible to Slipway")]
    NotFound { call: String },
    #[error("{call}: {status}, {message}. Check the token's scopes or the App's permissions on this repository")]
    Denied { call: String, status: u16, message: String },
    #[error("{call}: {status}, {message}")]
    Rejected { call: String, status: u16, message: String },
    #[error("{call}: moved to another host; set the forge's URL to its present one")]
    Moved { call: String },
    #[error("{call}: rate limit reached, free again in {} s", .after.as_secs())]
    RateLimited { call: String, after: Duration },
    #[error("{call}: {why}")]
    Unavailable { call: String, why: String },
    #[error("{call}: the answer cannot be read: {why}")]
    Unreadable { call: String, why: String },
    #[error("{path}: {why}")]
    Unusable { path: String, why: String },
}

/// Whether the same delivery may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Not before this has passed.
    Wait(Duration),
    /// The forge is expected back; when is anybody's guess.
    TryAgain,
    /// Somebody must change something first.
    GiveUp,
}

impl ForgeError {
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::RateLimited { after, .. } => Remedy::Wait(*after),
            // An answer cut short reads like a malformed one.
            Self::Unavailable { .. } | Self::Unreadable { .. } => Remedy::TryAgain,
            Self::NotFound { .. } | Self::Denied { .. } | Self::Rejected { .. } | Self::Moved { .. } | Self::Unusable { .. } => {
                Remedy::GiveUp
            }
        }
    }

    /// The credential is not accepted (any more).
    pub(super) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Denied { status: 401, .. })
    }

    /// The forge refused what was asked with this status, and its message holds this text.
    pub(super) fn is_rejection(&self, with: u16, text: &str) -> bool {
        match self {
            Self::Rejected { status, message, .. } => *status == with && message.contains(text),
            _ => false,
        }
    }
}

/// Makes the absence of something an answer.
pub(super) fn absent<T>(result: Result<T, ForgeError>) -> Result<Option<T>, ForgeError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(ForgeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

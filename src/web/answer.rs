//! What a delivery is answered with: a status code and a small JSON object. A forge shows both in its list of deliveries.
//! A forged delivery learns nothing beyond that it was refused.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use metrics::Counter;
use serde::Serialize;

use crate::domain::event::ForgeKind;
use crate::metrics as names;

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum Answer {
    Queued {
        delivery: String,
    },
    Coalesced {
        delivery: String,
    },
    Duplicate,
    Ignored {
        reason: String,
    },
    Malformed {
        problem: String,
    },
    Forged {
        #[serde(skip)]
        reason: &'static str,
    },
    /// The limit is in bytes.
    TooLarge {
        limit: usize,
    },
    /// The body took too long to arrive.
    Slow,
    /// There is no memory for the body at the moment.
    Busy,
    /// There is no room in the queue at the moment.
    Full,
    /// A mistake of Slipway's own.
    Panicked {
        #[serde(skip)]
        why: String,
    },
}

impl Answer {
    fn code(&self) -> StatusCode {
        match self {
            Self::Queued { .. } | Self::Coalesced { .. } => StatusCode::ACCEPTED,
            Self::Duplicate | Self::Ignored { .. } => StatusCode::OK,
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Forged { .. } => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panicked { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The name under which the answer is counted.
    fn outcome(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Coalesced { .. } => "coalesced",
            Self::Duplicate => "duplicate",
            Self::Ignored { .. } => "ignored",
            Self::Malformed { .. } => "malformed",
            Self::Forged { .. } => "forged",
            Self::TooLarge { .. } => "too_large",
            Self::Slow => "slow",
            Self::Busy => "busy",
            Self::Full => "full",
            Self::Panicked { .. } => "panicked",
        }
    }

    /// Whatever was queued is logged by whoever works on it.
    pub fn log(&self, forge: ForgeKind) {
        match self {
            Self::Queued { .. } | Self::Coalesced { .. } => {}
            Self::Duplicate => tracing::debug!(%forge, "a delivery came twice"),
            Self::Ignored { reason } => tracing::debug!(%forge, reason, "a delivery was ignored"),
            Self::Malformed { problem } => tracing::warn!(%forge, problem, "a malformed delivery was refused"),
            Self::Forged { reason } => tracing::warn!(%forge, reason, "a forged delivery was refused"),
            Self::TooLarge { .. } | Self::Slow | Self::Busy | Self::Full => {
                tracing::warn!(%forge, outcome = self.outcome(), "a delivery was turned away");
            }
            Self::Panicked { why } => tracing::error!(%forge, why, "a request panicked"),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("10");
        let code = self.code();
        let mut response = (code, Json(self)).into_response();
        if code == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
        }
        response
    }
}

/// One forge's answers by outcome, each counter looked up once, so that a scrape shows the zeros too.
pub(super) struct Tally(Vec<(&'static str, Counter)>);

impl Tally {
    const OUTCOMES: [&str; 11] =
        ["queued", "coalesced", "duplicate", "ignored", "malformed", "forged", "too_large", "slow", "busy", "full", "panicked"];

    pub fn new(forge: ForgeKind) -> Self {
        Self(Self::OUTCOMES.map(|outcome| (outcome, names::deliveries(forge, outcome))).into())
    }

    pub fn count(&self, answer: &Answer) {
        if let Some((_, counter)) = self.0.iter().find(|(outcome, _)| *outcome == answer.outcome()) {
            counter.increment(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_counted_under_the_status_it_gives() {
        let (delivery, reason, problem) = (String::new, String::new, String::new);
        let accepted = [Answer::Queued { delivery: delivery() }, Answer::Coalesced { delivery: delivery() }, Answer::Duplicate];
        let refused = [Answer::Malformed { problem: problem() }, Answer::Forged { reason: "" }, Answer::TooLarge { limit: 0 }];
        let others = [Answer::Ignored { reason: reason() }, Answer::Slow, Answer::Busy, Answer::Full];
        for answer in accepted.into_iter().chain(refused).chain(others) {
            assert_eq!(serde_json::to_value(&answer).unwrap()["status"], answer.outcome());
            assert!(Tally::OUTCOMES.contains(&answer.outcome()), "{answer:?}");
        }
    }
}

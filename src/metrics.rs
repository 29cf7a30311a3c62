//! The names of everything that is measured, and the one recorder behind them, rendered for Prometheus.
//! There is no upkeep task: a scrape does it, and so does every few thousandth measurement where nobody scrapes.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::domain::event::ForgeKind;
use crate::domain::plan::{Measure, Span};

const DELIVERIES: &str = "slipway_deliveries_total";
const WAITING: &str = "slipway_deliveries_waiting";
const SECONDS: &str = "slipway_delivery_seconds";
const SPANS: &str = "slipway_change_seconds";
const PANICS: &str = "slipway_panics_total";
const BODY_BYTES: &str = "slipway_body_bytes_in_flight";

/// From an evaluation that changes nothing to a release with many comments.
const SECONDS_BUCKETS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// From ten minutes to a quarter of a year.
const SPANS_BUCKETS: &[f64] =
    &[600.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 172_800.0, 345_600.0, 604_800.0, 1_209_600.0, 2_592_000.0, 7_776_000.0];

/// The recorder keeps every duration until upkeep sorts it into its bucket.
const UPKEEP_EVERY: u32 = 4096;

/// Deliveries received, by what was answered.
pub fn deliveries(forge: ForgeKind, outcome: &'static str) -> Counter {
    recorder();
    metrics::counter!(DELIVERIES, "forge" => forge.to_string(), "outcome" => outcome)
}

/// Deliveries that wait in the lanes.
pub fn waiting() -> Gauge {
    recorder();
    metrics::gauge!(WAITING)
}

/// Bytes reserved for request bodies that are being read.
pub fn body_bytes() -> Gauge {
    recorder();
    metrics::gauge!(BODY_BYTES)
}

/// Records how long one attempt at a delivery took.
pub fn record_seconds(forge: ForgeKind, outcome: &'static str, took: Duration) {
    static RECORDED: AtomicU32 = AtomicU32::new(1);
    // The recorder finds a series by its labels, which costs more than what is done with it.
    static SERIES: Mutex<BTreeMap<(ForgeKind, &str), Histogram>> = Mutex::new(BTreeMap::new());
    let recorder = recorder();
    let series = || metrics::histogram!(SECONDS, "forge" => forge.to_string(), "outcome" => outcome);
    SERIES.lock().unwrap_or_else(PoisonError::into_inner).entry((forge, outcome)).or_insert_with(series).record(took);
    if RECORDED.fetch_add(1, Ordering::Relaxed).is_multiple_of(UPKEEP_EVERY) {
        recorder.run_upkeep();
    }
}

/// Records how long a change took on its way.
pub fn record_span(forge: ForgeKind, measure: Measure) {
    recorder();
    let span = match measure.what {
        Span::MergeToProduction => "merge_to_production",
        Span::MergeToRelease => "merge_to_release",
        Span::ReleaseToProduction => "release_to_production",
        Span::Backport => "backport",
    };
    metrics::histogram!(SPANS, "forge" => forge.to_string(), "span" => span).record(Duration::from_secs(measure.seconds));
}

/// Counts a panic that was caught, and returns what it said.
pub fn count_panic(panic: &(dyn Any + Send)) -> String {
    recorder();
    metrics::counter!(PANICS).increment(1);
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

/// Everything measured so far, in Prometheus' text format.
pub fn render() -> String {
    let recorder = recorder();
    recorder.run_upkeep();
    recorder.render()
}

/// The process has one recorder, installed by whoever measures first.
fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        // It is an error to set no buckets at all, and only that.
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(SECONDS.to_owned()), SECONDS_BUCKETS);
        let builder = builder.and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(SPANS.to_owned()), SPANS_BUCKETS));
        let recorder = builder.unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another library installed a metrics recorder: /metrics stays empty");
        }
        describe();
        handle
    })
}

fn describe() {
    metrics::describe_counter!(DELIVERIES, "Deliveries received, by forge and by what was answered.");
    metrics::describe_gauge!(WAITING, "Deliveries that wait in the lanes.");
    metrics::describe_histogram!(SECONDS, Unit::Seconds, "How long one attempt at a delivery took, by forge and outcome.");
    metrics::describe_histogram!(SPANS, Unit::Seconds, "How long changes took on their way to production, by forge and part of the way.");
    metrics::describe_counter!(PANICS, "Panics that were caught.");
    metrics::describe_gauge!(BODY_BYTES, Unit::Bytes, "Bytes reserved for request bodies that are being read.");
    metrics::counter!(PANICS).increment(0);
}

//! What the service counts of itself, for Prometheus. Every label has a closed set of values: never a project, a job,
//! a person or a path, so the number of series does not grow with use.

use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The pattern of the route; one value for all that match none.
    pub route: Arc<str>,
    /// The method; one value for all that are not of HTTP's own.
    pub method: &'static str,
    /// The status code.
    pub status: u16,
}

/// A route, for durations.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// The pattern of the route.
    pub route: Arc<str>,
}

/// How a viewer watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Transport {
    /// WebSocket.
    Ws,
    /// Server-sent events.
    Sse,
    /// A long poll that waits.
    Poll,
}

/// Viewers, by how they watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Watching {
    /// How they watch.
    pub transport: Transport,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reported {
    /// The type of the report, or `unreadable`.
    pub r#type: &'static str,
    /// `applied`, `repeated`, or the code of the problem.
    pub outcome: &'static str,
}

/// Every counter of a process. Share it by `Arc`; whoever does something counts it here.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Answered requests.
    pub requests: Family<Request, Counter>,
    /// Seconds from a request's head to its answer's.
    pub request_seconds: Family<Route, Histogram, fn() -> Histogram>,
    /// Viewers connected now.
    pub viewers: Family<Watching, Gauge>,
    /// Reports, by type and outcome.
    pub reports: Family<Reported, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut made = Maker(Registry::with_prefix("milepost"));
        Self {
            requests: made.add("requests", "Answered requests", Family::default()),
            request_seconds: made.add(
                "request_duration_seconds",
                "From the head of a request to the head of its answer",
                Family::new_with_constructor(seconds as fn() -> Histogram),
            ),
            viewers: made.add("viewers", "Viewers connected", Family::default()),
            reports: made.add("reports", "Reports by type and outcome", Family::default()),
            registry: made.0,
        }
    }

    /// These, and what `more` counts by itself and tells when it is asked.
    #[must_use]
    pub fn and(mut self, more: Box<dyn Collector>) -> Self {
        self.registry.register_collector(more);
        self
    }

    /// The text for Prometheus, in the OpenMetrics format.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail; were it otherwise, a scrape that lacks lines says so by its missing end.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

struct Maker(Registry);

impl Maker {
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

/// 1 ms to 16 s.
fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0, 8.0,
        16.0,
    ])
}

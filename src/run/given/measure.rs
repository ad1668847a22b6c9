//! Inputs judged one by one.

use std::time::Instant;

use super::pool::Worker;
use super::results::Network;
use super::row::Row;
use crate::given::{Entry, Inputs};
use crate::run::named;

/// An input, as it is handed to who judges it.
pub struct Case<'a> {
    /// Its row in the file, from 0.
    pub input: usize,
    /// x.
    pub x: &'a [f64],
    /// Its label, where there is one.
    pub label: Option<usize>,
    /// Is it time to end, with what is known by then?
    pub stop: &'a dyn Fn() -> bool,
}

/// Who judges inputs. What is found of an input depends on it alone, not on others before it.
pub trait Examiner: Sync {
    /// What is known of an input.
    fn judge(&self, case: &Case<'_>) -> Entry;
}

/// Judges inputs, in so many seconds each.
pub(super) fn judging<'a>(
    examiner: &'a dyn Examiner,
    network: &'a Network,
    inputs: &'a Inputs,
    seconds: f64,
) -> Worker<'a, Row> {
    Box::new(move |input, stopped| {
        let x: Vec<f64> = inputs.points.row(input).to_vec();
        let label = inputs.labels.as_ref().and_then(|labels| labels.get(input).copied());
        let began = Instant::now();
        let stop = || stopped() || began.elapsed().as_secs_f64() >= seconds;
        let case = Case { input, x: &x, label, stop: &stop };
        let place = || format!("(input {input})");
        let entry = named("inputs", &place, || Ok(examiner.judge(&case)))?;
        Ok(Row { entry: Entry { input, label, ..entry }, x }.sound(network))
    })
}

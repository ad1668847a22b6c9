//! Pictures: what is drawn of rows, layers, the slack, depth and studies. All with one kit.

pub mod biases;
pub mod depth;
pub mod given;
pub mod grid;
pub mod kit;
pub mod layers;
pub mod norms;
pub mod row;
pub mod slack;
pub mod training;

use crate::judge::ledger::Ledger;
use crate::report::document::Figure;
use crate::run::Record;

/// What a stage has to show beside its rows.
pub fn of_stage(ledger: &Ledger, stage: &str, records: &[Record]) -> Vec<Figure> {
    let figures = match stage {
        "bottleneck" => vec![layers::lipschitz(ledger)],
        "direct" => vec![layers::followed(ledger)],
        "slack" => vec![ledger.attribution.as_ref().and_then(slack::attribution)],
        "collapse" => {
            vec![depth::angles(ledger), depth::cone(ledger, records), depth::spheres(ledger)]
        }
        _ => Vec::new(),
    };
    figures.into_iter().flatten().collect()
}

//! What was printed, with the events it rests on, for a second checker: `proofs/recheck`.

use serde_json::{Value, json};

use crate::model::account::{Behind, Entry};
use crate::model::claim::{Claim, Direction, Test};
use crate::model::params::Params;
use crate::num::{Toward, decimal};

/// The digits of a printed bound, as in the tables.
const DIGITS: usize = 4;

/// Network, δ and every row in exact text, indented, with a final line break.
pub fn render(params: &Params, claims: &[Claim]) -> String {
    let rows: Vec<Value> = claims.iter().map(row).collect();
    let certificate = json!({ "certificate": 1, "given": given(params), "rows": rows });
    let mut text = serde_json::to_string_pretty(&certificate).unwrap_or_default();
    text.push('\n');
    text
}

fn given(params: &Params) -> Value {
    let widths: Vec<String> = params.architecture.widths().iter().map(u128::to_string).collect();
    let [bias, gain] = params.bias.record();
    json!({
        "widths": widths,
        "delta": params.delta.value().to_string(),
        // R/‖x‖; 1/√d where it is not given.
        "radius": params.radius.as_ref().map(|radius| radius.value().to_string()),
        "step": params.step().value().to_string(),
        "start": params.start.record(),
        "slope": params.slope.value().to_string(),
        "bias": bias,
        "gain": gain,
        "outputs": params.outputs(),
        "trained": params.trained.as_ref().map(|eta| eta.value().to_string()),
        "norm": params.norm.record(),
    })
}

fn row(claim: &Claim) -> Value {
    let test = match &claim.test {
        Test::Identity { .. } => "identity",
        Test::Bound { .. } => "bound",
        Test::Outside { .. } => "outside",
        Test::Reached { .. } => "reached",
        Test::Measure => "measure",
        Test::Part { .. } => "part",
        Test::Law { .. } => "law",
    };
    let printed = claim.bound().map(|bound| {
        let toward = claim.direction().map_or(Toward::Up, Direction::toward);
        decimal(bound, DIGITS, toward)
    });
    let behind = claim.behind.iter().filter(|_| claim.delta().is_some());
    let events: Vec<Value> = behind.flat_map(Behind::list).map(|e| event(&e)).collect();
    let reach = claim.reach.as_ref();
    json!({
        "statement": claim.statement.label,
        "layer": claim.layer,
        "test": test,
        "way": claim.variants.first().map(|way| &way.name),
        "direction": claim.direction(),
        "printed": printed,
        // Before it was rounded to so many digits.
        "value": claim.bound().map(|bound| bound.to_string()),
        // With which probability it may fail, in all.
        "delta": claim.delta().map(|delta| delta.value().to_string()),
        "reach": reach.map(|reach| json!({ "widths": reach.widths, "step": reach.step })),
        "events": events,
    })
}

fn event(entry: &Entry) -> Value {
    let layers = (*entry.layers.start() > 0).then(|| [entry.layers.start(), entry.layers.end()]);
    let sizes: Vec<String> = entry.sizes.iter().map(u128::to_string).collect();
    json!({
        "name": entry.kind.name,
        "layers": layers,
        "sizes": sizes,
        "each": entry.each.to_string(),
    })
}

//! The stages of the proof, in order. Each declares its rows and its statements
//! (`statements.rs`), and has `bound.rs` (rigorous), `predict.rs` (no proof) and `observe.rs`
//! (sampled networks), which do not know of each other; `table.rs` where it has a table.

pub mod bottleneck;
pub mod collapse;
pub mod direct;
pub mod flip;
pub mod gradient;
pub mod linearity;
pub mod model;
pub mod norm;
pub mod output;
pub mod proof;
pub mod rows;
pub mod slack;
mod tables;
pub mod trained;
mod trial;

pub use tables::Tables;
pub use trial::{Draw, Trial};

use crate::model::claim::Claim;
use crate::model::params::Params;
use crate::model::statement::Statement;
use crate::network::search::Setting;
use crate::network::{Engine, LawDraw};
use rows::{Group, Rows, Seen};

/// What a stage asks of the engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Of every network, what its law at one input gives.
    Law,
    /// Passes of every network.
    Passes,
    /// Of the networks in which the step is taken, passes at a few more points; the pieces of a
    /// step are counted where weights are at hand.
    Steps,
    /// Of the networks that are searched, so many products that weights are best stored.
    Weights,
    /// Of every trial, two inputs followed without a network; of the networks that are searched,
    /// the weights.
    Pairs,
}

impl Needs {
    /// Does every trial draw a network, not only those that are searched?
    pub fn every_trial(self) -> bool {
        matches!(self, Needs::Law | Needs::Passes)
    }
}

/// A parameter that a stage is about and that is not given.
#[derive(Clone, Copy, Debug)]
pub struct Lack {
    /// Why the stage is not run.
    pub why: &'static str,
    /// How it would be given.
    pub hint: &'static str,
}

/// One stage of the proof.
pub trait Stage: Sync {
    /// The part of the labels before the dot.
    fn name(&self) -> &'static str;

    /// Its rows, in the order of the ledger.
    fn rows(&self) -> &'static [Group];

    /// What every row claims, in any order.
    fn claims(&self, params: &Params) -> Vec<Claim>;

    /// What one sampled network shows of every row.
    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>);

    /// Is anything of it measured in networks with a curved activation?
    fn is_curved(&self) -> bool {
        false
    }

    /// What is expected of these in wide layers, or counted: of other rows nothing is said.
    fn expected_of_curved(&self, params: &Params) -> Vec<Claim> {
        let _ = params;
        Vec::new()
    }

    /// What one of these shows: nothing by default, as of all that is about pieces.
    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let _ = trial;
        seen.fill(crate::model::outcome::Outcome::NotSearched);
    }

    /// What it asks of the engines.
    fn needs(&self) -> Needs;

    /// Products that its steps keep in memory without weights, at most, in a network of widths
    /// d₀, …, d_L.
    fn products(&self, widths: &[u128]) -> u32 {
        let _ = widths;
        0
    }

    /// The engine behind a row of a run in which this stage has the engine `chosen`.
    fn engine(&self, statement: &Statement, chosen: Engine) -> Engine {
        let _ = statement;
        chosen
    }

    /// Is a row of it observed only in the networks that are searched?
    fn is_searched(&self, statement: &Statement) -> bool {
        let _ = statement;
        !self.needs().every_trial()
    }

    /// What it is about, in a few words.
    fn title(&self) -> &'static str;

    /// Is it run whatever the parameters, where no stage is named?
    fn is_usual(&self) -> bool {
        true
    }

    /// What it is about and has to be given, where it is not.
    fn lacks(&self, params: &Params) -> Option<Lack> {
        let _ = params;
        None
    }

    /// Why some row of it is not observed in networks that are searched, by this engine.
    fn unseen(&self, engine: Engine) -> Option<&'static str> {
        let without = engine == Engine::Conditioned && self.needs() == Needs::Weights;
        without.then_some("without weights there is no power iteration and no margin search")
    }

    /// Adds to what searches are to know.
    fn prepare(&self, params: &Params, setting: &mut Setting) {
        let _ = (params, setting);
    }

    /// What the law at one input shows, for a stage that needs no more.
    fn by_law(&self, draw: &LawDraw, seen: &mut Seen<'_>) {
        let _ = draw;
        seen.fill(crate::model::outcome::Outcome::NotSearched);
    }

    /// What is seen in a trial for which no network is drawn.
    fn without_network(&self, draw: &Draw<'_>, seen: &mut Seen<'_>) {
        let _ = draw;
        seen.fill(crate::model::outcome::Outcome::NotSearched);
    }

    /// Are its tables about any network, whether its statements are or not?
    fn tabulates_always(&self) -> bool {
        false
    }

    /// Adds its tables, which depend on parameters and claims alone.
    fn tabulate(&self, params: &Params, claims: &[Claim], tables: &mut Tables) {
        let _ = (params, claims, tables);
    }
}

impl dyn Stage {
    /// Its rows of a network.
    pub fn rows_of(&self, params: &Params) -> Rows {
        Rows::at(self.rows(), params.architecture.depth(), !params.bias.is_none())
    }

    /// What its rows claim, in their order: nothing where the network does not meet their
    /// hypotheses.
    pub fn stated(&self, params: &Params) -> Vec<Claim> {
        let each = params.of_each_pair();
        let rows = self.rows_of(params);
        let claims = if params.curved().is_some() {
            let blank = |statement, layer| Claim::blank(statement, layer, &params.delta);
            rows.completed(self.expected_of_curved(&each), blank)
        } else {
            rows.arranged(self.claims(&each))
        };
        let of_all = claims.into_iter().map(|claim| claim.of_all_pairs(params));
        of_all.map(|claim| claim.where_it_applies(params)).collect()
    }

    /// Its statements, in their order.
    pub fn statements(&self) -> impl Iterator<Item = &'static Statement> {
        self.rows().iter().flat_map(Group::statements)
    }
}

/// All stages, in the order of the ledger. A new stage joins here.
pub const ALL: [&dyn Stage; 11] = [
    &model::Model,
    &output::Output,
    &gradient::Gradient,
    &bottleneck::Bottleneck,
    &linearity::Linearity,
    &flip::Flip,
    &direct::Direct,
    &norm::Norm,
    &trained::Trained,
    &slack::Slack,
    &collapse::Collapse,
];

/// Every statement, in the order of the ledger: the registry.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    ALL.into_iter().flat_map(<dyn Stage>::statements)
}

/// Is a statement observed only in the networks that are searched?
pub fn is_searched(statement: &Statement) -> bool {
    named(statement.stage()).is_some_and(|stage| stage.is_searched(statement))
}

/// What a stage is about.
pub fn title(name: &str) -> Option<&'static str> {
    named(name).map(<dyn Stage>::title)
}

/// The stage of this name.
pub fn named(name: &str) -> Option<&'static dyn Stage> {
    ALL.into_iter().find(|stage| stage.name() == name)
}

/// The statement with this label.
pub fn statement(label: &str) -> Option<&'static Statement> {
    statements().find(|statement| statement.label == label)
}

//! `relubound bounds`: the same rows without sampling, for widths of any size.

use std::path::PathBuf;

use clap::Args;

use super::exit;
use super::format::Output;
use super::shape::Shape;
use crate::judge::ledger::Ledger;
use crate::judge::thresholds;
use crate::model::error::{Error, Result};
use crate::model::params::{Amount, Probability};
use crate::report::certificate;
use crate::run::{self, Experiment, Machine, Spec};
use crate::stage::collapse::table;
use crate::study::depths;

/// `relubound bounds`.
#[derive(Args, Debug)]
pub struct Bounds {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// Also print the least widths found at which some step is proved to flip the sign: for equal
    /// widths by depth up to that of the network, for this shape by δ
    #[arg(long)]
    pub threshold: bool,
    /// Depths for --threshold, at equal widths, as 1..10 or 1,2,5,10
    #[arg(long, value_name = "LIST", requires = "threshold", allow_hyphen_values = true)]
    pub depths: Option<String>,
    /// Also print, by input dimension d, depths and widths at which f is proved to change by at
    /// most Ω = 1/√d of its deviation over the whole sphere
    #[arg(long)]
    pub sphere: bool,
    /// Also list the events that each bound rests on, with their shares of δ
    #[arg(long)]
    pub events: bool,
    /// Also write every row to a file, with the events that it rests on in exact numbers, for the
    /// second checker in proofs/recheck
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Ω for --sphere, from 1e-6 to 1e6; 1/√d by default
    #[arg(long, value_name = "X", requires = "sphere", allow_hyphen_values = true)]
    pub oscillation: Option<String>,
    /// What to print.
    #[command(flatten)]
    pub output: Output,
}

impl Bounds {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn run(&self) -> Result<u8> {
        let (experiment, ledger) = self.ledger()?;
        if let Some(path) = &self.certificate {
            let text = certificate::render(&experiment.spec().params, experiment.claims());
            std::fs::write(path, text)
                .map_err(|why| Error::io("certificate", path, "write", &why))?;
        }
        self.output.print(&ledger, experiment.claims(), &[])?;
        Ok(exit::of_run(&ledger, false))
    }

    /// What is proved, with the tables that are asked for.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn ledger(&self) -> Result<(Experiment, Ledger)> {
        let params = self.shape.params()?;
        if !params.ensemble.is_gaussian() {
            let permitted = "gaussian: all bounds are about normal weights; check measures others";
            return Err(Error::new("weights", params.ensemble, permitted));
        }
        if let Some(curve) = params.curve {
            let permitted = "piecewise linear: nothing is proved of others; check measures them";
            return Err(Error::new("activation", curve.name(), permitted));
        }
        if self.sphere && !params.bias.is_none() {
            let permitted = "0 for --sphere, which lists depths and widths without biases";
            return Err(Error::new("bias", &params.bias, permitted));
        }
        let spec = Spec {
            stages: run::stages_of(&params, &self.shape.stages)?,
            params,
            // Nothing is judged.
            alpha: Probability::thousandth(),
            sampling: None,
        };
        let oscillation = self.oscillation.as_deref().map(Amount::oscillation).transpose()?;
        let depths =
            self.depths.as_deref().map_or(Ok(Vec::new()), |list| depths("depths", list))?;
        let experiment = Experiment::new(spec, Machine::default())?;
        let params = &experiment.spec().params;
        let mut ledger = experiment.ledger();
        if self.threshold {
            ledger.thresholds = thresholds::thresholds(params, &depths);
        }
        if self.sphere {
            ledger.spheres = table::spheres(oscillation.as_ref(), params);
        }
        if self.events {
            let rows = ledger.rows.into_iter().zip(experiment.claims());
            ledger.rows = rows.map(|(row, claim)| row.with_events(claim)).collect();
        }
        Ok((experiment, ledger))
    }
}

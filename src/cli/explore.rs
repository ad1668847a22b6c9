//! `relubound explore`: the constants of the proof over a grid of networks, cell by cell.

use std::path::PathBuf;

use clap::Args;

use super::check::confirming;
use super::exit;
use super::number::machine;
use super::shard::shard;
use super::terminal::{self, print, progress, say, stop_on_request};
use crate::model::clean;
use crate::model::error::{Error, Result};
use crate::report::print::text;
use crate::report::study as report;
use crate::run::Machine;
use crate::run::store::read_text;
use crate::study::findings::Findings;
use crate::study::{self, Cell, Directory, Event, Grid, QUANTITIES, Shard, Study};

/// `relubound explore`.
#[derive(Args, Debug)]
pub struct Explore {
    /// A named study that the flags below change: depth (how the constants grow with depth, proved
    /// and observed) or width (the depth from which on the step fails, by input dimension)
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub preset: Option<String>,
    /// Read the study from a file in TOML, with entries named like the flags from depths to seed,
    /// which go before it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Depths, as 1..10 or 1,2,5,10; 1..8 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub depths: Option<String>,
    /// Input dimensions d, as 64,256,1024; 64 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub widths: Option<String>,
    /// Hidden widths: equal (to d; the default), factor:F (each F times the one before),
    /// bottleneck:W@K (d, but W in layer K), or power:P (d to the power P)
    #[arg(long, value_name = "RULE", allow_hyphen_values = true)]
    pub shape: Option<String>,
    /// Probabilities δ; 0.1 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub delta: Option<String>,
    /// Radii R/‖x‖; 'usual', which is 1/√d, by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub radius: Option<String>,
    /// Sizes t of the step; 'usual' by default, which is 2, and for 'share' the best for its bound
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub step: Option<String>,
    /// Slopes of the activation at negative arguments, from -1 to 1; 0, ReLU, by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub slope: Option<String>,
    /// What to measure.
    #[arg(long, value_name = "NAMES", help = quantities_help())]
    pub quantities: Option<String>,
    /// Networks sampled in each cell, 0 for bounds alone; 200 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub trials: Option<String>,
    /// Networks in which suprema are searched and the step is taken: the first N; 50 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub searches: Option<String>,
    /// Seed of all random numbers; 1 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub seed: Option<String>,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// Directory of the study; one that was interrupted is continued
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Measure part I of N only, as 3/8, or auto in an array of jobs, where the scheduler says
    /// which (auto/8 where it does not say of how many); relubound merge joins the parts
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    pub shard: Option<String>,
    /// Only say how many cells there are, about how long they take, and how much memory
    #[arg(long)]
    pub dry_run: bool,
}

impl Explore {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; a network that does not fit the machine; a
    /// directory that cannot be written.
    pub fn run(&self) -> Result<u8> {
        let (study, shard, machine) = self.asked()?;
        let cells: Vec<&Cell> = study.cells.iter().filter(|cell| shard.holds(cell.index)).collect();
        // Before anything is done, so that a study does not fail halfway.
        let bytes = cells.iter().map(|cell| study.bytes(cell, machine));
        let bytes = bytes.collect::<Result<Vec<u64>>>()?.into_iter().max().unwrap_or(0);
        let Some(out) = self.out.as_deref().filter(|_| !self.dry_run) else {
            let time = study::estimate::duration(&study, &cells, machine)?;
            print(&report::dry_run(&study, cells.len(), bytes, time))?;
            return Ok(exit::DONE);
        };
        let mut directory = Directory::open(out, &study, shard)?;
        let measured = measure(&study, &cells, machine, &mut directory)?;
        let finished = directory.lines.len() == cells.len();
        show(&study, &directory, shard, cells.len())?;
        if !finished {
            let all = cells.len();
            say(&format!("interrupted after {measured} of {all} cells; the same command goes on"));
        }
        Ok(exit::of_study(&directory.lines, cells.len()))
    }

    /// The study, its part that is asked for, and the machine; validated before anything is done.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; a network that does not fit the machine.
    pub fn asked(&self) -> Result<(Study, Shard, Machine)> {
        let shard = self.shard.as_deref().map_or(Ok(Shard::WHOLE), shard)?;
        let machine = machine(self.threads.as_deref())?;
        let grid = self.grid()?;
        grid.fits(machine.memory)?;
        Ok((Study::new(grid)?, shard, machine))
    }

    /// The study as it is written: flags, then the file, then what is usual.
    ///
    /// # Errors
    /// A file that cannot be read, or is no study.
    fn grid(&self) -> Result<Grid> {
        let mut grid = match &self.config {
            None => self.preset.as_deref().map_or(Ok(Grid::default()), Grid::preset)?,
            Some(path) => {
                let text = read_text("config", path)?;
                Grid::from_toml(&text).map_err(|what| {
                    Error::new("config", path.display(), format!("not a study: {what}"))
                })?
            }
        };
        let flags = [
            (&self.depths, &mut grid.depths),
            (&self.widths, &mut grid.widths),
            (&self.shape, &mut grid.shape),
            (&self.delta, &mut grid.delta),
            (&self.radius, &mut grid.radius),
            (&self.step, &mut grid.step),
            (&self.slope, &mut grid.slope),
            (&self.quantities, &mut grid.quantities),
            (&self.trials, &mut grid.trials),
            (&self.searches, &mut grid.searches),
            (&self.seed, &mut grid.seed),
        ];
        for (flag, entry) in flags {
            if let Some(value) = flag {
                entry.clone_from(value);
            }
        }
        Ok(grid)
    }
}

/// Measures the cells that are left, until all are or the user wants an end; gives their number.
fn measure(
    study: &Study,
    cells: &[&Cell],
    machine: Machine,
    directory: &mut Directory,
) -> Result<usize> {
    // Networks are counted, so that the time left is seen within a cell, too.
    let each = study.networks().max(1);
    let bar = progress(each * cells.len() as u64, "networks");
    bar.inc(each * directory.lines.len() as u64);
    bar.reset_eta();
    let stop = stop_on_request();
    let said = |cell: &Cell, event: Event| match event {
        Event::Network => bar.inc(1),
        Event::Confirming(rows) => {
            let what = confirming(&rows, study.networks());
            bar.suspend(|| say(&format!("widths {}: {what}", cell.params.architecture)));
        }
    };
    let left = cells.iter().skip(directory.lines.len()).copied();
    study.measure_each(left, machine, &stop, said, |line| {
        directory.append(line)?;
        bar.set_position(each * directory.lines.len() as u64);
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(directory.lines.len())
}

/// Prints what a study shows; one that is whole and finished is rendered in its directory, too.
///
/// # Errors
/// A file or standard output cannot be written.
pub fn show(study: &Study, directory: &Directory, shard: Shard, wanted: usize) -> Result<()> {
    let lines = clean::texts(&directory.lines);
    let findings = Findings::new(study, &lines);
    if lines.len() == wanted && shard == Shard::WHOLE {
        directory.render(&report::files(&findings)?)?;
    }
    let document = report::document(&findings, wanted, shard);
    print(&text::print(&document, terminal::width()))
}

/// The quantities of a study by name.
fn quantities_help() -> String {
    let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
    format!("What to measure, separated by commas: {}; all by default", names.join(", "))
}

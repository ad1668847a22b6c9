//! The program: parses, runs, prints. Results go to stdout, everything else to stderr.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use clap::error::ErrorKind;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use relubound::certificate;
use relubound::claim::Claim;
use relubound::clean;
use relubound::cli::{
    Angle, AngleFormat, Bounds, Check, Cli, Command, Explore, Growth, GrowthFormat, Merge,
    PageFormat, Proofs, Report, TextFormat,
};
use relubound::constants;
use relubound::error::{Error, Result};
use relubound::exit;
use relubound::explore::{self, Cell, Directory, Event, Line, Shard, Study};
use relubound::growth;
use relubound::ledger::{Ledger, Status};
use relubound::memory;
use relubound::network::{Engine, Precision};
use relubound::refusal;
use relubound::report::{
    Format, angles, csv, explore as explore_report, growth as growth_report, html, json, markdown,
    proofs as proofs_report, text, uses,
};
use relubound::run::{self, Config, Engines, Plan, Record, Sampling};
use relubound::signals;
use relubound::store::{self, Loaded, Rendering, RunDir};

/// How often a run directory is brought up to date, or less often where that takes long.
const CHECKPOINT: Duration = Duration::from_secs(2);
/// Requests to end that are closer than this are one.
const SAME_REQUEST: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Asked for, or the program was started without a command.
        Err(help)
            if !help.use_stderr()
                || help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand =>
        {
            let code = if help.use_stderr() { exit::REFUSED } else { exit::DONE };
            return match unless_closed(help.print()) {
                Ok(()) => ExitCode::from(code),
                Err(error) => refuse(&error.to_string()),
            };
        }
        Err(error) => return refuse(&refusal::one_line(error)),
    };
    // Before anything uses it, so that a system that gives no threads is told from a bug.
    let threads = memory::processors();
    if let Err(why) = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global() {
        return refuse(&Error::threads(threads, &why).to_string());
    }
    let outcome = match &cli.command {
        Command::Check(check) => self::check(check),
        Command::Bounds(bounds) => self::bounds(bounds),
        Command::Angle(angle) => self::angle(angle),
        Command::Growth(growth) => self::growth(growth),
        Command::Explore(explore) => self::explore(explore),
        Command::Merge(merge) => self::merge(merge),
        Command::Report(report) => self::report(report),
        Command::Proofs(proofs) => self::proofs(proofs),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => refuse(&error.to_string()),
    }
}

fn refuse(message: &str) -> ExitCode {
    say(message);
    ExitCode::from(exit::REFUSED)
}

/// One line to stderr, which nobody need be listening to.
fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "relubound: {}", clean::visible(message));
}

fn check(args: &Check) -> Result<u8> {
    let started = Instant::now();
    let (mut config, sampling) = args.config()?;
    let threads = args.threads()?;
    let memory = memory::available(threads);
    let room = memory.saturating_sub(run::kept(&config, sampling.trials));
    let engines = match args.engine() {
        Some(engine) => Engines::asked(&config, engine)?,
        None => Engines::cheapest(&config, sampling, room),
    };
    let stored = config.stages.iter().any(|stage| engines.of(*stage) == Engine::Dense);
    // Without weights there is nothing to store in another format.
    let precision = if stored { sampling.precision } else { Precision::F64 };
    let sampling = Sampling { engines, precision, ..sampling };
    config.sampling = Some(sampling);
    let plan = Plan::new(&config, sampling, threads, memory)?;
    let claims = config.claims();
    let mut store =
        args.out.as_deref().map(|dir| RunDir::create(dir, args.force, &claims)).transpose()?;
    if let Some(store) = &mut store {
        store.checkpoint(&run::ledger(&config, &claims, &[]))?;
    }
    let stop = stop_on_request();
    let bar = progress(sampling.trials, "trials");
    let mut records: Vec<Record> = Vec::with_capacity(sampling.trials as usize);
    let (mut saved, mut pause) = (Instant::now(), CHECKPOINT);
    let sampled = run::sample(&config, sampling, plan, &stop, |record| {
        let stored = store.as_mut().map_or(Ok(()), |store| store.append(&record));
        records.push(record);
        bar.inc(1);
        stored?;
        if let Some(store) = &mut store
            && saved.elapsed() > pause
        {
            let started = Instant::now();
            store.checkpoint(&run::ledger(&config, &claims, &records))?;
            saved = Instant::now();
            pause = CHECKPOINT.max(20 * started.elapsed());
        }
        Ok(())
    });
    bar.finish_and_clear();
    let mut ledger = run::ledger(&config, &claims, &records);
    let replaces = store.as_ref().is_some_and(RunDir::replaces);
    let stored = sampled
        .and_then(|()| confirm(&config, &claims, &mut ledger, plan, &stop, store.as_mut()))
        .and_then(|()| {
            let files = || files(&ledger, &claims, &records);
            store.map_or(Ok(()), |store| store.finish(&ledger, &files()))
        });
    // What was computed is shown, also where it could not be stored.
    print(&render(args.format, &ledger, &claims, &records))?;
    stored?;
    match &args.out {
        Some(dir) if replaces && ledger.status == Status::Partial => {
            let _ = writeln!(
                std::io::stderr(),
                "relubound: interrupted: {} keeps the run that it held",
                clean::visible(&dir.display().to_string())
            );
        }
        Some(dir) if std::io::stderr().is_terminal() => {
            let dir = dir.display().to_string();
            let _ = writeln!(std::io::stderr(), "written to {}", clean::visible(&dir));
        }
        _ => {}
    }
    if args.usage {
        let seconds = started.elapsed().as_secs_f64();
        let peak = memory::peak().map_or_else(
            || "an unknown peak of memory".to_owned(),
            |bytes| format!("at most {:.1} MiB of memory", bytes as f64 / 2f64.powi(20)),
        );
        let _ = writeln!(std::io::stderr(), "{seconds:.1} s, {peak}");
    }
    Ok(exit::of_run(&ledger, args.strict))
}

/// Judges rows that look violated once more, and says so.
fn confirm(
    config: &Config,
    claims: &[Claim],
    ledger: &mut Ledger,
    plan: Plan,
    stop: &AtomicBool,
    store: Option<&mut RunDir>,
) -> Result<()> {
    let suspects = run::suspects(config, ledger);
    if suspects.is_empty() || stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    // Whatever happens now, the trials are kept.
    store.map_or(Ok(()), |store| store.checkpoint(ledger))?;
    say(&confirming(&suspects, ledger.trials));
    let bar = progress(ledger.trials, "fresh networks");
    let confirmed = run::confirm(config, claims, ledger, plan, stop, || bar.inc(1));
    bar.finish_and_clear();
    confirmed
}

fn confirming(suspects: &[String], networks: u64) -> String {
    let rows = suspects.join(", ");
    format!("{rows} looked violated: {networks} fresh networks are drawn to confirm it")
}

fn bounds(args: &Bounds) -> Result<u8> {
    let (config, oscillation, depths) = (args.config()?, args.oscillation()?, args.depths()?);
    let claims = config.claims();
    let mut ledger = run::ledger(&config, &claims, &[]);
    if args.threshold {
        ledger.thresholds = constants::thresholds(&config.params, &depths);
    }
    if args.sphere {
        ledger.spheres = constants::spheres(oscillation.as_ref(), &config.params.delta);
    }
    if args.events {
        let rows = ledger.rows.into_iter().zip(&claims);
        ledger.rows = rows.map(|(row, claim)| row.with_events(claim)).collect();
    }
    print(&render(args.format, &ledger, &claims, &[]))?;
    Ok(exit::of_run(&ledger, false))
}

fn angle(args: &Angle) -> Result<u8> {
    let table = args.table()?;
    print(&match args.format {
        AngleFormat::Text => angles::text(&table),
        AngleFormat::Json => angles::json(&table),
        AngleFormat::Csv => angles::csv(&table),
    })?;
    Ok(exit::DONE)
}

fn growth(args: &Growth) -> Result<u8> {
    let config = args.config()?;
    let memory = memory::available(memory::processors());
    growth::check(&config, memory)?;
    let bar = progress(config.depths.len() as u64, "depths");
    let stop = stop_on_request();
    let rows = growth::run(&config, memory, &stop, |_| {
        bar.inc(1);
        Ok(())
    })?;
    bar.finish_and_clear();
    print(&match args.format {
        GrowthFormat::Text => growth_report::text(&config, &rows, terminal_width()),
        GrowthFormat::Json => growth_report::json(&config, &rows),
        GrowthFormat::Csv => growth_report::csv(&rows),
        GrowthFormat::Svg => growth_report::svg(&rows).ok_or_else(|| {
            Error::new("--depths", &args.depths, "a picture needs two depths or more")
        })?,
        GrowthFormat::Html => growth_report::page(&config, &rows),
    })?;
    let failed: u64 = rows.iter().map(growth::Row::failures).sum();
    if failed > 0 {
        // Also where only a picture is printed.
        say(&format!("the step is not a number in {failed} of the networks sampled"));
    }
    // What was finished before an interrupt is shown.
    Ok(exit::of_growth(&config, &rows))
}

fn explore(args: &Explore) -> Result<u8> {
    let (plan, shard, threads) = (args.plan()?, args.shard()?, args.threads()?);
    let memory = memory::available(threads);
    plan.fits(memory)?;
    let study = Study::new(plan)?;
    let cells: Vec<&Cell> = study.cells.iter().filter(|cell| shard.holds(cell.index)).collect();
    // Before anything is done, so that a study does not fail halfway.
    let bytes = cells.iter().map(|cell| study.bytes(cell, threads, memory));
    let bytes = bytes.collect::<Result<Vec<u64>>>()?.into_iter().max().unwrap_or(0);
    let Some(out) = args.out.as_deref().filter(|_| !args.dry_run) else {
        let time = explore::estimate::duration(&study, &cells, threads, memory)?;
        print(&explore_report::dry_run(&study, cells.len(), bytes, time))?;
        return Ok(exit::DONE);
    };
    let mut directory = Directory::open(out, &study, shard)?;
    // Networks are counted, so that the time left is seen within a cell, too.
    let each = study.networks().max(1);
    let bar = progress(each * cells.len() as u64, "networks");
    bar.inc(each * directory.lines.len() as u64);
    bar.reset_eta();
    let stop = stop_on_request();
    for cell in cells.iter().skip(directory.lines.len()) {
        let said = |event: Event| match event {
            Event::Network => bar.inc(1),
            Event::Confirming(rows) => {
                let what = confirming(&rows, study.networks());
                bar.suspend(|| say(&format!("widths {}: {what}", cell.params.architecture)));
            }
        };
        let Some(line) = study.measure(cell, threads, memory, &stop, said)? else { break };
        directory.append(line)?;
        bar.set_position(each * directory.lines.len() as u64);
    }
    bar.finish_and_clear();
    let finished = directory.lines.len() == cells.len();
    let lines = clean::texts(&directory.lines);
    let summary = explore_report::Summary::new(&study, &lines);
    if finished && shard == Shard::WHOLE {
        summarise(&study, &summary, &lines, &directory)?;
    }
    print(&explore_report::text(&summary, cells.len(), shard, terminal_width()))?;
    if !finished {
        let (done, all) = (directory.lines.len(), cells.len());
        say(&format!("interrupted after {done} of {all} cells; the same command goes on"));
    }
    Ok(exit::of_study(&directory.lines, cells.len()))
}

fn merge(args: &Merge) -> Result<u8> {
    let (study, directory) = explore::merge(&args.parts, &args.out)?;
    let lines = clean::texts(&directory.lines);
    let summary = explore_report::Summary::new(&study, &lines);
    summarise(&study, &summary, &lines, &directory)?;
    let all = study.cells.len();
    print(&explore_report::text(&summary, all, Shard::WHOLE, terminal_width()))?;
    Ok(exit::of_study(&directory.lines, all))
}

/// The renderings that the directory of a finished study holds.
fn summarise(
    study: &Study,
    summary: &explore_report::Summary<'_>,
    lines: &[Line],
    directory: &Directory,
) -> Result<()> {
    let mut files = vec![("cells.csv".to_owned(), explore_report::csv(study, lines).into_bytes())];
    let pictures = explore_report::pictures(summary).into_iter();
    files.extend(pictures.map(|(name, svg)| (name, svg.into_bytes())));
    #[cfg(feature = "parquet")]
    {
        let columns = relubound::report::columns::parquet(study, lines)
            .map_err(|why| Error::new("--out", "cells.parquet", why.to_string()))?;
        files.push(("cells.parquet".to_owned(), columns));
    }
    files.push(("study.md".to_owned(), explore_report::document(summary).into_bytes()));
    files.push(("index.html".to_owned(), explore_report::page(summary).into_bytes()));
    directory.render(&files)
}

fn report(args: &Report) -> Result<u8> {
    let Loaded { ledger, claims, records } = match args.format {
        None => store::open(&args.dir, |run| {
            files(&clean::texts(&run.ledger), &run.claims, &run.records)
        })?,
        Some(_) => store::load(&args.dir)?,
    };
    let ledger = clean::texts(&ledger);
    print(&render(args.format.unwrap_or(Format::Text), &ledger, &claims, &records))?;
    Ok(exit::of_report(&ledger))
}

fn proofs(args: &Proofs) -> Result<u8> {
    let mut failed = false;
    print(&match args {
        Proofs::List { format: TextFormat::Text } => proofs_report::list(terminal_width()),
        Proofs::List { format: TextFormat::Json } => proofs_report::list_json(),
        Proofs::Show { name, format } => {
            let named = Proofs::named(name)?;
            match format {
                PageFormat::Text => proofs_report::show(named, terminal_width()),
                PageFormat::Json => proofs_report::show_json(named),
                PageFormat::Html => proofs_report::show_page(named),
            }
        }
        Proofs::Verify { names, format } => {
            let verified: Vec<_> = Proofs::certificates(names)?
                .into_iter()
                .map(|one| (one, certificate::verify(one)))
                .collect();
            failed = verified.iter().any(|(_, parts)| parts.iter().any(|p| p.outcome.is_err()));
            match format {
                TextFormat::Text => proofs_report::verified(&verified, terminal_width()),
                TextFormat::Json => proofs_report::verified_json(&verified),
            }
        }
        Proofs::Graph => uses::svg(),
    })?;
    Ok(if failed { exit::FAILED } else { exit::DONE })
}

/// The renderings that a run directory holds.
fn files(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> Vec<Rendering> {
    let files = [
        ("ledger.csv", csv::render(ledger)),
        ("ledger.md", markdown::render(ledger)),
        ("report.html", html::render(ledger, claims, records)),
    ];
    files.map(|(name, text)| (name.to_owned(), text.into_bytes())).into()
}

fn render(format: Format, ledger: &Ledger, claims: &[Claim], records: &[Record]) -> String {
    match format {
        Format::Text => text::render(ledger, terminal_width()),
        Format::Json => json::render(ledger),
        Format::Csv => csv::render(ledger),
        Format::Markdown => markdown::render(ledger),
        Format::Html => html::render(ledger, claims, records),
    }
}

/// Writes to stdout, without styles where they are not wanted.
fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let text = clean::printed(text);
    unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A closed pipe is no error: the reader has seen what it wanted.
fn unless_closed(written: std::io::Result<()>) -> Result<()> {
    match written {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new("stdout", "", format!("cannot write: {why}")))
        }
        _ => Ok(()),
    }
}

fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}

/// Set by the first request to end, such as Ctrl-C; a second one, after a moment, ends the program
/// at once. (Terminals and supervisors may deliver one and the same twice.)
fn stop_on_request() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut first: Option<Instant> = None;
    signals::on_request(move || match first {
        None => {
            first = Some(Instant::now());
            flag.store(true, Ordering::Relaxed);
            if std::io::stderr().is_terminal() {
                let note = "finishing the trials under way; Ctrl-C again ends at once";
                let _ = writeln!(std::io::stderr(), "\n{note}");
            }
        }
        Some(time) if time.elapsed() > SAME_REQUEST => {
            say("interrupted before the trials under way were finished");
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        Some(_) => {}
    });
    stop
}

fn progress(length: u64, what: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let template = format!("{{bar:30}} {{human_pos}}/{{human_len}} {what}, {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::with_draw_target(Some(length), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

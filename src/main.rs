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
use relubound::cli::{
    Angle, AngleFormat, Bounds, Check, Cli, Command, Explore, Growth, GrowthFormat, Merge,
    PageFormat, Proofs, Report, TextFormat,
};
use relubound::constants;
use relubound::error::{Error, Result};
use relubound::exit;
use relubound::explore::{self, Cell, Directory, Event, Shard, Study};
use relubound::growth;
use relubound::ledger::{Ledger, Status};
use relubound::network::{Engine, Precision};
use relubound::report::{
    Format, angles, csv, explore as explore_report, growth as growth_report, html, json, markdown,
    proofs as proofs_report, text, uses,
};
use relubound::run::{self, Config, Engines, Plan, Record, Sampling};
use relubound::store::{self, Loaded, Rendering, RunDir};

/// How often a run directory is brought up to date, or less often where that takes long.
const CHECKPOINT: Duration = Duration::from_secs(2);
/// Interrupts closer than this are one.
const SAME_INTERRUPT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Asked for, or the program was started without a command.
        Err(help)
            if !help.use_stderr()
                || help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand =>
        {
            // A reader that closes the pipe has read enough.
            let _ = help.print();
            return ExitCode::from(if help.use_stderr() { exit::REFUSED } else { exit::DONE });
        }
        Err(error) => return refuse(&one_line(&error.render().to_string())),
    };
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
    let _ = writeln!(std::io::stderr(), "relubound: {message}");
    ExitCode::from(exit::REFUSED)
}

/// clap's message on one line, without usage and general tips.
fn one_line(message: &str) -> String {
    let kept = message
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty() && !line.starts_with("tip: to pass"));
    let line = kept.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

fn check(args: &Check) -> Result<u8> {
    let started = Instant::now();
    let (mut config, sampling) = args.config()?;
    let memory = available_memory();
    let engines = match args.engine() {
        Some(engine) => Engines::asked(&config, engine)?,
        None => Engines::cheapest(&config, sampling, memory),
    };
    let stored = config.stages.iter().any(|stage| engines.of(*stage) == Engine::Dense);
    // Without weights there is nothing to store in another format.
    let precision = if stored { sampling.precision } else { Precision::F64 };
    let sampling = Sampling { engines, precision, ..sampling };
    config.sampling = Some(sampling);
    let plan = Plan::new(&config, sampling, args.threads()?, memory)?;
    let claims = config.claims();
    let mut store =
        args.out.as_deref().map(|dir| RunDir::create(dir, args.force, &claims)).transpose()?;
    if let Some(store) = &mut store {
        store.checkpoint(&run::ledger(&config, &claims, &[]))?;
    }
    let stop = stop_on_interrupt();
    let bar = progress(sampling.trials, "trials");
    let mut records: Vec<Record> = Vec::new();
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
                dir.display()
            );
        }
        Some(dir) if std::io::stderr().is_terminal() => {
            let _ = writeln!(std::io::stderr(), "written to {}", dir.display());
        }
        _ => {}
    }
    if args.usage {
        let seconds = started.elapsed().as_secs_f64();
        let peak = peak_memory().map_or_else(
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
    eprintln!("relubound: {}", confirming(&suspects, ledger.trials));
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
    Ok(0)
}

fn growth(args: &Growth) -> Result<u8> {
    let config = args.config()?;
    let bar = progress(config.depths.len() as u64, "depths");
    let stop = stop_on_interrupt();
    let rows = growth::run(&config, &stop, |_| {
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
        eprintln!("relubound: the step is not a number in {failed} of the networks sampled");
    }
    // What was finished before an interrupt is shown.
    Ok(exit::of_growth(&config, &rows))
}

fn explore(args: &Explore) -> Result<u8> {
    let (study, shard) = (Study::new(args.plan()?)?, args.shard()?);
    let (threads, memory) = (args.threads()?, available_memory());
    let cells: Vec<&Cell> = study.cells.iter().filter(|cell| shard.holds(cell.index)).collect();
    // Before anything is done, so that a study does not fail halfway.
    let bytes = cells.iter().map(|cell| study.bytes(cell, threads, memory));
    let bytes = bytes.collect::<Result<Vec<u64>>>()?.into_iter().max().unwrap_or(0);
    let Some(out) = args.out.as_deref().filter(|_| !args.dry_run) else {
        let time = explore::estimate::duration(&study, &cells, threads, memory)?;
        print(&explore_report::dry_run(&study, cells.len(), bytes, time))?;
        return Ok(0);
    };
    let mut directory = Directory::open(out, &study, shard)?;
    // Networks are counted, so that the time left is seen within a cell, too.
    let each = study.networks().max(1);
    let bar = progress(each * cells.len() as u64, "networks");
    bar.inc(each * directory.lines.len() as u64);
    bar.reset_eta();
    let stop = stop_on_interrupt();
    for cell in cells.iter().skip(directory.lines.len()) {
        let said = |event: Event| match event {
            Event::Network => bar.inc(1),
            Event::Confirming(rows) => {
                let what = confirming(&rows, study.networks());
                bar.suspend(|| eprintln!("relubound: widths {}: {what}", cell.params.architecture));
            }
        };
        let Some(line) = study.measure(cell, threads, memory, &stop, said)? else { break };
        directory.append(line)?;
        bar.set_position(each * directory.lines.len() as u64);
    }
    bar.finish_and_clear();
    let finished = directory.lines.len() == cells.len();
    let summary = explore_report::Summary::new(&study, &directory.lines);
    if finished && shard == Shard::WHOLE {
        summarise(&study, &summary, &directory)?;
    }
    print(&explore_report::text(&summary, cells.len(), shard, terminal_width()))?;
    if !finished {
        let (done, all) = (directory.lines.len(), cells.len());
        eprintln!("relubound: interrupted after {done} of {all} cells; the same command goes on");
    }
    Ok(exit::of_study(&directory.lines, cells.len()))
}

fn merge(args: &Merge) -> Result<u8> {
    let (study, directory) = explore::merge(&args.parts, &args.out)?;
    let summary = explore_report::Summary::new(&study, &directory.lines);
    summarise(&study, &summary, &directory)?;
    let all = study.cells.len();
    print(&explore_report::text(&summary, all, Shard::WHOLE, terminal_width()))?;
    Ok(exit::of_study(&directory.lines, all))
}

/// The renderings that the directory of a finished study holds.
fn summarise(
    study: &Study,
    summary: &explore_report::Summary<'_>,
    directory: &Directory,
) -> Result<()> {
    let lines = &directory.lines;
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
        None => store::open(&args.dir, |run| files(&run.ledger, &run.claims, &run.records))?,
        Some(_) => store::load(&args.dir)?,
    };
    print(&render(args.format.unwrap_or(Format::Text), &ledger, &claims, &records))?;
    Ok(0)
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

/// Writes to stdout, without styles where they are not wanted. A closed pipe is no error: the
/// reader has seen what it wanted.
fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new("stdout", "", format!("cannot write: {why}")))
        }
        _ => Ok(()),
    }
}

fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}

/// Set by the first Ctrl-C; a second one, after a moment, ends the program at once. (Terminals and
/// supervisors may deliver one and the same twice.)
fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut first: Option<Instant> = None;
    // Without a handler Ctrl-C still ends the program, only less gently.
    let _ = ctrlc::set_handler(move || match first {
        None => {
            first = Some(Instant::now());
            flag.store(true, Ordering::Relaxed);
            if std::io::stderr().is_terminal() {
                let note = "finishing the trials under way; Ctrl-C again ends at once";
                let _ = writeln!(std::io::stderr(), "\n{note}");
            }
        }
        Some(time) if time.elapsed() > SAME_INTERRUPT => {
            let _ = writeln!(
                std::io::stderr(),
                "relubound: interrupted before the trials under way were finished"
            );
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

/// Bytes that can still be used, by the machine, by the control group and by this process; no limit if unknown.
fn available_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let group = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    let free = match system.available_memory().min(group) {
        0 => u64::MAX,
        bytes => bytes,
    };
    free.min(address_space().unwrap_or(u64::MAX))
}

/// The limit that a shell has set for this process (`ulimit -v`), where the system tells.
fn address_space() -> Option<u64> {
    number_in("/proc/self/limits", "Max address space")
}

/// The most memory that this process has held, where the system tells.
fn peak_memory() -> Option<u64> {
    number_in("/proc/self/status", "VmHWM:").map(|kilobytes| 1024 * kilobytes)
}

/// The number behind a name that begins a line of a file.
fn number_in(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

//! The ledger as a table for a terminal.

use anstyle::{AnsiColor, Style};

use super::{
    ANGLES_LEGEND, EVENTS_LEGEND, Grid, LAYERS_LEGEND, SLACK_LEGEND, SPHERES_LEGEND,
    THRESHOLDS_LEGEND, angles, angles_title, assumed, attribution, bound, conclusion, constant,
    dead, engine, events, evidence, followed, fresh, headline, layers, limits, loosest,
    narrow_verdict, observed, omitted, prediction, radii, sampled, settled_by, shown, slack,
    sphere_growth, spheres, thresholds, unsearched, variants, verdict, warning,
};
use crate::judge::ledger::{Ledger, Status};
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// A column: heading, cell, and when a narrow terminal goes without it: the highest first, 0 never.
type Column = (&'static str, fn(&Row) -> String, u8);

/// After sampling.
const CHECKED: &[Column] = &[
    ("statement", Row::key, 0),
    ("bound", bound, 0),
    ("predicted", prediction, 3),
    ("observed", observed, 0),
    ("slack", slack, 1),
    ("beyond", evidence, 2),
    ("limits", limits, 4),
    ("engine", engine, 5),
    ("verdict", |row| verdict(row).to_owned(), 0),
];

/// The last column where room is short.
const NARROW_VERDICT: Column = ("verdict", |row| narrow_verdict(row).to_owned(), 0);

/// Without sampling.
const BOUNDS: &[Column] = &[
    ("statement", Row::key, 0),
    ("bound", bound, 0),
    ("predicted", prediction, 0),
    ("claim", |row| row.claim.clone(), 1),
];

/// For a terminal `width` columns wide; with ANSI styles, which the caller may strip.
pub fn render(ledger: &Ledger, width: usize) -> String {
    let mut out = format!("{BOLD}relubound{BOLD:#} {}\n", headline(ledger));
    if let Some(warning) = warning(ledger) {
        let style = AnsiColor::Yellow.on_default().bold();
        out += &format!("{style}{warning}{style:#}\n");
    }
    out.push('\n');
    // Columns that cost room are dropped until the table fits.
    let all = if ledger.status == Status::Bounds { BOUNDS } else { CHECKED };
    // One engine is named in the headline.
    let told = |column: &&Column| column.0 != "engine" || sampled(ledger).is_some();
    let mut columns: Vec<&Column> = all.iter().filter(told).collect();
    let mut table = layout(ledger, &columns);
    if table.width() > width {
        // Fewer words before fewer columns.
        if let Some(last) = columns.last_mut().filter(|column| column.0 == "verdict") {
            *last = &NARROW_VERDICT;
        }
        table = layout(ledger, &columns);
    }
    let mut left_out = Vec::new();
    while table.width() > width {
        let expendable = columns.iter().enumerate().max_by_key(|(_, column)| column.2);
        match expendable.filter(|(_, column)| column.2 > 0).map(|(i, _)| i) {
            Some(position) => left_out.push(columns.remove(position).0),
            None => break,
        }
        table = layout(ledger, &columns);
    }
    if !shown(ledger).is_empty() {
        out += &table.text(ledger);
    }
    let narrow = (!left_out.is_empty())
        .then(|| format!("columns left out for want of room: {}", left_out.join(", ")));
    for line in [narrow, sampled(ledger), assumed(ledger), omitted(ledger), unsearched(ledger)]
        .iter()
        .flatten()
        .flat_map(|text| wrap(text, width))
    {
        out += &format!("{DIM}{line}{DIM:#}\n");
    }
    out.push('\n');
    out += &tables(ledger, width);
    let mut notes = Vec::new();
    for row in shown(ledger) {
        if let Some(constant) = constant(row) {
            notes.push((row.key(), constant));
        }
        if let Some(variants) = variants(row).filter(|_| row.layer.is_none()) {
            let key = if row.constant.is_some() { String::new() } else { row.key() };
            notes.push((key, format!("by {variants}")));
        }
        for text in [fresh(row), settled_by(row)].into_iter().flatten() {
            notes.push((row.key(), text));
        }
    }
    let indent = notes.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, note) in notes {
        for (i, line) in
            wrap(&note, width.saturating_sub(indent + 2).max(30)).into_iter().enumerate()
        {
            let key = if i == 0 { key.as_str() } else { "" };
            out += &format!("{DIM}{key:indent$}{DIM:#}  {line}\n");
        }
    }
    for line in followed(ledger).iter().chain(&radii(ledger)).flat_map(|text| wrap(text, width)) {
        out += &format!("{line}\n");
    }
    out += &format!("{}\n", dead(ledger));
    for line in wrap(&conclusion(ledger), width) {
        out += &format!("{line}\n");
    }
    out
}

/// The tables below the main one, with what their columns mean and what follows from them.
fn tables(ledger: &Ledger, width: usize) -> String {
    let angles_title = angles_title(ledger);
    let sections = [
        ("the bottleneck, layer by layer", layers(ledger), LAYERS_LEGEND, None),
        ("the events behind each bound", events(ledger), EVENTS_LEGEND, None),
        (
            "where the slack of ε comes from, in factors of ten",
            attribution(ledger),
            SLACK_LEGEND,
            loosest(ledger),
        ),
        (
            "widths at which the step is proved to flip the sign",
            thresholds(ledger),
            THRESHOLDS_LEGEND,
            None,
        ),
        (angles_title.as_str(), angles(ledger), ANGLES_LEGEND, None),
        (
            "collapse.sphere: depths and widths at which f is proved nearly constant",
            spheres(ledger),
            SPHERES_LEGEND,
            sphere_growth(ledger),
        ),
    ];
    let mut out = String::new();
    for (title, grid, legend, conclusion) in sections {
        let Some(grid) = grid else { continue };
        out += &format!("{BOLD}{title}{BOLD:#}\n{}", grid_text(&grid, width));
        for line in wrap(legend, width).iter().filter(|line| !line.is_empty()) {
            out += &format!("{DIM}{line}{DIM:#}\n");
        }
        for line in conclusion.iter().flat_map(|text| wrap(text, width)) {
            out += &format!("{line}\n");
        }
        out.push('\n');
    }
    out
}

struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
}

const GAP: &str = "  ";

fn layout(ledger: &Ledger, columns: &[&Column]) -> Table {
    let headings: Vec<&str> = columns.iter().map(|c| c.0).collect();
    let rows: Vec<Vec<String>> =
        shown(ledger).into_iter().map(|row| columns.iter().map(|c| c.1(row)).collect()).collect();
    let widths = (0..headings.len())
        .map(|i| {
            let cells = rows.iter().map(|row| row[i].chars().count());
            cells.chain([headings[i].len()]).max().unwrap_or(0)
        })
        .collect();
    Table { headings, rows, widths }
}

impl Table {
    fn width(&self) -> usize {
        self.widths.iter().map(|w| w + GAP.len()).sum::<usize>() - GAP.len()
    }

    fn text(&self, ledger: &Ledger) -> String {
        let mut out = format!("{DIM}{}{DIM:#}\n", self.line(&self.headings, Style::new()));
        let mut stage = "";
        for (row, cells) in shown(ledger).into_iter().zip(&self.rows) {
            if !stage.is_empty() && stage != row.stage {
                out.push('\n');
            }
            stage = &row.stage;
            out += &format!("{}\n", self.line(cells, style(row.verdict)));
        }
        out
    }

    /// Words to the left, numbers to the right; `style` is that of the verdict.
    fn line<S: AsRef<str>>(&self, cells: &[S], style: Style) -> String {
        let mut out = Vec::new();
        for ((cell, &width), heading) in cells.iter().zip(&self.widths).zip(&self.headings) {
            let cell = cell.as_ref();
            out.push(match *heading {
                "verdict" => format!("{style}{cell}{style:#}"),
                "claim" => cell.to_owned(),
                "statement" | "limits" | "engine" => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
        }
        out.join(GAP).trim_end().to_owned()
    }
}

fn style(verdict: Option<Verdict>) -> Style {
    match verdict {
        Some(Verdict::Holds | Verdict::NotRejected | Verdict::NotViolated) => {
            AnsiColor::Green.on_default()
        }
        Some(Verdict::Violated | Verdict::NumericalFailure) => AnsiColor::Red.on_default().bold(),
        Some(Verdict::Inconclusive) => AnsiColor::Yellow.on_default(),
        Some(Verdict::Vacuous | Verdict::OutsideHypotheses | Verdict::Assumed) | None => DIM,
    }
}

/// All but the first column to the right; as many columns as fit.
pub(super) fn grid_text(grid: &Grid, width: usize) -> String {
    let cells = |i: usize| grid.rows.iter().map(move |row| row[i].chars().count());
    let widths: Vec<usize> = grid
        .headings
        .iter()
        .enumerate()
        .map(|(i, heading)| cells(i).chain([heading.chars().count()]).max().unwrap_or(0))
        .collect();
    let mut fitting = 0;
    let mut used = 0;
    while fitting < widths.len() && used + widths[fitting] <= width {
        used += widths[fitting] + GAP.len();
        fitting += 1;
    }
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).take(fitting).enumerate().map(|(i, (cell, &width))| {
            if i == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    let mut out = format!("{DIM}{}{DIM:#}\n", line(&grid.headings));
    for row in &grid.rows {
        out += &format!("{}\n", line(row));
    }
    if fitting < widths.len() {
        let left_out =
            format!("columns left out for want of room: {}", grid.headings[fitting..].join(", "));
        for line in wrap(&left_out, width) {
            out += &format!("{DIM}{line}{DIM:#}\n");
        }
    }
    out
}

/// Breaks at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

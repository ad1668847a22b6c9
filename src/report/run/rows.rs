//! The rows of a run, as tables and one by one.

use crate::judge::ledger::{Ledger, Status};
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::statement::Kind;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::report::document::{
    Block, Cell, Column, Figure, Section, Table, TableLine, Tone, sentence,
};
use crate::report::words::{
    bound, constant, engine, evidence, expected, fresh, limits, observed, settled_by,
    short_verdict, slack, variants, verdict,
};
use crate::stage;

use super::notes;
use super::shown::{is_idle, shown};

/// Lines of the short table, beside those of rows that failed.
const MOST: usize = 15;

/// How a verdict is meant.
pub fn tone(verdict: Option<Verdict>) -> Tone {
    match verdict {
        Some(Verdict::Holds | Verdict::NotRejected | Verdict::NotViolated) => Tone::Good,
        Some(Verdict::Violated | Verdict::NumericalFailure) => Tone::Bad,
        Some(Verdict::Inconclusive) => Tone::Warning,
        Some(Verdict::Vacuous | Verdict::OutsideHypotheses | Verdict::Assumed) | None => Tone::Soft,
    }
}

/// The rows of one statement.
struct Group<'a> {
    rows: Vec<&'a Row>,
}

impl<'a> Group<'a> {
    fn last(&self) -> &'a Row {
        self.rows[self.rows.len() - 1]
    }

    /// The row that decides for all of them.
    fn worst(&self) -> &'a Row {
        let worst = Verdict::worst(self.rows.iter().filter_map(|row| row.verdict));
        self.rows.iter().find(|row| row.verdict == worst).copied().unwrap_or(self.last())
    }

    fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.is_some_and(Verdict::is_failure))
    }

    /// From the tightest layer to the loosest: `×1.02 [3] to ×4.1 [1]`.
    fn slack(&self) -> String {
        let of = |row: &&'a Row| Some((row.slack?.value, row.layer?));
        let found: Vec<(Magnitude, usize)> = self.rows.iter().filter_map(of).collect();
        let (least, most) = (found.iter().min(), found.iter().max());
        let shown = |value: Magnitude| format!("×{}", decimal(value, 3, Toward::Nearest));
        match (least, most) {
            (Some(&(least, at)), Some(&(most, there))) if at != there => {
                format!("{} [{at}] to {} [{there}]", shown(least), shown(most))
            }
            _ => slack(self.last()),
        }
    }
}

fn groups(ledger: &Ledger) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in ledger.rows.iter().filter(|row| !is_idle(row)) {
        match groups.last_mut().filter(|group| group.last().statement == row.statement) {
            Some(group) => group.rows.push(row),
            // Rows of several statements may take turns, layer by layer.
            None => match groups.iter_mut().find(|g| g.last().statement == row.statement) {
                Some(group) => group.rows.push(row),
                None => groups.push(Group { rows: vec![row] }),
            },
        }
    }
    groups
}

/// A statement a line: the last layer, with the slack of the tightest and of the loosest.
pub fn brief(ledger: &Ledger) -> Option<Block> {
    let groups: Vec<Group<'_>> = groups(ledger)
        .into_iter()
        .filter(|group| group.last().kind != Kind::Factor || group.has_failed())
        .collect();
    let is_main = |group: &Group<'_>| {
        group.has_failed()
            || group.rows.iter().any(|row| row.fresh.is_some())
            || stage::statement(&group.last().statement).is_some_and(|s| s.main)
    };
    let few = groups.len() <= MOST;
    let kept: Vec<&Group<'_>> = groups.iter().filter(|group| few || is_main(group)).collect();
    let sampled = ledger.status != Status::Bounds;
    let mut columns = vec![Column::words("statement"), Column::number("bound")];
    columns.push(Column::number("expected").spared(3));
    if sampled {
        columns.push(Column::number("observed"));
        columns.push(Column::number("slack").spared(2));
        columns.push(Column::number("beyond").spared(1));
        columns.push(Column::words("verdict"));
    } else {
        columns.push(Column::words("claim").spared(1));
    }
    let mut stage = String::new();
    let line = |group: &&Group<'_>| {
        let (row, worst) = (group.last(), group.worst());
        let mut cells = vec![
            Cell { link: Some(format!("#{}", row.key())), ..Cell::new(row.key()) },
            Cell::new(bound(row)),
            Cell::new(expected(row)),
        ];
        if sampled {
            cells.extend([observed(row), group.slack(), evidence(row)].map(Cell::new));
            cells.push(Cell {
                short: short_verdict(worst),
                tone: Some(tone(worst.verdict)),
                ..Cell::new(verdict(worst))
            });
        } else {
            let said = if row.outside { verdict(row) } else { row.claim.clone() };
            cells.push(Cell::new(said));
        }
        let apart = !stage.is_empty() && stage != row.stage;
        stage.clone_from(&row.stage);
        TableLine { cells, apart }
    };
    let rows: Vec<TableLine> = kept.iter().map(line).collect();
    Table { columns, rows }.block()
}

/// What the columns of the short table mean, and where the rest is.
pub fn legend(ledger: &Ledger, more: &str) -> String {
    if ledger.status == Status::Bounds {
        return format!(
            "bound: proved, but for a probability δ; expected: without proof; [i]: layer i. {more}."
        );
    }
    format!(
        "bound: proved, but for a probability δ; observed: the quantile at that level; slack: the \
         factor between them; beyond: the share of networks beyond the bound, or the \
         Kolmogorov–Smirnov distance from a law; [i]: layer i. {more}."
    )
}

/// Every row, with everything that is known of it in numbers.
pub fn full(ledger: &Ledger) -> Option<Block> {
    let sampled = ledger.status != Status::Bounds;
    // One engine is named in the headline.
    let several = notes::engines(ledger).len() > 1;
    let mut columns = vec![Column::words("statement"), Column::number("bound")];
    columns.push(Column::number("expected").spared(3));
    if sampled {
        columns.push(Column::number("observed"));
        columns.push(Column::number("slack").spared(1));
        columns.push(Column::number("beyond").spared(2));
        columns.push(Column::words("limits").spared(4));
        if several {
            columns.push(Column::words("engine").spared(5));
        }
        columns.push(Column::words("verdict"));
    } else {
        columns.push(Column::words("claim").spared(1));
    }
    let mut stage = String::new();
    let line = |row: &&Row| {
        let mut cells = vec![
            Cell { link: Some(row.proof.clone()), ..Cell::new(row.key()) },
            Cell::new(bound(row)),
            Cell::new(expected(row)),
        ];
        if sampled {
            let numbers = [observed(row), slack(row), evidence(row), limits(row)];
            cells.extend(numbers.map(Cell::new));
            if several {
                cells.push(Cell::new(engine(row)));
            }
            cells.push(Cell {
                short: short_verdict(row),
                tone: Some(tone(row.verdict)),
                ..Cell::new(verdict(row))
            });
        } else {
            cells.push(Cell::new(row.claim.clone()));
        }
        let apart = !stage.is_empty() && stage != row.stage;
        stage.clone_from(&row.stage);
        TableLine { cells, apart }
    };
    let rows: Vec<TableLine> = shown(ledger).iter().map(line).collect();
    Table { columns, rows }.block()
}

/// Everything about one row, in a fold of a page.
pub fn section(row: &Row, figure: Option<Figure>) -> Section {
    let mut blocks = Vec::new();
    if let Some(statement) = stage::statement(&row.statement) {
        blocks.push(Block::Formula(statement.formula.to_owned()));
    }
    let said = [
        Some(row.claim.clone()),
        Some(format!("For {}", row.hypotheses)),
        numbers(row),
        constant(row),
        variants(row).map(|list| format!("Bound {list}")),
        fresh(row),
        settled_by(row),
    ];
    let said = said.into_iter().flatten();
    blocks.extend(said.map(|text| Block::Text(Tone::Plain, sentence(&text))));
    match figure {
        Some(figure) => {
            let title = figure.title.clone();
            blocks.push(Block::Figure(figure));
            blocks.push(Block::Text(Tone::Legend, sentence(&title)));
        }
        None if row.observed.is_none() => {
            blocks.push(Block::Text(Tone::Soft, "Nothing was observed.".into()));
        }
        None => {}
    }
    blocks.push(Block::Page(notes::proof_link(&row.proof)));
    let title = format!("{} · {}", row.key(), verdict(row));
    Section { folded: true, ..Section::new(&row.key(), title, blocks) }
}

fn numbers(row: &Row) -> Option<String> {
    let parts = [
        ("bound", bound(row)),
        ("expected", expected(row)),
        ("observed", observed(row)),
        ("slack", slack(row)),
        ("beyond", evidence(row)),
        ("limits", limits(row)),
    ];
    let known: Vec<String> = parts
        .into_iter()
        .filter(|(_, text)| !text.is_empty() && text != "–")
        .map(|(name, text)| format!("{name} {text}"))
        .collect();
    (!known.is_empty()).then(|| known.join(", "))
}

//! A document for a terminal, with ANSI styles, which the caller may strip.

use anstyle::{AnsiColor, Style};

use crate::report::document::{Block, Cell, Document, Section, Table, Tone};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GAP: &str = "  ";
/// Notes are not squeezed into less.
const LEAST_NOTE: usize = 24;
/// Nor are words in the last column of a table, before others are left out.
const LEAST_WORDS: usize = 20;

/// For a terminal `width` columns wide. Lines break at spaces only.
pub fn print(document: &Document, width: usize) -> String {
    let mut out = String::new();
    if !document.headline.is_empty() {
        out += &lines(&document.headline, BOLD, width);
    }
    out += &blocks(&document.blocks, width);
    out
}

fn blocks(all: &[Block], width: usize) -> String {
    let mut out = String::new();
    let mut before: Option<&Block> = None;
    for block in all {
        let shown = one(block, width);
        if shown.is_empty() {
            continue;
        }
        if before.is_some_and(|before| is_apart(before, block)) {
            out.push('\n');
        }
        out += &shown;
        before = Some(block);
    }
    out
}

/// Does a blank line stand between them?
fn is_apart(before: &Block, block: &Block) -> bool {
    let section = |block: &Block| matches!(block, Block::Section(_));
    let about = |block: &Block| {
        matches!(block, Block::Text(Tone::Legend | Tone::Soft | Tone::Good | Tone::Bad, _))
    };
    let table = |block: &Block| matches!(block, Block::Table(_) | Block::Notes(_));
    section(before)
        || section(block)
        || table(block)
            && !matches!(before, Block::Text(Tone::Plain, title) if title.ends_with(':'))
        || table(before) && !about(block)
}

fn one(block: &Block, width: usize) -> String {
    match block {
        Block::Text(tone, text) => lines(text, style(Some(*tone)), width),
        Block::List(items) => {
            items.iter().map(|item| hanging("- ", item, Style::new(), width)).collect::<String>()
        }
        Block::Notes(notes) => self::notes(notes, width),
        Block::Table(table) => self::table(table, width),
        Block::Section(section) if !section.page_only => self::section(section, width),
        Block::Section(_) | Block::Figure(_) | Block::Formula(_) | Block::Page(_) => String::new(),
    }
}

fn section(section: &Section, width: usize) -> String {
    let inside = blocks(&section.blocks, width);
    if inside.is_empty() {
        return inside;
    }
    lines(&section.title, BOLD, width) + &inside
}

fn lines(text: &str, style: Style, width: usize) -> String {
    wrap(text, width).iter().map(|line| format!("{style}{line}{style:#}\n")).collect()
}

fn hanging(mark: &str, text: &str, style: Style, width: usize) -> String {
    let indent = mark.chars().count();
    let wrapped = wrap(text, width.saturating_sub(indent).max(LEAST_NOTE));
    let line = |(i, line): (usize, &String)| {
        let mark = if i == 0 { mark.to_owned() } else { " ".repeat(indent) };
        format!("{mark}{style}{line}{style:#}\n")
    };
    wrapped.iter().enumerate().map(line).collect()
}

fn notes(notes: &[(String, String)], width: usize) -> String {
    let indent = notes.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    // On lines of its own where there is no room beside it.
    let beside = indent + GAP.len() + LEAST_NOTE <= width;
    let one = |(key, note): &(String, String)| {
        if beside {
            let mark = format!("{DIM}{key:indent$}{DIM:#}{GAP}");
            let rest = " ".repeat(indent + GAP.len());
            let wrapped = wrap(note, width - rest.len());
            let line = |(i, line): (usize, &String)| {
                format!("{}{line}\n", if i == 0 { mark.as_str() } else { rest.as_str() })
            };
            return wrapped.iter().enumerate().map(line).collect::<String>();
        }
        let head = if key.is_empty() { String::new() } else { lines(key, DIM, width) };
        head + &hanging(GAP, note, Style::new(), width)
    };
    notes.iter().map(one).collect()
}

/// As many columns as fit; fewer words before fewer columns.
fn table(table: &Table, width: usize) -> String {
    let mut kept: Vec<usize> = (0..table.columns.len()).collect();
    let mut left_out: Vec<usize> = Vec::new();
    let short = |cell: &Cell| cell.short.clone().unwrap_or_else(|| cell.text.clone());
    let whole = |cell: &Cell| cell.text.clone();
    let mut laid = Laid::new(table, &kept, &whole);
    if laid.width() > width {
        laid = Laid::new(table, &kept, &short);
    }
    while laid.width() > width {
        let most = kept.iter().copied().max_by_key(|&i| (table.columns[i].spared, i));
        let Some(place) = most.filter(|&i| table.columns[i].spared > 0) else { break };
        kept.retain(|&i| i != place);
        left_out.push(place);
        laid = Laid::new(table, &kept, &short);
    }
    let mut out = laid.text(width);
    if !left_out.is_empty() {
        left_out.sort_unstable();
        let names: Vec<&str> =
            left_out.iter().map(|&i| table.columns[i].heading.as_str()).collect();
        let note = format!("columns left out for want of room: {}", names.join(", "));
        out += &lines(&note, DIM, width);
    }
    out
}

/// A table with the width of each column.
struct Laid<'a> {
    table: &'a Table,
    kept: &'a [usize],
    cells: Vec<Vec<String>>,
    widths: Vec<usize>,
}

impl<'a> Laid<'a> {
    fn new(table: &'a Table, kept: &'a [usize], words: &dyn Fn(&Cell) -> String) -> Self {
        let cells: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| {
                kept.iter().map(|&i| row.cells.get(i).map_or(String::new(), words)).collect()
            })
            .collect();
        let widths = kept.iter().enumerate().map(|(place, &i)| {
            let cells = cells.iter().map(|row| row[place].chars().count());
            cells.chain([table.columns[i].heading.chars().count()]).max().unwrap_or(0)
        });
        Laid { table, kept, widths: widths.collect(), cells }
    }

    /// What it needs at least: words in the last column go on below themselves.
    fn width(&self) -> usize {
        let last = self.kept.last().is_some_and(|&i| self.table.columns[i].words);
        let needs = |(place, &width): (usize, &usize)| {
            let wraps = last && place + 1 == self.widths.len();
            GAP.len() + if wraps { width.min(LEAST_WORDS) } else { width }
        };
        let all = self.widths.iter().enumerate().map(needs).sum::<usize>();
        all.saturating_sub(GAP.len())
    }

    fn text(&self, width: usize) -> String {
        let headings: Vec<String> =
            self.kept.iter().map(|&i| self.table.columns[i].heading.clone()).collect();
        let mut out = format!("{DIM}{}{DIM:#}\n", self.line(&headings, None).join(""));
        for (row, cells) in self.table.rows.iter().zip(&self.cells) {
            if row.apart {
                out.push('\n');
            }
            let tones: Vec<Option<Tone>> =
                self.kept.iter().map(|&i| row.cells.get(i).and_then(|cell| cell.tone)).collect();
            let line = self.line(cells, Some(&tones));
            // A last column of words goes on below itself where it does not fit.
            out += &self.fitted(line, cells, width);
        }
        out
    }

    /// The pieces of a line, one for each column, with what is between them.
    fn line(&self, cells: &[String], tones: Option<&[Option<Tone>]>) -> Vec<String> {
        let last = cells.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
        let mut out = Vec::new();
        for (place, (cell, &width)) in cells.iter().zip(&self.widths).enumerate().take(last + 1) {
            let words = self.table.columns[self.kept[place]].words;
            let pad = " ".repeat(width - cell.chars().count().min(width));
            let style = style(tones.and_then(|tones| tones[place]));
            let gap = if place == 0 { "" } else { GAP };
            out.push(match (words, place == last) {
                (true, true) => format!("{gap}{style}{cell}{style:#}"),
                (true, false) => format!("{gap}{style}{cell}{style:#}{pad}"),
                (false, _) => format!("{gap}{pad}{style}{cell}{style:#}"),
            });
        }
        out
    }

    fn fitted(&self, mut line: Vec<String>, cells: &[String], width: usize) -> String {
        let last = line.len().saturating_sub(1);
        let before: usize = self.widths.iter().take(last).map(|width| width + GAP.len()).sum();
        let room = width.saturating_sub(before);
        let words = self.table.columns[self.kept[last]].words && last + 1 == self.kept.len();
        if !words || room < LEAST_WORDS || cells[last].chars().count() <= room {
            return line.join("") + "\n";
        }
        // The style of the cell, which its first line has.
        let styled = line.pop().unwrap_or_default();
        let wrapped = wrap(&cells[last], room);
        let first = styled.replacen(&cells[last], &wrapped[0], 1);
        let mut out = line.join("") + &first + "\n";
        for text in &wrapped[1..] {
            out += &format!("{}{DIM}{text}{DIM:#}\n", " ".repeat(before));
        }
        out
    }
}

fn style(tone: Option<Tone>) -> Style {
    match tone {
        Some(Tone::Good) => AnsiColor::Green.on_default(),
        Some(Tone::Bad) => AnsiColor::Red.on_default().bold(),
        Some(Tone::Warning) => AnsiColor::Yellow.on_default(),
        Some(Tone::Soft | Tone::Legend) => DIM,
        Some(Tone::Strong) => BOLD,
        Some(Tone::Plain) | None => Style::new(),
    }
}

/// Breaks at spaces.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in whole(text, width) {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word);
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

/// Its words, with numbers kept beside their unit and their name where there is room: `δ = 0.1`,
/// `9.12 %`.
fn whole(text: &str, width: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let beside = |last: &str| {
            let one = word.starts_with('%')
                || matches!(word, "=" | "≈" | "−")
                || last.ends_with(['=', '≈', '−']);
            one && last.chars().count() + 1 + word.chars().count() <= width
        };
        match words.last_mut() {
            Some(last) if !last.is_empty() && !word.is_empty() && beside(last) => {
                *last += &format!(" {word}");
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Column;

    #[test]
    fn lines_do_not_break_between_a_number_and_its_unit() {
        let text = "at δ = 0.1 it is 9.12 % of ‖x‖, that is, (by its law 5 %).";
        for width in 8..60 {
            for line in wrap(text, width) {
                assert!(!line.starts_with(['%', '=']) && !line.ends_with('='), "{line}");
            }
        }
        assert_eq!(wrap(text, 200), [text]);
        assert_eq!(wrap("a  b", 2), ["a ", "b"]);
        assert_eq!(wrap("", 10), [""]);
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_narrow_table_says_fewer_words_then_fewer_columns() {
        let cell = |text: &str, short: Option<&str>| Cell {
            short: short.map(str::to_owned),
            ..Cell::new(text)
        };
        let row = vec![cell("a.b", None), cell("1.25", None), cell("long words", Some("few"))];
        let columns =
            vec![Column::words("name"), Column::number("x").spared(1), Column::words("said")];
        let rows = vec![crate::report::document::TableLine { cells: row, apart: false }];
        let table = Table { columns, rows };
        let at = |width| plain(&super::table(&table, width));
        assert_eq!(at(40), "name     x  said\na.b   1.25  long words\n");
        assert_eq!(at(17), "name     x  said\na.b   1.25  few\n");
        assert_eq!(at(12), "name  said\na.b   few\ncolumns left\nout for want\nof room: x\n");
    }
}

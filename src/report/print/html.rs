//! A document as one self-contained page: no script, no network, light or dark, for screen and
//! paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::document::{Block, Cell, Document, Figure, Section, Table, Tone, sentence};
use crate::report::typeset;

const STYLE: &str = include_str!("style.css");
/// Behind it, for a piece of a page whose own rules may be about tables, too.
const CELL: &str = "& { font-size: 14px; margin: .5rem 0; padding: .6rem 1rem; }
  tr { background: none !important; } td { text-align: left; } table { margin: .4rem 0;
  table-layout: auto; }
";

/// The page.
pub fn print(document: &Document) -> String {
    let body = html! {
        h1 { (document.title) }
        @if !document.headline.is_empty() { p.soft { (document.headline) } }
        (blocks(&document.blocks, 2))
    };
    page(&document.title, &body)
}

/// A document as a piece of somebody else's page, such as a cell of a notebook: what it looks like
/// is said for this piece alone, and no link leads out of it.
pub fn cell(document: &Document) -> String {
    // Rules within rules are about what is inside.
    let style = STYLE.replace(":root", "&").replace("\nbody ", "\n& ").replace("  body ", "  & ");
    let inside = blocks(&document.without_links().blocks, 4);
    html! {
        div.relubound {
            style { (PreEscaped(format!(".relubound {{\n{style}{CELL}}}"))) }
            @if !document.headline.is_empty() { p.soft { (document.headline) } }
            (inside)
        }
    }
    .into_string()
}

/// One self-contained page of this content.
pub fn page(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

fn blocks(all: &[Block], level: usize) -> Markup {
    html! { @for block in all { (one(block, level)) } }
}

fn one(block: &Block, level: usize) -> Markup {
    match block {
        Block::Text(tone, text) => html! { p class=(class(*tone)) { (sentence(text)) } },
        Block::Formula(tex) => PreEscaped(typeset::display(tex)),
        Block::List(items) => html! { ul { @for item in items { li { (item) } } } },
        Block::Notes(notes) => html! {
            @for (key, note) in notes {
                p { @if !key.is_empty() { b { (key) } ": " } (sentence(note)) }
            }
        },
        Block::Table(table) => self::table(table),
        Block::Figure(figure) => self::figure(figure),
        Block::Section(section) => self::section(section, level),
        Block::Page(markup) => PreEscaped(markup.clone()),
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Strong => "strong",
        Tone::Soft => "soft",
        Tone::Legend => "legend",
        Tone::Warning => "doubt",
        Tone::Bad => "bad",
        Tone::Good => "good",
    }
}

fn section(section: &Section, level: usize) -> Markup {
    let inside = blocks(&section.blocks, level + 1);
    if section.folded {
        return html! {
            details id=(section.id) { summary { (section.title) } (inside) }
        };
    }
    html! {
        section id=(section.id) {
            @match level {
                2 => h2 { (section.title) },
                3 => h3 { (section.title) },
                _ => p.strong { (section.title) },
            }
            (inside)
        }
    }
}

/// A picture, which is scrolled where it would be too small to read.
pub fn figure(figure: &Figure) -> Markup {
    html! { figure { div.scroll { (PreEscaped(&figure.svg)) } } }
}

fn table(table: &Table) -> Markup {
    let cell = |cell: &Cell| {
        let text = html! {
            @match cell.tone {
                Some(tone) => span class=(class(tone)) { (cell.text) },
                None => (cell.text),
            }
        };
        match &cell.link {
            Some(link) if link.starts_with('#') => html! { a href=(link) { (text) } },
            Some(link) => match typeset::fragment(link, "") {
                Some(at) => html! { a href={ "#" (at) } { (text) } },
                None => text,
            },
            None => text,
        }
    };
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        @for column in &table.columns {
                            th.number[!column.words] { (column.heading) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr.apart[row.apart] {
                            @for (one, column) in row.cells.iter().zip(&table.columns) {
                                td.number[!column.words] { (cell(one)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Column, TableLine};

    /// Every rule of a cell stands within the one that is about the cell, and no link leads out.
    #[test]
    fn a_cell_changes_nothing_around_it() {
        let linked = Cell { link: Some("#rows".into()), ..Cell::new("direct.flip") };
        let line = TableLine { cells: vec![linked], apart: false };
        let table = Table { columns: vec![Column::words("statement")], rows: vec![line] };
        let inside = Section::new("rows", "Rows", vec![Block::Table(table)]);
        let blocks = vec![Block::Section(inside)];
        let document = Document { headline: "said".into(), blocks, ..Document::default() };
        assert!(print(&document).contains("href"));
        let cell = cell(&document);
        assert!(cell.contains("direct.flip") && !cell.contains("href"), "{cell}");
        let style = cell.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next());
        let style = style.expect("it has a style");
        let mut depth = 0;
        let mut outside = String::new();
        for c in style.chars() {
            depth -= i32::from(c == '}');
            if depth == 0 && !matches!(c, '{' | '}') {
                outside.push(c);
            }
            depth += i32::from(c == '{');
        }
        assert_eq!((depth, outside.trim()), (0, ".relubound"));
        // What is said of the page as a whole is said of the cell.
        assert!(!style.contains(":root") && !style.contains("body"), "{style}");
        assert!(style.contains("& { --ink: #e4e4e8"));
    }
}

//! A document in Markdown.

use crate::report::document::{Block, Cell, Document, Table, Tone, sentence};
use crate::stage::proof;

/// With pictures as links to files in the folder `figures`, if there is one.
pub fn print(document: &Document, figures: Option<&str>) -> String {
    let mut out = format!("# {}\n", text(&document.title));
    if !document.headline.is_empty() {
        out += &format!("\n{}\n", text(&document.headline));
    }
    out + &blocks(&document.blocks, 2, figures)
}

fn blocks(all: &[Block], level: usize, figures: Option<&str>) -> String {
    all.iter().map(|block| one(block, level, figures)).collect()
}

fn one(block: &Block, level: usize, figures: Option<&str>) -> String {
    match block {
        Block::Text(tone, words) => {
            let words = text(&sentence(words));
            match tone {
                Tone::Strong | Tone::Warning | Tone::Bad | Tone::Good => {
                    format!("\n**{words}**\n")
                }
                Tone::Plain | Tone::Soft | Tone::Legend => format!("\n{words}\n"),
            }
        }
        Block::Formula(tex) => format!("\n$${tex}$$\n"),
        Block::List(items) => {
            let items: String = items.iter().map(|item| format!("- {}\n", text(item))).collect();
            format!("\n{items}")
        }
        Block::Notes(notes) => {
            let note = |(key, note): &(String, String)| match key.as_str() {
                "" => format!("- {}\n", text(note)),
                key => format!("- {}: {}\n", text(key), text(note)),
            };
            format!("\n{}", notes.iter().map(note).collect::<String>())
        }
        Block::Table(table) => format!("\n{}", self::table(table)),
        Block::Figure(figure) => figures.map_or(String::new(), |folder| {
            let (title, name) = (text(&figure.title), &figure.name);
            format!("\n![{title}]({folder}{name}.svg)\n")
        }),
        Block::Section(section) if !section.page_only => {
            let inside = blocks(&section.blocks, level + 1, figures);
            if inside.is_empty() {
                return inside;
            }
            let marks = "#".repeat(level.min(6));
            format!("\n{marks} {}\n{inside}", text(&section.title))
        }
        Block::Section(_) | Block::Page(_) => String::new(),
    }
}

/// Text that is shown as it is, whatever Markdown and HTML make of its characters.
pub fn text(plain: &str) -> String {
    let mut out = String::new();
    for c in plain.chars() {
        if matches!(c, '\\' | '`' | '*' | '[' | '<' | '&' | '|' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn table(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let cell = |cell: &Cell| match &cell.link {
        // Places on a page of its own are none here, nor is what a damaged run names.
        Some(link) if proof::section(link).is_some() => {
            format!("[{}]({link})", text(&cell.text))
        }
        _ => text(&cell.text),
    };
    let headings = table.columns.iter().map(|column| text(&column.heading)).collect();
    let rule = table.columns.iter().map(|column| if column.words { ":-" } else { "-:" });
    let rows: String =
        table.rows.iter().map(|row| line(row.cells.iter().map(cell).collect())).collect();
    line(headings) + &line(rule.map(str::to_owned).collect()) + &rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(markdown: &str) -> String {
        let mut out = String::new();
        pulldown_cmark::html::push_html(&mut out, pulldown_cmark::Parser::new(markdown));
        out
    }

    /// As a reader of Markdown sees it.
    #[test]
    fn text_stays_text() {
        for plain in [
            "<script>x</script>",
            "a | b",
            "`c`",
            "[x](http://y)",
            "*b*",
            "&lt;",
            "\\",
            "$x$",
            "‖W_i‖ ≤ 2",
        ] {
            let shown = html(&text(plain));
            let expected = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            assert_eq!(shown, format!("<p>{expected}</p>\n"));
        }
        assert!(html("<script>x</script>").contains("<script>"));
    }
}

//! A document in LaTeX, as the body of an article; for `lualatex` or `xelatex`, whose fonts have
//! the letters of mathematics.

use crate::report::document::{Block, Document, Table, Tone, sentence};

const HEAD: &str = "\
\\documentclass{article}
\\usepackage[margin=25mm]{geometry}
\\usepackage{fontspec,longtable,booktabs,graphicx}
\\setmainfont{DejaVu Serif}[Scale=0.9]
\\setlength{\\parindent}{0pt}\\setlength{\\parskip}{4pt}
\\begin{document}
";

/// A file that can be set as it is; pictures are left to the page.
pub fn print(document: &Document) -> String {
    let title = format!("\\section*{{{}}}\n", text(&document.title));
    let headline = format!("{}\n", text(&document.headline));
    let blocks: String = document.blocks.iter().map(|block| one(block, 1)).collect();
    format!("{HEAD}{title}{headline}{blocks}\\end{{document}}\n")
}

fn one(block: &Block, level: usize) -> String {
    match block {
        Block::Text(tone, words) => {
            let words = text(&sentence(words));
            match tone {
                Tone::Strong | Tone::Warning | Tone::Bad | Tone::Good => {
                    format!("\n\\textbf{{{words}}}\n")
                }
                Tone::Plain => format!("\n{words}\n"),
                Tone::Soft | Tone::Legend => format!("\n{{\\small {words}}}\n"),
            }
        }
        Block::Formula(tex) => format!("\\[{tex}\\]\n"),
        Block::List(items) => {
            let items: String =
                items.iter().map(|item| format!("\\item {}\n", text(item))).collect();
            format!("\\begin{{itemize}}\n{items}\\end{{itemize}}\n")
        }
        Block::Notes(notes) => {
            let note = |(key, note): &(String, String)| match key.as_str() {
                "" => format!("\n{}\n", text(note)),
                key => format!("\n{}: {}\n", text(key), text(note)),
            };
            notes.iter().map(note).collect()
        }
        Block::Table(table) => self::table(table),
        Block::Section(section) if !section.page_only => {
            let inside: String = section.blocks.iter().map(|block| one(block, level + 1)).collect();
            if inside.is_empty() {
                return inside;
            }
            let command = if level == 1 { "subsection" } else { "subsubsection" };
            format!("\n\\{command}*{{{}}}\n{inside}", text(&section.title))
        }
        Block::Section(_) | Block::Figure(_) | Block::Page(_) => String::new(),
    }
}

fn table(table: &Table) -> String {
    let columns: String =
        table.columns.iter().map(|column| if column.words { 'l' } else { 'r' }).collect();
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let headings = table.columns.iter().map(|column| text(&column.heading)).collect();
    let rows = table.rows.iter().map(|row| {
        let gap = if row.apart { "\\addlinespace\n" } else { "" };
        let cells = row.cells.iter();
        let short =
            |cell: &crate::report::document::Cell| text(cell.short.as_ref().unwrap_or(&cell.text));
        format!("{gap}{}", line(cells.map(short).collect()))
    });
    let rows: String = rows.collect();
    format!(
        "\n{{\\small\\begin{{longtable}}{{{columns}}}\n\\toprule\n{}\\midrule\\endhead\n\
         {rows}\\bottomrule\n\\end{{longtable}}}}\n",
        line(headings)
    )
}

/// Text that is shown as it is.
pub fn text(plain: &str) -> String {
    let mut out = String::new();
    for c in plain.chars() {
        match c {
            '\\' => out += "\\textbackslash{}",
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => {
                out.push('\\');
                out.push(c);
            }
            '^' => out += "\\textasciicircum{}",
            '~' => out += "\\textasciitilde{}",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            text("a_i ≤ 5% & {x} \\ $y^2$"),
            "a\\_i ≤ 5\\% \\& \\{x\\} \\textbackslash{} \\$y\\textasciicircum{}2\\$"
        );
    }
}

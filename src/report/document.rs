//! A report as a document: what is said, beside the data that it is about. It is made once from
//! results; text, Markdown, LaTeX and HTML only print it.

/// Everything that a command shows.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The name of the window, and the heading of a page.
    pub title: String,
    /// What was run, in one line.
    pub headline: String,
    /// In the order in which it is read.
    pub blocks: Vec<Block>,
}

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(Tone, String),
    /// A formula in TeX.
    Formula(String),
    /// Paragraphs that belong together, each with a mark.
    List(Vec<String>),
    /// Notes by what they are about; "" for a note that goes on.
    Notes(Vec<(String, String)>),
    /// Numbers.
    Table(Table),
    /// A picture, with its data.
    Figure(Figure),
    /// What belongs under one title.
    Section(Section),
    /// HTML that only a page shows: proofs.
    Page(String),
}

/// How a paragraph is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// What matters most.
    Strong,
    /// For those who ask.
    Soft,
    /// What columns and lines mean.
    Legend,
    /// What a reader must know first.
    Warning,
    /// Something failed.
    Bad,
    /// Everything is as it should be.
    Good,
}

/// What belongs under one title.
#[derive(Clone, Debug)]
pub struct Section {
    /// Where links lead.
    pub id: String,
    /// In words.
    pub title: String,
    /// Is it shown on request only, where that can be?
    pub folded: bool,
    /// Is it for a page alone?
    pub page_only: bool,
    /// What it holds.
    pub blocks: Vec<Block>,
}

impl Section {
    /// With its place, title and blocks.
    pub fn new(id: &str, title: impl Into<String>, blocks: Vec<Block>) -> Self {
        let (id, title) = (id.to_owned(), title.into());
        Section { id, title, folded: false, page_only: false, blocks }
    }
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The name of its files.
    pub name: String,
    /// What it shows, in words.
    pub title: String,
    /// It.
    pub svg: String,
    /// What is drawn, with a heading line.
    pub csv: String,
}

/// Numbers in columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
    /// From above.
    pub rows: Vec<TableLine>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// What it is about.
    pub heading: String,
    /// Words stand to the left, numbers to the right.
    pub words: bool,
    /// A narrow terminal goes without the highest first, and never without 0.
    pub spared: u8,
}

impl Column {
    /// Of numbers, which a narrow terminal shows.
    pub fn number(heading: &str) -> Self {
        Column { heading: heading.to_owned(), words: false, spared: 0 }
    }

    /// Of words.
    pub fn words(heading: &str) -> Self {
        Column { words: true, ..Column::number(heading) }
    }

    /// The same, left out of narrow tables.
    #[must_use]
    pub fn spared(self, spared: u8) -> Self {
        Column { spared, ..self }
    }
}

/// A line of a table.
#[derive(Clone, Debug, Default)]
pub struct TableLine {
    /// One for each column.
    pub cells: Vec<Cell>,
    /// Does something else begin with it?
    pub apart: bool,
}

impl TableLine {
    /// Of plain cells.
    pub fn of(cells: impl IntoIterator<Item = String>) -> Self {
        TableLine { cells: cells.into_iter().map(Cell::new).collect(), apart: false }
    }
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// In fewer words, where room is short.
    pub short: Option<String>,
    /// How it is meant.
    pub tone: Option<Tone>,
    /// The place that it leads to: `#` and the id of a section, or a file.
    pub link: Option<String>,
}

impl Cell {
    /// Of plain text.
    pub fn new(text: impl Into<String>) -> Self {
        Cell { text: text.into(), ..Cell::default() }
    }
}

impl Table {
    /// With these headings, the first of words, the others of numbers; a narrow terminal goes
    /// without the last ones.
    pub fn plain(headings: &[impl AsRef<str>], rows: Vec<Vec<String>>) -> Self {
        let columns = headings.iter().map(AsRef::as_ref).enumerate().map(|(i, heading)| match i {
            0 => Column::words(heading),
            i => Column::number(heading).spared(u8::try_from(i).unwrap_or(u8::MAX)),
        });
        Table { columns: columns.collect(), rows: rows.into_iter().map(TableLine::of).collect() }
    }

    /// The same as a block; `None` without rows.
    pub fn block(self) -> Option<Block> {
        (!self.rows.is_empty()).then_some(Block::Table(self))
    }
}

impl Document {
    /// The same without links within tables, for a place where what they lead to is not.
    #[must_use]
    pub fn without_links(&self) -> Self {
        fn unlinked(mut block: Block) -> Block {
            match &mut block {
                Block::Table(table) => {
                    let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
                    cells.for_each(|cell| cell.link = None);
                }
                Block::Section(section) => {
                    section.blocks = section.blocks.drain(..).map(unlinked).collect();
                }
                _ => {}
            }
            block
        }
        let blocks = self.blocks.iter().cloned().map(unlinked).collect();
        Document { blocks, ..self.clone() }
    }

    /// All its figures, in order.
    pub fn figures(&self) -> Vec<&Figure> {
        fn inside(block: &Block) -> Vec<&Figure> {
            match block {
                Block::Figure(figure) => vec![figure],
                Block::Section(section) => of(&section.blocks),
                _ => Vec::new(),
            }
        }
        fn of(blocks: &[Block]) -> Vec<&Figure> {
            blocks.iter().flat_map(inside).collect()
        }
        of(&self.blocks)
    }
}

/// A paragraph that is no sentence yet, with its full stop.
pub fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

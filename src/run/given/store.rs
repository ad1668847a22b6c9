//! The rows of a run over inputs, and the directory that they are kept in: what survives an
//! interruption.
//!
//! `run.json` holds what is asked, and of what; `inputs.jsonl` grows by one line an input, in the
//! order in which they are finished, and is put in their own order when all are. A line that was
//! cut off is judged again; nothing else ever is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::lines::{Lines, Rows};
use super::results::{Header, Results};
use super::row::Row;
use crate::model::error::{Error, Kind, Result};
use crate::run::store::{
    Growing, INPUTS, Lock, RUN, Rendering, STUDY, clear, is_figure, owned, refuse_foreign, render,
    renew, replace, tidy,
};

/// The rows of the network before training.
const INITIAL: &str = "initial.jsonl";
/// Renderings of such a run, beside pictures.
const RENDERINGS: [&str; 4] = ["inputs.csv", "initial.csv", "inputs.md", "report.html"];
/// How long a finished row may wait for the disk: where inputs take no time, one write is for many.
const WAIT: Duration = Duration::from_millis(200);

/// Which network rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The one that is judged.
    Network,
    /// The one that it was before training.
    Initial,
}

/// Does a directory hold a run over inputs?
pub fn is_one(dir: &Path) -> bool {
    dir.join(INPUTS).exists() && !dir.join(STUDY).exists()
}

/// What a directory holds.
pub(super) struct Found {
    /// `run.json`.
    pub header: Header,
    /// The rows of the network.
    pub judged: Rows,
    /// Those of the network before training.
    pub initial: Option<Rows>,
}

/// Reads a run, which may be written at the same time.
///
/// # Errors
/// A file is missing, truncated or edited.
pub(super) fn found(dir: &Path) -> Result<Found> {
    let missing = || {
        let what = "holds rows of inputs without a run.json";
        Error::new("DIR", dir.display(), what).of(Kind::File)
    };
    let header = Header::read("DIR", dir)?.ok_or_else(missing)?;
    let rows = |name| Lines::of(&header, name).read("DIR", dir, &header).map(|(rows, _)| rows);
    let judged = rows(INPUTS)?;
    let initial = header.initial.is_some().then(|| rows(INITIAL)).transpose()?;
    Ok(Found { header, judged, initial })
}

/// The same as results.
///
/// # Errors
/// A file is missing, truncated or edited.
pub fn load(dir: &Path) -> Result<Results> {
    let Found { header, judged, initial } = found(dir)?;
    Ok(Results::new(header, judged.into_values(), initial.map(Rows::into_values)))
}

/// Reads a run and hands it to `renderings`, whose files are written there if it is whole and
/// finished, and unless another process writes there.
///
/// # Errors
/// Those of [`load`]; or a file cannot be written.
pub fn open(dir: &Path, renderings: impl Fn(&Results) -> Vec<Rendering>) -> Result<Results> {
    let lock = Lock::now("DIR", dir);
    let results = load(dir)?;
    if results.is_whole() {
        renew(dir, lock, &renderings(&results))?;
    }
    Ok(results)
}

/// Rows, in memory and in a file that grows.
struct File {
    lines: Lines,
    rows: Rows,
    /// Made with the first row that is added: what was there is copied, and never written to.
    growing: Option<Growing>,
    /// Since when a row waits for the disk.
    waiting: Option<Instant>,
}

impl File {
    fn new(header: &Header, name: &'static str, rows: Rows) -> Self {
        File { lines: Lines::of(header, name), rows, growing: None, waiting: None }
    }

    /// What is there, and its text.
    fn open(dir: &Path, header: &Header, name: &'static str) -> Result<(Self, Vec<u8>)> {
        let (rows, text) = Lines::of(header, name).read("out", dir, header)?;
        Ok((File::new(header, name, rows), text))
    }

    /// Adds a row; to the file, too, where there is one.
    fn append(&mut self, dir: Option<&Path>, row: Row) -> Result<()> {
        if let Some(dir) = dir {
            if self.growing.is_none() {
                self.begin(dir)?;
            }
            let line = self.lines.text(&row);
            self.growing.as_mut().map_or(Ok(()), |growing| growing.append(line.as_bytes()))?;
        }
        self.rows.insert(row.entry.input, row);
        let since = *self.waiting.get_or_insert_with(Instant::now);
        if since.elapsed() >= WAIT { self.sync() } else { Ok(()) }
    }

    fn sync(&mut self) -> Result<()> {
        self.waiting = None;
        self.growing.as_mut().map_or(Ok(()), Growing::sync)
    }

    /// Writes the rows so far to a file of its own, in their order.
    fn begin(&mut self, dir: &Path) -> Result<()> {
        let text = self.text();
        self.growing = Some(Growing::begin("out", dir, self.lines.name, &text)?);
        Ok(())
    }

    /// The rows so far, in their order, as they are written.
    fn text(&self) -> Vec<u8> {
        self.rows.values().flat_map(|row| self.lines.text(row).into_bytes()).collect()
    }
}

/// The rows of a run while it goes on.
pub struct Store {
    header: Header,
    judged: File,
    initial: Option<File>,
    /// Where they are kept, too, with the right to write there.
    place: Option<(PathBuf, Lock)>,
}

impl Store {
    /// In memory alone.
    pub fn memory(header: &Header) -> Self {
        let initial = header.initial.as_ref().map(|_| File::new(header, INITIAL, Rows::new()));
        let judged = File::new(header, INPUTS, Rows::new());
        Store { header: header.clone(), judged, initial, place: None }
    }

    /// In a directory, which is made if needed; what is there already is continued.
    ///
    /// # Errors
    /// It cannot be written, or holds something else.
    pub fn open(path: &Path, asked: &Header) -> Result<Self> {
        // What is refused is not touched.
        survey(path, asked)?;
        fs::create_dir_all(path)
            .map_err(|why| Error::io("out", path, "make the directory", &why))?;
        let lock = Lock::take("out", path)?;
        // Once more: another process may have begun a run before this one had the lock.
        let there = survey(path, asked)?;
        // The names of files may be others; those of the beginning are kept.
        let begun = there.is_some();
        let header = there.unwrap_or_else(|| asked.clone());
        let (mut judged, text) = File::open(path, &header, INPUTS)?;
        let initial = header.initial.is_some().then(|| File::open(path, &header, INITIAL));
        let (initial, more) = initial.transpose()?.unzip();
        tidy(path);
        if !begun {
            // Rows, none of them, before what says of which run they are.
            judged.begin(path)?;
            replace("out", path, RUN, header.text().as_bytes())?;
        }
        let mut store = Store { header, judged, initial, place: Some((path.to_owned(), lock)) };
        if store.results().is_complete() {
            store.settle(&text, &more.unwrap_or_default())?;
        } else {
            // What is judged now does not stand beside pages on what was there before.
            clear("out", path, &renderings(path))?;
        }
        Ok(store)
    }

    /// Is this input judged?
    pub fn holds(&self, about: About, input: usize) -> bool {
        self.row(about, input).is_some()
    }

    /// The row of an input.
    pub(super) fn row(&self, about: About, input: usize) -> Option<&Row> {
        let file = match about {
            About::Network => Some(&self.judged),
            About::Initial => self.initial.as_ref(),
        };
        file?.rows.get(&input)
    }

    /// Adds the row of an input; it is on the disk a moment later, and after
    /// [`sync`](Store::sync).
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub fn append(&mut self, about: About, row: Row) -> Result<()> {
        let path = self.place.as_ref().map(|(path, _)| path.as_path());
        match (about, &mut self.initial) {
            (About::Network, _) => self.judged.append(path, row),
            (About::Initial, Some(initial)) => initial.append(path, row),
            (About::Initial, None) => Ok(()),
        }
    }

    /// Returns when every row is on the disk.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn sync(&mut self) -> Result<()> {
        self.judged.sync()?;
        self.initial.as_mut().map_or(Ok(()), File::sync)
    }

    /// What is known so far.
    pub fn results(&self) -> Results {
        let initial = self.initial.as_ref().map(|file| file.rows.values().cloned());
        Results::new(self.header.clone(), self.judged.rows.values().cloned(), initial)
    }

    /// Puts the rows on the disk, and in their order if they are complete: then the files are the
    /// same, however often the run was interrupted.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        self.sync()?;
        if self.results().is_complete() { self.settle(&[], &[]) } else { Ok(()) }
    }

    /// The same, but for files that have these texts, and so have their order.
    fn settle(&mut self, judged: &[u8], initial: &[u8]) -> Result<()> {
        let Some((path, _)) = &self.place else { return Ok(()) };
        let all = [(Some(&mut self.judged), judged), (self.initial.as_mut(), initial)];
        for (file, there) in all {
            if let Some(file) = file.filter(|file| file.text() != there) {
                file.begin(path)?;
            }
        }
        Ok(())
    }

    /// Writes the renderings of a run that is whole and finished.
    ///
    /// # Errors
    /// A file cannot be written, or somebody else's is in its place.
    pub fn render(&self, files: &[Rendering]) -> Result<()> {
        self.place.as_ref().map_or(Ok(()), |(path, _)| render("out", path, files))
    }
}

/// The run that is there, if it is the one asked for. Refuses what is something else.
fn survey(path: &Path, asked: &Header) -> Result<Option<Header>> {
    let kept = |what: &str| {
        Err(Error::new("out", path.display(), what).hint("name another directory"))
    };
    if path.exists() && !path.is_dir() {
        return Err(Error::new("out", path.display(), "is a file, not a directory"));
    }
    if path.join(STUDY).exists() {
        return kept("holds a study of 'relubound explore', which is kept");
    }
    let (begun, rows) = (owned("out", &path.join(RUN))?, owned("out", &path.join(INPUTS))?);
    owned("out", &path.join(INITIAL))?;
    if begun && !rows {
        return kept("holds another run of 'relubound check', which is kept");
    }
    if let Some(there) = Header::read("out", path)? {
        there.continued(path, asked)?;
        return Ok(Some(there));
    }
    // A run that was killed before anything else leaves a file without rows.
    if rows && fs::symlink_metadata(path.join(INPUTS)).is_ok_and(|file| file.len() > 0) {
        return kept("holds rows of inputs without a run.json, which are kept");
    }
    refuse_foreign("out", path, &renderings(path))?;
    Ok(None)
}

/// Files that have the names of renderings.
fn renderings(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_rendering = |name: &String| RENDERINGS.contains(&name.as_str()) || is_figure(name);
    let mut names: Vec<String> = names.filter(is_rendering).collect();
    names.sort();
    names
}

//! The rows of a run over inputs, and the directory that they are kept in: what survives an
//! interruption.
//!
//! `run.json` holds what is asked, and of what; `inputs.jsonl` grows by one line an input, in the
//! order in which they are finished, and is put in their own order when all are; so do
//! `initial.jsonl`, for the network before training, and `reference.jsonl`, by one line a random
//! network. A line that was cut off is found again; nothing else ever is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::drawn::Drawn;
use super::lines::{Line, Lines, Sealed};
use super::results::{Header, Results};
use super::row::Row;
use crate::model::error::{Error, Kind, Result};
use crate::run::store::{
    Growing, INPUTS, Lock, RUN, Rendering, STUDY, clear, is_figure, owned, read, refuse_foreign,
    render, renew, replace, tidy,
};

/// The rows of the network before training.
const INITIAL: &str = "initial.jsonl";
/// What random networks show.
const REFERENCE: &str = "reference.jsonl";
/// Renderings of such a run, beside pictures.
const RENDERINGS: [&str; 4] = ["inputs.csv", "initial.csv", "inputs.md", "report.html"];
/// How long a finished row may wait for the disk: where inputs take no time, one write is for many.
const WAIT: Duration = Duration::from_millis(200);

/// A line that is kept.
pub(super) enum New {
    /// Of the network that is judged.
    Judged(Row),
    /// Of the one that it was before training.
    Initial(Row),
    /// Of a random one.
    Random(Drawn),
}

/// Does a directory hold a run over inputs?
pub fn is_one(dir: &Path) -> bool {
    dir.join(INPUTS).exists() && !dir.join(STUDY).exists()
}

/// What is known, by what it is about.
#[derive(Clone)]
pub(super) struct Found {
    /// `run.json`.
    pub header: Header,
    /// Of the network.
    pub judged: Lines<Row>,
    /// Of the network before training.
    pub initial: Lines<Row>,
    /// Of random networks.
    pub random: Lines<Drawn>,
}

impl Found {
    /// How many lines there are, and how many there will be.
    pub fn progress(&self) -> [usize; 2] {
        let wanted = self.header.wanted();
        let initial = if self.header.initial.is_some() { wanted } else { 0 };
        let all = [wanted, initial, self.header.reference].iter().sum();
        [self.judged.len() + self.initial.len() + self.random.len(), all]
    }

    fn results(&self) -> Results {
        let rows = |lines: &Lines<Row>| -> (Vec<_>, Vec<_>) {
            lines.values().cloned().map(|row| (row.entry, row.x)).unzip()
        };
        let (entries, points) = rows(&self.judged);
        let initial = self.header.initial.is_some().then(|| rows(&self.initial).0);
        let random = self.random.values().map(|drawn| drawn.samples.clone()).collect();
        Results { header: self.header.clone(), entries, points, initial, reference: random }
    }
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
    let (judged, _) = Sealed::of(&header, INPUTS).read("DIR", dir, &header)?;
    let (initial, _) = Sealed::of(&header, INITIAL).read("DIR", dir, &header)?;
    let (random, _) = Sealed::of(&header, REFERENCE).read("DIR", dir, &header)?;
    Ok(Found { header, judged, initial, random })
}

/// The same as results.
///
/// # Errors
/// A file is missing, truncated or edited.
pub fn load(dir: &Path) -> Result<Results> {
    found(dir).map(|found| found.results())
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

/// A file that grows by lines, the first of which are there.
struct File {
    sealed: Sealed,
    /// Made with the first line that is added: what was there is copied, and never written to.
    growing: Option<Growing>,
    /// Since when a line waits for the disk.
    waiting: Option<Instant>,
}

impl File {
    fn of(header: &Header, name: &'static str) -> Self {
        File { sealed: Sealed::of(header, name), growing: None, waiting: None }
    }

    /// Adds a line to those that are there, and to the file where there is a directory.
    fn append<L: Line>(&mut self, dir: Option<&Path>, there: &mut Lines<L>, line: L) -> Result<()> {
        if let Some(dir) = dir {
            if self.growing.is_none() {
                self.begin(dir, there)?;
            }
            let text = self.sealed.text(&line);
            self.growing.as_mut().map_or(Ok(()), |growing| growing.append(text.as_bytes()))?;
        }
        there.insert(line.number(), line);
        let since = *self.waiting.get_or_insert_with(Instant::now);
        if since.elapsed() >= WAIT { self.sync() } else { Ok(()) }
    }

    fn sync(&mut self) -> Result<()> {
        self.waiting = None;
        self.growing.as_mut().map_or(Ok(()), Growing::sync)
    }

    /// Writes the lines that are there to a file of its own, in their order.
    fn begin<L: Line>(&mut self, dir: &Path, there: &Lines<L>) -> Result<()> {
        let text = self.text(there);
        self.growing = Some(Growing::begin("out", dir, self.sealed.name, &text)?);
        Ok(())
    }

    /// The same, where the file is not that already.
    fn settle<L: Line>(&mut self, dir: &Path, there: &Lines<L>) -> Result<()> {
        let text = read("out", &dir.join(self.sealed.name))?.unwrap_or_default();
        if text == self.text(there) { Ok(()) } else { self.begin(dir, there) }
    }

    fn text<L: Line>(&self, there: &Lines<L>) -> Vec<u8> {
        there.values().flat_map(|line| self.sealed.text(line).into_bytes()).collect()
    }
}

/// What is known while a run goes on.
pub struct Store {
    found: Found,
    judged: File,
    initial: File,
    random: File,
    /// Where it is kept, too, with the right to write there.
    place: Option<(PathBuf, Lock)>,
}

impl Store {
    /// In memory alone.
    pub fn memory(header: &Header) -> Self {
        let (judged, initial, random) = (Lines::new(), Lines::new(), Lines::new());
        Store::of(Found { header: header.clone(), judged, initial, random })
    }

    fn of(found: Found) -> Self {
        let [judged, initial, random] =
            [INPUTS, INITIAL, REFERENCE].map(|name| File::of(&found.header, name));
        Store { found, judged, initial, random, place: None }
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
        let mut store = Store::memory(&header);
        let found = &mut store.found;
        (found.judged, _) = store.judged.sealed.read("out", path, &header)?;
        (found.initial, _) = store.initial.sealed.read("out", path, &header)?;
        (found.random, _) = store.random.sealed.read("out", path, &header)?;
        tidy(path);
        if !begun {
            // Rows, none of them, before what says of which run they are.
            store.judged.begin(path, &store.found.judged)?;
            replace("out", path, RUN, header.text().as_bytes())?;
        }
        store.place = Some((path.to_owned(), lock));
        if store.is_complete() {
            store.settle()?;
        } else {
            // What is judged now does not stand beside pages on what was there before.
            clear("out", path, &renderings(path))?;
        }
        Ok(store)
    }

    /// A run in a directory, in memory.
    ///
    /// # Errors
    /// Those of [`load`].
    pub fn read(dir: &Path) -> Result<Self> {
        found(dir).map(Store::of)
    }

    /// The same in memory alone: the right to write where it was kept ends.
    #[must_use]
    pub fn closed(self) -> Self {
        Store::of(self.found)
    }

    /// Writes what is there to a directory, which is made if needed; gives it, open.
    ///
    /// # Errors
    /// It cannot be written, or holds something else.
    pub fn written(&self, path: &Path) -> Result<Self> {
        let mut store = Store::open(path, &self.found.header)?;
        let Found { judged, initial, random, .. } = self.found.clone();
        let judged = judged.into_iter().filter(|(k, _)| !store.found.judged.contains_key(k));
        let judged: Vec<New> = judged.map(|(_, row)| New::Judged(row)).collect();
        let initial = initial.into_iter().filter(|(k, _)| !store.found.initial.contains_key(k));
        let initial: Vec<New> = initial.map(|(_, row)| New::Initial(row)).collect();
        let random = random.into_iter().filter(|(k, _)| !store.found.random.contains_key(k));
        let random: Vec<New> = random.map(|(_, drawn)| New::Random(drawn)).collect();
        judged.into_iter().chain(random).chain(initial).try_for_each(|line| store.append(line))?;
        store.finish()?;
        Ok(store)
    }

    /// What is there.
    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    /// How many lines there are, and how many there will be.
    pub fn progress(&self) -> [usize; 2] {
        self.found.progress()
    }

    fn is_complete(&self) -> bool {
        let [done, wanted] = self.progress();
        done == wanted
    }

    /// Adds a line; it is on the disk a moment later, and after [`sync`](Store::sync).
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub(super) fn append(&mut self, line: New) -> Result<()> {
        let path = self.place.as_ref().map(|(path, _)| path.as_path());
        let found = &mut self.found;
        match line {
            New::Judged(row) => self.judged.append(path, &mut found.judged, row),
            New::Initial(row) => self.initial.append(path, &mut found.initial, row),
            New::Random(drawn) => self.random.append(path, &mut found.random, drawn),
        }
    }

    /// Returns when every line is on the disk.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn sync(&mut self) -> Result<()> {
        [&mut self.judged, &mut self.initial, &mut self.random].into_iter().try_for_each(File::sync)
    }

    /// What is known so far.
    pub fn results(&self) -> Results {
        self.found.results()
    }

    /// Puts the lines on the disk, and in their order if they are complete: then the files are the
    /// same, however often the run was interrupted.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        self.sync()?;
        if self.is_complete() { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> Result<()> {
        let Some((path, _)) = &self.place else { return Ok(()) };
        let Found { header, judged, initial, random } = &self.found;
        self.judged.settle(path, judged)?;
        if header.initial.is_some() {
            self.initial.settle(path, initial)?;
        }
        if header.reference > 0 {
            self.random.settle(path, random)?;
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
    let kept =
        |what: &str| Err(Error::new("out", path.display(), what).hint("name another directory"));
    if path.exists() && !path.is_dir() {
        return Err(Error::new("out", path.display(), "is a file, not a directory"));
    }
    if path.join(STUDY).exists() {
        return kept("holds a study of 'relubound explore', which is kept");
    }
    let (begun, rows) = (owned("out", &path.join(RUN))?, owned("out", &path.join(INPUTS))?);
    for name in [INITIAL, REFERENCE] {
        owned("out", &path.join(name))?;
    }
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

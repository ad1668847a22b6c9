//! δ as an account. A bound names every event that it rests on (what, layer, size) and pays for it
//! out of δ; the same event again is free, another is paid. What is printed is what was paid.

pub mod kind;

pub use kind::Kind;

use std::ops::RangeInclusive;
use std::sync::Arc;

use rug::Rational;

use crate::model::params::Probability;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, Number};

/// Where an event of the network as a whole stands: it has no layer.
pub const WHOLE: RangeInclusive<u64> = 0..=0;

/// Events of one kind, one in each of some layers.
#[derive(Clone, Debug)]
struct Family {
    kind: Kind,
    layers: RangeInclusive<u64>,
    /// The part of δ that one of them may cost.
    part: Rational,
    /// Its logarithm.
    log_part: f64,
}

impl Family {
    fn new(kind: Kind, layers: RangeInclusive<u64>, part: Rational) -> Self {
        // Parts may be far below what `f64` holds, their logarithms are not.
        let log_part = Enclosure::rational(64, &part).ln().to_f64();
        Family { kind, layers, part, log_part }
    }

    fn count(&self) -> u64 {
        count(&self.layers)
    }
}

fn count(layers: &RangeInclusive<u64>) -> u64 {
    (layers.end() + 1).saturating_sub(*layers.start())
}

/// How δ is shared over events.
#[derive(Clone, Debug, Default)]
pub struct Shares(Vec<Family>);

impl Shares {
    /// Every event gets the same.
    pub fn equal(families: &[(Kind, RangeInclusive<u64>)]) -> Self {
        let weighted: Vec<_> =
            families.iter().map(|(kind, layers)| (*kind, layers.clone(), 1)).collect();
        Shares::weighted(&weighted)
    }

    /// Every event gets so many units.
    pub fn weighted(families: &[(Kind, RangeInclusive<u64>, u32)]) -> Self {
        let units: u128 = families
            .iter()
            .map(|(_, layers, weight)| u128::from(count(layers)) * u128::from(*weight))
            .sum();
        let family = |(kind, layers, weight): &(Kind, RangeInclusive<u64>, u32)| {
            Family::new(*kind, layers.clone(), Rational::from((*weight, units.max(1))))
        };
        let present = families.iter().filter(|(_, layers, _)| count(layers) > 0);
        Shares(present.map(family).collect())
    }

    /// The same events out of so many of so many parts of δ.
    #[must_use]
    pub fn portion(self, count: u32, parts: u32) -> Self {
        let portion = Rational::from((count, parts));
        let less = |f: Family| Family::new(f.kind, f.layers, f.part * &portion);
        Shares(self.0.into_iter().map(less).collect())
    }

    /// One event that has all of δ.
    pub fn whole(kind: Kind) -> Self {
        Shares::equal(&[(kind, WHOLE)])
    }

    /// The events of both.
    #[must_use]
    pub fn and(mut self, other: Shares) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// What is left of δ for formulas: ℓ = log(1/p) of each kind of event, and the book in which
/// certified bounds write what they draw.
#[derive(Clone, Debug)]
pub struct Account<N> {
    nats: Vec<(Kind, N)>,
    /// ℓ of every kind, where that is all there is.
    flat: Option<N>,
    /// Bits of what is exact.
    precision: u32,
    book: Option<Book>,
}

/// log(1/part) of an event's part of an account.
fn nats<N: Number>(like: &N, family: &Family, precision: u32) -> N {
    if N::ROUGH {
        return like.like(-family.log_part);
    }
    like.near(&-Enclosure::rational(precision, &family.part).ln())
}

impl<N: Number> Account<N> {
    /// δ, to be shared in this way, in the arithmetic of `like`.
    pub fn open(like: &N, delta: &Probability, plan: &Shares, precision: u32) -> Self {
        let price = |family: &Family| {
            let each = Rational::from(delta.value() * &family.part);
            (family.kind, like.near(&-Enclosure::rational(precision, &each).ln()))
        };
        Account {
            nats: plan.0.iter().map(price).collect(),
            flat: None,
            precision,
            book: (!N::ROUGH).then(|| Book::new(delta.value(), plan)),
        }
    }

    /// An account of its own for what makes up one event of this one, which is drawn: it has that
    /// event's share.
    #[must_use]
    pub fn open_within(
        &mut self,
        (kind, layer): (Kind, usize),
        plan: &Shares,
        behind: &mut Events,
    ) -> Self {
        let whole = self.draw(kind, layer, None, behind);
        let price =
            |family: &Family| (family.kind, whole.clone() + nats(&whole, family, self.precision));
        let book = self.book.as_ref().map(|book| Book::new(&book.each(kind), plan));
        Account {
            nats: plan.0.iter().map(price).collect(),
            flat: None,
            precision: self.precision,
            book,
        }
    }

    /// Why this account is overdrawn, if it is.
    pub fn overdrawn(&self) -> Option<&str> {
        self.book.as_ref()?.overdrawn()
    }

    /// The same ℓ for every event, and no book.
    pub fn flat(nats: N) -> Self {
        Account { nats: Vec::new(), flat: Some(nats), precision: 64, book: None }
    }

    /// ℓ of an event of this kind, before it is drawn; infinite where nothing was set aside for it.
    pub fn price(&self, kind: Kind) -> N {
        let found = self.nats.iter().find(|(planned, _)| *planned == kind).map(|(_, nats)| nats);
        match (found.or(self.flat.as_ref()), self.nats.first()) {
            (Some(nats), _) => nats.clone(),
            (None, Some((_, other))) => other.like(f64::INFINITY),
            (None, None) => unreachable!("an account has events or one price for all"),
        }
    }

    /// Pays for the event of this kind and size in one layer, and adds it to those `behind` a
    /// bound. Gives its ℓ, which is infinite where it was not set aside or another of the same name
    /// was paid before: then nothing is proved.
    pub fn draw(&mut self, kind: Kind, layer: usize, size: Option<u128>, behind: &mut Events) -> N {
        let layer = layer as u64;
        self.draw_all(kind, layer..=layer, size, behind)
    }

    /// The same for an event of the network as a whole.
    pub fn draw_once(&mut self, kind: Kind, behind: &mut Events) -> N {
        self.draw_all(kind, WHOLE, None, behind)
    }

    /// The same in several layers.
    pub fn draw_all(
        &mut self,
        kind: Kind,
        layers: RangeInclusive<u64>,
        size: Option<u128>,
        behind: &mut Events,
    ) -> N {
        let price = self.price(kind);
        if count(&layers) == 0 {
            return price;
        }
        let Some(book) = &mut self.book else { return price };
        match book.draw(kind, &layers, size) {
            Some(line) => {
                behind.add(&Span { line, layers });
                price
            }
            None => price.like(f64::INFINITY),
        }
    }
}

impl Account<f64> {
    /// For searches, from log(1/δ).
    pub fn rough(nats: f64, plan: &Shares) -> Self {
        let price = |family: &Family| (family.kind, nats - family.log_part);
        Account { nats: plan.0.iter().map(price).collect(), flat: None, precision: 64, book: None }
    }
}

impl Account<Enclosure> {
    /// The probability that was set aside for one event of this kind; 0 where there is none.
    pub fn share(&self, kind: Kind) -> Probability {
        Probability::exactly(self.book.as_ref().map_or_else(Rational::new, |b| b.each(kind)))
    }

    /// What was drawn.
    pub fn close(self) -> Arc<Book> {
        Arc::new(self.book.unwrap_or_default())
    }
}

/// Events of one kind in a row of layers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    line: usize,
    layers: RangeInclusive<u64>,
}

/// The events behind a bound, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events(Vec<Span>);

impl Events {
    fn add(&mut self, new: &Span) {
        let (mut from, mut to) = (*new.layers.start(), *new.layers.end());
        // Spans that meet become one.
        self.0.retain(|old| {
            let meet = old.line == new.line
                && *old.layers.start() <= to + 1
                && from <= *old.layers.end() + 1;
            if meet {
                (from, to) = (from.min(*old.layers.start()), to.max(*old.layers.end()));
            }
            !meet
        });
        let span = Span { line: new.line, layers: from..=to };
        let place =
            self.0.partition_point(|old| (old.line, *old.layers.start()) < (span.line, from));
        self.0.insert(place, span);
    }

    /// And those behind another bound.
    pub fn join(&mut self, other: &Events) {
        for span in &other.0 {
            self.add(span);
        }
    }
}

/// One entry of the book.
#[derive(Clone, Debug)]
struct Drawn {
    layers: RangeInclusive<u64>,
    size: Option<u128>,
    /// The probability of each.
    each: Rational,
}

/// The events of one kind.
#[derive(Clone, Debug)]
struct Line {
    kind: Kind,
    /// Where they were set aside, and what one may cost; nothing where events are paid as they
    /// come.
    planned: Option<(RangeInclusive<u64>, Rational)>,
    /// By layer.
    drawn: Vec<Drawn>,
}

/// What was drawn from an account.
#[derive(Clone, Debug, Default)]
pub struct Book {
    delta: Rational,
    /// What was paid for events as they came.
    paid: Rational,
    lines: Vec<Line>,
    overdrawn: Option<String>,
}

impl Book {
    fn new(delta: &Rational, plan: &Shares) -> Self {
        let line = |family: &Family| Line {
            kind: family.kind,
            planned: Some((family.layers.clone(), Rational::from(delta * &family.part))),
            drawn: Vec::new(),
        };
        let planned = plan.0.iter().fold(Rational::new(), |sum, family| {
            sum + Rational::from(&family.part * family.count())
        });
        Book {
            delta: delta.clone(),
            paid: Rational::new(),
            lines: plan.0.iter().map(line).collect(),
            overdrawn: (planned > 1).then(|| "more is set aside than there is".into()),
        }
    }

    /// A book in which every event is paid as it comes.
    pub fn open(delta: &Probability) -> Self {
        Book::new(delta.value(), &Shares::default())
    }

    /// What was set aside for one event of this kind; 0 where there is none.
    fn each(&self, kind: Kind) -> Rational {
        let mut lines = self.lines.iter().filter(|line| line.kind == kind);
        let planned = lines.find_map(|line| line.planned.as_ref());
        planned.map_or_else(Rational::new, |(_, each)| each.clone())
    }

    /// Pays `each` for an event in each of these layers, and adds them to those `behind` a bound;
    /// false where so much is not left.
    pub fn pay(
        &mut self,
        kind: Kind,
        layers: RangeInclusive<u64>,
        each: &Rational,
        behind: &mut Events,
    ) -> bool {
        if count(&layers) == 0 {
            return true;
        }
        let price = Rational::from(each * count(&layers));
        self.paid += price;
        if self.paid > self.delta {
            self.refuse(kind, &layers, "costs more than there is");
            return false;
        }
        let line = self.lines.iter().position(|line| line.kind == kind).unwrap_or_else(|| {
            self.lines.push(Line { kind, planned: None, drawn: Vec::new() });
            self.lines.len() - 1
        });
        self.lines[line].drawn.push(Drawn {
            layers: layers.clone(),
            size: None,
            each: each.clone(),
        });
        behind.add(&Span { line, layers });
        true
    }

    /// Is there enough for so many events at this price?
    pub fn affords(&self, each: &Rational, events: u64) -> bool {
        Rational::from(each * events) <= self.rest()
    }

    /// What is left of δ.
    pub fn rest(&self) -> Rational {
        Rational::from(&self.delta - &self.paid)
    }

    fn draw(
        &mut self,
        kind: Kind,
        layers: &RangeInclusive<u64>,
        size: Option<u128>,
    ) -> Option<usize> {
        let found = self.lines.iter().position(|line| line.kind == kind);
        let set_aside = found.and_then(|at| Some((at, self.lines[at].planned.clone()?)));
        let Some((at, (_, each))) = set_aside.filter(|(_, (range, _))| {
            range.contains(layers.start()) && range.contains(layers.end())
        }) else {
            self.refuse(kind, layers, "was not set aside");
            return None;
        };
        let drawn = &mut self.lines[at].drawn;
        let place = drawn.partition_point(|d| d.layers.end() < layers.start());
        match drawn.get(place) {
            Some(same) if same.layers == *layers && same.size == size => Some(at),
            Some(other) if other.layers.start() <= layers.end() => {
                self.refuse(kind, layers, "was paid for another size");
                None
            }
            _ => {
                drawn.insert(place, Drawn { layers: layers.clone(), size, each });
                Some(at)
            }
        }
    }

    fn refuse(&mut self, kind: Kind, layers: &RangeInclusive<u64>, why: &str) {
        let (from, to) = (layers.start(), layers.end());
        let text = format!("the event {} of layers {from} to {to} {why}", kind.name);
        self.overdrawn.get_or_insert(text);
    }

    /// Why what was printed does not hold with probability 1 − δ, if so.
    pub fn overdrawn(&self) -> Option<&str> {
        self.overdrawn.as_deref()
    }

    /// The probability of these events, added up.
    pub fn sum(&self, events: &Events) -> Rational {
        events.0.iter().fold(Rational::new(), |sum, span| {
            let line = &self.lines[span.line];
            match &line.planned {
                Some((_, each)) => sum + Rational::from(each * count(&span.layers)),
                None => self.entries(span).fold(sum, |sum, entry| sum + entry.sum()),
            }
        })
    }

    /// These events, by kind and layer.
    pub fn list(&self, events: &Events) -> Vec<Entry> {
        events.0.iter().flat_map(|span| merged(self.entries(span).collect())).collect()
    }

    fn entries<'a>(&'a self, span: &'a Span) -> impl Iterator<Item = Entry> + 'a {
        let line = &self.lines[span.line];
        let within = |d: &&Drawn| {
            span.layers.contains(d.layers.start()) && span.layers.contains(d.layers.end())
        };
        line.drawn.iter().filter(within).map(|drawn| Entry {
            kind: line.kind,
            layers: drawn.layers.clone(),
            sizes: drawn.size.into_iter().collect(),
            each: drawn.each.clone(),
        })
    }
}

/// Entries of neighbouring layers at the same price as one.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let mut list: Vec<Entry> = Vec::new();
    for entry in entries {
        match list.last_mut() {
            Some(last)
                if last.each == entry.each && last.layers.end() + 1 == *entry.layers.start() =>
            {
                last.layers = *last.layers.start()..=*entry.layers.end();
                last.sizes.extend(entry.sizes);
            }
            _ => list.push(entry),
        }
    }
    list
}

/// Events of one kind and probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What they are about.
    pub kind: Kind,
    /// In which layers; [`WHOLE`] for one event of the network.
    pub layers: RangeInclusive<u64>,
    /// The size in each layer, for kinds that have one.
    pub sizes: Vec<u128>,
    /// The probability of each.
    pub each: Rational,
}

impl Entry {
    /// How many they are.
    pub fn count(&self) -> u64 {
        count(&self.layers)
    }

    /// Their probability, added up.
    pub fn sum(&self) -> Rational {
        Rational::from(&self.each * self.count())
    }
}

/// A probability as printed: not below.
pub fn printed(probability: &Rational) -> Magnitude {
    Enclosure::rational(128, probability).upper().to_magnitude()
}

/// The events behind one bound, and the book that has them.
#[derive(Clone, Debug)]
pub struct Behind {
    /// Where they were drawn.
    pub book: Arc<Book>,
    /// Which.
    pub events: Events,
}

impl Behind {
    /// With which probability the bound may fail; that of the whole account for a bound that rests
    /// on no event.
    pub fn delta(&self) -> Probability {
        let sum = self.book.sum(&self.events);
        Probability::exactly(if sum == 0 { self.book.delta.clone() } else { sum })
    }

    /// The events, by kind and layer.
    pub fn list(&self) -> Vec<Entry> {
        self.book.list(&self.events)
    }
}

#[cfg(test)]
mod tests {
    use super::kind::{ACTIVE, CUT, RATIO, ROWS};
    use super::*;

    fn delta() -> Probability {
        Probability::parse("delta", "0.1").unwrap()
    }

    fn account() -> Account<Enclosure> {
        let plan = Shares::equal(&[(ROWS, 1..=3), (ACTIVE, 1..=2)]).portion(1, 2);
        let plan = plan.and(Shares::equal(&[(RATIO, WHOLE)]).portion(1, 2));
        Account::open(&Enclosure::integer(64, 0), &delta(), &plan, 64)
    }

    #[test]
    fn the_same_event_is_paid_once() {
        let mut account = account();
        let (mut one, mut two) = (Events::default(), Events::default());
        account.draw(ROWS, 1, Some(7), &mut one);
        account.draw(ROWS, 1, Some(7), &mut two);
        account.draw(ROWS, 2, Some(9), &mut two);
        account.draw(ACTIVE, 1, None, &mut one);
        let nats = account.draw_once(RATIO, &mut one);
        assert!((nats.to_f64() - 20f64.ln()).abs() < 1e-12);
        two.join(&one);
        let book = account.close();
        assert_eq!(book.overdrawn(), None);
        assert_eq!(book.sum(&one), Rational::from((7, 100)));
        assert_eq!(book.sum(&two), Rational::from((8, 100)));
        let list = book.list(&two);
        assert_eq!(list.len(), 3);
        assert_eq!((list[0].kind, &list[0].sizes[..], list[0].count()), (ROWS, &[7, 9][..], 2));
        assert_eq!(list[0].sum(), Rational::from((2, 100)));
    }

    #[test]
    fn another_event_is_not_paid_by_the_first() {
        // Of another size, in another layer, of another kind.
        for (kind, layer, size) in [(ROWS, 1, Some(8)), (ROWS, 4, Some(7)), (CUT, 1, None)] {
            let (mut account, mut events) = (account(), Events::default());
            account.draw(ROWS, 1, Some(7), &mut events);
            let nats = account.draw(kind, layer, size, &mut events);
            assert!(!nats.is_finite());
            let book = account.close();
            assert!(book.overdrawn().is_some());
            assert_eq!(book.sum(&events), Rational::from((1, 100)));
        }
    }

    #[test]
    fn what_is_paid_as_it_comes_is_never_more_than_there_is() {
        let (mut book, mut events) = (Book::open(&delta()), Events::default());
        let each = Rational::from((3, 100));
        assert!(book.pay(CUT, 1..=2, &each, &mut events));
        assert_eq!(book.rest(), Rational::from((4, 100)));
        assert!(!book.pay(CUT, 3..=4, &each, &mut events));
        assert!(book.overdrawn().is_some() && book.sum(&events) == Rational::from((6, 100)));
        // More set aside than there is.
        let plan = Shares::equal(&[(ROWS, 1..=3)]).and(Shares::equal(&[(RATIO, WHOLE)]));
        assert!(Book::new(delta().value(), &plan).overdrawn().is_some());
    }

    #[test]
    fn names_are_told_apart() {
        let names: std::collections::BTreeSet<&str> = kind::ALL.iter().map(|k| k.name).collect();
        assert_eq!(names.len(), kind::ALL.len());
    }
}

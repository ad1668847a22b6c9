//! The report on the inputs of a network from a file is made from what is known of them: every
//! sentence where it says yes and where it says no.

use relubound::given::{Bracket, Entry, Failure, Findings, Interval, Outcome, Step};
use relubound::judge::ledger::Tool;
use relubound::model::shard::Shard;
use relubound::report::document::Document;
use relubound::report::given::{self, Subject};
use relubound::report::{Detail, print};
use relubound::run::given::{Asked, Header, Law, Network, Points, Results, SCHEMA, Source};

const SIDE: usize = 8;

/// Numbers in [0, 1) that look like none in particular.
fn mixed(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    })
}

fn source(file: &str) -> Source {
    Source { file: file.into(), sha256: "0".repeat(64) }
}

fn header(outputs: usize, count: usize) -> Header {
    Header {
        tool: Tool::current(),
        schema: SCHEMA,
        network: Network {
            source: source("digits.onnx"),
            read: "0".repeat(64),
            widths: vec![SIDE * SIDE, 32, 16, outputs],
            slopes: vec![0.0, 0.0],
            biases: true,
            normalised: false,
            dtype: "float32".into(),
            notes: vec!["weights are (out, in), as their shapes say".into()],
        },
        initial: None,
        inputs: Points { source: source("x.npy"), count },
        labels: None,
        question: Asked {
            against: "all".into(),
            space: "before".into(),
            step: 2.0,
            radius: 0.125,
            cells: 0,
            seconds: None,
            seed: 1,
        },
        reference: 0,
        grid: Some([SIDE, SIDE]),
        shard: Shard::WHOLE,
    }
}

/// A blob somewhere in a picture.
fn point(input: usize) -> Vec<f64> {
    let mut at = mixed(input as u64 + 1).skip(5);
    let [row, column] = [(); 2].map(|()| 2.0 + 4.0 * at.next().unwrap());
    let cell = |i: usize| {
        let (y, x) = ((i / SIDE) as f64 - row, (i % SIDE) as f64 - column);
        (-(x * x + y * y) / 4.0).exp()
    };
    (0..SIDE * SIDE).map(cell).collect()
}

/// What could be known of an input whose boundary is `scale` of its length away.
fn findings(input: usize, scale: f64) -> Findings {
    let mut at = mixed(input as u64 + 1000).skip(5);
    let mut next = || at.next().unwrap();
    let near = |value: f64| Interval::new(value * (1.0 - 1e-12), value * (1.0 + 1e-12));
    let norm = 3.0 + next();
    let kappa = scale * (1.5 * next() - 0.5).exp();
    let found = norm * kappa * (0.8 + 0.2 * next());
    let certified = found * (0.5 + 0.4 * next());
    let x = point(input);
    let changed = x.iter().map(|v| v + found / 8.0 * (2.0 * next() - 1.0)).collect();
    let flips = kappa < 0.1;
    Findings {
        class: input % 10,
        rival: Some((input + 3) % 10),
        outputs: vec![near(1.0); 10],
        margin: near(2.0),
        gradient: near(2.0 / (kappa * norm)),
        norm: near(norm),
        kappa: Some(near(kappa)),
        step: Some(Step {
            length: near(2.0 * kappa * norm),
            changes: Some(flips),
            changes_float32: Some(flips),
            margin: near(1.0),
            least: Some(1.0 + 0.3 * next()),
            decomposition: Some(Interval::new(-1e-37, 1e-37)),
        }),
        radius: Bracket { certified: Some(certified), found: Some(found) },
        radius_max: Bracket { certified: Some(certified / 7.0), found: Some(found / 6.0) },
        exact: false,
        lipschitz: Bracket { certified: Some(9.0), found: Some(5.0) },
        epsilon: Some(Bracket { certified: Some(1.5), found: Some(0.4 + 0.1 * next()) }),
        pieces: Some(3),
        timeout: false,
        counterexample: Some(changed),
        reached: Some((input + 4) % 10),
    }
}

fn entry(input: usize, scale: f64) -> Entry {
    Entry {
        input,
        label: Some(if input == 4 { 0 } else { input % 10 }),
        outcome: Outcome::Found(Box::new(findings(input, scale))),
    }
}

fn results(count: usize) -> Results {
    Results {
        header: header(10, count),
        entries: (0..count).map(|input| entry(input, 0.05)).collect(),
        points: (0..count).map(point).collect(),
        initial: None,
        reference: Vec::new(),
    }
}

/// Changes what is known of every input.
fn with(results: &Results, change: impl Fn(&mut Findings)) -> Results {
    let mut changed = results.clone();
    for entry in &mut changed.entries {
        if let Outcome::Found(found) = &mut entry.outcome {
            change(found);
        }
    }
    changed
}

fn shown(document: &Document) -> String {
    let text = print::text::print(document, 100_000);
    anstream::adapter::strip_str(&text).to_string()
}

/// In one line, without styles.
fn said(results: &Results) -> String {
    shown(&given::document(&Subject::of(results), Detail::Brief))
}

#[test]
fn whether_one_step_changes_the_class() {
    let all = results(100);
    let yes = said(&with(&all, |found| found.step.as_mut().unwrap().changes = Some(true)));
    assert!(
        yes.contains("One gradient step (t = 2) changes the class at all 100 inputs; "),
        "{yes}"
    );
    // What float32 computes is said where it differs.
    assert!(yes.contains("; as float32 computes the network, it does at "), "{yes}");
    let no = said(&with(&all, |found| found.step.as_mut().unwrap().changes = Some(false)));
    assert!(no.contains("changes the class at none of 100 inputs; "), "{no}");
    let open = said(&with(&all, |found| found.step.as_mut().unwrap().changes = None));
    assert!(open.contains("; at 100 it cannot be told"), "{open}");
    assert!(!yes.contains("cannot be told"));
    assert!(!said(&with(&all, |found| found.step = None)).contains("gradient step (t"));
    // One output has a sign, and no classes.
    let mut one = with(&all, |found| found.rival = None);
    one.header = header(1, 100);
    assert!(said(&one).contains(" changes the sign of f at "), "{}", said(&one));
}

#[test]
fn brackets_are_said_from_the_side_that_is_known() {
    let all = results(101);
    let both = said(&with(&all, |found| {
        found.norm = Interval::point(1.0);
        found.radius = Bracket { certified: Some(0.012_345), found: Some(0.017_891) };
    }));
    // Rounded down what is proved, up what is found.
    assert!(
        both.contains("No perturbation shorter than 1.23 % of ‖x‖ changes the class"),
        "{both}"
    );
    assert!(both.contains("and one of 1.79 % that does is found: 1.45 times as long"), "{both}");
    let below = said(&with(&all, |found| found.radius.found = None));
    assert!(below.contains("; none that does is found"), "{below}");
    let above = said(&with(&all, |found| found.radius.certified = Some(0.0)));
    assert!(above.contains("that none shorter does is not proved"), "{above}");
    let none = said(&with(&all, |found| {
        found.radius = Bracket { certified: None, found: None };
    }));
    assert!(!none.contains("perturbation of") && !none.contains("shorter than"), "{none}");
    let exact = said(&with(&all, |found| found.exact = true));
    assert!(exact.contains(": these radii are exact, but for rounding"), "{exact}");
    // The median of half and nothing is nothing.
    let mut half = with(&all, |found| found.radius.certified = Some(0.1));
    for entry in half.entries.iter_mut().take(51) {
        let Outcome::Found(found) = &mut entry.outcome else { panic!() };
        found.radius.certified = None;
    }
    assert!(said(&half).contains("is not proved"));
}

#[test]
fn what_failed_is_said_first_and_counts_for_nothing() {
    let mut some = results(10);
    assert!(said(&some).ends_with("10 of 10 inputs judged. Verdict: certified and found agree\n"));
    let whole = said(&some);
    some.entries[3].outcome = Outcome::Failed(Failure::Tied);
    let tied = said(&some);
    let warning = "Of 1 of 10 inputs nothing is known, and they count for nothing: no class is \
                   above all others (1)";
    assert!(tied.contains(warning) && !whole.contains("nothing is known"), "{tied}");
    assert!(tied.contains(" of 9 inputs; it is "), "{tied}");
    assert!(tied.ends_with("9 of 10 inputs judged. Verdict: in part not judged\n"), "{tied}");
    some.entries[5].outcome = Outcome::Failed(Failure::Numerical);
    let bad = said(&some);
    assert!(bad.ends_with("8 of 10 inputs judged. Verdict: NUMERICAL FAILURE\n"), "{bad}");
    let full = shown(&given::document(&Subject::of(&some), Detail::Full));
    assert!(full.contains("NUMERICAL FAILURE") && full.contains("no class above all others"));
    // In every rendering.
    let subject = Subject::of(&some);
    for text in [
        given::csv(&subject),
        print::latex::print(&given::document(&subject, Detail::Full)),
        print::markdown::print(&given::document(&subject, Detail::Full), None),
        print::html::print(&given::page(&subject)),
    ] {
        assert!(text.contains("NUMERICAL FAILURE"), "{text}");
    }
    some.entries.truncate(6);
    let cut = said(&some);
    assert!(cut.contains("INTERRUPTED: 6 of 10 inputs looked at;"), "{cut}");
    let mut none = results(4);
    none.entries.iter_mut().for_each(|entry| entry.outcome = Outcome::Failed(Failure::Tied));
    let none = said(&none);
    assert!(none.ends_with("0 of 4 inputs judged. Verdict: nothing was judged\n"), "{none}");
    let late = said(&with(&results(10), |found| found.timeout = true));
    assert!(late.contains("At 10 inputs time ran out"), "{late}");
}

#[test]
fn labels_are_counted() {
    let labelled = said(&results(100));
    assert!(labelled.contains("puts 99 of 100 labelled inputs into the class of the label"));
    let mut none = results(100);
    none.entries.iter_mut().for_each(|entry| entry.label = None);
    assert!(!said(&none).contains("label"));
}

/// A law of random networks whose boundary is `scale` away.
fn law(results: &Results, scale: f64) -> Law {
    use relubound::given::summary::Spread;
    use relubound::num::Toward;
    let mut drawn: Vec<f64> =
        (0..400).map(|i| findings(10_000 + i, scale).kappa_near().unwrap()).collect();
    drawn.sort_by(f64::total_cmp);
    let share = |kappa: f64| drawn.partition_point(|drawn| *drawn < kappa) as f64 / 400.0;
    let percentiles =
        results.entries.iter().map(|entry| Some(100.0 * share(entry.findings()?.kappa_near()?)));
    Law {
        networks: 400,
        kappa: Spread::of(drawn.iter().copied(), Toward::Nearest),
        percentiles: percentiles.collect(),
        curve: (1..).zip(&drawn).map(|(i, kappa)| (*kappa, f64::from(i) / 400.0)).collect(),
    }
}

#[test]
fn random_networks_are_easier_or_harder() {
    let all = results(100);
    let beside = |scale| {
        let subject = Subject { law: Some(law(&all, scale)), ..Subject::of(&all) };
        shown(&given::document(&subject, Detail::Brief))
    };
    assert!(beside(0.2).contains("it is easier to change than most at "), "{}", beside(0.2));
    assert!(beside(0.01).contains("it is harder to change than most at "), "{}", beside(0.01));
    assert!(!said(&all).contains("random network"));
}

#[test]
fn training_makes_it_more_or_less_susceptible() {
    let mut all = results(100);
    assert!(!said(&all).contains("Training"));
    for (scale, word) in [(0.1, "more"), (0.01, "less")] {
        all.initial = Some((0..100).map(|input| entry(input, scale)).collect());
        let text = said(&all);
        assert!(text.contains(&format!("Training has made it {word} susceptible")), "{text}");
    }
}

/// Interrupted before the network before training was looked at everywhere: only inputs at which
/// both were are held against each other, and what is missing is said, not what is there.
#[test]
fn an_interrupted_run_compares_the_same_inputs() {
    let mut all = results(100);
    all.header.reference = 7;
    all.header.initial = Some(all.header.network.clone());
    // The first ten are the only ones that were looked at before, and are harder to change.
    all.initial = Some((0..10).map(|input| entry(input, 0.04)).collect());
    for entry in all.entries.iter_mut().take(10) {
        let Outcome::Found(found) = &mut entry.outcome else { panic!() };
        found.radius.found = found.radius.found.map(|radius| 4.0 * radius);
    }
    let text = said(&all);
    assert!(text.contains("Training has made it less susceptible"), "{text}");
    assert!(text.contains("is shorter now at none of 10 inputs"), "{text}");
    let missing = "INTERRUPTED: 0 of 7 random networks asked and 10 of 100 inputs looked at before \
                   training; the same command goes on";
    assert!(text.contains(missing) && !text.contains("100 of 100 inputs looked at"), "{text}");
    assert!(text.contains("the network before training, at 10 of these 100 inputs"), "{text}");
    assert!(text.ends_with("Verdict: PARTIAL\n"), "{text}");
    // Side by side with others, too.
    let runs = [("a".to_owned(), Subject::of(&all)), ("b".to_owned(), Subject::of(&all))];
    let text = shown(&given::compare(&runs));
    assert!(text.contains(missing) && text.contains("100 of 100, partial"), "{text}");
    let mut part = results(5);
    part.header.inputs.count = 10;
    part.header.shard = Shard { part: 1, parts: 2 };
    let runs = [("a".to_owned(), Subject::of(&part)), ("b".to_owned(), Subject::of(&part))];
    let text = shown(&given::compare(&runs));
    assert!(text.contains("Part 1 of 2. ") && text.contains("5 of 5, partial"), "{text}");
}

#[test]
fn numbers_without_a_size_are_said_in_words() {
    let all = results(9);
    let far = with(&all, |found| {
        found.norm = Interval::point(1.0);
        found.radius = Bracket { certified: Some(f64::MAX), found: None };
        found.radius_max = Bracket { certified: Some(f64::MAX), found: None };
        found.epsilon = Some(Bracket { certified: Some(1e-321), found: Some(0.0) });
    });
    let text = said(&far);
    assert!(text.contains("No perturbation up to 10^308 times as long as x changes the class"));
    assert!(text.contains("the gradient does not change (proved, in the median)"), "{text}");
    assert!(!text.contains("e308") && !text.contains("e-3"), "{text}");
    let wide = with(&all, |found| {
        found.norm = Interval::point(1.0);
        found.radius = Bracket { certified: Some(14.25), found: Some(14.28) };
    });
    let text = said(&wide);
    assert!(text.contains("No perturbation shorter than 1,420 % of ‖x‖"), "{text}");
    assert!(text.contains("one of 1,430 % that does is found"), "{text}");
    // float32 has no answer.
    let over = said(&with(&all, |found| found.step.as_mut().unwrap().changes_float32 = None));
    assert!(over.contains("at 9 it cannot be told of float32, in which the network overflows"));
    assert!(!said(&all).contains("overflows"));
    // Few digits in tables for programs, too.
    let tiny = with(&all, |found| found.radius.certified = Some(1e-300));
    let csv = given::csv(&Subject::of(&tiny));
    assert!(csv.contains(",1e-300,") && csv.lines().all(|line| line.len() < 1000), "{csv}");
    // A place among a hundred is a whole number.
    let subject = Subject { law: Some(law(&all, 1e-9)), ..Subject::of(&all) };
    let text = shown(&given::document(&subject, Detail::Full));
    assert!(text.contains("percentile") && !text.contains("1.0e2"), "{text}");
}

#[test]
fn inputs_of_the_class_asked_about_are_named() {
    let mut all = results(30);
    assert!(!said(&all).contains("already of class"));
    all.header.question.against = "3".into();
    let text = said(&all);
    let own = "3 inputs are already of class 3: for them a change to the runner-up is what counts";
    assert!(text.contains(own) && text.contains("changes the class to 3 at"), "{text}");
}

#[test]
fn captions_say_what_is_drawn() {
    let mut all = results(20);
    let title = |subject: &Subject| {
        let page = given::page(subject);
        let figures = page.figures();
        let law = figures.iter().find(|figure| figure.name == "figure-law");
        law.map(|figure| figure.title.clone())
    };
    assert_eq!(title(&Subject::of(&all)), None);
    let beside = Subject { law: Some(law(&all, 0.1)), ..Subject::of(&all) };
    assert!(title(&beside).unwrap().ends_with("random networks of the same shape would give"));
    all.initial = Some((0..20).map(|input| entry(input, 0.1)).collect());
    let before = title(&Subject::of(&all)).unwrap();
    assert!(before.ends_with("beside the network before training") && !before.contains("random"));
    // The class that is reached, and the scale of each change.
    let page = given::page(&Subject::of(&all));
    let svg = &page.figures().into_iter().find(|f| f.name == "figure-extremes").unwrap().svg;
    let reached = svg.matches(" → ").count();
    assert!(reached == 6 && svg.matches(">±").count() == 6, "{svg}");
}

#[test]
fn a_table_of_every_input_has_a_line_for_each() {
    let all = results(100);
    let subject = Subject::of(&all);
    let csv = given::csv(&subject);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 100);
    let column = |name: &str| names.iter().position(|other| other == name).unwrap();
    // Digits that read back to the same float.
    let found: f64 = rows[17][column("radius_found")].parse().unwrap();
    assert_eq!(Some(found), all.entries[17].findings().unwrap().radius.found);
    assert_eq!(&rows[17][column("step_changes")], "true");
    let value: serde_json::Value = serde_json::from_str(&given::json(&subject)).unwrap();
    assert_eq!(value["inputs"].as_array().unwrap().len(), 100);
    assert_eq!(value["summary"]["judged"], 100);
}

#[test]
fn pictures_show_the_inputs_at_both_ends() {
    let all = results(100);
    let names = |results: &Results| -> Vec<String> {
        let page = given::page(&Subject::of(results));
        page.figures().iter().map(|figure| figure.name.clone()).collect()
    };
    assert_eq!(names(&all), ["figure-radii", "figure-extremes"]);
    // Inputs that are no pictures have none.
    let mut flat = all.clone();
    flat.header.grid = None;
    assert_eq!(names(&flat), ["figure-radii"]);
    // Nor have those that are changed in a space in which they are not at hand.
    let mut behind = all.clone();
    behind.header.network.normalised = true;
    behind.header.question.space = "after".into();
    assert_eq!(names(&behind), ["figure-radii"]);
    let page = given::page(&Subject::of(&all));
    let figure = page.figures()[1];
    let lines = figure.csv.lines().count();
    assert_eq!(lines, 1 + 6 * 2 * SIDE * SIDE, "six inputs, each and changed");
}

#[test]
fn runs_stand_side_by_side() {
    let (one, two) = (results(100), with(&results(100), |found| found.radius.certified = None));
    let runs = [("a".to_owned(), Subject::of(&one)), ("b".to_owned(), Subject::of(&two))];
    let document = given::compare(&runs);
    let text = shown(&document);
    assert!(text.contains("radius in ℓ₂") && text.contains("- a: digits.onnx"), "{text}");
    assert_eq!(document.figures()[0].name, "figure-compare");
}

#[test]
fn more_proved_than_true_is_a_failure() {
    let all = results(10);
    for wrong in [
        with(&all, |found| found.radius.certified = found.radius.found.map(f64::next_up)),
        with(&all, |found| found.radius_max = Bracket { certified: Some(2.0), found: Some(1.0) }),
        with(&all, |found| found.lipschitz = Bracket { certified: Some(1.0), found: Some(2.0) }),
        with(&all, |found| {
            found.epsilon = Some(Bracket { certified: Some(0.1), found: Some(0.2) });
        }),
    ] {
        let text = said(&wrong);
        assert!(text.contains("At 10 inputs more is proved than what is found can be"), "{text}");
        assert!(text.ends_with("Verdict: NUMERICAL FAILURE\n"), "{text}");
    }
}

//! The answer: what a run says, in sentences made from its rows.

use crate::judge::ledger::{Ledger, Status};
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::bias::Bias;
use crate::model::clean::short;
use crate::model::params::Amount;
use crate::model::slope::Slope;
use crate::model::start::Start;
use crate::model::weights::Ensemble;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::report::words::{
    self, NETWORKS, NUMBER, all_but, and_biases, and_slope, change, count, grouped, listed,
    networks, percentage, plainly, relative, short_widths, width,
};

/// What a reader came for.
pub fn sentences(ledger: &Ledger) -> Vec<String> {
    [
        in_norm,
        norm_size,
        norm_proved,
        flips,
        size,
        proved,
        trained,
        fails,
        linear,
        angles,
        contradictions,
        unsettled,
    ]
    .into_iter()
    .filter_map(|sentence| sentence(ledger))
    .collect()
}

/// What may be meant otherwise, or makes the answer idle.
pub fn warnings(ledger: &Ledger) -> Vec<String> {
    let Some(architecture) = ledger.architecture() else { return Vec::new() };
    let widths = architecture.widths();
    let mut said = Vec::new();
    let (depth, last) = (architecture.depth(), widths[widths.len() - 1]);
    if depth >= 8 && architecture.is_equal() && widths[0] == depth as u128 {
        said.push(format!(
            "{0}x{0} is read as {0} hidden layers of width {0}; an image of {0} by {0} pixels has \
             inputs of dimension {1}",
            depth,
            grouped((depth * depth) as u64)
        ));
    } else if depth > 1 && last <= 16 && last < widths[depth - 1] {
        said.push(format!(
            "the last width, {last}, is that of a hidden layer: the output is one number, and is \
             not in the list"
        ));
    }
    if drowned(ledger) {
        said.push(
            "the biases make f(x) so large that ⟨∇f(x), x⟩, what the input adds to it, is below \
             its rounding error"
                .into(),
        );
    }
    let dead = ledger.dead.probability;
    if dead > 0.5 {
        said.push(format!(
            "{} % of these networks are {} near any input: a layer is too narrow for the depth",
            plainly(100.0 * dead, 3),
            if ledger.config.bias.is_some() { "constant" } else { "constantly 0" }
        ));
    }
    said
}

/// Is the input's part of f below rounding, in wide networks: √Π(1 + 𝗌_i²) above 2⁵²?
fn drowned(ledger: &Ledger) -> bool {
    let config = &ledger.config;
    let bias = Bias::from_record(config.bias.as_deref(), config.gain.as_deref());
    let slope = config.slope.as_deref().map_or(Ok(Slope::relu()), Slope::parse);
    let Some((bias, slope)) = bias.ok().zip(slope.ok()) else { return false };
    let logs = bias.log_squares(&slope, ledger.depth());
    let grown = logs.into_iter().map(|log| log.exp().ln_1p()).sum::<f64>();
    0.5 * grown > 52.0 * std::f64::consts::LN_2
}

/// The widths in words.
pub fn shape(ledger: &Ledger) -> Option<String> {
    let architecture = ledger.architecture()?;
    let [input, hidden @ ..] = architecture.widths() else { return None };
    let input = format!("input of dimension {}", width(*input));
    let layers = match hidden {
        [] => "no hidden layer".to_owned(),
        [one] => format!("one hidden layer of width {}", width(*one)),
        all if all.iter().all(|d| d == &all[0]) => {
            format!("{} hidden layers of width {}", grouped(all.len() as u64), width(all[0]))
        }
        all if all.len() <= 8 => {
            let widths: Vec<String> = all.iter().map(|&d| width(d)).collect();
            format!("{} hidden layers of widths {}", all.len(), listed(&widths))
        }
        all => format!(
            "{} hidden layers of widths from {} to {}",
            grouped(all.len() as u64),
            width(all.iter().copied().min().unwrap_or(0)),
            width(all.iter().copied().max().unwrap_or(0))
        ),
    };
    let slope = match ledger.config.activation.as_deref() {
        Some(curve) => format!(", activation {}", short(curve, NUMBER)),
        None => and_slope(ledger.config.slope.as_deref()),
    };
    let biases = and_biases(ledger.config.bias.as_deref(), ledger.config.gain.as_deref());
    let weights = ensemble(ledger).map_or(String::new(), |weights| format!(", {weights}"));
    let outputs = match ledger.config.classes {
        None => "one output".to_owned(),
        Some(count) => format!("{} outputs", grouped(u64::from(count))),
    };
    Some(format!("{input}, {layers}, {outputs}{slope}{biases}{weights}"))
}

/// The weights, where they are not normal.
fn ensemble(ledger: &Ledger) -> Option<Ensemble> {
    let config = &ledger.config;
    let named = Ensemble::named(config.weights.as_deref(), config.output_weights.as_deref());
    named.ok().filter(|ensemble| !ensemble.is_gaussian())
}

/// A step whose success was counted.
struct Counted {
    t: String,
    flipped: u64,
    n: u64,
    /// At least and at most, of all networks.
    limits: Option<[f64; 2]>,
}

fn counted(ledger: &Ledger, key: &str, t: f64) -> Option<Counted> {
    let row = ledger.row(key)?;
    let (n, failed) = (row.counted?, row.exceedances?);
    let limits = row.interval.map(|[low, high]| [1.0 - high, 1.0 - low]);
    (n > 0).then(|| Counted { t: plainly(t, STEP), flipped: n - failed.min(n), n, limits })
}

/// Digits of t.
const STEP: usize = 4;

/// t, as the stage `direct` follows it.
fn direct_step(ledger: &Ledger) -> Option<f64> {
    Some(ledger.followed.as_ref()?.step)
}

/// t, as the stage `flip` takes it.
fn flip_step(ledger: &Ledger) -> f64 {
    let given = ledger.config.step.as_deref().and_then(|text| Amount::step(text).ok());
    given.map_or(2.0, |t| t.to_f64())
}

/// What a step is to achieve.
fn achievement(ledger: &Ledger) -> &'static str {
    match ledger.config.target.as_deref() {
        None => "flips the sign",
        Some("nearest") => "puts the nearest class above the first",
        Some(_) => "puts the runner-up above the first class",
    }
}

/// Does one gradient step flip the sign, and how surely?
fn flips(ledger: &Ledger) -> Option<String> {
    let direct = direct_step(ledger).and_then(|t| counted(ledger, "direct.threshold", t));
    let flip = counted(ledger, "flip.threshold", flip_step(ledger));
    let (first, second) = match (direct, flip) {
        (Some(direct), flip) => (direct, flip),
        (None, Some(flip)) => (flip, None),
        (None, None) => return None,
    };
    let head = format!("One gradient step (t = {})", first.t);
    let said = outcome(ledger, &head, &first);
    let other = second.filter(|other| other.t != first.t).map_or(String::new(), |other| {
        let shown = plainly(100.0 * other.flipped as f64 / other.n as f64, 3);
        format!("; the step t = {} does in {shown} %", other.t)
    });
    Some(said + &other)
}

/// What became of a step: `head` names it.
fn outcome(ledger: &Ledger, head: &str, counted: &Counted) -> String {
    let Counted { flipped, n, limits, .. } = counted;
    let share = *flipped as f64 / *n as f64;
    let of_all = limits.map_or(String::new(), |[low, high]| {
        let low = percentage(low, Toward::Down);
        if flipped == n {
            format!(", and so in at least {low} % of all such networks")
        } else {
            format!(", and so in {low} to {} % of all", percentage(high, Toward::Up))
        }
    });
    let what = achievement(ledger);
    if flipped == n {
        format!("{head} {what} in all {} sampled{of_all}", count(*n, "network"))
    } else if *flipped == 0 {
        format!("{head} {what} in none of {} sampled{of_all}", count(*n, "network"))
    } else {
        let few = if share < 0.5 { "only " } else { "" };
        let shown = plainly(100.0 * share, 3);
        format!("{head} {what} in {few}{shown} % of {}{of_all}", count(*n, "network"))
    }
}

/// Does the shortest step in another norm flip the sign?
fn in_norm(ledger: &Ledger) -> Option<String> {
    let (step, norm) = (ledger.shortest.as_ref()?, ledger.config.norm.as_deref()?);
    let counted = counted(ledger, "norm.threshold", step.step)?;
    let coordinates = step.coordinates.as_ref().map_or(String::new(), |count| {
        let input = ledger.architecture().map_or(String::new(), |a| width(a.input()));
        let count = count.parse().map_or_else(|_| count.clone(), width);
        format!("{count} of {input} coordinates, ")
    });
    let norm = words::norm(&short(norm, NUMBER));
    let head = format!("The shortest step {norm} ({coordinates}t = {})", counted.t);
    Some(outcome(ledger, &head, &counted))
}

/// How long is it, in its own norm and in ℓ₂?
fn norm_size(ledger: &Ledger) -> Option<String> {
    let step = ledger.shortest.as_ref()?;
    let [own, length] = ["norm.size", "norm.length"].map(|key| ledger.row(key));
    let median = |row: Option<&Row>| {
        let observed = row.and_then(|row| row.observed.as_ref())?;
        Some(relative(observed.median, Toward::Nearest))
    };
    let [own_seen, length_seen] = [own, length].map(median);
    let law = own.filter(|row| row.unmet.is_none()).and_then(|row| row.expected);
    let law = law.map(|law| relative(law.value, Toward::Nearest));
    let own = match (own_seen.filter(|_| law.is_some()), law) {
        (Some(seen), Some(law)) => {
            format!("{seen} of ‖x‖ long in its own norm in the median (by its law {law}), ")
        }
        (None, Some(law)) => {
            format!("by its law {law} of ‖x‖ long in its own norm in the median, ")
        }
        (_, None) => String::new(),
    };
    let in_l2 = length_seen.map_or(String::new(), |seen| format!("{seen} of ‖x‖ long in ℓ₂, "));
    let times = plainly(step.stretch, 3);
    let there = if in_l2.is_empty() { "in ℓ₂ " } else { "there " };
    // What it is in the limit says nothing of few dimensions.
    let wide = ledger.architecture().is_some_and(|a| a.input() >= 32);
    let limit = format!("about {times} times as long {there}as the step along the gradient");
    let parts = [own, in_l2, if wide { limit } else { String::new() }].concat();
    let said = parts.trim_end_matches(", ");
    let subject = if in_norm(ledger).is_some() {
        "It".to_owned()
    } else {
        let norm = words::norm(&short(ledger.config.norm.as_deref()?, NUMBER));
        format!("The shortest step {norm} (t = {})", plainly(step.step, STEP))
    };
    (!said.is_empty()).then(|| format!("{subject} is {said}"))
}

/// What is proved of it.
fn norm_proved(ledger: &Ledger) -> Option<String> {
    let t = ledger.shortest.as_ref()?.step;
    flip_proved(ledger, ledger.row("norm.flip")?, ledger.row("norm.threshold")?, t)
}

/// How long is the step?
fn size(ledger: &Ledger) -> Option<String> {
    let row = ledger.row("flip.size")?;
    let t = plainly(flip_step(ledger), STEP);
    let (high, median) = (row.high.as_ref()?, row.expected?.value);
    let level = all_but(&ledger.config.delta)?;
    let both = [Some(median), high.expected].map(|v| v.map(|v| relative(v, Toward::Nearest)));
    let [Some(half), Some(most)] = both else { return None };
    let law = match (&row.unmet, ensemble(ledger)) {
        (None, _) => "by its law",
        _ if ledger.config.activation.is_some() => "in the limit of wide layers",
        (_, Some(_)) => "with normal weights",
        (_, None) => "in the limit of large dimensions",
    };
    Some(match row.observed.as_ref().zip(high.observed) {
        Some((observed, quantile)) => {
            // The quantile of a few is the largest of them.
            let share = if (observed.n as f64) * (1.0 - high.level) < 1.0 {
                format!("these {}", count(observed.n, "network"))
            } else {
                format!("{level} of networks")
            };
            let [median, quantile] =
                [observed.median, quantile].map(|v| relative(v, Toward::Nearest));
            format!(
                "The step t = {t} is {median} of ‖x‖ long in the median and at most {quantile} in \
                 {share} ({law} {half} and {most})"
            )
        }
        None => format!(
            "{} the step t = {t} is {half} of ‖x‖ long in the median and at most {most} \
             with probability {level}",
            words::capital(law)
        ),
    })
}

/// What is proved here, or from which widths on?
fn proved(ledger: &Ledger) -> Option<String> {
    let row = ledger.row("direct.flip").or_else(|| ledger.row("flip.step"))?;
    let direct = row.statement == "direct.flip";
    if let Some(unmet) = &row.unmet {
        // The direct route serves every slope.
        let elsewhere = !direct && ledger.config.slope.is_some() && ensemble(ledger).is_none();
        return Some(if elsewhere {
            format!("That it flips is a matter of the stage direct: {unmet}")
        } else {
            format!("That it flips is not proved of such networks: {unmet}")
        });
    }
    let t = if direct { direct_step(ledger)? } else { flip_step(ledger) };
    let threshold = ledger.row(if direct { "direct.threshold" } else { "flip.threshold" })?;
    flip_proved(ledger, row, threshold, t)
}

/// Is it proved to fail?
fn fails(ledger: &Ledger) -> Option<String> {
    let row = ledger.row("direct.fails")?;
    let claimed = row.bound.is_some() && !row.outside && row.unmet.is_none();
    let t = direct_step(ledger).filter(|_| claimed)?;
    Some(format!(
        "That it fails is proved here: in at least half of such networks the step t = {} does not \
         flip the sign",
        plainly(t, STEP)
    ))
}

/// The same of the step t by its rows, whose hypotheses are met.
fn flip_proved(ledger: &Ledger, row: &Row, threshold: &Row, t: f64) -> Option<String> {
    let sure = all_but(&ledger.config.delta)?;
    if let Some(unmet) = &row.unmet {
        return Some(format!("That it flips is not proved of such networks: {unmet}"));
    }
    if let Some(bound) = row.bound.filter(|_| !row.outside && !row.vacuous) {
        let share = decimal(bound.value, 3, Toward::Down);
        let enough = decimal(number(1.0 / t)?, 3, Toward::Up);
        return Some(format!(
            "That it flips is proved here: with probability at least {sure} the step t = {} \
             achieves at least {share} of the linear change, where 1/t = {enough} is enough",
            plainly(t, STEP)
        ));
    }
    let expected = threshold.expected.map_or(String::new(), |width| {
        format!(
            "; it is expected from input dimension {} on, in this shape",
            decimal(width.value, 3, Toward::Up)
        )
    });
    Some(match &threshold.reach {
        Some(reach) => format!(
            "That it flips with probability {sure} is proved from widths {} on, not at these\
             {expected}",
            short_widths(&reach.widths)
        ),
        // It may be that nothing is said of other widths.
        None if threshold.unmet.is_some() => "That it flips is not proved at these widths".into(),
        None => format!("That it flips is proved at no multiple of these widths{expected}"),
    })
}

/// Does training help that stays near the initial weights?
fn trained(ledger: &Ledger) -> Option<String> {
    let [row, reach, threshold] = ["trained.flip", "trained.reach", "trained.threshold"]
        .map(|key| ledger.row(key))
        .map(|row| row.filter(|row| row.unmet.is_none()));
    let (row, reach, threshold, sure) = (row?, reach?, threshold?, all_but(&ledger.config.delta)?);
    let eta = short(ledger.config.trained.as_deref()?, NUMBER);
    let head = format!(
        "After every training that moves no weight matrix by more than η = {eta} (the initial ones \
         have norms of about 2), one of two steps that are fixed before flips the sign"
    );
    let known = |row: &Row| row.bound.filter(|_| !row.outside && !row.vacuous);
    let proved = match (known(row), &threshold.reach) {
        (Some(_), _) => format!(" with probability at least {sure}, by proof"),
        (None, Some(found)) => format!(
            ": with probability {sure} that is proved from widths {} on, not at these",
            short_widths(&found.widths)
        ),
        (None, None) => ": that is proved at no multiple of these widths".to_owned(),
    };
    let farthest = known(reach).map_or(String::new(), |bound| {
        format!("; here it is proved up to η = {}", decimal(bound.value, 3, Toward::Down))
    });
    let seen = counted(ledger, "trained.threshold", 1.0).map_or(String::new(), |counted| {
        let (withstood, n) = (counted.flipped, count(counted.n, "network"));
        let share = if withstood == counted.n {
            format!("all {n}")
        } else {
            format!("{} of {n}", grouped(withstood))
        };
        format!(". In {share} the searches found no training that spoils either")
    });
    Some(format!("{head}{proved}{farthest}{seen}"))
}

/// How near is the network to linear?
fn linear(ledger: &Ledger) -> Option<String> {
    let affine = ledger.row("linearity.affine")?;
    let gradient = ledger.row("linearity.gradient")?;
    if affine.unmet.is_some() && affine.observed.is_none() {
        return None;
    }
    let radius = match &ledger.config.radius {
        Some(text) => Amount::radius(text).ok()?.to_f64(),
        None => 1.0 / (ledger.architecture()?.input() as f64).sqrt(),
    };
    let ball = format!("In the ball of radius {}", relative(number(radius)?, Toward::Nearest));
    let proved = |row: &Row| {
        let bound = row.bound.filter(|bound| bound.value.is_finite() && !row.vacuous);
        bound.map(|bound| format!("at most {}", change(bound.value, Toward::Up)))
    };
    let searched = |row: &Row| {
        let found = row.observed.as_ref().map(|o| change(o.quantile, Toward::Nearest));
        found.map(|most| format!("up to {most} where the searches looked"))
    };
    let both = |row: &Row| match (searched(row), proved(row)) {
        (Some(searched), Some(proved)) => format!("{searched} (proved {proved})"),
        (Some(searched), None) => format!("{searched} (nothing proved)"),
        (None, Some(proved)) => format!("{proved}, by proof"),
        (None, None) => "an unknown amount (nothing is proved)".to_owned(),
    };
    Some(format!(
        "{ball} of ‖x‖ the gradient changes by {}, and f leaves its tangent by {}",
        both(gradient),
        both(affine)
    ))
}

fn number(value: f64) -> Option<Magnitude> {
    Magnitude::from_f64(value)
}

/// What depth does to angles, where nothing is said of steps.
fn angles(ledger: &Ledger) -> Option<String> {
    if ledger.row("flip.size").is_some() || ledger.row("direct.flip").is_some() {
        return None;
    }
    let last = ledger.angles.last()?;
    let row = ledger.rows.iter().rev().find(|row| row.statement == "collapse.pair")?;
    let seen = row.observed.as_ref().map_or(String::new(), |o| {
        format!(", and is {} in the median of the networks sampled", plainly(o.median.to_f64(), 3))
    });
    let proved = if last.proved.is_finite() {
        format!("; at most {} is proved", decimal(last.proved, 3, Toward::Up))
    } else {
        String::new()
    };
    let start = Start::from_record(&ledger.config.start).ok()?.title();
    Some(format!(
        "After {} the angle between two inputs, from {start}, is {} in the limit of wide layers\
         {seen}{proved}",
        count(last.layer as u64, "layer"),
        plainly(last.limit, 3)
    ))
}

/// Does anything contradict the theory?
fn contradictions(ledger: &Ledger) -> Option<String> {
    if ledger.status == Status::Bounds {
        return None;
    }
    let keys = |wanted: fn(Verdict) -> bool| -> Vec<String> {
        let rows = ledger.rows.iter().filter(|row| row.verdict.is_some_and(wanted));
        rows.map(Row::key).collect()
    };
    let violated = keys(|verdict| verdict == Verdict::Violated);
    let failed = keys(|verdict| verdict == Verdict::NumericalFailure);
    let suspect: Vec<String> =
        ledger.rows.iter().filter(|row| row.is_suspect()).map(Row::key).collect();
    let are = |list: &[String]| if list.len() == 1 { "is" } else { "are" };
    if !violated.is_empty() {
        return Some(format!(
            "THE THEORY IS CONTRADICTED: {} {} violated",
            listed(&violated),
            are(&violated)
        ));
    }
    if !failed.is_empty() {
        return Some(format!(
            "THE COMPUTATION FAILED: {} {} not a number in some network",
            listed(&failed),
            are(&failed)
        ));
    }
    if !suspect.is_empty() {
        let (rows, are) = (listed(&suspect), if suspect.len() == 1 { "looks" } else { "look" });
        return Some(format!("{rows} {are} violated, which fresh networks have yet to confirm"));
    }
    let tested = keys(|verdict| {
        matches!(verdict, Verdict::Holds | Verdict::NotRejected | Verdict::NotViolated)
    });
    match tested.len() {
        0 => None,
        n => Some(format!("Nothing contradicts the theory in {}", count(n as u64, "tested row"))),
    }
}

/// Is anything inconclusive, and what would settle it?
fn unsettled(ledger: &Ledger) -> Option<String> {
    let rows: Vec<&Row> = ledger
        .rows
        .iter()
        .filter(|row| row.verdict == Some(Verdict::Inconclusive) && !row.is_suspect())
        .collect();
    if rows.is_empty() {
        return None;
    }
    let keys: Vec<String> = rows.iter().map(|row| row.key()).collect();
    let shown = match &keys[..] {
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        all => listed(all),
    };
    let needed = NETWORKS.into_iter().filter_map(|which| {
        let of = rows.iter().filter(|row| row.settled_by.is_some() && networks(row) == which);
        let of: Vec<&&Row> = of.collect();
        let most = of.iter().filter_map(|row| row.settled_by).max()?;
        let what = match &of[..] {
            _ if rows.len() == 1 => "it".to_owned(),
            all if all.len() == rows.len() => "them".to_owned(),
            [_, _, _, _, ..] => format!("{} of them", of.len()),
            some => listed(&some.iter().map(|row| row.key()).collect::<Vec<_>>()),
        };
        Some(format!("about {} would settle {what}", count(most, which)))
    });
    let needed: Vec<String> = needed.collect();
    let needed = match &needed[..] {
        [] => "; more trials are needed".to_owned(),
        needed => format!("; {}", listed(needed)),
    };
    let are = if rows.len() == 1 { "is" } else { "are" };
    Some(format!("{shown} {are} inconclusive{needed}"))
}

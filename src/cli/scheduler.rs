//! Which of several tasks this is, by the variables that schedulers set. What they say has to be
//! one thing: two tasks that take themselves for the same part, or one for the whole, would be
//! seen only when the parts are joined.

use std::cell::RefCell;
use std::fmt;

use crate::model::shard::Shard;

/// Where a scheduler says which of several tasks this is.
struct Scheduler {
    /// The number of this task.
    id: &'static str,
    /// That of the first.
    first: First,
    /// How far numbers are apart.
    step: Option<&'static str>,
    /// That of the last.
    last: Option<&'static str>,
    /// How many tasks there are.
    count: Option<&'static str>,
    /// Without this the number is not meant as one.
    mark: Option<&'static str>,
}

/// The number of the first task.
enum First {
    Is(u64),
    Named(&'static str),
}

/// Numbered from so many, in steps of 1.
const fn from(first: u64, id: &'static str, count: Option<&'static str>) -> Scheduler {
    Scheduler { id, first: First::Is(first), step: None, last: None, count, mark: None }
}

/// Tasks that are jobs of their own.
const ARRAYS: [Scheduler; 5] = [
    Scheduler {
        id: "SLURM_ARRAY_TASK_ID",
        first: First::Named("SLURM_ARRAY_TASK_MIN"),
        step: Some("SLURM_ARRAY_TASK_STEP"),
        last: Some("SLURM_ARRAY_TASK_MAX"),
        count: Some("SLURM_ARRAY_TASK_COUNT"),
        mark: None,
    },
    from(1, "PBS_ARRAY_INDEX", None),
    from(1, "PBS_ARRAYID", None),
    Scheduler {
        id: "SGE_TASK_ID",
        first: First::Named("SGE_TASK_FIRST"),
        step: Some("SGE_TASK_STEPSIZE"),
        last: Some("SGE_TASK_LAST"),
        count: None,
        mark: None,
    },
    from(0, "JOB_COMPLETION_INDEX", None),
];

/// Processes that MPI starts together, in a job.
const RANKS: [Scheduler; 3] = [
    from(0, "OMPI_COMM_WORLD_RANK", Some("OMPI_COMM_WORLD_SIZE")),
    from(0, "PMI_RANK", Some("PMI_SIZE")),
    from(0, "PMIX_RANK", None),
];

/// Those that srun starts. Below mpirun they are its own, one a node, and a batch script has number
/// 0 without being one.
const STEP: Scheduler =
    Scheduler { mark: Some("SLURM_STEP_ID"), ..from(0, "SLURM_PROCID", Some("SLURM_NTASKS")) };

/// The part that a scheduler says, and by what.
#[derive(Debug)]
pub struct Task {
    /// The part.
    pub shard: Shard,
    read: Vec<String>,
}

/// Such as `part 3 of 4 by PMI_RANK = 2, PMI_SIZE = 4`.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.shard, self.read.join(", "))
    }
}

/// Which task this is, of so many where that was said, by variables whose values are `given`.
///
/// # Errors
/// What makes no sense of them.
pub fn task(parts: Option<usize>, given: &dyn Fn(&str) -> Option<String>) -> Result<Task, String> {
    let variables = Variables { given, read: RefCell::default() };
    let arrays = variables.numbers(&ARRAYS)?;
    let mut ranks = variables.numbers(&RANKS)?;
    if ranks.iter().all(|rank| rank.counts.is_empty()) {
        ranks.extend(variables.numbers(&[STEP])?);
    }
    if let [array, ..] = &arrays[..] {
        // The only process of a task is no more than the task.
        let alone = |rank: &Number| rank.id == 0 && rank.counts.iter().all(|&count| count == 1);
        let counted = ranks.iter().any(|rank| !rank.counts.is_empty());
        if let Some(rank) = ranks.iter().find(|rank| !(counted && alone(rank))) {
            let (task, process) = (array.scheduler.id, rank.scheduler.id);
            return Err(format!("a task of an array by {task}, and a process in it by {process}"));
        }
    }
    let numbers = if arrays.is_empty() { ranks } else { arrays };
    let shard = agreed(&numbers, parts)?;
    Ok(Task { shard, read: variables.read.into_inner() })
}

/// The part that all of them say.
fn agreed(numbers: &[Number], parts: Option<usize>) -> Result<Shard, String> {
    let Some(one) = numbers.first() else {
        let ids = ARRAYS.iter().chain(&RANKS).map(|scheduler| scheduler.id);
        let ids = ids.collect::<Vec<_>>().join(", ");
        let step = STEP.id;
        return Err(format!(
            "no scheduler says which part this is: none of {ids} is set, nor {step} by srun"
        ));
    };
    let counts = numbers.iter().flat_map(|number| &number.counts);
    let known = parts.map(|parts| parts as u64).or_else(|| counts.into_iter().next().copied());
    let Some(parts) = known else {
        let id = one.scheduler.id;
        return Err(format!("{id} says no number of parts: give it, as auto/8"));
    };
    let shard = one.part(parts)?;
    for other in &numbers[1..] {
        let theirs = other.part(parts)?;
        if theirs != shard {
            let [id, another] = [one, other].map(|number| number.scheduler.id);
            return Err(format!("{shard} by {id}, but {theirs} by {another}"));
        }
    }
    Ok(shard)
}

/// What is set, and what of it was read.
struct Variables<'a> {
    given: &'a dyn Fn(&str) -> Option<String>,
    read: RefCell<Vec<String>>,
}

impl Variables<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let text = (self.given)(name).map(|text| text.trim().to_owned());
        // Grid Engine says "undefined" outside of an array.
        text.filter(|text| !text.is_empty() && text != "undefined")
    }

    fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        let number: u64 = number.ok_or_else(|| format!("{name} is {}", quoted(&text)))?;
        self.read.borrow_mut().push(format!("{name} = {number}"));
        Ok(Some(number))
    }

    /// Of those that are there.
    fn numbers(&self, schedulers: &'static [Scheduler]) -> Result<Vec<Number>, String> {
        let set = |name| self.text(name).is_some();
        let there = schedulers.iter().filter(|scheduler| set(scheduler.id));
        let meant = there.filter(|scheduler| scheduler.mark.is_none_or(set));
        meant.map(|scheduler| self.read(scheduler)).collect()
    }

    fn read(&self, scheduler: &'static Scheduler) -> Result<Number, String> {
        let needed =
            |name| self.number(name)?.ok_or_else(|| format!("{} without {name}", scheduler.id));
        let maybe = |name: Option<&str>| name.map_or(Ok(None), |name| self.number(name));
        let id = needed(scheduler.id)?;
        let first = match scheduler.first {
            First::Is(first) => first,
            First::Named(name) => needed(name)?,
        };
        let last = maybe(scheduler.last)?;
        let count = maybe(scheduler.count)?;
        let step = maybe(scheduler.step)?.unwrap_or(1);
        let mut number = Number { scheduler, id, first, step, counts: Vec::new() };
        // An array may end between two of its numbers.
        let reached = last.map(|last| number.place(last).map_or(0, |n| n.saturating_add(1)));
        number.counts = [count, reached].into_iter().flatten().collect();
        Ok(number)
    }
}

/// A value as it is shown: cut to what can be read.
fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    let cut: String = text.chars().take(MOST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

/// The number of this task, by one scheduler.
struct Number {
    scheduler: &'static Scheduler,
    id: u64,
    first: u64,
    step: u64,
    /// How many tasks there are, as often as it is said.
    counts: Vec<u64>,
}

impl Number {
    /// How many steps after the first, from 0, rounded down.
    fn place(&self, id: u64) -> Option<u64> {
        id.checked_sub(self.first)?.checked_div(self.step)
    }

    /// The part, of so many.
    fn part(&self, parts: u64) -> Result<Shard, String> {
        let &Number { scheduler, id, first, step, .. } = self;
        if let Some(other) = self.counts.iter().find(|&&count| count != parts) {
            let tasks = if *other == 1 { "task" } else { "tasks" };
            return Err(format!("{parts} parts, and {other} {tasks} by {}", scheduler.names()));
        }
        let own = self.place(id).filter(|place| id - first == place * step);
        let shard = own.and_then(|place| {
            let part = usize::try_from(place.checked_add(1)?).ok()?;
            Some(Shard { part, parts: usize::try_from(parts).ok()? })
        });
        shard.filter(|shard| shard.is_one()).ok_or_else(|| {
            let by = if step == 1 { String::new() } else { format!(" in steps of {step}") };
            format!("{} is {id}, which is none of {parts} from {first}{by}", scheduler.id)
        })
    }
}

impl Scheduler {
    /// Variables that say how many tasks there are.
    fn names(&self) -> String {
        let first = match self.first {
            First::Is(_) => None,
            First::Named(name) => Some(name),
        };
        let names = [self.count, first, self.last, self.step];
        names.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, variables: &[(&str, &str)]) -> Result<Task, String> {
        let given = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        task(text.strip_prefix("auto/").map(|n| n.parse().unwrap()), &given)
    }

    fn part(text: &str, variables: &[(&str, &str)]) -> Result<(usize, usize), String> {
        asked(text, variables).map(|task| (task.shard.part, task.shard.parts))
    }

    type Variable = (&'static str, &'static str);

    fn slurm([id, min, max, count, step]: [&'static str; 5]) -> Vec<Variable> {
        let names = [
            "SLURM_ARRAY_TASK_ID",
            "SLURM_ARRAY_TASK_MIN",
            "SLURM_ARRAY_TASK_MAX",
            "SLURM_ARRAY_TASK_COUNT",
            "SLURM_ARRAY_TASK_STEP",
        ];
        let all = names.into_iter().zip([id, min, max, count, step]);
        all.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn srun(rank: &'static str, count: &'static str) -> Vec<Variable> {
        vec![("SLURM_PROCID", rank), ("SLURM_NTASKS", count), ("SLURM_STEP_ID", "0")]
    }

    fn mpirun(rank: &'static str, count: &'static str) -> Vec<Variable> {
        vec![("OMPI_COMM_WORLD_RANK", rank), ("OMPI_COMM_WORLD_SIZE", count), ("PMIX_RANK", rank)]
    }

    fn sge(id: &'static str, first: &'static str, last: &'static str) -> Vec<Variable> {
        vec![
            ("SGE_TASK_ID", id),
            ("SGE_TASK_FIRST", first),
            ("SGE_TASK_LAST", last),
            ("SGE_TASK_STEPSIZE", if id == "undefined" { id } else { "2" }),
        ]
    }

    #[test]
    fn schedulers_number_their_tasks_in_their_ways() {
        for (text, variables, expected) in [
            ("auto", slurm(["1", "1", "8", "8", "1"]), (1, 8)),
            ("auto", slurm(["7", "0", "7", "8", ""]), (8, 8)),
            ("auto", slurm(["12", "10", "", "4", ""]), (3, 4)),
            ("auto", slurm(["8", "0", "15", "4", "4"]), (3, 4)),
            ("auto", slurm(["12", "0", "12", "4", "4"]), (4, 4)),
            ("auto/4", slurm(["12", "0", "12", "4", "4"]), (4, 4)),
            ("auto", vec![("PMI_RANK", "2"), ("PMI_SIZE", "3")], (3, 3)),
            ("auto", mpirun("0", "3"), (1, 3)),
            ("auto", srun("4", "5"), (5, 5)),
            ("auto", sge("5", "3", "7"), (2, 3)),
            ("auto", sge("4", "4", "4"), (1, 1)),
            ("auto/8", vec![("PBS_ARRAY_INDEX", "8")], (8, 8)),
            ("auto/8", vec![("PBS_ARRAYID", "1")], (1, 8)),
            ("auto/8", vec![("JOB_COMPLETION_INDEX", "7")], (8, 8)),
            ("auto/8", vec![("PMIX_RANK", "0")], (1, 8)),
        ] {
            assert_eq!(part(text, &variables), Ok(expected), "{variables:?}");
        }
    }

    /// What several say is one thing.
    #[test]
    fn several_may_say_the_same() {
        for (text, variables, expected) in [
            // A process that is the only one of its task.
            ("auto", [slurm(["2", "1", "3", "3", "1"]), srun("0", "1")].concat(), (2, 3)),
            ("auto/3", [vec![("PBS_ARRAYID", "2")], mpirun("0", "1")].concat(), (2, 3)),
            // A batch script for four processes that starts only this one.
            (
                "auto",
                [
                    slurm(["2", "1", "3", "3", "1"]),
                    vec![("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4")],
                ]
                .concat(),
                (2, 3),
            ),
            // Below mpirun, Slurm numbers the nodes.
            ("auto", [mpirun("5", "8"), srun("1", "2")].concat(), (6, 8)),
            // PMIx by srun.
            ("auto", [vec![("PMIX_RANK", "3")], srun("3", "4")].concat(), (4, 4)),
            (
                "auto",
                [slurm(["2", "1", "3", "3", "1"]), vec![("PMIX_RANK", "0")], srun("0", "1")]
                    .concat(),
                (2, 3),
            ),
            ("auto/3", vec![("PBS_ARRAY_INDEX", "2"), ("PBS_ARRAYID", "2")], (2, 3)),
            (
                "auto",
                [sge("undefined", "undefined", "undefined"), mpirun("1", "2")].concat(),
                (2, 2),
            ),
        ] {
            assert_eq!(part(text, &variables), Ok(expected), "{variables:?}");
        }
    }

    #[test]
    fn what_was_read_is_said() {
        let said = |text, variables: &[_]| asked(text, variables).unwrap().to_string();
        assert_eq!(
            said("auto", &slurm(["8", "0", "12", "4", "4"])),
            "part 3 of 4 by SLURM_ARRAY_TASK_ID = 8, SLURM_ARRAY_TASK_MIN = 0, \
             SLURM_ARRAY_TASK_MAX = 12, SLURM_ARRAY_TASK_COUNT = 4, SLURM_ARRAY_TASK_STEP = 4"
        );
        assert_eq!(
            said("auto/8", &[("JOB_COMPLETION_INDEX", "2")]),
            "part 3 of 8 by JOB_COMPLETION_INDEX = 2"
        );
        assert_eq!(
            said("auto", &[mpirun("1", "2"), srun("0", "1")].concat()),
            "part 2 of 2 by OMPI_COMM_WORLD_RANK = 1, OMPI_COMM_WORLD_SIZE = 2, PMIX_RANK = 1"
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let array = || slurm(["2", "1", "3", "3", "1"]);
        for (text, variables, said) in [
            ("auto", vec![], "SLURM_ARRAY_TASK_ID, PBS_ARRAY_INDEX, PBS_ARRAYID, SGE_TASK_ID"),
            ("auto", slurm(["x", "1", "8", "8", "1"]), "SLURM_ARRAY_TASK_ID is \"x\""),
            ("auto", slurm(["1", "", "8", "8", "1"]), "without SLURM_ARRAY_TASK_MIN"),
            ("auto", slurm(["9", "1", "8", "8", "1"]), "is 9, which is none of 8 from 1"),
            ("auto", slurm(["0", "1", "8", "8", "1"]), "is 0, which is none of 8 from 1"),
            ("auto", slurm(["5", "0", "15", "4", "4"]), "none of 4 from 0 in steps of 4"),
            ("auto", slurm(["0", "0", "15", "4", "0"]), "4 parts, and 0 tasks"),
            ("auto", slurm(["0", "0", "", "4", "0"]), "in steps of 0"),
            // Two tasks of an array sent once more are not an array of two.
            ("auto", slurm(["3", "3", "5", "2", "1"]), "2 parts, and 3 tasks"),
            ("auto/8", slurm(["3", "3", "3", "1", "1"]), "8 parts, and 1 task by"),
            ("auto", slurm(["1", "1", "", "-3", ""]), "SLURM_ARRAY_TASK_COUNT is \"-3\""),
            ("auto", slurm(["1", "1", "", "+3", ""]), "SLURM_ARRAY_TASK_COUNT is \"+3\""),
            ("auto", slurm(["1", "1", "", "100001", ""]), "none of 100001"),
            ("auto", slurm(["18446744073709551615", "0", "", "8", ""]), "none of 8 from 0"),
            ("auto", vec![("PBS_ARRAY_INDEX", "1")], "give it, as auto/8"),
            ("auto", vec![("JOB_COMPLETION_INDEX", "1")], "give it, as auto/8"),
            ("auto/8", vec![("JOB_COMPLETION_INDEX", "8")], "is 8, which is none of 8 from 0"),
            ("auto/8", vec![("PBS_ARRAYID", "0")], "is 0, which is none of 8 from 1"),
            ("auto", mpirun("3", "3"), "is 3, which is none of 3 from 0"),
            ("auto/8", mpirun("1", "3"), "8 parts, and 3 tasks by OMPI_COMM_WORLD_SIZE"),
            ("auto", vec![("SGE_TASK_ID", "3")], "SGE_TASK_ID without SGE_TASK_FIRST"),
            ("auto", vec![("PMIX_RANK", "3")], "give it, as auto/8"),
            ("auto", vec![("PMI_RANK", "2")], "PMI_RANK says no number of parts"),
            // A batch script is none of the processes that it might start.
            (
                "auto",
                vec![("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4")],
                "nor SLURM_PROCID by srun",
            ),
            // A task of an array, and one of several processes in it.
            (
                "auto",
                [array(), srun("0", "2")].concat(),
                "a task of an array by SLURM_ARRAY_TASK_ID, and a process in it by SLURM_PROCID",
            ),
            ("auto", [array(), mpirun("1", "2")].concat(), "by OMPI_COMM_WORLD_RANK"),
            ("auto", [array(), vec![("PMIX_RANK", "0")]].concat(), "by PMIX_RANK"),
            ("auto", [array(), srun("1", "1")].concat(), "by SLURM_PROCID"),
            (
                "auto/8",
                vec![("JOB_COMPLETION_INDEX", "2"), ("PMI_RANK", "2"), ("PMI_SIZE", "8")],
                "a task of an array by JOB_COMPLETION_INDEX, and a process in it by PMI_RANK",
            ),
            // Two that say different things.
            (
                "auto",
                [vec![("PMI_RANK", "0"), ("PMI_SIZE", "3")], mpirun("1", "3")].concat(),
                "part 2 of 3 by OMPI_COMM_WORLD_RANK, but part 1 of 3 by PMI_RANK",
            ),
            (
                "auto",
                [vec![("PMI_RANK", "1"), ("PMI_SIZE", "2")], mpirun("1", "3")].concat(),
                "3 parts, and 2 tasks by PMI_SIZE",
            ),
            ("auto", [vec![("PMIX_RANK", "2")], srun("3", "4")].concat(), "but part 4 of 4 by"),
            (
                "auto/8",
                vec![("PBS_ARRAY_INDEX", "2"), ("JOB_COMPLETION_INDEX", "2")],
                "part 2 of 8 by PBS_ARRAY_INDEX, but part 3 of 8 by JOB_COMPLETION_INDEX",
            ),
        ] {
            let why = part(text, &variables).unwrap_err();
            assert!(why.contains(said), "{why}");
        }
        let why = part("auto", &[("PMI_RANK", &"9".repeat(500))]).unwrap_err();
        assert!(why.len() < 80, "{why}");
    }
}

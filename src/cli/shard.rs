//! Which part of a study or of a run is done here: as it is told, or as a scheduler says.

use crate::model::error::Error;
use crate::model::shard::Shard;

type Result<T, E = Error> = std::result::Result<T, E>;

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
}

/// The number of the first task.
enum First {
    Is(u64),
    Named(&'static str),
}

/// Processes that are numbered from 0.
const fn ranks(id: &'static str, count: &'static str) -> Scheduler {
    Scheduler { id, first: First::Is(0), step: None, last: None, count: Some(count) }
}

/// Tasks that are numbered from 1, of which nobody says how many there are.
const fn tasks(id: &'static str) -> Scheduler {
    Scheduler { id, first: First::Is(1), step: None, last: None, count: None }
}

/// In the order in which they are asked: arrays of jobs before what runs in parallel within one.
const SCHEDULERS: [Scheduler; 7] = [
    Scheduler {
        id: "SLURM_ARRAY_TASK_ID",
        first: First::Named("SLURM_ARRAY_TASK_MIN"),
        step: Some("SLURM_ARRAY_TASK_STEP"),
        last: Some("SLURM_ARRAY_TASK_MAX"),
        count: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    tasks("PBS_ARRAY_INDEX"),
    tasks("PBS_ARRAYID"),
    Scheduler {
        id: "SGE_TASK_ID",
        first: First::Named("SGE_TASK_FIRST"),
        step: Some("SGE_TASK_STEPSIZE"),
        last: Some("SGE_TASK_LAST"),
        count: None,
    },
    ranks("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ranks("PMI_RANK", "PMI_SIZE"),
    ranks("SLURM_PROCID", "SLURM_NTASKS"),
];

/// Reads `i/n`; or `auto` or `auto/n`, for the part that the scheduler says.
///
/// # Errors
/// Text that is neither; no scheduler, or one that says what makes no sense.
pub fn shard(text: &str) -> Result<Shard> {
    let given =
        |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().trim().to_owned());
    let part = match text.trim().strip_prefix("auto") {
        Some("") => return asked(text, None, &given),
        // Any part of n is as good as the first to see whether there are n.
        Some(rest) if rest.starts_with('/') => Shard::parse(&format!("1{rest}")).ok(),
        Some(_) => None,
        None => return Shard::parse(text).map_err(|why| why.hint("or auto, in an array of jobs")),
    };
    let wrong = || Error::new("shard", text, "auto, or with the number of parts, as auto/8");
    part.ok_or_else(wrong).and_then(|shard| asked(text, Some(shard.parts), &given))
}

/// The part that the first of the schedulers says.
fn asked(
    text: &str,
    parts: Option<usize>,
    given: &dyn Fn(&str) -> Option<String>,
) -> Result<Shard> {
    // Grid Engine says "undefined" outside of an array.
    let set = |name: &str| given(name).filter(|value| !value.is_empty() && value != "undefined");
    let Some(scheduler) = SCHEDULERS.iter().find(|scheduler| set(scheduler.id).is_some()) else {
        let ids = SCHEDULERS.map(|scheduler| scheduler.id).join(", ");
        let what = format!("no scheduler says which part this is: none of {ids} is set");
        return Err(Error::new("shard", text, what).hint("name the part, as 3/8"));
    };
    scheduler
        .part(parts.map(|parts| parts as u64), &set)
        .map_err(|what| Error::new("shard", text, what).hint("name the part, as 3/8"))
}

impl Scheduler {
    /// The part by these variables, of so many where that was said; or what makes no sense.
    fn part(
        &self,
        parts: Option<u64>,
        set: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Shard, String> {
        let number = |name: &'static str| match set(name).map(|text| text.parse::<u64>()) {
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(format!("{name} is {:?}", set(name).unwrap_or_default())),
            None => Ok(None),
        };
        let needed = |name| number(name)?.ok_or_else(|| format!("{} without {name}", self.id));
        let id = needed(self.id)?;
        let first = match self.first {
            First::Is(first) => first,
            First::Named(name) => needed(name)?,
        };
        let step = self.step.map_or(Ok(None), number)?.unwrap_or(1);
        let place = |id: u64| id.checked_sub(first)?.checked_div(step);
        let last = self.last.map_or(Ok(None), number)?;
        // An array may end between two of its numbers.
        let last = last.map(|last| place(last).map_or(0, |place| place.saturating_add(1)));
        let count = self.count.map_or(Ok(None), number)?;
        let known: Vec<u64> = [parts, count, last].into_iter().flatten().collect();
        let Some(&parts) = known.first() else {
            return Err(format!("{} says no number of parts: give it, as auto/8", self.id));
        };
        if let Some(other) = known.iter().find(|&&other| other != parts) {
            return Err(format!("{parts} parts, and {other} tasks by {}", self.names()));
        }
        let own = place(id).filter(|place| id - first == place * step);
        let shard = own.and_then(|place| {
            let part = usize::try_from(place.checked_add(1)?).ok()?;
            Some(Shard { part, parts: usize::try_from(parts).ok()? })
        });
        shard.filter(|shard| shard.is_one()).ok_or_else(|| {
            let by = if step == 1 { String::new() } else { format!(" in steps of {step}") };
            format!("{} is {id}, which is none of {parts} from {first}{by}", self.id)
        })
    }

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

    fn part(text: &str, variables: &[(&str, &str)]) -> Result<(usize, usize), String> {
        let given = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let parts = text.strip_prefix("auto/").map(|n| n.parse().unwrap());
        let shard = asked(text, parts, &given).map_err(|why| why.to_string())?;
        Ok((shard.part, shard.parts))
    }

    fn slurm([id, min, max, count, step]: [&'static str; 5]) -> Vec<(&'static str, &'static str)> {
        ["ID", "MIN", "MAX", "COUNT", "STEP"]
            .map(|name| match name {
                "ID" => "SLURM_ARRAY_TASK_ID",
                "MIN" => "SLURM_ARRAY_TASK_MIN",
                "MAX" => "SLURM_ARRAY_TASK_MAX",
                "COUNT" => "SLURM_ARRAY_TASK_COUNT",
                _ => "SLURM_ARRAY_TASK_STEP",
            })
            .into_iter()
            .zip([id, min, max, count, step])
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    #[test]
    fn schedulers_number_their_tasks_in_their_ways() {
        for (variables, expected) in [
            (slurm(["1", "1", "8", "8", "1"]), (1, 8)),
            (slurm(["7", "0", "7", "8", ""]), (8, 8)),
            (slurm(["12", "10", "", "4", ""]), (3, 4)),
            (slurm(["8", "0", "15", "4", "4"]), (3, 4)),
            (slurm(["12", "0", "12", "4", "4"]), (4, 4)),
            (vec![("PMI_RANK", "2"), ("PMI_SIZE", "3")], (3, 3)),
            (vec![("OMPI_COMM_WORLD_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", "3")], (1, 3)),
            (vec![("SLURM_PROCID", "4"), ("SLURM_NTASKS", "5")], (5, 5)),
        ] {
            assert_eq!(part("auto", &variables), Ok(expected), "{variables:?}");
        }
        let sge = |id, first, last, step| {
            part(
                "auto",
                &[
                    ("SGE_TASK_ID", id),
                    ("SGE_TASK_FIRST", first),
                    ("SGE_TASK_LAST", last),
                    ("SGE_TASK_STEPSIZE", step),
                ],
            )
        };
        assert_eq!(sge("5", "3", "7", "2"), Ok((2, 3)));
        assert_eq!(sge("4", "4", "4", "undefined"), Ok((1, 1)));
        assert!(sge("undefined", "undefined", "undefined", "undefined").is_err());
        assert_eq!(part("auto/8", &[("PBS_ARRAY_INDEX", "8")]), Ok((8, 8)));
        assert_eq!(part("auto/8", &[("PBS_ARRAYID", "1")]), Ok((1, 8)));
        // The first in order, and an array before the processes of one of its jobs.
        let both = [("SLURM_PROCID", "0"), ("SLURM_NTASKS", "1"), ("PBS_ARRAYID", "2")];
        assert_eq!(part("auto/3", &both), Ok((2, 3)));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
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
            ("auto/8", slurm(["3", "3", "3", "1", "1"]), "8 parts, and 1 tasks"),
            ("auto", slurm(["1", "1", "", "-3", ""]), "SLURM_ARRAY_TASK_COUNT is \"-3\""),
            ("auto", slurm(["1", "1", "", "100001", ""]), "none of 100001"),
            ("auto", slurm(["18446744073709551615", "0", "", "8", ""]), "none of 8 from 0"),
            ("auto", vec![("PBS_ARRAY_INDEX", "1")], "give it, as auto/8"),
            ("auto/8", vec![("PBS_ARRAYID", "0")], "is 0, which is none of 8 from 1"),
            ("auto", vec![("PMI_RANK", "3"), ("PMI_SIZE", "3")], "is 3, which is none of 3 from 0"),
            ("auto", vec![("SGE_TASK_ID", "3")], "SGE_TASK_ID without SGE_TASK_FIRST"),
        ] {
            let why = part(text, &variables).unwrap_err();
            assert!(why.contains(said), "{why}");
        }
    }
}

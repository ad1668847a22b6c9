//! Which part of a study or of a run is done here: as it is told, or as a scheduler says.

use super::scheduler;
use super::terminal::say;
use crate::model::error::{Error, Result};
use crate::model::shard::Shard;

/// Reads `i/n`; or `auto` or `auto/n`, for the part that the scheduler says, which is told in a
/// line.
///
/// # Errors
/// Text that is neither; no scheduler, or one that says what makes no sense.
pub fn shard(text: &str) -> Result<Shard> {
    let parts = match text.trim().strip_prefix("auto") {
        Some("") => None,
        Some(rest) => {
            // Any part of n is as good as the first to see whether there are n.
            let any = Shard::parse(&format!("1{rest}")).ok().filter(|_| rest.starts_with('/'));
            let wrong =
                || Error::new("shard", text, "auto, or with the number of parts, as auto/8");
            Some(any.ok_or_else(wrong)?.parts)
        }
        None => return Shard::parse(text).map_err(|why| why.hint("or auto, in an array of jobs")),
    };
    let given = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into());
    let task = scheduler::task(parts, &given)
        .map_err(|what| Error::new("shard", text, what).hint("name the part, as 3/8"))?;
    say(&task.to_string());
    Ok(task.shard)
}

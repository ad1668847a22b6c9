//! Crashes, which are bugs, with the place where they happened.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::error::{Error, Kind, Result};

/// What `work` gives; a crash in it becomes an error that says where: at `place`, a value of
/// `parameter`.
///
/// # Errors
/// Those of `work`, and its crash.
pub fn named<T>(
    parameter: &str,
    place: &dyn Fn() -> String,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|crash| {
        let text = crash.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| crash.downcast_ref::<String>().cloned());
        let what = text.unwrap_or_else(|| "no reason was given".into());
        let error = Error::new(parameter, place(), format!("a bug of relubound: {what}"));
        Err(error.of(Kind::Crash))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_names_its_place() {
        let place = || "64,64 (cell 3)".to_owned();
        let crash = named::<()>("widths", &place, || panic!("{} is not", 2)).unwrap_err();
        assert_eq!(crash.kind(), Kind::Crash);
        assert_eq!(crash.to_string(), "widths 64,64 (cell 3): a bug of relubound: 2 is not");
        assert_eq!(named("widths", &place, || Ok(7)), Ok(7));
    }
}

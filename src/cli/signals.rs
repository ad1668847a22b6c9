//! Signals that ask the program to end.
//!
//! What was ignored when the program was started stays ignored: the hang-up under `nohup`, and
//! interrupts of what a script runs in the background.

use std::sync::mpsc;

/// Calls `handler` for every request to end, from a thread of its own. Where that thread cannot be
/// made, requests end the program at once, as they do before this is called.
pub fn on_request(handler: impl FnMut() + Send + 'static) {
    let (ready, installed) = mpsc::channel();
    let thread = std::thread::Builder::new().spawn(move || wait(handler, &ready));
    if thread.is_ok() {
        // At the latest when the other end is dropped.
        let _ = installed.recv();
    }
}

#[cfg(unix)]
fn wait(mut handler: impl FnMut(), ready: &mpsc::Sender<()>) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let Ok(mut signals) = signal_hook::iterator::Signals::new(requests(&status)) else { return };
    let _ = ready.send(());
    signals.forever().for_each(|_| handler());
}

#[cfg(not(unix))]
fn wait(mut handler: impl FnMut(), ready: &mpsc::Sender<()>) {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let asked = Arc::new(AtomicBool::new(false));
    if signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&asked)).is_err() {
        return;
    }
    let _ = ready.send(());
    loop {
        if asked.swap(false, Ordering::Relaxed) {
            handler();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The signals to listen to, by what the system says of this process. Where it says nothing of what
/// is ignored, the hang-up is left alone: it ends the program, or under `nohup` does not.
#[cfg(unix)]
fn requests(status: &str) -> Vec<i32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        None => vec![SIGINT, SIGTERM],
        Some(mask) => {
            let heard = |signal: &i32| mask >> (signal - 1) & 1 == 0;
            [SIGHUP, SIGINT, SIGTERM].into_iter().filter(heard).collect()
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    #[test]
    fn what_was_ignored_stays_ignored() {
        let of = |mask: &str| requests(&format!("SigBlk:\t0000000000000000\nSigIgn:\t{mask}\n"));
        // SIGPIPE, which the standard library ignores.
        assert_eq!(of("0000000000001000"), [SIGHUP, SIGINT, SIGTERM]);
        assert_eq!(of("0000000000001001"), [SIGINT, SIGTERM]);
        assert_eq!(of("0000000000001006"), [SIGHUP, SIGTERM]);
        assert_eq!(of("0000000000004003"), [0; 0]);
        assert_eq!(requests(""), [SIGINT, SIGTERM]);
    }
}

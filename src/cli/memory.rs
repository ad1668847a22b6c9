//! How much memory is left for what has yet to be built, and how much was used.

use std::fs;

/// What the allocator of the GNU system reserves for a thread of its own at most.
const ARENA: u64 = 64 << 20;
/// It has so many for each processor at most.
const ARENAS: u64 = 8;
/// A thread's stack, as the standard library asks for it.
const STACK: u64 = 2 << 20;
/// A share of what is left that is not given away: for claims, ledgers and what is lost between
/// pieces.
const MARGIN: u64 = 16;

/// Bytes that a program of so many threads can still use: of the machine, of its control group, and
/// within the limits that a shell has set for it; no limit if unknown.
pub fn available(threads: usize) -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let group = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    let free = match system.available_memory().min(group) {
        0 => u64::MAX,
        bytes => bytes,
    };
    let text = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let within = within(
        &text("/proc/self/limits"),
        &text("/proc/self/status"),
        reserve(threads as u64, processors() as u64),
    );
    let left = free.min(within);
    left - left / MARGIN
}

/// Threads that run at once.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The most memory that this process has held, where the system tells.
pub fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    number(&status, "VmHWM:").map(|kilobytes| 1024 * kilobytes)
}

/// What threads take of the address space before they have anything to hold: those that sample,
/// those inside networks of either engine, and those that compute bounds.
fn reserve(threads: u64, processors: u64) -> u64 {
    let all = (3 * threads).saturating_add(processors);
    let arenas = all.min(ARENAS * processors);
    (ARENA * arenas).saturating_add(STACK.saturating_mul(all))
}

/// What the limits leave beside what is in use. An eighth of that is left in any case: the
/// allocator does with less than it would like to reserve.
fn within(limits: &str, status: &str, reserve: u64) -> u64 {
    let left = |limit: &str, used: &str| {
        let used = 1024 * number(status, used)?;
        Some(number(limits, limit)?.saturating_sub(used))
    };
    let of = [left("Max address space", "VmSize:"), left("Max data size", "VmData:")];
    let least = of.into_iter().flatten().min();
    least.map_or(u64::MAX, |left| left.saturating_sub(reserve).max(left / 8))
}

/// The number behind a name that begins a line.
fn number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\trelubound\nVmPeak:\t  999999 kB\nVmSize:\t  102400 kB\n\
                          VmHWM:\t    5120 kB\nVmData:\t   51200 kB\n";

    fn limits(space: &str, data: &str) -> String {
        format!(
            "Limit                     Soft Limit           Hard Limit           Units\n\
             Max data size             {data:<20} unlimited            bytes\n\
             Max address space         {space:<20} unlimited            bytes\n"
        )
    }

    #[test]
    fn what_is_in_use_and_what_threads_reserve_is_not_left() {
        let mib = |n: u64| n << 20;
        let left = |space: &str, data: &str, reserve| within(&limits(space, data), STATUS, reserve);
        assert_eq!(left("unlimited", "unlimited", mib(500)), u64::MAX);
        assert_eq!(left("1073741824", "unlimited", 0), mib(924));
        assert_eq!(left("1073741824", "unlimited", mib(500)), mib(424));
        // The smaller of the two.
        assert_eq!(left("1073741824", "268435456", 0), mib(206));
        // Never nothing, while there is something.
        assert_eq!(left("1073741824", "unlimited", mib(900)), mib(924) / 8);
        assert_eq!(left("1024", "unlimited", 0), 0);
        // Systems that do not tell.
        assert_eq!(within("", STATUS, 0), u64::MAX);
        assert_eq!(within(&limits("1073741824", "1"), "", 0), u64::MAX);
    }

    #[test]
    fn arenas_are_bounded_by_processors() {
        assert_eq!(reserve(2, 2), 8 * (ARENA + STACK));
        assert_eq!(reserve(1000, 2), 16 * ARENA + 3002 * STACK);
    }
}

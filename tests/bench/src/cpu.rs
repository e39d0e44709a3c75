//! Processor time of a process, and which processor it runs on. Linux only: from `/proc`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// What Linux counts `utime` and `stime` in, for user space.
const TICKS_PER_SECOND: u64 = 100;

/// The processor time that a process has used, of all its threads, in user space and kernel: to the nanosecond where
/// the kernel keeps it so, else in ticks of 10 ms.
pub fn of_process(process: u32) -> Outcome<Duration> {
    match by_threads(process) {
        Some(nanoseconds) if nanoseconds > 0 => Ok(Duration::from_nanos(nanoseconds)),
        _ => by_ticks(process),
    }
}

fn by_threads(process: u32) -> Option<u64> {
    let mut sum = 0_u64;
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        sum = sum.checked_add(text.split_whitespace().next()?.parse().ok()?)?;
    }
    Some(sum)
}

fn by_ticks(process: u32) -> Outcome<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name, which may hold anything; fields 14 and 15 are the times.
    let (_, fields) = text.rsplit_once(')').ok_or("/proc/PID/stat cannot be read")?;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// Keeps this process on one processor.
pub fn pin_this_process(core: usize) -> Outcome<()> {
    let done = Command::new("taskset")
        .args(["-a", "-p", "-c", &core.to_string(), &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("taskset: {error}"))?;
    match done.success() {
        true => Ok(()),
        false => Err(format!("cannot run on processor {core}: --load-core names another").into()),
    }
}

//! Processes that are measured: a program and all that it starts, on one processor. Linux only: from `/proc`.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::Outcome;

/// A running program in a process group of its own, which it shares with its children. It ends with its owner.
#[derive(Debug)]
pub struct Group {
    child: Child,
    /// Where it writes, if not where this program does.
    log: Option<PathBuf>,
}

/// What Linux counts `utime` and `stime` in, for user space.
const TICKS_PER_SECOND: u64 = 100;
/// Of what a program wrote before it ended.
const LAST_LINES: usize = 15;

impl Group {
    /// Starts a command on this processor. What it writes goes to `log`, or its errors to where this program's go.
    pub fn start(command: &Command, core: usize, log: Option<PathBuf>) -> Outcome<Self> {
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", &core.to_string()]).arg(command.get_program()).args(command.get_args());
        pinned.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            pinned.current_dir(folder);
        }
        let (output, errors) = match &log {
            Some(log) => {
                let file = File::create(log)?;
                (Stdio::from(file.try_clone()?), Stdio::from(file))
            }
            None => (Stdio::null(), Stdio::inherit()),
        };
        pinned.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
        let child = pinned.spawn().map_err(|error| format!("taskset: {error}"))?;
        Ok(Self { child, log })
    }

    /// How the program ended, if it has.
    pub fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// The last that it wrote to its log.
    pub fn last_words(&self) -> String {
        let text = self.log.as_deref().map(fs::read).and_then(Result::ok).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n")
    }

    /// The group's id, which is that of the program: `taskset` becomes what it starts.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processor time that all processes of the group have used, in user space and kernel.
    pub fn cpu(&self) -> Outcome<Duration> {
        let members = self.members();
        if members.is_empty() {
            return Err("no process is left".into());
        }
        members.into_iter().map(cpu).sum()
    }

    /// What of them lies in memory, in bytes. Pages that several share count for each.
    pub fn memory(&self) -> u64 {
        self.members().into_iter().filter_map(resident).sum()
    }

    fn members(&self) -> Vec<u32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        processes.filter(|process| group_of(*process) == Some(self.id())).collect()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It may have ended already; its children may not.
        let group = format!("-{}", self.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn group_of(process: u32) -> Option<u32> {
    fields(process)?.split_whitespace().nth(2)?.parse().ok()
}

/// `/proc/PID/stat` from its third field on: the second is the program's name, which may hold anything.
fn fields(process: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.to_owned())
}

/// To the nanosecond where the kernel keeps it so, else in ticks of 10 ms.
fn cpu(process: u32) -> Outcome<Duration> {
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
    let fields = fields(process).ok_or("/proc/PID/stat cannot be read")?;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

fn resident(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
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

/// A program of this name in `PATH`.
pub fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_program(file))
}

/// Whether this file can be run.
pub fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_group_is_summed_and_ends_whole() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 30 & sleep 30 & wait"]);
        let group = Group::start(&command, 0, None).unwrap();
        let id = group.id();
        let count = || {
            (0..200).any(|_| {
                group.members().len() == 3 || {
                    std::thread::sleep(Duration::from_millis(10));
                    false
                }
            })
        };
        assert!(count(), "{:?}", group.members());
        assert!(group.memory() > 0 && group.cpu().is_ok());
        drop(group);
        // Its children die a moment later, and whoever adopted them may not have looked after them yet.
        let left = || {
            let entries = fs::read_dir("/proc").unwrap().flatten();
            let mut processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
            processes.any(|process| {
                group_of(process) == Some(id) && !fields(process).is_some_and(|text| text.starts_with(" Z"))
            })
        };
        let gone = (0..12_000).any(|_| {
            !left() || {
                std::thread::sleep(Duration::from_millis(10));
                false
            }
        });
        assert!(gone);
    }
}

//! What ties Envoy to this process beyond its destructors: a process that is killed runs none of them, and an Envoy
//! that stays behind holds the port, and serves with credentials that its operator believes are gone.

use tokio::process::Command;

/// Has the system kill the command's process when this one ends, however it ends. Only Linux can: elsewhere a `ferro`
/// that is killed leaves its Envoy running.
///
/// The system looks at the thread that starts the process, not at the whole process: it has to be one that lasts, as
/// the only thread of this program's runtime does.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "what runs between fork and exec cannot be said safely")]
pub fn tie(command: &mut Command) {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    let parent = getpid();
    let before_exec = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // A parent that ended before the line above is one that nobody is told of.
        match getppid() == Some(parent) {
            true => Ok(()),
            false => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    };
    // SAFETY: three system calls, and no memory that another thread of the parent may have locked: nothing allocates,
    // since an error of a kind or of a number holds nothing.
    unsafe { command.pre_exec(before_exec) };
}

/// Nothing, where the system cannot.
#[cfg(not(target_os = "linux"))]
pub fn tie(_: &mut Command) {}

//! What ties Envoy to this process beyond its destructors: a process that is killed runs none of them, and an Envoy
//! that stays behind holds the port, and serves with credentials that its operator believes are gone.

use tokio::process::Command;

/// Has the system kill the command's process when this one ends, however it ends. Only Linux can; for others there is
/// [`watch`].
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

/// Where the system cannot, a process that waits for the end of this one, and then kills `child`: it reads from a pipe
/// that nobody writes to, and that ends with whoever holds its other end. It goes when what is returned is dropped.
///
/// # Errors
/// In words for the operator.
#[cfg(any(test, not(target_os = "linux")))]
pub fn watch(child: u32) -> Result<tokio::process::Child, String> {
    use std::process::Stdio;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "read -r _; kill -9 \"$1\"", "sh", &child.to_string()]);
    // A terminal that ends everything of a group is no reason for it to end first.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let started = command.kill_on_drop(true).spawn();
    started.map_err(|error| format!("cannot start what ends Envoy if this program is killed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_is_watched_ends_when_nobody_holds_the_pipe() {
        let mut child = Command::new("/bin/sleep").arg("600").kill_on_drop(true).spawn().unwrap();
        let mut watch = watch(child.id().unwrap()).unwrap();
        assert_eq!(child.try_wait().unwrap(), None);
        drop(watch.stdin.take());
        assert!(!child.wait().await.unwrap().success());
        assert!(watch.wait().await.unwrap().success());
    }
}

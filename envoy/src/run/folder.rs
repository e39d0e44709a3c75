//! A folder for Envoy's configuration that nobody else can read, gone when its owner is.
//!
//! Its name cannot be guessed, so nobody can have put anything there before. An owner that is killed leaves it behind;
//! nothing in it is secret, since credentials are only named there.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

/// A folder that is removed with its content when it is dropped.
#[derive(Debug)]
pub struct PrivateFolder(TempDir);

impl PrivateFolder {
    /// A new folder among the system's temporary files.
    ///
    /// # Errors
    /// It cannot be made: in words for the operator.
    pub fn new() -> Result<Self, String> {
        let parent = std::env::temp_dir();
        Self::inside(&parent).map_err(|error| unusable(&parent, &error))
    }

    fn inside(parent: &Path) -> io::Result<Self> {
        let owner_only = || Permissions::from_mode(0o700);
        let folder = Builder::new().prefix("ferro-").permissions(owner_only()).tempdir_in(parent)?;
        // The system takes the umask's bits away, and its owner must be able to use it.
        std::fs::set_permissions(folder.path(), owner_only())?;
        Ok(Self(folder))
    }

    /// Its name among the temporary files.
    pub fn name(&self) -> String {
        self.0.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Where the folder itself is.
    pub fn place(&self) -> &Path {
        self.0.path()
    }

    /// Makes a link to `target`, in place of one that may be there: by renaming.
    ///
    /// # Errors
    /// It cannot be made: in words for the operator.
    pub fn link(&self, name: &str, target: &Path) -> Result<(), String> {
        let draft = self.path(&format!("{name}.new"));
        // One may be left of a link that could not be put in its place.
        let _ = std::fs::remove_file(&draft);
        std::os::unix::fs::symlink(target, &draft)
            .and_then(|()| std::fs::rename(&draft, self.path(name)))
            .map_err(|error| unusable(self.0.path(), &error))
    }

    /// Where a socket of this name can be; `None` if the path would be longer than sockets may have.
    pub fn socket(&self, name: &str) -> Option<PathBuf> {
        // 104 bytes on macOS, 108 on Linux, a zero at the end included.
        const LONGEST: usize = 103;
        Some(self.path(name)).filter(|path| path.as_os_str().as_bytes().len() <= LONGEST)
    }

    /// Writes a file, whole or not at all: who reads it at the same time sees the old one or the new one.
    ///
    /// # Errors
    /// It cannot be written: in words for the operator.
    pub fn write(&self, name: &str, content: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        let write = || {
            let mut file = NamedTempFile::new_in(self.0.path())?;
            file.as_file().set_permissions(Permissions::from_mode(0o600))?;
            file.write_all(content.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|error| unusable(self.0.path(), &error))?;
        Ok(path)
    }
}

/// Why a folder will not do for Envoy's configuration, and what to do.
fn unusable(folder: &Path, error: &io::Error) -> String {
    let way_out = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Free some space there, or set TMPDIR to a folder on another disk"
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "Make that folder, or set TMPDIR to one that is there"
        }
        _ => "Set TMPDIR to a folder that this user may write to",
    };
    format!("cannot write Envoy's configuration in {}: {error}. {way_out}.", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_reads_it_and_it_goes() {
        let folder = PrivateFolder::new().unwrap();
        let file = folder.write("a.json", "{}").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.0.path()), mode(&file)), (0o700, 0o600));
        folder.write("a.json", "[]").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[]");
        assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1, "a draft is left");
        let path = folder.0.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_will_not_do_is_named_with_a_way_out() {
        let nowhere = Path::new("/nowhere/at/all");
        let said = PrivateFolder::inside(nowhere).map_err(|error| unusable(nowhere, &error)).unwrap_err();
        assert!(
            said.contains("in /nowhere/at/all: ") && said.contains("set TMPDIR to one that is there"),
            "{said}"
        );
        let full = unusable(nowhere, &io::ErrorKind::StorageFull.into());
        assert!(full.contains("Free some space"), "{full}");
    }

    #[test]
    fn its_name_is_its_own_each_time() {
        let names: Vec<_> = (0..3).map(|_| PrivateFolder::new().unwrap().path("x")).collect();
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
    }

    #[test]
    fn a_socket_that_could_not_be_bound_is_not_promised() {
        let parent = tempfile::tempdir().unwrap();
        let deep = parent.path().join("d".repeat(100));
        std::fs::create_dir(&deep).unwrap();
        assert_eq!(PrivateFolder::inside(&deep).unwrap().socket("admin.sock"), None);
        let socket = PrivateFolder::new().unwrap().socket("admin.sock");
        assert!(socket.is_none_or(|path| path.ends_with("admin.sock")));
    }
}

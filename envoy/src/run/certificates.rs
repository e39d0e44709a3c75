//! Certificates that Envoy shows, kept in step with their files.
//!
//! Envoy watches a folder, and sees there what is put into it by renaming. Files are renewed in other ways as well:
//! written anew where they are, or by links that are made anew. So Envoy gets links in a folder of ours, which are made
//! anew whenever the files behind them have changed and belong together; until then it keeps those that it has. No
//! content is copied.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::folder::PrivateFolder;
use crate::load::{belong_together, read};
use crate::render::Shown;
use crate::terminal;

/// The certificates of a running Envoy.
#[derive(Debug)]
pub struct Certificates<'a> {
    folder: &'a PrivateFolder,
    /// What their files held when they were last linked.
    linked: RefCell<BTreeMap<Shown, Content>>,
}

/// The certificate and the key; nothing, where they cannot be read.
type Content = [Option<Vec<u8>>; 2];

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

impl<'a> Certificates<'a> {
    /// None yet, in this folder.
    pub fn new(folder: &'a PrivateFolder) -> Self {
        Self { folder, linked: RefCell::default() }
    }

    /// Links those that are not linked yet.
    ///
    /// # Errors
    /// They cannot be: in words for the operator.
    pub fn link(&self, shown: &[Shown]) -> Result<(), String> {
        for shown in shown {
            if self.linked.borrow().contains_key(shown) {
                continue;
            }
            self.put(shown)?;
            let [secret, ..] = shown.files();
            self.folder.write(&secret, &shown.secret(self.folder.place()).to_string())?;
            self.linked.borrow_mut().insert(shown.clone(), content(shown));
        }
        Ok(())
    }

    /// Links for ever what is renewed.
    pub async fn keep(&self) {
        loop {
            sleep(INTERVAL).await;
            let changed: Vec<_> = self.linked.borrow().iter().filter_map(renewed).collect();
            for (shown, content) in changed {
                let name = shown.certificate.display();
                match self.put(&shown) {
                    Ok(()) => terminal::progress(&format!("{name} was renewed: shown from now on")),
                    Err(error) => terminal::error(&format!("{name} was renewed: {error}")),
                }
                self.linked.borrow_mut().insert(shown, content);
            }
        }
    }

    /// Envoy looks when one of the two is put there, and both must be by then: the key goes first.
    fn put(&self, shown: &Shown) -> Result<(), String> {
        let [_, certificate, key] = shown.files();
        self.folder.link(&key, &shown.key)?;
        self.folder.link(&certificate, &shown.certificate)
    }
}

/// What is there now, if that is another pair than before.
fn renewed((shown, before): (&Shown, &Content)) -> Option<(Shown, Content)> {
    let now = content(shown);
    let is_another = now != *before && now.iter().all(Option::is_some);
    (is_another && belong_together(&shown.certificate, &shown.key)).then(|| (shown.clone(), now))
}

fn content(shown: &Shown) -> Content {
    let read = |path: &Path| read(path).ok();
    [read(&shown.certificate), read(&shown.key)]
}

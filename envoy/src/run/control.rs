//! What Envoy runs with, given to it by this program over a socket: Envoy asks (xDS over REST), and is answered as soon
//! as there is something new.
//!
//! With each question Envoy names the version that it has, so the next one says what became of an answer: Envoy took it
//! if it names its version, and refused it if it names another. Nothing of this lies in a folder that somebody may clean.
//! On Linux the socket has no file either. Whoever is not of this user is sent away.
//!
//! <https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol>

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::geteuid;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch::Sender;
use tokio::time::{sleep, timeout};

use super::folder::PrivateFolder;
use super::http;
use crate::render::{Kind, Parts};

/// Answers Envoy's questions.
#[derive(Debug)]
pub struct Control {
    /// Where Envoy asks.
    pub path: PathBuf,
    offers: Offers,
}

type Offers = Arc<Sender<Parts<Offer>>>;

/// What Envoy makes of what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs with it.
    Taken,
    /// It runs on with what it had.
    Refused,
    /// It does not say.
    Unknown,
}

/// What is there for Envoy, of one kind.
#[derive(Debug)]
struct Offer {
    /// Counts the offers; none, and there is nothing yet.
    version: u64,
    answer: Arc<str>,
    is_asked: bool,
    is_sent: bool,
    verdict: Option<Verdict>,
}

impl Default for Offer {
    fn default() -> Self {
        Self { version: 0, answer: Arc::from(""), is_asked: false, is_sent: false, verdict: None }
    }
}

/// How long Envoy may take to say what it makes of something.
const LONGEST_THOUGHT: Duration = Duration::from_secs(30);
/// How long a question waits for something new.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

const UNCHANGED: &[u8] = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n";
const UNKNOWN: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

impl Control {
    /// Answers from now on.
    ///
    /// # Errors
    /// There can be no socket.
    pub fn start(folder: &PrivateFolder) -> io::Result<Self> {
        let (listener, path) = listen(folder)?;
        let offers = Offers::default();
        tokio::spawn(accept(listener, Arc::clone(&offers)));
        Ok(Self { path, offers })
    }

    /// Has something else for Envoy.
    pub fn put(&self, kind: Kind, resources: &[Value]) {
        self.offers.send_modify(|offers| {
            let offer = offers.of_mut(kind);
            let version = offer.version.saturating_add(1);
            let body = json!({ "version_info": version.to_string(), "resources": kind.typed(resources) });
            let body = body.to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
            let answer = Arc::from(format!("{head} {}\r\n\r\n{body}", body.len()));
            *offer = Offer { version, answer, is_asked: offer.is_asked, ..Offer::default() };
        });
    }

    /// Has something else for Envoy, and waits for what it makes of that.
    pub async fn give(&self, kind: Kind, resources: &[Value]) -> Verdict {
        self.put(kind, resources);
        let heard = self.wait(|offers| offers.of(kind).verdict.is_some());
        let _ = timeout(LONGEST_THOUGHT, heard).await;
        self.offers.borrow().of(kind).verdict.unwrap_or(Verdict::Unknown)
    }

    /// Waits until Envoy asks for something of this kind.
    pub async fn asked(&self, kind: Kind) {
        self.wait(|offers| offers.of(kind).is_asked).await;
    }

    /// Waits until Envoy refuses something.
    pub async fn refused(&self) {
        let is_refused =
            |offers: &Parts<Offer>, kind: &Kind| offers.of(*kind).verdict == Some(Verdict::Refused);
        self.wait(|offers| Kind::ALL.iter().any(|kind| is_refused(offers, kind))).await;
    }

    async fn wait(&self, until: impl FnMut(&Parts<Offer>) -> bool) {
        // It fails once nobody offers anything any more, and `self` does.
        let _ = self.offers.subscribe().wait_for(until).await;
    }
}

impl Offer {
    /// Envoy asks, and says which version it has.
    fn ask(&mut self, version: &str) {
        self.is_asked = true;
        if self.is_sent && self.verdict.is_none() {
            let is_taken = version == self.version.to_string();
            self.verdict = Some(if is_taken { Verdict::Taken } else { Verdict::Refused });
        }
    }

    /// An answer of this version did not arrive.
    const fn lost(&mut self, version: u64) {
        if self.version == version {
            self.is_sent = false;
        }
    }

    const fn is_due(&self) -> bool {
        self.version > 0 && !self.is_sent
    }
}

#[cfg(target_os = "linux")]
fn listen(folder: &PrivateFolder) -> io::Result<(UnixListener, PathBuf)> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener as Blocking};
    // The folder's name cannot be guessed before it is there, and so nobody has taken this one.
    let name = format!("{}-{}", folder.name(), std::process::id());
    let listener = Blocking::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
    listener.set_nonblocking(true)?;
    // This is how Envoy writes it.
    Ok((UnixListener::from_std(listener)?, PathBuf::from(format!("@{name}"))))
}

#[cfg(not(target_os = "linux"))]
fn listen(folder: &PrivateFolder) -> io::Result<(UnixListener, PathBuf)> {
    let path = folder.socket("control.sock").ok_or(io::ErrorKind::InvalidFilename)?;
    Ok((UnixListener::bind(&path)?, path))
}

async fn accept(listener: UnixListener, offers: Offers) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if is_ours(&stream) => drop(tokio::spawn(answer(stream, Arc::clone(&offers)))),
            Ok(_) => {}
            // Out of descriptors, say: for a moment.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Whether a process of this user is at the other end.
fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == geteuid().as_raw())
}

/// Answers the questions of one connection.
async fn answer(stream: UnixStream, offers: Offers) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(question) = http::read(&mut stream).await? {
        let path = question.start.split(' ').nth(1).unwrap_or_default();
        let Some(kind) = Kind::ALL.into_iter().find(|kind| path.ends_with(&format!(":{}", kind.word())))
        else {
            stream.write_all(UNKNOWN).await?;
            continue;
        };
        let body: Value = serde_json::from_slice(&question.body).unwrap_or_default();
        let version = body.get("version_info").and_then(Value::as_str).unwrap_or_default();
        offers.send_modify(|offers| offers.of_mut(kind).ask(version));
        let mut news = offers.subscribe();
        let due = timeout(LONGEST_WAIT, news.wait_for(|offers| offers.of(kind).is_due()));
        let is_due = tokio::select! {
            due = due => due.is_ok(),
            // Envoy says nothing while it waits: it has gone.
            _ = stream.fill_buf() => return Ok(()),
        };
        if !is_due {
            stream.write_all(UNCHANGED).await?;
            continue;
        }
        let (mut version, mut answer) = (0, Arc::from(""));
        offers.send_modify(|offers| {
            let offer = offers.of_mut(kind);
            offer.is_sent = true;
            (version, answer) = (offer.version, Arc::clone(&offer.answer));
        });
        if let Err(error) = stream.write_all(answer.as_bytes()).await {
            // Whoever asked has gone; who asks next gets it.
            offers.send_modify(|offers| offers.of_mut(kind).lost(version));
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(envoy: &mut BufReader<UnixStream>, version: &str) {
        let body = json!({ "version_info": version }).to_string();
        let head = "POST /v3/discovery:routes HTTP/1.1\r\ncontent-length:";
        let question = format!("{head} {}\r\n\r\n{body}", body.len());
        envoy.write_all(question.as_bytes()).await.unwrap();
    }

    async fn told(envoy: &mut BufReader<UnixStream>) -> String {
        let body = http::read(envoy).await.unwrap().unwrap().body;
        let body: Value = serde_json::from_slice(&body).unwrap();
        format!("{} {}", body["version_info"].as_str().unwrap(), body["resources"][0]["name"])
    }

    fn connect(control: &Control) -> BufReader<UnixStream> {
        use std::os::unix::net::{SocketAddr, UnixStream as Blocking};
        let path = control.path.to_str().unwrap();
        #[cfg(target_os = "linux")]
        let address = <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(
            path.trim_start_matches('@'),
        )
        .unwrap();
        #[cfg(not(target_os = "linux"))]
        let address = SocketAddr::from_pathname(path).unwrap();
        let stream = Blocking::connect_addr(&address).unwrap();
        stream.set_nonblocking(true).unwrap();
        BufReader::new(UnixStream::from_std(stream).unwrap())
    }

    #[tokio::test]
    async fn what_envoy_takes_and_refuses_is_known() {
        let folder = PrivateFolder::new().unwrap();
        let control = Control::start(&folder).unwrap();
        let mut envoy = connect(&control);
        ask(&mut envoy, "").await;
        control.asked(Kind::Routes).await;
        control.put(Kind::Routes, &[json!({ "name": "a" })]);
        assert_eq!(told(&mut envoy).await, "1 \"a\"");
        ask(&mut envoy, "1").await;
        let [b, c] = ["b", "c"].map(|name| [json!({ "name": name })]);
        let (verdict, ()) = tokio::join!(control.give(Kind::Routes, &b), async {
            assert_eq!(told(&mut envoy).await, "2 \"b\"");
            ask(&mut envoy, "2").await;
        });
        assert_eq!(verdict, Verdict::Taken);
        let (verdict, ()) = tokio::join!(control.give(Kind::Routes, &c), async {
            assert_eq!(told(&mut envoy).await, "3 \"c\"");
            ask(&mut envoy, "2").await;
        });
        assert_eq!(verdict, Verdict::Refused);
        control.refused().await;

        // A question that nobody waits for any more does not take the answer of the next one.
        drop(envoy);
        let mut envoy = connect(&control);
        ask(&mut envoy, "2").await;
        control.put(Kind::Routes, &[json!({ "name": "d" })]);
        assert_eq!(told(&mut envoy).await, "4 \"d\"");
    }
}

//! Runs `ferro`, and asks what it serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The top of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// `ferro` with these arguments, at the top of the repository and without anybody's keys.
pub fn ferro(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ferro"));
    command.args(arguments).current_dir(repository()).stdin(Stdio::null());
    without_keys(&mut command);
    command
}

/// A line of a shell that knows `ferro`, at the top of the repository and without anybody's keys.
pub fn shell(line: &str) -> Command {
    let folder = Path::new(env!("CARGO_BIN_EXE_ferro")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(repository()).stdin(Stdio::null());
    command.env("PATH", format!("{}:{path}", folder.display()));
    without_keys(&mut command);
    command
}

fn without_keys(command: &mut Command) {
    let keys = std::env::vars_os().map(|(key, _)| key);
    let told = ["_API_KEY", "_PROXY", "_proxy"];
    for key in keys.filter(|key| told.iter().any(|end| key.to_string_lossy().ends_with(end))) {
        command.env_remove(key);
    }
}

/// What a command printed and how it ended.
pub fn output(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A port that nobody listens on, below those that clients are given.
pub fn free_port() -> u16 {
    static NEXT: Mutex<u16> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    loop {
        let offset = (std::process::id() % 500) as u16 * 20;
        *next += 1;
        let port = 20_000 + (offset + *next) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The first of three ports in a row that nobody listens on, below all others that tests are given.
pub fn three_free_ports() -> u16 {
    static NEXT: Mutex<u16> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    loop {
        let offset = (std::process::id() % 100) as u16 * 30;
        *next += 3;
        let first = 6_700 + (offset + *next) % 3_000;
        if (first..first + 3).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("ferro-test-{}-{}", std::process::id(), free_port()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// Writes a file at once, as editors do.
    pub fn write(&self, name: &str, content: &str) -> String {
        let (draft, file) = (self.0.join(".draft"), self.0.join(name));
        std::fs::write(&draft, content).unwrap();
        std::fs::rename(draft, &file).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A `ferro` that runs until it is stopped.
pub struct Running {
    child: Child,
    words: Arc<Mutex<String>>,
}

impl Running {
    /// Starts it; returns when it has said `word`.
    pub fn start(command: &mut Command, word: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let words: Arc<Mutex<String>> = Arc::default();
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for pipe in pipes {
            let words = Arc::clone(&words);
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    *words.lock().unwrap() += &(line + "\n");
                }
            });
        }
        let mut running = Self { child, words };
        running.says(word);
        running
    }

    /// All it has said so far.
    pub fn words(&self) -> String {
        self.words.lock().unwrap().clone()
    }

    /// Waits until it has said `word`.
    pub fn says(&mut self, word: &str) {
        eventually(word, || {
            let said = self.words().contains(word);
            let over = self.child.try_wait().unwrap();
            assert!(said || over.is_none(), "it ended without {word:?}:\n{}", self.words());
            said
        });
    }

    /// Ctrl-C; returns its exit code.
    pub fn stop(mut self) -> i32 {
        self.interrupt();
        self.child.wait().unwrap().code().unwrap()
    }

    fn interrupt(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        let _ = kill_process(pid, Signal::INT);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.interrupt();
            let _ = self.child.wait();
        }
    }
}

/// Waits until `probe` is true, a minute at most.
pub fn eventually(what: &str, mut probe: impl FnMut() -> bool) {
    for _ in 0..1200 {
        if probe() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("waited in vain: {what}");
}

/// Reads what a server of this machine has at a path; the whole response, headers and all.
pub fn get(port: u16, path: &str) -> String {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks for a model's answer; the whole response, headers and all.
pub fn ask(port: u16, model: &str) -> String {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello!"}}]}}"#);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        connection,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    // An answer that breaks off is judged by what there is of it.
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

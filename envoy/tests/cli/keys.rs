//! The keys of callers: what is printed where, and what never is.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::support::{Folder, ferro, output};

const SECRET: &str = "a signing key of more than thirty-two bytes";

const FILE: &str = "
access:
  signing_keys: [{id: k2, secret: \"${FERRO_SIGNING_KEY}\"}, {id: k1, secret: \"${OLD_KEY}\", verify_only: true}]
  keys: [{id: ci, sha256: 2ce4b3f3b1d37d3d4d4be9e3ac42f1d97a3e2ee5b6dc3a6b9f2f4ed8d3ad6dd4, role: developer}]
  revoked: []
  roles:
    admin: {admin: true}
    developer: {models: [\"gpt-*\"], requests_per_minute: 60, budget: {usd: 50, per: week}}
";

/// `ferro keys` with these arguments, where the usual variable has this signing key.
fn keys(arguments: &[&str], secret: &str) -> Command {
    let mut command = ferro(&[&["keys"], arguments].concat());
    command.env("FERRO_SIGNING_KEY", secret);
    command
}

/// A key of the file, alone on standard output.
fn key(file: &str, arguments: &[&str]) -> String {
    let arguments = [&["create", "-c", file, "--role", "developer"], arguments].concat();
    let (code, out, err) = output(&mut keys(&arguments, SECRET));
    assert_eq!(code, 0, "{err}");
    let key = out.strip_suffix('\n').unwrap();
    assert!(key.starts_with("sk-ferro-") && key.len() <= 160 && !key.contains(['\n', ' ']), "{out}");
    assert!(!err.contains(key) && !err.contains(SECRET), "{err}");
    key.to_owned()
}

/// What a command says that is given this on standard input.
fn hearing(command: &mut Command, input: &str) -> (i32, String, String) {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
}

/// What `inspect --json` says of a key on standard input, and its exit code.
fn seen(key: &str, file: &str, secret: &str) -> (i32, Value) {
    let (code, out, err) = hearing(&mut keys(&["inspect", "-", "--json", "-c", file], secret), key);
    assert!(key.len() < 12 || !(out.clone() + &err).contains(key), "{out}{err}");
    assert_eq!(code == 0, err.is_empty(), "{err}");
    (code, serde_json::from_str(&out).unwrap())
}

#[test]
fn a_key_is_made_once_and_read_again() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", FILE);
    let more = ["--label", "CI, é", "--models", "gpt-4o", "gpt-5", "--requests-per-minute", "5"];
    let key = key(&file, &[&more[..], &["--budget", "5/day", "--expires-in", "1d12h"]].concat());
    let (code, seen) = seen(&key, &file, SECRET);
    assert_eq!((code, &seen["valid"], &seen["reason"]), (0, &json!(true), &Value::Null), "{seen}");
    assert_eq!(
        (&seen["role"], &seen["label"], &seen["signer"]),
        (&json!("developer"), &json!("CI, é"), &json!("k2"))
    );
    let limits = json!({
        "models": ["gpt-4o", "gpt-5"], "requests_per_minute": 5, "budget": {"usd": 5.0, "per": "day"},
    });
    assert_eq!(seen["limits"], limits);
    let time = |name: &str| ferro::access::parse_date(seen[name].as_str().unwrap()).unwrap();
    assert_eq!(time("expires") - time("issued"), 36 * 3600);
    let (code, out, err) = hearing(&mut keys(&["inspect", "-", "-c", &file], SECRET), &key);
    assert!(
        code == 0 && out.contains("role     developer\n") && out.ends_with("valid    yes\n"),
        "{out}{err}"
    );
    assert!(!out.contains(&key), "{out}");
}

#[test]
fn a_key_that_is_not_good_says_why() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", FILE);
    let good = key(&file, &[]);
    let id = seen(&good, &file, SECRET).1["id"].as_str().unwrap().to_owned();
    let why = |key: &str, file: &str, secret: &str| {
        let (code, seen) = seen(key, file, secret);
        assert_eq!(code, 1, "{seen}");
        (seen["valid"].clone(), seen["reason"].as_str().unwrap().to_owned())
    };
    let other = "another signing key of more than enough bytes";
    let revoked = folder.write("revoked.yaml", &FILE.replace("revoked: []", &format!("revoked: [{id}]")));
    let elsewhere = folder.write("elsewhere.yaml", &FILE.replace("id: k2", "id: k3"));
    let roleless = folder.write("roleless.yaml", &FILE.replace("developer", "tester"));
    let old = FILE.replace("budget:", "not_before: 2100-01-01, budget:");
    let old = folder.write("old.yaml", &old);
    for (key, file, secret, want) in [
        (&*good, &*file, other, "it was not signed with \"k2\""),
        (&good, &revoked, SECRET, "it was taken back"),
        (&good, &elsewhere, SECRET, "it is of the signing key \"k2\""),
        (&good, &roleless, SECRET, "the file has no role \"developer\""),
        (&good, &old, SECRET, "it is older than its role takes"),
        (&good[..61], &file, SECRET, "it was not signed with \"k2\": it was changed"),
        (&good[..20], &file, SECRET, "it is no issued key"),
        ("nonsense", &file, SECRET, "it is no issued key"),
        ("", &file, SECRET, "it is no issued key"),
    ] {
        let (valid, reason) = why(key, file, secret);
        assert!(valid == json!(false) && reason.starts_with(want), "{valid}: {reason}, not {want}");
    }
    let (valid, reason) = why(&good, &file, "");
    assert!(valid.is_null() && reason.contains("FERRO_SIGNING_KEY is not set"), "{reason}");
    let short = key(&file, &["--expires-in", "1s"]);
    super::support::eventually("a key to end", || seen(&short, &file, SECRET).0 == 1);
    assert_eq!(why(&short, &file, SECRET).1, "its time is over");
}

#[test]
fn what_would_be_no_key_is_told() {
    let folder = Folder::new();
    let file = folder.write("gateway.yaml", FILE);
    let long = "x".repeat(80);
    for (arguments, want, code) in [
        (&["--role", "devel"][..], "--role: there is no role \"devel\", but admin, developer", 1),
        (&["--role", "developer", "--models", "claude-1"], "--models: the role \"developer\" may not use", 1),
        (&["--role", "developer", "--requests-per-minute", "61"], "61 is more than the 60", 1),
        (
            &["--role", "developer", "--budget", "51/day"],
            "51 USD per day is more than the 50 USD per week",
            1,
        ),
        (&["--role", "developer", "--label", &long], "bytes more than fit into a key of 160 characters", 1),
        (&["--role", "developer", "--expires-in", "367d"], "at most 366d", 2),
        (&["--role", "developer", "--expires-in", "0s"], "a duration such as 30s", 2),
        (&["--role", "developer", "--budget", "5"], "such as 5/day", 2),
        (&[], "--role <NAME>", 2),
    ] {
        let (have, out, err) = output(&mut keys(&[&["create", "-c", &file], arguments].concat(), SECRET));
        assert_eq!((have, out.as_str()), (code, ""), "{err}");
        assert!(err.contains(want) && !err.contains(SECRET), "{err}");
    }
}

#[test]
fn who_cannot_sign_says_what_to_do() {
    let folder = Folder::new();
    let (_, secret, public) = output(&mut keys(&["signing-key", "--ed25519"], ""));
    let secret = secret.trim();
    let public = public.lines().find(|line| line.starts_with("ed25519-public-")).unwrap();
    let half =
        format!("access: {{signing_keys: [{{id: p, public_key: {public}}}], roles: {{developer: {{}}}}}}\n");
    let half = folder.write("half.yaml", &half);
    let whole = folder.write("whole.yaml", "access: {signing_keys: [{id: p, secret: \"${PAIR}\"}]}\n");
    let open = folder.write("open.yaml", "log: {requests: none}\n");
    let file = folder.write("gateway.yaml", FILE);
    for (file, secret, want) in [
        (Some(&half), SECRET, "only check"),
        (Some(&open), SECRET, "the file asks nobody for a key"),
        (Some(&file), "", "\"k2\": the environment variable FERRO_SIGNING_KEY is not set"),
        (Some(&file), "short", "holds a secret of less than 32 bytes"),
        (None, "", "Name a file with -c, or set it"),
    ] {
        let named = file.map(|file| ["-c", file]).into_iter().flatten();
        let arguments: Vec<_> = ["create", "--role", "developer"].into_iter().chain(named).collect();
        let (code, out, err) = output(&mut keys(&arguments, secret));
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains(want), "{err}");
    }
    // Who has the public half reads what the other signs.
    let mut create = keys(&["create", "-c", &whole, "--role", "developer"], "");
    let (code, key, err) = output(create.env("PAIR", secret));
    assert_eq!((code, seen(key.trim(), &half, "").0), (0, 0), "{err}");
}

#[test]
fn without_a_file_the_variable_signs() {
    let (code, out, err) = output(&mut keys(&["create", "--role", "anything"], SECRET));
    assert!(code == 0 && err.contains("nobody knows whether there is a role \"anything\""), "{err}");
    let (code, json, err) = hearing(&mut keys(&["inspect", "-", "--json"], SECRET), &out);
    assert!(code == 0 && err.is_empty() && json.contains("\"signer\": \"k1\""), "{json}{err}");
    let (code, json, _) = hearing(&mut keys(&["inspect", "-", "--json"], ""), &out);
    assert!(
        code == 1 && json.contains("\"role\": \"anything\"") && json.contains("\"valid\": null"),
        "{json}"
    );
}

#[test]
fn what_is_taken_back_is_named_by_its_id() {
    let folder = Folder::new();
    let mine = "a key of my own";
    let sha256: String =
        ferro::access::digest(mine.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let listed = FILE.replace("2ce4b3f3b1d37d3d4d4be9e3ac42f1d97a3e2ee5b6dc3a6b9f2f4ed8d3ad6dd4", &sha256);
    let file = folder.write("gateway.yaml", &listed);
    let key = key(&file, &[]);
    let id = seen(&key, &file, SECRET).1["id"].as_str().unwrap().to_owned();
    for (given, want) in
        [(&key, &id), (&id, &id), (&mine.to_owned(), &"ci".to_owned()), (&"ci".to_owned(), &"ci".to_owned())]
    {
        let (code, out, err) = hearing(&mut keys(&["revoke", "-", "-c", &file], SECRET), given);
        assert_eq!((code, out.as_str()), (0, format!("access: {{revoked: [{want}]}}\n").as_str()), "{err}");
        assert!(!(out + &err).contains(&key));
    }
    let (code, out, err) = output(&mut keys(&["revoke", "sk-of-somebody-else", "-c", &file], SECRET));
    assert!(code == 1 && out.is_empty() && !err.contains("somebody"), "{err}");
    let (code, seen) = seen(mine, &file, SECRET);
    assert_eq!((code, &seen["id"], &seen["role"]), (0, &json!("ci"), &json!("developer")));
}

#[test]
fn a_signing_key_is_new_every_time() {
    let (code, first, err) = output(&mut keys(&["signing-key"], ""));
    let (_, second, _) = output(&mut keys(&["signing-key"], ""));
    assert_eq!((code, first.lines().count(), first.trim().len()), (0, 1, 43), "{err}");
    assert!(first != second && !err.contains(first.trim()), "{err}");
    let (_, pair, err) = output(&mut keys(&["signing-key", "--ed25519"], ""));
    assert!(pair.starts_with("ed25519-secret-") && pair.lines().count() == 1, "{pair}");
    assert!(err.contains("ed25519-public-") && !err.contains(pair.trim()), "{err}");
}

#[test]
fn what_one_begins_with_is_right_and_private() {
    let folder = Folder::new();
    let place = folder.0.to_str().unwrap();
    let (code, out, err) = output(&mut ferro(&["init", place]));
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let secrets = folder.0.join(".env");
    assert_eq!(secrets.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let written = std::fs::read_to_string(&secrets).unwrap();
    let secret = written.trim().strip_prefix("FERRO_SIGNING_KEY=").unwrap();
    assert!(!err.contains(secret), "{err}");
    let file = folder.0.join("gateway.yaml");
    let file = file.to_str().unwrap();
    let (code, out, err) =
        output(ferro(&["validate", "-c", file]).env("FERRO_SIGNING_KEY", secret).env("XAI_API_KEY", "sk-1"));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let (code, key, _) = output(&mut keys(&["create", "-c", file, "--role", "developer"], secret));
    assert_eq!((code, seen(key.trim(), file, secret).0), (0, 0));
    // What is there stays.
    let (code, _, err) = output(&mut ferro(&["init", place]));
    assert!(code == 1 && err.contains("there is a") && err.contains("nothing was written"), "{err}");
    std::fs::remove_file(file).unwrap();
    let (code, _, err) = output(&mut ferro(&["init", place]));
    assert!(code == 0 && err.contains("has a FERRO_SIGNING_KEY already"), "{err}");
    assert_eq!(std::fs::read_to_string(&secrets).unwrap(), written);
}

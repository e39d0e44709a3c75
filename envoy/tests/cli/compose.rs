//! `docker-compose.yaml`, as far as it can be checked without Docker: what it names is there and fits together.

#[path = "../../src/yaml/mod.rs"]
#[allow(dead_code, reason = "the command line uses the rest")]
mod yaml;

use serde_json::Value;

use super::support::{Folder, ferro, output, repository};

fn compose() -> Value {
    let text = std::fs::read_to_string(repository().join("docker-compose.yaml")).unwrap();
    let document = yaml::parse(&text).unwrap();
    assert_eq!(document.mistakes, []);
    document.value
}

fn gateway() -> Value {
    let text = std::fs::read_to_string(repository().join("examples/docker-compose/gateway.yaml")).unwrap();
    yaml::parse(&text).unwrap().value
}

#[test]
fn what_is_copied_is_there_or_built() {
    let compose = compose();
    let dockerfile = compose["services"]["gateway"]["build"]["dockerfile_inline"].as_str().unwrap();
    assert_eq!(compose["services"]["stand-ins"]["build"]["dockerfile_inline"], dockerfile);
    assert!(dockerfile.contains("FROM envoyproxy/envoy:v1.40.0 AS gateway"));
    assert!(dockerfile.contains("FROM rust:1.95-"));
    let toolchain = std::fs::read_to_string(repository().join("rust-toolchain.toml")).unwrap();
    assert!(toolchain.contains("\"1.95."), "the image's toolchain is not the repository's");
    for word in dockerfile.split_whitespace().filter(|word| word.starts_with("examples/")) {
        assert!(repository().join(word).exists(), "{word} is not there");
    }
    // What one step writes is what the next one copies and Envoy reads.
    for path in ["/etc/envoy/ferro_filter.wasm", "/etc/envoy/envoy.json"] {
        assert_eq!(dockerfile.matches(path).count(), 2, "{path}");
    }
    for target in ["gateway", "stand-ins"] {
        assert_eq!(compose["services"][target]["build"]["target"], target);
        assert!(dockerfile.contains(&format!(" AS {target}\n")), "{target}");
    }
}

#[test]
fn ports_and_names_match() {
    let (compose, gateway) = (compose(), gateway());
    let published = compose["services"]["gateway"]["ports"][0].as_str().unwrap();
    let inside = published.rsplit(':').next().unwrap();
    assert_eq!(gateway["listen"], format!("0.0.0.0:{inside}"));
    let stand_ins = &compose["services"]["stand-ins"];
    let exposed = stand_ins["expose"].as_array().unwrap();
    assert_eq!(stand_ins["command"][3], exposed[0]);
    for (provider, port) in ["openai", "anthropic", "gemini"].iter().zip(exposed) {
        let endpoint = format!("http://stand-ins:{}", port.as_str().unwrap());
        assert_eq!(gateway["providers"][provider]["endpoint"], endpoint);
        let key = compose["services"]["gateway"]["environment"]
            [format!("{}_API_KEY", provider.to_uppercase())]
        .as_str()
        .unwrap();
        assert_eq!(key, format!("sk-demo-{provider}"));
    }
}

#[test]
fn its_configuration_is_accepted_by_envoy() {
    let folder = Folder::new();
    let file = folder.0.join("envoy.json");
    let file = file.to_str().unwrap();
    let example = "examples/docker-compose/gateway.yaml";
    let (code, _, err) = output(&mut ferro(&["render", "-c", example, "--for", "envoy", "-o", file]));
    assert_eq!(code, 0, "{err}");
    super::envoy::accepts(file);
}

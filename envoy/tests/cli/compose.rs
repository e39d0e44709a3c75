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
    let words = dockerfile.split_whitespace().map(|word| word.strip_prefix("CONFIG=").unwrap_or(word));
    for word in words.filter(|word| word.starts_with("examples/")) {
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
fn gateways_that_share_limits_have_what_they_share() {
    let services = &compose()["services"];
    let example = &services["limited-1"]["build"]["args"]["CONFIG"];
    assert_eq!(*example, "examples/limits/gateway.yaml");
    let text = std::fs::read_to_string(repository().join(example.as_str().unwrap())).unwrap();
    let gateway = yaml::parse(&text).unwrap().value;
    for service in ["limited-1", "limited-2", "ratelimit", "redis"] {
        assert_eq!(services[service]["profiles"][0], "limits", "{service} is not asked for");
    }
    for key in ["build", "environment"] {
        assert_eq!(services["limited-1"][key], services["limited-2"][key]);
    }
    let inside = gateway["listen"].as_str().unwrap().rsplit(':').next().unwrap();
    for service in ["limited-1", "limited-2"] {
        assert!(services[service]["ports"][0].as_str().unwrap().ends_with(&format!(":{inside}")));
    }
    let ratelimit = &services["ratelimit"];
    let exposed = ratelimit["expose"][0].as_str().unwrap();
    assert_eq!(gateway["limits"]["store"]["ratelimit"], format!("ratelimit:{exposed}"));
    let redis = services["redis"]["expose"][0].as_str().unwrap();
    assert_eq!(ratelimit["environment"]["REDIS_URL"], format!("redis:{redis}"));
    for service in ["ratelimit", "redis"] {
        let image = services[service]["image"].as_str().unwrap();
        assert!(image.split_once(':').is_some_and(|(_, tag)| tag != "latest"), "{image} is not pinned");
    }
    // The image's tag is the beginning of the commit that the tests' service is built of.
    let makefile = std::fs::read_to_string(repository().join("Makefile")).unwrap();
    let tag = ratelimit["image"].as_str().unwrap().rsplit(':').next().unwrap();
    assert!(makefile.contains(&format!("-{tag}")), "the tests' service is another one");
    // It reads the file where it is told to.
    let volume = ratelimit["volumes"][0].as_str().unwrap();
    let (file, to) = volume.strip_prefix("./").unwrap().split_once(':').unwrap();
    let own = yaml::parse(&std::fs::read_to_string(repository().join(file)).unwrap()).unwrap().value;
    assert_eq!(own["domain"], "ferro");
    let environment = &ratelimit["environment"];
    let [root, below] =
        ["RUNTIME_ROOT", "RUNTIME_SUBDIRECTORY"].map(|key| environment[key].as_str().unwrap());
    assert!(to.starts_with(&format!("{root}/{below}/config/")), "{to}");
}

#[test]
fn its_configurations_are_accepted_by_envoy() {
    for example in ["examples/docker-compose/gateway.yaml", "examples/limits/gateway.yaml"] {
        let folder = Folder::new();
        let file = folder.0.join("envoy.json");
        let file = file.to_str().unwrap();
        let (code, _, err) = output(&mut ferro(&["render", "-c", example, "--for", "envoy", "-o", file]));
        assert_eq!(code, 0, "{err}");
        super::envoy::accepts(file);
    }
}

//! What a path may hold, and what of a client's words may stand in it.

use super::*;

fn gemini() -> Path {
    Path::parse("/models/{model}:{stream?streamGenerateContent?alt=sse:generateContent}").unwrap()
}

#[test]
fn a_model_is_one_segment_of_the_path() {
    let kept = [
        "gemini-2.5-pro",
        "gemini-3-pro-preview",
        "g",
        "7",
        "A_b~c",
        "gemini-2.5-pro@001",
        ".a",
        "a.",
        "a.b.c",
    ];
    for model in kept {
        assert_eq!(gemini().write(model, false).unwrap(), format!("/models/{model}:generateContent"));
    }
    assert_eq!(gemini().write("m", true).unwrap(), "/models/m:streamGenerateContent?alt=sse");
}

#[test]
fn what_could_walk_is_refused() {
    let mut names: Vec<String> = REFUSED.iter().map(|name| (*name).to_owned()).collect();
    // Every other byte of ASCII, alone and within a name.
    for character in (0..128_u8).map(char::from) {
        if !character.is_ascii_alphanumeric() && !"-_.~@".contains(character) {
            names.extend([character.to_string(), format!("gemini{character}2.5")]);
        }
    }
    assert!(names.len() > 60 + 100);
    for name in names {
        for stream in [false, true] {
            let error = gemini().write(&name, stream).expect_err(&name);
            let named = Some(crate::hub::Param::Of(crate::hub::Field::Model));
            assert_eq!((error.code, &error.param), ("invalid_value", &named), "{name:?}");
            let message = error.message(|_| "model".to_owned());
            assert!(message.is_ascii() && message.len() < 200, "{message}");
        }
    }
}

#[test]
fn a_segment_of_its_own_is_escaped_and_does_not_walk() {
    let filled = |template: &str, model: &str| {
        Some(Path::parse(template).unwrap().write(model, true).ok()?.into_owned())
    };
    for (model, one, escaped, kept) in [
        ("gpt-4o", Some("gpt-4o"), Some("gpt-4o"), Some("gpt-4o")),
        ("a:0", Some("a%3A0"), Some("a%3A0"), Some("a%3A0")),
        ("a b?c#d", Some("a%20b%3Fc%23d"), Some("a%20b%3Fc%23d"), Some("a%20b%3Fc%23d")),
        ("é", Some("%C3%A9"), Some("%C3%A9"), Some("%C3%A9")),
        ("@cf/meta/x", None, Some("@cf%2Fmeta%2Fx"), Some("@cf/meta/x")),
        ("a//b", None, None, None),
        ("/a", None, None, None),
        ("a/./b", None, None, None),
        ("a/../b", None, None, None),
        ("..", None, None, None),
        (".", None, None, None),
        ("", None, None, None),
        ("a%2fb", None, None, None),
        ("a\\b", None, None, None),
        ("a\nb", None, None, None),
    ] {
        for (template, want) in [("/x/{model}/y", one), ("/x/{model+}/y", escaped), ("/x/{model*}/y", kept)] {
            let want = want.map(|want| format!("/x/{want}/y"));
            assert_eq!(filled(template, model), want, "{template} {model:?}");
        }
    }
    for (model, want) in [("a&b=c/..%", Some("/x?m=a%26b%3Dc%2F..%25&z=1")), ("", None)] {
        assert_eq!(filled("/x?m={model}&z=1", model).as_deref(), want);
    }
}

#[test]
fn variables_are_filled_once_below_a_root() {
    let path = Path::parse("/d/{deployment}/{model}/x?v={version}").unwrap();
    assert_eq!(path.variables().collect::<Vec<_>>(), ["deployment", "version"]);
    let below = |deployment: &'static str| {
        let value = move |name: &str| match name {
            "deployment" => Some(deployment),
            "version" => Some("2024-10-21 b"),
            _ => None,
        };
        path.clone().below("/v1", value)
    };
    assert_eq!(below("my one").unwrap().write("m", false).unwrap(), "/v1/d/my%20one/m/x?v=2024-10-21%20b");
    assert_eq!(below("a/b").unwrap_err().0, "deployment");
    assert_eq!(
        path.clone().below("", |_| None).unwrap_err(),
        ("deployment".into(), "this variable has no value".into())
    );
    assert_eq!(
        fill("https://{a}.b/{c}", |name| Some(if name == "a" { "eu-1" } else { "c.d" })).unwrap(),
        "https://eu-1.b/c.d"
    );
    assert_eq!(names("https://{a}.b/{c}").collect::<Vec<_>>(), ["a", "c"]);
    let kept = "https://${a}.{B}/{";
    assert_eq!((fill(kept, |_| Some("x")).unwrap().as_str(), names(kept).count()), (kept, 0));
    for bad in ["a/b", "a@b", "", "..", "a:1", "a?b"] {
        assert!(fill("https://{a}.b", |_| Some(bad)).is_err(), "{bad}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    for text in [
        "",
        "x",
        "{model}",
        "//",
        "/a//b",
        "/a/../b",
        "/./a",
        "/a/",
        "/a b",
        "/a#b",
        "/a\\b",
        "/{",
        "/{model",
        "/{}",
        "/{Model}",
        "/{a-b}",
        "/{stream}",
        "/{stream?a}",
        "/{other?a:b}",
        "/a?b?c",
        "/{stream?a?b:c}?d",
        "/é",
        "/a\"b",
    ] {
        assert!(Path::parse(text).is_err(), "{text}");
    }
    for text in ["/a", "/a?b=c", "/{a}/{b_2}?c={d}", "/a:{stream?b:c}", "/{model*}"] {
        assert!(Path::parse(text).is_ok(), "{text}");
    }
}

const REFUSED: &[&str] = &[
    "",
    "..",
    "...",
    "../x",
    "../../v1/files",
    "..\\..\\x",
    "a/../b",
    "a/..",
    "a..b",
    "gemini-2.5-pro..",
    "./a",
    "a/./b",
    "/a",
    "a/",
    "a//b",
    "models/gemini-2.5-pro",
    "tunedModels/x",
    "google/gemini-2.5-pro",
    "%2e%2e%2fx",
    "%2E%2E/x",
    ".%2e/x",
    "%252e%252e%252f",
    "%00",
    "%0d%0aHost:%20x",
    "a%2fb",
    "a%5cb",
    "a:countTokens",
    "a:batchGenerateContent?x=",
    ":",
    "a:",
    "a?key=b",
    "a?alt=json",
    "a?",
    "a#b",
    "#",
    "a&b=c",
    "a;b",
    "a;jsessionid=1",
    "a\\b",
    "\\",
    "a b",
    " a",
    "a ",
    " ",
    "a\tb",
    "a\nb",
    "a\r\nHost: x",
    "a\0b",
    "a\u{7f}b",
    "a\u{85}b",
    "a\u{a0}b",
    "a\u{2028}b",
    "a\u{202e}b",
    "a\u{2025}b",
    "a\u{2215}b",
    "a\u{ff0f}b",
    "\u{ff0e}\u{ff0e}/x",
    "a\u{2024}\u{2024}b",
    "gemini-é",
    "e\u{301}",
    "模型",
    "🦀",
    "\u{feff}a",
    "a\u{200b}b",
    "http://x/a",
    "//x/a",
    "a,b",
    "a|b",
    "a\"b",
    "<a>",
    "{a}",
    "[a]",
    "a*",
    "~/a",
    "${a}",
    "a=b",
];

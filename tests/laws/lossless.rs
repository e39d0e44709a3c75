//! The same dialect is lossless: the provider gets the client's bytes but for the model's name, and the client the
//! provider's.

use super::random::Random;
use super::walk::{Walk, ask};

/// The model that the route asks for.
const MODEL: &str = "gpt-4o";

/// Members that we do not read, or read without changing them. Some more than once.
const MEMBERS: &[&str] = &[
    r#""temperature":1e400"#,
    r#""seed":123456789012345678901234567890"#,
    r#""top_p":0.10000000000000000000000000000000000001"#,
    r#""seed" : -0.0"#,
    r#""user":null"#,
    r#""user":"\u00e9\ud83d\ude00\/ \" \\ é😀""#,
    r#""lone":"\ud800""#,
    r#""metadata":{"model":"not this one","a":1,"a":2}"#,
    r#""tools":[{"type":"function","function":{"name":"f","parameters":{"model":"x","minimum":1E+2}}}]"#,
    r#""unknown":[ 1 , [ ] , { } , {"":null}]"#,
    r#""unknown":"twice""#,
    r#""unknown":null"#,
    r#""functions":"not even right""#,
    r#""":"""#,
    r#""n":2"#,
    r#""stream":true"#,
    r#""stream":null"#,
    r#""stream_options":{"include_usage":true,"x":1.0}"#,
];

/// Ways to write a model's name, and what they say.
const NAMES: &[(&str, &str)] = &[
    (r#""gpt-5""#, "gpt-5"),
    (r#""gpt-4o""#, MODEL),
    (r#""gpt\u002d4o""#, MODEL),
    (r#""a\"b\\c\/d\ud83d\ude00é""#, "a\"b\\c/d😀é"),
    (r#""{\"model\":\"x\"}""#, "{\"model\":\"x\"}"),
];

const SPACES: &[&str] = &["", "", "", " ", "\n", "\t", "\r\n  "];

/// Random bodies: the model first, last and in the middle, everything else in any order.
pub fn requests() {
    let mut random = Random::new(4);
    let mut places = [0_usize; 3];
    for _ in 0..400 {
        let mut members: Vec<&str> = Vec::new();
        for _ in 0..random.below(8) {
            let member = random.pick(MEMBERS);
            let name = member.split_once(':').map(|(name, _)| name.trim());
            let read = matches!(name, Some(r#""n""# | r#""stream""# | r#""stream_options""#));
            let known = |other: &&str| other.split_once(':').map(|(name, _)| name.trim()) == name;
            if !read || !members.iter().any(known) {
                members.push(member);
            }
        }
        members.insert(random.below(members.len() + 1), r#""messages":[{"role":"user","content":"hi"}]"#);
        let place = random.below(members.len() + 1);
        places[if place == 0 {
            0
        } else if place == members.len() {
            2
        } else {
            1
        }] += 1;
        let (written, said) = NAMES[random.below(NAMES.len())];
        let mut space = || random.pick(SPACES);
        let mut before = format!("{}{{", space());
        let mut after = String::new();
        for member in &members[..place] {
            before.extend([space(), member, space(), ","]);
        }
        before.extend([space(), r#""model""#, space(), ":", space()]);
        for member in &members[place..] {
            after.extend([space(), ",", space(), member]);
        }
        after.extend([space(), "}", space()]);
        sends(&before, written, said, &after);
    }
    assert!(places.iter().all(|count| *count > 20), "first, middle, last: {places:?}");
}

/// Bodies that are odd in ways of their own.
pub fn odd_requests() {
    let messages = r#""messages":[{}]"#;
    for member in MEMBERS {
        sends(r#"{"model":"#, r#""x""#, "x", &format!(",{messages},{member}}}"));
        sends(&format!(r#"{{{member},{messages},"model":"#), r#""x""#, "x", "}\n\n");
    }
    // What makes no sense is the provider's to refuse.
    sends(r#"{"messages":[7,null,{"role":9}],"model":"#, r#""x""#, "x", r#","max_tokens":"many"}"#);
    let long = "y".repeat(1 << 20);
    sends(
        &format!(r#"{{{messages},"long":"{long}","model":"#),
        r#""x""#,
        "x",
        &format!(r#","z":"{long}"}}"#),
    );
}

/// Answers, streams and errors: the client gets the provider's bytes, but for what of a stream is not data.
pub fn answers() {
    let mut random = Random::new(5);
    let chunk = |delta: &str, finish: &str| {
        format!(
            r#"{{ "choices":[{{"delta":{delta},"index":0,"finish_reason":{finish},"x":1e400}}],"a":1,"a":2 }}"#
        )
    };
    let deltas =
        [r#"{"content":"\u00e9 é"}"#, r#"{"role":"assistant","unknown":[123456789012345678901234567890]}"#];
    for _ in 0..200 {
        let (mut stream, mut want) = (String::new(), String::new());
        let ending = random.pick(&["\n", "\r\n", "\r"]);
        for _ in 0..=random.below(5) {
            if random.below(3) == 0 {
                stream.extend([": still there", ending, ending]);
                want.push_str(": ping\n\n");
            }
            let field = random.pick(&["data: ", "data:", "id: 7\ndata: "]);
            let chunk = chunk(random.pick(&deltas), "null");
            stream.extend([&field.replace('\n', ending), &chunk, ending, ending]);
            match field.strip_prefix("id: 7\n") {
                Some(field) => want.extend([field, &chunk, "\n\n"]),
                None => want.extend([field, chunk.as_str(), ending, ending]),
            }
        }
        let end =
            ["data: ", &chunk("{}", "\"stop\""), ending, ending, "data: [DONE]", ending, ending].concat();
        stream.push_str(&end);
        want.push_str(&end);
        becomes(&ask(true), 200, &stream, &want, &mut random);
    }
    comes_back(&ask(false), 200, r#"{ "choices":[{"message":{}}],"n":1e400,"n":null } "#, &mut random);
    let error =
        r#"{ "error":{"message":"no \u00e9","type":"t","param":null,"code":null,"more":1e400},"x":1 } "#;
    for status in [400, 404, 413, 422, 429] {
        comes_back(&ask(false), status, error, &mut random);
        comes_back(&ask(true), status, error, &mut random);
    }
}

fn sends(before: &str, written: &str, said: &str, after: &str) {
    let body = [before, written, after].concat();
    let walk =
        Walk::begin(body.as_bytes(), "openai", MODEL).unwrap_or_else(|reply| panic!("{body}: {reply:?}"));
    let name = if said == MODEL { written.to_owned() } else { format!("{MODEL:?}") };
    let want = [before, &name, after].concat();
    assert_eq!(String::from_utf8(walk.upstream()).unwrap(), want);
}

fn comes_back(request: &str, status: u16, body: &str, random: &mut Random) {
    becomes(request, status, body, body, random);
}

fn becomes(request: &str, status: u16, body: &str, want: &str, random: &mut Random) {
    let walk = Walk::begin(request.as_bytes(), "openai", MODEL).unwrap();
    let out = walk.answer(status, body.as_bytes(), random).expect("nothing was broken");
    assert_eq!(String::from_utf8(out).unwrap(), want, "{status}");
}

//! Files of OpenAI's stand-in.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use super::super::{Kind, OPENAI_KEY, StandIn, start};
use super::{Reply, exchange_with};

async fn stand_in() -> StandIn {
    start(Kind::OpenAi, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap()
}

async fn ask(stand_in: &StandIn, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let headers = format!("authorization: Bearer {OPENAI_KEY}\r\n{headers}");
    exchange_with(stand_in, method, path, &headers, body).await.unwrap()
}

async fn upload(stand_in: &StandIn, purpose: &str, name: &str, text: &str) -> Reply {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--x\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--x--\r\n"
    );
    ask(stand_in, "POST", "/v1/files", "content-type: multipart/form-data; boundary=x\r\n", &body).await
}

async fn list(stand_in: &StandIn, query: &str) -> Value {
    ask(stand_in, "GET", &format!("/v1/files{query}"), "", "").await.json(200)
}

#[tokio::test]
async fn a_file_is_kept_until_it_is_deleted() {
    let stand_in = stand_in().await;
    let made = upload(&stand_in, "batch", "a.jsonl", "{}\n").await.json(200);
    assert_eq!(
        (&made["object"], &made["bytes"], &made["filename"]),
        (&json!("file"), &json!(3), &json!("a.jsonl"))
    );
    let path = format!("/v1/files/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&stand_in, "GET", &path, "", "").await.json(200), made);
    let content = ask(&stand_in, "GET", &format!("{path}/content"), "", "").await;
    assert_eq!((content.status, &*content.body), (200, "{}\n"));
    assert!(content.headers.contains("content-type: application/octet-stream"));

    let other = upload(&stand_in, "assistants", "b.txt", "words").await.json(200);
    assert_eq!(list(&stand_in, "").await["data"], json!([other, made]));
    assert_eq!(list(&stand_in, "?order=asc").await["data"], json!([made, other]));
    assert_eq!(list(&stand_in, "?purpose=batch").await["data"], json!([made]));
    let first = list(&stand_in, "?limit=1").await;
    assert_eq!((&first["data"], &first["has_more"]), (&json!([other]), &json!(true)));
    let after = format!("?after={}", other["id"].as_str().unwrap());
    assert_eq!(list(&stand_in, &after).await["data"], json!([made]));
    let secret = format!("/v1/files/{}/content", other["id"].as_str().unwrap());
    let error = ask(&stand_in, "GET", &secret, "", "").await.json(400);
    assert!(error["error"]["message"].as_str().unwrap().contains("Not allowed to download"));

    let gone = ask(&stand_in, "DELETE", &path, "", "").await.json(200);
    assert_eq!(gone, json!({ "object": "file", "id": made["id"], "deleted": true }));
    for (method, path) in
        [("GET", path.clone()), ("DELETE", path.clone()), ("GET", format!("{path}/content"))]
    {
        let error = ask(&stand_in, method, &path, "", "").await.json(404);
        assert!(error["error"]["message"].as_str().unwrap().starts_with("No such File object: file-demo"));
    }
}

#[tokio::test]
async fn the_oldest_is_forgotten() {
    let stand_in = stand_in().await;
    let first = upload(&stand_in, "user_data", "a", "0").await.json(200);
    for _ in 0..32 {
        upload(&stand_in, "user_data", "a", "1").await.json(200);
    }
    let kept = list(&stand_in, "").await;
    assert_eq!(kept["data"].as_array().unwrap().len(), 32);
    assert!(!kept.to_string().contains(first["id"].as_str().unwrap()));
}

#[tokio::test]
async fn refuses_files_that_openai_refuses() {
    let stand_in = stand_in().await;
    for (purpose, name, text, status, words) in [
        ("batches", "a.jsonl", "{}", 400, "'batches' is not one of"),
        ("batch", "a.txt", "{}", 400, "Must be .jsonl"),
        ("user_data", "a.txt", "", 400, "File is empty"),
        ("user_data", "a.txt", &*"x".repeat(1024 * 1024 + 1), 413, "Maximum size"),
    ] {
        let error = upload(&stand_in, purpose, name, text).await.json(status);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
    let form = "content-type: multipart/form-data; boundary=x\r\n";
    let field =
        |name: &str| format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\nb\r\n--x--\r\n");
    for (headers, body, words) in [
        ("content-type: application/json\r\n", "{}".to_owned(), "Could not parse multipart form"),
        (form, field("purpose"), "Missing required parameter: 'file'"),
        (form, field("model"), "Unrecognized request argument supplied: model"),
    ] {
        let error = ask(&stand_in, "POST", "/v1/files", headers, &body).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
    for query in ["?limit=0", "?order=up"] {
        ask(&stand_in, "GET", &format!("/v1/files{query}"), "", "").await.json(400);
    }
    let reply = exchange_with(&stand_in, "GET", "/v1/files", "", "").await.unwrap();
    assert_eq!(reply.json(401)["error"]["type"], "invalid_request_error");
}

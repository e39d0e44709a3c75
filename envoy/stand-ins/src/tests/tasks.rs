//! Tasks that are no chat, of OpenAI's stand-in and of Gemini's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::Kind;
use super::{Reply, post};

async fn openai(path: &str, body: Value) -> Reply {
    post(Kind::OpenAi, path, &body).await
}

async fn embed(extra: Value) -> Reply {
    let mut body = json!({ "model": "text-embedding-3-small", "input": "a text" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    openai("/v1/embeddings", body).await
}

fn floats(embedding: &Value) -> Vec<f64> {
    embedding.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn likeness(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn vectors_are_of_length_one_and_near_where_words_are_the_same() {
    let texts = json!(["the cat sleeps", "the cat eats", "stocks fell sharply", "The cat sleeps!"]);
    let body = embed(json!({ "input": texts, "dimensions": 256 })).await.json(200);
    assert_eq!(body["usage"], json!({ "prompt_tokens": 16, "total_tokens": 16 }));
    let vectors: Vec<_> = (0..4).map(|n| floats(&body["data"][n]["embedding"])).collect();
    for vector in &vectors {
        assert_eq!(vector.len(), 256);
        assert!((likeness(vector, vector) - 1.0).abs() < 1e-5);
    }
    assert!(likeness(&vectors[0], &vectors[1]) > 0.5);
    assert!(likeness(&vectors[0], &vectors[2]) < 0.3);
    assert!(likeness(&vectors[0], &vectors[3]) > 0.8 && vectors[0] != vectors[3]);
    assert_eq!(floats(&embed(json!({})).await.json(200)["data"][0]["embedding"]).len(), 1536);
    let large = embed(json!({ "model": "text-embedding-3-large" })).await.json(200);
    assert_eq!(floats(&large["data"][0]["embedding"]).len(), 3072);
}

#[tokio::test]
async fn vectors_are_the_same_in_base64() {
    let body = embed(json!({ "dimensions": 8, "input": [1, 2] })).await.json(200);
    let coded =
        embed(json!({ "dimensions": 8, "input": [[1, 2]], "encoding_format": "base64" })).await.json(200);
    let bytes = STANDARD.decode(coded["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let coded = bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()).to_string());
    let plain: Vec<String> =
        body["data"][0]["embedding"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(coded.collect::<Vec<_>>(), plain);
}

#[tokio::test]
async fn refuses_embeddings_that_openai_refuses() {
    for (extra, words) in [
        (json!({ "seed": 1 }), "Unrecognized request argument supplied: seed"),
        (json!({ "input_type": "query" }), "input_type"),
        (json!({ "model": null }), "provide a model"),
        (json!({ "input": "" }), "'$.input' is invalid"),
        (json!({ "input": [] }), "1 to 2048 items"),
        (json!({ "input": ["a", ""] }), "'$.input' is invalid"),
        (json!({ "input": vec!["a"; 2049] }), "1 to 2048 items"),
        (json!({ "input": "long ".repeat(9000) }), "maximum context length is 8192 tokens"),
        (json!({ "input": vec!["long ".repeat(4000); 70] }), "max 300000 tokens per request"),
        (json!({ "dimensions": 0 }), "Invalid 'dimensions'"),
        (json!({ "dimensions": 1537 }), "Invalid 'dimensions'"),
        (
            json!({ "model": "text-embedding-ada-002", "dimensions": 8 }),
            "does not support specifying dimensions",
        ),
        (json!({ "encoding_format": "int8" }), "Invalid value: 'int8'"),
    ] {
        let error = embed(extra).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn draws_pictures_that_are_files() {
    let body =
        json!({ "model": "gpt-image-1", "prompt": "a cat", "n": 2, "size": "1024x1536", "quality": "low" });
    let body = openai("/v1/images/generations", body).await.json(200);
    let files: Vec<_> =
        (0..2).map(|n| STANDARD.decode(body["data"][n]["b64_json"].as_str().unwrap()).unwrap()).collect();
    assert!(
        files.iter().all(|file| file.starts_with(b"\x89PNG\r\n\x1a\n") && file.ends_with(b"IEND\xaeB`\x82"))
    );
    assert_ne!(files[0], files[1]);
    assert_eq!((&body["size"], &body["output_format"]), (&json!("1024x1536"), &json!("png")));
    assert_eq!(body["usage"]["total_tokens"], 546);

    let body = json!({ "model": "dall-e-3", "prompt": "a cat", "style": "natural" });
    let body = openai("/v1/images/generations", body).await.json(200);
    assert!(body["data"][0]["url"].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"));

    let body = json!({ "model": "gpt-image-1", "prompt": "a cat", "stream": true, "partial_images": 2 });
    let events = openai("/v1/images/generations", body).await.events();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let partial = "image_generation.partial_image";
    assert_eq!(kinds, [partial, partial, "image_generation.completed"]);
    assert_eq!(events[2]["usage"]["output_tokens"], 272);
}

#[tokio::test]
async fn refuses_images_that_openai_refuses() {
    for (extra, words) in [
        (json!({ "seed": 1 }), "Unrecognized request argument supplied: seed"),
        (json!({ "prompt": "" }), "Missing required parameter: 'prompt'"),
        (json!({ "prompt": ["a cat"] }), "Invalid type for 'prompt'"),
        (json!({ "n": 0 }), "Invalid 'n'"),
        (json!({ "n": 11 }), "Invalid 'n'"),
        (json!({ "size": "512x512" }), "Invalid value: '512x512'"),
        (json!({ "quality": "hd" }), "Invalid value: 'hd'"),
        (json!({ "response_format": "url" }), "Unknown parameter: 'response_format'"),
        (json!({ "style": "vivid" }), "Unknown parameter: 'style'"),
        (json!({ "background": "blue" }), "Invalid value: 'blue'"),
        (json!({ "output_format": "webp" }), "expected 'png'"),
        (json!({ "output_compression": 101 }), "Invalid 'output_compression'"),
        (json!({ "partial_images": 4 }), "Invalid 'partial_images'"),
        (json!({ "model": "dall-e-3", "n": 2 }), "Invalid 'n'"),
        (json!({ "model": "dall-e-2", "stream": true }), "Unknown parameter: 'stream'"),
        (json!({ "model": "dall-e-2", "prompt": "x".repeat(1001) }), "string too long"),
    ] {
        let mut body = json!({ "model": "gpt-image-1", "prompt": "a cat" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let error = openai("/v1/images/generations", body).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}

async fn speak(extra: Value) -> Reply {
    let mut body = json!({ "model": "gpt-4o-mini-tts", "input": "Hello there", "voice": "alloy" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    openai("/v1/audio/speech", body).await
}

#[tokio::test]
async fn speaks_a_tone_for_each_word() {
    let wav = speak(json!({ "response_format": "wav" })).await;
    assert!(wav.complete && wav.headers.contains("content-type: audio/wav"), "{}", wav.headers);
    // The voice and two words, each of a tenth of a second.
    assert_eq!(wav.bytes.len(), 44 + 3 * 4800);
    assert_eq!((&wav.bytes[..4], &wav.bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    let pcm = speak(json!({ "response_format": "pcm" })).await.bytes;
    assert_eq!(wav.bytes[44..], pcm);
    let twice = speak(json!({ "response_format": "pcm", "speed": 2 })).await.bytes;
    assert_eq!(twice.len() * 2, pcm.len());
    let mp3 = speak(json!({})).await;
    assert!(mp3.headers.contains("content-type: audio/mpeg"));
    assert!(
        mp3.bytes.len() % 96 == 0 && mp3.bytes.chunks(96).all(|frame| frame.starts_with(b"\xff\xf3\x44\xc4"))
    );

    let events = speak(json!({ "response_format": "pcm", "stream_format": "sse" })).await.events();
    let audio: Vec<u8> = events
        .iter()
        .filter_map(|event| event["audio"].as_str())
        .flat_map(|piece| STANDARD.decode(piece).unwrap())
        .collect();
    assert_eq!(audio, pcm);
    assert_eq!(
        events.last().unwrap()["usage"],
        json!({ "input_tokens": 3, "output_tokens": 15, "total_tokens": 18 })
    );
}

#[tokio::test]
async fn refuses_speech_that_openai_refuses() {
    for (extra, words) in [
        (json!({ "language": "en" }), "Unrecognized request argument supplied: language"),
        (json!({ "input": "" }), "Missing required parameter: 'input'"),
        (json!({ "input": "x".repeat(4097) }), "string too long"),
        (json!({ "voice": null }), "Missing required parameter: 'voice'"),
        (json!({ "voice": "Kore" }), "Invalid value: 'Kore'"),
        (json!({ "speed": 5 }), "Invalid 'speed'"),
        (json!({ "response_format": "midi" }), "Invalid value: 'midi'"),
        (json!({ "response_format": "opus" }), "all that the stand-in speaks"),
        (json!({ "model": "tts-1", "stream_format": "sse" }), "not supported by this model"),
    ] {
        let error = speak(extra).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn bad_words_are_flagged() {
    let moderate = async |input: Value| {
        openai("/v1/moderations", json!({ "model": "omni-moderation-latest", "input": input })).await
    };
    let body = moderate(json!(["I will KILL you", "skills are fine"])).await.json(200);
    let results = body["results"].as_array().unwrap();
    assert_eq!(
        (results.len(), &results[0]["flagged"], &results[1]["flagged"]),
        (2, &json!(true), &json!(false))
    );
    assert_eq!(results[0]["categories"]["violence"], true);
    assert_eq!(results[0]["categories"]["hate"], false);
    assert_eq!(results[0]["category_scores"].as_object().unwrap().len(), 13);
    let image = json!({ "type": "image_url", "image_url": { "url": "https://example.com/a.png" } });
    let body = moderate(json!([{ "type": "text", "text": "I hate this" }, image])).await.json(200);
    assert_eq!(body["results"][0]["category_applied_input_types"]["violence"], json!(["text", "image"]));
    assert_eq!(body["results"][0]["category_applied_input_types"]["hate"], json!(["text"]));
    for (input, words) in [
        (json!([]), "empty array"),
        (json!(7), "expected a string or an array"),
        (json!(["a", { "type": "text", "text": "b" }]), "expected a string or an array"),
        (json!([{ "type": "input_text", "text": "b" }]), "Invalid value: 'input_text'"),
        (json!([{ "type": "text" }]), "Missing required parameter: 'input[0].text'"),
        (json!([image, image]), "at most one image"),
    ] {
        let error = moderate(input).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}

async fn complete(extra: Value) -> Reply {
    let mut body = json!({ "model": "gpt-3.5-turbo-instruct", "prompt": "Once upon" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    openai("/v1/completions", body).await
}

#[tokio::test]
async fn completes_prompts() {
    let body = complete(json!({})).await.json(200);
    assert_eq!(body["object"], "text_completion");
    let said = "Hello from the GPT stand-in. You said: Once upon";
    assert_eq!(
        (&body["choices"][0]["text"], &body["choices"][0]["finish_reason"]),
        (&json!(said), &json!("stop"))
    );
    assert_eq!(body["usage"], json!({ "prompt_tokens": 3, "completion_tokens": 12, "total_tokens": 15 }));
    let body =
        complete(json!({ "max_tokens": 2, "echo": true, "n": 2, "prompt": ["a", "b"] })).await.json(200);
    let texts: Vec<_> = (0..4).map(|n| body["choices"][n]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["aHello fr", "aHello fr", "bHello fr", "bHello fr"]);
    assert_eq!(body["choices"][3]["finish_reason"], "length");

    let reply = complete(json!({ "stream": true, "stream_options": { "include_usage": true } })).await;
    assert!(reply.body.ends_with("data: [DONE]\n\n"));
    let events = reply.events();
    let streamed: String = events.iter().filter_map(|event| event["choices"][0]["text"].as_str()).collect();
    assert_eq!(streamed, said);
    assert_eq!(events.last().unwrap()["usage"]["total_tokens"], 15);
}

#[tokio::test]
async fn refuses_completions_that_openai_refuses() {
    for (extra, status, words) in [
        (json!({ "messages": [] }), 400, "Unrecognized request argument supplied: messages"),
        (json!({ "model": "gpt-4o-mini" }), 404, "This is a chat model"),
        (json!({ "model": "gpt-3.5-turbo" }), 404, "This is a chat model"),
        (json!({ "prompt": [] }), 400, "Invalid type for 'prompt'"),
        (json!({ "n": 2, "best_of": 1 }), 400, "best_of must be >= n"),
        (json!({ "stop": ["a", "b", "c", "d", "e"] }), 400, "at most 4 sequences"),
        (json!({ "max_tokens": -1 }), 400, "Invalid 'max_tokens'"),
    ] {
        let error = complete(extra).await.json(status);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}

// === Gemini ===

async fn batch(model: &str, request: Value) -> Reply {
    let path = format!("/v1beta/models/{model}:batchEmbedContents");
    post(Kind::Gemini, &path, &json!({ "requests": [request] })).await
}

#[tokio::test]
async fn gemini_embeds_a_batch() {
    let content = json!({ "parts": [{ "text": "a text" }] });
    let request = |extra: Value| {
        let mut request = json!({ "model": "models/gemini-embedding-001", "content": content });
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        request
    };
    let embed = async |extra: Value| batch("gemini-embedding-001", request(extra)).await;
    let body = embed(json!({})).await.json(200);
    assert_eq!(body["usageMetadata"]["promptTokenCount"], 2);
    let whole = floats(&body["embeddings"][0]["values"]);
    assert_eq!(whole.len(), 3072);
    let short = async |extra: Value| floats(&embed(extra).await.json(200)["embeddings"][0]["values"]);
    let plain = short(json!({ "outputDimensionality": 64 })).await;
    let query = short(json!({ "outputDimensionality": 64, "taskType": "RETRIEVAL_QUERY" })).await;
    assert_eq!(plain.len(), 64);
    assert!(plain != query && likeness(&plain, &query) > 0.8);
    for (extra, words) in [
        (json!({ "input": "a" }), "Unknown name \"input\" at 'requests[0]'"),
        (json!({ "model": "models/other" }), "does not match"),
        (json!({ "model": null }), "model is not specified"),
        (json!({ "content": null }), "content is not specified"),
        (json!({ "content": { "parts": [] } }), "must be of texts"),
        (json!({ "content": { "parts": [{ "words": "a" }] } }), "Unknown name \"words\""),
        (json!({ "taskType": "SEARCH" }), "task_type"),
        (json!({ "title": "t" }), "only for RETRIEVAL_DOCUMENT"),
        (json!({ "outputDimensionality": 4000 }), "between 1 and 3072"),
    ] {
        let error = embed(extra).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
    let many = json!({ "requests": vec![request(json!({})); 101] });
    let error =
        post(Kind::Gemini, "/v1beta/models/gemini-embedding-001:batchEmbedContents", &many).await.json(400);
    assert!(error["error"]["message"].as_str().unwrap().contains("at most 100 requests"));
    batch("demo-503", request(json!({ "model": "models/demo-503" }))).await.json(503);
}

#[tokio::test]
async fn gemini_draws_and_speaks_where_its_models_do() {
    let ask = async |model: &str, config: Value| {
        let contents = json!([{ "role": "user", "parts": [{ "text": "a cat" }] }]);
        let body = json!({ "contents": contents, "generationConfig": config });
        post(Kind::Gemini, &format!("/v1beta/models/{model}:generateContent"), &body).await
    };
    let image = json!({ "responseModalities": ["IMAGE"], "imageConfig": { "aspectRatio": "16:9" } });
    let blob = ask("gemini-2.5-flash-image", image.clone()).await.json(200);
    let blob = blob["candidates"][0]["content"]["parts"][0]["inlineData"].clone();
    assert_eq!(blob["mimeType"], "image/png");
    assert!(STANDARD.decode(blob["data"].as_str().unwrap()).unwrap().starts_with(b"\x89PNG"));
    let voice = |name: &str| {
        let voice = json!({ "voiceConfig": { "prebuiltVoiceConfig": { "voiceName": name } } });
        json!({ "responseModalities": ["AUDIO"], "speechConfig": voice })
    };
    let blob = ask("gemini-2.5-flash-preview-tts", voice("Kore")).await.json(200);
    let blob = blob["candidates"][0]["content"]["parts"][0]["inlineData"].clone();
    assert_eq!(blob["mimeType"], "audio/L16;codec=pcm;rate=24000");
    for (model, config, words) in [
        ("gemini-2.5-pro", image, "response modalities"),
        ("gemini-2.5-flash-image", json!({ "responseModalities": ["AUDIO"] }), "response modalities"),
        (
            "gemini-2.5-flash-image",
            json!({ "responseModalities": ["IMAGE"], "imageConfig": { "aspectRatio": "5:1" } }),
            "aspectRatio",
        ),
        ("gemini-2.5-flash-preview-tts", voice("alloy"), "Voice name alloy is not supported"),
    ] {
        let error = ask(model, config).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}

// The official OpenAI SDK for Node, as its users use it, against all three kinds of provider.
//
// `test_sdk_node.py` starts the gateway and the providers' stand-ins, and runs this file with their addresses. A
// stand-in answers by what it is asked: it calls tools, fills schemas, names images, fails on "fail <status>",
// fails once on "fail once <status>", breaks off on "break", and otherwise repeats the prompt.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const { FERRO_URL, FERRO_MODELS } = process.env;
const models = JSON.parse(FERRO_MODELS);

const client = new OpenAI({ baseURL: `${FERRO_URL}/v1`, apiKey: "sk-client", maxRetries: 0, timeout: 30_000 });
const user = (content) => [{ role: "user", content }];

const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "Looks out of the window",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

for (const [kind, model] of Object.entries(models)) {
  describe(kind, () => {
    test("chat", async () => {
      const completion = await client.chat.completions.create({ model, messages: user("Hello") });
      assert.equal(completion.choices[0].message.content, "Echo: Hello");
      assert.equal(completion.choices[0].finish_reason, "stop");
      assert.equal(completion.usage.total_tokens, 18);
    });

    test("stream", async () => {
      const stream = await client.chat.completions.create({ model, messages: user("Hello"), stream: true });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), "Echo: Hello");
      assert.equal(chunks[0].choices[0].delta.role, "assistant");
      assert.deepEqual(chunks.map((chunk) => chunk.choices[0].finish_reason).filter(Boolean), ["stop"]);
      assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
    });

    test("completion", async () => {
      const completion = await client.completions.create({ model, prompt: "Hello" });
      assert.equal(completion.choices[0].text, "Echo: Hello");
      assert.equal(completion.usage.total_tokens, 18);
    });

    test("stream of a completion", async () => {
      const stream = await client.completions.create({ model, prompt: "Hello", stream: true });
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0].text;
      assert.equal(text, "Echo: Hello");
    });

    test("stream helper", async () => {
      const runner = client.chat.completions.stream({ model, messages: user("Hello") });
      let text = "";
      runner.on("content", (delta) => (text += delta));
      const completion = await runner.finalChatCompletion();
      assert.equal(text, "Echo: Hello");
      assert.equal(completion.choices[0].message.content, "Echo: Hello");
    });

    test("two parallel calls of tools, answered", async () => {
      const question = user("Where is it warmer?");
      const first = await client.chat.completions.create({ model, messages: question, tools: [weather] });
      const { message, finish_reason } = first.choices[0];
      assert.equal(finish_reason, "tool_calls");
      const cities = message.tool_calls.map((call) => JSON.parse(call.function.arguments));
      assert.deepEqual(cities, [{ city: "Paris" }, { city: "Oslo" }]);
      assert.equal(new Set(message.tool_calls.map((call) => call.id)).size, 2);
      const results = message.tool_calls.map((call, index) => ({
        role: "tool",
        tool_call_id: call.id,
        content: `${[21, 9][index]} degrees`,
      }));
      const messages = [...question, message, ...results];
      const second = await client.chat.completions.create({ model, messages, tools: [weather] });
      assert.equal(second.choices[0].message.content, "Results: 21 degrees; 9 degrees");
    });

    test("two parallel calls of tools, streamed", async () => {
      const messages = user("Where is it warmer?");
      const runner = client.chat.completions.stream({ model, messages, tools: [weather] });
      const completion = await runner.finalChatCompletion();
      const calls = completion.choices[0].message.tool_calls;
      assert.equal(completion.choices[0].finish_reason, "tool_calls");
      assert.deepEqual(calls.map((call) => call.function.name), ["weather", "weather"]);
      const cities = calls.map((call) => JSON.parse(call.function.arguments));
      assert.deepEqual(cities, [{ city: "Paris" }, { city: "Oslo" }]);
    });

    test("runTools", async () => {
      const asked = [];
      const look = ({ city }) => {
        asked.push(city);
        return `${city} is fine`;
      };
      const tool = { ...weather, function: { ...weather.function, function: look, parse: JSON.parse } };
      const runner = client.chat.completions.runTools({ model, messages: user("Where?"), tools: [tool] });
      assert.equal(await runner.finalContent(), "Results: Paris is fine; Oslo is fine");
      assert.deepEqual(asked, ["Paris", "Oslo"]);
    });

    test("structured output", async () => {
      const person = z.object({ name: z.string(), age: z.number() });
      const completion = await client.chat.completions.parse({
        model,
        messages: user("Who?"),
        response_format: zodResponseFormat(person, "person"),
      });
      assert.deepEqual(completion.choices[0].message.parsed, { name: "Ada", age: 36 });
    });

    test("vision", async () => {
      const url = `data:image/png;base64,${pixel}`;
      const content = [{ type: "text", text: "What is it?" }, { type: "image_url", image_url: { url } }];
      const completion = await client.chat.completions.create({ model, messages: user(content) });
      assert.match(completion.choices[0].message.content, /^image\/png [0-9a-f]{12} $/);
    });

    for (const [status, shown, type] of [
      [400, 400, OpenAI.BadRequestError],
      [401, 502, OpenAI.InternalServerError],
      [404, 404, OpenAI.NotFoundError],
      [422, 422, OpenAI.UnprocessableEntityError],
      [429, 429, OpenAI.RateLimitError],
      [503, 503, OpenAI.InternalServerError],
    ]) {
      test(`error ${status}`, async () => {
        const asked = client.chat.completions.create({ model: `once-${kind}`, messages: user(`fail ${status}`) });
        await assert.rejects(asked, (error) => {
          assert.ok(error instanceof type, String(error));
          assert.equal(error.status, shown);
          // What a provider says of the gateway's credential is not for callers.
          const refused = status === 401 || status === 403;
          assert.equal(error.message.includes(`asked to fail ${status}`), !refused);
          return true;
        });
      });
    }

    test("an error in mid-stream", async () => {
      const stream = await client.chat.completions.create({ model, messages: user("break"), stream: true });
      const read = async () => {
        for await (const _ of stream);
      };
      await assert.rejects(read(), (error) => error instanceof OpenAI.APIError && /Broke/.test(error.message));
    });

    test("a retry of the gateway's", async () => {
      const messages = user(`fail once 503 ${kind}`);
      const completion = await client.chat.completions.create({ model, messages });
      assert.equal(completion.choices[0].message.content, `Echo: fail once 503 ${kind}`);
    });

    test("a retry of the SDK's", async () => {
      const messages = user(`fail once 429 ${kind}`);
      const options = { maxRetries: 1 };
      const completion = await client.chat.completions.create({ model: `once-${kind}`, messages }, options);
      assert.equal(completion.choices[0].message.content, `Echo: fail once 429 ${kind}`);
    });
  });
}

test("an unknown model", async () => {
  const asked = client.chat.completions.create({ model: "nobody-serves-this", messages: user("Hello") });
  await assert.rejects(asked, (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
});

test("models", async () => {
  const listed = [];
  for await (const model of client.models.list()) listed.push(model.id);
  for (const model of Object.values(models)) assert.ok(listed.includes(model), `${model} in ${listed}`);
  assert.equal((await client.models.retrieve("claude-sonnet-4-5")).id, "claude-sonnet-4-5");
});

test("a recording whose file comes first", async () => {
  const file = new File([new Uint8Array(100_000)], "a.wav", { type: "audio/wav" });
  const heard = await client.audio.transcriptions.create({ file, model: "gpt-4o-transcribe" });
  assert.equal(heard.text, "Hi");
});

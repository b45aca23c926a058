// The chat page: asks POST /chat with `stream` and shows the pieces as they come.

const $ = (id) => document.getElementById(id);
const [form, message, messages, send, model, key] = ["form", "message", "messages", "send", "model", "key"].map($);

let conversation;
let running;

key.value = sessionStorage.getItem("key") ?? "";
key.addEventListener("change", () => {
  sessionStorage.setItem("key", key.value);
  listModels();
});

const headers = () => (key.value ? { authorization: `Bearer ${key.value}` } : {});

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** The events of a response, as [name, data] pairs. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n").map((line) => line.split(/: (.*)/s));
      const field = (name) => lines.find(([found]) => found === name)?.[1];
      if (field("data")) yield [field("event") ?? "message", JSON.parse(field("data"))];
    }
  }
}

async function problem(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

function cite(bubble, citations) {
  if (!citations.length) return;
  const list = element("ol", "citations");
  for (const { source, title, line, text } of citations) {
    const item = element("li");
    const details = element("details");
    details.append(element("summary", "", `${source}:${line}${title ? ` — ${title}` : ""}`), element("blockquote", "", text));
    item.append(details);
    list.append(item);
  }
  bubble.append(list);
}

async function ask(text) {
  messages.append(element("article", "user", text));
  const bubble = element("article", "assistant");
  const body = element("p", "waiting");
  bubble.append(body);
  messages.append(bubble);
  bubble.scrollIntoView({ block: "end" });

  running = new AbortController();
  let complete = false;
  try {
    const response = await fetch("/chat", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers() },
      body: JSON.stringify({ message: text, conversation, model: model.value || undefined, stream: true }),
      signal: running.signal,
    });
    if (!response.ok) throw new Error(await problem(response));
    for await (const [name, data] of events(response)) {
      if (name === "delta") {
        body.classList.remove("waiting");
        body.textContent += data.text;
        bubble.scrollIntoView({ block: "end" });
      } else if (name === "done") {
        complete = true;
        conversation = data.conversation;
        body.textContent = data.reply;
        cite(bubble, data.citations);
      } else if (name === "error") {
        throw new Error(data.error.message);
      }
    }
    if (!complete) throw new Error("the connection broke off before the reply was complete");
  } catch (error) {
    const stopped = error.name === "AbortError";
    bubble.append(element("p", "error", stopped ? "Stopped." : error.message));
  } finally {
    running = undefined;
    body.classList.remove("waiting");
    bubble.scrollIntoView({ block: "end" });
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) {
    running.abort();
    return;
  }
  const text = message.value.trim();
  if (!text) return;
  message.value = "";
  send.textContent = "Stop";
  message.required = false;
  await ask(text);
  message.required = true;
  send.textContent = "Send";
  message.focus();
});

message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!running) form.requestSubmit();
  }
});

$("fresh").addEventListener("click", () => {
  running?.abort();
  conversation = undefined;
  messages.replaceChildren();
  message.focus();
});

async function listModels() {
  const response = await fetch("/v1/models", { headers: headers() });
  if (!response.ok) return;
  const { data } = await response.json();
  const options = data.map(({ id }) => Object.assign(element("option", "", id), { value: id }));
  model.replaceChildren(model.firstElementChild, ...options);
}

listModels();

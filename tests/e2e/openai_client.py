"""Asks a gateway with OpenAI's own client: openai_client.py http://127.0.0.1:8080/v1"""

import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="not-needed", max_retries=0)
question = [{"role": "user", "content": "How often should I descale the espresso machine?"}]

# Whole.
completion = client.chat.completions.create(model="local", messages=question)
text = completion.choices[0].message.content
assert "every three months" in text, text
assert completion.object == "chat.completion"
assert completion.choices[0].finish_reason == "stop"
assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens > 0
assert completion.choices[0].message.model_extra["citations"][0]["source"].endswith("guide.md")

# Text parts, and options that the client sends along.
parts = [{"role": "user", "content": [{"type": "text", "text": question[0]["content"]}]}]
completion = client.chat.completions.create(model="local", messages=parts, temperature=0, seed=1, user="tester")
assert completion.choices[0].message.content == text

# In pieces.
stream = client.chat.completions.create(
    model="local", messages=question, stream=True, stream_options={"include_usage": True}
)
pieces, roles, reasons, usage = [], [], [], None
for chunk in stream:
    assert chunk.object == "chat.completion.chunk"
    if chunk.usage:
        usage = chunk.usage
    for choice in chunk.choices:
        pieces.append(choice.delta.content or "")
        roles.append(choice.delta.role)
        reasons.append(choice.finish_reason)
assert "".join(pieces) == text, pieces
assert roles[0] == "assistant" and not any(roles[1:]), roles
assert reasons[-1] == "stop" and not any(reasons[:-1]), reasons
assert usage and usage.completion_tokens > 0

# The client's own helper for streams puts the chunks together again.
with client.chat.completions.stream(model="local", messages=question) as stream:
    final = stream.get_final_completion()
assert final.choices[0].message.content == text

# Models.
assert [model.id for model in client.models.list()] == ["local"]
assert client.models.retrieve("local").object == "model"

# Errors become the client's own exceptions.
try:
    client.chat.completions.create(model="gpt-9", messages=question)
    raise AssertionError("an unknown model must be refused")
except openai.NotFoundError as error:
    assert error.code == "model_not_found" and error.param == "model", error
try:
    client.chat.completions.create(model="gpt-9", messages=question, stream=True)
    raise AssertionError("an unknown model must be refused before a stream begins")
except openai.NotFoundError as error:
    assert error.type == "invalid_request_error", error
try:
    client.chat.completions.create(model="local", messages=question, n=2)
    raise AssertionError("several choices must be refused")
except openai.BadRequestError as error:
    assert error.param == "n", error

print("ok")

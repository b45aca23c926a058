//! The request of a completion. Fields that nobody here knows are ignored, as OpenAI's clients send new ones all the time.

use gateway_api::{ChatTurn, Message, Metadata, Role, ToolSpec, ToolUse};
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::fields::{Fields, wrong};

/// A request for a completion.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) turn: ChatTurn,
    /// Whether a stream ends with a chunk that has the usage.
    pub(super) include_usage: bool,
}

/// # Errors
///
/// What is wrong, with the path of the field.
pub(super) fn read(fields: &Fields<'_>) -> Result<Asked, ApiError> {
    if fields.count("n")?.is_some_and(|n| n != 1) {
        return Err(ApiError::invalid(
            "`n` must be 1: the gateway gives one choice; ask several times for several",
            "n",
        ));
    }
    let listed = fields.required_list("messages")?;
    if listed.is_empty() {
        return Err(ApiError::invalid("`messages` is empty; it needs at least one message", "messages"));
    }
    let messages = listed.iter().enumerate().map(|(at, value)| message(value, &format!("messages[{at}]")));
    let mut turn = ChatTurn::new(messages.collect::<Result<_, _>>()?);
    turn.model = fields.text("model")?.unwrap_or_default().to_owned();
    turn.temperature = fields.number("temperature", 0.0, 2.0)?.map(|number| number as f32);
    // The newer name wins, as it does with OpenAI.
    turn.max_tokens = fields.count("max_completion_tokens")?.or(fields.count("max_tokens")?);
    turn.stop = stop(fields)?;
    turn.stream = fields.flag("stream")?.unwrap_or(false);
    turn.conversation = fields.text("conversation")?.map(str::to_owned);
    turn.user = fields.text("user")?.map(str::to_owned);
    turn.tools = tools(fields)?;
    turn.metadata = metadata(fields)?;
    let options = fields.object("stream_options")?;
    let include_usage =
        options.map(|options| options.flag("include_usage")).transpose()?.flatten().unwrap_or(false);
    Ok(Asked { turn, include_usage })
}

fn message(value: &Value, path: &str) -> Result<Message, ApiError> {
    let fields = Fields::at(value, path)?;
    let role = match fields.required_text("role")? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" | "developer" => Role::System,
        "tool" => Role::Tool,
        _ => return Err(fields.wrong("role", "one of user, assistant, system, developer and tool")),
    };
    let mut message = Message::new(role, content(&fields)?);
    message.name = fields.text("name")?.map(str::to_owned);
    message.tool_call_id = fields.text("tool_call_id")?.map(str::to_owned);
    let path = fields.path("tool_calls");
    let calls = fields.list("tool_calls")?.map(Vec::as_slice).unwrap_or_default().iter().enumerate();
    message.tool_calls =
        calls.map(|(at, call)| tool_use(call, &format!("{path}[{at}]"))).collect::<Result<_, _>>()?;
    if message.tool_calls.is_empty() && fields.any("content").is_none() {
        return Err(fields.missing("content", "a string or a list of text parts"));
    }
    Ok(message)
}

/// A string, or the text of all parts.
fn content(fields: &Fields<'_>) -> Result<String, ApiError> {
    match fields.any("content") {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => {
            let path = fields.path("content");
            parts.iter().enumerate().map(|(at, part)| text_part(part, &format!("{path}[{at}]"))).collect()
        }
        Some(_) => Err(fields.wrong("content", "a string or a list of text parts")),
    }
}

fn text_part(part: &Value, path: &str) -> Result<String, ApiError> {
    let fields = Fields::at(part, path)?;
    match fields.required_text("type")? {
        "text" => Ok(fields.required_text("text")?.to_owned()),
        "refusal" => Ok(fields.required_text("refusal")?.to_owned()),
        other => {
            let message = format!("`{path}.type` is `{other}`, but the gateway takes text parts only");
            Err(ApiError::invalid(message, format!("{path}.type")))
        }
    }
}

fn tool_use(value: &Value, path: &str) -> Result<ToolUse, ApiError> {
    let fields = Fields::at(value, path)?;
    let function = fields.object("function")?.ok_or_else(|| fields.missing("function", "an object"))?;
    Ok(ToolUse {
        id: fields.required_text("id")?.to_owned(),
        name: function.required_text("name")?.to_owned(),
        arguments: function.required_text("arguments")?.to_owned(),
    })
}

fn stop(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    const EXPECTED: &str = "a string or a list of strings";
    match fields.any("stop") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(texts)) => texts
            .iter()
            .map(|text| text.as_str().map(str::to_owned).ok_or_else(|| fields.wrong("stop", EXPECTED)))
            .collect(),
        Some(_) => Err(fields.wrong("stop", EXPECTED)),
    }
}

fn tools(fields: &Fields<'_>) -> Result<Vec<ToolSpec>, ApiError> {
    let listed = fields.list("tools")?.map(Vec::as_slice).unwrap_or_default();
    let one = |(at, value): (usize, &Value)| {
        let fields = Fields::at(value, &format!("tools[{at}]"))?;
        if fields.text("type")?.is_some_and(|kind| kind != "function") {
            return Err(fields.wrong("type", "`function`"));
        }
        let function = fields.object("function")?.ok_or_else(|| fields.missing("function", "an object"))?;
        let parameters = match function.any("parameters") {
            None => Value::Object(serde_json::Map::new()),
            Some(schema @ Value::Object(_)) => schema.clone(),
            Some(other) => return Err(wrong(&function.path("parameters"), "a JSON Schema", other)),
        };
        Ok(ToolSpec {
            name: function.required_text("name")?.to_owned(),
            description: function.text("description")?.unwrap_or_default().to_owned(),
            parameters,
        })
    };
    listed.iter().enumerate().map(one).collect()
}

/// What a backend or a hook may want to know and the turn has no field for.
fn metadata(fields: &Fields<'_>) -> Result<Metadata, ApiError> {
    const PASSED_ON: &[&str] = &["tool_choice", "parallel_tool_calls", "response_format", "top_p", "seed"];
    let mut metadata = match fields.any("metadata") {
        None => Metadata::new(),
        Some(Value::Object(facts)) => facts.clone().into_iter().collect(),
        Some(_) => return Err(fields.wrong("metadata", "an object")),
    };
    let passed = PASSED_ON.iter().filter_map(|key| Some(((*key).to_owned(), fields.any(key)?.clone())));
    metadata.extend(passed);
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(body: &Value) -> Result<Asked, ApiError> {
        read(&Fields::of(body.as_object().unwrap()))
    }

    fn refused(body: &Value) -> (String, String) {
        let error = asked(body).unwrap_err();
        (error.param.unwrap(), error.message)
    }

    #[test]
    fn content_is_a_string_or_text_parts() {
        let parts = json!([{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }]);
        let body = json!({ "messages": [{ "role": "developer", "content": "be kind" }, { "role": "user", "content": parts }] });
        let turn = asked(&body).unwrap().turn;
        assert_eq!(turn.messages[0].role, Role::System);
        assert_eq!(turn.messages[1].content, "ab");
    }

    #[test]
    fn a_wrong_field_is_named_with_its_path() {
        let image = json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": {} }] }] });
        let (param, message) = refused(&image);
        assert_eq!(param, "messages[0].content[0].type");
        assert!(message.contains("text parts only"), "{message}");
        let hot = json!({ "messages": [{ "role": "user", "content": "x" }], "temperature": "hot" });
        assert_eq!(
            refused(&hot),
            ("temperature".to_owned(), "`temperature` must be a number from 0 to 2, not \"hot\"".to_owned())
        );
        assert_eq!(refused(&json!({})).0, "messages");
        assert_eq!(refused(&json!({ "messages": [] })).0, "messages");
        assert_eq!(refused(&json!({ "messages": [{ "role": "user" }] })).0, "messages[0].content");
        assert_eq!(refused(&json!({ "messages": ["hi"] })).0, "messages[0]");
    }

    #[test]
    fn several_choices_are_refused() {
        let body = json!({ "messages": [{ "role": "user", "content": "x" }], "n": 2 });
        assert_eq!(refused(&body).0, "n");
    }

    #[test]
    fn tools_are_passed_on_and_unknown_fields_ignored() {
        let tool = json!({ "type": "function", "function": { "name": "now", "description": "The time", "parameters": { "type": "object" } } });
        let call =
            json!({ "id": "c1", "type": "function", "function": { "name": "now", "arguments": "{}" } });
        let body = json!({
            "model": "m", "tools": [tool], "tool_choice": "auto", "stop": "END", "max_tokens": 5, "some_new_field": [1],
            "messages": [
                { "role": "user", "content": "x" },
                { "role": "assistant", "content": null, "tool_calls": [call] },
                { "role": "tool", "content": "12:00", "tool_call_id": "c1" },
            ],
        });
        let turn = asked(&body).unwrap().turn;
        assert_eq!(
            (turn.tools[0].name.as_str(), turn.stop.as_slice(), turn.max_tokens),
            ("now", &["END".to_owned()][..], Some(5))
        );
        assert_eq!(turn.messages[1].tool_calls[0].arguments, "{}");
        assert_eq!(turn.messages[2].tool_call_id.as_deref(), Some("c1"));
        assert_eq!(turn.metadata["tool_choice"], "auto");
    }
}

//! `POST /v1/embeddings`, as OpenAI has it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use gateway_api::estimate_tokens;
use serde_json::{Value, json};

use super::body;
use super::error::ApiError;
use super::fields::Fields;
use crate::host::Host;
use crate::models;

/// A vector for each text.
pub(super) async fn embeddings(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let object = body::object(&host, request).await?;
    let fields = Fields::of(&object);
    let texts = input(&fields)?;
    if fields.any("dimensions").is_some() {
        let message =
            "`dimensions` cannot be chosen here: a backend's vectors have the length that they have";
        return Err(ApiError::invalid(message, "dimensions"));
    }
    let encode: fn(&[f32]) -> Value = match fields.text("encoding_format")? {
        None | Some("float") => |vector| json!(vector),
        Some("base64") => |vector| json!(base64(vector)),
        Some(_) => return Err(fields.wrong("encoding_format", "`float` or `base64`")),
    };
    let (backend, model) = models::find(&host, fields.text("model")?.unwrap_or_default()).await?;
    let vectors = backend.embed(&model, &texts).await?;
    let data = vectors.iter().enumerate();
    let data = data
        .map(|(index, vector)| json!({ "object": "embedding", "index": index, "embedding": encode(vector) }));
    let tokens: u32 = texts.iter().map(|text| estimate_tokens(text)).sum();
    Ok(Json(json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })))
}

fn input(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    const EXPECTED: &str = "a string or a list of strings; token numbers are not taken";
    let texts: Vec<String> = match fields.any("input") {
        None => return Err(fields.missing("input", EXPECTED)),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(texts)) => {
            let text = |text: &Value| {
                text.as_str().map(str::to_owned).ok_or_else(|| fields.wrong("input", EXPECTED))
            };
            texts.iter().map(text).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(fields.wrong("input", EXPECTED)),
    };
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(ApiError::invalid("`input` has nothing in it; it needs text", "input"));
    }
    Ok(texts)
}

/// The numbers as OpenAI's clients ask for them: 32 bits each, lowest byte first, in base64.
fn base64(vector: &[f32]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors_are_encoded_as_the_clients_decode_them() {
        assert_eq!(super::base64(&[1.0]), "AACAPw==");
        assert_eq!(super::base64(&[1.0, -2.0]), "AACAPwAAAMA=");
        assert_eq!(super::base64(&[1.0, -2.0, 0.5]), "AACAPwAAAMAAAAA/");
    }
}

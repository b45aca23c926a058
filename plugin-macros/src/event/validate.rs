//! The rules of an event that need no types. What breaks one is taken out of the model.

use syn::{Data, DeriveInput, Fields, Ident};

use super::model::{Historic, Model};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::symbol::{listed, nearest};

pub(super) fn model(item: &DeriveInput, model: &mut Model, ctxt: &Ctxt) {
    if !item.generics.params.is_empty() {
        ctxt.error(
            Code::GenericEvent,
            &item.generics,
            "an event has no generic parameters: each topic is one type",
            "derive it for a type of concrete fields",
        );
    }
    if let Some(topic) = model.topic.take_if(|topic| !is_topic(&topic.value())) {
        ctxt.error(
            Code::Topic,
            topic,
            "a topic is a word of letters, digits, `.`, `-`, `_` and `:`",
            "write it like `topic = \"chat.reply-sent\"`",
        );
    }
    if model.reply.is_some() {
        if let Some(Historic { word, .. }) = model.historic.take() {
            ctxt.error(
                Code::RequestKept,
                word,
                "a request is answered once, so it is not kept for those who come later",
                "remove `historic`, or `reply`",
            );
        }
        if let Some(word) = model.carried.take() {
            ctxt.error(
                Code::RequestKept,
                word,
                "a request is answered in the process that makes it",
                "remove `carried`; carry an event, and answer it with another event",
            );
        }
    }
    if let Some(historic) = &mut model.historic
        && let Some(key) = historic.key.take_if(|key| !has(item, key))
    {
        unknown_key(item, &key, ctxt);
    }
}

fn is_topic(text: &str) -> bool {
    let good = |letter: char| letter.is_ascii_alphanumeric() || ".-_:".contains(letter);
    !text.is_empty() && text.chars().all(good)
}

fn has(item: &DeriveInput, key: &Ident) -> bool {
    fields(item).contains(&key)
}

fn fields(item: &DeriveInput) -> Vec<&Ident> {
    match &item.data {
        Data::Struct(data) if let Fields::Named(fields) = &data.fields => {
            fields.named.iter().filter_map(|field| field.ident.as_ref()).collect()
        }
        _ => Vec::new(),
    }
}

fn unknown_key(item: &DeriveInput, key: &Ident, ctxt: &Ctxt) {
    let names: Vec<String> = fields(item).into_iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let remedy = match nearest(&key.to_string(), &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "name the fields, or write `historic` alone".to_owned(),
        None => format!("it has {}", listed(&names)),
    };
    ctxt.error(Code::Historic, key, format!("`{}` has no field `{key}`", item.ident), remedy);
}

//! What `#[event(…)]` says: each fact with the token that justifies it.

use syn::punctuated::Punctuated;
use syn::{DeriveInput, Expr, Ident, LitStr, Path, Token, Type};

use crate::args::{Arg, Args, Value};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::types::Types;

const KEYS: &[&str] = &["topic", "historic", "carried", "reply", "crate"];

/// An event.
#[derive(Default)]
pub(super) struct Model {
    pub(super) topic: Option<LitStr>,
    pub(super) historic: Option<Historic>,
    pub(super) carried: Option<Ident>,
    pub(super) reply: Option<Type>,
    pub(super) root: Option<Path>,
}

/// `historic`, or `historic(key = field)`
pub(super) struct Historic {
    /// The word itself.
    pub(super) word: Ident,
    pub(super) key: Option<Ident>,
}

impl Model {
    pub(super) fn read(item: &DeriveInput, ctxt: &Ctxt) -> Self {
        let mut model = Self::default();
        for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("event")) {
            let Types { mut types, mut args } = Types::of("event", &["reply"], attribute, ctxt);
            model.reply = types.remove("reply").or(model.reply);
            model.topic = args.text("topic", ctxt).or(model.topic);
            model.historic =
                args.take("historic", ctxt).and_then(|arg| historic(arg, ctxt)).or(model.historic);
            model.carried = flag(&mut args, ctxt).or(model.carried);
            model.root = args.path("crate", ctxt).or(model.root);
            args.finish(KEYS, ctxt);
        }
        model
    }
}

/// `carried`, with its token; `carried = false` is as if it were not there.
fn flag(args: &mut Args, ctxt: &Ctxt) -> Option<Ident> {
    let word = args.key("carried")?;
    args.flag("carried", ctxt).filter(|on| *on).map(|_| word)
}

fn historic(Arg { key: word, value }: Arg, ctxt: &Ctxt) -> Option<Historic> {
    match value {
        Value::Flag => Some(Historic { word, key: None }),
        Value::List(list) if let Some(key) = key_of(&list) => Some(Historic { word, key: Some(key) }),
        _ => {
            ctxt.error(
                Code::Historic,
                &word,
                "`historic` keeps the last event, or the last one of each key",
                "write `historic`, or `historic(key = field)`",
            );
            None
        }
    }
}

/// `field` of `(key = field)`.
fn key_of(list: &Punctuated<Expr, Token![,]>) -> Option<Ident> {
    let (Some(Expr::Assign(pair)), 1) = (list.first(), list.len()) else { return None };
    let (Expr::Path(key), Expr::Path(field)) = (&*pair.left, &*pair.right) else { return None };
    key.path.is_ident("key").then(|| field.path.get_ident().cloned())?
}

//! The rules of a plugin's module that need no types: what is its state, what it may have once, what excludes what.

use syn::{Expr, Type};

use super::model::{Handler, Model, written};
use super::signature::Function;
use super::split::{Kind, Module};
use crate::args::{Arg, Value, as_integer, as_text};
use crate::code::Code;
use crate::ctxt::Ctxt;

/// The state's type: what `#[init]` returns; without one, what the first impl or function takes for the state.
pub(super) fn state(module: &Module, ctxt: &Ctxt) -> Option<Type> {
    let state = named(module, ctxt)?;
    if is_of_std(&state) {
        let rule = format!("the state is a type of the plugin's own, and `{}` is not", written(&state));
        let remedy = "declare `pub struct State { … }` in the module, which holds what it needs";
        ctxt.error(Code::ForeignState, &state, rule, remedy);
        return None;
    }
    Some(state)
}

/// The type that the module takes for its state.
fn named(module: &Module, ctxt: &Ctxt) -> Option<Type> {
    let mut inits = module.items().filter(|item| item.helper == "init").peekable();
    if inits.peek().is_some() {
        let Kind::Fn(signature) = &inits.next()?.kind else { return None };
        let returned = Function::quiet(signature);
        return match returned.returned() {
            Some((state, _)) if is_plain(state) => Some(state.clone()),
            Some((state, _)) => {
                ctxt.error(
                    Code::ForeignState,
                    state,
                    "the state is a type of the plugin's own, by its plain name",
                    "declare `pub struct State { … }` in the module and return it",
                );
                None
            }
            None => {
                let remedy = "write `-> Result<State, PluginError>`, or `-> State`";
                ctxt.error(
                    Code::InitReturnsState,
                    &signature.ident,
                    "`#[init]` returns the plugin's state",
                    remedy,
                );
                None
            }
        };
    }
    module.items().find_map(|item| match &item.kind {
        Kind::Impl { of, .. } => Some((**of).clone()),
        Kind::Fn(signature) => {
            let function = Function::quiet(signature);
            let state = function.referent(0).or_else(|| function.shared(0));
            state.filter(|_| !function.is_mut(0)).cloned()
        }
        Kind::Type(_) | Kind::Wrong | Kind::Gone => None,
    })
}

/// The rules between the parts of a module.
pub(super) fn model(model: &Model, module: &Module, ctxt: &Ctxt) {
    if model.args.name.is_none() && !super::args::well_formed(&model.name) {
        ctxt.error(
            Code::Name,
            &module.ident,
            format!("the module's name makes no plugin name: `{}`", model.name),
            "name the module like `content_filter`, or write `#[plugin(name = \"content-filter\")]`",
        );
    }
    for requirement in &model.args.requires {
        if requirement.plugin == model.name {
            ctxt.error(
                Code::Contradiction,
                &requirement.literal,
                "a plugin does not require itself",
                "remove it",
            );
        }
    }
    for conflict in &model.args.conflicts {
        let name = conflict.value();
        if name == model.name {
            ctxt.error(Code::Contradiction, conflict, "a plugin does not conflict with itself", "remove it");
        } else if model.args.requires.iter().any(|one| one.plugin == name) {
            ctxt.error(
                Code::Contradiction,
                conflict,
                format!("`{name}` is required and excluded at once"),
                "remove it from one of the two lists",
            );
        }
    }
    model.singles().into_iter().for_each(|(helper, handlers)| single(helper, &handlers, ctxt));
    let mut roots = model.configs.iter().filter(|config| !config.nested && config.cfgs.is_empty());
    roots.next();
    for second in roots {
        ctxt.error(
            Code::Once,
            &second.input.ident,
            "a plugin has one `#[config]`",
            "write `#[config(nested)]` on the types it is made of",
        );
    }
    if let (Some(restore), true) = (model.restore.first(), model.snapshot.is_empty()) {
        let rule = "`#[restore]` has nothing to read without a `#[snapshot]`";
        ctxt.error(Code::RestoreAlone, &restore.function.ident, rule, "add a `#[snapshot]` function");
    }
    let plain: Vec<_> = model.commands.iter().filter(|command| command.handler.cfgs.is_empty()).collect();
    for (at, command) in plain.iter().enumerate() {
        if plain.iter().take(at).any(|earlier| earlier.name == command.name) {
            let rule = format!("this plugin has two commands named `{}`", command.name);
            ctxt.error(
                Code::Twice,
                &command.handler.function.ident,
                rule,
                "give one another name: `#[command(name = \"…\")]`",
            );
        }
    }
}

/// The attributes of an offered capability whose values can be const.
pub(super) fn attributes(args: Vec<Arg>, ctxt: &Ctxt) -> Vec<Arg> {
    let text = |expr: &Expr| {
        let good = as_text(expr).is_some();
        if !good {
            ctxt.error(
                Code::OfferAttribute,
                expr,
                "a list in `#[capability]` holds texts",
                "put it in double quotes",
            );
        }
        good
    };
    let good = |arg: &Arg| match &arg.value {
        Value::Flag => true,
        Value::List(list) => list.iter().filter(|expr| !text(expr)).count() == 0,
        Value::Is(Expr::Array(list)) => list.elems.iter().filter(|expr| !text(expr)).count() == 0,
        Value::Is(expr) => {
            let bool = matches!(expr, Expr::Lit(literal) if matches!(literal.lit, syn::Lit::Bool(_)));
            let good = bool || as_text(expr).is_some() || as_integer(expr).is_some();
            if !good {
                let rule = format!(
                    "the value of `{}` is a text, a whole number, `true`, `false` or a list of texts",
                    arg.key
                );
                ctxt.error(Code::OfferAttribute, expr, rule, format!("write `{} = \"…\"`", arg.key));
            }
            good
        }
    };
    let mut kept: Vec<Arg> = Vec::new();
    for arg in args.into_iter().filter(good) {
        if kept.iter().any(|earlier| earlier.key == arg.key) {
            ctxt.error(
                Code::Twice,
                &arg,
                format!("`{}` is given twice in `#[capability]`", arg.key),
                "keep one of them",
            );
        } else {
            kept.push(arg);
        }
    }
    kept
}

/// A type that the module may implement a foreign trait for: named, without arguments.
fn is_plain(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let arguments = path.path.segments.iter().any(|segment| !segment.arguments.is_none());
    path.qself.is_none() && !arguments && !path.path.is_ident("Self")
}

/// A type that every module knows; any other may be the author's own.
fn is_of_std(ty: &Type) -> bool {
    const NAMES: [&str; 18] = [
        "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64",
    ];
    matches!(ty, Type::Path(path) if NAMES.iter().any(|name| path.path.is_ident(name)))
}

/// At most one without a `#[cfg]`; those with one are counted again after cfg, in the expansion.
fn single(helper: &str, handlers: &[&Handler], ctxt: &Ctxt) {
    let mut plain = handlers.iter().filter(|handler| handler.cfgs.is_empty());
    plain.next();
    for second in plain {
        let remedy = "remove one of them, or give each a `#[cfg(…)]`";
        ctxt.error(Code::Once, &second.function.ident, format!("a plugin has one `#[{helper}]`"), remedy);
    }
}

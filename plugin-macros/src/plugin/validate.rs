//! The rules of a plugin's module that need no types: the shapes of its functions, what it may have once, what excludes what.

use quote::ToTokens;
use syn::{Expr, Ident, Path, Type};

use super::model::{Handler, HookKind, Model, written};
use super::signature::Function;
use super::split::{Kind, Module};
use crate::args::{Arg, Value, as_integer, as_text};
use crate::code::Code;
use crate::ctxt::Ctxt;

/// What the functions of a module are held against.
pub(super) struct Checks<'a> {
    pub(super) state: Option<Type>,
    pub(super) ctxt: &'a Ctxt,
}

/// The state's type: what `#[init]` returns; without one, what the first impl or function takes for the state.
pub(super) fn state(module: &Module, ctxt: &Ctxt) -> Option<Type> {
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

impl Checks<'_> {
    /// Whether the impl is one of the state.
    pub(super) fn is_state(&self, target: &Path, of: &Type) -> bool {
        let Some(state) = &self.state else { return false };
        let good = written(state) == written(of);
        if !good {
            let (state, target) = (written(state), written(target));
            self.ctxt.error(
                Code::OfferedForState,
                of,
                format!("a plugin offers capabilities for its state, `{state}`, not for `{}`", written(of)),
                format!("write `impl {target} for {state}`"),
            );
        }
        good
    }

    /// Whether the function has the shape that its helper, which is not `hook`, asks for.
    pub(super) fn shape(&self, helper: &str, function: &Function) -> bool {
        match helper {
            "init" => self.state.is_some(),
            "task" => self.task(function),
            "command" => {
                self.takes(function, "command", 1..=2, "state: &State, arguments: Args")
                    && self.returns(function, "command")
            }
            "subscribe" => {
                self.takes(function, "subscribe", 2..=2, "state: &State, event: &Event")
                    && self.lent(function, 1, "event", false)
            }
            "snapshot" => {
                self.takes(function, "snapshot", 1..=1, "state: &State") && self.returns(function, "snapshot")
            }
            "restore" => self.takes(function, "restore", 2..=2, "state: &State, snapshot: Snapshot"),
            "health" => {
                let good = self.takes(function, "health", 1..=1, "state: &State");
                let told = function.returned().is_some();
                if good && !told {
                    self.ctxt.error(
                        Code::HealthReturn,
                        &function.ident,
                        "`#[health]` tells how the plugin is",
                        "write `-> Health`",
                    );
                }
                good && told
            }
            helper => self.takes(function, helper, 1..=1, "state: &State"),
        }
    }

    /// The point's type, where the parameters have the kind's shape.
    pub(super) fn hook_point(&self, function: &Function, kind: HookKind, word: &Ident) -> Option<Type> {
        let shape = format!("write `fn {}({})`", function.ident, kind.shape());
        let count = function.params.len();
        let arity = kind.arity();
        if !self.state_first(function, "hook") {
            return None;
        }
        if kind == HookKind::Around && count >= 2 && !function.names(2, "Next") {
            self.ctxt.error(
                Code::HookParameters,
                function.at(2),
                "an `around` hook takes `Next` third: what it wraps",
                shape,
            );
            return None;
        }
        let extra = count == arity + 1 && function.names(arity, "Call") && function.referent(arity).is_some();
        if count != arity && !extra {
            let least = if count < arity { count } else { arity };
            let at = if count > arity && function.names(arity, "Call") && function.referent(arity).is_some() {
                arity + 1
            } else {
                least
            };
            let rule = format!(
                "a hook of kind `{word}` takes {arity} parameters, and `&Call` after them if it likes"
            );
            self.ctxt.error(Code::HookParameters, function.at(at), rule, shape);
            return None;
        }
        let mutable = matches!(kind, HookKind::Before | HookKind::Around | HookKind::Replace);
        if !self.lent(function, 1, "input", mutable) {
            return None;
        }
        if !mutable && function.is_mut(1) {
            let rule = format!("a hook of kind `{word}` runs after the core and cannot change the input");
            self.ctxt.error(Code::HookParameters, function.at(1), rule, shape);
            return None;
        }
        // A `before` hook may just look; then it needs no order among those that change.
        if mutable && kind != HookKind::Before && !function.is_mut(1) {
            self.ctxt.error(
                Code::HookParameters,
                function.at(1),
                format!("a hook of kind `{word}` takes the input as `&mut`"),
                shape,
            );
            return None;
        }
        if kind == HookKind::After && !function.is_mut(2) {
            let remedy = format!("{shape}, or make it `observe`");
            self.ctxt.error(
                Code::HookParameters,
                function.at(2),
                "an `after` hook takes the output as `&mut`",
                remedy,
            );
            return None;
        }
        function.referent(1).cloned()
    }

    fn task(&self, function: &Function) -> bool {
        let shape = format!("write `async fn {}(state: Arc<State>, shutdown: Shutdown)`", function.ident);
        let wrong = |at, rule: &str| {
            self.ctxt.error(Code::TaskShape, at, rule, &shape);
            false
        };
        if !function.is_async {
            return wrong(
                function.ident.to_token_stream(),
                "a `#[task]` is an `async fn`: it runs beside everything else",
            );
        }
        if function.shared(0).is_none() {
            return wrong(
                function.at(0),
                "a `#[task]` takes the state as `Arc<State>`: it outlives the call that starts it",
            );
        }
        if function.params.len() > 1 && !function.names(1, "Shutdown") {
            return wrong(function.at(1), "a `#[task]` takes `Shutdown` second");
        }
        function.params.len() <= 2
            || wrong(function.at(2), "a `#[task]` takes the state and `Shutdown`, and nothing more")
    }

    /// Whether the first parameter is `&State`.
    fn state_first(&self, function: &Function, helper: &str) -> bool {
        let rule = format!("`#[{helper}]` takes the plugin's state first");
        let state = self.state.as_ref().map_or_else(|| "State".to_owned(), written);
        match function.params.first() {
            None => {
                self.ctxt.error(Code::Parameters, &function.ident, rule, format!("add `state: &{state}`"));
            }
            Some(Type::Reference(reference)) if reference.mutability.is_none() => return true,
            Some(first) => self.ctxt.error(
                Code::Parameters,
                first,
                format!("{rule}, as a shared reference"),
                format!("write `&{state}`; keep what changes behind a lock or an atomic"),
            ),
        }
        false
    }

    fn takes(
        &self,
        function: &Function,
        helper: &str,
        count: std::ops::RangeInclusive<usize>,
        shape: &str,
    ) -> bool {
        if !count.contains(&function.params.len()) {
            let (least, most) = (count.start(), count.end());
            let many = if least == most { least.to_string() } else { format!("{least} or {most}") };
            let plural = if *most == 1 { "" } else { "s" };
            self.ctxt.error(
                Code::Parameters,
                function.at(*most),
                format!("`#[{helper}]` takes {many} parameter{plural}"),
                format!("write `fn {}({shape})`", function.ident),
            );
            return false;
        }
        self.state_first(function, helper)
    }

    fn lent(&self, function: &Function, at: usize, what: &str, mutable: bool) -> bool {
        let Some(ty) = function.params.get(at) else { return false };
        let reference = if mutable { "&mut " } else { "&" };
        match ty {
            Type::Reference(reference) if what == "event" && reference.mutability.is_some() => {
                let remedy = format!("write `&{}`", written(&reference.elem));
                self.ctxt.error(
                    Code::EventLent,
                    ty,
                    "all subscribers see one event, so none can change it",
                    remedy,
                );
                false
            }
            Type::Reference(_) => true,
            _ => {
                let remedy = format!("write `{reference}{}`", written(ty));
                let code = if what == "event" { Code::EventLent } else { Code::HookParameters };
                self.ctxt.error(code, ty, format!("the {what} is lent, not given"), remedy);
                false
            }
        }
    }

    fn returns(&self, function: &Function, helper: &str) -> bool {
        let good = function.returned().is_some();
        if !good {
            let remedy = "write `-> Result<T, PluginError>` with a `T` that serializes";
            self.ctxt.error(
                Code::Found,
                &function.ident,
                format!("`#[{helper}]` returns what it found"),
                remedy,
            );
        }
        good
    }
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
    matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.segments.iter().all(|segment| segment.arguments.is_none()))
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

//! What the functions of a plugin's module take and return, as far as that can be told without types.

use quote::ToTokens;
use syn::{Ident, Path, Type};

use super::model::{HookKind, written};
use super::signature::{Function, first_argument};
use crate::code::Code;
use crate::ctxt::Ctxt;

/// What the functions of a module are held against.
pub(super) struct Checks<'a> {
    pub(super) state: Option<Type>,
    pub(super) ctxt: &'a Ctxt,
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
            "init" => self.injected(function) && self.state.is_some(),
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
        let input = function.params.get(1).map(|ty| match ty {
            Type::Reference(reference) => written(&reference.elem),
            other => written(other),
        });
        let input = input.unwrap_or_else(|| "In".to_owned());
        let shape = format!("write `fn {}({})`", function.ident, kind.shape(&self.state(), &input));
        let (count, arity) = (function.params.len(), kind.arity());
        if !self.state_first(function, "hook", arity) {
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
        if count == arity + 1 && function.names(arity, "Call") && function.referent(arity).is_none() {
            let at = function.at(arity);
            self.ctxt.error(Code::HookParameters, at, "the call is lent, not given", "write `&Call`");
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

    /// Whether no parameter of `#[init]` holds a capability in another way than by a provider. What else it may not take is told by
    /// rustc, which knows the types.
    fn injected(&self, function: &Function) -> bool {
        let wrong = function.params.iter().filter_map(|ty| Some((ty, provided(ty)?)));
        let told = wrong.map(|(ty, provided)| {
            let rule = format!("`#[init]` cannot take `{}`: capabilities are taken by provider", written(ty));
            self.ctxt.error(Code::Injected, ty, rule, format!("write `{provided}`"));
        });
        told.count() == 0
    }

    fn task(&self, function: &Function) -> bool {
        let shape =
            format!("write `async fn {}(state: Arc<{}>, shutdown: Shutdown)`", function.ident, self.state());
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

    /// The state's type, as messages write it.
    fn state(&self) -> String {
        self.state.as_ref().map_or_else(|| "State".to_owned(), written)
    }

    /// Whether the first parameter is `&State`, of `least` parameters or more.
    fn state_first(&self, function: &Function, helper: &str, least: usize) -> bool {
        let (rule, state) = (format!("`#[{helper}]` takes the plugin's state first"), self.state());
        let shared = match function.params.first() {
            Some(Type::Reference(reference)) => reference.mutability.is_none(),
            _ => false,
        };
        match function.params.first() {
            Some(_) if shared => return true,
            Some(first) if function.params.len() >= least => self.ctxt.error(
                Code::Parameters,
                first,
                format!("{rule}, as a shared reference"),
                format!("write `&{state}`; keep what changes behind a lock or an atomic"),
            ),
            // It is not there at all, perhaps for the plugin has none.
            first => {
                let at = first.map_or_else(|| function.ident.to_token_stream(), ToTokens::to_token_stream);
                let made = if self.state.is_some() {
                    ""
                } else {
                    "; `#[derive(Default)] pub struct State;` will do"
                };
                self.ctxt.error(
                    Code::Parameters,
                    at,
                    rule,
                    format!("add `state: &{state}` as its first parameter{made}"),
                );
            }
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
                format!("write `fn {}({})`", function.ident, shape.replace("State", &self.state())),
            );
            return false;
        }
        self.state_first(function, helper, *count.start())
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

/// The provider that was meant where a capability is held in a type that nobody can implement `Inject` for.
fn provided(ty: &Type) -> Option<String> {
    let is_dyn = |held: &&Type| matches!(held, Type::TraitObject(_));
    if let Some(held) = ["Arc", "Rc"].iter().find_map(|name| first_argument(ty, name).filter(is_dyn)) {
        return Some(format!("Provider<{}>", written(held)));
    }
    if let Some(all) = first_argument(ty, "Option")
        && first_argument(all, "Providers").is_some()
    {
        return Some(written(all));
    }
    let each = first_argument(first_argument(ty, "Vec")?, "Provider")?;
    Some(format!("Providers<{}>", written(each)))
}

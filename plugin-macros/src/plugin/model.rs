//! What a plugin's module says: each fact with the token that justifies it.

use quote::ToTokens;
use syn::{Attribute, Ident, LitStr, Path, Type};

use super::args::{PluginArgs, is_name};
use super::config::Config;
use super::signature::Function;
use super::split::{Item, Kind, Module};
use crate::args::{Arg, Args};
use crate::ctxt::Ctxt;
use crate::expand::{cfgs, docs, kebab};
use crate::symbol::{listed, nearest};

/// A plugin.
pub(super) struct Model {
    pub(super) args: PluginArgs,
    pub(super) name: String,
    pub(super) description: String,
    /// The state's type; `None` where no function and no impl names one.
    pub(super) state: Option<Type>,
    pub(super) configs: Vec<Config>,
    pub(super) inits: Vec<Handler>,
    pub(super) hooks: Vec<Hook>,
    pub(super) capabilities: Vec<Capability>,
    pub(super) subscriptions: Vec<Handler>,
    pub(super) tasks: Vec<Task>,
    pub(super) commands: Vec<Command>,
    pub(super) health: Vec<Handler>,
    pub(super) shutdown: Vec<Handler>,
    pub(super) snapshot: Vec<Handler>,
    pub(super) restore: Vec<Handler>,
}

/// A function with a helper.
pub(super) struct Handler {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) function: Function,
}

/// `#[hook(kind, before(…), after(…), priority = …)]`
pub(super) struct Hook {
    pub(super) handler: Handler,
    pub(super) kind: HookKind,
    pub(super) before: Vec<LitStr>,
    pub(super) after: Vec<LitStr>,
    pub(super) priority: i32,
    pub(super) point: Type,
}

/// The kinds, as the attribute names them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HookKind {
    Before,
    Around,
    Replace,
    After,
    Rescue,
    Observe,
}

/// `#[capability(key = value)] impl Trait for State`
pub(super) struct Capability {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) target: Path,
    pub(super) attributes: Vec<Arg>,
}

/// `#[task(restart = "…")]`
pub(super) struct Task {
    pub(super) handler: Handler,
    pub(super) restart: &'static str,
}

/// `#[command]`
pub(super) struct Command {
    pub(super) handler: Handler,
    pub(super) name: String,
    pub(super) description: String,
}

const KINDS: &[&str] = &["before", "around", "replace", "after", "rescue", "observe"];

impl HookKind {
    fn of(ident: &Ident) -> Option<Self> {
        use HookKind::{After, Around, Before, Observe, Replace, Rescue};
        let at = KINDS.iter().position(|kind| ident == kind)?;
        [Before, Around, Replace, After, Rescue, Observe].get(at).copied()
    }

    /// What stands behind the state parameter, for messages.
    fn shape(self) -> &'static str {
        match self {
            Self::Before => "state: &State, input: &mut In",
            Self::Around => "state: &State, input: &mut In, next: Next<'_, In>",
            Self::Replace => "state: &State, input: &mut In",
            Self::After => "state: &State, input: &In, output: &mut Out",
            Self::Rescue => "state: &State, input: &In, error: E",
            Self::Observe => "state: &State, input: &In, result: Result<&Out, &E>",
        }
    }

    /// The parameters without `&Call`.
    pub(super) fn arity(self) -> usize {
        match self {
            Self::Before | Self::Replace => 2,
            Self::Around | Self::After | Self::Rescue | Self::Observe => 3,
        }
    }
}

impl Model {
    pub(super) fn read(args: PluginArgs, module: &Module, ctxt: &Ctxt) -> Self {
        let mut model = Self {
            name: args.name.as_ref().map_or_else(|| kebab(&module.ident), LitStr::value),
            description: docs(&module.attributes),
            args,
            state: None,
            configs: Vec::new(),
            inits: Vec::new(),
            hooks: Vec::new(),
            capabilities: Vec::new(),
            subscriptions: Vec::new(),
            tasks: Vec::new(),
            commands: Vec::new(),
            health: Vec::new(),
            shutdown: Vec::new(),
            snapshot: Vec::new(),
            restore: Vec::new(),
        };
        // Order matters: the state's type is known before the impls are compared with it.
        module.items().filter(|item| item.helper == "init").for_each(|item| model.add(item, module, ctxt));
        model.state = model.state_of_init(ctxt);
        module.items().filter(|item| item.helper != "init").for_each(|item| model.add(item, module, ctxt));
        for (helper, handlers) in [
            ("init", &model.inits),
            ("health", &model.health),
            ("shutdown", &model.shutdown),
            ("snapshot", &model.snapshot),
            ("restore", &model.restore),
        ] {
            single(helper, handlers, ctxt);
        }
        single_config(&model.configs, ctxt);
        if let (Some(restore), true) = (model.restore.first(), model.snapshot.is_empty()) {
            ctxt.error(
                &restore.function.ident,
                "`#[restore]` has nothing to read without a `#[snapshot]`",
                "add a `#[snapshot]` function",
            );
        }
        model
    }

    fn add(&mut self, item: &Item, module: &Module, ctxt: &Ctxt) {
        let cfgs = cfgs(&item.attributes);
        let function = match &item.kind {
            Kind::Wrong => return,
            Kind::Type(input) => {
                self.configs.extend(Config::read(item, input, module, ctxt));
                return;
            }
            Kind::Impl { target, of } => {
                self.add_capability(item, cfgs, target, of, ctxt);
                return;
            }
            Kind::Fn(signature) => Function::read(item.helper, signature, ctxt),
        };
        let mut args = Args::of(item.helper, &item.attribute, ctxt);
        let Some(function) = function else { return };
        let mut known: &[&str] = &[];
        let handler = Handler { cfgs, function };
        match item.helper {
            "init" => self.inits.push(handler),
            "hook" => {
                self.add_hook(item, handler, args, ctxt);
                return;
            }
            "task" => {
                known = &["restart"];
                let restart = args.text("restart", ctxt);
                if let Some(restart) = self.task_restart(&handler, restart.as_ref(), ctxt) {
                    self.tasks.push(Task { handler, restart });
                }
            }
            "command" => {
                known = &["name"];
                let name = args.text("name", ctxt).filter(|name| is_name(name, ctxt));
                let name = name.map_or_else(|| kebab(&handler.function.ident), |name| name.value());
                if self.takes(&handler, "command", 1..=2, "state: &State, arguments: Args", ctxt)
                    && self.returns_result(&handler, "command", ctxt)
                {
                    self.commands.push(Command { handler, name, description: docs(&item.attributes) });
                }
            }
            "subscribe" => {
                if self.takes(&handler, "subscribe", 2..=2, "state: &State, event: &Event", ctxt)
                    && self.by_reference(&handler, 1, "event", ctxt)
                {
                    self.subscriptions.push(handler);
                }
            }
            "health" => {
                if self.takes(&handler, "health", 1..=1, "state: &State", ctxt) {
                    self.health.push(handler);
                }
            }
            "shutdown" => {
                if self.takes(&handler, "shutdown", 1..=1, "state: &State", ctxt) {
                    self.shutdown.push(handler);
                }
            }
            "snapshot" => {
                if self.takes(&handler, "snapshot", 1..=1, "state: &State", ctxt)
                    && self.returns_result(&handler, "snapshot", ctxt)
                {
                    self.snapshot.push(handler);
                }
            }
            _ => {
                if self.takes(&handler, "restore", 2..=2, "state: &State, snapshot: Snapshot", ctxt) {
                    self.restore.push(handler);
                }
            }
        }
        args.finish(known, ctxt);
    }

    fn add_hook(&mut self, item: &Item, handler: Handler, mut args: Args, ctxt: &Ctxt) {
        let kind = args.take_leading_flag();
        let before = args.texts("before", ctxt);
        let after = args.texts("after", ctxt);
        let priority = args.integer("priority", ctxt).unwrap_or(0);
        args.finish(&["before", "after", "priority"], ctxt);
        before.iter().chain(&after).for_each(|name| {
            is_name(name, ctxt);
        });
        let Some(kind) = kind else {
            ctxt.error(
                &item.attribute,
                "`#[hook]` names its kind first",
                format!("write `#[hook(before)]`; the kinds are {}", listed(KINDS)),
            );
            return;
        };
        let Some(found) = HookKind::of(&kind) else {
            let text = kind.to_string();
            let remedy = nearest(&text, KINDS).map_or_else(
                || format!("the kinds are {}", listed(KINDS)),
                |near| format!("did you mean `{near}`?"),
            );
            ctxt.error(&kind, format!("there is no hook kind `{text}`"), remedy);
            return;
        };
        if let Some(point) = self.hook_point(&handler, found, &kind, ctxt) {
            self.hooks.push(Hook { handler, kind: found, before, after, priority, point });
        }
    }

    /// The point's type, where the parameters have the kind's shape.
    fn hook_point(&mut self, handler: &Handler, kind: HookKind, word: &Ident, ctxt: &Ctxt) -> Option<Type> {
        let function = &handler.function;
        let shape = format!("write `fn {}({})`", function.ident, kind.shape());
        let count = function.params.len();
        if kind == HookKind::Around && count >= 2 && !function.names(2, "Next") {
            let at = function
                .params
                .get(2)
                .map_or_else(|| function.ident.to_token_stream(), ToTokens::to_token_stream);
            ctxt.error(at, "an `around` hook takes `Next` third: what it wraps", shape);
            return None;
        }
        let extra = count == kind.arity() + 1 && function.names(kind.arity(), "Call");
        if count != kind.arity() && !extra {
            let at = function
                .params
                .get(kind.arity())
                .map_or_else(|| function.ident.to_token_stream(), ToTokens::to_token_stream);
            ctxt.error(
                at,
                format!(
                    "a hook of kind `{word}` takes {} parameters, and `&Call` after them if it likes",
                    kind.arity()
                ),
                shape,
            );
            return None;
        }
        if !self.state_first(handler, "hook", ctxt) || !self.by_reference(handler, 1, "input", ctxt) {
            return None;
        }
        let mutable = matches!(kind, HookKind::Before | HookKind::Around | HookKind::Replace);
        if !mutable && function.is_mut(1) {
            ctxt.error(
                &function.params[1],
                format!("a hook of kind `{word}` runs after the core and cannot change the input"),
                shape,
            );
            return None;
        }
        if mutable && !function.is_mut(1) {
            ctxt.error(
                &function.params[1],
                format!("a hook of kind `{word}` takes the input as `&mut`"),
                shape,
            );
            return None;
        }
        if kind == HookKind::After && !function.is_mut(2) {
            ctxt.error(
                &function.params[2],
                "an `after` hook takes the output as `&mut`",
                format!("{shape}, or make it `observe`"),
            );
            return None;
        }
        function.referent(1).cloned()
    }

    fn add_capability(&mut self, item: &Item, cfgs: Vec<Attribute>, target: &Path, of: &Type, ctxt: &Ctxt) {
        match &self.state {
            None => self.state = Some(of.clone()),
            Some(state) if state.to_token_stream().to_string() != of.to_token_stream().to_string() => {
                let state = state.to_token_stream();
                ctxt.error(
                    of,
                    format!(
                        "a plugin offers capabilities for its state, `{state}`, not for `{}`",
                        of.to_token_stream()
                    ),
                    format!("write `impl {} for {state}`", target.to_token_stream()),
                );
                return;
            }
            Some(_) => {}
        }
        let attributes = Args::of("capability", &item.attribute, ctxt).into_rest();
        self.capabilities.push(Capability { cfgs, target: target.clone(), attributes });
    }

    fn state_of_init(&self, ctxt: &Ctxt) -> Option<Type> {
        let init = self.inits.first()?;
        match init.function.returned() {
            Some((state, _)) if is_local(state) => Some(state.clone()),
            Some((state, _)) => {
                ctxt.error(
                    state,
                    "the state is a type of the plugin's own, by its plain name",
                    "declare `pub struct State { … }` in the module and return it",
                );
                None
            }
            None => {
                ctxt.error(
                    &init.function.ident,
                    "`#[init]` returns the plugin's state",
                    "write `-> Result<State, PluginError>`, or `-> State`",
                );
                None
            }
        }
    }

    /// Whether the first parameter is `&State`; where no `#[init]` says what the state is, the first function does.
    fn state_first(&mut self, handler: &Handler, helper: &str, ctxt: &Ctxt) -> bool {
        let function = &handler.function;
        let state = match function.params.first() {
            None => {
                ctxt.error(
                    &function.ident,
                    format!("`#[{helper}]` takes the plugin's state first"),
                    "add `state: &State`",
                );
                return false;
            }
            Some(Type::Reference(reference)) if reference.mutability.is_none() => &*reference.elem,
            Some(first) => {
                let remedy = match &self.state {
                    Some(state) => format!(
                        "write `&{}`; keep what changes behind a lock or an atomic",
                        state.to_token_stream()
                    ),
                    None => "write `&State`; keep what changes behind a lock or an atomic".to_owned(),
                };
                ctxt.error(
                    first,
                    format!("`#[{helper}]` takes the plugin's state first, as a shared reference"),
                    remedy,
                );
                return false;
            }
        };
        self.adopt(state);
        true
    }

    fn adopt(&mut self, state: &Type) {
        if self.state.is_none() && self.inits.is_empty() {
            self.state = Some(state.clone());
        }
    }

    fn takes(
        &mut self,
        handler: &Handler,
        helper: &str,
        count: std::ops::RangeInclusive<usize>,
        shape: &str,
        ctxt: &Ctxt,
    ) -> bool {
        let function = &handler.function;
        if !count.contains(&function.params.len()) {
            let at = function
                .params
                .get(*count.end())
                .map_or_else(|| function.ident.to_token_stream(), ToTokens::to_token_stream);
            let (least, most) = (count.start(), count.end());
            let many = if least == most { least.to_string() } else { format!("{least} or {most}") };
            ctxt.error(
                at,
                format!("`#[{helper}]` takes {many} parameter{}", if *most == 1 { "" } else { "s" }),
                format!("write `fn {}({shape})`", function.ident),
            );
            return false;
        }
        self.state_first(handler, helper, ctxt)
    }

    fn by_reference(&self, handler: &Handler, at: usize, what: &str, ctxt: &Ctxt) -> bool {
        let good = handler.function.referent(at).is_some();
        if !good {
            let ty = &handler.function.params[at];
            ctxt.error(
                ty,
                format!("the {what} is lent, not given"),
                format!("write `&{}`", ty.to_token_stream()),
            );
        }
        good
    }

    fn returns_result(&self, handler: &Handler, helper: &str, ctxt: &Ctxt) -> bool {
        let good = handler.function.returned().is_some();
        if !good {
            ctxt.error(
                &handler.function.ident,
                format!("`#[{helper}]` returns what it found"),
                "write `-> Result<T, PluginError>` with a `T` that serializes",
            );
        }
        good
    }

    fn task_restart(
        &mut self,
        handler: &Handler,
        restart: Option<&LitStr>,
        ctxt: &Ctxt,
    ) -> Option<&'static str> {
        const WAYS: &[(&str, &str)] =
            &[("always", "Always"), ("on-failure", "OnFailure"), ("never", "Never")];
        let function = &handler.function;
        let shape = format!("write `async fn {}(state: Arc<State>, shutdown: Shutdown)`", function.ident);
        if !function.is_async {
            ctxt.error(
                &function.ident,
                "a `#[task]` is an `async fn`: it runs beside everything else",
                shape,
            );
            return None;
        }
        let Some(state) = function.shared(0) else {
            let at = function
                .params
                .first()
                .map_or_else(|| function.ident.to_token_stream(), ToTokens::to_token_stream);
            ctxt.error(
                at,
                "a `#[task]` takes the state as `Arc<State>`: it outlives the call that starts it",
                shape,
            );
            return None;
        };
        if function.params.len() > 2 || (function.params.len() == 2 && !function.names(1, "Shutdown")) {
            let at = function
                .params
                .get(1)
                .map_or_else(|| function.ident.to_token_stream(), ToTokens::to_token_stream);
            ctxt.error(at, "a `#[task]` takes `Shutdown` second, and nothing more", shape);
            return None;
        }
        self.adopt(&state.clone());
        let Some(restart) = restart else { return Some("OnFailure") };
        let found = WAYS.iter().find(|(way, _)| restart.value() == *way);
        if found.is_none() {
            let names: Vec<&str> = WAYS.iter().map(|(way, _)| *way).collect();
            let remedy = nearest(&restart.value(), &names).map_or_else(
                || format!("write one of {}", listed(&names)),
                |near| format!("did you mean `{near}`?"),
            );
            ctxt.error(restart, format!("there is no way to restart `{}`", restart.value()), remedy);
        }
        found.map(|(_, variant)| *variant)
    }
}

/// A type that the module may implement a foreign trait for: named, without arguments.
fn is_local(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.segments.iter().all(|segment| segment.arguments.is_none()))
}

/// At most one without a `#[cfg]`; those with one are counted again after cfg, in the expansion.
fn single(helper: &str, handlers: &[Handler], ctxt: &Ctxt) {
    let mut plain = handlers.iter().filter(|handler| handler.cfgs.is_empty());
    plain.next();
    for second in plain {
        ctxt.error(
            &second.function.ident,
            format!("a plugin has one `#[{helper}]`"),
            "remove one of them, or give each a `#[cfg(…)]`",
        );
    }
}

fn single_config(configs: &[Config], ctxt: &Ctxt) {
    let mut roots = configs.iter().filter(|config| !config.nested && config.cfgs.is_empty());
    roots.next();
    for second in roots {
        ctxt.error(
            &second.input.ident,
            "a plugin has one `#[config]`",
            "write `#[config(nested)]` on the types it is made of",
        );
    }
}

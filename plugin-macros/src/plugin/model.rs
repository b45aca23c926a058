//! What a plugin's module says: each fact with the token that justifies it.

use quote::ToTokens;
use syn::{Attribute, Ident, LitStr, Path, Type};

use super::args::{PluginArgs, is_name};
use super::config::Config;
use super::shapes::Checks;
use super::signature::Function;
use super::split::{Item, Kind, Module};
use super::upkeep::{HEALTH_KEYS, Monitoring, Supervision, TASK_KEYS};
use super::validate;
use crate::args::{Arg, Args, Value, as_integer};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::{cfgs, docs, kebab};
use crate::habit;
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
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) tasks: Vec<Task>,
    pub(super) commands: Vec<Command>,
    pub(super) health: Vec<Health>,
    pub(super) shutdown: Vec<Handler>,
    pub(super) snapshot: Vec<Handler>,
    pub(super) restore: Vec<Handler>,
}

/// A function with a helper.
pub(super) struct Handler {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) function: Function,
}

/// `#[hook(kind, before(…), after(…), priority = …, idempotent)]`
pub(super) struct Hook {
    pub(super) handler: Handler,
    pub(super) kind: HookKind,
    pub(super) before: Vec<LitStr>,
    pub(super) after: Vec<LitStr>,
    pub(super) priority: i32,
    pub(super) idempotent: bool,
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

/// `#[subscribe(overflow = "block", capacity = 64)]`
pub(super) struct Subscription {
    pub(super) handler: Handler,
    /// The word for what a full queue does.
    pub(super) overflow: Option<&'static str>,
    pub(super) capacity: Option<u32>,
}

/// `#[task(…)]`
pub(super) struct Task {
    pub(super) handler: Handler,
    pub(super) supervision: Supervision,
}

/// `#[health(…)]`
pub(super) struct Health {
    pub(super) handler: Handler,
    pub(super) monitoring: Monitoring,
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

    /// The parameters, for messages.
    pub(super) fn shape(self, state: &str, input: &str) -> String {
        let rest = match self {
            Self::Before | Self::Replace => format!("&mut {input}"),
            Self::Around => format!("&mut {input}, next: Next<'_, {input}>"),
            Self::After => format!("&{input}, output: &mut Out"),
            Self::Rescue => format!("&{input}, error: E"),
            Self::Observe => format!("&{input}, result: Result<&Out, &E>"),
        };
        format!("state: &{state}, input: {rest}")
    }

    /// Whether a call that failed can be made again with the same arguments.
    fn can_repeat(self) -> bool {
        matches!(self, Self::Before | Self::Replace | Self::After)
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
        let checks = Checks { state: validate::state(module, ctxt), ctxt };
        let mut model = Self {
            name: args.name.as_ref().map_or_else(|| kebab(&module.ident), LitStr::value),
            description: docs(&module.attributes),
            args,
            state: checks.state.clone(),
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
        module.items().for_each(|item| model.add(item, module, &checks));
        validate::model(&model, module, ctxt);
        model
    }

    fn add(&mut self, item: &Item, module: &Module, checks: &Checks<'_>) {
        let ctxt = checks.ctxt;
        let cfgs = cfgs(&item.attributes);
        match &item.kind {
            Kind::Wrong | Kind::Gone => {}
            Kind::Type(input) => self.configs.extend(Config::read(item, input, module, ctxt)),
            Kind::Impl { target, of } => {
                let attributes =
                    validate::attributes(Args::of("capability", &item.attribute, ctxt).into_rest(), ctxt);
                if checks.is_state(target, of) {
                    self.capabilities.push(Capability { cfgs, target: (**target).clone(), attributes });
                }
            }
            Kind::Fn(signature) => {
                let args = Args::of(item.helper, &item.attribute, ctxt);
                let function = Function::read(item.helper, signature, ctxt);
                self.add_function(item, args, function.map(|function| Handler { cfgs, function }), checks);
            }
        }
    }

    /// `handler` is `None` where the function cannot be called at all; its attribute is read all the same.
    fn add_function(&mut self, item: &Item, mut args: Args, handler: Option<Handler>, checks: &Checks<'_>) {
        let ctxt = checks.ctxt;
        let known: &[&str] = match item.helper {
            "hook" => return self.add_hook(item, handler, args, checks),
            "subscribe" => return self.add_subscription(handler, args, checks),
            "task" => TASK_KEYS,
            "health" => HEALTH_KEYS,
            "command" => &["name"],
            _ => &[],
        };
        let supervision = if item.helper == "task" { Supervision::read(&mut args, ctxt) } else { None };
        let monitoring =
            if item.helper == "health" { Monitoring::read(&mut args, ctxt) } else { Monitoring::default() };
        let name = if item.helper == "command" { args.text("name", ctxt) } else { None };
        let name = name.filter(|name| is_name(name, "command", ctxt));
        args.finish(known, ctxt);
        let Some(handler) = handler.filter(|handler| checks.shape(item.helper, &handler.function)) else {
            return;
        };
        match item.helper {
            "init" => self.inits.push(handler),
            "task" => self.tasks.extend(supervision.map(|supervision| Task { handler, supervision })),
            "command" => {
                let name = name.map_or_else(|| kebab(&handler.function.ident), |name| name.value());
                self.commands.push(Command { handler, name, description: docs(&item.attributes) });
            }
            "health" => self.health.push(Health { handler, monitoring }),
            "shutdown" => self.shutdown.push(handler),
            "snapshot" => self.snapshot.push(handler),
            _ => self.restore.push(handler),
        }
    }

    fn add_subscription(&mut self, handler: Option<Handler>, mut args: Args, checks: &Checks<'_>) {
        let ctxt = checks.ctxt;
        let overflow = args.choice("overflow", &["block", "drop-newest", "drop-oldest"], ctxt);
        let capacity = args.take("capacity", ctxt).and_then(|arg| capacity_of(&arg, ctxt));
        args.finish(&["overflow", "capacity"], ctxt);
        if let Some(handler) = handler.filter(|handler| checks.shape("subscribe", &handler.function)) {
            self.subscriptions.push(Subscription { handler, overflow, capacity });
        }
    }

    fn add_hook(&mut self, item: &Item, handler: Option<Handler>, mut args: Args, checks: &Checks<'_>) {
        let ctxt = checks.ctxt;
        let kind = args.take_leading_flag();
        let idempotent = args.take_flag(&["idempotent"]);
        let misplaced = if kind.is_none() { args.take_flag(KINDS) } else { None };
        if args.broken {
            return;
        }
        // Without a kind, what `before` and `after` were meant for is not known.
        let unsure = Ctxt::default();
        let order = if kind.is_some() || misplaced.is_some() { ctxt } else { &unsure };
        let before = args.texts("before", order);
        let after = args.texts("after", order);
        let priority = args.integer("priority", ctxt).unwrap_or(0);
        args.finish(&["before", "after", "priority", "idempotent"], ctxt);
        before.iter().chain(&after).for_each(|name| {
            is_name(name, "plugin", ctxt);
        });
        if let Some(kind) = misplaced {
            ctxt.error(
                Code::KindFirst,
                &kind,
                "`#[hook]` names its kind first",
                format!("write `#[hook({kind}, …)]`"),
            );
            return;
        }
        let Some(word) = kind else {
            let remedy = format!("write `#[hook(before)]`; the kinds are {}", listed(KINDS));
            ctxt.error(Code::KindFirst, &item.attribute, "`#[hook]` names its kind first", remedy);
            return;
        };
        let Some(kind) = HookKind::of(&word) else {
            let text = word.to_string();
            let remedy = match habit::kind(&text).or_else(|| nearest(&text, KINDS)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the kinds are {}", listed(KINDS)),
            };
            ctxt.error(Code::UnknownKind, &word, format!("there is no hook kind `{text}`"), remedy);
            return;
        };
        if let Some(flag) = idempotent.as_ref().filter(|_| !kind.can_repeat()) {
            let rule =
                format!("a hook of kind `{word}` cannot be called again: what it takes by value is gone");
            ctxt.error(
                Code::IdempotentHook,
                flag,
                rule,
                "remove `idempotent`; a hook of kind `before`, `replace` or `after` may say it",
            );
            return;
        }
        let idempotent = idempotent.is_some();
        let Some(handler) = handler else { return };
        if let Some(point) = checks.hook_point(&handler.function, kind, &word) {
            self.hooks.push(Hook { handler, kind, before, after, priority, idempotent, point });
        }
    }

    /// What a plugin has once at most.
    pub(super) fn singles(&self) -> [(&'static str, Vec<&Handler>); 5] {
        [
            ("init", self.inits.iter().collect()),
            ("health", self.health.iter().map(|health| &health.handler).collect()),
            ("shutdown", self.shutdown.iter().collect()),
            ("snapshot", self.snapshot.iter().collect()),
            ("restore", self.restore.iter().collect()),
        ]
    }
}

fn capacity_of(arg: &Arg, ctxt: &Ctxt) -> Option<u32> {
    let number = match &arg.value {
        Value::Is(expr) => as_integer(expr),
        Value::Flag | Value::List(_) => None,
    };
    let found = number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
    if found.is_none() {
        let rule = "`capacity` is how many events may wait: at least one, and a number of 32 bits";
        ctxt.error(Code::NumberRange, arg.place(), rule, "write `capacity = 64`");
    }
    found
}

/// A type as it is written.
pub(super) fn written(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (loose, tight) in
        [(" :: ", "::"), (":: ", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), ("& ", "&"), (" ,", ",")]
    {
        text = text.replace(loose, tight);
    }
    text
}

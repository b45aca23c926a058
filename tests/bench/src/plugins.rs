//! Plugins as an author writes them, and hosts that run as many of them as a bench asks for.

use plugin_core::config::{Format, Sources};
use plugin_core::descriptor::HookDescriptor;
use plugin_core::prelude::*;
use plugin_core::{Plugin, PluginDescriptor, PluginManager, Running};

use crate::body::{Add, Body, State, Work, Yield};
use crate::point::{Fault, Step, Turn};

/// A capability with a method of each kind.
#[capability]
pub trait Count {
    /// One more than `value`, or two.
    fn count(&self, value: u64) -> Result<u64, Fault>;
    /// The same, in a future.
    async fn count_later(&self, value: u64) -> Result<u64, Fault>;
}

macro_rules! templates { ($($module:ident $state:ident $k:literal)*) => {
    $(
        /// A hook of each kind and body, from which hosts take the one that a bench asks for.
        #[plugin]
        mod $module {
            use super::*;

            /// The plugin's state.
            #[derive(Default)]
            pub(super) struct $state(State);

            #[hook(before)]
            fn step_before_add(plugin: &$state, step: &mut Step) -> Result<(), Fault> {
                Add::now::<$k>(&plugin.0, &mut step.value)
            }

            #[hook(before)]
            fn step_before_work(plugin: &$state, step: &mut Step) -> Result<(), Fault> {
                Work::now::<$k>(&plugin.0, &mut step.value)
            }

            #[hook(after)]
            fn step_after_add(plugin: &$state, _: &Step, output: &mut u64) -> Result<(), Fault> {
                Add::now::<$k>(&plugin.0, output)
            }

            #[hook(around)]
            fn step_around_add(plugin: &$state, step: &mut Step, next: Next<'_, Step>) -> Result<u64, Fault> {
                Add::now::<$k>(&plugin.0, &mut step.value)?;
                next.run_sync(step)
            }

            #[hook(before)]
            async fn turn_before_add(plugin: &$state, turn: &mut Turn) -> Result<(), Fault> {
                Add::later::<$k>(&plugin.0, &mut turn.value).await
            }

            #[hook(before)]
            async fn turn_before_work(plugin: &$state, turn: &mut Turn) -> Result<(), Fault> {
                Work::later::<$k>(&plugin.0, &mut turn.value).await
            }

            #[hook(before)]
            async fn turn_before_yield(plugin: &$state, turn: &mut Turn) -> Result<(), Fault> {
                Yield::later::<$k>(&plugin.0, &mut turn.value).await
            }

            #[hook(before)]
            fn turn_plain_add(plugin: &$state, turn: &mut Turn) -> Result<(), Fault> {
                Add::now::<$k>(&plugin.0, &mut turn.value)
            }

            #[hook(after)]
            async fn turn_after_add(plugin: &$state, _: &Turn, output: &mut u64) -> Result<(), Fault> {
                Add::later::<$k>(&plugin.0, output).await
            }

            #[hook(around)]
            async fn turn_around_add(plugin: &$state, turn: &mut Turn, next: Next<'_, Turn>) -> Result<u64, Fault> {
                Add::later::<$k>(&plugin.0, &mut turn.value).await?;
                next.run(turn).await
            }

            #[capability]
            impl Count for $state {
                fn count(&self, value: u64) -> Result<u64, Fault> {
                    Ok(value.wrapping_add($k))
                }

                async fn count_later(&self, value: u64) -> Result<u64, Fault> {
                    Ok(value.wrapping_add($k))
                }
            }
        }
    )*

    /// One of each, in order.
    const TEMPLATES: [&PluginDescriptor; crate::body::KINDS] = [$($module::$state::DESCRIPTOR),*];
}; }

templates! { one One 1 two Two 2 three Three 3 four Four 4 five Five 5 six Six 6 seven Seven 7 eight Eight 8 }

/// What is measured.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
pub struct Host {
    /// Runs that may await.
    pub turns: Chain<Turn>,
    /// Runs that never do.
    pub steps: Chain<Step>,
    /// Providers.
    pub counts: Providers<dyn Count>,
}

/// The hook of plugins that have none and provide [`Count`] instead.
pub const PROVIDES: &str = "count";

/// A host with `plugins` plugins, each with the one hook that is called `hook` above; with a deadline for every call if `timeout` names one.
///
/// # Errors
///
/// If the host does not start, in its own words.
pub async fn host(plugins: usize, hook: &str, timeout: Option<&str>) -> Result<Running<Host>, Fault> {
    let descriptors: Vec<_> = (0..plugins).map(|at| descriptor(at, hook, 1)).collect();
    let mut sources = Sources::new().environment([]);
    if let Some(timeout) = timeout {
        let lines: String = descriptors
            .iter()
            .map(|plugin| format!("  {}: {{ timeout: {timeout} }}\n", plugin.name))
            .collect();
        sources = sources.text("bench.yaml", Format::Yaml, format!("plugins:\n{lines}"));
    }
    start(descriptors, sources, hook).await
}

/// A host whose `hooks` hooks, all called `hook` above, belong to one plugin.
///
/// # Errors
///
/// If the host does not start, in its own words.
pub async fn long_host(hooks: usize, hook: &str) -> Result<Running<Host>, Fault> {
    start(vec![descriptor(0, hook, hooks)], Sources::new().environment([]), hook).await
}

async fn start(
    descriptors: Vec<&'static PluginDescriptor>,
    sources: Sources,
    hook: &str,
) -> Result<Running<Host>, Fault> {
    let builder = Host::builder().registry(None).config(sources).plugins(descriptors);
    let started = builder.start().await;
    started.map_err(|error| Fault::setup(format!("the host of `{hook}` does not start: {error}")))
}

/// The `at`th plugin of a host, with a hook so many times. It lives as long as the process, as what `#[plugin]` writes does.
fn descriptor(at: usize, hook: &str, times: usize) -> &'static PluginDescriptor {
    let template = TEMPLATES[at % TEMPLATES.len()];
    let hooks: Vec<HookDescriptor> = template
        .hooks
        .iter()
        .filter(|one| one.name == hook)
        .flat_map(|one| std::iter::repeat_n(one, times))
        // Nothing else tells the plugins apart.
        .map(|one| HookDescriptor { priority: i32::try_from(at).unwrap_or(i32::MAX), ..*one })
        .collect();
    let name: &'static str = format!("plugin-{at:05}").leak();
    Box::leak(Box::new(PluginDescriptor {
        hooks: hooks.leak(),
        capabilities: if hook == PROVIDES { template.capabilities } else { &[] },
        init: template.init,
        ..PluginDescriptor::stub(name)
    }))
}

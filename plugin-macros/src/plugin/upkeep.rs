//! What `#[task(…)]` and `#[health(…)]` say beside their function: how often, how long, how many times.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

use crate::args::{Args, as_integer};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::period;

pub(super) const TASK_KEYS: &[&str] = &["restart", "max_restarts", "window", "backoff", "max_backoff"];
pub(super) const HEALTH_KEYS: &[&str] = &["interval", "timeout", "failures", "successes", "pause"];

/// When a task is started again, and the variant of `Restart` for it.
const WAYS: [(&str, &str); 3] = [("always", "Always"), ("never", "Never"), ("on-failure", "OnFailure")];

/// `#[task(restart = "on-failure", max_restarts = 5, window = "60s", backoff = "100ms", max_backoff = "30s")]`
pub(super) struct Supervision {
    /// The variant of `Restart`.
    pub(super) restart: &'static str,
    max_restarts: Option<u32>,
    window: Option<Duration>,
    backoff: Option<Duration>,
    max_backoff: Option<Duration>,
}

/// `#[health(interval = "10s", timeout = "2s", failures = 3, successes = 1, pause)]`
#[derive(Default, PartialEq, Eq)]
pub(super) struct Monitoring {
    interval: Option<Duration>,
    timeout: Option<Duration>,
    failures: Option<u32>,
    successes: Option<u32>,
    pause: Option<bool>,
}

impl Supervision {
    /// `None` where it cannot be said when the task is started again.
    pub(super) fn read(args: &mut Args, ctxt: &Ctxt) -> Option<Self> {
        let place = args.value_of("restart");
        let restart = match &place {
            Some(_) => args.choice("restart", &WAYS.map(|(way, _)| way), ctxt),
            None => Some("on-failure"),
        };
        let max_restarts = count(args, "max_restarts", 0, ctxt);
        let examples = [("window", "60s"), ("backoff", "100ms"), ("max_backoff", "30s")];
        let [window, backoff, max_backoff] =
            examples.map(|(key, example)| args.text_like(key, example, ctxt));
        let never = place.filter(|_| restart == Some("never"));
        let limited =
            max_restarts.is_some() || [&window, &backoff, &max_backoff].into_iter().any(Option::is_some);
        if let (Some(never), true) = (never, limited) {
            ctxt.error(
                Code::RestartLimits,
                never,
                "a task that is never restarted has no limits of restarts",
                "remove them, or write `restart = \"on-failure\"`",
            );
        }
        let read = Self {
            restart: WAYS.iter().find(|(way, _)| restart == Some(way)).map(|(_, variant)| *variant)?,
            max_restarts,
            window: lasting("window", window.as_ref(), ctxt),
            backoff: backoff.as_ref().and_then(|text| period::read(text, ctxt)),
            max_backoff: max_backoff.as_ref().and_then(|text| period::read(text, ctxt)),
        };
        if let (Some(least), Some(most), Some(place)) = (read.backoff, read.max_backoff, &max_backoff)
            && most < least
        {
            ctxt.error(
                Code::RestartLimits,
                place,
                "`max_backoff` is the longest wait, and `backoff`, the shortest, is longer",
                "raise `max_backoff` or lower `backoff`",
            );
        }
        Some(read)
    }

    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        if matches!(self, Self { max_restarts: None, window: None, backoff: None, max_backoff: None, .. }) {
            return quote!(#private::Supervision::NONE);
        }
        let max_restarts = optional(self.max_restarts.map(|number| quote!(#number)));
        let [window, backoff, max_backoff] =
            [self.window, self.backoff, self.max_backoff].map(|one| period_of(one, private));
        quote! {
            #private::Supervision {
                max_restarts: #max_restarts,
                window: #window,
                backoff: #backoff,
                max_backoff: #max_backoff,
            }
        }
    }
}

impl Monitoring {
    pub(super) fn read(args: &mut Args, ctxt: &Ctxt) -> Self {
        let [interval, timeout] = [("interval", "10s"), ("timeout", "2s")].map(|(key, example)| {
            let text = args.text_like(key, example, ctxt);
            lasting(key, text.as_ref(), ctxt)
        });
        let [failures, successes] = ["failures", "successes"].map(|key| count(args, key, 1, ctxt));
        Self { interval, timeout, failures, successes, pause: args.flag("pause", ctxt) }
    }

    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        if *self == Self::default() {
            return quote!(#private::Monitoring::NONE);
        }
        let [interval, timeout] = [self.interval, self.timeout].map(|one| period_of(one, private));
        let [failures, successes] =
            [self.failures, self.successes].map(|one| optional(one.map(|number| quote!(#number))));
        let pause = optional(self.pause.map(|pause| quote!(#pause)));
        quote! {
            #private::Monitoring {
                interval: #interval,
                timeout: #timeout,
                failures: #failures,
                successes: #successes,
                pause: #pause,
            }
        }
    }
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn period_of(value: Option<Duration>, private: &TokenStream) -> TokenStream {
    optional(value.map(|value| period::expand(value, private)))
}

/// `key = 3`, no less than `least`
fn count(args: &mut Args, key: &str, least: u32, ctxt: &Ctxt) -> Option<u32> {
    let expr = args.expr(key, ctxt)?;
    let found = as_integer(&expr).and_then(|value| u32::try_from(value).ok());
    let fits = found.filter(|value| *value >= least);
    if fits.is_none() {
        ctxt.error(
            Code::NumberRange,
            expr,
            match least {
                0 => format!("`{key}` takes a whole number"),
                _ => format!("`{key}` takes a whole number of at least {least}"),
            },
            format!("write `{key} = {}`", least.max(3)),
        );
    }
    fits
}

/// A length of time that is not nothing.
fn lasting(key: &str, text: Option<&LitStr>, ctxt: &Ctxt) -> Option<Duration> {
    let text = text?;
    let read = period::read(text, ctxt)?;
    if read.is_zero() {
        ctxt.error(
            Code::Period,
            text,
            format!("`{key}` lasts longer than nothing"),
            format!("write `{key} = \"10s\"`"),
        );
        return None;
    }
    Some(read)
}

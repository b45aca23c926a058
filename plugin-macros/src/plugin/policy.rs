//! The guard's policies in `#[plugin(…)]`: the defaults of what an operator may set.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::LitStr;

use crate::args::Args;
use crate::code::Code;
use crate::ctxt::Ctxt;

/// The keys, as the config has them.
pub(super) const KEYS: &[&str] = &["on_error", "timeout", "retry", "rate_limit", "max_concurrent", "breaker"];

/// As many failures as a breaker remembers.
const FAILURES: u32 = 10_000;
/// The units of a rate, in seconds, as `plugin_core::guard::Rate` has them.
const PER: [(&[&str], u64); 3] =
    [(&["s", "sec", "second"], 1), (&["min", "m", "minute"], 60), (&["h", "hour"], 3600)];

/// What the attribute says of them.
#[derive(Default)]
pub(super) struct Policies {
    on_error: Option<&'static str>,
    timeout: Option<Nanos>,
    retry: Option<Retry>,
    rate_limit: Option<RateLimit>,
    max_concurrent: Option<u32>,
    breaker: Option<Breaker>,
}

type Nanos = u64;

struct Retry {
    attempts: u32,
    backoff: Nanos,
}

struct RateLimit {
    count: u32,
    seconds: u64,
    burst: Option<u32>,
    per_caller: bool,
}

struct Breaker {
    failures: u32,
    window: Nanos,
    cooldown: Nanos,
}

impl Policies {
    pub(super) fn read(args: &mut Args, ctxt: &Ctxt) -> Self {
        Self {
            on_error: args.choice("on_error", &["fail", "skip"], ctxt),
            timeout: period(args, "timeout", "200ms", ctxt),
            retry: retry(args, ctxt),
            rate_limit: rate_limit(args, ctxt),
            max_concurrent: args.count("max_concurrent", u32::MAX, ctxt),
            breaker: breaker(args, ctxt),
        }
    }

    /// As a const expression.
    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        let mut tokens = quote!(#private::Policy::new());
        if self.on_error == Some("skip") {
            tokens.extend(quote!(.on_error(#private::OnError::Skip)));
        }
        if let Some(timeout) = self.timeout.map(duration) {
            tokens.extend(quote!(.timeout(#timeout)));
        }
        if let Some(Retry { attempts, backoff }) = &self.retry {
            let backoff = duration(*backoff);
            tokens.extend(quote!(.retry(#private::Retry::new(#private::count(#attempts), #backoff))));
        }
        if let Some(RateLimit { count, seconds, burst, per_caller }) = &self.rate_limit {
            let burst = burst.map(|burst| quote!(.burst(#private::count(#burst))));
            let per = per_caller.then(|| quote!(.per_caller()));
            let rate = quote!(#private::Rate::new(#private::count(#count), ::core::time::Duration::from_secs(#seconds)));
            tokens.extend(quote!(.rate_limit(#private::RateLimit::new(#rate) #burst #per)));
        }
        if let Some(calls) = self.max_concurrent {
            tokens.extend(quote!(.max_concurrent(#private::count(#calls))));
        }
        if let Some(Breaker { failures, window, cooldown }) = &self.breaker {
            let (window, cooldown) = (duration(*window), duration(*cooldown));
            tokens.extend(
                quote!(.breaker(#private::Breaker::new(#private::count(#failures), #window, #cooldown))),
            );
        }
        tokens
    }
}

fn duration(nanos: Nanos) -> TokenStream {
    quote!(::core::time::Duration::from_nanos(#nanos))
}

fn retry(args: &mut Args, ctxt: &Ctxt) -> Option<Retry> {
    let example = "retry(attempts = 2, backoff = \"10ms\")";
    let (key, mut inner) = block(args, "retry", "plugin(retry(…))", example, ctxt)?;
    let given = inner.has("attempts");
    let attempts = inner.count("attempts", u32::MAX, ctxt);
    let backoff = or(&mut inner, "backoff", "10ms", 10_000_000, ctxt);
    inner.finish(&["attempts", "backoff"], ctxt);
    needed(given, &key, "attempts", example, ctxt);
    Some(Retry { attempts: attempts?, backoff: backoff? })
}

fn breaker(args: &mut Args, ctxt: &Ctxt) -> Option<Breaker> {
    let example = "breaker(failures = 5, window = \"30s\", cooldown = \"10s\")";
    let (key, mut inner) = block(args, "breaker", "plugin(breaker(…))", example, ctxt)?;
    let given = inner.has("failures");
    let failures = inner.count("failures", FAILURES, ctxt);
    let window = or(&mut inner, "window", "30s", 30_000_000_000, ctxt);
    let cooldown = or(&mut inner, "cooldown", "10s", 10_000_000_000, ctxt);
    inner.finish(&["failures", "window", "cooldown"], ctxt);
    needed(given, &key, "failures", example, ctxt);
    Some(Breaker { failures: failures?, window: window?, cooldown: cooldown? })
}

fn rate_limit(args: &mut Args, ctxt: &Ctxt) -> Option<RateLimit> {
    let example = "rate_limit(rate = \"600/min\", burst = 20, per = \"caller\")";
    let Some((key, mut inner)) = args.nested("rate_limit", "plugin(rate_limit(…))", example, ctxt) else {
        let (count, seconds) = rate(&args.text_like("rate_limit", "600/min", ctxt)?, ctxt)?;
        return Some(RateLimit { count, seconds, burst: None, per_caller: false });
    };
    let given = inner.has("rate");
    let text = inner.text_like("rate", "600/min", ctxt).and_then(|text| rate(&text, ctxt));
    let burst = inner.count("burst", u32::MAX, ctxt);
    let per_caller = inner.choice("per", &["plugin", "caller"], ctxt) == Some("caller");
    inner.finish(&["rate", "burst", "per"], ctxt);
    needed(given, &key, "rate", example, ctxt);
    let (count, seconds) = text?;
    Some(RateLimit { count, seconds, burst, per_caller })
}

/// `key(…)`; an error where `key` stands with anything else.
fn block(
    args: &mut Args,
    key: &str,
    name: &'static str,
    example: &str,
    ctxt: &Ctxt,
) -> Option<(syn::Ident, Args)> {
    let found = args.nested(key, name, example, ctxt);
    if found.is_none()
        && let Some(arg) = args.take(key, ctxt)
    {
        ctxt.error(
            Code::ValueKind,
            &arg,
            format!("`{key}` takes its parts in parentheses"),
            format!("write `{example}`"),
        );
    }
    found
}

fn needed(given: bool, key: impl ToTokens, part: &str, example: &str, ctxt: &Ctxt) {
    if !given {
        let rule = format!("`{}` needs `{part}`", key.to_token_stream());
        ctxt.error(Code::PolicyPart, key, rule, format!("write `{example}`"));
    }
}

/// A period, or `default` where the key is absent; `None` where it is wrong.
fn or(args: &mut Args, key: &str, example: &str, default: Nanos, ctxt: &Ctxt) -> Option<Nanos> {
    if args.has(key) { period(args, key, example, ctxt) } else { Some(default) }
}

fn period(args: &mut Args, key: &str, example: &str, ctxt: &Ctxt) -> Option<Nanos> {
    let text = args.text_like(key, example, ctxt)?;
    let period = crate::period::read(&text, ctxt)?;
    if period.is_zero() {
        let rule = format!("`{key}` may not be zero");
        ctxt.error(
            Code::Period,
            &text,
            rule,
            format!("write one above zero, such as `{example}`, or leave it out"),
        );
        return None;
    }
    Some(u64::try_from(period.as_nanos()).unwrap_or(Nanos::MAX))
}

/// Reads `600/min`: how many, in how many seconds.
fn rate(text: &LitStr, ctxt: &Ctxt) -> Option<(u32, u64)> {
    let value = text.value();
    let read = value.split_once('/').and_then(|(count, unit)| {
        let (_, seconds) = PER.iter().find(|(names, _)| names.contains(&unit.trim()))?;
        Some((count.trim().parse::<u32>().ok().filter(|count| *count > 0)?, *seconds))
    });
    if read.is_none() {
        let rule = format!("`{value}` is no rate");
        ctxt.error(
            Code::Period,
            text,
            rule,
            "write a number above zero per `s`, `min` or `h`, such as `600/min`",
        );
    }
    read
}

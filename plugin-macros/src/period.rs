//! Lengths of time as attributes write them, `"200ms"` or `"1h30m"`: the grammar of `plugin_core::config::Period`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

use crate::code::Code;
use crate::ctxt::Ctxt;

const UNITS: &[(&str, u128)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// What `text` says; an error where it says no length of time.
pub(crate) fn read(text: &LitStr, ctxt: &Ctxt) -> Option<Duration> {
    let period = parse(&text.value());
    if period.is_none() {
        let rule = format!("`{}` is no length of time", text.value());
        ctxt.error(
            Code::Period,
            text,
            rule,
            "write a number and a unit, such as `\"1s\"`, `\"200ms\"` or `\"1h30m\"`",
        );
    }
    period
}

/// As an expression of type `Period`.
pub(crate) fn expand(period: Duration, private: &TokenStream) -> TokenStream {
    let (seconds, nanos) = (period.as_secs(), period.subsec_nanos());
    quote!(#private::Period(::core::time::Duration::new(#seconds, #nanos)))
}

fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut nanos = 0u128;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.find(|one: char| !one.is_ascii_digit() && one != '.')?;
        let unit = rest[number..].find(|one: char| one.is_ascii_digit()).map_or(rest.len(), |at| number + at);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == rest[number..unit].trim())?;
        nanos = nanos.checked_add(scaled(&rest[..number], *scale)?)?;
        rest = &rest[unit..];
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    Some(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
}

/// `number`, which may have a fraction, times `scale`.
fn scaled(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return None;
    }
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()?.checked_mul(scale)? };
    whole.parse::<u128>().ok()?.checked_mul(scale)?.checked_add(part / 10u128.pow(fraction.len() as u32))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn it_reads_what_a_config_reads() {
        let nanos = |text| parse(text).map(|period| period.as_nanos());
        assert_eq!(nanos("200ms"), Some(200_000_000));
        assert_eq!(nanos("1.5s"), Some(1_500_000_000));
        assert_eq!(nanos("1h 30m"), nanos("90min"));
        for wrong in ["", "5", "s", "-1s", "1 fortnight", "1..5s", "99999999999999999999999d", "1s2"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }
}

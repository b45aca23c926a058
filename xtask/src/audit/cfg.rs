//! Which code is there in tests only. Any other `cfg` may hold, so its code counts.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Item, Meta, Token};

/// Whether an item with these attributes is never part of the plugin itself: `#[cfg(test)]`, `#[test]`, `#[bench]`.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().is_ok_and(|predicate| may_hold(&predicate) == Some(false))
        }
        Meta::Path(path) => path.is_ident("test") || path.is_ident("bench"),
        _ => false,
    })
}

/// Whether an item with these attributes may not be there at all.
pub(super) fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr"))
}

/// The attributes that `attribute` stands for: itself, or those of a `cfg_attr` that may hold.
pub(super) fn expanded(attribute: &Meta) -> Vec<Meta> {
    let Meta::List(list) = attribute else { return vec![attribute.clone()] };
    if !list.path.is_ident("cfg_attr") {
        return vec![attribute.clone()];
    }
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let Ok(mut parts) = parts.map(Punctuated::into_iter) else { return Vec::new() };
    match parts.next() {
        Some(predicate) if may_hold(&predicate) != Some(false) => {
            parts.flat_map(|one| expanded(&one)).collect()
        }
        _ => Vec::new(),
    }
}

/// The attributes of an item.
pub(super) fn of_item(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Of the expressions that people put a `cfg` on.
pub(super) fn of_expr(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Assign(expr) => &expr.attrs,
        Expr::Await(expr) => &expr.attrs,
        Expr::Block(expr) => &expr.attrs,
        Expr::Call(expr) => &expr.attrs,
        Expr::ForLoop(expr) => &expr.attrs,
        Expr::If(expr) => &expr.attrs,
        Expr::Loop(expr) => &expr.attrs,
        Expr::Macro(expr) => &expr.attrs,
        Expr::Match(expr) => &expr.attrs,
        Expr::MethodCall(expr) => &expr.attrs,
        Expr::Return(expr) => &expr.attrs,
        Expr::Struct(expr) => &expr.attrs,
        Expr::Try(expr) => &expr.attrs,
        Expr::Unsafe(expr) => &expr.attrs,
        Expr::While(expr) => &expr.attrs,
        _ => &[],
    }
}

/// Whether the predicate holds outside of tests; `None` where that depends on the build.
fn may_hold(predicate: &Meta) -> Option<bool> {
    match predicate {
        Meta::Path(path) if path.is_ident("test") => Some(false),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            let mut parts = parts.iter().map(may_hold);
            if list.path.is_ident("not") {
                parts.next()?.map(|held| !held)
            } else if list.path.is_ident("all") {
                all(parts, false)
            } else if list.path.is_ident("any") {
                all(parts, true)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// `decisive` if one part is, its opposite if all parts are, else unknown.
fn all(parts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    parts.iter().all(Option::is_some).then_some(!decisive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_only(attribute: &str) -> bool {
        let item: syn::ItemFn = syn::parse_str(&format!("{attribute} fn one() {{}}")).unwrap();
        is_test_only(&item.attrs)
    }

    #[test]
    fn only_what_cannot_hold_outside_of_tests_is_left_out() {
        for only in [
            "#[cfg(test)]",
            "#[test]",
            "#[cfg(all(test, unix))]",
            "#[cfg(any(test, all(test, unix)))]",
            "#[cfg(not(not(test)))]",
        ] {
            assert!(test_only(only), "{only}");
        }
        for counted in [
            "",
            "#[cfg(not(test))]",
            "#[cfg(any(test, unix))]",
            "#[cfg(feature = \"test\")]",
            "#[cfg(all(unix, not(test)))]",
        ] {
            assert!(!test_only(counted), "{counted}");
        }
    }
}

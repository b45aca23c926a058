//! The arguments of `#[plugin(…)]`.

use proc_macro2::TokenStream;
use syn::{Expr, Ident, LitStr, Path};

use super::permissions::{self, Permission};
use super::policy::Policies;
use crate::api::Api;
use crate::api::table::Version;
use crate::args::Args;
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::symbol::{listed, nearest};

const KEYS: &[&str] = &[
    "name",
    "version",
    "api",
    "stage",
    "enabled",
    "required",
    "tags",
    "requires",
    "conflicts",
    "permissions",
];
const STAGES: &[&str] = &["Infrastructure", "Security", "Middleware", "Business"];

/// What the attribute says.
#[derive(Default)]
pub(super) struct PluginArgs {
    pub(super) name: Option<LitStr>,
    pub(super) version: Option<LitStr>,
    pub(super) api: Option<Version>,
    pub(super) stage: Option<Ident>,
    pub(super) enabled: Option<bool>,
    pub(super) required: Option<bool>,
    pub(super) tags: Vec<LitStr>,
    pub(super) requires: Vec<Requirement>,
    pub(super) conflicts: Vec<LitStr>,
    pub(super) policies: Policies,
    pub(super) permissions: Vec<Permission>,
    pub(super) root: Option<Path>,
}

/// `"tokenizer >=1.0"`
pub(super) struct Requirement {
    pub(super) literal: LitStr,
    pub(super) plugin: String,
    pub(super) version: semver::VersionReq,
    /// The version as written; empty where none is.
    pub(super) text: String,
}

impl PluginArgs {
    pub(super) fn read(tokens: TokenStream, ctxt: &Ctxt) -> Self {
        let mut args = Args::read("plugin", tokens, ctxt);
        let api = Api::read(&mut args, ctxt);
        args.renew(ctxt);
        let read = Self {
            name: args.text("name", ctxt).filter(|name| is_name(name, "plugin", ctxt)),
            version: args.text("version", ctxt).filter(|version| is_version(version, ctxt)),
            api,
            stage: args.expr("stage", ctxt).and_then(|expr| stage(&expr, ctxt)),
            enabled: args.flag("enabled", ctxt),
            required: args.flag("required", ctxt),
            tags: args.texts("tags", ctxt),
            requires: args
                .texts("requires", ctxt)
                .iter()
                .filter_map(|text| requirement(text, ctxt))
                .collect(),
            conflicts: args
                .texts("conflicts", ctxt)
                .into_iter()
                .filter(|name| is_name(name, "plugin", ctxt))
                .collect(),
            policies: Policies::read(&mut args, ctxt),
            permissions: permissions::read(&mut args, ctxt),
            root: args.path("crate", ctxt),
        };
        args.finish(&[KEYS, super::policy::KEYS, &["crate"]].concat(), ctxt);
        read
    }
}

/// Whether `text` is a name of a plugin or a command; an error where it is not.
pub(super) fn is_name(text: &LitStr, what: &str, ctxt: &Ctxt) -> bool {
    let name = text.value();
    let good = well_formed(&name);
    if !good {
        ctxt.error(Code::Name,
            text,
            format!("`{name}` is no {what} name: it has lower case letters, digits and single hyphens, and starts with a letter"),
            format!("write it like `{}`", suggestion(&name)),
        );
    }
    good
}

pub(super) fn well_formed(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(|part| {
            !part.is_empty() && part.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
        })
}

/// The name that was likely meant.
fn suggestion(name: &str) -> String {
    // A version behind it is no part of the name.
    let bare = name.split(['<', '>', '=', '~', '^', '*']).next().unwrap_or(name);
    let lower: String = bare
        .chars()
        .map(|one| if one.is_ascii_alphanumeric() { one.to_ascii_lowercase() } else { '-' })
        .collect();
    let parts: Vec<&str> = lower.split('-').filter(|part| !part.is_empty()).collect();
    let joined = parts.join("-");
    if well_formed(&joined) { joined } else { "content-filter".to_owned() }
}

fn is_version(text: &LitStr, ctxt: &Ctxt) -> bool {
    let parsed = semver::Version::parse(&text.value());
    if let Err(error) = &parsed {
        ctxt.error(
            Code::Version,
            text,
            format!("`{}` is no version: {error}", text.value()),
            "write it as `\"1.2.3\"`, or leave it to Cargo.toml",
        );
    }
    parsed.is_ok()
}

fn stage(expr: &Expr, ctxt: &Ctxt) -> Option<Ident> {
    let found = match expr {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.clone()),
        _ => None,
    };
    let Some(found) = found else {
        let given = crate::args::as_text(expr).map(|text| text.value());
        let meant = given.as_deref().and_then(|given| nearest(given, STAGES)).unwrap_or("Security");
        let remedy = format!("write `stage = {meant}`; the stages are {}", listed(STAGES));
        ctxt.error(Code::Stage, expr, "`stage` takes a stage by its name", remedy);
        return None;
    };
    let text = found.to_string();
    if STAGES.contains(&text.as_str()) {
        return Some(found);
    }
    let remedy = match nearest(&text, STAGES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the stages are {}", listed(STAGES)),
    };
    ctxt.error(Code::Stage, expr, format!("there is no stage `{text}`"), remedy);
    None
}

fn requirement(literal: &LitStr, ctxt: &Ctxt) -> Option<Requirement> {
    let value = literal.value();
    let (plugin, text) = match value.trim().split_once(char::is_whitespace) {
        Some((plugin, version)) => (plugin, version.trim()),
        None => (value.trim(), ""),
    };
    if !well_formed(plugin) {
        ctxt.error(
            Code::Version,
            literal,
            format!("`{plugin}` is no plugin name"),
            "write a name and a version requirement, `\"tokenizer >=1.0\"`, or the name alone",
        );
        return None;
    }
    let version =
        if text.is_empty() { Ok(semver::VersionReq::STAR) } else { semver::VersionReq::parse(text) };
    match version {
        Ok(version) => Some(Requirement {
            literal: literal.clone(),
            plugin: plugin.to_owned(),
            version,
            text: text.to_owned(),
        }),
        Err(error) => {
            ctxt.error(
                Code::Version,
                literal,
                format!("`{text}` is no version requirement: {error}"),
                format!("write it as in Cargo.toml, `\"{plugin} >=1.0, <3\"`"),
            );
            None
        }
    }
}

//! The kinds of plugins that `new-plugin` can begin: what each template is made of.

use clap::ValueEnum;

use crate::nearest::nearest;
use crate::shell::Fault;

/// What a new plugin is to be, as the command line says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// Changes chat turns: a `before` hook of `ChatTurn`.
    Hook,
    /// Answers chat turns: the capability `ChatBackend`.
    Backend,
    /// Offers a capability; `--capability` says which.
    Capability,
    /// Has a command for operators.
    Command,
    /// Stands around HTTP requests: an `around` hook of `HttpExchange`.
    Middleware,
    /// Answers HTTP requests under a route of its own: the capability `Routes`.
    Handler,
    /// Works in the background.
    Task,
}

/// The files from which a plugin of one kind is made.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Template {
    /// The folder of the template.
    pub(crate) name: &'static str,
    /// What it does where nobody says it better.
    pub(crate) description: &'static str,
    /// Path in the plugin's folder, and template; `NAME` stands for the plugin's name.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// What its README says of it.
    pub(crate) about: &'static str,
    /// Its config in YAML, with the defaults.
    pub(crate) config: &'static str,
    /// Lines of the manifest beside those that all plugins have.
    pub(crate) dependencies: &'static [&'static str],
    /// The same for its tests.
    pub(crate) dev_dependencies: &'static [&'static str],
    /// Whether it acts unless the configuration says otherwise.
    pub(crate) enabled: bool,
    /// What `cargo run` needs to run it; `NAME` stands for the plugin's name here and in the next.
    pub(crate) options: &'static str,
    /// The command that shows it at work while the app runs, or by itself.
    pub(crate) try_it: &'static str,
}

macro_rules! template {
    ($folder:literal, $description:literal, $dependencies:expr, $dev:expr, run $options:literal, try $try_it:literal $(, $extra:literal)*) => {
        Template {
            name: $folder,
            description: $description,
            files: &[
                ("src/lib.rs", include_str!(concat!("../templates/", $folder, "/lib.rs.jinja"))),
                $((concat!("src/", $extra, ".rs"), include_str!(concat!("../templates/", $folder, "/", $extra, ".rs.jinja"))),)*
                ("tests/NAME.rs", include_str!(concat!("../templates/", $folder, "/test.rs.jinja"))),
            ],
            about: include_str!(concat!("../templates/", $folder, "/about.md")),
            config: include_str!(concat!("../templates/", $folder, "/config.yaml")),
            dependencies: $dependencies,
            dev_dependencies: $dev,
            enabled: $options.is_empty(),
            options: $options,
            try_it: $try_it,
        }
    };
}

const BYTES: &str = "bytes.workspace = true";
const HTTP: &str = "http.workspace = true";
const JSON: &str = "serde_json.workspace = true";
const TOKIO: &str = r#"tokio = { workspace = true, features = ["macros", "rt", "time"] }"#;
const TRACING: &str = "tracing.workspace = true";

const HOOK: Template = template!(
    "hook",
    "Answers one message by itself.",
    &[],
    &[],
    run "",
    try "curl -s localhost:8080/chat -H 'content-type: application/json' -d '{\"message\":\"ping\"}'"
);
const MIDDLEWARE: Template = template!(
    "middleware",
    "Marks each response with a header.",
    &[HTTP],
    &[],
    run "",
    try "curl -si localhost:8080/health"
);
const BACKEND: Template = template!(
    "backend",
    "Answers with what it was asked.",
    &[],
    &[],
    run "",
    try "curl -s localhost:8080/chat -H 'content-type: application/json' -d '{\"message\":\"Hello\",\"model\":\"NAME\"}'"
);
const STORAGE: Template = template!(
    "storage",
    "Keeps bytes by key in memory.",
    &[BYTES],
    &[],
    run " -- --set plugins.NAME.enabled=true --set capabilities.Storage=NAME",
    try "curl -s localhost:8080/api/v1/admin/plugins/NAME",
    "table"
);
const AUTHENTICATOR: Template = template!(
    "authenticator",
    "Recognises one caller by one token.",
    &[],
    &[JSON],
    run " -- --set plugins.NAME.enabled=true",
    try "curl -s localhost:8080/health"
);
const HANDLER: Template = template!(
    "handler",
    "Greets under a route of its own.",
    &[BYTES, HTTP],
    &[],
    run "",
    try "curl -s 'localhost:8080/NAME/hello?you'"
);
const COMMAND: Template = template!(
    "command",
    "Greets on the command line.",
    &[],
    &[JSON],
    run "",
    try "cargo run -- run NAME greet '{\"who\": \"Ada\"}'"
);
const TASK: Template = template!(
    "task",
    "Works at intervals.",
    &[TOKIO, TRACING],
    &[JSON],
    run "",
    try "curl -s -X POST localhost:8080/api/v1/admin/plugins/NAME/commands/count"
);

/// The capabilities of gateway-api, each with the template that offers it.
pub(crate) const CAPABILITIES: [(&str, &Template); 4] = [
    ("Authenticator", &AUTHENTICATOR),
    ("ChatBackend", &BACKEND),
    ("Routes", &HANDLER),
    ("Storage", &STORAGE),
];

/// The template for what the command line asks: without a kind the hook, or the capability where one is named.
///
/// # Errors
///
/// A capability that there is none of, with the nearest; `capability` without one; one beside another kind.
pub(crate) fn template(kind: Option<Kind>, capability: Option<&str>) -> Result<&'static Template, Fault> {
    let names = || CAPABILITIES.map(|(name, _)| name).join(", ");
    match (kind, capability) {
        (None | Some(Kind::Capability), Some(asked)) => {
            let found = CAPABILITIES.iter().find(|(name, _)| *name == asked).map(|(_, template)| *template);
            found.ok_or_else(|| {
                let hint = match nearest(asked, CAPABILITIES.iter().map(|(name, _)| *name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "declare it in app/api first, as those are".to_owned(),
                };
                Fault::new(format!(
                    "gateway-api declares no capability `{asked}`; it declares {}\n  help: {hint}",
                    names()
                ))
            })
        }
        (Some(Kind::Capability), None) => {
            Err(Fault::new(format!("which capability? Say it with `--capability`: {}", names())))
        }
        (Some(kind), Some(_)) => Err(Fault::new(format!(
            "`--capability` goes with `--kind capability`, not with `--kind {}`",
            kind.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
        ))),
        (None | Some(Kind::Hook), None) => Ok(&HOOK),
        (Some(Kind::Backend), None) => Ok(&BACKEND),
        (Some(Kind::Command), None) => Ok(&COMMAND),
        (Some(Kind::Middleware), None) => Ok(&MIDDLEWARE),
        (Some(Kind::Handler), None) => Ok(&HANDLER),
        (Some(Kind::Task), None) => Ok(&TASK),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn every_capability_that_gateway_api_declares_has_a_template() {
        let folder = workspace::root().join("app/api/src");
        let mut declared = BTreeSet::new();
        for entry in fs::read_dir(folder).unwrap() {
            let file = syn::parse_file(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
            for item in file.items {
                let syn::Item::Trait(item) = item else { continue };
                if item.attrs.iter().any(|attribute| attribute.path().is_ident("capability")) {
                    declared.insert(item.ident.to_string());
                }
            }
        }
        assert_eq!(declared, CAPABILITIES.map(|(name, _)| name.to_owned()).into());
    }

    #[test]
    fn a_capability_that_there_is_none_of_is_answered_with_the_nearest() {
        let fault = template(None, Some("Storge")).unwrap_err().to_string();
        assert!(fault.contains("did you mean `Storage`?"), "{fault}");
        let fault = template(Some(Kind::Capability), None).unwrap_err().to_string();
        assert!(fault.contains("Authenticator, ChatBackend, Routes, Storage"), "{fault}");
        let fault = template(Some(Kind::Task), Some("Storage")).unwrap_err().to_string();
        assert!(fault.contains("not with `--kind task`"), "{fault}");
    }

    #[test]
    fn a_backend_is_the_capability_of_backends() {
        assert_eq!(
            template(Some(Kind::Backend), None).unwrap(),
            template(None, Some("ChatBackend")).unwrap()
        );
        assert_eq!(template(None, None).unwrap().name, "hook");
    }
}

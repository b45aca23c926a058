//! `cargo xtask features CONFIG`: the fewest features of the app with which it can read a configuration and keep what it promises;
//! and `cargo xtask build --for CONFIG`, which builds that binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use crate::app::{self, Count, Plugin};
use crate::changes::read;
use crate::nearest::nearest;
use crate::shell::Fault;

/// What to look at.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration: YAML, TOML or JSON.
    config: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What to build.
#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    /// The configuration that the binary is for.
    #[arg(long = "for", value_name = "CONFIG")]
    config: PathBuf,
    /// With optimizations.
    #[arg(long)]
    release: bool,
}

/// Prints the features and what each is for.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let needed = of(root, &args.config)?;
    if args.json {
        app::print_json(&needed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = needed.iter().map(|one| one.feature.len()).max().unwrap_or_default();
    for Needed { feature, because, .. } in &needed {
        println!("{feature:width$}  {because}");
    }
    let features = needed.into_iter().map(|one| one.feature).collect::<Vec<_>>();
    println!("\ncargo build {}", app::selection(&features).join(" "));
    Ok(ExitCode::SUCCESS)
}

/// Builds the binary and prints where it is.
pub(crate) fn build(root: &Path, args: &BuildArgs) -> Result<ExitCode, Fault> {
    let features = of(root, &args.config)?.into_iter().map(|one| one.feature).collect::<Vec<_>>();
    eprintln!("features: {}", if features.is_empty() { "none".to_owned() } else { features.join(", ") });
    println!("{}", app::build(root, &features, args.release)?.display());
    Ok(ExitCode::SUCCESS)
}

/// One feature, and what it is for.
#[derive(PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Needed {
    feature: String,
    plugin: String,
    because: String,
}

fn of(root: &Path, config: &Path) -> Result<Vec<Needed>, Fault> {
    // Wrong files are told before a build that takes its time.
    let named = Named::read(config)?;
    minimal(&named, &app::plugins(root)?)
}

/// What a configuration names, in whatever profile.
#[derive(PartialEq, Eq, Debug, Default)]
struct Named {
    /// The file as given.
    file: String,
    /// Plugins, each with the key that names it first.
    plugins: BTreeMap<String, String>,
}

impl Named {
    fn read(path: &Path) -> Result<Self, Fault> {
        Self::parse(&path.display().to_string(), &read(path)?)
    }

    fn parse(file: &str, text: &str) -> Result<Self, Fault> {
        let value = parse(file, text)?;
        let mut named = Self { file: file.to_owned(), ..Self::default() };
        named.section(&value, "");
        for (profile, section) in value.get("profiles").and_then(Value::as_object).into_iter().flatten() {
            named.section(section, &format!("profiles.{profile}."));
        }
        Ok(named)
    }

    /// A plugin with a section must be in the binary even where it is disabled: without it, the section is an unknown key.
    fn section(&mut self, section: &Value, prefix: &str) {
        let map = |key: &str| section.get(key).and_then(Value::as_object).into_iter().flatten();
        for (plugin, _) in map("plugins") {
            let key = format!("{prefix}plugins.{plugin}");
            self.plugins.entry(plugin.clone()).or_insert(key);
        }
        for (capability, plugin) in map("capabilities") {
            let Some(plugin) = plugin.as_str() else { continue };
            let key = format!("{prefix}capabilities.{capability}");
            self.plugins.entry(plugin.to_owned()).or_insert(key);
        }
    }
}

/// A configuration by its extension, as the app reads it, before anything is substituted.
fn parse(file: &str, text: &str) -> Result<Value, Fault> {
    let extension = Path::new(file).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let value = match extension.to_ascii_lowercase().as_str() {
        "yaml" | "yml" if text.trim().is_empty() => Ok(Value::Null),
        "yaml" | "yml" => yaml_serde::from_str(text).map_err(|error| error.to_string()),
        "toml" => toml::from_str(text).map_err(|error| error.to_string()),
        "json" => serde_json::from_str(text).map_err(|error| error.to_string()),
        _ => Err("its name ends neither in .yaml, .yml, .toml nor .json".to_owned()),
    };
    value.map_err(|error| Fault::new(format!("{file}: {}", error.trim_end())))
}

/// The plugins that are named, what they require by name, and a provider of each capability that they cannot do without.
fn minimal(named: &Named, plugins: &[Plugin]) -> Result<Vec<Needed>, Fault> {
    let by_name = plugins.iter().map(|plugin| (plugin.name.as_str(), plugin)).collect::<BTreeMap<_, _>>();
    let unknown = named.plugins.iter().filter(|(name, _)| !by_name.contains_key(name.as_str()));
    let unknown = unknown.map(|(name, key)| {
        let hint = nearest(name, by_name.keys().copied()).map_or_else(
            || format!("there are {}", by_name.keys().copied().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        format!(
            "{}: `{key}` names the plugin `{name}`, which this workspace does not have\n  help: {hint}",
            named.file
        )
    });
    let unknown = unknown.collect::<Vec<_>>();
    if !unknown.is_empty() {
        return Err(Fault::new(unknown.join("\n")));
    }
    let mut chosen = BTreeMap::new();
    for (name, key) in &named.plugins {
        chosen.insert(name.clone(), format!("`{key}` of {}", named.file));
    }
    // What is required by name may offer what another needs, so providers are looked for when nothing else is left.
    while add_required(&mut chosen, &by_name) || add_provider(&mut chosen, &by_name, named)? {}
    let needed = chosen.into_iter().map(|(name, because)| {
        let feature =
            by_name.get(name.as_str()).map_or_else(|| name.clone(), |plugin| plugin.feature.clone());
        Needed { feature, plugin: name, because }
    });
    Ok(needed.collect())
}

/// Adds plugins that the chosen require by name; whether there were any.
fn add_required(chosen: &mut BTreeMap<String, String>, by_name: &BTreeMap<&str, &Plugin>) -> bool {
    let mut missing = BTreeMap::new();
    for plugin in chosen.keys().filter_map(|name| by_name.get(name.as_str())) {
        for other in plugin.requires.iter().filter(|other| !chosen.contains_key(&other.plugin)) {
            missing.entry(other.plugin.clone()).or_insert_with(|| format!("`{}` requires it", plugin.name));
        }
    }
    let any = !missing.is_empty();
    chosen.extend(missing);
    any
}

/// Adds one provider of a capability that a chosen plugin needs and no chosen one offers; whether there was one.
fn add_provider(
    chosen: &mut BTreeMap<String, String>,
    by_name: &BTreeMap<&str, &Plugin>,
    named: &Named,
) -> Result<bool, Fault> {
    let offers =
        |plugin: &Plugin, capability: &str| plugin.capabilities.iter().any(|one| one.name == capability);
    for plugin in chosen.keys().filter_map(|name| by_name.get(name.as_str())) {
        for need in plugin.needs.iter().filter(|need| need.count == Count::One) {
            let capability = need.capability.as_str();
            if chosen.keys().filter_map(|name| by_name.get(name.as_str())).any(|one| offers(one, capability))
            {
                continue;
            }
            let all = by_name.values().filter(|one| offers(one, capability)).copied().collect::<Vec<_>>();
            let usual = all.iter().filter(|one| one.enabled_by_default).copied().collect::<Vec<_>>();
            let provider = match (&all[..], &usual[..]) {
                ([only], _) | (_, [only]) => *only,
                _ => return Err(undecided(named, plugin, capability, &all)),
            };
            chosen.insert(
                provider.name.clone(),
                format!("`{}` needs the capability `{capability}`", plugin.name),
            );
            return Ok(true);
        }
    }
    Ok(false)
}

fn undecided(named: &Named, plugin: &Plugin, capability: &str, all: &[&Plugin]) -> Fault {
    let names = all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>();
    let who = format!("{}: the plugin `{}` needs the capability `{capability}`", named.file, plugin.name);
    Fault::new(match names.first() {
        None => format!(
            "{who}, which no plugin of this workspace offers\n  help: cargo xtask new-plugin NAME --capability {capability}"
        ),
        Some(first) => format!(
            "{who}, which {} offer, and the file names none of them\n  help: say which: `capabilities.{capability}: {first}`",
            names.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Capability, Need, Requirement};

    fn plugin(name: &str) -> Plugin {
        Plugin {
            name: name.to_owned(),
            feature: name.to_owned(),
            enabled_by_default: true,
            ..Plugin::default()
        }
    }

    fn offering(name: &str, capability: &str) -> Plugin {
        let capabilities = vec![Capability { name: capability.to_owned(), attributes: Vec::new() }];
        Plugin { capabilities, ..plugin(name) }
    }

    fn needing(name: &str, capability: &str, count: Count) -> Plugin {
        Plugin { needs: vec![Need { capability: capability.to_owned(), count }], ..plugin(name) }
    }

    fn requiring(name: &str, other: &str) -> Plugin {
        let requires = vec![Requirement { plugin: other.to_owned(), version: "*".to_owned() }];
        Plugin { requires, ..plugin(name) }
    }

    fn plugins() -> Vec<Plugin> {
        vec![
            needing("memory", "Storage", Count::One),
            offering("storage-sqlite", "Storage"),
            needing("cache", "Storage", Count::Optional),
            requiring("audit", "memory"),
            plugin("metrics"),
        ]
    }

    fn features(text: &str, plugins: &[Plugin]) -> Result<Vec<String>, String> {
        let named = Named::parse("app.yaml", text).map_err(|fault| fault.to_string())?;
        let needed = minimal(&named, plugins).map_err(|fault| fault.to_string())?;
        Ok(needed.into_iter().map(|one| one.feature).collect())
    }

    #[test]
    fn a_plugin_brings_what_it_cannot_do_without_and_nothing_else() {
        assert_eq!(features("plugins: { memory: {} }", &plugins()).unwrap(), ["memory", "storage-sqlite"]);
        assert_eq!(features("plugins: { cache: {} }", &plugins()).unwrap(), ["cache"]);
        let all = features("plugins: { audit: {} }", &plugins()).unwrap();
        assert_eq!(all, ["audit", "memory", "storage-sqlite"]);
        assert!(features("server: {}", &plugins()).unwrap().is_empty());
        assert!(features("", &plugins()).unwrap().is_empty());
    }

    #[test]
    fn a_section_needs_its_plugin_in_every_profile_and_even_where_it_is_disabled() {
        let text =
            "plugins: { metrics: { enabled: false } }\nprofiles: { production: { plugins: { cache: {} } } }";
        assert_eq!(features(text, &plugins()).unwrap(), ["cache", "metrics"]);
    }

    #[test]
    fn a_plugin_that_nobody_has_is_answered_with_the_nearest() {
        let fault = features("plugins: { memroy: {}, redis: {} }", &plugins()).unwrap_err();
        assert!(fault.contains("`plugins.memroy` names the plugin `memroy`"), "{fault}");
        assert!(fault.contains("did you mean `memory`?") && fault.contains("`redis`"), "{fault}");
    }

    #[test]
    fn of_several_providers_the_file_decides_or_else_the_one_that_is_enabled() {
        let mut plugins = plugins();
        plugins.push(offering("storage-redb", "Storage"));
        let fault = features("plugins: { memory: {} }", &plugins).unwrap_err();
        assert!(fault.contains("capabilities.Storage: storage-redb"), "{fault}");
        let text = "plugins: { memory: {} }\ncapabilities: { Storage: storage-redb }";
        assert_eq!(features(text, &plugins).unwrap(), ["memory", "storage-redb"]);
        plugins[1].enabled_by_default = false;
        assert_eq!(features("plugins: { memory: {} }", &plugins).unwrap(), ["memory", "storage-redb"]);
    }

    #[test]
    fn toml_and_json_are_read_too() {
        let plugins = plugins();
        let of =
            |file: &str, text: &str| minimal(&Named::parse(file, text).unwrap(), &plugins).unwrap().len();
        assert_eq!(of("app.toml", "[plugins.memory]\nenabled = true\n"), 2);
        assert_eq!(of("app.json", r#"{"plugins": {"memory": {}}}"#), 2);
        let fault = Named::parse("app.ini", "").unwrap_err().to_string();
        assert!(fault.starts_with("app.ini: "), "{fault}");
        assert!(Named::parse("app.yaml", "a: [").unwrap_err().to_string().starts_with("app.yaml: "));
    }
}

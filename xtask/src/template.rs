//! The files of a new plugin, from the templates beside this source.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use minijinja::{Environment, UndefinedBehavior, context};

use crate::kind::Template;
use crate::name::Name;
use crate::shell::Fault;

/// What all kinds have: path in the plugin's folder, and template.
const COMMON: [(&str, &str); 2] = [
    ("Cargo.toml", include_str!("../templates/Cargo.toml.jinja")),
    ("README.md", include_str!("../templates/README.md.jinja")),
];
const SECTION: &str = include_str!("../templates/section.yaml.jinja");

/// A plugin to be.
pub(crate) struct Scaffold<'a> {
    /// What it is called.
    pub(crate) name: &'a Name,
    /// What it does, in one sentence.
    pub(crate) description: &'a str,
    /// What it is made from.
    pub(crate) template: &'static Template,
    /// The plugins that it requires.
    pub(crate) requires: &'a [Name],
}

impl Scaffold<'_> {
    /// The files of the plugin: path in its folder, and text.
    ///
    /// # Errors
    ///
    /// A template that cannot be rendered.
    pub(crate) fn files(&self, root: &Path) -> Result<Vec<(String, String)>, Fault> {
        let files = COMMON.iter().chain(self.template.files).map(|(path, template)| {
            let path = path.replace("NAME", &self.name.kebab);
            let text = self.render(template)?;
            // Where a line breaks depends on the length of the name.
            let text = if path.ends_with(".rs") { formatted(root, &text).unwrap_or(text) } else { text };
            Ok((path, text))
        });
        files.collect()
    }

    /// The plugin's section of an example configuration, without indentation.
    ///
    /// # Errors
    ///
    /// A template that cannot be rendered.
    pub(crate) fn section(&self) -> Result<String, Fault> {
        self.render(SECTION)
    }

    fn render(&self, template: &str) -> Result<String, Fault> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let Self { name: Name { kebab, module, state }, description, template: kind, requires } = self;
        let broken =
            |error: minijinja::Error| Fault::new(format!("a template of new-plugin is broken: {error}"));
        let about = environment.render_str(kind.about.trim_end(), context! { name => kebab.as_str() });
        let values = context! {
            name => kebab.as_str(),
            module => module.as_str(),
            state => state.as_str(),
            description => *description,
            string => toml_edit::Value::from(*description).to_string(),
            about => about.map_err(broken)?,
            config => kind.config.trim_end(),
            dependencies => kind.dependencies.to_vec(),
            dev_dependencies => kind.dev_dependencies.to_vec(),
            enabled => kind.enabled,
            options => kind.options.replace("NAME", kebab),
            try_it => kind.try_it.replace("NAME", kebab),
            requires => requires.iter().map(|other| other.kebab.clone()).collect::<Vec<_>>(),
            attribute => self.attribute(),
            stand_ins => requires.iter().map(stand_in).collect::<String>(),
            with_stand_ins => requires.iter().map(|other| format!(".plugin::<{}::StandIn>()", other.module)).collect::<String>(),
        };
        let text = environment.render_str(template, values).map_err(broken)?;
        // The last end of line is not rendered, and what is last may be empty.
        Ok(text.trim_end().to_owned() + "\n")
    }

    /// What stands behind `#[plugin`.
    fn attribute(&self) -> String {
        let mut parts = Vec::new();
        if !self.template.enabled {
            parts.push("enabled = false".to_owned());
        }
        if !self.requires.is_empty() {
            let names = self.requires.iter().map(|other| format!("\"{}\"", other.kebab)).collect::<Vec<_>>();
            parts.push(format!("requires({})", names.join(", ")));
        }
        if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) }
    }
}

/// A module of the tests that a required plugin can be exchanged for: a plugin knows others by their names only.
fn stand_in(name: &Name) -> String {
    let Name { kebab, module, .. } = name;
    format!(
        "\n/// Stands in for `{kebab}`, of which only the name matters.\n#[plugin_core::plugin(name = \"{kebab}\")]\npub mod {module} {{\n    \
         /// Does nothing.\n    pub struct StandIn;\n\n    #[init]\n    fn init() -> StandIn {{\n        StandIn\n    }}\n}}\n"
    )
}

/// As rustfmt writes it; none without rustfmt.
fn formatted(root: &Path, text: &str) -> Option<String> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path"]).arg(root.join("rustfmt.toml"));
    let mut child =
        rustfmt.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_quoted_for_its_manifest() {
        let name = Name::parse("greeter").unwrap();
        let template = crate::kind::template(None, None).unwrap();
        let description = r#"Says "hi" \ {{ name }}."#;
        let scaffold = Scaffold { name: &name, description, template, requires: &[] };
        let files = scaffold.files(Path::new(".")).unwrap();
        let manifest = files[0].1.parse::<toml_edit::DocumentMut>().unwrap();
        assert_eq!(manifest["package"]["description"].as_str(), Some(description));
    }
}

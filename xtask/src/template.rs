//! The files of a new plugin, from the templates beside this source.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use minijinja::{Environment, UndefinedBehavior, context};

use crate::name::Name;
use crate::shell::Fault;

/// Path in the plugin's folder, and template; `NAME` stands for the plugin's name.
const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("../templates/Cargo.toml.jinja")),
    ("README.md", include_str!("../templates/README.md.jinja")),
    ("src/lib.rs", include_str!("../templates/src/lib.rs.jinja")),
    ("tests/NAME.rs", include_str!("../templates/tests/plugin.rs.jinja")),
];
const SECTION: &str = include_str!("../templates/section.yaml.jinja");

/// The files of the plugin: path in its folder, and text.
///
/// # Errors
///
/// A template that cannot be rendered.
pub(crate) fn files(root: &Path, name: &Name, description: &str) -> Result<Vec<(String, String)>, Fault> {
    let files = FILES.iter().map(|(path, template)| {
        let path = path.replace("NAME", &name.kebab);
        let text = render(template, name, description)?;
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
pub(crate) fn section(name: &Name, description: &str) -> Result<String, Fault> {
    render(SECTION, name, description)
}

fn render(template: &str, name: &Name, description: &str) -> Result<String, Fault> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let string = toml_edit::Value::from(description).to_string();
    let Name { kebab, module, state } = name;
    let values = context! { name => kebab.as_str(), module => module.as_str(), state => state.as_str(), description, string };
    match environment.render_str(template, values) {
        // The last end of line is not rendered.
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(Fault::new(format!("a template of new-plugin is broken: {error}"))),
    }
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
        let files = files(Path::new("."), &name, r#"Says "hi" \ {{ name }}."#).unwrap();
        let manifest = files[0].1.parse::<toml_edit::DocumentMut>().unwrap();
        assert_eq!(manifest["package"]["description"].as_str(), Some(r#"Says "hi" \ {{ name }}."#));
    }
}

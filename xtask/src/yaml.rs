//! The example configuration: a section per plugin, added as text so that comments stay.

use crate::list::place;
use crate::shell::Fault;

/// The example, where there is one.
pub(crate) const EXAMPLE: &str = "plugins.example.yaml";

/// `text` with `section` (lines without indentation) as `name` in the mapping `plugins`.
///
/// # Errors
///
/// `plugins` is there, but not as a block.
pub(crate) fn add(text: &str, name: &str, section: &str) -> Result<String, Fault> {
    let mut lines = text.lines().map(ToOwned::to_owned).collect::<Vec<_>>();
    let Some(start) = lines.iter().position(|line| line.starts_with("plugins:")) else {
        lines.push("plugins:".to_owned());
        lines.extend(block(name, section, "  "));
        return Ok(lines.join("\n") + "\n");
    };
    let rest = lines[start]["plugins:".len()..].trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return Err(Fault::new(format!(
            "{EXAMPLE}:{}: write `plugins:` as a block, not as `{rest}`",
            start + 1
        )));
    }
    let is_outside = |line: &String| line.starts_with(|char: char| !char.is_whitespace() && char != '#');
    let end = lines[start + 1..].iter().position(is_outside).map_or(lines.len(), |length| start + 1 + length);
    let indent = lines[start + 1..end]
        .iter()
        .filter(|line| is_content(line))
        .map(|line| indent_of(line))
        .min()
        .unwrap_or(2);

    let keys = (start + 1..end).filter(|&at| is_content(&lines[at]) && indent_of(&lines[at]) == indent);
    let keys = keys
        .map(|at| (at, lines[at].trim().split(':').next().unwrap_or_default().to_owned()))
        .collect::<Vec<_>>();
    let names = keys.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>();
    let next = keys.get(place(&names, name)).map(|(at, _)| *at);
    let mut at = next.unwrap_or(end);
    // A comment above a section belongs to it; empty lines before the next mapping do not.
    while at > start + 1
        && if next.is_some() { is_comment(&lines[at - 1]) } else { !is_content(&lines[at - 1]) }
    {
        at -= 1;
    }
    lines.splice(at..at, block(name, section, &" ".repeat(indent)));
    Ok(lines.join("\n") + "\n")
}

fn block(name: &str, section: &str, indent: &str) -> Vec<String> {
    let mut lines = vec![format!("{indent}{name}:")];
    lines.extend(
        section.lines().map(|line| if line.is_empty() { String::new() } else { format!("{indent}  {line}") }),
    );
    lines
}

fn is_content(line: &str) -> bool {
    !line.trim().is_empty() && !is_comment(line)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "# All plugins.\nplugins:\n  api-keys:\n    enabled: true\n\n  # Remembers.\n  memory:\n    config:\n      \
        tokens: 5\n\n# Whom to ask.\ncapabilities:\n  Storage: storage-sqlite\n";

    #[test]
    fn a_section_stands_in_its_place() {
        let text = add(EXAMPLE, "greeter", "config:\n  a: 1").unwrap();
        assert!(
            text.contains("\n\n  greeter:\n    config:\n      a: 1\n  # Remembers.\n  memory:"),
            "{text}"
        );
    }

    #[test]
    fn the_last_section_stays_before_the_next_mapping() {
        let text = add(EXAMPLE, "zoo", "enabled: true").unwrap();
        assert!(
            text.contains("tokens: 5\n  zoo:\n    enabled: true\n\n# Whom to ask.\ncapabilities:"),
            "{text}"
        );
    }

    #[test]
    fn a_file_without_plugins_gets_them() {
        assert_eq!(
            add("# Nothing.\n", "one", "enabled: true").unwrap(),
            "# Nothing.\nplugins:\n  one:\n    enabled: true\n"
        );
    }

    #[test]
    fn a_mapping_on_one_line_is_refused() {
        assert!(
            add("plugins: {}\n", "one", "a: 1").unwrap_err().to_string().contains("plugins.example.yaml:1")
        );
    }
}

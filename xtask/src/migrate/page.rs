//! The table of old forms in docs/migrate.md, made of the same data as the macros and the reading of configurations.

use std::fmt::Write as _;

use super::renamed::{RENAMED, Renamed};
use super::table::{Change, FORMS, Form};
use crate::shell::Fault;

/// Where it stands.
pub(crate) const PAGE: &str = "docs/migrate.md";
const BEGIN: &str = "<!-- From here on written by `cargo xtask docs`. -->\n";
const END: &str = "<!-- Up to here. -->\n";

/// `text` with the table as it is to be.
///
/// # Errors
///
/// The page does not say where the table belongs.
pub(crate) fn with_table(text: &str) -> Result<String, Fault> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        return Err(Fault::new(format!(
            "{PAGE} has no place for its table\n  help: write `{}` and `{}`",
            BEGIN.trim(),
            END.trim()
        )));
    };
    Ok(format!("{before}{BEGIN}{}{END}{after}", table()))
}

fn table() -> String {
    let mut out = String::from(
        "\n| where | old form | since | deprecated in | gone in | new form | why |\n|---|---|---|---|---|---|---|\n",
    );
    for Form { attribute, change, life, reason } in FORMS {
        let (old, new) = match change {
            Change::Key { old, new } => (format!("{old} = …"), format!("{new} = …")),
            Change::Text { key, texts } => {
                let all =
                    |form: fn(&(&str, &str)) -> String| texts.iter().map(form).collect::<Vec<_>>().join(", ");
                (
                    format!("{key} = {}", all(|(old, _)| (*old).to_owned())),
                    format!("{key} = {}", all(|(_, new)| format!("\"{new}\""))),
                )
            }
        };
        let place = format!("`#[{attribute}]`");
        row(
            &mut out,
            [
                &place,
                &old,
                &life.since.to_string(),
                &life.deprecated.to_string(),
                &life.gone.to_string(),
                &new,
                reason,
            ],
        );
    }
    for Renamed { within, old, new, since, deprecated, gone, reason } in RENAMED {
        let place = format!("configuration, `{}`", within.join(".").replace('*', "<name>"));
        let [since, deprecated, gone] =
            [since, deprecated, gone].map(|(major, minor)| format!("{major}.{minor}"));
        row(&mut out, [&place, &format!("{old}:"), &since, &deprecated, &gone, &format!("{new}:"), reason]);
    }
    out.push('\n');
    out
}

fn row(out: &mut String, [place, old, since, deprecated, gone, new, why]: [&str; 7]) {
    // A `String` takes whatever is written.
    let _ = writeln!(out, "| {place} | `{old}` | {since} | {deprecated} | {gone} | `{new}` | {why} |");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_form_once_and_stands_where_the_page_says() {
        let page = format!("# Old\n\n{BEGIN}stale\n{END}\nMore.\n");
        let text = with_table(&page).unwrap();
        assert!(
            text.starts_with("# Old\n\n") && text.ends_with("\nMore.\n") && !text.contains("stale"),
            "{text}"
        );
        assert_eq!(text.matches("\n| `#[").count(), FORMS.len(), "{text}");
        assert_eq!(text.matches("\n| configuration").count(), RENAMED.len(), "{text}");
        assert!(text.contains("| `#[health]` | `every = …` | 0.1 | 0.2 | 0.3 | `interval = …` |"), "{text}");
        assert_eq!(with_table(&text).unwrap(), text);
    }

    #[test]
    fn the_page_and_plugin_core_name_todays_version() {
        let (root, version) = (crate::workspace::root(), super::super::table::CURRENT);
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        assert!(read(PAGE).contains(&format!("Today's is **{version}**")));
        let current =
            format!("CURRENT: Self = Self {{ major: {}, minor: {} }};", version.major, version.minor);
        assert!(read("plugin-core/src/api.rs").contains(&current), "{current}");
    }

    #[test]
    fn a_page_without_a_place_for_it_is_told() {
        assert!(with_table("# Old\n").unwrap_err().to_string().contains("has no place for its table"));
    }
}

//! `PLUGIN_MACROS_DEBUG`: writes what a macro makes of its input to a file that an editor can open.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use crate::expand::kebab;

const VARIABLE: &str = "PLUGIN_MACROS_DEBUG";

/// Expands, and writes the expansion where the variable asks for it.
pub(crate) fn traced(
    name: &'static str,
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
    expand: impl FnOnce(TokenStream, &TokenStream) -> TokenStream,
) -> proc_macro::TokenStream {
    let (args, item) = (TokenStream::from(args), TokenStream::from(item));
    let asked = std::env::var(VARIABLE).unwrap_or_default();
    let subject = Asked::of(&asked).and_then(|asked| asked.subject(&args, &item));
    let expansion = expand(args, &item);
    if let Some(subject) = subject {
        show(name, &subject, &expansion);
    }
    // By this cargo knows that the crate is to be built again when the variable changes.
    quote!(#expansion const _: ::core::option::Option<&'static str> = ::core::option_env!(#VARIABLE);).into()
}

/// What the variable asks for.
#[derive(PartialEq, Debug)]
enum Asked<'a> {
    All,
    /// Plugins and types by name.
    These(Vec<&'a str>),
}

impl<'a> Asked<'a> {
    fn of(value: &'a str) -> Option<Self> {
        match value.trim() {
            "" | "0" => None,
            "1" => Some(Self::All),
            names => Some(Self::These(names.split(',').map(str::trim).collect())),
        }
    }

    /// What the macro stands on, if it is asked for.
    fn subject(&self, args: &TokenStream, item: &TokenStream) -> Option<String> {
        let names = names(args, item);
        let wanted = match self {
            Self::All => true,
            Self::These(these) => names.iter().any(|name| these.contains(&name.as_str())),
        };
        names.into_iter().next().filter(|_| wanted)
    }
}

/// The names of what a macro stands on, the one to show first.
fn names(args: &TokenStream, item: &TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let given: Vec<TokenTree> = args.clone().into_iter().collect();
    for three in given.windows(3) {
        if let [TokenTree::Ident(key), TokenTree::Punct(_), TokenTree::Literal(value)] = three
            && key == "name"
        {
            names.push(value.to_string().trim_matches('"').to_owned());
        }
    }
    let words: Vec<TokenTree> = item.clone().into_iter().collect();
    let ident = |word: &str| {
        let at = words.iter().position(|token| matches!(token, TokenTree::Ident(ident) if ident == word))?;
        words[at..].iter().skip(1).find_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.clone()),
            _ => None,
        })
    };
    match (ident("mod"), ["struct", "enum", "union", "trait", "for"].into_iter().find_map(ident)) {
        (Some(module), _) => names.extend([kebab(&module), module.to_string()]),
        (None, Some(ident)) => names.push(ident.to_string()),
        (None, None) => names.push("plugins".to_owned()),
    }
    names
}

fn show(name: &str, subject: &str, expansion: &TokenStream) {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "crate".to_owned());
    let plain = |text: &str| text.replace(|one: char| !(one.is_ascii_alphanumeric() || one == '-'), "_");
    let what = format!("{VARIABLE}: {name} {subject} of {package}");
    let text = expansion.to_string();
    let text = rustfmt(&text).unwrap_or_else(|| lines(expansion));
    let written = folder(std::env::args().collect()).and_then(|folder| {
        let folder = folder.join("plugin-macros").join(plain(&package));
        let file = folder.join(format!("{}.{}.rs", plain(subject), plain(name)));
        // At once: the same crate may be built twice at the same time, as itself and for its tests.
        let part = file.with_extension(std::process::id().to_string());
        let write = || fs::write(&part, &text).and_then(|()| fs::rename(&part, &file));
        fs::create_dir_all(folder).and_then(|()| write()).ok().map(|()| file)
    });
    // rustc's error output, which cargo passes on line by line: what does not fit in one line belongs into the file.
    match written {
        Some(file) => eprintln!("{what}: {}", file.display()),
        None => eprintln!("{what}:\n{text}"),
    }
}

/// The folder that cargo builds into: rustc, in which macros run, is told one below it, and cargo puts a mark into it.
fn folder(arguments: Vec<String>) -> Option<PathBuf> {
    let mut rest = arguments.into_iter();
    let out = loop {
        let argument = rest.next()?;
        if let Some(folder) = argument.strip_prefix("--out-dir=") {
            break folder.to_owned();
        }
        if argument == "--out-dir" {
            break rest.next()?;
        }
    };
    Path::new(&out).ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).map(Path::to_path_buf)
}

fn rustfmt(text: &str) -> Option<String> {
    let mut rustfmt = Command::new(std::env::var_os("RUSTFMT").unwrap_or_else(|| "rustfmt".into()));
    rustfmt.args(["--edition", "2024"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = rustfmt.spawn().ok()?;
    let mut input = child.stdin.take()?;
    // It may write before it has read all.
    let writer = std::thread::spawn({
        let text = text.to_owned();
        move || input.write_all(text.as_bytes())
    });
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

/// Without rustfmt: a line for each statement, indented by its braces.
fn lines(tokens: &TokenStream) -> String {
    let mut out = String::new();
    layout(tokens, 0, &mut out);
    out.trim_end().to_owned() + "\n"
}

fn layout(tokens: &TokenStream, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.truncate(out.trim_end().len());
        out.push('\n');
        out.push_str(&"    ".repeat(depth));
    };
    let mut plain: Vec<TokenTree> = Vec::new();
    let flush = |plain: &mut Vec<TokenTree>, out: &mut String| {
        out.push_str(&plain.drain(..).collect::<TokenStream>().to_string());
    };
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                flush(&mut plain, out);
                out.push_str(" {");
                line(out, depth + 1);
                layout(&group.stream(), depth + 1, out);
                line(out, depth);
                out.push('}');
                line(out, depth);
            }
            TokenTree::Punct(sign) if sign.as_char() == ';' => {
                plain.push(TokenTree::Punct(sign));
                flush(&mut plain, out);
                line(out, depth);
            }
            other => plain.push(other),
        }
    }
    flush(&mut plain, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(asked: &str, args: &str, item: &str) -> Option<String> {
        Asked::of(asked)?.subject(&args.parse().unwrap(), &item.parse().unwrap())
    }

    #[test]
    fn all_is_shown_or_what_is_named() {
        let module = "/// Text of a struct.\n#[cfg(unix)] pub(crate) mod content_filter { struct Other; }";
        for asked in ["1", "content-filter", "content_filter", "memory, content-filter"] {
            assert_eq!(subject(asked, "", module).as_deref(), Some("content-filter"), "{asked}");
        }
        for asked in ["", "0", " ", "memory", "Other", "filter"] {
            assert_eq!(subject(asked, "", module), None, "{asked}");
        }
        assert_eq!(subject("masks", "name = \"masks\"", module).as_deref(), Some("masks"));
        assert_eq!(subject("1", "", "pub enum Ask { One }").as_deref(), Some("Ask"));
        assert_eq!(subject("Storage", "", "pub trait Storage: Send {}").as_deref(), Some("Storage"));
        assert_eq!(subject("1", "", "impl Storage for Fake {}").as_deref(), Some("Fake"));
        assert_eq!(subject("1", "", "\"memory\" => plugin_memory").as_deref(), Some("plugins"));
    }

    #[test]
    fn the_folder_is_the_one_with_cargos_mark() {
        let root = std::env::temp_dir().join(format!("plugin-macros-debug-{}", std::process::id()));
        let deps = root.join("debug/deps");
        fs::create_dir_all(&deps).unwrap();
        let arguments = |out: &[String]| ["rustc".to_owned()].iter().chain(out).cloned().collect::<Vec<_>>();
        let (one, two) =
            (format!("--out-dir={}", deps.display()), ["--out-dir".to_owned(), deps.display().to_string()]);
        assert_eq!(folder(arguments(std::slice::from_ref(&one))), None, "no mark");
        fs::write(root.join("CACHEDIR.TAG"), "").unwrap();
        assert_eq!(folder(arguments(&[one])), Some(root.clone()));
        assert_eq!(folder(arguments(&two)), Some(root.clone()));
        assert_eq!(folder(arguments(&[])), None);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn tokens_without_rustfmt_are_lines() {
        let tokens = "mod a { use b :: c ; fn d (e : f) { g (h) ; } } const I : j = k ;".parse().unwrap();
        assert_eq!(
            lines(&tokens),
            "mod a {\n    use b :: c ;\n    fn d (e : f) {\n        g (h) ;\n    }\n}\nconst I : j = k ;\n"
        );
    }
}

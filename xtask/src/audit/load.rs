//! Reads a crate's source, file by file, as rustc finds its modules.

use std::path::{Path, PathBuf};

use proc_macro2::Span;
use syn::visit::Visit as _;
use syn::{Attribute, Expr, ExprLit, ItemMod, Lit, Meta};

use super::cfg;
use super::collect::Collector;
use super::permission::Kind;
use super::program::{Definition, Direct, Program, ScopeId};
use super::source::{FileId, Files};

/// A file within a file within a file: more is a circle of `include!`.
const DEEPEST: usize = 64;

/// Where the file stands whose items are read, and where its modules are found.
#[derive(Clone)]
pub(super) struct Position {
    pub(super) file: FileId,
    /// The file's folder.
    pub(super) folder: PathBuf,
    /// Where `mod name;` looks for `name.rs` and `name/mod.rs`.
    modules: PathBuf,
    /// Whether `mod name { … }` is around, which changes where `#[path]` starts.
    inline: bool,
    depth: usize,
}

/// Reads the crate whose root is the file `root`, of the package in the folder `package`.
///
/// # Errors
///
/// The root cannot be read, or is no Rust. A module that cannot be read is in [`Program::unread`].
pub(super) fn program(files: &mut Files, root: &Path, package: &Path) -> Result<Program, String> {
    let mut program = Program::new();
    let file = files.read(root).map_err(|error| error.to_string())?;
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let position = Position { file, modules: folder.clone(), folder, inline: false, depth: 0 };
    let mut collector =
        Collector { program: &mut program, files, scope: 0, position, package, guessing: false };
    collector.file_items().map_err(|error| error.to_string())?;
    Ok(program)
}

impl Collector<'_> {
    /// Reads the items of the current file into the current scope, and says whether all of it is there in every build.
    fn file_items(&mut self) -> syn::Result<bool> {
        let parsed = syn::parse_file(&self.files.get(self.position.file).text)?;
        if !cfg::is_test_only(&parsed.attrs) {
            self.visit_file(&parsed);
        }
        Ok(!cfg::is_conditional(&parsed.attrs))
    }

    /// Reads `mod name;` or `mod name { … }` into a scope of its own, once for each file that it may stand in.
    pub(super) fn module(&mut self, item: &ItemMod) {
        let name = item.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let certain = self.is_certain(&item.attrs);
        let base = if self.position.inline { &self.position.modules } else { &self.position.folder };
        let paths: Vec<PathBuf> = paths(&item.attrs).iter().map(|path| base.join(path)).collect();
        if let Some((_, items)) = &item.content {
            let modules = paths.into_iter().next().unwrap_or_else(|| self.position.modules.join(name));
            let position = Position { modules, inline: true, ..self.position.clone() };
            let scope = self.program.add_scope(Some(self.scope), true);
            self.program.define(self.scope, name, Definition::Module(scope), certain);
            self.within(scope, position, |inner| items.iter().for_each(|item| inner.visit_item(item)));
            return;
        }
        let always = item.attrs.iter().any(|attribute| attribute.path().is_ident("path"));
        let plain = [
            self.position.modules.join(format!("{name}.rs")),
            self.position.modules.join(name).join("mod.rs"),
        ];
        let plain = plain.into_iter().find(|path| path.is_file());
        let found = paths.iter().cloned().chain(plain.clone().filter(|_| !always));
        let found: Vec<PathBuf> = found.collect();
        if found.is_empty() && !self.guessing {
            let place = self.place(item.ident.span());
            self.program.unread.push((place, format!("the file of the module `{name}` is not there")));
        }
        for path in found {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let owns_folder = paths.contains(&path) || path.ends_with("mod.rs");
            let modules = if owns_folder { folder.clone() } else { folder.join(name) };
            let scope = self.program.add_scope(Some(self.scope), true);
            let whole = self.file_in(scope, &path, folder, modules, item.ident.span());
            self.program.define(self.scope, name, Definition::Module(scope), certain && whole);
        }
    }

    /// Follows `include!("path")`; what is not a text cannot be followed.
    pub(super) fn include(&mut self, path: Option<&str>, span: Span) {
        let place = self.place(span);
        let Some(path) = path else {
            let what = "this file is known to the compiler only".to_owned();
            let value = Some("include!".to_owned());
            self.program.direct.push(Direct { kind: Kind::Unseen, value, what, place });
            return;
        };
        let path = self.position.folder.join(path);
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.file_in(self.scope, &path, folder.clone(), folder, span);
    }

    /// `include_str!("path")`: what is in the workspace is part of the source; what is not is a file of the machine that builds.
    pub(super) fn include_data(&mut self, path: Option<&str>, name: &str, span: Span) {
        let place = self.place(span);
        let (value, what) = match path {
            Some(path) if self.files.holds(&self.position.folder.join(path)) => return,
            Some(path) => {
                // A path that starts at the manifest is told from there: reports are the same on every machine.
                let package = self.package.to_string_lossy();
                let told = path.strip_prefix(&*package).map_or(path, |rest| rest.trim_start_matches('/'));
                (Some(told.to_owned()), format!("`{name}!` of a file outside of the workspace"))
            }
            None => (None, format!("`{name}!` of a file that is known to the compiler only")),
        };
        self.program.direct.push(Direct { kind: Kind::Fs, value, what, place });
    }

    /// Says whether all of the file is there in every build.
    fn file_in(
        &mut self,
        scope: ScopeId,
        path: &Path,
        folder: PathBuf,
        modules: PathBuf,
        span: Span,
    ) -> bool {
        let place = self.place(span);
        let depth = self.position.depth + 1;
        if depth > DEEPEST {
            self.program.unread.push((place, "this file includes itself".to_owned()));
            return false;
        }
        let read = match self.files.read(path) {
            Ok(file) => {
                let position = Position { file, folder, modules, inline: false, depth };
                let mut read = Ok(false);
                self.within(scope, position, |inner| read = inner.any_items());
                read.map_err(|error| {
                    let start = error.span().start();
                    format!("{}:{}:{}: {error}", self.files.get(file).name, start.line, start.column + 1)
                })
            }
            Err(error) => Err(format!("{}: {error}", self.files.name(path))),
        };
        read.unwrap_or_else(|reason| {
            self.program.unread.push((place, reason));
            false
        })
    }

    /// A file's items or, as `include!` may stand for them, its statements.
    fn any_items(&mut self) -> syn::Result<bool> {
        self.file_items().or_else(|error| {
            let text = self.files.get(self.position.file).text.clone();
            let statements =
                syn::parse::Parser::parse_str(syn::Block::parse_within, &text).map_err(|_| error)?;
            self.statements(&statements);
            Ok(true)
        })
    }

    fn within(&mut self, scope: ScopeId, position: Position, read: impl FnOnce(&mut Self)) {
        let outer = (self.scope, std::mem::replace(&mut self.position, position));
        self.scope = scope;
        read(self);
        (self.scope, self.position) = outer;
    }
}

/// The files of `#[path = "…"]`, also within a `cfg_attr` that may hold.
fn paths(attributes: &[Attribute]) -> Vec<String> {
    let texts =
        attributes.iter().flat_map(|attribute| cfg::expanded(&attribute.meta)).filter_map(
            |meta| match meta {
                Meta::NameValue(pair) if pair.path.is_ident("path") => match pair.value {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
        );
    texts.collect()
}

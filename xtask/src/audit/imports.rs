//! Takes `use` and `extern crate` apart into the names that they bring in.

use proc_macro2::Ident;
use syn::{ItemExternCrate, ItemUse, UseTree};

use super::collect::Collector;
use super::program::{Brings, Definition, Import, Mention, Path, Role, plain};
use super::source::Place;

impl Collector<'_> {
    /// `name` stands for what `path` means.
    pub(super) fn alias(&mut self, name: &Ident, path: Path, certain: bool) {
        let import = Import { path, place: self.place(name.span()), brings: Brings::Alias };
        self.program.import(Some(&name.to_string()), import, certain);
    }

    pub(super) fn extern_crate(&mut self, item: &ItemExternCrate) {
        let known_as = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
        let certain = self.is_certain(&item.attrs);
        if item.ident == "self" {
            self.define(known_as, Definition::Module(0), certain);
            return;
        }
        let prefix = Path { scope: self.scope, leading: true, names: Vec::new() };
        let place = self.place(item.ident.span()).to(self.place(known_as.span()));
        self.import_name(&item.ident, known_as, &prefix, place, certain);
        // Its macros are called without a path from here on.
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_use")) {
            let names = vec![plain(&item.ident.to_string()).to_owned(), "*".to_owned()];
            let path = Path { names, ..prefix };
            self.program.mentions.push(Mention { path, place, role: Role::Macro, arguments: None });
        }
    }

    pub(super) fn import(&mut self, item: &ItemUse) {
        let prefix = Path { scope: self.scope, leading: item.leading_colon.is_some(), names: Vec::new() };
        self.import_tree(&item.tree, &prefix, None, self.is_certain(&item.attrs));
    }

    /// `start` is where the path of this name starts, if not at the name itself.
    fn import_tree(&mut self, tree: &UseTree, prefix: &Path, start: Option<Place>, certain: bool) {
        let with = |name: &Ident| {
            let mut path = prefix.clone();
            path.names.push(plain(&name.to_string()).to_owned());
            path
        };
        let place = |span| start.map_or_else(|| self.place(span), |start| start.to(self.place(span)));
        match tree {
            UseTree::Path(tree) => {
                let place = place(tree.ident.span());
                self.import_tree(&tree.tree, &with(&tree.ident), Some(place), certain);
            }
            UseTree::Name(tree) => {
                self.import_name(&tree.ident, &tree.ident, prefix, place(tree.ident.span()), certain);
            }
            UseTree::Rename(tree) => {
                self.import_name(&tree.ident, &tree.rename, prefix, place(tree.rename.span()), certain);
            }
            UseTree::Glob(tree) => {
                let import = Import {
                    path: prefix.clone(),
                    place: place(tree.star_token.span),
                    brings: Brings::Everything,
                };
                self.program.import(None, import, certain);
            }
            // A line for each name: the prefix is theirs together.
            UseTree::Group(tree) => {
                tree.items.iter().for_each(|tree| self.import_tree(tree, prefix, None, certain));
            }
        }
    }

    fn import_name(&mut self, name: &Ident, known_as: &Ident, prefix: &Path, place: Place, certain: bool) {
        let mut path = prefix.clone();
        let mut known_as = known_as.to_string();
        if name == "self" && !path.names.is_empty() {
            // `use std::fs::{self}` is `use std::fs`.
            known_as =
                if known_as == "self" { path.names.last().cloned().unwrap_or_default() } else { known_as };
        } else {
            path.names.push(plain(&name.to_string()).to_owned());
        }
        let name = (known_as != "_").then_some(known_as);
        self.program.import(name.as_deref(), Import { path, place, brings: Brings::Name }, certain);
    }
}

//! A plugin's source taken apart: scopes with what they define, and every mention of a path in them.

use std::collections::{HashMap, HashSet};

use super::permission::Kind;
use super::plugin::Plugin;
use super::source::Place;

/// Which scope.
pub(super) type ScopeId = usize;
/// Which import.
pub(super) type ImportId = usize;

/// The source of one package's library.
#[derive(Default)]
pub(super) struct Program {
    /// The first is the crate's root.
    pub(super) scopes: Vec<Scope>,
    pub(super) imports: Vec<Import>,
    pub(super) mentions: Vec<Mention>,
    /// What needs a permission whatever its names mean.
    pub(super) direct: Vec<Direct>,
    /// Paths that end in a variable of `macro_rules!`, `std::$module`.
    pub(super) open_paths: Vec<(Path, Place)>,
    /// Calls of the methods that only paths have.
    pub(super) path_methods: Vec<(String, Place)>,
    /// Names of methods and of `macro_rules!` that the source itself defines.
    pub(super) methods: HashSet<String>,
    pub(super) macros: HashSet<String>,
    pub(super) plugins: Vec<Plugin>,
    /// Files that could not be read or parsed: where they are asked for, and why not.
    pub(super) unread: Vec<(Place, String)>,
}

/// A module, or a block with its items.
pub(super) struct Scope {
    pub(super) parent: Option<ScopeId>,
    /// A block sees the names of what is around it; a module does not.
    pub(super) is_module: bool,
    /// A name may have several definitions, for each `cfg` one.
    pub(super) names: HashMap<String, Vec<Defined>>,
    pub(super) globs: Vec<ImportId>,
}

/// What a name is, and whether it is so in every build. What may not be there hides nothing.
#[derive(Clone, Debug)]
pub(super) struct Defined {
    pub(super) is: Definition,
    pub(super) certain: bool,
}

/// What a name is.
#[derive(Clone, Debug)]
pub(super) enum Definition {
    Module(ScopeId),
    Import(ImportId),
    /// `type Name = path;` or a constant that is another: as an import, but of a thing of this crate where it leads nowhere.
    Alias(ImportId),
    /// `const NAME: &str = "text";`
    Text(String),
    /// A type, a function, a trait: nothing of another crate.
    Own,
}

/// A path as it is written, in its scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Path {
    pub(super) scope: ScopeId,
    /// Whether it starts with `::`.
    pub(super) leading: bool,
    pub(super) names: Vec<String>,
}

/// One name of a `use`, one `*`, or what an alias stands for.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) path: Path,
    pub(super) place: Place,
    pub(super) brings: Brings,
}

/// What an import brings in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Brings {
    Name,
    Everything,
    Alias,
}

/// A path in the code.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) path: Path,
    pub(super) place: Place,
    pub(super) role: Role,
    /// The first two arguments, where the path is called.
    pub(super) arguments: Option<Vec<Argument>>,
}

/// What a path stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A type, a trait, a pattern, a function, a constant.
    Code,
    /// `path!`, `#[derive(path)]`
    Macro,
    /// `#[path]`: a macro too, or a word that a derive knows.
    Attribute,
}

/// An argument of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Argument {
    Text(String),
    /// Perhaps a constant.
    Path(Path),
    Computed,
}

/// What needs a permission by itself.
#[derive(Debug)]
pub(super) struct Direct {
    pub(super) kind: Kind,
    /// The permission's value, for the kinds that have one.
    pub(super) value: Option<String>,
    /// What it is, for the label.
    pub(super) what: String,
    pub(super) place: Place,
}

impl Program {
    /// A program of an empty root.
    pub(super) fn new() -> Self {
        let mut program = Self::default();
        program.add_scope(None, true);
        program
    }

    pub(super) fn add_scope(&mut self, parent: Option<ScopeId>, is_module: bool) -> ScopeId {
        self.scopes.push(Scope { parent, is_module, names: HashMap::new(), globs: Vec::new() });
        self.scopes.len() - 1
    }

    pub(super) fn define(&mut self, scope: ScopeId, name: &str, is: Definition, certain: bool) {
        let defined = Defined { is, certain };
        self.scopes[scope].names.entry(plain(name).to_owned()).or_default().push(defined);
    }

    pub(super) fn import(&mut self, name: Option<&str>, import: Import, certain: bool) {
        let (id, scope) = (self.imports.len(), import.path.scope);
        match (name, import.brings) {
            (_, Brings::Everything) => self.scopes[scope].globs.push(id),
            (Some(name), Brings::Name) => self.define(scope, name, Definition::Import(id), certain),
            (Some(name), Brings::Alias) => self.define(scope, name, Definition::Alias(id), certain),
            // `as _`
            (None, _) => {}
        }
        self.imports.push(import);
    }

    /// The innermost module that holds the scope.
    pub(super) fn module_of(&self, mut scope: ScopeId) -> ScopeId {
        while !self.scopes[scope].is_module {
            match self.scopes[scope].parent {
                Some(parent) => scope = parent,
                None => break,
            }
        }
        scope
    }
}

/// The name without `r#`.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

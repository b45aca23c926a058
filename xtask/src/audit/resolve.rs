//! What a path means: which item of which crate, followed through `use`, globs, aliases and modules.

use std::collections::HashMap;

use super::known;
use super::program::{Brings, Definition, ImportId, Path, Program, ScopeId};

/// An import that leads to an import that leads to … in more steps than these is not followed to its end.
const MOST_ROUNDS: usize = 64;
/// A path of more names is a circle of imports under different `cfg`s.
const LONGEST_PATH: usize = 24;

/// One thing that a path may mean; a name with several `cfg`s may mean several.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Found {
    pub(super) target: Target,
    /// The imports that led there.
    pub(super) via: Vec<ImportId>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Target {
    /// An item of another crate: the crate's package, then names.
    External(Vec<String>),
    Module(ScopeId),
    /// A constant text of this crate.
    Text(String),
    /// Any other item of this crate.
    Own,
}

/// Finds out what paths of one program mean.
pub(super) struct Resolver<'a> {
    program: &'a Program,
    /// Name in the code, name of the package.
    crates: &'a HashMap<String, String>,
    /// What each import leads to, as far as it is known.
    led: Vec<Vec<Found>>,
}

impl<'a> Resolver<'a> {
    /// Follows all imports, each round one step further, until a round finds nothing new.
    pub(super) fn new(program: &'a Program, crates: &'a HashMap<String, String>) -> Self {
        let mut resolver = Self { program, crates, led: vec![Vec::new(); program.imports.len()] };
        for _ in 0..MOST_ROUNDS {
            let follow = |id: ImportId| distinct(resolver.follow(&program.imports[id].path, Some(id)));
            let led: Vec<_> = (0..program.imports.len()).map(follow).collect();
            if led == resolver.led {
                break;
            }
            resolver.led = led;
        }
        resolver
    }

    /// All that the path may mean; nothing for what comes from a prelude, a glob of another crate or a generic parameter.
    pub(super) fn path(&self, path: &Path) -> Vec<Found> {
        distinct(self.follow(path, None))
    }

    /// What an import stands for.
    pub(super) fn import(&self, id: ImportId) -> &[Found] {
        &self.led[id]
    }

    /// `by` is the import that follows the path: no name of it means itself.
    fn follow(&self, path: &Path, by: Option<ImportId>) -> Vec<Found> {
        let Some(first) = path.names.first() else { return Vec::new() };
        let module = |scope| vec![Found { target: Target::Module(scope), via: Vec::new() }];
        let start = match first.as_str() {
            name if path.leading => self.krate(name),
            "crate" => module(0),
            "self" => module(self.program.module_of(path.scope)),
            "super" => self.above(path.scope).map(module).unwrap_or_default(),
            name => self.lexical(path.scope, name, by),
        };
        path.names[1..]
            .iter()
            .fold(start, |found, name| found.into_iter().flat_map(|one| self.step(one, name, by)).collect())
    }

    fn step(&self, found: Found, name: &str, by: Option<ImportId>) -> Vec<Found> {
        let Found { target, via } = found;
        let target = match target {
            Target::External(mut names) => {
                names.push(name.to_owned());
                names.truncate(LONGEST_PATH);
                Target::External(names)
            }
            Target::Module(scope) if name == "self" => Target::Module(scope),
            Target::Module(scope) if name == "super" => match self.above(scope) {
                Some(above) => Target::Module(above),
                None => return Vec::new(),
            },
            Target::Module(scope) => {
                let (mut found, certain) = self.defined(scope, name, by);
                if !certain {
                    found.append(&mut self.by_globs(scope, name, by));
                }
                return found.into_iter().map(|one| one.behind(&via)).collect();
            }
            Target::Text(_) | Target::Own => Target::Own,
        };
        vec![Found { target, via }]
    }

    /// The module around the one that holds `scope`.
    fn above(&self, scope: ScopeId) -> Option<ScopeId> {
        let parent = self.program.scopes[self.program.module_of(scope)].parent?;
        Some(self.program.module_of(parent))
    }

    /// A name that stands first: from the innermost block out to the module, then the crates.
    fn lexical(&self, scope: ScopeId, name: &str, by: Option<ImportId>) -> Vec<Found> {
        let krate = self.krate(name);
        // An import that could mean a crate means it; rustc refuses a glob that says otherwise.
        let imports = by.is_some_and(|id| self.program.imports[id].brings != Brings::Alias);
        let explicit = imports && !krate.is_empty();
        let mut found = Vec::new();
        let mut next = Some(scope);
        while let Some(scope) = next {
            let (mut here, certain) = self.defined(scope, name, by);
            found.append(&mut here);
            if certain {
                return found;
            }
            if !explicit {
                found.append(&mut self.by_globs(scope, name, by));
            }
            next = self.program.scopes[scope].parent.filter(|_| !self.program.scopes[scope].is_module);
        }
        found.extend(krate);
        found
    }

    /// What the scope itself defines, and whether that hides all else in every build.
    fn defined(&self, scope: ScopeId, name: &str, by: Option<ImportId>) -> (Vec<Found>, bool) {
        let mut found = Vec::new();
        let mut certain = false;
        for defined in self.program.scopes[scope].names.get(name).into_iter().flatten() {
            let before = found.len();
            let plain = |target| Found { target, via: Vec::new() };
            match &defined.is {
                Definition::Import(id) | Definition::Alias(id) if by == Some(*id) => {}
                Definition::Module(module) => found.push(plain(Target::Module(*module))),
                Definition::Text(text) => found.push(plain(Target::Text(text.clone()))),
                Definition::Own => found.push(plain(Target::Own)),
                Definition::Alias(id) if self.led[*id].is_empty() => found.push(plain(Target::Own)),
                Definition::Import(id) | Definition::Alias(id) => {
                    found.extend(self.led[*id].iter().map(|one| one.clone().behind(&[*id])));
                }
            }
            certain |= defined.certain && found.len() > before;
        }
        (found, certain)
    }

    /// What the globs of the scope bring in under that name, and the globs of the modules that they name.
    fn by_globs(&self, scope: ScopeId, name: &str, by: Option<ImportId>) -> Vec<Found> {
        let mut found = Vec::new();
        let mut seen = vec![scope];
        let mut next = vec![(scope, Vec::new())];
        while let Some((scope, via)) = next.pop() {
            for &glob in &self.program.scopes[scope].globs {
                for led in &self.led[glob] {
                    let via = [&via[..], &[glob], &led.via].concat();
                    match &led.target {
                        Target::Module(module) if !seen.contains(module) => {
                            seen.push(*module);
                            let (here, certain) = self.defined(*module, name, by);
                            found.extend(here.into_iter().map(|one| one.behind(&via)));
                            if !certain {
                                next.push((*module, via));
                            }
                        }
                        Target::External(names) => {
                            let target = outside(names, name);
                            found.extend(target.map(|target| Found { target, via }));
                        }
                        Target::Module(_) | Target::Text(_) | Target::Own => {}
                    }
                }
            }
        }
        found
    }

    /// The other crates whose globs may bring a name into the scope.
    pub(super) fn globbed_crates(&self, scope: ScopeId) -> Vec<String> {
        let (mut crates, mut seen, mut next) = (Vec::new(), vec![scope], vec![scope]);
        while let Some(scope) = next.pop() {
            let around = self.program.scopes[scope].parent.filter(|_| !self.program.scopes[scope].is_module);
            let mut lead: Vec<ScopeId> = around.into_iter().collect();
            for found in self.program.scopes[scope].globs.iter().flat_map(|&glob| self.import(glob)) {
                match &found.target {
                    Target::External(names) => crates.extend(names.first().cloned()),
                    Target::Module(module) => lead.push(*module),
                    Target::Text(_) | Target::Own => {}
                }
            }
            lead.retain(|scope| !seen.contains(scope));
            seen.extend(&lead);
            next.extend(lead);
        }
        crates.sort();
        crates.dedup();
        crates
    }

    fn krate(&self, name: &str) -> Vec<Found> {
        let package = match name {
            "std" | "core" | "alloc" => Some(name),
            name => self.crates.get(name).map(String::as_str),
        };
        let target = package.map(|package| Target::External(vec![package.to_owned()]));
        target.map(|target| Found { target, via: Vec::new() }).into_iter().collect()
    }
}

impl Found {
    /// The same, behind these imports.
    fn behind(self, via: &[ImportId]) -> Self {
        Self { via: [via, &self.via].concat(), ..self }
    }
}

/// One way to each target: the first.
fn distinct(found: Vec<Found>) -> Vec<Found> {
    let mut distinct: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        if !distinct.iter().any(|other| other.target == one.target) {
            distinct.push(one);
        }
    }
    distinct
}

/// A name that a glob of another crate may bring in: believed only where it leads to something that needs a permission which
/// the glob does not need by itself.
fn outside(names: &[String], name: &str) -> Option<Target> {
    let whole = !known::needs(names).is_empty();
    let names = [names, &[name.to_owned()]].concat();
    let needed = !known::needs(&names).is_empty() || known::leads_to(&names);
    (needed && !whole).then_some(Target::External(names))
}

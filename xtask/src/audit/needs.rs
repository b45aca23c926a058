//! What a program needs permissions for, and where.

use std::collections::{BTreeSet, HashMap};

use super::known;
use super::permission::{Kind, Wanted};
use super::program::{Argument, Brings, ImportId, Mention, Path, Program, Role};
use super::resolve::{Resolver, Target};
use super::source::Place;

/// One place in the source that needs a permission.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) kind: Kind,
    pub(super) wanted: Wanted,
    /// What stands there, for the label.
    pub(super) what: String,
    pub(super) place: Place,
    /// The imports through which it comes.
    pub(super) via: Vec<Place>,
}

/// Functions whose first argument is one variable's name.
const OF_ONE_VARIABLE: &[&str] = &["remove_var", "set_var", "var", "var_os"];
/// Functions whose first two arguments are paths.
const OF_TWO_PATHS: &[&str] =
    &["copy", "hard_link", "rename", "soft_link", "symlink", "symlink_dir", "symlink_file"];
/// Functions whose first argument is an address.
const OF_ONE_ADDRESS: &[&str] = &["bind", "connect", "get"];
/// What cargo tells every package of itself.
const OF_CARGO: &[&str] = &["CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_MANIFEST_", "CARGO_PKG_", "OUT_DIR"];

/// Everything that `program` needs a permission for, in the order of the source. `crates` are the names by which it knows other
/// packages.
pub(super) fn of(program: &Program, crates: &HashMap<String, String>) -> Vec<Need> {
    let resolver = Resolver::new(program, crates);
    let mut reader = Reader { program, resolver, used: BTreeSet::new(), needs: Vec::new() };
    program.mentions.iter().for_each(|mention| reader.mention(mention));
    program.open_paths.iter().for_each(|(path, place)| reader.open_path(path, *place));
    reader.direct();
    (0..program.imports.len()).for_each(|id| reader.import(id));
    let mut needs = reader.needs;
    needs.sort_by_key(|need| (need.place.key(), need.kind, need.wanted.clone()));
    needs.dedup_by_key(|need| (need.place.key(), need.kind, need.wanted.clone()));
    needs
}

struct Reader<'a> {
    program: &'a Program,
    resolver: Resolver<'a>,
    /// Imports that led to something reported: they need no report of their own.
    used: BTreeSet<ImportId>,
    needs: Vec<Need>,
}

impl Reader<'_> {
    fn mention(&mut self, mention: &Mention) {
        let found = self.resolver.path(&mention.path);
        // A module or a function of the crate's own is no macro, whatever its name.
        let nowhere = !found.iter().any(|one| matches!(one.target, Target::External(_)));
        if let ([name], true, Role::Macro) = (&mention.path.names[..], nowhere, mention.role) {
            self.macro_of_nowhere(name, mention);
        }
        for one in found {
            let Target::External(names) = one.target else { continue };
            if mention.role == Role::Code {
                // A module is no value and no type; a single name that is one too names something else.
                if mention.path.names.len() > 1 || !known::is_module(&names) {
                    for &kind in known::needs(&names) {
                        for wanted in self.wanted(kind, &names, mention.arguments.as_deref()) {
                            self.add(kind, wanted, written(&names), mention.place, &one.via);
                        }
                    }
                }
            } else if matches!(names[0].as_str(), "std" | "core" | "alloc") {
                let name = names.last().cloned().unwrap_or_default();
                self.macro_of_std(&name, mention, &one.via);
            } else if names.len() > 1 && !known::is_quiet(&names[0]) {
                // A crate alone is no macro: there is one of that name beside it, or it is a word that a derive knows.
                let what = format!("a macro, {}", written(&names));
                self.add(Kind::Unseen, Wanted::Value(names[0].clone()), what, mention.place, &one.via);
            }
        }
    }

    /// A name that nothing here brings in: a macro of the language, or of a crate that is not known and whose glob may bring it.
    fn macro_of_nowhere(&mut self, name: &str, mention: &Mention) {
        if known::is_macro_of_std(name) {
            return self.macro_of_std(name, mention, &[]);
        }
        if self.program.macros.contains(name) {
            return;
        }
        for krate in self.resolver.globbed_crates(mention.path.scope) {
            if !known::is_quiet(&krate) {
                let what = format!("a macro that may come from {}", written(std::slice::from_ref(&krate)));
                self.add(Kind::Unseen, Wanted::Value(krate), what, mention.place, &[]);
            }
        }
    }

    /// `env!` reads the environment of the build. `include!` is followed by its own name alone.
    fn macro_of_std(&mut self, name: &str, mention: &Mention, via: &[ImportId]) {
        match name {
            "env" | "option_env" => {
                let argument = mention.arguments.as_deref().and_then(<[_]>::first);
                let wanted = match argument {
                    Some(Argument::Text(name)) if OF_CARGO.iter().any(|prefix| name.starts_with(prefix)) => {
                        return;
                    }
                    Some(Argument::Text(name)) => Wanted::Value(name.clone()),
                    _ => Wanted::Any,
                };
                self.add(Kind::Env, wanted, format!("`{name}!`, at build time"), mention.place, via);
            }
            "include" | "include_str" | "include_bytes"
                if mention.path.names.last().is_some_and(|last| last != name) =>
            {
                let wanted = Wanted::Value("include!".to_owned());
                self.add(Kind::Unseen, wanted, format!("`{name}!` by another name"), mention.place, via);
            }
            _ => {}
        }
    }

    /// `std::$module::…` in `macro_rules!`
    fn open_path(&mut self, path: &Path, place: Place) {
        for found in self.resolver.path(path) {
            let Target::External(names) = found.target else { continue };
            if known::leads_to(&names) || !known::needs(&names).is_empty() {
                let wanted = Wanted::Value("macro_rules!".to_owned());
                let what = "the rest of this path is known where the macro is called".to_owned();
                self.add(Kind::Unseen, wanted, what, place, &found.via);
            }
        }
    }

    fn direct(&mut self) {
        for direct in &self.program.direct {
            let wanted = direct.value.clone().map_or(Wanted::Some, Wanted::Value);
            self.add(direct.kind, wanted, direct.what.clone(), direct.place, &[]);
        }
        for (name, place) in &self.program.path_methods {
            if !self.program.methods.contains(name) {
                self.add(Kind::Fs, Wanted::Some, format!("`.{name}()`, a method of paths"), *place, &[]);
            }
        }
    }

    /// An import that nothing visible uses may serve a method, or code that is not seen.
    fn import(&mut self, id: ImportId) {
        let import = &self.program.imports[id];
        if self.used.contains(&id) || import.brings == Brings::Alias {
            return;
        }
        for found in self.resolver.import(id).to_vec() {
            let Target::External(names) = found.target else { continue };
            for &kind in known::needs(&names) {
                let wanted = if kind == Kind::Env { Wanted::Any } else { Wanted::Some };
                let what = if import.brings == Brings::Everything {
                    format!("all of {}", written(&names))
                } else {
                    written(&names)
                };
                self.add(kind, wanted, what, import.place, &found.via);
            }
        }
    }

    /// What the arguments ask for; more than one thing where several may be meant.
    fn wanted(&self, kind: Kind, names: &[String], arguments: Option<&[Argument]>) -> Vec<Wanted> {
        let function = names.last().map_or("", String::as_str);
        let values = |at: usize, unknown: Wanted| {
            let argument = arguments.and_then(|all| all.get(at));
            match argument.and_then(|one| self.texts(one)) {
                Some(texts) => texts.into_iter().map(Wanted::Value).collect(),
                None => vec![unknown],
            }
        };
        match kind {
            Kind::Env if names[0] == "std" && OF_ONE_VARIABLE.contains(&function) => values(0, Wanted::Any),
            Kind::Env => vec![Wanted::Any],
            Kind::Fs if OF_TWO_PATHS.contains(&function) => {
                [values(0, Wanted::Some), values(1, Wanted::Some)].concat()
            }
            Kind::Fs if known::takes_path(names) => values(0, Wanted::Some),
            Kind::Net if OF_ONE_ADDRESS.contains(&function) => {
                let is_address =
                    |wanted: &Wanted| !matches!(wanted, Wanted::Value(text) if !text.contains(':'));
                let wanted: Vec<Wanted> = values(0, Wanted::Some).into_iter().filter(is_address).collect();
                if wanted.is_empty() { vec![Wanted::Some] } else { wanted }
            }
            _ => vec![Wanted::Some],
        }
    }

    /// The texts that an argument may be; `None` where one of them is known at run time only.
    fn texts(&self, argument: &Argument) -> Option<Vec<String>> {
        let path = match argument {
            Argument::Text(text) => return Some(vec![text.clone()]),
            Argument::Path(path) => path,
            Argument::Computed => return None,
        };
        let found = self.resolver.path(path);
        let texts = found.into_iter().map(|found| match found.target {
            Target::Text(text) => Some(text),
            _ => None,
        });
        texts.collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
    }

    fn add(&mut self, kind: Kind, wanted: Wanted, what: String, place: Place, via: &[ImportId]) {
        self.used.extend(via);
        let via = via.iter().map(|&id| self.program.imports[id].place).collect();
        self.needs.push(Need { kind, wanted, what, place, via });
    }
}

/// The path as the code may name it.
fn written(names: &[String]) -> String {
    format!("`{}`", names.join("::").replace('-', "_"))
}

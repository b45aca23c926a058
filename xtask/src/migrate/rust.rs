//! Old forms in a Rust source: found in its tokens, so that plugins within functions and macros are seen as well.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::attributes::{Argument, Attribute, Value, attributes};
use super::edit::{Edit, Found, Left};
use super::table::{CURRENT, Change, FORMS, Form, Version};

/// What is old in `text`.
pub(crate) fn find(text: &str) -> Found {
    if text.contains("plugin") { find_from(text, false) } else { Found::default() }
}

fn find_from(text: &str, is_sketch: bool) -> Found {
    // What the lexer does not count into its places.
    let start = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let tokens = match text[start..].parse::<TokenStream>() {
        Ok(tokens) => tokens,
        Err(error) => {
            let at = start + error.span().byte_range().start;
            return Found::broken(at, format!("this is no Rust: {error}"));
        }
    };
    let mut names = Names::default();
    names.collect(&tokens);
    let mut search = Search { start, is_sketch, names, found: Found::default() };
    search.tokens(tokens);
    search.found.sorted()
}

/// The same of code in a text for people: what it leaves out may be the module, so that attributes outside of one count as well.
pub(crate) fn find_in_sketch(text: &str) -> Found {
    let mut found = find_from(text, true);
    found.left.retain(|left| !left.broken);
    found
}

/// The names by which a file calls `#[plugin]`.
#[derive(Default)]
struct Names {
    /// Those that are imported from plugin-core by another name.
    ours: BTreeSet<String>,
    /// Whether `plugin` is imported from elsewhere.
    foreign: Option<String>,
}

impl Names {
    /// Reads the `use` declarations among `tokens`, wherever they stand.
    fn collect(&mut self, tokens: &TokenStream) {
        let mut rest = tokens.clone().into_iter();
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Ident(word) if word == "use" => {
                    let semicolon =
                        |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';');
                    let tree: TokenStream = rest.by_ref().take_while(|token| !semicolon(token)).collect();
                    if let Ok(item) = syn::parse2::<syn::ItemUse>(quote(&word, tree)) {
                        self.used(&item.tree, &mut Vec::new());
                    }
                }
                TokenTree::Group(group) => self.collect(&group.stream()),
                _ => {}
            }
        }
    }

    fn used(&mut self, tree: &syn::UseTree, path: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.used(&step.tree, path);
                path.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.used(tree, path)),
            syn::UseTree::Name(name) => self.named(&name.ident, &name.ident, path),
            syn::UseTree::Rename(name) => self.named(&name.ident, &name.rename, path),
            _ => {}
        }
    }

    fn named(&mut self, ident: &Ident, name: &Ident, path: &[String]) {
        let Some(first) = path.first() else { return };
        let of_core = first == "plugin_core";
        if ident == "plugin" && of_core && name != "plugin" {
            self.ours.insert(name.to_string());
        }
        let inside = of_core || ["crate", "self", "super"].contains(&first.as_str());
        if name == "plugin" && (!inside || ident != "plugin") {
            self.foreign = Some(format!("{}::{ident}", path.join("::")));
        }
    }

    /// Whether an attribute of this path is `#[plugin]`.
    fn is_plugin(&self, path: &[String]) -> bool {
        match path {
            [name] => (name == "plugin" && self.foreign.is_none()) || self.ours.contains(name),
            [root, name] => root == "plugin_core" && name == "plugin",
            _ => false,
        }
    }

    fn is_look_alike(&self, path: &[String]) -> bool {
        path == ["plugin"] && self.foreign.is_some()
    }
}

fn quote(word: &Ident, tree: TokenStream) -> TokenStream {
    let semicolon = TokenTree::Punct(proc_macro2::Punct::new(';', proc_macro2::Spacing::Alone));
    [TokenTree::Ident(word.clone())].into_iter().chain(tree).chain([semicolon]).collect()
}

struct Search {
    /// Bytes before what the lexer has read.
    start: usize,
    is_sketch: bool,
    names: Names,
    found: Found,
}

impl Search {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut rest = tokens.into_iter().peekable();
        let mut before = Vec::new();
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    if let Some(TokenTree::Group(group)) = rest.peek()
                        && group.delimiter() == Delimiter::Bracket
                    {
                        let here = attributes(&group.stream());
                        if self.is_sketch && self.names.foreign.is_none() {
                            let ours = here.iter().filter(|one| one.is_helper());
                            ours.for_each(|one| self.renew(one.name(), &one.arguments));
                        }
                        before.extend(here);
                        rest.next();
                    }
                }
                TokenTree::Ident(word) if word == "mod" => {
                    // The name may be one that a `macro_rules!` is given.
                    rest.next_if(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == '$'));
                    let name = rest.next_if(|token| matches!(token, TokenTree::Ident(_)));
                    if let Some(TokenTree::Group(body)) = rest.peek()
                        && name.is_some()
                    {
                        self.module(&before, body);
                    }
                    before.clear();
                }
                // Between the attributes and `mod`.
                TokenTree::Ident(word) if word == "pub" => {}
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                    self.tokens(group.stream());
                }
                TokenTree::Group(group) => {
                    before.clear();
                    self.tokens(group.stream());
                }
                _ => before.clear(),
            }
        }
    }

    /// A module with these attributes, one of which may make it a plugin.
    fn module(&mut self, before: &[Attribute], body: &Group) {
        if let Some(plugin) = before.iter().find(|one| self.names.is_plugin(&one.path)) {
            let left = self.found.left.len();
            self.renew("plugin", &plugin.arguments);
            for helper in helpers(body) {
                self.renew(helper.name(), &helper.arguments);
            }
            // It says that it is new only where it is.
            if self.found.left.len() == left {
                self.restate(&plugin.arguments);
            }
        } else if let Some(plugin) = before.iter().find(|one| self.names.is_look_alike(&one.path)) {
            self.look_alike(plugin, body);
        }
    }

    /// A module whose `#[plugin]` may be ours by another way.
    fn look_alike(&mut self, plugin: &Attribute, body: &Group) {
        let Some(foreign) = self.names.foreign.clone() else { return };
        let names = Names::default();
        let mut other = Self { start: self.start, is_sketch: false, names, found: Found::default() };
        other.renew("plugin", &plugin.arguments);
        helpers(body).iter().for_each(|helper| other.renew(helper.name(), &helper.arguments));
        for Edit { place, old, new, .. } in other.found.edits {
            self.left(
                place.start,
                format!("`{old}` stays, as `#[plugin]` is `{foreign}` here"),
                format!("if that is plugin-core's, write `{new}`"),
            );
        }
    }

    /// The old forms in the arguments of `#[attribute]`, which is named as the table has it.
    fn renew(&mut self, attribute: &str, given: &[Argument]) {
        for Form { change, .. } in FORMS.iter().filter(|form| form.attribute == attribute) {
            for argument in given.iter().filter(|argument| argument.key == change.key()) {
                match *change {
                    Change::Key { old, new } => {
                        let at = argument.key.span().byte_range();
                        if given.iter().any(|other| other.key == new) {
                            self.left(
                                self.start + at.start,
                                format!("`{old}` stays, as `#[{attribute}]` has `{new}` as well"),
                                "keep one of them".to_owned(),
                            );
                        } else {
                            self.edit(at, new.to_owned(), old.to_owned(), new.to_owned());
                        }
                    }
                    Change::Text { key, .. } => {
                        let Value::Word(word) = &argument.value else { continue };
                        let Some(text) = change.text(&word.to_string()) else { continue };
                        let text = format!("\"{text}\"");
                        let (old, new) = (format!("{key} = {word}"), format!("{key} = {text}"));
                        self.edit(word.span().byte_range(), text, old, new);
                    }
                }
            }
        }
        for Argument { key, value } in given {
            if let Value::List(inner) = value {
                self.renew(&format!("{attribute}({key}(…))"), inner);
            }
        }
    }

    /// An older version that the plugin states becomes today's.
    fn restate(&mut self, given: &[Argument]) {
        let stated = given.iter().find(|argument| argument.key == "api");
        let Some(Argument { value: Value::Text(literal, text), .. }) = stated else { return };
        if Version::parse(text).is_some_and(|stated| stated < CURRENT) {
            let new = format!("\"{CURRENT}\"");
            self.edit(
                literal.span().byte_range(),
                new.clone(),
                format!("api = {literal}"),
                format!("api = {new}"),
            );
        }
    }

    fn edit(&mut self, at: std::ops::Range<usize>, text: String, old: String, new: String) {
        let place = (self.start + at.start..self.start + at.end).into();
        self.found.edits.push(Edit { place, text, old, new });
    }

    fn left(&mut self, at: usize, why: String, help: String) {
        self.found.left.push(Left { at, why, help, broken: false });
    }
}

/// The attributes of the module's own items that `#[plugin]` takes for its own.
fn helpers(body: &Group) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut rest = body.stream().into_iter().peekable();
    while let Some(token) = rest.next() {
        if let (TokenTree::Punct(sign), Some(TokenTree::Group(group))) = (&token, rest.peek())
            && sign.as_char() == '#'
        {
            found.extend(attributes(&group.stream()));
        }
    }
    found.retain(|attribute| attribute.is_helper() && attribute.name() != "plugin");
    found
}

//! Where the keys of a JSON text stand. The text is known to be JSON: serde_json has read it before.

use std::rc::Rc;

use super::tree::{Broken, Entry, Node};

/// What the text holds.
pub(crate) fn tree(text: &str) -> Result<Node, Broken> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_start =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        return Err(Broken { at, why: error.to_string() });
    }
    Ok(Scan { text, at: 0 }.value())
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn value(&mut self) -> Node {
        match self.next() {
            Some(b'{') => self.map(),
            Some(b'[') => self.list(),
            Some(b'"') => {
                self.string();
                Node::Plain
            }
            _ => {
                let rest = &self.text[self.at..];
                self.at += rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                Node::Plain
            }
        }
    }

    fn map(&mut self) -> Node {
        let mut entries = Vec::new();
        self.at += 1;
        while self.next() == Some(b'"') {
            let at = self.at;
            self.string();
            let key = serde_json::from_str(&self.text[at..self.at]).unwrap_or_default();
            self.pass(b':');
            entries.push(Entry { key, at, value: self.value() });
            self.pass(b',');
        }
        self.pass(b'}');
        Node::Map(Rc::new(entries))
    }

    fn list(&mut self) -> Node {
        let mut items = Vec::new();
        self.at += 1;
        while self.next().is_some_and(|byte| byte != b']') {
            items.push(self.value());
            self.pass(b',');
        }
        self.pass(b']');
        Node::List(Rc::new(items))
    }

    /// The next byte that is no white space, and goes there.
    fn next(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes behind `byte` where it is next.
    fn pass(&mut self, byte: u8) {
        if self.next() == Some(byte) {
            self.at += 1;
        }
    }

    /// Goes behind the text that begins here.
    fn string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
    }
}

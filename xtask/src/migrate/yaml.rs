//! Where the keys of a YAML text stand. An alias and a merged map have the keys of what they stand for, where those are written.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScanError, Span};

use super::tree::{Broken, Entry, Node};

/// What the first document of the text holds.
pub(crate) fn tree(text: &str) -> Result<Node, Broken> {
    let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut reader = Reader { events: Parser::new_from_str(text), bytes, anchors: HashMap::new() };
    let node = loop {
        match reader.next()? {
            None | Some((Event::StreamEnd | Event::DocumentEnd, _)) => break Node::Plain,
            Some((Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _)) => {}
            Some((event, _)) => break reader.node(&event)?,
        }
    };
    // The rest of the text is read as well, for what is wrong there.
    while reader.next()?.is_some() {}
    Ok(node)
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// The byte at which each character begins: the parser counts characters.
    bytes: Vec<usize>,
    anchors: HashMap<usize, Node>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Broken> {
        let told = |error: ScanError, bytes: &[usize]| Broken {
            at: bytes.get(error.marker().index()).copied().unwrap_or_default(),
            why: error.info().to_owned(),
        };
        self.events.next().transpose().map_err(|error| told(error, &self.bytes))
    }

    fn byte(&self, span: Span) -> usize {
        self.bytes.get(span.start.index()).copied().unwrap_or_default()
    }

    fn node(&mut self, event: &Event<'a>) -> Result<Node, Broken> {
        let (node, anchor) = match event {
            Event::MappingStart(anchor, _) => (self.map()?, *anchor),
            Event::SequenceStart(anchor, _) => (self.list()?, *anchor),
            Event::Alias(anchor) => (self.anchors.get(anchor).cloned().unwrap_or(Node::Plain), 0),
            Event::Scalar(_, _, anchor, _) => (Node::Plain, *anchor),
            _ => (Node::Plain, 0),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn map(&mut self) -> Result<Node, Broken> {
        let mut entries = Vec::new();
        let mut merged = Vec::new();
        while let Some((event, span)) = self.next()? {
            let key = match &event {
                Event::MappingEnd => break,
                Event::Scalar(key, ..) => Some(key.to_string()),
                _ => None,
            };
            let at = self.byte(span);
            self.node(&event)?;
            let Some((event, _)) = self.next()? else { break };
            let value = self.node(&event)?;
            match key {
                Some(key) if key == "<<" => merged.push(value),
                Some(key) => entries.push(Entry { key, at, value }),
                None => {}
            }
        }
        for node in merged {
            merge(&mut entries, &node);
        }
        Ok(Node::Map(Rc::new(entries)))
    }

    fn list(&mut self) -> Result<Node, Broken> {
        let mut items = Vec::new();
        while let Some((event, _)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(&event)?);
        }
        Ok(Node::List(Rc::new(items)))
    }
}

/// Adds what `node`, a map or a list of maps, has beyond `entries`.
fn merge(entries: &mut Vec<Entry>, node: &Node) {
    match node {
        Node::Map(more) => {
            for entry in more.iter() {
                if entries.iter().all(|own| own.key != entry.key) {
                    entries.push(entry.clone());
                }
            }
        }
        Node::List(nodes) => nodes.iter().for_each(|node| merge(entries, node)),
        Node::Plain => {}
    }
}

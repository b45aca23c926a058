//! Markdown as sections: the headings above a place, and the blocks below them.

/// What stands under one heading.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Section {
    /// The headings above it, outermost first.
    pub(crate) title: String,
    /// Its blocks, in order.
    pub(crate) blocks: Vec<Block>,
}

/// Lines that belong together: a paragraph, a list without gaps, a table, or fenced code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Block {
    /// Where it begins, from 1.
    pub(crate) line: u32,
    /// The lines as they were.
    pub(crate) text: String,
    /// Whether it is fenced code.
    pub(crate) code: bool,
}

/// What stands between headings of a path.
pub(crate) const BETWEEN: &str = " › ";

/// The sections of a Markdown text. `name` stands in for a title where the text does not begin with one.
pub(crate) fn sections(text: &str, name: &str) -> Vec<Section> {
    let lines: Vec<&str> = text.trim_start_matches('\u{FEFF}').lines().collect();
    let mut reader = Reader {
        headings: vec![(0, name.to_owned())],
        sections: Vec::new(),
        blocks: Vec::new(),
        open: Vec::new(),
        line: 0,
    };
    let mut at = front_matter(&lines);
    while let Some(line) = lines.get(at) {
        let next = if let Some(fence) = Fence::opening(line) {
            let end = fence.end(&lines, at);
            reader.code(&lines[at..end], at);
            end
        } else if line.trim_start().starts_with("<!--") {
            reader.close();
            lines[at..].iter().position(|line| line.contains("-->")).map_or(lines.len(), |end| at + end + 1)
        } else if let Some((level, heading)) = heading(line) {
            reader.heading(level, heading);
            at + 1
        } else if let Some(level) =
            underline(line).filter(|_| reader.open.len() == 1 && is_words(reader.open[0]))
        {
            let heading = reader.open.remove(0);
            reader.heading(level, heading);
            at + 1
        } else {
            reader.text(line, at);
            at + 1
        };
        at = next;
    }
    reader.finish()
}

struct Reader<'a> {
    headings: Vec<(usize, String)>,
    sections: Vec<Section>,
    blocks: Vec<Block>,
    /// The lines of the paragraph that is being read.
    open: Vec<&'a str>,
    /// Where that began, from 0.
    line: usize,
}

impl<'a> Reader<'a> {
    fn text(&mut self, line: &'a str, at: usize) {
        if line.trim().is_empty() {
            self.close();
        } else if !is_badge(line) {
            if self.open.is_empty() {
                self.line = at;
            }
            self.open.push(line.trim_end());
        }
    }

    fn code(&mut self, lines: &[&str], at: usize) {
        self.close();
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        self.blocks.push(Block { line: number(at), text: lines.join("\n"), code: true });
    }

    /// Ends the paragraph.
    fn close(&mut self) {
        if !self.open.is_empty() {
            let text = std::mem::take(&mut self.open).join("\n");
            self.blocks.push(Block { line: number(self.line), text, code: false });
        }
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.end_section();
        // The file's name is a title only where no heading of the first level is.
        self.headings.retain(|(above, _)| *above < level && !(level == 1 && *above == 0));
        self.headings.push((level, plain(text)));
    }

    fn end_section(&mut self) {
        self.close();
        let blocks = std::mem::take(&mut self.blocks);
        if !blocks.is_empty() {
            let titles: Vec<&str> =
                self.headings.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
            self.sections.push(Section { title: titles.join(BETWEEN), blocks });
        }
    }

    fn finish(mut self) -> Vec<Section> {
        self.end_section();
        self.sections
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

/// The fence of a code block: its sign, and how often it stands.
struct Fence {
    sign: char,
    count: usize,
}

impl Fence {
    fn opening(line: &str) -> Option<Self> {
        let line = line.trim_start();
        let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
        let count = line.chars().take_while(|one| *one == sign).count();
        // Three backticks that are closed on the same line are code within a text.
        let inline = sign == '`' && line[count..].contains('`');
        (count >= 3 && !inline).then_some(Self { sign, count })
    }

    /// The line behind the closing fence; the end of the text where none closes it.
    fn end(&self, lines: &[&str], start: usize) -> usize {
        let closes = |line: &&str| {
            let line = line.trim();
            line.len() >= self.count && line.chars().all(|one| one == self.sign)
        };
        lines[start + 1..].iter().position(closes).map_or(lines.len(), |at| start + at + 2)
    }
}

/// The line behind YAML (`---`) or TOML (`+++`) at the very beginning.
fn front_matter(lines: &[&str]) -> usize {
    let Some(mark @ ("---" | "+++")) = lines.first().map(|line| line.trim_end()) else { return 0 };
    let ends = |line: &&str| line.trim_end() == mark || (mark == "---" && line.trim_end() == "...");
    lines[1..].iter().position(ends).map_or(0, |at| at + 2)
}

fn indented(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

/// `## Title ##`
fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim();
    let level = text.chars().take_while(|one| *one == '#').count();
    let rest = &text[level..];
    let good =
        (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with([' ', '\t'])) && !indented(line);
    good.then(|| (level, rest.trim().trim_end_matches('#').trim_end()))
}

/// The level of the heading that `===` or `---` makes of the line above.
fn underline(line: &str) -> Option<usize> {
    let text = line.trim();
    let all = |sign| text.len() >= 2 && text.chars().all(|one| one == sign) && !indented(line);
    if all('=') { Some(1) } else { all('-').then_some(2) }
}

/// Whether a line could be a heading: no item of a list, no row of a table, no quotation.
fn is_words(line: &str) -> bool {
    !line.trim_start().starts_with(['-', '*', '+', '>', '|']) && !indented(line)
}

/// A line of nothing but images, as they stand at the top of many READMEs.
fn is_badge(line: &str) -> bool {
    let line = line.trim();
    (line.starts_with("[![") || line.starts_with("![")) && line.ends_with(')') && !line.contains(". ")
}

/// A heading without its markup: `` [`a`](b) {#c} `` is `a`.
fn plain(heading: &str) -> String {
    let heading = heading.split(" {#").next().unwrap_or(heading);
    let mut text = String::with_capacity(heading.len());
    let mut rest = heading;
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").and_then(|middle| {
            let end = rest[open + middle..].find(')')?;
            Some((&rest[open + 1..open + middle], &rest[open + middle + end + 1..]))
        });
        let Some((words, behind)) = link else { break };
        text.push_str(&rest[..open]);
        text.push_str(words);
        rest = behind;
    }
    text.push_str(rest);
    text.replace(['`', '*'], "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        sections(text, "file").into_iter().map(|section| section.title).collect()
    }

    #[test]
    fn headings_above_a_text_are_its_title() {
        let text = "# A\none\n## B\ntwo\n### C\nthree\n## D\nfour\n# E\nfive";
        assert_eq!(titles(text), ["A", "A › B", "A › B › C", "A › D", "E"]);
    }

    #[test]
    fn a_text_without_a_first_heading_is_called_like_its_file() {
        assert_eq!(titles("one\n\n## B\ntwo"), ["file", "file › B"]);
    }

    #[test]
    fn headings_may_be_underlined() {
        assert_eq!(titles("A\n===\none\n\nB\n---\ntwo\n\n- item\n---\nthree"), ["A", "A › B"]);
    }

    #[test]
    fn what_looks_like_a_heading_in_code_is_none() {
        let text = "# A\nRun:\n\n```sh\n# no heading\ncargo run\n```\n\n~~~~\n```\n# none\n~~~~\nend";
        let found = sections(text, "file");
        assert_eq!(found.len(), 1);
        let blocks: Vec<_> =
            found[0].blocks.iter().map(|block| (block.line, block.code, block.text.as_str())).collect();
        let expected = [
            (2, false, "Run:"),
            (4, true, "```sh\n# no heading\ncargo run\n```"),
            (9, true, "~~~~\n```\n# none\n~~~~"),
            (13, false, "end"),
        ];
        assert_eq!(blocks, expected);
    }

    #[test]
    fn code_that_nobody_closes_ends_with_the_text() {
        let found = sections("# A\n```\n# x", "file");
        assert_eq!(found[0].blocks[0].text, "```\n# x");
    }

    #[test]
    fn front_matter_comments_and_badges_are_left_out() {
        let text = "---\ntitle: x\n---\n\n[![build](a)](b)\n<!-- hidden\nhidden -->\nseen\r\n";
        let found = sections(text, "file");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].blocks, [Block { line: 8, text: "seen".to_owned(), code: false }]);
    }

    #[test]
    fn a_rule_at_the_beginning_is_no_front_matter() {
        assert_eq!(sections("---\nseen", "file")[0].blocks.len(), 1);
    }

    #[test]
    fn a_heading_is_read_without_its_markup() {
        assert_eq!(
            titles("## The [`Chain`](x.md) of *hooks* ## \na\n# B {#b}\nb\n#nohash"),
            ["file › The Chain of hooks", "B"]
        );
    }
}

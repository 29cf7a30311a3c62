//! A change request's body, in which each component's notes stand between two marks. What stands elsewhere belongs to people and
//! stays as it is; a mark that they have damaged loses its meaning, never their text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Mark, normal};

const START: &str = "<!-- slipway:notes ";
const END: &str = "<!-- /slipway:notes -->";
/// What stays readable in a mark's names; not what would end the mark or one of its attributes.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'/');

/// The notes of one component in a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// Empty in a repository that is one component.
    pub component: String,
    /// What the body says, which a person may have changed: to be shown, not to be released.
    pub version: String,
    pub mark: Mark,
    pub text: String,
}

/// The blocks of a body, the first one of each component. A block whose end is missing reaches to the next start or to the end of
/// the body; what stands in a block's way, such as a second one of its component, is text.
pub fn blocks(body: &str) -> Vec<Block> {
    found(body).into_iter().map(|found| found.block).collect()
}

/// The body with this block in place of its component's, or after the last one. A block without text is taken out.
pub fn write(body: &str, block: &Block) -> String {
    let found = found(body);
    let old = found.iter().find(|found| found.block.component == block.component);
    let (from, to) = old.map_or_else(|| found.last().map_or((body.len(), body.len()), |last| (last.to, last.to)), |old| (old.from, old.to));
    let (before, after) = (body.get(..from).unwrap_or(body), body.get(to..).unwrap_or_default());
    if block.text.trim().is_empty() {
        return format!("{before}{}", if old.is_some() { after.trim_start_matches(['\r', '\n']) } else { after });
    }
    let apart = |text: &str| if text.is_empty() || text.ends_with("\n\n") || text.ends_with("\n\r\n") { "" } else { "\n\n" };
    let above = if old.is_some() { "" } else { apart(before) };
    let below = if after.is_empty() || after.starts_with(['\r', '\n']) { "" } else { "\n\n" };
    format!("{before}{above}{}{below}{after}", worded(block))
}

fn worded(Block { component, version, mark, text }: &Block) -> String {
    // Two hyphens end a comment in some readings of HTML.
    let [component, version] = [component, version].map(|text| utf8_percent_encode(text, ENCODED).to_string().replace("--", "-%2D"));
    let harmless = |line: &str| if is_mark(line) { line.replacen("<!--", "&lt;!--", 1) } else { line.to_owned() };
    let text = normal(text).split('\n').map(harmless).collect::<Vec<_>>().join("\n");
    format!("{START}component={component} version={version} lines={mark} -->\n\n{text}\n\n{END}")
}

fn is_mark(line: &str) -> bool {
    line.trim().starts_with(START.trim_end()) || line.trim() == END
}

/// A block and the bytes of the body that are it, marks included.
struct Found {
    block: Block,
    from: usize,
    to: usize,
}

fn found(body: &str) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut open: Option<(Block, usize, usize)> = None;
    let mut close = |open: Option<(Block, usize, usize)>, text_to: usize, to: usize| {
        if let Some((block, from, text_from)) = open {
            let text = normal(body.get(text_from..text_to).unwrap_or_default());
            all.push(Found { block: Block { text, ..block }, from, to });
        }
    };
    let mut seen: Vec<String> = Vec::new();
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let (from, words) = (at, line.trim());
        at += line.len();
        if words == END {
            close(open.take(), from, from + line.trim_end().len());
        } else if let Some(block) = start(words).filter(|block| !seen.contains(&block.component)) {
            close(open.take(), from, from);
            seen.push(block.component.clone());
            open = Some((block, from, at));
        }
    }
    close(open, body.len(), body.len());
    all
}

/// What a start mark says; what is missing in it is empty.
fn start(line: &str) -> Option<Block> {
    let attributes = line.strip_prefix(START)?.strip_suffix("-->")?;
    let attribute = |name: &str| attributes.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let text = |name: &str| percent_decode_str(attribute(name).unwrap_or_default()).decode_utf8_lossy().into_owned();
    Some(Block {
        component: text("component"),
        version: text("version"),
        mark: Mark::parse(attribute("lines").unwrap_or_default()),
        text: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::edits::{lines, merge};

    fn block(component: &str, text: &str) -> Block {
        let (text, mark) = merge("", &Mark::default(), &lines(text));
        Block { component: component.into(), version: "1.4.0".into(), mark, text }
    }

    fn texts(body: &str) -> Vec<(String, String)> {
        blocks(body).into_iter().map(|block| (block.component, block.text)).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(component, text)| ((*component).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_block_is_found_as_it_was_written() {
        let api = block("api", "### Features\n\n- a (aaaaaaaaaa)");
        let body = write("Hello.", &api);
        assert_eq!(
            body,
            "Hello.\n\n<!-- slipway:notes component=api version=1.4.0 lines=f1c09baa,:55aec447,aaaaaaaaaa:b5baeb7f -->\n\n### Features\n\n- a (aaaaaaaaaa)\n\n<!-- /slipway:notes -->"
        );
        assert_eq!(blocks(&body), [api]);
    }

    #[test]
    fn only_the_block_of_the_component_changes() {
        let body = write(&write("", &block("api", "- a")), &block("web", "- w"));
        let body = format!("Above.\r\n\r\n{body}\r\n\r\nBelow.\r\n");
        let next = write(&body, &block("api", "- b"));
        assert_eq!(texts(&next), pairs(&[("api", "- b"), ("web", "- w")]));
        assert!(next.starts_with("Above.\r\n\r\n<!--") && next.ends_with("-->\r\n\r\nBelow.\r\n"), "{next}");
        assert_eq!(write(&next, &block("api", "- b")), next);
        assert_eq!(
            write(&body, &block("", "- c")).replace("\r\n\r\nBelow.\r\n", ""),
            write(body.split("\r\n\r\nBelow").next().unwrap(), &block("", "- c"))
        );
    }

    #[test]
    fn a_block_without_text_is_taken_out() {
        let body = write(&write("Above.", &block("api", "- a")), &block("web", "- w"));
        assert_eq!(write(&body, &block("api", "")), write("Above.", &block("web", "- w")));
        assert_eq!(write("Above.", &block("api", "")), "Above.");
    }

    #[test]
    fn names_and_text_cannot_end_a_mark() {
        let hostile = "a ---> <!-- /slipway:notes -->\n\"x=1 component=b";
        let body = write("", &block(hostile, "- a\n<!-- /slipway:notes -->\n  <!-- slipway:notes component=b -->\n- b"));
        assert_eq!(texts(&body), pairs(&[(hostile, "- a\n&lt;!-- /slipway:notes -->\n  &lt;!-- slipway:notes component=b -->\n- b")]));
    }

    #[test]
    fn a_block_whose_end_is_missing_reaches_to_the_next_or_to_the_end() {
        let body = write(&write("", &block("api", "- a")), &block("web", "- w")).replace(END, "") + "Mine.";
        assert_eq!(texts(&body), pairs(&[("api", "- a"), ("web", "- w\n\nMine.")]));
        let next = write(&body, &block("api", "- b"));
        assert_eq!(texts(&next), pairs(&[("api", "- b"), ("web", "- w\n\nMine.")]));
    }

    #[test]
    fn a_second_block_of_a_component_is_text() {
        let copy = write("", &block("api", "- mine"));
        let body = format!("{}\n\n{copy}", write("", &block("api", "- a")));
        assert_eq!(texts(&body), pairs(&[("api", "- a")]));
        assert!(write(&body, &block("api", "- b")).ends_with(&copy));
    }

    #[test]
    fn a_block_in_a_block_ends_it() {
        let inner = write("", &block("web", "- w"));
        let body = write("", &block("api", "- a\n\nHERE\n\n- b")).replace("HERE", &inner);
        assert_eq!(texts(&body), pairs(&[("api", "- a"), ("web", "- w")]));
        assert!(write(&body, &block("api", "- c")).ends_with(&format!("{inner}\n\n- b\n\n{END}")));
        let same = body.replace("component=web", "component=api");
        assert!(texts(&same)[0].1.contains("- w"));
    }

    #[test]
    fn a_damaged_mark_leaves_the_text_to_the_person() {
        let body = write("", &block("api", "- a")).replace("lines=", "lines=x");
        assert_eq!(blocks(&body)[0].mark, Mark::default());
        let unclosed = write("", &block("api", "- a")).replacen("-->", "", 1);
        assert_eq!(texts(&unclosed), []);
        assert!(write(&unclosed, &block("api", "- b")).starts_with(&unclosed));
    }

    proptest! {
        #[test]
        fn no_line_outside_the_block_is_ever_lost(
            body in "((Mine [0-9]|<!-- slipway:notes component=(a|b) lines=x -->|<!-- /slipway:notes -->|<!-- slipway:notes|)\r?\n){0,12}",
            component in "(a|b|c)",
        ) {
            let old = blocks(&body).into_iter().find(|block| block.component == component).unwrap_or_default();
            let text = format!("{}\n- new", old.text);
            let next = write(&body, &Block { text, component: component.clone(), ..old });
            prop_assert_eq!(blocks(&next).iter().filter(|block| block.component == component).count(), 1);
            let mine = |text: &str| text.lines().filter(|line| line.starts_with("Mine")).map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(mine(&next), mine(&body));
            let again = blocks(&next).into_iter().find(|block| block.component == component).unwrap();
            prop_assert_eq!(write(&next, &again), next);
        }
    }
}

//! Which elements of HTML are open at a place in a comment. Knows names of elements, and must not know what they look like.

/// Elements that hold what follows them until they are closed, also over blank lines. Those that the next paragraph closes by itself, such
/// as `p`, and those that stand in one of these, such as `li`, are left out.
const HOLDING: [&str; 42] = [
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "blockquote",
    "center",
    "cite",
    "code",
    "del",
    "details",
    "div",
    "dl",
    "em",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "i",
    "ins",
    "kbd",
    "mark",
    "ol",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "ul",
];

/// Nobody nests deeper, and what is open is looked through at each end.
const DEEPEST: usize = 100;

/// The elements that are open, the outermost first.
#[derive(Default)]
pub struct Within(Vec<&'static str>);

impl Within {
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes on behind this markup.
    pub fn read(&mut self, markup: &str) {
        let mut rest = markup;
        while let Some((_, tag)) = rest.split_once('<') {
            rest = tag;
            if let Some(comment) = tag.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
                continue;
            }
            let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
            let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let Some(name) = HOLDING.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
            match (closes, self.0.iter().rposition(|open| *open == name)) {
                (false, _) if self.0.len() < DEEPEST => self.0.push(name),
                (true, Some(at)) => self.0.truncate(at),
                (false, _) | (true, None) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_told() {
        for (markup, is_none) in [
            ("<details open><summary>", false),
            ("<DIV></div>", true),
            ("<ul><b></ul>", true),
            ("<!-- <div> --><br><p>", true),
            ("<!-- <div>", true),
            ("</div><String>", true),
            ("<", true),
        ] {
            let mut within = Within::default();
            within.read(markup);
            assert_eq!(within.is_none(), is_none, "{markup}");
        }
    }
}

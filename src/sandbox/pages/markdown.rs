//! Comments, notes and summaries as the forges show them: Markdown with tables and task lists.
//! Raw HTML is dropped, and with it every hidden comment, except for a few harmless tags without
//! attributes that bots use to fold details. Pictures become their text: a page loads nothing.

use handlebars::html_escape;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

const KEPT_TAGS: [&str; 13] = [
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
    "<br>",
    "<br/>",
    "<sub>",
    "</sub>",
    "<sup>",
    "</sup>",
    "<kbd>",
    "</kbd>",
    "<hr>",
];

const SAFE_LINKS: [&str; 5] = ["https://", "http://", "mailto:", "/", "#"];

/// A text whose boxes can be clicked: each is a button of the form for boxes, with the text's own name in its value.
pub fn html_with_boxes(markdown: &str, name: &str) -> String {
    let writer = Writer { boxes: Some((name.to_owned(), 0)), ..Writer::default() };
    writer.written(markdown)
}

pub fn html(markdown: &str) -> String {
    Writer::default().written(markdown)
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

#[derive(Default)]
struct Writer {
    html: String,
    /// The lines of the block of raw HTML that is being read: a comment may span several.
    raw: String,
    in_table_head: bool,
    /// The name of the text, and how many boxes it had so far.
    boxes: Option<(String, usize)>,
}

impl Writer {
    fn written(mut self, markdown: &str) -> String {
        for event in Parser::new_ext(markdown, options()) {
            self.write(event);
        }
        self.html
    }

    fn tick_box(&mut self, done: bool) {
        let mark = if done { "☑" } else { "☐" };
        let html = match &mut self.boxes {
            None => format!("{mark} "),
            Some((name, count)) => {
                let place = *count;
                *count += 1;
                format!("<button form=\"boxes\" name=\"tick\" value=\"{name}:{place}\" aria-pressed=\"{done}\">{mark}</button> ")
            }
        };
        self.put(&html);
    }

    fn put(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn write(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.open(&tag),
            Event::End(TagEnd::HtmlBlock) => {
                let raw = std::mem::take(&mut self.raw);
                self.put(&harmless(&raw));
            }
            Event::End(end) => self.close(end),
            Event::Text(text) => self.put(&html_escape(&text)),
            Event::Code(code) => {
                self.put(&["<code>", &html_escape(&code), "</code>"].concat());
            }
            Event::Html(raw) => self.raw.push_str(&raw),
            Event::InlineHtml(raw) => self.put(&harmless(&raw)),
            Event::SoftBreak => self.put("\n"),
            Event::HardBreak => self.put("<br>"),
            Event::Rule => self.put("<hr>"),
            Event::TaskListMarker(done) => self.tick_box(done),
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag) {
        self.in_table_head |= matches!(tag, Tag::TableHead);
        match tag {
            Tag::Link { dest_url, .. } => self.put(&opening_link(dest_url)),
            Tag::CodeBlock(_) => self.put("<pre><code>"),
            Tag::List(Some(first)) => self.put(&["<ol start=\"", &first.to_string(), "\">"].concat()),
            _ => {
                if let Some(name) = self.element(tag.to_end()) {
                    self.put(&["<", name, ">"].concat());
                }
            }
        }
    }

    fn close(&mut self, end: TagEnd) {
        match end {
            TagEnd::Link => self.put("</a>"),
            TagEnd::CodeBlock => self.put("</code></pre>"),
            _ => {
                if let Some(name) = self.element(end) {
                    self.put(&["</", name, ">"].concat());
                }
            }
        }
        self.in_table_head &= !matches!(end, TagEnd::TableHead);
    }

    fn element(&self, tag: TagEnd) -> Option<&'static str> {
        Some(match tag {
            TagEnd::Paragraph => "p",
            TagEnd::Heading(level) => heading(level),
            TagEnd::BlockQuote(_) => "blockquote",
            TagEnd::List(true) => "ol",
            TagEnd::List(false) => "ul",
            TagEnd::Item => "li",
            TagEnd::Table => "table",
            TagEnd::TableHead | TagEnd::TableRow => "tr",
            TagEnd::TableCell if self.in_table_head => "th",
            TagEnd::TableCell => "td",
            TagEnd::Emphasis => "em",
            TagEnd::Strong => "strong",
            TagEnd::Strikethrough => "s",
            _ => return None,
        })
    }
}

/// A comment stands under the headings of its page.
fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        _ => "h6",
    }
}

fn opening_link(target: &str) -> String {
    if SAFE_LINKS.iter().any(|start| target.starts_with(start)) {
        format!("<a href=\"{}\" rel=\"noreferrer\">", html_escape(target))
    } else {
        "<a>".to_owned()
    }
}

/// The text and the kept tags of raw HTML; comments and all other tags are gone.
fn harmless(raw: &str) -> String {
    let mut html = String::new();
    let mut rest = raw;
    while let Some((text, markup)) = rest.split_once('<') {
        html.push_str(&html_escape(text));
        let end = if markup.starts_with("!--") { "-->" } else { ">" };
        let Some((tag, after)) = markup.split_once(end) else {
            return html;
        };
        let tag = format!("<{tag}>").to_lowercase();
        if KEPT_TAGS.contains(&tag.as_str()) {
            html.push_str(&tag);
        }
        rest = after;
    }
    html + &html_escape(rest)
}

#[cfg(test)]
mod tests {
    use super::{html, html_with_boxes};

    #[test]
    fn hidden_comments_and_scripts_do_not_show() {
        let shown = html("Ready.\n\n<!-- slipway:state\nsecret -->\n\n<script>alert(1)</script>");
        assert_eq!(shown, "<p>Ready.</p>\nalert(1)");
        assert_eq!(html("a <!-- b --> c"), "<p>a  c</p>");
        assert_eq!(html("<!-- never closed\n\n# x"), "");
    }

    #[test]
    fn details_fold_but_attributes_are_dropped() {
        let shown = html("<details><summary>Why</summary>\n\n*text*\n\n</details>");
        assert!(shown.starts_with("<details><summary>Why</summary>\n<p><em>text</em></p>"));
        assert_eq!(html("<details onclick=x>"), "");
    }

    #[test]
    fn links_lead_only_to_pages_and_text_is_escaped() {
        assert_eq!(html("[a](javascript:x)"), "<p><a>a</a></p>");
        assert_eq!(html("1 < 2 `<b>`"), "<p>1 &lt; 2 <code>&lt;b&gt;</code></p>");
    }

    #[test]
    fn boxes_can_be_clicked_where_the_text_has_a_name() {
        assert!(html("- [x] a").contains("<li>☑ a"));
        let shown = html_with_boxes("- [x] a\n- [ ] b", "topic");
        assert!(shown.contains("value=\"topic:0\" aria-pressed=\"true\">☑</button> a"));
        assert!(shown.contains("value=\"topic:1\" aria-pressed=\"false\">☐</button> b"));
    }

    #[test]
    fn tables_have_a_head() {
        let shown = html("| a |\n| - |\n| b |");
        assert_eq!(shown, "<table><tr><th>a</th></tr><tr><td>b</td></tr></table>");
    }
}

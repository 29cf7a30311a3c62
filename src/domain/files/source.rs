//! Versions in files that are programs or plain lines: no parser, only the few forms in which these files state a version.

use std::ops::Range;

use super::FileProblem;
use super::spot::Spot;

/// What stands after a keyword.
pub enum Value<'t> {
    /// The place of what is between quotes.
    Text(Range<usize>),
    Other(&'t str),
}

/// The value of the first `word=…` or `word: …` from a place on that is not in a comment of its line.
pub fn keyword<'t>(text: &'t str, from: usize, word: &str, sign: char) -> Option<Value<'t>> {
    let mut start = from;
    text.get(from..)?.split_inclusive('\n').find_map(|line| {
        let at = start;
        start += line.len();
        let code = line.split('#').next().unwrap_or_default();
        code.match_indices(word).find_map(|(found, _)| {
            let longer = code.get(..found)?.ends_with(|c: char| c.is_alphanumeric() || "_.@-".contains(c));
            let after = text.get(at + found + word.len()..)?.trim_start().strip_prefix(sign)?;
            (!longer && !after.starts_with(sign)).then(|| value(text, text.len() - after.len()))
        })
    })
}

/// The text in quotes at a place, or what is there instead, up to the end of the argument or line.
fn value(text: &str, from: usize) -> Value<'_> {
    let rest = text.get(from..).unwrap_or_default();
    let start = from + (rest.len() - rest.trim_start().len());
    match quoted(text, start) {
        Some(place) => Value::Text(place),
        None => Value::Other(rest.trim_start().split([',', ')', ']', '\n', '\r']).next().unwrap_or_default().trim()),
    }
}

fn quoted(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inside = rest.get(1..)?.lines().next()?.split_once(quote)?.0;
    (!inside.is_empty() && !inside.contains(['\\', '$', '#'])).then(|| start + 1..start + 1 + inside.len())
}

/// The text that a line of its own gives to a name: `NAME = "…"` with a sign, `@name "…"` without.
pub fn assigned(text: &str, name: &str, sign: char) -> Option<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let at = start;
        start += line.len();
        let after = line.trim_start().strip_prefix(name).filter(|_| !name.is_empty())?.trim_start_matches([' ', '\t']);
        let after = after.strip_prefix(sign).unwrap_or(after).trim_start();
        quoted(text, at + line.len() - after.len())
    })
}

/// The place of a value in a line `key = value` or `key: value`.
pub fn property(line: &str, key: &str) -> Option<Range<usize>> {
    let after = line.strip_prefix(key)?.trim_start_matches([' ', '\t']);
    let rest = after.strip_prefix(['=', ':'])?.trim_start_matches([' ', '\t']);
    let start = line.len() - rest.len();
    let value = rest.trim_end();
    (!value.is_empty()).then(|| start..start + value.len())
}

/// `version=…` of gradle.properties.
pub fn gradle_properties(text: &str) -> Vec<Spot> {
    let mut start = 0;
    let found = text.split_inclusive('\n').find_map(|line| {
        let at = start;
        start += line.len();
        property(line, "version").map(|place| Spot::own(at + place.start..at + place.end))
    });
    found.into_iter().collect()
}

/// `version = '…'` of a Gradle script, not within a block unless that is `allprojects` or `subprojects`.
pub fn gradle(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let (mut blocks, mut start) = (Blocks::default(), 0);
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        let at = start + line.len() - code.len();
        let own = code.strip_prefix("project.").unwrap_or(code).strip_prefix("version").filter(|_| blocks.are_open());
        let stated = own.filter(|rest| rest.starts_with([' ', '\t', '=', '('])).map(|rest| rest.trim_start_matches([' ', '\t', '=', '(']));
        if let Some(rest) = stated {
            return match value(text, at + code.len() - rest.len()) {
                Value::Text(place) => Ok(vec![Spot::own(place)]),
                Value::Other(value) => Err(FileProblem::dynamic(value)),
            };
        }
        blocks.follow(code);
        start += line.len();
    }
    Ok(Vec::new())
}

/// How deep a Gradle script is in blocks and comments.
#[derive(Default)]
struct Blocks {
    /// One an open block: whether it is about the project as a whole.
    open: Vec<bool>,
    other: usize,
    in_comment: bool,
}

impl Blocks {
    fn are_open(&self) -> bool {
        self.other == 0 && !self.in_comment
    }

    fn follow(&mut self, line: &str) {
        let whole = line.starts_with("allprojects") || line.starts_with("subprojects");
        let (mut quote, mut previous) = (None, ' ');
        for c in line.chars() {
            match (self.in_comment, quote, previous, c) {
                (true, _, '*', '/') => self.in_comment = false,
                (true, ..) => {}
                (_, Some(open), _, c) => quote = Some(open).filter(|open| *open != c || previous == '\\'),
                (_, _, '/', '/') => return,
                (_, _, '/', '*') => self.in_comment = true,
                (_, _, _, '"' | '\'') => quote = Some(c),
                (_, _, _, '{') => {
                    self.open.push(whole);
                    self.other += usize::from(!whole);
                }
                (_, _, _, '}') => self.other -= usize::from(self.open.pop() == Some(false)),
                _ => {}
            }
            previous = c;
        }
    }
}

/// `version: "…"` of the project in mix.exs, or the attribute given there.
pub fn mix(text: &str) -> Result<Vec<Spot>, FileProblem> {
    match keyword(text, text.find("def project").unwrap_or_default(), "version", ':') {
        Some(Value::Text(place)) => Ok(vec![Spot::own(place)]),
        Some(Value::Other(name)) => match assigned(text, name, ' ').filter(|_| name.starts_with('@')) {
            Some(place) => Ok(vec![Spot::own(place)]),
            None => Err(FileProblem::dynamic(name)),
        },
        None => Ok(Vec::new()),
    }
}

/// A file that holds a version and nothing else.
pub fn alone(text: &str) -> Vec<Spot> {
    let version = text.trim();
    let start = text.len() - text.trim_start().len();
    let is_one = !version.is_empty() && version.len() <= 256 && !version.contains(char::is_whitespace);
    is_one.then(|| Spot::own(start..start + version.len())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bumped, problem};

    #[test]
    fn a_gradle_script_is_written_outside_of_its_blocks() {
        let text = "plugins {\n  id 'a' version '0.1'\n  version = '0.2'\n}\n// { version = '3'\n/* {\nversion = '4'\n*/\nversion = '1.0.0' // ours\n";
        assert_eq!(bumped("build.gradle", text, &[]), text.replace("1.0.0", "1.1.0"));
        let text = "allprojects {\n    project.version = \"1.0.0\"\n}\n";
        assert_eq!(bumped("a/build.gradle.kts", text, &[]), text.replace("1.0.0", "1.1.0"));
        assert!(problem("build.gradle", "version = \"$base-x\"\n").found.contains("$base"));
        assert!(problem("build.gradle", "versionCode = 4\njava { version = '1' }\n").found.contains("none"));
    }

    #[test]
    fn gradle_properties_are_written_by_key() {
        let text = "# version=0\nversionName=2\nversion : 1.0.0\r\n";
        assert_eq!(bumped("gradle.properties", text, &[]), text.replace("1.0.0", "1.1.0"));
    }

    #[test]
    fn a_mix_project_is_written_where_the_text_is() {
        let text = "defmodule A do\n  @version \"1.0.0\"\n  def project do\n    [app: :a, version: @version]\n  end\nend\n";
        assert_eq!(bumped("mix.exs", text, &[]), text.replace("1.0.0", "1.1.0"));
        let text = "def project do\n  [\n    elixir_version: \"1\",\n    version: \"1.0.0\",\n  ]\n";
        assert_eq!(bumped("mix.exs", text, &[]), text.replace("1.0.0", "1.1.0"));
        assert!(problem("mix.exs", "def project do [version: File.read!(\"V\")] end").found.contains("File.read!"));
    }

    #[test]
    fn a_file_of_its_own_keeps_its_letter_and_line_ending() {
        assert_eq!(bumped("VERSION", "v1.0.0\r\n", &[]), "v1.1.0\r\n");
        assert_eq!(bumped("a/version.txt", "\u{feff}1.0.0", &[]), "\u{feff}1.1.0");
        assert!(problem("VERSION", "see README\n").wanted.contains("one version"));
    }
}

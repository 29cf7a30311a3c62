//! The first line: `type(scope)!: description`. git-conventional has the grammar; in front of it stands what the specification
//! asks for and it does not (a noun, a space after the colon), and what merges put before a title.

/// A conventional header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'m> {
    /// As it was written: compare it without regard to case.
    pub kind: &'m str,
    /// `None` also for `*`, which says "everything".
    pub scope: Option<&'m str>,
    pub marked_breaking: Mark,
    pub description: &'m str,
}

/// Whether the header has the `!` of a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Breaking,
    None,
}

/// # Errors
/// Why the line is not conventional, as the end of a sentence that starts with "it".
pub fn parse(line: &str) -> Result<Header<'_>, &'static str> {
    let line = line.trim();
    plain(line).map_or_else(|| unusual(line), Ok)
}

/// The plainest form, `word(word)!: description`, which nearly every header has and about which there is nothing to decide.
fn plain(line: &str) -> Option<Header<'_>> {
    let (prefix, rest) = line.split_once(':')?;
    let description = rest.strip_prefix(' ').filter(|text| !text.starts_with(char::is_whitespace))?;
    let (prefix, marked_breaking) = prefix.strip_suffix('!').map_or((prefix, Mark::None), |prefix| (prefix, Mark::Breaking));
    let (kind, scope) = match prefix.split_once('(') {
        Some((kind, scope)) => (kind, Some(scope.strip_suffix(')')?)),
        None => (prefix, None),
    };
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let is_plain = word(kind) && scope.is_none_or(word) && !description.is_empty();
    is_plain.then_some(Header { kind, scope, marked_breaking, description })
}

fn unusual(line: &str) -> Result<Header<'_>, &'static str> {
    let Some(colon) = line.find(':') else {
        return Err("has no `type: ` before its description");
    };
    let (prefix, description) = line.split_at(colon);
    let kind_end = prefix.find(['(', '!']).unwrap_or(prefix.len());
    let kind = prefix.get(..kind_end).unwrap_or_default();
    if kind.is_empty() || !kind.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        return Err("does not start with a type, such as `feat` or `fix`");
    }
    if !description.starts_with(": ") && !prefix.contains('(') {
        return Err(if description.len() == 1 { "has no description after the colon" } else { "has no space after the colon" });
    }
    let commit = git_conventional::Commit::parse(line).map_err(|_| "does not start with `type(scope): description`")?;
    let scope = commit.scope().map(|scope| scope.as_str().trim());
    // A scope may hold a colon, so only git-conventional knows where the description starts.
    let start = line.len().saturating_sub(commit.description().len());
    let before = line.get(..start).unwrap_or_default();
    if !before.ends_with(' ') {
        return Err("has no space after the colon");
    }
    let marked = before.trim_end().ends_with("!:");
    Ok(Header {
        kind,
        scope: scope.filter(|scope| !scope.is_empty() && *scope != "*").and_then(|scope| within(line, scope)),
        marked_breaking: if marked { Mark::Breaking } else { Mark::None },
        description: line.get(start..).unwrap_or_default().trim(),
    })
}

/// The same text as a part of the line, which lives longer than what the parser lends.
fn within<'m>(line: &'m str, part: &str) -> Option<&'m str> {
    let at = line.find(part)?;
    line.get(at..at + part.len())
}

impl Header<'_> {
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }
}

/// Whether a line inside a body starts a change of its own: only well-known types do, so that `Note: …` is prose.
pub fn starts_change(line: &str) -> bool {
    let end = line.bytes().position(|b| !b.is_ascii_alphabetic()).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    !word.is_empty()
        && rest.starts_with(['(', '!', ':'])
        && super::TYPES.iter().any(|kind| word.eq_ignore_ascii_case(kind))
        && parse(line).is_ok()
}

/// What a merge commit says beside that it is one: on both forges, the change request's title in the body.
pub fn without_merge(text: &str) -> &str {
    if !text.starts_with("Merge") {
        return text;
    }
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some((number, title)) = first.strip_prefix("Merged PR ").and_then(|after| after.split_once(": ")) {
        // Azure DevOps writes the title behind the number.
        if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
            let at = first.len() - title.len();
            return text.get(at..).unwrap_or(text);
        }
    }
    if is_merge(first) && !rest.trim().is_empty() { rest.trim_start() } else { text }
}

/// The subjects that git, GitHub, GitLab and Bitbucket give to merges.
pub fn is_merge(subject: &str) -> bool {
    const STARTS: [&str; 7] = [
        "Merge pull request #",
        "Merge branch '",
        "Merge branches '",
        "Merge remote-tracking branch '",
        "Merge tag '",
        "Merge commit '",
        "Merged in ",
    ];
    STARTS.iter().any(|start| subject.starts_with(start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_plainest_form_is_read_as_the_parser_reads_it(line in "[a-zA-Z0-9_-]{0,3}(\\([a-z0-9 _*-]{0,3}\\))?!{0,2}:? {0,2}[a-z:!() ]{0,6}") {
            let line = line.trim();
            if let Some(header) = plain(line) {
                prop_assert_eq!(Ok(header), unusual(line));
            }
        }
    }
}

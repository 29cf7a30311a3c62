//! One commit message, read as a Conventional Commit 1.0.0 (<https://www.conventionalcommits.org/en/v1.0.0/>).
//! The grammar is git-conventional's, behind a pass that undoes what editors and forges do to messages and that is as strict
//! about the header as the specification is. Total: what is not conventional has a reason, never an error.

/// A message that keeps to the convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conventional {
    /// In lower case: types are not case-sensitive.
    pub kind: String,
    pub scope: Option<String>,
    pub description: String,
    /// What breaks, when something does: the `BREAKING CHANGE` footer, or the description where only `!` says so.
    pub breaking: Option<String>,
}

/// Longer messages are cut here; nothing that decides a release stands so far down.
const LONGEST: usize = 64 * 1024;

/// # Errors
/// Why the message is not conventional, as the end of a sentence that starts with "it".
pub fn parse(message: &str) -> Result<Conventional, &'static str> {
    let cut = message.floor_char_boundary(LONGEST);
    let text = message.get(..cut).unwrap_or_default().trim_start_matches('\u{feff}').trim().replace("\r\n", "\n");
    let (header, body) = text.split_once('\n').unwrap_or((&text, ""));
    check_header(header)?;
    // A body that does not start with a blank line would make the whole message unreadable; the header still counts.
    let whole = if body.is_empty() || body.starts_with('\n') { text.clone() } else { format!("{header}\n\n{body}") };
    let commit = git_conventional::Commit::parse(&whole).or_else(|_| git_conventional::Commit::parse(header));
    let commit = commit.map_err(|_| "does not start with `type: description`")?;
    Ok(Conventional {
        kind: commit.type_().as_str().to_lowercase(),
        scope: commit.scope().map(|scope| scope.as_str().to_owned()),
        description: commit.description().trim().to_owned(),
        breaking: commit.breaking().then(|| commit.breaking_description().unwrap_or(commit.description()).trim().to_owned()),
    })
}

/// git-conventional takes `http://x` for a type and `feat:x` for a description; the specification asks for a noun, a colon and a space.
fn check_header(header: &str) -> Result<(), &'static str> {
    let Some((prefix, description)) = header.split_once(':') else {
        return Err("has no `type: ` before its description");
    };
    let kind = prefix.trim_end_matches('!').split('(').next().unwrap_or_default();
    if kind.is_empty() || !kind.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        return Err("does not start with a type, such as `feat` or `fix`");
    }
    if !description.starts_with(' ') {
        return Err("has no space after the colon");
    }
    if description.trim().is_empty() { Err("has no description after the colon") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(message: &str) -> (String, Option<String>, String, Option<String>) {
        let commit = parse(message).unwrap();
        (commit.kind, commit.scope, commit.description, commit.breaking)
    }

    #[test]
    fn type_scope_and_description_are_read() {
        assert_eq!(read("Feat(api): add x\n\nbody"), ("feat".into(), Some("api".into()), "add x".into(), None));
    }

    #[test]
    fn a_breaking_change_is_told_by_its_footer_or_by_its_mark() {
        assert_eq!(read("feat!: drop x").3.as_deref(), Some("drop x"));
        assert_eq!(read("feat: y\r\n\r\nBREAKING CHANGE: gone").3.as_deref(), Some("gone"));
    }

    #[test]
    fn a_missing_blank_line_loses_the_body_and_not_the_commit() {
        assert_eq!(read("fix: x\nmore about x").2, "x");
    }

    #[test]
    fn what_is_not_conventional_has_a_reason() {
        for message in ["", "Add x", "http://x.y is down", "feat:x", "feat: ", "Merge branch 'a': b", "fixup! feat: x"] {
            assert!(parse(message).is_err(), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn no_message_makes_the_parser_panic(message in "(?s).{0,400}") {
            let _ = parse(&message);
        }

        #[test]
        fn a_header_survives_any_body(body in "(?s)[^\u{0}]{0,200}") {
            prop_assert_eq!(parse(&format!("fix(a): b\n\n{body}")).map(|c| (c.kind, c.description)), Ok(("fix".into(), "b".into())));
        }
    }
}

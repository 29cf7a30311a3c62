//! What of the checklists cannot be meant.

use std::collections::BTreeSet;

use super::{Contradiction, Index, Key};
use crate::domain::config::{Config, ItemOptions, Place};

/// # Errors
/// The first contradiction.
pub fn check(config: &Config) -> Result<(), Contradiction> {
    let mut known = BTreeSet::new();
    for (at, list) in config.checklist.iter().enumerate() {
        if list
            .file
            .as_deref()
            .is_some_and(|path| path.trim().is_empty() || path.starts_with('/') || path.split('/').any(|part| part == ".."))
        {
            let place = [Key("checklist"), Index(at), Key("file")];
            return Err(Contradiction::new(
                place,
                "the checklist's file cannot be in the repository",
                "Name its path from the root of it.",
            ));
        }
        if !list.into.is_empty() && list.on == Place::Hotfix {
            let message = "the checklist of a hotfix stands in its issue, which has no base branch";
            return Err(Contradiction::new([Key("checklist"), Index(at), Key("into")], message, "Leave `into` out."));
        }
        for (item_at, item) in list.items.iter().enumerate() {
            let place = || vec![Key("checklist"), Index(at), Key("items"), Index(item_at)];
            let (text, id) = match item {
                ItemOptions::Text(text) => (text, None),
                ItemOptions::Full(item) => (&item.text, item.id.as_deref()),
            };
            if text.trim().is_empty() {
                return Err(Contradiction::new(place(), "an item of the checklist has no text", "Say what is to be done."));
            }
            let Some(id) = id else { continue };
            if id.is_empty() || !id.chars().all(|c| c.is_alphanumeric() || c == '-') {
                let message = format!("`{id}` cannot name an item");
                return Err(Contradiction::new(place(), message, "Use letters, digits and `-`."));
            }
            if !known.insert((list.on, id.to_lowercase())) {
                let message = format!("two items of the same place are called `{id}`");
                return Err(Contradiction::new(place(), message, "Rename one of them."));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(file: &str) -> String {
        let problem = Config::parse(file).map(|_| ()).unwrap_err();
        format!("{}: {}", problem.line, problem.message)
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_line() {
        let message = "2: the checklist of a hotfix stands in its issue, which has no base branch";
        assert_eq!(problem("[[checklist]]\ninto = [\"main\"]\non = \"hotfix\"\n"), message);
        assert_eq!(problem("[[checklist]]\nitems = [\n  \"a\",\n  \" \",\n]\n"), "4: an item of the checklist has no text");
        assert_eq!(problem("[[checklist]]\nfile = \"../x.md\"\n"), "2: the checklist's file cannot be in the repository");
        assert_eq!(problem("[[checklist]]\nitems = [{ text = \"a\", id = \"a b\" }]\n"), "2: `a b` cannot name an item");
        let twice = "[[checklist]]\nitems = [{ text = \"a\", id = \"a\" }]\n[[checklist]]\nitems = [\n{ text = \"b\", id = \"a\" }]\n";
        assert_eq!(problem(twice), "5: two items of the same place are called `a`");
    }
}

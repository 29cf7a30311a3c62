//! Which issues a merge request closes, as its description says by GitLab's default closing pattern
//! (<https://docs.gitlab.com/user/project/issues/managing_issues/#default-closing-pattern>):
//! `Closes #1, #2 and issue grp/app#3`. Must not know where the text comes from.

use crate::domain::names::Number;

/// The first letter may be a capital; the rest may not.
const KEYWORDS: [&str; 16] = [
    "close",
    "closes",
    "closed",
    "closing",
    "fix",
    "fixes",
    "fixed",
    "fixing",
    "resolve",
    "resolves",
    "resolved",
    "resolving",
    "implement",
    "implements",
    "implemented",
    "implementing",
];

/// The issues of this project that the text closes, each once, in their order. `path` is the project's, `page` its address.
pub fn closes(text: &str, path: &str, page: &str) -> Vec<Number> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(|c: char| c.is_ascii_alphabetic()) {
        let starts_word = !text.get(..at).unwrap_or_default().ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let mut rest = if starts_word { after_keyword(text.get(at..).unwrap_or_default()) } else { None };
        while let Some((reference, further)) = rest.and_then(reference) {
            found.extend(own_number(reference, path, page).filter(|number| !found.contains(number)));
            rest = Some(after_separator(further));
        }
    }
    found
}

/// What follows a keyword, an optional colon and at least one space.
fn after_keyword(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let small = word.get(1..).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_lowercase()));
    let is_keyword = small && KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word));
    let rest = if is_keyword { rest.strip_prefix(':').unwrap_or(rest) } else { return None };
    rest.starts_with(' ').then(|| rest.trim_start_matches(' '))
}

/// An issue's reference at the start of the text, perhaps after the word `issue`, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let named = text.strip_prefix("issues ").or_else(|| text.strip_prefix("issue "));
    let text = named.map_or(text, |text| text.trim_start_matches(' '));
    let marks = ["#", "/-/issues/", "/-/work_items/", "/issues/"];
    let end = text.find([' ', '\n', ',', ')', ';']).unwrap_or(text.len());
    let word = text.get(..end)?;
    let digits = marks.iter().find_map(|mark| word.rfind(mark).map(|at| at + mark.len()))?;
    let number = word.get(digits..)?.bytes().take_while(u8::is_ascii_digit).count();
    (number > 0).then(|| text.split_at(digits + number))
}

fn after_separator(text: &str) -> &str {
    let text = text.trim_start_matches(' ');
    let text = text.strip_prefix(',').map_or(text, |text| text.trim_start_matches(' '));
    text.strip_prefix("and ").map_or(text, |text| text.trim_start_matches(' '))
}

fn own_number(reference: &str, path: &str, page: &str) -> Option<Number> {
    let at = reference.rfind(['#', '/'])?;
    let (place, number) = reference.split_at(at);
    let own = place.is_empty()
        || place.eq_ignore_ascii_case(path)
        || place.strip_prefix(page).is_some_and(|rest| ["/-/issues", "/-/work_items", "/issues"].contains(&rest));
    own.then(|| number.get(1..)?.parse().ok().map(Number)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text: &str) -> Vec<u64> {
        closes(text, "grp/app", "https://lab.test/grp/app").into_iter().map(|number| number.0).collect()
    }

    #[test]
    fn a_keyword_governs_a_whole_list() {
        assert_eq!(closed("Closes #1, #2 and #3, and issue #4.\nFixes: #5"), [1, 2, 3, 4, 5]);
        assert_eq!(closed("This MR is implementing issues #7,#8, fixing  #7"), [7, 8]);
    }

    #[test]
    fn only_this_projects_issues_are_closed_by_any_of_their_names() {
        assert_eq!(closed("closes grp/app#1, grp/other#2, https://lab.test/grp/app/-/issues/3"), [1, 3]);
        assert_eq!(closed("Resolve https://lab.test/grp/app/-/work_items/4 and https://lab.test/grp/apple/-/issues/5"), [4]);
    }

    #[test]
    fn what_is_mentioned_otherwise_stays_open() {
        for text in ["see #1", "discloses #1", "closes issue", "CLOSES #1", "closes\n#1", "closes: the #1", "fixes !1", "closes #a"] {
            assert_eq!(closed(text), [0; 0], "{text:?}");
        }
    }
}

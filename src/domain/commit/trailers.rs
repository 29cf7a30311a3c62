//! What a body says beside the change: what it closes, who helped, which version is asked for, where it was picked from.

use super::{body, words};

const CLOSING: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// Whether the word is one of the forges' closing keywords.
/// (<https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>)
pub fn closes(word: &str) -> bool {
    let word = word.trim_end_matches(':');
    CLOSING.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// A description without the `(#12)` that forges append to a squash title, and those numbers as they were written.
pub fn split_numbers(description: &str) -> (&str, Vec<&str>) {
    let mut text = description.trim();
    let mut numbers = Vec::new();
    while let Some((before, number)) = last_number(text) {
        numbers.insert(0, number);
        text = before;
    }
    (text, numbers)
}

fn last_number(text: &str) -> Option<(&str, &str)> {
    let (before, number) = text.strip_suffix(')')?.rsplit_once('(')?;
    let digits = number.strip_prefix(['#', '!'])?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| (before.trim_end(), number))
}

/// The numbers of change requests in a subject, as in `feat: a (#12)`, the last one first.
pub fn numbers(subject: &str) -> impl Iterator<Item = u64> {
    let ends = std::iter::successors(last_number(subject.trim()), |(before, _)| last_number(before));
    ends.filter_map(|(_, number)| number.get(1..)?.parse().ok())
}

/// The change request that a commit says it came through, as people write it: GitHub's merges start with `Merge pull request #12 `,
/// and what GitLab merges ends with `See merge request group/project!12`.
pub fn request(text: &str) -> Option<&str> {
    let merged = text.strip_prefix("Merge pull request ");
    let named = merged.or_else(|| words::split(text, &words::MERGED).map(|(_, named)| named))?;
    let word = named.split_whitespace().next()?;
    let label = word.get(word.rfind(['#', '!'])?..)?;
    label.get(1..).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(label)
}

/// The branch that a merge says it brought, as both forges write it by default: `Merge branch 'fix/a' into 'main'`, and
/// `Merge pull request #12 from owner/fix/a`.
pub fn merged_branch(text: &str) -> Option<&str> {
    let subject = text.lines().next()?;
    if let Some(named) = subject.strip_prefix("Merge branch '") {
        return named.split_once('\'').map(|(branch, _)| branch);
    }
    let (_, from) = subject.strip_prefix("Merge pull request ")?.split_once(" from ")?;
    from.split_once('/').map(|(_, branch)| branch)
}

/// The issues that a body closes or refers to in a footer, as `#12` or `owner/repository#12`, each once, in their order.
pub fn references(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if memchr::memchr2(b'#', b'!', text.as_bytes()).is_none() {
        return found;
    }
    for line in text.lines() {
        let refers = body::footer(line).is_some_and(|(token, _)| token.eq_ignore_ascii_case("refs") || token.eq_ignore_ascii_case("ref"));
        let mut closing = refers;
        for word in line.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
            let number = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '#' && c != '!');
            if closing && is_reference(number) {
                if !found.contains(&number) {
                    found.push(number);
                }
            } else {
                closing = refers || closes(word) || (closing && matches!(word, "and" | "&"));
            }
        }
    }
    found
}

fn is_reference(word: &str) -> bool {
    let Some((path, number)) = word.rsplit_once(['#', '!']) else { return false };
    let path_is_good = path.is_empty() || (path.contains('/') && path.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c)));
    path_is_good && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// `Name <address>` of everybody whom a `Co-authored-by` trailer names.
pub fn co_authors(text: &str) -> Vec<&str> {
    values(text, "co-authored-by").collect()
}

/// The version that a `Release-As` footer asks for.
pub fn release_as(text: &str) -> Option<&str> {
    values(text, "release-as").last()
}

/// The commit that this one was cherry-picked from, as `git cherry-pick -x` writes it.
pub fn picked_from(text: &str) -> Option<&str> {
    picks(text).last()
}

/// All commits that it was picked from: a pick of a pick names both, and a squash those of all its commits.
pub fn picks(text: &str) -> impl Iterator<Item = &str> {
    let found = std::iter::successors(words::split(text, &words::PICKED), |(_, after)| words::split(after, &words::PICKED));
    found.filter_map(|(_, after)| after.split_once(')')).map(|(sha, _)| sha.trim())
}

fn values<'m>(text: &'m str, token: &str) -> impl Iterator<Item = &'m str> {
    let starts = move |line: &&str| line.get(..token.len()).is_some_and(|start| start.eq_ignore_ascii_case(token));
    let footers = body::lines(text).map(|(_, line)| line).filter(starts).filter_map(body::footer);
    footers.filter(move |(found, _)| found.eq_ignore_ascii_case(token)).map(|(_, value)| value).filter(|value| !value.is_empty())
}

//! Reverts in every form that git and the forges write: `git revert`, the Revert buttons, `revert: …`, and reverts of reverts.

use super::{header, trailers};

/// A commit that takes others back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert<'m> {
    /// The header of what is taken back, where the message quotes it.
    pub of: Option<&'m str>,
    /// Commits, by at least seven digits of their SHA.
    pub commits: Vec<&'m str>,
    /// Change requests, by number.
    pub requests: Vec<u64>,
}

impl<'m> Revert<'m> {
    /// What the description of its change request names, where its own message names nothing: squashing may leave no more than a title.
    #[must_use]
    pub fn or_named_in(self, description: &'m str) -> Self {
        if !self.commits.is_empty() || !self.requests.is_empty() {
            return self;
        }
        Self { commits: commits(description), requests: requests(description), ..self }
    }
}

/// Reads `Revert "…"`, `Reapply "…"` (git's name for the revert of a revert) and `revert: …`.
pub fn parse(text: &str) -> Option<Revert<'_>> {
    let start = text.get(..6)?;
    if !start.eq_ignore_ascii_case("revert") && start != "Reappl" {
        return None;
    }
    let (first, body) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim();
    let of = match quoted(first) {
        Some(of) => of,
        None => header::parse(first).ok().filter(|header| header.is("revert"))?.description,
    };
    let of = trailers::split_numbers(of).0;
    Some(Revert { of: (!of.is_empty()).then_some(of), commits: commits(body), requests: requests(body) })
}

/// `Revert "feat: x" (#12)`: what stands between the quotes.
fn quoted(subject: &str) -> Option<&str> {
    let rest = subject.strip_prefix("Revert \"").or_else(|| subject.strip_prefix("Reapply \""))?;
    rest.rfind('"').and_then(|end| rest.get(..end)).map(str::trim)
}

/// After `This reverts commit` (git, GitLab) or in a `Refs:` footer (the convention's own suggestion).
fn commits(body: &str) -> Vec<&str> {
    let told = body.match_indices("his reverts commit").filter_map(|(at, found)| body.get(at + found.len()..));
    let told = told.filter_map(|after| after.trim_start_matches('s').split_whitespace().next());
    let footers = body.lines().filter_map(|line| line.strip_prefix("Refs:").or_else(|| line.strip_prefix("Reverts:")));
    told.chain(footers.flat_map(|value| value.split([',', ' '])))
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|word| (7..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit()))
        .collect()
}

/// `Reverts owner/repository#12` (GitHub's button) and `This reverts merge request group/project!12` (GitLab's).
fn requests(body: &str) -> Vec<u64> {
    let after = |line: &'_ str| -> Option<u64> {
        let named = line.strip_prefix("Reverts ").or_else(|| line.split_once("his reverts merge request ").map(|(_, rest)| rest))?;
        let word = named.split_whitespace().next()?;
        word.rsplit_once(['#', '!'])?.1.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
    };
    body.lines().filter_map(|line| after(line.trim())).collect()
}

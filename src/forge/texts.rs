//! What both adapters do to Slipway's texts: the marks by which comments and commits are known again, and the forges' limits.

use sha2::{Digest as _, Sha256};

use crate::domain::names::Sha;
use crate::domain::plan::{CommentKey, Propose};
use crate::domain::release;

/// In bytes. Larger files are no version files, and would be sent back whole.
pub const LARGEST_FILE: usize = 8 * 1024 * 1024;

/// The comment's text with its mark in front. A mark counts only in a comment of the bot's own.
pub fn mark(key: &CommentKey, body: &str) -> String {
    format!("{}\n{}", marker(key), body.trim())
}

/// Whether this is Slipway's comment about `key`. Forges may store other line ends than they were sent.
pub fn is_marked(key: &CommentKey, body: &str) -> bool {
    body.lines().next().is_some_and(|line| line.trim() == marker(key))
}

fn marker(key: &CommentKey) -> String {
    format!("<!-- slipway:{key} -->")
}

/// The message of the one commit of a release change request.
pub fn commit_message(propose: &Propose<String>) -> String {
    release::message(propose, &digest(propose))
}

/// Whether a commit with this message was made from the same base branch, paths and texts. The commit that it is made on does not
/// count: a base that moved otherwise needs no push.
pub fn is_made_from(propose: &Propose<String>, message: &str) -> bool {
    release::holds(message, &digest(propose))
}

/// 16 hexadecimal digits. Lengths are digested as well, so that nothing can move from one text to the next.
fn digest(propose: &Propose<String>) -> String {
    let files = propose.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]);
    let releases = propose.releases.iter().flat_map(|(component, version)| [component.as_str(), version.as_str()]);
    let mut digest = Sha256::new();
    for part in [propose.base.as_str()].into_iter().chain(releases).chain(files) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into_iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Whether two texts read the same, whatever became of their line ends on the way.
pub fn same(a: &str, b: &str) -> bool {
    a.trim().lines().map(str::trim_end).eq(b.trim().lines().map(str::trim_end))
}

/// All commits that one was picked from, each by its full name, as `git cherry-pick -x` writes them.
pub fn picks(message: &str) -> impl Iterator<Item = Sha> {
    let after = message.split("(cherry picked from commit ").skip(1);
    after.filter_map(|rest| Sha::parse(rest.split_once(')')?.0.trim()).ok())
}

/// Cuts a text at a line's end so that it keeps within a forge's limit, and says so.
pub fn fit(text: &str, limit: usize) -> String {
    fit_or_link(text, limit, None)
}

/// The same, with the address of the rest.
pub fn fit_or_link(text: &str, limit: usize, rest: Option<&str>) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let rest = rest.map(|address| format!(" [This is all of it.]({address})")).unwrap_or_default();
    let cut = format!("\n\n*… cut here: the forge takes no more.*{rest}");
    let room: usize = text.chars().take(limit.saturating_sub(cut.chars().count())).map(char::len_utf8).sum();
    let kept = text.get(..room).unwrap_or_default();
    let line_end = kept.rfind('\n').unwrap_or(kept.len());
    format!("{}{cut}", kept.get(..line_end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::names::BranchName;

    fn propose(title: &str, onto: char, files: &[(&str, &str)]) -> Propose<String> {
        let branch = |name| BranchName::parse(name).unwrap();
        let onto = Sha::parse(&onto.to_string().repeat(40)).unwrap();
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let (branch, base) = (branch("slipway/release/main"), branch("main"));
        Propose {
            branch,
            base,
            onto,
            title: title.to_owned(),
            releases: Vec::new(),
            body: String::new(),
            files,
            existing: BTreeSet::new(),
            seen: None,
        }
    }

    #[test]
    fn a_commit_is_known_again_by_what_it_was_made_from() {
        let message = commit_message(&propose("chore: release 1.4.0", 'a', &[("VERSION", "1.4.0")]));
        assert!(message.starts_with("chore: release 1.4.0\n\nSlipway-Content: ") && message.len() == 55, "{message}");
        assert!(is_made_from(&propose("another title", 'b', &[("VERSION", "1.4.0")]), &message));
        assert!(!is_made_from(&propose("chore: release 1.4.0", 'a', &[("VERSION", "1.4.1")]), &message));
        assert!(!is_made_from(&propose("chore: release 1.4.0", 'a', &[("VERSION1", ".4.0")]), &message));
    }

    #[test]
    fn a_comment_is_found_by_its_mark_in_the_first_line_only() {
        assert!(is_marked(&CommentKey::Policy, &mark(&CommentKey::Policy, "text")));
        assert!(is_marked(&CommentKey::Policy, "<!-- slipway:policy -->\r\ntext"));
        assert!(!is_marked(&CommentKey::Policy, "text\n<!-- slipway:policy -->"));
        assert!(!is_marked(&CommentKey::Reply(1), &mark(&CommentKey::Reply(12), "")));
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_at_a_line() {
        let text = "äbc\n".repeat(50);
        let cut = fit(&text, 100);
        assert!(cut.chars().count() <= 100 && cut.starts_with("äbc\näbc") && cut.ends_with("takes no more.*"));
        assert_eq!(fit("short", 100), "short");
    }

    #[test]
    fn line_ends_do_not_make_a_text_another() {
        assert!(same("a\r\nb  \n", "a\nb") && !same("a\nb", "a b"));
    }
}

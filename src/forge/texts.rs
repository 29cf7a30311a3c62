//! What both adapters do to Slipway's texts: the marks by which comments and commits are known again, and the forges' limits.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::domain::names::Sha;
use crate::domain::plan::{CommentKey, Propose};
use crate::domain::release;

/// In bytes. Larger files are no version files, and would be sent back whole.
pub const LARGEST_FILE: usize = 8 * 1024 * 1024;

/// What the mark of a page's part starts with, and what stands in place of a part that is left out.
const PART: &str = "<!-- slipway:part ";
const CUT: &str = "*… left out: the forge takes no more.*\n";

/// What tells that the banner of a release that is withdrawn stands above its notes, and what stands behind its name.
const BANNER: &str = "<!-- slipway:withdrawn -->";
const WITHDRAWN: &str = " (withdrawn)";

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

/// The message of a commit that was picked from this one, as `git cherry-pick -x` writes it: in the last paragraph where that is made of
/// trailers, so that sign-offs stay what they are, else in one of its own.
pub fn picked(message: &str, from: &Sha) -> String {
    let (message, told) = (message.trim_end(), format!("(cherry picked from commit {from})"));
    let last = message.replace("\r\n", "\n").rsplit_once("\n\n").map(|(_, last)| last.to_owned());
    let joins = last.is_some_and(|last| last.lines().all(is_trailer));
    format!("{message}{}{told}", if joins { "\n" } else { "\n\n" })
}

/// `Signed-off-by: Dana <…>`, or where a commit was picked from.
fn is_trailer(line: &str) -> bool {
    let is_token = |token: &str| !token.is_empty() && token.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    line.starts_with("(cherry picked from commit ")
        || line.split_once(": ").is_some_and(|(token, value)| is_token(token) && !value.is_empty())
}

/// Cuts a text at a line's end so that it keeps within a forge's limit, and says so.
pub fn fit(text: &str, limit: usize) -> String {
    fit_or_link(text, limit, None)
}

/// Empties parts of a page so that it keeps within a forge's limit, the longest first: those that are Slipway's alone, which the checklist is
/// not. `None`: what people wrote is too much by itself.
pub fn fit_page(text: &str, limit: usize) -> Option<String> {
    let mut text = text.to_owned();
    while text.chars().count() > limit {
        let parts = text.match_indices(PART).filter_map(|(at, _)| part(&text, at)).filter(|part| part.len() > CUT.len());
        let longest = parts.max_by_key(ExactSizeIterator::len)?;
        text.replace_range(longest, CUT);
    }
    Some(text)
}

/// Where the content of the part lies whose mark is here, from the mark's end to the line of the closing mark.
fn part(text: &str, at: usize) -> Option<Range<usize>> {
    let (name, _) = text.get(at + PART.len()..)?.split_once(" -->\n").filter(|(name, _)| !name.contains(char::is_whitespace))?;
    let start = at + PART.len() + name.len() + " -->\n".len();
    let end = start + text.get(start..)?.find(&format!("<!-- slipway:end {name} -->"))?;
    (name != "checklist" && !text.get(start..end)?.contains(PART)).then_some(start..end)
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

/// The message of a merge that is picked as one commit: what the change request says of itself, with its description's trailers.
pub fn told_at_once(title: &str, description: &str) -> String {
    let description = description.replace("\r\n", "\n");
    let last = description.trim().rsplit("\n\n").next().unwrap_or_default();
    let is_footer = !last.is_empty() && last.lines().all(is_trailer);
    if is_footer { format!("{title}\n\n{last}") } else { title.to_owned() }
}

/// What a release is called that is withdrawn.
pub fn withdrawn_name(name: Option<&str>, tag: &str) -> String {
    let name = name.filter(|name| !name.trim().is_empty()).unwrap_or(tag);
    if name.ends_with(WITHDRAWN) { name.to_owned() } else { format!("{name}{WITHDRAWN}") }
}

/// Its notes with the banner above; `None`: one stands there already.
pub fn withdrawn_notes(notes: &str, banner: &str) -> Option<String> {
    let bannered = || format!("{BANNER}\n{}\n\n{notes}", banner.trim()).trim_end().to_owned();
    (!notes.contains(BANNER)).then(bannered)
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
    fn what_was_picked_says_so_where_its_trailers_are() {
        let (from, told) = (Sha::from([0xaa; 20]), format!("(cherry picked from commit {})", "a".repeat(40)));
        assert_eq!(picked("fix: a\n", &from), format!("fix: a\n\n{told}"));
        assert_eq!(picked("fix: a\n\nWhy: because\nit is.", &from), format!("fix: a\n\nWhy: because\nit is.\n\n{told}"));
        let signed = "fix: a\n\nWhy.\n\nSigned-off-by: Dana <dana@example.com>";
        assert_eq!(picked(signed, &from), format!("{signed}\n{told}"));
        assert_eq!(picks(&picked(&picked(signed, &Sha::from([1; 20])), &from)).count(), 2);
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_at_a_line() {
        let text = "äbc\n".repeat(50);
        let cut = fit(&text, 100);
        assert!(cut.chars().count() <= 100 && cut.starts_with("äbc\näbc") && cut.ends_with("takes no more.*"));
        assert_eq!(fit("short", 100), "short");
    }

    #[test]
    fn what_people_wrote_in_a_page_is_never_cut() {
        let part = |name: &str, text: &str| format!("<!-- slipway:part {name} -->\n{text}\n<!-- slipway:end {name} -->\n");
        let (mine, list) = ("mine\n".repeat(20), part("checklist", &"- [x] a\n".repeat(30)));
        let page = [&part("head", "short"), &list, &mine, &part("notes", &"n\n".repeat(100)), &part("log", &"l\n".repeat(200))];
        let page = page.into_iter().map(String::as_str).collect::<String>();
        let cut = fit_page(&page, page.len() - 10).unwrap();
        assert!(cut.contains("short\n") && cut.contains(&mine) && cut.contains(&list) && cut.contains("n\nn\n"), "{cut}");
        assert!(cut.contains("<!-- slipway:part log -->\n*… left out: the forge takes no more.*\n<!-- slipway:end log -->"), "{cut}");
        assert_eq!((fit_page(&page, 300), fit_page(&page, page.len())), (None, Some(page)));
    }

    #[test]
    fn line_ends_do_not_make_a_text_another() {
        assert!(same("a\r\nb  \n", "a\nb") && !same("a\nb", "a b"));
    }

    #[test]
    fn a_merge_that_is_picked_says_what_the_request_says() {
        let signed = "Text.\r\n\r\nSigned-off-by: Dana <d@x>\r\n";
        assert_eq!(told_at_once("feat: x", signed), "feat: x\n\nSigned-off-by: Dana <d@x>");
        assert_eq!((told_at_once("feat: x", "Text."), told_at_once("feat: x", "")), ("feat: x".to_owned(), "feat: x".to_owned()));
    }
}

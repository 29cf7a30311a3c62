//! What both adapters do to Slipway's texts: the hidden mark by which a comment is found again, and the forges' limits.

use crate::domain::plan::CommentKey;

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

/// Whether two texts read the same, whatever became of their line ends on the way.
pub fn same(a: &str, b: &str) -> bool {
    a.trim().lines().map(str::trim_end).eq(b.trim().lines().map(str::trim_end))
}

/// Cuts a text at a line's end so that it keeps within a forge's limit, and says so.
pub fn fit(text: &str, limit: usize) -> String {
    const CUT: &str = "\n\n*… cut here: the forge takes no more.*";
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let room: usize = text.chars().take(limit.saturating_sub(CUT.chars().count())).map(char::len_utf8).sum();
    let kept = text.get(..room).unwrap_or_default();
    let line_end = kept.rfind('\n').unwrap_or(kept.len());
    format!("{}{CUT}", kept.get(..line_end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

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

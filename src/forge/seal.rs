//! The hidden first line of an issue of Slipway's own: which one it is, and what Slipway noted in it for itself; and the hidden second
//! line of a comment that it notes something in. Whoever may write to a repository may edit what the bot wrote, so the note is sealed: it
//! counts only while its HMAC-SHA256 fits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use crate::domain::event::Thread;
use crate::domain::facts::IssueKind;
use crate::settings::Secret;

/// A space ends the key and `>` could end the comment; what stays readable is what SHAs, branches and versions are made of.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b':').remove(b'/').remove(b'#');

/// What the line of a comment's note starts with, behind the comment's own mark.
const NOTED: &str = "<!-- slipway:noted";

/// In place of an issue's label, which none is called.
const COMMENT: &str = "comment";

type HmacSha256 = Hmac<Sha256>;

/// Keys to seal with: the current one first, then those that still count while a secret is rotated.
#[derive(Clone)]
pub struct Seal(Vec<HmacSha256>);

/// What the mark of an issue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    pub key: String,
    /// `None` where there is none, or where it is not what Slipway wrote.
    pub data: Option<String>,
}

impl Seal {
    /// Without a secret there is nothing to seal with: marks carry no data then.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let keyed = |secret: &Secret| HmacSha256::new_from_slice(secret.reveal().as_bytes()).ok();
        Self(secrets.into_iter().filter_map(keyed).collect())
    }

    /// The first line of the issue about `key` in the repository that the forge numbers so.
    pub fn mark(&self, repository: u64, kind: IssueKind, key: &str, data: Option<&str>) -> String {
        let (label, name) = (kind.label(), utf8_percent_encode(key, KEY));
        match (data, self.0.first()) {
            (Some(data), Some(code)) => {
                let code = about(code, repository, &[kind.label(), key, data]).finalize().into_bytes();
                format!("<!-- {label} {name} {} {} -->", URL_SAFE_NO_PAD.encode(data), URL_SAFE_NO_PAD.encode(code))
            }
            _ => format!("<!-- {label} {name} -->"),
        }
    }

    /// The line behind a comment's mark, with what is noted in the comment about `key` in the thread `place`, such as `request-7`.
    pub fn mark_comment(&self, repository: u64, place: &str, key: &str, data: &str) -> String {
        let Some(code) = self.0.first() else { return format!("{NOTED} -->") };
        let code = about(code, repository, &[COMMENT, place, key, data]).finalize().into_bytes();
        format!("{NOTED} {} {} -->", URL_SAFE_NO_PAD.encode(data), URL_SAFE_NO_PAD.encode(code))
    }

    /// What is noted in a comment with this text; `None` where nothing is, or where it is not what Slipway wrote there.
    pub fn read_comment(&self, repository: u64, place: &str, key: &str, body: &str) -> Option<String> {
        let line = body.lines().nth(1)?.trim();
        let (data, code) = line.strip_prefix(NOTED)?.strip_suffix("-->")?.trim().split_once(' ')?;
        self.opened((data, code), |code, data| about(code, repository, &[COMMENT, place, key, data]))
    }

    /// What the issue's mark says; `None` where its text has no mark of this kind.
    pub fn read(&self, repository: u64, kind: IssueKind, body: &str) -> Option<Marked> {
        let line = body.lines().next()?.trim();
        let mut words = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split(' ');
        if words.next() != Some(kind.label()) {
            return None;
        }
        let key = percent_decode_str(words.next()?).decode_utf8().ok()?.into_owned();
        let data = match (words.next(), words.next(), words.next()) {
            (Some(data), Some(code), None) => self.open((repository, kind, &key), data, code),
            _ => None,
        };
        Some(Marked { key, data })
    }

    /// The same of an issue that is Slipway's own and has the label of the kind, also where people have written above the mark. Where none is
    /// left in its text, it still is one of the kind, of which nobody knows more than its number.
    pub fn read_labelled(&self, repository: u64, kind: IssueKind, (number, body): (u64, &str)) -> Option<Marked> {
        match at_mark(body) {
            Some((_, marked)) => self.read(repository, kind, marked),
            None => Some(Marked { key: format!("lost-{number}"), data: None }),
        }
    }

    /// What stands behind a text that is handed out, so that nobody else can make one. `purpose` keeps it from counting elsewhere. `None`:
    /// there is nothing to sign with.
    pub fn sign(&self, repository: u64, purpose: &'static str, text: &str) -> Option<String> {
        let code = about(self.0.first()?, repository, &[purpose, text]).finalize().into_bytes();
        Some(URL_SAFE_NO_PAD.encode(code))
    }

    /// Whether a text was handed out with this behind it, by a key that still counts. Takes as long for a wrong one as for a right one.
    pub fn signed(&self, repository: u64, purpose: &'static str, (text, claimed): (&str, &str)) -> bool {
        let Ok(claimed) = URL_SAFE_NO_PAD.decode(claimed) else { return false };
        self.0.iter().any(|code| about(code, repository, &[purpose, text]).verify_slice(&claimed).is_ok())
    }

    fn open(&self, (repository, kind, key): (u64, IssueKind, &str), data: &str, claimed: &str) -> Option<String> {
        self.opened((data, claimed), |code, data| about(code, repository, &[kind.label(), key, data]))
    }

    fn opened(&self, (data, claimed): (&str, &str), about: impl Fn(&HmacSha256, &str) -> HmacSha256) -> Option<String> {
        let data = String::from_utf8(URL_SAFE_NO_PAD.decode(data).ok()?).ok()?;
        let claimed = URL_SAFE_NO_PAD.decode(claimed).ok()?;
        let fits = |code: &HmacSha256| about(code, &data).verify_slice(&claimed).is_ok();
        self.0.iter().any(fits).then_some(data)
    }
}

/// The text of an issue of this kind without Slipway's mark, if that is still there. What people wrote above it is left.
pub fn unmarked(kind: IssueKind, body: &str) -> String {
    match at_mark(body) {
        Some((above, marked)) if IssueKind::named([], marked).contains(&kind) => {
            format!("{above}{}", marked.split_once('\n').map_or("", |(_, rest)| rest))
        }
        _ => body.to_owned(),
    }
}

/// What stands above the first mark of an issue in its text, and the text from there on.
fn at_mark(body: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    let is_mark = |line: &str| line.trim_end().ends_with(" -->") && !IssueKind::named([], line).is_empty();
    let found = body.split_inclusive('\n').find_map(|line| {
        let here = is_mark(line).then_some(at);
        at += line.len();
        here
    });
    body.split_at_checked(found?)
}

/// The text of a comment of Slipway's own without its mark and what is noted in it.
pub fn unmarked_comment(body: &str) -> &str {
    let rest = body.split_once('\n').map_or("", |(_, rest)| rest);
    let (line, text) = rest.split_once('\n').unwrap_or((rest, ""));
    if line.trim().starts_with(NOTED) { text } else { rest }
}

/// What a sealed note in a thread is bound to.
pub fn place(thread: Thread) -> String {
    match thread {
        Thread::ChangeRequest(number) => format!("request-{number}"),
        Thread::Issue(number) => format!("issue-{number}"),
    }
}

/// Lengths are part of it, so that nothing can move from one text to the next.
fn about(code: &HmacSha256, repository: u64, parts: &[&str]) -> HmacSha256 {
    let mut code = code.clone();
    code.update(&repository.to_be_bytes());
    for part in parts {
        code.update(&part.len().to_be_bytes());
        code.update(part.as_bytes());
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secrets: &[&str]) -> Seal {
        Seal::new(&secrets.iter().map(|secret| Secret::from(*secret)).collect::<Vec<_>>())
    }

    fn read(by: &Seal, body: &str) -> Option<Marked> {
        by.read(7, IssueKind::Freeze, body)
    }

    fn marked(key: &str, data: Option<&str>) -> Marked {
        Marked { key: key.to_owned(), data: data.map(str::to_owned) }
    }

    #[test]
    fn what_was_sealed_is_read_again_whatever_became_of_the_line_ends() {
        let (by, key) = (seal(&["s"]), "push:a-->b c/ä:12");
        let mark = by.mark(7, IssueKind::Freeze, key, Some("until 2030-01-01\nby dana"));
        assert!(mark.starts_with("<!-- slipway:freeze push:a--%3Eb%20c/%C3%A4:12 ") && mark.matches("-->").count() == 1, "{mark}");
        assert_eq!(read(&by, &format!("{mark}\r\ntext")), Some(marked(key, Some("until 2030-01-01\nby dana"))));
    }

    #[test]
    fn data_counts_only_in_the_place_for_which_it_was_sealed() {
        let by = seal(&["s"]);
        let mark = by.mark(7, IssueKind::Freeze, "main", Some("x"));
        assert_eq!(by.read(8, IssueKind::Freeze, &mark), Some(marked("main", None)));
        assert_eq!(read(&by, &mark.replace("main", "dev")), Some(marked("dev", None)));
        assert_eq!(read(&by, &mark.replace(" eA ", " eQ ")), Some(marked("main", None)));
        assert_eq!(by.read(7, IssueKind::Incident, &mark), None);
        assert_eq!(read(&by, &format!("text\n{mark}")), None);
    }

    #[test]
    fn what_is_noted_in_a_comment_counts_there_alone() {
        let by = seal(&["s"]);
        let body = format!("<!-- slipway:backports -->\n{}\ntext", by.mark_comment(7, "request-1", "backports", "main conflict\nx --> y"));
        let read = |place: &str, key: &str, body: &str| by.read_comment(7, place, key, body);
        assert_eq!(read("request-1", "backports", &body.replace('\n', "\r\n")).as_deref(), Some("main conflict\nx --> y"));
        assert_eq!((read("request-2", "backports", &body), read("request-1", "lacking", &body)), (None, None));
        assert_eq!(by.read_comment(8, "request-1", "backports", &body), None);
        assert_eq!(seal(&[]).mark_comment(7, "request-1", "backports", "x"), "<!-- slipway:noted -->");
    }

    #[test]
    fn an_issue_whose_mark_is_gone_is_known_by_its_label_unless_it_is_another_ones() {
        let by = seal(&["s"]);
        let read = |body: &str| by.read_labelled(7, IssueKind::Freeze, (3, body));
        assert_eq!(read("somebody wrote this anew"), Some(marked("lost-3", None)));
        assert_eq!(read(&by.mark(7, IssueKind::Freeze, "main", Some("x"))), Some(marked("main", Some("x"))));
        let above = format!("Ask Kim.\r\n\r\n{}\r\ntext", by.mark(7, IssueKind::Freeze, "main", Some("x")));
        assert_eq!((read(&above), &*unmarked(IssueKind::Freeze, &above)), (Some(marked("main", Some("x"))), "Ask Kim.\r\n\r\ntext"));
        for other in [IssueKind::Incident, IssueKind::Observed, IssueKind::Drift, IssueKind::Release, IssueKind::PostMortem] {
            assert_eq!(read(&by.mark(7, other, "main", Some("x"))), None);
        }
    }

    #[test]
    fn what_people_read_is_what_stands_behind_the_marks() {
        let by = seal(&["s"]);
        let issue = format!("{}\r\n<!-- slipway:part head -->\ntext", by.mark(7, IssueKind::Release, "main", Some("x")));
        assert_eq!(unmarked(IssueKind::Release, &issue), "<!-- slipway:part head -->\ntext");
        assert_eq!(unmarked(IssueKind::Release, "<!-- slipway:part head -->\ntext"), "<!-- slipway:part head -->\ntext");
        let comment = format!("<!-- slipway:checklist -->\n{}\n- [ ] one", by.mark_comment(7, "request-1", "checklist", "x"));
        assert_eq!((unmarked_comment(&comment), unmarked_comment("<!-- slipway:policy -->\ntext")), ("- [ ] one", "text"));
    }

    #[test]
    fn a_rotated_secret_still_opens_what_it_sealed_and_no_secret_seals_nothing() {
        let mark = seal(&["old"]).mark(7, IssueKind::Freeze, "main", Some("x"));
        assert_eq!(read(&seal(&["new", "old"]), &mark), Some(marked("main", Some("x"))));
        assert_eq!(read(&seal(&["new"]), &mark), Some(marked("main", None)));
        assert_eq!(seal(&[]).mark(7, IssueKind::Freeze, "main", Some("x")), "<!-- slipway:freeze main -->");
        assert_eq!(read(&seal(&[]), &mark), Some(marked("main", None)));
    }
}

//! When releases leave, as a page of its own: HTML without scripts, and nothing that is loaded from elsewhere.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::domain::event::Repository;
use crate::domain::names::UserName;
use crate::domain::schedule::{Date, Step, Timetable};

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}\
                     table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8884}";

/// The page, and what it may load.
pub fn page(repository: &Repository, timetable: &Timetable, address: &str) -> (String, String) {
    let (path, address) = (escape(repository.path.as_str()), escape(address));
    let rows: String = timetable.dates.iter().map(|date| row(timetable, date)).collect();
    let dates = if rows.is_empty() {
        "<p>Nothing is planned.</p>".to_owned()
    } else {
        let head = "<tr><th scope=\"col\">When</th><th scope=\"col\">What</th><th scope=\"col\">Which</th><th scope=\"col\">Who</th></tr>";
        format!("<table><thead>{head}</thead><tbody>{rows}</tbody></table>")
    };
    let mut lines = String::new();
    for line in &timetable.lines {
        let who = line.manager.as_ref().map(|who| format!(", of which {} is in charge", escape(who.as_str()))).unwrap_or_default();
        _ = write!(lines, "<li>{} in #{}{who}</li>", escape(&line.version), line.issue);
    }
    let lines = if lines.is_empty() { lines } else { format!("<h2>On their way</h2><ul>{lines}</ul>") };
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Releases of {path}</title><style>{STYLE}</style></head><body><main><h1>Releases of {path}</h1>{dates}{lines}\
         <p>The same as <a href=\"../calendar/{address}.ics\">a calendar</a> to subscribe to. Whoever has this address can read it.</p>\
         </main></body></html>\n"
    );
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    (text, policy)
}

fn row(timetable: &Timetable, date: &Date) -> String {
    let zone = &timetable.zone;
    let until = date.until.map(|until| format!(" to {}", zone.words(until))).unwrap_or_default();
    let late = if date.is_late { ", as soon as it can be" } else { "" };
    let which = match (&date.version, &date.step) {
        (Some(version), _) => version.as_str(),
        (None, Step::Window(reason)) => reason,
        (None, _) => "",
    };
    let who = date.manager.as_ref().map_or("", UserName::as_str);
    let cells = [format!("{}{until}{late}", zone.words(date.at)), date.step.words().to_owned(), which.to_owned(), who.to_owned()];
    let cells: Vec<_> = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
    format!("<tr>{}</tr>", cells.concat())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::calendar::tests::{known, repository};
    use super::*;

    #[test]
    fn a_page_tells_the_dates_and_runs_nothing() {
        let (text, policy) = page(&repository(), &known("<script>alert(1)</script>\"'"), "abc.def");
        assert!(text.contains("<td>Tue 2026-11-24 08:00 UTC</td><td>cut</td><td></td><td>mia</td>"), "{text}");
        assert!(!text.contains("<script") && text.contains("href=\"../calendar/abc.def.ics\""), "{text}");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }

    #[test]
    fn where_nothing_is_planned_the_page_says_so() {
        let nothing = Timetable { dates: Vec::new(), ..known("x") };
        assert!(page(&repository(), &nothing, "a").0.contains("Nothing is planned."));
    }
}

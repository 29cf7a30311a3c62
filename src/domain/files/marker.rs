//! Any text file with comments that mark the lines on which a version stands.

use std::ops::Range;

use super::spot::Spot;

const LINE: [&str; 2] = ["x-slipway-version", "x-release-please-version"];
const START: [&str; 2] = ["x-slipway-start-version", "x-release-please-start-version"];
const END: [&str; 2] = ["x-slipway-end", "x-release-please-end"];

/// What follows a pre-release's hyphen without a number of its own; other words, as in `1.2.0-linux`, are not the version's.
const WORDS: [&str; 12] = ["alpha", "beta", "rc", "a", "b", "m", "pre", "preview", "dev", "next", "canary", "SNAPSHOT"];

/// The first version on every marked line.
pub fn locate(text: &str) -> Vec<Spot> {
    let has = |line: &str, marks: [&str; 2]| marks.iter().any(|mark| line.contains(mark));
    let (mut spots, mut start, mut in_block) = (Vec::new(), 0, false);
    for line in text.split_inclusive('\n') {
        if has(line, END) {
            in_block = false;
        }
        if has(line, START) {
            in_block = true;
        } else if in_block || has(line, LINE) {
            spots.extend(version_in(line).map(|at| Spot::own(start + at.start..start + at.end)));
        }
        start += line.len();
    }
    spots
}

/// A number of three or more parts with its pre-release and build, or else the first of two parts.
fn version_in(line: &str) -> Option<Range<usize>> {
    let (mut at, mut short) = (0, None);
    while let Some(found) = line.get(at..)?.find(|c: char| c.is_ascii_digit()) {
        let start = at + found;
        let rest = line.get(start..)?;
        let run = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest.get(..run)?.trim_end_matches('.');
        let parts = if number.contains("..") { 0 } else { number.split('.').count() };
        let end = start + number.len();
        if parts >= 3 {
            return Some(start..end + suffix(line.get(end..)?));
        }
        if parts == 2 && short.is_none() {
            short = Some(start..end);
        }
        at = start + run;
    }
    short
}

/// The length of `-rc.1+build.5` at the start of a text.
fn suffix(text: &str) -> usize {
    let pre = text.strip_prefix('-').map_or(0, |pre| pre_release(pre).map_or(0, |length| length + 1));
    let build = text.get(pre..).and_then(|rest| rest.strip_prefix('+')).map_or(0, |build| {
        let length = build.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').unwrap_or(build.len());
        build.get(..length).map_or(0, |build| build.trim_end_matches(['.', '-']).len())
    });
    pre + if build > 0 { build + 1 } else { 0 }
}

fn pre_release(text: &str) -> Option<usize> {
    let letters = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(letters);
    let known = WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
    let direct = if known || word.is_empty() { rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()) } else { 0 };
    let mut length = letters + direct;
    while let Some(rest) = text.get(length..).and_then(|rest| rest.strip_prefix('.')) {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 {
            break;
        }
        length += 1 + digits;
    }
    let ends = !text.get(length..)?.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let is_one = if word.is_empty() { direct > 0 } else { known || length > letters };
    (is_one && ends).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bumped, problem};
    use super::version_in;

    #[test]
    fn marked_lines_and_blocks_are_written_and_nothing_else() {
        let text = "1.0.0\ncurl /v1.0.0/x-1.0.0.tgz <!-- x-slipway-version -->\n<!-- x-slipway-start-version -->\n1.0.0\nno\n1.0.0-rc.1\n\
            <!-- x-slipway-end -->\n1.0.0\n1.0.0 # x-release-please-version\n";
        let expected = "1.0.0\ncurl /v1.1.0/x-1.0.0.tgz <!-- x-slipway-version -->\n<!-- x-slipway-start-version -->\n1.1.0\nno\n1.1.0\n\
            <!-- x-slipway-end -->\n1.0.0\n1.1.0 # x-release-please-version\n";
        assert_eq!(bumped("README.md", text, &[]), expected);
    }

    #[test]
    fn what_belongs_to_a_version_is_known() {
        let cases = [
            ("a 1.2.3-rc.1.tar.gz", "1.2.3-rc.1"),
            ("app-1.2.3-linux.tar.gz", "1.2.3"),
            ("1.2.3-x86_64", "1.2.3"),
            ("v1.2.3-staging.4+b.5,", "1.2.3-staging.4+b.5"),
            ("1.2.3-SNAPSHOT'", "1.2.3-SNAPSHOT"),
            ("needs 3.11, is 1.2.3.", "1.2.3"),
            ("on 2026.10 or 3.4", "2026.10"),
            ("1.2.3-beta2 1.2.3.4", "1.2.3-beta2"),
        ];
        for (line, version) in cases {
            assert_eq!(version_in(line).map(|at| &line[at]), Some(version), "{line}");
        }
        assert_eq!(version_in("1..2 a 3"), None);
    }

    #[test]
    fn a_file_without_marks_is_a_problem() {
        assert!(problem("README.md", "1.0.0").remedy.contains("x-slipway-start-version"));
    }
}

use proptest::prelude::*;

use super::*;

const TITLE: &str = "# Changelog";

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// The text after a section `## version` with one line in it is inserted, which must be found again and stay.
fn with(text: &str, of: &str) -> String {
    let section = format!("## {of}\n\n- new");
    let once = insert(Some(text), &version(of), &section, TITLE);
    assert_eq!(insert(Some(&once), &version(of), &section, TITLE), once);
    assert_eq!(super::section(&once, &version(of)).map(|text| text.replace('\r', "")), Some(section));
    once
}

/// The headings and anchors, in order.
fn outline(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with(['#', '<', '[', '='])).collect()
}

#[test]
fn a_missing_or_empty_file_gets_a_title() {
    let expected = "# Changelog\n\n## 1.0.0\n\n- new\n";
    assert_eq!(insert(None, &version("1.0.0"), "## 1.0.0\n\n- new\n\n", TITLE), expected);
    assert_eq!(with("\n", "1.0.0"), expected);
}

#[test]
fn a_version_stands_above_the_first_lower_one_and_unreleased_stays_on_top() {
    let text = "# Changelog\nIntro\n\n## [Unreleased]\n- soon\n\n## [1.1.0] - 2026-01-01\n- a\n\n## [1.0.0]\n- b\n";
    let expected = text.replace("## [1.1.0]", "## 1.2.0\n\n- new\n\n## [1.1.0]");
    assert_eq!(with(text, "1.2.0"), expected);
}

#[test]
fn a_maintenance_version_lands_on_its_line() {
    let text = "# Log\n## 2.0.0\n- a\n## 1.1.0\n- b\n## 1.0.0\n";
    assert_eq!(outline(&with(text, "1.1.1")), ["# Log", "## 2.0.0", "## 1.1.1", "## 1.1.0", "## 1.0.0"]);
    assert_eq!(outline(&with(text, "0.9.0")), ["# Log", "## 2.0.0", "## 1.1.0", "## 1.0.0", "## 0.9.0"]);
    assert_eq!(outline(&with(text, "2.0.0-rc.1")), ["# Log", "## 2.0.0", "## 2.0.0-rc.1", "## 1.1.0", "## 1.0.0"]);
}

#[test]
fn the_same_version_is_replaced_and_its_neighbours_stay() {
    let text = "## 1.1.0\n- c\n\n<a name=\"1.0.0\"></a>\n## [v1.0.0](https://x) (2026-01-01)\n\n### Fixes\n- b\n\n\n## 0.9.0\n- a\n";
    let expected = text.replace("## [v1.0.0](https://x) (2026-01-01)\n\n### Fixes\n- b", "## 1.0.0\n\n- new");
    assert_eq!(with(text, "1.0.0"), expected);
}

#[test]
fn an_anchor_stays_with_its_heading() {
    let text = "<a name=\"1.0.0\"></a>\n# [1.0.0](https://x) (2026-01-01)\n\n- b\n";
    assert_eq!(with(text, "1.1.0"), format!("## 1.1.0\n\n- new\n\n{text}"));
}

#[test]
fn patches_of_a_lower_level_are_sections_and_subheadings_are_not() {
    let text =
        "# [1.1.0](x) (2026-01-01)\n## Features\n- a\n### 1.0.0 users\nRead this\n### [1.0.1](x) (2025-01-01)\n- b\n### 1.0.0\n- c\n";
    assert_eq!(super::section(text, &version("1.0.1")), Some("### [1.0.1](x) (2025-01-01)\n- b"));
    let found = with(text, "1.0.2");
    assert!(found.contains("Read this\n\n## 1.0.2\n\n- new\n\n### [1.0.1]"), "{found}");
}

#[test]
fn code_quotes_and_lists_hold_no_headings() {
    let text = "# Log\n\n```\n## 0.1.0\n```\n\n> ## 0.2.0\n\n- ## 0.3.0\n\n<!--\n## 0.4.0\n-->\n\n    ## 0.5.0\n\n1.0.0 / 2026-01-01\n=====\n\n- a\n";
    let expected = text.replace("1.0.0 /", "## 1.1.0\n\n- new\n\n1.0.0 /");
    assert_eq!(with(text, "1.1.0"), expected);
}

#[test]
fn links_and_other_headings_below_the_last_version_stay_there() {
    let text = "# Log\n\n## [1.0.0]\n- a\n\n[1.0.0]: https://x/1\n[0.9.0]: https://x/0\n";
    assert_eq!(outline(&with(text, "0.9.0")), ["# Log", "## [1.0.0]", "## 0.9.0", "[1.0.0]: https://x/1", "[0.9.0]: https://x/0"]);
    assert_eq!(outline(&with(text, "1.0.0")), ["# Log", "## 1.0.0", "[1.0.0]: https://x/1", "[0.9.0]: https://x/0"]);
    let text = "## 1.0.0\n- a\n\n## Older\nSee the archive.\n";
    assert_eq!(with(text, "0.9.0"), text.replace("## Older", "## 0.9.0\n\n- new\n\n## Older"));
}

#[test]
fn line_endings_and_a_byte_order_mark_stay() {
    let text = "\u{feff}## 1.0.0\r\n\r\n- a";
    assert_eq!(with(text, "1.1.0"), "\u{feff}## 1.1.0\r\n\r\n- new\r\n\r\n## 1.0.0\r\n\r\n- a");
    assert_eq!(with(text, "0.9.0"), "\u{feff}## 1.0.0\r\n\r\n- a\r\n\r\n## 0.9.0\r\n\r\n- new\r\n");
}

#[test]
fn names_prefixes_and_short_versions_have_their_place() {
    for heading in ["## api 1.0.0", "## api-v1.0.0 (x)", "## @x/api@1.0.0", "## Version 1.0.0", "## 1.1", "## v1.1.0-rc.1: x", "## 1.00.1"]
    {
        assert_eq!(outline(&with(&format!("# Log\n{heading}\n- a\n"), "1.1.0")), ["# Log", "## 1.1.0", heading]);
    }
}

proptest! {
    #[test]
    fn every_line_stays_in_its_order(
        parts in prop::collection::vec(prop::sample::select(vec![
            "## 1.0.0", "# [2.0.0](x) (y)", "### 0.5.0", "<a name=\"x\"></a>", "```", "~~~", "- a", "  ## 1.2.0", "> q", "[x]: y", "", "text", "====", "---",
            "<!--", "-->", "## Unreleased", "    code", "\t", "<details>", "1.", "é",
        ]), 0..20),
        ends in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let text = parts.join(ends);
        let written = insert(Some(&text), &version("1.1.0"), "## 1.1.0\n\n- new", TITLE);
        let mut lines = written.lines();
        for line in text.lines().filter(|line| !line.is_empty()) {
            prop_assert!(text.trim().is_empty() || lines.any(|found| found == line), "{:?} is gone from {:?}", line, written);
        }
        prop_assert_eq!(written.matches("## 1.1.0").count(), 1);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[#\\[\\]<a>`~:=\\- \n\r\t1.0é]{0,80}", of in "[0-2]\\.[0-2]\\.0") {
        let written = insert(Some(&text), &version(&of), &format!("## {of}\n\n- new"), TITLE);
        prop_assert!(written.contains("- new"));
        let _ = section(&text, &version(&of));
    }
}

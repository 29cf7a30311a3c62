use proptest::prelude::*;

use super::*;

fn check(comment: &str, expected: &[&str]) {
    let me = UserName::parse("slipway[bot]").unwrap();
    let verbs: Vec<_> = parse(comment, Some(&me)).into_iter().map(|call| call.verb).collect();
    assert_eq!(verbs, expected, "{comment:?}");
}

#[test]
fn one_call_a_line_at_the_start_of_a_line() {
    check("/slipway help", &["help"]);
    check("Hello\n/slipway cut 1.4\r\n@slipway Status\nthen /slipway no", &["cut", "status"]);
    check("/slipway", &["help"]);
    check("/slipwayhelp\n@slipway2 help\n /slipway help", &["help"]);
}

#[test]
fn a_quotation_that_html_cuts_off_is_known_to_be_open() {
    let cut = |comment: &str| parse(comment, None).remove(0).unclosed;
    assert!(cut("/slipway thaw reason=\"the <b>shop</b> is down\"") && cut("/slipway note \"feat: a"));
    assert!(!cut("/slipway note \"feat: a\""));
}

#[test]
fn words_and_options_may_be_quoted() {
    let call = parse("/slipway rollback 1.2.0 reason=\"it *breaks* logins\" `release/1.0`", None).remove(0);
    assert_eq!(call.words, ["1.2.0", "release/1.0"]);
    assert_eq!(call.options["reason"], "it *breaks* logins");
}

#[test]
fn nothing_in_code_quotes_links_lists_headings_or_html_commands() {
    for comment in [
        "    /slipway cut",
        "`/slipway cut`",
        "```\n/slipway cut\n```",
        "> /slipway cut",
        "- /slipway cut",
        "# /slipway cut",
        "[/slipway cut](x)",
        "<!-- /slipway cut -->",
        "<div>\n/slipway cut\n</div>",
        "**/slipway cut**",
        "\\/slipway cut",
        "<b>/slipway cut</b>",
        "a /slipway cut",
        "![/slipway cut](x)",
        "> a\n/slipway cut",
    ] {
        check(comment, &[]);
    }
}

#[test]
fn a_call_ends_where_html_begins() {
    assert_eq!(parse("/slipway cut <!-- 9.9 -->", None)[0].words, Vec::<String>::new());
}

/// Text that is not part of any markup.
fn words() -> impl Strategy<Value = String> {
    "[a-z][a-z, ]{0,20}[a-z]"
}

fn indented(text: &str, by: &str) -> String {
    text.lines().flat_map(|line| [by, line, "\n"]).collect()
}

/// What several lines may stand in without commanding.
const AROUND_LINES: [fn(&str) -> String; 17] = [
    |lines| format!("```\n{lines}\n```"),
    |lines| format!("~~~~ sh\n{lines}\n~~~~"),
    |lines| indented(lines, "    "),
    |lines| indented(lines, "\t"),
    |lines| indented(lines, "> "),
    |lines| format!("> a\n{lines}"),
    |lines| format!("- {}", indented(lines, "  ").trim_start()),
    |lines| format!("- a\n{lines}"),
    |lines| format!("1. {}", indented(lines, "   ").trim_start()),
    |lines| format!("<div>\n{lines}\n</div>"),
    |lines| format!("<details>\n<summary>a</summary>\n\n{lines}\n\n</details>"),
    |lines| format!("<blockquote>\n\n{lines}\n\n{lines}\n\n</blockquote>"),
    |lines| format!("<!--\n\n{lines}\n\n-->"),
    |lines| format!("<pre>\n\n{lines}\n\n</pre>"),
    |lines| format!("a | b\n--- | ---\n{lines}"),
    |lines| format!("[^1]: a\n{lines}"),
    |lines| format!("{lines}\n==="),
];

/// What a line may stand in without commanding.
const AROUND_LINE: [fn(&str) -> String; 16] = [
    |line| format!("`{line}`"),
    |line| format!("`a\n{line}\nb`"),
    |line| format!("**{line}**"),
    |line| format!("*a\n{line}*"),
    |line| format!("~~a\n{line}~~"),
    |line| format!("[{line}](https://forge.example)"),
    |line| format!("[a\n{line}](https://forge.example)"),
    |line| format!("![{line}](https://forge.example/a.png)"),
    |line| format!("### {line}"),
    |line| format!("| {line} |"),
    |line| format!("<b>{line}</b>"),
    |line| format!("a <kbd>\n{line}\n</kbd>"),
    |line| format!("a <!--\n{line}\n-->"),
    |line| format!("[a]: https://forge.example '\n{line}\n'"),
    |line| format!("\\{line}"),
    |line| format!("a {line}"),
];

fn verbs(comment: &str) -> Vec<String> {
    parse(comment, None).into_iter().map(|call| call.verb).collect()
}

#[test]
fn html_that_is_closed_or_has_no_end_keeps_nothing_from_commanding() {
    for before in
        ["<details>a</details>", "<img src=x>", "<p align=center>", "<!-- <div> -->", "Vec<String>", "a <br>", "a <b>b</b>", "</div>"]
    {
        assert_eq!(verbs(&format!("{before}\n\n/slipway cut")), ["cut"], "{before}");
    }
    assert_eq!(verbs("Vec<String>\n/slipway cut"), ["cut"]);
}

proptest! {
    #[test]
    fn no_comment_makes_the_parser_panic(comment in "(?s).{0,300}") {
        let _ = parse(&comment, None);
    }

    #[test]
    fn no_markup_makes_the_parser_panic(comment in "([-*_`~>#|<>!\\[\\]()\\\\/a@\" \n\t]|/slipway |<div>|</div>|<!--|-->|\\[\\^1\\]: ){0,60}") {
        let _ = parse(&comment, None);
    }

    #[test]
    fn a_command_at_the_start_of_a_line_of_a_paragraph_always_commands(
        paragraphs in prop::collection::vec(prop::collection::vec((words(), any::<bool>()), 1..4), 1..4),
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let line = |(text, commands): &(String, bool)| if *commands { format!("/slipway cut {text}") } else { text.clone() };
        let paragraph = |lines: &Vec<(String, bool)>| lines.iter().map(line).collect::<Vec<_>>().join(end);
        let comment = paragraphs.iter().map(paragraph).collect::<Vec<_>>().join(&end.repeat(2));
        let wanted = paragraphs.iter().flatten().filter(|(_, commands)| *commands).count();
        prop_assert_eq!(verbs(&comment), vec!["cut"; wanted], "{}", comment);
    }

    #[test]
    fn nothing_within_markup_commands_and_what_is_around_it_does(
        (before, more, after) in (words(), words(), words()),
        (lines, line) in (0..AROUND_LINES.len(), 0..AROUND_LINE.len()),
    ) {
        let inert = format!("{before}\n/slipway inert {more}\n@slipway inert\n{after}");
        let inert = AROUND_LINES[lines](&inert);
        prop_assert_eq!(verbs(&inert), Vec::<String>::new(), "{}", inert);
        let around = format!("/slipway first\n\n{inert}\n\n---\n\n/slipway last {more}");
        prop_assert_eq!(verbs(&around), ["first", "last"], "{}", around);
        let inert = AROUND_LINE[line](&format!("/slipway inert {more}"));
        let around = format!("/slipway first\n\n{inert}\n\n/slipway last {more}");
        prop_assert_eq!(verbs(&around), ["first", "last"], "{}", around);
    }
}

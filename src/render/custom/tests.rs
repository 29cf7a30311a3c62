use std::thread;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Notes as a template sees them, with text that tries what text can.
fn view(entries: usize) -> Value {
    let entry = json!({ "scope": null, "text": "<b>hi</b> @all [x](y) <!-- -->", "sha": "1111111111", "references": ["#12"] });
    json!({ "version": "1.2.0", "sections": [{ "title": "Features", "entries": vec![entry; entries] }] })
}

/// On less stack than a worker has (2 MiB), since running out of it would end the process.
fn on_little_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| thread::Builder::new().stack_size(1024 * 1024).spawn_scoped(scope, work).unwrap().join().unwrap())
}

fn refused(text: &str) -> TemplateProblem {
    on_little_stack(|| Custom::compile(text).err()).unwrap_or_else(|| panic!("accepted: {text:.200}"))
}

fn rendered(text: &str, view: &Value) -> Result<String, TemplateProblem> {
    on_little_stack(|| Custom::compile(text)?.render(view))
}

#[test]
fn a_template_words_its_view() {
    let template = "{{#each sections}}\n## {{title}}\n{{#each entries}}\n- {{code sha}}{{#if (eq @index 0)}} first{{else}} later{{/if}}\n{{/each}}\n{{/each}}\n{{!-- }} --}}{{! that is all }}";
    assert_eq!(rendered(template, &view(2)).unwrap(), "## Features\n- `1111111111` first\n- `1111111111` later\n");
}

#[test]
fn what_people_wrote_is_escaped_as_everywhere() {
    let text = rendered("{{#each sections}}{{#each entries}}{{text}}{{/each}}{{/each}}", &view(1)).unwrap();
    assert_eq!(text, "&lt;b&gt;hi&lt;/b&gt; @&#8203;all \\[x\\](y) &lt;!-- --&gt;");
}

#[test]
fn nothing_writes_unescaped() {
    for text in [
        "{{{version}}}",
        "{{~{version}~}}",
        "{{ {version} }}",
        "{{&version}}",
        "{{~ & version}}",
        "{{{{raw}}}}{{x}}{{{{/raw}}}}",
        "\\{{{version}}}",
    ] {
        refused(text);
    }
    assert_eq!(refused("a\n b {{{version}}}").remedy, "Write `{{name}}`.");
}

#[test]
fn partials_that_would_end_the_process_are_refused() {
    let problem = refused(r#"{{#*inline "q"}}x{{> q}}{{/inline}}{{> q}}"#);
    assert_eq!(problem.to_string(), "line 1, column 1: partials, decorators and unescaped text are not allowed. Write `{{name}}`.");
    for text in [
        r#"{{#*inline "a"}}{{> b}}{{/inline}}{{#*inline "b"}}{{> a}}{{/inline}}{{> a}}"#,
        "{{> q}}",
        "{{~>q}}",
        "{{>(lookup . \"x\")}}",
        "{{#> q}}{{> @partial-block}}{{/q}}",
        "{{# > q}}{{/q}}",
        "{{* inline}}",
        "{{# *inline \"q\"}}{{/inline}}",
        "{{log version}}",
        "{{lookup this \"version\"}}",
        "{{#raw}}x{{/raw}}",
        "{{(code version)}}",
        "{{#if a}}{{else raw}}x{{/if}}",
        "{{#if a}}{{else if b}}{{else log version}}{{/if}}",
    ] {
        refused(text);
    }
}

#[test]
fn nesting_that_would_end_the_process_is_refused() {
    for (open, close, times) in [
        ("{{#if a}}", "{{/if}}", 1_000),
        ("{{#if a}}", "", 1_000),
        ("{{#if a}}", "{{/if}}", 5_000),
        ("{{#if}}", "", 2_300),
        ("{{#if a}}x{{else}}", "{{/if}}", 17),
        ("{{~ # if a}}", "{{/ if ~}}", 17),
    ] {
        refused(&format!("{}{}", open.repeat(times), close.repeat(times)));
    }
    for (open, close) in [("(not ", ")"), ("(not ", ""), ("[", "]"), ("[", ""), ("{\"a\":", "}"), ("{", "")] {
        refused(&format!("{{{{#if {}a{}}}}}{{{{/if}}}}", open.repeat(3_000), close.repeat(3_000)));
    }
    refused(&format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if a}}".repeat(450)));
    // What this and the parser might see differently.
    let deep = "{{#if a}}".repeat(400) + " --}} \"}} '}}";
    for hidden in ["{{#if [\"]}}", "{{!\u{a0}-- }}", "{{x \"\\\"}}", "{{x '\\'}}", "\\{{!"] {
        refused(&format!("{hidden}{deep}"));
    }
    refused(&"{{#if a}}{{\u{a0}/if}}".repeat(200));
}

#[test]
fn as_much_nesting_as_is_allowed_is_rendered() {
    let text = format!("{}x{}", "{{#if (not (not (not (not version))))}}".repeat(16), "{{/if}}".repeat(16));
    assert_eq!(rendered(&text, &view(0)).unwrap(), "x");
    let chain = format!("{{{{#if a}}}}{}{{{{else}}}}x{{{{/if}}}}", "{{else if a}}".repeat(15));
    assert_eq!(rendered(&chain, &view(0)).unwrap(), "x");
}

#[test]
fn large_templates_are_refused_before_they_are_parsed() {
    assert_eq!(refused(&"x".repeat(LONGEST + 1)).message, "the template has 16385 bytes, and 16384 are allowed");
    assert_eq!(refused(&"{{a}}".repeat(3_000)).message, "this is tag 501, and 500 are allowed");
    refused(&format!("{{{{#if {}}}}}{{{{/if}}}}", "a ".repeat(8_000)));
    refused(&"{{#if (eq a b c d)}}x{{/if}}".repeat(249));
}

#[test]
fn the_largest_that_may_be_parsed_is_parsed_at_once() {
    let padding = "\n".repeat((LONGEST - 500 * 5) / 500);
    let largest = format!("{padding}{{{{a}}}}").repeat(500);
    let start = Instant::now();
    assert!(Custom::compile(&largest).is_err_and(|problem| problem.message.contains("parts")));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn output_is_bounded() {
    let template = format!("{{{{#each sections}}}}{{{{#each entries}}}}{}{{{{/each}}}}{{{{/each}}}}", "x".repeat(100));
    assert_eq!(rendered(&template, &view(2_600)).unwrap().len(), 260_000);
    let problem = rendered(&template, &view(2_700)).unwrap_err();
    assert_eq!(problem.to_string(), "line 1, column 36: the template writes more than 262144 bytes. List less.");
}

#[test]
fn a_template_that_writes_nothing_is_stopped_too() {
    let view = json!({ "list": vec![0; 100_000] });
    for text in [
        "{{#each list}}{{#each ../list}}{{/each}}{{/each}}",
        "{{#each list}}{{#each ../list}}{{#each ../../list}}{{/each}}{{/each}}{{/each}}",
        "{{#each list}}{{#each ../list}}{{#if this}}{{/if}}{{/each}}{{/each}}",
        "{{#each list}}{{#each ../list}}{{else}}x{{/each}}{{/each}}",
        "{{#each list}}{{#if (eq ../list ../list)}}{{/if}}{{/each}}",
        "{{#each list}}{{#with ../list}}{{#each this}}{{/each}}{{/with}}{{/each}}",
    ] {
        let start = Instant::now();
        let problem = rendered(text, &view).unwrap_err();
        assert_eq!(problem.message, "the template takes too long", "{text}");
        assert!(start.elapsed() < Duration::from_secs(5), "{text} {:?}", start.elapsed());
    }
    refused("{{#each a}}{{#each a}}{{#each a}}{{#each a}}{{/each}}{{/each}}{{/each}}{{/each}}");
}

#[test]
fn mistakes_are_told_where_they_are() {
    let told = |text: &str| refused(text).to_string();
    assert_eq!(
        told("a\n\n {{#each x}}\n{{#if y}}{{/if}}"),
        "line 3, column 2: `{{#each}}` opened in line 3 is never closed. Write `{{/each}}` where it ends."
    );
    assert_eq!(
        told("{{#each x}}\n{{#if y}}\n{{/each}}"),
        "line 3, column 1: `{{/each}}` is not the end of `{{#if}}`, which was opened in line 2. Close it first, with `{{/if}}`."
    );
    assert_eq!(told("{{/if}}"), "line 1, column 1: `{{/if}}` closes nothing. Remove it, or open the block.");
    assert_eq!(told("ä {{x"), "line 1, column 3: the tag is never closed. Write `}}` where it ends.");
    assert_eq!(told("{{!-- x }}"), "line 1, column 1: the comment is never closed. Write `}}` or `--}}` where it ends.");
    assert!(told("a\n{{ x y= }}").starts_with("line 2, column "));
    assert!(told("{{else}}").contains("the tag here cannot be read"));
    assert!(
        told("x\n {{#list x}}{{/list}}")
            .starts_with("line 2, column 2: `list` is not known here; there are `if`, `unless`, `each`, `with`.")
    );
}

#[test]
fn a_name_that_the_view_has_not_is_told_where_it_is() {
    let problem = rendered("\n{{#each sections}}\n  {{titel}}{{/each}}", &view(1)).unwrap_err();
    assert_eq!((problem.line, problem.column, problem.message.as_str()), (3, 3, "there is no `titel` here"));
}

fn template() -> impl Strategy<Value = String> {
    let pieces = [
        "{{",
        "}}",
        "{{#",
        "{{/",
        "#",
        "/",
        "~",
        "{{!--",
        "--}}",
        "{{else}}",
        "{{else if ",
        "{{#each ",
        "{{#if ",
        "{{/each}}",
        "{{/if}}",
        "{{#with ",
        "{{/with}}",
        "sections",
        "entries",
        "this",
        "@root",
        "@index",
        "../",
        ".",
        "\"",
        "'",
        "\\",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "eq ",
        "code ",
        "len ",
        " as |a b|",
        "=",
        "|",
        "x",
        "ä",
        " ",
        "\n",
        "\0",
        "{{text}}",
        "{{#each sections}}",
        "{{#each entries}}",
        "{{#each ../sections}}",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_refused_or_rendered_within_the_bounds(text in prop_oneof![template(), ".{0,60}"]) {
        let start = Instant::now();
        if let Ok(output) = on_little_stack(|| Custom::compile(&text)?.render(&view(50))) {
            prop_assert!(output.len() <= LONGEST_OUTPUT);
        }
        prop_assert!(start.elapsed() < Duration::from_secs(5));
    }

    /// What is inserted is never more than text, wherever a template puts it.
    #[test]
    fn any_template_neutralises_what_it_inserts(text in template()) {
        prop_assume!(!text.contains('<') && !text.contains("code"));
        if let Ok(output) = Custom::compile(&text).and_then(|custom| custom.render(&view(2))) {
            prop_assert!(!output.contains("<b>") && !output.contains("@all") && !output.contains("<!--"), "{output}");
        }
    }
}

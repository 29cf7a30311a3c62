use super::*;
use crate::domain::changelog::Notes;
use crate::domain::changes::{Ignored, Reason};
use crate::domain::names::{BranchName, Sha};
use crate::domain::release::outlook::Forced;

fn sha(digit: char) -> Sha {
    Sha::parse(&digit.to_string().repeat(40)).unwrap()
}

fn entry(digit: char, kind: &str, text: &str) -> Entry {
    let references = vec!["#12".to_owned()];
    Entry { sha: sha(digit), kind: kind.into(), scope: None, text: text.into(), breaking: None, references, authors: Vec::new() }
}

fn section(title: &str, entries: Vec<Entry>) -> Section {
    Section { title: title.into(), entries }
}

fn part(sections: Vec<Section>) -> Part {
    let on = |path: &str| format!("https://forge.example/acme/app/{path}/");
    Part {
        component: None,
        version: "1.1.0".into(),
        previous: Some("1.0.0".into()),
        tag: "v1.1.0".into(),
        previous_tag: Some("v1.0.0".into()),
        date: "2026-11-21".into(),
        notes: Notes { sections, ignored: Vec::new() },
        links: Links { sigil: "#".into(), commit: on("commit"), request: on("pull"), issue: on("issues"), compare: on("compare") },
    }
}

fn features() -> Vec<Section> {
    let mut breaking = entry('1', "feat", "drop `x`");
    breaking.breaking = Some("Use y.\nOr z.".into());
    breaking.scope = Some("api".into());
    vec![section("Breaking changes", vec![breaking]), section("Features", vec![entry('2', "feat", "add @dana's <b>search</b>")])]
}

fn body(current: &str, sections: Vec<Section>, template: Option<&str>) -> String {
    let forced = Forced::new();
    let body = RequestBody { current: current.into(), parts: vec![part(sections)], forced, template: template.map(str::to_owned) };
    Renderer::new().unwrap().request_body(&body).unwrap()
}

#[test]
fn a_release_change_request_says_what_it_releases_and_how_to_change_it() {
    insta::assert_snapshot!(body("", features(), None), @r#"
    Merging this releases what follows: the tag is made on the merge, and the release is published from it.

    <!-- slipway:notes component= version=1.1.0 lines=c64fe2c9,:59fea2ea,:22d2643a,1111111111:6cba61cd,:62454c04,:b2c40b16,:55aec447,2222222222:240abe9c -->

    ## [1.1.0](https://forge.example/acme/app/compare/v1.0.0...v1.1.0) (2026-11-21)

    ### Breaking changes

    - **api:** drop \`x\` ([#12](https://forge.example/acme/app/issues/12), [1111111111](https://forge.example/acme/app/commit/1111111111111111111111111111111111111111))
      Use y.
      Or z.

    ### Features

    - add @&#8203;dana's &lt;b&gt;search&lt;/b&gt; ([#12](https://forge.example/acme/app/issues/12), [2222222222](https://forge.example/acme/app/commit/2222222222222222222222222222222222222222))

    <!-- /slipway:notes -->

    <details>
    <summary>How to change it</summary>

    - Edit the notes above as you like: your words stay, and new changes are added to them. The changelog follows.
    - `/slipway release-as 2.0.0` asks for another version, `/slipway note "…"` on a change request rewords its entry.
    - Close this change request to put the release off until another version is due; reopen it to go on.
    - The branch is rebuilt whenever what it releases changes. Commits that somebody pushes to it are left alone, and then nothing is kept up to date.

    </details>
    "#);
}

#[test]
fn what_people_wrote_stays_and_what_is_new_is_added() {
    let first = body("", features(), None);
    let edited = format!("Hello!\n\n{}", first.replace("drop \\`x\\`", "x is gone"));
    let mut more = features();
    more[1].entries.push(entry('3', "feat", "add more"));
    let second = body(&edited, more, None);
    assert!(second.starts_with("Hello!") && second.contains("x is gone") && second.contains("add more"), "{second}");
    assert_eq!(
        body(
            &second,
            {
                let mut more = features();
                more[1].entries.push(entry('3', "feat", "add more"));
                more
            },
            None
        ),
        second
    );
}

#[test]
fn a_template_of_the_repository_words_the_notes() {
    let text = body("", features(), Some("## {{version}}\n{{#each sections}}{{#each entries}}* {{text}} {{sha}}\n{{/each}}{{/each}}"));
    assert!(text.contains("## 1.1.0\n* drop \\`x\\` 1111111111\n"), "{text}");
}

#[test]
fn a_template_that_cannot_be_used_is_told_and_the_built_in_one_used() {
    let text = body("", features(), Some("{{#each sections}}"));
    assert!(text.contains("<!-- slipway:problem --> ⚠️") && text.contains("### Features"), "{text}");
    assert!(!body(&text, features(), None).contains("slipway:problem"));
}

#[test]
fn notes_that_are_too_long_are_abridged_in_the_description_and_whole_in_the_changelog() {
    let many: Vec<_> = (0..900).map(|at| entry('2', "feat", &format!("feature number {at} of a very long list"))).collect();
    let text = body("", vec![section("Features", many.clone())], None);
    assert!(text.chars().count() < 65_536 && text.contains("lines more, all of which are in the changelog"), "{}", text.len());
    let version = semver::Version::new(1, 1, 0);
    let file = ChangelogFile { current: None, body: text, part: part(vec![section("Features", many)]), version, template: None };
    let changelog = Renderer::new().unwrap().changelog_file(&file).unwrap();
    assert!(changelog.contains("feature number 899"));
}

#[test]
fn a_changelog_gets_the_section_as_the_description_words_it() {
    let described = body("", features(), None).replace("drop \\`x\\`", "x is gone");
    let current = Some("# Changelog\n\nIntro.\n\n## 1.0.0 (2026-01-01)\n\n- old\n".to_owned());
    let file = ChangelogFile { current, body: described, part: part(features()), version: semver::Version::new(1, 1, 0), template: None };
    insta::assert_snapshot!(Renderer::new().unwrap().changelog_file(&file).unwrap(), @"
    # Changelog

    Intro.

    ## [1.1.0](https://forge.example/acme/app/compare/v1.0.0...v1.1.0) (2026-11-21)

    ### Breaking changes

    - **api:** x is gone ([#12](https://forge.example/acme/app/issues/12), [1111111111](https://forge.example/acme/app/commit/1111111111111111111111111111111111111111))
      Use y.
      Or z.

    ### Features

    - add @&#8203;dana's &lt;b&gt;search&lt;/b&gt; ([#12](https://forge.example/acme/app/issues/12), [2222222222](https://forge.example/acme/app/commit/2222222222222222222222222222222222222222))

    ## 1.0.0 (2026-01-01)

    - old
    ");
}

#[test]
fn a_preview_tells_the_version_and_the_lines() {
    let part = Previewed {
        component: None,
        before: Some("1.0.1".into()),
        after: Some("1.1.0".into()),
        added: vec![section("Features", vec![entry('0', "feat", "add search")])],
        removed: Vec::new(),
        ignored: vec![("wip".into(), "has no `type: ` before its description".into())],
        refusal: None,
    };
    let base = BranchName::parse("main").unwrap();
    let preview = Preview { method: Some(MergeMethod::Squash), base, components: vec![part], differs: vec![MergeMethod::Rebase] };
    insta::assert_snapshot!(Renderer::new().unwrap().preview(&preview).unwrap(), @"
    Merging this makes the next release **1.1.0** instead of 1.0.1.

    It would be told as:

    **Features**

    - add search (#12)

    Not told:

    - wip: it has no `type: ` before its description

    <sub>By squashing into `main`, as this repository merges. By rebasing the version would be another.</sub>
    ");
}

#[test]
fn a_status_says_why_there_is_no_release() {
    let reason = Reason::Hidden("chore".into());
    let ignored = Ignored { commit: 0, sha: sha('4'), subject: "chore: x".into(), reason };
    let part = StatusPart {
        component: None,
        previous: Some("v1.0.0".into()),
        candidate: None,
        next: None,
        tag: None,
        refusal: None,
        forced: None,
        waiting: Vec::new(),
        ignored: vec![(ignored.subject, ignored.sha.short().to_owned(), ignored.reason.to_string())],
        due: None,
        proposal: None,
    };
    let waiting = StatusPart { component: Some("api".into()), next: Some("1.1.0".into()), waiting: features(), ..part.clone() };
    let status = Status { branch: "main".into(), from: From::Request, parts: vec![part, waiting], problem: None, page: None };
    insta::assert_snapshot!(Renderer::new().unwrap().status(&status).unwrap(), @r"
    **main:** nothing is to be released. The one before is v1.0.0.

    <details>
    <summary>Not told (1)</summary>

    - chore: x (4444444444): it is of the type `chore`, which is neither shown nor released

    </details>

    **api:** the next release would be **1.1.0**. The one before is v1.0.0.

    <details>
    <summary>Breaking changes (1)</summary>

    - **api:** drop \`x\` (#12, 1111111111)
      Use y.
      Or z.

    </details>
    <details>
    <summary>Features (1)</summary>

    - add @&#8203;dana's &lt;b&gt;search&lt;/b&gt; (#12, 2222222222)

    </details>

    <details>
    <summary>Not told (1)</summary>

    - chore: x (4444444444): it is of the type `chore`, which is neither shown nor released

    </details>
    ");
}

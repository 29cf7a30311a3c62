use super::*;

/// Each change as `type(scope)!: description` and, behind an arrow, what breaks.
fn told_by(message: &str, bullets: Bullets) -> Vec<String> {
    let message = Message::new(message);
    match read(&message, bullets) {
        Reading::Changes(changes) => changes.iter().map(outline).collect(),
        Reading::Revert(revert) => vec![format!("reverts {:?} {:?} {:?}", revert.of.unwrap_or_default(), revert.commits, revert.requests)],
        Reading::Unread(reason) => vec![format!("unread: {reason}")],
    }
}

fn outline(change: &Change) -> String {
    let scope = change.header.scope.map(|scope| format!("({scope})")).unwrap_or_default();
    let breaking = change.breaking.as_ref().map(|text| format!(" → {}", text.replace('\n', " / "))).unwrap_or_default();
    format!("{}{scope}: {}{breaking}", change.header.kind.to_lowercase(), change.header.description)
}

#[track_caller]
fn check(message: &str, expected: &[&str]) {
    assert_eq!(told_by(message, Bullets::Fallback), expected, "{message:?}");
}

#[track_caller]
fn refused(message: &str) {
    assert!(matches!(read(&Message::new(message), Bullets::Fallback), Reading::Unread(_)), "{message:?}");
}

/// Cases 1, 6, 11, 12 and 61 of the peers' tests.
#[test]
fn paragraphs_lines_and_nested_blocks_are_changes_of_their_own() {
    check("feat: some feature\n\nfix: some bugfix", &["feat: some feature", "fix: some bugfix"]);
    check(
        "meta: multiple commits.\n\nDetails.\n\nSome clarifying facts.\n\nfix: fixes bug #733\nfeat(recaptchaenterprise): migrate microgenerator\n  Committer: @x\n  BREAKING-CHANGE: for some reason this breaks\n\nfix(securitycenter): fixes security center.",
        &[
            "meta: multiple commits.",
            "fix: fixes bug #733",
            "feat(recaptchaenterprise): migrate microgenerator → for some reason this breaks",
            "fix(securitycenter): fixes security center.",
        ],
    );
    check(
        "feat: adds v4 UUID\n\nThis adds support.\n\nfix(utils): unicode no longer throws\n\n- some more stuff\n\nfeat(utils): update encode\n\n- more stuff",
        &["feat: adds v4 UUID", "fix(utils): unicode no longer throws", "feat(utils): update encode"],
    );
    check(
        "fix: a\n\nBEGIN_NESTED_COMMIT\ndocs(samples): b\nEND_NESTED_COMMIT\nBEGIN_NESTED_COMMIT\nbuild: c\nEND_NESTED_COMMIT\nBEGIN_NESTED_COMMIT\nchore: d\nEND_NESTED_COMMIT\n\nCo-authored-by: E <e@x>",
        &["fix: a", "docs(samples): b", "build: c", "chore: d"],
    );
    check("feat: a\nfeat: b\nfix: c", &["feat: a", "feat: b", "fix: c"]);
}

/// No peer tests these: release-please's pattern leaves both unsplit.
#[test]
fn an_inner_paragraph_may_break_and_may_be_about_dependencies() {
    check("fix: a\n\nfeat!: b\n\ndeps: bump c", &["fix: a", "feat: b → b", "deps: bump c"]);
}

/// Case 2: a changelog that a bot quotes is not this repository's.
#[test]
fn a_quoted_changelog_is_no_change() {
    check(
        "fix: bump x from 1 to 2\n\n<ul>\n<li>feat: handle multiple commits (<a href=\"y\">#1</a>)</li>\n<li>\nfeat: in a list\n</li></ul>\n\nSigned-off-by: dependabot[bot] <x@y>",
        &["fix: bump x from 1 to 2"],
    );
    refused("Bump x from 1 to 2\n\n* feat: theirs\n* fix: theirs\n\nSigned-off-by: dependabot[bot] <x@y>");
}

/// Cases 3, 5, 7, 8, 9, 16, 27, 30, 31, 32, 36 and 60.
#[test]
fn what_breaks_is_told_by_the_footer_or_by_the_mark() {
    check(
        "feat: a\n\nextended body\n\nBREAKING CHANGE: this is actually a breaking change",
        &["feat: a → this is actually a breaking change"],
    );
    check("fix: a\n\nsome body\nPiperOrigin-RevId: 12345\nSource-Link: https://x\nBREAKING CHANGE: gone", &["fix: a → gone"]);
    check(
        "chore: a\n\nBREAKING CHANGE: we were on Node 6\nsecond line\nthird line",
        &["chore: a → we were on Node 6 / second line / third line"],
    );
    check("chore: a\n\nBREAKING CHANGE: Node 6\n- deleted foo\n- deleted bar", &["chore: a → Node 6 / - deleted foo / - deleted bar"]);
    check("chore: a\n\nBREAKING CHANGE: we were on Node 6\n\nI should be removed", &["chore: a → we were on Node 6"]);
    check("fix!: some breaking fix", &["fix: some breaking fix → some breaking fix"]);
    check("fix: a\nBREAKING CHANGE: first\n second\n third", &["fix: a → first / second / third"]);
    check("feat!: a\n\nBREAKING CHANGE: effect replaces hidden.\n\nFixes #1476.", &["feat: a → effect replaces hidden."]);
    check(
        "feat: a\n\nBREAKING CHANGE: b.\nThis fixes #1476.\nConsumers need c.",
        &["feat: a → b. / This fixes #1476. / Consumers need c."],
    );
    check("feat: a\n\nBREAKING CHANGE: b.\n\nCo-authored-by: C <c@x>", &["feat: a → b."]);
    check("feat: a\n\n* BREAKING CHANGE:\n\nThe text\nCloses #9462", &["feat: a → The text"]);
    check("fix(commit): a\n\nBREAKING CHANGE: b\nSigned-off-by: C <c@x>", &["fix(commit): a → b"]);
}

/// Case 10: bullets are how the change was made; the title says what it is. The other two settings are there for who sees it otherwise.
#[test]
fn bullets_count_where_the_title_is_not_conventional() {
    let squash = "fix: some fix (#1234)\n\n* fix: this becomes\n\n* fix: breaking change\n\nBREAKING CHANGE: my comment\n\n* feat: this breaks the footer parser";
    check(squash, &["fix: some fix (#1234) → my comment"]);
    assert_eq!(told_by(squash, Bullets::Always).len(), 4);
    check("Improve things (#2)\n\n* feat: a\n\n* fix(b)!: c\n\n* wip", &["feat: a", "fix(b): c → c"]);
    let never = told_by("Improve things (#2)\n\n* feat: a", Bullets::Never);
    assert_eq!(never, ["unread: has no `type: ` before its description"]);
}

/// Cases 25, 34 and 35, and what git-conventional takes though the specification does not.
#[test]
fn what_is_not_conventional_has_a_reason() {
    for message in ["feat add support", "feat( foo ) add", "feat(bar)! add", "feat(foo: add", "", "Add x", "http://x.y is down"] {
        refused(message);
    }
    for message in
        ["feat:x", "feat: ", "feat(a):x", "Merge branch 'a': b", "fixup! feat: x", "✨: x", "build/dep: x", "feat : x", "feat!!: x"]
    {
        refused(message);
    }
    for body in [
        "breaking changes #DS-2683",
        "BREAKING CHANGE was discussed but this commit contains none.",
        "BREAKING CHANGES:\n\ntext",
        "breaking change: x",
    ] {
        check(&format!("feat: a\n\n{body}"), &["feat: a"]);
    }
    check("feat: a\n\n```\nBREAKING CHANGE: quoted\nfix: quoted\n```", &["feat: a"]);
}

/// Cases 26 (the specification wants the space, so the first of its two is refused above), 28, 29, 33 and 80.
#[test]
fn headers_are_read_generously_where_the_specification_allows() {
    check("feat(http parser)!: x", &["feat(http parser): x → x"]);
    check("fix: a\nthis is a free form body", &["fix: a"]);
    check("FEAT(foo)!: incredible new flag FIXES: #33", &["feat(foo): incredible new flag FIXES: #33 → incredible new flag FIXES: #33"]);
    check("feat(*): implementing #5 by @dlmr\ncloses #10", &["feat: implementing #5 by @dlmr"]);
    check("\u{feff}\r\nfeat: a\r\n\r\nBREAKING CHANGE: b\r\n", &["feat: a → b"]);
    let body =
        "fix: a\n\nUpdates x\n\n---\nupdated-dependencies:\n- dependency-name: x\n  dependency-version: 2.0.0\n\nSigned-off-by: b <b@x>";
    check(body, &["fix: a"]);
    check("fix: a\n\nhttps://example.org is gone\n\n12:30 was too early", &["fix: a"]);
}

/// Cases 37, 38 and 76 in their forms.
#[test]
fn a_merge_is_looked_through_to_its_title() {
    check("Merge pull request #1 from user/feature\n\nfeat(scope): msg", &["feat(scope): msg"]);
    check("Merge branch 'f' into 'master'\r\n\r\nfeat(scope): a\r\n\r\nSee merge request acme/app!1", &["feat(scope): a"]);
    check("Merged PR 1: feat(scope): a", &["feat(scope): a"]);
    refused("Merge branch 'main' into feature");
}

/// Cases 39 and 45, and the forms that no peer knows: the buttons' texts and reverts of reverts.
#[test]
fn reverts_are_known_in_every_form() {
    let sha = "9bb4d6c1f2a3b4c5d6e7f8091a2b3c4d5e6f7a8b";
    check(&format!("Revert \"throw an error\"\n\nThis reverts commit {sha}."), &[&format!("reverts \"throw an error\" [\"{sha}\"] []")]);
    check("Revert \"\"\n\nThis reverts commit .", &["reverts \"\" [] []"]);
    check("revert: feat(scope): First\n\nThis reverts commit df012f3.", &["reverts \"feat(scope): First\" [\"df012f3\"] []"]);
    check(
        "revert: let us never speak of it\n\nRefs: 676104e, a215868",
        &["reverts \"let us never speak of it\" [\"676104e\", \"a215868\"] []"],
    );
    check("Revert \"feat: x (#12)\" (#13)\n\nReverts acme/app#12", &["reverts \"feat: x\" [] [12]"]);
    check("Revert \"feat: x\"\n\nThis reverts merge request !12", &["reverts \"feat: x\" [] [12]"]);
    check(&format!("Reapply \"feat: x\"\n\nThis reverts commit {sha}."), &[&format!("reverts \"feat: x\" [\"{sha}\"] []")]);
    check(
        &format!("Revert \"Revert \"feat: x\"\"\n\nThis reverts commit {sha}."),
        &[&format!("reverts \"Revert \\\"feat: x\\\"\" [\"{sha}\"] []")],
    );
    check(
        &format!("Revert \"a\"\n\nThis reverts commit {sha}, reversing\nchanges made to 1234567."),
        &[&format!("reverts \"a\" [\"{sha}\"] []")],
    );
}

/// Cases 4, 13, 29 and 31.
#[test]
fn trailers_tell_references_helpers_and_versions() {
    assert_eq!(references("some body\n\nFixes #123"), ["#123"]);
    assert_eq!(references("Author: @bcoe\nRefs #392"), ["#392"]);
    assert_eq!(references("This fixes #1476, #7 and acme/app#3. See #9."), ["#1476", "#7", "acme/app#3"]);
    assert_eq!(release_as("\nRelease-As: v3.0.0"), Some("v3.0.0"));
    assert_eq!(co_authors("x\n\nCo-authored-by: A <a@x>\nco-authored-by: B <b@x>"), ["A <a@x>", "B <b@x>"]);
    assert_eq!(picked_from("x\n\n(cherry picked from commit abc)"), Some("abc"));
}

/// Cases 14 and 15, and the end that is missing.
#[test]
fn a_description_may_replace_the_messages() {
    assert_eq!(replacement("x\nBEGIN_COMMIT_OVERRIDE\nfix: some fix\nEND_COMMIT_OVERRIDE\ny"), Some("fix: some fix"));
    let two = replacement("BEGIN_COMMIT_OVERRIDE\nfix: some fix\n\nfeat: another feature").unwrap();
    check(two, &["fix: some fix", "feat: another feature"]);
    assert_eq!(replacement("nothing"), None);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Text made of what messages are made of, so that it gets far into the grammar.
    fn messages() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "feat",
            "fix",
            "(",
            ")",
            "!",
            ": ",
            ":",
            " ",
            "\n",
            "\n\n",
            "\r\n",
            "* ",
            "BREAKING CHANGE: ",
            "BREAKING-CHANGE:",
            "Revert \"",
            "\"",
            "```\n",
            "This reverts commit ",
            "0123456789abcdef",
            "BEGIN_NESTED_COMMIT",
            "END_NESTED_COMMIT",
            "Merge pull request #1 from a\n\n",
            "Refs: ",
            "#12",
            "é",
            "x",
        ]);
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_message_makes_the_parser_panic(message in messages(), noise in "(?s).{0,200}") {
            for text in [&message, &noise] {
                let message = Message::new(text);
                let _ = (read(&message, Bullets::Always), references(text), co_authors(text), release_as(text), replacement(text));
            }
        }

        #[test]
        fn a_header_survives_any_body(body in "(?s)[^\u{0}]{0,200}") {
            let message = format!("fix(a): b\n\n{body}");
            let message = Message::new(&message);
            let Reading::Changes(changes) = read(&message, Bullets::Fallback) else { panic!("unread") };
            prop_assert!(outline(&changes[0]).starts_with("fix(a): b"));
        }

        #[test]
        fn a_change_says_something(message in messages()) {
            if let Reading::Changes(changes) = read(&Message::new(&message), Bullets::Always) {
                prop_assert!(!changes.is_empty());
                prop_assert!(changes.iter().all(|change| !change.header.kind.is_empty() && !change.header.description.is_empty()));
            }
        }
    }
}

#[test]
fn what_was_merged_says_through_which_request() {
    for (message, label) in [
        ("Merge pull request #12 from x/y\n\nfeat: a", Some("#12")),
        ("Merge branch 'x' into 'main'\n\nfeat: a\n\nSee merge request g/p!5", Some("!5")),
        ("feat: a\n\nSee merge request !5", Some("!5")),
        ("feat: a (#12)", None),
        ("Merge pull request from x", None),
        ("feat: a\n\nSee merge request g/p!5a", None),
    ] {
        assert_eq!(request(message), label, "{message:?}");
    }
}

use crate::domain::audit::{Fate, Happening, Incident};
use crate::domain::facts::LandedCommit;
use crate::domain::names::{BranchName, Sha, TagName, UserName};
use crate::domain::plan::{Answer, Note};
use crate::render::Renderer;

fn sha(byte: u8) -> Sha {
    Sha::from([byte; 20])
}

fn told(happening: Happening) -> String {
    let incident = Incident { by: UserName::parse("dana").unwrap(), who: "who may maintain".into(), happening };
    Renderer::new().unwrap().words(&Note::Incident(Box::new(incident))).unwrap()
}

fn commits(count: u8) -> Vec<LandedCommit> {
    let author = UserName::parse("eve").ok();
    (1..=count)
        .map(|at| LandedCommit { sha: sha(at), subject: "feat: *a* for @max".into(), author: author.clone(), requests: Vec::new() })
        .collect()
}

fn main() -> BranchName {
    BranchName::parse("main").unwrap()
}

#[test]
fn a_direct_push_is_told_with_its_commits_and_how_to_take_them_back() {
    insta::assert_snapshot!(told(Happening::DirectPush { branch: main(), after: sha(1), commits: commits(1) }), @r#"
    `dana` pushed to `main` what no change request brought there:

    - 0101010101 feat: \*a\* for @&#8203;max (`eve`)

    **Why this is reported:** `main` is protected, so what is on it has been reviewed and checked in a change request. A minute after the push the forge knew of no merged one for these commits.

    **How to repair it:** keep them if they are right, and close this issue. Otherwise take them back by a change request (for a merge commit, add `--mainline 1` to `git revert`):

    ```sh
    git fetch origin
    git switch --create revert-0101010101 origin/main
    git revert --no-edit 0101010101
    git push --set-upstream origin revert-0101010101
    ```

    **How to allow it:** name whoever may push in `allow`, or set `direct_pushes = "allow"`, under `[audit]`, in `slipway.toml` on the default branch.
    "#);
}

#[test]
fn a_long_list_is_cut_at_twenty() {
    let text = told(Happening::DirectPush { branch: main(), after: sha(1), commits: commits(23) });
    assert!(text.contains("- and 3 more") && text.matches("for @&#8203;max").count() == 20, "{text}");
}

#[test]
fn a_force_push_is_told_with_the_command_that_takes_it_back() {
    let forced = Happening::ForcePush { branch: main(), before: sha(0xaa), after: sha(0xbb), lost: Some(2), commits: commits(1) };
    insta::assert_snapshot!(told(forced), @r#"
    `dana` pushed to `main` by force. It was at aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and is at bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb now; 2 commits that it had are gone from it.

    In their place it has:

    - 0101010101 feat: \*a\* for @&#8203;max (`eve`)

    **Why this is reported:** `main` is protected, so what others have built on does not vanish from it.

    **How to repair it:** only a person takes a force push back. This does so, unless something else was pushed since:

    ```sh
    git fetch origin aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    git push --force-with-lease=refs/heads/main:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb origin aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:refs/heads/main
    ```

    **How to allow it:** set `force_pushes = "allow"` under `[audit]`, in `slipway.toml` on the default branch.
    "#);
}

#[test]
fn a_deleted_branch_is_told_as_gone_or_as_restored() {
    let deleted = |fate| told(Happening::BranchDeleted { branch: main(), was: sha(0xaa), fate });
    insta::assert_snapshot!(deleted(Fate::Gone), @r#"
    `dana` deleted the branch `main`, which was at aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.

    **Why this is reported:** `main` is protected, so it is to stay.

    **How to repair it:** comment `/slipway restore` here, which is for who may maintain, or run:

    ```sh
    git fetch origin aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    git push origin aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:refs/heads/main
    ```

    **How to allow it:** set `deletions = "allow"`, or take the branch out of `protected`, under `[audit]`, in `slipway.toml` on the default branch.
    "#);
    assert!(deleted(Fate::Restored).contains("**It is restored.**") && !deleted(Fate::Restored).contains("/slipway restore"));
}

#[test]
fn tags_are_told_with_what_is_wrong() {
    let tag = || TagName::parse("v1.0.0").unwrap();
    let why = vec!["it is a mere name for a commit".into()];
    insta::assert_snapshot!(told(Happening::TagRefused { tag: tag(), commit: sha(0xaa), why }), @r#"
    `dana` made the tag `v1.0.0` at aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, and it is not as tags are to be here:

    - it is a mere name for a commit.

    **Why this is reported:** what goes by tags, such as a release, counts on it.

    **How to repair it:** delete it and make it anew as it should be. While this issue is open, that is not reported.

    ```sh
    git push origin --delete refs/tags/v1.0.0
    ```

    **How to allow it:** change what `[audit.tags]` asks for, in `slipway.toml` on the default branch.
    "#);
    assert!(told(Happening::TagMoved { tag: tag(), before: sha(0xaa), after: sha(0xbb) }).contains(":refs/tags/v1.0.0\n```"));
    assert!(told(Happening::TagDeleted { tag: tag(), was: sha(0xaa) }).contains("deleted the tag `v1.0.0`"));
}

#[test]
fn commands_are_answered_as_they_are_to_be_typed() {
    let answers = vec![
        Answer::ByHand { why: "a tag is put back by a person", commands: vec!["git push origin 'a'".into()] },
        Answer::Restored { branch: main(), at: sha(0xaa) },
    ];
    insta::assert_snapshot!(Renderer::new().unwrap().words(&Note::Reply(answers)).unwrap(), @r#"
    Nothing was done here: a tag is put back by a person. These commands do it:

    ```sh
    git push origin 'a'
    ```

    The branch `main` is at aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa again. Had somebody made it again already, it was left as it is.
    "#);
}

use super::*;
use crate::domain::names::Sha;
use crate::domain::plan::Note;
use crate::render::Renderer;

fn words(note: &Note) -> String {
    Renderer::new().unwrap().words(note).unwrap()
}

fn mia() -> UserName {
    UserName::parse("mia").unwrap()
}

fn fire() -> Terms {
    let (since, until) = ("Fri 2026-12-18 18:00 UTC".to_owned(), None);
    Terms { reason: "logins *fail*".into(), by: Some(mia()), since, until, branches: vec!["release/*".into()], paths: Vec::new() }
}

fn rest() -> Terms {
    let (since, until) = ("Sun 2026-12-20 18:00 UTC".to_owned(), Some("Mon 2026-12-28 08:00 UTC".to_owned()));
    Terms { reason: "rest".into(), by: None, since, until, branches: Vec::new(), paths: vec!["db/**".into()] }
}

fn check(freezes: Vec<(Terms, Option<Number>)>, exemption: Option<Exemption>) -> String {
    let head = Sha::parse(&"1".repeat(40)).unwrap();
    words(&Note::Freeze(Box::new(Standing {
        head,
        held: freezes,
        exemption,
        who: Who::Maintain,
        by_command: "the team acme/sre".into(),
        labels: vec!["freeze-exempt".into()],
    })))
}

#[test]
fn those_who_wait_are_told_why_since_when_until_when_and_how_to_be_exempt() {
    insta::assert_snapshot!(check(vec![(fire(), Some(Number(12))), (rest(), None)], None), @r#"
    **Nothing is merged here now.**

    - ❄️ logins \*fail\*: since Fri 2026-12-18 18:00 UTC until somebody lifts it, into `release/*`. Declared by mia, kept in the issue #12.
    - ❄️ rest: since Sun 2026-12-20 18:00 UTC until Mon 2026-12-28 08:00 UTC, for changes to `db/**`. Planned in `slipway.toml`.

    The check follows when it ends. Should this one not be able to wait, an exemption is for the team acme/sre: `/slipway override freeze reason="…"` holds for this commit. The label `freeze-exempt` holds as long as it is there, if somebody with the right to `maintain` has set it.

    <sub>Judged at 1111111111111111111111111111111111111111.</sub>
    "#);
}

#[test]
fn those_who_pass_are_told_why() {
    let label = Exemption::Label { label: "freeze-exempt".into(), by: mia() };
    insta::assert_snapshot!(check(vec![(rest(), None)], Some(label)), @r"
    **This change request may be merged during the freeze:** the label freeze-exempt, set by mia. It holds as long as the label is there.

    - ❄️ rest: since Sun 2026-12-20 18:00 UTC until Mon 2026-12-28 08:00 UTC, for changes to `db/**`. Planned in `slipway.toml`.

    <sub>Judged at 1111111111111111111111111111111111111111.</sub>
    ");
    assert!(check(Vec::new(), None).starts_with("Nothing is frozen that this change request is about."));
}

fn issue(terms: Option<Terms>, end: End) -> String {
    words(&Note::FreezeRecord(Box::new(Told { terms, end, who: Who::Maintain, by_command: "who may write".into() })))
}

#[test]
fn the_issue_is_the_record_of_the_freeze() {
    insta::assert_snapshot!(issue(Some(fire()), End::NotYet), @r"
    **Nothing is merged into `release/*` until this issue is closed.**

    | | |
    | --- | --- |
    | why | logins \*fail\* |
    | who | mia |
    | since | Fri 2026-12-18 18:00 UTC |
    | until | it is lifted |
    | branches | `release/*` |
    | paths | all |

    This issue is the freeze: whoever has the right to `maintain` lifts it by closing the issue. The command `/slipway thaw`, which does so too, is for who may write.

    The check `slipway/freeze` tells on each change request whether it is held back. This text is kept by Slipway; to add something, write a comment.
    ");
}

#[test]
fn the_issue_says_how_the_freeze_ended() {
    let lifted = issue(Some(fire()), End::Lifted { by: mia(), at: "Sat 2026-12-19 09:00 UTC".into() });
    assert!(lifted.starts_with("**This freeze was lifted by mia on Sat 2026-12-19 09:00 UTC.**"), "{lifted}");
    assert!(issue(Some(rest()), End::Over).starts_with("**This freeze is over.**"));
    assert!(issue(None, End::NotYet).contains("it is a freeze of everything"));
}

#[test]
fn who_lacks_the_right_is_told_so() {
    let kept = |change| words(&Note::FreezeKept { by: mia(), who: Who::Maintain, change });
    assert!(kept(IssueChange::Closed).starts_with("mia closed this issue and lacks the right to `maintain`"));
    assert!(kept(IssueChange::Reopened).contains("so it is closed again"));
}

//! Freezes from the command that declares one to the thaw, on both forges.

use slipway::sandbox::acts::Edit;
use slipway::sandbox::people::IssueView;
use slipway::sandbox::{Kind, Role};

use crate::support::{World, on_both, world};

const POLICY: &str = "release.from = 'never'\n[freeze]\n";

/// State and title of the freeze check on a branch's head.
fn freeze(world: &World, branch: &str) -> (String, String) {
    freeze_on(world, &world.repository.head(branch).unwrap())
}

fn freeze_on(world: &World, sha: &str) -> (String, String) {
    let found = world.repository.checks(sha).into_iter().rfind(|check| check.name == "slipway/freeze");
    found.map(|check| (check.state, check.title)).unwrap_or_default()
}

fn is_frozen(world: &World, branch: &str) -> bool {
    let (state, title) = freeze(world, branch);
    assert!(!state.is_empty(), "{branch} has no check: {:?}", world.told());
    assert_eq!(state == "failure", title.starts_with("frozen"), "{state}: {title}");
    state == "failure"
}

/// The issues of freezes, the oldest first.
fn issues(world: &World) -> Vec<IssueView> {
    world.repository.issues().into_iter().filter(|issue| issue.labels.contains(&"slipway:freeze".to_owned())).collect()
}

fn is_open(world: &World) -> Vec<bool> {
    issues(world).iter().map(|issue| issue.state.starts_with("open")).collect()
}

/// Max maintains, Dana writes, and two change requests are open.
async fn started(kind: Kind, policy: &str) -> (World, u64) {
    let world = world(kind, policy).await;
    world.repository.grant("max", Role::Maintain).unwrap();
    world.repository.grant("dana", Role::Write).unwrap();
    let number = world.open("a", "main", "feat: a");
    world.open("b", "main", "feat: b");
    world.settle().await;
    (world, number)
}

async fn say(world: &World, number: u64, by: &str, body: &str) {
    world.repository.comment(number, by, body).unwrap();
    world.settle().await;
}

#[tokio::test]
async fn a_maintainer_freezes_by_command_and_thaws_by_closing_the_issue() {
    on_both(async |kind| {
        let (world, number) = started(kind, POLICY).await;
        assert_eq!(freeze(&world, "a"), ("success".into(), "nothing is frozen".into()), "{kind}");
        say(&world, number, "dana", "/slipway freeze reason=incident").await;
        assert!(issues(&world).is_empty() && !is_frozen(&world, "a"), "{kind}: a developer may not");

        say(&world, number, "max", "/slipway freeze reason=\"incident: logins *fail*\"").await;
        assert_eq!(freeze(&world, "a").1, "frozen until it is lifted: incident: logins *fail*", "{kind}: {:?}", world.told());
        assert!(is_frozen(&world, "b"), "{kind}");
        let issue = issues(&world).remove(0);
        assert_eq!(issue.title, "Freeze: incident: logins *fail*", "{kind}");
        assert!(issue.body.contains("| who | max |") && issue.body.contains("logins \\*fail\\*"), "{kind}: {}", issue.body);
        world.open("c", "main", "feat: c");
        world.settle().await;
        assert!(is_frozen(&world, "c"), "{kind}: a new one is frozen too");

        world.repository.close_issue(issue.number, "dana").unwrap();
        world.settle().await;
        assert!(is_frozen(&world, "a") && is_open(&world) == [true], "{kind}: {:?}", world.told());

        world.repository.close_issue(issue.number, "max").unwrap();
        world.settle().await;
        assert!(["a", "b", "c"].iter().all(|branch| !is_frozen(&world, branch)), "{kind}: {:?}", world.told());
        assert_eq!(is_open(&world), [false], "{kind}");
        assert!(issues(&world)[0].body.contains("lifted by max"), "{kind}: {}", issues(&world)[0].body);

        world.repository.reopen_issue(issue.number, "max").unwrap();
        world.settle().await;
        assert!(is_frozen(&world, "b"), "{kind}: {:?}", world.told());
        say(&world, number, "max", "/slipway thaw").await;
        assert!(!is_frozen(&world, "b") && is_open(&world) == [false], "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn documentation_a_label_and_an_override_pass_a_window_of_the_file() {
    on_both(async |kind| {
        let window = "[[freeze.windows]]\nreason = 'rest'\nfrom = '2020-01-01T00:00'\nuntil = '2099-01-01T00:00'\n";
        let (world, number) = started(kind, &format!("{POLICY}{window}")).await;
        assert_eq!(freeze(&world, "a").1, "frozen until Thu 2099-01-01 00:00 UTC: rest", "{kind}");
        world.repository.branch("docs", "main").unwrap();
        world.repository.commit("docs", "dana", "docs: more", &[("docs/a.txt", "a"), ("README.md", "b")]).unwrap();
        world.repository.open("dana", "docs", "main", "docs: more").unwrap();
        world.settle().await;
        assert_eq!(freeze(&world, "docs").1, "exempt: it changes nothing but documentation", "{kind}");

        world.repository.grant("tim", Role::Triage).unwrap();
        world.repository.label_by(number, "tim", "freeze-exempt").unwrap();
        world.settle().await;
        assert!(is_frozen(&world, "a"), "{kind}: who triages may not exempt");
        world.repository.unlabel_by(number, "tim", "freeze-exempt").unwrap();
        world.repository.label_by(number, "max", "freeze-exempt").unwrap();
        world.settle().await;
        assert_eq!(freeze(&world, "a").1, "exempt: the label freeze-exempt, set by max", "{kind}: {:?}", world.told());
        world.repository.unlabel_by(number, "max", "freeze-exempt").unwrap();
        world.settle().await;
        assert!(is_frozen(&world, "a"), "{kind}");

        say(&world, number, "dana", "/slipway override freeze reason=hotfix").await;
        assert!(is_frozen(&world, "a"), "{kind}");
        say(&world, number, "max", "/slipway override freeze reason=hotfix").await;
        assert_eq!(freeze(&world, "a").1, "exempt: max: hotfix", "{kind}: {:?}", world.told());
        world.repository.commit("a", "dana", "feat: more", &[("c", "c")]).unwrap();
        world.settle().await;
        assert!(is_frozen(&world, "a"), "{kind}: the next push lapses it");
    })
    .await;
}

#[tokio::test]
async fn a_freeze_whose_time_is_over_ends_by_itself() {
    on_both(async |kind| {
        let (world, number) = started(kind, POLICY).await;
        let until = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(8)).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        say(&world, number, "max", &format!("/slipway freeze reason=deploy until={until}")).await;
        assert!(is_frozen(&world, "a") && is_open(&world) == [true], "{kind}: {:?}", world.told());
        for _ in 0..300 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            world.settle().await;
            world.idle().await;
            if is_open(&world) == [false] && freeze(&world, "b").0 == "success" {
                break;
            }
        }
        assert!(!is_frozen(&world, "a") && !is_frozen(&world, "b"), "{kind}: {:?}", world.told());
        assert_eq!(is_open(&world), [false], "{kind}");
        assert!(issues(&world)[0].body.contains("This freeze is over"), "{kind}");
    })
    .await;
}

/// The settings' clock has seconds, so what is to come soon is some seconds away.
fn soon(seconds: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[tokio::test]
async fn a_planned_freeze_begins_and_ends_by_itself_while_slipway_runs() {
    on_both(async |kind| {
        let window = format!("[[freeze.windows]]\nreason = 'rest'\nfrom = '{}'\nuntil = '{}'\n", soon(15), soon(30));
        let (world, _) = started(kind, &format!("{POLICY}{window}")).await;
        let mut seen = Vec::new();
        for _ in 0..1200 {
            let now = (is_frozen(&world, "a"), is_frozen(&world, "b"));
            // Between both, one of them may be seen already.
            if now.0 == now.1 && seen.last() != Some(&now.0) {
                seen.push(now.0);
            }
            if seen.len() == 3 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            world.settle().await;
        }
        assert_eq!(seen, [false, true, false], "{kind}: {:?}", world.told());
        assert!(issues(&world).is_empty(), "{kind}: what is planned has no issue");
    })
    .await;
}

#[tokio::test]
async fn a_merge_queue_is_told_of_a_freeze_on_its_own_commit() {
    on_both(async |kind| {
        let (world, number) = started(kind, POLICY).await;
        let before = world.repository.enqueue(number, "max").unwrap();
        world.settle().await;
        assert_eq!(freeze_on(&world, &before), ("success".into(), "nothing is frozen".into()), "{kind}: {:?}", world.told());
        world.repository.dequeue(number).unwrap();
        say(&world, number, "max", "/slipway freeze reason=incident").await;
        let after = world.repository.enqueue(number, "max").unwrap();
        world.settle().await;
        let title = "frozen until it is lifted: incident".to_owned();
        assert_eq!(freeze_on(&world, &after), ("failure".into(), title), "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn a_record_that_was_edited_is_a_freeze_of_everything_until_somebody_with_the_right_lifts_it() {
    on_both(async |kind| {
        let (world, number) = started(kind, POLICY).await;
        say(&world, number, "max", "/slipway freeze reason=deploy branches=release/*").await;
        assert!(!is_frozen(&world, "a"), "{kind}: it is about other branches");
        let issue = issues(&world).remove(0);
        let (mark, _) = issue.body.split_once('\n').unwrap();
        let words: Vec<_> = mark.split(' ').collect();
        let body = Some(issue.body.replace(words[words.len() - 2], "x"));
        world.repository.edit_issue(issue.number, "dana", Edit { body, ..Default::default() }).unwrap();
        world.settle().await;
        assert!(freeze(&world, "a").1.ends_with("the record of this freeze was edited"), "{kind}: {:?}", world.told());
        let body = Some("Nothing is frozen.".to_owned());
        world.repository.edit_issue(issue.number, "dana", Edit { body, ..Default::default() }).unwrap();
        world.settle().await;
        assert!(freeze(&world, "a").1.ends_with("the record of this freeze was edited"), "{kind}: {:?}", world.told());
        let told = issues(&world).remove(0).body;
        assert!(told.contains("nobody can say of what this freeze was"), "{kind}: {told}");
        world.repository.close_issue(issue.number, "max").unwrap();
        world.settle().await;
        assert!(!is_frozen(&world, "a"), "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn who_takes_the_label_off_the_issue_hides_no_freeze() {
    on_both(async |kind| {
        let (world, number) = started(kind, POLICY).await;
        world.repository.grant("tim", Role::Triage).unwrap();
        say(&world, number, "max", "/slipway freeze reason=deploy").await;
        let issue = issues(&world).remove(0).number;
        world.repository.unlabel_issue(issue, "tim", "slipway:freeze").unwrap();
        world.settle().await;
        assert_eq!((is_open(&world), is_frozen(&world, "a")), (vec![true], true), "{kind}: {:?}", world.told());

        world.repository.unlabel_issue(issue, "tim", "slipway:freeze").unwrap();
        world.repository.close_issue(issue, "tim").unwrap();
        world.settle().await;
        assert_eq!((is_open(&world), is_frozen(&world, "b")), (vec![true], true), "{kind}: {:?}", world.told());

        world.repository.unlabel_issue(issue, "tim", "slipway:freeze").unwrap();
        world.sandbox.take_deliveries();
        world.open("c", "main", "feat: c");
        world.settle().await;
        assert!(is_frozen(&world, "c"), "{kind}: nobody has told of the label");
        say(&world, number, "max", "/slipway thaw").await;
        assert_eq!((is_open(&world), is_frozen(&world, "c")), (vec![false], false), "{kind}: {:?}", world.told());
    })
    .await;
}

#[tokio::test]
async fn without_the_table_nothing_is_reported_and_the_command_says_how_to_turn_it_on() {
    on_both(async |kind| {
        let (world, number) = started(kind, "release.from = 'never'\n").await;
        assert_eq!(freeze(&world, "a").0, "", "{kind}");
        say(&world, number, "max", "/slipway freeze reason=incident").await;
        assert!(world.said(number)[0].contains("freezes are not turned on here"), "{kind}: {:?}", world.said(number));
    })
    .await;
}

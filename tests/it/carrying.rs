//! Changes that are carried to other branches: by label and by command, with a conflict and without, and what is told of it.

use slipway::sandbox::{Kind, Merge};

use crate::running::{POLICY, ask, ask_on, open_from, started, tracking};
use crate::support::on_both;

#[tokio::test]
async fn a_backport_that_conflicts_is_explained_and_done_by_hand() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        world.repository.branch("release/1.0", "v1.0.0").unwrap();
        world.repository.commit("main", "dana", "feat: greet", &[("greeting.txt", "hello\n")]).unwrap();
        world.repository.branch("fix/greeting", "main").unwrap();
        world.repository.commit("fix/greeting", "dana", "fix: greet politely", &[("greeting.txt", "good day\n")]).unwrap();
        let number = world.repository.open("dana", "fix/greeting", "main", "fix: greet politely").unwrap();
        let refused = ask_on(&world, number, "eve", "/slipway backport release/1.0").await;
        assert!(refused.contains("dana") && refused.contains("mia"), "{kind}: it says who has the right: {refused}");
        ask_on(&world, number, "dana", "/slipway backport release/1.0").await;
        world.repository.merge(number, "mia", Merge::Squash).unwrap();
        world.settle().await;

        let head = format!("backport/{number}-to-release/1.0");
        assert!(world.repository.newest_from(&head).is_none() && !world.repository.branches().contains(&head), "{kind}");
        assert!(
            !world.repository.branches().iter().any(|branch| branch.starts_with("slipway/tmp")),
            "{kind}: {:?}",
            world.repository.branches()
        );
        let table = world.said(number).into_iter().find(|body| body.contains("git cherry-pick -x")).unwrap_or_default();
        assert!(table.contains("greeting.txt") && table.contains("feat: greet"), "{kind}: {table}\n{:?}", world.said(number));

        world.repository.branch(&head, "release/1.0").unwrap();
        world.repository.commit(&head, "dana", "fix: greet politely", &[("greeting.txt", "good day\n")]).unwrap();
        let by_hand = world.repository.open("dana", &head, "release/1.0", "[release/1.0] fix: greet politely").unwrap();
        world.settle().await;
        world.repository.merge(by_hand, "mia", Merge::Squash).unwrap();
        world.settle().await;
        let table = world.said(number).into_iter().find(|body| body.contains("release/1.0") && body.contains("merged")).unwrap_or_default();
        assert!(!table.contains("git cherry-pick"), "{kind}: {:?}", world.said(number));
    })
    .await;
}

#[tokio::test]
async fn what_a_change_request_lacks_elsewhere_stands_in_one_table_and_on_the_page_of_each_line() {
    on_both(async |kind| {
        let world = started(kind, POLICY).await;
        let desk = world.repository.open_issue("mia", "Releases").unwrap();
        ask(&world, desk, "mia", "/slipway cut 1.1").await;
        world.repository.branch("release/1.0", "v1.0.0").unwrap();
        let number = world.open("fix/names", "main", "fix: refuse empty names");
        ask_on(&world, number, "dana", "/slipway backport release/1.1 release/1.0").await;
        let tables = || world.said(number).into_iter().filter(|body| body.contains("slipway:backports")).collect::<Vec<_>>();
        assert!(
            tables().len() == 1 && tables().iter().all(|table| table.contains("release/1.0") && table.contains("release/1.1")),
            "{kind}: {:?}",
            tables()
        );
        ask_on(&world, number, "dana", "/slipway backport release/1.0 waive=yes reason=\"1.0 has no names\"").await;
        world.repository.merge(number, "mia", Merge::Squash).unwrap();
        world.settle().await;
        assert!(tables().len() == 1 && tables().iter().all(|table| table.contains("1.0 has no names")), "{kind}: {:?}", tables());
        assert!(world.repository.newest_from(&format!("backport/{number}-to-release/1.0")).is_none(), "{kind}");

        let shows = |mark: &str| {
            let page = tracking(&world, "1.1").body;
            page.lines().any(|line| line.starts_with(&format!("- {mark} ")) && line.contains("refuse empty names"))
        };
        assert!(shows("⏳"), "{kind}: {}\n{}", tracking(&world, "1.1").body, world.told().join("\n"));
        let backport = open_from(&world, &format!("backport/{number}-to-release/1.1"));
        world.repository.merge(backport, "mia", Merge::Squash).unwrap();
        world.settle().await;
        assert!(shows("✅") && !shows("⏳"), "{kind}: {}", tracking(&world, "1.1").body);
    })
    .await;
}

#[tokio::test]
async fn authors_dates_and_sign_offs_stay_with_what_is_carried() {
    on_both(async |kind| {
        for (at, method) in [Merge::Squash, Merge::Rebase, Merge::MergeCommit].into_iter().enumerate() {
            if kind == Kind::GitLab && method == Merge::Rebase {
                continue;
            }
            let world = started(kind, POLICY).await;
            world.repository.branch("release/1.0", "v1.0.0").unwrap();
            let head = format!("fix/{at}");
            world.repository.branch(&head, "main").unwrap();
            world.repository.commit(&head, "dana", "fix: one\n\nSigned-off-by: Dana <dana@example.org>", &[("one.txt", "1\n")]).unwrap();
            world.repository.commit(&head, "kim", "fix: two\n\nSigned-off-by: Kim <kim@example.org>", &[("two.txt", "2\n")]).unwrap();
            let number = world.repository.open("dana", &head, "main", "fix: both").unwrap();
            world.repository.label(number, "backport release/1.0").unwrap();
            world.repository.merge(number, "mia", method).unwrap();
            world.settle().await;
            let carried = format!("backport/{number}-to-release/1.0");
            open_from(&world, &carried);
            let log = world.repository.log(&carried, "release/1.0");
            assert_eq!(log.len(), if method == Merge::Squash { 1 } else { 2 }, "{kind}, {method:?}: {log:?}");
            assert!(log.iter().all(|(_, message)| message.contains("(cherry picked from commit ")), "{kind}, {method:?}: {log:?}");
            if method != Merge::Squash {
                let authors: Vec<_> = log.iter().map(|(author, _)| author.to_lowercase()).collect();
                assert!(
                    authors.iter().any(|author| author.contains("dana")) && authors.iter().any(|author| author.contains("kim")),
                    "{kind}: {authors:?}"
                );
                assert!(log.iter().all(|(_, message)| message.contains("Signed-off-by: ")), "{kind}, {method:?}: {log:?}");
            }
            assert_eq!(
                (world.text(&carried, "one.txt"), world.text(&carried, "two.txt")),
                ("1\n".into(), "2\n".into()),
                "{kind}, {method:?}"
            );
        }
    })
    .await;
}

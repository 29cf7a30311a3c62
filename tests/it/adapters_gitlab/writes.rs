//! What the GitLab adapter writes, and that writing it again writes nothing.

use slipway::domain::facts::{Ref, RefusalWanted, ReleaseSeen, StandingWanted, State, Wanted};
use slipway::domain::names::{Number, Sha};
use slipway::domain::plan::{Action, Latest, Propose, Release, Stability, Visibility};
use slipway::forge::{Applied, Forge, ForgeError};

use super::{BRANCH, Lab, branch, main_branch, tag, wanted};

#[tokio::test]
async fn a_proposal_is_made_once_brought_up_to_date_and_withdrawn() {
    let lab = Lab::new().await;
    let files = [("CHANGELOG.md", "# 1.1.0\n"), ("VERSION", "1.1.0\n")];
    lab.app.commit("main", "dana", "feat: x", &[("x", "1")]).unwrap();
    let onto = lab.main();
    let propose = lab.proposal(onto.clone(), &files).await;
    let project = lab.project();
    project.line(&wanted(main_branch())).await.unwrap();
    lab.calls();
    assert_eq!(project.apply(&Action::Propose(Box::new(propose.clone()))).await.unwrap(), Applied::Created);
    assert_eq!(lab.calls(), ["POST /repository/commits", "POST /merge_requests"]);
    let made = lab.proposal(onto.clone(), &files).await;
    let seen = made.seen.clone().unwrap();
    assert_eq!((seen.tip.as_str(), seen.base.as_str(), seen.author.as_str()), (&*lab.app.head(BRANCH).unwrap(), "main", "slipway-bot"));
    assert!(seen.message.starts_with("chore: release 1.1.0\n\nSlipway-Content: ") && seen.body == "### Features\n\\/close", "{seen:?}");

    // The same again writes nothing, also where its answer was lost.
    lab.calls();
    assert_eq!(lab.apply(Action::Propose(Box::new(made))).await, Applied::Unchanged);
    lab.app.commit("main", "dana", "docs: y", &[("y", "1")]).unwrap();
    assert_eq!(
        lab.apply(Action::Propose(Box::new(Propose { onto: lab.main(), seen: Some(seen), ..propose.clone() }))).await,
        Applied::Unchanged
    );
    assert_eq!(lab.calls(), Vec::<String>::new());
    assert_eq!(lab.apply(Action::Propose(Box::new(Propose { title: "chore: again".to_owned(), ..propose }))).await, Applied::Changed);
    assert_eq!(lab.app.request(2), None);

    // Another version is one commit on the new head.
    let next = lab.proposal(lab.main(), &[("CHANGELOG.md", "# 2.0.0\n"), ("VERSION", "2.0.0\n")]).await;
    assert_eq!(lab.apply(Action::Propose(Box::new(next.clone()))).await, Applied::Changed);
    let seen = lab.proposal(lab.main(), &[]).await.seen.unwrap();
    assert_eq!((seen.title.as_str(), &seen.tip), ("chore: release 1.1.0", &Sha::parse(&lab.app.head(BRANCH).unwrap()).unwrap()));
    let line = lab.line(&wanted(Ref::Branch(branch(BRANCH)))).await;
    assert_eq!(line.window.commits[0].parents, [lab.main()]);
    assert_eq!(line.files["VERSION"], "2.0.0\n");

    let number = seen.number;
    let body = || "Nothing to release any more.".to_owned();
    assert_eq!(lab.apply(Action::Describe { number, body: body() }).await, Applied::Changed);
    assert_eq!(lab.apply(Action::Describe { number, body: body() }).await, Applied::Unchanged);
    assert_eq!(lab.apply(Action::Withdraw { number, body: body() }).await, Applied::Changed);
    assert_eq!(lab.apply(Action::Withdraw { number, body: body() }).await, Applied::Unchanged);
    let closed = lab.line(&wanted(main_branch())).await.proposals.remove(&branch(BRANCH)).unwrap();
    assert_eq!((closed.state, closed.body), (State::Closed, body()));
    assert_eq!(lab.apply(Action::Describe { number: Number(99), body: body() }).await, Applied::Unchanged);
}

#[tokio::test]
async fn a_tag_is_made_once_and_never_moved() {
    let lab = Lab::new().await;
    let start = lab.main();
    lab.app.commit("main", "dana", "feat: x", &[("x", "1")]).unwrap();
    let make = |name: &str, at: Sha| Action::Tag { tag: tag(name), at };
    assert_eq!(lab.apply(make("v1.1.0", lab.main())).await, Applied::Created);
    assert_eq!(lab.apply(make("v1.1.0", lab.main())).await, Applied::Unchanged);
    let error = lab.project().apply(&make("v1.1.0", start)).await.unwrap_err();
    assert!(matches!(&error, ForgeError::Rejected { message, .. } if message.contains(lab.main().as_str())), "{error}");
    let error = lab.project().apply(&make("v1.2.0", Sha::parse(&"1".repeat(40)).unwrap())).await.unwrap_err();
    assert!(matches!(&error, ForgeError::Rejected { message, .. } if message.contains("is invalid")), "{error}");
}

#[tokio::test]
async fn a_milestone_is_closed_by_any_of_its_titles() {
    let lab = Lab::new().await;
    lab.app.milestone("1.1.0").unwrap();
    lab.app.milestone("1.1.0-next").unwrap();
    lab.app.tag("v1.1.0", "main").unwrap();
    let milestones = ["v1.1.0", "1.1.0"].map(str::to_owned).into();
    let standing = Some(StandingWanted { milestones, refusal: RefusalWanted::IfAtHand });
    let wanted = Wanted { standing, ..wanted(Ref::Tag(tag("v1.1.0"))) };
    let found = lab.line(&wanted).await.standing.milestones;
    assert_eq!(found.iter().map(|milestone| milestone.title.as_str()).collect::<Vec<_>>(), ["1.1.0"]);
    let close = || Action::CloseMilestone { id: found[0].id, title: found[0].title.clone() };
    for _ in 0..2 {
        assert_eq!(lab.apply(close()).await, Applied::Changed);
        assert_eq!(lab.line(&wanted).await.standing.milestones, []);
    }
    let open: Vec<_> = lab.app.milestones().into_iter().filter(|milestone| milestone.is_open).map(|milestone| milestone.title).collect();
    assert_eq!(open, ["1.1.0-next"]);
}

#[tokio::test]
async fn a_release_is_published_once_and_its_notes_stay() {
    let lab = Lab::new().await;
    let publish = |notes: &str| {
        let (stability, latest, visibility) = (Stability::Prerelease, Latest::No, Visibility::Draft);
        Action::Publish(Release {
            tag: tag("v1.0.0"),
            title: "1.0.0".to_owned(),
            stability,
            latest,
            visibility,
            seen: ReleaseSeen::Unknown,
            everything: None,
            notes: notes.to_owned(),
        })
    };
    assert_eq!(lab.apply(publish("/close this")).await, Applied::Created);
    assert_eq!(lab.apply(publish("other")).await, Applied::Unchanged);
    assert_eq!(lab.app.releases()[0].body, "\\/close this");
    lab.app.edit_notes("v1.0.0", "").unwrap();
    assert_eq!(lab.apply(publish("other")).await, Applied::Changed);
}

/// What the list of tags tells, the forge itself says as well.
#[tokio::test]
async fn the_list_of_tags_tells_of_the_release_that_is_there() {
    let lab = Lab::new().await;
    lab.app.tag("v1.1.0", "main").unwrap();
    let standing = Some(StandingWanted { milestones: [].into(), refusal: RefusalWanted::Wanted });
    let wanted = Wanted { standing, ..wanted(Ref::Tag(tag("v1.1.0"))) };
    let seen = async || lab.line(&wanted).await.standing.release;
    let publish = |seen: ReleaseSeen| {
        let (tag, title, notes) = (tag("v1.1.0"), "v1.1.0".to_owned(), "Notes".to_owned());
        let (stability, latest, visibility) = (Stability::Stable, Latest::Yes, Visibility::Published);
        Action::Publish(Release { tag, title, stability, latest, visibility, seen, everything: None, notes })
    };
    assert_eq!(seen().await, ReleaseSeen::Absent);
    lab.calls();
    assert_eq!(lab.apply(publish(ReleaseSeen::Absent)).await, Applied::Created);
    assert_eq!(lab.calls(), ["POST /releases"]);
    assert_eq!(lab.apply(publish(ReleaseSeen::Absent)).await, Applied::Unchanged);
    assert_eq!(seen().await, ReleaseSeen::WithNotes);
    lab.app.edit_notes("v1.1.0", "").unwrap();
    assert_eq!(seen().await, ReleaseSeen::WithoutNotes);
    assert_eq!(lab.apply(publish(ReleaseSeen::WithoutNotes)).await, Applied::Changed);
}

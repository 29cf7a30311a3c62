//! Release change requests, on both forges: how they come about, what people may do to them, and what merging them leads to.

use slipway::sandbox::{Kind, Merge, Role};

use crate::support::{BOTH, World, world};

pub const NEXT: &str = "slipway/release/main";

pub const REQUEST: &str = "[release]\nfrom = 'request'\nfiles = ['Cargo.toml', 'Cargo.lock']\nlines = [{ branch = 'release/*' }]\n";

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"1.0.0\"\n";
const LOCK: &str = "[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";

/// A repository with version files, released as 1.0.0.
pub async fn released(kind: Kind, policy: &str) -> World {
    let world = world(kind, policy).await;
    world.repository.delete_tag("v1.0.0").unwrap();
    world.repository.commit("main", "max", "chore: begin", &[("Cargo.toml", MANIFEST), ("Cargo.lock", LOCK)]).unwrap();
    world.repository.tag("v1.0.0", "main").unwrap();
    world.repository.branch("release/1.0", "main").unwrap();
    world.sandbox.take_deliveries();
    world
}

impl World {
    /// A change request of one commit, merged; nobody is told yet.
    pub fn land(&self, head: &str, title: &str) -> u64 {
        let number = self.open(head, "main", title);
        self.repository.merge(number, "max", Merge::Squash).unwrap();
        number
    }

    pub async fn landed(&self, head: &str, title: &str) -> u64 {
        let number = self.land(head, title);
        self.settle().await;
        number
    }

    /// The number of the newest release change request from a branch, which has this state.
    #[track_caller]
    pub fn proposed(&self, head: &str, state: &str) -> u64 {
        let number = self.repository.newest_from(head);
        assert!(number.is_some(), "{}", self.told().join("\n"));
        let number = number.unwrap();
        assert_eq!(self.repository.request(number).unwrap().state, state, "{}", self.told().join("\n"));
        number
    }

    #[track_caller]
    pub fn title(&self, head: &str) -> String {
        self.repository.request(self.proposed(head, "open")).unwrap().title
    }

    #[track_caller]
    pub fn notes(&self, head: &str) -> String {
        self.repository.request(self.proposed(head, "open")).unwrap().body
    }

    pub fn rewrite(&self, head: &str, from: &str, to: &str) {
        let body = self.notes(head);
        assert!(body.contains(from), "{body}");
        self.repository.describe(self.proposed(head, "open"), &body.replace(from, to)).unwrap();
    }

    pub fn text(&self, at: &str, path: &str) -> String {
        self.repository.file(at, path).unwrap_or_default()
    }

    pub fn release_notes(&self, tag: &str) -> String {
        self.repository.releases().into_iter().find(|release| release.tag == tag).map(|release| release.body).unwrap_or_default()
    }

    /// How often the bot said this on a change request.
    pub fn count(&self, number: u64, text: &str) -> usize {
        self.said(number).iter().filter(|body| body.contains(text)).count()
    }
}

#[tokio::test]
async fn a_release_change_request_is_kept_up_to_date_and_merging_it_publishes_the_notes_as_people_left_them() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.repository.milestone("1.1.0").unwrap();
        let fix = world.landed("fix/b", "fix: b").await;
        assert_eq!(world.title(NEXT), "chore(release): 1.0.1", "{kind}");
        let feature = world.landed("feature/a", "feat: a").await;
        assert_eq!(world.title(NEXT), "chore(release): 1.1.0", "{kind}");
        assert!(world.text(NEXT, "Cargo.toml").contains("\"1.1.0\"") && world.text(NEXT, "Cargo.lock").contains("\"1.1.0\""));
        world.rewrite(NEXT, "- a (", "- All of a (");
        world.settle().await;
        assert!(world.text(NEXT, "CHANGELOG.md").contains("- All of a ("), "{kind}: {}", world.told().join("\n"));

        world.repository.merge(world.proposed(NEXT, "open"), "max", Merge::Squash).unwrap();
        world.settle().await;
        let notes = world.release_notes("v1.1.0");
        assert!(notes.contains("- All of a (") && notes.contains("- b (") && !notes.contains("## 1.1.0"), "{kind}: {notes}");
        assert_eq!((world.count(fix, "Released in **v1.1.0**"), world.count(feature, "Released in **v1.1.0**")), (1, 1), "{kind}");
        assert!(world.repository.milestones().iter().all(|milestone| !milestone.is_open));
        assert_eq!(world.text("main", "CHANGELOG.md").matches("- All of a (").count(), 1);
        world.landed("fix/c", "fix: c").await;
        assert_eq!(world.title(NEXT), "chore(release): 1.1.1", "{kind}");
        assert!(!world.notes(NEXT).contains("All of a"), "{kind}: {}", world.notes(NEXT));
    }
}

#[tokio::test]
async fn nothing_is_pushed_when_nothing_changed() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.land("feature/a", "feat: a");
        let mut deliveries = world.settle().await;
        let (head, body) = (world.repository.head(NEXT).unwrap(), world.notes(NEXT));
        world.repository.commit("main", "max", "chore: tidy", &[("x", "x")]).unwrap();
        deliveries.extend(world.settle().await);
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        assert_eq!(world.settle().await.len(), 0, "{kind}: nothing was written that the forge tells of");
        assert_eq!((world.repository.head(NEXT).unwrap(), world.notes(NEXT)), (head, body), "{kind}");
    }
}

/// Every head has its verdict, although the pushes and edits of one update are told of together.
#[tokio::test]
async fn a_release_change_request_that_was_brought_up_to_date_is_judged() {
    for kind in BOTH {
        let world = released(kind, &format!("{REQUEST}[rules.conventional_title]\n")).await;
        world.landed("feature/a", "feat: a").await;
        world.land("feature/b", "feat: b");
        for delivery in world.settle().await {
            world.post(&delivery).await;
        }
        world.idle().await;
        assert_eq!(world.policy(NEXT).0, "success", "{kind}: {}", world.told().join("\n"));
    }
}

#[tokio::test]
async fn hand_edits_survive_new_pushes_and_the_changelog_follows_them() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.land("feature/a", "feat: a");
        world.landed("feature/b", "feat: b").await;
        world.rewrite(NEXT, "### Features\n", "Read this first.\n\n### Features\n");
        let line = world.notes(NEXT).lines().find(|line| line.starts_with("- b ")).unwrap().to_owned();
        world.rewrite(NEXT, &line, "");
        world.rewrite(NEXT, "- a (", "- A, at last (");
        world.landed("fix/c", "fix: c <b>*_@max").await;
        for text in [world.notes(NEXT), world.text(NEXT, "CHANGELOG.md")] {
            let has = |part: &str| text.matches(part).count();
            assert_eq!((has("Read this first."), has("- A, at last ("), has("- b ("), has("- a (")), (1, 1, 0, 0), "{kind}: {text}");
            assert_eq!(has("- c &lt;b&gt;\\*\\_@&#8203;max ("), 1, "{kind}: {text}");
            assert!(!text.contains("\n\n\n"), "{kind}: {text}");
        }
    }
}

#[tokio::test]
async fn closing_a_release_change_request_puts_it_off_and_reopening_goes_on() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.landed("feature/a", "feat: a").await;
        let number = world.proposed(NEXT, "open");
        world.repository.close(number).unwrap();
        world.landed("feature/b", "feat: b").await;
        assert_eq!(world.proposed(NEXT, "closed"), number, "{kind}: the same version stays put off");
        world.repository.reopen(number).unwrap();
        world.settle().await;
        assert!(world.notes(NEXT).contains("- b ("), "{kind}: {}", world.told().join("\n"));

        world.repository.close(number).unwrap();
        world.landed("feature/c", "feat!: c").await;
        assert_eq!(world.title(NEXT), "chore(release): 2.0.0", "{kind}: another version is due");
    }
}

#[tokio::test]
async fn a_commit_that_a_person_pushed_is_not_overwritten_and_is_told_once() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.landed("feature/a", "feat: a").await;
        let pushed = world.repository.commit(NEXT, "max", "docs: by hand", &[("HAND.md", "by hand")]).unwrap();
        world.landed("feature/b", "feat: b").await;
        world.landed("feature/c", "feat: c").await;
        let number = world.proposed(NEXT, "open");
        assert_eq!(world.repository.head(NEXT).unwrap(), pushed, "{kind}");
        assert_eq!(world.count(number, "was pushed to `slipway/release/main` by somebody else"), 1, "{kind}: {:?}", world.said(number));

        world.repository.merge(number, "max", Merge::MergeCommit).unwrap();
        world.settle().await;
        let notes = world.release_notes("v1.1.0");
        assert!(notes.contains("- a (") && world.text("main", "HAND.md") == "by hand", "{kind}: {}", world.told().join("\n"));
    }
}

#[tokio::test]
async fn what_is_reverted_disappears_and_without_anything_left_the_change_request_is_closed() {
    for kind in BOTH {
        for method in [Merge::Squash, Merge::MergeCommit] {
            let world = released(kind, REQUEST).await;
            let revert = |number| {
                let number = world.repository.revert(number, "max").unwrap();
                world.repository.merge(number, "max", method).unwrap();
            };
            let one = world.open("feature/a", "main", "feat: a");
            world.repository.merge(one, "max", method).unwrap();
            let other = world.landed("fix/b", "fix: b").await;
            revert(one);
            world.settle().await;
            assert_eq!(world.title(NEXT), "chore(release): 1.0.1", "{kind}, {method:?}");
            assert!(!world.notes(NEXT).contains("Features"), "{kind}: {}", world.notes(NEXT));
            revert(other);
            world.settle().await;
            let number = world.proposed(NEXT, "closed");
            world.landed("fix/c", "fix: c").await;
            assert_ne!(world.proposed(NEXT, "open"), number, "{kind}: nobody has put this one off");
        }
    }
}

#[tokio::test]
async fn a_maintenance_line_releases_inside_its_range_and_refuses_beyond_it() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.landed("feature/a", "feat: a").await;
        world.repository.merge(world.proposed(NEXT, "open"), "max", Merge::Squash).unwrap();
        world.settle().await;
        let next = "slipway/release/release/1.0";
        world.repository.commit("release/1.0", "dana", "fix: old", &[("old", "x")]).unwrap();
        world.settle().await;
        world.repository.merge(world.proposed(next, "open"), "max", Merge::MergeCommit).unwrap();
        world.settle().await;
        assert!(world.release_notes("v1.0.1").contains("- old ("), "{kind}: {}", world.told().join("\n"));
        if kind == Kind::GitHub {
            assert_eq!(world.repository.latest_release().as_deref(), Some("v1.1.0"));
        }

        world.repository.commit("release/1.0", "dana", "feat: new", &[("new", "x")]).unwrap();
        world.settle().await;
        let checks = world.repository.checks(&world.repository.head("release/1.0").unwrap());
        let check = checks.into_iter().find(|check| check.name == "slipway/release");
        assert_eq!(check.map(|check| check.state).as_deref(), Some("failure"), "{kind}: {}", world.told().join("\n"));
        let number = world.repository.open("dana", "main", "release/1.0", "chore: ask").unwrap();
        world.repository.comment(number, "dana", "/slipway status").unwrap();
        world.settle().await;
        assert_eq!(
            world.count(number, "there is no release: 1.1.0 is outside of what this branch may release"),
            1,
            "{kind}: {:?}",
            world.said(number)
        );
    }
}

#[tokio::test]
async fn a_tag_made_by_hand_publishes_too() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        let number = world.landed("feature/a", "feat: a").await;
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        assert!(world.release_notes("v1.1.0").contains("- a ("), "{kind}: {}", world.told().join("\n"));
        assert_eq!(world.count(number, "Released in **v1.1.0**"), 1, "{kind}");
        // The change request that was open has nothing left to release, which does not wait for the next push.
        world.proposed(NEXT, "closed");
        world.landed("fix/b", "fix: b").await;
        assert_eq!(world.title(NEXT), "chore(release): 1.1.1", "{kind}");
        assert!(!world.notes(NEXT).contains("- a ("), "{kind}: {}", world.notes(NEXT));
    }
}

/// What the tag does not hold is proposed as what comes after it, at once.
#[tokio::test]
async fn a_tag_made_by_hand_behind_the_head_brings_the_open_change_request_up_to_date() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.landed("feature/a", "feat: a").await;
        let tagged = world.repository.head("main").unwrap();
        world.landed("fix/b", "fix: b").await;
        assert_eq!(world.title(NEXT), "chore(release): 1.1.0", "{kind}");
        world.repository.tag("v1.1.0", &tagged).unwrap();
        world.settle().await;
        assert!(world.release_notes("v1.1.0").contains("- a ("), "{kind}: {}", world.told().join("\n"));
        assert_eq!(world.title(NEXT), "chore(release): 1.1.1", "{kind}");
        assert!(world.notes(NEXT).contains("- b (") && !world.notes(NEXT).contains("- a ("), "{kind}: {}", world.notes(NEXT));
    }
}

#[tokio::test]
async fn a_template_that_is_not_at_the_tag_is_told_in_the_release() {
    for kind in BOTH {
        let world = released(kind, "changelog.template = 'notes.hbs'").await;
        world.landed("feature/a", "feat: a").await;
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let notes = world.release_notes("v1.1.0");
        assert!(
            notes.contains("- a (") && notes.contains("cannot be used, so the built-in one is: notes.hbs is not there"),
            "{kind}: {notes}"
        );
    }
}

/// A tag that was refused is published once the configuration can be read, and its check says so.
#[tokio::test]
async fn a_refused_tag_that_is_delivered_again_is_published_and_its_check_corrected() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.repository.commit("main", "max", "feat: break", &[("slipway.toml", "release = 1")]).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        let sha = world.repository.head("main").unwrap();
        let state = || world.repository.checks(&sha).into_iter().rfind(|check| check.name == "slipway/release").map(|check| check.state);
        let deliveries = world.settle().await;
        assert_eq!((state().as_deref(), world.release_notes("v1.1.0").as_str()), (Some("failure"), ""), "{kind}");
        world.repository.commit("main", "max", "fix: mend", &[("slipway.toml", REQUEST)]).unwrap();
        world.settle().await;
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        assert!(world.release_notes("v1.1.0").contains("- break ("), "{kind}: {}", world.told().join("\n"));
        assert_eq!(state().as_deref(), Some("success"), "{kind}");
    }
}

#[tokio::test]
async fn where_merges_release_a_tag_is_made_without_a_change_request() {
    for kind in BOTH {
        let world = released(kind, "release.from = 'merge'").await;
        let number = world.landed("feature/a", "feat: a").await;
        world.repository.commit("main", "max", "chore: tidy", &[("x", "x")]).unwrap();
        world.settle().await;
        assert_eq!(world.repository.tags(), ["v1.0.0", "v1.1.0"], "{kind}: {}", world.told().join("\n"));
        assert_eq!((world.count(number, "Released in **v1.1.0**"), world.repository.newest_from(NEXT)), (1, None), "{kind}");
    }
}

#[tokio::test]
async fn a_version_that_is_asked_for_holds_for_one_release_and_takes_the_right_to_write() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        world.repository.grant("rita", Role::Read).unwrap();
        let number = world.landed("fix/a", "fix: a").await;
        world.repository.comment(number, "rita", "/slipway release-as 3.0.0").unwrap();
        world.settle().await;
        assert_eq!(world.title(NEXT), "chore(release): 1.0.1", "{kind}");
        assert_eq!(world.count(number, "it takes the right to write"), 1, "{kind}: {:?}", world.said(number));
        world.repository.comment(number, "max", "/slipway release-as 2.0.0").unwrap();
        world.settle().await;
        world.landed("fix/b", "fix: b").await;
        assert_eq!(world.title(NEXT), "chore(release): 2.0.0", "{kind}");
        world.repository.merge(world.proposed(NEXT, "open"), "max", Merge::Squash).unwrap();
        world.settle().await;
        assert!(world.release_notes("v2.0.0").contains("- b ("), "{kind}: {}", world.told().join("\n"));
        world.landed("fix/c", "fix: c").await;
        assert_eq!(world.title(NEXT), "chore(release): 2.0.1", "{kind}");
    }
}

#[tokio::test]
async fn a_note_rewords_an_entry_before_and_after_the_merge() {
    for kind in BOTH {
        let world = released(kind, REQUEST).await;
        let number = world.open("feature/a", "main", "feat: a");
        world.repository.comment(number, "dana", "/slipway note \"feat(api): better words\"").unwrap();
        world.settle().await;
        assert_eq!(world.count(number, "**api:** better words"), 1, "{kind}: {:?}", world.said(number));
        world.repository.merge(number, "max", Merge::MergeCommit).unwrap();
        world.settle().await;
        assert!(world.notes(NEXT).contains("- **api:** better words ("), "{kind}: {}", world.notes(NEXT));
        world.repository.comment(number, "max", "/slipway note \"fix: the best words\"").unwrap();
        world.settle().await;
        let notes = world.notes(NEXT);
        assert!(notes.contains("- the best words (") && !notes.contains("better words"), "{kind}: {}", world.told().join("\n"));
        assert_eq!(world.title(NEXT), "chore(release): 1.0.1", "{kind}");
    }
}

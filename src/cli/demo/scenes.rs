//! The scenes: a change request that breaks the policy and its repair, a release change request from its first entry to its merge, and a
//! maintenance release. What must be seen is said for one forge and holds on both.

use anyhow::Context;

use crate::sandbox::{Kind, Merge, RepoHandle};

/// What people do in a scene, on one forge.
type Play = fn(&RepoHandle) -> anyhow::Result<()>;
/// What must be seen on one forge after it, each with a name.
type Seen = fn(&RepoHandle) -> anyhow::Result<Vec<(&'static str, bool)>>;

pub struct Scene {
    pub title: &'static str,
    pub play: Play,
    pub seen: Seen,
}

/// The branches of the release change requests.
const NEXT: &str = "slipway/release/main";
const NEXT_OF_1_0: &str = "slipway/release/release/1.0";

pub const SCENES: [Scene; 9] = [
    Scene {
        title: "Dana asks to merge feature/login into release/1.0, under the title “Add login”.",
        play: |repository| {
            branch(repository, "feature/login", "main", "feat: add login")?;
            repository.open("dana", "feature/login", "release/1.0", "Add login").map(drop)
        },
        seen: |repository| {
            Ok(vec![
                ("slipway/policy fails", state(repository, "feature/login")? == "failure"),
                ("one comment explains both broken rules", comments(repository, 1, "How to repair it").len() == 1),
            ])
        },
    },
    Scene {
        title: "She repairs it: into main, as “feat: add login”.",
        play: |repository| {
            repository.retarget(1, "main")?;
            repository.retitle(1, "feat: add login")
        },
        seen: |repository| {
            Ok(vec![
                ("slipway/policy passes", state(repository, "feature/login")? == "success"),
                ("the same comment says so", comments(repository, 1, "follows the branching policy").len() == 1),
                ("another tells what merging it releases", comments(repository, 1, "makes the next release **1.1.0**").len() == 1),
                ("there is no third one", repository.comments(1).len() == 2),
            ])
        },
    },
    Scene {
        title: "Max squashes it into main.",
        play: |repository| repository.merge(1, "max", Merge::Squash).map(drop),
        seen: |repository| {
            let (title, body) = proposed(repository, NEXT)?;
            let text = |path| repository.file(NEXT, path).unwrap_or_default();
            Ok(vec![
                ("the merged branch is gone", !repository.branches().contains(&"feature/login".to_owned())),
                ("a release change request appears", title == "chore(release): 1.1.0" && once(&body, "- add login")),
                ("slipway/policy passes on it", state(repository, NEXT)? == "success"),
                ("it writes the version files", text("Cargo.toml").contains("\"1.1.0\" # one day") && text("Cargo.lock").contains("1.1.0")),
                ("and the changelog", once(&text("CHANGELOG.md"), "- add login")),
            ])
        },
    },
    Scene {
        title: "Dana rewords its notes by hand; then Kim’s fix/names is merged, with a merge commit.",
        play: |repository| {
            let number = repository.newest_from(NEXT).context("there is no release change request")?;
            let body = proposed(repository, NEXT)?.1;
            repository.describe(number, &body.replace("- add login", "- Sign in with a password"))?;
            branch(repository, "fix/names", "main", "fix(names): refuse empty names")?;
            let number = repository.open("kim", "fix/names", "main", "fix(names): refuse empty names")?;
            repository.merge(number, "max", Merge::MergeCommit).map(drop)
        },
        seen: |repository| {
            let (title, body) = proposed(repository, NEXT)?;
            let changelog = repository.file(NEXT, "CHANGELOG.md").unwrap_or_default();
            Ok(vec![
                ("her words stay", once(&body, "- Sign in with a password") && !body.contains("add login")),
                ("the fix is added", once(&body, "- **names:** refuse empty names") && title == "chore(release): 1.1.0"),
                ("the changelog says the same", once(&changelog, "- Sign in with") && once(&changelog, "refuse empty names")),
            ])
        },
    },
    Scene {
        title: "A change request of Ann’s is merged and, with the forge’s button, reverted.",
        play: |repository| {
            branch(repository, "feature/banner", "main", "feat: show a banner")?;
            let number = repository.open("ann", "feature/banner", "main", "feat: show a banner")?;
            repository.merge(number, "max", Merge::Squash)?;
            let number = repository.revert(number, "max")?;
            repository.merge(number, "max", Merge::Squash).map(drop)
        },
        seen: |repository| Ok(vec![("nothing of it is in the notes", !proposed(repository, NEXT)?.1.contains("banner"))]),
    },
    Scene {
        title: "Dana asks: /slipway status. Max says: /slipway release-as 2.0.0.",
        play: |repository| {
            repository.comment(1, "dana", "/slipway status")?;
            repository.comment(1, "max", "/slipway release-as 2.0.0").map(drop)
        },
        seen: |repository| {
            let asked = repository.comments(1).into_iter().find(|comment| comment.author == "dana");
            Ok(vec![
                ("her comment has 👀 and 👍", asked.is_some_and(|comment| comment.reactions.len() == 2)),
                ("she learns what would be next", comments(repository, 1, "the next release would be **1.1.0**").len() == 1),
                ("the release becomes 2.0.0", proposed(repository, NEXT)?.0 == "chore(release): 2.0.0"),
            ])
        },
    },
    Scene {
        title: "Max merges the release change request.",
        play: |repository| {
            let number = repository.newest_from(NEXT).context("there is no release change request")?;
            repository.merge(number, "max", Merge::MergeCommit).map(drop)
        },
        seen: |repository| {
            let notes = notes(repository, "v2.0.0");
            let text = |path| repository.file("main", path).unwrap_or_default();
            let told = |number| comments(repository, number, "Released in **v2.0.0**").len() == 1;
            let closed = repository.milestones().iter().all(|milestone| !milestone.is_open);
            Ok(vec![
                ("v2.0.0 is released", !notes.is_empty() && repository.latest_release().as_deref() == Some("v2.0.0")),
                ("with the notes as people left them", once(&notes, "Sign in with a password") && once(&notes, "refuse empty names")),
                ("both change requests are told once", told(1) && told(repository.newest_from("fix/names").unwrap_or_default())),
                ("the milestone is closed", closed),
                ("main has version and changelog", text("Cargo.toml").contains("\"2.0.0\"") && once(&text("CHANGELOG.md"), "## [2.0.0]")),
                ("and nothing more is proposed", proposed(repository, NEXT).is_err()),
            ])
        },
    },
    Scene {
        title: "1.0 needs Kim’s fix as well: fix/names-1.0 is merged into release/1.0.",
        play: |repository| {
            branch(repository, "fix/names-1.0", "release/1.0", "fix(names): refuse empty names")?;
            let number = repository.open("kim", "fix/names-1.0", "release/1.0", "fix(names): refuse empty names")?;
            repository.merge(number, "max", Merge::Squash).map(drop)
        },
        seen: |repository| Ok(vec![("its own release is proposed", proposed(repository, NEXT_OF_1_0)?.0 == "chore(release): 1.0.1")]),
    },
    Scene {
        title: "Max merges that release.",
        play: |repository| {
            let number = repository.newest_from(NEXT_OF_1_0).context("there is no release change request")?;
            repository.merge(number, "max", Merge::Squash).map(drop)
        },
        seen: |repository| {
            let mut seen = vec![("v1.0.1 is released", notes(repository, "v1.0.1").contains("refuse empty names"))];
            // GitLab takes the newest for the latest, whatever its version.
            if repository.kind() == Kind::GitHub {
                seen.push(("and v2.0.0 stays the latest", repository.latest_release().as_deref() == Some("v2.0.0")));
            }
            Ok(seen)
        },
    },
];

/// A branch with one commit.
pub fn branch(repository: &RepoHandle, name: &str, from: &str, message: &str) -> anyhow::Result<()> {
    repository.branch(name, from)?;
    repository.commit(name, "dana", message, &[(&format!("{}.txt", name.replace('/', "-")), message)]).map(drop)
}

/// State and title of a check on a branch's head.
pub fn check(repository: &RepoHandle, branch: &str, name: &str) -> anyhow::Result<(String, String)> {
    let checks = repository.checks(&repository.head(branch)?);
    Ok(checks.into_iter().rfind(|check| check.name == name).map(|check| (check.state, check.title)).unwrap_or_default())
}

fn state(repository: &RepoHandle, branch: &str) -> anyhow::Result<String> {
    Ok(check(repository, branch, "slipway/policy")?.0)
}

/// The bot's comments on a change request that hold a text.
pub fn comments(repository: &RepoHandle, number: u64, text: &str) -> Vec<String> {
    let own = repository.comments(number).into_iter().filter(|comment| comment.author.starts_with("slipway"));
    own.map(|comment| comment.body).filter(|body| body.contains(text)).collect()
}

/// Title and description of the open change request from a branch.
fn proposed(repository: &RepoHandle, head: &str) -> anyhow::Result<(String, String)> {
    let request = repository.newest_from(head).and_then(|number| repository.request(number));
    let open = request.filter(|request| request.state == "open");
    open.map(|request| (request.title, request.body)).with_context(|| format!("no change request from {head} is open"))
}

fn notes(repository: &RepoHandle, tag: &str) -> String {
    repository.releases().into_iter().find(|release| release.tag == tag).map(|release| release.body).unwrap_or_default()
}

fn once(text: &str, part: &str) -> bool {
    text.matches(part).count() == 1
}

//! The story: a change request that breaks the policy, its repair, two merges, a tag, a question. Each scene plays on both forges
//! and ends with what must be seen there now.

use super::stage::Stage;
use crate::sandbox::{Merge, RepoHandle};

/// What people do in a scene, on one forge.
type Play = fn(&RepoHandle) -> anyhow::Result<()>;
/// What must be seen on one forge after it, each with a name.
type Seen = fn(&RepoHandle) -> anyhow::Result<Vec<(&'static str, bool)>>;

struct Scene {
    title: &'static str,
    play: Play,
    seen: Seen,
}

const SCENES: [Scene; 6] = [
    Scene {
        title: "Dana asks to merge feature/login into release/1.0, under the title “Add login”.",
        play: |repository| {
            repository.branch("feature/login", "main")?;
            repository.commit("feature/login", "dana", "feat: add login", &[("login.txt", "who goes there?\n")])?;
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
                ("there is no second one", repository.comments(1).len() == 1),
            ])
        },
    },
    Scene {
        title: "Kim, who knows the policy, asks to merge fix/names.",
        play: |repository| {
            repository.branch("fix/names", "main")?;
            repository.commit("fix/names", "kim", "fix(names): refuse empty names", &[("names.txt", "no empty ones\n")])?;
            repository.open("kim", "fix/names", "main", "fix(names): refuse empty names").map(drop)
        },
        seen: |repository| {
            Ok(vec![
                ("slipway/policy passes at once", state(repository, "fix/names")? == "success"),
                ("and nobody is told what they know", repository.comments(2).is_empty()),
            ])
        },
    },
    Scene {
        title: "Max merges both, one squashed and one with a merge commit.",
        play: |repository| {
            repository.merge(1, "max", Merge::Squash)?;
            repository.merge(2, "max", Merge::MergeCommit).map(drop)
        },
        seen: |repository| {
            let kept: Vec<_> =
                repository.branches().into_iter().filter(|name| name.contains("feature/") || name.contains("fix/")).collect();
            Ok(vec![("the merged branches are gone", kept.is_empty())])
        },
    },
    Scene {
        title: "Max tags v1.1.0.",
        play: |repository| repository.tag("v1.1.0", "main"),
        seen: |repository| {
            let notes = repository.releases().into_iter().find(|release| release.tag == "v1.1.0").map(|release| release.body);
            let notes = notes.unwrap_or_default();
            let once = |text: &str| notes.matches(text).count() == 1;
            Ok(vec![
                ("v1.1.0 is released", !notes.is_empty()),
                ("its notes name each change once", once("add login") && once("**names:** refuse empty names")),
                ("the first change request is told once", comments(repository, 1, "Released in **v1.1.0**").len() == 1),
                ("the second one too", comments(repository, 2, "Released in **v1.1.0**").len() == 1),
            ])
        },
    },
    Scene {
        title: "Dana asks: /slipway help",
        play: |repository| repository.comment(1, "dana", "/slipway help").map(drop),
        seen: |repository| {
            let asked = repository.comments(1).into_iter().find(|comment| comment.author == "dana");
            let thumbs = asked.is_some_and(|comment| comment.reactions.len() == 2);
            Ok(vec![("her comment has 👀 and 👍", thumbs), ("she has one answer", comments(repository, 1, "/slipway recheck").len() == 1)])
        },
    },
];

/// The state of the policy check on a branch's head.
fn state(repository: &RepoHandle, branch: &str) -> anyhow::Result<String> {
    let checks = repository.checks(&repository.head(branch)?);
    Ok(checks.into_iter().find(|check| check.name == "slipway/policy").map(|check| check.state).unwrap_or_default())
}

/// The bot's comments on a change request that hold a text.
fn comments(repository: &RepoHandle, number: u64, text: &str) -> Vec<String> {
    let own = repository.comments(number).into_iter().filter(|comment| comment.author.starts_with("slipway"));
    own.map(|comment| comment.body).filter(|body| body.contains(text)).collect()
}

/// Plays all scenes and prints the timeline; returns what should have been seen and was not.
#[expect(clippy::print_stdout, reason = "the demo is read in a terminal")]
pub async fn play(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for scene in SCENES {
        println!("\n━━ {}", scene.title);
        for repository in &stage.repositories {
            (scene.play)(repository)?;
        }
        stage.settle().await;
        let (quiet, busy): (Vec<_>, Vec<_>) = stage.take_acts().into_iter().partition(|act| act.is_quiet);
        for act in busy {
            println!("\n   {} · {}\n   {}", act.forge, act.event, act.report.replace('\n', "\n   "));
        }
        println!();
        for act in quiet {
            println!("   {} · {}: {}", act.forge, act.event, act.report);
        }
        for repository in &stage.repositories {
            for (what, is_so) in (scene.seen)(repository)? {
                println!("   {} {}: {what}", if is_so { '✓' } else { '✗' }, repository.kind());
                if !is_so {
                    missing.push(format!("{}, {}: {what}", repository.kind(), scene.title));
                }
            }
        }
    }
    Ok(missing)
}

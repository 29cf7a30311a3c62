//! The story, told: each scene plays on both forges and ends with what must be seen there now.

use super::scenes::{SCENES, Scene};
use super::stage::Stage;
use super::{policy, running, train};

/// Plays all scenes and prints the timeline; returns what should have been seen and was not.
pub async fn play(mut stage: Stage) -> anyhow::Result<(Stage, Vec<String>)> {
    let mut missing = Vec::new();
    for scene in SCENES.into_iter().chain(policy::SCENES).chain(running::SCENES) {
        missing.extend(show(&stage, &scene).await?);
    }
    for (wait, scene) in train::SCENES {
        if let Some(wait) = wait {
            stage = stage.pass(wait()).await?;
        }
        missing.extend(show(&stage, &scene).await?);
    }
    Ok((stage, missing))
}

/// What should have been seen of one scene and was not.
#[expect(clippy::print_stdout, reason = "the demo is read in a terminal")]
async fn show(stage: &Stage, scene: &Scene) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
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
    Ok(missing)
}

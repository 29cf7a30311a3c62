//! `slipway demo`: a sandbox forge and the bot on loopback, a short story on both of its dialects, and then everything stays up.

mod policy;
mod running;
mod scenes;
mod stage;
mod story;
mod train;

use anyhow::{Context, ensure};

use self::stage::Stage;

#[expect(clippy::print_stdout, reason = "the demo is read in a terminal")]
pub async fn run(once: bool, port: u16) -> anyhow::Result<()> {
    let stage = Stage::set(port).await?;
    println!("A forge lives at {} for as long as this runs; Slipway listens at {}.", stage.sandbox.url(), stage.bot_url());
    let (stage, missing) = story::play(stage).await?;
    if !once {
        println!("\nLook around at {}, and comment there as a developer: /slipway help", stage.sandbox.url());
        println!("Ctrl-C ends it.");
        tokio::signal::ctrl_c().await.context("Ctrl-C cannot be waited for")?;
    }
    stage.strike().await;
    ensure!(missing.is_empty(), "the story did not go as it should:\n{}", missing.join("\n"));
    Ok(())
}

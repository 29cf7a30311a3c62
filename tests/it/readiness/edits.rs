//! Edits of a checklist by somebody who may not tick.

use super::{cut, issue_text, page, ticked, ticks};
use crate::running::said_in_issue;
use crate::support::on_both;

const POLICY: &str = "[release]\npreview = false\n[readiness]\ntick = ['maintain']\n[[checklist]]\nitems = ['The candidate was tried', 'The docs are online']\n";

#[tokio::test]
async fn a_tick_by_somebody_who_may_not_is_undone_with_a_word_and_nothing_else_is() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, POLICY).await;
        world.repository.tick(issue_text(issue), "mia", "The docs are online").unwrap();
        world.settle().await;
        assert!(ticked(&page(&world, issue), "The docs are online"), "{kind}: {}", page(&world, issue));
        assert!(!said_in_issue(&world, issue).iter().any(|said| said.contains("edited the checklist")), "{kind}");

        ticks(&world, issue, "The candidate was tried").await;
        let after = page(&world, issue);
        assert!(!ticked(&after, "The candidate was tried") && ticked(&after, "The docs are online"), "{kind}: {after}");
        let said = said_in_issue(&world, issue);
        let words: Vec<_> = said.iter().filter(|said| said.contains("dana edited the checklist")).collect();
        assert!(words.len() == 1 && words[0].contains("undone") && !words[0].contains("@dana"), "{kind}: {said:?}");

        let text = format!("{}\n\nAsk Kim about the logo.\n", page(&world, issue));
        world.repository.edit_text(issue_text(issue), "dana", &text).unwrap();
        world.settle().await;
        assert!(page(&world, issue).contains("Ask Kim about the logo."), "{kind}: {}", page(&world, issue));

        // One edit inside and outside of the list: what is outside stays.
        let text = page(&world, issue).replace("The candidate was tried", "Nothing was tried").replace("the logo.", "the logo, and Max.");
        world.repository.edit_text(issue_text(issue), "dana", &text).unwrap();
        world.settle().await;
        let after = page(&world, issue);
        assert!(after.contains("The candidate was tried") && !after.contains("Nothing was tried"), "{kind}: {after}");
        assert!(after.contains("the logo, and Max.") && ticked(&after, "The docs are online"), "{kind}: {after}");
        assert!(after.contains("dana"), "{kind}: the log tells of it: {after}");
    })
    .await;
}

#[tokio::test]
async fn a_tick_of_what_slipway_finds_out_holds_for_nobody() {
    on_both(async |kind| {
        let (world, issue) = cut(kind, POLICY).await;
        for by in ["mia", "dana"] {
            world.repository.tick(issue_text(issue), by, "Those who sign off have said go").unwrap();
            world.settle().await;
            assert!(!ticked(&page(&world, issue), "Those who sign off have said go"), "{kind}: {by}: {}", page(&world, issue));
        }
    })
    .await;
}

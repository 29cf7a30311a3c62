//! Needs become facts: exactly the reads that were asked for, at the same time where they do not depend on each other.

use futures::future::try_join_all;

use super::{Forge, Result};
use crate::domain::facts::{Asked, Facts, Line, Need, Needs, Newcomers, Ref, Wanted};
use crate::domain::history::{Graph, Unsettled};

pub async fn gather<F: Forge>(forge: &F, needs: Needs) -> Result<Facts> {
    let answers = try_join_all(needs.into_iter().map(|need| answer(forge, need))).await?;
    let mut facts = Facts::default();
    for one in answers {
        one(&mut facts);
    }
    Ok(facts)
}

type Answer = Box<dyn FnOnce(&mut Facts) + Send>;

async fn answer<F: Forge>(forge: &F, need: Need) -> Result<Answer> {
    Ok(match need {
        Need::Me => {
            let me = forge.me().await?;
            Box::new(|facts| facts.me = Asked::Answered(me))
        }
        Need::ChangeRequest(number) => {
            let request = forge.change_request(number).await?;
            Box::new(|facts| facts.change_request = Asked::Answered(request))
        }
        Need::Line(wanted) => {
            let line = line(forge, wanted).await?;
            Box::new(|facts| facts.line = Asked::Answered(line))
        }
        Need::Merging(number) => {
            let merging = forge.merging(number).await?;
            Box::new(|facts| facts.merging = Asked::Answered(merging))
        }
        Need::Role(user) => {
            let role = forge.role(&user).await?;
            Box::new(move |facts| facts.role = Asked::Answered(role))
        }
    })
}

/// Reads a line as far back as its earlier versions are, and no further than the limit.
async fn line<F: Forge>(forge: &F, mut wanted: Wanted) -> Result<Option<Line>> {
    if let Ref::BaseOf(number) = wanted.at {
        let Some(request) = forge.change_request(number).await? else { return Ok(None) };
        wanted.at = Ref::Branch(request.base);
    }
    let Some(mut line) = forge.line(&wanted).await? else { return Ok(None) };
    while line.window.commits.len() < wanted.limit {
        let (commits, complete) = (line.window.commits.len(), line.window.complete_since.len());
        match Graph::new(&line.window).unsettled(&wanted) {
            None => break,
            Some(Unsettled::Further) => forge.older(&wanted, &mut line).await?,
            Some(Unsettled::Interwoven(tag)) => forge.since(&wanted, &mut line, &tag).await?,
        }
        if (line.window.commits.len(), line.window.complete_since.len()) == (commits, complete) {
            break;
        }
    }
    if let (Newcomers::Wanted, Some(tags)) = (wanted.newcomers, wanted.tags.first()) {
        let authors = Graph::new(&line.window).authors(tags);
        line.newcomers = if authors.is_empty() { Vec::new() } else { forge.newcomers(&authors).await? };
    }
    Ok(Some(line))
}

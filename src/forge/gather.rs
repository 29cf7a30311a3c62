//! Needs become facts: exactly the reads that were asked for, at the same time where they do not depend on each other.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use super::{Forge, Result};
use crate::domain::config::Config;
use crate::domain::facts::{Asked, Detail, Details, Facts, Line, Need, Needs, Newcomers, Ref, Trial, Wanted};
use crate::domain::history::{Graph, Unsettled};
use crate::domain::names::{Moment, Number};
use crate::domain::rules;

/// Answers the needs as of `now`.
pub async fn gather<F: Forge>(forge: &F, needs: Needs, now: Moment) -> Result<Facts> {
    let mut facts = Facts { now, sigil: forge.sigil(), ..Facts::default() };
    // What Slipway has said in a thread may come with the change request.
    let (said, others): (Needs, Needs) = united(needs).into_iter().partition(|need| matches!(need, Need::Replied(..)));
    for needs in [others, said] {
        for one in try_join_all(needs.into_iter().map(|need| answer(forge, need))).await? {
            one(&mut facts);
        }
    }
    Ok(facts)
}

/// Each change request is read once, with every detail that somebody asks for.
fn united(needs: Needs) -> Needs {
    let mut requests: BTreeMap<Number, Details> = BTreeMap::new();
    let mut others = Needs::new();
    for need in needs {
        match need {
            Need::ChangeRequest(number, details) => {
                let asked = requests.entry(number).or_default();
                for detail in details {
                    match detail {
                        Detail::Merging => _ = others.insert(Need::Merging(number)),
                        detail => _ = asked.insert(detail),
                    }
                }
            }
            other => _ = others.insert(other),
        }
    }
    others.extend(requests.into_iter().map(|(number, details)| Need::ChangeRequest(number, details)));
    others
}

type Answer = Box<dyn FnOnce(&mut Facts) + Send>;

async fn answer<F: Forge>(forge: &F, need: Need) -> Result<Answer> {
    Ok(match need {
        Need::Me => {
            let me = forge.me().await?;
            Box::new(|facts| facts.me = Asked::Answered(me))
        }
        Need::ChangeRequest(number, details) => {
            let request = forge.change_request(number, &details).await?;
            Box::new(|facts| facts.change_request = Asked::Answered(request))
        }
        Need::Line(wanted) => {
            let at = wanted.at.clone();
            let line = line(forge, wanted).await?;
            Box::new(|facts| {
                facts.lines.insert(at, Asked::Answered(line));
            })
        }
        Need::Merging(number) => {
            let merging = forge.merging(number).await?;
            Box::new(|facts| facts.merging = Asked::Answered(merging))
        }
        Need::Open(base) => {
            let open = forge.open_requests(base.as_ref()).await?;
            Box::new(|facts| facts.open = Asked::Answered(open))
        }
        Need::Trial(number, details) => {
            let trial = trial(forge, number, details).await?;
            Box::new(|facts| facts.trial = Asked::Answered(trial))
        }
        Need::Issues(kind) => {
            let issues = forge.own_issues(kind).await?;
            Box::new(move |facts| _ = facts.issues.insert(kind, Asked::Answered(issues)))
        }
        Need::Replied(thread, comment) => {
            let replied = forge.replied(thread, comment).await?;
            Box::new(move |facts| facts.replied = Asked::Answered(replied))
        }
        Need::Pushed { branch, before, after } => {
            let pushed = forge.pushed(&branch, &before, &after).await?;
            Box::new(|facts| facts.pushed = Asked::Answered(pushed))
        }
        Need::Merged { branch, at } => {
            let merged = forge.merged(&branch, &at).await?;
            Box::new(move |facts| facts.merged = Asked::Answered(merged))
        }
        Need::Tag(tag, branches) => {
            let tag = forge.tag(&tag, &branches).await?;
            Box::new(|facts| facts.tag = Asked::Answered(tag))
        }
        Need::Protection(guards) => {
            let protection = forge.protection(&guards).await?;
            Box::new(|facts| facts.protection = Asked::Answered(protection))
        }
        Need::Role(user) => {
            let role = forge.role(&user).await?;
            Box::new(move |facts| facts.role = Asked::Answered(role))
        }
    })
}

/// Reads the configuration that a change request proposes, and the newest open change requests with what both policies ask of them.
async fn trial<F: Forge>(forge: &F, number: Number, mut details: Details) -> Result<Option<Trial>> {
    let Some(file) = forge.proposed_config(number).await? else { return Ok(None) };
    let Ok(proposed) = Config::parse(&file.text) else { return Ok(Some(Trial { file, requests: Vec::new() })) };
    details.extend(rules::needs(&proposed));
    details.insert(Detail::Overrides);
    let lands = details.remove(&Detail::Merging);
    let open = forge.open_requests(None).await?;
    let mut requests = Vec::new();
    for one in open.iter().rev().take(Trial::MOST) {
        let merging = if lands { forge.merging(one.number).await? } else { None };
        requests.extend(forge.change_request(one.number, &details).await?.map(|request| (request, merging)));
    }
    Ok(Some(Trial { file, requests }))
}

/// Reads a line as far back as its earlier versions are, and no further than the limit.
async fn line<F: Forge>(forge: &F, mut wanted: Wanted) -> Result<Option<Line>> {
    if let Ref::BaseOf(number) = wanted.at {
        let Some(request) = forge.change_request(number, &Details::new()).await? else { return Ok(None) };
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

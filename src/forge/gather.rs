//! Needs become facts: exactly the reads that were asked for, at the same time where they do not depend on each other.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use semver::Version;

use super::{Forge, Result};
use crate::domain::config::{Config, Grant};
use crate::domain::event::Thread;
use crate::domain::facts::{
    Asked, Asker, Between, DeliveredWanted, Depth, Detail, Details, Facts, Holders, IssueKind, Line, Need, Needs, Newcomers, Progress,
    ProgressWanted, Ref, Role, Subject, Trial, Wanted,
};
use crate::domain::history::{Graph, Unsettled};
use crate::domain::names::{BranchName, Moment, Number, UserName};
use crate::domain::protection::Guard;
use crate::domain::readiness::keep::underway;
use crate::domain::rules;
use crate::domain::tracking::Record;

const DAY: i64 = 24 * 3600;

/// Answers the needs as of `now`.
pub async fn gather<F: Forge>(forge: &F, needs: Needs, now: Moment) -> Result<Facts> {
    let mut facts = Facts { now, sigil: forge.sigil(), ..Facts::default() };
    // What Slipway has said in a thread may come with the change request.
    let (said, others): (Needs, Needs) = united(needs).into_iter().partition(|need| matches!(need, Need::Replied(..)));
    for needs in [others, said] {
        for one in try_join_all(needs.into_iter().map(|need| answer(forge, need, now))).await? {
            one(&mut facts);
        }
    }
    Ok(facts)
}

/// Each change request and each line is read once, with everything that somebody asks for; and so are the forge's own settings and
/// whoever asks.
fn united(needs: Needs) -> Needs {
    let mut requests: BTreeMap<Number, Details> = BTreeMap::new();
    let mut askers: BTreeMap<(UserName, Thread), Lists> = BTreeMap::new();
    let mut lines: BTreeMap<Ref, Wanted> = BTreeMap::new();
    let mut ranges: BTreeMap<Ref, Wanted> = BTreeMap::new();
    let mut protected: Vec<Guard> = Vec::new();
    let mut sources: BTreeMap<(Number, String), BTreeSet<BranchName>> = BTreeMap::new();
    let mut trunks: BTreeMap<(BranchName, String), Depth> = BTreeMap::new();
    let mut others = Needs::new();
    for need in needs {
        match need {
            Need::Asker { user, thread, lists } => {
                let asked = askers.entry((user, thread)).or_default();
                for (list, holders) in lists {
                    let wanted = asked.entry(list).or_insert(holders);
                    *wanted = holders.max(*wanted);
                }
            }
            Need::ChangeRequest(number, details) => {
                let asked = requests.entry(number).or_default();
                for detail in details {
                    match detail {
                        Detail::Merging => _ = others.insert(Need::Merging(number)),
                        detail => _ = asked.insert(detail),
                    }
                }
            }
            Need::Line(wanted) => add(&mut lines, wanted),
            Need::Between(wanted) => add(&mut ranges, wanted),
            Need::Protection(guards) => {
                let more: Vec<_> = guards.into_iter().filter(|guard| !protected.contains(guard)).collect();
                protected.extend(more);
            }
            Need::Source(number, label, targets) => sources.entry((number, label)).or_default().extend(targets),
            Need::Trunk(branch, names, depth) => {
                let wanted = trunks.entry((branch, names)).or_insert(depth);
                *wanted = depth.with(*wanted);
            }
            other => _ = others.insert(other),
        }
    }
    others.extend(trunks.into_iter().map(|((branch, names), depth)| Need::Trunk(branch, names, depth)));
    // What has changed on a line comes with the line.
    for (at, range) in ranges {
        let line = lines.remove(&at);
        others.insert(Need::Between(match line {
            Some(line) => range.with(line),
            None => range,
        }));
    }
    others.extend(lines.into_values().map(Need::Line));
    others.extend((!protected.is_empty()).then_some(Need::Protection(protected)));
    others.extend(sources.into_iter().map(|((number, label), targets)| Need::Source(number, label, targets)));
    others.extend(requests.into_iter().map(|(number, details)| Need::ChangeRequest(number, details)));
    others.extend(askers.into_iter().map(|((user, thread), lists)| Need::Asker { user, thread, lists }));
    others
}

fn add(all: &mut BTreeMap<Ref, Wanted>, wanted: Wanted) {
    let both = match all.remove(&wanted.at) {
        Some(known) => known.with(wanted),
        None => wanted,
    };
    all.insert(both.at.clone(), both);
}

type Lists = BTreeMap<BTreeSet<Grant>, Holders>;

type Answer = Box<dyn FnOnce(&mut Facts) + Send>;

async fn answer<F: Forge>(forge: &F, need: Need, now: Moment) -> Result<Answer> {
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
            Box::new(|facts| _ = facts.lines.insert(at, Asked::Answered(line)))
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
            Box::new(move |facts| _ = facts.roles.insert(user, Asked::Answered(role)))
        }
        // That is no question to the forge: the engine knows.
        Need::Calendar => Box::new(|_| ()),
        need @ (Need::Progress(_) | Need::Delivered { .. } | Need::File(_)) => under_way(forge, need, now).await?,
        need @ (Need::Trunk(..) | Need::Source(..) | Need::Asker { .. } | Need::Between(..)) => running(forge, need).await?,
    })
}

/// What is asked when a release is run.
async fn running<F: Forge>(forge: &F, need: Need) -> Result<Answer> {
    Ok(match need {
        Need::Trunk(branch, names, depth) => {
            let trunk = forge.trunk(&branch, &names, depth).await?;
            Box::new(|facts| _ = facts.trunks.insert((branch, names), Asked::Answered(trunk)))
        }
        Need::Source(number, label, targets) => {
            let source = forge.source(number, &label, &targets).await?;
            Box::new(move |facts| _ = facts.sources.insert(number, Asked::Answered(source)))
        }
        Need::Asker { user, thread, lists } => {
            let asker = asker(forge, (&user, thread), &lists).await?;
            Box::new(|facts| facts.asker = Asked::Answered(asker))
        }
        Need::Between(wanted) => {
            let at = wanted.at.clone();
            let (line, between) = between(forge, wanted).await?;
            Box::new(|facts| {
                facts.lines.insert(at, Asked::Answered(line));
                facts.between = Asked::Answered(between);
            })
        }
        // Everything else is answered before.
        _ => Box::new(|_| ()),
    })
}

/// What is asked while a release is on its way.
async fn under_way<F: Forge>(forge: &F, need: Need, now: Moment) -> Result<Answer> {
    Ok(match need {
        Need::Progress(wanted) => {
            let of = wanted.of.clone();
            let progress = progress(forge, wanted).await?;
            Box::new(|facts| _ = facts.progress.insert(of, Asked::Answered(progress)))
        }
        Need::Delivered { environments, days, most } => {
            let since = Moment(now.0.saturating_sub(i64::from(days).saturating_mul(DAY)));
            let wanted = DeliveredWanted { environments, since, most };
            let delivered = forge.delivered(&wanted).await?;
            Box::new(|facts| facts.delivered = Asked::Answered(delivered))
        }
        Need::File(path) => {
            let text = forge.file(&path).await?;
            Box::new(|facts| _ = facts.files.insert(path, Asked::Answered(text)))
        }
        // Everything else is answered before.
        _ => Box::new(|_| ()),
    })
}

/// Reads where a release stands, once it is known of which branch it is.
async fn progress<F: Forge>(forge: &F, mut wanted: ProgressWanted) -> Result<Option<Progress>> {
    match wanted.of {
        Subject::Line(Ref::TrackedBy(issue, other)) => {
            let Some(at) = tracked(forge, (issue, other)).await? else { return Ok(None) };
            wanted.of = Subject::Line(at);
        }
        Subject::Line(Ref::Underway) => {
            let issues = forge.own_issues(IssueKind::Release).await?;
            let Some(record) = underway(&issues).and_then(Record::of) else { return Ok(None) };
            wanted.of = Subject::Line(Ref::Branch(record.branch));
        }
        Subject::Line(Ref::BaseOf(number)) => {
            let Some(request) = forge.change_request(number, &Details::new()).await? else { return Ok(None) };
            wanted.of = Subject::Line(Ref::Branch(request.base));
        }
        _ => {}
    }
    // Most branches have no page, and nothing is asked about them.
    if let Subject::Line(Ref::Branch(branch)) = &wanted.of
        && !forge.own_issues(IssueKind::Release).await?.iter().any(|issue| issue.key == branch.as_str())
    {
        return Ok(None);
    }
    forge.progress(&wanted).await
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

/// Reads who asks: their role, then what else could help, then those who have what they lack, each only where it matters.
async fn asker<F: Forge>(forge: &F, (user, thread): (&UserName, Thread), lists: &Lists) -> Result<Asker> {
    let has_none = |asker: &Asker, list: &BTreeSet<Grant>| !list.iter().any(|grant| asker.has(grant));
    let asks_for_role = |list: &BTreeSet<Grant>| list.iter().any(|grant| grant.role().is_some());
    let mut asker = Asker::of(Role::None);
    if lists.keys().any(|list| has_none(&asker, list) && asks_for_role(list)) {
        asker.role = forge.role(user).await?;
    }
    if let Thread::ChangeRequest(number) = thread
        && lists.keys().any(|list| has_none(&asker, list) && list.contains(&Grant::Author))
    {
        let request = forge.change_request(number, &Details::new()).await?;
        asker.is_author = request.is_some_and(|request| request.author == *user);
    }
    for list in lists.keys() {
        for team in list.iter().filter_map(Grant::team) {
            if has_none(&asker, list) && forge.team(team).await?.contains(user) {
                asker.teams.insert(team.to_owned());
            }
        }
    }
    let lacked = lists.iter().filter(|(list, holders)| **holders == Holders::Wanted && has_none(&asker, list));
    let lacked = lacked.filter_map(|(list, _)| list.iter().filter_map(Grant::role).min()).min();
    if let Some(lacked) = lacked {
        asker.holders = forge.holders(lacked).await?;
    }
    Ok(asker)
}

/// Reads a tag's line, and what has changed since the version before it.
async fn between<F: Forge>(forge: &F, wanted: Wanted) -> Result<(Option<Line>, Option<Between>)> {
    let Some(tags) = wanted.tags.first().cloned() else { return Ok((None, None)) };
    let Some(line) = line(forge, wanted).await? else { return Ok((None, None)) };
    let graph = Graph::new(&line.window);
    // As its notes count: a release from a release, a pre-release from whatever came before it.
    let counts = |version: &Version| version.pre.is_empty() || tags.below.as_ref().is_some_and(|below| !below.pre.is_empty());
    let eligible = |version: &Version| counts(version) && tags.below.as_ref().is_none_or(|below| version < below);
    let head = graph.find(&line.window.head);
    let anchor = head.and_then(|head| graph.anchor(head, |tag| tags.template.read(tag).filter(eligible)));
    let between = match anchor {
        Some((tagged, _)) => Some(forge.between(&tagged.commit, &line.window.head).await?),
        None => None,
    };
    Ok((Some(line), between))
}

/// The branch whose release an issue tracks. `None`: it tracks one, and somebody has changed what Slipway noted of that.
async fn tracked<F: Forge>(forge: &F, (issue, other): (Number, Option<BranchName>)) -> Result<Option<Ref>> {
    let issues = forge.own_issues(IssueKind::Release).await?;
    Ok(match issues.iter().find(|own| own.number == issue) {
        Some(own) => Record::of(own).map(|record| Ref::Branch(record.branch)),
        None => Some(other.map_or(Ref::Default, Ref::Branch)),
    })
}

/// Reads a line as far back as its earlier versions are, and no further than the limit.
async fn line<F: Forge>(forge: &F, mut wanted: Wanted) -> Result<Option<Line>> {
    if let Ref::BaseOf(number) = wanted.at {
        let Some(request) = forge.change_request(number, &Details::new()).await? else { return Ok(None) };
        wanted.at = Ref::Branch(request.base);
    }
    if let Ref::TrackedBy(issue, other) = wanted.at {
        let Some(at) = tracked(forge, (issue, other)).await? else { return Ok(None) };
        wanted.at = at;
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
    let elsewhere = Graph::new(&line.window).elsewhere(&wanted);
    let elsewhere = elsewhere.iter().map(|tag| forge.elsewhere(tag, &line.window.head, wanted.limit));
    line.window.elsewhere = try_join_all(elsewhere).await?;
    if let (Newcomers::Wanted, Some(tags)) = (wanted.newcomers, wanted.tags.first()) {
        let authors = Graph::new(&line.window).authors(tags);
        line.newcomers = if authors.is_empty() { Vec::new() } else { forge.newcomers(&authors).await? };
    }
    Ok(Some(line))
}

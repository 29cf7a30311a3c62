//! `/slipway rollback 1.4.0 reason="logins fail"`: the release is withdrawn, and what it takes to go back is opened and linked. The same
//! command again ends the same.

use semver::Version;

use super::freeze::key;
use super::set_aside::on_one_line;
use super::{Asking, Call, Command, Decision, options};
use crate::domain::config::{Component, Config, Configuration, Grant, nearest};
use crate::domain::facts::{Facts, IssueKind, Lines, Need, Needs, Ref, TagsWanted, Wanted};
use crate::domain::names::TagName;
use crate::domain::plan::Answer;
use crate::domain::release;
use crate::domain::rollback::{Rollback, names, onto};
use crate::domain::tracking::Refusal;

pub const COMMAND: Command = Command {
    verb: "rollback",
    summary: "Takes a release back: marks it as withdrawn, opens the change request that reverts it, an issue for what is to be done and one \
              for the post-mortem, and tells everybody whose change was in it. Its tag stays.",
    example: "/slipway rollback 1.4.0 reason=\"logins fail\"",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: Some(conclude),
};

/// Whose version is meant, which, and its tag.
struct Meant {
    component: Component,
    version: Version,
    tag: TagName,
}

/// The version that a call names, by its number or by its tag.
fn meant(config: &Config, call: &Call) -> Result<Meant, Refusal> {
    options(call, &["reason"], 1)?;
    let Some(word) = call.words.first() else {
        return Err(Refusal::new("no version is named", "Name one, as in “rollback 1.4.0 reason=\"logins fail\"”."));
    };
    if let Some(tag) = TagName::parse(word).ok()
        && let Some((component, version)) = release::tagged(config, &tag)
    {
        return Ok(Meant { component, version, tag });
    }
    let mut components = config.components();
    if components.len() > 1 {
        return Err(Refusal::new(format!("{word} is no tag of one of the components"), "Name the tag, such as api-v1.4.0."));
    }
    let Some(component) = components.pop() else { return Err(Refusal::new("nothing is released here", "")) };
    let correct = |error: &dyn ToString| Refusal::new(error.to_string(), "Correct it and ask again.");
    let version = component.template.scheme.forced(word).map_err(|error| correct(&error))?;
    let tag = component.template.write(&version).map_err(|error| correct(&error))?;
    Ok(Meant { component, version, tag })
}

fn needs(asking: &Asking, call: &Call) -> Needs {
    let Configuration::Loaded { config, .. } = asking.config else { return Needs::new() };
    let Ok(Meant { tag, .. }) = meant(config, call) else { return Needs::new() };
    let Some(wanted) = release::versions_wanted(config, &tag) else { return Needs::new() };
    let branches = names(config, &asking.delivery.repository);
    // The newest commit alone, for the sake of all the tags, and of the text that goes with this configuration.
    let all = wanted.tags.iter().cloned().map(|tags| TagsWanted { below: None, lines: Lines::Own, ..tags }).collect();
    let files = config.rollback.post_mortem.clone().into_iter().collect();
    let others = Wanted { at: Ref::Default, tags: all, files, limit: 1, ..wanted.clone() };
    [Need::Me, Need::Between(wanted), Need::Tag(tag, branches), Need::Issues(IssueKind::Release), Need::Line(others)].into()
}

/// The version and its template outlive the rollback that is made of them.
fn read(asking: &Asking, call: &Call, facts: &Facts) -> Result<(Meant, String), Refusal> {
    let wrong = |why: String, remedy: &str| Err(Refusal::new(why, remedy));
    let Configuration::Loaded { config, .. } = asking.config else {
        return wrong("there is no slipway.toml that could be read".to_owned(), "Ask for help to get one to start from.");
    };
    let meant = meant(config, call)?;
    let reason = call.options.get("reason").map(|reason| on_one_line(reason)).filter(|reason| !reason.is_empty());
    let Some(reason) = reason else {
        return wrong(
            "no reason is given".to_owned(),
            "Say why, as in “reason=\"logins fail\"”: it stands above the notes of the release.",
        );
    };
    let Some(line) = facts.line(&Ref::Tag(meant.tag.clone())) else {
        let tags = facts.line(&Ref::Default).map(|line| line.window.tags.as_slice()).unwrap_or_default();
        let guess = nearest(meant.tag.as_str(), tags.iter().map(|tagged| tagged.tag.as_str()));
        let remedy = guess.map_or_else(|| "Name a version that is tagged.".to_owned(), |tag| format!("Did you mean {tag}?"));
        return wrong(format!("there is no tag {}", meant.tag), &remedy);
    };
    if release::brought(config, &meant.tag, (line, facts.me.read())).is_none() {
        let why = format!("no version before {} is within the history that is read, so there is nothing to go back to", meant.tag);
        return wrong(why, "Repair it, and release that.");
    }
    Ok((meant, reason))
}

/// Does something with the rollback that is asked for, or refuses it.
fn with(asking: &Asking, call: &Call, facts: &Facts, then: impl FnOnce(&Rollback) -> Decision) -> Decision {
    let (meant, reason) = match read(asking, call, facts) {
        Ok(read) => read,
        Err(refusal) => return Decision::refuse(call, refusal.why, refusal.remedy),
    };
    let Configuration::Loaded { config, .. } = asking.config else { return Decision::refuse(call, "there is no slipway.toml", "") };
    let line = facts.line(&Ref::Tag(meant.tag.clone()));
    let found = line.and_then(|line| Some((line, release::brought(config, &meant.tag, (line, facts.me.read()))?)));
    let Some((line, brought)) = found else { return Decision::refuse(call, "the tag is gone", "There is nothing to do.") };
    // Of several in one comment, what is known of a tag is one's alone.
    if facts.tag.read().as_ref().is_some_and(|tag| tag.commit != line.window.head) {
        return Decision::refuse(call, "the comment asks for several rollbacks", "Ask for one, and for the next in another comment.");
    }
    let branches = facts.tag.read().as_ref().map(|tag| tag.branches.as_slice()).unwrap_or_default();
    then(&Rollback {
        config,
        tag: &meant.tag,
        version: (&meant.component.template, &meant.version),
        line,
        brought,
        onto: onto(config, &asking.delivery.repository, &meant.version, branches),
        by: &asking.delivery.actor.name,
        reason,
        asked: key(asking),
        facts,
    })
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    with(asking, call, facts, |rollback| Decision {
        actions: rollback.actions(),
        answer: Answer::RolledBack(Box::new(rollback.conclude().1)),
    })
}

fn conclude(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    with(asking, call, facts, |rollback| {
        let (actions, told) = rollback.conclude();
        Decision { actions, answer: Answer::RolledBack(Box::new(told)) }
    })
}

#[cfg(test)]
mod tests;

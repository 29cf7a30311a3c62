//! `/slipway release-as 2.0.0`: the next release gets this version, whatever its changes ask for. It holds for one release, and the
//! release change request shows it; `auto` takes it back.

use super::status::{at, situation};
use super::{Asking, Call, Command, Decision};
use crate::domain::config::{Configuration, From, Grant};
use crate::domain::facts::{Facts, Needs};
use crate::domain::plan::Answer;
use crate::domain::release::line;
use crate::domain::release::outlook::{Forced, Outlook};

pub const COMMAND: Command = Command {
    verb: "release-as",
    summary: "Gives the next release this version, once; `auto` takes it back. `component=…` says of which component.",
    example: "/slipway release-as 2.0.0",
    grants: &[Grant::Write],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    let Configuration::Loaded { config, .. } = asking.config else { return Needs::new() };
    line::needs(config, at(asking))
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let (given, branch) = match situation(asking, call, (&at(asking), facts)) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let config = given.config;
    if config.release.from != From::Request {
        let remedy = "Make the tag that you want, or put “Release-As: 2.0.0” into a commit's message.";
        return Decision::refuse(call, "this repository keeps no release change request that could remember it", remedy);
    }
    let components = config.components();
    let wanted = call.options.get("component").map_or("", String::as_str);
    let Some(component) = components.iter().find(|component| component.name.as_deref().unwrap_or_default() == wanted) else {
        let names: Vec<_> = components.iter().filter_map(|component| component.name.as_deref()).collect();
        let why = if wanted.is_empty() { "there are several components".to_owned() } else { format!("there is no component {wanted}") };
        return Decision::refuse(call, why, format!("Say which: component={}.", names.join(" or component=")));
    };
    let Some(text) = call.words.first() else {
        return Decision::refuse(call, "no version is given", "Write it behind the command, as in “release-as 2.0.0”.");
    };
    let version = match text.as_str() {
        "auto" => String::new(),
        text => match component.template.scheme.forced(text) {
            Ok(version) => component.template.scheme.print(&version),
            Err(problem) => return Decision::refuse(call, problem.to_string(), "Correct it and ask again."),
        },
    };
    let situation = given.of(&branch, Forced::from([(wanted.to_owned(), version.clone())]), facts);
    let label = component.name.clone();
    let outlooks = situation.decide().outlooks;
    let own = outlooks.iter().find(|outlook| outlook.component.name == label);
    if let Some(refusal) = own.and_then(Outlook::refusal) {
        return Decision::refuse(call, refusal.to_string(), "Choose another version.");
    }
    let answer = Answer::ReleaseAs { component: label, version: own.and_then(Outlook::printed) };
    Decision { actions: situation.plan().actions, answer }
}

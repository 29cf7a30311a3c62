//! Rulesets of a repository, and the rules of a branch.
//!
//! <https://docs.github.com/en/rest/repos/rules>. Changing one needs the permission `administration: write`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    apps::target,
    errors::{malformed, not_accessible, not_found},
    json::{html_url, list, node, repository_url, time, with},
    rule_shapes::completed,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    protection::{
        Administration,
        rulesets::{Bypass, Enforcement, Ruleset, Target, Terms, in_force},
    },
    world::{Kind, Repository, World},
};

fn summary(world: &World, repository: &Repository, ruleset: &Ruleset) -> Value {
    let (id, terms) = (ruleset.id, &ruleset.terms);
    json!({
        "id": id,
        "node_id": node("RRS", id),
        "name": terms.name,
        "target": terms.target.word(),
        "source_type": "Repository",
        "source": repository.path,
        "enforcement": terms.enforcement.word(),
        "created_at": time(ruleset.created_at),
        "updated_at": time(ruleset.updated_at),
        "_links": {
            "self": {"href": format!("{}/rulesets/{id}", repository_url(world, repository))},
            "html": {"href": format!("{}/rules/{id}", html_url(world, repository))},
        },
    })
}

pub fn conditions(terms: &Terms) -> Value {
    json!({"ref_name": {"include": terms.include, "exclude": terms.exclude}})
}

/// A ruleset as webhooks tell it, which are for those who may change it.
pub fn ruleset_json(world: &World, repository: &Repository, ruleset: &Ruleset) -> Value {
    let more = json!({
        "bypass_actors": ruleset.terms.bypass_actors,
        "conditions": conditions(&ruleset.terms),
        "rules": ruleset.terms.rules,
    });
    with(summary(world, repository, ruleset), more)
}

/// A ruleset as the App sees it: who may bypass it is shown only to those who may change it.
fn seen(world: &World, repository: &Repository, ruleset: &Ruleset) -> Value {
    let bypass = match ruleset.bypass(world, repository, Kind::GitHub.bot()) {
        Bypass::Always => "always",
        Bypass::PullRequests => "pull_requests_only",
        Bypass::Never => "never",
    };
    let mut object = with(ruleset_json(world, repository, ruleset), json!({"current_user_can_bypass": bypass}));
    if let (Administration::Withheld, Some(fields)) = (world.administration, object.as_object_mut()) {
        fields.remove("bypass_actors");
    }
    object
}

fn administered(world: &World) -> Result<(), Answer> {
    if world.administration == Administration::Granted { Ok(()) } else { Err(not_accessible()) }
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let targets = call.query("targets").map(|targets| targets.split(',').collect::<Vec<_>>());
    let wanted = |ruleset: &&Ruleset| targets.as_ref().is_none_or(|targets| targets.contains(&ruleset.terms.target.word()));
    let rulesets: Vec<&Ruleset> = repository.protection.rulesets.iter().filter(wanted).collect();
    Ok(list(world, call, &rulesets, |ruleset| summary(world, repository, ruleset)))
}

fn named<'a>(repository: &'a Repository, call: &Call) -> Result<&'a Ruleset, Answer> {
    let id = call.number("ruleset");
    repository.protection.rulesets.iter().find(|ruleset| ruleset.id == id).ok_or_else(not_found)
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    Ok(Answer::ok(seen(world, repository, named(repository, call)?)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    administered(world)?;
    let terms = terms(&call.body, None).map_err(|detail| malformed(&detail))?;
    check_name(repository, &terms, 0)?;
    let id = repository.id;
    let made = world.add_ruleset(id, Kind::GitHub.bot(), terms)?;
    answer(world, id, made).map(Answer::created)
}

/// What the call leaves out stays as it is.
pub fn update(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    administered(world)?;
    let ruleset = named(repository, call)?;
    let terms = terms(&call.body, Some(&ruleset.terms)).map_err(|detail| malformed(&detail))?;
    check_name(repository, &terms, ruleset.id)?;
    let (id, changed) = (repository.id, ruleset.id);
    world.change_ruleset(id, Kind::GitHub.bot(), (changed, terms))?;
    answer(world, id, changed).map(Answer::ok)
}

fn answer(world: &World, repository: u64, id: u64) -> Result<Value, Answer> {
    let repository = world.repository(repository)?;
    let ruleset = repository.protection.rulesets.iter().find(|ruleset| ruleset.id == id).ok_or_else(not_found)?;
    Ok(seen(world, repository, ruleset))
}

pub fn delete(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    administered(world)?;
    let (id, gone) = (repository.id, named(repository, call)?.id);
    world.delete_ruleset(id, Kind::GitHub.bot(), gone)?;
    Ok(Answer::no_content())
}

/// The rules in force for a branch, which need not exist.
pub fn of_branch(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let reference = format!("refs/heads/{}", call.param("branch"));
    let rules: Vec<_> = in_force(repository, &reference).collect();
    Ok(list(world, call, &rules, |(ruleset, rule)| {
        let source = json!({"ruleset_source_type": "Repository", "ruleset_source": repository.path, "ruleset_id": ruleset.id});
        with((*rule).clone(), source)
    }))
}

fn check_name(repository: &Repository, terms: &Terms, own: u64) -> Result<(), Answer> {
    let is_taken = repository.protection.rulesets.iter().any(|other| other.id != own && other.terms.name == terms.name);
    let taken = json!({
        "message": "Validation Failed",
        "errors": [{"resource": "RepositoryRuleset", "field": "name", "code": "already_exists", "message": "Name must be unique"}],
        "documentation_url": "https://docs.github.com/rest/repos/rules",
        "status": "422",
    });
    if is_taken { Err(Answer::json(StatusCode::UNPROCESSABLE_ENTITY, taken)) } else { Ok(()) }
}

/// The terms that a body gives, over those that were; or what is wrong with it.
pub fn terms(body: &Value, former: Option<&Terms>) -> Result<Terms, String> {
    let text = |name: &str| {
        body.get(name).map(|value| value.as_str().ok_or_else(|| format!("Invalid property /{name}: `{value}` is not of type `string`.")))
    };
    let name = text("name").transpose()?.map(str::to_owned).or_else(|| former.map(|former| former.name.clone()));
    let enforcement = match text("enforcement").transpose()? {
        Some("active") => Some(Enforcement::Active),
        Some("evaluate") => Some(Enforcement::Evaluate),
        Some("disabled") => Some(Enforcement::Disabled),
        Some(other) => {
            return Err(format!(
                "Invalid property /enforcement: `{other}` is not a possible value. Must be one of the following: disabled, active, evaluate."
            ));
        }
        None => former.map(|former| former.enforcement),
    };
    let target = match text("target").transpose()? {
        Some("branch") => Target::Branch,
        Some("tag") => Target::Tag,
        Some(other) => {
            return Err(format!("Invalid property /target: `{other}` is not a possible value. Must be one of the following: branch, tag."));
        }
        None => former.map_or(Target::Branch, |former| former.target),
    };
    let kept = |values: Option<&Vec<Value>>| values.cloned().unwrap_or_default();
    let (include, exclude) = references(body, former)?;
    Ok(Terms {
        name: name.filter(|name| !name.is_empty()).ok_or("\"name\" wasn't supplied.")?,
        target,
        enforcement: enforcement.ok_or("\"enforcement\" wasn't supplied.")?,
        bypass_actors: each(body, "bypass_actors", actor)?.unwrap_or_else(|| kept(former.map(|former| &former.bypass_actors))),
        include,
        exclude,
        rules: each(body, "rules", completed)?.unwrap_or_else(|| kept(former.map(|former| &former.rules))),
    })
}

/// A list of the body, each item as GitHub keeps it.
fn each(body: &Value, name: &str, keep: fn(&Value) -> Result<Value, String>) -> Result<Option<Vec<Value>>, String> {
    let Some(items) = body.get(name) else { return Ok(None) };
    let items = items.as_array().ok_or_else(|| format!("Invalid property /{name}: `{items}` is not of type `array`."))?;
    items.iter().map(keep).collect::<Result<Vec<_>, _>>().map(Some)
}

fn actor(actor: &Value) -> Result<Value, String> {
    const TYPES: [&str; 6] = ["Integration", "OrganizationAdmin", "RepositoryRole", "Team", "DeployKey", "User"];
    let text = |name: &str| actor.get(name).and_then(Value::as_str);
    let kind = text("actor_type")
        .filter(|kind| TYPES.contains(kind))
        .ok_or("Invalid property /bypass_actors: `actor_type` is missing or unknown.")?;
    let mode = text("bypass_mode").unwrap_or("always");
    if !["always", "pull_request", "exempt"].contains(&mode) {
        return Err(format!("Invalid property /bypass_actors: `{mode}` is not a possible value."));
    }
    let id = actor.get("actor_id").cloned().unwrap_or_default();
    if !id.is_u64() && !["DeployKey", "OrganizationAdmin"].contains(&kind) {
        return Err("Invalid property /bypass_actors: `actor_id` is missing.".to_owned());
    }
    Ok(json!({"actor_id": id, "actor_type": kind, "bypass_mode": mode}))
}

fn references(body: &Value, former: Option<&Terms>) -> Result<(Vec<String>, Vec<String>), String> {
    let Some(named) = body.pointer("/conditions/ref_name") else {
        return Ok(former.map(|former| (former.include.clone(), former.exclude.clone())).unwrap_or_default());
    };
    let patterns = |side: &str| {
        let wrong = || format!("Invalid property /conditions/ref_name/{side}: not an array of strings.");
        let patterns = named.get(side).and_then(Value::as_array).ok_or_else(wrong)?;
        patterns.iter().map(|pattern| pattern.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()
    };
    let (include, exclude) = (patterns("include")?, patterns("exclude")?);
    let is_known = |pattern: &&String| pattern.starts_with("refs/") || ["~ALL", "~DEFAULT_BRANCH"].contains(&pattern.as_str());
    match include.iter().chain(&exclude).find(|pattern| !is_known(pattern)) {
        Some(pattern) => Err(format!("Invalid target patterns: '{pattern}'")),
        None => Ok((include, exclude)),
    }
}

//! GitHub's GraphQL API, as far as `known.graphql` goes: parsing and checking a query, then answering it or acting.
//!
//! `validation` finds what is wrong with a query before it runs, `execution` walks what it selects, `objects` and its
//! neighbours say what there is, and `mutations` changes it.

mod checks;
mod commits;
mod conversations;
mod deployments;
mod execution;
mod history;
mod mutations;
mod objects;
mod proposals;
mod rules;
mod schema;
mod validation;
mod values;

use async_graphql_parser::{
    Positioned, parse_query,
    types::{ExecutableDocument, OperationDefinition, OperationType},
};
use serde_json::{Map, Value, json};

use self::{
    execution::{Execution, Question},
    objects::{Object, Sight},
};
use super::apps::token_of;
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Token, World},
};

/// Answers a query or carries out mutations.
pub fn answer(world: &mut World, call: &Call) -> Handled {
    let token = token_of(world, call)?.clone();
    let body = answered(world, &token, call).unwrap_or_else(|problems| json!({"errors": problems}));
    Ok(Answer::ok(body).with_header("x-ratelimit-resource", "graphql"))
}

fn answered(world: &mut World, token: &Token, call: &Call) -> Result<Value, Vec<Value>> {
    let text = call.text("query").ok_or_else(|| vec![json!({"message": "A query attribute must be specified and must be a string."})])?;
    let document = parse_query(text).map_err(|error| vec![parse_problem(&error)])?;
    let operation = operation(&document, call.text("operationName")).ok_or_else(|| vec![json!({"message": "No operation named so."})])?;
    let problems = validation::problems(&document, &operation.node);
    if !problems.is_empty() {
        return Err(problems);
    }
    let variables = variables(&operation.node, call.body.get("variables").unwrap_or(&Value::Null))?;
    let question = Question { document: &document, operation: &operation.node, variables };
    let (data, problems) = match operation.node.ty {
        OperationType::Mutation => mutate(world, token, &question),
        _ => query(world, token, &question),
    };
    let mut body = json!({"data": data});
    if let (Some(fields), false) = (body.as_object_mut(), problems.is_empty()) {
        fields.insert("errors".to_owned(), problems.into());
    }
    Ok(body)
}

fn parse_problem(error: &async_graphql_parser::Error) -> Value {
    let locations: Vec<Value> = error.positions().map(|at| json!({"line": at.line, "column": at.column})).collect();
    json!({"message": format!("Parse error: {error}"), "locations": locations})
}

fn operation<'a>(document: &'a ExecutableDocument, wanted: Option<&str>) -> Option<&'a Positioned<OperationDefinition>> {
    let mut operations = document.operations.iter();
    let found = operations.find(|(name, _)| wanted.is_none_or(|wanted| name.is_none_or(|name| name.as_str() == wanted)));
    found.map(|(_, operation)| operation)
}

/// The variables of an operation: as given, else by default; or what is wrong with them.
fn variables(operation: &OperationDefinition, given: &Value) -> Result<Map<String, Value>, Vec<Value>> {
    let (mut variables, mut wrong) = (Map::new(), Vec::new());
    for definition in &operation.variable_definitions {
        let (name, kind) = (definition.node.name.node.as_str(), &definition.node.var_type.node);
        let default = || definition.node.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok());
        let Some(value) = given.get(name).cloned().or_else(default).or_else(|| (!kind.nullable).then_some(Value::Null)) else { continue };
        let problems = values::problems(&value, kind);
        if let Some(first) = problems.first() {
            let path = first.get("path").and_then(Value::as_array).cloned().unwrap_or_default();
            let path: Vec<String> = path.iter().map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned)).collect();
            let place = if path.is_empty() { String::new() } else { format!(" for {}", path.join(".")) };
            let why = first.get("explanation").and_then(Value::as_str).unwrap_or_default();
            let why = if path.is_empty() { String::new() } else { format!(" ({why})") };
            let location = json!({"line": definition.pos.line, "column": definition.pos.column});
            wrong.push(json!({
                "extensions": {"value": value, "problems": problems},
                "locations": [location],
                "message": format!("Variable ${name} of type {kind} was provided invalid value{place}{why}"),
            }));
        }
        variables.insert(name.to_owned(), value);
    }
    if wrong.is_empty() { Ok(variables) } else { Err(wrong) }
}

fn query(world: &World, token: &Token, question: &Question) -> (Option<Value>, Vec<Value>) {
    let mut execution = Execution { question, sight: Sight::new(world, token), path: Vec::new(), problems: Vec::new() };
    let data = execution.select(&Object::Query, &[&question.operation.selection_set.node]);
    (data, execution.problems)
}

/// Mutations run one after the other; one that fails does not stop the next.
fn mutate(world: &mut World, token: &Token, question: &Question) -> (Option<Value>, Vec<Value>) {
    let (mut data, mut problems) = (Map::new(), Vec::new());
    for (key, fields) in question.fields_of(&[&question.operation.selection_set.node], "Mutation") {
        let Some(first) = fields.first() else { continue };
        let path = vec![Value::from(key)];
        let value = match mutations::act(world, token, &question.asked(&first.node)) {
            Ok(outcome) => {
                let mut execution = Execution { question, sight: Sight::new(world, token), path, problems: Vec::new() };
                let sets: Vec<_> = fields.iter().map(|field| &field.node.selection_set.node).collect();
                let value = execution.select(&Object::Outcome(outcome), &sets);
                problems.append(&mut execution.problems);
                value
            }
            Err(problem) => {
                problems.push(problem.json(&path, first.pos));
                None
            }
        };
        data.insert(key.to_owned(), value.unwrap_or_default());
    }
    (Some(data.into()), problems)
}

/// True when the body of a call changes something.
pub fn is_mutation(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let document = parse_query(text).ok();
    let named = body.get("operationName").and_then(Value::as_str);
    document.is_some_and(|document| operation(&document, named).is_some_and(|found| found.node.ty == OperationType::Mutation))
}

//! Whether values fit their types: literals of a query before it runs, variables when they come in.

use async_graphql_parser::types::{BaseType, Type};
use async_graphql_value::Value as Literal;
use serde_json::{Value, json};

use super::schema;

/// True when a literal can stand where a type is wanted. A variable is left to the check of variables.
pub fn fits(literal: &Literal, wanted: &Type) -> bool {
    match (literal, &wanted.base) {
        (Literal::Variable(_), _) => true,
        (Literal::Null, _) => wanted.nullable,
        (Literal::List(items), BaseType::List(inner)) => items.iter().all(|item| fits(item, inner)),
        (single, BaseType::List(inner)) => fits(single, inner),
        (Literal::Enum(name), BaseType::Named(kind)) => schema::values(kind).is_some_and(|values| values.contains(&name.as_str())),
        (Literal::String(_), BaseType::Named(kind)) if schema::values(kind).is_some() => false,
        (Literal::Object(fields), BaseType::Named(kind)) => schema::inputs(kind).is_some_and(|known| {
            let of = |name: &str| known.iter().find(|input| input.node.name.node == name);
            let given = fields.iter().all(|(name, value)| of(name).is_some_and(|input| fits(value, &input.node.ty.node)));
            given && known.iter().all(|input| input.node.ty.node.nullable || fields.contains_key(&input.node.name.node))
        }),
        (scalar, BaseType::Named(kind)) => {
            let json = scalar.clone().into_json().unwrap_or_default();
            schema::inputs(kind).is_none() && is_scalar(&json, kind)
        }
    }
}

fn is_scalar(value: &Value, kind: &str) -> bool {
    match kind {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Boolean" => value.is_boolean(),
        "ID" => value.is_string() || value.is_i64(),
        _ => value.is_string(),
    }
}

/// What is wrong with the value of a variable, each as a path and an explanation.
pub fn problems(value: &Value, wanted: &Type) -> Vec<Value> {
    let mut found = Vec::new();
    look(value, wanted, &mut Vec::new(), &mut found);
    found
}

fn look(value: &Value, wanted: &Type, path: &mut Vec<Value>, found: &mut Vec<Value>) {
    let mut wrong = |path: &[Value], explanation: String| found.push(json!({"path": path, "explanation": explanation}));
    match (value, &wanted.base) {
        (Value::Null, _) if wanted.nullable => {}
        (Value::Null, _) => wrong(path, "Expected value to not be null".to_owned()),
        (Value::Array(items), BaseType::List(inner)) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.into());
                look(item, inner, path, found);
                path.pop();
            }
        }
        (single, BaseType::List(inner)) => look(single, inner, path, found),
        (Value::Object(fields), BaseType::Named(kind)) if schema::inputs(kind).is_some() => {
            let known = schema::inputs(kind).unwrap_or_default();
            for name in fields.keys().filter(|name| !known.iter().any(|input| input.node.name.node == name.as_str())) {
                let at: Vec<Value> = path.iter().cloned().chain([name.as_str().into()]).collect();
                wrong(&at, format!("Field is not defined on {kind}"));
            }
            for input in known {
                path.push(input.node.name.node.as_str().into());
                look(fields.get(input.node.name.node.as_str()).unwrap_or(&Value::Null), &input.node.ty.node, path, found);
                path.pop();
            }
        }
        (value, BaseType::Named(kind)) => match schema::values(kind) {
            Some(values) if value.as_str().is_some_and(|value| values.contains(&value)) => {}
            Some(values) => wrong(path, format!("Expected {value} to be one of: {}", values.join(", "))),
            None if schema::inputs(kind).is_none() && is_scalar(value, kind) => {}
            None => wrong(path, format!("Could not coerce value {value} to {kind}")),
        },
    }
}

/// True when a variable of one type can stand where another is wanted.
pub fn stands_for(variable: &Type, wanted: &Type, has_default: bool) -> bool {
    let nullable = variable.nullable && !has_default;
    let same = match (&variable.base, &wanted.base) {
        (BaseType::List(one), BaseType::List(other)) => stands_for(one, other, false),
        (BaseType::Named(one), BaseType::Named(other)) => one == other,
        _ => false,
    };
    same && (wanted.nullable || !nullable)
}

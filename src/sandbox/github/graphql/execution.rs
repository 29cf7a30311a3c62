//! Answering a query: which fields are asked, with fragments and aliases; what they hold; and what a null that may not
//! be one takes with it. What a field holds is the business of `objects`.

use async_graphql_parser::Positioned;
use async_graphql_parser::{
    Pos,
    types::{BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type},
};
use serde_json::{Map, Value, json};

use super::{
    super::errors::rule_violations,
    objects::{Found, Object, Sight},
    schema,
};
use crate::sandbox::protection::workflows::Withheld;

/// A query that is known to be valid, with its variables.
pub struct Question<'q> {
    pub document: &'q ExecutableDocument,
    pub operation: &'q OperationDefinition,
    pub variables: Map<String, Value>,
}

/// A field as it is asked for.
pub struct Asked<'q> {
    pub name: &'q str,
    pub arguments: Value,
    /// True when of a list only the total is wanted, for which it needs no boundaries.
    pub counts: bool,
}

impl Asked<'_> {
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.argument(name).and_then(Value::as_str)
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.argument(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
    }
}

/// Why a field holds nothing.
#[derive(Debug)]
pub struct Problem {
    pub kind: &'static str,
    pub message: String,
}

impl Problem {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub fn json(&self, path: &[Value], at: Pos) -> Value {
        let location = json!({"line": at.line, "column": at.column});
        json!({"type": self.kind, "path": path, "locations": [location], "message": self.message})
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        if let Some(violation) = error.downcast_ref() {
            return Self::new("UNPROCESSABLE", rule_violations(violation));
        }
        if error.is::<Withheld>() {
            return Self::new("FORBIDDEN", "Resource not accessible by integration");
        }
        tracing::error!("the sandbox failed: {error:#}");
        Self::new("INTERNAL", "Something went wrong while executing your query.")
    }
}

/// Fields that go by the same name in the answer; what they select is put together.
pub type Asking<'q> = (&'q str, Vec<&'q Positioned<Field>>);

impl<'q> Question<'q> {
    /// The fields that selections ask of an object of a type, in order.
    pub fn fields_of(&self, sets: &[&'q SelectionSet], kind: &str) -> Vec<Asking<'q>> {
        let mut fields = Vec::new();
        for set in sets {
            self.collect(set, kind, &mut fields);
        }
        fields
    }

    fn collect(&self, set: &'q SelectionSet, kind: &str, fields: &mut Vec<Asking<'q>>) {
        for item in set.items.iter().filter(|item| self.is_wanted(item.node.directives())) {
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    match fields.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, same)) => same.push(field),
                        None => fields.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    if condition.is_none_or(|condition| schema::is(kind, &condition.node.on.node)) {
                        self.collect(&fragment.node.selection_set.node, kind, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = fragment.filter(|fragment| schema::is(kind, &fragment.node.type_condition.node.on.node)) {
                        self.collect(&fragment.node.selection_set.node, kind, fields);
                    }
                }
            }
        }
    }

    fn is_wanted(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").map(|value| self.value(&value.node));
            condition.is_none_or(|condition| condition == Value::Bool(directive.node.name.node == "include"))
        })
    }

    /// A literal with its variables filled in; one that is not given is null.
    fn value(&self, literal: &async_graphql_value::Value) -> Value {
        let filled = literal.clone().into_const_with(|name| {
            let value = self.variables.get(name.as_str()).cloned().unwrap_or_default();
            serde_json::from_value(value)
        });
        filled.and_then(async_graphql_value::ConstValue::into_json).unwrap_or_default()
    }

    pub fn asked(&self, field: &'q Field) -> Asked<'q> {
        let arguments = field.arguments.iter().map(|(name, literal)| (name.node.to_string(), self.value(&literal.node)));
        let is_count = |item: &Positioned<Selection>| matches!(&item.node, Selection::Field(field) if field.node.name.node == "totalCount");
        Asked {
            name: field.name.node.as_str(),
            arguments: Value::Object(arguments.collect()),
            counts: field.selection_set.node.items.iter().all(is_count),
        }
    }
}

/// One question being answered about the world as it is.
pub struct Execution<'a, 'q> {
    pub question: &'a Question<'q>,
    pub sight: Sight<'a>,
    pub path: Vec<Value>,
    pub problems: Vec<Value>,
}

impl<'a, 'q> Execution<'a, 'q> {
    /// What is selected of an object; None when something in it is null that may not be.
    pub fn select(&mut self, object: &Object<'a>, sets: &[&'q SelectionSet]) -> Option<Value> {
        let kind = object.kind();
        let mut answer = Map::new();
        for (key, fields) in self.question.fields_of(sets, kind) {
            self.path.push(key.into());
            let value = self.field(object, kind, &fields);
            self.path.pop();
            answer.insert(key.to_owned(), value?);
        }
        Some(Value::Object(answer))
    }

    fn field(&mut self, object: &Object<'a>, kind: &str, fields: &[&'q Positioned<Field>]) -> Option<Value> {
        let first = fields.first()?;
        let asked = self.question.asked(&first.node);
        if asked.name == "__typename" {
            return Some(kind.into());
        }
        let known = schema::field(kind, asked.name)?;
        let found = object.resolve(&self.sight, &asked).unwrap_or_else(|problem| {
            self.problems.push(problem.json(&self.path, first.pos));
            Found::Nothing
        });
        let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.node.selection_set.node).collect();
        self.complete(&known.ty.node, found, &sets)
    }

    fn complete(&mut self, kind: &Type, found: Found<'a>, sets: &[&'q SelectionSet]) -> Option<Value> {
        let value = match (found, &kind.base) {
            (Found::Value(value), _) => Some(value).filter(|value| !value.is_null()),
            (Found::Object(object), _) => self.select(&object, sets),
            (Found::List(items), BaseType::List(inner)) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    self.path.push(index.into());
                    let item = self.complete(inner, Found::Object(item), sets);
                    self.path.pop();
                    item
                });
                items.collect::<Option<Vec<_>>>().map(Value::Array)
            }
            (Found::Nothing, _) | (Found::List(_), BaseType::Named(_)) => None,
        };
        value.or(kind.nullable.then_some(Value::Null))
    }
}

//! What is wrong with a query before it runs, in the words of GitHub's library. A query with such an error has no data.

use std::collections::BTreeSet;

use async_graphql_parser::{
    Pos, Positioned,
    types::{ExecutableDocument, Field, FieldDefinition, InputValueDefinition, OperationDefinition, Selection, SelectionSet, Type},
};
use async_graphql_value::Value as Literal;
use serde_json::{Value, json};

use super::{schema, values};

pub struct Validation<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    path: Vec<String>,
    /// The fragments that are being looked into, as one may not hold itself.
    within: Vec<&'a str>,
    used: BTreeSet<&'a str>,
    problems: Vec<Value>,
}

/// All that is wrong with an operation.
pub fn problems(document: &ExecutableDocument, operation: &OperationDefinition) -> Vec<Value> {
    let path = vec![operation.ty.to_string()];
    let mut validation = Validation { document, operation, path, within: Vec::new(), used: BTreeSet::new(), problems: Vec::new() };
    let root = if operation.ty.to_string() == "mutation" { "Mutation" } else { "Query" };
    validation.selections(&operation.selection_set.node, root);
    validation.unused();
    validation.problems
}

impl<'a> Validation<'a> {
    fn wrong(&mut self, at: Pos, message: String, extensions: Value) {
        let location = json!({"line": at.line, "column": at.column});
        let fields =
            [("path", json!(self.path)), ("extensions", extensions), ("locations", json!([location])), ("message", message.into())];
        self.problems.push(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    }

    fn within(&mut self, step: String, look: impl FnOnce(&mut Self)) {
        self.path.push(step);
        look(self);
        self.path.pop();
    }

    fn selections(&mut self, set: &'a SelectionSet, parent: &str) {
        for item in &set.items {
            for (name, value) in item.node.directives().iter().flat_map(|directive| &directive.node.arguments) {
                self.variables(&value.node, Type::new("Boolean!").as_ref(), &name.node, value.pos);
            }
            match &item.node {
                Selection::Field(field) => {
                    let step = field.node.response_key().node.to_string();
                    self.within(step, |validation| validation.field(field, parent));
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref().map_or(parent, |condition| condition.node.on.node.as_str());
                    self.within(format!("... on {condition}"), |validation| {
                        validation.fragment(condition, &fragment.node.selection_set.node, item.pos);
                    });
                }
                Selection::FragmentSpread(spread) => self.spread(spread.node.fragment_name.node.as_str(), item.pos),
            }
        }
    }

    fn spread(&mut self, name: &'a str, at: Pos) {
        let Some(fragment) = self.document.fragments.get(name) else {
            let extensions = json!({"code": "useAndDefineFragment", "fragmentName": name});
            return self.wrong(at, format!("Fragment {name} was used, but not defined"), extensions);
        };
        if self.within.contains(&name) {
            let extensions = json!({"code": "infiniteLoop", "fragmentName": name});
            return self.wrong(at, format!("Fragment {name} contains an infinite loop"), extensions);
        }
        let outside = std::mem::replace(&mut self.path, vec![format!("fragment {name}")]);
        self.within.push(name);
        self.fragment(fragment.node.type_condition.node.on.node.as_str(), &fragment.node.selection_set.node, at);
        self.within.pop();
        self.path = outside;
    }

    fn fragment(&mut self, condition: &str, set: &'a SelectionSet, at: Pos) {
        if schema::has_fields(condition) {
            return self.selections(set, condition);
        }
        let extensions = json!({"code": "undefinedType", "typeName": condition});
        self.wrong(at, format!("No such type {condition}, so it can't be a fragment condition"), extensions);
    }

    fn field(&mut self, field: &'a Positioned<Field>, parent: &str) {
        let name = field.node.name.node.as_str();
        if name == "__typename" {
            return;
        }
        let Some(known) = schema::field(parent, name) else {
            let extensions = json!({"code": "undefinedField", "typeName": parent, "fieldName": name});
            return self.wrong(field.pos, format!("Field '{name}' doesn't exist on type '{parent}'"), extensions);
        };
        self.arguments(field, known);
        let (kind, set) = (schema::base(&known.ty.node), &field.node.selection_set);
        match (schema::has_fields(kind), set.node.items.is_empty()) {
            (true, false) => self.selections(&set.node, kind),
            (false, true) => {}
            (true, true) => {
                let hint = format!("field '{name}' returns {kind} but has no selections. Did you mean '{name} {{ ... }}'?");
                let extensions = json!({"code": "selectionMismatch", "nodeName": format!("field '{name}'"), "typeName": kind});
                self.wrong(field.pos, format!("Field must have selections ({hint})"), extensions);
            }
            (false, false) => {
                let extensions = json!({"code": "selectionMismatch", "nodeName": format!("field '{name}'"), "typeName": kind});
                self.wrong(field.pos, format!("Selections can't be made on scalars (field '{name}' returns {kind})"), extensions);
            }
        }
    }

    fn arguments(&mut self, field: &'a Positioned<Field>, known: &'static FieldDefinition) {
        let name = field.node.name.node.as_str();
        for (argument, value) in &field.node.arguments {
            let wanted = known.arguments.iter().find(|known| known.node.name.node == argument.node);
            if let Some(wanted) = wanted {
                self.argument(name, &wanted.node, value);
            } else {
                let unknown = argument.node.as_str();
                let extensions = json!({"code": "argumentNotAccepted", "name": name, "typeName": "Field", "argumentName": unknown});
                let message = format!("Field '{name}' doesn't accept argument '{unknown}'");
                self.within(unknown.to_owned(), |validation| validation.wrong(argument.pos, message, extensions));
            }
        }
        let is_missing = |argument: &&Positioned<InputValueDefinition>| {
            !argument.node.ty.node.nullable && field.node.get_argument(argument.node.name.node.as_str()).is_none()
        };
        let missing: Vec<&str> = known.arguments.iter().filter(is_missing).map(|argument| argument.node.name.node.as_str()).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let extensions = json!({"code": "missingRequiredArguments", "className": "Field", "name": name, "arguments": missing});
            self.wrong(field.pos, format!("Field '{name}' is missing required arguments: {missing}"), extensions);
        }
    }

    fn argument(&mut self, field: &str, wanted: &InputValueDefinition, value: &'a Positioned<Literal>) {
        let (name, kind) = (wanted.name.node.as_str(), &wanted.ty.node);
        if !values::fits(&value.node, kind) {
            let extensions = json!({"code": "argumentLiteralsIncompatible", "typeName": "Field", "argumentName": name});
            let message = format!("Argument '{name}' on Field '{field}' has an invalid value ({}). Expected type '{kind}'.", value.node);
            self.within(name.to_owned(), |validation| validation.wrong(value.pos, message, extensions));
        }
        self.variables(&value.node, Some(kind), name, value.pos);
    }

    /// The variables in a literal, each against the type of the place where it stands.
    fn variables(&mut self, value: &'a Literal, wanted: Option<&Type>, argument: &str, at: Pos) {
        match value {
            Literal::Variable(name) => self.variable(name, wanted, argument, at),
            Literal::List(items) => {
                let inner = wanted.and_then(|wanted| match &wanted.base {
                    async_graphql_parser::types::BaseType::List(inner) => Some(&**inner),
                    async_graphql_parser::types::BaseType::Named(_) => None,
                });
                for item in items {
                    self.variables(item, inner, argument, at);
                }
            }
            Literal::Object(fields) => {
                let known = wanted.and_then(|wanted| schema::inputs(schema::base(wanted))).unwrap_or_default();
                for (name, item) in fields {
                    let input = known.iter().find(|input| input.node.name.node == *name);
                    self.variables(item, input.map(|input| &input.node.ty.node), name, at);
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &'a str, wanted: Option<&Type>, argument: &str, at: Pos) {
        self.used.insert(name);
        let declared = self.operation.variable_definitions.iter().find(|definition| definition.node.name.node == name);
        let Some(declared) = declared else {
            let extensions = json!({"code": "variableNotDefined", "variableName": name});
            return self.wrong(at, format!("Variable ${name} is used by anonymous query but not declared"), extensions);
        };
        let (kind, has_default) = (&declared.node.var_type.node, declared.node.default_value.is_some());
        if let Some(wanted) = wanted.filter(|wanted| !values::stands_for(kind, wanted, has_default)) {
            let extensions = json!({"code": "variableMismatch", "variableName": name, "typeName": kind.to_string(), "argumentName": argument, "errorMessage": "Type mismatch"});
            self.wrong(at, format!("Type mismatch on variable ${name} and argument {argument} ({kind} / {wanted})"), extensions);
        }
    }

    fn unused(&mut self) {
        for declared in &self.operation.variable_definitions {
            let name = declared.node.name.node.as_str();
            if !self.used.contains(name) {
                let extensions = json!({"code": "variableNotUsed", "variableName": name});
                self.wrong(declared.pos, format!("Variable ${name} is declared by anonymous query but not used"), extensions);
            }
        }
    }
}

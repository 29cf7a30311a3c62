//! What is known of GitHub's schema: a lookup in `known.graphql`.

use std::{collections::BTreeMap, sync::LazyLock};

use async_graphql_parser::{
    Positioned, parse_schema,
    types::{BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition},
};

const KNOWN: &str = include_str!("known.graphql");

static TYPES: LazyLock<BTreeMap<String, TypeKind>> = LazyLock::new(|| {
    let definitions = parse_schema(KNOWN).map(|document| document.definitions).unwrap_or_default();
    let types = definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some((definition.node.name.node.to_string(), definition.node.kind)),
        _ => None,
    });
    types.collect()
});

/// The fields of an object or an interface; None for a type without any.
fn fields(name: &str) -> Option<&'static [Positioned<FieldDefinition>]> {
    match TYPES.get(name)? {
        TypeKind::Object(object) => Some(&object.fields),
        TypeKind::Interface(interface) => Some(&interface.fields),
        // A union has none of its own, but takes fragments.
        TypeKind::Union(_) => Some(&[]),
        _ => None,
    }
}

pub fn has_fields(name: &str) -> bool {
    fields(name).is_some()
}

pub fn field(parent: &str, name: &str) -> Option<&'static FieldDefinition> {
    fields(parent)?.iter().map(|field| &field.node).find(|field| field.name.node == name)
}

/// The fields of an input object.
pub fn inputs(name: &str) -> Option<&'static [Positioned<InputValueDefinition>]> {
    match TYPES.get(name)? {
        TypeKind::InputObject(object) => Some(&object.fields),
        _ => None,
    }
}

/// The values of an enum.
pub fn values(name: &str) -> Option<Vec<&'static str>> {
    match TYPES.get(name)? {
        TypeKind::Enum(kind) => Some(kind.values.iter().map(|value| value.node.value.node.as_str()).collect()),
        _ => None,
    }
}

/// True when an object of this type is what a fragment asks for: the type itself, or an interface or a union with it.
pub fn is(name: &str, condition: &str) -> bool {
    let implements = match TYPES.get(name) {
        Some(TypeKind::Object(object)) => object.implements.iter().any(|interface| interface.node == condition),
        _ => false,
    };
    let belongs = match TYPES.get(condition) {
        Some(TypeKind::Union(union)) => union.members.iter().any(|member| member.node == name),
        _ => false,
    };
    name == condition || implements || belongs
}

/// The name of a type without its lists and exclamation marks.
pub fn base(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_types_that_are_named_are_known() {
        const SCALARS: [&str; 10] =
            ["Base64String", "Boolean", "DateTime", "GitObjectID", "GitRefname", "GitTimestamp", "ID", "Int", "String", "URI"];
        assert!(TYPES.len() > 60);
        for name in TYPES.keys() {
            let arguments =
                |field: &'static Positioned<FieldDefinition>| field.node.arguments.iter().map(|argument| &argument.node.ty.node);
            let fields = fields(name).unwrap_or_default();
            let inputs = inputs(name).unwrap_or_default().iter().map(|input| &input.node.ty.node);
            for used in fields.iter().map(|field| &field.node.ty.node).chain(fields.iter().flat_map(arguments)).chain(inputs) {
                assert!(TYPES.contains_key(base(used)) || SCALARS.contains(&base(used)), "{name} names {used}");
            }
        }
    }
}

#!/usr/bin/env python3
"""Check recorded GraphQL exchanges against GitHub's published schema.

Arguments: the schema, the sandbox's excerpt of it, then files of exchanges, one JSON object a line with request_body and response_body.
Each query must be valid, its variables must fit, and its answer must have exactly the selected fields with values of their types.
A query that was answered with errors alone and is invalid by the schema too was meant to be: it is counted, not reported.
Needs: pip install graphql-core
"""
import json
import sys
from pathlib import Path

from graphql import (GraphQLError, GraphQLObjectType, OperationDefinitionNode, build_schema, get_named_type, get_nullable_type,
                     get_operation_ast, is_abstract_type, is_enum_type, is_input_object_type, is_leaf_type, is_list_type,
                     is_non_null_type, parse, validate)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.values import get_variable_values

TEXTS = {"DateTime", "GitObjectID", "GitTimestamp", "URI", "ID", "String", "BigInt", "HTML"}


def excerpt_breaches(published, known):
    """What the sandbox says of the schema and the schema does not."""
    for name, kind in known.type_map.items():
        if name.startswith("__"):
            continue
        other = published.type_map.get(name)
        if type(other) is not type(kind):
            yield f"{name}: not such a type"
        elif is_enum_type(kind):
            yield from (f"{name}: values differ" for _ in range(set(kind.values) != set(other.values)))
        elif not is_leaf_type(kind):
            for field, own in getattr(kind, "fields", {}).items():
                theirs = other.fields.get(field)
                if theirs is None or str(theirs.type) != str(own.type):
                    yield f"{name}.{field}: is {theirs and theirs.type}, not {own.type}"
                    continue
                required = {a for a, v in getattr(theirs, "args", {}).items() if is_non_null_type(v.type)}
                for arg, value in getattr(own, "args", {}).items():
                    if arg not in theirs.args or str(theirs.args[arg].type) != str(value.type):
                        yield f"{name}.{field}({arg}): not so"
                yield from (f"{name}.{field}: lacks {arg}" for arg in required - set(getattr(own, "args", {})))
            if is_input_object_type(kind):
                needed = {f for f, v in other.fields.items() if is_non_null_type(v.type)}
                yield from (f"{name}: lacks {field}" for field in needed - set(kind.fields))


class Shape:
    """An answer against what its query selects."""
    def __init__(self, schema, document, variables):
        self.schema, self.variables = schema, variables
        self.fragments = {d.name.value: d for d in document.definitions if not isinstance(d, OperationDefinitionNode)}

    def object(self, kind, fields, value, at):
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is no object"
            return
        for key in value.keys() ^ fields.keys():
            yield f"{at}.{key}: {'not asked for' if key in value else 'missing'}"
        for key in value.keys() & fields.keys():
            name = fields[key][0].name.value
            if name == "__typename":
                yield from ([f"{at}.{key}: is {value[key]!r}"] if value[key] != kind.name else [])
            else:
                yield from self.value(kind.fields[name].type, fields[key], value[key], f"{at}.{key}")

    def value(self, kind, nodes, value, at):
        if value is None:
            yield from ([f"{at}: null where {kind} is declared"] if is_non_null_type(kind) else [])
            return
        kind = get_nullable_type(kind)
        if is_list_type(kind):
            if not isinstance(value, list):
                yield f"{at}: {value!r} is no list"
                return
            for index, item in enumerate(value):
                yield from self.value(kind.of_type, nodes, item, f"{at}[{index}]")
        elif is_leaf_type(kind):
            if not self.is_leaf(kind, value):
                yield f"{at}: {value!r} is no {kind}"
        elif is_abstract_type(kind):
            yield from self.abstract(kind, nodes, value, at)
        else:
            yield from self.object(kind, self.sub(kind, nodes), value, at)

    def sub(self, kind, nodes):
        return collect_sub_fields(self.schema, self.fragments, self.variables, kind, nodes)

    def abstract(self, kind, nodes, value, at):
        """Any of the possible types, as an answer need not name its own."""
        tries = [list(self.object(t, self.sub(t, nodes), value, at)) for t in self.schema.get_possible_types(kind)]
        if all(tries):
            yield min(tries, key=len)[0]

    @staticmethod
    def is_leaf(kind, value):
        if is_enum_type(kind):
            return value in kind.values
        if kind.name == "Int":
            return isinstance(value, int) and not isinstance(value, bool) and -2**31 <= value < 2**31
        if kind.name == "Boolean":
            return isinstance(value, bool)
        return isinstance(value, str) if kind.name in TEXTS else True


def breaches(schema, exchange):
    """What is wrong with an exchange; a string instead when it shows an invalid query being refused."""
    if exchange["status"] != 200 or not isinstance(exchange.get("response_body"), dict):
        return "refused"
    request, answer = exchange["request_body"], exchange["response_body"]
    found = [f"answer: unknown field {key!r}" for key in answer.keys() - {"data", "errors", "extensions"}]
    if "errors" in answer and (not answer["errors"] or any(not isinstance(e.get("message"), str) for e in answer["errors"])):
        found.append("errors: each has a message, and there is one at least")
    try:
        document = parse(request["query"])
        problems = validate(schema, document)
    except GraphQLError as error:
        problems = [error]
    if not problems:
        operation = get_operation_ast(document, request.get("operationName"))
        variables = get_variable_values(schema, operation.variable_definitions, request.get("variables") or {})
        problems = variables if isinstance(variables, list) else []
    if problems:
        return "refused" if "data" not in answer and answer.get("errors") else found + [f"query: {p.message}" for p in problems]
    if "data" not in answer:
        limited = any(e.get("type") == "RATE_LIMITED" for e in answer.get("errors", []))
        return "refused" if limited else found + [f"a valid query was refused: {answer.get('errors')}"]
    root = schema.get_root_type(operation.operation)
    if answer["data"] is not None:
        shape = Shape(schema, document, variables)
        fields = collect_fields(schema, shape.fragments, variables, root, operation.selection_set)
        found += shape.object(root, fields, answer["data"], "data")
    elif not answer.get("errors"):
        found.append("data: null without an error")
    return found


def load(path):
    return build_schema(Path(path).read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True)


def main():
    schema = load(sys.argv[1])
    excerpt = Path(sys.argv[2]).read_text(encoding="utf-8")
    scalars = "".join(f"scalar {name}\n" for name in ("Base64String", "DateTime", "GitObjectID", "GitRefname", "GitTimestamp", "URI"))
    known = build_schema(excerpt + scalars, assume_valid=True)
    wrong = list(excerpt_breaches(schema, known))
    for line in wrong:
        print(f"{sys.argv[2]}: {line}")
    count = refused = bad = 0
    for name in sys.argv[3:]:
        with open(name, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                found = breaches(schema, json.loads(line))
                count, refused, bad = count + 1, refused + (found == "refused"), bad + (found != "refused" and bool(found))
                for text in found if found != "refused" else ():
                    print(f"{name}:{number}: {text}")
    print(f"{count} GraphQL exchanges, {refused} of them refusals, {bad} in breach; the excerpt differs in {len(wrong)} places")
    return 1 if bad or wrong else 0


if __name__ == "__main__":
    sys.exit(main())

//! What check runs remark on lines of files.

use serde_json::{Value, json};

use super::{
    apps::target,
    errors::{custom, invalid, not_found},
    json::{encoded, html_url, list},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Annotation, Check, Repository, World},
};

/// The most annotations that one call takes; a check may get more with further calls.
const MOST: usize = 50;

/// The annotations in the output of a check, which must be complete.
pub fn given(output: &Value) -> Result<Vec<Annotation>, Answer> {
    let given = output.get("annotations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if given.len() > MOST {
        return Err(custom("CheckRun", &format!("annotations is too long (maximum is {MOST})")));
    }
    given.iter().map(|item| annotation(item).ok_or_else(|| invalid("CheckRun", "annotations", "invalid"))).collect()
}

fn annotation(item: &Value) -> Option<Annotation> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| item.get(name).and_then(Value::as_u64);
    Some(Annotation {
        path: text("path")?,
        start_line: number("start_line")?,
        end_line: number("end_line")?,
        start_column: number("start_column"),
        end_column: number("end_column"),
        level: text("annotation_level").filter(|level| ["notice", "warning", "failure"].contains(&level.as_str()))?,
        title: text("title"),
        message: text("message")?,
        raw_details: text("raw_details"),
    })
}

fn annotation_json(world: &World, repository: &Repository, check: &Check, annotation: &Annotation) -> Value {
    let path = encoded(&annotation.path);
    json!({
        "path": annotation.path,
        "start_line": annotation.start_line,
        "end_line": annotation.end_line,
        "start_column": annotation.start_column,
        "end_column": annotation.end_column,
        "annotation_level": annotation.level,
        "title": annotation.title,
        "message": annotation.message,
        "raw_details": annotation.raw_details,
        "blob_href": format!("{}/blob/{}/{path}", html_url(world, repository), check.sha),
    })
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let check = repository.check(call.number("check")).ok_or_else(not_found)?;
    Ok(list(world, call, &check.annotations, |annotation| annotation_json(world, repository, check, annotation)))
}

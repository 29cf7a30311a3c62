//! The two ways to say where in a file a version is: keys (`a.b[0].version`) and elements (`/project/version`).

use schemars::JsonSchema;
use serde::Deserialize;

/// Keys and indexes from the root of the file: `a.b[0].version`. A key with dots or brackets in it is quoted:
/// `a."b.c"`. A leading `$.` is allowed. Indexes count from zero.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct KeyPath {
    written: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    /// The keys of a place that is known.
    pub fn of(keys: &[&str]) -> Self {
        Self { written: keys.join("."), steps: keys.iter().map(|key| Step::Key((*key).to_owned())).collect() }
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl TryFrom<String> for KeyPath {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let wrong = || format!("`{written}` is not a path of keys; write it like `a.b[0].version`, keys with dots in quotes");
        let mut rest = written.strip_prefix("$.").unwrap_or(&written);
        let mut steps = Vec::new();
        loop {
            let (step, after) = first_step(rest).ok_or_else(wrong)?;
            steps.push(step);
            match after.strip_prefix('.') {
                _ if after.is_empty() => return Ok(Self { written, steps }),
                Some(next) => rest = next,
                None if after.starts_with('[') => rest = after,
                None => return Err(wrong()),
            }
        }
    }
}

fn first_step(rest: &str) -> Option<(Step, &str)> {
    if let Some(index) = rest.strip_prefix('[') {
        let (digits, after) = index.split_once(']')?;
        return Some((Step::Index(digits.parse().ok()?), after));
    }
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        let (key, after) = rest.get(1..)?.split_once(quote)?;
        return Some((Step::Key(key.to_owned()), after));
    }
    let (key, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
    (!key.is_empty() && !key.contains([']', '"', '\''])).then(|| (Step::Key(key.to_owned()), after))
}

/// Elements from the root of an XML file, an attribute last if wanted: `/project/version`, `/Project/PropertyGroup[1]/Version`,
/// `/addon/@version`. Names are compared without their namespaces; `[n]` counts from one among the elements of that name in their
/// parent; without it every element of the name is meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct XmlPath {
    pub written: String,
    pub elements: Vec<Element>,
    pub attribute: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub nth: Option<usize>,
}

impl TryFrom<String> for XmlPath {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let wrong = || format!("`{written}` is not a path of elements; write it like `/project/version` or `/addon/@version`");
        let inner = written.strip_prefix('/').ok_or_else(wrong)?;
        let (inner, attribute) = match inner.split_once("/@") {
            Some((inner, name)) if is_name(name) => (inner, Some(name.to_owned())),
            Some(_) => return Err(wrong()),
            None => (inner, None),
        };
        let elements = inner.split('/').map(element).collect::<Option<_>>().ok_or_else(wrong)?;
        Ok(Self { written, elements, attribute })
    }
}

fn element(text: &str) -> Option<Element> {
    let (name, nth) = match text.split_once('[') {
        Some((name, index)) => (name, Some(index.strip_suffix(']')?.parse().ok().filter(|nth| *nth > 0)?)),
        None => (text, None),
    };
    is_name(name).then(|| Element { name: name.to_owned(), nth })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Result<Vec<Step>, String> {
        KeyPath::try_from(text.to_owned()).map(|path| path.steps)
    }

    #[test]
    fn keys_indexes_and_quotes_are_read() {
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(keys("a.b[0].version"), Ok(vec![key("a"), key("b"), Step::Index(0), key("version")]));
        assert_eq!(keys("$.a.\"b.c\"[1][2]"), Ok(vec![key("a"), key("b.c"), Step::Index(1), Step::Index(2)]));
    }

    #[test]
    fn what_is_not_a_path_is_refused_with_an_example() {
        for text in ["", ".", "a.", "a..b", "a[x]", "a[0", "a]b", "a[0]b", "\"a", "a\"b\""] {
            assert!(keys(text).unwrap_err().contains("a.b[0].version"), "{text}");
        }
        for text in ["", "a", "/", "//a", "/a[0]", "/a[x]", "/a/@", "/a/@b/c", "/a b"] {
            assert!(XmlPath::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn elements_an_index_and_an_attribute_are_read() {
        let path = XmlPath::try_from("/a/b[2]/@version".to_owned()).unwrap();
        let element = |name: &str, nth| Element { name: name.to_owned(), nth };
        assert_eq!(path.elements, [element("a", None), element("b", Some(2))]);
        assert_eq!(path.attribute.as_deref(), Some("version"));
    }
}

//! Finds a setting's text in the environment, the file, a secret's own file or the table of defaults, and collects what is wrong.
//! Must not know any setting by name.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::read_to_string;
use std::path::Path;

use super::Secret;
use super::table::{Kind, SETTINGS, Setting};

pub(super) struct Lookup<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    file: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(environment: &'a dyn Fn(&str) -> Option<String>, file: Option<&Path>) -> Self {
        let mut lookup = Self { environment, file: BTreeMap::new(), problems: Vec::new() };
        if let Some(path) = file {
            lookup.load(path);
        }
        lookup
    }

    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// Whether a setting whose name starts like this is given, by itself or by a file's path.
    pub(super) fn names_any_of(&self, prefix: &str) -> bool {
        let mut names = SETTINGS.iter().map(|setting| setting.name).filter(|name| name.starts_with(prefix));
        names.any(|name| self.text(name).is_some() || self.text(&in_file(name)).is_some())
    }

    /// The value given, or the default. `None`, and a problem, where there is neither or `parse` refuses it.
    pub(super) fn value<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name).or_else(|| setting(name)?.default.map(str::to_owned));
        self.checked(name, text.as_deref().map(str::trim), parse)
    }

    /// The value given, if there is one. `None`, and a problem, where `parse` refuses it.
    pub(super) fn optional<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        self.checked(name, Some(text.trim()), parse)
    }

    pub(super) fn secret(&mut self, name: &str, parse: impl Fn(&str) -> Option<String>) -> Option<Secret> {
        let known = self.problems.len();
        let text = self.secret_text(name);
        // A secret that was found unreadable is not missing as well.
        if text.is_none() && self.problems.len() > known { None } else { self.checked(name, text.as_deref(), parse).map(Secret) }
    }

    pub(super) fn optional_secret(&mut self, name: &str, parse: impl Fn(&str) -> Option<String>) -> Option<Secret> {
        let text = self.secret_text(name)?;
        self.checked(name, Some(&text), parse).map(Secret)
    }

    /// Never shows the text: it may be a secret, or one put into the wrong variable.
    fn checked<T>(&mut self, name: &str, text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = text.and_then(parse);
        if value.is_none() {
            let what = setting(name).map_or("a value", |setting| setting.what);
            let trouble = if text.is_none() { "missing" } else { "not valid" };
            self.problem(format!("{name} is {trouble}: put {what} there"));
        }
        value
    }

    fn secret_text(&mut self, name: &str) -> Option<String> {
        let path_name = in_file(name);
        let (inline, path) = match (self.variable(name), self.variable(&path_name)) {
            (None, None) => (self.entry(name), self.entry(&path_name)),
            given => given,
        };
        match (inline, path) {
            (Some(_), Some(_)) => {
                self.problem(format!("{name} and {path_name} are both set: keep one of them"));
                None
            }
            (None, Some(path)) => self.secret_file(&path_name, &path),
            (inline, None) => inline,
        }
    }

    fn secret_file(&mut self, name: &str, path: &str) -> Option<String> {
        let trouble = match read_to_string(path) {
            Ok(text) if text.trim().is_empty() => "the file is empty".to_owned(),
            Ok(text) => return Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => error.to_string(),
        };
        self.problem(format!("{name} names {path:?}, which cannot be used ({trouble}): put the path of a readable file there"));
        None
    }

    fn text(&self, name: &str) -> Option<String> {
        self.variable(name).or_else(|| self.entry(name))
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|text| !text.trim().is_empty())
    }

    fn entry(&self, name: &str) -> Option<String> {
        self.file.get(&key(name)).filter(|text| !text.trim().is_empty()).cloned()
    }

    fn load(&mut self, path: &Path) {
        let trouble = |error: &dyn Display| format!("settings file {}: {error}", path.display());
        let table = match read_to_string(path).map(|text| text.parse::<toml::Table>().map_err(|error| on_one_line(&text, &error))) {
            Ok(Ok(table)) => table,
            Ok(Err(error)) => return self.problem(trouble(&error)),
            Err(error) => return self.problem(trouble(&error)),
        };
        let known = known_keys();
        for (name, value) in table {
            match value {
                _ if !known.contains(&name) => self.problem(trouble(&unknown(&name, &known))),
                toml::Value::String(text) => drop(self.file.insert(name, text)),
                toml::Value::Integer(number) => drop(self.file.insert(name, number.to_string())),
                _ => self.problem(trouble(&format!("`{name}` is neither text nor a whole number: put it in quotes"))),
            }
        }
    }
}

fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

fn in_file(name: &str) -> String {
    format!("{name}_FILE")
}

/// What a variable is called in the file.
fn key(name: &str) -> String {
    name.trim_start_matches("SLIPWAY_").to_lowercase()
}

fn known_keys() -> Vec<String> {
    let names = |setting: &Setting| [Some(key(setting.name)), (setting.kind == Kind::Secret).then(|| key(&in_file(setting.name)))];
    SETTINGS.iter().flat_map(names).flatten().collect()
}

fn unknown(name: &str, known: &[String]) -> String {
    let like = key(&name.to_uppercase());
    let nearest = known.iter().min_by_key(|candidate| strsim::damerau_levenshtein(candidate, &like));
    format!("unknown key `{}`, the nearest is `{}`", name.escape_debug(), nearest.map_or("", String::as_str))
}

fn on_one_line(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|&byte| byte == b'\n').count() + 1;
    format!("line {line}: {}", error.message().replace('\n', " "))
}

//! Whose a commit is in a repository of several components: by the paths that it touches.

use crate::domain::config::Component;

/// Whether a commit with these paths is the component's. One that touches nothing is everybody's (that is how an empty commit asks for a
/// release of all), and so is one whose paths are not known: rather told twice than lost.
pub fn owns(component: &Component, all: &[Component], files: Option<&[String]>) -> bool {
    let Some(files) = files.filter(|files| !files.is_empty()) else { return true };
    files.iter().any(|file| {
        let own = longest(component, file);
        let excluded = component.exclude.iter().any(|path| holds(path, file));
        own.is_some_and(|own| !excluded && all.iter().filter_map(|other| longest(other, file)).all(|other| other <= own))
    })
}

/// How much of the file's path the component's own paths name.
fn longest(component: &Component, file: &str) -> Option<usize> {
    component.paths.iter().filter(|path| holds(path, file)).map(|path| trimmed(path).len()).max()
}

fn trimmed(path: &str) -> &str {
    match path.trim_matches('/') {
        "." => "",
        path => path.trim_start_matches("./"),
    }
}

fn holds(path: &str, file: &str) -> bool {
    let path = trimmed(path);
    path.is_empty() || file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

//! Python's metadata: pyproject.toml (<https://packaging.python.org/en/latest/specifications/pyproject-toml/>), setup.cfg and setup.py.

use super::FileProblem;
use super::source::{Value, assigned, keyword, property};
use super::spot::Spot;
use super::toml::{at, read, string, string_at};

/// `project.version` and `tool.poetry.version`.
pub fn pyproject(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let root = read(text)?;
    let places = [&["project", "version"][..], &["tool", "poetry", "version"]];
    let spots: Vec<_> = places.iter().filter_map(|keys| string_at(text, &root, keys)).map(|(_, place)| Spot::own(place)).collect();
    let dynamic = at(&root, &["project", "dynamic"]).and_then(|value| value.get_ref().as_array());
    let named = dynamic.into_iter().flatten().any(|entry| string(text, entry).is_some_and(|(name, _)| name == "version"));
    if spots.is_empty() && named { Err(FileProblem::dynamic("dynamic = [\"version\"]")) } else { Ok(spots) }
}

/// `version` in `[metadata]`.
pub fn setup_cfg(text: &str) -> Vec<Spot> {
    let (mut start, mut in_metadata) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.starts_with('[') {
            in_metadata = line.trim_end() == "[metadata]";
        }
        if let Some(place) = property(line, "version").filter(|_| in_metadata) {
            return vec![Spot::own(start + place.start..start + place.end)];
        }
        start += line.len();
    }
    Vec::new()
}

/// `version="…"` in the call of `setup`, or the text that the name given there stands for.
pub fn setup_py(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let call = text.find("setup(").unwrap_or_default();
    match keyword(text, call, "version", '=') {
        Some(Value::Text(place)) => Ok(vec![Spot::own(place)]),
        Some(Value::Other(value)) => match assigned(text, value, '=') {
            Some(place) => Ok(vec![Spot::own(place)]),
            None => Err(FileProblem::dynamic(value)),
        },
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bumped, problem};

    #[test]
    fn both_tables_of_a_pyproject_are_written() {
        let text = "[project]\nname = \"x\"\nversion = \"1.0.0\"\n[tool.poetry]\nversion = '''1.0.0'''\n[tool.black]\nversion = '1.0.0'\n";
        let expected = text.replacen("1.0.0", "1.1.0", 2);
        assert_eq!(bumped("pyproject.toml", text, &[]), expected);
    }

    #[test]
    fn a_dynamic_version_asks_for_the_file_that_holds_it() {
        let found = problem("pyproject.toml", "[project]\nname = 'x'\ndynamic = ['readme', 'version']\n");
        assert!(found.remedy.contains("Name the file that holds the version"), "{found}");
        assert!(problem("setup.cfg", "[metadata]\nversion = attr: x.__version__\n").found.contains("attr: x"));
        assert!(problem("setup.py", "setup(version=read('VERSION'))").found.contains("read"));
    }

    #[test]
    fn setup_cfg_is_written_in_its_metadata_only() {
        let text = "[bumpversion]\nversion = 1.0.0\n\n[metadata]\r\nname = x\r\nversion = 1.0.0 \r\n[options]\n";
        assert_eq!(bumped("setup.cfg", text, &[]), text.replace("1.0.0 \r", "1.1.0 \r"));
    }

    #[test]
    fn setup_py_is_written_where_the_text_is() {
        let text = "from x import setup\nsetup(\n    # version='0'\n    python_version='3',\n    version = '1.0.0',\n)\n";
        assert_eq!(bumped("setup.py", text, &[]), text.replace("1.0.0", "1.1.0"));
        let text = "VERSION = \"1.0.0\"\nsetup(name='x', version=VERSION, zip_safe=True)\n";
        assert_eq!(bumped("setup.py", text, &[]), text.replace("1.0.0", "1.1.0"));
    }
}

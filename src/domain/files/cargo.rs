//! Cargo's manifest and lock file: own versions, and those that other packages of the repository are known by.

use std::collections::BTreeMap;

use ::toml::de::{DeTable, DeValue};

use super::FileProblem;
use super::spot::{Role, Spot};
use super::toml::{at, read, string, string_at};

/// `package.version` unless it is inherited, `workspace.package.version`, and the `version` of every dependency with a `path`. A dependency under another name
/// is known by its `package`.
pub fn manifest(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let root = read(text)?;
    let mut spots = Vec::new();
    spots.extend(string_at(text, &root, &["package", "version"]).map(|(_, place)| Spot::own(place)));
    let inherited = at(&root, &["package", "version", "workspace"]);
    spots.extend(inherited.map(|value| Spot::new(value.span(), Role::Inherited)));
    spots.extend(string_at(text, &root, &["workspace", "package", "version"]).map(|(_, place)| Spot::own(place)));
    let workspace = at(&root, &["workspace"]).and_then(|value| value.get_ref().as_table());
    let targets = at(&root, &["target"]).and_then(|value| value.get_ref().as_table());
    let by_target = targets.into_iter().flat_map(|targets| targets.values().filter_map(|target| target.get_ref().as_table()));
    for table in std::iter::once(&root).chain(workspace).chain(by_target) {
        spots.extend(requirements(text, table));
    }
    Ok(spots)
}

fn requirements<'a>(text: &'a str, table: &'a DeTable) -> impl Iterator<Item = Spot> + 'a {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = kinds.into_iter().filter_map(|kind| at(table, &[kind])?.get_ref().as_table());
    tables.flatten().filter_map(|(name, value)| {
        let dependency = value.get_ref().as_table()?;
        let (_, place) = string_at(text, dependency, &["version"])?;
        string_at(text, dependency, &["path"])?;
        let package = string_at(text, dependency, &["package"]).map_or(name.get_ref().as_ref(), |(package, _)| package);
        Some(Spot::new(place, Role::CargoRequirement(package.to_owned())))
    })
}

/// The packages without a `source`, which are the repository's own, and where dependencies name one of them with its version because
/// another package has the same name.
pub fn lock(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let root = read(text)?;
    let packages = at(&root, &["package"]).and_then(|value| value.get_ref().as_array());
    let tables: Vec<_> = packages.into_iter().flatten().filter_map(|package| package.get_ref().as_table()).collect();
    let mut members = BTreeMap::new();
    let mut spots = Vec::new();
    for package in tables.iter().filter(|package| !package.contains_key("source")) {
        let name = string_at(text, package, &["name"]);
        if let (Some((name, _)), Some((version, place))) = (name, string_at(text, package, &["version"])) {
            members.insert(name, version);
            spots.push(Spot::new(place, Role::Member(name.to_owned())));
        }
    }
    let lists = tables.iter().filter_map(|package| at(package, &["dependencies"])?.get_ref().as_array());
    for dependency in lists.flatten().filter(|dependency| matches!(dependency.get_ref(), DeValue::String(_))) {
        let Some((written, place)) = string(text, dependency) else { continue };
        if let Some((name, version)) = written.split_once(' ').filter(|(name, version)| members.get(name) == Some(version)) {
            spots.push(Spot::new(place.end - version.len()..place.end, Role::Member(name.to_owned())));
        }
    }
    Ok(spots)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bumped, file, problem};

    #[test]
    fn a_manifest_gets_its_own_version_and_those_of_released_paths() {
        let text = "[package]\nname = 'app' # ours\nversion = \"1.0.0\"  # keep\n\n[dependencies]\nserde = { version = \"1.0.0\" }\n\
            core = { path = \"core\", version = \"=1.0.0\" }\nother = { path = \"other\", version = \"1.0.0\" }\n\
            [target.'cfg(unix)'.dev-dependencies.renamed]\npackage = \"util\"\npath = \"../util\"\nversion = \"0.9.0\"\n";
        let expected =
            text.replace("version = \"1.0.0\"  #", "version = \"1.1.0\"  #").replace("=1.0.0", "=1.1.0").replace("0.9.0", "1.1.0");
        assert_eq!(bumped("Cargo.toml", text, &["app", "core", "util"]), expected);
    }

    #[test]
    fn a_workspace_root_gets_its_shared_version_and_shared_dependencies() {
        let text =
            "[workspace.package]\r\nversion = '1.0.0'\r\n[workspace.dependencies]\r\ncore = { path = 'core', version = '1.0.0' }\r\n";
        assert_eq!(bumped("Cargo.toml", text, &["core"]), text.replace("1.0.0", "1.1.0"));
    }

    #[test]
    fn an_inherited_version_stays_inherited_and_the_name_is_known() {
        let text = "[package]\nname = 'a'\nversion.workspace = true\n[dependencies]\nb = { path = 'b', version = '1.0.0' }\n";
        assert_eq!(bumped("Cargo.toml", text, &["a", "b"]), text.replace("1.0.0", "1.1.0"));
        assert_eq!(bumped("Cargo.toml", text, &[]), text);
        assert_eq!(super::super::package_name(&file("Cargo.toml"), text).as_deref(), Some("a"));
    }

    #[test]
    fn a_manifest_that_states_no_version_says_so() {
        assert!(problem("Cargo.toml", "[workspace]\nmembers = ['a']\n").wanted.contains("workspace.package.version"));
    }

    #[test]
    fn a_lock_file_gets_the_versions_of_its_own_packages_only() {
        let registry = "[[package]]\nname = \"core\"\nversion = \"1.0.0\"\nsource = \"registry+https://x\"\n";
        let text = format!(
            "version = 4\n\n[[package]]\nname = \"core\"\nversion = \"0.9.0\"\ndependencies = [\n \"core 1.0.0\",\n]\n\n{registry}\n\
            [[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\n \"core 0.9.0\",\n \"log\",\n]\n"
        );
        let expected = text.replace("0.9.0", "1.1.0").replace("\"app\"\nversion = \"1.0.0\"", "\"app\"\nversion = \"1.1.0\"");
        assert_eq!(bumped("Cargo.lock", &text, &["core", "app"]), expected);
    }

    #[test]
    fn a_lock_file_without_a_released_package_says_so() {
        assert!(problem("Cargo.lock", "[[package]]\nname = 'x'\nversion = '1.0.0'\n").found.contains("none"));
    }
}

//! npm's manifest and lock file (<https://docs.npmjs.com/cli/configuring-npm/package-lock-json>): own versions, and those that other
//! packages of the repository are known by.

use std::collections::BTreeMap;

use jsonc_parser::ast::Object;

use super::FileProblem;
use super::json::{get, inside, package, read, string};
use super::spot::{Role, Spot};

/// `version`, and the ranges of dependencies. Ranges of peers are a promise to users, and theirs to change.
pub fn manifest(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let root = read(text)?;
    Ok(package(&root).into_iter().chain(root.as_object().into_iter().flat_map(ranges)).collect())
}

fn ranges(package: &Object) -> Vec<Spot> {
    let kinds = ["dependencies", "devDependencies", "optionalDependencies"];
    let properties = kinds.into_iter().filter_map(|kind| get(package, kind)?.as_object()).flat_map(|object| &object.properties);
    let spot = |(name, range)| Spot::new(range, Role::NpmRange(name));
    properties.filter_map(|property| Some((property.name.as_str().to_owned(), inside(property.value.as_string_lit()?)))).map(spot).collect()
}

/// The root's `version`, and under `packages` those of the root and the workspaces with the ranges they ask for.
pub fn lock(text: &str) -> Result<Vec<Spot>, FileProblem> {
    let root = read(text)?;
    let Some(root) = root.as_object() else { return Ok(Vec::new()) };
    let mut spots = Vec::new();
    let own = string(root, "name").map_or("", |name| name.value.as_ref());
    spots.extend(string(root, "version").map(|version| Spot::new(inside(version), Role::Member(own.to_owned()))));
    let Some(packages) = get(root, "packages").and_then(|packages| packages.as_object()) else { return Ok(spots) };
    let entries = || packages.properties.iter().filter_map(|entry| Some((entry.name.as_str(), entry.value.as_object()?)));
    // A workspace is linked from node_modules under its name.
    let links: BTreeMap<_, _> = entries()
        .filter_map(|(place, entry)| Some((string(entry, "resolved")?.value.as_ref(), place.rsplit_once("node_modules/")?.1)))
        .collect();
    for (place, entry) in entries().filter(|(place, _)| !place.split('/').any(|part| part == "node_modules")) {
        let folder = if place.is_empty() { own } else { place.rsplit('/').next().unwrap_or(place) };
        let name = string(entry, "name").map(|name| name.value.as_ref()).or(links.get(place).copied()).unwrap_or(folder);
        spots.extend(string(entry, "version").map(|version| Spot::new(inside(version), Role::Member(name.to_owned()))));
        spots.extend(ranges(entry));
    }
    Ok(spots)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bumped, file, problem};

    #[test]
    fn a_manifest_gets_its_version_and_the_ranges_of_released_packages() {
        let text = "{\n\t\"dependencies\": { \"@x/core\": \"^1.0.0\", \"left-pad\": \"^1.0.0\" },\n\t\"peerDependencies\": {\"@x/core\": \">=1\"},\n\t\
            \"name\": \"app\",\n\t\"version\": \"1.0.0\"\n}";
        let expected = text.replace("core\": \"^1.0.0", "core\": \"^1.1.0").replace("\"1.0.0\"\n", "\"1.1.0\"\n");
        assert_eq!(bumped("package.json", text, &["app", "@x/core"]), expected);
    }

    #[test]
    fn a_lock_file_gets_the_root_and_the_workspaces_with_their_ranges() {
        let text = r#"{
  "name": "app", "version": "1.0.0", "lockfileVersion": 3,
  "packages": {
    "": { "name": "app", "version": "1.0.0", "dependencies": { "@x/core": "~1.0.0", "left-pad": "1.0.0" } },
    "node_modules/@x/core": { "resolved": "packages/core", "link": true },
    "node_modules/left-pad": { "version": "1.0.0", "resolved": "https://registry.npmjs.org/left-pad" },
    "packages/core": { "version": "1.0.0" },
    "packages/core/node_modules/app": { "version": "1.0.0" },
    "packages/odd": { "name": "@x/odd", "version": "1.0.0" }
  }
}
"#;
        let expected = text
            .replace("\"app\", \"version\": \"1.0.0\"", "\"app\", \"version\": \"1.1.0\"")
            .replace("~1.0.0", "~1.1.0")
            .replace("\"packages/core\": { \"version\": \"1.0.0\"", "\"packages/core\": { \"version\": \"1.1.0\"");
        assert_eq!(bumped("package-lock.json", text, &["app", "@x/core"]), expected);
        assert_eq!(bumped("sub/npm-shrinkwrap.json", text, &["app", "@x/core"]), expected);
    }

    #[test]
    fn a_lock_file_states_a_version_only_if_its_packages_agree() {
        let two = r#"{"name":"a","version":"1.0.0","packages":{"b":{"version":"2.0.0"}}}"#;
        assert_eq!(super::super::version(&file("package-lock.json"), two), None);
        let one = r#"{"name":"a","version":"1.0.0","packages":{"":{"version":"1.0.0"}}}"#;
        assert_eq!(super::super::version(&file("package-lock.json"), one).as_deref(), Some("1.0.0"));
    }

    #[test]
    fn a_manifest_without_a_version_or_with_something_else_is_a_problem() {
        assert!(problem("package.json", r#"{"name": "x", "version": 1}"#).wanted.contains("`version`"));
        assert!(problem("package.json", "[]").found.contains("none"));
        assert!(problem("package.json", "{'version': '1'}").found.contains("something else"));
    }
}

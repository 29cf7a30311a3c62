//! What holds for every format: nothing but the version changes, twice is once, and no text makes an editor panic or dawdle.

use proptest::prelude::*;

use super::tests::file;
use super::*;

/// One text a format, with `@` where the version is. Each holds what makes it hard: comments, lists, other versions.
const TEXTS: [(&str, &str); 18] = [
    ("Cargo.toml", "[package]\nname = 'x'\nversion = \"@\" # é\n[dependencies]\ny = '1.0.0'\n"),
    ("Cargo.lock", "[[package]]\nname = \"x\"\nversion = \"@\"\n[[package]]\nname = \"y\"\nversion = \"1.0.0\"\nsource = \"r\"\n"),
    ("package.json", "{\n  \"name\": \"x\", \"version\" : \"@\",\n  \"dependencies\": {\"y\": \"1.0.0\"}}\n"),
    ("package-lock.json", "{\"name\":\"x\",\"version\":\"@\",\"packages\":{\"node_modules/y\":{\"version\":\"1.0.0\"}}}"),
    ("pyproject.toml", "# é\n[project]\nversion='@'\ndependencies=['y==1.0.0']\n"),
    ("setup.cfg", "[metadata]\nversion = @\nname=x\n"),
    ("setup.py", "setup(\n  name='x', version='@', install_requires=['y==1.0.0'])\n"),
    ("pom.xml", "<project><version> @ </version><parent><version>1.0.0</version></parent></project>"),
    ("build.gradle", "plugins { id 'y' version '1.0.0' }\nversion = '@' // é\n"),
    ("gradle.properties", "# é\nversion=@\n"),
    ("Chart.yaml", "# é\nversion: @ # x\nappVersion: 1.0.0-none\n"),
    ("pubspec.yaml", "name: x\nversion: '@'\n"),
    ("mix.exs", "def project do\n [version: \"@\", elixir: \"1.0.0\"]\nend"),
    ("composer.json", "{\"version\": \"@\", \"require\": {\"y\": \"1.0.0\"}}"),
    ("x.csproj", "<Project Sdk='y/1.0.0'><PropertyGroup><Version>@</Version></PropertyGroup></Project>"),
    ("VERSION", "@\n"),
    ("README.md", "1.0.0\n`@` <!-- x-slipway-version -->\n"),
    ("doc.txt", "x-slipway-start-version\n@\nx-slipway-end 1.0.0\n"),
];

fn packages(version: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("x".to_owned(), version.to_owned())])
}

fn released(file: &VersionFile, text: &str, version: &str) -> Result<String, FileProblem> {
    bump(file, text, &Release { version, packages: &packages(version) })
}

fn all_files() -> Vec<VersionFile> {
    let keys = || KeyPath::of(&["a", "b"]);
    let places = [At::Toml(keys()), At::Json(keys()), At::Yaml(keys()), At::Xml(XmlPath::try_from("/a/b".to_owned()).unwrap())];
    let files = TEXTS.iter().map(|(path, _)| file(path));
    files.chain(places.map(|at| VersionFile { path: "x".to_owned(), at })).collect()
}

proptest! {
    #[test]
    fn only_the_version_changes_and_it_is_then_what_the_file_states(
        old in "[1-9]{1,2}\\.[0-9]\\.[1-9][0-9]?(-(rc|alpha)\\.[1-9])?",
        new in "[1-9]{1,2}\\.[0-9]\\.[1-9][0-9]?(-(rc|alpha)\\.[1-9])?",
        ends in prop::sample::select(vec!["\n", "\r\n"]),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
    ) {
        for (path, template) in TEXTS {
            let template = format!("{mark}{}", template.replace('\n', ends));
            let written = released(&file(path), &template.replace('@', &old), &new).unwrap();
            prop_assert_eq!(&written, &template.replace('@', &new));
            prop_assert_eq!(version(&file(path), &written), Some(new.clone()));
            prop_assert_eq!(released(&file(path), &written, &new), Ok(written));
        }
    }

    #[test]
    fn no_text_makes_an_editor_panic(text in "[\\PC\n\r\t]{0,60}", broken in "[\"'{}\\[\\]<>/=:,.#&*!|@$ \n\r\ta1-]{0,60}", cut in 0usize..80) {
        for file in all_files() {
            let template = TEXTS.iter().find(|(path, _)| *path == file.path).map_or("a: {b: @}", |(_, template)| template);
            let filled = template.replace('@', &broken);
            let short: String = template.replace('@', "1.0.0").chars().take(cut).chain(broken.chars()).collect();
            for text in [&text, &broken, &filled, &short] {
                if let Ok(written) = released(&file, text, "1.2.3") {
                    prop_assert_eq!(released(&file, &written, "1.2.3"), Ok(written.clone()));
                    // Packages of a lock file may differ, and then there is not one version.
                    let is_lock = file.path.ends_with("lock") || file.path.ends_with("lock.json");
                    prop_assert!(version(&file, &written).is_some() || is_lock, "{}", written);
                }
            }
        }
    }
}

#[test]
fn no_nesting_or_length_exhausts_an_editor() {
    let size = 20_000;
    let repeated = [
        "[",
        "{\"a\":",
        "[[",
        "a.",
        "- ",
        "{",
        "<a>",
        "a: &a [*a,",
        "version",
        "version=",
        "1.",
        "version: '",
        "? ",
        "x-slipway-version ",
        "{ (",
    ];
    for file in all_files() {
        for part in repeated {
            let text = part.repeat(size / part.len());
            assert!(released(&file, &text, "1.2.3").is_err(), "{} {part}", file.path);
            let _ = version(&file, &text.replace(' ', "\n"));
        }
    }
}

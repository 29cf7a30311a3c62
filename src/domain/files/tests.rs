use super::*;

/// A version file by its name, or else by its marks.
pub fn file(path: &str) -> VersionFile {
    VersionFile { path: path.to_owned(), at: Known::of_path(path).map_or(At::Marker, At::Known) }
}

pub fn release(version: &str, names: &[&str]) -> (String, BTreeMap<String, String>) {
    (version.to_owned(), names.iter().map(|name| ((*name).to_owned(), version.to_owned())).collect())
}

/// The text after a release of 1.1.0 of itself and these packages, which must be what it stays.
pub fn bumped(path: &str, text: &str, names: &[&str]) -> String {
    let (version, packages) = release("1.1.0", names);
    let release = Release { version: &version, packages: &packages };
    let once = bump(&file(path), text, &release).unwrap();
    assert_eq!(bump(&file(path), &once, &release).unwrap(), once);
    once
}

pub fn problem(path: &str, text: &str) -> FileProblem {
    let (version, packages) = release("1.1.0", &[]);
    let problem = bump(&file(path), text, &Release { version: &version, packages: &packages }).unwrap_err();
    assert_eq!(problem.path, path);
    problem
}

fn at(at: At, text: &str) -> Result<String, FileProblem> {
    let (version, packages) = release("1.1.0", &[]);
    bump(&VersionFile { path: "x".to_owned(), at }, text, &Release { version: &version, packages: &packages })
}

fn keys(text: &str) -> KeyPath {
    KeyPath::try_from(text.to_owned()).unwrap()
}

fn elements(text: &str) -> XmlPath {
    XmlPath::try_from(text.to_owned()).unwrap()
}

#[test]
fn a_toml_path_is_written_through_tables_and_lists() {
    let text = "# é\r\n[[a.'b.c']]\r\nv = 1\r\n[[a.'b.c']]\r\nv = '1.0.0' # here\r\n";
    assert_eq!(at(At::Toml(keys("a.'b.c'[1].v")), text).unwrap(), text.replace("1.0.0", "1.1.0"));
    assert!(at(At::Toml(keys("a.'b.c'[0].v")), text).unwrap_err().found.contains("integer"));
    assert!(at(At::Toml(keys("a.x")), text).unwrap_err().found.contains("nothing"));
    assert!(at(At::Toml(keys("a")), "a =").unwrap_err().to_string().starts_with("x: looked for TOML, found something else"));
}

#[test]
fn a_json_path_is_written_and_comments_survive() {
    let text = "\u{feff}{ // é\n  \"a\": { \"b\": [ { \"version\": \"v1.0.0\" }, ], }\n}\n";
    assert_eq!(at(At::Json(keys("$.a.b[0].version")), text).unwrap(), text.replace("1.0.0", "1.1.0"));
    assert!(at(At::Json(keys("a")), text).unwrap_err().found.contains("another kind"));
    assert!(at(At::Json(keys("a.b[1]")), text).unwrap_err().found.contains("nothing"));
}

#[test]
fn a_yaml_path_is_written_in_every_style_of_quotes() {
    let text =
        "# é ü\r\nimage: {tag: v1.0.0, x: y}   # tag\r\nlist:\r\n- 'é'\r\n- a: \"1.0.0\"\r\n  ? [x, y]\r\n  : z\r\n  b: '1.0.0' # b\r\n";
    assert_eq!(at(At::Yaml(keys("image.tag")), text).unwrap(), text.replace("v1.0.0", "v1.1.0"));
    assert_eq!(at(At::Yaml(keys("list[1].a")), text).unwrap(), text.replace("\"1.0.0", "\"1.1.0"));
    assert_eq!(at(At::Yaml(keys("list[1].b")), text).unwrap(), text.replace("'1.0.0", "'1.1.0"));
    assert!(at(At::Yaml(keys("list[2]")), text).unwrap_err().found.contains("nothing"));
    assert!(at(At::Yaml(keys("list")), text).unwrap_err().found.contains("a list"));
    assert!(at(At::Yaml(keys("a")), "a: >\n  1.0.0\n").is_err());
    assert!(at(At::Yaml(keys("a")), "a:\nb: 1\n").is_err());
}

#[test]
fn a_version_that_would_be_a_number_in_yaml_gets_quotes() {
    let packages = BTreeMap::new();
    let file = VersionFile { path: "x".to_owned(), at: At::Yaml(keys("a")) };
    let written = bump(&file, "a: 2026.9 # x\n", &Release { version: "2026.10", packages: &packages }).unwrap();
    assert_eq!(written, "a: \"2026.10\" # x\n");
    assert_eq!(version(&file, &written).as_deref(), Some("2026.10"));
}

#[test]
fn a_chart_keeps_an_application_version_of_its_own() {
    let text = "version: 1.0.0\nappVersion: \"v1.0.0\" # same\n";
    assert_eq!(bumped("Chart.yaml", text, &[]), text.replace("1.0.0", "1.1.0"));
    let text = "apiVersion: v2\nappVersion: \"16.2\"\ndependencies:\n- version: 1.0.0\nversion: 1.0.0\n";
    assert_eq!(bumped("Chart.yaml", text, &[]), text.replace("\nversion: 1.0.0", "\nversion: 1.1.0"));
}

#[test]
fn a_pubspec_keeps_its_build_number() {
    assert_eq!(bumped("pubspec.yaml", "name: x\nversion: 1.0.0+42 # n\n", &[]), "name: x\nversion: 1.1.0+42 # n\n");
}

#[test]
fn an_xml_path_is_written_in_elements_and_attributes() {
    let text = "<?xml version=\"1.0.0\"?>\n<a:b xmlns:a='u' version='1.0.0'><c>1</c><c> 1.0.0\n</c></a:b>";
    assert_eq!(at(At::Xml(elements("/b/@version")), text).unwrap(), text.replace("'1.0.0'", "'1.1.0'"));
    assert_eq!(at(At::Xml(elements("/b/c[2]")), text).unwrap(), text.replace(" 1.0.0\n", " 1.1.0\n"));
    assert!(at(At::Xml(elements("/b/d")), text).unwrap_err().found.contains("nothing"));
    assert!(at(At::Xml(elements("/b")), text).is_err());
}

#[test]
fn a_pom_gets_its_own_version_and_never_its_parents_or_a_dependencys() {
    let text = "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\r\n  <parent><version>1.0.0</version></parent>\r\n  \
        <artifactId>x</artifactId><!-- <version>1.0.0</version> -->\r\n  <version>1.0.0</version>\r\n  \
        <dependencies><dependency><version>1.0.0</version></dependency></dependencies>\r\n</project>\r\n";
    let expected = text.replace("\r\n  <version>1.0.0", "\r\n  <version>1.1.0");
    assert_eq!(bumped("pom.xml", text, &["x"]), expected);
    assert!(problem("pom.xml", "<project><parent><version>1.0.0</version></parent></project>").remedy.contains("parent's pom.xml"));
    assert!(problem("pom.xml", "<project><version>${revision}</version></project>").found.contains("${revision}"));
}

#[test]
fn an_msbuild_project_gets_its_version_or_else_its_prefix() {
    let text = "<Project><PropertyGroup><Version>1.0.0</Version></PropertyGroup><PropertyGroup><VersionPrefix>1.0.0</VersionPrefix>\
        </PropertyGroup><ItemGroup><PackageReference Version='1.0.0'/></ItemGroup></Project>";
    assert_eq!(bumped("a/b.csproj", text, &[]), text.replacen("1.0.0", "1.1.0", 1));
    let text = text.replace("<Version>1.0.0<", "<Version>$(VersionPrefix)<");
    assert_eq!(bumped("Directory.Build.props", &text, &[]), text.replacen("1.0.0", "1.1.0", 1));
    let computed = "<Project><PropertyGroup><Version>$(X)</Version></PropertyGroup></Project>";
    assert!(problem("b.vbproj", computed).found.contains("$(X)"));
    assert!(problem("b.fsproj", "<Project/>").wanted.contains("VersionPrefix"));
}

#[test]
fn a_composer_file_without_a_version_need_not_be_named() {
    assert_eq!(bumped("composer.json", "{\"name\":\"a/b\",\"version\":\"1.0.0\"}", &[]), "{\"name\":\"a/b\",\"version\":\"1.1.0\"}");
    assert!(problem("composer.json", "{}").remedy.contains("from the tag"));
}

#[test]
fn names_are_those_of_the_manifests() {
    assert_eq!(package_name(&file("Cargo.toml"), "[package]\nname = 'a'\nversion = '1.0.0'").as_deref(), Some("a"));
    assert_eq!(package_name(&file("package.json"), r#"{"name":"@x/a","version":"1.0.0"}"#).as_deref(), Some("@x/a"));
    assert_eq!(package_name(&file("VERSION"), "1.0.0"), None);
}

#[test]
fn a_version_that_could_run_as_code_is_refused() {
    let packages = BTreeMap::from([("a".to_owned(), "1\"".to_owned())]);
    for version in ["", "1.0\"; x", "1.0.0"] {
        assert!(bump(&file("VERSION"), "1.0.0", &Release { version, packages: &packages }).is_err());
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_and_a_lock_file_may_be_larger() {
    let text = " ".repeat(LARGEST + 1);
    assert_eq!(problem("VERSION", &text).wanted, "at most 2 MiB");
    assert!(problem("Cargo.lock", &text).wanted.contains("package"));
    assert_eq!(problem("Cargo.lock", &" ".repeat(LARGEST_LOCK + 1)).wanted, "at most 20 MiB");
}

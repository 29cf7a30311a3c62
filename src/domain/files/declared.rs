//! How the configuration names a version file: `"Cargo.toml"`, or `{ path = "app/info.toml", toml = "package.version" }`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de::value::MapAccessDeserializer};

use super::{FileProblem, KeyPath, Known, XmlPath};

/// A file that holds a version, and where in it. Either a path whose file name tells ([`Known`]), or a table with the path and one of
/// `toml`, `json`, `yaml` ([`KeyPath`]), `xml` ([`XmlPath`]) or `marker = true` ([`At::Marker`]):
///
/// ```toml
/// files = [
///     "Cargo.toml",
///     { path = "app/info.toml", toml = "package.version" },
///     { path = "manifest.json", json = "apps[0].version" },
///     { path = "deploy/values.yaml", yaml = "image.tag" },
///     { path = "addon.xml", xml = "/addon/@version" },
///     { path = "README.md", marker = true },
/// ]
/// ```
///
/// A value that starts with `v`, such as `v1.2.0`, keeps the letter. A file may be named more than once, for more than one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFile {
    /// From the root of the repository, with `/` between folders.
    pub path: String,
    pub at: At,
}

/// Where in a file its version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    Known(Known),
    Toml(KeyPath),
    Json(KeyPath),
    Yaml(KeyPath),
    Xml(XmlPath),
    /// On lines that comments mark.
    Marker,
}

impl At {
    /// Said when the file can be read and nothing in it is of this release.
    pub(super) fn nothing(&self) -> FileProblem {
        match self {
            Self::Known(known) => known.nothing(),
            Self::Marker => FileProblem::new(
                "a version on a line with `x-slipway-version`",
                "none",
                "Put that comment on the line of the version, or the lines between `x-slipway-start-version` and `x-slipway-end`.",
            ),
            Self::Toml(path) | Self::Json(path) | Self::Yaml(path) => Self::absent(path.as_str()),
            Self::Xml(path) => Self::absent(&path.written),
        }
    }

    pub(super) fn absent(path: &str) -> FileProblem {
        FileProblem::new(format!("a text at `{path}`"), "nothing there", "Correct the path in `files`.")
    }
}

/// The table of a version file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    /// From the root of the repository, with `/` between folders.
    path: String,
    toml: Option<KeyPath>,
    /// Keys as in `toml`, in a JSON file.
    json: Option<KeyPath>,
    /// Keys as in `toml`, in a YAML file.
    yaml: Option<KeyPath>,
    xml: Option<XmlPath>,
    /// `true`: the version is on each line with `x-slipway-version` in it, and on each line between one with `x-slipway-start-version` and one
    /// with `x-slipway-end`, usually in comments: the first one on the line. `x-release-please-version` and its two companions mean the same.
    marker: Option<bool>,
}

impl TryFrom<Table> for VersionFile {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let Table { path, toml, json, yaml, xml, marker } = table;
        if path.is_empty() || path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| part == "..") {
            return Err(format!("`{path}` is not a path in the repository; write it from the root, like `app/info.toml`"));
        }
        let marker = marker.filter(|marker| *marker).map(|_| At::Marker);
        let mut places: Vec<At> =
            [toml.map(At::Toml), json.map(At::Json), yaml.map(At::Yaml), xml.map(At::Xml), marker].into_iter().flatten().collect();
        match (places.pop(), places.is_empty()) {
            (Some(at), true) => Ok(Self { path, at }),
            (Some(_), false) => Err(format!("`{path}` has several places; keep one of toml, json, yaml, xml and marker, or name it twice")),
            (None, _) => match Known::of_path(&path) {
                Some(known) => Ok(Self { path, at: At::Known(known) }),
                None => Err(format!("`{path}` does not tell where its version is; add one of toml, json, yaml, xml or `marker = true`")),
            },
        }
    }
}

impl JsonSchema for VersionFile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VersionFile".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (path, table) = (generator.subschema_for::<String>(), generator.subschema_for::<Table>());
        json_schema!({ "title": "version file", "anyOf": [path, table] })
    }
}

impl<'de> Deserialize<'de> for VersionFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        // Not `untagged`, which would swallow what is wrong in the table.
        impl<'de> Visitor<'de> for NameOrTable {
            type Value = VersionFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a version file, or a table with its path and place")
            }

            fn visit_str<E: de::Error>(self, path: &str) -> Result<VersionFile, E> {
                let table = Table { path: path.to_owned(), toml: None, json: None, yaml: None, xml: None, marker: None };
                table.try_into().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<VersionFile, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map))?.try_into().map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Options {
        files: Vec<VersionFile>,
    }

    fn read(files: &str) -> Result<Vec<VersionFile>, String> {
        toml::from_str(&format!("files = [{files}]")).map(|options: Options| options.files).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_name_tells_its_kind_and_a_table_its_place() {
        let files = read("'a/Cargo.toml', { path = 'x.json', json = 'a.b[0].version' }, { path = 'README.md', marker = true }").unwrap();
        assert_eq!(files[0].at, At::Known(Known::CargoToml));
        assert!(matches!(&files[1].at, At::Json(path) if path.as_str() == "a.b[0].version"));
        assert_eq!(files[2], VersionFile { path: "README.md".to_owned(), at: At::Marker });
    }

    #[test]
    fn a_table_without_a_place_is_like_a_name() {
        assert_eq!(read("{ path = 'pom.xml' }"), read("'pom.xml'"));
    }

    #[test]
    fn mistakes_are_named() {
        let says = |files: &str, words: &str| {
            let message = read(files).unwrap_err();
            assert!(message.contains(words), "{message}");
        };
        says("'README.md'", "does not tell where its version is");
        says("{ path = 'x', marker = false }", "does not tell where its version is");
        says("{ path = 'x', tmol = 'a' }", "unknown field `tmol`, expected one of `path`, `toml`");
        says("{ path = 'x', toml = 'a', marker = true }", "several places");
        says("{ path = 'x', toml = 'a..b' }", "not a path of keys");
        says("{ toml = 'a' }", "missing field `path`");
        says("'../Cargo.toml'", "not a path in the repository");
        says("7", "expected the path of a version file");
    }
}

//! The files whose name tells where their version is.

use schemars::JsonSchema;

use super::spot::Spot;
use super::{FileProblem, cargo, json, npm, python, source, toml, xml, yaml};

/// Files whose name tells where their version is, in any folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub enum Known {
    /// `Cargo.toml`: `package.version` unless it is inherited (`version.workspace = true`), `workspace.package.version`, and what path dependencies (also of `[workspace.dependencies]` and of
    /// targets) require of packages that are released. A requirement that is shorter than a version, such as `1`, stays while it is met.
    CargoToml,
    /// `Cargo.lock`: the released packages of the workspace.
    CargoLock,
    /// `package.json`: `version`, and the ranges (`1.2.0`, `^1.2.0`, `~1.2.0`) of dependencies on released packages, except peers.
    PackageJson,
    /// `package-lock.json`, `npm-shrinkwrap.json`: the released packages among the root and the workspaces, and their ranges.
    PackageLock,
    /// `pyproject.toml`: `project.version` and `tool.poetry.version`.
    Pyproject,
    /// `setup.cfg`: `version` in `[metadata]`.
    SetupCfg,
    /// `setup.py`: `version="…"` in the call of `setup`, or the name given there if a line of the file assigns it a text.
    SetupPy,
    /// `pom.xml`: the project's own `version`.
    Pom,
    /// `build.gradle`, `build.gradle.kts`: `version = "…"` outside of blocks, or in `allprojects` or `subprojects`.
    Gradle,
    /// `gradle.properties`: `version`.
    GradleProperties,
    /// `Chart.yaml`: `version`, and `appVersion` if it says the same. To release another `appVersion` with it, name the file once more with
    /// `yaml = "appVersion"`.
    Chart,
    /// `pubspec.yaml`: `version`; a build number after `+` stays.
    Pubspec,
    /// `mix.exs`: `version: "…"` of the project, or the attribute given there.
    Mix,
    /// `composer.json`: `version`.
    Composer,
    /// `*.csproj`, `*.fsproj`, `*.vbproj`, `Directory.Build.props`: `Version`, or else `VersionPrefix`, in any `PropertyGroup`.
    MsBuild,
    /// `VERSION`, `version.txt`: nothing but the version.
    Alone,
}

impl Known {
    /// What a file is by its name.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        Some(match name {
            "Cargo.toml" => Self::CargoToml,
            "Cargo.lock" => Self::CargoLock,
            "package.json" => Self::PackageJson,
            "package-lock.json" | "npm-shrinkwrap.json" => Self::PackageLock,
            "pyproject.toml" => Self::Pyproject,
            "setup.cfg" => Self::SetupCfg,
            "setup.py" => Self::SetupPy,
            "pom.xml" => Self::Pom,
            "build.gradle" | "build.gradle.kts" => Self::Gradle,
            "gradle.properties" => Self::GradleProperties,
            "Chart.yaml" => Self::Chart,
            "pubspec.yaml" => Self::Pubspec,
            "mix.exs" => Self::Mix,
            "composer.json" => Self::Composer,
            "Directory.Build.props" => Self::MsBuild,
            "VERSION" | "version.txt" => Self::Alone,
            _ if matches!(name.rsplit_once('.'), Some((_, "csproj" | "fsproj" | "vbproj"))) => Self::MsBuild,
            _ => return None,
        })
    }

    pub(super) fn locate(self, text: &str) -> Result<Vec<Spot>, FileProblem> {
        match self {
            Self::CargoToml => cargo::manifest(text),
            Self::CargoLock => cargo::lock(text),
            Self::PackageJson => npm::manifest(text),
            Self::PackageLock => npm::lock(text),
            Self::Pyproject => python::pyproject(text),
            Self::SetupCfg => Ok(python::setup_cfg(text)),
            Self::SetupPy => python::setup_py(text),
            Self::Pom => xml::pom(text),
            Self::Gradle => source::gradle(text),
            Self::GradleProperties => Ok(source::gradle_properties(text)),
            Self::Chart => yaml::chart(text),
            Self::Pubspec => yaml::pubspec(text),
            Self::Mix => source::mix(text),
            Self::Composer => Ok(json::package(&json::read(text)?).into_iter().collect()),
            Self::MsBuild => xml::msbuild(text),
            Self::Alone => Ok(source::alone(text)),
        }
    }

    pub(super) fn name(self, text: &str) -> Option<String> {
        let keys: &[&[&str]] = match self {
            Self::CargoToml => &[&["package", "name"]],
            Self::Pyproject => &[&["project", "name"], &["tool", "poetry", "name"]],
            Self::PackageJson | Self::Composer => return json::name(text),
            _ => return None,
        };
        let table = toml::read(text).ok()?;
        keys.iter().find_map(|keys| toml::string_at(text, &table, keys)).map(|(name, _)| name.to_owned())
    }

    /// Said when the file can be read and nothing in it is of this release.
    pub(super) fn nothing(self) -> FileProblem {
        let elsewhere = "Add it, or take the file out of `files`.";
        let (wanted, remedy) = match self {
            Self::CargoToml => ("`package.version`, `workspace.package.version` or a path dependency on a released package", elsewhere),
            Self::CargoLock | Self::PackageLock => {
                ("a package of this release", "Name the manifests of its packages in `files` too, or take it out.")
            }
            Self::Pyproject => ("`project.version` or `tool.poetry.version`", elsewhere),
            Self::SetupCfg => ("`version` in `[metadata]`", elsewhere),
            Self::SetupPy => ("`version=\"…\"` in the call of `setup`", elsewhere),
            Self::Gradle => ("`version = \"…\"` outside of blocks", "Add it, or name gradle.properties if it is there."),
            Self::Composer => {
                ("a text `version`", "Composer takes the version from the tag: the file need not be named in `files` at all.")
            }
            Self::MsBuild => ("`Version` or `VersionPrefix` in a `PropertyGroup`", elsewhere),
            Self::Alone => {
                ("one version and nothing else", "Write a version into it, such as 0.0.0, or name its place with `marker = true`.")
            }
            Self::PackageJson | Self::Pom | Self::GradleProperties | Self::Chart | Self::Pubspec | Self::Mix => {
                ("a text `version`", elsewhere)
            }
        };
        FileProblem::new(wanted, "none", remedy)
    }
}

//! The house rules that a program can check. ARCHITECTURE.md lists them; a failure names the file, the line and the rule.

use std::fs;
use std::path::{Path, PathBuf};

use slipway::domain::commands::COMMANDS;
use slipway::domain::config::Grant;
use slipway::domain::config::reference;
use slipway::domain::rules::RULES;
use slipway::settings;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder whose names end so, with their paths from the root.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut open: Vec<PathBuf> = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().ends_with(ending) {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    found.sort();
    found
}

/// The lines that are neither comments nor tests, numbered from one.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let untested = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]") || line.contains("mod "));
    let numbered = untested.enumerate().map(|(at, line)| (at + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn is_test(name: &str) -> bool {
    name.ends_with("tests.rs") || name.contains("/tests/") || name.ends_with("test_log.rs")
}

/// Every line of code in these files that holds one of the words.
fn offences(files: &[(String, String)], words: &[&str]) -> Vec<String> {
    let hits = |(name, text): &(String, String)| {
        let lines = code(text).filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        lines.map(|(at, line)| format!("{name}:{at}: {}", line.trim())).collect::<Vec<_>>()
    };
    files.iter().filter(|(name, _)| !is_test(name)).flat_map(hits).collect()
}

#[test]
fn the_domain_does_no_io_has_no_clock_and_never_waits() {
    let banned = [
        "async ",
        ".await",
        "tokio",
        "axum",
        "octocrab",
        "gitlab::",
        "handlebars",
        "reqwest",
        "std::env",
        "std::fs",
        "std::net",
        "std::time",
        "SystemTime",
        "Instant",
        "fastrand",
        // The civil dates of jiff are arithmetic; its clock is not asked.
        "Zoned::now",
        "Timestamp::now",
        "metrics::",
        "tracing",
        "println!",
    ];
    assert_eq!(offences(&files("src/domain", ".rs"), &banned), Vec::<String>::new());
}

#[test]
fn domain_types_do_not_cross_a_wire() {
    assert_eq!(offences(&files("src/domain", ".rs"), &["Serialize", "serde_json"]), Vec::<String>::new());
}

#[test]
fn layers_depend_downwards_only() {
    let above = [
        ("src/domain", &["crate::forge", "crate::ingest", "crate::engine", "crate::queue", "crate::render", "crate::web"][..]),
        ("src/forge", &["crate::engine", "crate::queue", "crate::render", "crate::web", "crate::ingest", "crate::bot"]),
        ("src/ingest", &["crate::engine", "crate::queue", "crate::render", "crate::web", "crate::forge", "crate::bot"]),
        ("src/queue", &["crate::engine", "crate::forge", "crate::render", "crate::web", "crate::ingest", "crate::bot"]),
        ("src/web", &["crate::engine", "crate::forge", "crate::render", "crate::bot", "crate::cli"]),
    ];
    for (layer, banned) in above {
        assert_eq!(offences(&files(layer, ".rs"), banned), Vec::<String>::new(), "{layer}");
    }
}

#[test]
fn only_the_adapters_and_the_places_that_choose_one_name_a_forge() {
    let own = ["/github", "/gitlab", "src/sandbox/", "src/cli/demo/", "src/settings"];
    let choosing = [
        "src/bot.rs",
        "src/engine.rs",
        "src/web/mod.rs",
        "src/cli/serve.rs",
        "src/cli/sync.rs",
        "src/domain/event.rs",
        "src/forge/mod.rs",
        "src/ingest/mod.rs",
        "src/ingest/signature.rs",
    ];
    let elsewhere: Vec<_> = files("src", ".rs")
        .into_iter()
        .filter(|(name, _)| !own.iter().any(|part| name.contains(part)) && !choosing.contains(&name.as_str()))
        .collect();
    let words = ["GitHub", "GitLab", "Github", "Gitlab", "octocrab", "gitlab::"];
    // Help on the command line says what the program is for.
    let said = offences(&elsewhere, &words).into_iter().filter(|line| !line.contains("///"));
    // Two branching strategies are called after the forges that made them known.
    let said: Vec<_> = said.filter(|line| !line.contains("Flow")).collect();
    assert_eq!(said, Vec::<String>::new());
}

#[test]
fn one_place_matches_on_the_kind_of_forge() {
    let engine: Vec<_> = offences(&files("src", ".rs"), &["(ForgeKind::", "ForgeKind::GitHub =>", "ForgeKind::GitLab =>"]);
    let matching: Vec<_> = engine.iter().filter(|line| line.contains("=>")).collect();
    assert!(matching.iter().all(|line| line.starts_with("src/engine.rs")), "{matching:?}");
    assert_eq!(matching.len(), 2, "{matching:?}");
}

#[test]
fn a_dry_run_is_one_branch_and_no_parameter() {
    let outside: Vec<_> =
        files("src", ".rs").into_iter().filter(|(name, _)| !name.starts_with("src/cli/") && !name.starts_with("src/sandbox/")).collect();
    assert_eq!(offences(&outside, &["dry_run"]), Vec::<String>::new());
    assert_eq!(offences(&outside, &["Resolve::Show"]).len(), 1);
}

#[test]
fn tests_leave_no_marks_in_the_code_they_test() {
    let marks: Vec<_> = files("src", ".rs")
        .into_iter()
        .flat_map(|(name, text)| {
            let lines: Vec<_> = text.lines().map(str::to_owned).collect();
            let bad = |at: usize| {
                let next = lines.iter().skip(at + 1).find(|line| !line.starts_with("#[")).map(String::as_str).unwrap_or_default();
                lines[at].contains("cfg(test)") && !next.trim_start().trim_start_matches("pub(crate) ").starts_with("mod ")
            };
            (0..lines.len()).filter(|at| bad(*at)).map(|at| format!("{name}:{}", at + 1)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(marks, Vec::<String>::new());
}

#[test]
fn no_file_outgrows_four_hundred_lines() {
    let all: Vec<_> = ["src", "tests", "benches"].iter().flat_map(|folder| files(folder, ".rs")).collect();
    let long: Vec<_> = all.iter().map(|(name, text)| (text.lines().count(), name)).filter(|(lines, _)| *lines > 400).collect();
    assert!(long.is_empty(), "files of more than 400 lines: {long:?}");
}

#[test]
fn every_template_is_used_and_every_module_says_what_it_is() {
    let sources = files("src", ".rs").into_iter().map(|(_, text)| text).collect::<String>();
    for (name, _) in files("templates", "") {
        let file = name.rsplit('/').next().unwrap();
        assert!(sources.contains(file), "{name} is not embedded anywhere");
    }
    for (name, text) in files("src", ".rs").into_iter().filter(|(name, _)| !is_test(name)) {
        assert!(text.starts_with("//!"), "{name} does not start by saying what it is");
    }
}

#[test]
fn what_is_deployed_uses_settings_that_exist() {
    let known = settings::markdown_table();
    for file in ["fly.toml", "deploy/compose.yaml", "deploy/Dockerfile", "README.md", "docs/install.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for word in text.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|word| word.starts_with("SLIPWAY_")) {
            let name = word.trim_end_matches('_').trim_end_matches("_FILE");
            assert!(name == "SLIPWAY" || known.contains(&format!("`{name}`")), "{file}: there is no setting {name}");
        }
    }
}

/// Replaces what stands between the marks of `block` in a file, if `UPDATE_DOCS` is set; otherwise it must be there already.
fn up_to_date(file: &str, block: &str, wanted: &str) {
    let path = root().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("<!-- {block} -->\n"), format!("<!-- /{block} -->"));
    let (before, rest) = text.split_once(&start).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    let wanted = format!("\n{}\n\n", wanted.trim());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, format!("{before}{start}{wanted}{end}{after}")).unwrap();
    } else {
        assert!(found == wanted, "{file}: the block {block} is stale; run UPDATE_DOCS=1 cargo test --features sandbox tidy");
    }
}

#[test]
fn the_tables_in_the_docs_are_made_from_the_code() {
    let row = |rule: &slipway::domain::rules::Rule| format!("| [`{0}`](docs/config.md#{0}) | {1} |\n", rule.name, rule.summary);
    let rules: String = RULES.iter().map(row).collect();
    up_to_date("README.md", "rules", &format!("| rule | what it asks for |\n| --- | --- |\n{rules}"));
    let row = |command: &slipway::domain::commands::Command| {
        format!("| `{}` | {} | {} |\n", command.example, command.summary, Grant::in_words(command.grants))
    };
    let commands: String = COMMANDS.iter().map(row).collect();
    let commands = format!("| command | what it does | who may use it |\n| --- | --- | --- |\n{commands}");
    up_to_date("README.md", "commands", &commands);
    up_to_date("docs/commands.md", "commands", &commands);
    up_to_date("README.md", "settings", &settings::markdown_table());
    let inner = |table: reference::Table| format!("#### `[[{}]]`\n\n{}\n\n", table.name, table.markdown.trim());
    let rule = |rule: &slipway::domain::rules::Rule| {
        let mut tables = reference::rule(rule.name).into_iter();
        let own = tables.next().map(|own| format!("{}\n\n", own.markdown.trim())).unwrap_or_default();
        let head = format!("### {}\n\n{}\n\n```toml\n{}\n```\n\n", rule.name, rule.summary, rule.example);
        head + &own + &tables.map(inner).collect::<String>()
    };
    up_to_date("docs/config.md", "rules", &RULES.iter().map(rule).collect::<String>());
    for table in reference::tables() {
        up_to_date("docs/config.md", &table.name, &table.markdown);
    }
    up_to_date("docs/files.md", "known", &reference::known_files());
    up_to_date("docs/files.md", "declared", &reference::declared_files());
    up_to_date("docs/readiness.md", "items", &reference::checklist_items());
}

#[test]
fn what_the_bot_tells_people_to_read_is_there() {
    for file in [
        "docs/audit.md",
        "docs/backports.md",
        "docs/commands.md",
        "docs/config.md",
        "docs/files.md",
        "docs/freezes.md",
        "docs/guide.md",
        "docs/install.md",
        "docs/protection.md",
        "docs/rollback.md",
        "docs/templates.md",
        "docs/trains.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
    ] {
        assert!(root().join(file).exists(), "{file} is missing");
    }
}

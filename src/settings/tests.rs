use std::io::Write;

use tempfile::NamedTempFile;

use super::*;

const GITLAB: [(&str, &str); 2] = [("SLIPWAY_GITLAB_TOKEN", "glpat-1"), ("SLIPWAY_GITLAB_WEBHOOK_SECRET", "hush")];
const GITHUB: [(&str, &str); 3] = [
    ("SLIPWAY_GITHUB_APP_ID", "7"),
    ("SLIPWAY_GITHUB_PRIVATE_KEY", r"-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n"),
    ("SLIPWAY_GITHUB_WEBHOOK_SECRET", "now"),
];

fn read_with(variables: &[(&str, &str)], file: Option<&Path>) -> Result<Settings, SettingsError> {
    read(|name| variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()), file)
}

fn read_both(more: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    read_with(&[&GITHUB[..], &GITLAB[..], more].concat(), None)
}

fn problems(variables: &[(&str, &str)]) -> Vec<String> {
    read_with(variables, None).unwrap_err().problems
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn revealed(secrets: &[Secret]) -> Vec<&str> {
    secrets.iter().map(Secret::reveal).collect()
}

#[test]
fn one_forge_and_the_defaults_are_enough() {
    let settings = read_with(&GITLAB, None).unwrap();
    assert!(settings.github.is_none());
    assert_eq!(settings.gitlab.unwrap().url.as_str(), "https://gitlab.com/");
    assert_eq!(settings.listen.to_string(), "0.0.0.0:8080");
    assert_eq!((settings.queue_length, settings.concurrency, settings.drain.as_secs()), (10_000, 16, 25));
    assert_eq!((settings.log.as_str(), settings.log_format), ("info", LogFormat::Text));
}

#[test]
fn a_private_key_on_one_line_gets_its_newlines_back() {
    let github = read_both(&[]).unwrap().github.unwrap();
    assert_eq!(github.private_key.reveal().lines().count(), 3);
    assert_eq!((github.app_id, github.url.as_str()), (7, "https://api.github.com/"));
}

#[test]
fn both_secrets_are_kept_while_one_is_rotated() {
    let signing = "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=";
    let more = [
        ("SLIPWAY_GITHUB_WEBHOOK_SECRET_PREVIOUS", "before"),
        ("SLIPWAY_GITLAB_WEBHOOK_SECRET_PREVIOUS", "older"),
        ("SLIPWAY_GITLAB_SIGNING_TOKEN", signing),
    ];
    let settings = read_both(&more).unwrap();
    assert_eq!(revealed(&settings.github.unwrap().webhook_secrets), ["now", "before"]);
    let gitlab = settings.gitlab.unwrap();
    assert_eq!((revealed(&gitlab.webhook_tokens), revealed(&gitlab.signing_tokens)), (vec!["hush", "older"], vec![signing]));
}

#[test]
fn without_a_forge_the_error_says_what_to_set_for_each() {
    let problems = problems(&[("SLIPWAY_GITLAB_TOKEN", " ")]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("SLIPWAY_GITHUB_APP_ID") && problems[0].contains("SLIPWAY_GITLAB_TOKEN"));
}

#[test]
fn a_half_configured_forge_names_all_that_is_missing() {
    let missing = problems(&[("SLIPWAY_GITHUB_URL", "https://ghe.test/api/v3"), ("SLIPWAY_GITLAB_URL", "https://gitlab.test")]);
    let names: Vec<_> = missing.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    let github = ["SLIPWAY_GITHUB_APP_ID", "SLIPWAY_GITHUB_PRIVATE_KEY", "SLIPWAY_GITHUB_WEBHOOK_SECRET"];
    assert_eq!(names, [&github[..], &["SLIPWAY_GITLAB_TOKEN", "SLIPWAY_GITLAB_WEBHOOK_SECRET"]].concat());
    assert_eq!(missing[2], "SLIPWAY_GITHUB_WEBHOOK_SECRET is missing: put the webhook secret of the GitHub App there");
}

#[test]
fn every_wrong_value_is_reported_at_once_by_name_and_without_the_value() {
    let wrong = [
        ("SLIPWAY_GITHUB_APP_ID", "Iv1.wrong"),
        ("SLIPWAY_GITHUB_PRIVATE_KEY", "wrong"),
        ("SLIPWAY_GITHUB_URL", "ftp://wrong"),
        ("SLIPWAY_GITLAB_URL", "https://user:wrong@gitlab.test"),
        ("SLIPWAY_GITLAB_SIGNING_TOKEN", "wrong"),
        ("SLIPWAY_LISTEN", "localhost:wrong"),
        ("SLIPWAY_QUEUE_LENGTH", "0"),
        ("SLIPWAY_CONCURRENCY", "-1"),
        ("SLIPWAY_DRAIN_SECONDS", "25s"),
        ("SLIPWAY_LOG", "info,,=wrong="),
        ("SLIPWAY_LOG_FORMAT", "wrong"),
    ];
    let error = read_both(&wrong).unwrap_err();
    assert_eq!(error.problems.len(), wrong.len(), "{error}");
    assert!(wrong.iter().all(|(name, _)| error.problems.iter().any(|problem| problem.starts_with(&format!("{name} is not valid: put ")))));
    assert!(!error.to_string().contains("wrong"));
}

#[test]
fn self_managed_forges_keep_their_paths() {
    let more = [("SLIPWAY_GITHUB_URL", "https://ghe.test/api/v3"), ("SLIPWAY_GITLAB_URL", "http://localhost/gitlab")];
    let settings = read_both(&more).unwrap();
    assert_eq!(settings.github.unwrap().url.path(), "/api/v3");
    assert_eq!(settings.gitlab.unwrap().url.path(), "/gitlab");
}

#[test]
fn a_secret_is_read_from_a_file_without_its_last_newline() {
    let secret = file("from a file \r\n");
    let variables = [GITLAB[1], ("SLIPWAY_GITLAB_TOKEN_FILE", secret.path().to_str().unwrap())];
    assert_eq!(read_with(&variables, None).unwrap().gitlab.unwrap().token.reveal(), "from a file ");
}

#[test]
fn a_secret_s_file_that_cannot_be_used_is_one_problem() {
    let empty = file("\n");
    for path in ["/nowhere/token", empty.path().to_str().unwrap()] {
        let problems = problems(&[GITLAB[1], ("SLIPWAY_GITLAB_TOKEN_FILE", path)]);
        assert!(problems.len() == 1 && problems[0].starts_with("SLIPWAY_GITLAB_TOKEN_FILE names"), "{problems:?}");
    }
}

#[test]
fn a_secret_given_twice_is_refused() {
    let twice = problems(&[GITLAB[0], GITLAB[1], ("SLIPWAY_GITLAB_TOKEN_FILE", "/token")]);
    assert_eq!(twice, ["SLIPWAY_GITLAB_TOKEN and SLIPWAY_GITLAB_TOKEN_FILE are both set: keep one of them"]);
}

#[test]
fn the_environment_wins_over_the_file() {
    let settings = file("concurrency = 3\nqueue_length = 5\ngitlab_token_file = \"/nowhere\"\n");
    let variables = [GITLAB[0], GITLAB[1], ("SLIPWAY_CONCURRENCY", "4")];
    let settings = read_with(&variables, Some(settings.path())).unwrap();
    assert_eq!((settings.concurrency, settings.queue_length, settings.gitlab.unwrap().token.reveal()), (4, 5, "glpat-1"));
}

#[test]
fn unknown_keys_in_the_file_get_the_nearest_right_name() {
    let settings = file("lisen = \"x\"\nSLIPWAY_LOG_FORMAT = \"json\"\ngitlab_token_fil = \"x\"\ndrain_seconds = true\n");
    let problems = read_with(&GITLAB, Some(settings.path())).unwrap_err().problems;
    let ending = |end: &str| problems.iter().any(|problem| problem.ends_with(end));
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(ending("unknown key `lisen`, the nearest is `listen`") && ending("the nearest is `log_format`"));
    assert!(ending("the nearest is `gitlab_token_file`") && ending("`drain_seconds` is neither text nor a whole number: put it in quotes"));
}

#[test]
fn a_file_that_is_not_toml_is_one_line_with_its_place() {
    let settings = file("log = \"info\"\nlisten = 0.0.0.0:80\n");
    let problems = read_with(&GITLAB, Some(settings.path())).unwrap_err().problems;
    assert!(problems.len() == 1 && problems[0].contains("line 2: ") && !problems[0].contains('\n'), "{problems:?}");
    assert_eq!(read_with(&GITLAB, Some(Path::new("/nowhere"))).unwrap_err().problems.len(), 1);
}

#[test]
fn nothing_prints_a_secret() {
    let printed = format!("{:?}", read_both(&[]).unwrap());
    assert!(printed.contains("***") && !printed.contains("hush") && !printed.contains("abc"));
}

#[test]
fn the_table_for_the_readme_has_a_row_for_every_setting() {
    let table = markdown_table();
    assert_eq!(table.lines().count(), 2 + table::SETTINGS.len());
    assert!(table.contains("| `SLIPWAY_LOG_FORMAT` | `text` or `json` | `text` |\n"));
    assert!(table.contains(
        "| `SLIPWAY_GITLAB_TOKEN` | a project, group or personal access token with the scope `api`, or its path in `…_FILE` |  |"
    ));
}

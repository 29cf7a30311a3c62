//! What `[backport]` and `[rollback]` cannot mean.

use super::{Config, Contradiction, Key, Step, nearest};

const PLACEHOLDERS: [&str; 3] = ["branch", "title", "number"];

pub fn check(config: &Config) -> Result<(), Contradiction> {
    let (options, place) = (&config.backport, |key| [Key("backport"), Key(key)]);
    let wrong = |place: [Step; 2], message: String, remedy: &str| Err(Contradiction::new(place, message, remedy));
    if !options.label.is_empty() {
        let around = options.label.replacen("{branch}", "", 1);
        if around == options.label || around.trim().is_empty() || around.contains(['{', '}']) {
            let message = format!("the label `{}` does not say which branch is meant, or could be any label", options.label);
            return wrong(
                place("label"),
                message,
                "Write `{branch}` once and something beside it, as in `backport {branch}`, or `\"\"` for none.",
            );
        }
    }
    if let Some(unknown) = placeholders(&options.title).find(|name| !PLACEHOLDERS.contains(name)) {
        let guess = nearest(unknown, PLACEHOLDERS.into_iter()).map(|name| format!("Did you mean `{{{name}}}`?"));
        let remedy = guess.unwrap_or_else(|| "There are `{branch}`, `{title}` and `{number}`.".to_owned());
        return wrong(place("title"), format!("nothing is known that could stand for `{{{unknown}}}` in a title"), &remedy);
    }
    if !options.title.contains("{title}") {
        return wrong(
            place("title"),
            "the title of a backport does not say what it is".to_owned(),
            "Write `{title}` where the title stands.",
        );
    }
    if options.most == 0 {
        return wrong(place("most"), "nothing could ever be picked".to_owned(), "Allow one commit at least.");
    }
    match &config.rollback.post_mortem {
        Some(path) if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..") => {
            let message = format!("`{path}` is no path of a file in the repository");
            wrong([Key("rollback"), Key("post_mortem")], message, "Write it from the root, as in `docs/post-mortem.md`.")
        }
        _ => Ok(()),
    }
}

/// What stands in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let problem = Config::parse(text).unwrap_err();
        format!("{}: {}. {}", problem.line, problem.message, problem.remedy)
    }

    #[test]
    fn a_label_says_which_branch_is_meant() {
        for label in ["backport", "{branch}", "a {branch} {branch}", "to {brunch}"] {
            assert!(problem(&format!("[backport]\nlabel = '{label}'")).starts_with("2: the label"), "{label}");
        }
        Config::parse("[backport]\nlabel = ''").unwrap();
        Config::parse("[backport]\nlabel = 'to/{branch}'").unwrap();
    }

    #[test]
    fn a_title_is_made_of_what_is_known() {
        let unknown = problem("[backport]\ntitle = '{brunch}: {title}'");
        assert_eq!(unknown, "2: nothing is known that could stand for `{brunch}` in a title. Did you mean `{branch}`?");
        assert!(problem("[backport]\ntitle = 'Backport'").contains("does not say what it is"));
        assert!(problem("[backport]\nmost = 0").contains("nothing could ever be picked"));
    }

    #[test]
    fn the_text_of_a_post_mortem_is_in_the_repository() {
        for path in ["", "/etc/passwd", "../a"] {
            assert!(problem(&format!("[rollback]\npost_mortem = '{path}'")).starts_with("2: `"), "{path}");
        }
        Config::parse("[rollback]\npost_mortem = 'docs/pm.md'").unwrap();
    }
}

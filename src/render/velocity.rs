//! The pace of releases, in words.

use serde_json::{Value, json};

use super::in_code;
use crate::domain::velocity::{Figures, Times, in_words};

pub fn figures(figures: &Figures) -> Value {
    let Figures { days, production, succeeded, failed, went_back, releases, hotfixes, rolled_back, waiting, cut, .. } = figures;
    let deployments = succeeded + failed;
    let mut rows = vec![
        times("Merge to production", figures.to_production.as_ref()),
        times("… merge to release", figures.to_release.as_ref()),
        times("… release to production", figures.from_release.as_ref()),
        row("Releases", releases.to_string(), frequency(*releases, *days)),
        row("Hotfixes among them", hotfixes.to_string(), share(*hotfixes, *releases)),
        row("Rolled back", rolled_back.to_string(), share(*rolled_back, *releases)),
        row("Deployments", deployments.to_string(), frequency(deployments, *days)),
        row("Failed", failed.to_string(), share(*failed, deployments)),
        row("Went back", went_back.to_string(), share(*went_back, deployments)),
        times("Merge to backport", figures.backports.as_ref()),
    ];
    if *waiting > 0 {
        rows.push(row("Merged, not in production", waiting.to_string(), ""));
    }
    let none =
        "No deployment to production is known. Deployments are read from the forge; [velocity] in slipway.toml names the environments.";
    let more = "There was more than is read at once: these are the newest.";
    let remarks: Vec<_> = [(deployments == 0, none), (*cut, more)].into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| text).collect();
    let production: Vec<_> = production.iter().map(|name| in_code(name)).collect();
    json!({ "days": days, "production": production.join(", "), "rows": rows, "remarks": remarks })
}

fn row(what: &str, much: impl Into<Value>, more: impl Into<Value>) -> Value {
    json!({ "what": what, "much": much.into(), "more": more.into() })
}

fn times(what: &str, times: Option<&Times>) -> Value {
    match times {
        Some(Times { count, median, ninetieth }) => {
            let changes = if *count == 1 { "change" } else { "changes" };
            row(what, format!("median {}", in_words(*median)), format!("nine of ten within {}, {count} {changes}", in_words(*ninetieth)))
        }
        None => row(what, "unknown", ""),
    }
}

fn share(of: usize, all: usize) -> String {
    match (of * 200 + all).checked_div(all * 2) {
        Some(percent) => format!("{percent} %"),
        None => String::new(),
    }
}

/// One in so many days.
fn frequency(count: usize, days: u32) -> String {
    let seconds = u64::from(days) * 86_400;
    match u64::try_from(count).ok().and_then(|count| seconds.checked_div(count)) {
        Some(each) => format!("one in {}", in_words(each)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{Answer, Note};
    use crate::render::Renderer;

    fn told(figures: Figures) -> String {
        Renderer::new().unwrap().words(&Note::Reply(vec![Answer::Velocity(Box::new(figures))])).unwrap()
    }

    #[test]
    fn the_pace_is_told_in_a_table() {
        let times = |count, median, ninetieth| Some(Times { count, median, ninetieth });
        let figures = Figures {
            days: 90,
            production: vec!["production".into(), "eu|prod".into()],
            succeeded: 4,
            failed: 2,
            went_back: 1,
            to_production: times(14, 16_200, 25_200),
            to_release: times(1, 13_500, 13_500),
            from_release: None,
            waiting: 12,
            releases: 3,
            hotfixes: 1,
            rolled_back: 1,
            backports: times(2, 183_600, 200_000),
            cut: true,
        };
        insta::assert_snapshot!(told(figures), @"
        **The last 90 days.** Production is `production`, `eu|prod`.

        | | | |
        | --- | --- | --- |
        | Merge to production | median 4 h 30 min | nine of ten within 7 h, 14 changes |
        | … merge to release | median 3 h 45 min | nine of ten within 3 h 45 min, 1 change |
        | … release to production | unknown |  |
        | Releases | 3 | one in 30 d |
        | Hotfixes among them | 1 | 33 % |
        | Rolled back | 1 | 33 % |
        | Deployments | 6 | one in 15 d |
        | Failed | 2 | 33 % |
        | Went back | 1 | 17 % |
        | Merge to backport | median 2 d 3 h | nine of ten within 2 d 7 h, 2 changes |
        | Merged, not in production | 12 |  |

        There was more than is read at once: these are the newest.
        ");
    }

    #[test]
    fn what_is_not_known_is_said_to_be_unknown() {
        insta::assert_snapshot!(told(Figures { days: 30, production: vec!["production".into()], ..Figures::default() }), @r"
        **The last 30 days.** Production is `production`.

        | | | |
        | --- | --- | --- |
        | Merge to production | unknown |  |
        | … merge to release | unknown |  |
        | … release to production | unknown |  |
        | Releases | 0 |  |
        | Hotfixes among them | 0 |  |
        | Rolled back | 0 |  |
        | Deployments | 0 |  |
        | Failed | 0 |  |
        | Went back | 0 |  |
        | Merge to backport | unknown |  |

        No deployment to production is known. Deployments are read from the forge; \[velocity\] in slipway.toml names the environments.
        ");
    }
}

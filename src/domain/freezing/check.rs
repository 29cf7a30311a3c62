//! `slipway/freeze`: whether a freeze holds a change request back. Where freezes are asked for it reports on every head, so that it can be
//! required.

use super::{Freezing, NAME, Terms};
use crate::domain::config::Who;
use crate::domain::facts::{ChangeRequest, Facts, IssueKind, Need, Needs, Override, State};
use crate::domain::freeze::{Freeze, Source};
use crate::domain::names::{Moment, Number, Sha, UserName};
use crate::domain::plan::{Action, Afterwards, Check, CheckName, Conclusion, Note, Plan, Presence};
use crate::domain::{policy, rules};

/// What is known of a change request as to freezes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub head: Sha,
    /// The freezes that are about it, with the issue that keeps each; those that last longest first.
    pub held: Vec<(Terms, Option<Number>)>,
    /// Why it passes all the same.
    pub exemption: Option<Exemption>,
    /// Who may exempt by a label.
    pub who: Who,
    /// Those who may exempt by a command, as in “for …”.
    pub by_command: String,
    /// The labels that exempt.
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exemption {
    Release,
    Docs,
    Label { label: String, by: UserName },
    Override(Override),
}

pub fn needs(freezing: &Freezing, number: Number) -> Needs {
    [Need::Me, Need::Issues(IssueKind::Freeze), Need::ChangeRequest(number, freezing.details())].into()
}

/// Judges the change request that an event told of, which had `head` at `at`.
pub fn judge(freezing: &Freezing, (head, at): (&Sha, Moment), facts: &Facts) -> Plan {
    let Some(request) = facts.change_request.read().as_ref().filter(|request| request.state == State::Open) else {
        return Plan::nothing("the change request is not open any more");
    };
    let again = freezing.look_again(facts).into_iter().collect();
    if policy::lags(request, head, at) {
        let said = (Conclusion::Pending, "waiting for the forge to show the latest push".to_owned(), Note::NotYet);
        let waiting = check((head, request.head.branch.as_str()), said);
        return Plan::of("the forge's API lags behind its event", vec![waiting]).followed_by(again).then(Afterwards::LookAgain);
    }
    let standing = standing(freezing, request, facts);
    let reason = match (standing.held.is_empty(), &standing.exemption) {
        (true, _) => "nothing is frozen",
        (false, None) => "it is frozen",
        (false, Some(_)) => "it is exempt from the freeze",
    };
    let reported = shown(&standing, (&request.head.sha, request.head.branch.as_str()));
    Plan::of(reason, vec![reported]).followed_by(again)
}

/// Judges the change request for a merge queue, which asks on a commit of its own: `at`, for a ref of its own.
pub fn judge_queued(freezing: &Freezing, (at, name): (&Sha, &str), facts: &Facts) -> Plan {
    let Some(request) = facts.change_request.read().as_ref().filter(|request| request.head.sha != *at) else {
        return Plan::nothing("the head is judged by itself");
    };
    let reported = shown(&standing(freezing, request, facts), (at, name));
    Plan::of("the merge queue asks for it", vec![reported]).followed_by(freezing.look_again(facts).into_iter().collect())
}

/// The check on the change request as it is now.
pub fn report(freezing: &Freezing, request: &ChangeRequest, facts: &Facts) -> Action<Note> {
    shown(&standing(freezing, request, facts), (&request.head.sha, request.head.branch.as_str()))
}

fn shown(standing: &Standing, (sha, name): (&Sha, &str)) -> Action<Note> {
    let (conclusion, title) = match (standing.held.first(), &standing.exemption) {
        (None, _) => (Conclusion::Success, "nothing is frozen".to_owned()),
        (Some(_), Some(exemption)) => (Conclusion::Success, format!("exempt: {exemption}")),
        (Some((terms, _)), None) => {
            let until = terms.until.as_deref().unwrap_or("it is lifted");
            (Conclusion::Failure, format!("frozen until {until}: {}", terms.reason))
        }
    };
    check((sha, name), (conclusion, title, Note::Freeze(Box::new(standing.clone()))))
}

pub fn standing(freezing: &Freezing, request: &ChangeRequest, facts: &Facts) -> Standing {
    let paths = paths(request);
    let freezes = freezing.freezes(facts);
    let holding = freezes.holding(facts.now, &request.base, paths.as_deref());
    let issue = |freeze: &Freeze| match freeze.source {
        Source::Declared(declared) => declared.issue,
        Source::Window(_) => None,
    };
    let held: Vec<_> = holding.iter().map(|freeze| (Terms::of(freeze), issue(freeze))).collect();
    Standing {
        head: request.head.sha.clone(),
        exemption: if held.is_empty() { None } else { exemption(freezing, (request, paths.as_deref()), facts) },
        held,
        who: freezing.who(),
        by_command: freezing.those_who_may("override"),
        labels: freezing.labels().into_iter().map(str::to_owned).collect(),
    }
}

/// The paths that it changes, with those of before a renaming; `None` where they were too many to read.
fn paths(request: &ChangeRequest) -> Option<Vec<String>> {
    let files = request.details.files.read();
    let both = files.items.iter().flat_map(|file| [Some(file.path.clone()), file.previous.clone()]).flatten();
    (!files.cut).then(|| both.collect())
}

fn exemption(freezing: &Freezing, (request, paths): (&ChangeRequest, Option<&[String]>), facts: &Facts) -> Option<Exemption> {
    if let Some(set) = request.details.overrides.read().get(NAME) {
        return Some(Exemption::Override(set.clone()));
    }
    if freezing.releases_pass() && rules::is_own(request, facts) {
        return Some(Exemption::Release);
    }
    if freezing.are_docs(paths) {
        return Some(Exemption::Docs);
    }
    freezing.labels().into_iter().find_map(|label| {
        let (by, role) = request.details.setters.read().get(label)?;
        freezing.who().admits(*role).then(|| Exemption::Label { label: label.to_owned(), by: by.clone() })
    })
}

fn check((sha, name): (&Sha, &str), (conclusion, title, summary): (Conclusion, String, Note)) -> Action<Note> {
    let title = policy::fitting(super::record::plain(&title));
    let (sha, ref_name) = (sha.clone(), name.to_owned());
    let (presence, annotations) = (Presence::Create, Vec::new());
    Action::Report(Check { name: CheckName::Freeze, sha, ref_name, conclusion, presence, title, summary, annotations })
}

impl std::fmt::Display for Exemption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Release => f.write_str("release change requests pass"),
            Self::Docs => f.write_str("it changes nothing but documentation"),
            Self::Label { label, by } => write!(f, "the label {label}, set by {by}"),
            Self::Override(Override { by, reason }) => write!(f, "{by}: {reason}"),
        }
    }
}

//! `/slipway note "feat(api): add search"`: how the change request is told in the notes of its release, before it is merged or after.
//! The text goes into its description, where anybody can see it and whoever may edit the description can change it.

use super::{Asking, Call, Command, Decision};
use crate::domain::commit;
use crate::domain::config::{Configuration, Grant};
use crate::domain::event::Thread;
use crate::domain::facts::{Details, Facts, Need, Needs};
use crate::domain::plan::{Action, Answer, Note};

pub const COMMAND: Command = Command {
    verb: "note",
    summary: "Rewords how the change request is told in the notes of its release, before or after the merge.",
    example: "/slipway note \"feat(api): add search\"",
    grants: &[Grant::Author, Grant::Write],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    match (asking.thread, asking.config) {
        (Thread::ChangeRequest(number), Configuration::Loaded { .. }) => Needs::from([Need::ChangeRequest(number, Details::new())]),
        _ => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let Thread::ChangeRequest(number) = asking.thread else {
        return Decision::refuse(call, "this is an issue, which is in no release", "Ask on a change request.");
    };
    if !matches!(asking.config, Configuration::Loaded { .. }) {
        return Decision::refuse(call, "there is no slipway.toml that could be read", "Ask for help to get one to start from.");
    }
    let Some(request) = facts.change_request.read() else {
        return Decision::refuse(call, "the change request is gone", "There is nothing to do.");
    };
    let text = call.words.join(" ");
    if let Err(reason) = commit::title(&text) {
        let remedy = "Write it like a commit, as in “note \"feat(api): add search\"”.";
        return Decision::refuse(call, format!("the text {reason}"), remedy);
    }
    let body = commit::with_replacement(&request.body, &text);
    let actions = vec![Action::Describe { number, body: Note::Text(body) }];
    Decision { actions, answer: Answer::Noted }
}

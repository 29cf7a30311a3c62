//! What becomes of an edit of a page: whoever may tick sees the page brought up to date; of others, what they did to the checklist is undone,
//! with a word. What stands elsewhere is free to whoever the forge lets edit.

use super::keep::{self, Keeping, Of, Reads};
use super::undo::{touches, undone};
use super::{Decision, Deed, item, watch};
use crate::domain::commands::{Asking, Rights};
use crate::domain::config::{Config, Configuration, Place, ReadinessOptions};
use crate::domain::event::{Delivery, Edit, Event, IssueChange, Nature, Thread};
use crate::domain::facts::{Asked, Details, Facts, Holders, IssueKind, Need, Needs, OwnComment, ProgressWanted, Ref, Subject};
use crate::domain::names::Number;
use crate::domain::plan::{Action, CommentKey, Note, Plan, Presence};

/// An edit of a text that may be a page.
#[derive(Debug, Clone)]
pub struct Editing<'a> {
    config: &'a Config,
    configuration: &'a Configuration,
    delivery: &'a Delivery,
    edit: &'a Edit,
    of: Edited,
}

/// What was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edited {
    Issue(Number),
    /// A comment on a change request, by its id.
    Comment(Number, u64),
}

/// The edit that an event tells of, if it is one of a text that may be a page.
fn edited(event: &Event) -> Option<(Edited, &Edit)> {
    match event {
        Event::Issue { number, change: IssueChange::Edited, kinds, text: Some(edit), .. } if kinds.contains(&IssueKind::Release) => {
            Some((Edited::Issue(*number), edit))
        }
        Event::CommentEdited { thread: Thread::ChangeRequest(number), id, text } => Some((Edited::Comment(*number, *id), text)),
        _ => None,
    }
}

/// Why an edit leads to nothing, where that is plain from the event.
pub fn dismiss(delivery: &Delivery) -> Option<&'static str> {
    let (_, edit) = match (edited(&delivery.event), &delivery.event) {
        (Some(edited), _) => edited,
        (None, Event::CommentEdited { .. }) => return Some("no issue has a page in a comment"),
        (None, _) => return None,
    };
    match delivery.actor.nature {
        Nature::Slipway => Some("Slipway has written its own page"),
        Nature::Bot => Some("what bots edit stays"),
        Nature::Person if !touches(&edit.before, &edit.after) => Some("the checklist is as it was"),
        Nature::Person => None,
    }
}

impl<'a> Editing<'a> {
    pub fn of(configuration: &'a Configuration, delivery: &'a Delivery) -> Option<Self> {
        let Configuration::Loaded { config, .. } = configuration else { return None };
        let (of, edit) = edited(&delivery.event)?;
        Some(Self { config, configuration, delivery, edit, of })
    }

    fn thread(&self) -> Thread {
        match self.of {
            Edited::Issue(number) => Thread::Issue(number),
            Edited::Comment(number, _) => Thread::ChangeRequest(number),
        }
    }

    fn rights(&self) -> Rights {
        let said = |layer: &Config| layer.readiness.as_ref().map(|options| options.tick.clone());
        Rights::by(self.configuration, said, &ReadinessOptions::default().tick)
    }

    /// No edit changes what the page of a line waits for besides.
    fn keeping(&self, of: Of) -> Keeping<'a> {
        let reads = if matches!(of, Of::Line(_)) { Reads::Checks } else { Reads::Standing };
        Keeping { config: self.config, repository: &self.delivery.repository, of, reads }
    }

    pub fn needs(&self) -> Needs {
        let asking = Asking { thread: self.thread(), config: self.configuration, delivery: self.delivery };
        let mut needs = match self.of {
            Edited::Issue(number) => self.keeping(Of::Line(Ref::TrackedBy(number, None))).needs(),
            // Whose page the comment is shows when the change request is read.
            Edited::Comment(number, _) => {
                let lists: Vec<_> = self.config.checklist.iter().filter(|list| list.on != Place::Hotfix).collect();
                let files = item::files(&lists).into_iter().map(|path| Need::File(path.to_owned()));
                let blocker =
                    keep::options(self.config).map_or_else(|| ReadinessOptions::default().blocker, |options| options.blocker.clone());
                let progress = ProgressWanted { of: Subject::Request(number), blocker, backport: String::new() };
                files.chain([Need::Me, Need::Progress(progress), Need::ChangeRequest(number, Details::new())]).collect()
            }
        };
        needs.extend(self.rights().need(&asking, Holders::Wanted));
        needs
    }

    /// The page that was edited, and what it says now; `None`: it is none of Slipway's.
    fn page(&self, facts: &Facts) -> Option<(Keeping<'a>, String)> {
        match self.of {
            Edited::Issue(number) => {
                let at = Ref::TrackedBy(number, None);
                let body = keep::issue(&at, facts)?.body.clone();
                Some((self.keeping(Of::Line(at)), body))
            }
            Edited::Comment(number, id) => {
                let own = facts.progress(&Subject::Request(number))?.comment.as_ref().filter(|own| own.id == id)?;
                let request = facts.change_request.read().as_ref()?;
                let of = watch::of(self.config, (number, Some(&request.head.branch), &request.base))?;
                Some((self.keeping(of), own.body.clone()))
            }
        }
    }

    pub fn plan(&self, facts: &Facts) -> Plan {
        let Some((keeping, body)) = self.page(facts) else { return Plan::nothing("the text is no page of Slipway's") };
        let (rights, by) = (self.rights(), &self.delivery.actor.name);
        if by == facts.me.read() {
            return Plan::nothing("Slipway has written its own page");
        }
        let Some((why, _)) = rights.refusal(by, facts).filter(|_| !rights.admit(by, facts)) else {
            return watch::told(keeping.keep(None, facts));
        };
        let restored = undone(&self.edit.before, &self.edit.after, &body);
        if restored == body {
            return Plan::nothing("nothing of the edit stands any more");
        }
        let on = facts.progress(&keeping.subject()).map(|progress| progress.head.clone());
        let decision =
            on.map(|on| Decision { asked: format!("edit:{}", self.delivery.id), by: by.clone(), at: facts.now, on, deed: Deed::Undone });
        match keeping.keep(decision, &self.as_if(facts, &restored)) {
            Ok(kept) => {
                let note = Note::Undone { by: by.clone(), what: kept.name, why };
                let (thread, key, presence) = (self.thread(), CommentKey::Undone, Presence::Create);
                let mut actions: Vec<_> = kept.actions.into_iter().map(|action| seen(action, &body)).collect();
                actions.push(Action::Comment { thread, key, presence, body: note });
                Plan::of(format!("{by} may not edit the checklist"), actions).followed_by(kept.follows)
            }
            Err(why) => Plan::nothing(why),
        }
    }

    /// What is known, if the page said this.
    fn as_if(&self, facts: &Facts, text: &str) -> Facts {
        let mut facts = facts.clone();
        match self.of {
            Edited::Issue(number) => {
                if let Some(Asked::Answered(issues)) = facts.issues.get_mut(&IssueKind::Release) {
                    issues.iter_mut().filter(|issue| issue.number == number).for_each(|issue| text.clone_into(&mut issue.body));
                }
            }
            Edited::Comment(number, _) => {
                if let Some(Asked::Answered(Some(progress))) = facts.progress.get_mut(&Subject::Request(number)) {
                    progress.comment = progress.comment.take().map(|own| OwnComment { body: text.to_owned(), ..own });
                }
            }
        }
        facts
    }
}

/// The page is made from what is there, not from what it would be.
fn seen(action: Action<Note>, body: &str) -> Action<Note> {
    match action {
        Action::Issue(mut issue) => {
            issue.seen = Some(body.to_owned());
            Action::Issue(issue)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;

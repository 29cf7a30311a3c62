//! An action that is decided becomes one that is worded.

use super::{Action, Check, Issue, Port, Propose, Release, Withdrawal};

impl<N> Action<N> {
    /// The same action with its text put in words.
    ///
    /// # Errors
    /// Whatever `render` fails with.
    pub fn map<T, E>(self, render: impl Fn(N) -> Result<T, E>) -> Result<Action<T>, E> {
        Ok(match self {
            Self::Report(Check { name, sha, ref_name, conclusion, presence, title, summary, annotations }) => {
                let summary = render(summary)?;
                Action::Report(Check { name, sha, ref_name, conclusion, presence, title, summary, annotations })
            }
            Self::Comment { thread, key, presence, body } => Action::Comment { thread, key, presence, body: render(body)? },
            Self::Remember { thread, key, data, body } => Action::Remember { thread, key, data, body: render(body)? },
            Self::React { thread, comment, reaction } => Action::React { thread, comment, reaction },
            Self::Publish(Release { tag, title, stability, latest, visibility, seen, everything, notes }) => {
                Action::Publish(Release { tag, title, stability, latest, visibility, seen, everything, notes: render(notes)? })
            }
            Self::Propose(propose) => {
                let Propose { branch, base, onto, title, releases, body, files, existing, seen } = *propose;
                let files = files.into_iter().map(|(path, text)| Ok((path, render(text)?))).collect::<Result<_, E>>()?;
                Action::Propose(Box::new(Propose { branch, base, onto, title, releases, body: render(body)?, files, existing, seen }))
            }
            Self::Withdraw { number, body } => Action::Withdraw { number, body: render(body)? },
            Self::Describe { number, body } => Action::Describe { number, body: render(body)? },
            Self::Issue(Issue { kind, key, title, course, data, seen, body }) => {
                Action::Issue(Issue { kind, key, title, course, data, seen, body: render(body)? })
            }
            Self::MakeBranch { branch, at } => Action::MakeBranch { branch, at },
            Self::MakeLabel { name, about } => Action::MakeLabel { name, about },
            Self::Label { number, label, course } => Action::Label { number, label, course },
            Self::Port(port) => {
                let Port { cargo, onto, branch, title, body, labels } = *port;
                Action::Port(Box::new(Port { cargo, onto, branch, title, body: render(body)?, labels }))
            }
            Self::WithdrawRelease(Withdrawal { tag, banner, latest }) => {
                Action::WithdrawRelease(Withdrawal { tag, banner: render(banner)?, latest })
            }
            Self::Merge { number, head } => Action::Merge { number, head },
            Self::Tag { tag, at } => Action::Tag { tag, at },
            Self::CloseMilestone { id, title } => Action::CloseMilestone { id, title },
            Self::DeleteBranch { branch, at } => Action::DeleteBranch { branch, at },
            Self::Protect(guard) => Action::Protect(guard),
        })
    }
}

//! Which issues a change request closes: those that its description names after a closing word.

use super::{
    topic::{Topic, TopicKey},
    world::{Kind, Repository},
};

/// The words before an issue's number, in any case. GitLab knows some more.
const WORDS: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

impl Repository {
    /// The issues of this repository that merging the request into the default branch closes, in the order of the text.
    /// On GitLab a word governs a whole list (`Closes #1, #2 and #3`), on GitHub one issue.
    pub fn issues_closed_by(&self, request: &Topic) -> Vec<&Topic> {
        let mut closed: Vec<&Topic> = Vec::new();
        let mut governed = false;
        for word in request.body.as_deref().unwrap_or_default().split_whitespace() {
            let Some(number) = issue_number(word) else {
                governed = is_closing(word) || (governed && word == "and");
                continue;
            };
            let issue = self.topic(TopicKey::Issue(number)).filter(|_| governed);
            closed.extend(issue.filter(|issue| !closed.iter().any(|known| known.number == issue.number)));
            governed &= self.kind == Kind::GitLab;
        }
        closed
    }
}

fn is_closing(word: &str) -> bool {
    WORDS.contains(&word.trim_end_matches(':').to_lowercase().as_str())
}

/// The number in `#12`, whatever punctuation follows.
fn issue_number(word: &str) -> Option<u64> {
    word.strip_prefix('#')?.trim_end_matches(|c: char| c.is_ascii_punctuation()).parse().ok()
}

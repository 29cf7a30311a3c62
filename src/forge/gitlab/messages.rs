//! The messages that GitLab gives merge and squash commits: its defaults, or the project's templates filled in
//! (<https://docs.gitlab.com/user/project/merge_requests/commit_templates/>). Must not know how they are read.

use crate::domain::names::Number;

const MERGE: &str = "Merge branch '%{source_branch}' into '%{target_branch}'\n\n%{title}\n\n%{issues}\n\nSee merge request %{reference}";
const SQUASH: &str = "%{title}";

/// What the messages of one merge are made of.
pub struct Told {
    pub source_branch: String,
    pub target_branch: String,
    pub source_project: Option<u64>,
    pub title: String,
    pub description: String,
    /// `grp/app`
    pub project: String,
    pub number: Number,
    pub url: String,
    /// The issues that merging closes.
    pub closes: Vec<Number>,
    /// The author's name.
    pub author: String,
    /// Oldest first, without merges.
    pub commits: Vec<Spoken>,
}

/// A commit's message, and whose it is as `Name <address>`.
pub struct Spoken {
    pub message: String,
    pub author: String,
}

impl Told {
    pub fn merge(&self, template: Option<&str>) -> String {
        self.fill(template.unwrap_or(MERGE))
    }

    pub fn squash(&self, template: Option<&str>) -> String {
        self.fill(template.unwrap_or(SQUASH))
    }

    /// A line that holds nothing but an empty placeholder goes, and so does a blank line before it when another follows.
    fn fill(&self, template: &str) -> String {
        let template = template.replace('\r', "");
        let mut kept: Vec<String> = Vec::new();
        let mut lines = template.lines().peekable();
        while let Some(line) = lines.next() {
            let filled = self.substitute(line);
            if filled.is_empty() && !line.is_empty() {
                let is_last = lines.peek().is_none_or(|next| next.is_empty());
                kept.pop_if(|before| before.is_empty() && is_last);
            } else {
                kept.push(filled);
            }
        }
        kept.join("\n")
    }

    /// All at once, so that a placeholder in a value stays as it is; so do those that GitLab does not know.
    fn substitute(&self, line: &str) -> String {
        let mut parts = line.split("%{");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once('}').and_then(|(name, rest)| Some((self.value(name)?, rest))) {
                Some((value, rest)) => text.extend([value.as_str(), rest]),
                None => text.extend(["%{", part]),
            }
        }
        text
    }

    /// What depends on who will approve and merge is left empty.
    fn value(&self, name: &str) -> Option<String> {
        let multiline = || self.commits.iter().map(|commit| commit.message.trim()).find(|message| message.contains('\n'));
        Some(match name {
            "source_branch" => self.source_branch.clone(),
            "target_branch" => self.target_branch.clone(),
            "source_project_id" => self.source_project.map(|id| id.to_string()).unwrap_or_default(),
            "title" => self.title.clone(),
            "description" => self.description.clone(),
            "issues" => self.issues(),
            "reference" => format!("{}!{}", self.project, self.number),
            "local_reference" => format!("!{}", self.number),
            "url" => self.url.clone(),
            "first_commit" => self.commits.first().map(|commit| commit.message.trim().to_owned()).unwrap_or_default(),
            "first_multiline_commit" => multiline().unwrap_or(&self.title).to_owned(),
            "first_multiline_commit_description" => {
                multiline().and_then(|message| message.split_once('\n')).map(|(_, body)| body.trim().to_owned()).unwrap_or_default()
            }
            "all_commits" => {
                self.commits.iter().rev().map(|commit| format!("* {}", commit.message.trim())).collect::<Vec<_>>().join("\n\n")
            }
            "co_authored_by" => self.co_authors(),
            "reviewed_by" | "approved_by" | "merged_by" | "merge_request_author" => String::new(),
            _ => return None,
        })
    }

    /// `Closes #1, #2, and #3`
    fn issues(&self) -> String {
        let numbers: Vec<_> = self.closes.iter().map(|number| format!("#{number}")).collect();
        match numbers.as_slice() {
            [] => String::new(),
            [only] => format!("Closes {only}"),
            [one, two] => format!("Closes {one} and {two}"),
            [others @ .., last] => format!("Closes {}, and {last}", others.join(", ")),
        }
    }

    fn co_authors(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for Spoken { author, .. } in self.commits.iter().rev() {
            let line = format!("Co-authored-by: {author}");
            if author.split(" <").next() != Some(&self.author) && !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(closes: &[u64]) -> Told {
        let spoken =
            |message: &str, author: &str| Spoken { message: message.to_owned(), author: format!("{author} <{author}@users.example>") };
        Told {
            source_branch: "feat/x".to_owned(),
            target_branch: "main".to_owned(),
            source_project: Some(3),
            title: "feat: add x".to_owned(),
            description: "With %{url}.".to_owned(),
            project: "grp/app".to_owned(),
            number: Number(7),
            url: "https://lab.test/grp/app/-/merge_requests/7".to_owned(),
            closes: closes.iter().copied().map(Number).collect(),
            author: "dana".to_owned(),
            commits: vec![spoken("feat: x\n", "dana"), spoken("fix: y\n\nIt broke.\n", "finn")],
        }
    }

    #[test]
    fn the_defaults_are_the_title_and_the_known_merge_message() {
        assert_eq!(told(&[]).squash(None), "feat: add x");
        assert_eq!(told(&[]).merge(None), "Merge branch 'feat/x' into 'main'\n\nfeat: add x\n\nSee merge request grp/app!7");
        let closing = "Merge branch 'feat/x' into 'main'\n\nfeat: add x\n\nCloses #1, #2, and #3\n\nSee merge request grp/app!7";
        assert_eq!(told(&[1, 2, 3]).merge(None), closing);
    }

    #[test]
    fn every_placeholder_is_filled_once() {
        let all = "%{title} (%{local_reference})\r\n\r\n%{description}\n\n%{all_commits}\n\n%{co_authored_by}\n%{approved_by}\n%{unknown}";
        let filled = "feat: add x (!7)\n\nWith %{url}.\n\n* fix: y\n\nIt broke.\n\n* feat: x\n\nCo-authored-by: finn <finn@users.example>\n%{unknown}";
        assert_eq!(told(&[]).squash(Some(all)), filled);
        assert_eq!(
            told(&[1, 2]).squash(Some("%{first_commit}|%{first_multiline_commit_description}|%{issues}")),
            "feat: x|It broke.|Closes #1 and #2"
        );
    }

    #[test]
    fn an_empty_placeholder_takes_its_line_with_it() {
        assert_eq!(told(&[]).squash(Some("a\n\n%{issues}\n\nb\n%{issues}\nc\n\n%{issues}")), "a\n\nb\nc");
        assert_eq!(told(&[]).squash(Some("a %{issues}\n%{title")), "a \n%{title");
    }
}

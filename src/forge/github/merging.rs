//! How a pull request would land: the methods that the repository allows, and the messages that GitHub would write for each.
//! The wording follows <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository>.

use serde::Deserialize;

use super::GithubRepository;
use super::graphql::{Nodes, Variables};
use crate::domain::facts::{MergeMethod, Merging};
use crate::domain::names::Number;
use crate::forge::Result;

const SETTINGS: &str = "
  mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed
  mergeCommitTitle mergeCommitMessage squashMergeCommitTitle squashMergeCommitMessage";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    merge_commit_allowed: bool,
    squash_merge_allowed: bool,
    rebase_merge_allowed: bool,
    merge_commit_title: String,
    merge_commit_message: String,
    squash_merge_commit_title: String,
    squash_merge_commit_message: String,
    pull_request: Option<Pull>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    number: u64,
    title: String,
    body: String,
    head_ref_name: String,
    head_repository: Option<Source>,
    commits: Option<Nodes<OfRequest>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    name_with_owner: String,
}

#[derive(Deserialize)]
struct OfRequest {
    commit: Written,
}

#[derive(Deserialize)]
struct Written {
    message: String,
}

impl GithubRepository<'_> {
    pub(super) async fn read_merging(&self, number: Number) -> Result<Option<Merging>> {
        let Some(mut settings) = self.merge_settings(number, None).await? else { return Ok(None) };
        let Some(mut pull) = settings.pull_request.take() else { return Ok(None) };
        let (mut messages, mut page) = (Vec::new(), pull.commits.take());
        while let Some(commits) = page {
            let next = commits.next();
            messages.extend(commits.into_iter().map(|of| of.commit.message));
            page = match next {
                Some(next) => self.merge_settings(number, Some(next)).await?.and_then(|settings| settings.pull_request?.commits),
                None => None,
            };
        }
        Ok(Some(Merging { methods: settings.methods(&pull, &messages) }))
    }

    async fn merge_settings(&self, number: Number, after: Option<String>) -> Result<Option<Settings>> {
        let mut variables = Variables::default();
        let (number, after) = (variables.bind("Int!", number.0), variables.bind("String", after));
        let commits =
            format!("commits(first: 100, after: {after}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ commit {{ message }} }} }}");
        let pull = format!("number title body headRefName headRepository {{ nameWithOwner }} {commits}");
        let selection = format!("{SETTINGS} pullRequest(number: {number}) {{ {pull} }}");
        crate::forge::error::absent(self.ask(variables, &selection, "").await)
    }
}

impl Settings {
    /// In the order in which GitHub offers them to somebody who has not chosen another one before.
    fn methods(&self, pull: &Pull, messages: &[String]) -> Vec<(MergeMethod, Vec<String>)> {
        let merge = || messages.iter().cloned().chain([self.merge(pull)]).collect();
        let mut methods = Vec::new();
        methods.extend(self.merge_commit_allowed.then(|| (MergeMethod::Merge, merge())));
        methods.extend(self.squash_merge_allowed.then(|| (MergeMethod::Squash, vec![self.squash(pull, messages)])));
        methods.extend(self.rebase_merge_allowed.then(|| (MergeMethod::Rebase, messages.to_vec())));
        methods
    }

    fn merge(&self, pull: &Pull) -> String {
        let Pull { number, title, body, head_ref_name, .. } = pull;
        let subject = if self.merge_commit_title == "PR_TITLE" {
            format!("{title} (#{number})")
        } else {
            let owner = pull.head_repository.as_ref().and_then(|source| source.name_with_owner.split_once('/'));
            format!("Merge pull request #{number} from {}/{head_ref_name}", owner.map_or("unknown", |(owner, _)| owner))
        };
        let body = match self.merge_commit_message.as_str() {
            "PR_TITLE" => title,
            "PR_BODY" => body,
            _ => "",
        };
        said(&subject, body)
    }

    /// Several commits become a list, one alone stays as it is.
    fn squash(&self, pull: &Pull, messages: &[String]) -> String {
        let alone = if let [message] = messages { Some(message.split_once('\n').unwrap_or((message, ""))) } else { None };
        let subject = match (self.squash_merge_commit_title.as_str(), alone) {
            ("COMMIT_OR_PR_TITLE", Some((subject, _))) => subject,
            _ => &pull.title,
        };
        let body = match (self.squash_merge_commit_message.as_str(), alone) {
            ("COMMIT_MESSAGES", Some((_, body))) => body.to_owned(),
            ("COMMIT_MESSAGES", None) => {
                messages.iter().map(|message| format!("* {}", message.trim_end())).collect::<Vec<_>>().join("\n\n")
            }
            ("PR_BODY", _) => pull.body.clone(),
            _ => String::new(),
        };
        said(&format!("{subject} (#{})", pull.number), &body)
    }
}

fn said(subject: &str, body: &str) -> String {
    let body = body.trim();
    if body.is_empty() { subject.to_owned() } else { format!("{subject}\n\n{body}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(title: &str, message: &str) -> Settings {
        serde_json::from_value(json!({
            "mergeCommitAllowed": false, "squashMergeAllowed": true, "rebaseMergeAllowed": true,
            "mergeCommitTitle": "MERGE_MESSAGE", "mergeCommitMessage": "PR_TITLE",
            "squashMergeCommitTitle": title, "squashMergeCommitMessage": message, "pullRequest": null,
        }))
        .unwrap()
    }

    fn pull() -> Pull {
        serde_json::from_value(json!({
            "number": 7, "title": "feat: login", "body": "Why.\r\n", "headRefName": "feature/login",
            "headRepository": {"nameWithOwner": "dana/app"}, "commits": {"nodes": []},
        }))
        .unwrap()
    }

    fn messages(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_squash_of_one_commit_keeps_its_message_and_one_of_several_lists_them() {
        let settings = settings("COMMIT_OR_PR_TITLE", "COMMIT_MESSAGES");
        assert_eq!(settings.squash(&pull(), &messages(&["fix: a\n\nBody."])), "fix: a (#7)\n\nBody.");
        assert_eq!(settings.squash(&pull(), &messages(&["fix: a", "wip\n\nx\n"])), "feat: login (#7)\n\n* fix: a\n\n* wip\n\nx");
    }

    #[test]
    fn a_squash_may_be_told_by_the_request_alone() {
        assert_eq!(settings("PR_TITLE", "PR_BODY").squash(&pull(), &messages(&["wip"])), "feat: login (#7)\n\nWhy.");
        assert_eq!(settings("PR_TITLE", "BLANK").squash(&pull(), &messages(&["wip"])), "feat: login (#7)");
    }

    #[test]
    fn a_merge_brings_its_commits_and_its_own_message() {
        let settings = Settings { merge_commit_allowed: true, ..settings("PR_TITLE", "BLANK") };
        let methods = settings.methods(&pull(), &messages(&["fix: a", "fix: b"]));
        let merge = "Merge pull request #7 from dana/feature/login\n\nfeat: login";
        assert_eq!(methods[0], (MergeMethod::Merge, messages(&["fix: a", "fix: b", merge])));
        assert_eq!(methods[2], (MergeMethod::Rebase, messages(&["fix: a", "fix: b"])));
    }
}

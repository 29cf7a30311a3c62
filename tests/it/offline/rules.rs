//! `slipway backtest --rules`, as it is typed: merges in the forms of both forges, and what a clone does not know of them.

use super::*;

const POLICY: &str = "[rules.no_fixup]\n[rules.conventional_title]\n[[rules.base_branch.allow]]\ninto = 'main'\nfrom = ['feature/*']\n";

impl Clone {
    /// A clone of `acme/app` with these rules at HEAD.
    fn with(policy: &str) -> Self {
        let mut clone = Self::new();
        clone.repository.remote("origin", "https://github.com/acme/app.git").unwrap();
        clone.change("chore: start", "slipway.toml", policy);
        clone
    }

    /// Merges a branch of these commits, the last of which has changed a file.
    fn land(&mut self, message: &str, commits: &[&str]) -> Oid {
        let base = self.repository.head().unwrap().target().unwrap();
        let name = self.head();
        self.repository.set_head_detached(base).unwrap();
        let mut head = base;
        for commit in commits {
            let tree = self.tree(Some(head), "work", &format!("{commit}\n{}\n", self.clock));
            head = self.store(commit, tree, &[head]);
        }
        let tree = self.repository.find_commit(head).unwrap().tree_id();
        let id = self.store(message, tree, &[base, head]);
        self.repository.reference(&name, id, true, "").unwrap();
        self.repository.set_head(&name).unwrap();
        id
    }

    fn replay(&self, arguments: &[&str]) -> (Vec<Value>, Value) {
        let mut all = lines(&self.run(&[&["backtest", "--rules", "--format", "json"], arguments].concat()));
        let summary = all.pop().unwrap();
        (all, summary)
    }
}

/// The change request and the rules that refuse it.
fn short(refused: &[Value]) -> Vec<Value> {
    let rules = |one: &Value| one["broken"].as_array().unwrap().iter().map(|broken| broken["rule"].clone()).collect::<Vec<_>>();
    refused.iter().map(|one| json!([one["request"], rules(one)])).collect()
}

/// A rule's row in the summary: judged, broken, refused, and the reasons for not judging.
fn row(summary: &Value, rule: &str) -> Value {
    let row = summary["rules"].as_array().unwrap().iter().find(|row| row["rule"] == rule).unwrap();
    json!([row["judged"], row["broken"], row["refused"], row["not_judged"]])
}

#[test]
fn merges_of_both_forges_are_judged_by_the_rules_in_force() {
    let mut clone = Clone::with(POLICY);
    clone.land("Merge pull request #1 from acme/feature/a\n\nfeat: a", &["feat: a"]);
    clone.land("Merge pull request #2 from eve/feature/b\n\nfeat: b", &["feat: b"]);
    clone.land("Merge branch 'feature/c' into 'main'\n\nAdd c\n\nSee merge request acme/app!3", &["fixup! c", "feat: c"]);
    clone.land("Merge branch 'develop' into 'main'\n\nfeat: d\n\nSee merge request acme/app!4", &["feat: d"]);
    let (refused, summary) = clone.replay(&[]);
    let expected = [json!(["!4", ["base_branch"]]), json!(["!3", ["conventional_title", "no_fixup"]]), json!(["#2", ["base_branch"]])];
    assert_eq!(short(&refused), expected);
    assert_eq!(refused[2]["broken"][0]["why"], "eve:feature/b may not be merged into main, which takes only feature/*");
    assert_eq!(json!([summary["merges"], summary["refused"], summary["other_commits"]]), json!([4, 3, 1]));
    assert_eq!(row(&summary, "base_branch"), json!([4, 2, 2, {}]));
}

#[test]
fn what_a_squash_has_forgotten_is_not_judged_and_counted_with_the_reason() {
    let mut clone = Clone::with(&format!("{POLICY}[rules.labels]\nany_of = ['kind/*']\n[rules.linked_issue]\n[rules.size]\nlines = 2\n"));
    clone.change("Add a (#5)", "a", "1\n2\n3\n");
    clone.change("feat: b", "b", "1\n2\n3\n");
    let (refused, summary) = clone.replay(&[]);
    assert_eq!(short(&refused), [json!(["#5", ["conventional_title", "size"]])]);
    assert_eq!(refused[0]["title"], "Add a");
    assert_eq!(row(&summary, "base_branch"), json!([0, 0, 0, { "the merge does not say which branch it was": 1 }]));
    assert_eq!(row(&summary, "no_fixup"), json!([0, 0, 0, { "a squash does not keep its commits": 1 }]));
    assert_eq!(row(&summary, "labels"), json!([0, 0, 0, { "a clone has no labels": 1 }]));
    assert_eq!(row(&summary, "linked_issue"), json!([0, 0, 0, { "a clone has no descriptions": 1 }]));
    assert_eq!(summary["other_commits"], 2);
}

#[test]
fn a_merge_by_hand_has_no_number_and_a_pull_is_none() {
    let mut clone = Clone::with(POLICY);
    let merge = clone.land("Merge branch 'topic'", &["feat: a"]);
    clone.land("Merge branch 'main' of https://github.com/acme/app", &["feat: b"]);
    clone.land("Merge branch 'main' into topic", &["feat: c"]);
    let (refused, summary) = clone.replay(&[]);
    assert_eq!(short(&refused), [json!([null, ["base_branch"]])]);
    assert_eq!((&refused[0]["commit"], &refused[0]["title"]), (&json!(merge.to_string()), &json!("Merge branch 'topic'")));
    assert_eq!(row(&summary, "conventional_title"), json!([0, 0, 0, { "the merge does not say the title": 1 }]));
    assert_eq!((&summary["merges"], &summary["other_commits"]), (&json!(1), &json!(3)));
}

#[test]
fn whose_a_branch_was_is_not_guessed() {
    let mut clone = Clone::with(POLICY);
    clone.repository.remote_delete("origin").unwrap();
    clone.land("Merge pull request #1 from eve/feature/a\n\nfeat: a", &["feat: a"]);
    clone.land("Merge pull request #2 from acme/slipway/release/main\n\nRelease", &["Release"]);
    let (refused, summary) = clone.replay(&[]);
    let unsaid = "a clone without a forge's remote does not say whose the branch was";
    assert_eq!((refused.len(), row(&summary, "base_branch")), (1, json!([0, 0, 0, { unsaid: 2 }])));
    clone.repository.remote("upstream", "git@github.com:acme/app.git").unwrap();
    let (refused, summary) = clone.replay(&[]);
    let own = "a clone does not say whether a release's change request is Slipway's own";
    assert_eq!((short(&refused), row(&summary, "base_branch")), (vec![json!(["#1", ["base_branch"]])], json!([1, 1, 1, { own: 1 }])));
}

#[test]
fn advice_refuses_nothing() {
    let mut clone = Clone::with("mode = 'advise'\n[rules.conventional_title]\n");
    clone.land("Add a (#1)", &["feat: a"]);
    let (refused, summary) = clone.replay(&[]);
    assert_eq!((refused.len(), row(&summary, "conventional_title")), (0, json!([1, 1, 0, {}])));
}

#[test]
fn the_newest_merges_of_a_branch_are_looked_at() {
    let mut clone = Clone::with(POLICY);
    clone.land("One (#1)", &["feat: a"]);
    clone.switch("develop");
    clone.land("Two (#2)", &["feat: b"]);
    clone.land("Three (#3)", &["feat: c"]);
    clone.switch("main");
    let numbers = |arguments: &[&str]| clone.replay(arguments).0.iter().map(|one| one["request"].clone()).collect::<Vec<_>>();
    assert_eq!(numbers(&[]), [json!("#1")]);
    assert_eq!(numbers(&["--branch", "develop", "--merges", "2"]), [json!("#3"), json!("#2")]);
    let develop = clone.repository.refname_to_id("refs/heads/develop").unwrap();
    clone.repository.reference("refs/remotes/origin/next", develop, true, "").unwrap();
    assert_eq!(numbers(&["--branch", "next"]).len(), 3);
    assert!(clone.refusal(&["backtest", "--rules", "--branch", "nxt"]).contains("there is no branch \"nxt\" here or at origin"));
    clone.repository.set_head_detached(develop).unwrap();
    assert!(clone.refusal(&["backtest", "--rules"]).contains("name it with --branch"));
}

#[test]
fn without_a_configuration_there_is_nothing_to_replay() {
    let mut clone = Clone::new();
    clone.commit("Add a (#1)");
    assert!(clone.refusal(&["backtest", "--rules"]).contains("strategy = \"github-flow\""));
    clone.switch("develop");
    assert!(clone.refusal(&["backtest", "--rules"]).contains("strategy = \"gitflow\""));
    let policy = clone.folder.path().join("policy.toml");
    std::fs::write(&policy, "[release]\n").unwrap();
    let arguments = ["--config", policy.to_str().unwrap()];
    assert!(clone.refusal(&[&["backtest", "--rules"], &arguments[..]].concat()).contains("no rule is in force"));
    std::fs::write(&policy, "[rules.conventional_title]\n").unwrap();
    clone.commit("Add b (#2)");
    assert_eq!(short(&clone.replay(&arguments).0), [json!(["#2", ["conventional_title"]])]);
    assert!(clone.refusal(&["backtest", "--merges", "2"]).contains("--rules"));
}

#[test]
fn people_read_a_line_a_merge_and_a_table() {
    let mut clone = Clone::with(POLICY);
    clone.land("Merge pull request #1 from acme/feature/a\n\nAdd \u{1b}[31ma", &["feat: a"]);
    let text = String::from_utf8(clone.run(&["backtest", "--rules"]).stdout).unwrap();
    assert!(text.starts_with("2023-11-14  #1          Add  [31ma") && !text.contains('\u{1b}'), "{text:?}");
    assert!(text.contains("  conventional_title: the title "), "{text}");
    assert!(text.contains("\nno_fixup               enforce        1       0        0           0\n"), "{text}");
    assert!(text.contains("\n1 of 1 change requests that were merged into main would have been refused.\n"), "{text}");
}

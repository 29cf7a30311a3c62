//! `slipway preview` and `slipway backtest`, as they are typed, on small clones.

use std::path::Path;
use std::process::{Command, Output};

use git2::{Oid, Repository, RepositoryInitOptions, Signature, Time};
use serde_json::{Value, json};
use tempfile::TempDir;

mod rules;

/// A clone that grows commit by commit.
struct Clone {
    folder: TempDir,
    repository: Repository,
    clock: i64,
}

impl Clone {
    fn new() -> Self {
        Self::of(false)
    }

    fn of(bare: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = RepositoryInitOptions::new();
        let repository = Repository::init_opts(folder.path(), options.bare(bare).initial_head("main")).unwrap();
        Self { folder, repository, clock: 1_700_000_000 }
    }

    fn commit(&mut self, message: &str) -> Oid {
        self.change(message, "file", "")
    }

    /// On the branch that HEAD is on, with one file anew.
    fn change(&mut self, message: &str, path: &str, text: &str) -> Oid {
        let parent = self.repository.head().ok().map(|head| head.peel_to_commit().unwrap().id());
        let tree = self.tree(parent, path, text);
        let id = self.store(message, tree, parent.as_slice());
        self.repository.reference(&self.head(), id, true, "").unwrap();
        id
    }

    fn tree(&self, parent: Option<Oid>, path: &str, text: &str) -> Oid {
        let base = parent.map(|parent| self.repository.find_commit(parent).unwrap().tree().unwrap());
        let mut files = self.repository.treebuilder(base.as_ref()).unwrap();
        let blob = self.repository.blob(text.as_bytes()).unwrap();
        let (name, id, mode) = match path.split_once('/') {
            None => (path, blob, 0o100_644),
            Some((folder, name)) => {
                let mut inner = self.repository.treebuilder(None).unwrap();
                inner.insert(name, blob, 0o100_644).unwrap();
                (folder, inner.write().unwrap(), 0o040_000)
            }
        };
        files.insert(name, id, mode).unwrap();
        files.write().unwrap()
    }

    fn merge(&mut self, message: &str, other: Oid) -> Oid {
        let (own, tree) = {
            let own = self.repository.head().unwrap().peel_to_commit().unwrap();
            (own.id(), own.tree_id())
        };
        let id = self.store(message, tree, &[own, other]);
        self.repository.reference(&self.head(), id, true, "").unwrap();
        id
    }

    fn store(&mut self, message: &str, tree: Oid, parents: &[Oid]) -> Oid {
        self.clock += 60;
        let who = Signature::new("Dana", "dana@x", &Time::new(self.clock, 0)).unwrap();
        let parents: Vec<_> = parents.iter().map(|id| self.repository.find_commit(*id).unwrap()).collect();
        let parents: Vec<_> = parents.iter().collect();
        let tree = self.repository.find_tree(tree).unwrap();
        self.repository.commit(None, &who, &who, message, &tree, &parents).unwrap()
    }

    fn head(&self) -> String {
        self.repository.find_reference("HEAD").unwrap().symbolic_target().unwrap().unwrap().to_owned()
    }

    /// Puts HEAD on a branch, which starts here if it is new.
    fn switch(&self, branch: &str) {
        let name = format!("refs/heads/{branch}");
        if self.repository.find_reference(&name).is_err() {
            let here = self.repository.head().unwrap().target().unwrap();
            self.repository.reference(&name, here, false, "").unwrap();
        }
        self.repository.set_head(&name).unwrap();
    }

    fn tag(&self, name: &str) {
        let here = self.repository.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        self.repository.tag_lightweight(name, &here, false).unwrap();
    }

    fn annotate(&self, name: &str) {
        let here = self.repository.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        let who = Signature::now("Dana", "dana@x").unwrap();
        self.repository.tag(name, &here, &who, name, false).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), arguments)
    }

    fn preview(&self, arguments: &[&str]) -> Vec<Value> {
        lines(&self.run(&[&["preview", "--format", "json"], arguments].concat()))
    }

    fn next(&self, arguments: &[&str]) -> Value {
        self.preview(arguments).first().and_then(|first| first.get("next")).cloned().unwrap()
    }

    /// What is said where nothing can be told.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

fn run(path: &Path, arguments: &[&str]) -> Output {
    let (command, rest) = arguments.split_first().unwrap();
    Command::new(env!("CARGO_BIN_EXE_slipway")).arg(command).arg("--repo").arg(path).args(rest).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn told(report: &Value) -> Vec<String> {
    let entries = report["sections"].as_array().unwrap().iter().flat_map(|section| section["entries"].as_array().unwrap());
    entries.map(|entry| entry["description"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_range_has_exactly_the_promised_shape() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.tag("v1.2.3");
    let feature = clone.commit("feat(api)!: b (#12)\n\nCloses #7").to_string();
    let chore = clone.commit("chore: c").to_string();
    let output = clone.run(&["preview", "--format", "json"]);
    let expected = format!(
        r##"{{"component":null,"previous":"1.2.3","next":"2.0.0","bump":"major","sections":[{{"title":"Breaking changes","entries":[{{"sha":"{feature}","type":"feat","scope":"api","description":"b","breaking":true,"references":["#12","#7"]}}]}}],"ignored":[{{"sha":"{chore}","reason":"is of the type `chore`, which is neither shown nor released"}}]}}{}"##,
        "\n"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_merged_request_is_told_once_with_its_number() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.annotate("v1.0.0");
    clone.switch("topic");
    let branch = clone.commit("fix: b");
    clone.switch("main");
    clone.merge("Merge pull request #4 from x/topic\n\nfix: b", branch);
    clone.switch("other");
    let branch = clone.commit("feat: c");
    clone.switch("main");
    clone.merge("Merge branch 'other' into 'main'\n\nfeat: c\n\nSee merge request g/p!5", branch);
    let report = &clone.preview(&[])[0];
    assert_eq!((told(report), &report["next"]), (vec!["c".to_owned(), "b".to_owned()], &json!("1.1.0")));
    assert_eq!(report["sections"][0]["entries"][0]["references"], json!(["!5"]));
    assert_eq!(report["sections"][1]["entries"][0]["references"], json!(["#4"]));
}

#[test]
fn what_was_reverted_is_not_told() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.tag("v1.0.0");
    let gone = clone.commit("feat: b");
    clone.commit(&format!("Revert \"feat: b\"\n\nThis reverts commit {gone}."));
    assert_eq!((told(&clone.preview(&[])[0]), clone.next(&[])), (vec![], json!(null)));
}

#[test]
fn without_a_tag_everything_is_the_first_release_but_never_a_long_history() {
    let mut clone = Clone::of(true);
    clone.commit("feat: a");
    assert_eq!(clone.next(&[]), json!("0.1.0"));
    clone.change("chore: b", "slipway.toml", "[release]\nhistory = 2\n");
    clone.commit("fix: c");
    assert!(clone.refusal(&["preview"]).contains("no version tag v… among the last 2 commits"));
    assert_eq!(clone.preview(&["--from", "ROOT"])[0]["sections"].as_array().unwrap().len(), 2);
}

#[test]
fn a_tag_on_another_line_is_neither_counted_from_nor_given_again() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.tag("v1.0.0");
    clone.switch("1.x");
    clone.commit("fix: b");
    clone.tag("v1.0.1");
    clone.switch("main");
    clone.commit("feat: c");
    assert_eq!(clone.next(&[]), json!("1.1.0"));
    clone.commit("fix: d\n\nRelease-As: 1.0.1");
    assert!(clone.refusal(&["preview"]).contains("v1.0.1 exists already on another line"));
    assert!(clone.refusal(&["preview", "--from", "v1.0.1"]).contains("v1.0.1 is not an ancestor of HEAD"));
}

#[test]
fn what_a_release_branch_was_cut_with_is_told_by_its_version_alone() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.tag("v1.0.0");
    clone.commit("feat: b");
    clone.switch("release/1.1");
    let repair = clone.commit("fix: c");
    clone.tag("v1.1.0");
    clone.switch("main");
    clone.commit(&format!("fix: c\n\n(cherry picked from commit {repair})"));
    assert_eq!((told(&clone.preview(&[])[0]), clone.next(&[])), (vec![], json!(null)));
    clone.commit("fix: d");
    assert_eq!((told(&clone.preview(&[])[0]), clone.next(&[])), (vec!["d".to_owned()], json!("1.2.0")));
    assert_eq!(clone.preview(&[])[0]["previous"], json!("1.0.0"));
}

#[test]
fn a_branch_that_was_made_before_the_tag_is_read_to_its_start() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.switch("topic");
    let mut branch = clone.commit("feat: early");
    for at in 0..80 {
        branch = clone.commit(&format!("fix: {at}"));
    }
    clone.switch("main");
    for at in 0..80 {
        clone.commit(&format!("chore: {at}"));
    }
    clone.tag("v1.0.0");
    clone.merge("Merge branch 'topic'", branch);
    let report = &clone.preview(&[])[0];
    assert_eq!((told(report).len(), &report["next"]), (81, &json!("1.1.0")));
}

#[test]
fn the_prefix_is_the_one_that_the_tags_have() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.tag("app-1.0.0");
    clone.tag("nightly");
    clone.commit("fix: b");
    assert_eq!(clone.next(&[]), json!("1.0.1"));
    clone.tag("app-1.0.1");
    clone.repository.find_reference("refs/tags/app-1.0.0").unwrap().delete().unwrap();
    std::fs::write(clone.folder.path().join(".git/packed-refs"), format!("{} refs/tags/app-1.0.0\n", "1".repeat(40))).unwrap();
    assert_eq!(clone.preview(&[])[0]["previous"], json!("1.0.1"));
}

#[test]
fn components_are_told_apart_by_their_paths() {
    let mut clone = Clone::new();
    let config = "[[component]]\nname = \"api\"\npaths = [\"api\"]\n[[component]]\nname = \"web\"\npaths = [\"web\"]\n";
    clone.change("chore: start", "slipway.toml", config);
    clone.tag("api-v1.0.0");
    clone.tag("web-v2.0.0");
    clone.change("feat: x", "web/x", "x");
    let all = clone.preview(&[]);
    let next: Vec<_> = all.iter().map(|report| (report["component"].as_str().unwrap(), &report["next"])).collect();
    assert_eq!(next, [("api", &json!(null)), ("web", &json!("2.1.0"))]);
    assert_eq!(clone.preview(&["--component", "web"]).len(), 1);
    assert_eq!(clone.preview(&["--from", "web-v2.0.0"])[0]["component"], "web");
    assert!(clone.refusal(&["preview", "--component", "wep"]).contains("known here: api, web"));
}

#[test]
fn a_channel_is_found_by_its_branch() {
    let mut clone = Clone::new();
    clone.change("feat: a", "slipway.toml", "[[release.lines]]\nbranch = \"beta\"\nchannel = \"beta\"\n");
    clone.tag("v1.0.0");
    clone.commit("feat: b");
    assert_eq!((clone.next(&[]), clone.next(&["--branch", "beta"])), (json!("1.1.0"), json!("1.1.0-beta.1")));
}

#[test]
fn a_typo_in_the_configuration_is_shown_with_its_place() {
    let mut clone = Clone::new();
    clone.change("feat: a", "slipway.toml", "[release]\ntag_prefx = \"v\"\n");
    assert!(clone.refusal(&["preview"]).contains("slipway.toml:2:1: unknown field `tag_prefx`"));
    let other = clone.folder.path().join("other.toml");
    std::fs::write(&other, "").unwrap();
    assert_eq!(clone.next(&["--config", other.to_str().unwrap()]), json!("0.1.0"));
}

#[test]
fn what_is_wrong_with_a_clone_is_said_with_what_to_do() {
    let mut clone = Clone::new();
    assert!(clone.refusal(&["preview"]).contains("has no commits yet"));
    clone.commit("feat: a");
    assert!(clone.refusal(&["preview", "--to", "v9"]).contains("there is no revision \"v9\""));
    assert!(clone.refusal(&["preview", "--from", "main"]).contains("those look like v1.2.3"));
    assert!(clone.refusal(&["backtest"]).contains("no two stable version tags like v1.2.3 follow each other"));
    let nowhere = run(Path::new("/nowhere"), &["preview"]);
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("there is no git repository at /nowhere"));
}

#[test]
fn a_shallow_clone_says_that_its_history_is_cut() {
    let mut clone = Clone::new();
    clone.commit("feat: a");
    clone.tag("v1.0.0");
    let cut = clone.commit("feat: b");
    clone.commit("fix: c");
    std::fs::write(clone.folder.path().join(".git/shallow"), format!("{cut}\n")).unwrap();
    for arguments in
        [&["preview"][..], &["preview", "--from", "v1.0.0"], &["preview", "--from", "ROOT"], &["backtest"], &["backtest", "--rules"]]
    {
        assert!(clone.refusal(arguments).contains("git fetch --unshallow"), "{arguments:?}");
    }
    clone.tag("v1.1.0");
    clone.commit("fix: d");
    assert_eq!(clone.next(&[]), json!("1.1.1"));
}

#[test]
fn a_repository_with_other_hashes_is_refused_clearly() {
    let clone = Clone::new();
    std::fs::write(
        clone.folder.path().join(".git/config"),
        "[core]\nrepositoryformatversion = 1\nbare = false\n[extensions]\nobjectformat = sha256\n",
    )
    .unwrap();
    assert!(clone.refusal(&["preview"]).contains("names its objects by SHA-256"));
}

#[test]
fn a_backtest_compares_every_release_with_what_would_have_been() {
    let mut clone = Clone::new();
    for (message, tag) in
        [("feat: a", "v1.0.0"), ("fix: b", "v1.0.1"), ("docs: c", "v1.0.2"), ("fix: d", "v1.1.0-rc.1"), ("fix: e", "v1.2.0")]
    {
        clone.commit(message);
        clone.tag(tag);
    }
    let all = lines(&clone.run(&["backtest", "--format", "json"]));
    let short: Vec<_> = all.iter().map(|one| json!([one["previous"], one["actual"], one["next"], one["bump"]])).collect();
    let expected = [
        json!(["1.0.0", "1.0.1", "1.0.1", "patch"]),
        json!(["1.0.1", "1.0.2", "1.0.2", null]),
        json!(["1.0.2", "1.2.0", "1.1.0", "patch"]),
    ];
    assert_eq!(short, expected);
    let text = String::from_utf8(clone.run(&["backtest"]).stdout).unwrap();
    assert!(text.contains("differs: the changes ask for a patch") && text.contains("2 of 3 releases agree (66.6 %)"), "{text}");
}

#[test]
fn notes_are_shown_as_a_release_would_have_them_and_nothing_commands_a_terminal() {
    let mut clone = Clone::new();
    clone.commit("feat: a \u{1b}[31mred\u{9b}");
    let text = String::from_utf8(clone.run(&["preview"]).stdout).unwrap();
    assert!(text.starts_with("0.1.0, a minor; there was no release before\n") && !text.contains(['\u{1b}', '\u{9b}']), "{text:?}");
    let notes = String::from_utf8(clone.run(&["preview", "--format", "markdown"]).stdout).unwrap();
    assert!(notes.starts_with("## 0.1.0\n") && notes.contains("### Features"), "{notes}");
}

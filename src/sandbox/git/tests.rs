use super::*;

/// A repository with one commit on `main`, and that commit.
fn started() -> (tempfile::TempDir, Git, String) {
    let dir = tempfile::tempdir().unwrap();
    let git = Git::init(&dir.path().join("a/b.git")).unwrap();
    let first = commit(&git, &[], &[("a b.txt", "1\n")]);
    git.set_reference("refs/heads/main", &first).unwrap();
    (dir, git, first)
}

fn ann() -> Person {
    Person { name: "ann".to_owned(), email: "ann@users.example".to_owned(), at: Timestamp::UNIX_EPOCH }
}

fn commit(git: &Git, parents: &[&str], files: &[(&str, &str)]) -> String {
    git.write_commit(parents, files, &Saying::by(&ann(), "feat: something\n\nbody")).unwrap()
}

#[test]
fn the_same_commit_has_the_same_sha() {
    assert_eq!(started().2, started().2);
}

#[test]
fn revisions_are_branches_tags_references_and_shas() {
    let (_dir, git, first) = started();
    let annotation = Annotation { message: "One".to_owned(), tagger: ann() };
    let tag = git.write_tag_object("v1", &first, &annotation).unwrap();
    git.set_reference("refs/tags/v1", &tag).unwrap();
    git.set_reference("refs/heads/release/1.0", &first).unwrap();
    let short = first.get(..7).unwrap();
    for revision in ["main", "release/1.0", "heads/main", "v1", "tags/v1", "refs/tags/v1", "HEAD", &tag, &first, short] {
        assert_eq!(git.resolve(revision).as_deref(), Some(first.as_str()), "{revision}");
    }
    for revision in ["none", "main^", "main~1", "", "..", "0000000"] {
        assert_eq!(git.resolve(revision), None, "{revision}");
    }
    assert_eq!(git.tag("v1").unwrap().annotation.unwrap().message, "One");
    assert!(git.reference("refs/tags/v1").unwrap().annotated);
}

#[test]
fn logs_and_bases_follow_the_graph() {
    let (_dir, git, first) = started();
    let left = commit(&git, &[&first], &[("l", "1")]);
    let right = commit(&git, &[&first], &[("r", "1")]);
    assert_eq!(git.merge_base(&left, &right).unwrap(), Some(first.clone()));
    assert_eq!(git.merge_base(&left, &commit(&git, &[], &[("x", "1")])).unwrap(), None);
    assert!(git.is_ancestor(&first, &left).unwrap() && !git.is_ancestor(&left, &right).unwrap());
    let Outcome::Commit(merged) = git.merge(&left, &right, &Saying::by(&ann(), "merge")).unwrap() else { panic!("conflict") };
    assert_eq!(git.commit(&merged).unwrap().parents, [left.clone(), right.clone()]);
    let log = git.log(&merged, Some(&left)).unwrap();
    assert_eq!(log.iter().map(|commit| &commit.sha).collect::<Vec<_>>(), [&merged, &right]);
}

#[test]
fn conflicts_are_named() {
    let (_dir, git, first) = started();
    let [left, right] = ["2\n", "3\n"].map(|text| commit(&git, &[&first], &[("a b.txt", text)]));
    let ann = ann();
    let saying = Saying::by(&ann, "merge");
    let conflict = Outcome::Conflict(vec!["a b.txt".to_owned()]);
    assert_eq!(git.merge(&left, &right, &saying).unwrap(), conflict);
    assert_eq!(git.cherry_pick(&left, &right, &ann).unwrap(), conflict);
    assert!(!git.merges_cleanly(&left, &right).unwrap());
}

#[test]
fn diffs_tell_what_happened_to_each_file() {
    let (_dir, git, first) = started();
    let second = commit(&git, &[&first], &[("a b.txt", "2\n3\n"), ("dir/new", "x\n")]);
    let changes = git.changes_of(&second).unwrap();
    let told: Vec<_> = changes.iter().map(|file| (file.change, file.path.as_str(), file.additions, file.deletions)).collect();
    assert_eq!(told, [(Change::Modified, "a b.txt", 2, 1), (Change::Added, "dir/new", 1, 0)]);
    assert!(changes.iter().all(|file| file.patch.starts_with("@@ ")));
    assert_eq!(git.diff(Some(&second), &first).unwrap().last().unwrap().change, Change::Removed);
    assert_eq!(git.file(&second, "a b.txt").unwrap().content, b"2\n3\n");
    assert!(git.file(&second, "dir").is_none());
}

#[test]
fn forks_see_each_others_commits() {
    let (dir, git, first) = started();
    let fork = git.fork(&dir.path().join("fork.git")).unwrap();
    assert_eq!(fork.branches().unwrap(), [("main".to_owned(), first.clone())]);
    let theirs = commit(&fork, &[&first], &[("f", "1")]);
    let ours = commit(&git, &[&first], &[("o", "1")]);
    assert!(git.merges_cleanly(&ours, &theirs).unwrap());
    assert!(fork.commit(&ours).is_ok());
}

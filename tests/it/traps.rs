//! The ten traps that the libraries and servers around Slipway hold, each with the test that shows that it is not stepped into.
//! What is about redirects, silence and tenants is in `wire`.

mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures::future::join_all;
use slipway::domain::event::{ForgeKind, Repository};
use slipway::domain::names::RepoPath;
use slipway::forge::github::GitHub;
use slipway::forge::{Forge, Transport};
use slipway::sandbox::{Call, Effect, Kind, Merge, MergeSettings, SandboxOptions};

use crate::servers::{Server, github, repository, status};
use crate::support::{POLICY, on_both, options, world, world_with};

#[tokio::test]
async fn a_branch_with_a_hash_sign_is_deleted_and_no_other_one() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        world.branch("feat", "feat: stays");
        let number = world.open("feat#12-x", "main", "feat: goes");
        world.repository.merge(number, "max", Merge::MergeCommit).unwrap();
        world.settle().await;
        assert_eq!(world.repository.branches(), ["feat", "main"], "{kind}: {:?}", world.told());
    })
    .await;
}

/// GitHub's links name the repository by its number, on the Enterprise host; octocrab would follow them without a credential.
#[tokio::test]
async fn page_two_is_authorized_on_an_enterprise_host() {
    let world = world_with(Kind::GitHub, POLICY, SandboxOptions { page_size: Some(2), ..options() }).await;
    let number = world.open("feature/a", "main", "No convention");
    world.repository.commit("feature/a", "dana", "fix: more", &[("more", "more")]).unwrap();
    world.repository.comment(number, "dana", "Why not?").unwrap();
    world.repository.comment(number, "max", "See the policy.").unwrap();
    world.settle().await;
    world.repository.retitle(number, "feat: a convention").unwrap();
    // The branch is older than the tag and merged after it: what belongs to the release is asked for as a comparison.
    world.repository.commit("main", "max", "fix: meanwhile", &[("meanwhile", "1")]).unwrap();
    world.repository.lightweight_tag("v1.0.1", "main").unwrap();
    world.repository.merge(number, "max", Merge::MergeCommit).unwrap();
    world.sandbox.take_deliveries();
    world.repository.tag("v1.1.0", "main").unwrap();
    world.settle().await;

    let paged: Vec<Call> = world.sandbox.calls().into_iter().filter(|call| call.path.starts_with("/repositories/")).collect();
    for list in ["/comments", "/compare/"] {
        assert!(paged.iter().any(|call| call.path.contains(list)), "no second page of {list}: {paged:?}");
    }
    assert!(paged.iter().all(|call| call.status == 200), "{paged:?}");
    let release = world.repository.releases().into_iter().find(|release| release.tag == "v1.1.0").unwrap();
    let parts = ["No convention", "more (", "meanwhile"].map(|part| release.body.contains(part));
    assert_eq!(parts, [true, true, false], "the commits of both pages, and none before: {}", release.body);
}

#[tokio::test]
async fn a_post_is_sent_once() {
    on_both(|kind| async move {
        let world = world(kind, POLICY).await;
        let list = if kind == Kind::GitHub { "/comments" } else { "/notes" };
        world.fault(("POST", list), Effect::BadGateway, 1);
        let number = world.open("develop", "main", "Add login");
        world.settle().await;
        let posts = |call: &Call| call.method == "POST" && call.path.ends_with(list);
        let calls = world.sandbox.calls();
        let posted: Vec<_> = calls.iter().filter(|call| posts(call)).map(|call| call.status).collect();
        assert_eq!(posted, [502, 201], "{kind}");
        // It is looked for before it is sent again: the change request tells all comments on GitHub, and that there are none on GitLab.
        let between = calls.iter().skip_while(|call| !posts(call)).skip(1).take_while(|call| !posts(call));
        let looked_at = if kind == Kind::GitHub { "/graphql" } else { "/merge_requests/1" };
        let looks = |call: &&Call| call.path.ends_with(looked_at);
        let looks = between.filter(looks).count();
        assert_eq!(looks, if kind == Kind::GitHub { 2 } else { 1 }, "{kind}: {calls:?}");
        let attempts = world.told().iter().filter(|told| told.contains("change request 1 opened")).count();
        assert_eq!((attempts, world.said(number).len()), (2, 1), "{kind}");
    })
    .await;
}

#[tokio::test]
async fn twenty_concurrent_first_calls_mint_one_token() {
    let world = world(Kind::GitHub, POLICY).await;
    let github = GitHub::connect(world.settings.github.as_ref().unwrap(), &Transport::new().unwrap()).unwrap();
    let path = RepoPath::parse(&world.repository.path()).unwrap();
    let repository = Repository { forge: ForgeKind::GitHub, id: world.repository.id(), path, default_branch: None, tenant: Some(7001) };
    let files = join_all((0..20).map(|_| async { github.repository(&repository).config_files().await.unwrap().own.unwrap() })).await;
    assert!(files.iter().all(|file| file.text == POLICY));
    assert_eq!(world.calls("POST", "/access_tokens").len(), 1);
    assert_eq!(world.calls("POST", "/graphql").iter().filter(|call| call.status == 200).count(), 20);
}

/// To compile this title as a template takes more stack than there is.
#[tokio::test]
async fn template_text_in_a_title_is_never_compiled() {
    const BOMB: &str = r#"{{#*inline "q"}}{{> q}}{{/inline}}{{> q}}"#;
    on_both(|kind| async move {
        let policy = POLICY.replace("[rules.conventional_title]", "[rules.conventional_title]\nscopes = []");
        let world = world(kind, &policy).await;
        let number = world.open("feature/a", "main", &format!("feat({BOMB}): a"));
        world.settle().await;
        let said = world.said(number).concat();
        assert!(
            said.contains("{{#\\*inline \"q\"}}") && said.contains("is not a scope that is used here"),
            "{kind}: {said} {:?}",
            world.told()
        );
        world.repository.retitle(number, &format!("feat: {BOMB}")).unwrap();
        let titled = MergeSettings { squash_title: "PR_TITLE", squash_message: "BLANK", ..MergeSettings::default() };
        world.repository.set_merging(titled).unwrap();
        world.repository.merge(number, "max", Merge::Squash).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        world.settle().await;
        let notes = world.repository.releases().pop().unwrap().body;
        assert!(notes.contains("- {{#\\*inline \"q\"}}{{&gt; q}}{{/inline}}{{&gt; q}} ("), "{kind}: {notes}");
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_comes_again_after_a_restart_changes_nothing() {
    on_both(|kind| async move {
        let mut world = world(kind, POLICY).await;
        let number = world.open("feature/a", "main", "Add login");
        world.repository.comment(number, "dana", "/slipway help").unwrap();
        let mut deliveries = world.settle().await;
        world.repository.merge(number, "max", Merge::Squash).unwrap();
        world.repository.tag("v1.1.0", "main").unwrap();
        deliveries.extend(world.settle().await);
        let before = world.sandbox.snapshot();
        world.restart().await;
        for delivery in &deliveries {
            world.deliver(delivery).await;
        }
        assert_eq!(world.sandbox.snapshot(), before, "{kind}");
    })
    .await;
}

/// Servers before 2.10 refuse what the client library sends to create one. Nothing uses them so far; when the distributed queue
/// comes, it makes the stream behind a bucket itself.
#[test]
fn no_key_value_bucket_is_created_by_the_client() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.extend(entries.iter().filter(|path| path.is_dir()).cloned());
        for path in entries.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
            let source = fs::read_to_string(path).unwrap();
            assert!(!source.contains("create_key_value") && !source.contains("create_object_store"), "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 50, "only {read} files were found");
}

/// With two of them in the tree, whoever opens a connection without naming one panics.
#[tokio::test]
async fn one_tls_provider_only() {
    // The lock file also names what no build takes in.
    let tree = ["tree", "--offline", "--locked", "--all-features", "--edges", "normal", "--prefix", "none"];
    let tree = Command::new(env!("CARGO")).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let has = |name: &str| tree.lines().any(|line| line.starts_with(name));
    assert!(has("aws-lc-rs v") && !has("ring v"), "{tree}");
    let server = Server::start(|_| status(404)).await;
    let github = github(&server.url.replace("http:", "https:"));
    let repository = repository(ForgeKind::GitHub, 1);
    // The server speaks no TLS: that this is what is complained about shows that a handshake was begun.
    let error = github.repository(&repository).config_files().await.unwrap_err().to_string();
    assert!(error.contains("InvalidContentType"), "{error}");
}

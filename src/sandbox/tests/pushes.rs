//! What people push to GitHub: branches forward, rewritten, gone and back, and tags of every kind.

use super::*;
use crate::sandbox::{
    Merge,
    git::ZERO,
    pushing::Mark,
    signing::Key::{Known, Unknown},
};

#[tokio::test]
async fn pushes_say_what_they_did_to_a_branch() {
    let stage = stage().await;
    let repo = &stage.repo;
    let start = repo.branch("x", "main").unwrap();
    let two = repo.push_commits("x", "ann", &[("feat: a", &[("a", "1")]), ("feat: b", &[("b", "1")])]).unwrap();
    let other = repo.rewrite("x", "bob", "feat: b, better", &[("b", "2")]).unwrap();
    assert!(repo.push("x", "ann", &two).is_err());
    repo.delete_branch("x").unwrap();
    assert_eq!(repo.restore_branch("x").unwrap(), other);
    let told = stage.delivered("push");
    let flags: Vec<_> = told.iter().map(|push| ["created", "deleted", "forced"].map(|flag| push[flag] == true)).collect();
    let (created, deleted, forced, moved) = ([true, false, false], [false, true, false], [false, false, true], [false; 3]);
    assert_eq!(flags, [created, moved, forced, deleted, created]);
    assert_eq!((&told[0]["before"], &told[0]["commits"]), (&json!(ZERO), &json!([])));
    assert!(told[0]["compare"].as_str().unwrap().ends_with("/acme/app/compare/x"));
    assert_eq!((told[1]["before"].as_str().unwrap(), told[1]["commits"].as_array().unwrap().len()), (start.as_str(), 2));
    let between = format!("/acme/app/compare/{}...{}", &two[..12], &other[..12]);
    assert!(told[2]["compare"].as_str().unwrap().ends_with(&between));
    assert_eq!((&told[2]["pusher"]["name"], &told[2]["sender"]["login"]), (&json!("bob"), &json!("bob")));
    assert_eq!((&told[3]["after"], &told[3]["head_commit"]), (&json!(ZERO), &Value::Null));
    let compared = stage.bot.get(&format!("/compare/{two}...{other}")).await;
    assert_eq!((compared.text("/status").as_str(), compared.number("/ahead_by"), compared.number("/behind_by")), ("diverged", 1, 1));
}

#[tokio::test]
async fn tags_are_made_moved_and_deleted() {
    let stage = stage().await;
    let repo = &stage.repo;
    let start = repo.head("main").unwrap();
    repo.lightweight_tag("v1", "main").unwrap();
    repo.commit("main", "ann", "fix: a", &[("a", "1")]).unwrap();
    let object = repo.tag_by("ann", &Mark { name: "v1", at: "main", message: Some("One") }).unwrap();
    repo.delete_tag("v1").unwrap();
    let told: Vec<_> = stage.delivered("push").into_iter().filter(|push| push["ref"] == "refs/tags/v1").collect();
    let ends: Vec<_> = told.iter().map(|push| [&push["before"], &push["after"]].map(|sha| sha.as_str().unwrap().to_owned())).collect();
    assert_eq!(ends, [[ZERO.to_owned(), start.clone()], [start, object.clone()], [object, ZERO.to_owned()]]);
    assert_eq!(told[1]["forced"], true);
}

#[tokio::test]
async fn signed_tags_show_whether_their_key_is_known() {
    let Stage { repo, bot, .. } = stage().await;
    for (name, key, verified, reason) in [("v1", Known, true, "valid"), ("v2", Unknown, false, "unknown_key")] {
        let sha = repo.signed_tag(name, "main", ("Notes", key)).unwrap();
        assert_eq!(bot.get(&format!("/git/ref/tags/{name}")).await.text("/object/sha"), sha);
        let tag = bot.get(&format!("/git/tags/{sha}")).await;
        assert!(tag.text("/message").starts_with("Notes\n-----BEGIN PGP SIGNATURE-----\n"));
        assert_eq!((tag.at("/verification/verified"), tag.text("/verification/reason").as_str()), (&json!(verified), reason));
        assert_eq!(tag.text("/tagger/name"), "acme");
    }
    let query = r#"{ repository(owner: "acme", name: "app") { ref(qualifiedName: "refs/tags/v1") { target {
        ... on Tag { message tagger { name user { login } } target { oid } } } } } }"#;
    let url = bot.base.replace("/v3", "/graphql");
    let answer = bot.send(&bot.token, Method::POST, &url, Some(json!({"query": query}))).await.unwrap();
    let tag = answer.at("/data/repository/ref/target");
    assert_eq!((&tag["tagger"]["user"]["login"], &tag["target"]["oid"]), (&json!("acme"), &json!(repo.head("main").unwrap())));
}

#[tokio::test]
async fn a_merge_is_associated_with_its_request_some_looks_later() {
    let Stage { repo, bot, .. } = stage().await;
    repo.lag_associations(2).unwrap();
    repo.branch("x", "main").unwrap();
    let own = repo.commit("x", "ann", "feat: x", &[("x", "1")]).unwrap();
    let number = repo.open("ann", "x", "main", "feat: x").unwrap();
    let merged = repo.merge(number, "bob", Merge::Squash).unwrap();
    let looks = format!("/commits/{merged}/pulls");
    assert_eq!(bot.get(&format!("/commits/{own}/pulls")).await.len(), 1);
    assert_eq!([bot.get(&looks).await.len(), bot.get(&looks).await.len()], [0, 1]);
}

//! Commands that put a breach right, to be copied into a shell. What people named is quoted there, since a ref's name may hold anything
//! that a shell takes for more than a name.

use crate::domain::facts::LandedCommit;
use crate::domain::names::{BranchName, Sha, TagName};

use super::Memory;

/// Takes commits back with commits of their own, on a branch that a change request can be opened from.
pub fn revert(branch: &BranchName, after: &Sha, commits: &[LandedCommit]) -> Vec<String> {
    let onto = quoted(&format!("origin/{branch}"));
    let name = format!("revert-{}", after.short());
    let shas: Vec<_> = commits.iter().map(|commit| commit.sha.short()).collect();
    vec![
        "git fetch origin".to_owned(),
        format!("git switch --create {name} {onto}"),
        format!("git revert --no-edit {}", shas.join(" ")),
        format!("git push --set-upstream origin {name}"),
    ]
}

/// Brings back what is gone, unless something else has happened there since.
pub fn restore(memory: &Memory) -> Vec<String> {
    let push = |at: &Sha, to: &str| format!("git push origin {}", quoted(&format!("{at}:{to}")));
    match memory {
        Memory::Branch { branch, at } => vec![fetch(at), push(at, &format!("refs/heads/{branch}"))],
        Memory::History { branch, before, after } => {
            let lease = quoted(&format!("--force-with-lease=refs/heads/{branch}:{after}"));
            vec![fetch(before), format!("git push {lease} origin {}", quoted(&format!("{before}:refs/heads/{branch}")))]
        }
        Memory::Tag { tag, at } => vec![fetch(at), format!("git push --force origin {}", quoted(&format!("{at}:refs/tags/{tag}")))],
        Memory::Nothing => Vec::new(),
    }
}

pub fn remove_tag(tag: &TagName) -> String {
    format!("git push origin --delete {}", quoted(&format!("refs/tags/{tag}")))
}

/// Forges keep commits that no ref has any more for a while, and give them by their SHA.
fn fetch(at: &Sha) -> String {
    format!("git fetch origin {at}")
}

/// A word of a shell's command line.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+@,".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_shell_that_it_is_copied_into() {
        let tag = TagName::parse("v1';curl$IFS'x").unwrap();
        assert_eq!(remove_tag(&tag), r"git push origin --delete 'refs/tags/v1'\'';curl$IFS'\''x'");
    }

    #[test]
    fn a_force_push_is_undone_only_while_nothing_else_was_pushed() {
        let (before, after) = (Sha::from([0xaa; 20]), Sha::from([0xbb; 20]));
        let memory = Memory::History { branch: BranchName::parse("main").unwrap(), before: before.clone(), after: after.clone() };
        let push = format!("git push --force-with-lease=refs/heads/main:{after} origin {before}:refs/heads/main");
        assert_eq!(restore(&memory), [format!("git fetch origin {before}"), push]);
    }
}

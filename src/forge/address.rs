//! The addresses of schedules and calendars: which repository is meant, and a seal that nobody else can make. Nothing is kept, so any
//! process with the same secrets knows the address, and an address lapses with the secret that sealed it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::seal::Seal;
use crate::domain::event::{ForgeKind, Repository};
use crate::domain::facts::CalendarAddress;
use crate::domain::names::RepoPath;
use crate::settings::Secret;

/// What the seal is for.
const PURPOSE: &str = "calendar";
/// Longer ones are not looked at. Paths of repositories have some hundred characters at most.
const LONGEST: usize = 2000;

/// Makes addresses, and reads them.
#[derive(Clone, Default)]
pub struct Addresses {
    /// Of the forges that are configured.
    seals: BTreeMap<ForgeKind, Seal>,
    /// Under which people reach this process, if that was said.
    base: Option<Url>,
}

impl Addresses {
    /// By the secrets of each forge that is configured, the current one first.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (ForgeKind, Vec<&'a Secret>)>, base: Option<Url>) -> Self {
        Self { seals: secrets.into_iter().map(|(forge, secrets)| (forge, Seal::new(secrets))).collect(), base }
    }

    /// `None`: there is no secret to seal one with.
    pub fn of(&self, repository: &Repository) -> Option<CalendarAddress> {
        let address = self.write(repository)?;
        let base = self.base.as_ref().map_or("", Url::as_str).trim_end_matches('/');
        Some(CalendarAddress { page: format!("{base}/schedule/{address}"), feed: format!("{base}/calendar/{address}.ics") })
    }

    fn write(&self, repository: &Repository) -> Option<String> {
        let Repository { forge, id, path, tenant, .. } = repository;
        let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
        let text = format!("{forge}\n{tenant}\n{id}\n{path}");
        let code = self.seals.get(forge)?.sign(*id, PURPOSE, &text)?;
        Some(format!("{}.{code}", URL_SAFE_NO_PAD.encode(text)))
    }

    /// The repository of an address; `None` for anything that was not handed out. What is not in it is left out.
    pub fn read(&self, address: &str) -> Option<Repository> {
        let (text, code) = address.split_once('.').filter(|_| address.len() <= LONGEST)?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut lines = text.splitn(4, '\n');
        let (name, tenant, id, path) = (lines.next()?, lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
        let (forge, seal) = self.seals.iter().find(|(forge, _)| forge.to_string() == name)?;
        if !seal.signed(id, PURPOSE, (&text, code)) {
            return None;
        }
        let tenant = if tenant.is_empty() { None } else { Some(tenant.parse().ok()?) };
        Some(Repository { forge: *forge, id, path: RepoPath::parse(path).ok()?, default_branch: None, tenant })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn addresses(secrets: &[&str], base: Option<&str>) -> Addresses {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::from(*secret)).collect();
        let all = [ForgeKind::GitHub, ForgeKind::GitLab].map(|kind| (kind, secrets.iter().collect()));
        Addresses::new(all, base.map(|base| Url::parse(base).unwrap()))
    }

    fn repository(forge: ForgeKind, tenant: Option<u64>) -> Repository {
        Repository { forge, id: 7, path: RepoPath::parse("acme/group/app").unwrap(), default_branch: None, tenant }
    }

    #[test]
    fn an_address_is_read_by_whoever_has_the_secret_also_while_it_is_rotated() {
        for repository in [repository(ForgeKind::GitHub, Some(5)), repository(ForgeKind::GitLab, None)] {
            let address = addresses(&["s"], None).write(&repository).unwrap();
            assert_eq!(addresses(&["s"], None).read(&address), Some(repository.clone()));
            assert_eq!(addresses(&["new", "s"], None).read(&address), Some(repository));
            assert_eq!(addresses(&["new"], None).read(&address), None);
        }
        assert_eq!(addresses(&[], None).of(&repository(ForgeKind::GitHub, None)), None);
    }

    #[test]
    fn an_address_is_whole_where_it_is_known_under_which_this_process_is_reached() {
        let of = |base| addresses(&["s"], base).of(&repository(ForgeKind::GitHub, Some(5))).unwrap();
        let whole = of(Some("https://bot.example/slipway/"));
        assert!(whole.page.starts_with("https://bot.example/slipway/schedule/"), "{whole:?}");
        let path = of(None);
        assert!(
            path.page.starts_with("/schedule/") && path.feed.starts_with("/calendar/") && path.feed.strip_suffix(".ics").is_some(),
            "{path:?}"
        );
    }

    proptest! {
        #[test]
        fn what_was_not_handed_out_is_no_address(at in 0..200_usize, to in "[A-Za-z0-9_.-]") {
            let known = addresses(&["s"], None);
            let address = known.write(&repository(ForgeKind::GitLab, None)).unwrap();
            let at = at % address.len();
            let mut other = address.clone();
            other.replace_range(at..=at, &to);
            prop_assert_eq!(known.read(&other).is_some(), other == address);
            prop_assert_eq!(known.read(&to.repeat(at)), None);
        }
    }
}

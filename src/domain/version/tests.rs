//! The next version: what the peers' own tests expect, by the numbers of the research's cases, and what holds for any input.

use proptest::prelude::*;

use super::*;

use Bump::{Major, Minor, Patch};

fn channel(name: &str) -> Channel {
    Channel::try_from(name.to_owned()).unwrap()
}

/// From versions, at most one of them stable, as they stand on the line.
fn released(versions: &str) -> Released {
    let versions = versions.split_whitespace().map(|text| text.parse::<Version>().unwrap());
    let (prereleases, stable): (Vec<_>, Vec<_>) = versions.partition(|version| !version.pre.is_empty());
    assert!(stable.len() < 2, "only the last stable version matters");
    Released { stable: stable.into_iter().next(), prereleases }
}

/// The next version where everything changed since the last release, be it stable or not.
fn after(versions: &str, bump: Bump, on: Option<&str>, options: &Options) -> String {
    let since = Since { stable: bump, latest: Some(bump) };
    next(&released(versions), since, on.map(channel).as_ref(), options).to_string()
}

fn stable(versions: &str, bump: Bump) -> String {
    after(versions, bump, None, &Options::default())
}

fn pre(name: &str, versions: &str, bump: Bump) -> String {
    after(versions, bump, Some(name), &Options::default())
}

fn below_1(breaking: Bump, feature: Bump) -> Options {
    Options { below_1: Steps { breaking, feature }, ..Options::default() }
}

#[test]
fn the_largest_change_since_the_last_release_decides_case_17_and_64() {
    assert_eq!(stable("1.2.3", Patch.max(Major).max(Minor)), "2.0.0");
    assert_eq!(stable("1.0.0", Major), "2.0.0");
    assert_eq!(stable("1.2.3", Minor), "1.3.0");
    assert_eq!(stable("1.2.3", Patch), "1.2.4");
}

#[test]
fn below_1_0_0_settings_say_what_a_change_raises_case_18_19_57_62_68_73() {
    for (last, bump, options, expected) in [
        // A breaking change does not make a project stable: 1.0.0 is a decision that people take.
        ("0.1.2", Major, Options::default(), "0.2.0"),
        ("0.1.2", Minor, Options::default(), "0.2.0"),
        ("0.1.2", Patch, Options::default(), "0.1.3"),
        // release-please as it comes; with bump-minor-pre-major; with bump-patch-for-minor-pre-major.
        ("0.1.2", Major, below_1(Major, Minor), "1.0.0"),
        ("0.1.2", Major, below_1(Minor, Minor), "0.2.0"),
        ("0.1.2", Minor, below_1(Major, Patch), "0.1.3"),
        // git-cliff's flags for features and for breaking changes: both, none, the first, the second.
        ("0.1.0", Major, below_1(Major, Minor), "1.0.0"),
        ("0.1.0", Major, below_1(Minor, Patch), "0.2.0"),
        ("0.1.0", Major, below_1(Minor, Minor), "0.2.0"),
        ("0.1.0", Major, below_1(Major, Patch), "1.0.0"),
        // release-plz.
        ("0.2.3", Minor, below_1(Minor, Patch), "0.2.4"),
        ("0.2.3", Major, below_1(Minor, Patch), "0.3.0"),
        // knope.
        ("0.1.2", Major, below_1(Minor, Patch), "0.2.0"),
        ("0.1.2", Minor, below_1(Minor, Patch), "0.1.3"),
        // cocogitto.
        ("0.1.0", Major, Options::default(), "0.2.0"),
    ] {
        assert_eq!(after(last, bump, None, &options), expected, "{last} and {bump}");
    }
}

#[test]
fn below_0_1_0_everything_can_be_a_patch_case_62() {
    let release_plz = Options { below_0_1: Steps { breaking: Patch, feature: Patch }, ..Options::default() };
    assert_eq!(after("0.0.1", Major, None, &release_plz), "0.0.2");
    assert_eq!(stable("0.0.1", Major), "0.1.0");
}

#[test]
fn the_first_version_is_a_setting_case_58_and_68() {
    let initial = |text: &str| Options { initial: text.parse().unwrap(), ..Options::default() };
    for (options, on, expected) in [
        (Options::default(), None, "0.1.0"),
        (Options::default(), Some("beta"), "0.1.0-beta.1"),
        (initial("0.0.0"), None, "0.0.0"),
        (initial("1.0.0"), Some("beta"), "1.0.0-beta.1"),
    ] {
        assert_eq!(after("", Major, on, &options), expected);
    }
}

#[test]
fn a_stable_release_keeps_what_its_pre_releases_promised_case_24_44_68_77() {
    for (last, bump, expected) in [
        ("1.0.0-beta01", Major, "1.0.0"),
        ("1.1.0-beta01", Major, "2.0.0"),
        ("1.3.0-alpha.1", Major, "2.0.0"),
        ("1.1.0-beta01", Minor, "1.1.0"),
        ("1.0.0-rc.0", Major, "1.0.0"),
        ("1.0.0-rc.0", Patch, "1.0.0"),
        ("10.0.3-alpha.2", Patch, "10.0.3"),
        ("1.0.0 2.0.0-rc.1", Patch, "2.0.0"),
    ] {
        assert_eq!(stable(last, bump), expected, "{last} and {bump}");
    }
}

#[test]
fn a_promotion_counts_everything_since_the_last_stable_release_case_70() {
    let promote = |versions: &str, stable| next(&released(versions), Since { stable, latest: None }, None, &Options::default()).to_string();
    assert_eq!(promote("1.0.0 1.1.0-rc.1", Minor), "1.1.0");
    assert_eq!(promote("1.0.0 1.1.0-rc.1", Major), "2.0.0");
}

#[test]
fn a_pre_release_counts_on_while_it_has_room_and_restarts_when_it_has_not_case_41_42_43() {
    let release_please = Options { first: First::Bare, ..below_1(Major, Minor) };
    for (last, bump, expected) in [
        ("1.2.3", Major, "2.0.0-beta"),
        ("0.1.2", Major, "1.0.0-beta"),
        ("1.0.0-beta", Major, "1.0.0-beta.1"),
        ("1.0.1-beta.1", Major, "2.0.0-beta"),
        ("1.0.0-beta01", Major, "1.0.0-beta02"),
        ("1.1.0-beta", Minor, "1.1.0-beta.1"),
        ("1.1.1-beta", Minor, "1.2.0-beta"),
        ("1.0.0-beta2023.1", Minor, "1.0.0-beta2023.2"),
        ("1.2.3", Patch, "1.2.4-beta"),
        ("1.0.0-beta9", Patch, "1.0.0-beta10"),
        ("1.0.0-beta09", Patch, "1.0.0-beta10"),
    ] {
        assert_eq!(after(last, bump, Some("beta"), &release_please), expected, "{last} and {bump}");
    }
}

#[test]
fn a_channel_counts_its_own_pre_releases_case_43_and_74() {
    // release-please goes on with alpha.1 although beta was asked for; Slipway gives what was asked for, as cocogitto does.
    let release_please = Options { first: First::Bare, ..Options::default() };
    assert_eq!(after("1.2.4-alpha", Patch, Some("beta"), &release_please), "1.2.4-beta");
    assert_eq!(after("1.2.4-alpha", Patch, Some("alpha"), &release_please), "1.2.4-alpha.1");
    assert_eq!(pre("beta", "0.1.0-alpha.2", Patch), "0.1.0-beta.1");
    assert_eq!(pre("alpha", "0.1.0 0.1.1-alpha.1", Minor), "0.2.0-alpha.1");
}

#[test]
fn pre_releases_follow_the_last_stable_release_case_50_51_52() {
    assert_eq!(pre("beta", "1.0.0", Patch), "1.0.1-beta.1");
    assert_eq!(pre("beta", "1.0.0 1.0.1-beta.1", Patch), "1.0.1-beta.2");
    assert_eq!(pre("beta", "1.0.0 1.1.0-beta.1", Major), "2.0.0-beta.1");
    assert_eq!(pre("beta", "1.1.0 1.1.0-beta.1", Minor), "1.2.0-beta.1");
}

#[test]
fn a_channel_never_starts_below_what_is_out_already_case_50() {
    assert_eq!(pre("alpha", "1.0.0 1.0.1-beta.1", Patch), "1.0.2-alpha.1");
    // One that is under way goes on beside the other.
    assert_eq!(pre("alpha", "1.0.0 1.0.1-alpha.1 1.0.1-beta.1", Patch), "1.0.1-alpha.2");
}

#[test]
fn whatever_stands_before_a_version_it_is_counted_the_same_case_55() {
    for (tag, bump, on, expected) in [
        ("foo/1.0.0", Minor, None, "foo/1.1.0"),
        // git-cliff stays on a channel by itself; Slipway is told the channel, and without one promotes.
        ("v1.0.0-alpha.1", Patch, Some("alpha"), "v1.0.0-alpha.2"),
        ("v1.0.0-alpha.1", Patch, None, "v1.0.0"),
        ("testing/v1.0.0-beta.1", Minor, Some("beta"), "testing/v1.0.0-beta.2"),
        ("rocket/rocket-v4.0.0-rc.1", Major, Some("rc"), "rocket/rocket-v4.0.0-rc.2"),
    ] {
        let (template, version) = TagTemplate::of(tag).unwrap();
        let next = after(&version.to_string(), bump, on, &Options::default()).parse().unwrap();
        assert_eq!(template.write(&next).unwrap().as_str(), expected);
    }
}

#[test]
fn a_setting_lets_pre_releases_only_count_case_56_63_77() {
    let fixed = Options { growth: Growth::Fixed, ..Options::default() };
    for (last, bump, on, expected) in [
        ("9999.2200.5932-alpha.419", Minor, Some("alpha"), "9999.2200.5932-alpha.420"),
        ("1.0.0-alpha.2", Major, Some("alpha"), "1.0.0-alpha.3"),
        ("10.0.3-alpha.2", Patch, Some("alpha"), "10.0.3-alpha.3"),
        ("1.0.0 1.0.1-rc.1", Major, Some("rc"), "1.0.1-rc.2"),
        ("1.0.0 1.0.1-rc.1", Major, None, "1.0.1"),
        ("1.0.0", Major, Some("rc"), "2.0.0-rc.1"),
    ] {
        assert_eq!(after(last, bump, on, &fixed), expected, "{last} and {bump}");
    }
    // git-cliff, release-plz and release-drafter never do otherwise. By default Slipway sides with release-please and
    // semantic-release: a pre-release of a patch that holds a feature would become a stable version that breaks SemVer.
    assert_eq!(pre("alpha", "9999.2200.5932-alpha.419", Minor), "9999.2201.0-alpha.1");
}

#[test]
fn counters_keep_their_form_and_build_metadata_case_63() {
    assert_eq!(pre("alpha", "1.0.0-alpha.2", Major), "1.0.0-alpha.3");
    assert_eq!(pre("beta", "1.0.0-beta.1.a", Patch), "1.0.0-beta.1.a.1");
    assert_eq!(pre("beta", "1.0.0-beta.1+1.1.0", Patch), "1.0.0-beta.2+1.1.0");
}

#[test]
fn the_first_of_a_channel_is_numbered_as_asked() {
    for (first, expected) in [(First::One, "1.1.0-rc.1"), (First::Zero, "1.1.0-rc.0"), (First::Bare, "1.1.0-rc")] {
        assert_eq!(after("1.0.0", Minor, Some("rc"), &Options { first, ..Options::default() }), expected);
    }
}

#[test]
fn a_pre_release_older_than_the_stable_one_is_over_case_69() {
    // v2.0.0-rc.0 is an ancestor of v1.2.3, so it is not among the pre-releases since.
    assert_eq!(pre("rc", "1.2.3 1.3.0-rc.0", Minor), "1.3.0-rc.1");
}

#[test]
fn another_line_does_not_count_case_72() {
    assert_eq!(stable("1.0.0", Patch), "1.0.1");
}

#[test]
fn the_name_of_a_release_is_not_its_version_case_77() {
    // release-drafter reads 10.0.3 from the release's title where its tag is no version. Titles are prose and can be edited by
    // anybody who can write; Slipway believes tags alone.
    assert!(TagTemplate::of("notaproperversion").is_none());
    assert_eq!(stable("10.0.3", Patch), "10.0.4");
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..3u64, 0..u64::MAX - 8]
}

fn any_bump() -> impl Strategy<Value = Bump> {
    prop_oneof![Just(Patch), Just(Minor), Just(Major)]
}

fn steps() -> impl Strategy<Value = Steps> {
    (any_bump(), any_bump()).prop_map(|(breaking, feature)| Steps { breaking, feature })
}

fn any_options() -> impl Strategy<Value = Options> {
    let first = prop_oneof![Just(First::One), Just(First::Zero), Just(First::Bare)];
    let growth = prop_oneof![Just(Growth::Grows), Just(Growth::Fixed)];
    (steps(), steps(), first, growth).prop_map(|(below_1, below_0_1, first, growth)| {
        let initial = Version::new(0, 1, 0);
        Options { initial, below_1, below_0_1, first, growth }
    })
}

proptest! {
    /// A line is released on over and over, stable and on two channels; every version is new and none goes back.
    #[test]
    fn a_line_never_goes_back(
        start in (number(), number(), number()),
        releases in prop::collection::vec((any_bump(), prop::option::of(prop::sample::select(vec!["alpha", "rc"]))), 1..7),
        options in any_options(),
    ) {
        let mut line = Released { stable: Some(Version::new(start.0, start.1, start.2)), prereleases: vec![] };
        let mut asked = None;
        for (bump, on) in releases {
            asked = asked.max(Some(bump));
            let on = on.map(channel);
            let since = Since { stable: asked.unwrap(), latest: Some(bump) };
            let version = next(&line, since, on.as_ref(), &options);
            let own = |other: &&Version| on.as_ref().is_none_or(|on| other.pre.is_empty() || other.pre.starts_with(&on.to_string()));
            let before = line.prereleases.iter().chain(&line.stable).filter(own).max();
            prop_assert!(before.is_none_or(|before| version > *before), "{version} after {line:?}");
            prop_assert!(!line.prereleases.contains(&version), "{version} again");
            prop_assert_eq!(Scheme::Semantic.parse(&Scheme::Semantic.print(&version)), Some(version.clone()));
            if on.is_some() {
                line.prereleases.push(version);
            } else {
                line = Released { stable: Some(version), prereleases: vec![] };
                asked = None;
            }
        }
    }

    #[test]
    fn no_version_makes_it_panic(
        core in prop::array::uniform3(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()]),
        end in r"(-(rc|beta)([.][1-9]{1,30}([.]a)?|[0-9]{0,30}))?([+]b)?",
        bump in any_bump(), on in prop::option::of(Just("rc")), options in any_options(),
    ) {
        let text = format!("{}.{}.{}{end}", core[0], core[1], core[2]);
        let version = after(&text, bump, on, &options);
        prop_assert!(Version::parse(&version).is_ok());
    }

    #[test]
    fn no_text_makes_it_panic(text in r"[0-9vx.+<>=/*\- a-cß]{0,40}") {
        let _ = TagTemplate::of(&text);
        let _ = Scheme::Semantic.forced(&text);
        let _ = Allowed::of_branch(&text, &text);
        let _ = Allowed::try_from(text.clone());
        let _ = Channel::try_from(text);
    }
}

//! The organisation's file: its rules hold in every repository beside the repository's own, so that nothing there can lower them.

use super::{Config, ConfigFile, Grant, Problem, Source};
use crate::domain::rules::RULES;

/// One file of a policy.
#[derive(Debug, Clone)]
pub struct Layer {
    pub source: Source,
    pub config: Config,
}

impl Layer {
    /// # Errors
    /// When the file cannot be read.
    pub fn read(file: ConfigFile) -> Result<Self, Problem> {
        let ConfigFile { path, version, text } = file;
        match Config::parse(&text) {
            Ok(config) => Ok(Self { source: Source { path, version }, config }),
            Err(problem) => Err(Problem { path, ..problem }),
        }
    }
}

impl Config {
    /// Every file that the policy is made of, the organisation's first.
    pub fn layers(&self) -> impl Iterator<Item = &Self> {
        self.floor.iter().map(|floor| &floor.config).chain([self])
    }

    /// What the repository's file says and what does not count, because the organisation asks for more; a sentence each.
    pub fn ignored(&self) -> Vec<String> {
        let Some(Layer { source, config: floor }) = self.floor.as_deref() else { return Vec::new() };
        let mut ignored = Vec::new();
        for rule in RULES {
            let (Some(asked), Some(own)) = (floor.mode_of(rule.name), self.mode_of(rule.name)) else { continue };
            if own < asked {
                ignored.push(format!("the rule {} is to {own} here, and {} asks to {asked}", rule.name, source.path));
            }
        }
        if let (Some(asked), Some(own)) = (floor.audit_mode(), self.audit_mode().filter(|own| floor.audit_mode() > Some(*own))) {
            ignored.push(format!("[audit] is to {own} here, and {} asks to {asked}", source.path));
        }
        if let Some((own, asked)) = self.overrides.who.zip(floor.overrides.who).filter(|(own, asked)| own < asked) {
            ignored.push(format!("whoever has {own} may override here, and {} asks for {asked}", source.path));
        }
        let who = |config: &Self| config.freeze.as_ref().and_then(|freeze| freeze.who);
        if let Some((own, asked)) = who(self).zip(who(floor)).filter(|(own, asked)| own < asked) {
            ignored.push(format!("whoever has {own} may freeze here, and {} asks for {asked}", source.path));
        }
        for (verb, own) in &self.commands.0 {
            if let Some(asked) = floor.commands.0.get(verb).filter(|asked| *asked != own) {
                let (own, asked) = (Grant::in_words(own), Grant::in_words(asked));
                ignored.push(format!("[commands] lets {own} ask for {verb} here, and {} asks for {asked} besides", source.path));
            }
        }
        ignored
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::config::{Config, ConfigFile, ConfigFiles, Configuration, From, Mode};

    fn file(path: &str, text: &str) -> ConfigFile {
        ConfigFile { path: path.into(), version: "c0ffee".into(), text: text.into() }
    }

    fn read(own: Option<&str>, organisation: &str) -> Configuration {
        let organisation = Some(file("acme/.github: slipway.toml", organisation));
        Configuration::read(ConfigFiles { own: own.map(|text| file("slipway.toml", text)), organisation })
    }

    fn loaded(own: Option<&str>, organisation: &str) -> Config {
        match read(own, organisation) {
            Configuration::Loaded { config, .. } => *config,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_repository_may_ask_for_more_and_not_for_less() {
        let config = loaded(
            Some("overrides.who = 'write'\n[rules.no_fixup]\nmode = 'off'\n[rules.sign_off]"),
            "mode = 'advise'\noverrides.who = 'admin'\n[rules.no_fixup]\n[rules.sign_off]",
        );
        assert_eq!((config.effective("no_fixup"), config.effective("sign_off")), (Some(Mode::Advise), Some(Mode::Enforce)));
        assert_eq!(crate::domain::commands::those_who_may(&config, "override", None), "who may administer");
        let ignored = config.ignored().join("\n");
        assert!(ignored.contains("the rule no_fixup is to off here, and acme/.github: slipway.toml asks to advise"), "{ignored}");
        assert!(ignored.contains("whoever has write may override here") && !ignored.contains("sign_off"), "{ignored}");
    }

    #[test]
    fn who_may_use_a_command_is_said_where_both_files_say_it() {
        let config = loaded(Some("[commands]\ncut = ['write']\nsync = ['admin']"), "[commands]\ncut = ['maintain', '@acme/release']");
        let told = "[commands] lets who may write ask for cut here, and acme/.github: slipway.toml asks for who may maintain, or the team \
                    acme/release besides";
        assert_eq!(config.ignored(), [told]);
    }

    #[test]
    fn a_repository_without_a_file_has_its_organisations_rules_and_releases_nothing() {
        let config = loaded(None, "[rules.no_fixup]");
        assert_eq!((config.effective("no_fixup"), config.release.from), (Some(Mode::Enforce), From::Never));
    }

    #[test]
    fn a_mistake_in_the_organisations_file_is_named_and_nothing_passes() {
        let Configuration::Broken(problem) = read(Some(""), "[rulez]") else { panic!("it is read") };
        assert_eq!((problem.path.as_str(), problem.remedy.as_str()), ("acme/.github: slipway.toml", "Did you mean `rules`?"));
    }
}

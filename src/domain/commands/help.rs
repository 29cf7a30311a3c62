//! `/slipway help`: what there is to ask for, made from the table of commands.

use super::{Asking, Call, Command, Decision};
use crate::domain::config::Configuration;
use crate::domain::facts::{Facts, Need, Needs};
use crate::domain::plan::{Answer, Configured};

pub const COMMAND: Command = Command {
    verb: "help",
    summary: "Lists the commands; where there is no `slipway.toml` yet, offers one to start from.",
    example: "/slipway help",
    who: "anyone",
    needs: |_, _| Needs::from([Need::Me]),
    decide,
};

fn decide(asking: &Asking, _: &Call, facts: &Facts) -> Decision {
    let configured = if matches!(asking.config, Configuration::Absent) { Configured::No } else { Configured::Yes };
    Decision::answer(Answer::Help { me: facts.me.read().clone(), configured })
}

#[cfg(test)]
mod tests {
    use super::super::tests::delivery;
    use super::*;
    use crate::domain::event::Thread;
    use crate::domain::facts::Asked;
    use crate::domain::names::{Number, UserName};

    #[test]
    fn a_repository_without_a_file_is_offered_one() {
        let asking = Asking { thread: Thread::Issue(Number(1)), config: &Configuration::Absent, delivery: &delivery() };
        let me = UserName::parse("slipway").unwrap();
        let facts = Facts { me: Asked::Answered(me.clone()), ..Facts::default() };
        let call = Call { verb: "help".into(), ..Call::default() };
        assert_eq!(decide(&asking, &call, &facts).answer, Answer::Help { me, configured: Configured::No });
    }
}

//! `/slipway help`: what whoever asks may ask for here, made from the table of commands.

use super::rights::Rights;
use super::{Asking, COMMANDS, Call, Command, Decision};
use crate::domain::config::{Configuration, Grant};
use crate::domain::facts::{Facts, Holders, Need, Needs};
use crate::domain::plan::{Answer, Configured, Offer};

pub const COMMAND: Command = Command {
    verb: "help",
    summary: "Lists the commands that you may use here; where there is no `slipway.toml` yet, offers one to start from.",
    example: "/slipway help",
    grants: &[Grant::Anyone],
    needs,
    decide,
    conclude: None,
};

fn needs(asking: &Asking, _: &Call) -> Needs {
    let asker = COMMANDS.iter().filter_map(|command| Rights::of(asking.config, command, None).need(asking, Holders::Unneeded));
    asker.chain([Need::Me]).collect()
}

fn decide(asking: &Asking, _: &Call, facts: &Facts) -> Decision {
    let user = &asking.delivery.actor.name;
    let (mut offers, mut others) = (Vec::new(), Vec::new());
    for command in COMMANDS {
        let rights = Rights::of(asking.config, command, None);
        let Command { verb, example, summary, .. } = *command;
        let offer = Offer { verb, example, summary, who: rights.in_words() };
        if rights.admit(user, facts) { offers.push(offer) } else { others.push(offer) }
    }
    let configured = if matches!(asking.config, Configuration::Absent) { Configured::No } else { Configured::Yes };
    Decision::answer(Answer::Help { me: facts.me.read().clone(), configured, offers, others })
}

#[cfg(test)]
mod tests {
    use super::super::tests::delivery;
    use super::*;
    use crate::domain::event::Thread;
    use crate::domain::facts::{Asked, Asker, Role};
    use crate::domain::names::{Number, UserName};

    #[test]
    fn help_is_what_whoever_asks_may_use_and_where_there_is_no_file_one_to_start_from() {
        let asking = Asking { thread: Thread::Issue(Number(1)), config: &Configuration::Absent, delivery: &delivery() };
        let me = UserName::parse("slipway").unwrap();
        let asker = Asked::Answered(Asker::of(Role::Write));
        let facts = Facts { me: Asked::Answered(me), asker, ..Facts::default() };
        let call = Call { verb: "help".into(), ..Call::default() };
        let Answer::Help { configured, offers, others, .. } = decide(&asking, &call, &facts).answer else { panic!("it is refused") };
        let verbs = |offers: &[Offer]| offers.iter().map(|offer| offer.verb).collect::<Vec<_>>();
        assert_eq!(configured, Configured::No);
        assert!(verbs(&offers).contains(&"help") && verbs(&offers).contains(&"note") && !verbs(&offers).contains(&"sync"));
        assert!(verbs(&others).contains(&"sync") && offers.len() + others.len() == COMMANDS.len());
    }
}

//! What the provider says of templates and of users, and when a message may go out that it holds back (8.8).

use campanile::message::CompiledMessage;
use campanile::model::{
    Budget, Category, Duration, Instant, Provider, Record, TemplateStatement, TemplateStatus, Text, Value,
    e164,
};

use super::World;
use super::budget::provider_name;
use super::line::closes;
use super::message::Message;
use super::person::{Moment, Person};
use super::tally::note;

/// All that the provider says in a log, in the order of 1.2.
pub struct Provisos<'a> {
    templates: Vec<&'a TemplateStatement>,
    /// When marketing was refused to which number.
    refused: Vec<(Instant, Text)>,
}

/// What it says to a message that is due.
pub enum Says {
    Now,
    Never,
    /// It is asked again then, and waits for this meanwhile.
    Again(Instant, Budget),
}

impl<'a> Provisos<'a> {
    pub fn new(people: &[Person], records: &'a [Record]) -> Provisos<'a> {
        let said = records.iter().filter_map(|record| match record {
            Record::Template(statement) => Some(statement),
            _ => None,
        });
        let mut templates: Vec<&TemplateStatement> = said.collect();
        templates.sort_by_key(|statement| statement.at);
        let mut refused = Vec::new();
        for person in people {
            for (place, event) in person.events().filter(|(_, event)| &*event.name == "Message Failed") {
                let is_refusal = match event.properties.get("code") {
                    Some(Value::Text(code)) => &**code == "131049",
                    code => code == Some(&Value::integer(131_049)),
                };
                let number = person.profile_after(place).phone().and_then(|phone| e164(phone).ok());
                refused.extend(number.filter(|_| is_refusal).map(|number| (event.at, number)));
            }
        }
        Provisos { templates, refused }
    }

    /// 8.8, of a message with a text and to a number.
    pub fn ask(&self, message: &Message, text: &CompiledMessage, moment: Moment, to: &Text) -> Says {
        let (person, now) = (message.person, moment.at);
        let mut held: Vec<(Instant, Budget)> = Vec::new();
        let mut news = None;
        if let Some((name, language)) = text.template_for(person.profile(moment).properties()) {
            let language = language.to_lowercase().replace('-', "_");
            let about = |said: &&&TemplateStatement| {
                let own = said.language.as_ref().map(|own| own.to_lowercase().replace('-', "_"));
                said.template == name && own.is_none_or(|own| own == language)
            };
            let mut holds = self.templates.iter().filter(|said| said.at <= Some(now));
            let until = match holds.rfind(about).map(|said| said.status) {
                None | Some(TemplateStatus::Approved) => now,
                Some(TemplateStatus::Disabled) => return Says::Never,
                Some(TemplateStatus::Paused { until }) => until.unwrap_or(Instant::MAX),
            };
            if note("template paused", until > now) {
                held.push((until, Budget::Template(name.clone())));
                let mut later = self.templates.iter().filter(|said| said.at > Some(now));
                news = later.find(about).and_then(|said| said.at);
            }
        }
        if text.category() == Category::Marketing {
            let refused = self.refused.iter().filter(|(at, number)| number == to && *at <= now);
            let until = refused.map(|(at, _)| *at + refusal(person.world, message)).max();
            let until = until.filter(|until| *until > now);
            note("marketing refused", until.is_some());
            let provider = provider_name(person.world, message.firing.campaign);
            let budget = Budget::Refusal(provider.unwrap_or_else(|| "whatsapp".into()));
            held.extend(until.map(|until| (until, budget)));
        }
        // The later; of equal ones the template.
        match held.into_iter().rev().max_by_key(|(until, _)| *until) {
            None => Says::Now,
            Some((until, budget)) => {
                let closes = closes(message, moment);
                let again = [Some(until), news, Some(closes)].into_iter().flatten().min().unwrap();
                Says::Again(again, budget)
            }
        }
    }
}

/// How long the refusal of the campaign's provider holds.
fn refusal(world: &World, message: &Message) -> Duration {
    let named = message.firing.campaign.syntax.provider.as_ref().map(|provider| provider.node.as_str());
    let declared = world.rulebook.providers().of(named);
    declared.map_or(Provider::default().refusal, |(_, provider)| provider.refusal)
}

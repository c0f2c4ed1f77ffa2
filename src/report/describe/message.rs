//! Messages in words: what.

use super::words::{self, exact_length, path, percent, quoted};
use super::{Tree, Writer, condition};
use crate::language::Spanned;
use crate::language::ast::{
    Action, BodyContent, BodyValue, Button, ButtonContent, Card, Choice, Delivery, FlowData, FreeContent,
    FreeForm, Header, HeaderContent, Interactive, LanguageChoice, Media, Message, Metric, Offer, OfferEnd,
    Place, Product, ProductSection, TemplateMessage, TestSize,
};

impl Writer<'_> {
    /// The sentences of what users get.
    pub(super) fn delivery(&self, delivery: &Delivery) -> Vec<Tree> {
        match delivery {
            Delivery::One(message) => vec![self.message(message, "")],
            Delivery::Split(split) => {
                let mut said =
                    vec![Tree::leaf("One of these, by fixed shares; a user always has the same:".to_owned())];
                said.extend(split.arms.iter().enumerate().map(|(place, arm)| {
                    let name = variant(arm.name.as_ref(), place);
                    self.message(&arm.message, &format!("{} of users ({name}): ", percent(arm.share.node)))
                        .deeper()
                }));
                said
            }
            Delivery::By(by) => {
                let property = path(&by.property);
                let mut said = vec![Tree::leaf(format!("By their {property} when the message is due:"))];
                said.extend(by.arms.iter().map(|arm| {
                    self.message(&arm.message, &format!("{}: ", condition::values(&arm.values))).deeper()
                }));
                said.push(self.message(&by.otherwise, "everyone else: ").deeper());
                said
            }
            Delivery::Test(test) => {
                let size = match &test.size {
                    TestSize::Share(share) => format!("{} of the audience", percent(share.node)),
                    TestSize::Users(users) => words::several(users.node.into(), "user"),
                };
                let metric = match test.winner.node {
                    Metric::Read => "read it",
                    Metric::Click => "clicked on it",
                    Metric::Reply => "replied to it",
                    Metric::Goal => "reached the campaign's goal",
                };
                let mut said = vec![Tree::leaf(format!("A test on {size}, who get these in turns:"))];
                said.extend(test.arms.iter().enumerate().map(|(place, arm)| {
                    self.message(&arm.message, &format!("{}: ", variant(arm.name.as_ref(), place))).deeper()
                }));
                said.push(Tree::leaf(format!(
                    "{} later the one of which the largest share of users {metric} has won (of equals, the first), and all others get it.",
                    exact_length(test.after.node)
                )));
                said
            }
        }
    }

    fn message(&self, message: &Message, before: &str) -> Tree {
        match message {
            Message::Template(template) => self.template(template, before),
            Message::FreeForm(free) => self.free_form(free, before),
        }
    }

    fn template(&self, message: &TemplateMessage, before: &str) -> Tree {
        let language = match &message.language {
            None => "its only language, or \"en\"".to_owned(),
            Some(LanguageChoice { profile: Some(profile), fallback }) => {
                format!("the language of their {}, else {}", path(profile), quoted(&fallback.node))
            }
            Some(LanguageChoice { profile: None, fallback }) => {
                format!("the language {}", quoted(&fallback.node))
            }
        };
        let the = if before.is_empty() { "The" } else { "the" };
        let text = format!(
            "{before}{the} approved template `{}` in {language}{}",
            message.template.node,
            self.with_values(message)
        );
        let mut parts = Vec::new();
        parts.extend(message.header.as_ref().map(header));
        parts.extend(body(&message.body));
        parts.extend(message.buttons.iter().map(button));
        parts.extend(message.offer.as_ref().map(offer));
        for (place, card) in message.cards.iter().enumerate() {
            parts.push(self::card(place, card));
        }
        parts.extend(message.code.as_ref().map(|code| Tree::leaf(format!("one-time code: {}", code.node))));
        Tree { text, depth: 0, parts }
    }

    fn with_values(&self, message: &TemplateMessage) -> &'static str {
        let has_none = message.header.is_none()
            && message.body.is_empty()
            && message.buttons.is_empty()
            && message.offer.is_none()
            && message.cards.is_empty()
            && message.code.is_none();
        if has_none { "." } else { ", with" }
    }

    fn free_form(&self, free: &FreeForm, before: &str) -> Tree {
        let (what, parts) = match &free.content {
            FreeContent::Text { text, preview } => {
                let shown = if *preview { ", its first address with a preview" } else { "" };
                (format!("the text {}{shown}", quoted(&text.node)), Vec::new())
            }
            FreeContent::Media { media, caption } => {
                let caption =
                    caption.as_ref().map(|caption| Tree::leaf(format!("under it: {}", caption.node)));
                (medium(media), caption.into_iter().collect())
            }
            FreeContent::Location(place) => (location(place), Vec::new()),
            FreeContent::Interactive(interactive) => {
                ("an interactive message, with".to_owned(), self::interactive(interactive))
            }
        };
        let text = format!("{before}{what} (only within 24 hours after the user's last word to us)");
        Tree { text, depth: 0, parts }
    }
}

fn variant(name: Option<&Spanned<String>>, place: usize) -> String {
    match name {
        Some(name) => format!("`{}`", name.node),
        None => format!("`{}`", char::from(b'a' + u8::try_from(place.min(25)).unwrap_or(25))),
    }
}

fn header(header: &Header) -> Tree {
    let what = match &header.content {
        HeaderContent::Text(text) => format!("text {}", text.node),
        HeaderContent::Media(media) => medium(media),
        HeaderContent::Location(place) => location(place),
        HeaderContent::Product(product) => self::product(product),
    };
    Tree::leaf(format!("header: {what}"))
}

fn medium(media: &Media) -> String {
    let name = media.filename.as_ref().map_or(String::new(), |name| format!(", named {}", name.node));
    format!("{} {}{name}", media.kind.name(), media.link.node)
}

fn location(place: &Place) -> String {
    let mut text = format!("location {}, {}", place.latitude.node, place.longitude.node);
    let further = place.name.iter().chain(&place.address);
    further.for_each(|words| text.push_str(&format!(", {}", words.node)));
    text
}

fn product(product: &Product) -> String {
    format!("product {} of catalogue {}", product.product.node, product.catalog.node)
}

fn body(values: &[BodyValue]) -> impl Iterator<Item = Tree> + '_ {
    values.iter().enumerate().map(|(place, value)| {
        let name =
            value.name.as_ref().map_or_else(|| (place + 1).to_string(), |name| format!("`{}`", name.node));
        let content = match &value.content {
            BodyContent::Text(text) | BodyContent::Date(text) => text.node.clone(),
            BodyContent::Currency { amount, code, fallback } => {
                let fallback =
                    fallback.as_ref().map_or(String::new(), |text| format!(", else {}", text.node));
                format!("{} {}{fallback}", amount.node, code.node)
            }
        };
        Tree::leaf(format!("value {name}: {content}"))
    })
}

fn button(button: &Button) -> Tree {
    let content = match &button.content {
        ButtonContent::Url(text) => format!("end of its address: {}", text.node),
        ButtonContent::Payload(text) => format!("answers {}", text.node),
        ButtonContent::Code(text) => format!("copies the code {}", text.node),
        ButtonContent::Flow(data) => format!("opens its flow{}", flow(data)),
        ButtonContent::Catalog { thumbnail } => match thumbnail {
            Some(product) => format!("opens the catalogue, shown by product {}", product.node),
            None => "opens the catalogue".to_owned(),
        },
        ButtonContent::Products { thumbnail, sections } => {
            format!("lists products, shown by {}: {}", thumbnail.node, products(sections))
        }
    };
    Tree::leaf(format!("button {}: {content}", button.index.node))
}

fn flow(data: &FlowData) -> String {
    let token = data.token.iter().map(|token| format!("token {}", token.node));
    let parts = data.data.iter().map(|(name, value)| format!("`{}` {}", name.node, value.node));
    let all: Vec<String> = token.chain(parts).collect();
    if all.is_empty() { String::new() } else { format!(" with {}", all.join(", ")) }
}

fn products(sections: &[ProductSection]) -> String {
    let each = sections.iter().map(|section| {
        let products: Vec<&str> = section.products.iter().map(|product| product.node.as_str()).collect();
        format!("{}: {}", section.title.node, products.join(", "))
    });
    each.collect::<Vec<_>>().join("; ")
}

fn offer(offer: &Offer) -> Tree {
    Tree::leaf(match &offer.end {
        OfferEnd::In(length) => {
            format!("the offer ends {} after the message is due", exact_length(length.node))
        }
        OfferEnd::At(text) => format!("the offer ends at {}", text.node),
    })
}

fn card(place: usize, card: &Card) -> Tree {
    let parts = card.header.iter().map(header).chain(body(&card.body)).chain(card.buttons.iter().map(button));
    Tree { text: format!("card {}:", place + 1), depth: 0, parts: parts.collect() }
}

fn interactive(interactive: &Interactive) -> Vec<Tree> {
    let mut parts: Vec<Tree> = interactive.header.iter().map(header).collect();
    parts.extend(interactive.body.iter().map(|text| Tree::leaf(format!("text: {}", text.node))));
    parts.extend(interactive.footer.iter().map(|text| Tree::leaf(format!("footer: {}", text.node))));
    parts.push(action(&interactive.action.node));
    parts
}

fn action(action: &Action) -> Tree {
    match action {
        Action::Replies(choices) => Tree::of("buttons to reply with:", choices.iter().map(choice)),
        Action::List { label, sections } => {
            let rows = sections.iter().flat_map(|section| {
                let title =
                    section.title.iter().map(|title| Tree::leaf(format!("section {}", quoted(&title.node))));
                title.chain(section.rows.iter().map(choice))
            });
            Tree::of(&format!("a list behind the button {}:", quoted(&label.node)), rows)
        }
        Action::Link { label, url } => Tree::leaf(format!("button {} to {}", quoted(&label.node), url.node)),
        Action::AskLocation => Tree::leaf("asks for the user's location".to_owned()),
        Action::Flow { label, id, screen, start } => {
            let screen =
                screen.as_ref().map_or(String::new(), |screen| format!(" at its screen {}", screen.node));
            Tree::leaf(format!(
                "button {} opens the flow {}{screen}{}",
                quoted(&label.node),
                id.node,
                flow(start)
            ))
        }
        Action::Catalog { thumbnail } => Tree::leaf(match thumbnail {
            Some(product) => format!("opens the catalogue, shown by product {}", product.node),
            None => "opens the catalogue".to_owned(),
        }),
        Action::Product(product) => Tree::leaf(self::product(product)),
        Action::Products { catalog, sections } => {
            Tree::leaf(format!("products of catalogue {}: {}", catalog.node, products(sections)))
        }
    }
}

fn choice(choice: &Choice) -> Tree {
    let id = choice.id.as_ref().map_or(String::new(), |id| format!(", which answers {}", id.node));
    let more = choice.description.as_ref().map_or(String::new(), |text| format!(" ({})", text.node));
    Tree::leaf(format!("{}{more}{id}", quoted(&choice.title.node)))
}

use super::Reader;
use crate::language::ast::{Button, Card, LanguageChoice, Message, Offer, OfferEnd, TemplateMessage};
use crate::language::grammar::{Node, Rule, child, children};
use crate::language::{Span, Spanned, codes};

impl Reader<'_, '_> {
    /// `send …`
    pub(super) fn message(&mut self, send: &Node<'_>) -> Option<Message> {
        let span = self.span(send);
        let what = send.clone().into_inner().find(|part| part.as_rule() != Rule::kw_send)?;
        if what.as_rule() == Rule::send_template {
            return Some(Message::Template(Box::new(self.template_message(&what, span)?)));
        }
        Some(Message::FreeForm(self.free_form(&what, span)?))
    }

    fn template_message(&mut self, node: &Node<'_>, span: Span) -> Option<TemplateMessage> {
        let template = self.template_name(&child(node, Rule::template)?)?;
        let language = match child(node, Rule::language) {
            Some(node) => Some(self.language(&node)?),
            None => None,
        };
        let mut message = TemplateMessage {
            template,
            language,
            header: None,
            body: Vec::new(),
            buttons: Vec::new(),
            offer: None,
            cards: Vec::new(),
            code: None,
            span,
        };
        let Some(parts) = child(node, Rule::parts) else { return Some(message) };
        let mut seen: Vec<(Rule, Span)> = Vec::new();
        let mut sound = true;
        for part in parts.into_inner() {
            if !self.first_of_its_kind(&part, &mut seen) {
                sound = false;
                continue;
            }
            let read = match part.as_rule() {
                Rule::header => self.header(&part).map(|header| message.header = Some(header)),
                Rule::values_part => self.values_part(&part).map(|body| message.body = body),
                Rule::button => self.place_button(&part, &mut message.buttons),
                Rule::offer => self.offer(&part).map(|offer| message.offer = Some(offer)),
                Rule::one_time_code => {
                    self.text_of(&part, Rule::string).map(|code| message.code = Some(code))
                }
                Rule::card => self.card(&part).map(|card| message.cards.push(card)),
                _ => continue,
            };
            sound &= read.is_some();
        }
        message.buttons.sort_by_key(|button| button.index.node);
        sound.then_some(message)
    }

    /// Refuses a part that may stand once, where it stands a second time.
    pub(super) fn first_of_its_kind(&mut self, part: &Node<'_>, seen: &mut Vec<(Rule, Span)>) -> bool {
        let rule = part.as_rule();
        let name = match rule {
            Rule::header => "`header`",
            Rule::values_part | Rule::text_part => "`body`",
            Rule::footer => "`footer`",
            Rule::offer => "`offer`",
            Rule::one_time_code => "`code`",
            _ => return true,
        };
        let place = self.span(part);
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == rule) {
            self.twice::<()>(name, *first, place);
            return false;
        }
        seen.push((rule, place));
        true
    }

    /// Reads a button, and puts it among the others unless there is one at its place.
    fn place_button(&mut self, node: &Node<'_>, buttons: &mut Vec<Button>) -> Option<()> {
        let button = self.button(node)?;
        if let Some(first) = buttons.iter().find(|known| known.index.node == button.index.node) {
            let (first, index) = (first.index.span, button.index);
            return self.twice(&format!("button {}", index.node), first, index.span);
        }
        buttons.push(button);
        Some(())
    }

    /// `card { … }`
    fn card(&mut self, node: &Node<'_>) -> Option<Card> {
        let mut card = Card { header: None, body: Vec::new(), buttons: Vec::new(), span: self.span(node) };
        let mut seen: Vec<(Rule, Span)> = Vec::new();
        let mut sound = true;
        for part in node.clone().into_inner() {
            if !self.first_of_its_kind(&part, &mut seen) {
                sound = false;
                continue;
            }
            let read = match part.as_rule() {
                Rule::header => self.header(&part).map(|header| card.header = Some(header)),
                Rule::values_part => self.values_part(&part).map(|body| card.body = body),
                Rule::button => self.place_button(&part, &mut card.buttons),
                _ => continue,
            };
            sound &= read.is_some();
        }
        card.buttons.sort_by_key(|button| button.index.node);
        sound.then_some(card)
    }

    /// `offer ends in 3 hours`, `offer ends at "…"`
    fn offer(&mut self, node: &Node<'_>) -> Option<Offer> {
        let end = match child(node, Rule::duration) {
            Some(length) => OfferEnd::In(self.duration(&length)?),
            None => OfferEnd::At(self.text_of(node, Rule::string)?),
        };
        Some(Offer { end, span: self.span(node) })
    }

    fn template_name(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        let inner = node.clone().into_inner().next()?;
        if inner.as_rule() == Rule::name {
            return self.name(&inner);
        }
        let text = self.text(&inner)?;
        let good = !text.node.is_empty()
            && text.node.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if good {
            return Some(text);
        }
        self.refuse_with(
            codes::NAME,
            text.span,
            format!("`{}` cannot be a template's name", text.node),
            "whatsapp's templates are named by lower-case letters, digits and `_`",
        )
    }

    fn language(&mut self, node: &Node<'_>) -> Option<LanguageChoice> {
        let profile = child(node, Rule::profile_path);
        let fallback = child(node, Rule::string);
        let Some(fallback) = fallback else {
            let span = self.span(node);
            return self.refuse_with(
                codes::INCOMPLETE,
                span,
                "which language do users get whose profile names none?",
                format!("write `{} or \"en\"`", node.as_str().trim()),
            );
        };
        let profile = match profile {
            Some(path) => Some(self.path(&path)?),
            None => None,
        };
        Some(LanguageChoice { profile, fallback: self.text(&fallback)? })
    }

    /// The text of a node's first part of a rule; of the part itself when it is a text.
    pub(super) fn text_of(&mut self, node: &Node<'_>, rule: Rule) -> Option<Spanned<String>> {
        let part = child(node, rule)?;
        if part.as_rule() == Rule::string {
            self.text(&part)
        } else {
            self.text(&child(&part, Rule::string)?)
        }
    }

    /// The same where the part may be left out: `None` when it cannot be read.
    pub(super) fn optional_text(&mut self, node: &Node<'_>, rule: Rule) -> Option<Option<Spanned<String>>> {
        if child(node, rule).is_none() { Some(None) } else { self.text_of(node, rule).map(Some) }
    }

    /// Every text directly in a node.
    pub(super) fn texts(&mut self, node: &Node<'_>) -> Option<Vec<Spanned<String>>> {
        let texts: Vec<Option<Spanned<String>>> =
            children(node, Rule::string).map(|text| self.text(&text)).collect();
        texts.into_iter().collect()
    }
}
